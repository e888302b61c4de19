//! What loading files registers, and what it says of mistakes.

use crate::world::World;
use jsvm_bindings::Step;
use std::time::Duration;

fn files(files: &[(&str, &str)]) -> World {
    World::with_files(files, Duration::from_secs(60))
}

#[test]
fn a_broken_file_keeps_what_came_before_its_error() {
    let world = files(&[
        (
            "a.pb.js",
            "routerAdd('GET', '/early', (e) => {})\nthrow new Error('boom')\nrouterAdd('GET', '/late', (e) => {})",
        ),
        ("b.pb.js", "const = 5"),
        ("c.pb.js", "routerAdd('GET', '/good', (e) => {})"),
    ]);
    let hooks = world.app.hooks();
    let paths: Vec<_> = hooks
        .routes()
        .iter()
        .map(|route| route.path.as_str())
        .collect();
    assert_eq!(paths, ["/early", "/good"]);
    insta::assert_snapshot!(world.loaded.join("\n\n"), @r"
        Error: boom
          --> a.pb.js:2:7
        1 | routerAdd('GET', '/early', (e) => {})
        2 | throw new Error('boom')
          |       ^
            at <anonymous> (a.pb.js:2:7)

        SyntaxError: Unexpected token
          --> b.pb.js:1:7
        1 | const = 5
          |       ^
        ");
}

#[test]
fn files_share_one_scope_while_they_load() {
    let world = files(&[
        (
            "a.pb.js",
            "const limit = 10; function help() { return 'help' }",
        ),
        (
            "b.pb.js",
            "console.log(limit, help()); routerAdd('GET', '/', (e) => e.string(200, typeof limit + typeof help))",
        ),
        ("c.pb.js", "const limit = 1"),
    ]);
    assert_eq!(world.printed(), ["10 help"]);
    assert_eq!(world.get("/").unwrap().body, b"undefinedundefined");
    insta::assert_snapshot!(world.loaded.join("\n"), @r"
        SyntaxError: a name is declared twice, here or in a script before
          --> c.pb.js:1:1
        1 | const limit = 1
          | ^
        ");
}

#[test]
fn misuse_is_told_with_its_place_and_cure() {
    let mistakes = [
        "onBootstrap((e) => e.next(), 'posts')",
        "onRecordCreate({ f(e) {} }.f)",
        "onRecordCreate((() => {}).bind(null))",
        "onRecordCreate(5)",
        "onRecordCreate('not a function')",
        "routerAdd('GET', '/{', (e) => {})",
        "cronAdd('a', 'never', () => {})",
        "onRecordBeforeCreate((e) => {})",
        "for (;;) {}",
    ];
    let told = mistakes.map(|mistake| {
        let world = World::with_files(&[("main.pb.js", mistake)], Duration::from_millis(30));
        world.loaded.join("\n")
    });
    insta::assert_snapshot!(told.join("\n\n"), @r#"
        TypeError: onBootstrap takes no tags; remove what follows the function
          --> main.pb.js:1:12
        1 | onBootstrap((e) => e.next(), 'posts')
          |            ^
            at <anonymous> (main.pb.js:1:12)

        TypeError: a handler must be a function or the source text of one; a method was given; write f: (e) => { … } instead of f(e) { … }
          --> main.pb.js:1:15
        1 | onRecordCreate({ f(e) {} }.f)
          |               ^
            at <anonymous> (main.pb.js:1:15)

        TypeError: a handler must be a function or the source text of one; a bound or built-in function has no source text; write (e) => { … }
          --> main.pb.js:1:15
        1 | onRecordCreate((() => {}).bind(null))
          |               ^
            at <anonymous> (main.pb.js:1:15)

        TypeError: a handler must be a function or the source text of one; a number was given
          --> main.pb.js:1:15
        1 | onRecordCreate(5)
          |               ^
            at <anonymous> (main.pb.js:1:15)

        SyntaxError: Expected `,` or `)` but found `Identifier` (main.pb.js:1:21)
          --> main.pb.js:1:15
        1 | onRecordCreate('not a function')
          |               ^
            at <anonymous> (main.pb.js:1:15)

        TypeError: route `GET /{`: the wildcard `{` has to end with `}` before the next `/`
          --> main.pb.js:1:10
        1 | routerAdd('GET', '/{', (e) => {})
          |          ^
            at <anonymous> (main.pb.js:1:10)

        TypeError: [cronAdd] cron job "a": `never` has 1 fields; write five with one space between them, minute hour day month weekday, such as `0 12 * * 1-5`
          --> main.pb.js:1:8
        1 | cronAdd('a', 'never', () => {})
          |        ^
            at <anonymous> (main.pb.js:1:8)

        ReferenceError: onRecordBeforeCreate is not defined
          --> main.pb.js:1:1
        1 | onRecordBeforeCreate((e) => {})
          | ^
          = cure: since PocketBase 0.23 use `onRecordCreate`
            at <anonymous> (main.pb.js:1:1)

        LimitError: the script ran longer than its time limit of 30ms (raise limits.timeout)
          --> main.pb.js:1:11
        1 | for (;;) {}
          |           ^
            at <anonymous> (main.pb.js:1:11)
        "#);
}

#[test]
fn handlers_and_tags_that_cannot_work_are_told_with_a_cure() {
    let mistakes = [
        "onRecordCreate()",
        "onRecordCreate(handlr)",
        "onRecordCreate(null)",
        "onRecordCreate('posts', (e) => e.next())",
        "onRecordCreate((e) => e.next(), (e) => e.next())",
        "onRecordCreate((e) => e.next(), ['posts', 'notes'])",
        "onRecordCreate((e) => e.next(), 'posts', undefined)",
        "try { onTerminate((e) => e.next(), 'x') } catch (err) { console.log('caught') } throw new Error('went on')",
        "onRecordCreate(class {})",
        "onRecordCreate(class A { constructor() { this.a = 1 } })",
        "onRecordCreate(Record)",
    ];
    let told = mistakes.map(|mistake| {
        let world = World::new(&format!("// one\n{mistake}"));
        let report = world.loaded.join("\n");
        let lines: Vec<_> = report.lines().take(2).collect();
        format!("{mistake}\n{}", lines.join("\n"))
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
        onRecordCreate()
        TypeError: a handler must be a function or the source text of one; undefined was given; is the name right, and defined above?
          --> main.pb.js:2:15
        onRecordCreate(handlr)
        ReferenceError: handlr is not defined
          --> main.pb.js:2:16
        onRecordCreate(null)
        TypeError: a handler must be a function or the source text of one; null was given
          --> main.pb.js:2:15
        onRecordCreate('posts', (e) => e.next())
        TypeError: onRecordCreate: the handler comes first, then its tags: onRecordCreate((e) => { … }, "posts")
          --> main.pb.js:2:15
        onRecordCreate((e) => e.next(), (e) => e.next())
        TypeError: onRecordCreate takes one handler; call it once for each
          --> main.pb.js:2:15
        onRecordCreate((e) => e.next(), ['posts', 'notes'])
        TypeError: onRecordCreate: an array is no tag; tags are names or ids of collections: onRecordCreate((e) => { … }, "posts", "notes")
          --> main.pb.js:2:15
        onRecordCreate((e) => e.next(), 'posts', undefined)
        TypeError: onRecordCreate: undefined is no tag; tags are names or ids of collections: onRecordCreate((e) => { … }, "posts", "notes")
          --> main.pb.js:2:15
        try { onTerminate((e) => e.next(), 'x') } catch (err) { console.log('caught') } throw new Error('went on')
        Error: went on
          --> main.pb.js:2:87
        onRecordCreate(class {})
        TypeError: a handler must be a function or the source text of one; a class was given; make what you need of it inside of a function
          --> main.pb.js:2:15
        onRecordCreate(class A { constructor() { this.a = 1 } })
        TypeError: a handler must be a function or the source text of one; a class was given; make what you need of it inside of a function
          --> main.pb.js:2:15
        onRecordCreate(Record)
        TypeError: a handler must be a function or the source text of one; a class was given; make what you need of it inside of a function
          --> main.pb.js:2:15
        "#);
}

#[test]
fn whatever_reads_as_one_text_is_a_tag() {
    let world = World::new(
        "onRecordCreate((e) => { console.log('ran'); e.next() }, ['posts'])
        onRecordCreate((e) => { console.log('wrapped'); e.next() }, new String('posts'))
        onRecordCreate((e) => { console.log('no'); e.next() }, 5, '')",
    );
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    world
        .save("posts", serde_json::json!({ "title": "x" }))
        .unwrap();
    assert_eq!(world.printed(), ["ran", "wrapped"]);
}

#[test]
fn handlers_with_the_same_text_keep_their_own_places() {
    let text = "// one\nrouterAdd('GET', '/', (e) => e.next())\nrouterUse((e) => e.next())";
    let world = files(&[("a.pb.js", text), ("b.pb.js", &text.replace("'/'", "'/b'"))]);
    let hooks = world.app.hooks();
    let routes = hooks.routes().iter().map(|route| route.place.clone());
    let uses = hooks.middlewares().iter();
    let uses = uses.map(|one| match &one.step {
        Step::Script(handler) => handler.program.source().to_string(),
        Step::Native(native) => panic!("{native:?}"),
    });
    let places: Vec<_> = routes.chain(uses).collect();
    assert_eq!(
        places,
        [
            "a.pb.js:2:23",
            "b.pb.js:2:24",
            "a.pb.js:3:11",
            "b.pb.js:3:11"
        ]
    );
}

#[test]
fn every_form_of_a_handler_is_taken() {
    for handler in [
        "(e) => e.string(200, 'ok')",
        "function (e) { return e.string(200, 'ok') }",
        "function named(e) { return e.string(200, 'ok') }",
        "async (e) => e.string(200, 'ok')",
        "\"(e) => e.string(200, 'ok')\"",
        "({ f: (e) => e.string(200, 'ok') }).f",
        "/* a */ (e) => /* b */ { // }\n const s = '}'; return e.string(200, `o${'k'}`) }",
        "({ response }) => { response.write('ok') }",
        "(e) => (e.string(200, 'ok'))",
    ] {
        let world = World::new(&format!("const h = {handler}\nrouterAdd('GET', '/', h)"));
        assert!(world.loaded.is_empty(), "{handler}: {:?}", world.loaded);
        assert_eq!(world.get("/").unwrap().body, b"ok", "{handler}");
    }
}

#[test]
fn middlewares_run_by_priority_and_ids_replace() {
    let world = World::new(
        r#"
        routerUse((e) => { console.log("global"); return e.next() })
        routerUse(new Middleware((e) => { console.log("old"); return e.next() }, 5, "same"))
        routerAdd("GET", "/", (e) => { console.log("handler") },
            (e) => { console.log("route"); return e.next() },
            new Middleware((e) => { console.log("new"); return e.next() }, 7, "same"),
            new Middleware((e) => { console.log("first"); return e.next() }, -10))
        "#,
    );
    world.get("/").unwrap();
    assert_eq!(
        world.printed(),
        ["first", "global", "route", "new", "handler"]
    );
}

#[test]
fn cron_jobs_are_registered_replaced_and_run() {
    let world = World::new(
        r#"
        cronAdd("a", "*/5 * * * *", () => { console.log("old") })
        cronAdd("a", "* * * * *", () => { console.log("a ran", typeof $app.save); cronRemove("b"); cronAdd("c", "@daily", () => {}) })
        cronAdd("b", "@hourly", () => {})
        "#,
    );
    world.app.run_cron("a").unwrap();
    assert_eq!(world.printed(), ["a ran function"]);
    let ids: Vec<_> = world.app.crons().keys().cloned().collect();
    assert_eq!(ids, ["a", "c"]);
    assert!(world.app.run_cron("b").is_err());
}

#[test]
fn a_command_of_the_program_is_told_of_and_the_file_loads() {
    let world = World::new(
        r#"
        $app.rootCmd.addCommand(new Command({ use: "hello [name]", run: (cmd, args) => {} }))
        routerAdd("GET", "/", (e) => e.json(200, [new Command({ use: "x" }).use, typeof $app.rootCmd.addCommand]))
        onRecordCreate((e) => { console.log(typeof e.app.rootCmd); e.next() })
        "#,
    );
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    insta::assert_snapshot!(world.printed().join("\n"), @r#"Warn $app.rootCmd.addCommand: jsvm runs no commands of hook files, and so not "hello"; make it a route or a cron job {}"#);
    let answer = world.get("/").unwrap();
    assert_eq!(
        String::from_utf8_lossy(&answer.body).trim(),
        r#"["x","function"]"#
    );
}
