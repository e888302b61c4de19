//! What PocketBase adds to a collection that an export leaves out.
//!
//! The one rule: what the export says stays, except for what would make a
//! system field unsafe. Knows nothing of SQL.

use super::{Collection, CollectionKind, Field, FieldKind, ID_PATTERN, index::Index};
use crate::{auth::TokenKind, security};
use serde_json::{Map, Value, json};

impl Collection {
    /// Derives ids, and adds the system fields, options and indexes that are
    /// not there.
    ///
    /// Indexes are those of this name: their table follows it.
    pub fn complete(&mut self) {
        if self.id.is_empty() && !self.name.is_empty() {
            let text = format!("{}{}", self.kind.as_str(), self.name);
            self.id = format!("pbc_{}", crc32(text.as_bytes()));
        }
        match self.kind {
            CollectionKind::View => {}
            CollectionKind::Auth => {
                complete_id(self);
                complete_auth(self);
            }
            _ => complete_id(self),
        }
        for field in &mut self.fields {
            if field.id.is_empty() {
                field.id = default_id(field);
            }
        }
        for sql in &mut self.indexes {
            if let Some(index) = Index::parse(sql)
                && index.table != self.name
            {
                *sql = index.on(&self.name);
            }
        }
    }
}

/// The id that a field gets by its type and name.
pub(super) fn default_id(field: &Field) -> String {
    format!("{}{}", field.kind.as_str(), crc32(field.name.as_bytes()))
}

fn complete_id(collection: &mut Collection) {
    match collection
        .fields
        .iter_mut()
        .find(|field| field.name == "id")
    {
        None => {
            let options = json!({
                "min": 15, "max": 15, "pattern": ID_PATTERN, "autogeneratePattern": "[a-z0-9]{15}"
            });
            let mut field = system_field("id", FieldKind::Text, options);
            field.required = true;
            field.primary_key = true;
            collection.fields.insert(0, field);
        }
        Some(field) => {
            field.kind = FieldKind::Text;
            field.system = true;
            field.required = true;
            field.primary_key = true;
            field.hidden = false;
            if field.text_option("pattern").is_empty() {
                field.options.insert("pattern".into(), ID_PATTERN.into());
            }
        }
    }
}

fn complete_auth(collection: &mut Collection) {
    let token_key = json!({ "min": 30, "max": 60, "autogeneratePattern": "[a-zA-Z0-9]{50}" });
    let fields = [
        (
            "password",
            FieldKind::Password,
            json!({ "min": 8 }),
            Secret::Yes,
        ),
        ("tokenKey", FieldKind::Text, token_key, Secret::Yes),
        ("email", FieldKind::Email, json!({}), Secret::No),
        ("emailVisibility", FieldKind::Bool, json!({}), Secret::No),
        ("verified", FieldKind::Bool, json!({}), Secret::No),
    ];
    for (name, kind, options, secret) in fields {
        if collection.field(name).is_none() {
            let mut field = system_field(name, kind, options);
            field.required = kind != FieldKind::Bool;
            collection.fields.push(field);
        }
        for field in collection
            .fields
            .iter_mut()
            .filter(|field| field.name == name)
        {
            field.system = true;
            if secret == Secret::Yes {
                field.hidden = true;
                field.required = true;
            }
        }
    }
    complete_options(collection);
    add_unique_index(collection, "tokenKey", "");
    add_unique_index(collection, "email", " WHERE `email` != ''");
}

/// Ways to sign in, and what tokens are signed with.
///
/// An export has no secrets, so each database makes its own.
fn complete_options(collection: &mut Collection) {
    let options = &mut collection.options;
    let defaults = [
        ("authRule", json!("")),
        ("manageRule", Value::Null),
        (
            "passwordAuth",
            json!({ "enabled": true, "identityFields": ["email"] }),
        ),
    ];
    for (key, value) in defaults {
        options.entry(key).or_insert(value);
    }
    let durations = [
        (TokenKind::Auth, 1_209_600),
        (TokenKind::PasswordReset, 1_800),
        (TokenKind::EmailChange, 1_800),
        (TokenKind::Verification, 259_200),
        (TokenKind::File, 180),
    ];
    for (kind, duration) in durations {
        let setting = options.entry(kind.option()).or_insert_with(|| json!({}));
        let Value::Object(setting) = setting else {
            continue;
        };
        setting.entry("duration").or_insert(duration.into());
        let secret = setting.entry("secret").or_insert_with(|| "".into());
        if secret == "" {
            *secret = security::random_text(50, security::ALPHABET).into();
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Secret {
    Yes,
    No,
}

fn system_field(name: &str, kind: FieldKind, options: Value) -> Field {
    let options = match options {
        Value::Object(options) => options,
        _ => Map::new(),
    };
    Field {
        id: String::new(),
        name: name.to_owned(),
        kind,
        hidden: false,
        required: false,
        system: true,
        primary_key: false,
        options,
    }
}

fn add_unique_index(collection: &mut Collection, field: &str, filter: &str) {
    if collection.has_unique_index(field) {
        return;
    }
    let name: String = format!("idx_{field}_{}", collection.id)
        .chars()
        .take(64)
        .collect();
    let index = Index::new(&name, true, &format!("`{field}`"), filter);
    collection.indexes.push(index.on(&collection.name));
}

/// The checksum of PocketBase's derived ids (CRC-32, IEEE).
fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    });
    !sum
}
