//! One record: its values, what they were, and what is shown of them.
//!
//! The one rule: a value of a field always has that field's type; anything
//! else is custom data. Plain data; knows nothing of storage and scripts.

use crate::{
    cast,
    collection::{Collection, Field, FieldKind},
    expand::{Expand, Shown},
    lock::{Locked, lock},
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// A record of a collection; PocketBase: `core.Record`.
#[derive(Debug, Clone)]
pub struct Record {
    collection: Arc<Collection>,
    /// In the order of the collection's fields.
    values: Vec<Value>,
    original: Arc<[Value]>,
    custom: BTreeMap<String, Value>,
    hidden: BTreeSet<String>,
    shown: BTreeSet<String>,
    expand: Expand,
    saved_id: String,
    with_custom: bool,
    shows_email: bool,
}

impl Record {
    /// A record that is not stored yet, with every field at its zero value.
    pub fn new(collection: Arc<Collection>) -> Self {
        let values: Vec<_> = collection.fields.iter().map(cast::zero).collect();
        Self {
            original: values.as_slice().into(),
            values,
            custom: BTreeMap::new(),
            hidden: BTreeSet::new(),
            shown: BTreeSet::new(),
            expand: Expand::default(),
            saved_id: String::new(),
            with_custom: false,
            shows_email: false,
            collection,
        }
    }

    /// A record as storage holds it; `values` are cast to their fields.
    pub fn stored(collection: Arc<Collection>, values: &Map<String, Value>) -> Self {
        let mut record = Self::new(collection);
        for (key, value) in values {
            if let Some(custom) = record.put(key, value.clone()) {
                record.custom.insert(key.clone(), custom);
            }
        }
        record.mark_as_saved();
        record
    }

    /// The collection that it belongs to.
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    /// The id, empty before the first save unless it was set.
    pub fn id(&self) -> &str {
        self.get("id").as_str().unwrap_or("")
    }

    /// The id under which storage holds it, empty for a new record.
    pub fn last_saved_id(&self) -> &str {
        &self.saved_id
    }

    /// Whether it was never stored.
    pub fn is_new(&self) -> bool {
        self.saved_id.is_empty()
    }

    /// Makes it a record that a save inserts.
    pub fn mark_as_new(&mut self) {
        self.saved_id.clear();
    }

    /// Makes it a record that a save updates.
    pub fn mark_as_not_new(&mut self) {
        self.saved_id = self.id().to_owned();
    }

    /// Makes it a record that a save updates, and its values the original ones.
    pub fn mark_as_saved(&mut self) {
        self.mark_as_not_new();
        self.original = self.values.as_slice().into();
    }

    /// The record as it was last stored.
    pub fn original(&self) -> Self {
        Self {
            values: self.original.to_vec(),
            expand: Expand::default(),
            custom: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// The value under `key`; null if there is none.
    pub fn get(&self, key: &str) -> &Value {
        self.find(key).1
    }

    /// The field of that name, if it is one, and the value.
    pub(crate) fn find(&self, key: &str) -> (Option<&Field>, &Value) {
        const NONE: &Value = &Value::Null;
        match self.collection.position(key) {
            Some(index) => (Some(&self.collection.fields[index]), &self.values[index]),
            None => (None, self.custom.get(key).unwrap_or(NONE)),
        }
    }

    /// Sets a value; PocketBase: `+field`, `field+` and `field-` add or remove.
    ///
    /// An unknown key becomes custom data.
    pub fn set(&mut self, key: &str, value: &Value) {
        self.assign(key, value.clone());
    }

    /// As [`set`](Self::set), for who needs the value no more.
    pub(crate) fn assign(&mut self, key: &str, value: Value) {
        let Some(value) = self.put(key, value) else {
            return;
        };
        match modifier(&self.collection, key) {
            Some((index, change)) => {
                let field = &self.collection.fields[index];
                let value = modified(field, &self.values[index], change, &value);
                self.values[index] = cast::into_field(field, value);
            }
            None => {
                self.custom.insert(key.to_owned(), value);
            }
        }
    }

    /// Sets the field of that name; gives the value back if there is none.
    fn put(&mut self, key: &str, value: Value) -> Option<Value> {
        let Some(index) = self.collection.position(key) else {
            return Some(value);
        };
        self.values[index] = cast::into_field(&self.collection.fields[index], value);
        None
    }

    /// Sets several values, as [`set`](Self::set) does.
    pub fn load(&mut self, values: &Map<String, Value>) {
        for (key, value) in values {
            self.set(key, value);
        }
    }

    /// The values of the fields, by name.
    pub fn fields_data(&self) -> Map<String, Value> {
        let names = self.collection.fields.iter().map(|field| &field.name);
        let values = self.values.iter().cloned();
        names.cloned().zip(values).collect()
    }

    /// What was set under names that are no fields.
    pub fn custom_data(&self) -> &BTreeMap<String, Value> {
        &self.custom
    }

    /// Whether custom data is part of what is shown; it is not by default.
    pub fn show_custom_data(&mut self, show: bool) {
        self.with_custom = show;
    }

    /// Whether an auth record's e-mail is shown although it is not public.
    pub fn ignore_email_visibility(&mut self, ignore: bool) {
        self.shows_email = ignore;
    }

    /// Leaves the fields out of what is shown.
    pub fn hide<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            self.shown.remove(name);
            self.hidden.insert(name.to_owned());
        }
    }

    /// Shows the fields although they are hidden.
    pub fn unhide<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            self.hidden.remove(name);
            self.shown.insert(name.to_owned());
        }
    }

    /// What relations were expanded to, by name; see
    /// [`RecordRef::set_expand`].
    pub fn expand(&self) -> &Expand {
        &self.expand
    }

    pub(crate) fn replace_expand(&mut self, expand: Expand) -> Expand {
        std::mem::replace(&mut self.expand, expand)
    }

    /// What clients see; PocketBase: `publicExport`.
    ///
    /// Expanded records are shown 32 deep, and 64 MiB of them at most.
    pub fn public_export(&self) -> Map<String, Value> {
        let mut out = self.public_fields();
        if !self.expand.is_empty() {
            out.insert("expand".into(), Shown::new().of(&self.expand).into());
        }
        out
    }

    /// What clients see of the record itself.
    pub(crate) fn public_fields(&self) -> Map<String, Value> {
        let mut out = Map::new();
        if self.with_custom {
            let custom = self
                .custom
                .iter()
                .filter(|(key, _)| !self.hidden.contains(*key));
            out.extend(custom.map(|(key, value)| (key.clone(), value.clone())));
        }
        for field in &self.collection.fields {
            if self.is_public(field) {
                out.insert(field.name.clone(), self.get(&field.name).clone());
            }
        }
        out.insert("collectionId".into(), self.collection.id.clone().into());
        out.insert("collectionName".into(), self.collection.name.clone().into());
        out
    }

    fn is_public(&self, field: &Field) -> bool {
        if field.kind == FieldKind::Password || self.hidden.contains(&field.name) {
            return false;
        }
        let email = field.name == "email" && field.system;
        if email && !self.shows_email && !cast::to_bool(self.get("emailVisibility")) {
            return false;
        }
        !field.hidden || self.shown.contains(&field.name)
    }
}

