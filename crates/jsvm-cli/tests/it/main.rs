//! The built program, as a person or a script uses it.
//!
//! `Jsvm` is the one place that starts it; nothing here looks inside.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod check;
mod migrate;
mod observe;
mod program;
mod reload;
mod run;
mod serve;
mod types;
