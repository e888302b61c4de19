//! How long something takes, as scripts see it.
//!
//! The one rule: PocketBase: it is a number of nanoseconds that prints as Go
//! prints it, for example `24h0m0s`.

use super::class::{Class, instance, string, this};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use jiff::SignedDuration;
use std::fmt::Write;

/// A length of time that a script holds.
#[derive(Clone, Copy, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct DurationObject(#[unsafe_ignore_trace] SignedDuration);

/// The prototype of lengths of time.
pub(super) fn prototype(context: &mut Context) -> JsResult<JsObject> {
    DURATION.prototype(None, context)
}

/// The object of a length of time.
pub(super) fn object(duration: SignedDuration, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).duration.clone();
    instance(&prototype, DurationObject(duration), context)
}

/// A length of time from a number of nanoseconds or an object of ours.
///
/// # Errors
///
/// What the conversion to a number throws.
pub(super) fn from_value(value: &JsValue, context: &mut Context) -> JsResult<SignedDuration> {
    if let Ok(DurationObject(duration)) = this(value) {
        return Ok(duration);
    }
    let nanoseconds = value.to_number(context)?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and NaN is 0")]
    let nanoseconds = nanoseconds as i64;
    Ok(SignedDuration::from_nanos(nanoseconds))
}

const DURATION: Class = Class {
    methods: &[
        ("string", 0, text),
        ("toString", 0, text),
        ("valueOf", 0, |value, _, _| whole(value, 1)),
        ("toJSON", 0, |value, _, _| whole(value, 1)),
        ("nanoseconds", 0, |value, _, _| whole(value, 1)),
        ("microseconds", 0, |value, _, _| whole(value, 1_000)),
        ("milliseconds", 0, |value, _, _| whole(value, 1_000_000)),
        ("seconds", 0, |value, _, _| parts(value, 1.0)),
        ("minutes", 0, |value, _, _| parts(value, 60.0)),
        ("hours", 0, |value, _, _| parts(value, 3600.0)),
    ],
    getters: &[],
    accessors: &[],
};

fn text(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let DurationObject(duration) = this(value)?;
    Ok(string(go_text(duration)))
}

/// How many units of so many nanoseconds fit into it.
#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript numbers are what they are"
)]
fn whole(value: &JsValue, unit: i128) -> JsResult<JsValue> {
    let DurationObject(duration) = this(value)?;
    Ok(((duration.as_nanos() / unit) as f64).into())
}

/// How many units of so many seconds it is, with fractions.
fn parts(value: &JsValue, unit: f64) -> JsResult<JsValue> {
    let DurationObject(duration) = this(value)?;
    Ok((duration.as_secs_f64() / unit).into())
}

/// As Go prints it.
fn go_text(duration: SignedDuration) -> String {
    let total = duration.as_nanos().unsigned_abs();
    let mut text = String::from(if duration.is_negative() { "-" } else { "" });
    let (value, unit, scale) = match total {
        0 => return "0s".into(),
        1..1_000 => (total, "ns", 1_u128),
        1_000..1_000_000 => (total, "µs", 1_000),
        1_000_000..1_000_000_000 => (total, "ms", 1_000_000),
        _ => {
            let minutes = total / 60_000_000_000;
            if minutes >= 60 {
                text += &format!("{}h", minutes / 60);
            }
            if minutes > 0 {
                text += &format!("{}m", minutes % 60);
            }
            (total % 60_000_000_000, "s", 1_000_000_000)
        }
    };
    let digits = scale.ilog10() as usize;
    let fraction = format!("{:0digits$}", value % scale);
    let fraction = fraction.trim_end_matches('0');
    // Writing to a text cannot fail.
    let _ = match digits == 0 || fraction.is_empty() {
        true => write!(text, "{}{unit}", value / scale),
        false => write!(text, "{}.{fraction}{unit}", value / scale),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_in_go() {
        for (nanoseconds, wanted) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_000_000, "2ms"),
            (2_000_001, "2.000001ms"),
            (1_000_000_000, "1s"),
            (61_050_000_000, "1m1.05s"),
            (86_400_000_000_000, "24h0m0s"),
            (-3_600_000_000_000, "-1h0m0s"),
        ] {
            assert_eq!(go_text(SignedDuration::from_nanos(nanoseconds)), wanted);
        }
    }
}
