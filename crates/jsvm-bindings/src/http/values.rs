//! The values of a query or a form, several for one key.
//!
//! The one rule: [`Values::parse`] drops a pair that it cannot decode and
//! [`Values::try_parse`] refuses it, as Go's `URL.Query` and `ParseForm` do.
//! Knows nothing of what the values mean.

use super::percent::{decode_query, encode_query};
use indexmap::IndexMap;

/// Most pairs that Go reads; a text with more is refused as a whole.
const MAX_PAIRS: usize = 10_000;

/// Keys in their first order, each with its values in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(IndexMap<String, Vec<String>>);

/// Why a query or a form was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValuesError {
    /// Pairs are separated by `&` alone.
    #[error("`{0}` holds a `;`, pairs are separated by `&`")]
    Semicolon(String),
    /// A `%` without two hex digits.
    #[error("`{0}` holds a % that is not followed by two hex digits")]
    Escape(String),
    /// More pairs than anyone sends.
    #[error("there are more than {MAX_PAIRS} pairs")]
    TooMany,
}

impl Values {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `a=1&b=2`; `+` is a space.
    ///
    /// Pairs with a broken escape or a `;` are left out. Of a text with more
    /// than 10,000 pairs nothing is read.
    pub fn parse(text: &str) -> Self {
        Self::read(text).0
    }

    /// Reads `a=1&b=2`; `+` is a space.
    ///
    /// # Errors
    ///
    /// If [`parse`](Self::parse) would leave out a pair.
    pub fn try_parse(text: &str) -> Result<Self, ValuesError> {
        match Self::read(text) {
            (values, None) => Ok(values),
            (_, Some(err)) => Err(err),
        }
    }

    /// The first value of a key, empty if there is none.
    pub fn get(&self, key: &str) -> &str {
        self.all(key).first().map_or("", String::as_str)
    }

    /// Every value of a key, none if it is absent.
    pub fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether the key is there, be it with an empty value.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Replaces all values of a key by one.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), vec![value.into()]);
    }

    /// Adds a value after those that the key has.
    pub fn add(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.entry(key.into()).or_default().push(value.into());
    }

    /// Removes a key with all its values.
    pub fn del(&mut self, key: &str) {
        self.0.shift_remove(key);
    }

    /// Adds all values of another after those that are here.
    pub fn append(&mut self, other: Self) {
        for (key, values) in other.0 {
            self.0.entry(key).or_default().extend(values);
        }
    }

    /// `a=1&b=2`, sorted by key as Go does; the values of a key keep their order.
    pub fn encode(&self) -> String {
        let mut keys: Vec<_> = self.0.iter().collect();
        keys.sort_unstable_by_key(|(key, _)| *key);
        let mut pairs = Vec::new();
        for (key, values) in keys {
            let key = encode_query(key);
            pairs.extend(
                values
                    .iter()
                    .map(|value| format!("{key}={}", encode_query(value))),
            );
        }
        pairs.join("&")
    }

    /// The pairs, a key with two values twice.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.groups()
            .flat_map(|(key, values)| values.iter().map(move |value| (key, value.as_str())))
    }

    /// The keys, each with all its values.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(key, values)| (key.as_str(), values.as_slice()))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn read(text: &str) -> (Self, Option<ValuesError>) {
        let mut values = Self::new();
        if text.split('&').nth(MAX_PAIRS).is_some() {
            return (values, Some(ValuesError::TooMany));
        }
        let mut problem = None;
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            match read_pair(pair) {
                Ok((key, value)) => values.add(key, value),
                Err(err) => problem = problem.or(Some(err)),
            }
        }
        (values, problem)
    }
}

fn read_pair(pair: &str) -> Result<(String, String), ValuesError> {
    if pair.contains(';') {
        return Err(ValuesError::Semicolon(pair.to_owned()));
    }
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    decode_query(key)
        .zip(decode_query(value))
        .ok_or_else(|| ValuesError::Escape(pair.to_owned()))
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut values = Self::new();
        for (key, value) in pairs {
            values.add(key, value);
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, encoded: &str, is_whole: bool) {
        assert_eq!(Values::parse(text).encode(), encoded, "{text}");
        assert_eq!(Values::try_parse(text).is_ok(), is_whole, "{text}");
    }

    #[test]
    fn broken_pairs_are_left_out() {
        check("b=2&a=1&b=1", "a=1&b=2&b=1", true);
        check("q=red%20shoes&tag=a+b", "q=red+shoes&tag=a+b", true);
        check("empty=&alone&=x&&", "=x&alone=&empty=", true);
        check("a=b=c", "a=b%3Dc", true);
        check("q=%zz&tag=ok", "tag=ok", false);
        check("%=1&ok=%2", "", false);
        check("a=1;b=2&c=3", "c=3", false);
        check("", "", true);
    }

    #[test]
    fn a_flood_of_pairs_is_refused() {
        assert!(Values::try_parse(&"a&".repeat(9_999)).is_ok());
        assert_eq!(
            Values::try_parse(&"a&".repeat(10_000)),
            Err(ValuesError::TooMany)
        );
        assert!(Values::parse(&"&".repeat(1_000_000)).is_empty());
    }

    #[test]
    fn values_are_changed_by_key() {
        let mut values = Values::parse("a=1&a=2&b=3");
        assert_eq!((values.get("a"), values.all("a").len()), ("1", 2));
        assert_eq!((values.get("x"), values.has("x")), ("", false));
        values.set("a", "9");
        values.add("c", "é");
        values.del("b");
        assert_eq!(values.encode(), "a=9&c=%C3%A9");
        values.append(Values::from_iter([("a", "10"), ("d", "")]));
        assert_eq!(
            values.iter().collect::<Vec<_>>(),
            [("a", "9"), ("a", "10"), ("c", "é"), ("d", "")]
        );
    }
}
