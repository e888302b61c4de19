//! What a client submits for a record.
//!
//! The one rule: only fields that a client may set are taken, all else is
//! ignored and never an error. Knows nothing of rules.

use jsvm::{Collection, CollectionKind, Field, FieldKind, Record};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The body with the values as the fields will hold them.
///
/// PocketBase: modifiers such as `rank+` are worked out against `record` and
/// stand under the name of their field, short keys first; keys that are no
/// fields stay as they are, for rules. Hidden fields are for superusers.
pub(super) fn submitted(
    record: &Record,
    body: &Map<String, Value>,
    is_superuser: bool,
) -> Map<String, Value> {
    let collection = Arc::clone(record.collection());
    let mut record = record.clone();
    let mut data = body.clone();
    let mut keys: Vec<_> = body.iter().collect();
    keys.sort_by_key(|(key, _)| key.len());
    for (key, value) in keys {
        let Some(field) = target(&collection, key) else {
            continue;
        };
        if is_settable(field) {
            record.set(key, value);
        }
        data.remove(key);
        data.insert(field.name.clone(), record.get(&field.name).clone());
    }
    if !is_superuser {
        for field in collection.fields.iter().filter(|field| field.hidden) {
            if !is_password(&collection, field) {
                data.remove(&field.name);
            }
        }
    }
    data
}

/// Sets the fields of a record to what was [`submitted`].
pub(super) fn load(record: &mut Record, data: &Map<String, Value>) {
    let collection = Arc::clone(record.collection());
    for field in collection.fields.iter().filter(|field| is_settable(field)) {
        if let Some(value) = data.get(&field.name) {
            record.set(&field.name, value);
        }
    }
}

/// The field that a key is about, as it is or with a modifier.
fn target<'a>(collection: &'a Collection, key: &str) -> Option<&'a Field> {
    if let Some(field) = collection.field(key) {
        return Some(field);
    }
    let name = key
        .strip_prefix('+')
        .or_else(|| key.strip_suffix(['+', '-']))?;
    let has_modifiers = |field: &&Field| {
        matches!(
            field.kind,
            FieldKind::Number | FieldKind::Select | FieldKind::Relation | FieldKind::File
        )
    };
    collection.field(name).filter(has_modifiers)
}

/// PocketBase: setting an autodate field does nothing.
fn is_settable(field: &Field) -> bool {
    field.kind != FieldKind::Autodate
}

/// PocketBase: the one hidden field that anybody may send.
fn is_password(collection: &Collection, field: &Field) -> bool {
    collection.kind == CollectionKind::Auth && field.name == "password"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(kind: &str) -> Record {
        let collection = Collection::from_json(&json!({
            "id": "pbc_1", "name": "tasks", "type": kind,
            "fields": [
                { "name": "id", "type": "text" },
                { "name": "title", "type": "text" },
                { "name": "rank", "type": "number" },
                { "name": "tags", "type": "select", "maxSelect": 3 },
                { "name": "secret", "type": "text", "hidden": true },
                { "name": "password", "type": "password", "hidden": true },
                { "name": "created", "type": "autodate", "onCreate": true },
            ]
        }));
        let values =
            json!({ "id": "a1", "rank": 5, "tags": ["x"], "created": "2024-01-01 00:00:00.000Z" });
        Record::stored(Arc::new(collection.unwrap()), values.as_object().unwrap())
    }

    fn check(kind: &str, is_superuser: bool, body: Value, wanted: Value) {
        let data = submitted(&record(kind), body.as_object().unwrap(), is_superuser);
        assert_eq!(Value::Object(data), wanted, "{body}");
    }

    #[test]
    fn values_are_cast_and_modifiers_worked_out() {
        check(
            "base",
            false,
            json!({ "title": 5, "rank": "7" }),
            json!({ "title": "5", "rank": 7 }),
        );
        check(
            "base",
            false,
            json!({ "rank+": 2, "rank": 10, "+tags": "y", "tags-": "x" }),
            json!({ "rank": 12, "tags": ["y"] }),
        );
        check(
            "base",
            false,
            json!({ "title+": "x", "other": [1] }),
            json!({ "title+": "x", "other": [1] }),
        );
    }

    #[test]
    fn hidden_fields_are_for_superusers() {
        let body = json!({ "secret": "s", "password": "p" });
        check("base", false, body.clone(), json!({}));
        check("auth", false, body.clone(), json!({ "password": "p" }));
        check("base", true, body.clone(), body);
    }

    #[test]
    fn only_fields_are_loaded_and_no_autodates() {
        let mut record = record("base");
        let body = json!({ "title": "t", "created": "2030-01-01 00:00:00.000Z", "other": 1 });
        let data = submitted(&record, body.as_object().unwrap(), false);
        assert_eq!(data["created"], "2024-01-01 00:00:00.000Z");
        load(&mut record, &data);
        assert_eq!(record.get("title"), "t");
        assert_eq!(record.get("created"), "2024-01-01 00:00:00.000Z");
        assert!(record.custom_data().is_empty());
    }
}
