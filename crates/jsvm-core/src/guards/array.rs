//! `join`, `toString`, `toLocaleString` and `flat`.
//!
//! The one rule: an array inside of itself ends: as nothing in text, and at the
//! recursion limit in `flat`.

use super::{Guard, arg, builder::Text, elements::dense_element, is_array, length_of, replace};
use crate::shared::Shared;
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string,
    object::builtins::JsArray,
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array().prototype();
    replace(&array, "join", join, shared, context)?;
    replace(&array, "toString", to_string, shared, context)?;
    replace(&array, "toLocaleString", to_locale_string, shared, context)?;
    replace(&array, "flat", flat, shared, context)
}

fn join(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.to_object(context)?;
    let length = length_of(&object, context)?;
    let separator = arg(args, 0);
    let separator = if separator.is_undefined() {
        js_string!(",")
    } else {
        separator.to_string(context)?
    };
    guard.text_of(&object, length, &separator, context, |element, context| {
        element.to_string(context)
    })
}

/// Calls itself through `join` only; the depth is what needs a guard.
fn to_string(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.enter(None, context, |context| {
        guard.originals[0].call(this, args, context)
    })
}

fn to_locale_string(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.to_object(context)?;
    let length = length_of(&object, context)?;
    // ECMA-402 hands the arguments on.
    let args = [arg(args, 0), arg(args, 1)];
    guard.text_of(
        &object,
        length,
        &js_string!(","),
        context,
        |element, context| {
            let method = element
                .to_object(context)?
                .get(js_string!("toLocaleString"), context)?;
            let Some(method) = method.as_callable() else {
                return Err(JsNativeError::typ()
                    .with_message("not a callable function")
                    .into());
            };
            method.call(element, &args, context)?.to_string(context)
        },
    )
}

impl Guard {
    /// The texts of all elements with a separator between them.
    pub(super) fn text_of(
        &self,
        object: &JsObject,
        length: u64,
        separator: &JsString,
        context: &mut Context,
        text: impl Fn(&JsValue, &mut Context) -> JsResult<JsString>,
    ) -> JsResult<JsValue> {
        if self.shared.is_marked(object) {
            return Ok(js_string!().into());
        }
        let separators = length
            .saturating_sub(1)
            .saturating_mul(separator.len() as u64);
        self.reserve(separators.saturating_mul(2), context)?;
        self.tick(context)?;
        self.enter(Some(object), context, |context| {
            let mut out = Text::new();
            for index in 0..length {
                self.tick(context)?;
                if index > 0 {
                    out.push(separator.as_str());
                }
                let element = match dense_element(object, index) {
                    Some(element) => element,
                    None => object.get(index, context)?,
                };
                if !element.is_null_or_undefined() {
                    let text = text(&element, context)?;
                    self.reserve((out.len() + text.len()) as u64 * 2, context)?;
                    out.push(text.as_str());
                }
            }
            Ok(out.finish().into())
        })
    }
}

fn flat(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.to_object(context)?;
    let depth = arg(args, 0);
    let depth = if depth.is_undefined() {
        1.0
    } else {
        depth
            .to_integer_or_infinity(context)
            .map(|depth| match depth {
                boa_engine::value::IntegerOrInfinity::Integer(number) => number_of(number),
                boa_engine::value::IntegerOrInfinity::PositiveInfinity => f64::INFINITY,
                boa_engine::value::IntegerOrInfinity::NegativeInfinity => 0.0,
            })?
    };
    let target = species(&object, context)?;
    let mut out = Vec::new();
    guard.flatten(&object, depth, &mut out, context)?;
    let Some(target) = target else {
        return Ok(JsArray::from_iter(out, context).into());
    };
    for (index, element) in out.into_iter().enumerate() {
        target.create_data_property_or_throw(index, element, context)?;
    }
    Ok(target.into())
}

/// `ArraySpeciesCreate`: what another class of arrays wants to become; `None`
/// is an array.
fn species(object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
    if !is_array(object, context)? {
        return Ok(None);
    }
    let mut class = object.get(js_string!("constructor"), context)?;
    if let Some(constructor) = class.as_object() {
        class = constructor.get(JsSymbol::species(), context)?;
    }
    let array = context.intrinsics().constructors().array().constructor();
    if class.is_null_or_undefined() || class.strict_equals(&array.into()) {
        return Ok(None);
    }
    let class = class.as_constructor().ok_or_else(|| {
        JsNativeError::typ().with_message("the species of the array is no constructor")
    })?;
    class.construct(&[0.into()], None, context).map(Some)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2^53 levels nobody sees the difference"
)]
fn number_of(number: i64) -> f64 {
    number as f64
}

impl Guard {
    fn flatten(
        &self,
        source: &JsObject,
        depth: f64,
        out: &mut Vec<JsValue>,
        context: &mut Context,
    ) -> JsResult<()> {
        for index in 0..length_of(source, context)? {
            self.tick(context)?;
            if !source.has_property(index, context)? {
                continue;
            }
            let element = source.get(index, context)?;
            let inner = match element.as_object() {
                Some(object) if depth > 0.0 && is_array(&object, context)? => Some(object),
                _ => None,
            };
            match inner {
                Some(inner) => self.enter(None, context, |context| {
                    self.flatten(&inner, depth - 1.0, out, context)
                })?,
                None => out.push(element),
            }
        }
        self.shared.check(context)
    }
}
