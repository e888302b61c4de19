//! `exec` and `test`, and what the other methods make of them.
//!
//! The one rule: a script that replaced `exec` is asked, as the standard says;
//! otherwise no array is made that nobody would see.

use super::{Guard, Pattern, intrinsics, last_index, receiver, set_last_index};
use crate::{
    error::LimitHit,
    guards::{arg, elements::data_property},
    regexp::{Match, Regexp, Subject},
};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue, js_string,
    object::builtins::JsArray, string::JsStrVariant,
};
use std::{ops::Range, rc::Rc};

/// What `RegExpExec` of the standard found.
pub(super) enum Found {
    /// By our own `exec`: the array that it would return was not made.
    Ours(Match, Rc<Regexp>),
    /// By an `exec` of the script.
    Theirs(JsObject),
}

pub(super) fn exec(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let pattern = pattern_of(this.as_object().as_ref(), "exec")?;
    let this = receiver(this, "exec")?;
    let text = arg(args, 0).to_string(context)?;
    match guard.exec(&this, &pattern, &text, context)? {
        Some(found) => result(&found, &pattern.regexp, &text, context).map(Into::into),
        None => Ok(JsValue::null()),
    }
}

pub(super) fn test(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = receiver(this, "test")?;
    let text = arg(args, 0).to_string(context)?;
    Ok(guard.regexp_exec(&this, &text, context)?.is_some().into())
}

fn pattern_of(object: Option<&JsObject>, method: &str) -> JsResult<Pattern> {
    let pattern = object
        .and_then(JsObject::downcast_ref::<Pattern>)
        .map(|ours| ours.clone());
    pattern.ok_or_else(|| {
        JsNativeError::typ()
            .with_message(format!(
                "RegExp.prototype.{method} called on a value that is no regular expression"
            ))
            .into()
    })
}

impl Guard {
    /// `RegExpExec` of the standard.
    pub(super) fn regexp_exec(
        &self,
        object: &JsObject,
        text: &JsString,
        context: &mut Context,
    ) -> JsResult<Option<Found>> {
        let intrinsics = intrinsics(context)?;
        if intrinsics.is_plain(object) && intrinsics.has_our_exec() {
            return self.our_exec(object, text, context);
        }
        let exec = object.get(intrinsics.keys.exec.clone(), context)?;
        if let Some(exec) = exec.as_callable() {
            let is_ours = JsObject::equals(&exec, &intrinsics.exec);
            if !(is_ours && object.is::<Pattern>()) {
                let args = [text.clone().into()];
                let result = exec.call(&object.clone().into(), &args, context)?;
                if !result.is_object() && !result.is_null() {
                    return Err(JsNativeError::typ()
                        .with_message(
                            "the exec of a regular expression returned neither an object nor null",
                        )
                        .into());
                }
                return Ok(result.as_object().map(Found::Theirs));
            }
        }
        self.our_exec(object, text, context)
    }

    fn our_exec(
        &self,
        object: &JsObject,
        text: &JsString,
        context: &mut Context,
    ) -> JsResult<Option<Found>> {
        let pattern = pattern_of(Some(object), "exec")?;
        let found = self.exec(object, &pattern, text, context)?;
        Ok(found.map(|found| Found::Ours(found, pattern.regexp)))
    }

    /// `RegExpBuiltinExec` of the standard, without its array.
    fn exec(
        &self,
        object: &JsObject,
        pattern: &Pattern,
        text: &JsString,
        context: &mut Context,
    ) -> JsResult<Option<Match>> {
        let flags = pattern.regexp.flags();
        let has_place = flags.global || flags.sticky;
        let mut from = last_index(object, context)?;
        if !has_place {
            from = 0;
        }
        let found = match usize::try_from(from) {
            Ok(from) if from <= text.len() => self.find(&pattern.regexp, text, from, context)?,
            _ => None,
        };
        if has_place {
            let next = found.as_ref().map_or(0, |found| found.range().end as u64);
            set_last_index(object, next, context)?;
        }
        Ok(found)
    }

