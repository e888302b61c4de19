//! The collections of a database: kept as rows, made from schema exports.
//!
//! The one rule: a collection and its table appear together or not at all.
//! Knows nothing of records.

mod change;
mod check;
mod tables;

use super::failure;
use jsvm::{Collection, CollectionKind, DateTime, Error, Field, FieldKind};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::{collections::HashSet, sync::Arc};

pub(super) use change::{delete, save};
pub(super) use check::check;
pub(super) use tables::quoted;

const CREATE: &str = "
    CREATE TABLE IF NOT EXISTS _collections (
        id TEXT PRIMARY KEY NOT NULL,
        name TEXT UNIQUE COLLATE NOCASE NOT NULL,
        data JSON NOT NULL,
        created TEXT NOT NULL,
        updated TEXT NOT NULL
    )";

/// Makes the table of collections unless it is there.
pub(super) fn prepare(connection: &Connection) -> Result<(), Error> {
    connection
        .execute_batch(CREATE)
        .map_err(|err| failure::doing("the table of collections", &err))
}

/// Every collection, in the order in which they were made.
pub(super) fn load(connection: &Connection) -> Result<Vec<Arc<Collection>>, Error> {
    let rows = || -> rusqlite::Result<Vec<[String; 3]>> {
        connection
            .prepare("SELECT data, created, updated FROM _collections ORDER BY rowid")?
            .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?
            .collect()
    };
    rows()
        .map_err(|err| failure::doing("the table of collections", &err))?
        .into_iter()
        .map(|[text, created, updated]| {
            let data = serde_json::from_str(&text)
                .map_err(|err| Error::host(format!("a stored collection: {err}")))?;
            let mut collection = Collection::from_json(&data)?;
            let times = [("created", created), ("updated", updated)];
            let times = times.map(|(key, at)| (key.to_owned(), at.into()));
            collection.options.extend(times);
            Ok(Arc::new(collection))
        })
        .collect()
}

/// Makes the collections of an export that are missing; returns their names.
///
/// The caller has opened a transaction, and rolls it back after an error.
pub(super) fn import(connection: &Connection, export: &Value) -> Result<Vec<String>, Error> {
    let known = load(connection)?;
    let missing = missing(&known, read_schema(export)?);
    check_relations(&known, &missing)?;
    // A view is tried out at once, so the tables that it reads come first.
    let (views, tables): (Vec<_>, Vec<_>) = missing
        .iter()
        .partition(|collection| collection.kind == CollectionKind::View);
    for collection in tables {
        tables::create_table(connection, collection)?;
    }
    for collection in &views {
        tables::create_view(connection, collection)?;
    }
    for collection in views {
        tables::check_view(connection, collection)?;
    }
    for collection in &missing {
        insert(connection, collection)?;
    }
    Ok(missing
        .into_iter()
        .map(|collection| collection.name)
        .collect())
}

/// The collections of a schema export, completed with what is left out of it.
///
/// # Errors
///
/// [`Error::Host`] if it is no such export, naming the collection and the key.
pub fn read_schema(export: &Value) -> Result<Vec<Collection>, Error> {
    let Some(list) = export.as_array() else {
        return Err(Error::host("a schema must be a list of collections"));
    };
    list.iter()
        .map(|item| {
            let mut collection = Collection::from_json(item)?;
            collection.complete();
            check_names(&collection)?;
            Ok(collection)
        })
        .collect()
}

fn missing(known: &[Arc<Collection>], wanted: Vec<Collection>) -> Vec<Collection> {
    let is_known = |collection: &Collection| {
        known.iter().any(|other| {
            other.id == collection.id || other.name.eq_ignore_ascii_case(&collection.name)
        })
    };
    wanted
        .into_iter()
        .filter(|collection| !is_known(collection))
        .collect()
}

/// Column names must differ even for SQLite, to which case is nothing.
fn check_names(collection: &Collection) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let name = &collection.name;
    let fields = collection.fields.iter().map(|field| &field.name);
    for text in fields.chain([name]) {
        if text.contains('\0') {
            return Err(Error::host(format!(
                "{text:?} in collection {name:?} is no name"
            )));
        }
    }
    for field in &collection.fields {
        if !seen.insert(field.name.to_ascii_lowercase()) {
            return Err(Error::host(format!(
                "collection {name:?} has the field {:?} twice",
                field.name
            )));
        }
    }
    Ok(())
}

fn check_relations(known: &[Arc<Collection>], wanted: &[Collection]) -> Result<(), Error> {
    let is_there = |target: &str| {
        wanted.iter().any(|collection| collection.is_called(target))
            || known.iter().any(|collection| collection.is_called(target))
    };
    let is_dangling = |field: &&Field| {
        field.kind == FieldKind::Relation && !is_there(field.text_option("collectionId"))
    };
    for collection in wanted {
        if let Some(field) = collection.fields.iter().find(is_dangling) {
            return Err(Error::host(format!(
                "field {:?} of collection {:?} relates to {:?}, which is no collection",
                field.name,
                collection.name,
                field.text_option("collectionId")
            )));
        }
    }
    Ok(())
}

