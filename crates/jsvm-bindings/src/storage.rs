//! What a host must offer so that hooks can work with its records.
//!
//! The one rule: these traits move rows and check values; they never run a
//! hook. The order of hooks around them is the lifecycle's. Knows nothing of
//! scripts.

use crate::{
    collection::Collection,
    error::Error,
    record::Record,
    sql::{Outcome, Statement},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Reading and writing of rows, inside or outside of a transaction.
///
/// Calls may come from any thread, and several at once.
pub trait Rows: Send + Sync + 'static {
    /// Every collection, in creation order.
    fn collections(&self) -> Vec<Arc<Collection>>;

    /// Checks the record's values against its collection.
    ///
    /// # Errors
    ///
    /// [`Error::Validation`] with every field that is not allowed.
    fn validate(&self, record: &Record) -> Result<(), Error>;

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`Error::Validation`] for a value that must be unique, else
    /// [`Error::Host`].
    fn insert(&self, record: &Record) -> Result<(), Error>;

    /// Replaces the row whose id is [`Record::last_saved_id`].
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    fn update(&self, record: &Record) -> Result<(), Error>;

    /// Removes the row; removing what is not there is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Host`].
    fn delete(&self, record: &Record) -> Result<(), Error>;

    /// The records that match, in the order asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for a filter or a sort that does not parse.
    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error>;

    /// How many records match, whatever the limit and offset.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error>;

    /// Checks a collection before it is stored; `before` is as it is stored
    /// now, `None` if it is not.
    ///
    /// By default, a host has no collections that can be changed.
    ///
    /// # Errors
    ///
    /// [`Error::Validation`] with every key that is not allowed.
    fn validate_collection(&self, _: Option<&Collection>, _: &Collection) -> Result<(), Error> {
        Err(Error::host(FIXED))
    }

    /// Stores a collection, and gives its table or view the shape of it;
    /// `before` is as it is stored now, `None` if it is not.
    ///
    /// By default, a host has no collections that can be changed.
    ///
    /// # Errors
    ///
    /// [`Error::Host`], also for a view that would no longer work; nothing is
    /// changed then.
    fn save_collection(&self, _: Option<&Collection>, _: &Collection) -> Result<(), Error> {
        Err(Error::host(FIXED))
    }

    /// Removes a collection and its records.
    ///
    /// By default, a host has no collections that can be changed.
    ///
    /// # Errors
    ///
    /// As [`save_collection`](Self::save_collection).
    fn delete_collection(&self, _: &Collection) -> Result<(), Error> {
        Err(Error::host(FIXED))
    }

    /// Runs one statement of SQL, which a script wrote.
    ///
    /// It may read and write any table, but nothing outside of the database.
    /// By default, a host knows no SQL.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for what does not parse or is not allowed, and if the
    /// time of the statement is over.
    fn run_sql(&self, _: &Statement) -> Result<Outcome, Error> {
        Err(Error::host("this host has no SQL"))
    }

    /// The collection of that name or id.
    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        self.collections()
            .into_iter()
            .find(|collection| collection.is_called(name_or_id))
    }
}

/// A store of records.
pub trait Storage: Rows {
    /// Opens a transaction; it waits while another one is open.
    ///
    /// # Errors
    ///
    /// [`Error::Host`], also when the wait takes too long.
    fn begin(&self) -> Result<Arc<dyn Transaction>, Error>;
}

/// An open transaction; dropping it rolls it back.
pub trait Transaction: Rows {
    /// Keeps what was written.
    ///
    /// # Errors
    ///
    /// [`Error::Host`]; nothing is kept then.
    fn commit(&self) -> Result<(), Error>;

    /// Forgets what was written.
    fn rollback(&self);
}

/// Which records, in which order, how many.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// PocketBase's filter expression; empty is every record.
    pub filter: String,
    /// Values for the `{:name}` place holders of the filter.
    pub params: Map<String, Value>,
    /// Field names, comma separated, `-` first for descending; `@random`.
    pub sort: String,
    /// At most this many; 0 is no limit.
    pub limit: u64,
    /// Leave out the first ones.
    pub offset: u64,
    /// What `@request.*` in the filter stands for.
    pub request: Option<Value>,
}

impl Query {
    /// Records whose `field` equals `value`.
    pub fn equals(field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        // PocketBase: an empty text as a place holder matches nothing.
        let filter = if value == "" {
            format!("{field} = ''")
        } else {
            format!("{field} = {{:value}}")
        };
        Self {
            filter,
            params: Map::from_iter([("value".to_owned(), value)]),
            ..Self::default()
        }
    }

    /// The same query for one record only.
    pub fn first(self) -> Self {
        Self { limit: 1, ..self }
    }
}

/// No collections and no records, for hosts that have none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRecords;

const FIXED: &str = "the collections of this host cannot be changed";
const NO_RECORDS: &str = "this host has no records";

impl Rows for NoRecords {
    fn collections(&self) -> Vec<Arc<Collection>> {
        Vec::new()
    }

    fn validate(&self, _: &Record) -> Result<(), Error> {
        Err(Error::host(NO_RECORDS))
    }

    fn insert(&self, _: &Record) -> Result<(), Error> {
        Err(Error::host(NO_RECORDS))
    }

    fn update(&self, _: &Record) -> Result<(), Error> {
        Err(Error::host(NO_RECORDS))
    }

    fn delete(&self, _: &Record) -> Result<(), Error> {
        Err(Error::host(NO_RECORDS))
    }

    fn find(&self, _: &Arc<Collection>, _: &Query) -> Result<Vec<Record>, Error> {
        Err(Error::host(NO_RECORDS))
    }

    fn count(&self, _: &Arc<Collection>, _: &Query) -> Result<u64, Error> {
        Err(Error::host(NO_RECORDS))
    }
}

impl Storage for NoRecords {
    fn begin(&self) -> Result<Arc<dyn Transaction>, Error> {
        Err(Error::host(NO_RECORDS))
    }
}
