//! `Context`, and the contexts of requests and events.
//!
//! The one rule: nobody cancels one of them; they hold values, and a value that
//! one does not have is its parent's.

use super::class::{Class, arg, constructor, define_global, host, instance, this};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsArray,
};
use boa_gc::{Finalize, Trace};

/// One value and the context around it.
#[derive(Clone, Trace, Finalize, JsData)]
struct ContextObject {
    parent: JsValue,
    key: JsValue,
    value: JsValue,
}

/// Adds `Context`; returns the prototype of contexts.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = CONTEXT.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let data = ContextObject {
                parent: arg(args, 0),
                key: arg(args, 1),
                value: arg(args, 2),
            };
            Ok(instance(prototype, data, context))
        },
        prototype.clone(),
    );
    let function = constructor("Context", 1, body, &prototype, context)?;
    define_global("Context", function.into(), context)?;
    Ok(prototype)
}

/// A context without values.
pub(super) fn background(context: &mut Context) -> JsValue {
    let prototype = super::request::prototype(context, |of| &of.context);
    let data = ContextObject {
        parent: JsValue::null(),
        key: JsValue::undefined(),
        value: JsValue::null(),
    };
    instance(&prototype, data, context)
}

const CONTEXT: Class = Class {
    methods: &[
        ("value", 1, value_of),
        ("err", 0, |_, _, _| Ok(JsValue::null())),
        ("done", 0, |_, _, _| Ok(JsValue::null())),
        ("deadline", 0, |_, _, context| {
            let never = [JsValue::null(), false.into()];
            Ok(JsArray::from_iter(never, context).into())
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn value_of(value: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let wanted = arg(args, 0);
    let mut at: ContextObject = this(value)?;
    // A chain cannot be a circle: a parent is there before its child.
    while wanted.is_undefined() || !at.key.strict_equals(&wanted) {
        match host(&at.parent) {
            Some(parent) => at = parent,
            None => return Ok(JsValue::null()),
        }
    }
    Ok(at.value.clone())
}
