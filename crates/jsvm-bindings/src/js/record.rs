//! `Record`, and the collections behind it.
//!
//! The one rule: fields are no properties; PocketBase's scripts use `get` and
//! `set`, and so do ours.

use super::{
    app, byte_slice,
    class::{
        Class, Name, arg, constructor, define_global, host, instance, integer, string, text, this,
    },
    collection, convert,
    dynamic_model::{self, DynamicModel},
    error, field, go_json, request,
    time::DateTimeObject,
};
use crate::{
    cast,
    collection::{Field, FieldKind, FieldRef},
    datetime::DateTime,
    error::Error,
    record::{Record, RecordRef},
    security,
};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsArray,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A record that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct RecordObject(pub(crate) RecordRef);

/// Adds `Record`; returns its prototype.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = RECORD.prototype(None, context)?;
    super::auth::RECORD.add_to(&prototype, context)?;
    super::expand::RECORD.add_to(&prototype, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let collection = match args.first() {
                Some(given) => app::collection_of(given, None, context)?,
                // PocketBase: it is only there for a query to be put into it.
                None => Arc::default(),
            };
            let mut record = Record::new(collection);
            record.load(&convert::to_map(&arg(args, 1), context)?);
            Ok(instance(
                prototype,
                RecordObject(RecordRef::new(record)),
                context,
            ))
        },
        prototype.clone(),
    );
    let function = constructor("Record", 2, body, &prototype, context)?;
    define_global("Record", function.into(), context)?;
    Ok(prototype)
}

/// The record behind a value.
pub(super) fn of(value: &JsValue) -> Option<RecordRef> {
    host::<RecordObject>(value).map(|object| object.0)
}

/// The object of a record.
pub(super) fn object(record: RecordRef, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).record.clone();
    instance(&prototype, RecordObject(record), context)
}

/// The object of a record that nobody else holds.
pub(super) fn new_object(record: Record, context: &mut Context) -> JsValue {
    object(RecordRef::new(record), context)
}

/// An array of records.
pub(super) fn array(records: &[RecordRef], context: &mut Context) -> JsValue {
    let list: Vec<_> = records
        .iter()
        .map(|record| object(record.clone(), context))
        .collect();
    JsArray::from_iter(list, context).into()
}

/// The record that `this` is.
pub(super) fn record(value: &JsValue) -> JsResult<RecordRef> {
    this::<RecordObject>(value).map(|object| object.0)
}

