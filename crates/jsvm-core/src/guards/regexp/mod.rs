//! `RegExp`: objects, literals and methods of ours, over a matcher that ends.
//!
//! The one rule: no regular expression of the engine is ever made, so nothing
//! can match without being counted: literals, the constructor and the methods
//! of strings all come through `create`.

mod create;
mod exec;
mod iterate;
mod properties;
mod replace;
mod search;
mod split;
mod strings;

use super::{Body, Guard};
use crate::{regexp::Regexp, shared::Shared, value};
use boa_engine::{
    Context, JsData, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue,
    NativeFunction, js_string,
    object::FunctionObjectBuilder,
    property::{PropertyDescriptor, PropertyKey},
};
use boa_gc::{Finalize, Trace};
use std::{cell::Cell, rc::Rc};

/// What makes an object a regular expression.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct Pattern {
    source: JsString,
    regexp: Rc<Regexp>,
}

/// What the functions of ours need of each other, kept by the context.
struct Intrinsics {
    constructor: JsObject,
    prototype: JsObject,
    exec: JsObject,
    /// A regular expression that no script ever sees: one of the same shape has
    /// `lastIndex`, writable, and nothing else, and inherits from `prototype`.
    plain: JsObject,
    /// The getters that tell the flags, by their names.
    getters: Vec<(PropertyKey, JsObject)>,
    keys: Keys,
}

struct Keys {
    exec: PropertyKey,
    last_index: PropertyKey,
}

impl Intrinsics {
    /// Whether nothing was done to an object since it was made as a regular
    /// expression, but to its `lastIndex`.
    fn is_plain(&self, object: &JsObject) -> bool {
        let ours = self.plain.borrow().shape().to_addr_usize();
        object.borrow().shape().to_addr_usize() == ours && object.is::<Pattern>()
    }

    /// Whether a plain regular expression is matched by our own `exec`.
    fn has_our_exec(&self) -> bool {
        let prototype = self.prototype.borrow();
        let property = prototype.properties().get(&self.keys.exec);
        let exec = property.as_ref().and_then(|property| property.value());
        exec.and_then(JsValue::as_object).as_ref() == Some(&self.exec)
    }

    /// Whether a plain regular expression tells its flags by our own getters.
    fn has_our_getters(&self) -> bool {
        let prototype = self.prototype.borrow();
        self.getters.iter().all(|(key, ours)| {
            let property = prototype.properties().get(key);
            let getter = property.as_ref().and_then(|property| property.get());
            getter.and_then(JsValue::as_object).as_ref() == Some(ours)
        })
    }
}

/// Whether an object is a regular expression.
pub(crate) fn is_regexp(object: &JsObject) -> bool {
    object.is::<Pattern>()
}

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().regexp().prototype();
    let constructor = create::install(&prototype, shared, context)?;
    let methods: [(PropertyKey, &str, usize, Body); 7] = [
        (js_string!("test").into(), "test", 1, exec::test),
        (
            JsSymbol::r#match().into(),
            "[Symbol.match]",
            1,
            search::r#match,
        ),
        (
            JsSymbol::match_all().into(),
            "[Symbol.matchAll]",
            1,
            iterate::match_all,
        ),
        (
            JsSymbol::replace().into(),
            "[Symbol.replace]",
            2,
            replace::replace,
        ),
        (
            JsSymbol::search().into(),
            "[Symbol.search]",
            1,
            search::search,
        ),
        (JsSymbol::split().into(), "[Symbol.split]", 2, split::split),
        (js_string!("compile").into(), "compile", 2, create::compile),
    ];
    for (key, name, length, body) in methods {
        define(&prototype, key, (name, length), body, shared, context)?;
    }
    let exec = js_string!("exec");
    let exec = define(
        &prototype,
        exec.into(),
        ("exec", 1),
        exec::exec,
        shared,
        context,
    )?;
    iterate::install(shared, context)?;
    properties::install(&prototype, shared, context)?;
    context.insert_data(create::Cache::default());
    let intrinsics = Intrinsics {
        constructor,
        exec,
        plain: create::plain(context),
        getters: getters(&prototype),
        prototype,
        keys: Keys {
            exec: js_string!("exec").into(),
            last_index: js_string!("lastIndex").into(),
        },
    };
    context.insert_data(Rc::new(intrinsics));
    strings::install(shared, context)
}

