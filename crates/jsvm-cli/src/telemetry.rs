//! Where the numbers of `jsvm serve` go, as the configuration says.
//!
//! The one rule: telemetry never keeps the server from starting, serving or
//! stopping.

use crate::output::log_to_stderr;
use anyhow::Result;
#[cfg(feature = "otlp")]
use jsvm::metrics::otlp::{Exporter, OtlpError, Settings, Signal, Traces, Transport};
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

/// Starts to log, and to trace if that is asked for; what cannot be had is
/// told as soon as there is a log.
pub(crate) fn log(config: &MetricsConfig) -> Option<Traces> {
    let traces = match config.enabled {
        true => traces(),
        false => Ok(None),
    };
    let layer = match &traces {
        Ok(Some(traces)) => Some(layer(traces)),
        _ => None,
    };
    log_to_stderr(config.log_format, "warn", layer);
    traces.unwrap_or_else(|err| {
        tracing::error!(%err, "traces are not exported");
        None
    })
}

/// What has to be told once more when the program ends.
pub(crate) struct Outlets {
    table: Option<Arc<MetricsTable>>,
    exporter: Option<Exporter>,
    traces: Option<Traces>,
}

impl Outlets {
    /// Starts to export what `runtime` does, if that is asked for.
    pub(crate) fn start(
        runtime: &Runtime,
        config: &MetricsConfig,
        table: Option<Arc<MetricsTable>>,
        traces: Option<Traces>,
    ) -> Self {
        if let Some(traces) = &traces {
            traces.count_losses_in(runtime.telemetry().metrics());
        }
        Self {
            table,
            exporter: export(runtime, config),
            traces,
        }
    }

    /// Exports and stores what is waiting, both at once and within a bounded
    /// time.
    pub(crate) fn close(self) {
        thread::scope(|scope| {
            scope.spawn(|| self.table.as_deref().map(flush));
            scope.spawn(|| {
                if let Some(traces) = self.traces
                    && !traces.shutdown(LAST_WAIT)
                {
                    tracing::warn!("the last traces were not exported");
                }
            });
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

#[cfg(feature = "otlp")]
fn settings(signal: Signal) -> Result<Option<Settings>, OtlpError> {
    Settings::from_variables(signal, |name| std::env::var(name).ok())
}

#[cfg(feature = "otlp")]
fn transport(settings: &Settings) -> Result<Box<dyn Transport>, OtlpError> {
    match settings.protocol {
        #[cfg(feature = "otlp-grpc")]
        jsvm::metrics::otlp::Protocol::Grpc => crate::grpc::transport(settings),
        _ => jsvm::metrics::otlp::http(settings),
    }
}

#[cfg(feature = "otlp")]
fn traces() -> Result<Option<Traces>, OtlpError> {
    settings(Signal::Traces)?
        .map(|settings| Traces::start(&settings, transport(&settings)?))
        .transpose()
}

/// Traces are made of the spans of executions and of nothing else.
#[cfg(feature = "otlp")]
fn layer(traces: &Traces) -> crate::output::SpanLayer {
    use tracing_subscriber::{Layer, filter::Targets};
    let spans = Targets::new().with_target(jsvm::SPANS, tracing::Level::INFO);
    traces.layer().with_filter(spans).boxed()
}

/// An exporter as the variables ask for it; one that cannot be had is told.
#[cfg(feature = "otlp")]
fn export(runtime: &Runtime, config: &MetricsConfig) -> Option<Exporter> {
    let started = settings(Signal::Metrics).and_then(|settings| {
        let Some(settings) = settings.filter(|_| config.enabled) else {
            return Ok(None);
        };
        let telemetry = runtime.telemetry();
        let metrics = Arc::clone(telemetry.metrics());
        let transport = transport(&settings)?;
        let source = move || telemetry.families();
        Exporter::start(settings, transport, config.naming, &metrics, source).map(Some)
    });
    started.unwrap_or_else(|err| {
        tracing::error!(%err, "metrics are not exported");
        None
    })
}

/// Without the feature nothing is exported, and nothing of this is ever made.
#[cfg(not(feature = "otlp"))]
mod without {
    use super::*;
    use std::convert::Infallible;

    pub(crate) enum Never {}

    pub(super) type Exporter = Never;
    pub(crate) type Traces = Never;

    impl Never {
        pub(super) fn shutdown(self, _: Duration) -> bool {
            match self {}
        }

        pub(super) fn count_losses_in<T>(&self, _: T) {
            match *self {}
        }
    }

    pub(super) fn traces() -> Result<Option<Traces>, Infallible> {
        Ok(None)
    }

    pub(super) fn layer(traces: &Traces) -> crate::output::SpanLayer {
        match *traces {}
    }

    pub(super) fn export(_: &Runtime, _: &MetricsConfig) -> Option<Exporter> {
        None
    }
}

#[cfg(not(feature = "otlp"))]
use without::*;
