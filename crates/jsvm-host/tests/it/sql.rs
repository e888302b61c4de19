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

/// A site with posts, whose route `/` answers with what this script returns.
fn told_by(body: &'static str) -> String {
    let site = site(body);
    let answer = site.get("/told");
    assert_eq!(answer.status, 200, "{answer:?} {:?}", site.complaints());
    answer.body.trim().to_owned()
}

#[test]
fn records_are_counted_and_found_by_expressions() {
    let told = told_by(
        r#"routerAdd("GET", "/told", (e) => {
            for (const [title, views] of [["one", 1], ["two", 2], ["three", 3]]) {
                $app.save(new Record($app.findCollectionByNameOrId("posts"), { title, views, tags: [title] }))
            }
            const some = $app.findAllRecords("posts", $dbx.exp("views > {:v}", { v: 1 }), $dbx.not($dbx.like("title", "w")))
            return e.json(200, [
                $app.countRecords("posts"), $app.countRecords("posts", $dbx.hashExp({ title: ["one", "two"] })),
                $app.countRecords("posts", null, $dbx.exp("views > 1"), $dbx.exp("views < 3")), $app.findAllRecords("posts").length,
                some.map((r) => r.getString("title")), some[0].isNew(), some[0].collection().name, JSON.parse(some[0].getString("tags")),
            ])
        })"#,
    );
    assert_eq!(told, r#"[3,2,1,3,["three"],false,"posts",["three"]]"#);
}

#[test]
fn record_query_gives_records_and_models() {
    let told = told_by(
        r#"routerAdd("GET", "/told", (e) => {
            const posts = $app.findCollectionByNameOrId("posts")
            for (const views of [3, 1, 2]) $app.save(new Record(posts, { title: "t" + views, views }))
            const records = arrayOf(new Record()), own = arrayOf(new Record(posts)), models = arrayOf(new DynamicModel({ title: "", views: 0 })), one = new Record()
            $app.recordQuery("posts").andWhere($dbx.exp("views > 1")).orderBy("views DESC").all(records)
            $app.recordQuery(posts).orderBy("views ASC").limit(1).all(own)
            $app.recordQuery("posts").select("title", "views").orderBy("views").offset(1).limit(1).all(models)
            $app.recordQuery("posts").where($dbx.hashExp({ views: 2 })).build().one(one)
            let none
            try { $app.recordQuery("posts").where($dbx.hashExp({ views: 9 })).one(new Record()) } catch (err) { none = err.message }
            one.set("title", "changed"); $app.save(one)
            return e.json(200, [
                records.map((r) => r.get("title")), own.map((r) => r.get("title")), models, one.collection().name, none,
                $app.findFirstRecordByData("posts", "views", 2).get("title"),
            ])
        })"#,
    );
    assert_eq!(
        told,
        r#"[["t3","t2"],["t1"],[{"title":"t2","views":2}],"posts","sql: no rows in result set","changed"]"#
    );
}

#[test]
fn rows_union_upsert_and_joins_work() {
    let told = told_by(
        r#"routerAdd("GET", "/told", (e) => {
            const db = $app.db(), list = () => arrayOf(new DynamicModel({ id: "", views: 0 }))
            for (const [id, views] of [["a", 1], ["b", 2]]) db.upsert("posts", { id, views, title: id }, "id").execute()
            db.upsert("posts", { id: "a", views: 10, title: "again" }, "id").execute()
            const rows = db.newQuery("SELECT id, views FROM posts ORDER BY id").prepare().withContext(null).rows(), seen = []
            let early
            try { rows.scanMap({}) } catch (err) { early = err.message }
            while (rows.next()) {
                const map = {}, model = new DynamicModel({ id: "", views: 0 })
                rows.scanMap(map); rows.scanStruct(model)
                seen.push([map.id, model.views])
            }
            seen.push(rows.columns(), rows.err(), rows.next(), early)
            rows.close()
            const both = list()
            db.select("id", "views").from("posts").where($dbx.hashExp({ id: "b" }))
                .unionAll(db.select("id", "views").from("posts").where($dbx.hashExp({ id: "a" })).build())
                .union(db.newQuery("SELECT 'c' AS id, {:v} AS views").bind({ v: 7 }))
                .orderBy("id DESC").all(both)
            const joined = list()
            db.select("p.id", "q.views").from("posts p").join("left join", "posts q", $dbx.exp("q.id = p.id")).selectOption("DISTINCT").orderBy("p.id").all(joined)
            let bad
            try { db.select().from("posts").join("; DROP TABLE posts", "x", null) } catch (err) { bad = err.message.slice(0, 30) }
            return e.json(200, [seen, both, joined, bad, db.select("id").from("posts").preFragment("/* a */").postFragment("/* b */").build().sql()])
        })"#,
    );
    assert_eq!(
        told,
        r#"[[["a",10],["b",2],["id","views"],null,false,"sql: Scan called without calling Next"],[{"id":"c","views":7},{"id":"b","views":2},{"id":"a","views":10}],[{"id":"a","views":10},{"id":"b","views":2}],"\"; DROP TABLE posts\" is no joi","/* a */ SELECT `id` FROM `posts` /* b */"]"#
    );
}

#[test]
fn tables_and_indexes_are_made_and_changed() {
    let told = told_by(
        r#"routerAdd("GET", "/told", (e) => {
            const db = $app.db(), out = []
            const names = (sql) => { const list = arrayOf(""); db.newQuery(sql).column(list); return list }
            db.createTable("extra", { id: "TEXT PRIMARY KEY", "n": "INT" }).execute()
            db.addColumn("extra", "more", "TEXT DEFAULT ''").execute()
            db.renameColumn("extra", "more", "other").execute()
            db.createIndex("extra", "idx_n", "n", "other").execute()
            db.createUniqueIndex("extra", "idx_u", "n").execute()
            out.push(names("SELECT name FROM pragma_index_list('extra') ORDER BY name"))
            db.dropIndex("extra", "idx_n").execute()
            db.dropIndex("extra", "idx_u").execute()
            db.insert("extra", { id: "a", n: 1 }).execute()
            db.dropColumn("extra", "other").execute()
            db.renameTable("extra", "second").execute()
            out.push(names("SELECT name FROM pragma_table_info('second')"), names("SELECT id FROM second"))
            db.truncateTable("second").execute()
            out.push(names("SELECT id FROM second"))
            db.dropTable("second").execute()
            out.push(names("SELECT name FROM sqlite_master WHERE name = 'second'"))
            try { db.alterColumn("posts", "title", "INT") } catch (err) { out.push(err.message) }
            return e.json(200, out)
        })"#,
    );
    assert_eq!(
        told,
        r#"[["idx_n","idx_u","sqlite_autoindex_extra_1"],["id","n"],["a"],[],[],"SQLite does not support altering column"]"#
    );
}
