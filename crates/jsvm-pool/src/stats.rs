//! What the pool counts.
//!
//! One rule: a job is counted before its ticket is answered, so that whoever
//! has the answer finds it in the numbers. Exporting them is the caller's
//! work; nothing here knows where they go.

use std::sync::atomic::{AtomicU64, Ordering};

/// The pool's state and its history, as [`Pool::stats`] saw them.
///
/// The numbers are read one after another while the pool works, so they may
/// be a few jobs apart.
///
/// [`Pool::stats`]: crate::Pool::stats
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many workers the pool was built with.
    pub size: usize,
    /// Jobs running now, those abandoned not included.
    pub busy: u64,
    /// Jobs waiting for a worker now.
    pub queued: usize,
    /// Jobs whose worker returned an output in time, stopped ones included.
    pub completed: u64,
    /// Jobs whose worker panicked.
    pub panicked: u64,
    /// Jobs asked to stop, whether or not they did.
    pub stopped: u64,
    /// Jobs whose worker was abandoned.
    pub abandoned: u64,
    /// Jobs answered `Closed` by a shutdown before they ran.
    pub dropped: u64,
    /// Workers made in place of lost ones.
    pub replaced: u64,
}

/// What became of the jobs that a shutdown found in the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Jobs whose worker returned an output, stopped ones included.
    pub completed: u64,
    /// Jobs answered `Closed` before they ran.
    pub dropped: u64,
    /// Jobs that did not stop and were abandoned, thread and all.
    pub abandoned: u64,
}

impl ShutdownReport {
    pub(crate) fn between(before: &Stats, after: &Stats) -> Self {
        Self {
            completed: after.completed - before.completed,
            dropped: after.dropped - before.dropped,
            abandoned: after.abandoned - before.abandoned,
        }
    }
}

#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds one and returns how many there were before.
    pub(crate) fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) threads: Counter,
    pub(crate) made: Counter,
    pub(crate) started: Counter,
    pub(crate) completed: Counter,
    pub(crate) panicked: Counter,
    pub(crate) stopped: Counter,
    pub(crate) abandoned: Counter,
    pub(crate) dropped: Counter,
}

impl Counters {
    pub(crate) fn stats(&self, size: usize, queued: usize) -> Stats {
        let completed = self.completed.get();
        let panicked = self.panicked.get();
        let abandoned = self.abandoned.get();
        Stats {
            size,
            queued,
            busy: self
                .started
                .get()
                .saturating_sub(completed + panicked + abandoned),
            completed,
            panicked,
            abandoned,
            stopped: self.stopped.get(),
            dropped: self.dropped.get(),
            replaced: self.made.get().saturating_sub(size as u64),
        }
    }
}
