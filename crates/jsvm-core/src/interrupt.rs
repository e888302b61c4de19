//! Stopping a running script from another thread.
//!
//! An `Interrupt` is the only handle to a VM that may leave its thread. This
//! module knows nothing of clocks: turning a deadline into a trip is the work
//! of whoever watches it.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// Why a script is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its time is up.
    Deadline,
    /// Nobody waits for it any more.
    Cancelled,
}

/// Asks the script that runs on one thread to stop.
///
/// Cheap to clone; clones ask the same thread.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicU8>);

const RUN: u8 = 0;
const DEADLINE: u8 = 1;
const CANCELLED: u8 = 2;

impl Interrupt {
    /// A handle that asks nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the script to stop, and says why.
    ///
    /// Returns at once; the script stops at its next check, which a native
    /// function in progress delays until it returns. Asking twice is as asking
    /// once: the first reason stays.
    pub fn trip(&self, stop: Stop) {
        let reason = match stop {
            Stop::Deadline => DEADLINE,
            Stop::Cancelled => CANCELLED,
        };
        // Nothing else is read on the strength of this flag.
        let _ = self
            .0
            .compare_exchange(RUN, reason, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Takes the request back, before the next execution.
    pub(crate) fn reset(&self) {
        self.0.store(RUN, Ordering::Relaxed);
    }

    pub(crate) fn tripped(&self) -> Option<Stop> {
        match self.0.load(Ordering::Relaxed) {
            RUN => None,
            DEADLINE => Some(Stop::Deadline),
            _ => Some(Stop::Cancelled),
        }
    }
}
