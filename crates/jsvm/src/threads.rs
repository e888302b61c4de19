//! Threads that run scripts and are no workers.
//!
//! The one rule: what a script may do to a worker's thread it may not do here:
//! the stack is as large, and a thread that leaves too little of it sleeps.

use crate::RuntimeError;
use jsvm_core::STACK_SIZE;
use std::thread;

/// Runs `work` on a thread of its own, which nobody waits for.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), RuntimeError> {
    thread::Builder::new()
        .name(name.into())
        .stack_size(STACK_SIZE)
        .spawn(|| {
            limit_stack();
            work();
        })
        .map(drop)
        .map_err(|err| RuntimeError::Start(err.to_string()))
}

/// Ends what no limit counts, built-in functions that call each other, before
/// they overflow the stack of this thread.
pub(crate) fn limit_stack() {
    jsvm_alloc::set_thread_stack(STACK_SIZE / 2);
}
