//! `DynamicModel`: an object whose fields keep the types they started with.
//!
//! The one rule: the shape is fixed when it is made; values that do not fit
//! are refused when a body is bound to it, and never change its types.

use super::{
    Classes,
    class::{Class, arg, constructor, define_global, host, instance},
};
use crate::{cast, error::Error};
use boa_engine::{
    Context, JsData, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value};
use std::rc::Rc;

/// The shape of a model that a script made.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct DynamicModel(Rc<Vec<(String, FieldType)>>);

/// A field that may be null, which it is at first.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct Nullable(FieldType);

/// PocketBase: the default decides the type; `0` is whole, `-0` is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldType {
    Text,
    Integer,
    Float,
    Bool,
    List,
    Map,
    /// A text, number or flag, or null.
    Nullable(&'static Self),
    Any,
}

/// Adds `DynamicModel`; returns its prototype.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = value::new_object(context);
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| new_model(&arg(args, 0), prototype, context),
        prototype.clone(),
    );
    let function = constructor("DynamicModel", 1, body, &prototype, context)?;
    define_global("DynamicModel", function.into(), context)?;
    for (name, kind) in NULLABLE {
        let body = NativeFunction::from_copy_closure(move |_, _, context| {
            let prototype = context.intrinsics().constructors().object().prototype();
            Ok(instance(&prototype, Nullable(*kind), context))
        });
        let made = super::class::function(name, 0, body, context);
        define_global(name, made.into(), context)?;
    }
    Ok(prototype)
}

/// PocketBase: `nullString()` and so on in a shape.
const NULLABLE: &[(&str, FieldType)] = &[
    ("nullString", FieldType::Nullable(&FieldType::Text)),
    ("nullInt", FieldType::Nullable(&FieldType::Integer)),
    ("nullFloat", FieldType::Nullable(&FieldType::Float)),
    ("nullBool", FieldType::Nullable(&FieldType::Bool)),
    ("nullArray", FieldType::Nullable(&FieldType::List)),
    ("nullObject", FieldType::Nullable(&FieldType::Map)),
];

fn new_model(shape: &JsValue, prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let invalid = || {
        JsNativeError::typ()
            .with_message("the shape of a DynamicModel must be an object with at least one field")
    };
    let shape = shape.as_object().ok_or_else(invalid)?;
    let mut keys = value::own_keys(&shape);
    keys.sort_by_key(value::key_text);
    if keys.is_empty() {
        return Err(invalid().into());
    }
    let mut fields = Vec::with_capacity(keys.len());
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let (Some(name), Some(value)) = (value::key_text(&key), value::own_value(&shape, &key))
        else {
            continue;
        };
        let kind = type_of(&value);
        let value = match kind {
            FieldType::Nullable(_) => JsValue::null(),
            FieldType::Map => as_map(value, context),
            _ => value,
        };
        fields.push((name, kind));
        values.push((key, value));
    }
    let model = JsObject::new(
        context.root_shape(),
        prototype.clone(),
        DynamicModel(Rc::new(fields)),
    )
    .upcast();
    for (key, value) in values {
        model.create_data_property_or_throw(key, value, context)?;
    }
    Ok(model.into())
}

fn type_of(value: &JsValue) -> FieldType {
    if let Some(Nullable(kind)) = host(value) {
        kind
    } else if value.is_string() {
        FieldType::Text
    } else if value.is_boolean() {
        FieldType::Bool
    } else if let Some(number) = value.as_number() {
        let is_whole = number.fract() == 0.0 && !(number == 0.0 && number.is_sign_negative());
        if is_whole {
            FieldType::Integer
        } else {
            FieldType::Float
        }
    } else if value.as_object().is_some_and(|object| object.is_array()) {
        FieldType::List
    } else if value.is_object() {
        FieldType::Map
    } else {
        FieldType::Any
    }
}

/// A field of JSON that does not fit into a model.
pub(super) fn unfit(field: &str) -> Error {
    Error::host(format!(
        "json: cannot unmarshal {field:?}: its value has another type"
    ))
}

