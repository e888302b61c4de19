//! Passwords and other fields of auth records that not everybody may change.
//!
//! The one rule: a record is only looked at; what is wrong is told by field.
//! PocketBase: the checks of its record form, made before validation. Knows
//! nothing of hashes but their look.

use jsvm::{CollectionKind, Error, FieldError, Record, cast, security::is_password_hash};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a client typed into the form of an auth record.
#[derive(Debug, Clone, Default)]
pub(super) struct Passwords {
    password: String,
    confirm: String,
    old: String,
}

impl Passwords {
    /// The passwords of a body; all are empty for other records.
    pub(super) fn of(record: &Record, data: &Map<String, Value>) -> Self {
        if record.collection().kind != CollectionKind::Auth {
            return Self::default();
        }
        let text = |key: &str| data.get(key).map_or_else(String::new, cast::to_text);
        Self {
            password: text("password"),
            confirm: text("passwordConfirm"),
            old: text("oldPassword"),
        }
    }

    /// Checks the form against the record that is about to be stored.
    ///
    /// `is_manager` is a client that may change all of it; anybody else has to
    /// know the old password to change it.
    ///
    /// # Errors
    ///
    /// [`Error::Validation`] with every field that is wrong.
    pub(super) fn check(&self, record: &Record, is_manager: bool) -> Result<(), Error> {
        if record.collection().kind != CollectionKind::Auth {
            return Ok(());
        }
        let mut wrong = Wrong::default();
        let original = record.original();
        let changed = |name: &str| record.get(name) != original.get(name);
        if !record.is_new() && !is_manager && changed("email") {
            wrong.add("email", MISMATCH);
        }
        if !is_manager && changed("verified") {
            wrong.add("verified", MISMATCH);
        }
        // A password that a hook has set needs nobody to type it.
        let is_by_hook = changed("password") && record.get("password") != self.password.as_str();
        if !is_by_hook {
            self.check_passwords(record, is_manager, &mut wrong);
        }
        match wrong.0.is_empty() {
            true => Ok(()),
            false => Err(Error::Validation(wrong.0)),
        }
    }

    fn check_passwords(&self, record: &Record, is_manager: bool, wrong: &mut Wrong) {
        let is_new = record.is_new();
        let Self {
            password,
            confirm,
            old,
        } = self;
        let is_changing = !(password.is_empty() && confirm.is_empty());
        let is_wanted = is_new || is_changing || !old.is_empty();
        match password.as_str() {
            "" if is_wanted => wrong.add("password", REQUIRED),
            text if is_password_hash(text) => wrong.add("password", FORMAT),
            _ => {}
        }
        match confirm.as_str() {
            "" if is_wanted => wrong.add("passwordConfirm", REQUIRED),
            text if text != password => wrong.add("passwordConfirm", MISMATCH),
            _ => {}
        }
        if is_new || is_manager || !is_changing {
            return;
        }
        if old.is_empty() {
            wrong.add("oldPassword", REQUIRED);
        } else if !record.original().validate_password(old) {
            wrong.add("oldPassword", OLD);
        }
    }
}

/// Fields that are wrong, with what is wrong with them.
#[derive(Debug, Default)]
struct Wrong(BTreeMap<String, FieldError>);

impl Wrong {
    fn add(&mut self, name: &str, (code, message): (&str, &str)) {
        self.0
            .insert(name.to_owned(), FieldError::new(code, message));
    }
}

const REQUIRED: (&str, &str) = ("validation_required", "cannot be blank");
const MISMATCH: (&str, &str) = ("validation_values_mismatch", "values don't match");
const FORMAT: (&str, &str) = ("validation_invalid_format", "invalid value format");
const OLD: (&str, &str) = (
    "validation_invalid_old_password",
    "missing or invalid old password",
);

#[cfg(test)]
mod tests {
    use super::*;
    use jsvm::Collection;
    use serde_json::json;
    use std::sync::Arc;

    fn collection() -> Arc<Collection> {
        let collection = Collection::from_json(&json!({
            "id": "pbc_1", "name": "members", "type": "auth",
            "fields": [
                { "name": "id", "type": "text" },
                { "name": "email", "type": "email", "system": true },
                { "name": "verified", "type": "bool", "system": true },
                { "name": "password", "type": "password", "hidden": true },
            ]
        }));
        Arc::new(collection.unwrap())
    }

    fn stored() -> Record {
        let values = json!({ "id": "a1", "email": "a@b.c", "password": "$2a$10$hash" });
        Record::stored(collection(), values.as_object().unwrap())
    }

    fn check(mut record: Record, is_manager: bool, data: Value, wanted: &[&str]) {
        let data = data.as_object().unwrap();
        for key in ["email", "verified", "password"] {
            if let Some(value) = data.get(key) {
                record.set(key, value);
            }
        }
        let checked = Passwords::of(&record, data).check(&record, is_manager);
        let codes: Vec<_> = match &checked {
            Ok(()) => Vec::new(),
            Err(Error::Validation(wrong)) => wrong
                .iter()
                .map(|(name, err)| format!("{name} {}", err.code))
                .collect(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(codes, wanted, "{data:?}");
    }

    #[test]
    fn a_new_password_is_typed_twice() {
        let new = || Record::new(collection());
        let required = [
            "password validation_required",
            "passwordConfirm validation_required",
        ];
        check(new(), false, json!({}), &required);
        check(
            new(),
            false,
            json!({ "password": "a", "passwordConfirm": "a" }),
            &[],
        );
        check(
            new(),
            false,
            json!({ "password": "a", "passwordConfirm": "b" }),
            &["passwordConfirm validation_values_mismatch"],
        );
        let hash = format!("$2a$10${}", "x".repeat(53));
        check(
            new(),
            true,
            json!({ "password": hash, "passwordConfirm": hash }),
            &["password validation_invalid_format"],
        );
    }

    #[test]
    fn what_only_managers_may_change_stays() {
        check(stored(), false, json!({}), &[]);
        let data = json!({ "email": "x@y.z", "verified": true });
        let refused = [
            "email validation_values_mismatch",
            "verified validation_values_mismatch",
        ];
        check(stored(), false, data.clone(), &refused);
        check(stored(), true, data, &[]);
        let data = json!({ "password": "new", "passwordConfirm": "new" });
        check(
            stored(),
            false,
            data.clone(),
            &["oldPassword validation_required"],
        );
        check(stored(), true, data, &[]);
    }

    #[test]
    fn a_hook_sets_a_password_without_confirmation() {
        let mut record = Record::new(collection());
        record.set("password", &json!("by-hook"));
        assert_eq!(Passwords::default().check(&record, false), Ok(()));
        record.set("password", &json!(""));
        assert!(Passwords::default().check(&record, false).is_err());
    }
}
