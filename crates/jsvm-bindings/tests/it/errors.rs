//! What becomes of what handlers throw.

use crate::world::World;
use serde_json::json;

/// What a client would see of a handler's end.
fn answer(handler: &str) -> String {
    let world = World::new(&format!("routerAdd('GET', '/', {handler})"));
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    match world.get("/") {
        Ok(response) => format!(
            "{} {}",
            response.status,
            String::from_utf8_lossy(&response.body)
        ),
        Err(err) => err.to_api("").to_value().to_string(),
    }
}

#[test]
fn throwing_is_answered_as_pocketbase_does() {
    let answers = [
        "(e) => { throw new Error('secret') }",
        "(e) => { throw 'text' }",
        "(e) => { throw null }",
        "(e) => { throw new BadRequestError() }",
        "(e) => { throw new ForbiddenError('  out of stock ') }",
        "(e) => { throw new ApiError(418, 'is it tea?', { pot: 'tea' }) }",
        "(e) => { throw new BadRequestError('check', { email: new ValidationError('taken', 'Already used'), a: { b: new ValidationError('c') } }) }",
        "(e) => new NotFoundError('returned')",
        "(e) => e.unauthorizedError('who are you', null)",
        "(e) => { throw new ApiError() }",
        "(e) => new Error('returned, not thrown')",
        "(e) => { $app.findRecordById('posts', 'x') }",
        "(e) => { try { $app.findRecordById('posts', 'x') } catch (err) { throw err } }",
        "(e) => { try { $app.findRecordById('posts', 'x') } catch (err) { throw new BadRequestError('pick', err) } }",
        "(e) => { $app.save(new Record($app.findCollectionByNameOrId('posts'))) }",
        "(e) => { e.string(201, 'kept'); return undefined }",
        "(e, x = (() => { throw new ConflictError() })()) => {}",
    ];
    let told: Vec<_> = answers
        .map(|handler| format!("{handler}\n    {}", answer(handler)))
        .into();
    insta::assert_snapshot!(told.join("\n"), @r#"
        (e) => { throw new Error('secret') }
            {"data":{},"message":"Something went wrong while processing your request.","status":400}
        (e) => { throw 'text' }
            {"data":{},"message":"Something went wrong while processing your request.","status":400}
        (e) => { throw null }
            {"data":{},"message":"Something went wrong while processing your request.","status":400}
        (e) => { throw new BadRequestError() }
            {"data":{},"message":"Something went wrong while processing your request.","status":400}
        (e) => { throw new ForbiddenError('  out of stock ') }
            {"data":{},"message":"Out of stock.","status":403}
        (e) => { throw new ApiError(418, 'is it tea?', { pot: 'tea' }) }
            {"data":{"pot":{"code":"validation_invalid_value","message":"Invalid value."}},"message":"Is it tea?","status":418}
        (e) => { throw new BadRequestError('check', { email: new ValidationError('taken', 'Already used'), a: { b: new ValidationError('c') } }) }
            {"data":{"a":{"b":{"code":"c","message":""}},"email":{"code":"taken","message":"Already used."}},"message":"Check.","status":400}
        (e) => new NotFoundError('returned')
            {"data":{},"message":"Returned.","status":404}
        (e) => e.unauthorizedError('who are you', null)
            {"data":{},"message":"Who are you.","status":401}
        (e) => { throw new ApiError() }
            {"data":{},"message":"Something went wrong while processing your request.","status":500}
        (e) => new Error('returned, not thrown')
            0 
        (e) => { $app.findRecordById('posts', 'x') }
            {"data":{},"message":"The requested resource wasn't found.","status":404}
        (e) => { try { $app.findRecordById('posts', 'x') } catch (err) { throw err } }
            {"data":{},"message":"The requested resource wasn't found.","status":404}
        (e) => { try { $app.findRecordById('posts', 'x') } catch (err) { throw new BadRequestError('pick', err) } }
            {"data":{"value":{"code":"validation_invalid_value","message":"Invalid value."}},"message":"Pick.","status":400}
        (e) => { $app.save(new Record($app.findCollectionByNameOrId('posts'))) }
            {"data":{"title":{"code":"validation_required","message":"Cannot be blank."}},"message":"Something went wrong while processing your request.","status":400}
        (e) => { e.string(201, 'kept'); return undefined }
            201 kept
        (e, x = (() => { throw new ConflictError() })()) => {}
            {"data":{},"message":"Something went wrong while processing your request.","status":400}
        "#);
}

#[test]
fn promises_are_settled_first() {
    let answers = [
        "async (e) => { const n = await Promise.resolve(20); return e.json(200, { n }) }",
        "async (e) => { await null; throw new ApiError(456, 'async failure') }",
        "async (e) => { throw new Error('lost') }",
        "async (e) => { $app.findCollectionByNameOrId('nowhere') }",
        "(e) => new Promise(() => {})",
        "(e) => Promise.resolve(1).then((n) => e.string(200, 'then ' + n))",
    ];
    let told: Vec<_> = answers
        .map(|handler| format!("{handler}\n    {}", answer(handler)))
        .into();
    insta::assert_snapshot!(told.join("\n"), @r#"
        async (e) => { const n = await Promise.resolve(20); return e.json(200, { n }) }
            200 {"n":20}

        async (e) => { await null; throw new ApiError(456, 'async failure') }
            {"data":{},"message":"Async failure.","status":456}
        async (e) => { throw new Error('lost') }
            0 
        async (e) => { $app.findCollectionByNameOrId('nowhere') }
            0 
        (e) => new Promise(() => {})
            {"data":{},"message":"Something went wrong while processing your request.","status":500}
        (e) => Promise.resolve(1).then((n) => e.string(200, 'then ' + n))
            200 then 1
        "#);
}

#[test]
fn errors_of_nested_hooks_reach_who_saves() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            const title = e.record.getString("title")
            if (title === "api") throw new ForbiddenError("hook says no", { why: "rule" })
            if (title === "error") throw new TypeError("hook type error")
            if (title === "string") throw "hook string"
            if (title === "object") throw { code: 42 }
            e.next()
        }, "posts")
        routerAdd("GET", "/", (e) => {
            const told = []
            for (const title of ["api", "error", "string", "object", ""]) {
                const post = new Record($app.findCollectionByNameOrId("posts"), { title })
                try { $app.save(post) } catch (err) {
                    told.push([title, typeof err, err.name, err.message, err instanceof Error, err.code, err.value && err.value.status])
                }
            }
            return e.json(200, told)
        })"#,
    );
    let response = world.get("/").unwrap();
    insta::assert_snapshot!(String::from_utf8(response.body).unwrap().replace("],", "],\n"), @r#"
        [["api","object","GoError","Hook says no.",true,null,403],
        ["error","object","TypeError","hook type error",false,null,null],
        ["string","string",null,null,false,null,null],
        ["object","object",null,null,false,42,null],
        ["","object","GoError","title: cannot be blank.",true,null,null]]
        "#);
}

