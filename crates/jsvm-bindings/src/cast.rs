//! How any value becomes the value of a field.
//!
//! PocketBase: every field casts what it is given and never fails; what is
//! allowed is checked later, by validation. The one rule: the result always
//! has the type of its field. Knows nothing of records and scripts.

use crate::{
    collection::{Field, FieldKind},
    datetime::DateTime,
};
use serde_json::{Map, Number, Value, json};

/// The value that `field` holds when it is given `value`.
pub fn to_field(field: &Field, value: &Value) -> Value {
    match field.kind {
        FieldKind::Number => number(to_number(value)),
        FieldKind::Bool => Value::Bool(to_bool(value)),
        FieldKind::Date | FieldKind::Autodate => Value::String(to_date(value)),
        FieldKind::Json => to_json(value),
        FieldKind::GeoPoint => to_geo_point(value),
        FieldKind::Select | FieldKind::Relation | FieldKind::File => {
            let list = to_list(value);
            if field.is_multiple() {
                Value::from(list)
            } else {
                list.into_iter().next_back().unwrap_or_default().into()
            }
        }
        FieldKind::Text
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Editor
        | FieldKind::Password => Value::String(to_text(value)),
    }
}

/// As [`to_field`], for who needs the value no more: one that has the type of
/// the field already is not copied.
pub(crate) fn into_field(field: &Field, value: Value) -> Value {
    match (field.kind, &value) {
        (FieldKind::Bool, Value::Bool(_)) => value,
        (
            FieldKind::Text
            | FieldKind::Email
            | FieldKind::Url
            | FieldKind::Editor
            | FieldKind::Password,
            Value::String(_),
        ) => value,
        (FieldKind::Json, kept) if !kept.is_string() => value,
        _ => to_field(field, &value),
    }
}

/// The value of `field` in a record that nobody has set.
pub fn zero(field: &Field) -> Value {
    to_field(field, &Value::Null)
}

/// Text as PocketBase casts it: `null` is empty, `true` is `true`, lists and
/// objects are their JSON.
pub fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number; text that is none is 0.
pub fn to_number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::String(text) => text
            .trim()
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .unwrap_or(0.0),
        Value::Bool(true) => 1.0,
        _ => 0.0,
    }
}

/// True for `true`, a number other than 0, and the texts `1 t T true TRUE True`.
pub fn to_bool(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"),
        _ => false,
    }
}

/// Unique texts in their first order; empty ones are left out.
pub fn to_list(value: &Value) -> Vec<String> {
    let mut list = Vec::new();
    let mut push = |text: String| {
        if !text.is_empty() && !list.contains(&text) {
            list.push(text);
        }
    };
    match value {
        Value::Array(items) => items.iter().for_each(|item| push(to_text(item))),
        Value::String(text) if text.starts_with('[') => {
            match serde_json::from_str::<Vec<Value>>(text) {
                Ok(items) => items.iter().for_each(|item| push(to_text(item))),
                Err(_) => push(text.clone()),
            }
        }
        other => push(to_text(other)),
    }
    list
}

/// A whole number as an integer, so that it prints without a fraction.
pub fn number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT && !(value == 0.0 && value.is_sign_negative()) {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::from(0), Value::Number)
}

fn to_date(value: &Value) -> String {
    match value {
        Value::Number(seconds) => seconds
            .as_i64()
            .and_then(DateTime::from_unix)
            .unwrap_or_default()
            .to_string(),
        other => DateTime::parse(&to_text(other))
            .unwrap_or_default()
            .to_string(),
    }
}

fn to_json(value: &Value) -> Value {
    match value {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(parsed) => parsed,
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => value.clone(),
        },
        other => other.clone(),
    }
}

fn to_geo_point(value: &Value) -> Value {
    let part =
        |object: &Map<String, Value>, key: &str| number(object.get(key).map_or(0.0, to_number));
    match value {
        Value::Object(object) => json!({ "lon": part(object, "lon"), "lat": part(object, "lat") }),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Object(object)) => to_geo_point(&Value::Object(object)),
            _ => json!({ "lon": 0, "lat": 0 }),
        },
        _ => json!({ "lon": 0, "lat": 0 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind, max_select: i64) -> Field {
        Field {
            id: String::new(),
            name: "f".into(),
            kind,
            hidden: false,
            required: false,
            system: false,
            primary_key: false,
            options: Map::from_iter([("maxSelect".to_owned(), max_select.into())]),
        }
    }

    #[test]
    fn values_take_the_type_of_their_field() {
        for (kind, max, given, wanted) in [
            (FieldKind::Text, 0, json!(null), json!("")),
            (FieldKind::Text, 0, json!(1.5), json!("1.5")),
            (FieldKind::Number, 0, json!("12"), json!(12)),
            (FieldKind::Number, 0, json!("many"), json!(0)),
            (FieldKind::Number, 0, json!(0.5), json!(0.5)),
            (FieldKind::Bool, 0, json!("true"), json!(true)),
            (FieldKind::Bool, 0, json!("yes"), json!(false)),
            (FieldKind::Select, 1, json!(["a", "b"]), json!("b")),
            (
                FieldKind::Select,
                3,
                json!(["a", "b", "a", ""]),
                json!(["a", "b"]),
            ),
            (FieldKind::Relation, 2, json!("x"), json!(["x"])),
            (FieldKind::Json, 0, json!("{\"a\":1}"), json!({"a": 1})),
            (FieldKind::Json, 0, json!("plain"), json!("plain")),
            (
                FieldKind::Date,
                0,
                json!("2024-02-29 12:30:15"),
                json!("2024-02-29 12:30:15.000Z"),
            ),
            (FieldKind::Date, 0, json!("never"), json!("")),
            (
                FieldKind::GeoPoint,
                0,
                json!({"lon": 1.5}),
                json!({"lon": 1.5, "lat": 0}),
            ),
        ] {
            assert_eq!(
                to_field(&field(kind, max), &given),
                wanted,
                "{kind:?} {given}"
            );
        }
    }
}
