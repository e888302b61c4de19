//! JSON text as Go's encoder writes it, straight from script values.
//!
//! The one rule: what `e.json` sends is byte for byte what PocketBase sends:
//! sorted keys, escaped `<`, `>`, `&`, base64 for bytes. Bounded in depth and
//! number; no script runs.

use super::{byte_slice, class::host, convert, multipart::PartObject, request::BytesObject};
use base64::{Engine, engine::general_purpose::STANDARD};
use boa_engine::{
    Context, JsObject, JsValue, JsVariant,
    builtins::error::Error as ErrorObject,
    object::builtins::{JsDate, JsMap, JsSet, JsTypedArray},
};
use jsvm_core::value;
use serde_json::Value;
use std::fmt::Write;

const MAX_DEPTH: usize = 100;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The value cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwritable {
    /// PocketBase: a function, or a number that JSON does not have.
    Kind,
    /// Nested too deeply, or too long.
    Size,
}

/// The text of a script value, without a line break at its end.
pub(crate) fn encode(value: &JsValue, context: &mut Context) -> Result<String, Unwritable> {
    let mut out = Writer { out: String::new() };
    out.value(value, 0, context)?;
    Ok(out.out)
}

/// The text of plain data.
pub(crate) fn encode_plain(value: &Value) -> String {
    let mut out = Writer { out: String::new() };
    out.plain(value);
    out.out
}

struct Writer {
    out: String,
}

impl Writer {
    fn value(
        &mut self,
        value: &JsValue,
        depth: usize,
        context: &mut Context,
    ) -> Result<(), Unwritable> {
        if depth > MAX_DEPTH || self.out.len() > MAX_BYTES {
            return Err(Unwritable::Size);
        }
        match value.variant() {
            JsVariant::Undefined | JsVariant::Null => self.out.push_str("null"),
            JsVariant::Boolean(flag) => self.out.push_str(if flag { "true" } else { "false" }),
            JsVariant::Integer32(number) => self.display(number),
            JsVariant::Float64(number) => self.float(number)?,
            JsVariant::BigInt(number) => self.display(number.to_string()),
            JsVariant::String(text) => self.string(&text.to_std_string_lossy()),
            JsVariant::Symbol(_) => return Err(Unwritable::Kind),
            JsVariant::Object(object) => self.object(&object, depth, context)?,
        }
        Ok(())
    }

    fn object(
        &mut self,
        object: &JsObject,
        depth: usize,
        context: &mut Context,
    ) -> Result<(), Unwritable> {
        if object.is_callable() {
            return Err(Unwritable::Kind);
        }
        if let Some(plain) = byte_slice::json(object, context) {
            self.plain(&plain.ok_or(Unwritable::Kind)?);
            return Ok(());
        }
        if let Some(bytes) = byte_slice::bytes(object, context) {
            self.string(&STANDARD.encode(&bytes));
            return Ok(());
        }
        if object.is_array() {
            let items = (0..value::array_length(object))
                .map(|index| value::own_value(object, &index.into()).unwrap_or_default());
            return self.list(items, depth, context);
        }
        if let Some(bytes) = bytes_of(object, context) {
            self.bytes(&bytes);
            return Ok(());
        }
        if let Some(plain) = convert::host_plain(object, context) {
            self.plain(&plain);
            return Ok(());
        }
        if let Ok(date) = JsDate::from_object(object.clone()) {
            return self.date(&date, context);
        }
        if let Ok(map) = JsMap::from_object(object.clone()) {
            return self.map(&map, depth, context);
        }
        if let Ok(set) = JsSet::from_object(object.clone()) {
            let mut items = Vec::new();
            let _ = set.for_each_native(|item| {
                items.push(item);
                Ok(())
            });
            return self.list(items.into_iter(), depth, context);
        }
        if object.is::<ErrorObject>() || jsvm_core::is_regexp(object) {
            self.out.push_str("{}");
            return Ok(());
        }
        self.fields(object, depth, context)
    }

