//! The programs of a runtime: made once, kept as long as there is room.
//!
//! The one rule: every program of a runtime comes from here, so that none is
//! compiled twice. Knows nothing of who runs them.

use crate::config::Config;
use jsvm_bindings::{App, Compile};
use jsvm_cache::{Cache, Weigh};
use jsvm_core::{ContentId, Kind, Limits, Program, ScriptError, Source};
use jsvm_metrics::Metrics;
use std::{sync::Arc, time::Instant};

/// Compiled programs by what they are.
pub(crate) struct Programs {
    cache: Cache<ContentId, Cached, ScriptError>,
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
    pub(crate) fn new(config: &Config, app: &App, metrics: &Arc<Metrics>) -> Self {
        let app = app.clone();
        let evicted = move || app.note_eviction();
        Self {
            cache: Cache::with_listener(config.cache.max_bytes, evicted),
            limits: config.limits.limits(),
            metrics: Arc::clone(metrics),
        }
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
        let make = || {
            let started = Instant::now();
            let made = Program::compile(source, kind, &self.limits);
            self.metrics.compiled(started.elapsed());
            made.map(|made| Cached(Arc::new(made)))
        };
        let found = self
            .cache
            .get_or_try_insert_with(ContentId::of(source, kind), make);
        match found {
            Ok(found) => Ok((found.value.0, found.is_hit)),
            Err(err) => Err(ScriptError::clone(&err)),
        }
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
}
