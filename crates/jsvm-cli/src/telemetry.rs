//! Where the numbers of `jsvm serve` go, as the configuration says.
//!
//! The one rule: telemetry never keeps the server from starting, serving or
//! stopping.

use anyhow::Result;
use jsvm::{MetricsConfig, TableMode};
use jsvm_host::{
    MetricsTable, Project,
    table::{Keep, Options},
};
use std::{sync::Arc, time::Duration};

/// How long the end of the program may wait for telemetry.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// The table of executions, if it is wanted.
pub(crate) fn table(
    project: &Project,
    config: &MetricsConfig,
) -> Result<Option<Arc<MetricsTable>>> {
    let keep = match config.table {
        TableMode::All => Keep::All,
        TableMode::Sample => Keep::Sample(config.table_sample),
        TableMode::Slow => Keep::Slow(config.table_slow),
        _ => return Ok(None),
    };
    let options = Options {
        keep,
        retention: config.table_retention,
        max_rows: config.table_max_rows,
    };
    let table = MetricsTable::start(&project.data_dir(), &options)?;
    Ok(Some(Arc::new(table)))
}

/// Stores what is waiting, within a bounded time.
pub(crate) fn flush(table: &MetricsTable) {
    if !table.flush(LAST_WAIT) {
        tracing::warn!("some executions of the last moment may not be stored");
    }
    if table.lost() > 0 {
        tracing::warn!(rows = table.lost(), "executions that were not stored");
    }
}
