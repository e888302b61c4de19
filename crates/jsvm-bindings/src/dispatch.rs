//! How work reaches a worker.
//!
//! The one rule: a chain that was dispatched runs on exactly one worker, from
//! its first handler to its default action. Knows nothing of threads: whoever
//! owns the workers implements it.

use crate::{chain::Chain, error::Error};

/// Runs chains on workers.
pub trait Dispatch: Send + Sync + 'static {
    /// Runs the chain on some worker and waits for its end.
    ///
    /// # Errors
    ///
    /// What the chain ended with; [`Error::Unavailable`] if it never ran.
    fn run(&self, chain: Chain) -> Result<(), Error>;

    /// Other hooks came into force: workers may [warm up](crate::Executor::warm_up).
    ///
    /// Does not wait for them. By default, it does nothing.
    fn hooks_changed(&self) {}
}
