//! One worker of the pool: an executor, and the records of what it ran.
//!
//! The one rule: this is the only place where the pool and the bindings meet.

use crate::measure::{Measure, Meter};
use jsvm_bindings::{Chain, Dispatch, Env, Error, Executor, ScriptRun};
use jsvm_core::{ContentId, ErrorKind, Interrupt, LimitHit, Limits, ScriptError, Stop};
use jsvm_metrics::{Count, Metrics};
use jsvm_pool::{Call, JobError, Pool, Rejected, StopReason, Worker};
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// What came of a script.
pub type Ran = ScriptRun;

/// Work for one worker.
pub(crate) struct Job {
    timeout: Duration,
    work: Work,
    /// What is run, if it is one script.
    script: Option<ContentId>,
    /// Only if metrics are on.
    meter: Option<Meter>,
}

type Work = Box<dyn FnOnce(&Executor, Duration) -> Result<Ran, Error> + Send>;

impl Job {
    /// A script that runs by itself.
    pub(crate) fn script(
        id: ContentId,
        timeout: Duration,
        metrics: &Metrics,
        work: impl FnOnce(&Executor, Duration) -> Result<Ran, Error> + Send + 'static,
    ) -> Self {
        Self {
            timeout,
            work: Box::new(work),
            script: Some(id),
            meter: metrics.options().enabled.then(|| Meter::new(None, None)),
        }
    }

    /// The handlers of an event.
    fn chain(chain: Chain, timeout: Duration, metrics: &Metrics) -> Self {
        let meter = metrics.options().enabled.then(|| {
            let hook = chain.first().map(|handler| Arc::clone(&handler.name));
            Meter::new(hook, chain.event().collection().map(|it| it.name.clone()))
        });
        Self {
            timeout,
            work: Box::new(move |executor, timeout| {
                executor.run(chain, timeout).map(|()| Ran::default())
            }),
            script: None,
            meter,
        }
    }
}

pub(crate) struct HookWorker {
    executor: Executor,
    /// Only if metrics are on.
    measure: Option<Measure>,
    limits: Limits,
    /// Bytes that the worker's thread holds.
    live: fn() -> i64,
    /// Weight of the programs whose functions are made before their first call.
    ahead: u64,
}

/// What all workers of a runtime share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) metrics: Arc<Metrics>,
    /// Weight of the programs whose functions are made before their first call.
    pub(crate) ahead: u64,
}

impl HookWorker {
    pub(crate) fn new(env: Env, shared: &Shared) -> Result<Self, ScriptError> {
        crate::threads::limit_stack();
        let live = env.live;
        let limits = env.limits;
        let executor = Executor::new(env)?;
        let is_measured = shared.metrics.options().enabled;
        let measure = is_measured.then(|| Measure::new(&shared.metrics));
        if let Some(measure) = &measure {
            executor.observe(measure.clone());
        }
        Ok(Self {
            executor,
            measure,
            limits,
            live,
            ahead: shared.ahead,
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
        }
    }

    fn run(&mut self, job: Job, _: Instant) -> Self::Output {
        let (Some(measure), Some(meter)) = (&self.measure, &job.meter) else {
            return (job.work)(&self.executor, job.timeout);
        };
        measure.begin(meter);
        let memory = jsvm_alloc::Meter::start();
        let result = meter.run(|| (job.work)(&self.executor, job.timeout));
        let used = memory.end();
        if let (Some(id), Ok(ran)) = (job.script, &result) {
            measure.script(id, ran, used.peak, self.limits.timeout_or(job.timeout));
        }
        result
    }

    fn warm_up(&mut self) -> bool {
        self.executor.warm_up(self.ahead)
    }

    fn held_bytes(&self) -> u64 {
        u64::try_from((self.live)()).unwrap_or(0)
    }
}

pub(crate) struct StopScript {
    interrupt: Interrupt,
}

impl jsvm_pool::Stop for StopScript {
    fn stop(&self, reason: StopReason) {
        self.interrupt.trip(match reason {
            StopReason::Deadline => Stop::Deadline,
            _ => Stop::Cancelled,
        });
    }
}

/// Runs a job and waits for its end. It is counted and capped by `hook`.
pub(crate) fn run(
    pool: &Pool<HookWorker>,
    limits: &Limits,
    metrics: &Metrics,
    hook: Option<Arc<str>>,
    job: Job,
) -> Result<Ran, Error> {
    let timeout = limits.timeout_or(job.timeout);
    let meter = job.meter.clone();
    let call = Call::new().timeout(timeout);
    let call = match hook {
        Some(hook) => call.key(hook),
        None => call,
    };
    let ticket = pool
        .submit_with(job, call)
        .map_err(|rejected| refused(metrics, &rejected))?;
    ticket.wait().unwrap_or_else(|err| {
        if let (JobError::Abandoned, Some(meter)) = (&err, meter) {
            meter.give_up(metrics, timeout);
        }
        Err(failed(err, timeout))
    })
}

fn refused(metrics: &Metrics, rejected: &Rejected<Job>) -> Error {
    let (reason, message) = match rejected {
        Rejected::Full(_) => ("full", rejected.to_string()),
        Rejected::Exhausted(_) => ("exhausted", rejected.to_string()),
        _ => ("closed", "the workers are stopping".into()),
    };
    metrics.count(Count::Refused, reason, 1);
    Error::Unavailable(message)
}

/// What became of a job that no worker finished.
fn failed(err: JobError, timeout: Duration) -> Error {
    match err {
        JobError::Abandoned => {
            let hit = LimitHit::Timeout(timeout);
            Error::Script(ScriptError::limit(hit))
        }
        JobError::Closed => Error::Unavailable("the workers are stopping".into()),
        err if err.never_ran() => Error::Unavailable(err.to_string()),
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
    metrics: Arc<Metrics>,
    /// Time limits of single hooks.
    timeouts: BTreeMap<String, Duration>,
}

impl PoolDispatch {
    pub(crate) fn new(
        pool: &Arc<Pool<HookWorker>>,
        limits: Limits,
        metrics: &Arc<Metrics>,
        timeouts: BTreeMap<String, Duration>,
    ) -> Self {
        Self {
            pool: Arc::downgrade(pool),
            limits,
            metrics: Arc::clone(metrics),
            timeouts,
        }
    }
}

impl Dispatch for PoolDispatch {
    fn run(&self, chain: Chain) -> Result<(), Error> {
        let Some(pool) = self.pool.upgrade() else {
            return Err(Error::Unavailable("the workers have stopped".into()));
        };
        let hook = chain.first().map(|handler| Arc::clone(&handler.name));
        let own = hook.as_deref().and_then(|hook| self.timeouts.get(hook));
        let job = Job::chain(chain, own.copied().unwrap_or_default(), &self.metrics);
        run(&pool, &self.limits, &self.metrics, hook, job).map(drop)
    }

    fn hooks_changed(&self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.warm_up();
        }
    }
}
