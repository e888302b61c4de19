//! The pool as its callers see it: hand in, look, shut down.
//!
//! One rule: handing in never blocks. What happens to a job after that is
//! between worker and supervisor, and is not known here.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, TrySendError, bounded, unbounded};

use crate::{
    alarm::{Alarm, after},
    builder::{Builder, Options},
    error::{PoolError, Rejected},
    guard::lock,
    stats::{Counters, ShutdownReport, Stats},
    supervisor,
    ticket::{Ticket, pair},
    worker::{Factory, Shared, Task, Worker},
};

/// A fixed number of workers behind a bounded queue.
///
/// Shared by reference between any number of threads. Dropping it is a
/// [`shutdown`](Self::shutdown) with no time to drain, so that it may block
/// for as long as the grace. Do not drop it in the destructor of an output or
/// in a waker: they run on a thread that the drop would wait for.
pub struct Pool<W: Worker> {
    /// Nothing once the pool is closed.
    intake: RwLock<Option<Sender<Task<W>>>>,
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

    /// Hands in a job with the pool's own time limit. Never blocks.
    ///
    /// # Errors
    ///
    /// The job itself, if the queue is full or the pool closed.
    pub fn submit(&self, job: W::Job) -> Result<Ticket<W::Output>, Rejected<W::Job>> {
        self.submit_with(job, Duration::ZERO)
    }

    /// Hands in a job that may run for `timeout`, counted from when it starts
    /// to run. Zero means the pool's own limit. Never blocks.
    ///
    /// # Errors
    ///
    /// The job itself, if the queue is full or the pool closed.
    pub fn submit_with(
        &self,
        job: W::Job,
        timeout: Duration,
    ) -> Result<Ticket<W::Output>, Rejected<W::Job>> {
        let intake = self.intake.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = intake.as_ref() else {
            return Err(Rejected::Closed(job));
        };
        let (reply, ticket) = pair();
        let timeout = match timeout {
            Duration::ZERO => self.shared.options.timeout,
            limit => limit,
        };
        match queue.try_send(Task {
            job,
            timeout,
            reply,
        }) {
            Ok(()) => Ok(ticket),
            Err(TrySendError::Full(task)) => Err(Rejected::Full(task.job)),
            Err(TrySendError::Disconnected(task)) => Err(Rejected::Closed(task.job)),
        }
    }

    /// What the pool does now and has done so far.
    pub fn stats(&self) -> Stats {
        let (size, queued) = (self.shared.options.workers.get(), self.shared.queue.len());
        self.shared.counters.stats(size, queued)
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
        let before = self.close(after(Instant::now(), drain));
        let mut supervisor = lock(&self.supervisor);
        if let Some(thread) = supervisor.take() {
            // It runs foreign code only guarded; were it to panic even so,
            // the numbers below are still what there is to report.
            let _ = thread.join();
        }
        ShutdownReport::between(&before, &self.stats())
    }

    /// Stops the intake, and returns the numbers from when it was stopped.
    fn close(&self, cutoff: Instant) -> Stats {
        // Under the lock, so that no job slips in behind the supervisor's back.
        let mut intake = self.intake.write().unwrap_or_else(PoisonError::into_inner);
        let before = self.closed.get_or_init(|| self.stats());
        self.shared.alarm.cut_off(cutoff);
        *intake = None;
        *before
    }

    pub(crate) fn start(options: Options, factory: Factory<W>) -> Result<Self, PoolError> {
        let (intake, queue) = bounded(options.queue);
        let (made, reports) = unbounded();
        let workers = options.workers.get();
        let shared = Arc::new(Shared {
            options,
            factory,
            queue,
            made,
            alarm: Alarm::default(),
            counters: Counters::default(),
        });
        let supervisor = supervisor::start(&shared)?;
        let pool = Self {
            intake: RwLock::new(Some(intake)),
            shared,
            supervisor: Mutex::new(Some(supervisor)),
            closed: OnceLock::new(),
        };
        let made: Result<(), String> = reports.iter().take(workers).collect();
        made.map_err(PoolError::Factory)?;
        Ok(pool)
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
