//! The store as a whole, over real files.

use super::*;
use jsvm::FieldError;
use serde_json::json;
use std::{sync::mpsc, thread};
use tempfile::TempDir;

const ID: &str = "abcdefghij12345";

fn schema() -> Value {
    json!([
        {
            "name": "posts", "type": "base",
            "fields": [
                { "name": "title", "type": "text", "required": true },
                { "name": "slug", "type": "text" },
                { "name": "shop", "type": "text" },
                { "name": "views", "type": "number" },
            ],
            "indexes": [
                "CREATE UNIQUE INDEX `idx_slug` ON `posts` (`slug`) WHERE `slug` != ''",
                "CREATE UNIQUE INDEX `idx_both` ON `posts` (`shop`, `title`) WHERE `shop` != ''",
                "CREATE UNIQUE INDEX `idx_lower` ON `posts` (lower(`title`)) WHERE views = 99",
            ],
        },
        { "name": "members", "type": "auth", "fields": [{ "name": "nick", "type": "text" }] },
        {
            "name": "totals", "type": "view",
            "viewQuery": "SELECT shop AS id, count(*) AS posts FROM posts GROUP BY shop -- all",
            "fields": [{ "name": "id", "type": "text" }, { "name": "posts", "type": "number" }],
        },
    ])
}

fn open() -> (TempDir, Sqlite) {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("data")).unwrap();
    store.import(&schema()).unwrap();
    (dir, store)
}

fn record(store: &impl Rows, collection: &str, values: &Value) -> Record {
    let mut record = Record::new(store.collection(collection).unwrap());
    record.load(values.as_object().unwrap());
    record
}

fn post(store: &impl Rows, id: &str, values: Value) -> Record {
    let mut post = record(store, "posts", &values);
    post.set("id", &id.into());
    post
}

fn titles(rows: &(impl Rows + ?Sized)) -> Vec<String> {
    let query = Query {
        sort: "title".into(),
        ..Query::default()
    };
    let posts = rows.collection("posts").unwrap();
    let found = rows.find(&posts, &query).unwrap();
    found
        .iter()
        .map(|record| record.get("title").as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_kind_of_value_comes_back_as_it_went() {
    let (_dir, store) = open();
    let kinds = json!([{ "name": "things", "fields": [
        { "name": "text", "type": "text" },
        { "name": "number", "type": "number" },
        { "name": "bool", "type": "bool" },
        { "name": "email", "type": "email" },
        { "name": "url", "type": "url" },
        { "name": "editor", "type": "editor" },
        { "name": "date", "type": "date" },
        { "name": "autodate", "type": "autodate", "onCreate": true },
        { "name": "one", "type": "select", "values": ["a"], "maxSelect": 1 },
        { "name": "some", "type": "select", "values": ["a", "b"], "maxSelect": 2 },
        { "name": "file", "type": "file", "maxSelect": 1 },
        { "name": "files", "type": "file", "maxSelect": 3 },
        { "name": "friend", "type": "relation", "collectionId": "things" },
        { "name": "friends", "type": "relation", "collectionId": "things", "maxSelect": 2 },
        { "name": "json", "type": "json" },
        { "name": "password", "type": "password" },
        { "name": "place", "type": "geoPoint" },
    ]}]);
    store.import(&kinds).unwrap();
    let things = store.collection("things").unwrap();
    let odd = "it's \"odd\" \u{0}\u{1f600} \\ %_ 0123";
    for (at, values) in [
        json!({}),
        json!({
            "text": odd, "number": 12, "bool": true, "email": "a@b.c", "url": "http://a.b",
            "editor": "<p>é</p>", "date": "2024-02-29 12:30:15.250Z",
            "autodate": "2024-02-29 12:30:15.250Z", "one": "a", "some": ["b", "a"],
            "file": "a.txt", "files": ["b.txt", "a.txt"], "friend": "f1", "friends": ["f2", "f1"],
            "json": { "a": [1, null, { "b": "é" }] }, "password": "$2a$10$0123456789012345678901uQ0123456789012345678901234567890",
            "place": { "lon": -1.25, "lat": 42 },
        }),
        json!({ "number": -0.1, "json": "\"12\"", "text": "12" }),
        json!({ "number": 9_007_199_254_740_991_i64, "json": 0.1 }),
        json!({ "number": 1e300, "json": true }),
        json!({ "number": 5e-324, "json": [] }),
        json!({ "json": "\"\"" }),
        json!({ "json": odd }),
        json!({ "json": i64::MIN }),
    ]
    .into_iter()
    .enumerate()
    {
        let mut written = record(&store, "things", &values);
        written.set("id", &format!("id{at}").into());
        store.insert(&written).unwrap();
        let found = store
            .find(&things, &Query::equals("id", written.id()))
            .unwrap();
        assert_eq!(found[0].fields_data(), written.fields_data());
        assert!(!found[0].is_new());
        store.update(&found[0]).unwrap();
        let again = store
            .find(&things, &Query::equals("id", written.id()))
            .unwrap();
        assert_eq!(again[0].fields_data(), written.fields_data());
    }
}

#[test]
fn collections_and_rows_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = Sqlite::open(dir.path()).unwrap();
        assert_eq!(
            store.import(&schema()).unwrap(),
            ["posts", "members", "totals"]
        );
        store
            .insert(&post(&store, ID, json!({ "title": "a" })))
            .unwrap();
    }
    let store = Sqlite::open(dir.path()).unwrap();
    assert!(store.import(&schema()).unwrap().is_empty());
    let names: Vec<_> = store
        .collections()
        .iter()
        .map(|found| found.name.clone())
        .collect();
    assert_eq!(names, ["posts", "members", "totals"]);
    assert_eq!(titles(&store), ["a"]);
    assert!(store.collection("pbc_1125843985").is_some());
    assert!(store.collection("Posts").is_none());
}

