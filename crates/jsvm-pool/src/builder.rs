//! The options of a pool.
//!
//! One rule: every default is here, once. This module does not know what the
//! options do.

use std::{
    fmt::Display,
    marker::PhantomData,
    num::{NonZeroU64, NonZeroUsize},
    thread,
    time::Duration,
};

use crate::{error::PoolError, pool::Pool, worker::Worker};

/// Makes a [`Pool`]; see [`Pool::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<W> {
    options: Options,
    worker: PhantomData<fn() -> W>,
}

/// What becomes of a job for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// It is refused at once.
    Refuse,
    /// Its caller waits for room, for at most so long; then it is refused.
    Wait(Duration),
    /// It is accepted, and a worker is made that runs one job and ends; at most
    /// so many of them live at once, and beyond that it is refused.
    ///
    /// PocketBase: a VM is made for each hook that finds none free, without a
    /// bound.
    Spawn(NonZeroUsize),
}

pub(crate) struct Options {
    pub(crate) workers: NonZeroUsize,
    /// Nothing if the size is fixed.
    pub(crate) max_workers: Option<NonZeroUsize>,
    pub(crate) idle: Duration,
    pub(crate) queue: usize,
    pub(crate) when_full: WhenFull,
    pub(crate) per_key: Option<NonZeroUsize>,
    pub(crate) timeout: Duration,
    pub(crate) queue_wait: Duration,
    pub(crate) grace: Duration,
    pub(crate) max_abandoned: NonZeroUsize,
    pub(crate) max_executions: Option<NonZeroU64>,
    pub(crate) max_held_bytes: Option<NonZeroU64>,
    pub(crate) spin: Duration,
    pub(crate) stack_size: usize,
    pub(crate) name: String,
}

impl Options {
    /// The greatest number of workers.
    pub(crate) fn max_workers(&self) -> usize {
        self.max_workers.unwrap_or(self.workers).get()
    }

    pub(crate) fn is_elastic(&self) -> bool {
        self.workers.get() < self.max_workers()
    }

    /// Checks what could not be checked one by one.
    fn settle(&mut self) -> Result<(), PoolError> {
        if thread::available_parallelism().is_ok_and(|cores| cores.get() == 1) {
            // Whom it waits for could not run meanwhile.
            self.spin = Duration::ZERO;
        }
        let (min, max) = (self.workers.get(), self.max_workers());
        if max < min {
            return Err(PoolError::Size { min, max });
        }
        Ok(())
    }
}

/// Used wherever a zero asks for the default.
const TIMEOUT: Duration = Duration::from_secs(5);

impl<W: Worker> Builder<W> {
    pub(crate) fn new() -> Self {
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let options = Options {
            workers: cores,
            max_workers: None,
            idle: Duration::from_secs(30),
            queue: 1024,
            when_full: WhenFull::Refuse,
            per_key: None,
            timeout: TIMEOUT,
            queue_wait: TIMEOUT,
            grace: Duration::from_millis(8),
            max_abandoned: const { NonZeroUsize::new(8).unwrap() },
            max_executions: None,
            max_held_bytes: None,
            spin: Duration::from_micros(50),
            stack_size: 64 << 20,
            name: "jsvm".to_owned(),
        };
        let worker = PhantomData;
        Self { options, worker }
    }

