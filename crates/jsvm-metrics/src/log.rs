//! One log event per execution.
//!
//! One rule: names and levels are read by people's queries and alerts; they
//! change only with a line in the changelog.
//! This module does not know where log lines go.

use crate::{
    execution::{Execution, HostCall, Outcome},
    histogram::nanos,
    metrics::Options,
};
use std::{
    fmt::{Display, Write},
    time::Duration,
};
use tracing::{Level, field::display, level_filters::LevelFilter};

/// The target of the events, for a subscriber's filter.
pub const TARGET: &str = "jsvm::execution";

/// A level must be a constant, so there is an event for each.
/// Fields are evaluated only if someone listens; those that are `None` are
/// left out.
macro_rules! event {
    ($level:ident, $execution:ident, $message:literal $(, $name:ident = $value:expr)*) => {
        tracing::event!(
            target: TARGET,
            Level::$level,
            hook = &**$execution.hook,
            collection = $execution.collection,
            duration_ms = millis($execution.duration),
            mem_alloc_bytes = $execution.memory.map(|memory| memory.allocated),
            mem_peak_bytes = $execution.memory.map(|memory| memory.peak),
            cache_hit = $execution.cache_hit,
            outcome = $execution.outcome.label(),
            $($name = $value,)*
            $message
        )
    };
}

pub(crate) fn write(execution: &Execution<'_>, options: &Options, due: &mut f64) {
    match execution.outcome {
        Outcome::Ok => completed(execution, options, due),
        Outcome::Error(message) => failed(execution, message),
        Outcome::Limit { .. } => limited(execution),
    }
}

fn completed(execution: &Execution<'_>, options: &Options, due: &mut f64) {
    // First, because it is one load and most often the end.
    if options.log_level > LevelFilter::current() {
        return;
    }
    *due += options.log_sample;
    if *due < 1.0 {
        return;
    }
    *due -= 1.0;
    match options.log_level {
        Level::TRACE => event!(TRACE, execution, "jsvm execution"),
        Level::DEBUG => event!(DEBUG, execution, "jsvm execution"),
        Level::INFO => event!(INFO, execution, "jsvm execution"),
        Level::WARN => event!(WARN, execution, "jsvm execution"),
        Level::ERROR => event!(ERROR, execution, "jsvm execution"),
    }
}

fn failed(execution: &Execution<'_>, message: &str) {
    event!(
        ERROR,
        execution,
        "jsvm execution",
        error = message,
        at = execution.place.map(display)
    );
}

/// The report of a limit: where the time went, and where the script was.
fn limited(execution: &Execution<'_>) {
    let host = execution.times.map(|times| times.host);
    event!(
        WARN,
        execution,
        "jsvm limit reached",
        timeout_ms = at_timeout(execution, millis(execution.timeout)),
        script_hash = script_hash(execution),
        at = execution.place.map(display),
        js_ms = host.map(|host| millis(execution.duration.saturating_sub(host_time(host)))),
        host_ms = host.map(|host| millis(host_time(host))),
        host_calls = host.and_then(told),
        queue_ms = execution.times.map(|times| millis(times.queue))
    );
}

/// Divided once, so that no digits appear that were not measured.
#[expect(clippy::cast_precision_loss, reason = "exact up to 104 days")]
fn millis(duration: Duration) -> f64 {
    nanos(duration) as f64 / 1e6
}

fn host_time(calls: &[HostCall]) -> Duration {
    calls.iter().map(|call| call.time).sum()
}

/// For example `records.find 3x 12.5ms, sleep 1x 100ms`, the longest first.
fn told(calls: &[HostCall]) -> Option<String> {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| std::cmp::Reverse(call.time));
    let mut text = String::new();
    for HostCall { name, count, time } in calls {
        let comma = if text.is_empty() { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}{name} {count}x {time:.1?}");
    }
    (!text.is_empty()).then_some(text)
}

fn script_hash<'a>(
    execution: &Execution<'a>,
) -> Option<tracing::field::DisplayValue<&'a dyn Display>> {
    let script = execution.outcome.is_timeout().then_some(execution.script);
    script.flatten().map(display)
}

