//! `BigInt` of texts and the text of a `BigInt`.
//!
//! The one rule: what the engine does in quadratic time has a bound, beyond
//! which the number is too large, as the standard lets it be.

use super::{Guard, arg, buffers::replace_class, elements::range_error, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsBigInt, JsResult, JsValue};

/// Decimal digits that are converted within 50 ms.
const MAX_DIGITS: u64 = 200_000;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    replace_class("BigInt", big_int, shared, context)?;
    let prototype = context.intrinsics().constructors().bigint().prototype();
    replace(&prototype, "toString", to_string, shared, context)?;
    replace(&prototype, "toLocaleString", to_string, shared, context)
}

impl Guard {
    /// Asks for a conversion of so many digits.
    fn digits(&self, digits: u64, context: &mut Context) -> JsResult<()> {
        if digits > MAX_DIGITS {
            return Err(range_error("Maximum BigInt size exceeded"));
        }
        // 200,000 digits are 50 ms, and the time grows with the square.
        self.spend(1 + digits * digits / 80_000, context)
    }
}

fn big_int(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    // Constructors get their `new.target` as `this`; this one is none.
    if this.is_object() {
        return guard.originals[0]
            .construct(args, None, context)
            .map(Into::into);
    }
    if let Some(text) = arg(args, 0).as_string() {
        guard.digits(text.trim().len() as u64, context)?;
    }
    guard.originals[0].call(this, args, context)
}

fn to_string(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let boxed = this.as_object();
    let bits = match &boxed {
        Some(object) => object
            .downcast_ref::<JsBigInt>()
            .map(|number| bits(&number)),
        None => this.as_bigint().map(|number| bits(&number)),
    };
    // A decimal digit has more than three bits.
    guard.digits(bits.unwrap_or(0) / 3, context)?;
    guard.originals[0].call(this, args, context)
}

fn bits(number: &JsBigInt) -> u64 {
    number.as_inner().bits()
}
