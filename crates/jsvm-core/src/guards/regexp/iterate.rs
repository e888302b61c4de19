//! `Symbol.matchAll` and the iterator that it returns.
//!
//! The one rule: each turn looks for one match and no more.

use super::{Guard, advance, define, flags_of, last_index, receiver, set_last_index, species};
use crate::{guards::arg, shared::Shared};
use boa_engine::{
    Context, JsData, JsNativeError, JsObject, JsResult, JsString, JsValue, js_string,
};
use boa_gc::{Finalize, Trace};

/// What the iterator knows.
#[derive(Trace, Finalize, JsData)]
struct Matches {
    matcher: JsObject,
    text: JsString,
    is_global: bool,
    is_unicode: bool,
    is_done: bool,
}

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let iterators = context.intrinsics().objects().iterator_prototypes();
    let prototype = iterators.regexp_string();
    define(
        &prototype,
        js_string!("next").into(),
        ("next", 0),
        next,
        shared,
        context,
    )
    .map(drop)
}

pub(super) fn match_all(
    _: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = receiver(this, "[Symbol.matchAll]")?;
    let text = arg(args, 0).to_string(context)?;
    let class = species(&this, context)?;
    let flags = flags_of(&this, context)?;
    let args = [this.clone().into(), flags.clone().into()];
    let matcher = class.construct(&args, Some(&class), context)?;
    let index = last_index(&this, context)?;
    set_last_index(&matcher, index, context)?;
    let matches = Matches {
        matcher,
        text,
        is_global: flags.contains(b'g'),
        is_unicode: flags.contains(b'u') || flags.contains(b'v'),
        is_done: false,
    };
    let iterators = context.intrinsics().objects().iterator_prototypes();
    let prototype = iterators.regexp_string();
    Ok(JsObject::new(context.root_shape(), prototype, matches)
        .upcast()
        .into())
}

fn next(guard: &Guard, this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let object = this
        .as_object()
        .filter(JsObject::is::<Matches>)
        .ok_or_else(|| {
            JsNativeError::typ()
                .with_message("next called on a value that is no iterator of matches")
        })?;
    // Nothing stays borrowed: what comes may run script.
    let Some((matcher, text, is_global, is_unicode)) = state(&object) else {
        return step(JsValue::undefined(), true, context);
    };
    let found = guard.regexp_exec(&matcher, &text, context);
    let Ok(Some(found)) = found else {
        finish(&object);
        return found.and_then(|_| step(JsValue::undefined(), true, context));
    };
    let told = found.into_object(&text, context)?;
    if !is_global {
        finish(&object);
        return step(told.into(), false, context);
    }
    let is_empty = told.get(0, context)?.to_string(context)?.is_empty();
    if is_empty {
        let next = advance(&text, last_index(&matcher, context)?, is_unicode);
        set_last_index(&matcher, next, context)?;
    }
    step(told.into(), false, context)
}

fn state(object: &JsObject) -> Option<(JsObject, JsString, bool, bool)> {
    let it = object.downcast_ref::<Matches>()?;
    (!it.is_done).then(|| {
        (
            it.matcher.clone(),
            it.text.clone(),
            it.is_global,
            it.is_unicode,
        )
    })
}

fn finish(object: &JsObject) {
    if let Some(mut it) = object.downcast_mut::<Matches>() {
        it.is_done = true;
    }
}

/// `CreateIterResultObject` of the standard.
fn step(value: JsValue, is_done: bool, context: &mut Context) -> JsResult<JsValue> {
    let object = JsObject::with_object_proto(context.intrinsics());
    object.create_data_property_or_throw(js_string!("value"), value, context)?;
    object.create_data_property_or_throw(js_string!("done"), is_done, context)?;
    Ok(object.into())
}