#[test]
fn a_failed_import_leaves_nothing() {
    let (_dir, store) = open();
    let export = json!([
        { "name": "good", "fields": [] },
        { "name": "bad", "fields": [], "indexes": ["nonsense"] },
    ]);
    assert!(store.import(&export).is_err());
    assert!(store.collection("good").is_none());
    assert!(
        store
            .import(&json!([{ "name": "good", "fields": [] }]))
            .is_ok()
    );
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let message = Sqlite::open(&file).err().unwrap().to_string();
    assert!(message.contains("file: "), "{message}");
    fs::write(
        dir.path().join(FILE),
        "this is no database, however long it is",
    )
    .unwrap();
    let message = Sqlite::open(dir.path()).err().unwrap().to_string();
    assert!(message.contains("data.db: "), "{message}");
}

#[test]
fn rows_are_changed_and_removed() {
    let (_dir, store) = open();
    let mut post = post(&store, ID, json!({ "title": "a", "views": 1 }));
    store.insert(&post).unwrap();
    post.mark_as_saved();
    post.set("views+", &json!(2));
    store.update(&post).unwrap();
    let posts = post.collection();
    let found = store
        .find(posts, &Query::equals("views", 3).first())
        .unwrap();
    assert_eq!(found[0].id(), ID);
    store.delete(&post).unwrap();
    store.delete(&post).unwrap();
    store.update(&post).unwrap();
    assert_eq!(store.count(posts, &Query::default()), Ok(0));
}

#[test]
fn values_that_must_be_unique_are_the_fields_fault() {
    let (_dir, store) = open();
    let values = json!({ "title": "a", "slug": "s", "shop": "x", "views": 99 });
    store.insert(&post(&store, ID, values)).unwrap();
    for (id, values, wanted) in [
        (ID, json!({ "title": "b" }), "id: Value must be unique."),
        (
            "new",
            json!({ "title": "b", "slug": "s" }),
            "slug: Value must be unique.",
        ),
        (
            "new",
            json!({ "title": "a", "shop": "x" }),
            "shop: Value must be unique; title: Value must be unique.",
        ),
    ] {
        let err = store.insert(&post(&store, id, values)).unwrap_err();
        assert_eq!(err.to_string(), wanted);
        let Error::Validation(fields) = err else {
            panic!("{err:?}")
        };
        let not_unique = FieldError::new("validation_not_unique", "Value must be unique");
        assert!(fields.values().all(|err| *err == not_unique));
    }
    // No field is to blame for an expression.
    let err = store.insert(&post(&store, "new", json!({ "title": "A", "views": 99 })));
    assert!(matches!(err, Err(Error::Host(message)) if message.contains("idx_lower")));
    let mut other = post(&store, "other", json!({ "title": "b", "slug": "t" }));
    store.insert(&other).unwrap();
    other.mark_as_saved();
    other.set("slug", &json!("s"));
    assert_eq!(
        store.update(&other).unwrap_err().to_string(),
        "slug: Value must be unique."
    );
}