/// A field of a view that says nothing of it.
fn defaults_of_view(name: String, kind: FieldKind) -> Field {
    let mut view = Collection {
        kind: CollectionKind::View,
        ..Collection::default()
    };
    let is_id = name == "id";
    view.fields.push(Field {
        id: String::new(),
        kind: if is_id { FieldKind::Text } else { kind },
        name,
        hidden: false,
        required: is_id,
        system: is_id,
        primary_key: is_id,
        options: serde_json::Map::new(),
    });
    view.complete();
    view.fields.remove(0)
}

fn insert(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let now = DateTime::now().to_string();
    let data = collection.to_json().to_string();
    connection
        .execute(
            "INSERT INTO _collections (id, name, data, created, updated) \
             VALUES (?1, ?2, ?3, ?4, ?4)",
            params![collection.id, collection.name, data, now],
        )
        .map(drop)
        .map_err(|err| failure::doing(format_args!("collection {:?}", collection.name), &err))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        prepare(&connection).unwrap();
        connection
    }

    fn text(name: &str) -> Value {
        json!({ "name": name, "type": "text" })
    }

    #[test]
    fn what_an_export_leaves_out_is_derived() {
        let connection = database();
        let export = json!([
            { "name": "posts", "type": "base", "fields": [text("title")] },
            { "name": "tags", "type": "base", "fields": [text("name")] },
            { "name": "members", "type": "auth", "fields": [] },
        ]);
        let names = import(&connection, &export).unwrap();
        assert_eq!(names, ["posts", "tags", "members"]);
        let collections = load(&connection).unwrap();
        let ids: Vec<_> = collections
            .iter()
            .map(|collection| &collection.id)
            .collect();
        assert_eq!(ids, ["pbc_1125843985", "pbc_1219621782", "pbc_2620428958"]);
        let title = collections[0].field("title").unwrap();
        assert_eq!(title.id, "text724990059");
        assert_eq!(collections[0].fields[0].id, "text3208210256");
        let fields: Vec<_> = collections[2]
            .fields
            .iter()
            .map(|field| &field.name)
            .collect();
        assert_eq!(
            fields,
            [
                "id",
                "password",
                "tokenKey",
                "email",
                "emailVisibility",
                "verified"
            ]
        );
    }

    #[test]
    fn importing_twice_changes_nothing() {
        let connection = database();
        let export = json!([{ "name": "posts", "fields": [text("a")] }]);
        assert_eq!(import(&connection, &export).unwrap().len(), 1);
        let other = json!([{ "name": "Posts", "fields": [text("b")] }]);
        assert!(import(&connection, &other).unwrap().is_empty());
        assert!(load(&connection).unwrap()[0].field("a").is_some());
    }

    #[test]
    fn mistakes_are_named() {
        let view = |query: &str| {
            json!([{
                "name": "v", "type": "view", "viewQuery": query, "fields": [text("id")]
            }])
        };
        let index = |sql: &str| json!([{ "name": "posts", "fields": [], "indexes": [sql] }]);
        for (export, wanted) in [
            (json!({}), "a schema must be a list"),
            (
                json!([{ "name": "a", "fields": [text("b"), text("B")] }]),
                "field \"B\" twice",
            ),
            (view("SELECT id FROM nowhere"), "no such table"),
            (
                view("SELECT 1 AS id); DROP TABLE _collections; --"),
                "collection \"v\"",
            ),
            (view("SELECT 1 AS nope"), "collection \"v\""),
            (index("DROP TABLE _collections"), "is no CREATE INDEX"),
            (
                index("CREATE INDEX a ON posts (id); DROP TABLE _collections"),
                "one statement",
            ),
            (index("CREATE INDEX a ON posts (nope)"), "no such column"),
            (
                json!([{ "name": "a", "fields": [
                    { "name": "b", "type": "relation", "collectionId": "gone" }
                ]}]),
                "field \"b\" of collection \"a\" relates to \"gone\"",
            ),
        ] {
            let connection = database();
            let message = import(&connection, &export).unwrap_err().to_string();
            assert!(message.contains(wanted), "{message} has no {wanted}");
            assert!(load(&connection).is_ok());
        }
    }

    #[test]
    fn odd_names_stay_names() {
        let connection = database();
        let name = r#"a"); DROP TABLE _collections; --"#;
        let export = json!([{ "name": name, "fields": [text("x\" y `z` [w] 'v'")] }]);
        assert_eq!(import(&connection, &export).unwrap(), [name]);
        assert_eq!(load(&connection).unwrap()[0].name, name);
    }
}
