//! All that was recorded, by whichever thread.
//!
//! One rule: what many threads share is touched only where it is cold; the hot
//! path is the recorder's.
//! This module does not know the form in which numbers leave the process.

use crate::{
    execution::Execution,
    histogram::Histogram,
    recorder::{Local, Recorder},
    registry::Registry,
    shard::Shard,
    snapshot::{self, Snapshot, Stats},
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tracing::Level;

/// What is done with executions.
#[derive(Clone)]
pub struct Options {
    /// Counts, logs and hands on; if `false`, recording does nothing at all.
    ///
    /// By default, this is `true`.
    pub enabled: bool,
    /// Logs one event per execution, if enabled.
    ///
    /// By default, this is `true`.
    pub log: bool,
    /// The level of executions that completed; errors are always errors, and
    /// limits warnings.
    ///
    /// By default, this is debug.
    pub log_level: Level,
    /// The share of completed executions that is logged, from 0 to 1; errors
    /// and limits always are.
    ///
    /// By default, this is 1: all of them.
    pub log_sample: f64,
    /// How many pairs of hook and collection are told apart; others are
    /// counted together.
    ///
    /// By default, this is 1000.
    pub max_series: usize,
    /// Who else is told of every execution.
    ///
    /// By default, this is nobody.
    pub sink: Option<Arc<dyn Sink>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: true,
            log: true,
            log_level: Level::DEBUG,
            log_sample: 1.0,
            max_series: 1000,
            sink: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("enabled", &self.enabled)
            .field("log", &self.log)
            .field("log_level", &self.log_level)
            .field("log_sample", &self.log_sample)
            .field("max_series", &self.max_series)
            .finish_non_exhaustive()
    }
}

/// Somebody who is told of every execution.
pub trait Sink: Send + Sync + 'static {
    /// Called on the worker right after an execution, before its caller gets
    /// the answer: it must not block.
    fn execution(&self, execution: &Execution<'_>);
}

/// What was recorded; shared by all threads that run something.
///
/// Counters start at 0 and only grow.
pub struct Metrics {
    options: Options,
    registry: Registry,
    shards: Mutex<Shards>,
    cold: Mutex<Cold>,
}

#[derive(Default)]
struct Shards {
    all: Vec<Arc<Shard>>,
    /// Those whose recorder is gone; the next one goes on with its numbers.
    free: Vec<Arc<Shard>>,
}

/// What happens rarely.
struct Cold {
    local: Local,
    compile: Histogram,
    counts: BTreeMap<(Count, &'static str), u64>,
}

/// What is counted rarely, each with a word that says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Count {
    /// Hooks were loaded again; the word is the result.
    Reload,
    /// Work was refused; the word is the reason.
    Refused,
    /// Telemetry was lost; the word is where it was to go.
    Dropped,
}

impl Metrics {
    /// Counters at 0.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let registry = Registry::new(options.max_series);
        let shard = Arc::new(Shard::new(registry.capacity()));
        Self {
            options,
            registry,
            shards: Mutex::new(Shards {
                all: vec![Arc::clone(&shard)],
                free: Vec::new(),
            }),
            cold: Mutex::new(Cold {
                local: Local::new(shard),
                compile: Histogram::default(),
                counts: BTreeMap::new(),
            }),
        }
    }

    /// A recorder for one worker.
    #[must_use]
    pub fn recorder(self: &Arc<Self>) -> Recorder {
        Recorder::new(Arc::clone(self))
    }

    /// Records an execution for which there is no recorder at hand.
    ///
    /// As [`Recorder::record`], but under a lock: for rare cases.
    pub fn record(&self, execution: &Execution<'_>) {
        lock(&self.cold).local.record(self, execution);
    }

    /// Counts how long a program took to compile.
    pub fn compiled(&self, duration: Duration) {
        if self.options.enabled {
            lock(&self.cold).compile.record(duration);
        }
    }

    /// Counts something that happens rarely, with a word of a small set.
    pub fn count(&self, count: Count, word: &'static str, by: u64) {
        if self.options.enabled {
            *lock(&self.cold).counts.entry((count, word)).or_default() += by;
        }
    }

    /// What is done with executions.
    #[inline]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// All numbers so far.
    ///
    /// Cells are read one by one: an execution that is being recorded on
    /// another thread may be in some of them and not yet in others. Takes
    /// some microseconds for each worker: call it at the pace of an exporter.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let shards = lock(&self.shards).all.clone();
        let series = snapshot::series(&self.registry.names(), &shards);
        let cold = lock(&self.cold);
        Snapshot {
            series,
            compile: cold.compile,
            counts: cold.counts.clone(),
        }
    }

    /// The sums over all series so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.snapshot().stats()
    }

    #[inline]
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn take_shard(&self) -> Arc<Shard> {
        let mut shards = lock(&self.shards);
        if let Some(shard) = shards.free.pop() {
            return shard;
        }
        let shard = Arc::new(Shard::new(self.registry.capacity()));
        shards.all.push(Arc::clone(&shard));
        shard
    }

    pub(crate) fn give_back(&self, shard: &Arc<Shard>) {
        // The lock orders what the last owner wrote before what the next adds.
        lock(&self.shards).free.push(Arc::clone(shard));
    }
}

/// Records with the default [`Options`].
impl Default for Metrics {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
