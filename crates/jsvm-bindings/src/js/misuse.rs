//! What is said of a registration that cannot work.
//!
//! The one rule: a message names what was given and what to write instead; the
//! place is that of the call, which the error has anyway. PocketBase panics
//! with less.

use super::class::{host_text, text};
use crate::hooks::Hook;
use boa_engine::{Context, JsError, JsNativeError, JsObject, JsResult, JsValue, js_string};
use jsvm_core::value;

/// Refuses what is given to a hook in place of a handler and tags.
///
/// # Errors
///
/// A `TypeError` if the hook takes no tags, if a tag is none, or if handler
/// and tag changed places.
pub(super) fn check(hook: &Hook, args: &[JsValue]) -> JsResult<()> {
    let name = hook.name;
    let second = args.get(1);
    let is_swapped =
        args.first().is_some_and(JsValue::is_string) && second.is_some_and(JsValue::is_callable);
    if is_swapped {
        return Err(wrong(format!(
            "{name}: the handler comes first, then its tags: {name}((e) => {{ … }}, \"posts\")"
        )));
    }
    match second {
        Some(second) if second.is_callable() => Err(wrong(format!(
            "{name} takes one handler; call it once for each"
        ))),
        Some(_) if !hook.is_tagged => Err(wrong(format!(
            "{name} takes no tags; remove what follows the function"
        ))),
        _ => Ok(()),
    }
}

/// The tags of a registration.
///
/// PocketBase: whatever can be read as one text; anything else would never
/// match.
///
/// # Errors
///
/// A `TypeError` for what is no text.
pub(super) fn tags(hook: &Hook, args: &[JsValue], context: &mut Context) -> JsResult<Vec<String>> {
    let given = args.get(1..).unwrap_or(&[]);
    let mut tags = Vec::with_capacity(given.len());
    for tag in given {
        if !is_tag(tag) {
            return Err(wrong(format!(
                "{0}: {1} is no tag; tags are names or ids of collections: \
                 {0}((e) => {{ … }}, \"posts\", \"notes\")",
                hook.name,
                name_of(tag),
            )));
        }
        tags.push(text(std::slice::from_ref(tag), 0, context)?);
    }
    Ok(tags)
}

fn is_tag(value: &JsValue) -> bool {
    let Some(object) = value.as_object() else {
        return value.is_string() || value.is_number();
    };
    let items = || value::own_value(&object, &0_u32.into());
    host_text(value).is_some()
        || (object.is_array()
            && value::array_length(&object) == 1
            && items().is_some_and(|item| item.is_string()))
}

/// The error for what is no handler.
pub(super) fn no_handler(given: &JsValue, context: &mut Context) -> JsError {
    let cure = match given.as_object().filter(JsObject::is_callable) {
        Some(function) => no_text(&function, context),
        None if given.is_undefined() => {
            "undefined was given; is the name right, and defined above?".to_owned()
        }
        None => format!("{} was given", name_of(given)),
    };
    wrong(format!(
        "a handler must be a function or the source text of one; {cure}"
    ))
}

/// Why a function has no text that stands by itself.
fn no_text(function: &JsObject, context: &mut Context) -> String {
    let text = jsvm_core::function_text(function, context);
    let text = text.ok().flatten().unwrap_or_default();
    let is_native = text.contains("[native code]");
    let prototype = value::own_value(function, &js_string!("prototype").into());
    if text.starts_with("class") || is_native && prototype.is_some() {
        return "a class was given; make what you need of it inside of a function".into();
    }
    if is_native {
        return "a bound or built-in function has no source text; write (e) => { … }".into();
    }
    let name = text.split('(').next().unwrap_or_default().trim();
    format!("a method was given; write {name}: (e) => {{ … }} instead of {name}(e) {{ … }}")
}

/// What kind of value it is, for people.
fn name_of(value: &JsValue) -> String {
    match value.as_object() {
        Some(object) if object.is_array() => "an array".into(),
        Some(object) if object.is_callable() => "a function".into(),
        Some(_) => "an object".into(),
        None if value.is_string() => "a text".into(),
        None if value.is_number() => "a number".into(),
        None if value.is_null() => "null".into(),
        None if value.is_undefined() => "undefined".into(),
        None => value.type_of().into(),
    }
}

fn wrong(message: String) -> JsError {
    JsNativeError::typ().with_message(message).into()
}
