//! Traps that are told when they snap.

use crate::world::World;
use jsvm_bindings::Error;
use serde_json::json;

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
