//! What a regular expression tells of itself: its flags and its source.
//!
//! The one rule: the source is text that can stand between slashes again.

use super::{Guard, Pattern, function};
use crate::{guards::replace as guard_method, regexp::Flags, shared::Shared};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string,
    property::PropertyDescriptor,
};

/// The names of the flags.
pub(super) const FLAGS: [&str; 8] = [
    "hasIndices",
    "global",
    "ignoreCase",
    "multiline",
    "dotAll",
    "unicode",
    "unicodeSets",
    "sticky",
];

/// Tells whether a flag is set.
type IsSet = fn(Flags) -> bool;

pub(super) fn install(
    prototype: &JsObject,
    shared: &Shared,
    context: &mut Context,
) -> JsResult<()> {
    getter(prototype, "source", source, shared, context)?;
    getter(
        prototype,
        "hasIndices",
        |_, t, _, c| flag(t, |f| f.has_indices, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "global",
        |_, t, _, c| flag(t, |f| f.global, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "ignoreCase",
        |_, t, _, c| flag(t, |f| f.ignore_case, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "multiline",
        |_, t, _, c| flag(t, |f| f.multiline, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "dotAll",
        |_, t, _, c| flag(t, |f| f.dot_all, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "unicode",
        |_, t, _, c| flag(t, |f| f.unicode, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "unicodeSets",
        |_, t, _, c| flag(t, |f| f.unicode_sets, c),
        shared,
        context,
    )?;
    getter(
        prototype,
        "sticky",
        |_, t, _, c| flag(t, |f| f.sticky, c),
        shared,
        context,
    )?;
    let object = context.intrinsics().constructors().object().prototype();
    guard_method(&object, "toString", object_to_string, shared, context)
}

fn getter(
    prototype: &JsObject,
    name: &str,
    body: crate::guards::Body,
    shared: &Shared,
    context: &mut Context,
) -> JsResult<()> {
    let function = function((&format!("get {name}"), 0), body, shared, context);
    let property = PropertyDescriptor::builder()
        .get(function)
        .enumerable(false)
        .configurable(true);
    prototype
        .define_property_or_throw(js_string!(name), property, context)
        .map(drop)
}

fn flag(this: &JsValue, is_set: IsSet, context: &mut Context) -> JsResult<JsValue> {
    if let Some(flags) = pattern(this, |pattern| pattern.regexp.flags()) {
        return Ok(is_set(flags).into());
    }
    or_prototype(this, JsValue::undefined(), context)
}

fn pattern<T>(this: &JsValue, ask: impl Fn(&Pattern) -> T) -> Option<T> {
    let object = this.as_object()?;
    let pattern = object.downcast_ref::<Pattern>()?;
    Some(ask(&pattern))
}

/// The prototype is no regular expression, and yet may be asked.
fn or_prototype(this: &JsValue, value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    if this
        .as_object()
        .is_some_and(|object| JsObject::equals(&object, &prototype))
    {
        return Ok(value);
    }
    Err(JsNativeError::typ()
        .with_message("a getter of RegExp.prototype was called on no regular expression")
        .into())
}

fn source(_: &Guard, this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match pattern(this, |pattern| pattern.source.clone()) {
        Some(source) => Ok(escaped(&source).into()),
        None => or_prototype(this, js_string!("(?:)").into(), context),
    }
}

/// `EscapeRegExpPattern` of the standard: slashes and line ends are escaped
/// where they are not, so that the text reads back as the same pattern.
fn escaped(source: &JsString) -> JsString {
    if source.is_empty() {
        return js_string!("(?:)");
    }
    let is_special = |unit: u16| matches!(unit, 0x2F | 0x0A | 0x0D | 0x2028 | 0x2029);
    if !source.iter().any(is_special) {
        return source.clone();
    }
    let mut out: Vec<u16> = Vec::with_capacity(source.len() + 8);
    let (mut is_escaped, mut in_class) = (false, false);
    for unit in source.iter() {
        let line_end = match unit {
            0x0A => Some("\\n"),
            0x0D => Some("\\r"),
            0x2028 => Some("\\u2028"),
            0x2029 => Some("\\u2029"),
            _ => None,
        };
        if let Some(text) = line_end {
            // An escaped line end has its backslash already.
            out.extend(text.encode_utf16().skip(usize::from(is_escaped)));
            is_escaped = false;
            continue;
        }
        if unit == 0x2F && !is_escaped && !in_class {
            out.push(0x5C);
        }
        match (unit, is_escaped) {
            (0x5B, false) => in_class = true,
            (0x5D, false) => in_class = false,
            _ => {}
        }
        is_escaped = unit == 0x5C && !is_escaped;
        out.push(unit);
    }
    JsString::from(&out[..])
}

/// The flags in the order in which `flags` tells them.
pub(super) fn flags_text(flags: Flags) -> JsString {
    let all = [
        (flags.has_indices, 'd'),
        (flags.global, 'g'),
        (flags.ignore_case, 'i'),
        (flags.multiline, 'm'),
        (flags.dot_all, 's'),
        (flags.unicode, 'u'),
        (flags.unicode_sets, 'v'),
        (flags.sticky, 'y'),
    ];
    let set = all.iter().filter(|flag| flag.0).map(|flag| flag.1);
    JsString::from(set.collect::<String>())
}

/// The engine does not know that our objects are regular expressions.
fn object_to_string(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(object) = this.as_object().filter(JsObject::is::<Pattern>) else {
        return guard.originals[0].call(this, args, context);
    };
    let tag = object.get(JsSymbol::to_string_tag(), context)?.as_string();
    let tag = tag.unwrap_or(js_string!("RegExp"));
    Ok(js_string!(
        js_string!("[object ").as_str(),
        tag.as_str(),
        js_string!("]").as_str()
    )
    .into())
}
