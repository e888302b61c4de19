//! `DateTime`, `Timezone`, and `sleep`.
//!
//! The one rule: a script never sleeps past its deadline.

use super::{
    byte_slice,
    class::{Class, arg, constructor, define_global, host, instance, integer, string, this},
    duration, go_json,
};
use crate::{datetime::DateTime, executor::Executor, observer::host_call};
use boa_engine::{
    Context, JsData, JsError, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsDate,
};
use boa_gc::{Finalize, Trace};
use jiff::tz::TimeZone;
use std::time::Duration;

/// A moment that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct DateTimeObject(pub(crate) DateTime);

/// A time zone that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct ZoneObject(TimeZone);

/// Adds `DateTime`, `Timezone` and `sleep`; returns the prototype of moments.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = DATE_TIME.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let zone = match host::<ZoneObject>(&arg(args, 1)) {
                Some(ZoneObject(zone)) => zone,
                None => zone(&super::class::text(args, 1, context)?),
            };
            let at = from_value(&arg(args, 0), &zone, context)?;
            Ok(instance(prototype, DateTimeObject(at), context))
        },
        prototype.clone(),
    );
    let function = constructor("DateTime", 2, body, &prototype, context)?;
    define_global("DateTime", function.into(), context)?;
    let zones = ZONE.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let name = super::class::text(args, 0, context)?;
            Ok(instance(prototype, ZoneObject(zone(&name)), context))
        },
        zones.clone(),
    );
    let function = constructor("Timezone", 1, body, &zones, context)?;
    define_global("Timezone", function.into(), context)?;
    let sleep = NativeFunction::from_fn_ptr(sleep);
    let sleep = super::class::function("sleep", 1, sleep, context);
    define_global("sleep", sleep.into(), context)?;
    Ok(prototype)
}

/// PocketBase: no text is now, text that is no date is none.
fn from_value(value: &JsValue, zone: &TimeZone, context: &mut Context) -> JsResult<DateTime> {
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
            Ok(DateTime::parse_in(&text.to_std_string_lossy(), zone).unwrap_or_default())
        }
        _ => Ok(DateTime::now()),
    }
}

/// PocketBase: a name that no zone has, and none at all, is UTC.
fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

const ZONE: Class = Class {
    methods: &[("string", 0, zone_name), ("toString", 0, zone_name)],
    getters: &[],
    accessors: &[],
};

fn zone_name(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let ZoneObject(zone) = this(value)?;
    Ok(string(zone.iana_name().unwrap_or("UTC")))
}

const DATE_TIME: Class = Class {
    methods: &[
        ("string", 0, text),
        ("toString", 0, text),
        ("toJSON", 0, text),
        ("value", 0, text),
        ("marshalJSON", 0, |value, _, context| {
            let DateTimeObject(at) = this(value)?;
            let text = go_json::encode_plain(&at.to_string().into());
            Ok(byte_slice::object(text.into_bytes(), context))
        }),
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
        ("compare", 1, |value, args, _| {
            let DateTimeObject(a) = this(value)?;
            let DateTimeObject(b) = this(&arg(args, 0))?;
            Ok(JsValue::from(a.cmp(&b) as i32))
        }),
        ("add", 1, |value, args, context| {
            let DateTimeObject(at) = this(value)?;
            let duration = duration::from_value(&arg(args, 0), context)?;
            Ok(moment(at.add(duration), context))
        }),
        ("addDate", 3, |value, args, context| {
            let DateTimeObject(at) = this(value)?;
            let years = integer(args, 0, context)?;
            let months = integer(args, 1, context)?;
            let days = integer(args, 2, context)?;
            Ok(moment(at.add_date(years, months, days), context))
        }),
        ("sub", 1, |value, args, context| {
            let DateTimeObject(a) = this(value)?;
            let DateTimeObject(b) = this(&arg(args, 0))?;
            Ok(duration::object(a.since(b), context))
        }),
        ("equal", 1, |value, args, _| {
            compare(value, args, |a, b| a == b)
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn moment(at: DateTime, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).date_time.clone();
    instance(&prototype, DateTimeObject(at), context)
}

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
