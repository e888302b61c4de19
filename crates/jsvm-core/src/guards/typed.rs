//! Methods of typed arrays.
//!
//! The one rule: short arrays are left to the engine. For long ones, callbacks
//! pay for each call, and what the engine would do in one go is done in parts
//! where parts give the same.

use super::{
    Guard, arg,
    elements::{relative, relative_end},
    replace,
};
use crate::shared::Shared;
use boa_engine::{
    Context, JsObject, JsResult, JsValue, js_string,
    object::{FunctionObjectBuilder, builtins::JsTypedArray},
    value::PreferredType,
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let typed = context.intrinsics().constructors().typed_array();
    let prototype = typed.prototype();
    for name in [
        "forEach",
        "map",
        "filter",
        "some",
        "every",
        "find",
        "findIndex",
        "findLast",
        "findLastIndex",
        "reduce",
        "reduceRight",
    ] {
        replace(&prototype, name, call_back, shared, context)?;
    }
    for name in [
        "copyWithin",
        "reverse",
        "set",
        "slice",
        "toReversed",
        "with",
    ] {
        replace(&prototype, name, in_one_go, shared, context)?;
    }
    replace(&prototype, "fill", fill, shared, context)?;
    replace(&prototype, "indexOf", index_of, shared, context)?;
    replace(&prototype, "lastIndexOf", last_index_of, shared, context)?;
    replace(&prototype, "includes", includes, shared, context)?;
    replace(&prototype, "join", join, shared, context)
}

/// Elements of an array that is left to the engine.
const SHORT: u64 = 4096;

/// The typed array with its length if it is long.
///
/// Anything else is short: the engine tells what is wrong with it.
fn long(this: &JsValue, context: &mut Context) -> JsResult<Option<(JsObject, u64)>> {
    let Some(object) = this.as_object() else {
        return Ok(None);
    };
    let Ok(array) = JsTypedArray::from_object(object.clone()) else {
        return Ok(None);
    };
    let length = array.length(context)? as u64;
    Ok((length > SHORT).then_some((object, length)))
}

/// A method with a callback as its first argument.
fn call_back(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.spend(1, context)?;
    let callback = arg(args, 0).as_callable();
    let (Some(_), Some(callback)) = (long(this, context)?, callback) else {
        return guard.originals[0].call(this, args, context);
    };
    let mut args = args.to_vec();
    args[0] = guard.paid(callback, context).into();
    guard.originals[0].call(this, &args, context)
}

impl Guard {
    /// A callback that pays for each call.
    pub(super) fn paid(&self, callback: JsObject, context: &mut Context) -> JsObject {
        let native = super::native(
            |guard, this, args, context| {
                guard.spend(1, context)?;
                guard.originals[0].call(this, args, context)
            },
            &self.shared,
            vec![callback],
        );
        FunctionObjectBuilder::new(context.realm(), native)
            .build()
            .into()
    }
}

fn in_one_go(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    /// Elements that are moved in the time of one step.
    const MOVED: u64 = 8;
    let length = long(this, context)?.map_or(0, |(_, length)| length);
    guard.spend(1 + length / MOVED, context)?;
    guard.originals[0].call(this, args, context)
}

fn fill(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((array, length)) = long(this, context)? else {
        guard.spend(1, context)?;
        return guard.originals[0].call(this, args, context);
    };
    let mut value = arg(args, 0);
    if value.is_object() {
        value = value.to_primitive(context, PreferredType::Number)?;
    }
    // The engine checks the value before it looks at the range.
    let array = JsValue::from(array);
    guard.originals[0].call(&array, &[value.clone(), 0.into(), 0.into()], context)?;
    let start = relative(&arg(args, 1), length, context)?;
    let end = relative_end(&arg(args, 2), length, context)?;
    let mut at = start;
    loop {
        let next = (at + SHORT).min(end);
        guard.spend(SHORT, context)?;
        let part = [value.clone(), at.into(), next.into()];
        guard.originals[0].call(&array, &part, context)?;
        if next >= end {
            return Ok(array);
        }
        at = next;
    }
}

fn index_of(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((array, length)) = long(this, context)? else {
        return guard.originals[0].call(this, args, context);
    };
    let wanted = arg(args, 0);
    let from = relative(&arg(args, 1), length, context)?;
    let found = guard.scan(&array, from..length, context, |value| {
        value.strict_equals(&wanted)
    })?;
    Ok(found.map_or_else(|| JsValue::from(-1), Into::into))
}

fn last_index_of(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((array, length)) = long(this, context)? else {
        return guard.originals[0].call(this, args, context);
    };
    let wanted = arg(args, 0);
    let end = match args.get(1) {
        Some(from) => super::search::end_before(from, length, context)?,
        None => length,
    };
    let found = guard.scan(&array, (0..end).rev(), context, |value| {
        value.strict_equals(&wanted)
    })?;
    Ok(found.map_or_else(|| JsValue::from(-1), Into::into))
}

fn includes(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((array, length)) = long(this, context)? else {
        return guard.originals[0].call(this, args, context);
    };
    let wanted = arg(args, 0);
    let from = relative(&arg(args, 1), length, context)?;
    let found = guard.scan(&array, from..length, context, |value| {
        JsValue::same_value_zero(value, &wanted)
    })?;
    Ok(found.is_some().into())
}

impl Guard {
    /// The first index of an element that is wanted.
    fn scan(
        &self,
        array: &JsObject,
        indices: impl Iterator<Item = u64>,
        context: &mut Context,
        is_wanted: impl Fn(&JsValue) -> bool,
    ) -> JsResult<Option<u64>> {
        for index in indices {
            self.spend(1, context)?;
            if is_wanted(&array.get(index, context)?) {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

fn join(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some((array, length)) = long(this, context)? else {
        return guard.originals[0].call(this, args, context);
    };
    let separator = arg(args, 0);
    let separator = if separator.is_undefined() {
        js_string!(",")
    } else {
        separator.to_string(context)?
    };
    guard.text_of(&array, length, &separator, context, |element, context| {
        element.to_string(context)
    })
}
