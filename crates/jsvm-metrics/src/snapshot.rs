//! All numbers at one moment, as plain data.
//!
//! One rule: numbers that do not exist are absent, not zero.
//! This module does not know what instruments are made of them.

use crate::{
    execution::{LABELS, TIMEOUT},
    histogram::Histogram,
    metrics::Count,
    registry::Name,
    shard::{Reading, Shard},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What was recorded so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// One for each hook and collection that was seen.
    pub series: Vec<Series>,
    /// How long programs took to compile.
    pub compile: Histogram,
    /// What happened rarely, and how often.
    pub counts: BTreeMap<(Count, &'static str), u64>,
}

/// The executions of one hook about one collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Series {
    /// What it is about; `None` is everything that has no series of its own.
    pub name: Option<Name>,
    /// How long executions took, by the label of their outcome; those that
    /// never happened are left out.
    pub outcomes: Vec<(&'static str, Histogram)>,
    /// How long outermost events waited for a worker.
    pub wait: Histogram,
    /// Executions whose function was compiled before.
    pub cache_hits: u64,
    /// Bytes allocated, whether freed or not, and most bytes held at once by
    /// one execution; `None` if nobody counts them.
    pub memory: Option<(u64, u64)>,
}

/// Sums over all executions recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Executions, however they ended.
    pub executions: u64,
    /// Those that did not complete: errors and limits.
    pub errors: u64,
    /// Those ended by a limit, time-outs included.
    pub limits: u64,
    /// Those ended by the limit of kind [`TIMEOUT`].
    pub timeouts: u64,
    /// Time spent in executions.
    pub total_duration: Duration,
    /// The longest execution.
    pub max_duration: Duration,
    /// Bytes allocated by executions, whether freed or not.
    pub allocated_bytes: u64,
}

impl Series {
    /// How many executions there were.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.count(|_| true)
    }

    /// How many did not complete: errors and limits.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.count(|label| label != LABELS[0])
    }

    /// How many a limit ended, time-outs included.
    #[must_use]
    pub fn limits(&self) -> u64 {
        self.count(is_limit)
    }

    /// How many the limit on time ended.
    #[must_use]
    pub fn timeouts(&self) -> u64 {
        self.count(|label| label == TIMEOUT)
    }

    /// Executions whose function was made anew.
    #[must_use]
    pub fn cache_misses(&self) -> u64 {
        // Cells are read one by one, so a hit may be seen before its execution.
        self.executions().saturating_sub(self.cache_hits)
    }

    fn count(&self, wanted: impl Fn(&str) -> bool) -> u64 {
        let outcomes = self.outcomes.iter().filter(|(label, _)| wanted(label));
        outcomes.map(|(_, histogram)| histogram.count()).sum()
    }
}

/// Whether the label of an outcome is that of a limit.
pub(crate) fn is_limit(label: &str) -> bool {
    !LABELS[..2].contains(&label)
}

impl Snapshot {
    /// The sums over all series.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for series in &self.series {
            stats.executions += series.executions();
            stats.errors += series.errors();
            stats.limits += series.limits();
            stats.timeouts += series.timeouts();
            stats.allocated_bytes += series.memory.map_or(0, |(allocated, _)| allocated);
            for (_, histogram) in &series.outcomes {
                stats.total_duration += histogram.sum;
                stats.max_duration = stats.max_duration.max(histogram.max);
            }
        }
        stats
    }
}

/// Sums up shards.
pub(crate) fn series(names: &[Option<Name>], shards: &[Arc<Shard>]) -> Vec<Series> {
    let mut sums = vec![([Reading::default(); LABELS.len()], Histogram::default()); names.len()];
    for shard in shards {
        // A series that began after the names were read is left for next time.
        let used = shard.used().filter(|(index, _)| *index < names.len());
        for (index, series) in used {
            let (outcomes, wait) = series.read();
            for (sum, outcome) in sums[index].0.iter_mut().zip(&outcomes) {
                sum.add(outcome);
            }
            sums[index].1.add(&wait);
        }
    }
    let all = names.iter().zip(&sums);
    let mut all: Vec<Series> = all
        .map(|(name, (outcomes, wait))| one(name.clone(), outcomes, *wait))
        .filter(|series| !series.outcomes.is_empty() || series.wait.count() > 0)
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn one(name: Option<Name>, outcomes: &[Reading; LABELS.len()], wait: Histogram) -> Series {
    let mut sum = Reading::default();
    for outcome in outcomes {
        sum.add(outcome);
    }
    let labelled = LABELS.into_iter().zip(outcomes);
    Series {
        name,
        outcomes: labelled
            .map(|(label, reading)| (label, reading.histogram))
            .filter(|(_, histogram)| histogram.count() > 0)
            .collect(),
        wait,
        cache_hits: sum.cache_hits,
        memory: sum.is_measured.then_some((sum.allocated, sum.peak)),
    }
}
