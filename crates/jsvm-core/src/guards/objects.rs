//! Functions over all properties of an object or all entries of a collection,
//! and those that make chains the engine follows by recursion.
//!
//! The one rule: each call asks the limits, because one may take as long as
//! thousands of other calls; texts and buffers have as many properties as
//! elements, so these are counted before they are listed.

use super::{Guard, arg, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue, object::builtins::JsTypedArray};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let object = constructors.object().constructor();
    let reflect = context.intrinsics().objects().reflect();
    let (map, set) = (
        constructors.map().prototype(),
        constructors.set().prototype(),
    );
    for name in [
        "assign",
        "defineProperties",
        "entries",
        "freeze",
        "getOwnPropertyDescriptors",
        "getOwnPropertyNames",
        "getOwnPropertySymbols",
        "isFrozen",
        "isSealed",
        "keys",
        "seal",
        "values",
    ] {
        replace(&object, name, properties, shared, context)?;
    }
    replace(&reflect, "ownKeys", properties, shared, context)?;
    for name in [
        "difference",
        "intersection",
        "isDisjointFrom",
        "isSubsetOf",
        "isSupersetOf",
        "symmetricDifference",
        "union",
    ] {
        replace(&set, name, entries, shared, context)?;
    }
    for (holder, name) in [(&map, "clear"), (&set, "clear")] {
        replace(holder, name, entries, shared, context)?;
    }
    replace(&map, "forEach", for_each, shared, context)?;
    replace(&set, "forEach", for_each, shared, context)
}

fn properties(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.shared.check(context)?;
    for arg in args {
        guard.list(arg, context)?;
    }
    guard.originals[0].call(this, args, context)
}

impl Guard {
    /// Asks for a list of the properties of a value.
    pub(super) fn list(&self, value: &JsValue, context: &mut Context) -> JsResult<()> {
        /// Bytes of a key in a list, at least.
        const KEY: u64 = 64;
        let count = listed(value, context)?;
        self.elements(count, context)?;
        self.reserve(count.saturating_mul(KEY), context)
    }
}

/// How many properties a value has that are stored nowhere.
fn listed(value: &JsValue, context: &mut Context) -> JsResult<u64> {
    if let Some(text) = value.as_string() {
        return Ok(text.len() as u64);
    }
    let Some(object) = value.as_object() else {
        return Ok(0);
    };
    if let Some(text) = object.downcast_ref::<JsString>() {
        return Ok(text.len() as u64);
    }
    if object.is_ordinary() || object.is_array() {
        return Ok(0);
    }
    match JsTypedArray::from_object(object) {
        Ok(array) => Ok(array.length(context)? as u64),
        Err(_) => Ok(0),
    }
}

fn entries(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.shared.check(context)?;
    guard.originals[0].call(this, args, context)
}

/// Asks before each call of a native callback, which has no check of its own.
fn for_each(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.spend(1, context)?;
    let Some(callback) = arg(args, 0).as_callable().filter(is_native) else {
        return guard.originals[0].call(this, args, context);
    };
    let mut args = args.to_vec();
    args[0] = guard.paid(callback, context).into();
    guard.originals[0].call(this, &args, context)
}

/// Functions of scripts ask the limits when they are entered.
fn is_native(function: &JsObject) -> bool {
    !function.is::<boa_engine::builtins::function::OrdinaryFunction>()
}
