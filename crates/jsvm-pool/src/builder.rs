//! The options of a pool.
//!
//! One rule: every default is here, once. This module does not know what the
//! options do.

use std::{fmt::Display, marker::PhantomData, num::NonZeroUsize, thread, time::Duration};

use crate::{error::PoolError, pool::Pool, worker::Worker};

/// Makes a [`Pool`]; see [`Pool::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<W> {
    options: Options,
    worker: PhantomData<fn() -> W>,
}

pub(crate) struct Options {
    pub(crate) workers: NonZeroUsize,
    pub(crate) queue: usize,
    pub(crate) timeout: Duration,
    pub(crate) grace: Duration,
    pub(crate) stack_size: usize,
    pub(crate) name: String,
}

/// Used wherever a zero asks for the default.
const TIMEOUT: Duration = Duration::from_secs(5);

impl<W: Worker> Builder<W> {
    pub(crate) fn new() -> Self {
        let options = Options {
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            queue: 1024,
            timeout: TIMEOUT,
            grace: Duration::from_millis(100),
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

    /// How many jobs may wait for a worker; the room is allocated in `build`.
    ///
    /// With zero a job is accepted only while a worker waits for one.
    ///
    /// By default, this is 1024.
    pub fn queue(mut self, jobs: usize) -> Self {
        self.options.queue = jobs;
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

    /// How long a worker may take to obey a stop before it is abandoned.
    ///
    /// An abandoned thread keeps its stack and whatever its worker holds until
    /// the job returns, which may be never.
    ///
    /// By default, this is 100 ms.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
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

    /// Starts the pool and returns when every worker is made.
    ///
    /// `factory` is called on each worker's own thread, and again there when a
    /// worker was lost. It is not supervised: while it does not return, its
    /// thread serves no job, and neither `build` nor a shutdown returns. Nor
    /// is the destructor of a worker.
    ///
    /// When a replacement cannot be made the thread stays, and each job that
    /// falls to it makes it try again; a job that finds no worker even then is
    /// answered [`JobError::NoWorker`].
    ///
    /// # Errors
    ///
    /// [`PoolError::Factory`] if a worker could not be made, after the others
    /// have ended; [`PoolError::Thread`] if the system refused a thread.
    ///
    /// # Panics
    ///
    /// If the room for the queue is more than can be addressed.
    ///
    /// [`JobError::NoWorker`]: crate::JobError::NoWorker
    pub fn build<E, F>(self, factory: F) -> Result<Pool<W>, PoolError>
    where
        E: Display,
        F: Fn() -> Result<W, E> + Send + Sync + 'static,
    {
        let factory = move || factory().map_err(|err| err.to_string());
        Pool::start(self.options, Box::new(factory))
    }
}
