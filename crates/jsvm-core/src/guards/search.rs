//! `indexOf`, `lastIndexOf` and `includes` of arrays.
//!
//! The one rule: each is the algorithm of the standard, step by step, and asks
//! the limits on its way.

use super::{
    Guard, arg,
    elements::{element, relative},
    replace,
};
use crate::shared::Shared;
use boa_engine::{Context, JsResult, JsValue, value::IntegerOrInfinity};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array().prototype();
    replace(&array, "indexOf", index_of, shared, context)?;
    replace(&array, "lastIndexOf", last_index_of, shared, context)?;
    replace(&array, "includes", includes, shared, context)
}

fn index_of(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    if length == 0 {
        return Ok(JsValue::from(-1));
    }
    let wanted = arg(args, 0);
    for index in relative(&arg(args, 1), length, context)?..length {
        guard.spend(1, context)?;
        let value = element(&object, index, context)?;
        if value.is_some_and(|value| value.strict_equals(&wanted)) {
            return Ok(index.into());
        }
    }
    Ok(JsValue::from(-1))
}

fn last_index_of(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    if length == 0 {
        return Ok(JsValue::from(-1));
    }
    let wanted = arg(args, 0);
    let end = match args.get(1) {
        Some(from) => end_before(from, length, context)?,
        None => length,
    };
    for index in (0..end).rev() {
        guard.spend(1, context)?;
        let value = element(&object, index, context)?;
        if value.is_some_and(|value| value.strict_equals(&wanted)) {
            return Ok(index.into());
        }
    }
    Ok(JsValue::from(-1))
}

/// One behind the index at which a search backwards starts.
pub(super) fn end_before(from: &JsValue, length: u64, context: &mut Context) -> JsResult<u64> {
    Ok(match from.to_integer_or_infinity(context)? {
        IntegerOrInfinity::NegativeInfinity => 0,
        IntegerOrInfinity::PositiveInfinity => length,
        IntegerOrInfinity::Integer(index) if index < 0 => {
            (length + 1).saturating_sub(index.unsigned_abs())
        }
        IntegerOrInfinity::Integer(index) => index.unsigned_abs().saturating_add(1).min(length),
    })
}

fn includes(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    if length == 0 {
        return Ok(false.into());
    }
    let wanted = arg(args, 0);
    for index in relative(&arg(args, 1), length, context)?..length {
        guard.spend(1, context)?;
        if JsValue::same_value_zero(&object.get(index, context)?, &wanted) {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}
