//! What `record.get` gives for a field of JSON: PocketBase's `JSONRaw`.
//!
//! The one rule: to scripts it is an array of the bytes of its text, and
//! wherever it becomes data again it is the JSON.

use super::{
    Classes,
    class::{Class, arg, string},
    go_json, os, request,
};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, js_string, object::builtins::JsArray,
};
use jsvm_core::value;
use serde_json::Value;

/// The prototype of values of JSON, above that of arrays.
pub(super) fn prototype(context: &mut Context) -> JsResult<JsObject> {
    let arrays = context.intrinsics().constructors().array().prototype();
    JSON_RAW.prototype(Some(arrays), context)
}

/// The object of a value.
pub(super) fn object(plain: &Value, context: &mut Context) -> JsValue {
    let bytes = go_json::encode_plain(plain).into_bytes();
    let array: JsObject = JsArray::from_iter(bytes.into_iter().map(JsValue::from), context).into();
    array.set_prototype(Some(Classes::of(context).json_raw.clone()));
    array.into()
}

/// The bytes of one; `None` for what is none.
pub(super) fn bytes(object: &JsObject, context: &Context) -> Option<Vec<u8>> {
    let is_one = object.is_array()
        && object
            .prototype()
            .is_some_and(|its| JsObject::equals(&its, &Classes::of(context).json_raw));
    is_one.then(|| {
        (0..value::array_length(object))
            .map(|index| byte(value::own_value(object, &index.into())))
            .collect()
    })
}

/// What a script may have put there is cast, as Go casts it.
fn byte(value: Option<JsValue>) -> u8 {
    let number = value.and_then(|value| value.as_number()).unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the low byte is what counts"
    )]
    let byte = number as i64 as u8;
    byte
}

/// The JSON of one; null if a script made its text invalid.
pub(super) fn plain(object: &JsObject, context: &Context) -> Option<Value> {
    bytes(object, context).map(|bytes| serde_json::from_slice(&bytes).unwrap_or_default())
}

fn text(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(String::from_utf8_lossy(&own(value, context)?)))
}

fn own(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    let found = value.as_object().and_then(|object| bytes(&object, context));
    found.ok_or_else(|| {
        JsNativeError::typ()
            .with_message("this method was called on something that is no value of a JSON field")
            .into()
    })
}

/// Replaces the bytes by those of the argument.
fn replace(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    own(value, context)?;
    let bytes = request::bytes(&arg(args, 0), context)?;
    if let Some(array) = value.as_object() {
        array.set(js_string!("length"), 0, true, context)?;
        for (index, byte) in bytes.into_iter().enumerate() {
            array.create_data_property_or_throw(index, byte, context)?;
        }
    }
    Ok(JsValue::undefined())
}

const JSON_RAW: Class = Class {
    methods: &[
        ("toString", 0, text),
        ("string", 0, text),
        ("value", 0, text),
        ("marshalJSON", 0, |value, _, context| {
            os::bytes_value(own(value, context)?, context)
        }),
        ("scan", 1, replace),
        ("unmarshalJSON", 1, replace),
    ],
    getters: &[],
    accessors: &[],
};
