//! The connection that stores rows, and throws old ones away.
//!
//! The one rule: a batch is stored as a whole or lost as a whole; after a
//! failure the file is opened again with the next one.

use super::Row;
use rusqlite::{Connection, params};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How often old rows are looked for.
const CLEANING: Duration = Duration::from_secs(60);

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS _metrics (
        id INTEGER PRIMARY KEY,
        timestamp TEXT NOT NULL,
        hook_name TEXT NOT NULL,
        collection TEXT,
        duration_ms REAL NOT NULL,
        mem_alloc_bytes INTEGER,
        cache_hit INTEGER NOT NULL,
        error TEXT
    );
    CREATE INDEX IF NOT EXISTS _metrics_timestamp ON _metrics (timestamp);
";

const INSERT: &str = "
    INSERT INTO _metrics
        (timestamp, hook_name, collection, duration_ms, mem_alloc_bytes, cache_hit, error)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
";

/// Stores batches.
pub(super) struct Writer {
    path: PathBuf,
    retention: Duration,
    max_rows: u64,
    connection: Option<Connection>,
    cleaned: Option<Instant>,
    is_failing: bool,
}

impl Writer {
    pub(super) fn new(path: PathBuf, retention: Duration, max_rows: u64) -> Self {
        Self {
            path,
            retention,
            max_rows,
            connection: None,
            cleaned: None,
            is_failing: false,
        }
    }

    /// Stores rows, and returns how many of them are lost.
    pub(super) fn store(&mut self, rows: &[Row]) -> u64 {
        if rows.is_empty() {
            return 0;
        }
        match self.try_store(rows) {
            Ok(()) => {
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("the table _metrics can be written again");
                }
                0
            }
            Err(err) => {
                self.connection = None;
                // Once for each time that it begins, not for each batch.
                if !std::mem::replace(&mut self.is_failing, true) {
                    let path = self.path.display();
                    tracing::error!(%path, error = %err, "executions are not stored");
                }
                rows.len() as u64
            }
        }
    }

    fn try_store(&mut self, rows: &[Row]) -> rusqlite::Result<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => open(&self.path)?,
        };
        insert(&mut connection, rows)?;
        if self
            .cleaned
            .is_none_or(|cleaned| cleaned.elapsed() >= CLEANING)
        {
            self.clean(&connection)?;
            self.cleaned = Some(Instant::now());
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn clean(&self, connection: &Connection) -> rusqlite::Result<()> {
        let oldest = jiff::Timestamp::now() - self.retention;
        connection.execute("DELETE FROM _metrics WHERE timestamp < ?1", [text(oldest)])?;
        connection.execute(
            "DELETE FROM _metrics WHERE id <= (SELECT max(id) FROM _metrics) - ?1",
            [i64::try_from(self.max_rows).unwrap_or(i64::MAX)],
        )?;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }
}

fn open(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // Rows of the last moment may be lost in a power cut; the file is not.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn insert(connection: &mut Connection, rows: &[Row]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(INSERT)?;
        for row in rows {
            insert.execute(params![
                text(row.at),
                row.hook,
                row.collection,
                row.duration_ms,
                row.mem_alloc_bytes
                    .map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
                row.cache_hit,
                row.error,
            ])?;
        }
    }
    transaction.commit()
}

/// PocketBase's form of a moment.
fn text(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}
