//! Records as rows: reading and writing over one connection.
//!
//! The one rule: each function is one statement. Which connection it gets,
//! and within which transaction, is its caller's.

use super::{
    failure,
    filter::{self, Author, BASE, Clauses, Context, Source},
    schema::quoted,
    sql::InTime,
    value,
};
use jsvm::{
    Collection, CollectionKind, Error, Field, FieldKind, Query, Record,
    security::{hash_password, is_password_hash},
};
use rusqlite::{Connection, Row, params_from_iter, types::Value as Sql};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The table of a record that is not stored yet.
const NEW: &str = "\"__new_record\"";

/// Which records are looked for, on whose behalf.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    /// Every collection, for relations.
    pub(super) collections: &'a [Arc<Collection>],
    /// The collection that is asked.
    pub(super) collection: &'a Arc<Collection>,
    /// What the author asks for.
    pub(super) query: &'a Query,
    /// Who wrote the query.
    pub(super) author: Author,
    /// A filter of the application that must hold besides; empty is none.
    pub(super) rule: &'a str,
}

impl Search<'_> {
    fn clauses(&self) -> Result<Clauses, Error> {
        let context = Context {
            collections: self.collections,
            collection: self.collection,
            table: &quoted(&self.collection.name),
            request: self.query.request.as_ref(),
        };
        let filter = Source {
            text: &self.query.filter,
            params: Some(&self.query.params),
            author: self.author,
        };
        let sort = (self.query.sort.as_str(), self.author);
        filter::compile(context, &[Source::rule(self.rule), filter], sort)
    }
}

/// The records that match.
pub(super) fn find(connection: &Connection, search: Search<'_>) -> Result<Vec<Record>, Error> {
    let mut clauses = search.clauses()?;
    let collection = search.collection;
    let columns: Vec<_> = collection
        .fields
        .iter()
        .map(|field| format!("{BASE}.{}", quoted(&field.name)))
        .collect();
    let mut sql = select(&columns.join(", "), collection, &clauses);
    if !clauses.order.is_empty() {
        sql.push_str(&format!(" ORDER BY {}", clauses.order));
    }
    let (limit, offset) = (search.query.limit, search.query.offset);
    if limit > 0 || offset > 0 {
        // SQLite: a negative limit is none.
        let limit = match limit {
            0 => -1,
            limit => i64::try_from(limit).unwrap_or(i64::MAX),
        };
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        sql.push_str(&format!(" LIMIT {}", clauses.bind(limit)));
        sql.push_str(&format!(" OFFSET {}", clauses.bind(offset)));
    }
    query(connection, &sql, clauses.params, |row| {
        read(collection, row)
    })
    .map_err(|err| failure::doing(format_args!("collection {:?}", collection.name), &err))
}

/// How many records match, whatever the limit and the offset.
pub(super) fn count(connection: &Connection, search: Search<'_>) -> Result<u64, Error> {
    // Counting neither needs an order nor may fail for want of one.
    let query_without_sort = Query {
        sort: String::new(),
        ..search.query.clone()
    };
    let search = Search {
        query: &query_without_sort,
        ..search
    };
    let clauses = search.clauses()?;
    let what = match clauses.joins.is_empty() {
        true => "count(*)".to_owned(),
        false => format!("count(DISTINCT {BASE}.\"id\")"),
    };
    let sql = select_plain(&what, &quoted(&search.collection.name), &clauses);
    let counts = query(connection, &sql, clauses.params, |row| row.get::<_, i64>(0));
    let name = &search.collection.name;
    let counts = counts.map_err(|err| failure::doing(format_args!("collection {name:?}"), &err))?;
    Ok(counts.first().map_or(0, |count| count.unsigned_abs()))
}

/// Whether a rule holds for a record that is not stored.
pub(super) fn matches_new(
    connection: &Connection,
    collections: &[Arc<Collection>],
    record: &Record,
    rule: &str,
    request: &Value,
) -> Result<bool, Error> {
    let collection = record.collection();
    let context = Context {
        collections,
        collection,
        table: NEW,
        request: Some(request),
    };
    let mut clauses = filter::compile(context, &[Source::rule(rule)], ("", Author::Application))?;
    let mut columns = Vec::new();
    for field in &collection.fields {
        let value = value::to_sql(field, record.get(&field.name));
        // The cast gives the column the affinity that the table's would have.
        let affinity = match field.kind {
            FieldKind::Number | FieldKind::Bool | FieldKind::Json => "NUMERIC",
            _ => "TEXT",
        };
        let value = match field.kind == FieldKind::Json && matches!(value, Sql::Text(_)) {
            true => clauses.bind(value),
            false => format!("CAST({} AS {affinity})", clauses.bind(value)),
        };
        columns.push(format!("{value} AS {}", quoted(&field.name)));
    }
    let sql = format!(
        "WITH {NEW} AS (SELECT {}) {} LIMIT 1",
        columns.join(", "),
        select_plain("1", NEW, &clauses)
    );
    query(connection, &sql, clauses.params, |_| Ok(()))
        .map(|rows| !rows.is_empty())
        .map_err(|err| failure::doing(format_args!("collection {:?}", collection.name), &err))
}

