//! Values that cross between Rust and scripts.
//!
//! The one rule: the way out is bounded in depth and number and never runs
//! script: getters, proxies and `toJSON` are not asked. There is no JSON text
//! in between.

use boa_engine::{
    Context, JsObject, JsString, JsValue, JsVariant,
    builtins::object::OrdinaryObject,
    js_string,
    object::builtins::{JsArray, JsDate, JsTypedArray},
    property::PropertyKey,
    string::JsStrVariant,
};
use serde_json::{Map, Number, Value};

const MAX_DEPTH: usize = 100;
const MAX_NODES: usize = 1_000_000;

/// A value is too deep or too large to leave its VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value is nested more than {MAX_DEPTH} deep or has more than {MAX_NODES} parts")]
pub struct TooLarge;

/// The value as plain data.
///
/// `undefined`, functions, symbols and numbers that JSON cannot hold become
/// null; dates their ISO text; big integers numbers if they fit, else text.
///
/// # Errors
///
/// [`TooLarge`] beyond 100 levels or a million parts; cycles end there.
pub fn to_json(value: &JsValue, context: &mut Context) -> Result<Value, TooLarge> {
    to_json_with(value, context, &mut |_, _| None)
}

/// As [`to_json`], asking `host` first for what an object stands for.
///
/// # Errors
///
/// As [`to_json`].
pub fn to_json_with(
    value: &JsValue,
    context: &mut Context,
    host: &mut dyn FnMut(&JsObject, &mut Context) -> Option<Value>,
) -> Result<Value, TooLarge> {
    Walk {
        nodes: 0,
        context,
        host,
    }
    .value(value, 0)
}

struct Walk<'a> {
    nodes: usize,
    context: &'a mut Context,
    host: &'a mut dyn FnMut(&JsObject, &mut Context) -> Option<Value>,
}

impl Walk<'_> {
    fn value(&mut self, value: &JsValue, depth: usize) -> Result<Value, TooLarge> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err(TooLarge);
        }
        Ok(match value.variant() {
            JsVariant::Boolean(flag) => flag.into(),
            JsVariant::Integer32(number) => number.into(),
            JsVariant::Float64(number) => json_number(number),
            JsVariant::String(text) => self::text(&text).into(),
            JsVariant::BigInt(number) => big_number(&number.to_string()),
            JsVariant::Object(object) => self.object(&object, depth)?,
            _ => Value::Null,
        })
    }

    fn object(&mut self, object: &JsObject, depth: usize) -> Result<Value, TooLarge> {
        if let Some(value) = (self.host)(object, self.context) {
            return Ok(value);
        }
        if object.is_callable() {
            return Ok(Value::Null);
        }
        if object.is_array() {
            return self.array(object, depth);
        }
        if let Ok(date) = JsDate::from_object(object.clone()) {
            let text = date.to_iso_string(self.context).ok();
            return Ok(text
                .and_then(|text| text.as_string())
                .map_or(Value::Null, |text| text.to_std_string_lossy().into()));
        }
        if let Some(list) = typed_array(object, self.context) {
            return list.map(Value::Array);
        }
        let mut map = Map::new();
        for key in own_keys(object) {
            let name = key_text(&key);
            if let (Some(name), Some(value)) = (name, own_value(object, &key)) {
                map.insert(name, self.value(&value, depth + 1)?);
            }
        }
        Ok(Value::Object(map))
    }

    fn array(&mut self, object: &JsObject, depth: usize) -> Result<Value, TooLarge> {
        let length = array_length(object);
        if length as usize > MAX_NODES {
            return Err(TooLarge);
        }
        let mut list = Vec::with_capacity(length as usize);
        for index in 0..length {
            let value = own_value(object, &index.into()).unwrap_or_default();
            list.push(self.value(&value, depth + 1)?);
        }
        Ok(Value::Array(list))
    }
}

fn typed_array(object: &JsObject, context: &mut Context) -> Option<Result<Vec<Value>, TooLarge>> {
    let array = JsTypedArray::from_object(object.clone()).ok()?;
    let length = array.length(context).ok()?;
    if length > MAX_NODES {
        return Some(Err(TooLarge));
    }
    let number = |index: usize, context: &mut Context| {
        let number = array.at(i64::try_from(index).ok()?, context).ok()?;
        Some(json_number(number.as_number()?))
    };
    Some(Ok((0..length)
        .map(|index| number(index, context).unwrap_or_default())
        .collect()))
}

/// A script's text as ours; halves of characters become `\u{FFFD}`.
pub fn text(text: &JsString) -> String {
    match text.variant() {
        JsStrVariant::Latin1(bytes) => match ascii(text) {
            Some(ascii) => ascii.to_owned(),
            None => bytes.iter().copied().map(char::from).collect(),
        },
        JsStrVariant::Utf16(units) => String::from_utf16_lossy(units),
    }
}

