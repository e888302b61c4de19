//! One log event per execution.
//!
//! One rule: names and levels are read by people's queries and alerts; they
//! change only with a line in the changelog.
//! This module does not know where log lines go.

use std::time::Duration;

use tracing::Level;

use crate::{Execution, Outcome};

/// The target of the events, for a subscriber's filter.
pub const TARGET: &str = "jsvm::execution";

/// A level must be a constant, so there are three events of the same fields.
/// Fields are evaluated only if someone listens; those that are `None` are
/// left out.
macro_rules! event {
    ($level:ident, $execution:ident, $message:literal) => {
        tracing::event!(
            target: TARGET,
            Level::$level,
            hook = $execution.hook,
            collection = $execution.collection,
            duration_ms = millis($execution.duration),
            mem_alloc_bytes = $execution.allocated_bytes,
            cache_hit = $execution.cache_hit,
            outcome = $execution.outcome.label(),
            error = error($execution),
            timeout_ms = at_timeout($execution, millis($execution.timeout)),
            script_hash = at_timeout($execution, $execution.script),
            $message
        )
    };
}

pub(crate) fn write(execution: &Execution<'_>) {
    match execution.outcome {
        Outcome::Ok => event!(DEBUG, execution, "jsvm execution"),
        Outcome::Error(_) => event!(ERROR, execution, "jsvm execution"),
        Outcome::Limit { .. } => event!(WARN, execution, "jsvm limit reached"),
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn error<'a>(execution: &Execution<'a>) -> Option<&'a str> {
    match execution.outcome {
        Outcome::Error(message) => Some(message),
        Outcome::Ok | Outcome::Limit { .. } => None,
    }
}

fn at_timeout<T>(execution: &Execution<'_>, value: T) -> Option<T> {
    execution.outcome.is_timeout().then_some(value)
}

#[cfg(test)]
mod tests {
    use std::{
        fmt::{Debug, Write},
        sync::{Arc, Mutex},
    };

    use tracing::{
        Event, Metadata, Subscriber,
        field::{Field, Visit},
        span,
        subscriber::with_default,
    };

    use super::*;
    use crate::{Metrics, Options, TIMEOUT, tests::execution};

    /// Keeps each event as one line: level, target, then fields in order.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn event(&self, event: &Event<'_>) {
            let metadata = event.metadata();
            let mut line = Line(format!("{} {}", metadata.level(), metadata.target()));
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    fn logged(options: Options, execution: &Execution<'_>) -> Vec<String> {
        let lines = Lines::default();
        with_default(lines.clone(), || Metrics::new(options).record(execution));
        lines.0.lock().unwrap().clone()
    }

    fn check(execution: &Execution<'_>, expected: &str) {
        assert_eq!(logged(Options::default(), execution), [expected]);
    }

    #[test]
    fn success_is_a_debug_line() {
        check(
            &execution(Outcome::Ok),
            "DEBUG jsvm::execution message=jsvm execution \
             hook=\"onRecordCreate\" collection=\"posts\" duration_ms=1.5 \
             mem_alloc_bytes=64 cache_hit=true outcome=\"ok\"",
        );
    }

    #[test]
    fn an_error_is_an_error_line_with_its_message() {
        check(
            &execution(Outcome::Error("title is not defined")),
            "ERROR jsvm::execution message=jsvm execution \
             hook=\"onRecordCreate\" collection=\"posts\" duration_ms=1.5 \
             mem_alloc_bytes=64 cache_hit=true outcome=\"error\" \
             error=\"title is not defined\"",
        );
    }

    #[test]
    fn a_limit_is_a_warning() {
        check(
            &execution(Outcome::Limit { kind: "memory" }),
            "WARN jsvm::execution message=jsvm limit reached \
             hook=\"onRecordCreate\" collection=\"posts\" duration_ms=1.5 \
             mem_alloc_bytes=64 cache_hit=true outcome=\"memory\"",
        );
    }

    #[test]
    fn a_timeout_names_its_limit_and_script() {
        check(
            &execution(Outcome::Limit { kind: TIMEOUT }),
            "WARN jsvm::execution message=jsvm limit reached \
             hook=\"onRecordCreate\" collection=\"posts\" duration_ms=1.5 \
             mem_alloc_bytes=64 cache_hit=true outcome=\"timeout\" \
             timeout_ms=5000.0 script_hash=\"9f86d081\"",
        );
    }

    #[test]
    fn a_missing_collection_is_left_out() {
        let execution = Execution {
            collection: None,
            ..execution(Outcome::Ok)
        };
        check(
            &execution,
            "DEBUG jsvm::execution message=jsvm execution \
             hook=\"onRecordCreate\" duration_ms=1.5 \
             mem_alloc_bytes=64 cache_hit=true outcome=\"ok\"",
        );
    }

    #[test]
    fn durations_are_finer_than_a_microsecond() {
        assert_eq!(millis(Duration::from_nanos(1_500)), 0.0015);
    }

    #[test]
    fn nothing_is_logged_unless_asked_for() {
        let execution = execution(Outcome::Error("boom"));
        for (enabled, log) in [(false, true), (true, false)] {
            let lines = logged(Options { enabled, log }, &execution);
            assert_eq!(lines, [""; 0], "enabled: {enabled}, log: {log}");
        }
    }
}
