//! The life of collections.
//!
//! The one rule: what a script left out is completed before any hook sees it,
//! and a table changes only within a transaction.

use super::{Action, COLLECTIONS, Execute, Model, VALIDATE, Validation, Write};
use crate::{
    app::App,
    collection::{Collection, CollectionKind, CollectionRef, FieldKind},
    error::Error,
    observer::host_call,
    record::RecordRef,
    storage::Query,
};
use serde_json::Value;
use std::sync::Arc;

impl App {
    /// Stores a collection, and gives its table the shape of it.
    ///
    /// PocketBase: with the hooks of collections around it, in the order of
    /// those of records. New fields hold their zero value, removed ones are
    /// lost; a field is known by its id, so it may change its name.
    ///
    /// # Errors
    ///
    /// What a hook threw, what validation found, what storage refused.
    pub fn save_collection(
        &self,
        collection: &CollectionRef,
        validation: Validation,
    ) -> Result<(), Error> {
        collection.change(Collection::complete);
        let write = match collection.is_new() {
            true => Write::Create,
            false => Write::Update,
        };
        let execute: Execute = Box::new(move |app, model| {
            if validation == Validation::Run
                && let Model::Collection(collection) = model
            {
                app.validate_collection(collection)?;
            }
            app.run_in_transaction(|tx| tx.execute(write, model))
        });
        self.write(write, &Model::Collection(collection.clone()), execute)
    }

    /// Removes a collection and its records.
    ///
    /// # Errors
    ///
    /// As [`save_collection`](Self::save_collection); also if it is a
    /// collection of the host's own, or fields of others relate to it.
    pub fn delete_collection(&self, collection: &CollectionRef) -> Result<(), Error> {
        let execute: Execute = Box::new(|app, model| {
            if let Model::Collection(collection) = model {
                let stored = before(app, collection)?.ok_or(Error::NotFound)?;
                check_unused(app, &stored)?;
            }
            app.run_in_transaction(|tx| tx.execute(Write::Delete, model))
        });
        self.write(
            Write::Delete,
            &Model::Collection(collection.clone()),
            execute,
        )
    }

    /// Checks a collection, with the hooks of validation around it.
    ///
    /// # Errors
    ///
    /// What a hook threw or what is not allowed.
    pub fn validate_collection(&self, collection: &CollectionRef) -> Result<(), Error> {
        collection.change(Collection::complete);
        let action: Action = Box::new(|event| match event.draft() {
            Some(collection) => {
                let app = event.app();
                let before = before(&app, &collection)?;
                let now = collection.snapshot();
                host_call("collections.validate", || {
                    app.rows().validate_collection(before.as_deref(), &now)
                })
            }
            None => Ok(()),
        });
        let model = Model::Collection(collection.clone());
        model.emit(&VALIDATE, model.event(self, "validate"), self, action)
    }

    /// Makes and changes collections as a list of PocketBase's says, all or
    /// none; with `delete_missing`, those that are not in it are removed.
    ///
    /// # Errors
    ///
    /// As [`save_collection`](Self::save_collection).
    pub fn import_collections(&self, list: &[Value], delete_missing: bool) -> Result<(), Error> {
        if list.is_empty() {
            return Err(Error::host("no collections to import"));
        }
        self.run_in_transaction(|tx| {
            let drafts: Vec<_> = list
                .iter()
                .map(|item| draft(tx, item, delete_missing))
                .collect::<Result<_, _>>()?;
            // A view may read what the others make, and a relation lead there.
            let (views, tables): (Vec<_>, Vec<_>) = drafts
                .iter()
                .partition(|draft| draft.snapshot().kind == CollectionKind::View);
            for draft in tables.iter().chain(&views) {
                tx.save_collection(draft, Validation::Skip)?;
            }
            for draft in &drafts {
                tx.validate_collection(draft)?;
            }
            match delete_missing {
                true => delete_others(tx, &drafts),
                false => Ok(()),
            }
        })
    }

