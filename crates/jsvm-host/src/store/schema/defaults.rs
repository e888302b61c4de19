//! What PocketBase adds to a collection that an export leaves out.
//!
//! The one rule: what the export says stays, except for what would make a
//! system field unsafe. Knows nothing of SQL.

use jsvm::{Collection, CollectionKind, Field, FieldKind, TokenKind, security};
use serde_json::{Map, Value, json};

/// The pattern of an id that PocketBase trusts to differ in more than case.
pub(in crate::store) const ID_PATTERN: &str = "^[a-z0-9]+$";

/// Derives ids and adds the system fields and their indexes.
pub(super) fn complete(collection: &mut Collection) {
    if collection.id.is_empty() {
        let text = format!("{}{}", collection.kind.as_str(), collection.name);
        collection.id = format!("pbc_{}", crc32(text.as_bytes()));
    }
    match collection.kind {
        CollectionKind::View => {}
        CollectionKind::Auth => {
            complete_id(collection);
            complete_auth(collection);
        }
        _ => complete_id(collection),
    }
    for field in &mut collection.fields {
        if field.id.is_empty() {
            let sum = crc32(field.name.as_bytes());
            field.id = format!("{}{sum}", field.kind.as_str());
        }
    }
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
    if has_unique_index(collection, field) {
        return;
    }
    let table = super::quoted(&collection.name);
    let index: String = format!("idx_{field}_{}", collection.id)
        .chars()
        .take(64)
        .collect();
    let index = super::quoted(&index);
    let sql = format!("CREATE UNIQUE INDEX {index} ON {table} (`{field}`){filter}");
    collection.indexes.push(sql);
}

/// Whether an index allows each value of the field once.
pub(in crate::store) fn has_unique_index(collection: &Collection, field: &str) -> bool {
    collection.indexes.iter().any(|sql| {
        let columns = sql
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or("", |(columns, _)| columns);
        let column = columns.trim().trim_matches(['`', '"', '[', ']']);
        let is_unique = sql
            .split_whitespace()
            .nth(1)
            .is_some_and(|word| word.eq_ignore_ascii_case("unique"));
        is_unique && column.eq_ignore_ascii_case(field)
    })
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
