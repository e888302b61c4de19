//! The tables and views behind collections.
//!
//! The one rule: a name is quoted wherever it becomes SQL. Knows nothing of
//! how collections are kept.

use crate::store::failure;
use jsvm::{Collection, Error, Field, FieldKind};
use rusqlite::{Batch, Connection, fallible_iterator::FallibleIterator};
use std::fmt::Display;

/// A name as an SQL identifier, whatever is in it.
pub(in crate::store) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes the table of a collection, and its indexes.
pub(super) fn create_table(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let columns: Vec<_> = collection
        .fields
        .iter()
        .map(|field| format!("{} {}", quoted(&field.name), column_type(field)))
        .collect();
    let table = quoted(&collection.name);
    let sql = format!("CREATE TABLE {table} ({})", columns.join(", "));
    run(
        connection,
        &sql,
        format_args!("collection {:?}", collection.name),
    )?;
    collection
        .indexes
        .iter()
        .try_for_each(|sql| create_index(connection, collection, sql))
}

fn create_index(connection: &Connection, collection: &Collection, sql: &str) -> Result<(), Error> {
    let what = format!("index {sql:?} of collection {:?}", collection.name);
    let words: Vec<_> = sql
        .split_whitespace()
        .take(3)
        .map(str::to_ascii_uppercase)
        .collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX"] => run(connection, sql, what),
        _ => Err(Error::host(format!("{what} is no CREATE INDEX"))),
    }
}

/// Makes the view of a collection; [`check_view`] tells whether it works.
pub(super) fn create_view(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let query = collection
        .options
        .get("viewQuery")
        .and_then(|query| query.as_str())
        .unwrap_or("")
        .trim()
        .trim_end_matches(';');
    let view = quoted(&collection.name);
    // The line ends before the parenthesis: a query may end in a comment.
    let sql = format!("CREATE VIEW {view} AS SELECT * FROM ({query}\n)");
    run(
        connection,
        &sql,
        format_args!("collection {:?}", collection.name),
    )
}

/// Asks the view for every field, which is when SQLite looks at its query.
pub(super) fn check_view(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let view = quoted(&collection.name);
    let fields: Vec<_> = collection
        .fields
        .iter()
        .map(|field| format!("{view}.{}", quoted(&field.name)))
        .collect();
    let sql = format!("SELECT {} FROM {view}", fields.join(", "));
    connection
        .prepare(&sql)
        .map(drop)
        .map_err(|err| failure::doing(format_args!("collection {:?}", collection.name), &err))
}

fn column_type(field: &Field) -> &'static str {
    if field.primary_key {
        return "TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL";
    }
    match field.kind {
        FieldKind::Number => "NUMERIC DEFAULT 0 NOT NULL",
        FieldKind::Bool => "BOOLEAN DEFAULT FALSE NOT NULL",
        FieldKind::Json => "JSON DEFAULT NULL",
        FieldKind::GeoPoint => r#"JSON DEFAULT '{"lon":0,"lat":0}' NOT NULL"#,
        _ if field.is_multiple() => "JSON DEFAULT '[]' NOT NULL",
        _ => "TEXT DEFAULT '' NOT NULL",
    }
}

/// Runs one statement of a schema, and refuses more than one.
fn run(connection: &Connection, sql: &str, what: impl Display) -> Result<(), Error> {
    let mut batch = Batch::new(connection, sql);
    let fail = |err| failure::doing(&what, &err);
    let Some(mut first) = batch.next().map_err(fail)? else {
        return Err(Error::host(format!("{what}: there is no statement")));
    };
    // A rest that does not even parse is a second statement, too.
    if !matches!(batch.next(), Ok(None)) {
        return Err(Error::host(format!("{what}: more than one statement")));
    }
    first.execute([]).map(drop).map_err(fail)
}
