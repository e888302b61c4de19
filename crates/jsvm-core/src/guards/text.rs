//! `repeat`, `padStart` and `padEnd`.
//!
//! The one rule: how long the text will be is known before it is made.

use super::{Guard, arg, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsResult, JsString, JsValue, value::IntegerOrInfinity};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let string = context.intrinsics().constructors().string().prototype();
    replace(&string, "repeat", repeat, shared, context)?;
    replace(&string, "padStart", pad, shared, context)?;
    replace(&string, "padEnd", pad, shared, context)
}

/// Bytes of a text with so many units like those of `text`.
fn bytes(text: &JsString, units: u64) -> u64 {
    let is_narrow = text.iter().all(|unit| unit < 0x100);
    units.saturating_mul(if is_narrow { 1 } else { 2 })
}

fn repeat(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this.require_object_coercible()?.to_string(context)?;
    let count = arg(args, 0).to_integer_or_infinity(context)?;
    let IntegerOrInfinity::Integer(count) = count else {
        return guard.originals[0].call(&text.into(), &[f64::INFINITY.into()], context);
    };
    let units = u64::try_from(count)
        .unwrap_or(0)
        .saturating_mul(text.len() as u64);
    guard.reserve(bytes(&text, units), context)?;
    #[expect(clippy::cast_precision_loss, reason = "such a count was refused above")]
    let count = count as f64;
    guard.originals[0].call(&text.into(), &[count.into()], context)
}

fn pad(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this.require_object_coercible()?.to_string(context)?;
    let length = arg(args, 0).to_length(context)?;
    if length <= text.len() as u64 {
        return Ok(text.into());
    }
    let filler = arg(args, 1);
    let filler = if filler.is_undefined() {
        JsString::from(" ")
    } else {
        filler.to_string(context)?
    };
    if filler.is_empty() {
        return Ok(text.into());
    }
    guard.reserve(length.saturating_mul(2), context)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "such a length was refused above"
    )]
    let length = length as f64;
    guard.originals[0].call(&text.into(), &[length.into(), filler.into()], context)
}
