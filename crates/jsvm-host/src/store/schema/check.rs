//! What PocketBase checks of a collection before it is stored.
//!
//! The one rule: codes and messages are PocketBase's own, one for each key.
//! What only SQLite can tell, it tells when the table changes.

use crate::store::filter::{self, Author, Context, Source};
use jsvm::{Collection, CollectionKind, Error, Field, FieldError, FieldKind, Index, RULES};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// Names of fields that mean something else in answers and filters.
const RESERVED: &[&str] = &[
    "null",
    "_rowid_",
    "_row_",
    "oid",
    "rowid",
    "expand",
    "collectionid",
    "collectionname",
];

type Refused = BTreeMap<String, FieldError>;

/// Checks a collection, which `before` is stored as.
///
/// # Errors
///
/// [`Error::Validation`] with every key that is not allowed.
pub(in crate::store) fn check(
    known: &[Arc<Collection>],
    before: Option<&Collection>,
    now: &Collection,
) -> Result<(), Error> {
    let mut refused = Refused::new();
    let errors = [
        ("name", check_name(known, before, now)),
        ("id", check_id(known, before, now)),
        ("type", check_kind(before, now)),
        ("fields", check_fields(known, before, now)),
        ("indexes", check_indexes(known, now)),
        ("viewQuery", check_query(now)),
    ];
    for (key, err) in errors {
        refused.extend(err.map(|err| (key.to_owned(), err)));
    }
    if refused.is_empty() {
        check_rules(known, now, &mut refused);
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Error::Validation(refused)),
    }
}

fn required() -> FieldError {
    FieldError::new("validation_required", "Cannot be blank.")
}

fn malformed() -> FieldError {
    FieldError::new("validation_match_invalid", "Must be in a valid format.")
}

/// Letters of ASCII, digits and `_`, as names have to be.
fn is_word(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_other(it: &Collection, now: &Collection) -> bool {
    it.id != now.id
}

fn check_name(
    known: &[Arc<Collection>],
    before: Option<&Collection>,
    now: &Collection,
) -> Option<FieldError> {
    let name = &now.name;
    if name.is_empty() {
        return Some(required());
    }
    if name.len() > 255 {
        return Some(FieldError::new(
            "validation_length_out_of_range",
            "The length must be between 1 and 255.",
        ));
    }
    if !is_word(name) {
        return Some(malformed());
    }
    if before.is_some_and(|before| before.system && before.name != *name) {
        return Some(FieldError::new(
            "validation_collection_system_name_change",
            "System collection name cannot be changed.",
        ));
    }
    let is_taken = |it: &Arc<Collection>| is_other(it, now) && it.name.eq_ignore_ascii_case(name);
    if known.iter().any(is_taken) {
        return Some(FieldError::new(
            "validation_collection_name_exists",
            "Collection name must be unique (case insensitive).",
        ));
    }
    let is_own = ["_collections", "_metrics"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own));
    if is_own || name.to_ascii_lowercase().starts_with("sqlite_") {
        return Some(FieldError::new(
            "validation_collection_name_invalid",
            "The name shouldn't match with an existing internal table.",
        ));
    }
    None
}

fn check_id(
    known: &[Arc<Collection>],
    before: Option<&Collection>,
    now: &Collection,
) -> Option<FieldError> {
    if !is_word(&now.id) {
        return Some(malformed());
    }
    let is_taken = before.is_none() && known.iter().any(|it| it.id == now.id);
    is_taken.then(|| {
        FieldError::new(
            "validation_invalid_or_existing_id",
            "The model id is invalid or already exists.",
        )
    })
}

fn check_kind(before: Option<&Collection>, now: &Collection) -> Option<FieldError> {
    before.filter(|before| before.kind != now.kind).map(|_| {
        FieldError::new(
            "validation_collection_type_change",
            "Collection type cannot be changed.",
        )
    })
}

