//! Cron jobs over HTTP, for superusers.
//!
//! The one rule: a job that was started here is answered before it ends; what
//! it throws is logged, as when it was due.

use super::{api_error, exchange_of};
use crate::{clock, server::answers, store::Sqlite};
use jsvm::{Error, Event, SUPERUSERS, require_auth};
use serde_json::{Value, json};
use std::{sync::Arc, thread};

fn require_superuser(event: &Event) -> Result<(), Error> {
    require_auth(exchange_of(event)?, &[SUPERUSERS.to_owned()])
}

pub(super) fn list(_: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    require_superuser(event)?;
    let jobs: Value = event
        .app()
        .crons()
        .values()
        .map(|job| json!({ "id": job.id, "expression": job.schedule.text() }))
        .collect();
    answers::json(exchange_of(event)?, 200, &jobs);
    Ok(())
}

pub(super) fn run(_: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    require_superuser(event)?;
    let exchange = exchange_of(event)?;
    let id = exchange.path_value("id");
    if !event.app().crons().contains_key(&id) {
        return Err(api_error(404, "Missing or invalid cron job."));
    }
    let app = event.app().outside();
    thread::Builder::new()
        .name("cron".into())
        .spawn(move || clock::run_job(&app, &id))
        .map_err(|err| Error::Unavailable(format!("no thread for a cron job: {err}")))?;
    answers::no_content(exchange, 204);
    Ok(())
}
