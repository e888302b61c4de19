//! The pool as its callers see it: hand in, look, shut down.
//!
//! One rule: handing in blocks only if the pool was built to wait for room.
//! What happens to a job after that is between worker and supervisor, and is
//! not known here.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicUsize, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{
    alarm::after,
    builder::{Builder, Options, WhenFull},
    call::Call,
    crew::PATIENCE,
    error::{PoolError, Rejected},
    queue::{Bounds, Queue, Refused},
    shared::{Factory, Shared, Task},
    signals::Signals,
    spin::Spin,
    stats::{Counters, ShutdownReport, Stats},
    supervisor,
    ticket::Ticket,
    worker::{Worker, is_at_work},
};

/// Workers behind a bounded queue.
///
/// Shared by reference between any number of threads. Dropping it is a
/// [`shutdown`](Self::shutdown) with no time to drain, so that it may block
/// for as long as the grace. Do not drop it in the destructor of an output or
/// in a waker: they run on a thread that the drop would wait for.
pub struct Pool<W: Worker> {
    shared: Arc<Shared<W>>,
    /// Nothing once a shutdown has seen it end.
    supervisor: Mutex<Option<JoinHandle<()>>>,
    /// The numbers when the pool was closed.
    closed: OnceLock<Stats>,
}

impl<W: Worker> Pool<W> {
    /// Begins to make a pool; see [`Builder`] for the options.
    pub fn builder() -> Builder<W> {
        Builder::new()
    }

    /// Hands in a job, to be treated as the pool was built.
    ///
    /// Never blocks, unless the pool was built with [`WhenFull::Wait`].
    ///
    /// # Errors
    ///
    /// The job itself, if there is no room for it, too many abandoned workers
    /// still run, or the pool is closed.
    pub fn submit(&self, job: W::Job) -> Result<Ticket<W::Output>, Rejected<W::Job>> {
        self.submit_with(job, Call::new())
    }