#[test]
fn errors_stay_themselves_however_many_hooks_they_pass() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            const text = e.record.getString("text")
            if (text === "none") $app.findRecordById("posts", "x")
            if (text === "field") throw new BadRequestError("check", { a: new ValidationError("taken", "is taken") })
            if (text === "error") throw new RangeError("far away")
            e.next()
        }, "notes")
        onRecordCreate((e) => {
            const [text, how] = e.record.getString("title").split(" ")
            const note = new Record($app.findCollectionByNameOrId("notes"), { text })
            if (how === "plain") $app.save(note)
            try { $app.save(note) } catch (err) {
                if (how === "value") throw err.value
                if (how === "return") return err
                throw err
            }
        }, "posts")
        onRecordCreate((e) => e.next(), "posts")
        routerAdd("GET", "/", (e) => $app.save(new Record($app.findCollectionByNameOrId("posts"), { title: e.request.url.query().get("t") })))
        "#,
    );
    let mut told = Vec::new();
    for title in [
        "none plain",
        "none again",
        "none value",
        "none return",
        "field plain",
        "field again",
        "field value",
        "field return",
        "error plain",
        "error again",
    ] {
        let err = world
            .get(&format!("/?t={}", title.replace(' ', "%20")))
            .unwrap_err();
        let place = match &err {
            jsvm_bindings::Error::Script(err) => err.position.as_ref().map(ToString::to_string),
            _ => None,
        };
        let answer = err.to_api("").to_value();
        told.push(format!("{title}: {err} {answer} {place:?}"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
        none plain: sql: no rows in result set {"data":{},"message":"The requested resource wasn't found.","status":404} None
        none again: sql: no rows in result set {"data":{},"message":"The requested resource wasn't found.","status":404} None
        none value: sql: no rows in result set {"data":{},"message":"The requested resource wasn't found.","status":404} None
        none return: sql: no rows in result set {"data":{},"message":"The requested resource wasn't found.","status":404} None
        field plain: Check. {"data":{"a":{"code":"taken","message":"Is taken."}},"message":"Check.","status":400} None
        field again: Check. {"data":{"a":{"code":"taken","message":"Is taken."}},"message":"Check.","status":400} None
        field value: Check. {"data":{"a":{"code":"taken","message":"Is taken."}},"message":"Check.","status":400} None
        field return: Check. {"data":{"a":{"code":"taken","message":"Is taken."}},"message":"Check.","status":400} None
        error plain: far away {"data":{},"message":"Something went wrong while processing your request.","status":400} Some("main.pb.js:6:41")
        error again: far away {"data":{},"message":"Something went wrong while processing your request.","status":400} Some("main.pb.js:6:41")
        "#);
}

#[test]
fn a_thousand_failures_leave_the_worker_sound() {
    let world = World::new(
        r#"onRecordCreate((e) => {
            const check = (n) => { if (n) check(n - 1); else throw new BadRequestError("no") }
            check(5)
        })"#,
    );
    for _ in 0..3000 {
        let err = world.save("posts", json!({ "title": "x" })).unwrap_err();
        assert_eq!(err.to_api("").message, "No.");
    }
}

