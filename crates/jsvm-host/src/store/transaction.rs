//! A transaction that is open.
//!
//! The one rule: it holds the writer until it is over, and whatever happens
//! it gives it back. Its reads see its own writes.

use super::{Shared, application_search, called, failure, rows, schema, sql, validate};
use jsvm::{Collection, Error, Outcome, Query, Record, Rows, Statement, Transaction};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, MutexGuard};

/// An open transaction of a [`Sqlite`](super::Sqlite) store.
pub(super) struct Open {
    shared: Arc<Shared>,
    connection: Mutex<Option<Connection>>,
    /// The collections, once this transaction has changed some.
    changed: Mutex<Changed>,
}

type Changed = Option<Arc<[Arc<Collection>]>>;

impl Open {
    /// Takes the writer and begins.
    pub(super) fn begin(shared: Arc<Shared>) -> Result<Self, Error> {
        let connection = shared.connections.take_writer()?;
        if let Err(err) = connection.execute_batch("BEGIN IMMEDIATE") {
            shared.connections.put_writer(connection);
            return Err(failure::doing("a transaction cannot begin", &err));
        }
        Ok(Self {
            shared,
            connection: Mutex::new(Some(connection)),
            changed: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection
            .lock()
            .unwrap_or_else(|err| err.into_inner())
    }

    fn collections(&self) -> Arc<[Arc<Collection>]> {
        let changed = self.changed().clone();
        changed.unwrap_or_else(|| self.shared.collections())
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(|err| err.into_inner())
    }

    /// Changes collections; this transaction sees it at once, others when it
    /// is kept.
    fn change(&self, work: impl FnOnce(&Connection) -> Result<(), Error>) -> Result<(), Error> {
        let collections = self.with(|connection| {
            let savepoint = |sql: &str| {
                connection
                    .execute_batch(sql)
                    .map_err(|err| failure::doing("a change of collections", &err))
            };
            savepoint("SAVEPOINT collections")?;
            let changed = work(connection).and_then(|()| schema::load(connection));
            if changed.is_err() {
                savepoint("ROLLBACK TO collections")?;
            }
            savepoint("RELEASE collections")?;
            changed
        })?;
        *self.changed() = Some(collections.into());
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let guard = self.lock();
        let connection = guard.as_ref().ok_or_else(over)?;
        // SQLite ends a transaction by itself when the disk is full or fails;
        // writing on would keep half of it.
        match connection.is_autocommit() {
            true => Err(over()),
            false => work(connection),
        }
    }
}

impl Rows for Open {
    fn collections(&self) -> Vec<Arc<Collection>> {
        Self::collections(self).to_vec()
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        called(&Self::collections(self), name_or_id)
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        validate::check(record, self)
    }

    fn insert(&self, record: &Record) -> Result<(), Error> {
        self.with(|connection| rows::insert(connection, record))
    }

    fn update(&self, record: &Record) -> Result<(), Error> {
        self.with(|connection| rows::update(connection, record))
    }

    fn delete(&self, record: &Record) -> Result<(), Error> {
        self.with(|connection| rows::delete(connection, record))
    }

    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error> {
        let collections = Self::collections(self);
        let search = application_search(&collections, collection, query);
        self.with(|connection| rows::find(connection, search))
    }

    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        let collections = Self::collections(self);
        let search = application_search(&collections, collection, query);
        self.with(|connection| rows::count(connection, search))
    }

    fn validate_collection(
        &self,
        before: Option<&Collection>,
        now: &Collection,
    ) -> Result<(), Error> {
        schema::check(&Self::collections(self), before, now)
    }

    fn save_collection(&self, before: Option<&Collection>, now: &Collection) -> Result<(), Error> {
        self.change(|connection| schema::save(connection, before, now))
    }

    fn delete_collection(&self, collection: &Collection) -> Result<(), Error> {
        self.change(|connection| schema::delete(connection, collection))
    }

    fn run_sql(&self, statement: &Statement) -> Result<Outcome, Error> {
        self.with(|connection| sql::run(connection, statement))
    }
}

impl validate::Lookup for Open {
    fn patterns(&self) -> &validate::Patterns {
        &self.shared.patterns
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        called(&Self::collections(self), name_or_id)
    }

    fn count_ids(&self, collection: &Collection, ids: &[String]) -> Result<usize, Error> {
        self.with(|connection| rows::count_ids(connection, collection, ids))
    }

    fn count_similar_ids(&self, collection: &Collection, id: &str) -> Result<usize, Error> {
        self.with(|connection| rows::count_similar_ids(connection, collection, id))
    }
}

impl Transaction for Open {
    fn commit(&self) -> Result<(), Error> {
        let connection = self.lock().take().ok_or_else(over)?;
        let is_open = !connection.is_autocommit();
        let committed = connection.execute_batch("COMMIT");
        let changed = self.changed().take();
        if let (Ok(()), Some(collections)) = (&committed, changed) {
            self.shared.set_collections(collections);
        }
        // After a failed commit this rolls back.
        self.shared.connections.put_writer(connection);
        match committed {
            Ok(()) => Ok(()),
            Err(_) if !is_open => Err(over()),
            Err(err) => Err(failure::doing("the transaction cannot be kept", &err)),
        }
    }

    fn rollback(&self) {
        if let Some(connection) = self.lock().take() {
            self.shared.connections.put_writer(connection);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.rollback();
    }
}

fn over() -> Error {
    Error::host("the transaction is over")
}