    /// As [`submit`](Self::submit), with limits, a key or a token for this
    /// job.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn submit_with(
        &self,
        job: W::Job,
        call: Call,
    ) -> Result<Ticket<W::Output>, Rejected<W::Job>> {
        let shared = &*self.shared;
        if shared.is_exhausted() {
            shared.counters.refused.add();
            return Err(Rejected::Exhausted(job));
        }
        let now = Instant::now();
        let token = call.token.clone();
        let (task, ticket) = shared.task(job, call, now);
        let expires = task.expires;
        match self.hand_in(task, now) {
            Ok(is_backlogged) => {
                self.ring(is_backlogged, now, expires);
                if let Some(token) = token {
                    token.watch(&shared.signals);
                }
                Ok(ticket)
            }
            Err(refused) => {
                shared.counters.refused.add();
                ticket.detach();
                Err(match refused {
                    Refused::Full(task) => Rejected::Full(task.job),
                    Refused::Closed(task) => Rejected::Closed(task.job),
                })
            }
        }
    }

    fn hand_in(&self, task: Task<W>, now: Instant) -> Result<bool, Refused<Task<W>>> {
        let shared = &*self.shared;
        let mut pushed = shared.queue.push(task);
        if let Err(Refused::Full(task)) = pushed {
            // What was cancelled is not in the way of others.
            pushed = if shared.signals.take_cancelled() {
                shared.sweep(now);
                shared.queue.push(task)
            } else {
                Err(Refused::Full(task))
            };
        }
        match (pushed, shared.options.when_full) {
            (Err(Refused::Full(task)), WhenFull::Wait(limit)) => {
                shared.counters.waited.add();
                shared.queue.push_until(task, after(now, limit))
            }
            (Err(Refused::Full(task)), WhenFull::Spawn(_)) => {
                let pushed = shared.queue.push_extra(task);
                if pushed.is_ok() {
                    shared.signals.alarm.ring_now();
                }
                pushed
            }
            (pushed, _) => pushed,
        }
    }

    /// Tells the supervisor what it may have to do for a job that waits.
    fn ring(&self, is_backlogged: bool, now: Instant, expires: Instant) {
        let alarm = &self.shared.signals.alarm;
        alarm.ring(expires);
        if is_backlogged && self.shared.options.is_elastic() {
            alarm.ring(after(now, PATIENCE));
        }
    }

    /// Runs `code` here and now, if this thread is a worker of this pool in
    /// the middle of a job. Otherwise gives it back.
    ///
    /// Whoever would wait for a job on a worker's own thread may wait for
    /// ever, as the workers could all be waiting so. The code runs under the
    /// deadline of the job that it is a part of.
    ///
    /// # Errors
    ///
    /// The code itself, on any other thread.
    pub fn try_inline<R, F: FnOnce() -> R>(&self, code: F) -> Result<R, F> {
        if is_at_work(&self.shared) {
            Ok(code())
        } else {
            Err(code)
        }
    }

    /// Has every worker [warm up](Worker::warm_up), those made from now on
    /// included, one at a time and while it has nothing else to do.
    ///
    /// Returns at once. A warm-up that panics or does not stop at its time
    /// limit costs its worker as a job would, and is the last one until the
    /// next call.
    pub fn warm_up(&self) {
        self.shared.queue.ask_to_warm_up();
    }

    /// What the pool does now and has done so far.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Closes the pool, and returns when its threads have ended.
    ///
    /// From now on no job is accepted. Those in the pool may run for `drain`;
    /// after that queued ones are answered `Closed` and running ones are asked
    /// to stop, and within the grace every ticket is answered. Threads that do
    /// not stop are abandoned, earlier abandoned ones are not waited for.
    ///
    /// May be called again, also while it runs: the earliest end of draining
    /// counts, and each call reports on all jobs since the first. A job that
    /// calls it waits for itself, until it is abandoned.
    pub fn shutdown(&self, drain: Duration) -> ShutdownReport {
        let before = self.closed.get_or_init(|| self.stats());
        let alarm = &self.shared.signals.alarm;
        // First, so that the supervisor knows why its threads end.
        alarm.cut_off(after(Instant::now(), drain));
        self.shared.queue.close();
        alarm.ring_now();
        let mut supervisor = self
            .supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = supervisor.take() {
            // It runs foreign code only guarded; were it to panic even so,
            // the numbers below are still what there is to report.
            let _ = thread.join();
        }
        ShutdownReport::between(before, &self.stats())
    }

    pub(crate) fn start(options: Options, factory: Factory<W>) -> Result<Self, PoolError> {
        let (made, first) = mpsc::channel();
        let spin = options.spin;
        let shared = Arc::new(Shared {
            queue: Queue::new(bounds(&options)),
            options,
            factory,
            signals: Arc::new(Signals::new(Spin::new(spin))),
            idle: Spin::new(spin),
            first: Mutex::new(Some(made)),
            size: AtomicUsize::new(0),
            counters: Counters::default(),
        });
        let supervisor = supervisor::start(&shared)?;
        let pool = Self {
            shared,
            supervisor: Mutex::new(Some(supervisor)),
            closed: OnceLock::new(),
        };
        match first.recv() {
            Ok(Err(cause)) => Err(PoolError::Factory(cause)),
            // Without a report no thread was to be had, and one will be.
            Ok(Ok(())) | Err(_) => Ok(pool),
        }
    }
}

fn bounds(options: &Options) -> Bounds {
    let extra = match options.when_full {
        WhenFull::Spawn(extra) => extra.get(),
        WhenFull::Refuse | WhenFull::Wait(_) => 0,
    };
    Bounds {
        waiting: options.queue,
        per_key: options.per_key,
        extra,
    }
}

impl<W: Worker> Drop for Pool<W> {
    fn drop(&mut self) {
        self.shutdown(Duration::ZERO);
    }
}

impl<W: Worker> fmt::Debug for Pool<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
