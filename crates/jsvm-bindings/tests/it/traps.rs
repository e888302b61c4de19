//! Traps that are told when they snap.

use crate::world::World;
use jsvm_bindings::Error;
use serde_json::json;

#[test]
fn a_dropped_write_is_told_once_for_each_handler() {
    let world = World::new(
        "onRecordCreate((e) => e.next())
onRecordCreate((e) => { if (e.record.getInt('views') > 0) e.next() }, 'posts')
onRecordAfterCreateSuccess((e) => {})",
    );
    for views in [0, 0, 1, 0] {
        world
            .save("posts", json!({ "title": "x", "views": views }))
            .unwrap();
    }
    assert_eq!(world.stored("posts", "views"), [json!(1)]);
    insta::assert_snapshot!(world.printed().join("\n"), @"Warn onRecordCreate handler at main.pb.js:2:16: it ended without e.next(), so nothing is stored, and nobody is told; call e.next() on every way, or throw an error (told once) {}");
}

#[test]
fn what_failed_or_was_answered_is_not_told() {
    let world = World::new(
        "onRecordCreate((e) => { try { e.next() } catch {} })
onRecordCreate((e) => { throw new Error('no') })
routerAdd('GET', '/', (e) => {}, (e) => {})",
    );
    world.save("posts", json!({ "title": "x" })).unwrap();
    world.get("/").unwrap();
    assert_eq!(world.printed(), [""; 0]);
}

#[test]
fn the_error_of_an_old_name_carries_its_cure() {
    let world = World::new(
        "onRecordCreate((e) => { $tokens.recordAuthToken($app, e.record) }, 'posts')
onRecordCreate((e) => { e.next(missing) }, 'notes')
onRecordBeforeCreateRequest((e) => {})",
    );
    let [loaded] = world.loaded.as_slice() else {
        panic!("{:?}", world.loaded);
    };
    assert!(
        loaded.contains("\n  = cure: since PocketBase 0.23 use `onRecordCreateRequest`"),
        "{loaded}"
    );
    let cure = |collection| match world.save(collection, json!({ "title": "x" })) {
        Err(Error::Script(err)) => err.cure.clone(),
        other => panic!("{other:?}"),
    };
    assert!(cure("posts").unwrap().contains("record.newAuthToken()"));
    assert_eq!(cure("notes"), None);
}

#[test]
fn handlers_of_modules_are_looked_at_too() {
    let world = World::new("const limit = 1; onTerminate((e) => { limit; e.next() })");
    // For who does not name the file, it is one that some file has loaded.
    let findings = jsvm_bindings::lint(&[], &world.app.hooks());
    let places: Vec<_> = findings.iter().map(|it| it.position.to_string()).collect();
    assert_eq!(places, ["main.pb.js:1:39"]);
    // Its top level is its own.
    let other = jsvm_core::Source::new("other.pb.js", "onTerminate((e) => { limit; e.next() })");
    let findings = jsvm_bindings::lint(&[other], &world.app.hooks());
    assert_eq!(findings.len(), 1);
}
