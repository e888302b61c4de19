//! Texts that are made piece by piece.
//!
//! The one rule: a byte for each unit as long as all of them fit in one, which
//! is nearly always; two from the first one on that does not.

use super::texts::Unit;
use boa_engine::{JsStr, JsString, string::JsStrVariant};

pub(super) enum Text {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

impl Text {
    pub(super) fn new() -> Self {
        Self::Narrow(Vec::with_capacity(128))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Narrow(units) => units.len(),
            Self::Wide(units) => units.len(),
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        match self {
            Self::Narrow(units) => units.truncate(length),
            Self::Wide(units) => units.truncate(length),
        }
    }

    pub(super) fn push_byte(&mut self, byte: u8) {
        match self {
            Self::Narrow(units) => units.push(byte),
            Self::Wide(units) => units.push(byte.into()),
        }
    }

    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        match self {
            Self::Narrow(units) => units.extend_from_slice(bytes),
            Self::Wide(units) => units.extend(bytes.iter().map(|byte| u16::from(*byte))),
        }
    }

    pub(super) fn push_units(&mut self, units: &[u16]) {
        if let Self::Narrow(narrow) = self {
            if units.iter().all(|unit| *unit < 0x100) {
                narrow.extend(units.iter().map(|unit| unit.to_le_bytes()[0]));
                return;
            }
            *self = Self::Wide(narrow.iter().map(|byte| u16::from(*byte)).collect());
        }
        if let Self::Wide(wide) = self {
            wide.extend_from_slice(units);
        }
    }

    pub(super) fn push(&mut self, text: JsStr<'_>) {
        match text.variant() {
            JsStrVariant::Latin1(bytes) => self.push_bytes(bytes),
            JsStrVariant::Utf16(units) => self.push_units(units),
        }
    }

    pub(super) fn push_integer(&mut self, number: i32) {
        let mut digits = [0; 11];
        let mut at = digits.len();
        let mut rest = number.unsigned_abs();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10).to_le_bytes()[0];
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        self.push_bytes(&digits[at..]);
    }

    /// `QuoteJSONString` of the standard.
    pub(super) fn quote(&mut self, text: JsStr<'_>) {
        self.push_byte(b'"');
        match text.variant() {
            JsStrVariant::Latin1(bytes) => {
                self.runs(
                    bytes,
                    |byte, _| byte < 0x20 || byte == b'"' || byte == b'\\',
                    Self::push_bytes,
                );
            }
            JsStrVariant::Utf16(units) => self.runs(units, is_escaped, Self::push_units),
        }
        self.push_byte(b'"');
    }

    /// Copies all at once what stands between units that are escaped.
    fn runs<U: Unit>(
        &mut self,
        units: &[U],
        is_escaped: impl Fn(U, (&[U], &[U])) -> bool,
        push: impl Fn(&mut Self, &[U]),
    ) {
        let mut done = 0;
        for (at, unit) in units.iter().enumerate() {
            if is_escaped(*unit, (&units[..at], &units[at + 1..])) {
                push(self, &units[done..at]);
                self.escape((*unit).into());
                done = at + 1;
            }
        }
        push(self, &units[done..]);
    }

    fn escape(&mut self, unit: u16) {
        let short = match unit {
            0x8 => b'b',
            0x9 => b't',
            0xA => b'n',
            0xC => b'f',
            0xD => b'r',
            0x22 => b'"',
            0x5C => b'\\',
            _ => return self.push_bytes(format!("\\u{unit:04x}").as_bytes()),
        };
        self.push_bytes(&[b'\\', short]);
    }

    pub(super) fn finish(self) -> JsString {
        match self {
            Self::Narrow(units) => JsStr::latin1(&units).into(),
            Self::Wide(units) => JsStr::utf16(&units).into(),
        }
    }
}

/// A surrogate without its partner is escaped, too.
fn is_escaped(unit: u16, (before, behind): (&[u16], &[u16])) -> bool {
    match unit {
        0..0x20 | 0x22 | 0x5C => true,
        0xD800..=0xDBFF => !matches!(behind.first(), Some(0xDC00..=0xDFFF)),
        0xDC00..=0xDFFF => !matches!(before.last(), Some(0xD800..=0xDBFF)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: JsStr<'_>) -> String {
        let mut out = Text::new();
        out.quote(text);
        out.finish().to_std_string().unwrap()
    }

    #[test]
    fn surrogates_without_a_partner_are_escaped() {
        assert_eq!(quoted(JsStr::utf16(&[0xD83D, 0xDE00])), "\"😀\"");
        assert_eq!(quoted(JsStr::utf16(&[0xD83D])), r#""\ud83d""#);
        assert_eq!(quoted(JsStr::utf16(&[0xDE00, 0xD83D])), r#""\ude00\ud83d""#);
        assert_eq!(
            quoted(JsStr::utf16(&[0xD83D, 0xD83D, 0xDE00, 0xDE00])),
            "\"\\ud83d😀\\ude00\""
        );
    }

    #[test]
    fn a_text_becomes_wide_where_it_must() {
        assert_eq!(
            quoted(JsStr::latin1(b"a\"\\\n\x01\x7f\xe9")),
            "\"a\\\"\\\\\\n\\u0001\u{7f}é\""
        );
        assert_eq!(quoted(JsStr::utf16(&[0x61, 0xE9])), "\"aé\"");
        let mut out = Text::new();
        out.push_integer(i32::MIN);
        out.push_units(&[0x2028]);
        out.push_integer(0);
        out.quote(JsStr::latin1(b"\t\xe9"));
        assert_eq!(out.len(), 18);
        out.truncate(17);
        assert_eq!(
            out.finish().to_std_string().unwrap(),
            "-2147483648\u{2028}0\"\\té"
        );
    }
}
