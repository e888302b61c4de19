//! Built-in functions of ours in place of the engine's, where those could not
//! be stopped, recurse without end, or take all memory in one call.
//!
//! The one rule: what a script sees is what the standard says, until a limit
//! is hit. Long work asks the limits as it goes, recursion is counted, and
//! memory is asked for before it is taken.

mod apply;
mod array;
mod bigint;
mod buffers;
mod builder;
mod callbacks;
mod callee;
mod chains;
pub(crate) mod code;
mod copies;
mod date;
mod elements;
mod find;
mod formula;
mod html;
mod iterators;
mod json;
mod json_parse;
mod json_shapes;
mod moves;
mod objects;
mod pieces;
mod regexp;
mod search;
mod sort;
mod steps;
mod symbols;
mod text;
mod texts;
mod typed;

pub(crate) use {regexp::is_regexp, symbols::Registry};

use crate::{error::LimitHit, shared::Shared};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string,
    object::FunctionObjectBuilder, property::PropertyDescriptor,
};
use boa_gc::{Finalize, Trace};
use std::cell::Cell;

/// Puts all guards in place of the engine's functions.
pub(crate) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    sort::install(shared, context)?;
    array::install(shared, context)?;
    callbacks::install(shared, context)?;
    search::install(shared, context)?;
    moves::install(shared, context)?;
    copies::install(shared, context)?;
    iterators::install(shared, context)?;
    text::install(shared, context)?;
    html::install(shared, context)?;
    bigint::install(shared, context)?;
    date::install(shared, context)?;
    find::install(shared, context)?;
    pieces::install(shared, context)?;
    typed::install(shared, context)?;
    buffers::install(shared, context)?;
    objects::install(shared, context)?;
    symbols::install(shared, context)?;
    chains::install(shared, context)?;
    apply::install(shared, context)?;
    json::install(shared, context)?;
    json_parse::install(shared, context)?;
    regexp::install(shared, context)
}

/// A guard in plain Rust; `originals` are the functions that it stands for or
/// needs.
type Body = fn(&Guard, &JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// What a guard knows.
#[derive(Trace, Finalize)]
struct Guard {
    #[unsafe_ignore_trace]
    shared: Shared,
    /// Steps since the limits were asked.
    #[unsafe_ignore_trace]
    spent: Cell<u64>,
    originals: Vec<JsObject>,
}

impl Guard {
    /// Pays for work: a step is about 100 ns. Asks the limits once for every
    /// 2000 steps, whichever calls they were taken in.
    fn spend(&self, steps: u64, context: &mut Context) -> JsResult<()> {
        const STEPS: u64 = 2000;
        let spent = self.spent.get().saturating_add(steps);
        if spent < STEPS {
            self.spent.set(spent);
            return Ok(());
        }
        self.spent.set(0);
        self.shared.check(context)
    }

    /// Pays for one turn, which reads or writes a property of an object.
    fn tick(&self, context: &mut Context) -> JsResult<()> {
        self.spend(2, context)
    }

    /// One level deeper in recursion that the engine does not count; `mark` is
    /// an object that [`Shared::is_marked`] then tells.
    fn enter<T>(
        &self,
        mark: Option<&JsObject>,
        context: &mut Context,
        work: impl FnOnce(&mut Context) -> JsResult<T>,
    ) -> JsResult<T> {
        let limit = self.shared.execution().limits().recursion;
        if self.shared.native_depth() >= limit {
            return Err(self.shared.end(LimitHit::Recursion(limit), context));
        }
        self.shared.push_native(mark.cloned());
        let result = work(context);
        self.shared.pop_native();
        result
    }

    /// Asks for memory that one call is about to take.
    fn reserve(&self, bytes: u64, context: &mut Context) -> JsResult<()> {
        let execution = self.shared.execution();
        if execution.has_room(bytes) {
            return Ok(());
        }
        // Garbage does not count, but only the collector knows it.
        boa_gc::force_collect();
        if execution.has_room(bytes) {
            return Ok(());
        }
        let limit = execution.limits().memory;
        Err(self.shared.end(LimitHit::Memory(limit), context))
    }
}

/// Replaces a method; name, length and attributes stay.
fn replace(
    holder: &JsObject,
    name: &str,
    body: Body,
    shared: &Shared,
    context: &mut Context,
) -> JsResult<()> {
    let key = js_string!(name);
    let original = holder.get(key.clone(), context)?;
    let Some(original) = original.as_object() else {
        return Err(missing(name));
    };
    let length = original
        .get(js_string!("length"), context)?
        .to_length(context)?;
    let native = native(body, shared, vec![original]);
    let function = FunctionObjectBuilder::new(context.realm(), native)
        .name(key.clone())
        .length(usize::try_from(length).unwrap_or(0))
        .build();
    let property = PropertyDescriptor::builder()
        .value(function)
        .writable(true)
        .enumerable(false)
        .configurable(true);
    holder
        .define_property_or_throw(key, property, context)
        .map(drop)
}

/// A guard as a native function.
fn native(body: Body, shared: &Shared, originals: Vec<JsObject>) -> NativeFunction {
    let guard = Guard {
        shared: shared.clone(),
        spent: Cell::new(0),
        originals,
    };
    NativeFunction::from_copy_closure_with_captures(
        move |this, args, guard: &Guard, context| body(guard, this, args, context),
        guard,
    )
}

fn missing(name: &str) -> boa_engine::JsError {
    JsNativeError::error()
        .with_message(format!("the engine has no {name}"))
        .into()
}

/// `LengthOfArrayLike` of the standard.
fn length_of(object: &JsObject, context: &mut Context) -> JsResult<u64> {
    object
        .get(js_string!("length"), context)?
        .to_length(context)
}

fn arg(args: &[JsValue], index: usize) -> JsValue {
    args.get(index).cloned().unwrap_or_default()
}

/// `IsArray`, which looks through proxies.
fn is_array(object: &JsObject, context: &mut Context) -> JsResult<bool> {
    if object.is_array() {
        return Ok(true);
    }
    if object.is_ordinary() {
        return Ok(false);
    }
    let constructor = context.intrinsics().constructors().array().constructor();
    call_static(&constructor, "isArray", object, context).map(|told| told.to_boolean())
}

/// Calls the engine's own static function, also if a script replaced it.
fn call_static(
    constructor: &JsObject,
    name: &str,
    object: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let original = context
        .get_data::<Shared>()
        .and_then(|shared| shared.original(name));
    let function = original.ok_or_else(|| missing(name))?;
    function.call(
        &constructor.clone().into(),
        &[object.clone().into()],
        context,
    )
}