#[test]
fn wrong_arguments_are_errors_and_not_the_end() {
    for handler in [
        "(e) => { new ApiError('x') }",
        "(e) => { new BadRequestError(5) }",
        "(e) => { $app.save(1) }",
        "(e) => { $app.save() }",
        "(e) => { $app.save(new Record()) }",
        "(e) => { e.record.call(1) }",
        "(e) => { const { json } = e; json(200, 1) }",
        "(e) => { e.json('x') }",
        "(e) => { e.bindBody({}) }",
        "(e) => { const a = []; a[0] = a; e.json(200, a) }",
        "(e) => { new DynamicModel(5) }",
        "(e) => { onRecordCreate(() => {}) }",
    ] {
        let told = answer(handler);
        assert!(told.contains("\"status\":4"), "{handler}: {told}");
    }
}

/// An error of another VM is no `Error` here, but tells all that it knows.
#[test]
fn what_a_nested_hook_threw_is_told_with_its_place() {
    let world = World::new(
        r#"
        onRecordCreate((e) => { null.x }, "posts")
        routerAdd("GET", "/", (e) => {
            for (const work of [
                () => $app.save(new Record($app.findCollectionByNameOrId("posts"), { title: "a" })),
                () => $app.findRecordById("posts", "x"),
            ]) {
                try { work() } catch (err) { console.log(err instanceof Error, String(err)); console.log(err.stack) }
            }
        })"#,
    );
    world.get("/").unwrap();
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        false TypeError: cannot convert 'null' or 'undefined' to object
        TypeError: cannot convert 'null' or 'undefined' to object
            at <anonymous> (main.pb.js:2:38)
        true GoError: sql: no rows in result set
        GoError: sql: no rows in result set
            at findRecordById (native)
            at <anonymous> (main.pb.js:6:42)
            at <anonymous> (main.pb.js:8:27)
        ");
}
