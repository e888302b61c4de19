//! What the program prints besides results.
//!
//! The one rule: nothing here touches standard output, except the lines that
//! a script prints with `console.log`.

use jsvm::{Level, LogFormat, Output};
use serde_json::{Map, Value};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Sends log lines to standard error.
///
/// `JSVM_LOG` says which, in the form of `RUST_LOG`. By default, warnings and
/// errors.
pub(crate) fn log_to_stderr(format: LogFormat) {
    let filter = EnvFilter::try_from_env("JSVM_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let wants_colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(wants_colour)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .init(),
    }
}

/// Prints the lines of a script as they are.
pub(crate) struct Plain {
    /// Whether standard output is wanted for something else.
    pub(crate) only_stderr: bool,
}

impl Output for Plain {
    fn print(&self, level: Level, line: &str) {
        if self.only_stderr || level >= Level::Warn {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    }

    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>) {
        let attributes: String = attributes
            .iter()
            .map(|(key, value)| format!(" {key}={value}"))
            .collect();
        eprintln!("{level:?} {message}{attributes}");
    }
}
