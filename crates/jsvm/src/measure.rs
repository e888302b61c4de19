//! From what a worker's observer sees to what metrics record.
//!
//! The one rule: it only reads clocks and counters; what runs does not notice.
//! A span is open around each execution and each call of the host, of target
//! [`SPANS`], so that a subscriber can make traces of them.

use crate::host_calls::HostCalls;
use jsvm_bindings::{Call, Error, Observer, ScriptRun};
use jsvm_core::{Clock, ContentId, LimitHit, Moment, Position};
use jsvm_metrics::{Execution, Memory, Metrics, Outcome, Recorder, Times};
use std::{
    cell::{Cell, RefCell},
    fmt::Display,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use tracing::{Level, Span, field::Empty, level_filters::LevelFilter};

/// The target of the spans around executions, `jsvm.execution`, and calls of
/// the host in them, `jsvm.host_call`, for a subscriber's filter.
///
/// Without a subscriber that wants them they cost nothing.
pub const SPANS: &str = "jsvm::trace";

/// What the metrics call a script that runs by itself.
const SCRIPT: &str = "script";

/// What one worker measures; clones are the same.
#[derive(Clone)]
pub(crate) struct Measure(Rc<State>);

struct State {
    recorder: Recorder,
    clock: Clock,
    /// Whether bytes are counted in this process.
    has_memory: bool,
    script: Arc<str>,
    job: RefCell<Option<Meter>>,
    host: HostCalls,
    queue: Cell<Duration>,
}

impl Measure {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Self {
        Self(Rc::new(State {
            recorder: metrics.recorder(),
            clock: Clock::get(),
            has_memory: jsvm_alloc::is_installed(),
            script: SCRIPT.into(),
            job: RefCell::default(),
            host: HostCalls::default(),
            queue: Cell::default(),
        }))
    }

    /// A job begins.
    pub(crate) fn begin(&self, meter: &Meter) {
        let job = &meter.0;
        let waited = self.0.clock.since(job.submitted);
        self.0.queue.set(waited);
        self.0.host.clear();
        *self.0.job.borrow_mut() = Some(meter.clone());
        let hook = job.hook.as_ref().unwrap_or(&self.0.script);
        let collection = job.collection.as_deref();
        self.0.recorder.waited(hook, collection, waited);
    }

    /// A script has run by itself.
    pub(crate) fn script(&self, id: ContentId, ran: &ScriptRun, peak: u64, timeout: Duration) {
        let err = ran.result.as_ref().err();
        let err = err.map(|err| Error::Script(err.clone()));
        self.record(Ended {
            hook: &self.0.script,
            collection: None,
            duration: ran.duration,
            memory: self.0.has_memory.then_some(Memory {
                allocated: ran.allocated_bytes,
                peak,
            }),
            cache_hit: ran.cache_hit,
            script: Some(id),
            timeout,
            place: err.as_ref().and_then(Error::position),
            err: err.as_ref(),
        });
    }

    /// A call has ended.
    #[inline]
    fn called(&self, call: &Call<'_>, duration: Duration, memory: Option<Memory>) {
        let (hook, collection) = (&call.handler().name, call.collection());
        let cache_hit = call.is_cache_hit();
        let is_counted = call.error().is_none()
            && !self.is_given_up()
            && (self.0.recorder).count(hook, collection, duration, memory, cache_hit);
        if !is_counted {
            self.record(Ended {
                hook,
                collection,
                duration,
                memory,
                cache_hit,
                script: Some(call.handler().program.id()),
                timeout: call.timeout(),
                err: call.error(),
                place: call.place(),
            });
        }
    }

    #[cold]
    fn record(&self, ended: Ended<'_>) {
        let is_told = match ended.err.and_then(Error::limit) {
            Some(_) => !self.ends_here(),
            None => self.is_given_up(),
        };
        if is_told {
            return;
        }
        self.0.host.tell(|host| {
            let queue = self.0.queue.get();
            let times = Times { queue, host };
            ended.with_execution(times, |execution| self.0.recorder.record(execution));
        });
    }

    /// Whether the one who waited recorded a time-out when it gave up.
    #[inline]
    fn is_given_up(&self) -> bool {
        let job = self.0.job.borrow();
        job.as_ref()
            .is_some_and(|job| job.0.teller.load(Ordering::Acquire) == CALLER)
    }

    /// Whether it is for the worker to record that the job was ended.
    fn ends_here(&self) -> bool {
        let job = self.0.job.borrow();
        job.as_ref().is_none_or(|job| job.0.is_for(WORKER))
    }
}

/// What is known of an execution that has ended.
struct Ended<'a> {
    hook: &'a Arc<str>,
    collection: Option<&'a str>,
    duration: Duration,
    memory: Option<Memory>,
    cache_hit: bool,
    script: Option<ContentId>,
    timeout: Duration,
    err: Option<&'a Error>,
    place: Option<&'a Position>,
}

impl Ended<'_> {
    fn with_execution(&self, times: Times<'_>, tell: impl FnOnce(&Execution<'_>)) {
        let message = self.err.and_then(failure);
        tell(&Execution {
            hook: self.hook,
            collection: self.collection,
            duration: self.duration,
            outcome: outcome(self.err, message.as_deref()),
            memory: self.memory,
            cache_hit: self.cache_hit,
            script: self.script.as_ref().map(|id| id as &dyn Display),
            place: self.place.map(|place| place as &dyn Display),
            timeout: self.timeout,
            times: Some(times),
        });
    }
}