const RECORD: Class = Class {
    methods: &[
        ("get", 1, get),
        ("getRaw", 1, get),
        ("set", 2, set),
        ("setRaw", 2, set),
        ("setIfFieldExists", 2, set_if_field_exists),
        ("load", 1, |value, args, context| {
            let values = convert::to_map(&arg(args, 0), context)?;
            record(value)?.lock().load(&values);
            Ok(JsValue::undefined())
        }),
        ("getString", 1, |value, args, context| {
            let key = Name::of(args, 0, context)?;
            let record = record(value)?;
            let record = record.lock();
            let (field, plain) = record.find(&key);
            Ok(match readable(field, plain) {
                plain if is_json(field) => string(go_json::encode_plain(plain)),
                Value::String(text) => string(text),
                other => string(cast::to_text(other)),
            })
        }),
        ("getInt", 1, |value, args, context| {
            let key = Name::of(args, 0, context)?;
            Ok(cast::to_number(record(value)?.lock().get(&key))
                .trunc()
                .into())
        }),
        ("getFloat", 1, |value, args, context| {
            let key = Name::of(args, 0, context)?;
            Ok(cast::to_number(record(value)?.lock().get(&key)).into())
        }),
        ("getBool", 1, |value, args, context| {
            let key = Name::of(args, 0, context)?;
            Ok(cast::to_bool(record(value)?.lock().get(&key)).into())
        }),
        ("getDateTime", 1, |value, args, context| {
            let key = Name::of(args, 0, context)?;
            let at = cast::to_text(record(value)?.lock().get(&key));
            Ok(date_time(&at, context))
        }),
        ("getStringSlice", 1, |value, args, context| {
            let key = Name::of(args, 0, context)?;
            let list = Value::from(cast::to_list(record(value)?.lock().get(&key)));
            Ok(value::from_json(&list, context))
        }),
        ("collection", 0, |value, _, context| {
            let collection = Arc::clone(record(value)?.lock().collection());
            Ok(collection::stored_object(&collection, context))
        }),
        ("tableName", 0, |value, _, _| {
            Ok(string(&record(value)?.lock().collection().name))
        }),
        ("hookTags", 0, |value, _, context| {
            let collection = Arc::clone(record(value)?.lock().collection());
            let tags = Value::from(vec![collection.name.clone(), collection.id.clone()]);
            Ok(value::from_json(&tags, context))
        }),
        ("isNew", 0, |value, _, _| {
            Ok(record(value)?.lock().is_new().into())
        }),
        ("lastSavedPK", 0, |value, _, _| {
            Ok(string(record(value)?.lock().last_saved_id()))
        }),
        ("pk", 0, |value, _, _| {
            Ok(string(record(value)?.lock().id()))
        }),
        ("markAsNew", 0, |value, _, _| {
            record(value)?.lock().mark_as_new();
            Ok(JsValue::undefined())
        }),
        ("markAsNotNew", 0, |value, _, _| {
            record(value)?.lock().mark_as_not_new();
            Ok(JsValue::undefined())
        }),
        ("original", 0, |value, _, context| {
            let original = record(value)?.lock().original();
            Ok(new_object(original, context))
        }),
        ("clone", 0, |value, _, context| {
            let copy = record(value)?.snapshot();
            Ok(new_object(copy, context))
        }),
        ("fresh", 0, |value, _, context| {
            let copy = record(value)?.snapshot();
            let fresh = Record::stored(Arc::clone(copy.collection()), &copy.fields_data());
            Ok(new_object(fresh, context))
        }),
        ("publicExport", 0, export),
        ("toJSON", 0, export),
        ("marshalJSON", 0, |value, _, context| {
            let export = Value::Object(record(value)?.lock().public_export());
            let bytes = go_json::encode_plain(&export).into_bytes();
            Ok(byte_slice::object(bytes, context))
        }),
        ("unmarshalJSON", 1, |value, args, context| {
            let values = request::from_json(&arg(args, 0), context)?;
            record(value)?.lock().load(&values);
            Ok(JsValue::undefined())
        }),
        ("unmarshalJSONField", 2, unmarshal_field),
        ("baseFilesPath", 0, |value, _, _| {
            let record = record(value)?;
            let record = record.lock();
            Ok(string(format!(
                "{}/{}",
                record.collection().id,
                record.id()
            )))
        }),
        ("getGeoPoint", 1, |value, args, context| {
            let field = text(args, 0, context)?;
            let plain = record(value)?.lock().get(&field).clone();
            let part =
                |name| cast::number(cast::to_number(plain.get(name).unwrap_or(&Value::Null)));
            let point = json!({ "lon": part("lon"), "lat": part("lat") });
            Ok(value::from_json(&point, context))
        }),
        ("findFileFieldByFile", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let record = record(value)?;
            let found = {
                let record = record.lock();
                let holds = |it: &&Field| {
                    it.kind == FieldKind::File
                        && cast::to_list(record.get(&it.name)).contains(&name)
                };
                record.collection().fields.iter().find(holds).cloned()
            };
            Ok(found.map_or_else(JsValue::null, |it| {
                field::object(FieldRef::new(it), context)
            }))
        }),
        ("fieldsData", 0, |value, _, context| {
            let map = record(value)?.lock().fields_data();
            Ok(value::from_json(&Value::Object(map), context))
        }),
        ("customData", 0, |value, _, context| {
            let map: Map<_, _> = record(value)?
                .lock()
                .custom_data()
                .clone()
                .into_iter()
                .collect();
            Ok(value::from_json(&Value::Object(map), context))
        }),
        ("withCustomData", 1, |value, args, _| {
            record(value)?
                .lock()
                .show_custom_data(arg(args, 0).to_boolean());
            Ok(value.clone())
        }),
        ("ignoreEmailVisibility", 1, |value, args, _| {
            record(value)?
                .lock()
                .ignore_email_visibility(arg(args, 0).to_boolean());
            Ok(value.clone())
        }),
        ("hide", 1, |value, args, context| {
            let names = texts(args, context)?;
            record(value)?.lock().hide(names.iter().map(String::as_str));
            Ok(value.clone())
        }),
        ("unhide", 1, |value, args, context| {
            let names = texts(args, context)?;
            record(value)?
                .lock()
                .unhide(names.iter().map(String::as_str));
            Ok(value.clone())
        }),
        ("email", 0, |value, _, _| {
            Ok(string(cast::to_text(record(value)?.lock().get("email"))))
        }),
        ("setEmail", 1, |value, args, context| {
            let email = text(args, 0, context)?;
            record(value)?.lock().set("email", &email.into());
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[(
        "id",
        |value, _, _| Ok(string(record(value)?.lock().id())),
        |value, args, context| {
            let id = text(args, 0, context)?;
            record(value)?.lock().set("id", &id.into());
            Ok(JsValue::undefined())
        },
    )],
};

/// Reads the JSON of a field into a model.
fn unmarshal_field(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let key = text(args, 0, context)?;
    let target = arg(args, 1);
    let (Some(model), Some(object)) = (host::<DynamicModel>(&target), target.as_object()) else {
        let err = Error::host(
            "json: Unmarshal(non-pointer map[string]interface {}): unmarshalJSONField wants a \
             DynamicModel",
        );
        return Err(error::throw(err, context));
    };
    let plain = record(value)?.lock().get(&key).clone();
    let bound = match &plain {
        Value::Null => Ok(()),
        Value::Object(map) => model.bind(&object, map, false, context),
        _ => Err(key),
    };
    match bound {
        Ok(()) => Ok(JsValue::undefined()),
        Err(field) => {
            let err = dynamic_model::unfit(&field);
            Err(error::throw(err, context))
        }
    }
}

fn texts(args: &[JsValue], context: &mut Context) -> JsResult<Vec<String>> {
    (0..args.len())
        .map(|index| text(args, index, context))
        .collect()
}

fn get(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let key = Name::of(args, 0, context)?;
    let record = record(value)?;
    let plain = {
        let record = record.lock();
        let (field, plain) = record.find(&key);
        let is_date =
            field.is_some_and(|field| matches!(field.kind, FieldKind::Date | FieldKind::Autodate));
        match readable(field, plain) {
            plain if is_json(field) => Plain::Json(plain.clone()),
            Value::String(text) if !is_date => return Ok(string(text)),
            Value::Number(_) | Value::Bool(_) if !is_date => {
                return Ok(value::from_json(plain, context));
            }
            plain if is_date => Plain::Date(cast::to_text(plain)),
            plain => Plain::Other(plain.clone()),
        }
    };
    // Not while the record is locked: objects may cause a collection.
    Ok(match plain {
        Plain::Date(text) => date_time(&text, context),
        Plain::Json(plain) => byte_slice::json_raw(&plain, context),
        Plain::Other(plain) => value::from_json(&plain, context),
    })
}

/// What of a record becomes an object.
enum Plain {
    Date(String),
    Json(Value),
    Other(Value),
}

fn is_json(field: Option<&Field>) -> bool {
    field.is_some_and(|field| field.kind == FieldKind::Json)
}

/// The value of a field; PocketBase: a password that is stored reads as empty.
fn readable<'a>(field: Option<&Field>, value: &'a Value) -> &'a Value {
    const EMPTY: &Value = &Value::String(String::new());
    let is_password = field.is_some_and(|field| field.kind == FieldKind::Password);
    match value.as_str() {
        Some(text) if is_password && security::is_password_hash(text) => EMPTY,
        _ => value,
    }
}

