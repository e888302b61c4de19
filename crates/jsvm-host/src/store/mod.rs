//! Records in one SQLite file.
//!
//! The one rule: names come from the schema and are quoted, values are bound;
//! no text of a request or a script ever becomes SQL. Knows nothing of hooks
//! and nothing of HTTP.

mod connections;
mod failure;
mod filter;
mod functions;
mod rows;
mod schema;
mod sql;
mod transaction;
mod validate;
mod value;

use self::{connections::Connections, filter::Author, rows::Search, validate::Patterns};
use jsvm::{Collection, Error, Outcome, Query, Record, Rows, Statement, Storage, Transaction};
use serde_json::Value;
use std::{
    fs,
    num::NonZeroUsize,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

pub use schema::read_schema;

/// The name of the database file in its directory.
const FILE: &str = "data.db";

/// How a store uses its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many may read at the same time; more wait.
    ///
    /// By default, this is 4.
    pub readers: NonZeroUsize,
    /// How long a call waits for a connection, and for another process.
    ///
    /// By default, this is 5 seconds.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN),
            wait: Duration::from_secs(5),
        }
    }
}

/// A store of records in one SQLite file.
///
/// Cheap to clone; clones share their connections. There is one writer: a call
/// that writes waits while a transaction is open. Calls that read do not wait
/// for it and see what was committed last. A write that was acknowledged
/// survives the end of the process and a power cut, at the price of one flush
/// of the disk per write or transaction.
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

/// What a store and its transactions have in common.
struct Shared {
    connections: Arc<Connections>,
    collections: RwLock<Arc<[Arc<Collection>]>>,
    patterns: Patterns,
}

impl Shared {
    fn collections(&self) -> Arc<[Arc<Collection>]> {
        self.collections
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        called(&self.collections(), name_or_id)
    }

    fn set_collections(&self, collections: Arc<[Arc<Collection>]>) {
        *self
            .collections
            .write()
            .unwrap_or_else(PoisonError::into_inner) = collections;
    }
}

/// The collection of that name or id.
fn called(collections: &[Arc<Collection>], name_or_id: &str) -> Option<Arc<Collection>> {
    let mut matching = collections.iter().filter(|it| it.is_called(name_or_id));
    matching.next().cloned()
}

impl Sqlite {
    /// Opens the file `data.db` in `dir` with the default [`Options`].
    ///
    /// Makes the directory and the file if they are not there.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the file cannot be made or is no such database.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Self::open_with(dir, &Options::default())
    }

    /// Opens the file `data.db` in `dir`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(dir: &Path, options: &Options) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(|err| Error::host(format!("{}: {err}", dir.display())))?;
        let connections = Connections::open(dir.join(FILE), options.readers.get(), options.wait)?;
        let collections = {
            let writer = connections.writer()?;
            schema::prepare(&writer)?;
            schema::load(&writer)?
        };
        Ok(Self {
            shared: Arc::new(Shared {
                connections,
                collections: RwLock::new(collections.into()),
                patterns: Patterns::default(),
            }),
        })
    }

    /// Whether the file cannot be written, as on a disk that is mounted so.
    ///
    /// # Errors
    ///
    /// If the connection for writing is in use for too long.
    pub fn is_read_only(&self) -> Result<bool, Error> {
        let writer = self.shared.connections.writer()?;
        writer
            .is_readonly(rusqlite::MAIN_DB)
            .map_err(|err| failure::doing("asking for the state of the file", &err))
    }

    /// Makes the collections of a PocketBase schema export that are missing,
    /// by id or by name, and returns their names.
    ///
    /// Collections that are there stay as they are. Ids, the `id` field and
    /// the fields of auth collections are added where the export has none.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming the collection, field or index that is wrong;
    /// nothing is made then.
    pub fn import(&self, export: &Value) -> Result<Vec<String>, Error> {
        let writer = self.shared.connections.writer()?;
        let run = |sql| {
            writer
                .execute_batch(sql)
                .map_err(|err| failure::doing("the import", &err))
        };
        run("BEGIN IMMEDIATE")?;
        // An early return gives the writer back, which rolls back.
        let names = schema::import(&writer, export)?;
        let collections = schema::load(&writer)?;
        run("COMMIT")?;
        self.shared.set_collections(collections.into());
        Ok(names)
    }

    /// The records that a client may see and asks for.
    ///
    /// `rule` is the application's: it must hold, too, and may use hidden
    /// fields and `@request`. The filter and sort of `query` are the client's:
    /// they may not, and an e-mail is only found if it is public.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for an expression that does not parse or uses a hidden
    /// field, [`Error::Api`] with status 403 for `@request` and `@collection`.
    pub fn find_for_client(
        &self,
        collection: &Arc<Collection>,
        query: &Query,
        rule: &str,
    ) -> Result<Vec<Record>, Error> {
        let collections = self.shared.collections();
        let search = client_search(&collections, collection, query, rule);
        rows::find(&*self.shared.connections.reader()?, search)
    }

    /// How many records [`find_for_client`](Self::find_for_client) would find
    /// without a limit and an offset.
    ///
    /// # Errors
    ///
    /// As [`find_for_client`](Self::find_for_client).
    pub fn count_for_client(
        &self,
        collection: &Arc<Collection>,
        query: &Query,
        rule: &str,
    ) -> Result<u64, Error> {
        let collections = self.shared.collections();
        let search = client_search(&collections, collection, query, rule);
        rows::count(&*self.shared.connections.reader()?, search)
    }

    /// Whether a rule holds for the stored record with that id.
    ///
    /// An empty rule holds for every record that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for a rule that does not parse.
    pub fn matches(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        rule: &str,
        request: &Value,
    ) -> Result<bool, Error> {
        let query = Query {
            request: Some(request.clone()),
            ..Query::equals("id", id)
        };
        let collections = self.shared.collections();
        let search = Search {
            rule,
            ..application_search(&collections, collection, &query)
        };
        let count = rows::count(&*self.shared.connections.reader()?, search)?;
        Ok(count > 0)
    }

    /// Whether a rule would hold for a record if it were stored as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for a rule that does not parse.
    pub fn matches_new(&self, record: &Record, rule: &str, request: &Value) -> Result<bool, Error> {
        let collections = self.shared.collections();
        let reader = self.shared.connections.reader()?;
        rows::matches_new(&reader, &collections, record, rule, request)
    }
}