/// A record that the host and any number of handlers look at and change.
#[derive(Debug, Clone)]
pub struct RecordRef(Arc<Mutex<Record>>);

impl RecordRef {
    /// Shares a record.
    pub fn new(record: Record) -> Self {
        Self(Arc::new(Mutex::new(record)))
    }

    /// The record, for reading and changing.
    ///
    /// Do not hold it while a hook may run: the hook would wait for ever.
    pub fn lock(&self) -> Locked<'_, Record> {
        lock(&self.0)
    }

    /// A copy of the record as it is now.
    pub fn snapshot(&self) -> Record {
        self.lock().clone()
    }

    /// The record itself, if nobody else holds it.
    pub(crate) fn into_inner(self) -> Option<Record> {
        let record = Arc::into_inner(self.0)?;
        Some(record.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// What tells it from all other records in memory.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether both are the same record in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Prepend,
    Append,
    Remove,
}

/// Which field a key such as `views+` changes, and how.
fn modifier(collection: &Collection, key: &str) -> Option<(usize, Change)> {
    let (name, change) = if let Some(name) = key.strip_prefix('+') {
        (name, Change::Prepend)
    } else if let Some(name) = key.strip_suffix('+') {
        (name, Change::Append)
    } else {
        (key.strip_suffix('-')?, Change::Remove)
    };
    let index = collection.position(name)?;
    let allowed = matches!(
        collection.fields[index].kind,
        FieldKind::Number | FieldKind::Select | FieldKind::Relation | FieldKind::File
    );
    allowed.then_some((index, change))
}

fn modified(field: &Field, old: &Value, change: Change, value: &Value) -> Value {
    if field.kind == FieldKind::Number {
        let (old, by) = (cast::to_number(old), cast::to_number(value));
        return cast::number(match change {
            Change::Remove => old - by,
            Change::Prepend | Change::Append => old + by,
        });
    }
    let (old, by) = (cast::to_list(old), cast::to_list(value));
    Value::from(match change {
        Change::Append => [old, by].concat(),
        Change::Prepend => [by, old].concat(),
        Change::Remove => old.into_iter().filter(|item| !by.contains(item)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> Record {
        let collection = Collection::from_json(&json!({
            "id": "pbc_1", "name": "posts", "type": "base",
            "fields": [
                { "name": "id", "type": "text" },
                { "name": "title", "type": "text" },
                { "name": "views", "type": "number" },
                { "name": "tags", "type": "select", "maxSelect": 3 },
                { "name": "secret", "type": "text", "hidden": true },
            ]
        }));
        Record::new(Arc::new(collection.unwrap()))
    }

    #[test]
    fn modifiers_add_and_remove() {
        let mut record = record();
        for (key, value) in [
            ("views+", json!(5)),
            ("views-", json!(2)),
            ("tags+", json!(["a", "b"])),
            ("+tags", json!("c")),
            ("tags-", json!("a")),
            ("other+", json!(1)),
        ] {
            record.set(key, &value);
        }
        assert_eq!(record.get("views"), &json!(3));
        assert_eq!(record.get("tags"), &json!(["c", "b"]));
        assert_eq!(record.get("other+"), &json!(1));
    }

    #[test]
    fn what_is_shown_follows_hiding() {
        let mut record = record();
        record.set("title", &json!("x"));
        record.set("note", &json!("n"));
        assert!(!record.public_export().contains_key("secret"));
        record.unhide(["secret"]);
        record.hide(["title"]);
        record.show_custom_data(true);
        let shown = record.public_export();
        assert_eq!(shown.get("note"), Some(&json!("n")));
        assert!(shown.contains_key("secret") && !shown.contains_key("title"));
    }

    #[test]
    fn the_original_is_what_was_stored() {
        let values = json!({ "id": "a1", "title": "old" });
        let mut record = Record::stored(record().collection, values.as_object().unwrap());
        record.set("title", &json!("new"));
        assert_eq!(record.original().get("title"), "old");
        assert_eq!(record.last_saved_id(), "a1");
    }
}