    /// Removes all records of a collection, and what refers to them.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete); then nothing was removed.
    pub fn truncate(&self, collection: &Arc<Collection>) -> Result<(), Error> {
        self.run_in_transaction(|tx| {
            for record in tx.records(collection, &Query::default())? {
                tx.delete(&RecordRef::new(record))?;
            }
            Ok(())
        })
    }
}

/// Writes what the hooks left of it.
pub(super) fn write(app: &App, write: Write, collection: &CollectionRef) -> Result<(), Error> {
    let before = before(app, collection)?;
    if write == Write::Delete {
        // What a script made of it since is nobody's name for its table.
        let stored = before.ok_or(Error::NotFound)?;
        return host_call("collections.delete", || {
            app.rows().delete_collection(&stored)
        });
    }
    // A hook may have put in a field without an id.
    let now = collection.change(|it| {
        it.complete();
        it.clone()
    });
    host_call("collections.save", || {
        app.rows().save_collection(before.as_deref(), &now)
    })?;
    // Records know each other's collections by what is stored.
    collection.mark_as_stored(app.collection(&now.id)?);
    Ok(())
}

/// What is stored of it; nothing of a new one.
fn before(app: &App, collection: &CollectionRef) -> Result<Option<Arc<Collection>>, Error> {
    if collection.is_new() {
        return Ok(None);
    }
    let id = collection.snapshot().id.clone();
    let stored = app.collections().into_iter().find(|it| it.id == id);
    stored.map(Some).ok_or(Error::NotFound)
}

fn check_unused(app: &App, collection: &Collection) -> Result<(), Error> {
    let name = &collection.name;
    if collection.system {
        return Err(Error::host(format!(
            "[{name}] system collections cannot be deleted"
        )));
    }
    let relates = |other: &Arc<Collection>| {
        let fields = other.fields.iter();
        let mut relations = fields.filter(|field| field.kind == FieldKind::Relation);
        other.id != collection.id
            && relations.any(|field| field.text_option("collectionId") == collection.id)
    };
    match app.collections().iter().find(|other| relates(other)) {
        None => Ok(()),
        Some(other) => Err(Error::host(format!(
            "the collection {name:?} has external relation field references: {}",
            other.name
        ))),
    }
}

/// One item of an import, over what is stored of it.
///
/// PocketBase: fields that are stored and not in the item stay, unless what is
/// missing is deleted.
fn draft(app: &App, item: &Value, delete_missing: bool) -> Result<CollectionRef, Error> {
    let Some(given) = item.as_object() else {
        return Err(Error::host("a collection to import is no object"));
    };
    let text = |key| given.get(key).and_then(Value::as_str).unwrap_or("");
    let known = [text("id"), text("name")]
        .into_iter()
        .filter(|it| !it.is_empty())
        .find_map(|it| app.collection(it).ok());
    let Some(known) = known else {
        return Ok(CollectionRef::new(Collection::from_draft(given)?));
    };
    let mut changed = known.with(given.clone())?;
    changed.id.clone_from(&known.id);
    for field in &known.fields {
        let is_gone = changed
            .fields
            .iter()
            .all(|it| it.id != field.id && it.name != field.name);
        if is_gone && (field.system || !delete_missing) {
            changed.fields.push(field.clone());
        }
    }
    let draft = CollectionRef::from(known);
    draft.change(|it| *it = changed);
    Ok(draft)
}

fn delete_others(app: &App, kept: &[CollectionRef]) -> Result<(), Error> {
    let kept: Vec<_> = kept
        .iter()
        .map(|draft| draft.snapshot().id.clone())
        .collect();
    let is_other =
        |it: &Arc<Collection>| !it.system && it.name != COLLECTIONS && !kept.contains(&it.id);
    let mut others: Vec<_> = app.collections().into_iter().filter(is_other).collect();
    // A view first, for it may read one of the others.
    others.sort_by_key(|it| it.kind != CollectionKind::View);
    for other in others {
        app.delete_collection(&CollectionRef::from(other))?;
    }
    Ok(())
}