impl DynamicModel {
    /// The model's fields as plain data.
    pub(crate) fn to_plain(&self, object: &JsObject, context: &mut Context) -> Value {
        let mut map = Map::new();
        for (name, _) in self.0.iter() {
            let value = value::own_value(object, &js_string!(name.as_str()).into());
            let plain = value.and_then(|value| super::convert::to_plain(&value, context).ok());
            map.insert(name.clone(), plain.unwrap_or_default());
        }
        Value::Object(map)
    }

    /// Another model of this shape, with the values that `object` has.
    pub(crate) fn another(&self, object: &JsObject, context: &mut Context) -> JsResult<JsValue> {
        let prototype = object
            .prototype()
            .unwrap_or_else(|| value::new_object(context));
        let model = JsObject::new(context.root_shape(), prototype, self.clone()).upcast();
        let values = self.to_plain(object, context);
        for (name, kind) in self.0.iter() {
            let value = held(*kind, &values[name.as_str()], context);
            model.create_data_property_or_throw(js_string!(name.as_str()), value, context)?;
        }
        Ok(model.into())
    }

    /// Takes over the columns of a row that the model has fields for.
    ///
    /// # Errors
    ///
    /// PocketBase: a column without a value does not fit into most fields.
    pub(crate) fn assign(
        &self,
        object: &JsObject,
        row: &Map<String, Value>,
        context: &mut Context,
    ) -> Result<(), Error> {
        for (name, kind) in self.0.iter() {
            let Some(given) = row.get(name) else {
                continue;
            };
            let value = from_column(*kind, given).ok_or_else(|| {
                Error::host(format!(
                    "sql: Scan error on column {name:?}: NULL does not fit the type of the field"
                ))
            })?;
            let value = held(*kind, &value, context);
            value::set_own(object, js_string!(name.as_str()), value, context);
        }
        Ok(())
    }

    /// Takes over the values of a body that the model has fields for.
    ///
    /// JSON must have the right types, as in Go; forms are cast.
    ///
    /// # Errors
    ///
    /// The name of the first field that does not fit.
    pub(crate) fn bind(
        &self,
        object: &JsObject,
        body: &Map<String, Value>,
        is_form: bool,
        context: &mut Context,
    ) -> Result<(), String> {
        for (name, kind) in self.0.iter() {
            let Some(given) = body.get(name) else {
                continue;
            };
            let value = if is_form {
                cast_to(*kind, given)
            } else {
                fitting(*kind, given).ok_or_else(|| name.clone())?
            };
            if let Some(value) = value {
                let value = held(*kind, &value, context);
                value::set_own(object, js_string!(name.as_str()), value, context);
            }
        }
        Ok(())
    }
}

impl DynamicModel {
    /// As [`bind`](Self::bind), for the elements of XML and their texts.
    ///
    /// Go: they are called as the fields are, with a first letter in upper
    /// case; the name as it is counts, too.
    ///
    /// # Errors
    ///
    /// Which field has a text that is no value of its type, or a type that XML
    /// has no values of.
    pub(crate) fn bind_elements(
        &self,
        object: &JsObject,
        elements: &[(String, String)],
        context: &mut Context,
    ) -> Result<(), String> {
        for (name, kind) in self.0.iter() {
            let texts: Vec<_> = elements
                .iter()
                .filter(|(element, _)| is_called(element, name))
                .map(|(_, text)| text.as_str())
                .collect();
            let Some(last) = texts.last() else { continue };
            let value = match kind {
                FieldType::List => texts.iter().map(|text| Value::from(*text)).collect(),
                kind => from_text(*kind, last)
                    .ok_or_else(|| format!("{last:?} is no value of the field {name:?}"))?,
            };
            let value = held(*kind, &value, context);
            value::set_own(object, js_string!(name.as_str()), value, context);
        }
        Ok(())
    }
}

/// A value as the field of a model holds it.
fn held(kind: FieldType, plain: &Value, context: &mut Context) -> JsValue {
    let value = value::from_json(plain, context);
    match kind {
        FieldType::Map | FieldType::Nullable(FieldType::Map) => as_map(value, context),
        _ => value,
    }
}

