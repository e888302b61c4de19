//! Who may use which SQLite connection, and for how long.
//!
//! The one rule: there is one writer and a few readers, and a reader never
//! waits for the writer. Knows nothing of collections and records.

use super::{failure, functions, sql};
use jsvm::Error;
use rusqlite::Connection;
use std::{
    ops::Deref,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// Statements that each connection keeps prepared.
const STATEMENTS: usize = 128;

/// The connections to one database file.
pub(super) struct Connections {
    path: PathBuf,
    wait: Duration,
    writer: Slots,
    readers: Slots,
}

impl Connections {
    /// Opens the writer, which creates the file.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the file cannot be opened or has no write-ahead log.
    pub(super) fn open(path: PathBuf, readers: usize, wait: Duration) -> Result<Arc<Self>, Error> {
        let connections = Self {
            path,
            wait,
            writer: Slots::new(1),
            readers: Slots::new(readers.max(1)),
        };
        connections.writer.put(connections.connect_writer()?);
        Ok(Arc::new(connections))
    }

    /// The writer, until the lease is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] after the wait, if a transaction still holds it.
    pub(super) fn writer(&self) -> Result<Lease<'_>, Error> {
        let connection = self.take_writer()?;
        Ok(Lease::new(&self.writer, connection))
    }

    /// The writer; give it back with [`put_writer`](Self::put_writer).
    pub(super) fn take_writer(&self) -> Result<Connection, Error> {
        self.writer
            .take(self.wait, || self.connect_writer())?
            .ok_or_else(|| {
                Error::host(
                    "the database is locked by another transaction; inside runInTransaction \
                     use the app that is passed to it",
                )
            })
    }

    /// Gives the writer back; what it has not committed is rolled back.
    pub(super) fn put_writer(&self, connection: Connection) {
        self.writer.put(connection);
    }

    /// A connection that only reads, until the lease is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] after the wait, if every reader is busy.
    pub(super) fn reader(&self) -> Result<Lease<'_>, Error> {
        let connection = self
            .readers
            .take(self.wait, || self.connect_reader())?
            .ok_or_else(|| Error::host("every database reader is busy"))?;
        Ok(Lease::new(&self.readers, connection))
    }

    fn connect_writer(&self) -> Result<Connection, Error> {
        let connection = self.connect()?;
        let mode: String = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
            .map_err(|err| failure::opening(&self.path, &err))?;
        if mode != "wal" {
            return Err(Error::host(format!(
                "{}: this file system has no write-ahead log, which readers rely on",
                self.path.display()
            )));
        }
        self.confined(connection)
    }

    fn connect_reader(&self) -> Result<Connection, Error> {
        let connection = self.connect()?;
        connection
            .pragma_update(None, "query_only", true)
            .map_err(|err| failure::opening(&self.path, &err))?;
        self.confined(connection)
    }

    /// The connection as scripts may use it, with its settings as they are.
    fn confined(&self, mut connection: Connection) -> Result<Connection, Error> {
        sql::confine(&mut connection)
            .map(|()| connection)
            .map_err(|err| failure::opening(&self.path, &err))
    }

    fn connect(&self) -> Result<Connection, Error> {
        let open = || {
            let connection = Connection::open(&self.path)?;
            connection.busy_timeout(self.wait)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            // FULL flushes the log at each commit: what was acknowledged
            // survives a power cut, not only the end of this process.
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            functions::add(&connection)?;
            Ok(connection)
        };
        open().map_err(|err| failure::opening(&self.path, &err))
    }
}

/// A connection that goes back where it came from when it is dropped.
pub(super) struct Lease<'a> {
    slots: &'a Slots,
    connection: Option<Connection>,
}

impl<'a> Lease<'a> {
    fn new(slots: &'a Slots, connection: Connection) -> Self {
        Self {
            slots,
            connection: Some(connection),
        }
    }
}

impl Deref for Lease<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("the connection is taken out by drop only")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.slots.put(connection);
        }
    }
}

