//! `unmarshal(data, target)`: what data says goes into an object of the host.
//!
//! The one rule: PocketBase: what is not given stays, and an object of the
//! script is not changed, of which the log tells.

use super::{
    Classes, HostData,
    class::{arg, define_global, function, host},
    collection::{self, CollectionObject},
    convert,
    dynamic_model::{self, DynamicModel},
    error,
    field::FieldObject,
    record::RecordObject,
};
use crate::{collection::Field, error::Error, output::Level, settings::merge};
use boa_engine::{Context, JsObject, JsResult, JsValue, NativeFunction, js_string};
use jsvm_core::value;
use serde_json::{Map, Value};

/// Adds `unmarshal`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let body = NativeFunction::from_fn_ptr(unmarshal);
    let unmarshal = function("unmarshal", 2, body, context);
    define_global("unmarshal", unmarshal.into(), context)
}

fn unmarshal(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let plain = convert::to_plain(&arg(args, 0), context)?;
    let Value::Object(given) = plain else {
        let message = format!("json: cannot unmarshal {plain} into an object");
        return Err(error::throw(Error::host(message), context));
    };
    let target = arg(args, 1);
    if let Some(CollectionObject(collection)) = host(&target) {
        collection::load(&collection, given, context)?;
    } else if let Some(FieldObject(field)) = host(&target) {
        let mut field = field.lock();
        let mut whole = field.to_json();
        merge(&mut whole, Value::Object(given));
        if let Value::Object(whole) = &whole {
            *field = Field::of_kind(field.kind, whole);
        }
    } else if let Some(RecordObject(record)) = host(&target) {
        record.lock().load(&given);
    } else if let (Some(model), Some(object)) = (host::<DynamicModel>(&target), target.as_object())
    {
        model
            .bind(&object, &given, false, context)
            .map_err(|name| error::throw(dynamic_model::unfit(&name), context))?;
    } else if let Some(map) = target.as_object().filter(|it| is_map(it, context)) {
        put(&map, &given, context);
    } else {
        HostData::of(context).env.app.log(
            Level::Warn,
            "unmarshal changes no objects of the script; use Object.assign(target, data)",
        );
    }
    Ok(JsValue::undefined())
}

/// Whether it is a map in a `DynamicModel`.
fn is_map(object: &JsObject, context: &Context) -> bool {
    let map = Classes::of(context).map.clone();
    object
        .prototype()
        .is_some_and(|it| JsObject::equals(&it, &map))
}

fn put(map: &JsObject, given: &Map<String, Value>, context: &mut Context) {
    for (key, plain) in given {
        let item = value::from_json(plain, context);
        value::set_own(map, js_string!(key.as_str()), item, context);
    }
}
