//! Iterators over arrays, strings, maps and sets.
//!
//! The one rule: each step pays, because spreading, destructuring and many
//! built-in functions take all steps without a check between them. Iterators
//! over arrays and strings are ours: one call for a step, as in the engine.

use super::{Guard, length_of, replace};
use crate::shared::Shared;
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsString, JsSymbol, JsValue,
    builtins::iterable::create_iter_result_object,
    js_string,
    object::{
        FunctionObjectBuilder,
        builtins::{JsArray, JsTypedArray},
    },
    property::{PropertyDescriptor, PropertyKey},
};
use boa_gc::{Finalize, Trace};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let (array, string) = (
        constructors.array().prototype(),
        constructors.string().prototype(),
    );
    let prototypes = context.intrinsics().objects().iterator_prototypes();
    let (of_arrays, of_strings) = (prototypes.array(), prototypes.string());
    let (of_maps, of_sets) = (prototypes.map(), prototypes.set());
    replace(&array, "values", values, shared, context)?;
    replace(&array, "keys", keys, shared, context)?;
    replace(&array, "entries", entries, shared, context)?;
    let values = array.get(js_string!("values"), context)?;
    define(&array, JsSymbol::iterator(), values, context)?;
    replace(&of_arrays, "next", array_next, shared, context)?;
    string_iterator(&string, shared, context)?;
    replace(&of_strings, "next", string_next, shared, context)?;
    replace(&of_maps, "next", step, shared, context)?;
    replace(&of_sets, "next", step, shared, context)
}

fn define(
    holder: &JsObject,
    key: impl Into<PropertyKey>,
    value: JsValue,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(false)
        .configurable(true);
    holder
        .define_property_or_throw(key, property, context)
        .map(drop)
}

/// What an iterator over an array tells.
#[derive(Clone, Copy)]
enum Told {
    Keys,
    Values,
    Entries,
}

/// An iterator over an array; done once it has none.
#[derive(Trace, Finalize, JsData)]
struct ArraySteps {
    array: Option<JsObject>,
    next: u64,
    #[unsafe_ignore_trace]
    told: Told,
}

fn values(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    iterator(guard, this, args, Told::Values, context)
}

fn keys(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    iterator(guard, this, args, Told::Keys, context)
}

fn entries(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    iterator(guard, this, args, Told::Entries, context)
}

fn iterator(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    told: Told,
    context: &mut Context,
) -> JsResult<JsValue> {
    let array = this.to_object(context)?;
    if !array.is_array() && JsTypedArray::from_object(array.clone()).is_ok() {
        return guard.originals[0].call(&array.into(), args, context);
    }
    let steps = ArraySteps {
        array: Some(array),
        next: 0,
        told,
    };
    let prototype = context.intrinsics().objects().iterator_prototypes().array();
    let iterator = JsObject::new(context.root_shape(), prototype, steps);
    Ok(iterator.upcast().into())
}

fn array_next(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.spend(1, context)?;
    let object = this.as_object();
    let steps = object
        .as_ref()
        .and_then(JsObject::downcast_ref::<ArraySteps>)
        .map(|steps| (steps.array.clone(), steps.next, steps.told));
    let (Some(object), Some((array, index, told))) = (object, steps) else {
        return guard.originals[0].call(this, args, context);
    };
    let Some(array) = array else {
        return Ok(done(context));
    };
    let length = length_of(&array, context)?;
    if let Some(mut steps) = object.downcast_mut::<ArraySteps>() {
        steps.next = index + 1;
        if index >= length {
            steps.array = None;
        }
    }
    if index >= length {
        return Ok(done(context));
    }
    let value = match told {
        Told::Keys => index.into(),
        Told::Values => array.get(index, context)?,
        Told::Entries => {
            let pair = [index.into(), array.get(index, context)?];
            JsArray::from_iter(pair, context).into()
        }
    };
    Ok(create_iter_result_object(value, false, context))
}

fn done(context: &mut Context) -> JsValue {
    create_iter_result_object(JsValue::undefined(), true, context)
}

/// An iterator over the code points of a text.
#[derive(Trace, Finalize, JsData)]
struct StringSteps {
    #[unsafe_ignore_trace]
    text: JsString,
    next: usize,
}

/// `String.prototype[Symbol.iterator]`, which has no name that `replace` could
/// use.
fn string_iterator(string: &JsObject, shared: &Shared, context: &mut Context) -> JsResult<()> {
    let native = super::native(string_values, shared, Vec::new());
    let function = FunctionObjectBuilder::new(context.realm(), native)
        .name(js_string!("[Symbol.iterator]"))
        .build();
    define(string, JsSymbol::iterator(), function.into(), context)
}

fn string_values(
    _: &Guard,
    this: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this.require_object_coercible()?.to_string(context)?;
    let prototype = context
        .intrinsics()
        .objects()
        .iterator_prototypes()
        .string();
    let steps = StringSteps { text, next: 0 };
    let iterator = JsObject::new(context.root_shape(), prototype, steps);
    Ok(iterator.upcast().into())
}

fn string_next(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.spend(1, context)?;
    let object = this.as_object();
    let Some(mut steps) = object
        .as_ref()
        .and_then(JsObject::downcast_mut::<StringSteps>)
    else {
        return guard.originals[0].call(this, args, context);
    };
    let start = steps.next;
    if start >= steps.text.len() {
        return Ok(done(context));
    }
    let units = steps.text.code_point_at(start).code_unit_count();
    steps.next = start + units;
    let text = steps.text.slice(start, start + units);
    drop(steps);
    Ok(create_iter_result_object(text.into(), false, context))
}

fn step(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.spend(1, context)?;
    guard.originals[0].call(this, args, context)
}
