//! Methods that change an array in place: `fill`, `reverse`, `copyWithin`,
//! `shift`, `unshift` and `splice`.
//!
//! The one rule: each is the algorithm of the standard, step by step, and asks
//! the limits on its way.

use super::{
    Guard, arg,
    elements::{
        MAX_LENGTH, element, is_dense, move_element, relative, relative_end, set_length, type_error,
    },
    replace,
};
use crate::shared::Shared;
use boa_engine::{Context, JsObject, JsResult, JsValue};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array().prototype();
    replace(&array, "fill", fill, shared, context)?;
    replace(&array, "reverse", reverse, shared, context)?;
    replace(&array, "copyWithin", copy_within, shared, context)?;
    replace(&array, "shift", shift, shared, context)?;
    replace(&array, "unshift", unshift, shared, context)?;
    replace(&array, "splice", splice, shared, context)
}

fn fill(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let value = arg(args, 0);
    let start = relative(&arg(args, 1), length, context)?;
    let end = relative_end(&arg(args, 2), length, context)?;
    if object.is_array() {
        guard.elements(end.saturating_sub(start), context)?;
    }
    for index in start..end {
        guard.spend(1, context)?;
        object.set(index, value.clone(), true, context)?;
    }
    Ok(object.into())
}

fn reverse(
    guard: &Guard,
    this: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    for lower in 0..length / 2 {
        guard.spend(1, context)?;
        let upper = length - lower - 1;
        let first = element(&object, lower, context)?;
        let second = element(&object, upper, context)?;
        match (first, second) {
            (Some(first), Some(second)) => {
                object.set(lower, second, true, context)?;
                object.set(upper, first, true, context)?;
            }
            (None, Some(second)) => {
                object.set(lower, second, true, context)?;
                object.delete_property_or_throw(upper, context)?;
            }
            (Some(first), None) => {
                object.delete_property_or_throw(lower, context)?;
                object.set(upper, first, true, context)?;
            }
            (None, None) => {}
        }
    }
    Ok(object.into())
}

fn copy_within(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let to = relative(&arg(args, 0), length, context)?;
    let from = relative(&arg(args, 1), length, context)?;
    let end = relative_end(&arg(args, 2), length, context)?;
    let count = end.saturating_sub(from).min(length - to);
    let is_backwards = from < to && to < from + count;
    for step in 0..count {
        guard.spend(1, context)?;
        let step = if is_backwards { count - 1 - step } else { step };
        move_element(&object, from + step, to + step, context)?;
    }
    Ok(object.into())
}

fn shift(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    /// Elements that are moved in the time of one step.
    const MOVED: u64 = 128;
    let (object, length) = Guard::subject(this, context)?;
    if length == 0 {
        set_length(&object, 0, context)?;
        return Ok(JsValue::undefined());
    }
    // The engine moves it as a block of memory.
    if is_dense(&object, length) {
        guard.spend(length / MOVED, context)?;
        return guard.originals[0].call(&object.into(), args, context);
    }
    let first = object.get(0, context)?;
    for index in 1..length {
        guard.spend(1, context)?;
        move_element(&object, index, index - 1, context)?;
    }
    object.delete_property_or_throw(length - 1, context)?;
    set_length(&object, length - 1, context)?;
    Ok(first)
}

fn unshift(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let count = args.len() as u64;
    if count > 0 {
        if length + count > MAX_LENGTH {
            return Err(type_error("the array would be too long"));
        }
        for index in (0..length).rev() {
            guard.spend(1, context)?;
            move_element(&object, index, index + count, context)?;
        }
        for (index, value) in args.iter().enumerate() {
            object.set(index, value.clone(), true, context)?;
        }
    }
    set_length(&object, length + count, context)?;
    Ok((length + count).into())
}

fn splice(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let start = relative(&arg(args, 0), length, context)?;
    let items = args.get(2..).unwrap_or_default();
    let count = delete_count(args, start, length, context)?;
    let new_length = length + items.len() as u64 - count;
    if new_length > MAX_LENGTH {
        return Err(type_error("the array would be too long"));
    }
    let mut removed = guard.species(&object, count, context)?;
    for index in 0..count {
        guard.spend(1, context)?;
        if let Some(value) = element(&object, start + index, context)? {
            removed.put(index, value, context)?;
        }
    }
    let removed = removed.finish_with(count, context)?;
    guard.make_room(&object, start, count, items.len() as u64, length, context)?;
    for (index, value) in (start..).zip(items) {
        object.set(index, value.clone(), true, context)?;
    }
    set_length(&object, new_length, context)?;
    Ok(removed.into())
}

/// How many elements `splice` and `toSpliced` take out.
pub(super) fn delete_count(
    args: &[JsValue],
    start: u64,
    length: u64,
    context: &mut Context,
) -> JsResult<u64> {
    match args {
        [] => Ok(0),
        [_] => Ok(length - start),
        [_, count, ..] => {
            let count = count.to_integer_or_infinity(context)?;
            let most = i64::try_from(length - start).unwrap_or(i64::MAX);
            Ok(count.clamp_finite(0, most).unsigned_abs())
        }
    }
}

impl Guard {
    /// Moves what is behind the elements that go to behind those that come.
    fn make_room(
        &self,
        object: &JsObject,
        start: u64,
        gone: u64,
        come: u64,
        length: u64,
        context: &mut Context,
    ) -> JsResult<()> {
        if come < gone {
            for index in start..length - gone {
                self.spend(1, context)?;
                move_element(object, index + gone, index + come, context)?;
            }
            for index in (length - gone + come..length).rev() {
                self.spend(1, context)?;
                object.delete_property_or_throw(index, context)?;
            }
        } else if come > gone {
            for index in (start..length - gone).rev() {
                self.spend(1, context)?;
                move_element(object, index + gone, index + come, context)?;
            }
        }
        Ok(())
    }
}
