//! Media types and dispositions with their parameters, as Go's `mime` reads them.
//!
//! The one rule: a text that is not well formed is an error as a whole; its
//! good part is not used. Knows nothing of what the parameters are for.

use super::percent::decode_path;
use std::collections::BTreeMap;

/// `form-data; name="a"` or `text/html; charset=utf-8`, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaType {
    /// The part before the first `;` in lower case.
    pub kind: String,
    params: BTreeMap<String, String>,
}

/// What is wrong with a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The part before the first `;`.
    #[error("the media type is not written as type/subtype")]
    Kind,
    /// A part after a `;`.
    #[error("a parameter of the media type is not written as ; name=value")]
    Parameter,
    /// Two values for one name.
    #[error("a parameter of the media type has two values")]
    Duplicate,
}

impl MediaType {
    /// Reads a media type or a disposition.
    ///
    /// Long and encoded parameters (`filename*0=`, `filename*=utf-8''…`) are
    /// put together under their plain name.
    ///
    /// # Errors
    ///
    /// If any part is not well formed.
    pub fn parse(text: &str) -> Result<Self, MediaError> {
        let (kind, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        let kind = kind.to_lowercase().trim().to_owned();
        if !is_kind(&kind) {
            return Err(MediaError::Kind);
        }
        let mut params = Params::default();
        while !rest.trim_start().is_empty() {
            let Some((name, value, next)) = take_param(rest) else {
                if rest.trim() == ";" {
                    break;
                }
                return Err(MediaError::Parameter);
            };
            params.insert(name, value)?;
            rest = next;
        }
        Ok(Self {
            kind,
            params: params.joined(),
        })
    }

    /// The value of a parameter, by its name in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    /// The parameters by name, in lower case and sorted.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Parameters as they come: whole ones, and pieces by the name they belong to.
#[derive(Default)]
struct Params {
    whole: BTreeMap<String, String>,
    pieces: BTreeMap<String, BTreeMap<String, String>>,
}

impl Params {
    fn insert(&mut self, name: String, value: String) -> Result<(), MediaError> {
        let group = match name.split_once('*') {
            Some((base, _)) => self.pieces.entry(base.to_owned()).or_default(),
            None => &mut self.whole,
        };
        match group.get(&name) {
            Some(other) if *other != value => return Err(MediaError::Duplicate),
            _ => group.insert(name, value),
        };
        Ok(())
    }

    fn joined(self) -> BTreeMap<String, String> {
        let mut params = self.whole;
        for (name, pieces) in self.pieces {
            let value = match pieces.get(&format!("{name}*")) {
                Some(encoded) => decode_extended(encoded),
                None => join(&name, &pieces),
            };
            if let Some(value) = value {
                params.insert(name, value);
            }
        }
        params
    }
}

/// `name*0`, `name*1*` and so on in order; `None` if there is no first one.
fn join(name: &str, pieces: &BTreeMap<String, String>) -> Option<String> {
    let mut whole = String::new();
    for index in 0.. {
        let plain = format!("{name}*{index}");
        let piece = match (pieces.get(&plain), pieces.get(&format!("{plain}*"))) {
            (Some(piece), _) => piece.clone(),
            (None, Some(encoded)) if index == 0 => decode_extended(encoded).unwrap_or_default(),
            (None, Some(encoded)) => decode_path(encoded).unwrap_or_default(),
            (None, None) if index == 0 => return None,
            (None, None) => break,
        };
        whole.push_str(&piece);
    }
    Some(whole)
}

/// `utf-8'en'a%20b`; other character sets are not read.
fn decode_extended(text: &str) -> Option<String> {
    let (charset, rest) = text.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let is_known = ["us-ascii", "utf-8"].contains(&&*charset.to_lowercase());
    is_known.then(|| decode_path(encoded)).flatten()
}

fn is_kind(kind: &str) -> bool {
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
    match kind.split_once('/') {
        Some((major, minor)) => is_token(major) && is_token(minor),
        None => is_token(kind),
    }
}

/// Takes `; name=value` off the start: the name in lower case, the value and
/// what follows.
fn take_param(text: &str) -> Option<(String, String, &str)> {
    let rest = text.trim_start().strip_prefix(';')?.trim_start();
    let (name, rest) = take_token(rest);
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    if name.is_empty() {
        return None;
    }
    let (value, rest) = take_value(rest)?;
    Some((name.to_lowercase(), value, rest))
}

fn take_token(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !is_token_byte(byte));
    text.split_at(end.unwrap_or(text.len()))
}

fn take_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = take_token(text);
        return (!value.is_empty()).then(|| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\r' | '\n' => return None,
            // A backslash before anything else is part of a Windows path.
            '\\' => value.push(
                chars
                    .next_if(|(_, next)| is_special(*next))
                    .map_or(c, |(_, next)| next),
            ),
            _ => value.push(c),
        }
    }
    None
}

/// A byte of a token of MIME, which unlike one of HTTP may be a brace.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !is_special(char::from(byte))
}

fn is_special(c: char) -> bool {
    "()<>@,;:\\\"/[]?=".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts<'a> = (&'a str, &'a [(&'a str, &'a str)]);

    fn check(text: &str, wanted: Result<Parts<'_>, MediaError>) {
        let found = MediaType::parse(text);
        let wanted = wanted.map(|(kind, params)| MediaType {
            kind: kind.into(),
            params: params
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        });
        assert_eq!(found, wanted, "{text}");
    }

    #[test]
    fn types_are_taken_apart() {
        check("Text/HTML", Ok(("text/html", &[])));
        check(" form-data ; Name = a", Ok(("form-data", &[("name", "a")])));
        check(
            "a/b; c=\"d;\\\"e\\\\f\\g\";",
            Ok(("a/b", &[("c", "d;\"e\\f\\g")])),
        );
        check("a; b=\"\"; c=é", Err(MediaError::Parameter));
        check("a; b=\"é\"", Ok(("a", &[("b", "é")])));
        check("a; b=1; b=1", Ok(("a", &[("b", "1")])));
    }

    #[test]
    fn long_and_encoded_parameters_are_joined() {
        check("a; f*=UTF-8'en'caf%C3%A9; f=x", Ok(("a", &[("f", "café")])));
        check("a; f*=latin1''caf%E9; f=x", Ok(("a", &[("f", "x")])));
        check(
            "a; f*0=\"a\"; f*1*=%20b; f*3=no",
            Ok(("a", &[("f", "a b")])),
        );
        check("a; f*1=no", Ok(("a", &[])));
    }

    #[test]
    fn what_is_not_well_formed_is_an_error() {
        for text in ["", ";", "/", "a/", "/b", "a b", "a/b/c", "a, b", "é"] {
            check(text, Err(MediaError::Kind));
        }
        for text in [
            "a;b",
            "a; =b",
            "a; b=",
            "a; b=\"c",
            "a;;",
            "a; b=c d",
            "a; b=\"c\nd\"",
        ] {
            check(text, Err(MediaError::Parameter));
        }
        check("a; b=1; b=2", Err(MediaError::Duplicate));
    }
}