fn at_timeout<T>(execution: &Execution<'_>, value: T) -> Option<T> {
    execution.outcome.is_timeout().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Metrics, TIMEOUT,
        execution::Times,
        tests::{Lines, execution},
    };
    use std::sync::Arc;
    use tracing::subscriber::with_default;

    fn logged(options: Options, executions: &[Execution<'_>]) -> Vec<String> {
        let lines = Lines::default();
        with_default(lines.clone(), || {
            let recorder = Arc::new(Metrics::new(options)).recorder();
            for execution in executions {
                recorder.record(execution);
            }
        });
        lines.take()
    }

    fn check(execution: Execution<'_>, level: &str, message: &str, rest: &str) {
        let expected = format!(
            "{level} jsvm::execution message={message} \
             hook=\"onRecordCreate\" collection=\"posts\" duration_ms=1.5 \
             mem_alloc_bytes=64 mem_peak_bytes=32 cache_hit=true {rest}"
        );
        assert_eq!(logged(Options::default(), &[execution]), [expected]);
    }

    #[test]
    fn success_is_a_debug_line() {
        let execution = execution(Outcome::Ok);
        check(execution, "DEBUG", "jsvm execution", "outcome=\"ok\"");
    }

    #[test]
    fn an_error_is_an_error_line_with_its_message_and_place() {
        let execution = Execution {
            place: Some(&"main.pb.js:3:5"),
            ..execution(Outcome::Error("title is not defined"))
        };
        let rest = "outcome=\"error\" error=\"title is not defined\" at=main.pb.js:3:5";
        check(execution, "ERROR", "jsvm execution", rest);
    }

    #[test]
    fn a_limit_is_a_warning_that_tells_where_the_time_went() {
        let call = |name, count, micros| HostCall {
            name,
            count,
            time: Duration::from_micros(micros),
        };
        let execution = Execution {
            times: Some(Times {
                queue: Duration::from_millis(2),
                host: &[call("records.find", 3, 250), call("sleep", 1, 500)],
            }),
            ..execution(Outcome::Limit { kind: "memory" })
        };
        let rest = "outcome=\"memory\" js_ms=0.75 host_ms=0.75 \
                    host_calls=\"sleep 1x 500.0µs, records.find 3x 250.0µs\" queue_ms=2.0";
        check(execution, "WARN", "jsvm limit reached", rest);
    }

    #[test]
    fn a_timeout_names_its_limit_and_script() {
        let rest = "outcome=\"timeout\" timeout_ms=5000.0 script_hash=9f86d081 \
                    js_ms=1.5 host_ms=0.0 queue_ms=0.0";
        let execution = execution(Outcome::Limit { kind: TIMEOUT });
        check(execution, "WARN", "jsvm limit reached", rest);
    }

    #[test]
    fn a_timeout_that_its_worker_did_not_tell_of_makes_no_times_up() {
        let execution = Execution {
            times: None,
            script: None,
            ..execution(Outcome::Limit { kind: TIMEOUT })
        };
        let rest = "outcome=\"timeout\" timeout_ms=5000.0";
        check(execution, "WARN", "jsvm limit reached", rest);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let execution = Execution {
            collection: None,
            memory: None,
            ..execution(Outcome::Ok)
        };
        let expected = "DEBUG jsvm::execution message=jsvm execution \
             hook=\"onRecordCreate\" duration_ms=1.5 cache_hit=true outcome=\"ok\"";
        assert_eq!(logged(Options::default(), &[execution]), [expected]);
    }

    #[test]
    fn a_sample_of_successes_is_logged_and_every_failure() {
        let options = Options {
            log_sample: 0.25,
            log_level: Level::INFO,
            ..Options::default()
        };
        let (ok, failed) = (execution(Outcome::Ok), execution(Outcome::Error("boom")));
        let executions = [[ok; 4], [failed; 4], [ok; 4]].concat();
        let levels: Vec<_> = logged(options, &executions)
            .iter()
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(levels, ["INFO", "ERROR", "ERROR", "ERROR", "ERROR", "INFO"]);
    }

    #[test]
    fn durations_are_finer_than_a_microsecond() {
        assert_eq!(millis(Duration::from_nanos(1_500)), 0.0015);
    }

    #[test]
    fn nothing_is_logged_unless_asked_for() {
        let execution = execution(Outcome::Error("boom"));
        for (enabled, log) in [(false, true), (true, false)] {
            let options = Options {
                enabled,
                log,
                ..Options::default()
            };
            let lines = logged(options, &[execution]);
            assert_eq!(lines, [""; 0], "enabled: {enabled}, log: {log}");
        }
    }
}
