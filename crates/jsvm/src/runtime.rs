//! The runtime: an app, the workers that run its hooks, and what they share.
//!
//! The one rule: it wires the layers and decides nothing; what a hook means is
//! in the bindings, what a deadline means is in the pool.

use crate::{
    config::Config,
    loader,
    migrate::{self, Migrate},
    programs::Programs,
    worker::{HookWorker, Job, PoolDispatch, Ran, Shared},
};
use jsvm_bindings::{
    App, Env, Error, Loaded, MigrationError, ModuleFiles, Modules, Network, NoModules, NoNetwork,
    NoSystem, System,
};
use jsvm_core::{ContentId, Kind, STACK_SIZE, ScriptError, Source};
use jsvm_metrics::{Count, Metrics, Readings, Sink};
use jsvm_pool::Pool;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// Hooks in force for an [`App`]: make one, [`load`](Self::load) files into
/// it, and use the app.
///
/// Dropping it stops what runs and forgets what waits; use
/// [`shutdown`](Self::shutdown) to let work in progress end.
pub struct Runtime {
    app: App,
    env: Env,
    pool: Arc<Pool<HookWorker>>,
    programs: Arc<Programs>,
    shared: Shared,
    migration_timeout: Duration,
}

/// Makes a [`Runtime`].
pub struct Builder {
    app: App,
    config: Config,
    hooks_dir: PathBuf,
    modules: Arc<dyn ModuleFiles>,
    process_env: Vec<(String, String)>,
    system: Arc<dyn System>,
    network: Arc<dyn Network>,
    sink: Option<Arc<dyn Sink>>,
}

impl Builder {
    /// What the runtime may use. By default, this is [`Config::default`].
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The directory that hooks come from, for `__hooks`. By default, this is
    /// `pb_hooks`.
    pub fn hooks_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.hooks_dir = path.into();
        self
    }

    /// Where `require` reads modules. By default, there are only the built-in
    /// ones. Strict hooks have no `require`.
    pub fn modules(mut self, files: Arc<dyn ModuleFiles>) -> Self {
        self.modules = files;
        self
    }

    /// What `process.env` holds. By default, this is nothing. Strict hooks have
    /// no `process`.
    pub fn process_env(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.process_env = variables.into_iter().collect();
        self
    }

    /// Where `$http` sends requests. By default, there is no network.
    pub fn network(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    /// The world that `$os` and `$http` reach, as far as `[sandbox]` lets them.
    /// By default, this is nothing.
    pub fn system(mut self, system: Arc<dyn System>) -> Self {
        self.system = system;
        self
    }

    /// Who else is told of every execution. By default, this is nobody.
    pub fn sink(mut self, sink: Arc<dyn Sink>) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// If a thread or an engine cannot be started, or `[cache] dir` cannot be
    /// used.
    pub fn build(self) -> Result<Runtime, RuntimeError> {
        let shared = Shared {
            metrics: Arc::new(Metrics::new(jsvm_metrics::Options {
                sink: self.sink,
                ..self.config.metrics.options()
            })),
            ahead: match self.config.pool.warm_up {
                true => self.config.cache.max_bytes,
                false => 0,
            },
        };
        let programs = Programs::new(&self.config, &self.app, &shared.metrics).map_err(|err| {
            let dir = self.config.cache.dir.display();
            RuntimeError::Start(format!("[cache] dir: {dir}: {err}"))
        })?;
        let programs = Arc::new(programs);
        self.app.set_settings(self.config.settings.clone().into());
        let limits = self.config.limits.limits();
        let longest = limits.in_force().source_size;
        let root = PathBuf::from(self.modules.root());
        let permissions = self.config.sandbox.permissions(&root);
        let env = Env {
            app: self.app.clone(),
            limits,
            profile: self.config.sandbox.profile,
            permissions: permissions.clone(),
            freezes: self.config.sandbox.freeze,
            allows_eval: self.config.sandbox.allows_eval(),
            hooks_dir: absolute(&self.hooks_dir),
            modules: Arc::new(Modules::new(self.modules, longest).only(permissions.require)),
            process_env: self.process_env.into(),
            system: self.system,
            network: self.network,
            compile: programs.compile(),
            allocated: jsvm_alloc::thread_allocated_bytes,
            live: jsvm_alloc::thread_live_bytes,
        };
        let pool = start(&self.config, &env, &shared)?;
        let timeouts = self.config.pool.timeouts;
        let dispatch = PoolDispatch::new(&pool, env.limits, &shared.metrics, timeouts);
        self.app.set_dispatch(Arc::new(dispatch));
        Ok(Runtime {
            app: self.app,
            env,
            pool,
            programs,
            shared,
            migration_timeout: self.config.limits.migration_timeout,
        })
    }
}

fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

fn start(
    config: &Config,
    env: &Env,
    shared: &Shared,
) -> Result<Arc<Pool<HookWorker>>, RuntimeError> {
    let (env, shared) = (env.clone(), shared.clone());
    let pool = config
        .pool
        .configure(Pool::builder())
        .timeout(config.limits.timeout)
        .stack_size(STACK_SIZE)
        .build(move || HookWorker::new(env.clone(), &shared))
        .map_err(|err| RuntimeError::Start(err.to_string()))?;
    Ok(Arc::new(pool))
}

impl Runtime {
    /// Starts making a runtime for an app.
    pub fn builder(app: App) -> Builder {
        Builder {
            app,
            config: Config::default(),
            hooks_dir: "pb_hooks".into(),
            modules: Arc::new(NoModules),
            process_env: Vec::new(),
            system: Arc::new(NoSystem),
            network: Arc::new(NoNetwork),
            sink: None,
        }
    }

    /// The app whose writes run hooks.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Loads hook files, in their order, and puts what they register in force.
    ///
    /// It can be called again at any time: the new hooks are made beside those
    /// in force and replace them as a whole, while events in progress keep
    /// theirs. Programs that did not change are not compiled again. A file
    /// that fails keeps what it registered before it failed, and is reported;
    /// to keep the hooks in force instead, see [`inspect`](Self::inspect).
    ///
    /// # Errors
    ///
    /// If the engine cannot be set up; what was in force stays then.
    pub fn load(&self, files: &[Source]) -> Result<Vec<LoadFailure>, RuntimeError> {
        let loaded = self.inspect(files)?;
        let result = match loaded.failures.is_empty() {
            true => "ok",
            false => "failed",
        };
        self.shared.metrics.count(Count::Reload, result, 1);
        self.app.set_hooks(loaded.hooks);
        Ok(loaded
            .failures
            .into_iter()
            .map(|(file, error)| LoadFailure { file, error })
            .collect())
    }

    /// Loads hook files without putting anything in force.
    ///
    /// A file whose top level does not come back some seconds after its time
    /// limit is left behind on its thread and reported without anything that it
    /// registered; the others are run again.
    ///
    /// Module files are read again, also by hooks in force that need one for
    /// the first time.
    ///
    /// With it, a reload can be refused:
    ///
    /// ```
    /// use jsvm::{App, NoRecords, Runtime, Silent, Source};
    /// use std::sync::Arc;
    ///
    /// let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    /// let runtime = Runtime::builder(app).build()?;
    /// let file = Source::new("main.pb.js", "onBootstrap((e) => e.next())");
    /// let loaded = runtime.inspect(&[file])?;
    /// if loaded.failures.is_empty() {
    ///     runtime.app().set_hooks(loaded.hooks);
    /// }
    /// assert_eq!(runtime.app().hooks().handlers(), 1);
    /// # Ok::<(), jsvm::RuntimeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the engine cannot be set up.
    pub fn inspect(&self, files: &[Source]) -> Result<Loaded, RuntimeError> {
        self.env.modules.forget();
        loader::load(files, &self.env)
    }

    /// Runs migration files, in their order, and applies or reverts what they
    /// register; returns the names of those that were.
    ///
    /// PocketBase: `pb_migrations`, with the history in the table `_migrations`
    /// under the names of the sources without directories. The top level of every file runs each
    /// time. What one call changes is one transaction, with the hooks in force
    /// around each write. One migration gets `[limits] migration-timeout`.
    ///
    /// ```
    /// use jsvm::{App, Migrate, NoRecords, Runtime, Silent, Source};
    /// use std::sync::Arc;
    ///
    /// let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    /// let runtime = Runtime::builder(app).build()?;
    /// let file = Source::new("1700000000_posts.js", "migrate((app) => app.save(1))");
    /// runtime.migrate(&[file], Migrate::Check)?;
    /// let broken = Source::new("1700000001_tags.js", "migrate(");
    /// let err = runtime.migrate(&[broken], Migrate::Up).unwrap_err();
    /// assert!(err.to_string().starts_with("migration 1700000001_tags.js: "));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first file that fails; then nothing was changed. One that does not
    /// come back some seconds after its time limit is left behind, and its
    /// transaction keeps other writers out until the process ends.
    pub fn migrate(&self, files: &[Source], what: Migrate) -> Result<Vec<String>, MigrationError> {
        self.env.modules.forget();
        migrate::migrate(files, &self.env, self.migration_timeout, what)
    }

