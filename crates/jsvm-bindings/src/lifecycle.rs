//! The life of a record: which hooks run around each write, in which order.
//!
//! The one rule: this is PocketBase's order and nobody else writes records.
//! Knows nothing of scripts: to it, handlers are events with a default action.

use crate::{
    app::App,
    cast,
    chain::Action,
    collection::FieldKind,
    datetime::DateTime,
    error::Error,
    event::{Event, Member},
    generate,
    observer::host_call,
    record::RecordRef,
    storage::Query,
};
use serde_json::Value;

/// The three ways to write a record.
#[derive(Clone, Copy)]
enum Write {
    Create,
    Update,
    Delete,
}

/// The hooks around one way to write, record hooks before model hooks.
struct Names {
    kind: &'static str,
    around: [&'static str; 2],
    execute: [&'static str; 2],
    success: [&'static str; 2],
    error: [&'static str; 2],
}

const CREATE: Names = Names {
    kind: "create",
    around: ["onRecordCreate", "onModelCreate"],
    execute: ["onRecordCreateExecute", "onModelCreateExecute"],
    success: ["onRecordAfterCreateSuccess", "onModelAfterCreateSuccess"],
    error: ["onRecordAfterCreateError", "onModelAfterCreateError"],
};
const UPDATE: Names = Names {
    kind: "update",
    around: ["onRecordUpdate", "onModelUpdate"],
    execute: ["onRecordUpdateExecute", "onModelUpdateExecute"],
    success: ["onRecordAfterUpdateSuccess", "onModelAfterUpdateSuccess"],
    error: ["onRecordAfterUpdateError", "onModelAfterUpdateError"],
};
const DELETE: Names = Names {
    kind: "delete",
    around: ["onRecordDelete", "onModelDelete"],
    execute: ["onRecordDeleteExecute", "onModelDeleteExecute"],
    success: ["onRecordAfterDeleteSuccess", "onModelAfterDeleteSuccess"],
    error: ["onRecordAfterDeleteError", "onModelAfterDeleteError"],
};
const VALIDATE: [&str; 2] = ["onRecordValidate", "onModelValidate"];

impl Write {
    fn names(self) -> &'static Names {
        match self {
            Self::Create => &CREATE,
            Self::Update => &UPDATE,
            Self::Delete => &DELETE,
        }
    }
}

/// Whether a save looks at the values first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// It does, with the hooks of validation around it.
    Run,
    /// It does not.
    Skip,
}

impl App {
    /// Stores a record: inserts a new one, updates any other.
    ///
    /// PocketBase: create or update hooks, in them validation and the execute
    /// hooks, then one of the `After…` hooks. A handler that does not call
    /// `e.next()` prevents the write, and that is no error.
    ///
    /// # Errors
    ///
    /// What a hook threw, what validation found, what storage refused.
    pub fn save(&self, record: &RecordRef, validation: Validation) -> Result<(), Error> {
        if record.lock().collection().name.is_empty() {
            return Err(Error::host("the record has no collection"));
        }
        let is_new = record.lock().is_new();
        prepare(record, is_new);
        let write = if is_new { Write::Create } else { Write::Update };
        let execute = move |app: &App, record: &RecordRef| {
            if validation == Validation::Run {
                app.validate(record)?;
            }
            app.execute(write, record)
        };
        self.write(write, record, Box::new(execute))
    }

    /// Removes a record and what refers to it with `cascadeDelete`; other
    /// references are taken out.
    ///
    /// # Errors
    ///
    /// What a hook threw or storage refused; then nothing was removed.
    pub fn delete(&self, record: &RecordRef) -> Result<(), Error> {
        let execute = |app: &App, record: &RecordRef| {
            app.run_in_transaction(|tx| {
                delete_references(tx, record)?;
                tx.execute(Write::Delete, record)
            })
        };
        self.write(Write::Delete, record, Box::new(execute))
    }

    /// Checks a record's values, with the hooks of validation around it.
    ///
    /// # Errors
    ///
    /// What a hook threw or what is not allowed.
    pub fn validate(&self, record: &RecordRef) -> Result<(), Error> {
        generate::fill(&mut record.lock());
        let action: Action = Box::new(|event| match event.record() {
            Some(record) => {
                let app = event.app();
                host_call("records.validate", || {
                    app.rows().validate(&record.snapshot())
                })
            }
            None => Ok(()),
        });
        self.emit(&VALIDATE, record_event(self, record, "validate"), action)
    }

    fn write(&self, write: Write, record: &RecordRef, execute: Execute) -> Result<(), Error> {
        let names = write.names();
        let action: Action = Box::new(move |event| match event.record() {
            Some(record) => execute(&event.app(), &record),
            None => Ok(()),
        });
        let event = record_event(self, record, names.kind);
        let result = self.emit(&names.around, event, action);
        match result {
            Ok(()) => self.finish(write, record),
            Err(err) => {
                let told = after_error(self, write, record, &err);
                Err(told.err().unwrap_or(err))
            }
        }
    }

    fn execute(&self, write: Write, record: &RecordRef) -> Result<(), Error> {
        let names = write.names();
        let action: Action = Box::new(move |event| {
            let Some(record) = event.record() else {
                return Ok(());
            };
            let app = event.app();
            let rows = app.rows();
            let snapshot = record.snapshot();
            match write {
                Write::Create => host_call("records.insert", || rows.insert(&snapshot))?,
                Write::Update => host_call("records.update", || rows.update(&snapshot))?,
                Write::Delete => host_call("records.delete", || rows.delete(&snapshot))?,
            }
            if !matches!(write, Write::Delete) {
                record.lock().mark_as_not_new();
            }
            Ok(())
        });
        self.emit(
            &names.execute,
            record_event(self, record, names.kind),
            action,
        )
    }

    /// The success hooks now, or those that fit at the end of the transaction.
    fn finish(&self, write: Write, record: &RecordRef) -> Result<(), Error> {
        if !self.is_transactional() {
            return after_success(self, write, record);
        }
        let record = record.clone();
        self.after(Box::new(move |app, err| {
            let result = match err {
                None => after_success(app, write, &record),
                Some(err) => {
                    if matches!(write, Write::Create) {
                        record.lock().mark_as_new();
                    }
                    after_error(app, write, &record, err)
                }
            };
            if let Err(err) = result {
                app.log(
                    crate::output::Level::Error,
                    &format!("after a transaction: {err}"),
                );
            }
        }));
        Ok(())
    }
}

type Execute = Box<dyn FnOnce(&App, &RecordRef) -> Result<(), Error> + Send>;

fn after_success(app: &App, write: Write, record: &RecordRef) -> Result<(), Error> {
    let names = write.names();
    let event = record_event(app, record, names.kind);
    let result = app.emit(&names.success, event, Box::new(|_| Ok(())));
    if !record.lock().is_new() {
        record.lock().mark_as_saved();
    }
    result
}

fn after_error(app: &App, write: Write, record: &RecordRef, err: &Error) -> Result<(), Error> {
    let names = write.names();
    let event = record_event(app, record, names.kind).with("error", Member::Error(err.clone()));
    app.emit(&names.error, event, Box::new(|_| Ok(())))
}

fn record_event(app: &App, record: &RecordRef, kind: &str) -> Event {
    let collection = std::sync::Arc::clone(record.lock().collection());
    Event::new(app.clone())
        .about(&collection)
        .with("record", Member::Record(record.clone()))
        .with("type", Member::Value(kind.into()))
}

/// Fills in what nobody has to: a new id, and the times of autodate fields.
fn prepare(record: &RecordRef, is_new: bool) {
    let mut record = record.lock();
    generate::fill(&mut record);
    generate::end_tokens(&mut record);
    let collection = std::sync::Arc::clone(record.collection());
    let autodates = collection.fields.iter().filter(|field| {
        let option = if is_new { "onCreate" } else { "onUpdate" };
        field.kind == FieldKind::Autodate && field.flag_option(option)
    });
    for field in autodates {
        record.set(&field.name, &Value::String(DateTime::now().to_string()));
    }
}

/// 15 characters of `a-z0-9`; PocketBase's default id.
pub fn random_id() -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut id = String::with_capacity(15);
    while id.len() < 15 {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system has random numbers");
        // 252 is the largest multiple of 36 in a byte: no letter is likelier.
        let fair = bytes.iter().filter(|byte| **byte < 252);
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(*byte) % 36]));
        id.extend(letters.take(15 - id.len()));
    }
    id
}

