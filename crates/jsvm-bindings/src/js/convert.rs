//! Plain data of script values, host objects included.
//!
//! The one rule: a host object stands for what it would be in JSON.

use super::{
    byte_slice,
    class::{host, host_text},
    collection::CollectionObject,
    dynamic_model::DynamicModel,
    error::HostError,
    field::FieldObject,
    record::RecordObject,
    store::StoreObject,
    time::DateTimeObject,
};
use crate::error::Error;
use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsValue};
use jsvm_core::value;
use serde_json::{Map, Value};

/// The value as plain data.
///
/// # Errors
///
/// A `RangeError` for what is nested too deeply or too large.
pub(crate) fn to_plain(value: &JsValue, context: &mut Context) -> JsResult<Value> {
    if let Some(text) = value.as_string() {
        return Ok(value::text(&text).into());
    }
    value::to_json_with(value, context, &mut host_plain)
        .map_err(|err| JsNativeError::range().with_message(err.to_string()).into())
}

/// The value as a map; anything else is an empty one.
pub(crate) fn to_map(value: &JsValue, context: &mut Context) -> JsResult<Map<String, Value>> {
    Ok(match to_plain(value, context)? {
        Value::Object(map) => map,
        _ => Map::new(),
    })
}

/// What a host object is as plain data; `None` for an object of the script.
pub(crate) fn host_plain(object: &JsObject, context: &mut Context) -> Option<Value> {
    if let Some(plain) = byte_slice::json(object, context) {
        return Some(plain.unwrap_or_default());
    }
    let value: JsValue = object.clone().into();
    if let Some(RecordObject(record)) = host(&value) {
        return Some(Value::Object(record.lock().public_export()));
    }
    if let Some(DateTimeObject(at)) = host(&value) {
        return Some(at.to_string().into());
    }
    if let Some(model) = host::<DynamicModel>(&value) {
        return Some(model.to_plain(object, context));
    }
    if let Some(CollectionObject(collection)) = host(&value) {
        return Some(collection.snapshot().public_json());
    }
    if let Some(FieldObject(field)) = host(&value) {
        return Some(field.lock().to_json());
    }
    if let Some(StoreObject(app)) = host(&value) {
        return Some(app.store().to_plain());
    }
    if let Some(text) = host_text(&value) {
        return Some(text.to_std_string_lossy().into());
    }
    match host(&value) {
        Some(HostError(Error::Api(err))) => Some(err.to_value()),
        Some(HostError(Error::Field(err))) => Some(err.to_value()),
        Some(HostError(err)) => Some(err.to_string().into()),
        None => None,
    }
}
