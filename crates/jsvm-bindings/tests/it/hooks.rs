//! Chains, tags, nesting, transactions.

use crate::world::World;
use jsvm_bindings::{Error, Validation};
use serde_json::json;

#[test]
fn a_create_runs_its_hooks_in_order() {
    let world = World::new(
        r#"
        for (const name of ["AfterCreateSuccess", "CreateExecute", "Validate", "Create", "AfterCreateError"]) {
            for (const kind of ["Record", "Model"]) {
                const body = `(e) => {
                    const of = e.record || e.model
                    console.log("${kind}${name} in", of.isNew(), e.type)
                    e.next()
                    console.log("${kind}${name} out", of.isNew())
                }`
                globalThis["on" + kind + name](body, "posts")
            }
        }"#,
    );
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    world.save("posts", json!({ "title": "x" })).unwrap();
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        RecordCreate in true create
        ModelCreate in true create
        RecordValidate in true validate
        ModelValidate in true validate
        ModelValidate out true
        RecordValidate out true
        RecordCreateExecute in true create
        ModelCreateExecute in true create
        ModelCreateExecute out false
        RecordCreateExecute out false
        ModelCreate out false
        RecordCreate out false
        RecordAfterCreateSuccess in false create
        ModelAfterCreateSuccess in false create
        ModelAfterCreateSuccess out false
        RecordAfterCreateSuccess out false
        ");
    world.save("posts", json!({})).unwrap_err();
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        RecordCreate in true create
        ModelCreate in true create
        RecordValidate in true validate
        ModelValidate in true validate
        RecordAfterCreateError in true create
        ModelAfterCreateError in true create
        ModelAfterCreateError out true
        RecordAfterCreateError out true
        ");
}

#[test]
fn handlers_nest_and_next_moves_one_cursor() {
    let world = World::new(
        r#"
        onRecordCreate((e) => { console.log("1 in"); e.next(); e.next(); console.log("1 out") })
        onRecordCreate((e) => { console.log("2") })
        onRecordCreate((e) => { console.log("3 in"); e.next(); e.next(); console.log("3 out") })
        "#,
    );
    world.save("posts", json!({ "title": "x" })).unwrap();
    assert_eq!(world.printed(), ["1 in", "2", "3 in", "3 out", "1 out"]);
    assert_eq!(world.stored("posts", "title"), ["x"]);
}

#[test]
fn without_next_nothing_is_stored_and_that_is_no_error() {
    let world = World::new("onRecordCreate((e) => {})");
    world.save("posts", json!({ "title": "x" })).unwrap();
    assert!(world.stored("posts", "title").is_empty());
}

#[test]
fn an_error_of_next_can_be_swallowed() {
    let world = World::new(
        r#"onRecordCreate((e) => { try { e.next() } catch (err) { console.log(err.name, err.message) } })"#,
    );
    world.save("posts", json!({})).unwrap();
    assert_eq!(world.printed(), ["GoError title: cannot be blank."]);
}

#[test]
fn tags_choose_collections() {
    let world = World::new(
        r#"
        onRecordCreate((e) => { console.log("posts", e.tags().join()); e.next() }, "posts")
        onRecordCreate((e) => { console.log("by id"); e.next() }, "pbc_posts", "other")
        onRecordCreate((e) => { console.log("notes"); e.next() }, "notes")
        onRecordCreate((e) => { console.log("case"); e.next() }, "POSTS")
        "#,
    );
    world.save("posts", json!({ "title": "x" })).unwrap();
    assert_eq!(world.printed(), ["posts posts,pbc_posts", "by id"]);
}

#[test]
fn values_set_before_next_are_stored() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            e.record.set("title", e.record.getString("title").toUpperCase())
            e.record.set("views+", 2)
            e.next()
            e.record.set("views", 99)
        }, "posts")"#,
    );
    let record = world
        .save("posts", json!({ "title": "x", "views": 1 }))
        .unwrap();
    assert_eq!(world.stored("posts", "title"), ["X"]);
    assert_eq!(world.stored("posts", "views"), [json!(3)]);
    assert_eq!(record.lock().get("views"), 99);
}

#[test]
fn a_nested_event_runs_at_once_in_a_vm_of_its_own() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            globalThis.mark = "post"
            const note = new Record($app.findCollectionByNameOrId("notes"))
            note.set("text", "about " + e.record.getString("title"))
            $app.save(note)
            e.next()
            console.log("post", globalThis.mark)
        }, "posts")
        onRecordCreate((e) => { console.log("note sees", typeof globalThis.mark); globalThis.mark = "note"; e.next() }, "notes")
        "#,
    );
    world.save("posts", json!({ "title": "x" })).unwrap();
    assert_eq!(world.printed(), ["note sees undefined", "post post"]);
    assert_eq!(world.stored("notes", "text"), ["about x"]);
    // Globals stay with the VM, as in PocketBase.
    world.save("posts", json!({ "title": "y" })).unwrap();
    assert_eq!(world.printed(), ["note sees string", "post post"]);
}

#[test]
fn nesting_goes_deep() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            const n = e.record.getInt("views")
            if (n > 0) $app.save(new Record($app.findCollectionByNameOrId("posts"), { title: "n" + n, views: n - 1 }))
            e.next()
        }, "posts")"#,
    );
    world
        .save("posts", json!({ "title": "top", "views": 30 }))
        .unwrap();
    assert_eq!(world.stored("posts", "title").len(), 31);
}