/// Deletes or unlinks the records that refer to this one.
fn delete_references(app: &App, record: &RecordRef) -> Result<(), Error> {
    let (collection, id) = {
        let record = record.lock();
        (
            std::sync::Arc::clone(record.collection()),
            record.id().to_owned(),
        )
    };
    for other in app.collections() {
        let relations = other.fields.iter().filter(|field| {
            field.kind == FieldKind::Relation && field.text_option("collectionId") == collection.id
        });
        for field in relations {
            let mut query = Query::equals(&field.name, id.as_str());
            if field.is_multiple() {
                query.filter = format!("{}:each ?= {{:value}}", field.name);
            }
            for found in app.records(&other, &query)? {
                let found = RecordRef::new(found);
                unlink(app, &found, field, &id)?;
            }
        }
    }
    Ok(())
}

fn unlink(
    app: &App,
    record: &RecordRef,
    field: &crate::collection::Field,
    id: &str,
) -> Result<(), Error> {
    let left: Vec<_> = cast::to_list(record.lock().get(&field.name))
        .into_iter()
        .filter(|other| other != id)
        .collect();
    if left.is_empty() && field.flag_option("cascadeDelete") {
        return app.delete(record);
    }
    let mut locked = record.lock();
    if left.is_empty() && field.required {
        return Err(Error::host(format!(
            "the record is part of a required reference in record {} ({} collection)",
            locked.id(),
            locked.collection().name
        )));
    }
    locked.set(&field.name, &Value::from(left));
    drop(locked);
    app.save(record, Validation::Skip)
}
