//! The `?fields=` of an answer: which parts of it a client wants.
//!
//! The one rule: picking never adds anything. Knows nothing of HTTP.

use serde_json::{Map, Value};

/// The parts of `value` that `fields` names: comma separated, dots for parts
/// of parts, `*` for all; lists are picked item by item.
pub fn pick(value: &Value, fields: &str) -> Value {
    let paths: Vec<Vec<&str>> = fields
        .split(',')
        .map(|path| path.trim().split('.').collect())
        .collect();
    let paths: Vec<&[&str]> = paths.iter().map(Vec::as_slice).collect();
    pick_paths(value, &paths)
}

fn pick_paths(value: &Value, paths: &[&[&str]]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| pick_paths(item, paths)).collect(),
        Value::Object(map) => Value::Object(pick_map(map, paths)),
        other => other.clone(),
    }
}

fn pick_map(map: &Map<String, Value>, paths: &[&[&str]]) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in map {
        let inner: Vec<&[&str]> = paths
            .iter()
            .filter(|path| {
                path.first()
                    .is_some_and(|name| *name == key || *name == "*")
            })
            .map(|path| &path[1..])
            .collect();
        if inner.iter().any(|rest| rest.is_empty()) {
            out.insert(key.clone(), value.clone());
        } else if !inner.is_empty() {
            out.insert(key.clone(), pick_paths(value, &inner));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_picked() {
        let value = json!({ "a": { "y": 2, "z": 1 }, "b": 1, "list": [{ "x": 1, "y": 2 }] });
        for (fields, wanted) in [
            ("a.z,b", json!({ "a": { "z": 1 }, "b": 1 })),
            ("list.x", json!({ "list": [{ "x": 1 }] })),
            ("*", value.clone()),
            ("none", json!({})),
            ("*.z, b", json!({ "a": { "z": 1 }, "b": 1, "list": [{}] })),
        ] {
            assert_eq!(pick(&value, fields), wanted, "{fields}");
        }
    }
}
