//! Freezing what scripts share with each other in one VM.
//!
//! The one rule: afterwards, nothing that a script reaches from the globals
//! that were there before it can be changed by it; globals of its own it may
//! still add. No script of anybody runs here.

use boa_engine::{
    Context, JsObject, JsResult, JsValue, Source,
    object::IntegrityLevel,
    property::{PropertyDescriptor, PropertyKey},
};

/// Freezes every object that can be reached from the global object, and the
/// globals themselves.
///
/// # Errors
///
/// If the engine refuses, which it does not for its own objects.
pub(crate) fn freeze_all(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let mut waiting = Vec::new();
    for key in keys(&global) {
        reached(&global, &key, &mut waiting);
        fix(&global, &key, context)?;
    }
    waiting.extend(hidden(context)?);
    freeze_reachable(waiting, &global, context)
}

/// Freezes an object and everything that can be reached from it.
///
/// # Errors
///
/// If the engine refuses, which it does not for plain objects.
pub fn freeze(object: &JsObject, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    freeze_reachable(vec![object.clone()], &global, context)
}

fn freeze_reachable(
    mut waiting: Vec<JsObject>,
    global: &JsObject,
    context: &mut Context,
) -> JsResult<()> {
    while let Some(object) = waiting.pop() {
        let is_done = JsObject::equals(&object, global) || !object.is_extensible(context)?;
        if is_done {
            continue;
        }
        for key in keys(&object) {
            reached(&object, &key, &mut waiting);
        }
        waiting.extend(object.prototype());
        object.set_integrity_level(IntegrityLevel::Frozen, context)?;
    }
    Ok(())
}

fn keys(object: &JsObject) -> Vec<PropertyKey> {
    let object = object.borrow();
    let indexes = object.properties().index_property_keys();
    let indexes: Vec<u32> = indexes.collect();
    let names = object.shape().keys();
    indexes.into_iter().map(Into::into).chain(names).collect()
}

/// The objects that a property holds.
fn reached(object: &JsObject, key: &PropertyKey, found: &mut Vec<JsObject>) {
    let property = object.borrow().properties().get(key);
    let Some(property) = property else { return };
    let values = [property.value(), property.get(), property.set()];
    let objects = values.into_iter().flatten().filter_map(JsValue::as_object);
    found.extend(objects);
}

/// A global keeps its value, unless it is one that scripts may replace.
fn fix(global: &JsObject, key: &PropertyKey, context: &mut Context) -> JsResult<()> {
    let Some(property) = global.borrow().properties().get(key) else {
        return Ok(());
    };
    if property.configurable() != Some(true) {
        return Ok(());
    }
    let fixed = match property.value() {
        Some(value) => PropertyDescriptor::builder()
            .value(value.clone())
            .writable(false)
            .enumerable(property.enumerable().unwrap_or_default())
            .configurable(false)
            .build(),
        // A getter stays what it is; it just cannot be replaced.
        None => PropertyDescriptor::builder().configurable(false).build(),
    };
    global
        .define_property_or_throw(key.clone(), fixed, context)
        .map(drop)
}

/// Prototypes that no property leads to.
fn hidden(context: &mut Context) -> JsResult<Vec<JsObject>> {
    const TEXT: &str = "[
        function* () {}, async function () {}, [].values(), new Map().keys(), new Set().keys(),
        ''[Symbol.iterator](), ''.matchAll('a'),
    ].map(Object.getPrototypeOf)";
    let list = context.eval(Source::from_bytes(TEXT))?;
    let mut found = Vec::new();
    if let Some(list) = list.as_object() {
        for key in keys(&list) {
            reached(&list, &key, &mut found);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::{Execution, Kind, Limits, Program, Source, Vm, value};
    use std::{sync::Arc, time::Duration};

    fn run(vm: &mut Vm, text: &str) -> String {
        let source = Source::new("a.js", text);
        let program = Program::compile(&source, Kind::Script, &Limits::default()).unwrap();
        match vm.run(&Arc::new(program)) {
            Ok(result) => value::display(&result, vm.context()),
            Err(failure) => failure.into_error(vm.context()).headline(),
        }
    }

    #[test]
    fn nothing_shared_can_be_changed() {
        let execution = Execution::new(Limits::default());
        let mut vm = Vm::new(&execution).unwrap();
        vm.freeze().unwrap();
        execution.start(Duration::from_secs(60));
        for text in [
            "Object.prototype.toJSON = () => 1",
            "Array.prototype[Symbol.iterator] = null",
            "JSON.parse = null",
            "Math = null",
            "Promise.prototype.then = null",
            "(function* () {}).__proto__.prototype.next = null",
            "Object.getPrototypeOf([].values()).next = null",
            "RegExp.prototype.exec = null",
            "Object.setPrototypeOf(Array.prototype, null)",
        ] {
            let told = run(&mut vm, &format!("'use strict'; {text}"));
            assert!(told.starts_with("TypeError"), "{text}: {told}");
        }
        assert_eq!(
            run(&mut vm, "var own = 1; globalThis.other = 2; own + other"),
            "3"
        );
        assert_eq!(
            run(
                &mut vm,
                "[...'ab'.matchAll(/./g)].map((m) => m[0]).sort().join()"
            ),
            "a,b"
        );
    }
}