fn getters(prototype: &JsObject) -> Vec<(PropertyKey, JsObject)> {
    let names = ["flags"].into_iter().chain(properties::FLAGS);
    let prototype = prototype.borrow();
    let getter = |name: &str| {
        let key = PropertyKey::from(js_string!(name));
        let property = prototype.properties().get(&key)?;
        let getter = property.get().and_then(JsValue::as_object)?;
        Some((key, getter))
    };
    names.filter_map(getter).collect()
}

/// Puts a method of ours into an object.
fn define(
    holder: &JsObject,
    key: PropertyKey,
    (name, length): (&str, usize),
    body: Body,
    shared: &Shared,
    context: &mut Context,
) -> JsResult<JsObject> {
    let function = function((name, length), body, shared, context);
    let property = PropertyDescriptor::builder()
        .value(function.clone())
        .writable(true)
        .enumerable(false)
        .configurable(true);
    holder.define_property_or_throw(key, property, context)?;
    Ok(function)
}

fn function(
    (name, length): (&str, usize),
    body: Body,
    shared: &Shared,
    context: &Context,
) -> JsObject {
    FunctionObjectBuilder::new(context.realm(), native(body, shared))
        .name(js_string!(name))
        .length(length)
        .build()
        .into()
}

fn native(body: Body, shared: &Shared) -> NativeFunction {
    let guard = Guard {
        shared: shared.clone(),
        spent: Cell::new(0),
        originals: Vec::new(),
    };
    NativeFunction::from_copy_closure_with_captures(
        move |this, args, guard: &Guard, context| body(guard, this, args, context),
        guard,
    )
}

fn intrinsics(context: &Context) -> JsResult<Rc<Intrinsics>> {
    let found = context.get_data::<Rc<Intrinsics>>();
    found.cloned().ok_or_else(|| super::missing("RegExp"))
}

/// The object that a method was called on.
fn receiver(this: &JsValue, method: &str) -> JsResult<JsObject> {
    this.as_object().ok_or_else(|| {
        JsNativeError::typ()
            .with_message(format!(
                "RegExp.prototype.{method} called on a value that is no object"
            ))
            .into()
    })
}

/// `SpeciesConstructor` of the standard.
fn species(object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
    let default = intrinsics(context)?.constructor.clone();
    let class = object.get(js_string!("constructor"), context)?;
    if class.is_undefined() {
        return Ok(default);
    }
    let class = class.as_object().ok_or_else(|| {
        JsNativeError::typ().with_message("the constructor of the regular expression is no object")
    })?;
    let species = class.get(JsSymbol::species(), context)?;
    if species.is_null_or_undefined() {
        return Ok(default);
    }
    species.as_constructor().ok_or_else(|| {
        JsNativeError::typ()
            .with_message("the species of the regular expression is no constructor")
            .into()
    })
}

fn last_index(object: &JsObject, context: &mut Context) -> JsResult<u64> {
    let intrinsics = intrinsics(context)?;
    if intrinsics.is_plain(object) {
        let value = value::own_value(object, &intrinsics.keys.last_index);
        let index = value.as_ref().and_then(JsValue::as_i32);
        if let Some(index) = index.and_then(|index| u64::try_from(index).ok()) {
            return Ok(index);
        }
    }
    object
        .get(js_string!("lastIndex"), context)?
        .to_length(context)
}

fn set_last_index(object: &JsObject, index: u64, context: &mut Context) -> JsResult<()> {
    let intrinsics = intrinsics(context)?;
    if intrinsics.is_plain(object) {
        object.insert_property(
            intrinsics.keys.last_index.clone(),
            create::last_index_property(index),
        );
        return Ok(());
    }
    object
        .set(js_string!("lastIndex"), index, true, context)
        .map(drop)
}

/// `AdvanceStringIndex` of the standard.
fn advance(text: &JsString, index: u64, is_unicode: bool) -> u64 {
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    if is_unicode && at.saturating_add(1) < text.len() {
        index + text.code_point_at(at).code_unit_count() as u64
    } else {
        index.saturating_add(1)
    }
}

/// The `flags` of an object, as its getter tells.
fn flags_of(object: &JsObject, context: &mut Context) -> JsResult<JsString> {
    let intrinsics = intrinsics(context)?;
    if intrinsics.is_plain(object)
        && intrinsics.has_our_getters()
        && let Some(pattern) = object.downcast_ref::<Pattern>()
    {
        return Ok(properties::flags_text(pattern.regexp.flags()));
    }
    object.get(js_string!("flags"), context)?.to_string(context)
}
