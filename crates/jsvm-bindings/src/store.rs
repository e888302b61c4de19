//! Values that all handlers share, as long as the process runs.
//!
//! The one rule: it knows how much it holds, so that whoever puts something in
//! can be refused.

use crate::error::Error;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// PocketBase: `$app.store()`.
#[derive(Debug, Default)]
pub struct Store {
    values: BTreeMap<String, Value>,
    bytes: usize,
}

impl Store {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// All values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Puts a value in, in the place of an earlier one.
    ///
    /// What scripts put in may take as many bytes in all as their memory limit
    /// says; what a host puts in is its own matter.
    pub fn insert(&mut self, key: impl Into<String>, value: Value) {
        let key = key.into();
        self.remove(&key);
        self.bytes += weight(&key, &value);
        self.values.insert(key, value);
    }

    /// As [`insert`](Self::insert), for scripts.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if all of them would take more than about `most` bytes;
    /// then nothing is changed.
    pub(crate) fn insert_within(
        &mut self,
        most: usize,
        key: &str,
        value: Value,
    ) -> Result<(), Error> {
        let before = self.values.get(key).map_or(0, |old| weight(key, old));
        let bytes = self.bytes - before + weight(key, &value);
        if bytes > most {
            return Err(Error::host(format!(
                "$app.store() holds at most {most} bytes; limits.memory raises that"
            )));
        }
        self.insert(key, value);
        Ok(())
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let value = self.values.remove(key)?;
        self.bytes -= weight(key, &value);
        Some(value)
    }

    /// Takes all values out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A copy of all values.
    pub fn to_map(&self) -> Map<String, Value> {
        self.values.clone().into_iter().collect()
    }
}

fn weight(key: &str, value: &Value) -> usize {
    /// What a map takes for each entry.
    const ENTRY: usize = 32;
    ENTRY + key.len() + bytes_of(value)
}

/// Bytes that a value takes, about.
pub(crate) fn bytes_of(value: &Value) -> usize {
    let mut rest = vec![value];
    let mut bytes = 0;
    while let Some(value) = rest.pop() {
        bytes += size_of::<Value>();
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(items) => rest.extend(items),
            Value::Object(map) => {
                bytes += map.keys().map(String::len).sum::<usize>();
                rest.extend(map.values());
            }
            _ => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_goes_in_and_out_is_weighed() {
        let mut store = Store::default();
        let large = json!("x".repeat(500));
        store.insert_within(1000, "a", large.clone()).unwrap();
        store.insert_within(1000, "a", large.clone()).unwrap();
        let err = store.insert_within(1000, "b", large.clone()).unwrap_err();
        assert_eq!(
            err.to_string(),
            "$app.store() holds at most 1000 bytes; limits.memory raises that"
        );
        assert_eq!((store.len(), store.get("b")), (1, None));
        assert_eq!(store.remove("a"), Some(large.clone()));
        assert_eq!((store.remove("a"), store.bytes), (None, 0));
        store.insert("b", large);
        store.clear();
        assert!(store.is_empty());
        assert_eq!(store.bytes, 0);
    }
}
