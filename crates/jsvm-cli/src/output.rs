//! What the program prints besides results.
//!
//! The one rule: nothing here touches standard output, except the lines that
//! a script prints with `console.log`.

use jsvm::{Level, LogFormat, Output};
use serde_json::{Map, Value};
use std::io::IsTerminal;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Something that makes traces of spans.
pub(crate) type SpanLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Sends log lines to standard error, and spans to `spans`.
///
/// `JSVM_LOG` says which lines, in the form of `RUST_LOG`; without it `default`
/// does.
pub(crate) fn log_to_stderr(format: LogFormat, default: &str, spans: Option<SpanLayer>) {
    let filter = filter(default);
    let wants_colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(wants_colour)
        .with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_filter(filter)
            .boxed(),
    };
    let layers: Vec<SpanLayer> = spans.into_iter().chain([lines]).collect();
    tracing_subscriber::registry().with(layers).init();
}

/// What `JSVM_LOG` says; if nobody understands it, that is told.
fn filter(default: &str) -> EnvFilter {
    const VARIABLE: &str = "JSVM_LOG";
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    if wanted.is_empty() {
        return EnvFilter::new(default);
    }
    wanted.parse().unwrap_or_else(|err| {
        eprintln!(
            "warning: {VARIABLE}={wanted:?} is not understood, and {default:?} taken instead: \
             {err}; write for example warn or jsvm::execution=debug"
        );
        EnvFilter::new(default)
    })
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
