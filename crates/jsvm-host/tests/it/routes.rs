//! Routes, middlewares, public files and the shape of answers.

use crate::site::{Plan, Site, load, send};
use jsvm::{App, NoRecords, Runtime, Silent, Source};
use jsvm_host::{Server, Sqlite, server::Options};
use serde_json::{Value, json};
use std::sync::Arc;

#[test]
fn the_server_says_that_it_is_well() {
    let site = Site::hooks("");
    let answer = site.get("/api/health");
    assert_eq!(
        answer.body,
        "{\"message\":\"API is healthy.\",\"code\":200,\"data\":{}}\n"
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(site.send("POST", "/api/batch", &json!({})).status, 403);
}

#[test]
fn routes_and_files_are_found() {
    let site = Site::new(Plan {
        hooks: r#"
            routerAdd("GET", "/hello/{name}", (e) => e.string(200, "hello " + e.request.pathValue("name")))
            routerAdd("", "/any", (e) => e.string(200, e.request.method))
            routerAdd("GET", "/sub/{$}", (e) => e.string(200, "sub"))
            routerAdd("GET", "/pattern", (e) => e.string(200, e.request.pattern))
            routerAdd("GET", "/silent", (e) => {})
            routerAdd("GET", "/raw", (e) => { e.response.write("<html>") })
            routerAdd("GET", "/throw", (e) => { throw new Error("x") })
            routerAdd("GET", "/teapot", (e) => { throw new ApiError(418, "short & stout") })
            routerAdd("GET", "/late", (e) => { e.string(201, "written"); throw new Error("x") })
        "#,
        files: &[
            ("pb_public/page/index.html", "<p>page"),
            ("pb_public/a.css", "p {}"),
        ],
        ..Plan::default()
    });
    let error = |status: u16, message: &str| {
        format!("{{\"data\":{{}},\"message\":\"{message}\",\"status\":{status}}}\n")
    };
    let generic = "Something went wrong while processing your request.";
    for (method, target, status, body) in [
        ("GET", "/hello/a%20b", 200, "hello a b".to_owned()),
        ("HEAD", "/hello/x", 200, String::new()),
        (
            "POST",
            "/hello/x",
            404,
            error(404, "The requested resource wasn't found."),
        ),
        ("GET", "/hello", 404, error(404, "File not found.")),
        ("GET", "/any", 200, "GET".into()),
        ("DELETE", "/any", 200, "DELETE".into()),
        (
            "GET",
            "/sub",
            307,
            "<a href=\"/sub/\">Temporary Redirect</a>.\n\n".into(),
        ),
        ("GET", "/pattern", 200, "GET /pattern".into()),
        ("GET", "/silent", 200, String::new()),
        ("GET", "/raw", 200, "<html>".into()),
        ("GET", "/throw", 400, error(400, generic)),
        ("GET", "/teapot", 418, error(418, "Short \\u0026 stout.")),
        ("GET", "/late", 201, "written".into()),
        ("GET", "/a.css", 200, "p {}".into()),
        ("GET", "/page/", 200, "<p>page".into()),
        (
            "GET",
            "/%2e%2e/pb_data/data.db",
            404,
            error(404, "File not found."),
        ),
    ] {
        let answer = site.send(method, target, &Value::Null);
        assert_eq!(
            (answer.status, answer.body),
            (status, body),
            "{method} {target}"
        );
    }
    assert_eq!(
        site.get("/raw").header("content-type"),
        "text/html; charset=utf-8"
    );
    assert_eq!(site.get("/silent").header("content-type"), "");
    let head = site.send("HEAD", "/hello/x", &Value::Null);
    assert_eq!(head.header("content-length"), "7");
    assert_eq!(site.complaints(), Vec::<String>::new());
}

#[test]
fn middlewares_run_around_everything() {
    let site = Site::hooks(
        r#"
        routerUse((e) => {
            e.response.header().set("X-Before", e.request.pattern)
            e.next()
            console.log("after", e.status())
        })
        routerAdd("GET", "/own", (e) => e.string(200, "own"), (e) => { throw new ForbiddenError("no entry") })
        "#,
    );
    for (target, status, pattern, line) in [
        ("/own", 403, "GET /own", None),
        ("/none", 404, "GET /{path...}", None),
        ("/api/health", 200, "GET /api/health", Some("after 200")),
    ] {
        let answer = site.get(target);
        assert_eq!(
            (answer.status, &*answer.header("x-before")),
            (status, pattern),
            "{target}"
        );
        assert_eq!(site.lines().pop().as_deref(), line, "{target}");
    }
    assert_eq!(
        site.send("DELETE", "/none", &Value::Null)
            .header("x-before"),
        "/"
    );
}

#[test]
fn browsers_may_ask_from_anywhere() {
    let site = Site::hooks(r#"routerAdd("GET", "/ping", (e) => e.string(200, "pong"))"#);
    let origin = ("origin", "http://shop.example");
    let preflight = send(site.address, "OPTIONS", "/ping", &[origin], "");
    assert_eq!((preflight.status, &*preflight.body), (204, ""));
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    let answer = send(site.address, "GET", "/ping", &[origin], "");
    assert_eq!(
        (
            &*answer.body,
            &*answer.header("access-control-allow-origin")
        ),
        ("pong", "*")
    );
    assert_eq!(site.get("/ping").header("access-control-allow-origin"), "");
}

#[test]
fn routes_that_do_not_fit_together_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).unwrap();
    for (hooks, wanted) in [
        (
            "routerAdd('GET', '/a/{x}', (e) => {})\nrouterAdd('GET', '/{y}/b', (e) => {})",
            &["main.pb.js:2", "main.pb.js:1", "/a/{x}", "/{y}/b"][..],
        ),
        (
            "routerAdd('GET', '/api/health', (e) => {})",
            &["main.pb.js:1", "a route of the server itself"],
        ),
        (
            "routerAdd('GET', '/a{x}', (e) => {})",
            &["main.pb.js:1", "/a{x}"],
        ),
    ] {
        let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
        let runtime = Runtime::builder(app.clone()).build().unwrap();
        // A pattern that is none may be refused by either of the two.
        let failures = runtime
            .load(&[Source::new("pb_hooks/main.pb.js", hooks)])
            .unwrap();
        let told = match failures.first() {
            Some(failure) => failure.error.report(),
            None => {
                let server = Server::new(app, store.clone(), &Options::default());
                server.err().expect("the routes conflict").to_string()
            }
        };
        for part in wanted {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
}

#[test]
fn other_hooks_bring_other_routes() {
    let site = Site::hooks("routerAdd('GET', '/one', (e) => e.string(200, '1'))");
    assert_eq!(site.get("/one").body, "1");
    load(
        &site.runtime,
        "routerAdd('GET', '/two', (e) => e.string(200, '2'))",
    );
    assert_eq!(
        (site.get("/one").status, &*site.get("/two").body),
        (404, "2")
    );
    let conflict = "routerAdd('GET', '/a/{x}', (e) => {}); routerAdd('GET', '/{y}/b', (e) => {})";
    load(&site.runtime, conflict);
    assert_eq!(site.get("/two").body, "2");
    let complaints = site.complaints();
    assert_eq!(complaints.len(), 1);
    assert!(
        complaints[0].contains("the routes stay as they were"),
        "{complaints:?}"
    );
}
