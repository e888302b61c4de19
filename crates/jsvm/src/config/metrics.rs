//! The table `[metrics]`: what is measured, logged, shown and stored.
//!
//! The one rule: that of the configuration; the keys are those of
//! `default.toml`.

use super::duration;
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// `[metrics]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct MetricsConfig {
    /// Whether executions are counted. By default, they are.
    pub enabled: bool,
    /// Whether executions are logged. By default, they are.
    pub log: bool,
    /// The level of executions that completed. By default, this is debug.
    pub log_level: LogLevel,
    /// The share of completed executions that is logged, from 0 to 1. By
    /// default, this is 1.
    #[serde(deserialize_with = "share")]
    pub log_sample: f64,
    /// How the program writes log events and the lines of scripts. By default,
    /// this is for people.
    pub log_format: LogFormat,
    /// How many pairs of hook and collection are told apart. By default, this
    /// is 1000.
    pub max_series: usize,
    /// How instruments are named. By default, by their fixed names.
    #[serde(deserialize_with = "naming")]
    pub naming: jsvm_metrics::Naming,
    /// Whether the reference host answers `GET /metrics`. By default, it does.
    pub prometheus: bool,
    /// Which executions the reference host stores. By default, this is none.
    pub table: TableMode,
    /// The share of executions that is stored with `sample`. By default, this
    /// is 0.01.
    #[serde(deserialize_with = "share")]
    pub table_sample: f64,
    /// From which duration on an execution is slow. By default, this is
    /// 100 ms.
    #[serde(deserialize_with = "duration")]
    pub table_slow: Duration,
    /// How long a row stays. By default, this is a week.
    #[serde(deserialize_with = "duration")]
    pub table_retention: Duration,
    /// How many rows stay at most. By default, this is a million.
    pub table_max_rows: u64,
}

/// Which executions are stored as rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableMode {
    /// None.
    #[default]
    Off,
    /// All.
    All,
    /// A share of all.
    Sample,
    /// The slow and the failed.
    Slow,
}

/// How important an execution that completed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the levels of tracing")]
pub enum LogLevel {
    Trace,
    #[default]
    Debug,
    Info,
    Warn,
    Error,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            log: true,
            log_level: LogLevel::default(),
            log_sample: 1.0,
            log_format: LogFormat::default(),
            max_series: 1000,
            naming: jsvm_metrics::Naming::default(),
            prometheus: true,
            table: TableMode::default(),
            table_sample: 0.01,
            table_slow: Duration::from_millis(100),
            table_retention: Duration::from_secs(7 * 24 * 3600),
            table_max_rows: 1_000_000,
        }
    }
}

impl MetricsConfig {
    /// The options as the metrics take them.
    pub fn options(&self) -> jsvm_metrics::Options {
        jsvm_metrics::Options {
            enabled: self.enabled,
            log: self.log,
            log_level: self.log_level.into(),
            log_sample: self.log_sample,
            max_series: self.max_series,
            sink: None,
        }
    }
}

impl From<LogLevel> for tracing::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Trace => Self::TRACE,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Info => Self::INFO,
            LogLevel::Warn => Self::WARN,
            LogLevel::Error => Self::ERROR,
        }
    }
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(deserializer)?;
    match (0.0..=1.0).contains(&share) {
        true => Ok(share),
        false => Err(de::Error::custom(format!(
            "invalid share {share}; write a number from 0.0 to 1.0"
        ))),
    }
}

fn naming<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jsvm_metrics::Naming, D::Error> {
    let name = String::deserialize(deserializer)?;
    jsvm_metrics::Naming::named(&name)
        .ok_or_else(|| de::Error::unknown_variant(&name, &["fixed", "semconv"]))
}
