//! Loads hook files on a thread of its own, which may never come back.
//!
//! The one rule: the caller is answered, whatever the top level of a file
//! does. A thread that is stuck is left behind with all it made, and the files
//! are loaded again without the one that it is stuck in.

use crate::{RuntimeError, threads};
use jsvm_bindings::{Env, Loaded, load_with};
use jsvm_core::{LimitHit, ScriptError, Source};
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// What a file may take longer than its time limit: it is compiled, and a
/// check of the limit may be late.
const GRACE: Duration = Duration::from_secs(2);

/// As [`jsvm_bindings::load`], with an end.
pub(crate) fn load(files: &[Source], env: &Env) -> Result<Loaded, RuntimeError> {
    let mut rest = files.to_vec();
    let mut stuck = Vec::new();
    loop {
        match attempt(&rest, env)? {
            Attempt::Loaded(mut loaded) => {
                loaded.failures.append(&mut stuck);
                let place = |name: &str| files.iter().position(|file| file.name() == name);
                loaded.failures.sort_by_key(|(name, _)| place(name));
                return Ok(loaded);
            }
            Attempt::Stuck(index) => {
                let hit = LimitHit::Timeout(env.limits.timeout_or(Duration::ZERO));
                let file = rest.remove(index);
                stuck.push((file.name().to_owned(), ScriptError::limit(hit)));
            }
        }
    }
}

enum Attempt {
    Loaded(Loaded),
    /// In the file with this number.
    Stuck(usize),
}

/// What the thread tells.
enum Told {
    Started(usize),
    Ended(Result<Loaded, ScriptError>),
}

fn attempt(files: &[Source], env: &Env) -> Result<Attempt, RuntimeError> {
    let (teller, told) = channel();
    let (files, patience) = (
        files.to_vec(),
        env.limits.timeout_or(Duration::ZERO) + GRACE,
    );
    let env = env.clone();
    threads::spawn("jsvm-loader", move || {
        let started = |index| drop(teller.send(Told::Started(index)));
        let loaded = load_with(&files, &env, started);
        drop(teller.send(Told::Ended(loaded)));
    })?;
    wait(&told, patience)
}

fn wait(told: &Receiver<Told>, patience: Duration) -> Result<Attempt, RuntimeError> {
    let mut current = None;
    loop {
        match told.recv_timeout(patience) {
            Ok(Told::Started(index)) => current = Some(index),
            Ok(Told::Ended(Ok(loaded))) => return Ok(Attempt::Loaded(loaded)),
            Ok(Told::Ended(Err(err))) => return Err(RuntimeError::Start(err.report())),
            Err(RecvTimeoutError::Timeout) => {
                let message = "the engine for loading hooks did not start in time";
                return current
                    .map(Attempt::Stuck)
                    .ok_or_else(|| RuntimeError::Start(message.into()));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(RuntimeError::Start("the loader panicked".into()));
            }
        }
    }
}
