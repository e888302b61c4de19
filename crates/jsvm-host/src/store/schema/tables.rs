//! The tables and views behind collections.
//!
//! The one rule: a name is quoted wherever it becomes SQL. Knows nothing of
//! how collections are kept.

use crate::store::failure;
use jsvm::{Collection, CollectionKind, Error, Field, FieldKind, Index};
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
    create_indexes(connection, collection)
}

fn create_indexes(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let indexes = &collection.indexes;
    indexes
        .iter()
        .try_for_each(|sql| create_index(connection, collection, sql))
}

/// Gives the table of a collection the columns and indexes that it has now.
///
/// A column is known by the id of its field.
pub(super) fn alter_table(
    connection: &Connection,
    before: &Collection,
    now: &Collection,
) -> Result<(), Error> {
    drop_indexes(connection, before)?;
    let told = format!("collection {:?}", now.name);
    let alter = |change: String| {
        let sql = format!("ALTER TABLE {} {change}", quoted(&now.name));
        run(connection, &sql, &told)
    };
    if before.name != now.name {
        // In two steps, for SQLite takes `A` and `a` for the same.
        let passing = quoted(&format!("_passing_{}", now.id));
        let sql = format!("ALTER TABLE {} RENAME TO {passing}", quoted(&before.name));
        run(connection, &sql, &told)?;
        let sql = format!("ALTER TABLE {passing} RENAME TO {}", quoted(&now.name));
        run(connection, &sql, &told)?;
    }
    let stored = |field: &Field| before.fields.iter().find(|it| it.id == field.id);
    let stays = |field: &&Field| now.fields.iter().any(|it| it.id == field.id);
    for gone in before.fields.iter().filter(|field| !stays(field)) {
        alter(format!("DROP COLUMN {}", quoted(&gone.name)))?;
    }
    // By another name first, so that two fields may change places.
    let passing = |at: usize| quoted(&format!("_passing_{at}"));
    let renamed: Vec<_> = now
        .fields
        .iter()
        .enumerate()
        .filter_map(|(at, field)| Some((at, stored(field)?, field)))
        .filter(|(_, stored, field)| stored.name != field.name)
        .collect();
    for (at, stored, _) in &renamed {
        alter(format!(
            "RENAME COLUMN {} TO {}",
            quoted(&stored.name),
            passing(*at)
        ))?;
    }
    for (at, _, field) in &renamed {
        alter(format!(
            "RENAME COLUMN {} TO {}",
            passing(*at),
            quoted(&field.name)
        ))?;
    }
    for (at, field) in now.fields.iter().enumerate() {
        match stored(field) {
            None => alter(format!(
                "ADD COLUMN {} {}",
                quoted(&field.name),
                column_type(field)
            ))?,
            Some(stored) if stored.is_multiple() != field.is_multiple() => {
                let (old, new) = (passing(at), quoted(&field.name));
                alter(format!("RENAME COLUMN {new} TO {old}"))?;
                alter(format!("ADD COLUMN {new} {}", column_type(field)))?;
                let table = quoted(&now.name);
                let sql = format!("UPDATE {table} SET {new} = {}", as_many(field, &old));
                run(connection, &sql, &told)?;
                alter(format!("DROP COLUMN {old}"))?;
            }
            Some(_) => {}
        }
    }
    create_indexes(connection, now)
}

/// What was one value as a list, or the last one of what was a list.
fn as_many(field: &Field, old: &str) -> String {
    let is_list = format!("json_valid({old}) AND json_type({old}) = 'array'");
    match field.is_multiple() {
        true => format!(
            "CASE WHEN coalesce({old}, '') = '' THEN '[]' WHEN {is_list} THEN {old} \
             ELSE json_array({old}) END"
        ),
        false => format!(
            "coalesce(CASE WHEN {is_list} THEN json_extract({old}, '$[#-1]') ELSE {old} END, '')"
        ),
    }
}

fn drop_indexes(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let indexes = collection.indexes.iter();
    for index in indexes.filter_map(|sql| Index::parse(sql)) {
        let sql = format!("DROP INDEX IF EXISTS {}", quoted(&index.name));
        run(connection, &sql, format_args!("index {:?}", index.name))?;
    }
    Ok(())
}

/// Removes the table or view of a collection; indexes go with their table.
pub(super) fn drop_all_of(connection: &Connection, collection: &Collection) -> Result<(), Error> {
    let what = match collection.kind {
        CollectionKind::View => "VIEW",
        _ => "TABLE",
    };
    let sql = format!("DROP {what} IF EXISTS {}", quoted(&collection.name));
    run(
        connection,
        &sql,
        format_args!("collection {:?}", collection.name),
    )
}

/// The columns of a view, with the kinds of field that fit them.
pub(super) fn columns(
    connection: &Connection,
    view: &str,
) -> Result<Vec<(String, FieldKind)>, Error> {
    let kind = |declared: Option<&str>| match declared {
        Some("NUMERIC") => FieldKind::Number,
        Some("BOOLEAN") => FieldKind::Bool,
        Some("TEXT") => FieldKind::Text,
        // PocketBase: what a computed column holds is anybody's guess.
        _ => FieldKind::Json,
    };
    let prepared = connection
        .prepare(&format!("SELECT * FROM {}", quoted(view)))
        .map_err(|err| failure::doing(format_args!("collection {view:?}"), &err))?;
    let columns = prepared
        .columns()
        .map(|it| (it.name().to_owned(), kind(it.decl_type())));
    Ok(columns.collect())
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
