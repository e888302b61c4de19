//! Export of spans by OTLP, as traces.
//!
//! One rule: nothing that a collector does is felt by whoever opens a span.
//! What ended waits in a bounded queue for a thread of its own; what finds it
//! full, or is not delivered, is counted.

use super::{
    settings::{OtlpError, Settings},
    transport::{Refusal, Transport},
};
use crate::metrics::{Count, Metrics};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_proto::{
    tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SdkTracer, SdkTracerProvider, Span, SpanData, SpanProcessor},
};
use prost::Message;
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// Spans that may wait.
const QUEUE: usize = 4096;
/// Spans of one request.
const BATCH: usize = 512;
/// How often one request is tried.
const ATTEMPTS: u32 = 4;
/// How long to wait before the second attempt; doubled before each more.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// A collector that wants to be left alone for longer does not get the batch.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Sends spans to a collector, in batches.
pub struct Traces {
    provider: SdkTracerProvider,
    queue: SyncSender<Entry>,
    stop: mpsc::Sender<Instant>,
    ended: Receiver<bool>,
    losses: Arc<Losses>,
}

/// What waits.
enum Entry {
    Span(Box<SpanData>),
    /// Somebody stops the thread: it is to look.
    Stop,
}

/// Spans that did not arrive.
#[derive(Debug, Default)]
struct Losses {
    spans: AtomicU64,
    metrics: OnceLock<Arc<Metrics>>,
}

impl Losses {
    fn add(&self, spans: u64) {
        self.spans.fetch_add(spans, Ordering::Relaxed);
        if let Some(metrics) = self.metrics.get() {
            metrics.count(Count::Dropped, "traces", spans);
        }
    }
}

impl Traces {
    /// Starts to export what [`layer`](Self::layer) sees, over `transport`.
    ///
    /// Which traces are kept is for `OTEL_TRACES_SAMPLER`; by default, all are.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub fn start(settings: &Settings, transport: Box<dyn Transport>) -> Result<Self, OtlpError> {
        let (queue, entries) = mpsc::sync_channel(QUEUE);
        let (stop, stopped) = mpsc::channel();
        let (end, ended) = mpsc::sync_channel(1);
        let losses = Arc::new(Losses::default());
        let attributes = settings.resource.iter();
        let attributes = attributes.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let resource = Resource::builder_empty()
            .with_attributes(attributes)
            .build();
        let mut worker = Worker {
            transport,
            endpoint: settings.endpoint.clone(),
            timeout: settings.timeout,
            interval: settings.interval,
            resource: (&resource).into(),
            losses: Arc::clone(&losses),
            is_failing: false,
            entries,
            stopped,
        };
        thread::Builder::new()
            .name("jsvm-traces".into())
            .spawn(move || {
                // Who waited may be gone.
                let _ = end.send(worker.run());
            })
            .map_err(|err| OtlpError::Start(err.to_string()))?;
        let processor = Queue {
            entries: queue.clone(),
            losses: Arc::clone(&losses),
        };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(processor)
            .build();
        Ok(Self {
            provider,
            queue,
            stop,
            ended,
            losses,
        })
    }

    /// What a subscriber needs, to make traces of its spans.
    pub fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = self.provider.tracer(env!("CARGO_PKG_NAME"));
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
    }

    /// Counts spans that are lost from now on in `metrics`.
    pub fn count_losses_in(&self, metrics: &Arc<Metrics>) {
        // The first one stays.
        let _ = self.losses.metrics.set(Arc::clone(metrics));
    }

    /// How many spans did not arrive.
    pub fn lost(&self) -> u64 {
        self.losses.spans.load(Ordering::Relaxed)
    }

    /// Exports what waits and ends; whether all of that was delivered.
    ///
    /// Returns after `limit` at the latest, whatever the collector does.
    pub fn shutdown(self, limit: Duration) -> bool {
        // The thread may have panicked; then nobody answers below.
        let _ = self.stop.send(Instant::now() + limit);
        // A full queue wakes it, too.
        let _ = self.queue.try_send(Entry::Stop);
        self.ended.recv_timeout(limit).unwrap_or(false)
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").finish_non_exhaustive()
    }
}

