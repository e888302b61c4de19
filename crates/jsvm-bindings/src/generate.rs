//! Values that a record makes by itself before it is stored.
//!
//! The one rule: what somebody has set stays, except for a key of tokens that
//! a new password or a new address makes void.

use crate::{
    collection::{CollectionKind, Field, FieldKind},
    lifecycle::random_id,
    record::Record,
    security,
};
use serde_json::Value;

/// PocketBase's default ids, which need no pattern to be looked at.
const ID_PATTERN: &str = "[a-z0-9]{15}";

/// Gives a new record the texts that its fields make, its id among them.
///
/// PocketBase: `autogeneratePattern`; an id that has none is made all the same.
pub(crate) fn fill(record: &mut Record) {
    if !record.is_new() {
        return;
    }
    let collection = std::sync::Arc::clone(record.collection());
    for field in collection.fields.iter().filter(|field| is_made(field)) {
        if record.get(&field.name) == ""
            && let Some(text) = made(field)
        {
            record.set(&field.name, &Value::String(text));
        }
    }
}

fn is_made(field: &Field) -> bool {
    field.kind == FieldKind::Text
        && (field.name == "id" || !field.text_option("autogeneratePattern").is_empty())
}

/// A pattern that is none makes nothing; then the checks of the field say so.
fn made(field: &Field) -> Option<String> {
    match field.text_option("autogeneratePattern") {
        "" | ID_PATTERN => Some(random_id()),
        pattern => security::random_by_pattern(pattern, false).ok(),
    }
}

/// Ends the tokens of an auth record whose password or address changes.
pub(crate) fn end_tokens(record: &mut Record) {
    if record.is_new() || record.collection().kind != CollectionKind::Auth {
        return;
    }
    let original = record.original();
    let is_kept = |name: &str| record.get(name) == original.get(name);
    if is_kept("tokenKey") && !(is_kept("password") && is_kept("email")) {
        record.refresh_token_key();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::Collection;
    use serde_json::json;
    use std::sync::Arc;

    fn collection() -> Arc<Collection> {
        let collection = Collection::from_json(&json!({
            "id": "pbc_1", "name": "members", "type": "auth",
            "fields": [
                { "name": "id", "type": "text" },
                { "name": "code", "type": "text", "autogeneratePattern": "[A-Z]{4}" },
                { "name": "broken", "type": "text", "autogeneratePattern": "^(" },
                { "name": "email", "type": "email" },
                { "name": "password", "type": "password" },
                { "name": "tokenKey", "type": "text", "autogeneratePattern": "[a-z]{30}" },
            ]
        }));
        Arc::new(collection.unwrap())
    }

    #[test]
    fn new_records_make_what_nobody_has_set() {
        let mut record = Record::new(collection());
        record.set("code", &json!("MINE"));
        fill(&mut record);
        assert_eq!(record.id().len(), 15);
        assert_eq!(record.get("code"), "MINE");
        assert_eq!(record.get("broken"), "");
        assert_eq!(record.get("tokenKey").as_str().unwrap().len(), 30);
    }

    #[test]
    fn a_new_password_ends_tokens() {
        let stored = json!({ "id": "a", "password": "p", "email": "e", "tokenKey": "k" });
        let stored = Record::stored(collection(), stored.as_object().unwrap());
        for (field, value, is_kept) in [
            ("code", "X", true),
            ("password", "q", false),
            ("email", "f", false),
        ] {
            let mut record = stored.clone();
            record.set(field, &json!(value));
            end_tokens(&mut record);
            assert_eq!(record.get("tokenKey") == "k", is_kept, "{field}");
        }
        let mut chosen = stored;
        chosen.load(
            json!({ "password": "q", "tokenKey": "own" })
                .as_object()
                .unwrap(),
        );
        end_tokens(&mut chosen);
        assert_eq!(chosen.get("tokenKey"), "own");
    }
}