pub(super) fn date_time(text: &str, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).date_time.clone();
    let at = DateTime::parse(text).unwrap_or_default();
    instance(&prototype, DateTimeObject(at), context)
}

fn set(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let key = Name::of(args, 0, context)?;
    let plain = match args.get(1) {
        Some(given) => convert::to_plain(given, context)?,
        None => Value::Null,
    };
    record(value)?.lock().assign(&key, plain);
    Ok(JsValue::undefined())
}

fn set_if_field_exists(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let key = text(args, 0, context)?;
    let name = key.trim_matches(['+', '-']);
    let field = record(value)?.lock().collection().field(name).cloned();
    let Some(field) = field else {
        return Ok(JsValue::null());
    };
    set(value, args, context)?;
    Ok(field::object(FieldRef::new(field), context))
}

fn export(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let export = Value::Object(record(value)?.lock().public_export());
    Ok(value::from_json(&export, context))
}

/// The record that an argument is.
pub(super) fn argument(
    args: &[JsValue],
    index: usize,
    context: &mut Context,
) -> JsResult<RecordRef> {
    of(&arg(args, index))
        .ok_or_else(|| error::throw(Error::host("the argument is not a Record"), context))
}

/// How many records a query may return; PocketBase: 0 is all.
pub(super) fn count(args: &[JsValue], index: usize, context: &mut Context) -> JsResult<u64> {
    Ok(u64::try_from(integer(args, index, context)?).unwrap_or(0))
}