/// Connections of one kind, opened when first needed.
struct Slots {
    limit: usize,
    state: Mutex<State>,
    is_freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    taken: usize,
    waiting: usize,
}

impl Slots {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            is_freed: Condvar::new(),
        }
    }

    /// A connection, or `None` if none was free within `wait`.
    fn take(
        &self,
        wait: Duration,
        connect: impl FnOnce() -> Result<Connection, Error>,
    ) -> Result<Option<Connection>, Error> {
        let Some(mut state) = self.claim(wait) else {
            return Ok(None);
        };
        if let Some(connection) = state.idle.pop() {
            return Ok(Some(connection));
        }
        drop(state);
        connect().map(Some).inspect_err(|_| self.release(None))
    }

    fn claim(&self, wait: Duration) -> Option<MutexGuard<'_, State>> {
        let mut state = self.state.lock().unwrap_or_else(|err| err.into_inner());
        // A newcomer queues behind those who wait already; else a busy thread
        // could take its connection again and again before they wake.
        if state.waiting > 0 || state.taken >= self.limit {
            state = self.queue(state, wait)?;
        }
        state.taken += 1;
        Some(state)
    }

    fn queue<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        wait: Duration,
    ) -> Option<MutexGuard<'a, State>> {
        let deadline = Instant::now() + wait;
        state.waiting += 1;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            state = self
                .is_freed
                .wait_timeout(state, left)
                .unwrap_or_else(|err| err.into_inner())
                .0;
            if state.taken < self.limit {
                state.waiting -= 1;
                return Some(state);
            }
            if Instant::now() >= deadline {
                state.waiting -= 1;
                return None;
            }
        }
    }

    fn put(&self, connection: Connection) {
        let is_clean = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
        self.release(is_clean.then_some(connection));
    }

    fn release(&self, connection: Option<Connection>) {
        let mut state = self.state.lock().unwrap_or_else(|err| err.into_inner());
        state.taken = state.taken.saturating_sub(1);
        state.idle.extend(connection);
        self.is_freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    fn open(readers: usize, wait: Duration) -> (tempfile::TempDir, Arc<Connections>) {
        let dir = tempfile::tempdir().unwrap();
        let connections = Connections::open(dir.path().join("data.db"), readers, wait).unwrap();
        (dir, connections)
    }

    #[test]
    fn a_second_writer_is_told_why_it_got_none() {
        let (_dir, connections) = open(1, Duration::ZERO);
        let _first = connections.writer().unwrap();
        let message = connections.writer().err().unwrap().to_string();
        assert!(message.starts_with("the database is locked by another transaction"));
    }

    #[test]
    fn waiting_writers_take_their_turn() {
        let (_dir, connections) = open(1, Duration::from_secs(60));
        let first = connections.writer().unwrap();
        let (done, results) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..8 {
                let (connections, done) = (&connections, done.clone());
                scope.spawn(move || done.send(connections.writer().is_ok()).unwrap());
            }
            drop(first);
        });
        assert_eq!(results.try_iter().filter(|is_ok| *is_ok).count(), 8);
    }

    #[test]
    fn readers_are_bounded_and_cannot_write() {
        let (_dir, connections) = open(2, Duration::ZERO);
        let first = connections.reader().unwrap();
        let _second = connections.reader().unwrap();
        assert!(connections.reader().is_err());
        assert!(first.execute_batch("CREATE TABLE a (b)").is_err());
        drop(first);
        assert!(connections.reader().is_ok());
    }

    #[test]
    fn an_open_transaction_does_not_survive_its_lease() {
        let (_dir, connections) = open(1, Duration::ZERO);
        let lease = connections.writer().unwrap();
        lease.execute_batch("BEGIN; CREATE TABLE a (b)").unwrap();
        drop(lease);
        let lease = connections.writer().unwrap();
        assert!(lease.is_autocommit());
        assert!(lease.execute_batch("SELECT * FROM a").is_err());
    }
}