    /// Own enumerable data properties, sorted by name.
    fn fields(
        &mut self,
        object: &JsObject,
        depth: usize,
        context: &mut Context,
    ) -> Result<(), Unwritable> {
        let mut fields: Vec<_> = value::own_keys(object)
            .into_iter()
            .filter_map(|key| Some((value::key_text(&key)?, value::own_value(object, &key)?)))
            .collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        self.out.push('{');
        for (index, (name, value)) in fields.iter().enumerate() {
            self.comma(index);
            self.string(name);
            self.out.push(':');
            self.value(value, depth + 1, context)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn list(
        &mut self,
        items: impl Iterator<Item = JsValue>,
        depth: usize,
        context: &mut Context,
    ) -> Result<(), Unwritable> {
        self.out.push('[');
        for (index, item) in items.enumerate() {
            self.comma(index);
            self.value(&item, depth + 1, context)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn map(&mut self, map: &JsMap, depth: usize, context: &mut Context) -> Result<(), Unwritable> {
        let mut entries = Vec::new();
        let _ = map.for_each_native(|key, value| {
            entries.push((key, value));
            Ok(())
        });
        self.out.push('[');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            self.comma(index);
            self.list([key, value].into_iter(), depth + 1, context)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn date(&mut self, date: &JsDate, context: &mut Context) -> Result<(), Unwritable> {
        let text = utc(date, context).ok_or(Unwritable::Kind)?;
        self.string(&format!("{text}Z"));
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.out.push_str("null");
        } else {
            self.string(&STANDARD.encode(bytes));
        }
    }

    fn plain(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(flag) => self.display(flag),
            Value::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => {
                    let _ = self.float(float);
                }
                _ => self.display(number),
            },
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.comma(index);
                    self.plain(item);
                }
                self.out.push(']');
            }
            // serde_json keeps its keys sorted.
            Value::Object(map) => {
                self.out.push('{');
                for (index, (name, value)) in map.iter().enumerate() {
                    self.comma(index);
                    self.string(name);
                    self.out.push(':');
                    self.plain(value);
                }
                self.out.push('}');
            }
        }
    }

    /// Go: an exponent below 1e-6 and from 1e21, with no leading zero.
    fn float(&mut self, number: f64) -> Result<(), Unwritable> {
        if !number.is_finite() {
            return Err(Unwritable::Kind);
        }
        let size = number.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            let text = format!("{number:e}");
            let text = match text.split_once('e') {
                Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
                _ => text,
            };
            self.out.push_str(&text);
        } else {
            self.display(number);
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push(',');
        }
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.out, "{value}");
    }
}

/// The bytes of a typed array of bytes, or of bytes of the host.
pub(crate) fn bytes_of(object: &JsObject, context: &mut Context) -> Option<Vec<u8>> {
    if let Some(bytes) = byte_slice::bytes(object, context) {
        return Some(bytes);
    }
    let value: JsValue = object.clone().into();
    if let Some(BytesObject(bytes)) = host(&value) {
        return Some(bytes.to_vec());
    }
    if let Some(PartObject(part)) = host(&value) {
        return Some(part.bytes.clone());
    }
    let array = JsTypedArray::from_object(object.clone()).ok()?;
    let length = array.length(context).ok()?;
    let mut bytes = Vec::with_capacity(length.min(MAX_BYTES));
    for index in 0..length {
        let index = i64::try_from(index).ok()?;
        let number = array.at(index, context).ok()?.as_number()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the low byte is what counts"
        )]
        bytes.push(number as i64 as u8);
    }
    Some(bytes)
}

/// Day and time in UTC without needless zeros, as Go's `time.Time` writes them
/// in RFC 3339; `None` for no date.
pub(super) fn utc(date: &JsDate, context: &mut Context) -> Option<String> {
    let iso = date.to_iso_string(context).ok()?.as_string()?;
    let iso = iso.to_std_string_lossy();
    let (seconds, fraction) = iso.trim_end_matches('Z').rsplit_once('.')?;
    Some(match fraction.trim_end_matches('0') {
        "" => seconds.to_owned(),
        fraction => format!("{seconds}.{fraction}"),
    })
}
