//! What a caller may say about one job, beside the job.
//!
//! One rule: what is not said here is as the pool was built. This module does
//! not know when any of it is looked at.

use std::{
    fmt, ptr,
    sync::{Arc, Weak},
    time::Duration,
};

use crate::{
    signals::Signals,
    sync::{AtomicBool, Mutex, Ordering, lock},
};

/// What jobs are counted and capped by, such as the name of a hook.
pub type Key = Arc<str>;

/// How one job is to be treated; see [`Pool::submit_with`].
///
/// ```
/// use jsvm_pool::{Call, CancelToken};
/// use std::time::Duration;
///
/// let token = CancelToken::new();
/// let call = Call::new()
///     .timeout(Duration::from_millis(200))
///     .queue_wait(Duration::from_secs(1))
///     .key("onRecordCreate")
///     .token(&token);
/// # let _ = call;
/// ```
///
/// [`Pool::submit_with`]: crate::Pool::submit_with
#[derive(Clone, Debug, Default)]
#[must_use = "a call does nothing until it is handed in with a job"]
pub struct Call {
    pub(crate) timeout: Duration,
    pub(crate) queue_wait: Duration,
    pub(crate) key: Option<Key>,
    pub(crate) token: Option<CancelToken>,
}

impl Call {
    /// A call that is treated as the pool was built.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the job may run, counted from when it starts to run. Zero is
    /// the pool's own limit, which is the default.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// How long the job may wait for a worker. Zero is the pool's own limit,
    /// which is the default.
    pub fn queue_wait(mut self, limit: Duration) -> Self {
        self.queue_wait = limit;
        self
    }

    /// What the job is counted and capped by. By default, by nothing.
    pub fn key(mut self, key: impl Into<Key>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// A token that cancels the job, beside the loss of its ticket. By
    /// default, there is none.
    pub fn token(mut self, token: &CancelToken) -> Self {
        self.token = Some(token.clone());
        self
    }
}

/// Cancels all jobs that it was given to, in any pools.
///
/// A job that has not started never starts; one that runs is asked to stop. A
/// token stays cancelled. Clones are the same token.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Token>);

#[derive(Default)]
struct Token {
    is_cancelled: AtomicBool,
    /// The pools whose jobs have it.
    pools: Mutex<Vec<Weak<Signals>>>,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels. Returns at once; the pools do what follows from it.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        for pool in lock(&self.0.pools).drain(..) {
            if let Some(signals) = pool.upgrade() {
                signals.cancelled();
            }
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Has the pool told when the token is cancelled, at once if it was.
    pub(crate) fn watch(&self, signals: &Arc<Signals>) {
        let mut pools = lock(&self.0.pools);
        let is_known = |known: &Weak<Signals>| ptr::eq(known.as_ptr(), Arc::as_ptr(signals));
        if !pools.iter().any(is_known) {
            pools.retain(|pool| pool.strong_count() > 0);
            pools.push(Arc::downgrade(signals));
        }
        drop(pools);
        if self.is_cancelled() {
            signals.cancelled();
        }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_cancelled = self.is_cancelled();
        f.debug_tuple("CancelToken").field(&is_cancelled).finish()
    }
}
