//! Where scripts print and log to.
//!
//! The one rule: nothing is formatted here; the host decides what a line looks
//! like and where it goes.

use jsvm_core::Position;
use serde_json::{Map, Value};
use std::sync::Arc;

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a mistake.
    Debug,
    /// What usually happens.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

/// What a host does with what scripts print and log.
///
/// Called on the worker, under the script's deadline: do not block.
pub trait Output: Send + Sync + 'static {
    /// A line of `console.log` and its siblings.
    ///
    /// PocketBase: `log`, `info`, `debug` go to standard output, `warn` and
    /// `error` to standard error, behind a time stamp.
    fn print(&self, level: Level, line: &str);

    /// As [`print`](Self::print), with a way to ask which hook printed it and
    /// where, which takes some microseconds.
    ///
    /// By default, nobody asks.
    fn print_from(&self, level: Level, line: &str, origin: &mut dyn FnMut() -> Origin) {
        let _ = origin;
        self.print(level, line);
    }

    /// An entry of `$app.logger()`, or of the hook runtime itself.
    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>);
}

/// Where a line came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The handler that was in progress, such as `onRecordCreate`; none while
    /// files are loaded.
    pub hook: Option<Arc<str>>,
    /// The place in the script.
    pub position: Option<Position>,
}

/// Forgets everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Output for Silent {
    fn print(&self, _: Level, _: &str) {}
    fn log(&self, _: Level, _: &str, _: &Map<String, Value>) {}
}