#[test]
fn after_hooks_wait_for_the_transaction() {
    let world = World::new(
        r#"
        onRecordCreate((e) => { console.log("create", e.app.isTransactional(), $app.isTransactional()); e.next() }, "posts")
        onRecordAfterCreateSuccess((e) => { console.log("success", e.app.isTransactional()); e.next() }, "posts")
        onRecordAfterCreateError((e) => { console.log("error", e.error.message); e.next() }, "posts")
        routerAdd("GET", "/tx", (e) => {
            const posts = $app.findCollectionByNameOrId("posts")
            $app.runInTransaction((tx) => {
                tx.save(new Record(posts, { title: "a" }))
                tx.runInTransaction((inner) => { inner.save(new Record(posts, { title: "b" })) })
                console.log("inside", tx.countRecords("posts"), $app.countRecords("posts"))
                if (e.request.url.query().has("fail")) throw new BadRequestError("roll back")
            })
            console.log("over")
        })"#,
    );
    world.get("/tx").unwrap();
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        create true true
        create true true
        inside 2 0
        success false
        success false
        over
        ");
    let err = world.get("/tx?fail").unwrap_err();
    assert_eq!(err.to_api("").message, "Roll back.");
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        create true true
        create true true
        inside 4 2
        error Roll back.
        error Roll back.
        ");
    assert_eq!(world.stored("posts", "title"), ["a", "b"]);
}

#[test]
fn a_transaction_takes_only_functions_that_return_nothing() {
    let world = World::new(
        r#"routerAdd("GET", "/", (e) => {
            for (const work of [() => 1, () => new ForbiddenError("no"), () => { throw "text" }, 5]) {
                try { $app.runInTransaction(work) } catch (err) { console.log(err.name, err.message || err) }
            }
        })"#,
    );
    world.get("/").unwrap();
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        GoError could not convert 1 to error: the function given to runInTransaction must return nothing or an error
        GoError No.
        undefined text
        GoError runInTransaction wants a function
        ");
}

#[test]
fn deleting_takes_what_refers_to_it_along() {
    let world = World::new(
        r#"
        onRecordDelete((e) => { console.log("delete", e.record.collection().name); e.next() })
        onRecordAfterDeleteSuccess((e) => { console.log("deleted", e.record.collection().name); e.next() })
        "#,
    );
    let post = world.save("posts", json!({ "title": "x" })).unwrap();
    let id = post.lock().id().to_owned();
    world
        .save("notes", json!({ "text": "n", "post": id }))
        .unwrap();
    world.save("notes", json!({ "text": "other" })).unwrap();
    world.app.delete(&post).unwrap();
    assert_eq!(
        world.printed(),
        [
            "delete posts",
            "delete notes",
            "deleted notes",
            "deleted posts"
        ]
    );
    assert_eq!(world.stored("notes", "text"), ["other"]);
}

#[test]
fn after_an_update_the_original_is_still_there() {
    let world = World::new(
        r#"onRecordAfterUpdateSuccess((e) => {
            console.log(e.record.original().get("title"), "->", e.record.get("title")); e.next()
        })"#,
    );
    let post = world.save("posts", json!({ "title": "a" })).unwrap();
    for title in ["b", "c"] {
        post.lock().set("title", &json!(title));
        world.app.save(&post, Validation::Run).unwrap();
    }
    assert_eq!(world.printed(), ["a -> b", "b -> c"]);
}

#[test]
fn the_app_is_restored_and_the_arguments_are_there() {
    let world = World::new(
        r#"onRecordCreate((e) => {
            console.log(typeof $app.save, __args.length, __args[0] === e, e.record === e.record)
            $app = 5
            console.log($app)
            e.next()
        })"#,
    );
    for _ in 0..2 {
        world.save("posts", json!({ "title": "x" })).unwrap();
        assert_eq!(world.printed(), ["function 1 true true", "5"]);
    }
}

#[test]
fn calls_are_told_with_their_collection_and_cache() {
    let world = World::new("onRecordCreate((e) => e.next(), 'posts')");
    for hit in [false, true] {
        world.save("posts", json!({ "title": "x" })).unwrap();
        let calls = world.calls();
        let call = calls.last().unwrap();
        assert_eq!(call.name, "onRecordCreate");
        assert_eq!(call.collection.as_deref(), Some("posts"));
        assert_eq!((call.cache_hit, call.error.is_none()), (hit, true));
    }
}

#[test]
fn what_the_host_does_for_a_script_is_told() {
    let world = World::new("onRecordCreate((e) => { sleep(1); e.next() }, 'posts')");
    world.save("posts", json!({ "title": "x" })).unwrap();
    let calls = world.calls();
    let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
    let expected = [
        "sleep",
        "records.validate",
        "records.insert",
        "onRecordCreate",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_line_knows_the_hook_and_the_place_that_printed_it() {
    let world = World::new(
        "console.log('from the file')\n\
         onRecordCreate((e) => {\n  console.log('from the hook')\n  e.next()\n})",
    );
    world.save("posts", json!({ "title": "x" })).unwrap();
    let expected = [
        r#"from the file None Some("main.pb.js:1:12")"#,
        r#"from the hook Some("onRecordCreate") Some("main.pb.js:3:14")"#,
    ];
    assert_eq!(world.printed(), expected);
}

#[test]
fn without_handlers_nothing_leaves_the_caller_s_thread() {
    let world = World::new("");
    let here = std::thread::current().id();
    let event = jsvm_bindings::Event::new(world.app.clone());
    let action = move |_: &std::sync::Arc<jsvm_bindings::Event>| {
        assert_eq!(std::thread::current().id(), here);
        Err(Error::NotFound)
    };
    let result = world.app.emit(&["onBootstrap"], event, Box::new(action));
    assert_eq!(result, Err(Error::NotFound));
}
