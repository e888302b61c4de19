//! What can go wrong: with the pool, with handing in a job, with the job.
//!
//! One rule: an error tells what became of the job. What the job itself
//! thinks a failure is belongs to its output, and is not known here.

use std::{fmt, io};

/// Why a pool could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// Two options contradict each other.
    #[error("at most {max} workers were asked for, and at least {min}")]
    Size {
        /// The least number of workers.
        min: usize,
        /// The greatest number of workers.
        max: usize,
    },
    /// The factory returned this error, or panicked with this message.
    #[error("no worker could be made: {0}")]
    Factory(String),
    /// The system refused a thread, for instance for want of memory for its
    /// stack.
    #[error("a thread could not be started")]
    Thread(#[from] io::Error),
}

/// A job that was not accepted, given back.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Rejected<J> {
    /// Every worker is busy and the queue is full.
    #[error("the queue is full")]
    Full(J),
    /// As many abandoned workers as are allowed have not ended yet.
    #[error("too many workers did not stop and were abandoned")]
    Exhausted(J),
    /// The pool is shutting down, or has shut down.
    #[error("the pool is closed")]
    Closed(J),
}

impl<J> Rejected<J> {
    /// Whether the same job may be accepted later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Exhausted(_))
    }

    /// Takes the job back.
    pub fn into_job(self) -> J {
        match self {
            Self::Full(job) | Self::Exhausted(job) | Self::Closed(job) => job,
        }
    }
}

// By hand, because a job need not be `Debug` for its rejection to be printed.
impl<J> fmt::Debug for Rejected<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("Full(..)"),
            Self::Exhausted(_) => f.write_str("Exhausted(..)"),
            Self::Closed(_) => f.write_str("Closed(..)"),
        }
    }
}

/// Why an accepted job has no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The worker panicked with this message, and was replaced.
    #[error("the worker panicked: {0}")]
    Panicked(String),
    /// The worker ignored its stop for longer than the grace, and was
    /// replaced. Its thread may still be running the job.
    #[error("the worker did not stop in time and was abandoned")]
    Abandoned,
    /// The job never ran: the worker it fell to had been lost, and the factory
    /// returned this error, or panicked with this message. The next job makes
    /// the factory try again.
    #[error("no worker could be made: {0}")]
    NoWorker(String),
    /// The job never ran: it was cancelled before.
    #[error("the job was cancelled before it ran")]
    Cancelled,
    /// The job never ran: it waited for a worker for as long as it may.
    #[error("the job waited in the queue for too long")]
    Expired,
    /// The job never ran: the pool was shut down first.
    #[error("the pool was closed before the job ran")]
    Closed,
}

impl JobError {
    /// Whether the job never ran, so that nothing of it was done.
    pub fn never_ran(&self) -> bool {
        !matches!(self, Self::Panicked(_) | Self::Abandoned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_pool_is_not_worth_another_try() {
        struct Job(u8);
        let (full, closed) = (Rejected::Full(Job(1)), Rejected::Closed(Job(2)));
        assert!(full.is_retryable());
        assert!(!closed.is_retryable());
        assert_eq!(format!("{full:?}: {full}"), "Full(..): the queue is full");
        assert_eq!(full.into_job().0 + closed.into_job().0, 3);
    }

    #[test]
    fn what_never_ran_may_be_run_elsewhere() {
        assert!(JobError::Expired.never_ran() && JobError::Cancelled.never_ran());
        assert!(!JobError::Abandoned.never_ran());
        assert!(!JobError::Panicked("a bug".into()).never_ran());
    }
}
