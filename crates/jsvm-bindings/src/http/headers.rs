//! Header fields with keys in Go's canonical form.
//!
//! The one rule: a key is made canonical on its way in and on every look-up,
//! so that case never matters. Knows nothing of what a header means.

use std::borrow::Cow;

/// Header fields in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of a key, empty if there is none.
    pub fn get(&self, key: &str) -> &str {
        let key = canonical_key(key);
        self.0
            .iter()
            .find(|field| field.0 == key)
            .map_or("", |field| &field.1)
    }

    /// Every value of a key; Go's `nil` is an empty list here.
    pub fn values(&self, key: &str) -> Vec<&str> {
        let key = canonical_key(key);
        let fields = self.0.iter().filter(|field| field.0 == key);
        fields.map(|field| field.1.as_str()).collect()
    }

    /// Whether the key is there, be it with an empty value.
    pub fn contains(&self, key: &str) -> bool {
        let key = canonical_key(key);
        self.0.iter().any(|field| field.0 == key)
    }

    /// Replaces all values of a key by one, in the place of the first.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        let key = canonical_key(key);
        let Some(at) = self.0.iter().position(|field| field.0 == key) else {
            self.0.push((key.into_owned(), value.into()));
            return;
        };
        let mut index = 0;
        self.0.retain(|field| {
            index += 1;
            index <= at + 1 || field.0 != key
        });
        self.0[at].1 = value.into();
    }

    /// Adds a value after those that the key has.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        self.0.push((canonical_key(key).into_owned(), value.into()));
    }

    /// Removes all values of a key.
    pub fn del(&mut self, key: &str) {
        let key = canonical_key(key);
        self.0.retain(|field| field.0 != key);
    }

    /// The fields, a key with two values twice.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (key, value) in fields {
            headers.add(key.as_ref(), value);
        }
        headers
    }
}

/// `x-shop-token` as `X-Shop-Token`.
///
/// A key with a byte that no header key may have stays as it is.
pub fn canonical_key(key: &str) -> Cow<'_, str> {
    if !is_token(key) {
        return Cow::Borrowed(key);
    }
    let mut is_start = true;
    let canonical: String = key
        .chars()
        .map(|c| {
            let wanted = if is_start {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
            is_start = c == '-';
            wanted
        })
        .collect();
    Cow::Owned(canonical)
}

/// `Content-Type` as `content_type`, as the keys of `requestInfo().headers` are.
///
/// All but ASCII letters and digits parts words, and so does an upper-case
/// letter after another character.
pub fn header_key_snake(key: &str) -> String {
    let mut snake = String::with_capacity(key.len());
    for word in key
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if !snake.is_empty() {
            snake.push('_');
        }
        let mut last = 'A';
        for c in word.chars() {
            if c.is_ascii_uppercase() && !last.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
            last = c;
        }
    }
    snake
}

/// Whether a text is a token of HTTP: a method, a header key, a cookie's name.
pub fn is_token(text: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_canonical() {
        for (given, wanted) in [
            ("x-shop-token", "X-Shop-Token"),
            ("CONTENT-TYPE", "Content-Type"),
            ("etag", "Etag"),
            ("www-authenticate", "Www-Authenticate"),
            ("a--b", "A--B"),
            ("x y", "x y"),
            ("ключ", "ключ"),
            ("", ""),
        ] {
            assert_eq!(canonical_key(given), wanted);
        }
    }

    #[test]
    fn snake_keys_are_pocketbases() {
        for (given, wanted) in [
            ("Content-Type", "content_type"),
            ("X-Token", "x_token"),
            ("X__a--b", "x_a_b"),
            ("Sec-Ch-Ua", "sec_ch_ua"),
            ("myTestDB", "my_test_db"),
            ("X-123Abc", "x_123_abc"),
            ("-", ""),
            ("é-Ü", ""),
        ] {
            assert_eq!(header_key_snake(given), wanted);
        }
    }

    #[test]
    fn fields_are_found_whatever_their_case() {
        let mut headers = Headers::from_iter([("a", "1"), ("b-c", "2"), ("A", "3"), ("d", "")]);
        assert_eq!(
            (headers.get("A"), headers.values("a")),
            ("1", vec!["1", "3"])
        );
        assert_eq!(
            (headers.get("x"), headers.values("x"), headers.contains("D")),
            ("", vec![], true)
        );
        headers.set("a", "9");
        headers.add("B-C", "4");
        headers.del("D");
        assert_eq!(
            headers.iter().collect::<Vec<_>>(),
            [("A", "9"), ("B-C", "2"), ("B-C", "4")]
        );
        headers.set("e", "5");
        assert_eq!(
            (headers.len(), headers.is_empty(), headers.get("E")),
            (4, false, "5")
        );
    }
}