#[test]
fn auth_records_have_their_fields_and_unique_e_mails() {
    let (_dir, store) = open();
    let member = |id: &str, email: &str| {
        record(
            &store,
            "members",
            &json!({ "id": id, "email": email, "tokenKey": id }),
        )
    };
    store.insert(&member("a", "ann@example.com")).unwrap();
    store.insert(&member("b", "")).unwrap();
    store.insert(&member("c", "")).unwrap();
    let err = store.insert(&member("d", "ann@example.com")).unwrap_err();
    assert_eq!(err.to_string(), "email: Value must be unique.");
    let err = store.insert(&member("a", "")).unwrap_err();
    assert!(err.to_string().contains("Value must be unique"));
}

#[test]
fn a_record_without_an_id_is_refused() {
    let (_dir, store) = open();
    let err = store
        .insert(&post(&store, "", json!({ "title": "a" })))
        .unwrap_err();
    assert_eq!(err.to_string(), "id: cannot be blank.");
}

#[test]
fn checks_ask_the_database() {
    let (_dir, store) = open();
    let related = json!([{ "name": "notes", "fields": [
        { "name": "post", "type": "relation", "collectionId": "pbc_1125843985" }
    ]}]);
    store.import(&related).unwrap();
    let note = record(
        &store,
        "notes",
        &json!({ "id": "note00000000001", "post": ID }),
    );
    let transaction = store.begin().unwrap();
    assert!(transaction.validate(&note).is_err());
    transaction
        .insert(&post(&store, ID, json!({ "title": "a" })))
        .unwrap();
    assert_eq!(transaction.validate(&note), Ok(()));
    // Outside of the transaction the post is not there yet.
    assert!(store.validate(&note).is_err());
    transaction.commit().unwrap();
    assert_eq!(store.validate(&note), Ok(()));
    let err = store.validate(&post(&store, ID, json!({}))).unwrap_err();
    assert_eq!(err.to_string(), "title: cannot be blank.");
}

#[test]
fn views_are_read_only() {
    let (_dir, store) = open();
    for (id, shop) in [("a", "x"), ("b", "x"), ("c", "y")] {
        store
            .insert(&post(&store, id, json!({ "title": id, "shop": shop })))
            .unwrap();
    }
    let totals = store.collection("totals").unwrap();
    let found = store.find(&totals, &Query::equals("id", "x")).unwrap();
    assert_eq!(found[0].get("posts"), &json!(2));
    let message = store.insert(&found[0]).unwrap_err().to_string();
    assert_eq!(
        message,
        "collection \"totals\" is a view, which is read only"
    );
    assert!(store.delete(&found[0]).is_err() && store.update(&found[0]).is_err());
}

#[test]
fn a_transaction_is_kept_as_a_whole() {
    let (_dir, store) = open();
    let transaction = store.begin().unwrap();
    transaction
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap();
    transaction
        .insert(&post(&store, "b", json!({ "title": "b" })))
        .unwrap();
    assert_eq!(titles(&*transaction), ["a", "b"]);
    assert!(titles(&store).is_empty());
    transaction.commit().unwrap();
    assert_eq!(titles(&store), ["a", "b"]);
}

#[test]
fn a_transaction_is_forgotten_as_a_whole() {
    let (_dir, store) = open();
    let transaction = store.begin().unwrap();
    transaction
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap();
    transaction.rollback();
    transaction.rollback();
    assert!(titles(&store).is_empty());
    let transaction = store.begin().unwrap();
    transaction
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap();
    drop(transaction);
    assert!(titles(&store).is_empty());
    store
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap();
}

#[test]
fn a_failed_write_does_not_end_a_transaction() {
    let (_dir, store) = open();
    let transaction = store.begin().unwrap();
    let first = post(&store, "a", json!({ "title": "a" }));
    transaction.insert(&first).unwrap();
    assert!(transaction.insert(&first).is_err());
    assert!(
        transaction
            .find(first.collection(), &Query::equals("nope", 1))
            .is_err()
    );
    transaction
        .insert(&post(&store, "b", json!({ "title": "b" })))
        .unwrap();
    transaction.commit().unwrap();
    assert_eq!(titles(&store), ["a", "b"]);
}

#[test]
fn nothing_works_in_a_transaction_that_is_over() {
    let (_dir, store) = open();
    let transaction = store.begin().unwrap();
    let post = post(&store, "a", json!({ "title": "a" }));
    transaction.commit().unwrap();
    let over = Err(Error::host("the transaction is over"));
    assert_eq!(transaction.commit(), over);
    assert_eq!(transaction.insert(&post), over);
    assert_eq!(transaction.update(&post), over);
    assert_eq!(transaction.delete(&post), over);
    assert_eq!(
        transaction.find(post.collection(), &Query::default()).err(),
        over.clone().err()
    );
    assert_eq!(
        transaction
            .count(post.collection(), &Query::default())
            .err(),
        over.err()
    );
    assert_eq!(transaction.collections().len(), 3);
    transaction.rollback();
}

