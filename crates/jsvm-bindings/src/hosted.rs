//! The host's side of every call that a script causes.
//!
//! The one rule: the host's own code may hold locks, so while it runs the
//! thread is never put to sleep for the memory that its script took. Knows
//! nothing of what the host does.

use crate::{
    collection::Collection,
    error::Error,
    output::{Level, Origin, Output},
    record::Record,
    sql::{Outcome, Statement},
    storage::{Query, Rows, Storage, Transaction},
    system::{Command, FileChange, FileInfo, Finished, System},
};
use jsvm_core::Limited;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A part of the host, whole or as a transaction.
pub(crate) struct Hosted<T: ?Sized>(pub(crate) Arc<T>);

impl<T: Rows + ?Sized> Rows for Hosted<T> {
    fn collections(&self) -> Vec<Arc<Collection>> {
        let _host = Limited::off();
        self.0.collections()
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.validate(record)
    }

    fn insert(&self, record: &Record) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.insert(record)
    }

    fn update(&self, record: &Record) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.update(record)
    }

    fn delete(&self, record: &Record) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.delete(record)
    }

    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error> {
        let _host = Limited::off();
        self.0.find(collection, query)
    }

    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        let _host = Limited::off();
        self.0.count(collection, query)
    }

    fn validate_collection(
        &self,
        before: Option<&Collection>,
        now: &Collection,
    ) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.validate_collection(before, now)
    }

    fn save_collection(&self, before: Option<&Collection>, now: &Collection) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.save_collection(before, now)
    }

    fn delete_collection(&self, collection: &Collection) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.delete_collection(collection)
    }

    fn run_sql(&self, statement: &Statement) -> Result<Outcome, Error> {
        let _host = Limited::off();
        self.0.run_sql(statement)
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        let _host = Limited::off();
        self.0.collection(name_or_id)
    }
}

impl<T: Storage + ?Sized> Storage for Hosted<T> {
    fn begin(&self) -> Result<Arc<dyn Transaction>, Error> {
        let _host = Limited::off();
        Ok(Arc::new(Hosted(self.0.begin()?)))
    }
}

impl<T: Transaction + ?Sized> Transaction for Hosted<T> {
    fn commit(&self) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.commit()
    }

    fn rollback(&self) {
        let _host = Limited::off();
        self.0.rollback();
    }
}

impl<T: System + ?Sized> System for Hosted<T> {
    fn working_dir(&self) -> String {
        let _host = Limited::off();
        self.0.working_dir()
    }

    fn temp_dir(&self) -> String {
        let _host = Limited::off();
        self.0.temp_dir()
    }

    fn resolve(&self, path: &str) -> Result<String, Error> {
        let _host = Limited::off();
        self.0.resolve(path)
    }

    fn read(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, Error> {
        let _host = Limited::off();
        self.0.read(path, max_bytes)
    }

    fn write(&self, path: &str, bytes: &[u8], mode: u32) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.write(path, bytes, mode)
    }

    fn stat(&self, path: &str) -> Result<FileInfo, Error> {
        let _host = Limited::off();
        self.0.stat(path)
    }

    fn list(&self, path: &str) -> Result<Vec<FileInfo>, Error> {
        let _host = Limited::off();
        self.0.list(path)
    }

    fn change(&self, path: &str, change: &FileChange) -> Result<(), Error> {
        let _host = Limited::off();
        self.0.change(path, change)
    }

    fn run(&self, command: &Command) -> Result<Finished, Error> {
        let _host = Limited::off();
        self.0.run(command)
    }
}

impl<T: Output + ?Sized> Output for Hosted<T> {
    fn print(&self, level: Level, line: &str) {
        let _host = Limited::off();
        self.0.print(level, line);
    }

    fn print_from(&self, level: Level, line: &str, origin: &mut dyn FnMut() -> Origin) {
        let _host = Limited::off();
        self.0.print_from(level, line, origin);
    }

    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>) {
        let _host = Limited::off();
        self.0.log(level, message, attributes);
    }
}
