//! `DateTime`, and `sleep`.
//!
//! The one rule: a script never sleeps past its deadline.

use super::class::{Class, arg, constructor, define_global, instance, string, this};
use crate::{datetime::DateTime, executor::Executor, observer::host_call};
use boa_engine::{
    Context, JsData, JsError, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsDate,
};
use boa_gc::{Finalize, Trace};
use std::time::Duration;

/// A moment that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct DateTimeObject(pub(crate) DateTime);

/// Adds `DateTime` and `sleep`; returns the prototype of moments.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = DATE_TIME.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let at = from_value(&arg(args, 0), context)?;
            Ok(instance(prototype, DateTimeObject(at), context))
        },
        prototype.clone(),
    );
    let function = constructor("DateTime", 1, body, &prototype, context)?;
    define_global("DateTime", function.into(), context)?;
    let sleep = NativeFunction::from_fn_ptr(sleep);
    let sleep = super::class::function("sleep", 1, sleep, context);
    define_global("sleep", sleep.into(), context)?;
    Ok(prototype)
}

/// PocketBase: no text is now, text that is no date is none.
fn from_value(value: &JsValue, context: &mut Context) -> JsResult<DateTime> {
    if let Some(object) = value.as_object()
        && let Ok(date) = JsDate::from_object(object)
    {
        let time = date.get_time(context)?.as_number().unwrap_or(f64::NAN);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "dates are whole milliseconds"
        )]
        let at = DateTime::from_unix_milliseconds(time as i64);
        return Ok(at.filter(|_| !time.is_nan()).unwrap_or_default());
    }
    match value.as_string() {
        Some(text) if !text.is_empty() => {
            Ok(DateTime::parse(&text.to_std_string_lossy()).unwrap_or_default())
        }
        _ => Ok(DateTime::now()),
    }
}

const DATE_TIME: Class = Class {
    methods: &[
        ("string", 0, text),
        ("toString", 0, text),
        ("toJSON", 0, text),
        ("unix", 0, |value, _, _| {
            let DateTimeObject(at) = this(value)?;
            Ok(number(at.unix()))
        }),
        ("isZero", 0, |value, _, _| {
            let DateTimeObject(at) = this(value)?;
            Ok(at.is_zero().into())
        }),
        ("before", 1, |value, args, _| {
            compare(value, args, |a, b| a < b)
        }),
        ("after", 1, |value, args, _| {
            compare(value, args, |a, b| a > b)
        }),
        ("equal", 1, |value, args, _| {
            compare(value, args, |a, b| a == b)
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn text(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let DateTimeObject(at) = this(value)?;
    Ok(string(at.to_string()))
}

fn compare(
    value: &JsValue,
    args: &[JsValue],
    test: fn(DateTime, DateTime) -> bool,
) -> JsResult<JsValue> {
    let DateTimeObject(a) = this(value)?;
    let DateTimeObject(b) = this(&arg(args, 0))?;
    Ok(test(a, b).into())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript numbers are what they are"
)]
fn number(value: i64) -> JsValue {
    (value as f64).into()
}

/// Blocks for so many milliseconds, or until the deadline.
fn sleep(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let milliseconds = super::class::integer(args, 0, context)?;
    let wanted = Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0));
    let left = Executor::current().map_or(wanted, |executor| executor.remaining());
    // In pieces, so that an interrupt from another thread is seen soon.
    let mut left = wanted.min(left);
    host_call("sleep", || {
        while !left.is_zero() {
            let piece = left.min(Duration::from_millis(10));
            std::thread::sleep(piece);
            left -= piece;
            jsvm_core::check_limits(context)?;
        }
        Ok::<(), JsError>(())
    })?;
    jsvm_core::check_limits(context)?;
    Ok(JsValue::undefined())
}
