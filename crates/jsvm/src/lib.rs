//! Safe, fast, observable JavaScript hooks for Rust applications.
//!
//! A host implements [`Storage`] for its records, makes an [`App`] of it, and
//! starts a [`Runtime`]. From then on, hook files in PocketBase's API decide
//! what happens around each write, each request and at each minute, and every
//! execution has a deadline.
//!
//! This crate wires the layers and re-exports what hosts need; no type of the
//! engine is among it.

mod config;
mod host_calls;
mod lint;
mod loader;
mod measure;
mod migrate;
mod programs;
mod runtime;
mod threads;
mod worker;

/// The examples of the README, which compile and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

pub use config::{
    CacheConfig, Config, ConfigError, DEFAULT_TOML, Eval, LimitsConfig, LogFormat, LogLevel,
    MetricsConfig, PoolConfig, SandboxConfig, ServerConfig, TableMode, WhenFull, parse_bytes,
    parse_duration,
};
pub use jsvm_alloc as alloc;
pub use jsvm_bindings::{
    Action, ApiError, App, BODY_LIMIT, Collection, CollectionKind, CollectionRef, Command,
    Conflict, CronJob, DateTime, Error, Event, EventKind, Exchange, Expand, Expanded, Fetch, Field,
    FieldError, FieldKind, FieldRef, FileChange, FileInfo, Finding, Finished, Found, HOOKS,
    Handler, Hook, HookSet, ID_PATTERN, Incoming, Index, Level, Loaded, Mail, Mailbox, Mailer,
    Member, MemberKind, MemberSpec, Middleware, MigrationError, ModuleFiles, Mux, Native, Network,
    NoModules, NoNetwork, NoRecords, NoSystem, Origin, Outcome, Outgoing, Output, Paths, Pattern,
    PatternError, Profile, Query, RULES, Record, RecordRef, RequestInfo, Route, Rows, SUPERUSERS,
    Schedule, ScheduleError, Severity, Silent, Smtp, Statement, Step, Storage, System, TokenKind,
    Transaction, Trap, Validation, WebApi, cast, default_settings, go_json, http, one_of, pick,
    random_id, require_auth, security, sentence, sync_history, time_left, types, unknown_tags,
};
pub use jsvm_cache::{Stats as CacheStats, StoreStats};
pub use jsvm_core::{Details, ErrorKind, Frame, LimitHit, Position, ScriptError, Source};
pub use jsvm_metrics as metrics;
pub use jsvm_pool::{ShutdownReport, Stats as PoolStats};
pub use lint::lint;
pub use measure::SPANS;
pub use migrate::Migrate;
pub use runtime::{Builder, LoadFailure, Runtime, RuntimeError, Stats, Telemetry};
pub use worker::Ran;
