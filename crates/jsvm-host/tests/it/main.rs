//! The host as its clients see it: over HTTP, with real hooks and a real store.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod answers;
mod collections;
mod files;
mod http_client;
mod limits;
mod mail;
mod members;
mod metrics;
mod records;
mod routes;
mod signing_in;
mod site;
mod sql;
mod templates;
mod world;
