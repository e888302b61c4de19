//! What each execution did and cost: counters, histograms and log lines.
//!
//! One rule: recording costs nanoseconds, never blocks and never fails.
//! This crate does not know what ran, on which thread or by which clock: it is
//! told. It links no engine.
//!
//! Each worker has a [`Recorder`]; [`Metrics::snapshot`] sums up what all of
//! them recorded, and [`families`] names it as [`INSTRUMENTS`] says.
//!
//! ```
//! use jsvm_metrics::{Execution, Memory, Metrics, Options, Outcome, Times};
//! use std::{sync::Arc, time::Duration};
//!
//! let metrics = Arc::new(Metrics::new(Options::default()));
//! let recorder = metrics.recorder();
//! let hook: Arc<str> = "onRecordCreate".into();
//! recorder.record(&Execution {
//!     hook: &hook,
//!     collection: Some("posts"),
//!     duration: Duration::from_micros(120),
//!     outcome: Outcome::Ok,
//!     memory: Some(Memory { allocated: 4096, peak: 1024 }),
//!     cache_hit: true,
//!     script: Some(&"9f86d081"),
//!     place: None,
//!     timeout: Duration::from_secs(5),
//!     times: Some(Times::default()),
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
//! | ok | as [`Options::log_level`], debug by default | `jsvm execution` |
//! | error | error | `jsvm execution` |
//! | limit | warn | `jsvm limit reached` |
//!
//! | field | type | unit, and when it is there |
//! | --- | --- | --- |
//! | `hook` | string | always |
//! | `collection` | string | if the event is about one |
//! | `duration_ms` | float | milliseconds, nanosecond resolution |
//! | `mem_alloc_bytes` | integer | bytes, if they are counted |
//! | `mem_peak_bytes` | integer | bytes, if they are counted |
//! | `cache_hit` | boolean | always |
//! | `outcome` | string | `ok`, `error`, or the limit's kind |
//! | `error` | string | the message of an error |
//! | `at` | string | file, line and column, at an error or a limit |
//! | `timeout_ms` | float | milliseconds, at a time-out |
//! | `script_hash` | string | content id in hexadecimal, at a time-out |
//! | `js_ms` | float | milliseconds outside of host calls, at a limit |
//! | `host_ms` | float | milliseconds in calls of the host, at a limit |
//! | `host_calls` | string | each host function with calls and time, at a limit |
//! | `queue_ms` | float | milliseconds before a worker began, at a limit |

mod execution;
mod families;
mod histogram;
mod instruments;
mod known;
mod log;
mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
pub mod prometheus;
mod recorder;
mod registry;
mod shard;
mod snapshot;

pub use self::{
    execution::{Execution, HostCall, Memory, Outcome, TIMEOUT, Times},
    families::{Family, Point, Readings, Value, families},
    histogram::{BOUNDS_NANOS, BUCKETS, Histogram, quantile},
    instruments::{INSTRUMENTS, Instrument, Kind, Naming, Unit, attribute_name, reference},
    log::TARGET,
    metrics::{Count, Metrics, Options, Sink},
    recorder::Recorder,
    registry::Name,
    snapshot::{Series, Snapshot, Stats},
};

#[cfg(test)]
mod tests;