#[test]
fn a_second_transaction_waits_for_the_first() {
    let (_dir, store) = open();
    let first = store.begin().unwrap();
    first
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap();
    let (start, started) = mpsc::channel();
    thread::scope(|scope| {
        let second = scope.spawn(|| {
            start.send(()).unwrap();
            let second = store.begin().unwrap();
            titles(&*second)
        });
        started.recv().unwrap();
        first.commit().unwrap();
        assert_eq!(second.join().unwrap(), ["a"]);
    });
}

#[test]
fn writing_around_a_transaction_is_told_apart_from_a_hang() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        wait: Duration::from_millis(1),
        ..Options::default()
    };
    let store = Sqlite::open_with(dir.path(), &options).unwrap();
    store.import(&schema()).unwrap();
    let transaction = store.begin().unwrap();
    let message = store
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap_err();
    assert_eq!(
        message.to_string(),
        "the database is locked by another transaction; inside runInTransaction use the app \
         that is passed to it"
    );
    assert!(store.begin().is_err());
    assert!(titles(&store).is_empty());
    transaction.rollback();
    assert!(store.begin().is_ok());
}

#[test]
fn two_threads_write_a_thousand_rows() {
    let (_dir, store) = open();
    thread::scope(|scope| {
        for thread in ["a", "b"] {
            let store = store.clone();
            scope.spawn(move || {
                for number in 0..500 {
                    let id = format!("{thread}{number}");
                    let post = post(&store, &id, json!({ "title": id, "views": number }));
                    store.insert(&post).unwrap();
                    let found = store.find(post.collection(), &Query::equals("id", id.as_str()));
                    assert_eq!(found.unwrap().len(), 1);
                }
            });
        }
    });
    let posts = store.collection("posts").unwrap();
    assert_eq!(store.count(&posts, &Query::default()), Ok(1000));
}

#[test]
fn readers_do_not_wait_for_a_transaction() {
    let (_dir, store) = open();
    store
        .insert(&post(&store, "a", json!({ "title": "a" })))
        .unwrap();
    let transaction = store.begin().unwrap();
    transaction
        .insert(&post(&store, "b", json!({ "title": "b" })))
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(titles(&store), ["a"]));
        }
    });
}

#[test]
fn a_transaction_may_be_used_from_several_threads() {
    let (_dir, store) = open();
    let transaction = store.begin().unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (transaction, store) = (&transaction, &store);
            scope.spawn(move || {
                for number in 0..10 {
                    let id = format!("t{thread}x{number}");
                    transaction
                        .insert(&post(store, &id, json!({ "title": id })))
                        .unwrap();
                }
            });
        }
    });
    transaction.commit().unwrap();
    assert_eq!(titles(&store).len(), 40);
}

#[test]
fn names_and_values_cannot_leave_their_place() {
    let (_dir, store) = open();
    let (table, column) = (r#"x" (id); DROP TABLE posts; --"#, r#"y" = 1; --"#);
    let export = json!([{ "name": table, "fields": [{ "name": column, "type": "text" }] }]);
    store.import(&export).unwrap();
    let evil = "'); DROP TABLE posts; --";
    let mut written = Record::new(store.collection(table).unwrap());
    written.set("id", &evil.into());
    written.set(column, &evil.into());
    store.insert(&written).unwrap();
    written.mark_as_saved();
    store.update(&written).unwrap();
    let found = store
        .find(written.collection(), &Query::equals("id", evil))
        .unwrap();
    assert_eq!(found[0].get(column), evil);
    store.delete(&written).unwrap();
    assert!(titles(&store).is_empty());
}

#[test]
fn a_password_is_stored_as_its_hash() {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(dir.path()).unwrap();
    let schema = json!([{
        "name": "members", "type": "auth",
        "fields": [{ "name": "id", "type": "text", "primaryKey": true }]
    }]);
    store.import(&schema).unwrap();
    let collection = store.collection("members").unwrap();
    let mut record = Record::new(Arc::clone(&collection));
    record.set("id", &json!("m1"));
    record.set("password", &json!("correct horse"));
    store.insert(&record).unwrap();
    let query = Query::equals("id", "m1");
    let stored = store.find(&collection, &query).unwrap().remove(0);
    let hash = stored.get("password").as_str().unwrap().to_owned();
    assert!(bcrypt::verify("correct horse", &hash).unwrap());
    // A second write does not hash the hash.
    store.update(&stored).unwrap();
    let again = store.find(&collection, &query).unwrap().remove(0);
    assert_eq!(again.get("password"), hash.as_str());
}
