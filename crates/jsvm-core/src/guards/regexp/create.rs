//! How regular expressions come into being: the constructor, `compile`, and
//! literals, which metering turns into calls.
//!
//! The one rule: the same pattern is compiled once, however often it is met,
//! as long as the cache has room.

use super::{Guard, Pattern, function, intrinsics, native};
use crate::{
    guards::arg,
    marks::Marks,
    regexp::{Flags, MAX_LENGTH, Regexp},
    shared::Shared,
    value::shortened,
};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue,
    builtins::object::OrdinaryObject,
    js_string,
    object::FunctionObjectBuilder,
    property::{PropertyDescriptor, PropertyKey},
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Compiled patterns of one VM, by text and flags.
#[derive(Default)]
pub(super) struct Cache(RefCell<Known>);

#[derive(Default)]
struct Known {
    patterns: HashMap<(JsString, JsString), Pattern>,
    weight: usize,
}

/// About how many bytes a cache may hold before it starts anew.
const MAX_WEIGHT: usize = 4 << 20;

impl Cache {
    fn get(&self, key: &(JsString, JsString)) -> Option<Pattern> {
        self.0.borrow().patterns.get(key).cloned()
    }

    fn insert(&self, key: (JsString, JsString), pattern: &Pattern) {
        let weight = pattern.regexp.weight() + 2 * pattern.source.len();
        if weight > MAX_WEIGHT / 4 {
            return;
        }
        let mut known = self.0.borrow_mut();
        if known.weight + weight > MAX_WEIGHT {
            *known = Known::default();
        }
        known.weight += weight;
        known.patterns.insert(key, pattern.clone());
    }
}

/// Puts the constructor and the function of literals in place.
pub(super) fn install(
    prototype: &JsObject,
    shared: &Shared,
    context: &mut Context,
) -> JsResult<JsObject> {
    let constructor: JsObject =
        FunctionObjectBuilder::new(context.realm(), native(construct, shared))
            .name(js_string!("RegExp"))
            .length(2)
            .constructor(true)
            .build()
            .into();
    let fixed = PropertyDescriptor::builder()
        .writable(false)
        .enumerable(false)
        .configurable(false);
    let property = fixed.clone().value(prototype.clone());
    constructor.define_property_or_throw(js_string!("prototype"), property, context)?;
    let original = context.intrinsics().constructors().regexp().constructor();
    for key in original.own_property_keys(context)? {
        let property = original.borrow().properties().get(&key);
        if let Some(property) = property.filter(|_| !constructor_has(&constructor, &key)) {
            constructor.define_property_or_throw(key, property, context)?;
        }
    }
    let plain = PropertyDescriptor::builder()
        .writable(true)
        .enumerable(false)
        .configurable(true);
    let property = plain.value(constructor.clone());
    let global = context.global_object();
    global.define_property_or_throw(js_string!("RegExp"), property.clone(), context)?;
    prototype.define_property_or_throw(js_string!("constructor"), property, context)?;
    let name = &Marks::get().regexp;
    let literal = fixed.value(function((name, 2), literal, shared, context));
    global.define_property_or_throw(js_string!(name.as_str()), literal, context)?;
    Ok(constructor)
}

fn constructor_has(constructor: &JsObject, key: &PropertyKey) -> bool {
    constructor.borrow().properties().contains_key(key)
}

/// Called in place of a literal.
fn literal(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = |at: usize| {
        args.get(at)
            .and_then(JsValue::as_string)
            .unwrap_or_default()
    };
    let pattern = guard.pattern(text(0), text(1), context)?;
    Ok(object(pattern, default_prototype(context), context).into())
}

fn construct(
    guard: &Guard,
    new_target: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (pattern, flags) = (arg(args, 0), arg(args, 1));
    let is_regexp = is_regexp(&pattern, context)?;
    let mut class = new_target.as_object();
    if class.is_none() {
        let constructor = intrinsics(context)?.constructor.clone();
        if let Some(pattern) = pattern
            .as_object()
            .filter(|_| is_regexp && flags.is_undefined())
        {
            let theirs = pattern.get(js_string!("constructor"), context)?;
            if JsValue::from(constructor.clone()).strict_equals(&theirs) {
                return Ok(pattern.into());
            }
        }
        class = Some(constructor);
    }
    let (source, flags) = source_and_flags(pattern, flags, is_regexp, context)?;
    let prototype = match class {
        Some(class) => class.get(js_string!("prototype"), context)?.as_object(),
        None => None,
    };
    let prototype = prototype.unwrap_or_else(|| default_prototype(context));
    let pattern = guard.initialize(&source, &flags, context)?;
    Ok(object(pattern, prototype, context).into())
}

