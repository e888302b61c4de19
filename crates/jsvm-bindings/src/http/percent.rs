//! Percent-coding as Go's `net/url` does it.
//!
//! The one rule: text with a broken escape is `None`, never half decoded.
//! Bytes that are no UTF-8 become U+FFFD one by one, as Go turns them into
//! text. Knows nothing of requests and routes.

use std::borrow::Cow;

/// Decodes a URL's path: `%2F` becomes `/`, a `+` stays.
///
/// `None` if a `%` is not followed by two hex digits.
pub fn decode_path(path: &str) -> Option<String> {
    unescape(path, b'+').map(|bytes| text_of(&bytes))
}

/// Encodes a path for a URL, as Go's `URL.EscapedPath` does by default.
///
/// Letters, digits and `$&+,-./:;=@_~` stay; `/` stays too, so a `/` inside a
/// segment must have been encoded before.
pub fn encode_path(path: &str) -> String {
    escape(path.as_bytes(), is_path_byte)
}

/// Decodes a key or a value of a query: as [`decode_path`], but `+` is a space.
pub fn decode_query(text: &str) -> Option<String> {
    unescape(text, b' ').map(|bytes| text_of(&bytes))
}

/// Encodes a key or a value of a query: letters, digits and `-._~` stay, a
/// space becomes `+`.
pub fn encode_query(text: &str) -> String {
    let keeps = |byte| byte == b' ' || is_unreserved(byte);
    escape(text.as_bytes(), keeps).replace(' ', "+")
}

/// A raw path as Go's `URL.EscapedPath` gives it: as it was sent if that is a
/// valid encoding, otherwise decoded and encoded anew.
///
/// A path with a broken escape comes back as it is; Go's server answers it
/// with 400 before any handler sees it.
pub fn escaped_path(raw: &str) -> Cow<'_, str> {
    if raw == "*" || raw.bytes().all(is_valid_in_path) {
        return Cow::Borrowed(raw);
    }
    normal_path(raw)
}

/// A raw path decoded and encoded anew: `%41` becomes `A`, and `%2F` becomes `/`.
pub(crate) fn normal_path(raw: &str) -> Cow<'_, str> {
    match unescape(raw, b'+') {
        Some(bytes) => Cow::Owned(escape(&bytes, is_path_byte)),
        None => Cow::Borrowed(raw),
    }
}

/// An address with each byte escaped that no address can have.
pub(crate) fn encode_illegal(url: &str) -> String {
    let keeps = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    escape(url.as_bytes(), keeps)
}

/// Decodes one segment of a path; one with a broken escape stays as it is.
pub(crate) fn decode_segment(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    decode_path(segment).map_or(Cow::Borrowed(segment), Cow::Owned)
}

/// Bytes as text, each byte that is no UTF-8 as one U+FFFD.
pub fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn unescape(text: &str, plus: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => (hex_digit(rest.next()?)? << 4) | hex_digit(rest.next()?)?,
            b'+' => plus,
            other => other,
        });
    }
    Some(bytes)
}

fn escape(bytes: &[u8], keeps: impl Fn(u8) -> bool) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if keeps(byte) {
            text.push(char::from(byte));
            continue;
        }
        text.push('%');
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte) || b"$&+,/:;=@".contains(&byte)
}

fn is_valid_in_path(byte: u8) -> bool {
    is_path_byte(byte) || b"!'()*[]%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_but_for_broken_escapes() {
        for (given, wanted) in [
            ("/a%20b", Some("/a b")),
            ("/a+b", Some("/a+b")),
            ("/caf%C3%A9", Some("/café")),
            ("/a%2Fb", Some("/a/b")),
            ("/%FF%41", Some("/\u{fffd}A")),
            ("/%E2%82", Some("/\u{fffd}\u{fffd}")),
            ("", Some("")),
            ("/%", None),
            ("/%4", None),
            ("/%zz", None),
            ("/%é0", None),
        ] {
            assert_eq!(decode_path(given).as_deref(), wanted, "{given}");
        }
    }

    #[test]
    fn queries_are_decoded_with_plus_as_space() {
        assert_eq!(decode_query("a+b%2B").as_deref(), Some("a b+"));
        assert_eq!(encode_query("a b+ü&="), "a+b%2B%C3%BC%26%3D");
    }

    #[test]
    fn encoding_keeps_what_go_keeps() {
        assert_eq!(encode_path("/a b/$&+,-.:;=@_~"), "/a%20b/$&+,-.:;=@_~");
        assert_eq!(
            encode_path("/!'()*[]\"<>?#%é"),
            "/%21%27%28%29%2A%5B%5D%22%3C%3E%3F%23%25%C3%A9"
        );
    }

    #[test]
    fn a_valid_path_stays_as_it_was_sent() {
        for (given, wanted) in [
            ("/a%2fb", "/a%2fb"),
            ("/!'()*[]", "/!'()*[]"),
            ("/%41\"", "/A%22"),
            ("/ü", "/%C3%BC"),
            ("/%zz\"", "/%zz\""),
            ("*", "*"),
        ] {
            assert_eq!(escaped_path(given), wanted);
        }
    }

    #[test]
    fn what_was_encoded_decodes_to_itself() {
        let nasty: String = (0..0x250).filter_map(char::from_u32).collect();
        assert_eq!(decode_path(&encode_path(&nasty)).as_deref(), Some(&*nasty));
        assert_eq!(
            decode_query(&encode_query(&nasty)).as_deref(),
            Some(&*nasty)
        );
    }
}
