//! Where a worker records what it ran.
//!
//! One rule: recording a hook that this recorder has seen before takes no
//! lock, allocates nothing and calls nothing that can wait.
//! This module does not know how the numbers leave the process.

use crate::{
    execution::{Execution, Memory, Outcome},
    known::KnownSeries,
    log,
    metrics::{Metrics, Options},
    registry::MAX_NAME,
    shard::{Series, Shard},
};
use std::{cell::RefCell, fmt, sync::Arc, time::Duration};
use tracing::level_filters::LevelFilter;

/// Counts, logs and hands on executions, for one thread at a time.
///
/// What it counted stays in its [`Metrics`] when it is dropped.
pub struct Recorder {
    metrics: Arc<Metrics>,
    /// From which level of the subscriber on executions that completed are
    /// more than counted; `None` is never.
    tells_from: Option<LevelFilter>,
    local: RefCell<Local>,
}

impl Recorder {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            tells_from: tells_from(metrics.options()),
            local: RefCell::new(Local::new(metrics.take_shard())),
            metrics,
        }
    }

    /// Counts one execution and logs it, as the options say.
    ///
    /// Takes a few nanoseconds unless a subscriber wants the log event:
    /// writing a line takes as long as that subscriber does.
    #[inline]
    pub fn record(&self, execution: &Execution<'_>) {
        self.local.borrow_mut().record(&self.metrics, execution);
    }

    /// Counts one execution that completed, if counting is all that is to be
    /// done; if it returns `false`, nothing was done, and it is to be
    /// [recorded](Self::record) with all that is known of it.
    #[inline]
    pub fn count(
        &self,
        hook: &Arc<str>,
        collection: Option<&str>,
        duration: Duration,
        memory: Option<Memory>,
        cache_hit: bool,
    ) -> bool {
        if (self.tells_from).is_some_and(|level| level <= LevelFilter::current()) {
            return false;
        }
        let local = self.local.borrow();
        let Some(series) = local.known.find(hook, collection) else {
            return false;
        };
        series.record(Outcome::Ok, duration, memory, cache_hit);
        true
    }

    /// Counts how long the first handler of an event waited for a worker.
    pub fn waited(&self, hook: &Arc<str>, collection: Option<&str>, duration: Duration) {
        let mut local = self.local.borrow_mut();
        local.waited(&self.metrics, hook, collection, duration);
    }

    /// The metrics that it records for.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
}

fn tells_from(options: &Options) -> Option<LevelFilter> {
    // What is disabled does not even count.
    if !options.enabled || options.sink.is_some() {
        return Some(LevelFilter::OFF);
    }
    options.log.then(|| options.log_level.into())
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.metrics.give_back(&self.local.borrow().shard);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// What one thread at a time may use.
pub(crate) struct Local {
    shard: Arc<Shard>,
    known: KnownSeries,
    /// What of the share of logged executions is still due.
    due: f64,
}

impl Local {
    pub(crate) fn new(shard: Arc<Shard>) -> Self {
        Self {
            shard,
            known: KnownSeries::new(),
            due: 0.0,
        }
    }

    pub(crate) fn record(&mut self, metrics: &Metrics, execution: &Execution<'_>) {
        let options = metrics.options();
        if !options.enabled {
            return;
        }
        self.on_series(metrics, execution.hook, execution.collection, |series| {
            let Execution {
                outcome,
                duration,
                memory,
                cache_hit,
                ..
            } = *execution;
            series.record(outcome, duration, memory, cache_hit);
        });
        self.tell(options, execution);
    }

    fn tell(&mut self, options: &Options, execution: &Execution<'_>) {
        if options.log {
            log::write(execution, options, &mut self.due);
        }
        if let Some(sink) = &options.sink {
            sink.execution(execution);
        }
    }

    fn waited(
        &mut self,
        metrics: &Metrics,
        hook: &Arc<str>,
        collection: Option<&str>,
        duration: Duration,
    ) {
        if metrics.options().enabled {
            self.on_series(metrics, hook, collection, |series| series.waited(duration));
        }
    }

    fn on_series(
        &mut self,
        metrics: &Metrics,
        hook: &Arc<str>,
        collection: Option<&str>,
        count: impl FnOnce(&Series),
    ) {
        if let Some(series) = self.known.find(hook, collection) {
            return count(series);
        }
        let index = metrics.registry().index_of(hook, collection);
        let series = self.shard.series(index);
        count(series);
        if collection.is_none_or(|name| name.len() <= MAX_NAME) {
            self.known.keep(hook, collection, Arc::clone(series));
        }
    }
}
