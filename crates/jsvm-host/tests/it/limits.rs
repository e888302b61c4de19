//! What happens when something is too much: bodies, requests, time.

use crate::site::{Plan, Site, send};
use serde_json::json;
use std::{net::TcpStream, time::Duration};

#[test]
fn a_body_that_is_too_long_is_refused() {
    let site = Site::new(Plan {
        hooks: r#"routerAdd("POST", "/echo", (e) => e.string(200, toString(e.request.body)))"#,
        max_body: Some(10),
        ..Plan::default()
    });
    assert_eq!(
        site.send("POST", "/echo", &json!("1234567890")).body,
        "1234567890"
    );
    let answer = site.send("POST", "/echo", &json!("12345678901"));
    assert_eq!(answer.error(), (413, "Request entity too large.".into()));
    assert_eq!(
        site.send("POST", "/nowhere", &json!("12345678901")).status,
        413
    );
}

#[test]
fn a_hook_that_takes_too_long_is_a_503() {
    let site = Site::new(Plan {
        hooks: r#"
            routerAdd("GET", "/loop", (e) => { while (true) {} })
            routerAdd("GET", "/fine", (e) => e.string(200, "fine"))
            onRecordCreate((e) => { while (true) {} })
        "#,
        schema: json!([{
            "name": "notes", "type": "base", "createRule": "",
            "fields": [{ "name": "text", "type": "text" }],
        }]),
        timeout: Some(Duration::from_millis(50)),
        ..Plan::default()
    });
    let loops = || site.get("/loop").error();
    assert_eq!(loops(), (503, "The hook was stopped by a limit.".into()));
    let answer = site.send(
        "POST",
        "/api/collections/notes/records",
        &json!({ "text": "a" }),
    );
    assert_eq!(answer.error(), loops());
    assert_eq!(site.get("/fine").body, "fine");
    let complaints = site.complaints();
    assert!(
        complaints[0].starts_with("Error GET /loop "),
        "{complaints:?}"
    );
    assert!(complaints[1].contains("notes/records"), "{complaints:?}");
}

#[test]
fn more_requests_than_there_is_room_for_are_told_to_come_back() {
    let site = Site::new(Plan {
        hooks: WAITING,
        max_requests: Some(1),
        ..Plan::default()
    });
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| site.get("/wait"));
        assert_eq!(site.line(), "waiting");
        let refused = site.get("/free");
        assert_eq!(
            (refused.status, &*refused.header("retry-after")),
            (503, "1")
        );
        go(&site);
        assert_eq!(waiting.join().unwrap().body, "done");
    });
    assert!(site.complaints()[0].starts_with("Warn GET /free "));
}

#[test]
fn requests_in_progress_end_before_the_server_does() {
    let mut site = Site::hooks(WAITING);
    let address = site.address;
    let waiting = std::thread::spawn(move || send(address, "GET", "/wait", &[], ""));
    assert_eq!(site.line(), "waiting");
    site.begin_stop();
    // Refused connections tell that the listener is gone.
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    go(&site);
    assert_eq!(waiting.join().unwrap().body, "done");
    site.end_stop();
}

/// A request that is in progress until the test lets it [`go`].
const WAITING: &str = r#"
    routerAdd("GET", "/wait", (e) => {
        console.log("waiting")
        while (!$app.store().get("go")) {}
        return e.string(200, "done")
    })
    routerAdd("GET", "/free", (e) => e.string(200, "free"))
"#;

fn go(site: &Site) {
    site.runtime.app().store().insert("go", json!(true));
}

#[test]
fn the_store_of_all_handlers_is_bounded() {
    let site = Site::new(Plan {
        hooks: r#"
            routerAdd("GET", "/more/{key}", (e) => {
                $app.store().set(e.request.pathValue("key"), "x".repeat(1 << 20))
                return e.noContent(204)
            })
            routerAdd("GET", "/grow", (e) => {
                const list = $app.store().getOrSet("list", () => [])
                list.push("x".repeat(1 << 20), "x".repeat(1 << 20))
                return e.noContent(204)
            })
        "#,
        config: "[limits]\nmemory = \"16MiB\"".into(),
        ..Plan::default()
    });
    let answers: Vec<_> = (0..20)
        .map(|n| site.get(&format!("/more/{n}")).status)
        .collect();
    assert_eq!(answers[..15], [204; 15]);
    assert_eq!(answers[16..], [400; 4]);
    assert_eq!(site.get("/more/3").status, 204);
    // What is changed in it is put back when the handler has answered.
    assert_eq!(site.get("/grow").status, 204);
    let store = site.runtime.app().store();
    assert_eq!(store.get("list").unwrap().as_value(), Some(&json!([])));
}
