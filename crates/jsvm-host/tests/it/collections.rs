//! Collections that scripts write: which hooks run, and what a client sees.

use crate::site::{Plan, Site};
use serde_json::json;
use std::time::Duration;

/// Every handler tells of its event.
const TELLING: &str = r#"
        for (const write of ["Create", "Update", "Delete"]) {
            for (const kind of ["Collection", "Model"]) {
                const tag = kind === "Model" ? "_collections" : "pbc_1219621782"
                for (const at of [write, write + "Execute", `After${write}Success`, `After${write}Error`]) {
                    const name = `on${kind}${at}`
                    globalThis[name](`(e) => {
                        $app.store().set("told", ($app.store().get("told") ?? "") + "${name} " + e.type + " " + (e.collection ?? e.model).name + "\\n")
                        e.next()
                    }`, tag)
                    globalThis[name](`(e) => { throw new Error("another tag") }`, "other")
                }
            }
        }
        onCollectionValidate((e) => {
            // Seen by the handlers that follow, in their own VMs.
            if (!e.collection.fields.getByName("added")) e.collection.fields.push(new BoolField({ name: "added" }))
            e.collection.listRule = ""
            e.next()
            if (e.collection.name === "bad") throw new BadRequestError("no such tags")
        })
        routerAdd("POST", "/write", (e) => {
            const tags = new Collection({ name: "tags", fields: [{ name: "name", type: "text" }] })
            $app.runInTransaction((tx) => {
                tx.save(tags)
                $app.store().set("told", $app.store().get("told") + "in transaction\n")
            })
            tags.name = "labels"
            tags.fields.removeByName("name")
            $app.save(tags)
            tags.name = "bad"
            try { $app.save(tags) } catch (err) { $app.store().set("told", $app.store().get("told") + err.message + "\n") }
            $app.save(new Record("labels", { added: true }))
            if (!$app.findCollectionByNameOrId("labels").fields.getByName("added").id) throw new Error("no id")
            return e.json(200, $app.store().get("told").trim().split("\n"))
        })
        routerAdd("DELETE", "/write", (e) => {
            $app.store().set("told", "")
            $app.delete($app.findCollectionByNameOrId("labels"))
            return e.json(200, $app.store().get("told").trim().split("\n"))
        })
        "#;

#[test]
fn hooks_run_around_the_life_of_a_collection() {
    let site = Site::new(Plan {
        hooks: TELLING,
        ..Plan::default()
    });
    assert_eq!(
        site.send("POST", "/write", &json!({})).json(),
        json!([
            "onCollectionCreate create tags",
            "onModelCreate create tags",
            "onCollectionCreateExecute create tags",
            "onModelCreateExecute create tags",
            "in transaction",
            "onCollectionAfterCreateSuccess create tags",
            "onModelAfterCreateSuccess create tags",
            "onCollectionUpdate update labels",
            "onModelUpdate update labels",
            "onCollectionUpdateExecute update labels",
            "onModelUpdateExecute update labels",
            "onCollectionAfterUpdateSuccess update labels",
            "onModelAfterUpdateSuccess update labels",
            "onCollectionUpdate update bad",
            "onModelUpdate update bad",
            "onCollectionAfterUpdateError update bad",
            "onModelAfterUpdateError update bad",
            "No such tags.",
        ])
    );
    let list = site.get("/api/collections/labels/records?fields=added");
    assert_eq!(list.json()["items"], json!([{ "added": true }]));
    assert_eq!(
        site.send("DELETE", "/write", &json!({})).json(),
        json!([
            "onCollectionDelete delete labels",
            "onModelDelete delete labels",
            "onCollectionDeleteExecute delete labels",
            "onModelDeleteExecute delete labels",
            "onCollectionAfterDeleteSuccess delete labels",
            "onModelAfterDeleteSuccess delete labels",
        ])
    );
    assert_eq!(site.get("/api/collections/labels/records").status, 404);
}

/// A view that a script made may take for ever.
#[test]
fn an_endless_view_ends_with_who_asks() {
    let site = Site::new(Plan {
        hooks: r#"
        routerAdd("POST", "/make", (e) => {
            $app.save(new Collection({
                type: "view", name: "endless",
                viewQuery: "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'a' AS id, max(x) AS x FROM n",
            }))
        })
        routerAdd("GET", "/ask", (e) => e.json(200, $app.countRecords("endless")))
        routerAdd("GET", "/more", (e) => e.json(200, $app.findRecordsByFilter("endless", "x > 1")))
        routerAdd("GET", "/well", (e) => e.string(200, "well"))
        "#,
        timeout: Some(Duration::from_millis(300)),
        ..Plan::default()
    });
    assert_eq!(site.send("POST", "/make", &json!({})).status, 200);
    for path in ["/ask", "/more"] {
        assert_eq!(site.get(path).status, 503, "{path}");
        assert_eq!(site.get("/well").status, 200);
    }
}
