//! Collections that are made, changed and removed one at a time.
//!
//! The one rule: the caller has opened a transaction, and rolls it back after
//! an error; views that read a table work after its change, or it fails.

use super::{check_names, defaults_of_view, insert, load, tables};
use crate::store::failure;
use jsvm::{Collection, CollectionKind, DateTime, Error, Field};
use rusqlite::{Connection, params};
use std::sync::Arc;

/// Makes a collection, or changes `before` into `now`.
pub(in crate::store) fn save(
    connection: &Connection,
    before: Option<&Collection>,
    now: &Collection,
) -> Result<(), Error> {
    check_names(now)?;
    let known = load(connection)?;
    let mut now = now.clone();
    match before {
        None => make(connection, &mut now)?,
        Some(before) => without_views(connection, &known, before, || {
            change(connection, before, &mut now)
        })?,
    }
    match before {
        None => insert(connection, &now),
        Some(before) => update(connection, before, &now),
    }
}

/// Removes a collection with its table or view.
pub(in crate::store) fn delete(
    connection: &Connection,
    collection: &Collection,
) -> Result<(), Error> {
    let known = load(connection)?;
    without_views(connection, &known, collection, || {
        tables::drop_all_of(connection, collection)
    })?;
    connection
        .execute("DELETE FROM _collections WHERE id = ?1", [&collection.id])
        .map(drop)
        .map_err(|err| failure::doing(format_args!("collection {:?}", collection.name), &err))
}

fn make(connection: &Connection, now: &mut Collection) -> Result<(), Error> {
    if now.kind != CollectionKind::View {
        return tables::create_table(connection, now);
    }
    tables::create_view(connection, now)?;
    now.fields = view_fields(connection, now)?;
    tables::check_view(connection, now)
}

fn change(connection: &Connection, before: &Collection, now: &mut Collection) -> Result<(), Error> {
    if now.kind != CollectionKind::View {
        return tables::alter_table(connection, before, now);
    }
    tables::drop_all_of(connection, before)?;
    make(connection, now)
}

/// Does `work` while no other view is there, and makes them again.
///
/// SQLite refuses to change a table while a view would no longer work.
fn without_views(
    connection: &Connection,
    known: &[Arc<Collection>],
    except: &Collection,
    work: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let is_other_view =
        |it: &&Arc<Collection>| it.kind == CollectionKind::View && it.id != except.id;
    let views: Vec<_> = known.iter().filter(is_other_view).collect();
    for view in &views {
        tables::drop_all_of(connection, view)?;
    }
    work()?;
    for view in &views {
        tables::create_view(connection, view)?;
    }
    views
        .iter()
        .try_for_each(|view| tables::check_view(connection, view))
}

/// The fields of a view: those it says of itself, and others by the types of
/// its columns.
fn view_fields(connection: &Connection, view: &Collection) -> Result<Vec<Field>, Error> {
    let columns = tables::columns(connection, &view.name)?;
    let fields = columns.into_iter().map(|(name, kind)| {
        let said = view.field(&name).cloned();
        said.unwrap_or_else(|| defaults_of_view(name, kind))
    });
    Ok(fields.collect())
}

fn update(connection: &Connection, before: &Collection, now: &Collection) -> Result<(), Error> {
    let at = DateTime::now().to_string();
    let data = now.to_json().to_string();
    connection
        .execute(
            "UPDATE _collections SET id = ?1, name = ?2, data = ?3, updated = ?4 WHERE id = ?5",
            params![now.id, now.name, data, at, before.id],
        )
        .map(drop)
        .map_err(|err| failure::doing(format_args!("collection {:?}", now.name), &err))
}
