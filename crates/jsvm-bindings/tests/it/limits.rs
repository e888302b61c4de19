//! Deadlines hold across handlers, VMs and host calls.

use crate::world::World;
use jsvm_bindings::Error;
use serde_json::json;
use std::time::Duration;

fn ended(hooks: &str) -> (Error, World) {
    let world = World::with_files(&[("main.pb.js", hooks)], Duration::from_millis(50));
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    let err = world
        .save("posts", json!({ "title": "x" }))
        .expect_err(hooks);
    (err, world)
}

#[test]
fn a_runaway_is_stopped_wherever_it_is() {
    for hooks in [
        "onRecordCreate((e) => { for (;;) {} })",
        "onRecordCreate((e) => { try { for (;;) {} } finally { e.next() } })",
        "onRecordCreate((e) => { [1].forEach(() => { for (;;) {} }) })",
        "onRecordCreate((e) => { sleep(100000) })",
        "onRecordCreate(async (e) => { await null; for (;;) {} })",
        "onRecordCreate((e) => { $app.runInTransaction(() => { for (;;) {} }) })",
        "onRecordCreate((e) => { try { e.next() } catch {} }); onRecordCreate((e) => { for (;;) {} })",
        "onRecordCreate((e) => { for (;;) { try { e.next() } catch {} } }); onRecordCreate((e) => { for (;;) {} })",
        "onRecordAfterCreateSuccess((e) => { for (;;) {} })",
        "onRecordCreate((e) => { e.record.set('x', { get y() { for (;;) {} } }); for (;;) {} })",
    ] {
        let (err, world) = ended(hooks);
        assert_eq!(
            err.limit().map(|hit| hit.as_str()),
            Some("timeout"),
            "{hooks}"
        );
        assert_eq!(err.to_api("").status, 503);
        // The worker goes on with the next one.
        world.save("notes", json!({ "text": "x" })).ok();
        assert!(world.calls().iter().any(|call| call.error.is_some()));
    }
}

#[test]
fn the_error_tells_where() {
    let (err, _) = ended("// one\nonRecordCreate((e) => {\n  for (;;) { }\n})");
    let Error::Script(err) = err else {
        panic!("{err:?}");
    };
    assert_eq!(
        err.position.as_ref().unwrap().to_string(),
        "main.pb.js:3:13"
    );
}
