//! The life of a record or collection: which hooks run around each write, in
//! which order.
//!
//! The one rule: this is PocketBase's order and nobody else writes either.
//! Knows nothing of scripts: to it, handlers are events with a default action.

mod collections;

use crate::{
    app::App,
    cast,
    chain::Action,
    collection::{CollectionRef, FieldKind},
    datetime::DateTime,
    error::Error,
    event::{Event, Member},
    generate,
    observer::host_call,
    record::RecordRef,
    storage::Query,
};
use serde_json::Value;
use std::sync::Arc;

/// The three ways to write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    Create,
    Update,
    Delete,
}

impl Write {
    fn kind(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What is written.
#[derive(Clone)]
enum Model {
    Record(RecordRef),
    Collection(CollectionRef),
}

/// One point in the life of a model, by the hooks that belong to it: those of
/// records, collections and models.
type Point = [&'static str; 3];

/// The hooks around one way to write.
struct Points {
    around: Point,
    execute: Point,
    success: Point,
    error: Point,
}

macro_rules! point {
    ($($part:literal),+) => {
        [
            concat!("onRecord", $($part),+),
            concat!("onCollection", $($part),+),
            concat!("onModel", $($part),+),
        ]
    };
}
macro_rules! points {
    ($what:literal) => {
        Points {
            around: point!($what),
            execute: point!($what, "Execute"),
            success: point!("After", $what, "Success"),
            error: point!("After", $what, "Error"),
        }
    };
}

const CREATE: Points = points!("Create");
const UPDATE: Points = points!("Update");
const DELETE: Points = points!("Delete");
const VALIDATE: Point = point!("Validate");

impl Write {
    fn points(self) -> &'static Points {
        match self {
            Self::Create => &CREATE,
            Self::Update => &UPDATE,
            Self::Delete => &DELETE,
        }
    }
}

impl Model {
    /// The model that an event is about, which a handler may have replaced.
    fn of(event: &Event) -> Option<Self> {
        let collection = || event.draft().map(Self::Collection);
        event.record().map(Self::Record).or_else(collection)
    }

    fn event(&self, app: &App, kind: &'static str) -> Event {
        let event = Event::new(app.clone());
        let event = match self {
            Self::Record(record) => {
                let collection = Arc::clone(record.lock().collection());
                event
                    .about(&collection)
                    .with("record", Member::Record(record.clone()))
            }
            Self::Collection(collection) => event
                .about(&collection.snapshot())
                .with("collection", Member::Collection(collection.clone())),
        };
        event.with("type", Member::Value(kind.into()))
    }

    fn is_new(&self) -> bool {
        match self {
            Self::Record(record) => record.lock().is_new(),
            Self::Collection(collection) => collection.is_new(),
        }
    }

    /// Lets the handlers of a point deal with it, those of models last.
    fn emit(&self, point: &Point, event: Event, app: &App, action: Action) -> Result<(), Error> {
        let [of_records, of_collections, of_models] = point;
        match self {
            Self::Record(_) => app.emit(&[of_records, of_models], event, action),
            // PocketBase: as a model, a collection is known by its table.
            Self::Collection(_) => {
                app.emit_tagged(of_collections, (of_models, COLLECTIONS), event, action)
            }
        }
    }
}

/// The table of collections.
const COLLECTIONS: &str = "_collections";

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
        let execute: Execute = Box::new(move |app, model| {
            if validation == Validation::Run
                && let Model::Record(record) = model
            {
                app.validate(record)?;
            }
            app.execute(write, model)
        });
        self.write(write, &Model::Record(record.clone()), execute)
    }

    /// Removes a record and what refers to it with `cascadeDelete`; other
    /// references are taken out.
    ///
    /// # Errors
    ///
    /// What a hook threw or storage refused; then nothing was removed.
    pub fn delete(&self, record: &RecordRef) -> Result<(), Error> {
        let execute: Execute = Box::new(|app, model| {
            app.run_in_transaction(|tx| {
                if let Model::Record(record) = model {
                    delete_references(tx, record)?;
                }
                tx.execute(Write::Delete, model)
            })
        });
        self.write(Write::Delete, &Model::Record(record.clone()), execute)
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
        let model = Model::Record(record.clone());
        model.emit(&VALIDATE, model.event(self, "validate"), self, action)
    }

    fn write(&self, write: Write, model: &Model, execute: Execute) -> Result<(), Error> {
        let action: Action = Box::new(move |event| match Model::of(event) {
            Some(model) => execute(&event.app(), &model),
            None => Ok(()),
        });
        let event = model.event(self, write.kind());
        match model.emit(&write.points().around, event, self, action) {
            Ok(()) => self.finish(write, model),
            Err(err) => {
                let told = after_error(self, write, model, &err);
                Err(told.err().unwrap_or(err))
            }
        }
    }

    fn execute(&self, write: Write, model: &Model) -> Result<(), Error> {
        let action: Action = Box::new(move |event| match Model::of(event) {
            Some(Model::Record(record)) => write_record(&event.app(), write, &record),
            Some(Model::Collection(collection)) => {
                collections::write(&event.app(), write, &collection)
            }
            None => Ok(()),
        });
        let event = model.event(self, write.kind());
        model.emit(&write.points().execute, event, self, action)
    }

    /// The success hooks now, or those that fit at the end of the transaction.
    fn finish(&self, write: Write, model: &Model) -> Result<(), Error> {
        if !self.is_transactional() {
            return after_success(self, write, model);
        }
        let model = model.clone();
        self.after(Box::new(move |app, err| {
            let result = match err {
                None => after_success(app, write, &model),
                Some(err) => {
                    if write == Write::Create {
                        match &model {
                            Model::Record(record) => record.lock().mark_as_new(),
                            Model::Collection(collection) => collection.set_new(true),
                        }
                    }
                    after_error(app, write, &model, err)
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

type Execute = Box<dyn FnOnce(&App, &Model) -> Result<(), Error> + Send>;

fn write_record(app: &App, write: Write, record: &RecordRef) -> Result<(), Error> {
    let rows = app.rows();
    let snapshot = record.snapshot();
    match write {
        Write::Create => host_call("records.insert", || rows.insert(&snapshot))?,
        Write::Update => host_call("records.update", || rows.update(&snapshot))?,
        Write::Delete => host_call("records.delete", || rows.delete(&snapshot))?,
    }
    if write != Write::Delete {
        record.lock().mark_as_not_new();
    }
    Ok(())
}

fn after_success(app: &App, write: Write, model: &Model) -> Result<(), Error> {
    let event = model.event(app, write.kind());
    let nothing: Action = Box::new(|_| Ok(()));
    let result = model.emit(&write.points().success, event, app, nothing);
    if !model.is_new()
        && let Model::Record(record) = model
    {
        record.lock().mark_as_saved();
    }
    result
}

fn after_error(app: &App, write: Write, model: &Model, err: &Error) -> Result<(), Error> {
    let event = model.event(app, write.kind());
    let event = event.with("error", Member::Error(err.clone()));
    model.emit(&write.points().error, event, app, Box::new(|_| Ok(())))
}

/// Fills in what nobody has to: a new id, and the times of autodate fields.
fn prepare(record: &RecordRef, is_new: bool) {
    let mut record = record.lock();
    generate::fill(&mut record);
    generate::end_tokens(&mut record);
    let collection = Arc::clone(record.collection());
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
        (Arc::clone(record.collection()), record.id().to_owned())
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