    /// How many jobs run at once, each on a thread of its own.
    ///
    /// By default, this is the parallelism that the system offers.
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.options.workers = workers;
        self
    }

    /// Lets the pool grow to `max` workers while jobs wait, one each
    /// millisecond, and shrink again when some had nothing to do for `idle`.
    ///
    /// By default, the number of workers is fixed.
    pub fn elastic(mut self, max: NonZeroUsize, idle: Duration) -> Self {
        self.options.max_workers = Some(max);
        self.options.idle = idle;
        self
    }

    /// How many jobs may wait for a worker.
    ///
    /// With zero a job is accepted only while a worker waits for one.
    ///
    /// By default, this is 1024.
    pub fn queue(mut self, jobs: usize) -> Self {
        self.options.queue = jobs;
        self
    }

    /// What becomes of a job for which there is no room.
    ///
    /// By default, this is [`WhenFull::Refuse`].
    pub fn when_full(mut self, policy: WhenFull) -> Self {
        self.options.when_full = policy;
        self
    }

    /// How many jobs of one key may run at once. Others of that key wait in
    /// their place in the queue, and jobs of other keys pass them.
    ///
    /// By default, there is no such limit.
    pub fn per_key(mut self, jobs: NonZeroUsize) -> Self {
        self.options.per_key = Some(jobs);
        self
    }

    /// How long a job may run before it is asked to stop, unless it is handed
    /// in with a limit of its own. The time in the queue does not count.
    /// Zero means the default.
    ///
    /// By default, this is 5 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = if limit.is_zero() { TIMEOUT } else { limit };
        self
    }

    /// How long a job may wait for a worker before it is answered
    /// [`JobError::Expired`], unless it is handed in with a limit of its own.
    /// Zero means the default, [`Duration::MAX`] no limit.
    ///
    /// By default, this is 5 s.
    ///
    /// [`JobError::Expired`]: crate::JobError::Expired
    pub fn queue_wait(mut self, limit: Duration) -> Self {
        self.options.queue_wait = if limit.is_zero() { TIMEOUT } else { limit };
        self
    }

    /// How long a worker may take to obey a stop before it is abandoned.
    ///
    /// An abandoned thread keeps its stack and whatever its worker holds until
    /// the job returns, which may be never.
    ///
    /// By default, this is 8 ms.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// How many abandoned threads may still run. At this number jobs are
    /// refused with [`Rejected::Exhausted`], and beyond it no lost worker is
    /// replaced, until one of those threads ends.
    ///
    /// By default, this is 8.
    ///
    /// [`Rejected::Exhausted`]: crate::Rejected::Exhausted
    pub fn max_abandoned(mut self, threads: NonZeroUsize) -> Self {
        self.options.max_abandoned = threads;
        self
    }

    /// How many jobs a worker runs before another takes its place. It goes on
    /// until the other is made.
    ///
    /// By default, there is no such limit.
    pub fn max_executions(mut self, jobs: NonZeroU64) -> Self {
        self.options.max_executions = Some(jobs);
        self
    }

    /// How many bytes a worker may hold between two jobs, as
    /// [`Worker::held_bytes`] tells, before another takes its place. It goes on
    /// until the other is made.
    ///
    /// By default, there is no such limit.
    pub fn max_held_bytes(mut self, bytes: NonZeroU64) -> Self {
        self.options.max_held_bytes = Some(bytes);
        self
    }

    /// How long a thread looks for a job, or for the answer to one, before it
    /// sleeps. It does so only while such waits have lately been shorter than
    /// this. Zero means never, and so does a system with one core.
    ///
    /// By default, this is 50 us.
    pub fn spin(mut self, limit: Duration) -> Self {
        self.options.spin = limit;
        self
    }

    /// The stack of each worker's thread, in bytes. The system reserves it at
    /// once but provides memory only as far as it is used.
    ///
    /// By default, this is 64 MiB.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.options.stack_size = bytes;
        self
    }

    /// What the names of the threads begin with; a dash and a number follow.
    ///
    /// By default, this is `jsvm`.
    pub fn name(mut self, prefix: impl Into<String>) -> Self {
        self.options.name = prefix.into();
        self
    }

    /// Starts the pool and returns when the first worker is made; the others
    /// are made in the background.
    ///
    /// `factory` is called on each worker's own thread, and again there when a
    /// worker was lost. It is not supervised: while it does not return, its
    /// thread serves no job, and neither `build` nor a shutdown returns. Nor
    /// is the destructor of a worker.
    ///
    /// A worker that cannot be made is tried again ten times a second while
    /// others serve. When there is none at all, each job makes the pool try,
    /// and one that finds no worker even then is answered
    /// [`JobError::NoWorker`].
    ///
    /// # Errors
    ///
    /// [`PoolError::Factory`] if the first worker could not be made, after the
    /// other threads have ended; [`PoolError::Thread`] if the system refused a
    /// thread; [`PoolError::Size`] if the pool is to grow to less than it is.
    ///
    /// [`JobError::NoWorker`]: crate::JobError::NoWorker
    pub fn build<E, F>(mut self, factory: F) -> Result<Pool<W>, PoolError>
    where
        E: Display,
        F: Fn() -> Result<W, E> + Send + Sync + 'static,
    {
        self.options.settle()?;
        let factory = move || factory().map_err(|err| err.to_string());
        Pool::start(self.options, Box::new(factory))
    }
}
