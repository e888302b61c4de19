//! Making records ready to be shown.
//!
//! The one rule: the hooks of all records of an answer are one chain, record
//! by record, in which expanding comes last. PocketBase: `EnrichRecords`, with
//! long lists in pieces, because a chain is as deep as it is long.

use super::{expand::expand, is_superuser};
use crate::store::Sqlite;
use jsvm::{
    App, Collection, CollectionKind, Error, Event, Level, Member, Paths, RecordRef, RequestInfo,
};
use serde_json::Value;
use std::{sync::Arc, vec};

/// How many records share a chain: more than a page of default size.
const CHAIN: usize = 32;

const HOOK: &str = "onRecordEnrich";

/// Whom records are shown to.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) store: Sqlite,
    pub(super) info: Arc<RequestInfo>,
}

/// What is done to records that no hook held back.
type Finish = Box<dyn FnOnce(&App) + Send>;

/// Runs the hooks, decides what of the records is visible, and expands the
/// relations that the request asks for.
///
/// All records are of one collection.
///
/// # Errors
///
/// What a hook threw. What goes wrong with an expansion is logged.
pub(super) fn enrich(app: &App, to: &Shown, records: Vec<RecordRef>) -> Result<(), Error> {
    let paths = to.info.query.get("expand").and_then(Value::as_str);
    let paths = Paths::parse(paths.unwrap_or_default());
    for piece in records.chunks(CHAIN) {
        let (records, to, paths) = (piece.to_vec(), to.clone(), paths.clone());
        let finish: Finish = Box::new({
            let (records, to) = (records.clone(), to.clone());
            move |app| {
                flag(app, &to, &records);
                expand(app, &to, &records, &paths);
            }
        });
        next(app, &to.info, records.into_iter(), finish)?;
    }
    Ok(())
}

/// As [`enrich`], for records that others were expanded to.
pub(super) fn enrich_expanded(app: &App, to: &Shown, records: &[RecordRef]) -> Result<(), Error> {
    for piece in records.chunks(CHAIN) {
        let (records, to) = (piece.to_vec(), to.clone());
        let finish: Finish = Box::new({
            let (records, to) = (records.clone(), to.clone());
            move |app| flag(app, &to, &records)
        });
        next(app, &to.info, records.into_iter(), finish)?;
    }
    Ok(())
}

fn next(
    app: &App,
    info: &Arc<RequestInfo>,
    mut rest: vec::IntoIter<RecordRef>,
    finish: Finish,
) -> Result<(), Error> {
    let Some(record) = rest.next() else {
        finish(app);
        return Ok(());
    };
    let collection = Arc::clone(record.lock().collection());
    let event = Event::new(app.clone())
        .about(&collection)
        .with("record", Member::Record(record))
        .with("requestInfo", Member::RequestInfo(Arc::clone(info)));
    let info = Arc::clone(info);
    app.emit(
        &[HOOK],
        event,
        Box::new(move |event| next(&event.app(), &info, rest, finish)),
    )
}

/// Shows superusers all, and e-mails to their owners and managers.
fn flag(app: &App, to: &Shown, records: &[RecordRef]) {
    let Some(first) = records.first() else {
        return;
    };
    let collection = Arc::clone(first.lock().collection());
    if is_superuser(&to.info) {
        for record in records {
            let mut record = record.lock();
            let fields = collection.fields.iter();
            // The keys of tokens and passwords are nobody's, not even theirs.
            let fields = fields.filter(|field| !(field.system && field.hidden));
            record.unhide(fields.map(|field| field.name.as_str()));
            record.ignore_email_visibility(true);
        }
    }
    if collection.kind != CollectionKind::Auth {
        return;
    }
    let owner = to
        .info
        .auth
        .as_ref()
        .map(|auth| auth.lock().id().to_owned());
    let rule = manage_rule(&collection, &to.info).map(|rule| (rule, to.info.to_value()));
    for record in records {
        let id = record.lock().id().to_owned();
        let is_visible = owner.as_ref() == Some(&id)
            || rule.as_ref().is_some_and(|(rule, request)| {
                let matches = to.store.matches(&collection, &id, rule, request);
                matches.unwrap_or_else(|err| {
                    app.log(
                        Level::Warn,
                        &format!("the manage rule of {}: {err}", collection.name),
                    );
                    false
                })
            });
        if is_visible {
            record.lock().ignore_email_visibility(true);
        }
    }
}

/// The rule under which a client may change all of an auth record; nobody who
/// has not signed in may.
pub(super) fn manage_rule<'a>(collection: &'a Collection, info: &RequestInfo) -> Option<&'a str> {
    if collection.kind != CollectionKind::Auth || info.auth.is_none() {
        return None;
    }
    let rule = collection.options.get("manageRule").and_then(Value::as_str);
    rule.filter(|rule| !rule.is_empty())
}
