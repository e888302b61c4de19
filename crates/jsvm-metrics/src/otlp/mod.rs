//! Export by OTLP over HTTP with protobuf, to a collector.
//!
//! One rule: nothing that a collector does is felt by who records. The
//! exporter has a thread of its own, holds one request at most, and gives up
//! in bounded time; what is not delivered is counted.
//! Values are cumulated, so a lost export loses resolution and no counts.
//!
//! The exporters of OpenTelemetry's SDK take single measurements and sum them
//! up themselves, which costs a hundred nanoseconds each; ours are summed up
//! already, so only the messages are theirs.

mod client;
mod request;
mod settings;
#[cfg(feature = "otlp-tls")]
mod tls;
mod traces;
mod transport;

pub use self::{
    client::{USER_AGENT, compressed},
    settings::{OtlpError, Protocol, Settings, Signal},
    traces::Traces,
    transport::{Refusal, Transport, http},
};

use crate::{
    families::Family,
    instruments::Naming,
    metrics::{Count, Metrics},
};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message;
use std::{
    fmt,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

/// How often one export is tried.
const ATTEMPTS: u32 = 4;
/// How long to wait before the second attempt; doubled before each more.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Sends all numbers to a collector, again and again.
///
/// Dropping it ends the thread without a last export; use
/// [`shutdown`](Self::shutdown).
pub struct Exporter {
    /// Closed to stop the thread at once.
    stop: Option<SyncSender<Stop>>,
    ended: Receiver<bool>,
}

/// Asks for a last export that takes no longer.
struct Stop {
    limit: Duration,
}

impl Exporter {
    /// Starts to export what `source` returns, at the interval of the
    /// settings, over `transport`, which is [`http`] or the caller's own;
    /// losses are counted in `metrics`.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub fn start(
        settings: Settings,
        transport: Box<dyn Transport>,
        naming: Naming,
        metrics: &Arc<Metrics>,
        source: impl Fn() -> Vec<Family> + Send + 'static,
    ) -> Result<Self, OtlpError> {
        let (stop, stopped) = mpsc::sync_channel(1);
        let (end, ended) = mpsc::sync_channel(1);
        let mut worker = Worker {
            transport,
            settings,
            naming,
            metrics: Arc::clone(metrics),
            source: Box::new(source),
            started: SystemTime::now(),
            is_failing: false,
            stopped,
        };
        thread::Builder::new()
            .name("jsvm-otlp".into())
            .spawn(move || {
                // Who waited may be gone.
                let _ = end.send(worker.run());
            })
            .map_err(|err| OtlpError::Start(err.to_string()))?;
        Ok(Self {
            stop: Some(stop),
            ended,
        })
    }

    /// Exports for the last time and ends; whether that export was delivered.
    ///
    /// Returns after `limit` at the latest, whatever the collector does.
    pub fn shutdown(mut self, limit: Duration) -> bool {
        if let Some(stop) = self.stop.take() {
            // The thread is there as long as this end is.
            let _ = stop.try_send(Stop { limit });
        }
        self.ended.recv_timeout(limit).unwrap_or(false)
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").finish_non_exhaustive()
    }
}

/// What the thread owns.
struct Worker {
    transport: Box<dyn Transport>,
    settings: Settings,
    naming: Naming,
    metrics: Arc<Metrics>,
    source: Box<dyn Fn() -> Vec<Family> + Send>,
    started: SystemTime,
    is_failing: bool,
    stopped: Receiver<Stop>,
}

impl Worker {
    /// Exports until it is stopped; whether the last export was delivered.
    fn run(&mut self) -> bool {
        let mut due = Instant::now() + self.settings.first;
        loop {
            if let Err(end) = self.wait(due) {
                return end.is_some_and(|stop| self.last(&stop));
            }
            due = Instant::now() + self.settings.interval;
            if let Err(end) = self.export(due) {
                return end.is_some_and(|stop| self.last(&stop));
            }
        }
    }

    /// Waits for a moment, or for the end.
    fn wait(&self, until: Instant) -> Result<(), Option<Stop>> {
        let left = until.saturating_duration_since(Instant::now());
        match self.stopped.recv_timeout(left) {
            Ok(stop) => Err(Some(stop)),
            Err(RecvTimeoutError::Disconnected) => Err(None),
            Err(RecvTimeoutError::Timeout) => Ok(()),
        }
    }

    /// Exports once, with some attempts before the next export is due.
    fn export(&mut self, due: Instant) -> Result<(), Option<Stop>> {
        let mut pause = FIRST_WAIT;
        for attempt in 1..=ATTEMPTS {
            let refusal = match self.send(self.settings.timeout) {
                Ok(()) => return Ok(()),
                Err(refusal) => refusal,
            };
            let again = Instant::now() + refusal.after.unwrap_or(pause);
            if !refusal.is_temporary || attempt == ATTEMPTS || again >= due {
                self.lost(&refusal.cause);
                return Ok(());
            }
            self.wait(again)?;
            pause *= 2;
        }
        Ok(())
    }

    fn last(&mut self, stop: &Stop) -> bool {
        match self.send(self.settings.timeout.min(stop.limit)) {
            Ok(()) => true,
            Err(refusal) => {
                self.lost(&refusal.cause);
                false
            }
        }
    }

    /// Sends what is known now; an attempt never carries old numbers.
    fn send(&mut self, timeout: Duration) -> Result<(), Refusal> {
        let families = (self.source)();
        let resource = &self.settings.resource;
        let request = request::message(&families, self.naming, resource, self.started);
        let answer = self.transport.send(&request.encode_to_vec(), timeout)?;
        let rejected = rejected(&answer);
        if rejected > 0 {
            self.metrics.count(Count::Dropped, "otlp", rejected);
            tracing::warn!(rejected, "the collector rejected some series");
        }
        if std::mem::take(&mut self.is_failing) {
            tracing::info!("the collector takes metrics again");
        }
        Ok(())
    }

    fn lost(&mut self, cause: &str) {
        self.metrics.count(Count::Dropped, "otlp", 1);
        // Once for each time that it begins, not for each export.
        if !std::mem::replace(&mut self.is_failing, true) {
            let endpoint = &self.settings.endpoint;
            tracing::warn!(%endpoint, cause, "metrics are not exported");
        }
    }
}

/// How many series a collector did not take of those that it was sent.
fn rejected(answer: &[u8]) -> u64 {
    let response = ExportMetricsServiceResponse::decode(answer).unwrap_or_default();
    let partial = response.partial_success.unwrap_or_default();
    u64::try_from(partial.rejected_data_points).unwrap_or(0)
}
