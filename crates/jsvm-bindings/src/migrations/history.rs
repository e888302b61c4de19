//! Which migrations were applied: the table `_migrations`, as PocketBase has it.
//!
//! The one rule: a row is written in the transaction of its migration.

use crate::{app::App, error::Error, sql::Statement};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Makes the table if it is not there.
pub(super) fn prepare(app: &App) -> Result<(), Error> {
    let sql = "CREATE TABLE IF NOT EXISTS _migrations \
               (file VARCHAR(255) PRIMARY KEY NOT NULL, applied INTEGER NOT NULL)";
    run(app, sql, []).map(drop)
}

pub(super) fn is_applied(app: &App, file: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM _migrations WHERE file = ?";
    Ok(!run(app, sql, [file.into()])?.is_empty())
}

pub(super) fn add(app: &App, file: &str) -> Result<(), Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = now.map_or(0, |now| now.as_micros());
    let applied = u64::try_from(micros).unwrap_or(u64::MAX);
    let sql = "INSERT INTO _migrations (file, applied) VALUES (?, ?)";
    run(app, sql, [file.into(), applied.into()]).map(drop)
}

pub(super) fn remove(app: &App, file: &str) -> Result<(), Error> {
    let sql = "DELETE FROM _migrations WHERE file = ?";
    run(app, sql, [file.into()]).map(drop)
}

/// The files that were applied, the last one first.
pub(super) fn applied(app: &App) -> Result<Vec<String>, Error> {
    // PocketBase: early versions wrote seconds, later ones microseconds.
    let sql = "SELECT file FROM _migrations WHERE file != '' \
               ORDER BY substr(applied || '0000000000000000', 0, 17) DESC, file DESC";
    run(app, sql, [])
}

/// The first column of what a statement finds.
fn run<const N: usize>(app: &App, sql: &str, values: [Value; N]) -> Result<Vec<String>, Error> {
    /// A row of a small table; another process may be writing.
    const PATIENCE: Duration = Duration::from_secs(10);
    let outcome = app.rows().run_sql(&Statement {
        sql: sql.into(),
        values: values.to_vec(),
        timeout: PATIENCE,
    })?;
    let first = outcome
        .rows
        .into_iter()
        .filter_map(|row| row.into_iter().next());
    Ok(first.map(|value| crate::cast::to_text(&value)).collect())
}