/// PocketBase: a map has `get` and `set`. Of ours: its keys are properties,
/// too.
fn as_map(value: JsValue, context: &Context) -> JsValue {
    if let Some(object) = value.as_object() {
        object.set_prototype(Some(Classes::of(context).map.clone()));
    }
    value
}

/// The prototype of maps.
pub(super) fn map_prototype(context: &mut Context) -> JsResult<JsObject> {
    let objects = context.intrinsics().constructors().object().prototype();
    MAP.prototype(Some(objects), context)
}

const MAP: Class = Class {
    methods: &[
        ("get", 1, |this_value, args, context| {
            let key = arg(args, 0).to_property_key(context)?;
            let value = this_value
                .as_object()
                .and_then(|map| value::own_value(&map, &key));
            Ok(value.unwrap_or_else(JsValue::null))
        }),
        ("set", 2, |this_value, args, context| {
            let key = arg(args, 0).to_property_key(context)?;
            if let Some(map) = this_value.as_object() {
                map.create_data_property_or_throw(key, arg(args, 1), context)?;
            }
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn is_called(element: &str, field: &str) -> bool {
    let mut rest = field.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    element == field || first.chain(rest).eq(element.chars())
}

/// Text as a value of the type; nothing is Go's zero value.
fn from_text(kind: FieldType, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    let or_zero = if trimmed.is_empty() { "0" } else { trimmed };
    match kind {
        FieldType::Text | FieldType::Any => Some(text.into()),
        FieldType::Integer => or_zero.parse::<i64>().ok().map(Value::from),
        FieldType::Float => or_zero.parse::<f64>().ok().map(cast::number),
        FieldType::Bool => match or_zero {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true.into()),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false.into()),
            _ => None,
        },
        FieldType::Nullable(kind) => from_text(*kind, text),
        FieldType::List | FieldType::Map => None,
    }
}

/// The value if JSON of it fits the type; inside, none leaves the field alone.
fn fitting(kind: FieldType, value: &Value) -> Option<Option<Value>> {
    if let FieldType::Nullable(kind) = kind {
        return match value {
            Value::Null => Some(Some(Value::Null)),
            value => fitting(*kind, value),
        };
    }
    let fits = match (kind, value) {
        (_, Value::Null) => return Some(None),
        (FieldType::Text, Value::String(_))
        | (FieldType::Bool, Value::Bool(_))
        | (FieldType::Float, Value::Number(_))
        | (FieldType::List, Value::Array(_))
        | (FieldType::Map, Value::Object(_))
        | (FieldType::Any, _) => true,
        (FieldType::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    fits.then(|| Some(value.clone()))
}

/// The value of a column as the field holds it; `None` if it cannot.
fn from_column(kind: FieldType, value: &Value) -> Option<Value> {
    let json = |empty: Value| match value {
        Value::Null => Some(empty),
        Value::String(text) if text.is_empty() => Some(empty),
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    };
    match kind {
        FieldType::Nullable(_) if value.is_null() => Some(Value::Null),
        FieldType::Nullable(kind) => from_column(*kind, value),
        FieldType::List => json(Value::Array(Vec::new())),
        FieldType::Map => json(Value::Object(Map::new())),
        FieldType::Any => Some(value.clone()),
        _ if value.is_null() => None,
        kind => cast_to(kind, value),
    }
}

fn cast_to(kind: FieldType, value: &Value) -> Option<Value> {
    Some(match kind {
        FieldType::Text => cast::to_text(value).into(),
        FieldType::Integer => cast::number(cast::to_number(value).trunc()),
        FieldType::Float => cast::number(cast::to_number(value)),
        FieldType::Bool => cast::to_bool(value).into(),
        FieldType::List if !value.is_array() => Value::Array(vec![value.clone()]),
        FieldType::Nullable(kind) => return cast_to(*kind, value),
        FieldType::List | FieldType::Map | FieldType::Any => value.clone(),
    })
}
