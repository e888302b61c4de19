//! From what a worker's observer sees to what metrics record.
//!
//! The one rule: it only reads clocks and counters; what runs does not notice.
//! A span is open around each execution and each call of the host, of target
//! [`SPANS`], so that a subscriber can make traces of them.

use jsvm_bindings::{Call, Error, Observer, ScriptRun};
use jsvm_core::{ContentId, LimitHit, Position};
use jsvm_metrics::{Execution, HostCall, Memory, Metrics, Outcome, Recorder, Times};
use std::{
    cell::{Cell, RefCell},
    fmt::Display,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// The target of the spans, for a subscriber's filter.
pub(crate) const SPANS: &str = "jsvm::trace";

/// What the metrics call a script that runs by itself.
const SCRIPT: &str = "script";

/// What one worker measures; clones are the same.
#[derive(Clone)]
pub(crate) struct Measure(Rc<State>);

struct State {
    recorder: Recorder,
    /// Whether bytes are counted in this process.
    has_memory: bool,
    script: Arc<str>,
    job: RefCell<Current>,
    /// What the host did for the handler in progress.
    host: RefCell<Vec<HostCall>>,
    queue: Cell<Duration>,
}

/// Whether somebody still waits for the job in progress.
type Current = Option<Arc<AtomicBool>>;

impl Measure {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Self {
        Self(Rc::new(State {
            recorder: metrics.recorder(),
            has_memory: jsvm_alloc::is_installed(),
            script: SCRIPT.into(),
            job: RefCell::default(),
            host: RefCell::default(),
            queue: Cell::default(),
        }))
    }

    /// A job begins that waited for so long.
    pub(crate) fn begin(&self, meter: &Meter) {
        let waited = meter.submitted.elapsed();
        self.0.queue.set(waited);
        self.0.host.borrow_mut().clear();
        *self.0.job.borrow_mut() = Some(Arc::clone(&meter.is_given_up));
        let hook = meter.hook.as_ref().unwrap_or(&self.0.script);
        let collection = meter.collection.as_deref();
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
            err: err.as_ref(),
        });
    }

    fn record(&self, ended: Ended<'_>) {
        // The one who waited recorded a time-out when it gave up.
        let job = self.0.job.borrow();
        if job.as_ref().is_some_and(|job| job.load(Ordering::Acquire)) {
            return;
        }
        let times = Times {
            queue: self.0.queue.get(),
            host: &self.0.host.borrow(),
        };
        ended.with_execution(times, |execution| self.0.recorder.record(execution));
    }

    fn took(&self, name: &'static str, time: Duration) {
        add(
            &mut self.0.host.borrow_mut(),
            HostCall {
                name,
                count: 1,
                time,
            },
        );
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
}

impl Ended<'_> {
    fn with_execution(&self, times: Times<'_>, tell: impl FnOnce(&Execution<'_>)) {
        let limit = self.err.and_then(Error::limit);
        let message = self.err.and_then(failure);
        let outcome = match (limit, &message) {
            (Some(hit), _) => Outcome::Limit { kind: hit.as_str() },
            (None, Some(message)) => Outcome::Error(message),
            (None, None) => Outcome::Ok,
        };
        tell(&Execution {
            hook: self.hook,
            collection: self.collection,
            duration: self.duration,
            outcome,
            memory: self.memory,
            cache_hit: self.cache_hit,
            script: self.script.as_ref().map(|id| id as &dyn Display),
            place: self.err.and_then(place).map(|place| place as &dyn Display),
            timeout: self.timeout,
            times,
        });
    }
}

impl Observer for Measure {
    fn call(
        &self,
        call: &Call<'_>,
        run: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let handler = call.handler;
        let span = tracing::info_span!(
            target: SPANS,
            "jsvm.execution",
            hook = &*handler.name,
            collection = call.collection
        );
        let _span = span.entered();
        let outer = self.0.host.take();
        let meter = jsvm_alloc::Meter::start();
        let result = run();
        let duration = call.started.elapsed();
        let used = meter.end();
        let memory = Memory {
            allocated: used.allocated,
            peak: used.peak,
        };
        self.record(Ended {
            hook: &handler.name,
            collection: call.collection,
            duration,
            memory: self.0.has_memory.then_some(memory),
            cache_hit: call.cache_hit,
            script: Some(handler.program.id()),
            timeout: call.timeout,
            err: result.as_ref().err(),
        });
        for call in outer {
            add(&mut self.0.host.borrow_mut(), call);
        }
        result
    }

    fn host_call(&self, name: &'static str, run: &mut dyn FnMut()) {
        let _span = tracing::info_span!(target: SPANS, "jsvm.host_call", name).entered();
        let started = Instant::now();
        run();
        self.took(name, started.elapsed());
    }
}

fn add(calls: &mut Vec<HostCall>, call: HostCall) {
    match calls.iter_mut().find(|other| other.name == call.name) {
        Some(known) => {
            known.count = known.count.saturating_add(call.count);
            known.time = known.time.saturating_add(call.time);
        }
        None => calls.push(call),
    }
}

/// What a job carries, so that its wait and its loss can be told; its caller
/// keeps a clone.
#[derive(Clone)]
pub(crate) struct Meter {
    /// The first handler; `None` for a script.
    hook: Option<Arc<str>>,
    collection: Option<String>,
    submitted: Instant,
    is_given_up: Arc<AtomicBool>,
}

impl Meter {
    pub(crate) fn new(hook: Option<Arc<str>>, collection: Option<String>) -> Self {
        Self {
            hook,
            collection,
            submitted: Instant::now(),
            is_given_up: Arc::default(),
        }
    }

    /// Records the time-out of a job whose worker does not return, and tells
    /// that worker to record nothing if it ever does.
    pub(crate) fn give_up(&self, metrics: &Metrics, timeout: Duration) {
        self.is_given_up.store(true, Ordering::Release);
        let script: Arc<str> = SCRIPT.into();
        let kind = LimitHit::Timeout(timeout).as_str();
        metrics.record(&Execution {
            hook: self.hook.as_ref().unwrap_or(&script),
            collection: self.collection.as_deref(),
            duration: self.submitted.elapsed(),
            outcome: Outcome::Limit { kind },
            memory: None,
            cache_hit: false,
            script: None,
            place: None,
            timeout,
            times: Times::default(),
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

fn place(err: &Error) -> Option<&Position> {
    match err {
        Error::Script(err) => err.position.as_ref(),
        _ => None,
    }
}
