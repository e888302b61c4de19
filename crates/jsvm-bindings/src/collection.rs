//! Collections and their fields: the schema that records follow.
//!
//! Plain data in the shape of PocketBase's schema export. The one rule: an
//! unknown option of a field is kept, never dropped. Knows nothing of storage
//! and nothing of scripts.

mod defaults;
mod draft;
mod index;

pub(crate) use draft::add_field;
pub use draft::{CollectionRef, FieldRef};
pub use index::Index;

use crate::{error::Error, settings::merge};
use serde_json::{Map, Value};

/// The names of the rules; the last two are those of auth collections.
pub const RULES: [&str; 7] = [
    "listRule",
    "viewRule",
    "createRule",
    "updateRule",
    "deleteRule",
    "authRule",
    "manageRule",
];

/// The pattern of an id that PocketBase trusts to differ in more than case.
pub const ID_PATTERN: &str = "^[a-z0-9]+$";

/// What a collection is for; PocketBase: `type` of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CollectionKind {
    /// Ordinary records.
    #[default]
    Base,
    /// Records that can sign in.
    Auth,
    /// Records of an SQL view; they are read only.
    View,
}

impl CollectionKind {
    /// The name in a schema file: `base`, `auth` or `view`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Auth => "auth",
            Self::View => "view",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "base" | "" => Some(Self::Base),
            "auth" => Some(Self::Auth),
            "view" => Some(Self::View),
            _ => None,
        }
    }
}

/// A named set of records with the same fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Collection {
    /// The stable id, for example `pbc_1125843985`.
    pub id: String,
    /// The unique name, which is also the table's.
    pub name: String,
    /// What the collection is for.
    pub kind: CollectionKind,
    /// True for the collections that the host itself relies on.
    pub system: bool,
    /// The fields in their order; `id` is one of them.
    pub fields: Vec<Field>,
    /// `CREATE INDEX` statements.
    pub indexes: Vec<String>,
    /// Who may list; `None` is superusers only, an empty rule is everybody.
    pub list_rule: Option<String>,
    /// Who may view one record.
    pub view_rule: Option<String>,
    /// Who may create.
    pub create_rule: Option<String>,
    /// Who may update.
    pub update_rule: Option<String>,
    /// Who may delete.
    pub delete_rule: Option<String>,
    /// All other options of the export, as they came.
    pub options: Map<String, Value>,
}

