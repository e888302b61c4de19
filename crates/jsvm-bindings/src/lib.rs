//! The hook API over host traits: registration, chains, events, globals.
//!
//! A host implements [`Storage`] and [`Output`] and gets an [`App`] that runs
//! hooks around every write. [`load`] turns hook files into a [`HookSet`];
//! an [`Executor`], one for each worker thread, runs what was registered.
//!
//! This crate knows nothing of threads, sockets, files and databases.

pub mod cast;

mod api;
mod app;
mod auth;
mod chain;
mod collection;
mod datetime;
mod dispatch;
mod dropped;
mod env;
mod error;
mod event;
mod exchange;
mod executor;
mod expand;
mod filepath;
mod generate;
mod hooks;
mod hosted;
pub mod http;
mod js;
mod kinds;
mod lifecycle;
mod lint;
mod lock;
mod mail;
mod middleware;
mod migrations;
mod modules;
mod mux;
mod network;
mod observer;
mod output;
mod permissions;
mod pick;
mod record;
mod schedule;
pub mod security;
mod settings;
mod sql;
mod storage;
mod store;
mod system;
mod template;
mod types;

pub use api::WebApi;
pub use app::App;
pub use auth::{SUPERUSERS, TokenKind};
pub use chain::{Action, Chain};
pub use collection::{
    Collection, CollectionKind, CollectionRef, Field, FieldKind, FieldRef, ID_PATTERN, Index, RULES,
};
pub use datetime::DateTime;
pub use dispatch::Dispatch;
pub use env::{Compile, Env, Profile};
pub use error::{ApiError, Error, FieldError, sentence};
pub use event::{Event, Member};
pub use exchange::{Exchange, RequestInfo};
pub use executor::{Executor, ScriptRun, time_left};
pub use expand::{Expand, Expanded, Fetch, Paths, one_of};
pub use hooks::{CronJob, HOOKS, Handler, Hook, HookSet, Middleware, Route};
pub use js::{Loaded, load, load_with};
pub use kinds::{EventKind, MemberKind, MemberSpec};
pub use lifecycle::{Validation, random_id};
pub use lint::{Finding, Severity, Trap, lint, unknown_tags};
pub use lock::Locked;
pub use mail::{Mail, Mailbox, Mailer, Smtp};
pub use middleware::{BODY_LIMIT, Native, Step, require_auth};
pub use migrations::{MigrationError, Migrations, migration_timeout, sync_history};
pub use modules::{ModuleFiles, Modules, NoModules};
pub use mux::{Conflict, Found, Mux, Pattern, PatternError};
pub use network::{Incoming, Network, NoNetwork, Outgoing};
pub use observer::{Call, Observer};
pub use output::{Level, Origin, Output, Silent};
pub use permissions::{Allowed, Permissions};
pub use pick::pick;
pub use record::{Record, RecordRef};
pub use schedule::{Schedule, ScheduleError};
pub use settings::{check_settings, default_settings};
pub use sql::{Outcome, Statement};
pub use storage::{NoRecords, Query, Rows, Storage, Transaction};
pub use store::Store;
pub use system::{Command, FileChange, FileInfo, Finished, NoSystem, System};
pub use types::types;

/// Plain data as JSON text the way Go writes it: sorted keys, `<`, `>` and `&`
/// escaped.
pub fn go_json(value: &serde_json::Value) -> String {
    js::encode_plain(value)
}
