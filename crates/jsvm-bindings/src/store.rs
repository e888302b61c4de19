//! Values that all handlers share, as long as the process runs.
//!
//! The one rule: it knows how much it holds, so that whoever puts something in
//! can be refused.

use crate::{error::Error, event::Member};
use serde_json::Value;
use std::collections::BTreeMap;

/// PocketBase: `$app.store()`.
#[derive(Debug, Default)]
pub struct Store {
    values: BTreeMap<String, Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    value: Member,
    /// What it weighed when it came; a record may have grown since.
    weight: usize,
}

impl Store {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Member> {
        self.values.get(key).map(|kept| &kept.value)
    }

    /// All values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Member)> {
        let values = self.values.iter();
        values.map(|(key, kept)| (key.as_str(), &kept.value))
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
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Member>) {
        let (key, value) = (key.into(), value.into());
        let weight = weight(&key, &value);
        self.remove(&key);
        self.bytes += weight;
        self.values.insert(key, Kept { value, weight });
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
        value: Member,
    ) -> Result<(), Error> {
        let before = self.values.get(key).map_or(0, |old| old.weight);
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
    pub fn remove(&mut self, key: &str) -> Option<Member> {
        let kept = self.values.remove(key)?;
        self.bytes -= kept.weight;
        Some(kept.value)
    }

    /// Takes all values out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A copy of all values.
    pub fn to_map(&self) -> BTreeMap<String, Member> {
        let values = self.iter();
        values
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect()
    }

    /// All values as plain data.
    pub(crate) fn to_plain(&self) -> Value {
        let values = self.iter();
        values
            .map(|(key, value)| (key.to_owned(), value.to_plain()))
            .collect()
    }
}

fn weight(key: &str, value: &Member) -> usize {
    /// What a map takes for each entry.
    const ENTRY: usize = 32;
    let plain = match value.as_value() {
        Some(plain) => bytes_of(plain),
        None => bytes_of(&value.to_plain()),
    };
    ENTRY + key.len() + plain
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
        let kept = || Member::Value(large.clone());
        store.insert_within(1000, "a", kept()).unwrap();
        store.insert_within(1000, "a", kept()).unwrap();
        let err = store.insert_within(1000, "b", kept()).unwrap_err();
        assert_eq!(
            err.to_string(),
            "$app.store() holds at most 1000 bytes; limits.memory raises that"
        );
        assert!(store.len() == 1 && store.get("b").is_none());
        let taken = store.remove("a");
        assert_eq!(taken.as_ref().and_then(Member::as_value), Some(&large));
        assert!(store.remove("a").is_none());
        assert_eq!(store.bytes, 0);
        store.insert("b", large);
        store.clear();
        assert!(store.is_empty());
        assert_eq!(store.bytes, 0);
    }
}
