//! The programs of a runtime: made once, kept as long as there is room.
//!
//! The one rule: every program of a runtime comes from here, so that none is
//! compiled twice. Knows nothing of who runs them.

use crate::config::{CacheConfig, Config};
use jsvm_bindings::{App, Compile};
use jsvm_cache::{Cache, Store, StoreStats, Weigh};
use jsvm_core::{ContentId, Kind, Limits, Program, ScriptError, Source, compiler_id};
use jsvm_metrics::Metrics;
use std::{io, sync::Arc, time::Instant};

/// Compiled programs by what they are.
pub(crate) struct Programs {
    cache: Cache<ContentId, Cached, ScriptError>,
    /// What a disk keeps of them, if it is to.
    store: Option<Store>,
    limits: Limits,
    metrics: Arc<Metrics>,
}

#[derive(Clone)]
struct Cached(Arc<Program>);

impl Weigh for Cached {
    fn weight(&self) -> usize {
        self.0.weight()
    }
}

impl Programs {
    /// No programs yet; the app is told when some are dropped.
    ///
    /// # Errors
    ///
    /// If the directory that is to keep them cannot be used.
    pub(crate) fn new(config: &Config, app: &App, metrics: &Arc<Metrics>) -> io::Result<Self> {
        let app = app.clone();
        let evicted = move || app.note_eviction();
        let limits = config.limits.limits();
        Ok(Self {
            cache: Cache::with_listener(config.cache.max_bytes, evicted),
            store: open(&config.cache, &limits)?,
            limits,
            metrics: Arc::clone(metrics),
        })
    }

    /// The program of a source, and whether it was there already.
    ///
    /// # Errors
    ///
    /// Why it does not compile.
    pub(crate) fn get(
        &self,
        source: &Source,
        kind: Kind,
    ) -> Result<(Arc<Program>, bool), ScriptError> {
        let id = ContentId::of(source, kind);
        let make = || {
            let made = self.make(source, kind, id);
            made.map(|made| Cached(Arc::new(made)))
        };
        match self.cache.get_or_try_insert_with(id, make) {
            Ok(found) => Ok((found.value.0, found.is_hit)),
            Err(err) => Err(ScriptError::clone(&err)),
        }
    }

    /// Makes a program: out of what the disk kept, or else by compiling.
    fn make(&self, source: &Source, kind: Kind, id: ContentId) -> Result<Program, ScriptError> {
        let kept = self
            .store
            .as_ref()
            .and_then(|store| store.get(id.as_bytes()));
        let known = kept.and_then(|kept| Program::from_kept(source, kind, &kept));
        if let Some(program) = known {
            return Ok(program);
        }
        let started = Instant::now();
        let made = Program::compile(source, kind, &self.limits);
        self.metrics.compiled(started.elapsed());
        if let (Some(store), Ok(program)) = (&self.store, &made)
            && let Some(kept) = program.to_kept()
        {
            store.put(id.as_bytes(), &kept);
        }
        made
    }

    /// How workers and loaders get their programs.
    pub(crate) fn compile(self: &Arc<Self>) -> Compile {
        let programs = Arc::clone(self);
        Arc::new(move |source, kind| programs.get(source, kind).map(|(program, _)| program))
    }

    /// How the cache is doing.
    pub(crate) fn stats(&self) -> jsvm_cache::Stats {
        self.cache.stats()
    }

    /// How the disk is doing; zeros without one.
    pub(crate) fn store_stats(&self) -> StoreStats {
        self.store.as_ref().map(Store::stats).unwrap_or_default()
    }
}

/// The store of the configuration: none without a directory, nor without room.
fn open(config: &CacheConfig, limits: &Limits) -> io::Result<Option<Store>> {
    if config.dir.as_os_str().is_empty() || config.max_bytes == 0 {
        return Ok(None);
    }
    Store::open(&config.dir, compiler_id(limits), config.max_bytes).map(Some)
}
