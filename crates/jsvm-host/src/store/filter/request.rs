//! What `@request.*` stands for.
//!
//! The one rule: what the request does not have is null, never an error. Plain
//! data in, plain data out.

use rusqlite::types::Value as Sql;
use serde_json::Value;

/// The value behind `body.a.0.b`, `None` if there is none.
pub(super) fn look_up<'a>(request: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().try_fold(request, |value, name| match value {
        Value::Object(object) => object.get(*name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A value as it is bound, `None` for null.
pub(super) fn to_sql(value: &Value) -> Option<Sql> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => Sql::Integer((*flag).into()),
        Value::Number(number) => Sql::Real(number.as_f64().unwrap_or_default()),
        Value::String(text) => Sql::Text(text.clone()),
        other => Sql::Text(other.to_string()),
    })
}

/// The items of a list; null has none, anything else is its own only item.
pub(super) fn items(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(other) => vec![other.clone()],
    }
}
