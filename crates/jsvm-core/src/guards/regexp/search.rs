//! `Symbol.match` and `Symbol.search`.
//!
//! The one rule: the steps of the standard in their order.

use super::{Guard, advance, flags_of, last_index, receiver, set_last_index};
use crate::guards::arg;
use boa_engine::{Context, JsResult, JsValue, js_string, object::builtins::JsArray};

pub(super) fn r#match(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = receiver(this, "[Symbol.match]")?;
    let text = arg(args, 0).to_string(context)?;
    let flags = flags_of(&this, context)?;
    if !flags.contains(b'g') {
        return match guard.regexp_exec(&this, &text, context)? {
            Some(found) => found.into_object(&text, context).map(Into::into),
            None => Ok(JsValue::null()),
        };
    }
    let is_unicode = flags.contains(b'u') || flags.contains(b'v');
    set_last_index(&this, 0, context)?;
    let mut matches = Vec::new();
    while let Some(found) = guard.regexp_exec(&this, &text, context)? {
        guard.tick(context)?;
        let matched = found.matched(&text, context)?;
        if matched.is_empty() {
            let next = advance(&text, last_index(&this, context)?, is_unicode);
            set_last_index(&this, next, context)?;
        }
        matches.push(matched.into());
    }
    if matches.is_empty() {
        return Ok(JsValue::null());
    }
    Ok(JsArray::from_iter(matches, context).into())
}

pub(super) fn search(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = receiver(this, "[Symbol.search]")?;
    let text = arg(args, 0).to_string(context)?;
    let key = js_string!("lastIndex");
    let before = this.get(key.clone(), context)?;
    if !JsValue::same_value(&before, &0.into()) {
        this.set(key.clone(), 0, true, context)?;
    }
    let found = guard.regexp_exec(&this, &text, context)?;
    let after = this.get(key.clone(), context)?;
    if !JsValue::same_value(&after, &before) {
        this.set(key, before, true, context)?;
    }
    match found {
        None => Ok((-1).into()),
        Some(super::exec::Found::Ours(found, _)) => Ok((found.range().start as u64).into()),
        Some(super::exec::Found::Theirs(object)) => object.get(js_string!("index"), context),
    }
}
