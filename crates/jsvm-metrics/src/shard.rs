//! The cells that one recorder counts into.
//!
//! One rule: a cell has one writer, so that adding needs neither a locked
//! instruction nor another core's cache line; who reads sums up all shards.
//! This module does not know what series are called.

use crate::{
    execution::{LABELS, Memory, Outcome},
    histogram::{BUCKETS, Histogram, bucket_of, nanos},
};
use std::{
    array,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Cells for each series; they take memory when they are first used.
#[derive(Debug)]
pub(crate) struct Shard(Box<[OnceLock<Arc<Series>>]>);

/// The cells of one series, one set for each outcome and one for waiting.
#[derive(Debug, Default)]
pub(crate) struct Series {
    ok: Cells,
    failed: [OnceLock<Box<Cells>>; LABELS.len() - 1],
    wait: OnceLock<Box<Cells>>,
}

/// 128 bytes apart from others, because cores fetch cache lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Cells {
    buckets: [AtomicU64; BUCKETS],
    sum_nanos: AtomicU64,
    max_nanos: AtomicU64,
    allocated: AtomicU64,
    peak: AtomicU64,
    cache_hits: AtomicU64,
    /// 1 if any execution told its memory.
    is_measured: AtomicU64,
}

/// What cells held when they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) histogram: Histogram,
    pub(crate) allocated: u64,
    pub(crate) peak: u64,
    pub(crate) cache_hits: u64,
    pub(crate) is_measured: bool,
}

impl Shard {
    pub(crate) fn new(series: usize) -> Self {
        Self((0..series).map(|_| OnceLock::new()).collect())
    }

    /// The cells of a series, to add to. Only the shard's owner may call it.
    pub(crate) fn series(&self, index: usize) -> &Arc<Series> {
        self.0[index].get_or_init(Arc::default)
    }

    /// The series that were ever used, with their index.
    pub(crate) fn used(&self) -> impl Iterator<Item = (usize, &Series)> {
        let series = self.0.iter().enumerate();
        series.filter_map(|(index, series)| series.get().map(|series| (index, &**series)))
    }
}

impl Series {
    #[inline]
    pub(crate) fn record(
        &self,
        outcome: Outcome<'_>,
        duration: Duration,
        memory: Option<Memory>,
        cache_hit: bool,
    ) {
        let cells = match outcome.index() {
            0 => &self.ok,
            other => self.failed[other - 1].get_or_init(Box::default),
        };
        cells.record(duration, memory, cache_hit);
    }

    pub(crate) fn waited(&self, duration: Duration) {
        self.wait.get_or_init(Box::default).time(nanos(duration));
    }

    /// What was read for each outcome, and for waiting.
    pub(crate) fn read(&self) -> ([Reading; LABELS.len()], Histogram) {
        let read = |cells: &OnceLock<Box<Cells>>| cells.get().map(|cells| cells.read());
        let outcomes = array::from_fn(|index| match index {
            0 => self.ok.read(),
            other => read(&self.failed[other - 1]).unwrap_or_default(),
        });
        (outcomes, read(&self.wait).unwrap_or_default().histogram)
    }
}

impl Cells {
    #[inline]
    fn record(&self, duration: Duration, memory: Option<Memory>, cache_hit: bool) {
        self.time(nanos(duration));
        add(&self.cache_hits, cache_hit.into());
        if let Some(memory) = memory {
            add(&self.allocated, memory.allocated);
            raise(&self.peak, memory.peak);
            raise(&self.is_measured, 1);
        }
    }

    #[inline]
    fn time(&self, nanos: u64) {
        add(&self.buckets[bucket_of(nanos)], 1);
        add(&self.sum_nanos, nanos);
        raise(&self.max_nanos, nanos);
    }

    fn read(&self) -> Reading {
        let time = |nanos: &AtomicU64| Duration::from_nanos(nanos.load(Relaxed));
        Reading {
            histogram: Histogram {
                buckets: array::from_fn(|index| self.buckets[index].load(Relaxed)),
                sum: time(&self.sum_nanos),
                max: time(&self.max_nanos),
            },
            allocated: self.allocated.load(Relaxed),
            peak: self.peak.load(Relaxed),
            cache_hits: self.cache_hits.load(Relaxed),
            is_measured: self.is_measured.load(Relaxed) > 0,
        }
    }
}

impl Reading {
    pub(crate) fn add(&mut self, other: &Self) {
        self.histogram.add(&other.histogram);
        self.allocated += other.allocated;
        self.peak = self.peak.max(other.peak);
        self.cache_hits += other.cache_hits;
        self.is_measured |= other.is_measured;
    }
}

/// Adds to a cell that no other thread writes: a load and a store suffice.
#[inline]
fn add(cell: &AtomicU64, amount: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(amount), Relaxed);
}

/// As [`add`], for the largest value seen.
#[inline]
fn raise(cell: &AtomicU64, value: u64) {
    if cell.load(Relaxed) < value {
        cell.store(value, Relaxed);
    }
}
