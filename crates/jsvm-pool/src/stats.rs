//! What the pool counts.
//!
//! One rule: a job is counted before its ticket is answered, so that whoever
//! has the answer finds it in the numbers. Exporting them is the caller's
//! work; nothing here knows where they go.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::call::Key;

/// The pool's state and its history, as [`Pool::stats`] saw them.
///
/// The numbers are read one after another while the pool works, so they may
/// be a few jobs apart.
///
/// [`Pool::stats`]: crate::Pool::stats
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many threads serve the queue now, those included whose workers are
    /// being made.
    pub size: usize,
    /// Jobs running now, those abandoned not included.
    pub busy: u64,
    /// Workers that wait for a job now.
    pub idle: usize,
    /// Jobs waiting for a worker now.
    pub queued: usize,
    /// Jobs running now, by key.
    pub in_flight: BTreeMap<Key, usize>,
    /// Threads that were abandoned and still run.
    pub lingering: u64,
    /// Jobs whose worker returned an output in time, stopped ones included.
    pub completed: u64,
    /// Jobs whose worker panicked.
    pub panicked: u64,
    /// Jobs, and warm-ups, asked to stop, whether or not they did.
    pub stopped: u64,
    /// Jobs whose worker was abandoned.
    pub abandoned: u64,
    /// Jobs that were cancelled before they ran.
    pub cancelled: u64,
    /// Jobs that waited in the queue for too long and never ran.
    pub expired: u64,
    /// Jobs answered `Closed` by a shutdown before they ran.
    pub dropped: u64,
    /// Jobs answered `NoWorker`.
    pub failed: u64,
    /// Jobs that were not accepted.
    pub refused: u64,
    /// Jobs whose callers waited for room in the queue, accepted or not.
    pub waited: u64,
    /// Workers made for one job each, because the queue was full.
    pub spawned: u64,
    /// Workers made in place of lost or worn ones.
    pub replaced: u64,
    /// Warm-ups done to their end, one for each worker and asking.
    pub warmed: u64,
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

/// A number that threads change without regard to each other.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.next();
    }

    /// Adds one and returns how many there were before.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn subtract(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
pub(crate) struct Counters {
    /// Threads started, for their names.
    pub(crate) threads: Counter,
    /// Workers that are made and not lost.
    pub(crate) workers: Counter,
    /// Threads that were abandoned and have not ended.
    pub(crate) lingering: Counter,
    pub(crate) started: Counter,
    pub(crate) completed: Counter,
    pub(crate) panicked: Counter,
    pub(crate) stopped: Counter,
    pub(crate) abandoned: Counter,
    pub(crate) cancelled: Counter,
    pub(crate) expired: Counter,
    pub(crate) dropped: Counter,
    pub(crate) failed: Counter,
    pub(crate) refused: Counter,
    pub(crate) waited: Counter,
    pub(crate) spawned: Counter,
    pub(crate) replaced: Counter,
    pub(crate) warmed: Counter,
}

impl Counters {
    /// The numbers that are counted; the others are left at zero.
    pub(crate) fn stats(&self) -> Stats {
        let completed = self.completed.get();
        let panicked = self.panicked.get();
        let abandoned = self.abandoned.get();
        let ended = completed + panicked + abandoned;
        let busy = self.started.get().saturating_sub(ended);
        Stats {
            busy,
            lingering: self.lingering.get(),
            completed,
            panicked,
            abandoned,
            stopped: self.stopped.get(),
            cancelled: self.cancelled.get(),
            expired: self.expired.get(),
            dropped: self.dropped.get(),
            failed: self.failed.get(),
            refused: self.refused.get(),
            waited: self.waited.get(),
            spawned: self.spawned.get(),
            replaced: self.replaced.get(),
            warmed: self.warmed.get(),
            ..Stats::default()
        }
    }
}
