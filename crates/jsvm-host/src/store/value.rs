//! Values of fields as columns hold them, and back.
//!
//! The one rule: what is read is what was written, once the field has cast
//! it. Knows nothing of tables.

use jsvm::{Field, FieldKind, cast};
use rusqlite::types::{Value as Sql, ValueRef};
use serde_json::{Number, Value};

/// What the column of `field` holds for `value`.
pub(super) fn to_sql(field: &Field, value: &Value) -> Sql {
    match (field.kind, value) {
        (FieldKind::Bool, value) => Sql::Integer(cast::to_bool(value).into()),
        (FieldKind::Json, Value::Null) => Sql::Null,
        (FieldKind::Number | FieldKind::Json, Value::Number(number)) => to_numeric(number),
        (FieldKind::Json, value) => Sql::Text(value.to_string()),
        (_, Value::String(text)) => Sql::Text(text.clone()),
        (_, Value::Null) => Sql::Text(String::new()),
        (_, value) => Sql::Text(value.to_string()),
    }
}

/// What a column holds, for [`Record::stored`](jsvm::Record::stored) to cast.
///
/// Lists and JSON stay text: the field parses them, and doing it twice would
/// turn the JSON text `"12"` into the number 12.
pub(super) fn from_sql(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned().into()
        }
    }
}

fn to_numeric(number: &Number) -> Sql {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => Sql::Integer(whole),
        (None, Some(real)) => Sql::Real(real),
        (None, None) => Sql::Integer(0),
    }
}