/// What the constructor makes of its arguments.
fn source_and_flags(
    pattern: JsValue,
    flags: JsValue,
    is_regexp: bool,
    context: &mut Context,
) -> JsResult<(JsValue, JsValue)> {
    let Some(object) = pattern.as_object() else {
        return Ok((pattern, flags));
    };
    let ours = object.downcast_ref::<Pattern>().map(|ours| ours.clone());
    if let Some(ours) = ours {
        let flags = if flags.is_undefined() {
            super::properties::flags_text(ours.regexp.flags()).into()
        } else {
            flags
        };
        return Ok((ours.source.into(), flags));
    }
    if !is_regexp {
        return Ok((pattern, flags));
    }
    let source = object.get(js_string!("source"), context)?;
    let flags = if flags.is_undefined() {
        object.get(js_string!("flags"), context)?
    } else {
        flags
    };
    Ok((source, flags))
}

/// `IsRegExp` of the standard.
pub(super) fn is_regexp(value: &JsValue, context: &mut Context) -> JsResult<bool> {
    let Some(object) = value.as_object() else {
        return Ok(false);
    };
    let matcher = object.get(JsSymbol::r#match(), context)?;
    if matcher.is_undefined() {
        return Ok(object.is::<Pattern>());
    }
    Ok(matcher.to_boolean())
}

/// `RegExp.prototype.compile`
pub(super) fn compile(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this
        .as_object()
        .filter(JsObject::is::<Pattern>)
        .ok_or_else(|| {
            JsNativeError::typ()
                .with_message("RegExp.prototype.compile called on no regular expression")
        })?;
    let (mut source, mut flags) = (arg(args, 0), arg(args, 1));
    let given = source.as_object();
    let given = given
        .as_ref()
        .and_then(JsObject::downcast_ref::<Pattern>)
        .map(|ours| ours.clone());
    if let Some(given) = given {
        if !flags.is_undefined() {
            return Err(JsNativeError::typ()
                .with_message("RegExp.prototype.compile takes no flags with a regular expression")
                .into());
        }
        flags = super::properties::flags_text(given.regexp.flags()).into();
        source = given.source.into();
    }
    let pattern = guard.initialize(&source, &flags, context)?;
    if let Some(mut old) = this.downcast_mut::<Pattern>() {
        *old = pattern;
    }
    super::set_last_index(&this, 0, context)?;
    Ok(this.into())
}

/// `RegExpCreate` of the standard.
pub(super) fn create(
    guard: &Guard,
    source: &JsValue,
    flags: &JsValue,
    context: &mut Context,
) -> JsResult<JsObject> {
    let pattern = guard.initialize(source, flags, context)?;
    Ok(object(pattern, default_prototype(context), context))
}

fn default_prototype(context: &Context) -> JsObject {
    context.intrinsics().constructors().regexp().prototype()
}

fn object(pattern: Pattern, prototype: JsObject, context: &Context) -> JsObject {
    let object = JsObject::new(context.root_shape(), prototype, pattern).upcast();
    object.insert_property(js_string!("lastIndex"), last_index_property(0));
    object
}

pub(super) fn last_index_property(index: u64) -> PropertyDescriptor {
    PropertyDescriptor::builder()
        .value(index)
        .writable(true)
        .enumerable(false)
        .configurable(false)
        .build()
}

/// An object of the shape that regular expressions have when they are new.
pub(super) fn plain(context: &Context) -> JsObject {
    let prototype = default_prototype(context);
    let object = JsObject::new(context.root_shape(), prototype, OrdinaryObject).upcast();
    object.insert_property(js_string!("lastIndex"), last_index_property(0));
    object
}

impl Guard {
    fn initialize(
        &self,
        source: &JsValue,
        flags: &JsValue,
        context: &mut Context,
    ) -> JsResult<Pattern> {
        let mut text = |value: &JsValue| {
            if value.is_undefined() {
                Ok(js_string!())
            } else {
                value.to_string(context)
            }
        };
        let (source, flags) = (text(source)?, text(flags)?);
        self.pattern(source, flags, context)
    }

    /// The compiled pattern, out of the cache or new.
    pub(super) fn pattern(
        &self,
        source: JsString,
        flags: JsString,
        context: &mut Context,
    ) -> JsResult<Pattern> {
        let key = (source, flags);
        if let Some(known) = context
            .get_data::<Cache>()
            .and_then(|cache| cache.get(&key))
        {
            return Ok(known);
        }
        self.shared.check(context)?;
        let parsed = Flags::parse(key.1.iter()).ok_or_else(|| {
            let flags = shortened(&key.1, 20);
            JsNativeError::syntax()
                .with_message(format!("invalid regular expression flags \"{flags}\""))
        })?;
        let units: Vec<u16> = key.0.iter().take(MAX_LENGTH + 1).collect();
        let regexp = Regexp::new(&units, parsed).map_err(|reason| {
            let source = shortened(&key.0, 100);
            JsNativeError::syntax()
                .with_message(format!("invalid regular expression /{source}/: {reason}"))
        })?;
        let pattern = Pattern {
            source: key.0.clone(),
            regexp: Rc::new(regexp),
        };
        if let Some(cache) = context.get_data::<Cache>() {
            cache.insert(key, &pattern);
        }
        self.shared.check(context)?;
        Ok(pattern)
    }
}
