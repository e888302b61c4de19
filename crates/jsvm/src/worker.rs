//! One worker of the pool: an executor, and the records of what it ran.
//!
//! The one rule: this is the only place where the pool and the bindings meet.

use jsvm_bindings::{Call, Chain, Dispatch, Env, Error, Executor, ScriptRun};
use jsvm_core::{ErrorKind, Interrupt, LimitHit, Limits, ScriptError, Stop};
use jsvm_metrics::{Execution, Metrics, Outcome};
use jsvm_pool::{JobError, Pool, Rejected, Worker};
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// What came of a script.
pub type Ran = ScriptRun;

/// Work for one worker.
pub(crate) struct Job {
    timeout: Duration,
    work: Work,
}

type Work = Box<dyn FnOnce(&Executor, Duration) -> Result<Ran, Error> + Send>;

impl Job {
    pub(crate) fn new(
        timeout: Duration,
        work: impl FnOnce(&Executor, Duration) -> Result<Ran, Error> + Send + 'static,
    ) -> Self {
        Self {
            timeout,
            work: Box::new(work),
        }
    }
}

pub(crate) struct HookWorker {
    executor: Executor,
    shared: Shared,
}

/// What all workers of a runtime share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) metrics: Arc<Metrics>,
    /// Whether the runtime is about to end.
    pub(crate) is_stopping: Arc<AtomicBool>,
}

impl HookWorker {
    pub(crate) fn new(env: Env, shared: Shared) -> Result<Self, ScriptError> {
        Ok(Self {
            executor: Executor::new(env)?,
            shared,
        })
    }
}

impl Worker for HookWorker {
    type Job = Job;
    type Output = Result<Ran, Error>;
    type Stop = StopScript;

    fn stop_handle(&self) -> StopScript {
        StopScript {
            interrupt: self.executor.arm(),
            is_stopping: Arc::clone(&self.shared.is_stopping),
        }
    }

    fn run(&mut self, job: Job, _: Instant) -> Self::Output {
        let result = (job.work)(&self.executor, job.timeout);
        for call in self.executor.take_calls() {
            record(&self.shared.metrics, &call);
        }
        result
    }
}

pub(crate) struct StopScript {
    interrupt: Interrupt,
    is_stopping: Arc<AtomicBool>,
}

impl jsvm_pool::Stop for StopScript {
    fn stop(&self) {
        self.interrupt
            .trip(if self.is_stopping.load(Ordering::Relaxed) {
                Stop::Cancelled
            } else {
                Stop::Deadline
            });
    }
}

fn record(metrics: &Metrics, call: &Call) {
    let limit = call.error.as_ref().and_then(Error::limit);
    let message = call.error.as_ref().and_then(failure);
    let outcome = match (&limit, &message) {
        (Some(hit), _) => Outcome::Limit { kind: hit.as_str() },
        (None, Some(message)) => Outcome::Error(message),
        (None, None) => Outcome::Ok,
    };
    // Only the line of a time-out tells it.
    let script = limit.map(|_| call.handler.program.id().to_string());
    metrics.record(&Execution {
        hook: &call.handler.name,
        collection: call.collection.as_deref(),
        duration: call.duration,
        outcome,
        allocated_bytes: call.allocated_bytes,
        cache_hit: call.cache_hit,
        script: script.as_deref().unwrap_or_default(),
        timeout: call.timeout,
    });
}

/// What went wrong in a handler, for the log; an answer that a handler chose is
/// no failure of it.
fn failure(err: &Error) -> Option<String> {
    match err {
        Error::Api(answer) if answer.status < 500 => None,
        Error::NotFound | Error::Validation(_) | Error::Field(_) => None,
        Error::Script(err) => Some(match &err.position {
            Some(position) => format!("{} ({position})", err.headline()),
            None => err.headline(),
        }),
        other => Some(other.to_string()),
    }
}

/// Runs a job and waits for its end.
pub(crate) fn run(pool: &Pool<HookWorker>, limits: &Limits, job: Job) -> Result<Ran, Error> {
    let timeout = limits.timeout_or(job.timeout);
    let ticket = pool.submit_with(job, timeout).map_err(|rejected| {
        Error::Unavailable(match rejected {
            Rejected::Full(_) => "the queue is full".into(),
            _ => "the workers are stopping".into(),
        })
    })?;
    ticket
        .wait()
        .unwrap_or_else(|err| Err(failed(err, timeout)))
}

/// What became of a job that no worker finished.
fn failed(err: JobError, timeout: Duration) -> Error {
    match err {
        JobError::Abandoned => {
            let hit = LimitHit::Timeout(timeout);
            Error::Script(ScriptError::limit(hit))
        }
        JobError::Closed => Error::Unavailable("the workers are stopping".into()),
        JobError::NoWorker(cause) => Error::Unavailable(cause),
        other => {
            let message = other.to_string();
            Error::Script(ScriptError::new(ErrorKind::Engine, "EngineError", message))
        }
    }
}

/// Hands chains to the pool.
pub(crate) struct PoolDispatch {
    /// Weak, because the pool's workers own apps that own this.
    pool: Weak<Pool<HookWorker>>,
    limits: Limits,
}

impl PoolDispatch {
    pub(crate) fn new(pool: &Arc<Pool<HookWorker>>, limits: Limits) -> Self {
        Self {
            pool: Arc::downgrade(pool),
            limits,
        }
    }
}

impl Dispatch for PoolDispatch {
    fn run(&self, chain: Chain) -> Result<(), Error> {
        let Some(pool) = self.pool.upgrade() else {
            return Err(Error::Unavailable("the workers have stopped".into()));
        };
        let job = Job::new(Duration::ZERO, move |executor, timeout| {
            executor.run(chain, timeout).map(|()| Ran::default())
        });
        run(&pool, &self.limits, job).map(drop)
    }
}