    /// Matches under the limits.
    pub(super) fn find(
        &self,
        regexp: &Regexp,
        text: &JsString,
        from: usize,
        context: &mut Context,
    ) -> JsResult<Option<Match>> {
        let most = self.shared.execution().limits().regexp_steps;
        let subject = match text.variant() {
            JsStrVariant::Latin1(units) => Subject::Latin1(units),
            JsStrVariant::Utf16(units) => Subject::Utf16(units),
        };
        regexp.find(subject, from, &mut |work| {
            if work.steps > most {
                return Err(self.shared.end(LimitHit::RegexpSteps(most), context));
            }
            self.reserve(work.bytes, context)?;
            self.shared.check(context)
        })
    }
}

impl Found {
    /// The array or object that the standard goes on with.
    pub(super) fn into_object(self, text: &JsString, context: &mut Context) -> JsResult<JsObject> {
        match self {
            Self::Ours(found, regexp) => result(&found, &regexp, text, context),
            Self::Theirs(object) => Ok(object),
        }
    }

    /// The whole text that matched.
    pub(super) fn matched(&self, text: &JsString, context: &mut Context) -> JsResult<JsString> {
        match self {
            Self::Ours(found, _) => Ok(text.get_expect(found.range())),
            Self::Theirs(object) => object.get(0, context)?.to_string(context),
        }
    }
}

/// What a group matched, or undefined.
pub(super) fn capture(found: &Match, group: usize, text: &JsString) -> JsValue {
    found
        .group(group)
        .map_or_else(JsValue::undefined, |range| text.get_expect(range).into())
}

/// The array that `exec` returns.
fn result(
    found: &Match,
    regexp: &Regexp,
    text: &JsString,
    context: &mut Context,
) -> JsResult<JsObject> {
    let mut items = vec![text.get_expect(found.range()).into()];
    items.extend((1..=regexp.groups()).map(|group| capture(found, group, text)));
    let array: JsObject = JsArray::from_iter(items, context).into();
    // A new array takes any property.
    let put = |name: JsString, value: JsValue| {
        array.insert_property(name, data_property(value));
    };
    put(js_string!("index"), (found.range().start as u64).into());
    put(js_string!("input"), text.clone().into());
    let groups = groups(found, regexp, context, |group, _| {
        capture(found, group, text)
    })?;
    put(js_string!("groups"), groups);
    if regexp.flags().has_indices {
        let indices = indices(found, regexp, context)?;
        array.create_data_property_or_throw(js_string!("indices"), indices, context)?;
    }
    Ok(array)
}

/// The object of named groups, or undefined if there are none.
pub(super) fn groups(
    found: &Match,
    regexp: &Regexp,
    context: &mut Context,
    value: impl Fn(usize, &mut Context) -> JsValue,
) -> JsResult<JsValue> {
    if regexp.names().is_empty() {
        return Ok(JsValue::undefined());
    }
    let groups = JsObject::with_null_proto();
    for (name, numbers) in regexp.names() {
        let matched = numbers
            .iter()
            .find(|&&group| found.group(group as usize).is_some());
        let value =
            matched.map_or_else(JsValue::undefined, |&group| value(group as usize, context));
        groups.create_data_property_or_throw(js_string!(name.as_str()), value, context)?;
    }
    Ok(groups.into())
}

fn indices(found: &Match, regexp: &Regexp, context: &mut Context) -> JsResult<JsObject> {
    let pair = |range: Option<Range<usize>>, context: &mut Context| match range {
        Some(range) => {
            let ends = [(range.start as u64).into(), (range.end as u64).into()];
            JsArray::from_iter(ends, context).into()
        }
        None => JsValue::undefined(),
    };
    let mut items = vec![pair(Some(found.range()), context)];
    items.extend((1..=regexp.groups()).map(|group| pair(found.group(group), context)));
    let indices: JsObject = JsArray::from_iter(items, context).into();
    let groups = groups(found, regexp, context, |group, context| {
        pair(found.group(group), context)
    })?;
    indices.create_data_property_or_throw(js_string!("groups"), groups, context)?;
    Ok(indices)
}
