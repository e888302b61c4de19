//! `$app.store()`: values that all handlers share.
//!
//! The one rule: before anything is done with it, what scripts changed in
//! objects that they got from it is put back.

use super::{
    Classes,
    app::app,
    byte_slice,
    class::{Class, arg, instance, integer, text, this},
    error, go_json,
    lent::{self, Shelf},
    request,
};
use crate::{app::App, error::Error, event::Member};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};
use serde_json::Map;

/// The store of an app.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct StoreObject(pub(crate) App);

/// The app of a store, once it holds what the script has changed.
fn store(value: &JsValue, context: &mut Context) -> JsResult<App> {
    let StoreObject(app) = this(value)?;
    lent::put_back(context)?;
    Ok(app)
}

/// The store, to take values out and put them in.
fn shelf(value: &JsValue) -> JsResult<Shelf> {
    let StoreObject(app) = this(value)?;
    Ok(Shelf::App(app))
}

/// What `$app` has for it.
pub(super) const APP: Class = Class {
    methods: &[("store", 0, |value, _, context| {
        let app = app(value)?;
        let prototype = Classes::of(context).store.clone();
        Ok(instance(&prototype, StoreObject(app), context))
    })],
    getters: &[],
    accessors: &[],
};

/// What the store has.
pub(super) const STORE: Class = Class {
    methods: &[
        ("get", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            lent::get(&shelf(value)?, &key, context)
        }),
        ("getOk", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            let is_there = store(value, context)?.store().get(&key).is_some();
            let found = lent::get(&shelf(value)?, &key, context)?;
            Ok(JsArray::from_iter([found, is_there.into()], context).into())
        }),
        ("getOrSet", 2, |value, args, context| {
            let (shelf, key) = (shelf(value)?, text(args, 0, context)?);
            let is_there = store(value, context)?.store().get(&key).is_some();
            if !is_there {
                let made = call(args, &[], context)?;
                shelf.insert(&key, made, context)?;
            }
            lent::get(&shelf, &key, context)
        }),
        ("set", 2, |value, args, context| {
            let (shelf, key) = (shelf(value)?, text(args, 0, context)?);
            lent::put_back(context)?;
            let given = lent::kept(&arg(args, 1), context)?;
            shelf.insert(&key, given, context)?;
            Ok(JsValue::undefined())
        }),
        ("setFunc", 2, |value, args, context| {
            let (shelf, key) = (shelf(value)?, text(args, 0, context)?);
            let old = lent::get(&shelf, &key, context)?;
            let made = call(args, &[old], context)?;
            shelf.insert(&key, made, context)?;
            Ok(JsValue::undefined())
        }),
        ("setIfLessThanLimit", 3, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let given = lent::kept(&arg(args, 1), context)?;
            let most = usize::try_from(integer(args, 2, context)?).unwrap_or(0);
            let fits = {
                let store = app.store();
                store.get(&key).is_some() || store.len() < most
            };
            if fits {
                shelf(value)?.insert(&key, given, context)?;
            }
            Ok(fits.into())
        }),
        ("has", 1, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let has = app.store().get(&key).is_some();
            Ok(has.into())
        }),
        ("remove", 1, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            app.store().remove(&key);
            Ok(JsValue::undefined())
        }),
        ("removeAll", 0, |value, _, context| {
            store(value, context)?.store().clear();
            Ok(JsValue::undefined())
        }),
        ("reset", 1, |value, args, context| {
            store(value, context)?.store().clear();
            if let Some(all) = arg(args, 0).as_object() {
                lent::insert_all(&shelf(value)?, &all, context)?;
            }
            Ok(JsValue::undefined())
        }),
        ("length", 0, |value, _, context| {
            let length = store(value, context)?.store().len();
            Ok(i32::try_from(length).unwrap_or(i32::MAX).into())
        }),
        ("getAll", 0, |value, _, context| {
            let all = lent::get_all(&shelf(value)?, context)?;
            lent::map(all, context)
        }),
        ("values", 0, |value, _, context| {
            let all = lent::get_all(&shelf(value)?, context)?;
            let values = all.into_iter().map(|(_, value)| value);
            Ok(JsArray::from_iter(values, context).into())
        }),
        ("marshalJSON", 0, |value, _, context| {
            let all = store(value, context)?.store().to_plain();
            let bytes = go_json::encode_plain(&all).into_bytes();
            Ok(byte_slice::object(bytes, context))
        }),
        ("unmarshalJSON", 1, |value, args, context| {
            store(value, context)?;
            let all: Map<_, _> = request::from_json(&arg(args, 0), context)?;
            let shelf = shelf(value)?;
            for (key, plain) in all {
                shelf.insert(&key, plain.into(), context)?;
            }
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// What the function that is the second argument makes.
fn call(args: &[JsValue], given: &[JsValue], context: &mut Context) -> JsResult<Member> {
    let Some(function) = arg(args, 1).as_callable() else {
        let err = Error::host("the second argument is not a function");
        return Err(error::throw(err, context));
    };
    let made = function.call(&JsValue::undefined(), given, context)?;
    lent::kept(&made, context)
}

/// The prototype of stores.
pub(super) fn prototype(context: &mut Context) -> JsResult<JsObject> {
    STORE.prototype(None, context)
}