impl Collection {
    /// Reads one collection of a schema export.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming the missing or wrongly typed key.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        let Some(object) = value.as_object() else {
            return Err(Error::host("a collection must be an object"));
        };
        let name = required_text(object, "name", "collection")?;
        if object.get("fields").is_none_or(|fields| !fields.is_array()) {
            return Err(Error::host(format!(
                "collection {name:?} has no list of fields"
            )));
        }
        Self::from_draft(object)
    }

    /// Reads what there is of a collection, as scripts make them: without a
    /// name and fields if need be.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming what is of the wrong kind.
    pub(crate) fn from_draft(object: &Map<String, Value>) -> Result<Self, Error> {
        let name = text(object, "name");
        let kind = text(object, "type");
        let kind = CollectionKind::from_name(&kind).ok_or_else(|| {
            Error::host(format!(
                "collection {name:?} has the unknown type {kind:?}; use base, auth or view"
            ))
        })?;
        let fields = match object.get("fields") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => {
                let fields = list.iter().map(|field| Field::from_json(field, &name));
                fields.collect::<Result<_, _>>()?
            }
            Some(_) => {
                let message = format!("the fields of collection {name:?} are no list");
                return Err(Error::host(message));
            }
        };
        Ok(Self {
            id: text(object, "id"),
            kind,
            system: flag(object, "system"),
            fields,
            indexes: object
                .get("indexes")
                .and_then(Value::as_array)
                .map(|list| {
                    list.iter()
                        .filter_map(Value::as_str)
                        .map(Into::into)
                        .collect()
                })
                .unwrap_or_default(),
            list_rule: rule(object, "listRule"),
            view_rule: rule(object, "viewRule"),
            create_rule: rule(object, "createRule"),
            update_rule: rule(object, "updateRule"),
            delete_rule: rule(object, "deleteRule"),
            options: rest(object, COLLECTION_KEYS),
            name,
        })
    }

    /// The collection with other values for what is given, completed.
    ///
    /// Of an option that is an object, what is not given stays: an export has
    /// no secrets.
    ///
    /// # Errors
    ///
    /// As [`from_draft`](Self::from_draft).
    pub(crate) fn with(&self, given: Map<String, Value>) -> Result<Self, Error> {
        let mut whole = self.to_json();
        merge(&mut whole, Value::Object(given));
        let mut changed = match &whole {
            Value::Object(whole) => Self::from_draft(whole)?,
            _ => self.clone(),
        };
        changed.complete();
        Ok(changed)
    }

    /// The collection in the shape of a schema export.
    pub fn to_json(&self) -> Value {
        let mut object = self.options.clone();
        let rules = [
            ("listRule", &self.list_rule),
            ("viewRule", &self.view_rule),
            ("createRule", &self.create_rule),
            ("updateRule", &self.update_rule),
            ("deleteRule", &self.delete_rule),
        ];
        for (key, value) in rules {
            object.insert(key.into(), value.clone().map_or(Value::Null, Value::String));
        }
        object.insert("id".into(), self.id.clone().into());
        object.insert("name".into(), self.name.clone().into());
        object.insert("type".into(), self.kind.as_str().into());
        object.insert("system".into(), self.system.into());
        object.insert("indexes".into(), self.indexes.clone().into());
        let fields = self.fields.iter().map(Field::to_json).collect();
        object.insert("fields".into(), Value::Array(fields));
        Value::Object(object)
    }

    /// The rule of that name, for example `listRule` or `authRule`.
    pub fn rule(&self, name: &str) -> Option<&str> {
        let rule = match name {
            "listRule" => &self.list_rule,
            "viewRule" => &self.view_rule,
            "createRule" => &self.create_rule,
            "updateRule" => &self.update_rule,
            "deleteRule" => &self.delete_rule,
            _ => return self.options.get(name).and_then(Value::as_str),
        };
        rule.as_deref()
    }

    /// Replaces the rule of that name.
    pub(crate) fn set_rule(&mut self, name: &str, rule: Option<String>) {
        match name {
            "listRule" => self.list_rule = rule,
            "viewRule" => self.view_rule = rule,
            "createRule" => self.create_rule = rule,
            "updateRule" => self.update_rule = rule,
            "deleteRule" => self.delete_rule = rule,
            _ => {
                self.options.insert(name.to_owned(), rule.into());
            }
        }
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Where in [`fields`](Self::fields) the field of that name is.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Whether `tag` names this collection, by name or by id.
    pub fn is_called(&self, name_or_id: &str) -> bool {
        self.name == name_or_id || self.id == name_or_id
    }
}

/// What values a field holds; PocketBase: `type` of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A 64-bit floating-point number.
    Number,
    /// True or false.
    Bool,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// HTML text.
    Editor,
    /// A UTC time.
    Date,
    /// A UTC time that is set on create or update.
    Autodate,
    /// One or several of a fixed list.
    Select,
    /// One or several file names.
    File,
    /// One or several ids of another collection.
    Relation,
    /// Any JSON value.
    Json,
    /// A hashed password.
    Password,
    /// A longitude and a latitude.
    GeoPoint,
}

const KINDS: &[(FieldKind, &str)] = &[
    (FieldKind::Text, "text"),
    (FieldKind::Number, "number"),
    (FieldKind::Bool, "bool"),
    (FieldKind::Email, "email"),
    (FieldKind::Url, "url"),
    (FieldKind::Editor, "editor"),
    (FieldKind::Date, "date"),
    (FieldKind::Autodate, "autodate"),
    (FieldKind::Select, "select"),
    (FieldKind::File, "file"),
    (FieldKind::Relation, "relation"),
    (FieldKind::Json, "json"),
    (FieldKind::Password, "password"),
    (FieldKind::GeoPoint, "geoPoint"),
];

impl FieldKind {
    /// The name in a schema file, for example `geoPoint`.
    pub fn as_str(self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("text", |(_, name)| name)
    }

    /// The kind of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let found = KINDS.iter().find(|(_, known)| *known == name);
        found.map(|(kind, _)| *kind)
    }
}

/// One field of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The stable id.
    pub id: String,
    /// The unique name within the collection, which is also the column's.
    pub name: String,
    /// What values it holds.
    pub kind: FieldKind,
    /// A hidden field is left out of answers.
    pub hidden: bool,
    /// A required field may not hold its zero value.
    pub required: bool,
    /// True for the fields that the host itself relies on.
    pub system: bool,
    /// True for the field that holds the id.
    pub primary_key: bool,
    /// All other options, as they came: `min`, `max`, `pattern`, `values`,
    /// `maxSelect`, `collectionId`, `cascadeDelete`, `onCreate` and so on.
    pub options: Map<String, Value>,
}

