//! Loading the hooks of a server that serves, on request or when files change.
//!
//! The one rule: hooks in which anything is wrong never come into force; those
//! before stay, and what is wrong is told.

use crate::{
    findings::{self, summary},
    serve::tell,
};
use anyhow::{Result, ensure};
use jsvm::{Rows, Runtime};
use jsvm_host::{Project, Sqlite, Watch, server};
use std::{
    io::{self, Write},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

/// Loads the hooks of a project again.
pub(crate) struct Reloader<'a> {
    project: &'a Project,
    runtime: &'a Runtime,
    store: Sqlite,
}

impl<'a> Reloader<'a> {
    pub(crate) fn new(project: &'a Project, runtime: &'a Runtime, store: Sqlite) -> Self {
        Self {
            project,
            runtime,
            store,
        }
    }

    /// Reloads when asked to, and when the files that are watched changed,
    /// until nobody can ask any more.
    pub(crate) fn run(&self, asked: &Receiver<()>, mut watch: Option<Watch>) {
        loop {
            match asked.recv_timeout(pause(watch.as_ref())) {
                Ok(()) => self.reload(),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if watch
                        .as_mut()
                        .is_some_and(|watch| watch.poll(Instant::now()))
                    {
                        self.reload();
                    }
                }
            }
        }
    }

    fn reload(&self) {
        let started = Instant::now();
        // A stream that nobody reads any more must not end the reloading.
        let _ = match self.try_reload() {
            Ok(told) => {
                let took = started.elapsed().as_millis();
                writeln!(io::stdout(), "reloaded in {took} ms: {told}")
            }
            Err(err) => writeln!(io::stderr(), "the hooks stay as they were: {err:#}"),
        };
    }

    /// PocketBase: a reload is a restart, which the hooks before hear of by
    /// `onTerminate` and the new ones by `onBootstrap`.
    fn try_reload(&self) -> Result<String> {
        let files = self.project.hooks()?;
        let loaded = self.runtime.inspect(&files)?;
        for (file, err) in &loaded.failures {
            writeln!(io::stderr(), "{}", findings::failure(file, err))?;
        }
        let hooks = Arc::new(loaded.hooks);
        let (failed, all) = (loaded.failures.len(), hooks.files().len());
        ensure!(failed == 0, "{failed} of {all} hook files failed to load");
        server::check(&hooks)?;
        findings::warn(&files, &hooks, &self.store.collections(), &[], false)?;
        tell(self.runtime, "onTerminate", true);
        self.runtime.app().set_hooks(Arc::clone(&hooks));
        tell(self.runtime, "onBootstrap", true);
        Ok(summary(&hooks))
    }
}

/// Without anything to watch, there is nothing to do until somebody asks.
fn pause(watch: Option<&Watch>) -> Duration {
    const HOUR: Duration = Duration::from_secs(3600);
    watch.map_or(HOUR, Watch::pause)
}
