//! Filters and orders of the records API, against a real database.

use arbitrary::{Result, Unstructured};
use jsvm::{Error, Query, Rows};
use jsvm_host::Sqlite;
use serde_json::json;

thread_local! {
    static STORE: (tempfile::TempDir, Sqlite) = open();
}

fn open() -> (tempfile::TempDir, Sqlite) {
    let dir = tempfile::tempdir().expect("a directory for the database");
    let store = Sqlite::open(&dir.path().join("data")).expect("a new database opens");
    let schema = json!([{ "name": "posts", "type": "base", "fields": [
        { "name": "title", "type": "text" },
        { "name": "views", "type": "number" },
        { "name": "tags", "type": "select", "maxSelect": 3, "values": ["a", "b"] },
        { "name": "data", "type": "json" },
    ]}]);
    store.import(&schema).expect("the schema is right");
    (dir, store)
}

pub(crate) fn run(data: &[u8]) {
    let random = String::from_utf8_lossy(data).into_owned();
    for filter in [random, likely(data).unwrap_or_default()] {
        let query = Query {
            sort: filter.chars().rev().collect(),
            filter,
            ..Query::default()
        };
        for query in [
            Query {
                sort: String::new(),
                ..query.clone()
            },
            query,
        ] {
            let told = STORE.with(|(_, store)| {
                let posts = store.collection("posts").expect("it was imported");
                store.find(&posts, &query)
            });
            if let Err(Error::Host(told)) = &told {
                let text = told.to_string();
                let is_sql = [
                    "near \"",
                    "no such column",
                    "no such table",
                    "unrecognized token",
                ];
                assert!(
                    !is_sql.iter().any(|it| text.contains(it)),
                    "{query:?}: {text}"
                );
            }
        }
    }
}

fn likely(data: &[u8]) -> Result<String> {
    const PARTS: &[&str] = &[
        "title",
        "views",
        "tags",
        "data",
        "data.a.b",
        "id",
        "created",
        "none",
        "@now",
        "@request.auth.id",
        "= ",
        "!=",
        ">",
        ">=",
        "~",
        "!~",
        "?=",
        "?~",
        "'x'",
        "\"y\"",
        "'it\\'s'",
        "1",
        "-2.5",
        "null",
        "true",
        "(",
        ")",
        "&&",
        "||",
        "tags:length",
        "title:lower",
        "{:p}",
        "'%_'",
        ",",
        "//",
        ";",
        "'--'",
    ];
    let mut data = Unstructured::new(data);
    let mut text = String::new();
    for _ in 0..data.int_in_range(1..=12)? {
        text += data.choose(PARTS)?;
        text += " ";
    }
    Ok(text)
}
