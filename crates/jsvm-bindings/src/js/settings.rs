//! `$app.settings()`: PocketBase's settings as an object that can be saved.
//!
//! The one rule: it is a copy; what a script changes in it counts once it is
//! saved.

use super::{
    Classes, HostData,
    app::{app, run},
    byte_slice,
    class::{Class, arg, host, open_instance, string, this},
    convert, error, go_json,
};
use crate::{app::App, env::Profile, error::Error, settings::merge};
use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::Value;

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct SettingsObject;

/// What `$app` offers of it.
pub(super) const APP: Class = Class {
    methods: &[("settings", 0, |value, _, context| {
        let settings = app(value)?.settings();
        object(&settings, context)
    })],
    getters: &[],
    accessors: &[],
};

const SETTINGS: Class = Class {
    methods: &[
        ("clone", 0, |value, _, context| {
            let plain = plain(value, context)?;
            object(&plain, context)
        }),
        ("merge", 1, |value, args, context| {
            let mut merged = plain(value, context)?;
            merge(&mut merged, convert::to_plain(&arg(args, 0), context)?);
            let of = value.to_object(context)?;
            fill(&of, &merged, context)?;
            Ok(JsValue::undefined())
        }),
        ("string", 0, |value, _, context| {
            Ok(string(go_json::encode_plain(&plain(value, context)?)))
        }),
        ("marshalJSON", 0, |value, _, context| {
            let bytes = go_json::encode_plain(&plain(value, context)?).into_bytes();
            Ok(byte_slice::object(bytes, context))
        }),
        ("tableName", 0, |_, _, _| Ok(string("_params"))),
        ("pk", 0, |_, _, _| Ok(string("settings"))),
        ("lastSavedPK", 0, |_, _, _| Ok(string("settings"))),
        ("isNew", 0, |_, _, _| Ok(false.into())),
    ],
    getters: &[],
    accessors: &[],
};

pub(super) fn prototype(context: &mut Context) -> JsResult<JsObject> {
    SETTINGS.prototype(None, context)
}

fn object(plain: &Value, context: &mut Context) -> JsResult<JsValue> {
    let prototype = Classes::of(context).settings.clone();
    let object = open_instance(&prototype, SettingsObject, context);
    fill(&object, plain, context)?;
    Ok(object.into())
}

fn fill(object: &JsObject, plain: &Value, context: &mut Context) -> JsResult<()> {
    for (key, item) in plain.as_object().into_iter().flatten() {
        let item = value::from_json(item, context);
        object.create_data_property_or_throw(JsString::from(key.as_str()), item, context)?;
    }
    Ok(())
}

fn plain(value: &JsValue, context: &mut Context) -> JsResult<Value> {
    this::<SettingsObject>(value)?;
    convert::to_plain(value, context)
}

/// The settings that a script gave, if it gave such an object.
pub(super) fn of(value: &JsValue, context: &mut Context) -> JsResult<Option<Value>> {
    match host::<SettingsObject>(value) {
        Some(_) => plain(value, context).map(Some),
        None => Ok(None),
    }
}

/// Saves them.
///
/// They name the server that mails go through, so it takes the profile in
/// which scripts reach the network.
pub(super) fn save(app: &App, given: Value, context: &mut Context) -> JsResult<()> {
    if HostData::of(context).env.profile == Profile::Strict {
        let err = Error::host(
            "the settings may not be changed by scripts (sandbox.profile = \"pocketbase\" permits it)",
        );
        return Err(error::throw(err, context));
    }
    run(app.save_settings(given), context)
}
