//! Runs migrations on a thread of its own, which may never come back.
//!
//! The one rule: the caller is answered, whatever a file does. A thread that
//! is stuck is left behind, with a transaction that is never kept.

use crate::threads;
use jsvm_bindings::{Env, Error, MigrationError, Migrations, migration_timeout};
use jsvm_core::Source;
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// What to do with migration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Migrate {
    /// Run their top level and apply nothing.
    Check,
    /// Apply those that were not applied yet.
    Up,
    /// Revert so many of those that were applied last.
    Down(usize),
}

/// What a file may take longer than its time limit: it is compiled, and a
/// check of the limit may be late.
const GRACE: Duration = Duration::from_secs(2);

/// What the thread tells.
enum Told {
    /// A file, which gets so much time.
    Started(String, Duration),
    Ended(Result<Vec<String>, MigrationError>),
}

/// Does it, and returns the names of the files that were applied or reverted.
pub(crate) fn migrate(
    files: &[Source],
    env: &Env,
    timeout: Duration,
    what: Migrate,
) -> Result<Vec<String>, MigrationError> {
    let (teller, told) = channel();
    let (files, env) = (files.to_vec(), env.clone());
    let loading = env.limits.timeout_or(Duration::ZERO);
    let work = move || {
        let telling = |limit: Duration| {
            let teller = teller.clone();
            move |file: &str| drop(teller.send(Told::Started(file.to_owned(), limit)))
        };
        let loaded = Migrations::load(&files, &env, timeout, telling(loading));
        let done = loaded.and_then(|mut migrations| match what {
            Migrate::Check => Ok(Vec::new()),
            Migrate::Up => migrations.up(telling(timeout)),
            Migrate::Down(count) => migrations.down(count, telling(timeout)),
        });
        drop(teller.send(Told::Ended(done)));
    };
    threads::spawn("jsvm-migrations", work).map_err(|err| failed(&err.to_string()))?;
    wait(&told, loading)
}

fn failed(message: &str) -> MigrationError {
    MigrationError::Host(Error::host(message))
}

fn wait(told: &Receiver<Told>, loading: Duration) -> Result<Vec<String>, MigrationError> {
    let mut current = None;
    let mut limit = loading;
    loop {
        match told.recv_timeout(limit + GRACE) {
            Ok(Told::Started(file, its)) => (current, limit) = (Some(file), its),
            Ok(Told::Ended(result)) => return result,
            Err(RecvTimeoutError::Timeout) => {
                return Err(match current {
                    Some(file) => MigrationError::File {
                        file,
                        error: migration_timeout(limit),
                    },
                    None => failed("the engine for migrations did not start in time"),
                });
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(failed("the thread of the migrations panicked"));
            }
        }
    }
}