/// A script's text as it is, if all of it is ASCII, as most is.
pub fn ascii(text: &JsString) -> Option<&str> {
    match text.variant() {
        JsStrVariant::Latin1(bytes) if bytes.is_ascii() => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// The length of an array, read from its own data property.
pub fn array_length(array: &JsObject) -> u32 {
    own_value(array, &js_string!("length").into())
        .and_then(|length| length.as_number())
        .map_or(0, |length| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the engine keeps array lengths within 32 bits"
            )]
            let length = length as u32;
            length
        })
}

/// The own enumerable string keys of an object, whole numbers first, without
/// running script.
pub fn own_keys(object: &JsObject) -> Vec<PropertyKey> {
    let object = object.borrow();
    let properties = object.properties();
    let mut indexes: Vec<u32> = properties.index_property_keys().collect();
    indexes.sort_unstable();
    indexes
        .into_iter()
        .map(PropertyKey::from)
        .chain(object.shape().keys())
        .filter(|key: &PropertyKey| {
            !matches!(key, PropertyKey::Symbol(_))
                && properties
                    .get(key)
                    .is_some_and(|property| property.enumerable() == Some(true))
        })
        .collect()
}

/// The value of an own data property; `None` for accessors and what is not
/// there. No script runs.
pub fn own_value(object: &JsObject, key: &PropertyKey) -> Option<JsValue> {
    let property = object.borrow().properties().get(key)?;
    property.value().cloned()
}

/// The text of a property key; `None` for symbols.
pub fn key_text(key: &PropertyKey) -> Option<String> {
    match key {
        PropertyKey::String(key) => Some(text(key)),
        PropertyKey::Index(index) => Some(index.get().to_string()),
        PropertyKey::Symbol(_) => None,
    }
}

/// Plain data as a value of this VM.
///
/// Arrays and objects are new ones; changing them changes nothing outside.
pub fn from_json(value: &Value, context: &mut Context) -> JsValue {
    match value {
        Value::Null => JsValue::null(),
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => number
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .map_or_else(|| number.as_f64().unwrap_or(f64::NAN).into(), Into::into),
        Value::String(text) => JsString::from(text.as_str()).into(),
        Value::Array(list) => {
            let values: Vec<_> = list.iter().map(|item| from_json(item, context)).collect();
            JsArray::from_iter(values, context).into()
        }
        Value::Object(map) => {
            let object = new_object(context);
            for (key, value) in map {
                let value = from_json(value, context);
                set_own(&object, js_string!(key.as_str()), value, context);
            }
            object.into()
        }
    }
}

/// A new plain object with a shape that others share, which keeps the engine's
/// caches useful.
pub fn new_object(context: &mut Context) -> JsObject {
    let prototype = context.intrinsics().constructors().object().prototype();
    JsObject::new(context.root_shape(), prototype, OrdinaryObject).upcast()
}

/// Sets an own property of a plain object that no script has seen yet.
pub fn set_own(
    object: &JsObject,
    key: impl Into<PropertyKey>,
    value: JsValue,
    context: &mut Context,
) {
    object
        .create_data_property_or_throw(key, value, context)
        .expect("a plain new object takes any property");
}

/// The value for people: text as it is, the rest as JSON.
pub fn display(value: &JsValue, context: &mut Context) -> String {
    match value.variant() {
        JsVariant::Undefined => "undefined".into(),
        JsVariant::Null => "null".into(),
        JsVariant::String(text) => self::text(&text),
        JsVariant::Symbol(symbol) => symbol.to_string(),
        JsVariant::BigInt(number) => number.to_string(),
        JsVariant::Object(object) if object.is_callable() => "[function]".into(),
        JsVariant::Object(_) => match to_json(value, context) {
            Ok(json) => json.to_string(),
            Err(_) => "[object]".into(),
        },
        // Numbers and booleans: their conversion runs no script.
        _ => value
            .to_string(context)
            .map(|text| text.to_std_string_lossy())
            .unwrap_or_default(),
    }
}

/// At most `longest` units of a text.
pub(crate) fn shortened(text: &JsString, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_std_string_lossy();
    }
    let units: Vec<u16> = text.iter().take(longest).collect();
    format!("{}…", String::from_utf16_lossy(&units))
}

fn json_number(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0
        && number.abs() < EXACT
        && !(number == 0.0 && number.is_sign_negative())
    {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Value::from(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn big_number(digits: &str) -> Value {
    digits
        .parse::<i64>()
        .map_or_else(|_| digits.into(), Value::from)
}
