//! `serve`: the example, runaways, signals, and a kill in the middle of writes.

use crate::program::{Server, jsvm_with};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};
use tempfile::TempDir;

const RECORDS: &str = "/api/collections/posts/records";

/// A copy of the example project.
fn blog() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/blog");
    copy(&example, dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_name() == "pb_data" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn total(server: &Server, collection: &str) -> u64 {
    let path = format!("/api/collections/{collection}/records?perPage=1");
    let (status, text) = server.get(&path);
    assert_eq!(status, 200, "{text}");
    let page: Value = serde_json::from_str(&text).unwrap();
    page["totalItems"].as_u64().unwrap()
}

#[test]
fn the_example_does_what_it_says() {
    let dir = blog();
    let server = Server::start(dir.path(), &[]);
    let types = std::fs::read_to_string(dir.path().join("pb_data/types.d.ts")).unwrap();
    assert!(types.contains("interface PostsFields"), "{types}");
    let (status, post) = server.post(
        RECORDS,
        &json!({ "title": "Hello, Big World", "body": "<p>x</p>" }),
    );
    assert_eq!(
        (status, &post["slug"]),
        (200, &json!("hello-big-world")),
        "{post}"
    );
    let (status, refused) = server.post(RECORDS, &json!({ "title": "" }));
    assert_eq!(status, 400);
    assert!(refused["data"]["title"]["code"].is_string(), "{refused}");
    assert_eq!(total(&server, "audit"), 1);
    let (status, hello) = server.get("/hello/ann");
    assert_eq!(status, 200);
    assert!(hello.contains("ann"), "{hello}");
}

#[test]
fn runaways_on_every_worker_are_answered_and_so_is_everybody_else() {
    let dir = blog();
    let server = Server::start(dir.path(), &["--pool", "2", "--timeout", "200ms"]);
    thread::scope(|scope| {
        let runaways: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| server.get("/runaway").0))
            .collect();
        let others: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| server.get("/hello/bob").0))
            .collect();
        for other in others {
            assert_eq!(other.join().unwrap(), 200);
        }
        for runaway in runaways {
            assert_eq!(runaway.join().unwrap(), 503);
        }
    });
    assert_eq!(server.get("/hello/again").0, 200);
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let dir = blog();
    let server = Server::start(dir.path(), &[]);
    let (acknowledged, ids) = mpsc::channel();
    thread::scope(|scope| {
        for writer in 0..4 {
            let (server, acknowledged) = (&server, acknowledged.clone());
            scope.spawn(move || {
                for number in 0.. {
                    let title = json!({ "title": format!("post {writer} {number}") });
                    match server.try_send("POST", RECORDS, Some(&title)) {
                        Some((200, text)) => {
                            let post: Value = serde_json::from_str(&text).unwrap();
                            acknowledged
                                .send(post["id"].as_str().unwrap().to_owned())
                                .unwrap();
                        }
                        Some((status, text)) => panic!("{status} {text}"),
                        None => return,
                    }
                }
            });
        }
        drop(acknowledged);
        // In the middle of writes: some are done, more are under way.
        let mut kept: Vec<String> = ids.iter().take(25).collect();
        server.signal("-9");
        kept.extend(ids.iter());
        let server = Server::start(dir.path(), &[]);
        for id in &kept {
            let (status, text) = server.get(&format!("{RECORDS}/{id}"));
            assert_eq!(status, 200, "{id}: {text}");
        }
    });
}

#[test]
fn a_termination_signal_lets_requests_end() {
    let dir = tempfile::tempdir().unwrap();
    let hooks = dir.path().join("pb_hooks");
    std::fs::create_dir(&hooks).unwrap();
    let text = "routerAdd('GET', '/slow', (e) => {
        $app.store().set('started', true)
        sleep(500)
        return e.string(200, 'done')
    })
    routerAdd('GET', '/started', (e) => e.json(200, $app.store().has('started')))
    onTerminate((e) => { console.log('over'); e.next() })";
    std::fs::write(hooks.join("main.pb.js"), text).unwrap();
    let server = Server::start(dir.path(), &["--pool", "2"]);
    thread::scope(|scope| {
        let slow = scope.spawn(|| server.get("/slow"));
        while server.get("/started").1.trim() != "true" {
            thread::yield_now();
        }
        server.signal("-TERM");
        assert_eq!(slow.join().unwrap(), (200, "done".into()));
    });
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn an_address_that_cannot_be_had_is_told_with_a_cure() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (address, cure) in [
        (taken.as_str(), "another program listens there"),
        ("8090", "such as 127.0.0.1:8090"),
    ] {
        let output = jsvm_with(&["serve", dir, "--http", address], "");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(told.contains(address) && told.contains(cure), "{told}");
    }
}
