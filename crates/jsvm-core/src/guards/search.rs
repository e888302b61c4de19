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
use boa_engine::{
    Context, JsObject, JsResult, JsValue, object::IndexPropertyValues, value::IntegerOrInfinity,
};
use std::ops::Range;

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
    let from = relative(&arg(args, 1), length, context)?;
    if let Some(found) = guard.search(
        &object,
        from..length,
        &wanted,
        JsValue::strict_equals,
        context,
    )? {
        return Ok(found.map_or_else(|| JsValue::from(-1), Into::into));
    }
    for index in from..length {
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
    let from = relative(&arg(args, 1), length, context)?;
    if let Some(found) = guard.search(
        &object,
        from..length,
        &wanted,
        JsValue::same_value_zero,
        context,
    )? {
        return Ok(found.is_some().into());
    }
    for index in from..length {
        guard.spend(1, context)?;
        if JsValue::same_value_zero(&object.get(index, context)?, &wanted) {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

impl Guard {
    /// Looks for a value in a part of an array whose elements lie side by side
    /// in memory; `None` if they do not. No script runs.
    fn search(
        &self,
        object: &JsObject,
        part: Range<u64>,
        wanted: &JsValue,
        equals: impl Fn(&JsValue, &JsValue) -> bool,
        context: &mut Context,
    ) -> JsResult<Option<Option<u64>>> {
        /// Elements that are compared in the time of one step.
        const COMPARED: u64 = 16;
        if !object.is_array() {
            return Ok(None);
        }
        self.spend(part.end.saturating_sub(part.start) / COMPARED, context)?;
        Ok(dense_position(object, &part, wanted, equals))
    }
}

fn dense_position(
    object: &JsObject,
    part: &Range<u64>,
    wanted: &JsValue,
    equals: impl Fn(&JsValue, &JsValue) -> bool,
) -> Option<Option<u64>> {
    let within = usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?;
    let object = object.borrow();
    let number = wanted.as_number();
    let found = match object.properties().index_property_values() {
        IndexPropertyValues::DenseElement(values) => {
            let values = values.as_slice().get(within)?;
            values.iter().position(|value| equals(value, wanted))
        }
        IndexPropertyValues::DenseI32(numbers) => {
            let numbers = numbers.as_slice().get(within)?;
            let number = number.filter(|number| number.fract() == 0.0);
            number.and_then(|wanted| numbers.iter().position(|it| f64::from(*it) == wanted))
        }
        IndexPropertyValues::DenseF64(numbers) => {
            let numbers = numbers.as_slice().get(within)?;
            let is_wanted = |it: &f64| equals(&JsValue::from(*it), wanted);
            number.and_then(|_| numbers.iter().position(is_wanted))
        }
        _ => return None,
    };
    Some(found.map(|at| part.start + at as u64))
}