fn check_fields(
    known: &[Arc<Collection>],
    before: Option<&Collection>,
    now: &Collection,
) -> Option<FieldError> {
    if now.kind == CollectionKind::View {
        return None;
    }
    let mut seen = HashSet::new();
    now.fields.iter().find_map(|field| {
        if field.name.is_empty() {
            return Some(required());
        }
        let name = field.name.to_ascii_lowercase();
        if !seen.insert(name.clone()) {
            let message = format!("Duplicated or invalid field name {:?}.", field.name);
            return Some(FieldError::new("validation_duplicated_field_name", message));
        }
        if !is_word(&name) || name.len() > 100 || RESERVED.contains(&name.as_str()) {
            return Some(FieldError::new(
                "validation_invalid_field_name",
                format!("{:?} cannot be the name of a field.", field.name),
            ));
        }
        check_change(before, field).or_else(|| check_relation(known, now, field))
    })
}

/// What a field is stored as decides what it may become.
fn check_change(before: Option<&Collection>, field: &Field) -> Option<FieldError> {
    let stored = before?.fields.iter().find(|it| it.id == field.id)?;
    if stored.kind != field.kind {
        return Some(FieldError::new(
            "validation_field_type_change",
            "Field type cannot be changed.",
        ));
    }
    (stored.system && stored.name != field.name).then(|| {
        FieldError::new(
            "validation_system_field_change",
            "System fields cannot be deleted or renamed.",
        )
    })
}

fn check_relation(
    known: &[Arc<Collection>],
    now: &Collection,
    field: &Field,
) -> Option<FieldError> {
    if field.kind != FieldKind::Relation {
        return None;
    }
    let target = field.text_option("collectionId");
    let is_there = target == now.id || known.iter().any(|it| it.id == target);
    (!is_there).then(|| {
        FieldError::new(
            "validation_field_relation_missing_collection",
            format!("The relation collection of {:?} doesn't exist.", field.name),
        )
    })
}

fn check_indexes(known: &[Arc<Collection>], now: &Collection) -> Option<FieldError> {
    let mut seen = HashSet::new();
    now.indexes.iter().find_map(|sql| {
        let Some(index) = Index::parse(sql) else {
            return Some(FieldError::new(
                "validation_invalid_index_expression",
                "Invalid CREATE INDEX expression.",
            ));
        };
        if now.kind == CollectionKind::View {
            return Some(FieldError::new(
                "validation_indexes_not_supported",
                "View collections don't support indexes.",
            ));
        }
        let name = index.name.to_ascii_lowercase();
        let has_it = |it: &&Arc<Collection>| {
            let others = it.indexes.iter().filter_map(|sql| Index::parse(sql));
            is_other(it, now)
                && others
                    .into_iter()
                    .any(|it| it.name.to_ascii_lowercase() == name)
        };
        if let Some(other) = known.iter().find(has_it) {
            let message = format!(
                "The index name is already used in {:?} collection.",
                other.name
            );
            return Some(FieldError::new("validation_existing_index_name", message));
        }
        (!seen.insert(name)).then(|| {
            FieldError::new(
                "validation_duplicated_index_name",
                "The index name is used twice.",
            )
        })
    })
}

fn check_query(now: &Collection) -> Option<FieldError> {
    let query = now.options.get("viewQuery").and_then(Value::as_str);
    let is_missing = query.is_none_or(|query| query.trim().is_empty());
    (now.kind == CollectionKind::View && is_missing).then(required)
}

/// A rule has to be a filter that knows its fields.
fn check_rules(known: &[Arc<Collection>], now: &Collection, refused: &mut Refused) {
    let others = known.iter().filter(|it| is_other(it, now)).cloned();
    let collections: Vec<_> = others.chain([Arc::new(now.clone())]).collect();
    let request =
        json!({ "auth": {}, "body": {}, "query": {}, "headers": {}, "method": "", "context": "" });
    let context = Context {
        collections: &collections,
        collection: now,
        table: &super::quoted(&now.name),
        request: Some(&request),
    };
    // The fields of a view are only known once it is made.
    if now.kind == CollectionKind::View {
        return;
    }
    for key in RULES {
        let rule = Source::rule(now.rule(key).unwrap_or(""));
        if let Err(err) = filter::compile(context, &[rule], ("", Author::Application)) {
            let message = format!("Invalid rule. Raw error: {err}");
            refused.insert(
                key.to_owned(),
                FieldError::new("validation_invalid_rule", message),
            );
        }
    }
}
