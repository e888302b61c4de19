//! What hooks see and do, through the crate's public API.
//!
//! `World` is the one place that touches the API; the cases are scripts.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod errors;
mod events;
mod expressions;
mod hooks;
mod isolation;
mod limits;
mod loading;
mod memory;
mod modules;
mod reload;
mod requests;
mod routes;
mod security;
mod traps;
mod world;
