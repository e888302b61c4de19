//! Where the numbers of `jsvm serve` go, as the configuration says.
//!
//! The one rule: telemetry never keeps the server from starting, serving or
//! stopping.

use anyhow::Result;
#[cfg(feature = "otlp")]
use jsvm::metrics::otlp::{Exporter, Settings};
use jsvm::{MetricsConfig, Runtime, TableMode};
use jsvm_host::{
    MetricsTable, Project,
    table::{Keep, Options},
};
use std::{sync::Arc, thread, time::Duration};

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

/// What has to be told once more when the program ends.
pub(crate) struct Outlets {
    table: Option<Arc<MetricsTable>>,
    exporter: Option<Exporter>,
}

impl Outlets {
    /// Starts to export what `runtime` does, if that is asked for.
    pub(crate) fn start(
        runtime: &Runtime,
        config: &MetricsConfig,
        table: Option<Arc<MetricsTable>>,
    ) -> Self {
        Self {
            table,
            exporter: export(runtime, config),
        }
    }

    /// Exports and stores what is waiting, both at once and within a bounded
    /// time.
    pub(crate) fn close(self) {
        thread::scope(|scope| {
            scope.spawn(|| self.table.as_deref().map(flush));
            if let Some(exporter) = self.exporter
                && !exporter.shutdown(LAST_WAIT)
            {
                tracing::warn!("the last metrics were not exported");
            }
        });
    }
}

fn flush(table: &MetricsTable) {
    if !table.flush(LAST_WAIT) {
        tracing::warn!("some executions of the last moment may not be stored");
    }
    if table.lost() > 0 {
        tracing::warn!(rows = table.lost(), "executions that were not stored");
    }
}

/// An exporter as the variables ask for it; one that cannot be had is told.
#[cfg(feature = "otlp")]
fn export(runtime: &Runtime, config: &MetricsConfig) -> Option<Exporter> {
    let settings = Settings::from_variables(|name| std::env::var(name).ok());
    let started = settings.and_then(|settings| {
        let Some(settings) = settings.filter(|_| config.enabled) else {
            return Ok(None);
        };
        let telemetry = runtime.telemetry();
        let metrics = Arc::clone(telemetry.metrics());
        let source = move || telemetry.families();
        Exporter::start(settings, config.naming, &metrics, source).map(Some)
    });
    started.unwrap_or_else(|err| {
        tracing::error!(%err, "metrics are not exported");
        None
    })
}

/// Without the feature there is no exporter, and none is ever made.
#[cfg(not(feature = "otlp"))]
enum Exporter {}

#[cfg(not(feature = "otlp"))]
impl Exporter {
    fn shutdown(self, _: Duration) -> bool {
        match self {}
    }
}

#[cfg(not(feature = "otlp"))]
fn export(_: &Runtime, _: &MetricsConfig) -> Option<Exporter> {
    None
}