/// Where spans go when they end.
#[derive(Debug)]
struct Queue {
    entries: SyncSender<Entry>,
    losses: Arc<Losses>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry")
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        let entry = Entry::Span(Box::new(span));
        if self.entries.try_send(entry).is_err() {
            self.losses.add(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// What the thread owns.
struct Worker {
    transport: Box<dyn Transport>,
    endpoint: String,
    timeout: Duration,
    interval: Duration,
    resource: ResourceAttributesWithSchema,
    losses: Arc<Losses>,
    is_failing: bool,
    entries: Receiver<Entry>,
    stopped: Receiver<Instant>,
}

impl Worker {
    /// Exports until it is stopped; whether all that waited then arrived.
    fn run(&mut self) -> bool {
        loop {
            let (spans, is_open) = self.collect();
            let end = match is_open {
                true => self.stopped.try_recv().ok(),
                // Nobody can make spans any more, nor wait for the end.
                false => return self.deliver(spans),
            };
            if let Some(end) = end {
                return self.last(spans, end);
            }
            self.deliver(spans);
        }
    }

    /// A batch, when it is full, old enough, or somebody wants to stop; and
    /// whether there can be more.
    fn collect(&self) -> (Vec<SpanData>, bool) {
        let due = Instant::now() + self.interval;
        let mut spans = Vec::new();
        while spans.len() < BATCH {
            let left = due.saturating_duration_since(Instant::now());
            match self.entries.recv_timeout(left) {
                Ok(Entry::Span(span)) => spans.push(*span),
                Ok(Entry::Stop) | Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return (spans, false),
            }
        }
        (spans, true)
    }

    /// Sends a batch, with some attempts; whether it arrived.
    fn deliver(&mut self, spans: Vec<SpanData>) -> bool {
        let Some(message) = self.message(spans) else {
            return true;
        };
        let mut pause = FIRST_WAIT;
        for attempt in 1.. {
            let Err(refusal) = self.send(&message, self.timeout) else {
                return true;
            };
            let pause_now = refusal.after.unwrap_or(pause);
            if !refusal.is_temporary || attempt == ATTEMPTS || pause_now > LONGEST_WAIT {
                self.lose(&message, &refusal.cause);
                return false;
            }
            if let Ok(end) = self.stopped.recv_timeout(pause_now) {
                let arrived = self.try_once(&message, end);
                return self.last(Vec::new(), end) && arrived;
            }
            pause *= 2;
        }
        false
    }

    /// Sends all that waits, each batch once, and none after `end`.
    fn last(&mut self, mut spans: Vec<SpanData>, end: Instant) -> bool {
        let mut all_arrived = true;
        loop {
            while spans.len() < BATCH
                && let Ok(entry) = self.entries.try_recv()
            {
                if let Entry::Span(span) = entry {
                    spans.push(*span);
                }
            }
            match self.message(std::mem::take(&mut spans)) {
                Some(message) => all_arrived &= self.try_once(&message, end),
                None => return all_arrived,
            }
        }
    }

    fn try_once(&mut self, message: &Batch, end: Instant) -> bool {
        let left = end.saturating_duration_since(Instant::now());
        match self.send(message, self.timeout.min(left)) {
            Ok(()) => true,
            Err(refusal) => {
                self.lose(message, &refusal.cause);
                false
            }
        }
    }

    fn message(&self, spans: Vec<SpanData>) -> Option<Batch> {
        let count = spans.len() as u64;
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(spans, &self.resource),
        };
        (count > 0).then(|| Batch {
            spans: count,
            message: request.encode_to_vec(),
        })
    }

    fn send(&mut self, batch: &Batch, timeout: Duration) -> Result<(), Refusal> {
        let answer = self.transport.send(&batch.message, timeout)?;
        let response = ExportTraceServiceResponse::decode(&answer[..]).unwrap_or_default();
        let rejected = response.partial_success.unwrap_or_default().rejected_spans;
        if let Ok(rejected @ 1..) = u64::try_from(rejected) {
            self.losses.add(rejected);
            tracing::warn!(rejected, "the collector rejected some spans");
        }
        if std::mem::take(&mut self.is_failing) {
            tracing::info!("the collector takes traces again");
        }
        Ok(())
    }

    fn lose(&mut self, batch: &Batch, cause: &str) {
        self.losses.add(batch.spans);
        // Once for each time that it begins, not for each batch.
        if !std::mem::replace(&mut self.is_failing, true) {
            let endpoint = &self.endpoint;
            tracing::warn!(%endpoint, cause, "traces are not exported");
        }
    }
}

/// Spans that are ready to be sent.
struct Batch {
    spans: u64,
    message: Vec<u8>,
}
