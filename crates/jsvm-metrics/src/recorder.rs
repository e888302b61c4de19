//! Where a worker records what it ran.
//!
//! One rule: recording a hook that this recorder has seen before takes no
//! lock, allocates nothing and calls nothing that can wait.
//! This module does not know how the numbers leave the process.

use crate::{
    execution::Execution,
    log,
    metrics::Metrics,
    registry::{MAX_NAME, Registry},
    shard::Shard,
};
use std::{
    cell::RefCell,
    collections::HashMap,
    fmt,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
    time::Duration,
};

/// How many series a recorder knows by heart; beyond, it begins again.
const MAX_KNOWN: usize = 1024;

/// Counts, logs and hands on executions, for one thread at a time.
///
/// What it counted stays in its [`Metrics`] when it is dropped.
pub struct Recorder {
    metrics: Arc<Metrics>,
    local: RefCell<Local>,
}

impl Recorder {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        let local = RefCell::new(Local::new(metrics.take_shard()));
        Self { metrics, local }
    }

    /// Counts one execution and logs it, as the options say.
    ///
    /// Takes a few nanoseconds unless a subscriber wants the log event:
    /// writing a line takes as long as that subscriber does.
    #[inline]
    pub fn record(&self, execution: &Execution<'_>) {
        self.local.borrow_mut().record(&self.metrics, execution);
    }

    /// Counts how long the first handler of an event waited for a worker.
    pub fn waited(&self, hook: &Arc<str>, collection: Option<&str>, duration: Duration) {
        let mut local = self.local.borrow_mut();
        local.waited(&self.metrics, hook, collection, duration);
    }

    /// How many series it knows by heart.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.local.borrow().known.len()
    }

    /// The metrics that it records for.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
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
#[derive(Debug)]
pub(crate) struct Local {
    shard: Arc<Shard>,
    known: HashMap<u64, Known, BuildHasherDefault<Same>>,
    /// What of the share of logged executions is still due.
    due: f64,
}

/// A series that was looked up before.
#[derive(Debug)]
struct Known {
    /// Held, so that its address stays its own.
    hook: Arc<str>,
    collection: Option<Box<str>>,
    index: usize,
}

impl Local {
    pub(crate) fn new(shard: Arc<Shard>) -> Self {
        Self {
            shard,
            known: HashMap::default(),
            due: 0.0,
        }
    }

    #[inline]
    pub(crate) fn record(&mut self, metrics: &Metrics, execution: &Execution<'_>) {
        let options = metrics.options();
        if !options.enabled {
            return;
        }
        let index = self.index(metrics.registry(), execution.hook, execution.collection);
        self.shard.series(index).record(execution);
        if options.log {
            log::write(execution, options, &mut self.due);
        }
        if let Some(sink) = &options.sink {
            sink.execution(execution);
        }
    }

    pub(crate) fn waited(
        &mut self,
        metrics: &Metrics,
        hook: &Arc<str>,
        collection: Option<&str>,
        duration: Duration,
    ) {
        if metrics.options().enabled {
            let index = self.index(metrics.registry(), hook, collection);
            self.shard.series(index).waited(duration);
        }
    }

    #[inline]
    fn index(&mut self, registry: &Registry, hook: &Arc<str>, collection: Option<&str>) -> usize {
        let key = key_of(hook, collection);
        match self.known.get(&key) {
            Some(known) if known.is(hook, collection) => known.index,
            _ => self.look_up(registry, key, hook, collection),
        }
    }

    #[cold]
    fn look_up(
        &mut self,
        registry: &Registry,
        key: u64,
        hook: &Arc<str>,
        collection: Option<&str>,
    ) -> usize {
        let index = registry.index_of(hook, collection);
        if collection.is_some_and(|name| name.len() > MAX_NAME) {
            return index;
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        let known = Known {
            hook: Arc::clone(hook),
            collection: collection.map(Into::into),
            index,
        };
        self.known.insert(key, known);
        index
    }
}

impl Known {
    #[inline]
    fn is(&self, hook: &Arc<str>, collection: Option<&str>) -> bool {
        Arc::ptr_eq(&self.hook, hook) && self.collection.as_deref() == collection
    }
}

/// Different for different hooks and collections, but for rare accidents.
#[inline]
fn key_of(hook: &Arc<str>, collection: Option<&str>) -> u64 {
    let (words, rest) = collection.unwrap_or_default().as_bytes().as_chunks();
    let mut key = hook.as_ptr().addr() as u64;
    for word in words {
        key = mix(key ^ u64::from_le_bytes(*word));
    }
    let rest = rest
        .iter()
        .fold(0, |word, byte| word << 8 | u64::from(*byte));
    mix(key ^ rest)
}

#[inline]
fn mix(value: u64) -> u64 {
    let value = value.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    value ^ (value >> 32)
}

/// The hash of a key that is a hash already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
