//! The methods of strings that make a regular expression out of a value.
//!
//! The one rule: the steps of the standard in their order.

use super::{Guard, create};
use crate::{
    guards::{arg, replace},
    shared::Shared,
};
use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsSymbol, JsValue, js_string};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let string = context.intrinsics().constructors().string().prototype();
    replace(&string, "match", r#match, shared, context)?;
    replace(&string, "matchAll", match_all, shared, context)?;
    replace(&string, "search", search, shared, context)
}

fn r#match(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this.require_object_coercible()?;
    by(
        guard,
        this,
        &arg(args, 0),
        (JsSymbol::r#match(), &JsValue::undefined()),
        context,
    )
}

fn search(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this.require_object_coercible()?;
    by(
        guard,
        this,
        &arg(args, 0),
        (JsSymbol::search(), &JsValue::undefined()),
        context,
    )
}

fn match_all(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this.require_object_coercible()?;
    let given = arg(args, 0);
    if let Some(object) = given.as_object()
        && create::is_regexp(&given, context)?
    {
        let flags = object.get(js_string!("flags"), context)?;
        flags.require_object_coercible()?;
        if !flags.to_string(context)?.contains(b'g') {
            return Err(JsNativeError::typ()
                .with_message(
                    "String.prototype.matchAll needs a regular expression with the flag g",
                )
                .into());
        }
    }
    by(
        guard,
        this,
        &given,
        (JsSymbol::match_all(), &js_string!("g").into()),
        context,
    )
}

/// Hands over to the method of an object, or of a new regular expression.
fn by(
    guard: &Guard,
    this: &JsValue,
    given: &JsValue,
    (symbol, flags): (JsSymbol, &JsValue),
    context: &mut Context,
) -> JsResult<JsValue> {
    if let Some(object) = given.as_object()
        && let Some(method) = method(&object, &symbol, context)?
    {
        return method.call(given, std::slice::from_ref(this), context);
    }
    let text = this.to_string(context)?;
    let regexp = create::create(guard, given, flags, context)?;
    let invoked = method(&regexp, &symbol, context)?
        .ok_or_else(|| JsNativeError::typ().with_message("not a callable function"))?;
    invoked.call(&regexp.into(), &[text.into()], context)
}

/// `GetMethod` of the standard.
fn method(
    object: &JsObject,
    symbol: &JsSymbol,
    context: &mut Context,
) -> JsResult<Option<JsObject>> {
    let method = object.get(symbol.clone(), context)?;
    if method.is_null_or_undefined() {
        return Ok(None);
    }
    method.as_callable().map(Some).ok_or_else(|| {
        JsNativeError::typ()
            .with_message("not a callable function")
            .into()
    })
}
