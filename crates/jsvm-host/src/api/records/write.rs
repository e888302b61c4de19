//! Creating, updating and deleting one record.
//!
//! The one rule: rules are checked against what the client sent, before any
//! hook; what hooks make of it needs no rule. PocketBase's order and texts.

use super::{Access, Call, data, is_superuser, password::Passwords, show};
use crate::{api::api_error, server::answers, store::Sqlite};
use jsvm::{
    Action, CollectionKind, Error, Event, Member, Record, RecordRef, Validation, random_id,
};
use serde_json::json;
use std::sync::Arc;

const NO_COLLECTION: &str = "Missing or invalid collection context.";
const NOT_CREATED: &str = "Failed to create record.";
const NOT_UPDATED: &str = "Failed to update record.";
const NOT_DELETED: &str = "Failed to delete record. Make sure that the record is not part of a \
                           required relation reference.";

/// What a client sent for a record, and how far it is trusted.
struct Form {
    passwords: Passwords,
    is_manager: bool,
}

impl Form {
    /// Fills in a record with what the client sent, which from now on is what
    /// rules know as the body.
    fn fill(call: &mut Call, record: &mut Record) -> Self {
        let is_manager = is_superuser(&call.info);
        let data = data::submitted(record, &call.info.body, is_manager);
        let passwords = Passwords::of(record, &data);
        data::load(record, &data);
        call.info.body = data;
        call.tell_of_files();
        Self {
            passwords,
            is_manager,
        }
    }

    /// Stores the record of the event, if its form is filled in well.
    fn submit(&self, event: &Event) -> Result<(), Error> {
        let record = event.record().ok_or(Error::NotFound)?;
        self.passwords.check(&record.snapshot(), self.is_manager)?;
        event.app().save(&record, Validation::Run)
    }
}

pub(in crate::api) fn create(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let mut call = Call::to_write(store, event, NO_COLLECTION)?;
    let access = call.access(call.collection.create_rule.as_ref())?;
    let mut record = Record::new(Arc::clone(&call.collection));
    let mut form = Form::fill(&mut call, &mut record);
    if let Access::Under(rule) = access {
        let candidate = candidate(&record);
        check_create(&call, &candidate, &rule)?;
        form.is_manager = is_manager(&call, &candidate)?;
    }
    submit(call, form, record, "onRecordCreateRequest", NOT_CREATED)
}

pub(in crate::api) fn update(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let mut call = Call::to_write(store, event, NO_COLLECTION)?;
    let access = call.access(call.collection.update_rule.as_ref())?;
    // Modifiers are worked out first, so that the rule sees what they make.
    let mut record = call.record(&Access::Unlimited)?;
    let mut form = Form::fill(&mut call, &mut record);
    if let Access::Under(_) = access {
        let stored = call.record(&access)?;
        form.is_manager = is_manager(&call, &stored)?;
    }
    submit(call, form, record, "onRecordUpdateRequest", NOT_UPDATED)
}

/// Lets hooks deal with a record; if they let it, stores and shows it.
fn submit(
    call: Call,
    form: Form,
    record: Record,
    hook: &'static str,
    failed: &'static str,
) -> Result<(), Error> {
    let record = Member::Record(RecordRef::new(record));
    let event = call.event().with("record", record);
    let app = call.app.clone();
    let action: Action = Box::new(move |event| {
        form.submit(event).map_err(|err| call.failed(err, failed))?;
        show(&call, event)
    });
    app.emit(&[hook], event, action)
}

pub(in crate::api) fn delete(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let call = Call::to_write(store, event, "Missing collection context.")?;
    let access = call.access(call.collection.delete_rule.as_ref())?;
    let record = Member::Record(RecordRef::new(call.record(&access)?));
    let event = call.event().with("record", record);
    let app = call.app.clone();
    let action: Action = Box::new(move |event| {
        let record = event.record().ok_or(Error::NotFound)?;
        let deleted = event.app().delete(&record);
        deleted.map_err(|err| call.failed(err, NOT_DELETED))?;
        answers::no_content(&call.exchange, 204);
        Ok(())
    });
    app.emit(&["onRecordDeleteRequest"], event, action)
}

/// The record as the create rule sees it: with an id, and not verified.
fn candidate(record: &Record) -> Record {
    let mut candidate = record.clone();
    if candidate.id().is_empty() {
        candidate.set("id", &json!(random_id()));
    }
    if candidate.collection().kind == CollectionKind::Auth {
        candidate.set("verified", &json!(false));
    }
    candidate
}

/// PocketBase: a rule that does not hold, or is none, is a 400 like the rest.
fn check_create(call: &Call, candidate: &Record, rule: &str) -> Result<(), Error> {
    if rule.is_empty() {
        return Ok(());
    }
    match call
        .store
        .matches_new(candidate, rule, &call.info.to_value())
    {
        Ok(true) => Ok(()),
        Ok(false) => Err(api_error(400, NOT_CREATED)),
        Err(err) => {
            call.note(&err);
            Err(api_error(400, NOT_CREATED))
        }
    }
}

/// Whether the manage rule lets a client change all of an auth record.
fn is_manager(call: &Call, record: &Record) -> Result<bool, Error> {
    let Some(rule) = super::enrich::manage_rule(&call.collection, &call.info) else {
        return Ok(false);
    };
    let request = call.info.to_value();
    match record.is_new() {
        true => call.store.matches_new(record, rule, &request),
        false => call
            .store
            .matches(&call.collection, record.id(), rule, &request),
    }
}