fn outcome<'a>(err: Option<&Error>, message: Option<&'a str>) -> Outcome<'a> {
    match (err.and_then(Error::limit), message) {
        (Some(hit), _) => Outcome::Limit { kind: hit.as_str() },
        (None, Some(message)) => Outcome::Error(message),
        (None, None) => Outcome::Ok,
    }
}

impl Observer for Measure {
    fn call(&self, call: &mut Call<'_>) {
        // One comparison, so that spans cost nothing where there are none.
        match Level::INFO <= LevelFilter::current() {
            true => self.call_in_span(call),
            false => self.measured(call),
        }
    }

    fn host_call(&self, name: &'static str, run: &mut dyn FnMut()) {
        let span = tracing::info_span!(target: SPANS, "jsvm.host_call", name, otel.name = name);
        let _entered = (!span.is_disabled()).then(|| span.enter());
        let started = self.0.clock.now();
        run();
        self.0.host.add(name, self.0.clock.since(started));
    }
}

impl Measure {
    #[cold]
    fn call_in_span(&self, call: &mut Call<'_>) {
        let span = execution_span(call);
        if span.is_disabled() {
            return self.measured(call);
        }
        span.in_scope(|| self.measured(call));
        tell_outcome(&span, call);
    }

    #[inline]
    fn measured(&self, call: &mut Call<'_>) {
        let outer = self.0.host.begin();
        let meter = jsvm_alloc::Meter::start();
        call.run();
        let duration = self.0.clock.since(call.started());
        let used = meter.end();
        let memory = self.0.has_memory.then_some(Memory {
            allocated: used.allocated,
            peak: used.peak,
        });
        self.called(call, duration, memory);
        self.0.host.end(outer);
    }
}

/// The span of one call, named for people by its hook; disabled if nobody
/// wants it.
fn execution_span(call: &Call<'_>) -> Span {
    tracing::info_span!(
        target: SPANS,
        "jsvm.execution",
        hook = &*call.handler().name,
        collection = call.collection(),
        outcome = Empty,
        error = Empty,
        otel.name = &*call.handler().name,
        otel.status_code = Empty,
    )
}

/// How the call ended, for who looks at its span.
fn tell_outcome(span: &Span, call: &Call<'_>) {
    let message = call.error().and_then(failure);
    let outcome = outcome(call.error(), message.as_deref());
    span.record("outcome", outcome.label());
    if let Some(message) = message {
        span.record("error", message);
        // OpenTelemetry: success is left unset.
        span.record("otel.status_code", "ERROR");
    }
}

/// What a job carries, so that its wait and its loss can be told; its caller
/// keeps a clone.
#[derive(Clone)]
pub(crate) struct Meter(Arc<Submitted>);

struct Submitted {
    /// The first handler; `None` for a script.
    hook: Option<Arc<str>>,
    collection: Option<String>,
    submitted: Moment,
    /// What its caller was in the middle of.
    cause: Span,
    /// Who records that a limit ended it: whichever is first.
    teller: AtomicU8,
}

/// Nobody has told of a limit yet.
const NOBODY: u8 = 0;
/// The worker came to the limit in time.
const WORKER: u8 = 1;
/// The caller did not wait any longer.
const CALLER: u8 = 2;

impl Submitted {
    /// Whether that one records a limit: it did before, or nobody did.
    fn is_for(&self, teller: u8) -> bool {
        let order = (Ordering::AcqRel, Ordering::Acquire);
        let claimed = self
            .teller
            .compare_exchange(NOBODY, teller, order.0, order.1);
        claimed.is_ok() || claimed == Err(teller)
    }
}

impl Meter {
    pub(crate) fn new(hook: Option<Arc<str>>, collection: Option<String>) -> Self {
        Self(Arc::new(Submitted {
            hook,
            collection,
            submitted: Clock::get().now(),
            cause: Span::current(),
            teller: AtomicU8::new(NOBODY),
        }))
    }

    /// Does the job's work as a part of what caused it.
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        match self.0.cause.is_disabled() {
            true => work(),
            false => self.0.cause.in_scope(work),
        }
    }

    /// Records the time-out of a job whose worker does not return, unless it
    /// did so at the last moment, and keeps it from recording anything later.
    pub(crate) fn give_up(&self, metrics: &Metrics, timeout: Duration) {
        if !self.0.is_for(CALLER) {
            return;
        }
        let script: Arc<str> = SCRIPT.into();
        let kind = LimitHit::Timeout(timeout).as_str();
        metrics.record(&Execution {
            hook: self.0.hook.as_ref().unwrap_or(&script),
            collection: self.0.collection.as_deref(),
            duration: Clock::get().since(self.0.submitted),
            outcome: Outcome::Limit { kind },
            memory: None,
            cache_hit: false,
            script: None,
            place: None,
            timeout,
            times: None,
        });
    }
}

/// What went wrong in a handler, for the log; an answer that a handler chose is
/// no failure of it.
fn failure(err: &Error) -> Option<String> {
    match err {
        Error::Api(answer) if answer.status < 500 => None,
        Error::NotFound | Error::Validation(_) | Error::Field(_) => None,
        Error::Script(err) => Some(err.headline()),
        other => Some(other.to_string()),
    }
}
