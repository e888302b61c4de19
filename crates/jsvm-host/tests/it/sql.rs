//! `$app.db()` and the jobs of `$app.cron()`, in handlers over a real store.

use crate::site::{Plan, Site};
use serde_json::json;

/// What an expression is, told by a handler; errors by their text.
fn told(site: &Site, expression: &str) -> String {
    let answer = site.send("POST", "/", &json!({ "expression": expression }));
    answer.body.trim().to_owned()
}

/// A site whose first route answers with what one of these expressions is.
fn site(hooks: &'static str) -> Site {
    let id = json!({ "name": "id", "type": "text" });
    Site::new(Plan {
        hooks,
        schema: json!([{ "name": "posts", "type": "base", "createRule": "", "fields": [
            id,
            { "name": "title", "type": "text" },
            { "name": "views", "type": "number" },
            { "name": "tags", "type": "json" },
        ]}]),
        ..Plan::default()
    })
}

const SQL_HOOKS: &str = r#"
        routerAdd("GET", "/fill", (e) => {
            const db = $app.db()
            for (const [id, title, views] of [["a", "one", 1], ["b", "two", 2], ["c", "three", 3]]) {
                db.insert("posts", { id: id, title: title, views: views, tags: [title] }).execute()
            }
            const done = db.update("posts", { views: 30 }, $dbx.hashExp({ id: "c" })).execute()
            return e.json(200, [done.rowsAffected(), db.delete("posts", $dbx.exp("views > {:v}", { v: 100 })).execute().rowsAffected()])
        })
        routerAdd("GET", "/query", (e) => {
            const model = new DynamicModel({ id: "", views: 0, tags: [] })
            $app.db().newQuery("SELECT * FROM {{posts}} WHERE [[title]] = {:t}").bind({ t: "two" }).one(model)
            return e.json(200, model)
        })
        routerAdd("GET", "/select", (e) => {
            const list = arrayOf(new DynamicModel({ id: "", title: "" }))
            $app.db().select("id", "title").from("posts")
                .where($dbx.or($dbx.like("title", "t"), $dbx.in("id", "z")))
                .andWhere($dbx.not($dbx.hashExp({ id: "b" })))
                .orderBy("views DESC").limit(5).all(list)
            const ids = arrayOf("")
            $app.db().newQuery("SELECT id FROM posts ORDER BY id").column(ids)
            const records = arrayOf(new Record($app.findCollectionByNameOrId("posts")))
            $app.db().select("*").from("posts").orderBy("id").limit(1).all(records)
            return e.json(200, [list, ids, records[0].getString("title"), records[0].isNew()])
        })
        routerAdd("GET", "/undone", (e) => {
            try {
                $app.runInTransaction((tx) => {
                    tx.db().delete("posts").execute()
                    throw new Error("no")
                })
            } catch (err) {}
            const m = new DynamicModel({ n: 0 })
            $app.db().newQuery("SELECT count(*) AS n FROM posts").one(m)
            return e.json(200, m.n)
        })
        routerAdd("GET", "/errors", (e) => {
            const out = []
            const m = new DynamicModel({ x: "" })
            for (const run of [
                () => $app.db().newQuery("SELECT nonsense").execute(),
                () => $app.db().newQuery("SELECT {:x}").one(m),
                () => $app.db().newQuery("SELECT NULL AS x").one(m),
                () => $app.db().newQuery("SELECT 1 AS x").one({}),
                () => $app.db().newQuery("SELECT 1 AS x").all([]),
                () => $app.db().select("id").from("posts").where("id = 1"),
                () => $app.db().newQuery("SELECT id FROM posts WHERE id = 'none'").one(m),
                () => $app.db().newQuery("ATTACH DATABASE 'x' AS y").execute(),
            ]) {
                try { run(); out.push("ran") } catch (err) { out.push(err.name + ": " + err.message) }
            }
            return e.json(200, out)
        })
        routerAdd("GET", "/none", (e) => $app.db().newQuery("SELECT 1 AS x WHERE 0").one(new DynamicModel({ x: 0 })))
        "#;

#[test]
fn sql_is_built_run_and_read() {
    let site = site(SQL_HOOKS);
    let get = |target: &str| site.get(target).body.trim().to_owned();
    assert_eq!(get("/fill"), "[1,0]");
    assert_eq!(get("/query"), r#"{"id":"b","tags":["two"],"views":2}"#);
    assert_eq!(
        get("/select"),
        r#"[[{"id":"c","title":"three"}],["a","b","c"],"one",false]"#
    );
    assert_eq!(get("/undone"), "3");
    assert_eq!(site.get("/none").status, 404);
    let errors: Vec<String> = serde_json::from_str(&get("/errors")).unwrap();
    for (error, wanted) in errors.iter().zip([
        "GoError: SQL: no such column: nonsense",
        "GoError: missing parameter: x",
        "GoError: sql: Scan error on column \"x\"",
        "GoError: the result needs a DynamicModel or a Record",
        "GoError: the result needs an array made by arrayOf(model)",
        "GoError: the condition is not one that $dbx made",
        "GoError: sql: no rows in result set",
        "GoError: SQL: not authorized",
    ]) {
        assert!(error.starts_with(wanted), "{error} instead of {wanted}");
    }
    assert_eq!(errors.len(), 8);
}

#[test]
fn jobs_are_listed_added_and_run() {
    let site = site(
        r#"
        cronAdd("one", "@daily", () => { console.log("one ran") })
        $app.cron().add("two", "*/5 * * * *", () => {})
        routerAdd("POST", "/", (e) => {
            const cron = $app.cron(), expression = e.requestInfo().body.expression
            const list = () => cron.jobs().map((job) => job.id() + " " + job.expression()).sort()
            try {
                if (expression === "add") cron.add("three", "0 0 1 1 *", () => {})
                if (expression === "bad") cron.add("four", "61 * * * *", () => {})
                if (expression === "remove") cron.remove("two")
                if (expression === "run") cron.jobs().find((job) => job.id() === "one").run()
                if (expression === "stop") cron.stop()
                if (expression === "start") cron.start()
                if (expression === "zone") cron.setTimezone("CET")
                if (expression === "clear") cron.removeAll()
            } catch (err) { return e.string(200, err.message) }
            return e.json(200, [list(), cron.total(), cron.hasStarted()])
        })
        "#,
    );
    let both = r#"["one 0 0 * * *","two */5 * * * *"]"#;
    let three = r#"["one 0 0 * * *","three 0 0 1 1 *","two */5 * * * *"]"#;
    let left = r#"["one 0 0 * * *","three 0 0 1 1 *"]"#;
    for (what, wanted) in [
        ("", format!("[{both},2,false]")),
        ("add", format!("[{three},3,false]")),
        ("remove", format!("[{left},2,false]")),
        ("run", format!("[{left},2,false]")),
        ("start", format!("[{left},2,true]")),
        ("stop", format!("[{left},2,false]")),
        ("zone", "jobs run in UTC; write their hours in UTC".into()),
        ("clear", "[[],0,false]".into()),
    ] {
        assert_eq!(told(&site, what), wanted, "{what}");
    }
    assert!(
        told(&site, "bad").contains("minute `61`"),
        "{}",
        told(&site, "bad")
    );
    assert_eq!(site.line(), "one ran");
}