/// Adds a row.
pub(super) fn insert(connection: &Connection, record: &Record) -> Result<(), Error> {
    let collection = writable(record)?;
    if record.id().is_empty() {
        return Err(Error::field("id", "validation_required", "cannot be blank"));
    }
    let (mut names, mut places) = (Vec::new(), Vec::new());
    for (at, field) in collection.fields.iter().enumerate() {
        names.push(quoted(&field.name));
        places.push(format!("?{}", at + 1));
    }
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quoted(&collection.name),
        names.join(", "),
        places.join(", ")
    );
    execute(connection, &sql, values(record)?).map_err(|err| failure::writing(collection, &err))
}

/// Replaces the row under which the record was last stored.
///
/// PocketBase: no error if there is none any more.
pub(super) fn update(connection: &Connection, record: &Record) -> Result<(), Error> {
    let collection = writable(record)?;
    let sets: Vec<_> = collection
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| format!("{} = ?{}", quoted(&field.name), at + 1))
        .collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE \"id\" = ?{}",
        quoted(&collection.name),
        sets.join(", "),
        sets.len() + 1
    );
    let mut values = values(record)?;
    values.push(Sql::Text(record.last_saved_id().to_owned()));
    execute(connection, &sql, values).map_err(|err| failure::writing(collection, &err))
}

/// Removes the row under which the record was last stored.
pub(super) fn delete(connection: &Connection, record: &Record) -> Result<(), Error> {
    let collection = writable(record)?;
    let id = match record.last_saved_id() {
        "" => record.id(),
        id => id,
    };
    let sql = format!("DELETE FROM {} WHERE \"id\" = ?1", quoted(&collection.name));
    let values = vec![Sql::Text(id.to_owned())];
    execute(connection, &sql, values).map_err(|err| failure::writing(collection, &err))
}

/// How many of the ids are ids of the collection.
pub(super) fn count_ids(
    connection: &Connection,
    collection: &Collection,
    ids: &[String],
) -> Result<usize, Error> {
    let sql = format!(
        "SELECT count(*) FROM {} WHERE \"id\" IN (SELECT value FROM json_each(?1))",
        quoted(&collection.name)
    );
    count_by(connection, collection, &sql, Value::from(ids).to_string())
}

/// How many ids differ from this one in case at most.
pub(super) fn count_similar_ids(
    connection: &Connection,
    collection: &Collection,
    id: &str,
) -> Result<usize, Error> {
    let sql = format!(
        "SELECT count(*) FROM {} WHERE \"id\" = ?1 COLLATE NOCASE",
        quoted(&collection.name)
    );
    count_by(connection, collection, &sql, id.to_owned())
}

fn count_by(
    connection: &Connection,
    collection: &Collection,
    sql: &str,
    param: String,
) -> Result<usize, Error> {
    let _in_time = InTime::of_caller();
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([param], |row| row.get::<_, i64>(0)))
        .map(|count| usize::try_from(count).unwrap_or_default())
        .map_err(|err| failure::doing(format_args!("collection {:?}", collection.name), &err))
}

fn writable(record: &Record) -> Result<&Arc<Collection>, Error> {
    let collection = record.collection();
    match collection.kind {
        CollectionKind::View => Err(Error::host(format!(
            "collection {:?} is a view, which is read only",
            collection.name
        ))),
        _ => Ok(collection),
    }
}

/// What the columns of a record are to hold; a password only as its hash.
fn values(record: &Record) -> Result<Vec<Sql>, Error> {
    let fields = record.collection().fields.iter();
    fields
        .map(|field| match record.get(&field.name) {
            Value::String(text) if is_plain_password(field, text) => {
                Ok(Sql::Text(hash_password(text)))
            }
            value => Ok(value::to_sql(field, value)),
        })
        .collect()
}

fn is_plain_password(field: &Field, text: &str) -> bool {
    field.kind == FieldKind::Password && !text.is_empty() && !is_password_hash(text)
}

/// A join may find a row several times; it is wanted once.
fn select(what: &str, collection: &Collection, clauses: &Clauses) -> String {
    let what = match clauses.joins.is_empty() {
        true => what.to_owned(),
        false => format!("DISTINCT {what}"),
    };
    select_plain(&what, &quoted(&collection.name), clauses)
}

fn select_plain(what: &str, table: &str, clauses: &Clauses) -> String {
    let condition = match clauses.condition.as_str() {
        "" => String::new(),
        condition => format!(" WHERE {condition}"),
    };
    format!(
        "SELECT {what} FROM {table} AS {BASE}{}{condition}",
        clauses.joins
    )
}

fn read(collection: &Arc<Collection>, row: &Row<'_>) -> rusqlite::Result<Record> {
    let mut values = Map::new();
    for (at, field) in collection.fields.iter().enumerate() {
        values.insert(field.name.clone(), value::from_sql(row.get_ref(at)?));
    }
    Ok(Record::stored(collection.clone(), &values))
}

fn query<T>(
    connection: &Connection,
    sql: &str,
    mut params: Vec<Sql>,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let _in_time = InTime::of_caller();
    let mut statement = connection.prepare_cached(sql)?;
    // What a filter bound for a way that led nowhere is not in the statement.
    params.truncate(statement.parameter_count());
    statement
        .query_map(params_from_iter(params), read)?
        .collect()
}

fn execute(connection: &Connection, sql: &str, params: Vec<Sql>) -> rusqlite::Result<()> {
    connection
        .prepare_cached(sql)?
        .execute(params_from_iter(params))
        .map(drop)
}
