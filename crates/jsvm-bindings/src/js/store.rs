//! `$app.store()`: values that all handlers share.
//!
//! The one rule: an object that a script got from the store stands for what is
//! in it: what the script changes in it is put back before anybody else can
//! look, unless the value was replaced meanwhile. PocketBase: maps of Go.

use super::{
    Classes, HostData,
    app::app,
    byte_slice,
    class::{Class, arg, instance, integer, text, this},
    convert, error, go_json, request,
};
use crate::{app::App, error::Error};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value};
use std::cell::RefCell;

/// The store of an app.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct StoreObject(pub(crate) App);

/// Objects that the execution in progress got from the store.
#[derive(Default)]
pub(crate) struct Lent(RefCell<Vec<Loan>>);

struct Loan {
    key: String,
    object: JsValue,
    /// What the store held for it when it was last looked at.
    plain: Value,
}

impl Lent {
    /// What was lent is the script's own from now on.
    pub(super) fn end(&self) {
        // Taken out first: what is dropped may be large.
        drop(self.0.take());
    }

    /// Whether there is nothing to put back.
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// Puts back what the script changed in objects of the store.
///
/// # Errors
///
/// A `RangeError` for what is nested too deeply, and an error if the store is
/// full.
pub(super) fn put_back(context: &mut Context) -> JsResult<()> {
    let data = HostData::of(context);
    if data.lent.is_empty() {
        return Ok(());
    }
    let app = data.env.app.clone();
    let loans = data.lent.0.take();
    let mut kept = Vec::with_capacity(loans.len());
    let mut result = Ok(());
    for mut loan in loans {
        let is_here = app.store().get(&loan.key) == Some(&loan.plain);
        if !is_here || result.is_err() {
            continue;
        }
        result = convert::to_plain(&loan.object, context).and_then(|now| {
            if now != loan.plain {
                insert(&app, &loan.key, now.clone(), context)?;
                loan.plain = now;
            }
            Ok(())
        });
        kept.push(loan);
    }
    data.lent.0.borrow_mut().extend(kept);
    result
}

/// Objects and lists stay what they are in the store; other values are copies.
fn lend(key: &str, plain: Option<Value>, context: &mut Context) -> JsValue {
    let plain = plain.unwrap_or_default();
    if !plain.is_object() && !plain.is_array() {
        return value::from_json(&plain, context);
    }
    let data = HostData::of(context);
    let known = data
        .lent
        .0
        .borrow()
        .iter()
        .find_map(|loan| (loan.key == key && loan.plain == plain).then(|| loan.object.clone()));
    known.unwrap_or_else(|| {
        let object = value::from_json(&plain, context);
        data.lent.0.borrow_mut().push(Loan {
            key: key.to_owned(),
            object: object.clone(),
            plain,
        });
        object
    })
}

fn insert(app: &App, key: &str, plain: Value, context: &mut Context) -> JsResult<()> {
    let most = HostData::of(context).env.limits.in_force().memory;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let inserted = app.store().insert_within(most, key, plain);
    inserted.map_err(|err| error::throw(err, context))
}

/// The app of a store, once it holds what the script has changed.
fn store(value: &JsValue, context: &mut Context) -> JsResult<App> {
    let StoreObject(app) = this(value)?;
    put_back(context)?;
    Ok(app)
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
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let found = app.store().get(&key).cloned();
            Ok(lend(&key, found, context))
        }),
        ("getOk", 1, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let found = app.store().get(&key).cloned();
            let is_there = found.is_some();
            let found = lend(&key, found, context);
            Ok(JsArray::from_iter([found, is_there.into()], context).into())
        }),
        ("getOrSet", 2, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let found = app.store().get(&key).cloned();
            let found = match found {
                Some(found) => found,
                None => {
                    let made = call(args, &[], context)?;
                    insert(&app, &key, made.clone(), context)?;
                    made
                }
            };
            Ok(lend(&key, Some(found), context))
        }),
        ("set", 2, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            if arg(args, 1).as_callable().is_some() {
                let err = Error::host(
                    "$app.store(): a function belongs to the handler that made it; store what it \
                     returns, or put it into a module",
                );
                return Err(error::throw(err, context));
            }
            let plain = convert::to_plain(&arg(args, 1), context)?;
            insert(&app, &key, plain, context)?;
            Ok(JsValue::undefined())
        }),
        ("setFunc", 2, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let old = app.store().get(&key).cloned().unwrap_or_default();
            let old = value::from_json(&old, context);
            let made = call(args, &[old], context)?;
            insert(&app, &key, made, context)?;
            Ok(JsValue::undefined())
        }),
        ("setIfLessThanLimit", 3, |value, args, context| {
            let app = store(value, context)?;
            let key = text(args, 0, context)?;
            let plain = convert::to_plain(&arg(args, 1), context)?;
            let most = usize::try_from(integer(args, 2, context)?).unwrap_or(0);
            let fits = {
                let store = app.store();
                store.get(&key).is_some() || store.len() < most
            };
            if fits {
                insert(&app, &key, plain, context)?;
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
            let app = store(value, context)?;
            let all = convert::to_map(&arg(args, 0), context)?;
            app.store().clear();
            load(&app, all, context)
        }),
        ("length", 0, |value, _, context| {
            let length = store(value, context)?.store().len();
            Ok(i32::try_from(length).unwrap_or(i32::MAX).into())
        }),
        ("getAll", 0, |value, _, context| {
            let all = store(value, context)?.store().to_map();
            Ok(value::from_json(&Value::Object(all), context))
        }),
        ("values", 0, |value, _, context| {
            let all = store(value, context)?.store().to_map();
            let values = all.into_iter().map(|(_, value)| value).collect();
            Ok(value::from_json(&values, context))
        }),
        ("marshalJSON", 0, |value, _, context| {
            let all = store(value, context)?.store().to_map();
            let bytes = go_json::encode_plain(&all.into()).into_bytes();
            Ok(byte_slice::object(bytes, context))
        }),
        ("unmarshalJSON", 1, |value, args, context| {
            let app = store(value, context)?;
            let all: Map<_, _> = request::from_json(&arg(args, 0), context)?;
            load(&app, all, context)
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn load(app: &App, all: Map<String, Value>, context: &mut Context) -> JsResult<JsValue> {
    for (key, plain) in all {
        insert(app, &key, plain, context)?;
    }
    Ok(JsValue::undefined())
}

/// What the function that is the second argument makes.
fn call(args: &[JsValue], given: &[JsValue], context: &mut Context) -> JsResult<Value> {
    let Some(function) = arg(args, 1).as_callable() else {
        let err = Error::host("the second argument is not a function");
        return Err(error::throw(err, context));
    };
    let made = function.call(&JsValue::undefined(), given, context)?;
    convert::to_plain(&made, context)
}

/// The prototype of stores.
pub(super) fn prototype(context: &mut Context) -> JsResult<JsObject> {
    STORE.prototype(None, context)
}
