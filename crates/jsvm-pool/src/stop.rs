//! Asking a job to stop.
//!
//! One rule: a job is asked once. What the asking means is the worker's
//! matter and not known here.

/// The handle by which a job is asked to stop, from another thread.
pub trait Stop: Send + Sync + 'static {
    /// Asks the job in progress to stop.
    ///
    /// Called at most once per job and only while it runs, though perhaps
    /// before its first instruction or after its last. Must return at once:
    /// every deadline in the pool waits for it.
    fn stop(&self, reason: StopReason);
}

/// Why a job is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// It has run for as long as it may.
    Deadline,
    /// Its token was cancelled, or its ticket dropped.
    Cancelled,
    /// The pool is shutting down and its time to drain is over.
    Shutdown,
}
