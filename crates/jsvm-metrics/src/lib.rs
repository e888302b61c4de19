//! What each execution did and cost: records, counters and log lines.
//!
//! One rule: recording costs nanoseconds, never blocks and never fails.
//! This crate does not know what ran, on which thread or by which clock: it is
//! told. It links no engine and exports nothing; it offers [`Metrics::stats`].
//!
//! ```
//! use jsvm_metrics::{Execution, Metrics, Options, Outcome};
//! use std::time::Duration;
//!
//! let metrics = Metrics::new(Options::default());
//! metrics.record(&Execution {
//!     hook: "onRecordCreate",
//!     collection: Some("posts"),
//!     duration: Duration::from_micros(120),
//!     outcome: Outcome::Ok,
//!     allocated_bytes: 4096,
//!     cache_hit: true,
//!     script: "9f86d081",
//!     timeout: Duration::from_secs(5),
//! });
//!
//! assert_eq!(metrics.stats().executions, 1);
//! assert_eq!(metrics.stats().errors, 0);
//! ```
//!
//! # Log lines
//!
//! Each execution is one `tracing` event of target [`TARGET`].
//! Without an interested subscriber it costs about a nanosecond.
//!
//! | outcome | level | message |
//! | --- | --- | --- |
//! | ok | debug | `jsvm execution` |
//! | error | error | `jsvm execution` |
//! | limit | warn | `jsvm limit reached` |
//!
//! | field | type | unit, and when it is there |
//! | --- | --- | --- |
//! | `hook` | string | always |
//! | `collection` | string | if the event is about one |
//! | `duration_ms` | float | milliseconds, nanosecond resolution |
//! | `mem_alloc_bytes` | integer | bytes |
//! | `cache_hit` | boolean | always |
//! | `outcome` | string | `ok`, `error`, or the limit's kind |
//! | `error` | string | the message of an error |
//! | `timeout_ms` | float | milliseconds, at a time-out |
//! | `script_hash` | string | content id in hexadecimal, at a time-out |

mod counters;
mod log;

pub use self::log::TARGET;

use std::time::Duration;

/// The kind of [`Outcome::Limit`] that counts as a time-out.
pub const TIMEOUT: &str = "timeout";

/// One finished run of a hook or script.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// Name of the hook, such as `onRecordCreate`.
    pub hook: &'a str,
    /// Name of the collection the event is about, if it is about one.
    pub collection: Option<&'a str>,
    /// Time from start to end.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// Bytes allocated meanwhile, whether freed or not.
    pub allocated_bytes: u64,
    /// Whether the program was in the cache.
    pub cache_hit: bool,
    /// Content id of the program, in hexadecimal.
    pub script: &'a str,
    /// The limit on `duration` that was in force.
    pub timeout: Duration,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// It completed.
    Ok,
    /// It threw, or could not run. The message is logged as it is: bound its
    /// length before.
    Error(&'a str),
    /// A limit ended it.
    Limit {
        /// Which limit: [`TIMEOUT`], `loops`, `memory` and so on.
        kind: &'a str,
    },
}

impl<'a> Outcome<'a> {
    /// `ok`, `error`, or the kind of the limit: few values, fit for a label.
    #[must_use]
    pub fn label(&self) -> &'a str {
        match *self {
            Self::Ok => "ok",
            Self::Error(_) => "error",
            Self::Limit { kind } => kind,
        }
    }

    /// Whether the limit on time ended it.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Limit { kind } if *kind == TIMEOUT)
    }
}

/// What [`Metrics::record`] does with an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Counts and logs; if `false`, recording does nothing at all.
    ///
    /// By default, this is `true`.
    pub enabled: bool,
    /// Logs one event per execution, if enabled.
    ///
    /// By default, this is `true`.
    pub log: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: true,
            log: true,
        }
    }
}

/// Counts and logs executions; shared by all threads that run them.
///
/// Counters start at 0 and only grow.
#[derive(Debug)]
pub struct Metrics {
    options: Options,
    counters: counters::Counters,
}

/// Sums over all executions recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Executions, however they ended.
    pub executions: u64,
    /// Those that did not complete: errors and limits.
    pub errors: u64,
    /// Those ended by a limit, time-outs included.
    pub limits: u64,
    /// Those ended by the limit of kind [`TIMEOUT`].
    pub timeouts: u64,
    /// Time spent in executions.
    pub total_duration: Duration,
    /// The longest execution.
    pub max_duration: Duration,
    /// Bytes allocated by executions, whether freed or not.
    pub allocated_bytes: u64,
}

impl Metrics {
    /// Counters at 0.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            counters: counters::Counters::default(),
        }
    }

    /// Counts and logs one execution, as the options say.
    ///
    /// Takes no lock, and a few nanoseconds unless a subscriber wants the
    /// event: writing a log line takes as long as that subscriber does.
    pub fn record(&self, execution: &Execution<'_>) {
        if !self.options.enabled {
            return;
        }
        self.counters.count(execution);
        if self.options.log {
            log::write(execution);
        }
    }

    /// The sums so far.
    ///
    /// Counters are read one by one: an execution that is being recorded on
    /// another thread may be in some sums and not yet in others.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.stats()
    }
}

/// Records with the default [`Options`].
impl Default for Metrics {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn execution(outcome: Outcome<'_>) -> Execution<'_> {
        Execution {
            hook: "onRecordCreate",
            collection: Some("posts"),
            duration: Duration::from_micros(1_500),
            outcome,
            allocated_bytes: 64,
            cache_hit: true,
            script: "9f86d081",
            timeout: Duration::from_secs(5),
        }
    }

    #[test]
    fn outcomes_have_labels() {
        let limit = |kind| Outcome::Limit { kind };
        let cases = [
            (Outcome::Ok, "ok", false),
            (Outcome::Error("timeout"), "error", false),
            (limit(TIMEOUT), "timeout", true),
            (limit("memory"), "memory", false),
        ];
        for (outcome, label, is_timeout) in cases {
            assert_eq!(outcome.label(), label);
            assert_eq!(outcome.is_timeout(), is_timeout, "{outcome:?}");
        }
    }

    #[test]
    fn recording_is_on_by_default() {
        let metrics = Metrics::default();
        metrics.record(&execution(Outcome::Ok));
        assert_eq!(metrics.stats().executions, 1);
    }

    #[test]
    fn disabled_metrics_count_nothing() {
        let metrics = Metrics::new(Options {
            enabled: false,
            log: true,
        });
        metrics.record(&execution(Outcome::Error("boom")));
        assert_eq!(metrics.stats(), Stats::default());
    }
}
