//! Bytes of the host, and what `record.get` gives for a field of JSON.
//!
//! The one rule: PocketBase: to scripts both are arrays of numbers. Wherever
//! they become data again, bytes are bytes, and `JSONRaw` is the JSON that its
//! bytes are the text of.

use super::{
    Classes,
    class::{Class, arg, string},
    go_json, request,
};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, js_string, object::builtins::JsArray,
};
use jsvm_core::value;
use serde_json::Value;

/// The prototypes of both, above that of arrays.
pub(crate) struct SliceClasses {
    bytes: JsObject,
    json: JsObject,
}

pub(super) fn install(context: &mut Context) -> JsResult<SliceClasses> {
    let arrays = context.intrinsics().constructors().array().prototype();
    Ok(SliceClasses {
        bytes: Class::default().prototype(Some(arrays.clone()), context)?,
        json: JSON_RAW.prototype(Some(arrays), context)?,
    })
}

/// The array of bytes.
pub(super) fn object(bytes: Vec<u8>, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).slices.bytes.clone();
    array(bytes, prototype, context)
}

/// The value of a field of JSON.
pub(super) fn json_raw(plain: &Value, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).slices.json.clone();
    let bytes = go_json::encode_plain(plain).into_bytes();
    array(bytes, prototype, context)
}

fn array(bytes: Vec<u8>, prototype: JsObject, context: &mut Context) -> JsValue {
    let array: JsObject = JsArray::from_iter(bytes.into_iter().map(JsValue::from), context).into();
    array.set_prototype(Some(prototype));
    array.into()
}

/// The bytes of either; `None` for what is neither.
pub(super) fn bytes(object: &JsObject, context: &Context) -> Option<Vec<u8>> {
    let classes = Classes::of(context);
    let (bytes, json) = (&classes.slices.bytes, &classes.slices.json);
    (is_below(object, bytes) || is_below(object, json)).then(|| read(object))
}

fn is_below(object: &JsObject, prototype: &JsObject) -> bool {
    let is_its = |its: JsObject| JsObject::equals(&its, prototype);
    object.is_array() && object.prototype().is_some_and(is_its)
}

fn read(object: &JsObject) -> Vec<u8> {
    (0..value::array_length(object))
        .map(|index| byte(value::own_value(object, &index.into())))
        .collect()
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

/// The JSON of a value of a field of JSON, if it still is any.
pub(super) fn json(object: &JsObject, context: &Context) -> Option<Option<Value>> {
    let is_one = is_below(object, &Classes::of(context).slices.json);
    is_one.then(|| serde_json::from_slice(&read(object)).ok())
}

fn text(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(String::from_utf8_lossy(&own(value, context)?)))
}

fn own(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    let prototype = &Classes::of(context).slices.json;
    let found = value
        .as_object()
        .filter(|object| is_below(object, prototype));
    found.map(|object| read(&object)).ok_or_else(|| {
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
            let bytes = own(value, context)?;
            Ok(object(bytes, context))
        }),
        ("scan", 1, replace),
        ("unmarshalJSON", 1, replace),
    ],
    getters: &[],
    accessors: &[],
};
