//! What handlers share and what they do not.

use crate::world::World;
use serde_json::json;

fn printed(hooks: &str) -> String {
    let world = World::new(hooks);
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    world.save("posts", json!({ "title": "x" })).unwrap();
    world.printed().join("\n")
}

#[test]
fn globals_stay_in_their_vm() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            globalThis.count = (globalThis.count || 0) + 1
            console.log("outer", globalThis.count)
            e.next()
        })
        onRecordCreate((e) => { console.log("inner sees", typeof globalThis.count); e.next() })
        "#,
    );
    for _ in 0..2 {
        world.save("posts", json!({ "title": "x" })).unwrap();
    }
    assert_eq!(
        world.printed(),
        [
            "outer 1",
            "inner sees undefined",
            "outer 2",
            "inner sees undefined"
        ]
    );
}

#[test]
fn arguments_are_one_array_that_goes_with_the_call() {
    let told = printed(
        r#"
        onRecordCreate((e) => {
            console.log(__args === __args, __args.length, __args[0] === e)
            __args = 5
            console.log(__args)
            e.next()
        })
        onRecordCreate(function () { console.log(typeof this, arguments.length, __args[0] === arguments[0]); return __args[0].next() })
        "#,
    );
    assert_eq!(told, "true 1 true\n5\nundefined 1 true");
}

#[test]
fn cron_jobs_are_given_nothing() {
    let world = World::new(
        r#"cronAdd("a", "* * * * *", function () { console.log(arguments.length, typeof __args, typeof $app.save) })"#,
    );
    world.app.run_cron("a").unwrap();
    assert_eq!(world.printed(), ["0 undefined function"]);
}

#[test]
fn host_objects_take_no_other_properties() {
    let told = printed(
        r#"onRecordCreate((e) => {
            const tell = (work) => { try { work(); console.log("taken") } catch (err) { console.log(err.name, err.message) } }
            tell(() => { e.record.title = "y" })
            tell(() => { e.other = 1 })
            tell(() => { $app.other = 1 })
            tell(() => { e.record.collection().other = 1 })
            tell(() => { new BadRequestError("x").other = 1 })
            tell(() => { new DateTime().other = 1 })
            tell(() => { e.record.get = 1 })
            tell(() => { e.record.id = "abcdefghij12345" })
            tell(() => { try { $app.findRecordById("posts", "x") } catch (err) { err.other = 1 } })
            e.next()
        })"#,
    );
    insta::assert_snapshot!(told, @r"
        TypeError cannot set non-writable property: title
        TypeError cannot set non-writable property: other
        TypeError cannot set non-writable property: other
        TypeError cannot set non-writable property: other
        TypeError cannot set non-writable property: other
        TypeError cannot set non-writable property: other
        TypeError cannot set non-writable property: get
        taken
        taken
        ");
}

#[test]
fn the_top_level_is_sloppy() {
    let world = World::new(
        r#"
        leak = 1
        $app.other = 1
        console.log(typeof leak, typeof $app.other, this === globalThis)
        routerAdd("GET", "/", (e) => e.string(200, typeof leak))
        "#,
    );
    assert_eq!(world.printed(), ["number undefined true"]);
    assert_eq!(world.get("/").unwrap().body, b"undefined");
}

#[test]
fn errors_in_the_text_of_a_handler_lead_to_its_place() {
    let world = World::new(
        "// one\nonRecordCreate(\"(e) => { e.next(); nothing() }\")\nonRecordUpdate(`(e) => {\n    nothing()\n}`)\nonRecordDelete('(e) => { no' + 'thing() }')",
    );
    let err = world.save("posts", json!({ "title": "x" })).unwrap_err();
    let place = |err: jsvm_bindings::Error| match err {
        jsvm_bindings::Error::Script(err) => {
            format!("{} {}", err.headline(), err.position.clone().unwrap())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        place(err),
        "ReferenceError: nothing is not defined main.pb.js:2:36"
    );
    let post = world.app.collection("posts").unwrap();
    let post = world.app.records(&post, &Default::default()).unwrap();
    let post = jsvm_bindings::RecordRef::new(post[0].clone());
    let err = world
        .app
        .save(&post, jsvm_bindings::Validation::Run)
        .unwrap_err();
    assert_eq!(
        place(err),
        "ReferenceError: nothing is not defined main.pb.js:4:5"
    );
    let err = world.app.delete(&post).unwrap_err();
    assert!(place(err).contains("main.pb.js:6:"));
}

#[test]
fn a_rule_is_null_or_wrapped_text() {
    let told = printed(
        r#"onRecordCreate((e) => {
            const posts = e.record.collection()
            console.log(posts.listRule, typeof posts.viewRule, posts.viewRule === "", posts.viewRule == "", posts.viewRule.length)
            console.log(JSON.stringify({ rule: posts.viewRule }), `[${posts.viewRule}]`)
            e.next()
        })"#,
    );
    assert_eq!(told, "null object false true 0\n{\"rule\":\"\"} []");
}

#[test]
fn an_event_ends_with_its_handler() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            const before = globalThis.kept
            globalThis.kept = { e, record: e.record, part: e.event }
            e.next()
            if (!before) return
            for (const use of [(e) => e.record, (e) => e.app, (e) => e.tags(), (e) => e.next()]) {
                try { use(before.e); console.log("alive") } catch (err) { console.log(err.name) }
            }
            try { before.part.next() } catch (err) { console.log(err.message) }
            console.log(before.record.get("title"), before.record !== e.record)
        })
        "#,
    );
    for title in ["first", "second"] {
        world.save("posts", json!({ "title": title })).unwrap();
    }
    assert_eq!(
        world.printed(),
        [
            "TypeError",
            "TypeError",
            "TypeError",
            "TypeError",
            "the handler of this event has ended; keep what you need of an event, not the event",
            "first true",
        ]
    );
}

#[test]
fn a_record_is_one_object_and_one_state_in_a_handler() {
    let told = printed(
        r#"
        onRecordCreate((e) => {
            const record = e.record
            console.log(record === e.record, e.record === e.record)
            record.set("title", "outer")
            e.next()
            console.log(record.get("title"), record === e.record)
        })
        onRecordCreate((e) => {
            console.log(e.record.get("title"))
            e.record.set("title", "inner")
            e.next()
        })
        "#,
    );
    assert_eq!(told, "true true\nouter\ninner true");
}

#[test]
fn text_crosses_whatever_it_is_made_of() {
    let told = printed(
        r#"
        onRecordCreate((e) => {
            for (const text of ["", "plain", "\u00e9t\u00e9", "\u00c3\u00a9", "\u{1f600}", "length"]) {
                e.record.set("title", text)
                e.record.set(text, text)
                console.log(e.record.get("title") === text, e.record.get(text) === text)
            }
            e.record.set("title", "a\ud800b")
            console.log(e.record.get("title") === "a\ufffdb")
            e.record.set("title", new String("wrapped"))
            console.log(e.record.get(new String("title")))
            e.record.set("title")
            console.log(JSON.stringify(e.record.get("title")), e.record.get())
            e.record.set("title", "x")
            e.next()
        })
        "#,
    );
    let twice = "true true\n".repeat(6);
    assert_eq!(told, twice + "true\nwrapped\n\"\" ");
}