    /// Runs one script on a worker and waits for its end.
    ///
    /// A zero `timeout` is that of the configuration.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if no worker takes it. What the script itself
    /// did is in [`Ran::result`].
    pub fn run_script(&self, source: Source, timeout: Duration) -> Result<Ran, Error> {
        let started = Instant::now();
        let programs = Arc::clone(&self.programs);
        let id = ContentId::of(&source, Kind::Script);
        let job = Job::script(
            id,
            timeout,
            &self.shared.metrics,
            move |executor, timeout| {
                executor.run_script(|| programs.get(&source, Kind::Script), timeout)
            },
        );
        match crate::worker::run(
            &self.pool,
            &self.env.limits,
            &self.shared.metrics,
            None,
            job,
        ) {
            // The worker is gone, but what ended the script is known.
            Err(Error::Script(err)) => Ok(Ran {
                result: Err(err),
                duration: started.elapsed(),
                ..Ran::default()
            }),
            other => other,
        }
    }

    /// How the layers are doing.
    pub fn stats(&self) -> Stats {
        Stats {
            pool: self.pool.stats(),
            cache: self.programs.stats(),
            store: self.programs.store_stats(),
            metrics: self.shared.metrics.stats(),
        }
    }

    /// All numbers under their names, for whoever exports them.
    ///
    /// Asking takes some microseconds for each worker.
    pub fn telemetry(&self) -> Telemetry {
        Telemetry {
            metrics: Arc::clone(&self.shared.metrics),
            pool: Arc::downgrade(&self.pool),
            programs: Arc::clone(&self.programs),
        }
    }

    /// Takes no more work, lets what runs and waits end within `drain`, then
    /// stops the rest.
    pub fn shutdown(&self, drain: Duration) -> jsvm_pool::ShutdownReport {
        self.pool.shutdown(drain)
    }
}

/// A hook file that could not be run to its end.
#[derive(Debug, Clone)]
pub struct LoadFailure {
    /// The name of the file.
    pub file: String,
    /// What it threw, or the limit that ended it.
    pub error: ScriptError,
}

/// The numbers of a runtime, for exporters on other threads.
///
/// Cheap to clone, and it does not keep the runtime alive.
#[derive(Clone)]
pub struct Telemetry {
    metrics: Arc<Metrics>,
    pool: Weak<Pool<HookWorker>>,
    programs: Arc<Programs>,
}

impl Telemetry {
    /// All numbers at this moment; those of the pool are 0 once it is gone.
    pub fn families(&self) -> Vec<jsvm_metrics::Family> {
        let pool = self.pool.upgrade().map(|pool| pool.stats());
        let (pool, cache) = (pool.unwrap_or_default(), self.programs.stats());
        let readings = Readings {
            pool_size: pool.size as u64,
            pool_busy: pool.busy,
            queue_depth: pool.queued as u64,
            abandoned: pool.abandoned,
            replaced: pool.replaced,
            program_hits: cache.hits,
            program_misses: cache.misses,
            evictions: cache.evictions,
            program_bytes: cache.bytes,
        };
        jsvm_metrics::families(&self.metrics.snapshot(), &readings)
    }

    /// What was recorded, for who adds to it.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

/// How the layers of a runtime are doing.
///
/// Counts are since the start of the runtime.
///
/// ```
/// use jsvm::{PoolStats, Stats};
///
/// /// Whether events wait although no worker is free.
/// fn is_overloaded(pool: &PoolStats) -> bool {
///     pool.idle == 0 && pool.queued > 0
/// }
/// let of_runtime = |stats: Stats| is_overloaded(&stats.pool);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Stats {
    /// Workers and queue.
    pub pool: jsvm_pool::Stats,
    /// Compiled programs.
    pub cache: jsvm_cache::Stats,
    /// What a disk keeps of programs; zeros without one.
    pub store: jsvm_cache::StoreStats,
    /// Executions.
    pub metrics: jsvm_metrics::Stats,
}

/// A runtime could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A thread or an engine could not be started, or a directory not be used.
    #[error("{0}")]
    Start(String),
}
