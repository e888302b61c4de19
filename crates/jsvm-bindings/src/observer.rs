//! Who is told of what runs on a worker.
//!
//! The one rule: an observer runs around things and changes nothing of them.
//! Without one, nothing is measured and nothing is spent. Knows nothing of
//! counters and logs.

use crate::{error::Error, executor::Executor, hooks::Handler};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Looks at what one worker runs; see [`Executor::observe`].
pub trait Observer: 'static {
    /// Runs one call of a handler, nested calls included, and returns what it
    /// returned.
    ///
    /// # Errors
    ///
    /// What `run` returned.
    fn call(
        &self,
        call: &Call<'_>,
        run: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Runs one call of the host that a script caused, such as
    /// `records.find`.
    fn host_call(&self, name: &'static str, run: &mut dyn FnMut());
}

/// One call of one handler that is about to run.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What is called.
    pub handler: &'a Arc<Handler>,
    /// The collection that the event is about.
    pub collection: Option<&'a str>,
    /// When it began, before there was a VM for it.
    pub started: Instant,
    /// The time limit that it runs under.
    pub timeout: Duration,
    /// Whether its VM had the function already.
    pub cache_hit: bool,
}

/// Does something of the host's in front of the worker's observer.
pub(crate) fn host_call<T>(name: &'static str, work: impl FnOnce() -> T) -> T {
    let executor = Executor::current();
    let Some(observer) = executor.as_ref().and_then(Executor::observer) else {
        return work();
    };
    let mut work = Some(work);
    let mut done = None;
    observer.host_call(name, &mut || done = work.take().map(|work| work()));
    // An observer that did not run it must not lose it.
    done.or_else(|| work.take().map(|work| work()))
        .expect("the work was done by one of the two")
}
