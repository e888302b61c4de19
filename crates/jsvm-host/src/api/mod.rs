//! The web API that PocketBase's clients speak.
//!
//! The one rule: an endpoint is a function of the request's event; it answers
//! by writing into the exchange or by an error. Knows nothing of sockets, and
//! nothing of which hooks run around it.

pub(crate) mod auth;
mod crons;
mod records;

use crate::{server::answers, store::Sqlite};
use jsvm::{ApiError, Error, Event, Exchange};
use std::sync::Arc;

/// What answers a request: the action that a route's middlewares end in.
pub(crate) type Endpoint = fn(&Sqlite, &Arc<Event>) -> Result<(), Error>;

/// Method, pattern and function of every endpoint.
pub(crate) const ENDPOINTS: &[(&str, &str, Endpoint)] = &[
    ("GET", "/api/health", health),
    ("POST", "/api/batch", batch),
    ("GET", "/api/crons", crons::list),
    ("POST", "/api/crons/{id}", crons::run),
    (
        "GET",
        "/api/collections/{collection}/auth-methods",
        auth::methods,
    ),
    (
        "POST",
        "/api/collections/{collection}/auth-with-password",
        auth::with_password,
    ),
    (
        "POST",
        "/api/collections/{collection}/auth-refresh",
        auth::refresh,
    ),
    (
        "GET",
        "/api/collections/{collection}/records",
        records::list,
    ),
    (
        "GET",
        "/api/collections/{collection}/records/{id}",
        records::view,
    ),
    (
        "POST",
        "/api/collections/{collection}/records",
        records::create,
    ),
    (
        "PATCH",
        "/api/collections/{collection}/records/{id}",
        records::update,
    ),
    (
        "DELETE",
        "/api/collections/{collection}/records/{id}",
        records::delete,
    ),
];

fn health(_: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    // PocketBase: the one answer whose keys are not sorted.
    const HEALTHY: &str = "{\"message\":\"API is healthy.\",\"code\":200,\"data\":{}}\n";
    answers::json_text(exchange_of(event)?, 200, HEALTHY);
    Ok(())
}

/// PocketBase: what it says as long as nobody has enabled batches.
fn batch(_: &Sqlite, _: &Arc<Event>) -> Result<(), Error> {
    Err(api_error(403, "Batch requests are not allowed."))
}

fn exchange_of(event: &Event) -> Result<&Arc<Exchange>, Error> {
    event
        .exchange()
        .ok_or_else(|| Error::host("the event belongs to no request"))
}

/// An answer with a status; an empty message is the usual one of the status.
fn api_error(status: u16, message: &str) -> Error {
    Error::Api(ApiError::new(status, message, serde_json::Value::Null))
}
