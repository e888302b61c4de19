//! Migrations: changes of the data that are made once, in the order of their
//! files.
//!
//! The one rule: what one call applies or reverts is one transaction, so all
//! of it is kept or none.

mod history;

use crate::{app::App, env::Env, error::Error, executor::Executor, js::MigrationVm};
use jsvm_core::{LimitHit, ScriptError, Source};
use std::time::Duration;

/// Migration files that were run, with the functions that they registered.
///
/// Each file has a VM of its own. It belongs to the thread that made it, which
/// needs [`STACK_SIZE`](jsvm_core::STACK_SIZE) bytes of stack.
pub struct Migrations {
    app: App,
    executor: Executor,
    files: Vec<(String, MigrationVm)>,
    timeout: Duration,
}

/// Why migrations could not be run.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A file failed when it was run, applied or reverted.
    #[error("migration {file}: {error}")]
    File {
        /// The name of the file.
        file: String,
        /// What it threw, or the limit that ended it.
        error: ScriptError,
    },
    /// What was applied cannot be told from the data, or not be kept.
    #[error(transparent)]
    Host(#[from] Error),
}

/// What the history calls a file: its name without directories.
fn name(file: &Source) -> &str {
    let name = file.name();
    name.rsplit('/').next().unwrap_or(name)
}

/// What a migration ends with that ran for too long.
pub fn migration_timeout(limit: Duration) -> ScriptError {
    with_setting(ScriptError::limit(LimitHit::Timeout(limit)))
}

/// Names the setting that gives migrations more time.
fn with_setting(mut err: ScriptError) -> ScriptError {
    if matches!(err.limit, Some(LimitHit::Timeout(_))) {
        let message = &err.message;
        err.message = message.replace("limits.timeout", "limits.migration-timeout");
    }
    err
}

/// Which way a migration goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    Up,
    Down,
}

impl Migrations {
    /// Runs the top level of all files; nothing is applied.
    ///
    /// PocketBase: that happens at each start, whether they were applied or not.
    /// A file gets the time limit of the environment; what it registers gets
    /// `timeout` each time that it is called. `started` is told before each.
    ///
    /// # Errors
    ///
    /// The first file that fails.
    pub fn load(
        files: &[Source],
        env: &Env,
        timeout: Duration,
        started: impl Fn(&str),
    ) -> Result<Self, MigrationError> {
        let failed = |file: &Source, error| MigrationError::File {
            file: file.name().to_owned(),
            error,
        };
        let executor = Executor::new(env.clone()).map_err(Error::Script)?;
        let mut loaded = Vec::new();
        for file in files {
            started(file.name());
            let vm = executor
                .during(Duration::ZERO, |execution| {
                    MigrationVm::load(file, execution, env)
                })
                .map_err(|error| failed(file, error))?;
            loaded.push((name(file).to_owned(), vm));
        }
        Ok(Self {
            app: env.app.clone(),
            executor,
            files: loaded,
            timeout,
        })
    }

    /// Applies what was not applied yet, in the order of the files; returns
    /// their names.
    ///
    /// PocketBase: all in one transaction. `started` is told before each file.
    ///
    /// # Errors
    ///
    /// The first file that fails; then nothing was applied.
    pub fn up(&mut self, started: impl Fn(&str)) -> Result<Vec<String>, MigrationError> {
        if self.files.is_empty() {
            return Ok(Vec::new());
        }
        history::prepare(&self.app)?;
        let applied = history::applied(&self.app)?;
        let names = self.files.iter().map(|(file, _)| file.clone());
        let due: Vec<_> = names.filter(|file| !applied.contains(file)).collect();
        self.run(Way::Up, &due, started)
    }

    /// Reverts the last `count` of those that were applied, the last one first;
    /// returns their names.
    ///
    /// A file that is no longer there cannot be reverted and does not count.
    ///
    /// # Errors
    ///
    /// As [`up`](Self::up).
    pub fn down(
        &mut self,
        count: usize,
        started: impl Fn(&str),
    ) -> Result<Vec<String>, MigrationError> {
        history::prepare(&self.app)?;
        let applied = history::applied(&self.app)?.into_iter();
        let last: Vec<_> = applied
            .filter(|file| self.files.iter().any(|(it, _)| it == file))
            .take(count)
            .collect();
        self.run(Way::Down, &last, started)
    }

    fn run(
        &mut self,
        way: Way,
        names: &[String],
        started: impl Fn(&str),
    ) -> Result<Vec<String>, MigrationError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut current = None;
        let result = self.app.clone().run_in_transaction(|tx| {
            let mut done = Vec::new();
            for name in names {
                // Another process may have been faster.
                if history::is_applied(tx, name)? == matches!(way, Way::Up) {
                    continue;
                }
                current = Some(name.clone());
                started(name);
                self.call(way, name, tx).map_err(Error::Script)?;
                match way {
                    Way::Up => history::add(tx, name)?,
                    Way::Down => history::remove(tx, name)?,
                }
                current = None;
                done.push(name.clone());
            }
            Ok(done)
        });
        result.map_err(|err| match (current, err) {
            (Some(file), Error::Script(error)) => MigrationError::File { file, error },
            (_, err) => MigrationError::Host(err),
        })
    }

    fn call(&mut self, way: Way, name: &str, tx: &App) -> Result<(), ScriptError> {
        let Some((_, vm)) = self.files.iter_mut().find(|(file, _)| file == name) else {
            return Ok(());
        };
        self.executor
            .during(self.timeout, |_| match way {
                Way::Up => vm.up(tx),
                Way::Down => vm.down(tx),
            })
            .map_err(with_setting)
    }
}

/// Forgets which migrations were applied whose files are no longer among
/// `files`; returns their names.
///
/// PocketBase: `migrate history-sync`. What is not of a script stays.
///
/// # Errors
///
/// If the history cannot be read or written.
pub fn sync_history(app: &App, files: &[Source]) -> Result<Vec<String>, Error> {
    history::prepare(app)?;
    app.run_in_transaction(|tx| {
        let mut gone = history::applied(tx)?;
        gone.retain(|file| file.ends_with(".js") || file.ends_with(".ts"));
        gone.retain(|file| files.iter().all(|it| name(it) != file));
        for file in &gone {
            history::remove(tx, file)?;
        }
        Ok(gone)
    })
}