impl Field {
    fn from_json(value: &Value, collection: &str) -> Result<Self, Error> {
        let Some(object) = value.as_object() else {
            return Err(Error::host(format!(
                "a field of collection {collection:?} is not an object"
            )));
        };
        let name = required_text(object, "name", "field")?;
        let kind = text(object, "type");
        let kind = FieldKind::from_name(&kind).ok_or_else(|| {
            Error::host(format!(
                "field {name:?} of collection {collection:?} has the unknown type {kind:?}"
            ))
        })?;
        Ok(Self::of_kind(kind, object))
    }

    /// A field with what there is of its options.
    pub(crate) fn of_kind(kind: FieldKind, object: &Map<String, Value>) -> Self {
        Self {
            id: text(object, "id"),
            name: text(object, "name"),
            kind,
            hidden: flag(object, "hidden"),
            required: flag(object, "required"),
            system: flag(object, "system"),
            primary_key: flag(object, "primaryKey"),
            options: rest(object, FIELD_KEYS),
        }
    }

    /// The field in the shape of a schema export.
    pub fn to_json(&self) -> Value {
        let mut object = self.options.clone();
        object.insert("id".into(), self.id.clone().into());
        object.insert("name".into(), self.name.clone().into());
        object.insert("type".into(), self.kind.as_str().into());
        object.insert("hidden".into(), self.hidden.into());
        object.insert("required".into(), self.required.into());
        object.insert("system".into(), self.system.into());
        if self.primary_key {
            object.insert("primaryKey".into(), true.into());
        }
        Value::Object(object)
    }

    /// A text option, empty if it is not there.
    pub fn text_option(&self, key: &str) -> &str {
        self.options.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// A whole-number option, 0 if it is not there.
    pub fn number_option(&self, key: &str) -> i64 {
        self.options.get(key).and_then(Value::as_i64).unwrap_or(0)
    }

    /// A switch, off if it is not there.
    pub fn flag_option(&self, key: &str) -> bool {
        flag(&self.options, key)
    }

    /// Whether a select, relation or file field holds a list.
    ///
    /// PocketBase: more than one with `maxSelect`.
    pub fn is_multiple(&self) -> bool {
        matches!(
            self.kind,
            FieldKind::Select | FieldKind::Relation | FieldKind::File
        ) && self.number_option("maxSelect") > 1
    }
}

const COLLECTION_KEYS: &[&str] = &[
    "id",
    "name",
    "type",
    "system",
    "fields",
    "indexes",
    "listRule",
    "viewRule",
    "createRule",
    "updateRule",
    "deleteRule",
];
const FIELD_KEYS: &[&str] = &[
    "id",
    "name",
    "type",
    "hidden",
    "required",
    "system",
    "primaryKey",
];

fn required_text(object: &Map<String, Value>, key: &str, what: &str) -> Result<String, Error> {
    match object.get(key).and_then(Value::as_str) {
        Some(value) if !value.is_empty() => Ok(value.to_owned()),
        _ => Err(Error::host(format!(
            "a {what} of the schema has no {key:?}"
        ))),
    }
}

fn text(object: &Map<String, Value>, key: &str) -> String {
    object
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_owned()
}

fn flag(object: &Map<String, Value>, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn rule(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(Into::into)
}

fn rest(object: &Map<String, Value>, known: &[&str]) -> Map<String, Value> {
    object
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_export_survives_the_round_trip() {
        let export = json!({
            "id": "pbc_1", "name": "posts", "type": "base", "system": false,
            "listRule": "", "viewRule": null, "createRule": "@request.auth.id != ''",
            "updateRule": null, "deleteRule": null, "indexes": ["CREATE INDEX a ON posts (b)"],
            "created": "then",
            "fields": [{
                "id": "t1", "name": "title", "type": "text", "hidden": false, "required": true,
                "system": false, "max": 7
            }]
        });
        let collection = Collection::from_json(&export).unwrap();
        assert_eq!(collection.to_json(), export);
        assert_eq!(collection.field("title").unwrap().number_option("max"), 7);
    }

    #[test]
    fn an_unknown_field_type_is_named() {
        let export = json!({ "name": "a", "fields": [{ "name": "b", "type": "colour" }] });
        let message = Collection::from_json(&export).unwrap_err().to_string();
        assert_eq!(
            message,
            r#"field "b" of collection "a" has the unknown type "colour""#
        );
    }
}
