//! What a ticket and a token may tell the pool.
//!
//! One rule: nothing here is generic, so that a token can cancel jobs of any
//! pool. It knows that something was cancelled; it does not know what.

use crate::{
    alarm::Alarm,
    spin::Spin,
    sync::{AtomicBool, Ordering},
};

/// The bell of one pool.
pub(crate) struct Signals {
    pub(crate) alarm: Alarm,
    /// How callers wait for their answers.
    pub(crate) answers: Spin,
    has_cancelled: AtomicBool,
}

impl Signals {
    pub(crate) fn new(answers: Spin) -> Self {
        Self {
            alarm: Alarm::default(),
            answers,
            has_cancelled: AtomicBool::new(false),
        }
    }

    /// Tells that a job was cancelled, which the supervisor answers.
    pub(crate) fn cancelled(&self) {
        self.has_cancelled.store(true, Ordering::SeqCst);
        self.alarm.ring_now();
    }

    /// Whether a job was cancelled since the last call.
    pub(crate) fn take_cancelled(&self) -> bool {
        self.has_cancelled.swap(false, Ordering::SeqCst)
    }
}
