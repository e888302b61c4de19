//! `at`, `repeat`, `padStart`, `padEnd`, `concat`, `trim` and its kin,
//! `localeCompare` and `String.raw`.
//!
//! The one rule: how long the text will be is known before it is made.

use super::{Guard, arg, builder::Text, length_of, replace};
use crate::{error::LimitHit, shared::Shared};
use boa_engine::{
    Context, JsResult, JsString, JsValue, js_string, string::JsStrVariant, value::IntegerOrInfinity,
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let string = context.intrinsics().constructors().string().prototype();
    replace(&string, "at", at, shared, context)?;
    replace(&string, "repeat", repeat, shared, context)?;
    replace(&string, "padStart", pad_start, shared, context)?;
    replace(&string, "padEnd", pad_end, shared, context)?;
    replace(&string, "concat", concat, shared, context)?;
    replace(&string, "trim", trim, shared, context)?;
    replace(&string, "trimStart", trim_start, shared, context)?;
    replace(&string, "trimEnd", trim_end, shared, context)?;
    replace(&string, "localeCompare", compare, shared, context)?;
    let constructor = context.intrinsics().constructors().string().constructor();
    replace(&constructor, "raw", raw, shared, context)
}

impl Guard {
    /// Asks for a text of so many units.
    pub(super) fn text(&self, units: u64, context: &mut Context) -> JsResult<()> {
        let limit = self.shared.execution().limits().string_length;
        if units > limit {
            return Err(self.shared.end(LimitHit::StringLength(limit), context));
        }
        Ok(())
    }
}

/// Bytes of a text with so many units like those of `text`.
fn bytes(text: &JsString, units: u64) -> u64 {
    let is_narrow = text.iter().all(|unit| unit < 0x100);
    units.saturating_mul(if is_narrow { 1 } else { 2 })
}

/// The engine panics for an index that is far below zero.
fn at(guard: &Guard, this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    const FAR: f64 = 9_007_199_254_740_992.0;
    let text = this.require_object_coercible()?.to_string(context)?;
    let index = arg(args, 0).to_number(context)?.clamp(-FAR, FAR);
    guard.originals[0].call(&text.into(), &[index.into()], context)
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
    guard.text(units, context)?;
    guard.reserve(bytes(&text, units), context)?;
    match u64::try_from(count) {
        Ok(count) => Ok(guard.repeated(&text, count, context)?.into()),
        Err(_) => guard.originals[0].call(&text.into(), &[count.into()], context),
    }
}

impl Guard {
    /// A text that is known to be short enough, so many times.
    fn repeated(
        &self,
        text: &JsString,
        mut count: u64,
        context: &mut Context,
    ) -> JsResult<JsString> {
        let (mut made, mut power) = (js_string!(), text.clone());
        while count > 0 && !power.is_empty() {
            if count % 2 == 1 {
                made = self.joined(&made, &power, context)?;
            }
            count /= 2;
            if count > 0 {
                power = self.joined(&power, &power, context)?;
            }
        }
        Ok(made)
    }

    fn joined(&self, a: &JsString, b: &JsString, context: &mut Context) -> JsResult<JsString> {
        /// Units that are copied in the time of one step.
        const COPIED: usize = 1024;
        self.spend(1 + ((a.len() + b.len()) / COPIED) as u64, context)?;
        Ok(JsString::concat(a.as_str(), b.as_str()))
    }
}

fn pad_start(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (text, padding) = padding(guard, this, args, context)?;
    Ok(guard.joined(&padding, &text, context)?.into())
}

fn pad_end(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (text, padding) = padding(guard, this, args, context)?;
    Ok(guard.joined(&text, &padding, context)?.into())
}

/// A text and what it lacks to the length that is asked for.
fn padding(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<(JsString, JsString)> {
    let text = this.require_object_coercible()?.to_string(context)?;
    let length = arg(args, 0).to_length(context)?;
    if length <= text.len() as u64 {
        return Ok((text, js_string!()));
    }
    let filler = match arg(args, 1) {
        filler if filler.is_undefined() => js_string!(" "),
        filler => filler.to_string(context)?,
    };
    if filler.is_empty() {
        return Ok((text, filler));
    }
    guard.text(length, context)?;
    guard.reserve(length.saturating_mul(2), context)?;
    let (units, lacks) = (filler.len() as u64, length - text.len() as u64);
    let whole = guard.repeated(&filler, lacks / units, context)?;
    let rest = usize::try_from(lacks % units).unwrap_or(0);
    let padding = guard.joined(&whole, &filler.slice(0, rest), context)?;
    Ok((text, padding))
}

/// Units that are looked at in the time of one step.
const UNITS: usize = 64;

fn concat(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut parts = vec![this.require_object_coercible()?.to_string(context)?];
    for part in args {
        parts.push(part.to_string(context)?);
    }
    let units = parts.iter().map(|part| part.len() as u64).sum();
    guard.text(units, context)?;
    guard.spend(units / UNITS as u64, context)?;
    let parts: Vec<_> = parts.iter().map(JsString::as_str).collect();
    Ok(JsString::concat_array(&parts).into())
}

fn trim(guard: &Guard, this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(guard.looked_at(this, context)?.trim().into())
}

fn trim_start(
    guard: &Guard,
    this: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    Ok(guard.looked_at(this, context)?.trim_start().into())
}

fn trim_end(
    guard: &Guard,
    this: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    Ok(guard.looked_at(this, context)?.trim_end().into())
}

impl Guard {
    /// The text that a method is called on, which will look at all of it.
    fn looked_at(&self, this: &JsValue, context: &mut Context) -> JsResult<JsString> {
        let text = this.require_object_coercible()?.to_string(context)?;
        self.spend((text.len() / UNITS) as u64, context)?;
        Ok(text)
    }
}

fn compare(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = guard.looked_at(this, context)?;
    let other = arg(args, 0).to_string(context)?;
    // Without the engine's tables of languages, the order is that of the units.
    let order = match (text.variant(), other.variant()) {
        (JsStrVariant::Latin1(a), JsStrVariant::Latin1(b)) => a.cmp(b),
        _ => text.cmp(&other),
    };
    Ok(JsValue::from(order as i8))
}

fn raw(guard: &Guard, _: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let cooked = arg(args, 0).to_object(context)?;
    let raw = cooked.get(js_string!("raw"), context)?.to_object(context)?;
    let mut out = Text::new();
    let length = length_of(&raw, context)?;
    for index in 0..length {
        guard.spend(1, context)?;
        let mut texts = vec![raw.get(index, context)?.to_string(context)?];
        let between = usize::try_from(index + 1).ok().and_then(|at| args.get(at));
        if let Some(between) = between.filter(|_| index + 1 < length) {
            texts.push(between.to_string(context)?);
        }
        for text in texts {
            guard.text((out.len() + text.len()) as u64, context)?;
            out.push(text.as_str());
        }
    }
    Ok(out.finish().into())
}
