//! `$app.db()` for tables themselves: columns, indexes, tables.
//!
//! The one rule: every method only makes a statement, as all of `$app.db()`;
//! what SQLite cannot change is an error.

use super::{
    class::{Class, arg, string, text, this},
    convert, db,
    db::DbObject,
    error,
};
use crate::{
    cast,
    error::Error,
    sql::{Template, quoted},
};
use boa_engine::{Context, JsResult, JsValue};

fn statement(value: &JsValue, sql: String, context: &mut Context) -> JsResult<JsValue> {
    let DbObject(app) = this(value)?;
    Ok(db::query(app, Template::new(sql), context))
}

/// The first names, quoted.
fn names<const N: usize>(args: &[JsValue], context: &mut Context) -> JsResult<[String; N]> {
    let mut names = [const { String::new() }; N];
    for (index, name) in names.iter_mut().enumerate() {
        *name = quoted(&text(args, index, context)?);
    }
    Ok(names)
}

fn columns(args: &[JsValue], context: &mut Context) -> JsResult<String> {
    let names = (2..args.len()).map(|index| Ok(quoted(&text(args, index, context)?)));
    Ok(names.collect::<JsResult<Vec<_>>>()?.join(", "))
}

/// What the builder offers for tables.
pub(super) const DB: Class = Class {
    methods: &[
        ("createTable", 2, create_table),
        ("dropTable", 1, |value, args, context| {
            let [table] = names(args, context)?;
            statement(value, format!("DROP TABLE {table}"), context)
        }),
        ("renameTable", 2, |value, args, context| {
            let [old, new] = names(args, context)?;
            statement(value, format!("ALTER TABLE {old} RENAME TO {new}"), context)
        }),
        // SQLite knows no other way.
        ("truncateTable", 1, |value, args, context| {
            let [table] = names(args, context)?;
            statement(value, format!("DELETE FROM {table}"), context)
        }),
        ("addColumn", 3, |value, args, context| {
            let [table, column] = names(args, context)?;
            let kind = text(args, 2, context)?;
            statement(
                value,
                format!("ALTER TABLE {table} ADD {column} {kind}"),
                context,
            )
        }),
        ("dropColumn", 2, |value, args, context| {
            let [table, column] = names(args, context)?;
            statement(
                value,
                format!("ALTER TABLE {table} DROP COLUMN {column}"),
                context,
            )
        }),
        ("renameColumn", 3, |value, args, context| {
            let [table, old, new] = names(args, context)?;
            let sql = format!("ALTER TABLE {table} RENAME COLUMN {old} TO {new}");
            statement(value, sql, context)
        }),
        ("createIndex", 3, |value, args, context| {
            let ([table, index], columns) = (names(args, context)?, columns(args, context)?);
            statement(
                value,
                format!("CREATE INDEX {index} ON {table} ({columns})"),
                context,
            )
        }),
        ("createUniqueIndex", 3, |value, args, context| {
            let ([table, index], columns) = (names(args, context)?, columns(args, context)?);
            let sql = format!("CREATE UNIQUE INDEX {index} ON {table} ({columns})");
            statement(value, sql, context)
        }),
        ("dropIndex", 2, |value, args, context| {
            let [_, index] = names(args, context)?;
            statement(value, format!("DROP INDEX {index}"), context)
        }),
        ("alterColumn", 3, |_, _, context| {
            cannot("altering column", context)
        }),
        ("addPrimaryKey", 2, |_, _, context| {
            cannot("adding primary key", context)
        }),
        ("dropPrimaryKey", 2, |_, _, context| {
            cannot("dropping primary key", context)
        }),
        ("addForeignKey", 5, |_, _, context| {
            cannot("adding foreign keys", context)
        }),
        ("dropForeignKey", 2, |_, _, context| {
            cannot("dropping foreign keys", context)
        }),
        ("generatePlaceholder", 1, |_, _, _| Ok(string("?"))),
        ("queryBuilder", 0, |value, _, _| Ok(value.clone())),
    ],
    getters: &[],
    accessors: &[],
};

fn cannot(what: &str, context: &mut Context) -> JsResult<JsValue> {
    let err = Error::host(format!("SQLite does not support {what}"));
    Err(error::throw(err, context))
}

/// `createTable(name, { column: type }, …options)`.
fn create_table(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let [table] = names(args, context)?;
    let columns = convert::to_map(&arg(args, 1), context)?;
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, kind)| format!("{} {}", quoted(name), cast::to_text(kind)))
        .collect();
    let mut sql = format!("CREATE TABLE {table} ({})", columns.join(", "));
    for index in 2..args.len() {
        sql = format!("{sql} {}", text(args, index, context)?);
    }
    statement(value, sql, context)
}