impl Rows for Sqlite {
    fn collections(&self) -> Vec<Arc<Collection>> {
        self.shared.collections().to_vec()
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        self.shared.collection(name_or_id)
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        validate::check(record, self)
    }

    fn insert(&self, record: &Record) -> Result<(), Error> {
        rows::insert(&*self.shared.connections.writer()?, record)
    }

    fn update(&self, record: &Record) -> Result<(), Error> {
        rows::update(&*self.shared.connections.writer()?, record)
    }

    fn delete(&self, record: &Record) -> Result<(), Error> {
        rows::delete(&*self.shared.connections.writer()?, record)
    }

    fn find(&self, collection: &Arc<Collection>, query: &Query) -> Result<Vec<Record>, Error> {
        let collections = self.shared.collections();
        let search = application_search(&collections, collection, query);
        rows::find(&*self.shared.connections.reader()?, search)
    }

    fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        let collections = self.shared.collections();
        let search = application_search(&collections, collection, query);
        rows::count(&*self.shared.connections.reader()?, search)
    }

    fn validate_collection(
        &self,
        before: Option<&Collection>,
        now: &Collection,
    ) -> Result<(), Error> {
        schema::check(&self.shared.collections(), before, now)
    }

    fn save_collection(&self, before: Option<&Collection>, now: &Collection) -> Result<(), Error> {
        let transaction = self.begin()?;
        transaction.save_collection(before, now)?;
        transaction.commit()
    }

    fn delete_collection(&self, collection: &Collection) -> Result<(), Error> {
        let transaction = self.begin()?;
        transaction.delete_collection(collection)?;
        transaction.commit()
    }

    fn run_sql(&self, statement: &Statement) -> Result<Outcome, Error> {
        {
            let reader = self.shared.connections.reader()?;
            // A reader may not know yet what another connection has changed.
            if sql::is_read_only(&reader, statement).unwrap_or(false) {
                return sql::run(&reader, statement);
            }
        }
        sql::run(&*self.shared.connections.writer()?, statement)
    }
}

impl Storage for Sqlite {
    fn begin(&self) -> Result<Arc<dyn Transaction>, Error> {
        Ok(Arc::new(transaction::Open::begin(self.shared.clone())?))
    }
}

impl validate::Lookup for Sqlite {
    fn patterns(&self) -> &Patterns {
        &self.shared.patterns
    }

    fn collection(&self, name_or_id: &str) -> Option<Arc<Collection>> {
        self.shared.collection(name_or_id)
    }

    fn count_ids(&self, collection: &Collection, ids: &[String]) -> Result<usize, Error> {
        rows::count_ids(&*self.shared.connections.reader()?, collection, ids)
    }

    fn count_similar_ids(&self, collection: &Collection, id: &str) -> Result<usize, Error> {
        rows::count_similar_ids(&*self.shared.connections.reader()?, collection, id)
    }
}

fn application_search<'a>(
    collections: &'a [Arc<Collection>],
    collection: &'a Arc<Collection>,
    query: &'a Query,
) -> Search<'a> {
    Search {
        collections,
        collection,
        query,
        author: Author::Application,
        rule: "",
    }
}

fn client_search<'a>(
    collections: &'a [Arc<Collection>],
    collection: &'a Arc<Collection>,
    query: &'a Query,
    rule: &'a str,
) -> Search<'a> {
    Search {
        author: Author::Client,
        rule,
        ..application_search(collections, collection, query)
    }
}

#[cfg(test)]
mod tests;
