//! Methods of arrays that call back: `forEach`, `map`, `filter`, `flatMap`,
//! `some`, `every`, `find` and its kin, `reduce` and `reduceRight`.
//!
//! The one rule: each is the algorithm of the standard, step by step, and asks
//! the limits on its way: holes and native callbacks have no checks.

use super::{
    Guard, arg,
    callee::Callee,
    elements::{Target, callback, dense_element, element, type_error},
    is_array, replace,
};
use crate::shared::Shared;
use boa_engine::{Context, JsObject, JsResult, JsValue};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array().prototype();
    replace(&array, "forEach", for_each, shared, context)?;
    replace(&array, "map", map, shared, context)?;
    replace(&array, "filter", filter, shared, context)?;
    replace(&array, "flatMap", flat_map, shared, context)?;
    replace(&array, "some", some, shared, context)?;
    replace(&array, "every", every, shared, context)?;
    replace(&array, "find", find, shared, context)?;
    replace(&array, "findIndex", find_index, shared, context)?;
    replace(&array, "findLast", find_last, shared, context)?;
    replace(&array, "findLastIndex", find_last_index, shared, context)?;
    replace(&array, "reduce", reduce, shared, context)?;
    replace(&array, "reduceRight", reduce_right, shared, context)
}

/// A walk over an array with the callback for each element.
struct Walk<'a> {
    guard: &'a Guard,
    object: JsObject,
    length: u64,
    callback: Callee,
    this: JsValue,
    /// Element, index and object, made once for all turns.
    args: [JsValue; 3],
}

impl<'a> Walk<'a> {
    fn new(
        guard: &'a Guard,
        this: &JsValue,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<Self> {
        let (object, length) = Guard::subject(this, context)?;
        Ok(Self {
            guard,
            length,
            callback: Callee::new(callback(args)?, length),
            this: arg(args, 1),
            args: [
                JsValue::undefined(),
                JsValue::undefined(),
                object.clone().into(),
            ],
            object,
        })
    }

    fn call(&mut self, value: JsValue, index: u64, context: &mut Context) -> JsResult<JsValue> {
        self.args[0] = value;
        self.args[1] = index.into();
        self.callback
            .call(self.guard, &self.this, &self.args, context)
    }

    /// The element of the last call.
    fn value(&self) -> &JsValue {
        &self.args[0]
    }

    /// Calls back for each element that is there, until `stop` says so of what
    /// came back.
    fn each(
        &mut self,
        context: &mut Context,
        mut stop: impl FnMut(u64, &JsValue, JsValue, &mut Context) -> JsResult<bool>,
    ) -> JsResult<bool> {
        for index in 0..self.length {
            self.guard.spend(1, context)?;
            let Some(value) = element(&self.object, index, context)? else {
                continue;
            };
            let told = self.call(value, index, context)?;
            if stop(index, self.value(), told, context)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first index and element, holes included, of which the callback says
    /// yes.
    fn found(
        &mut self,
        indices: impl Iterator<Item = u64>,
        context: &mut Context,
    ) -> JsResult<Option<(u64, JsValue)>> {
        for index in indices {
            self.guard.spend(1, context)?;
            let value = match dense_element(&self.object, index) {
                Some(value) => value,
                None => self.object.get(index, context)?,
            };
            if self.call(value, index, context)?.to_boolean() {
                return Ok(Some((index, self.value().clone())));
            }
        }
        Ok(None)
    }
}

fn for_each(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    walk.each(context, |_, _, _, _| Ok(false))?;
    Ok(JsValue::undefined())
}

fn map(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let mut target = guard.species(&walk.object, walk.length, context)?;
    let is_array = matches!(target, Target::List(_));
    walk.each(context, |index, _, told, context| {
        target.put(index, told, context)?;
        Ok(false)
    })?;
    if is_array {
        return Ok(target.finish_with(walk.length, context)?.into());
    }
    Ok(target.finish(context).into())
}

fn filter(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let mut target = guard.species(&walk.object, 0, context)?;
    let mut to = 0;
    walk.each(context, |_, value, told, context| {
        if told.to_boolean() {
            target.put(to, value.clone(), context)?;
            to += 1;
        }
        Ok(false)
    })?;
    Ok(target.finish(context).into())
}

fn flat_map(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let mut target = guard.species(&walk.object, 0, context)?;
    let mut to = 0;
    walk.each(context, |_, _, told, context| {
        let inner = match told.as_object() {
            Some(inner) if is_array(&inner, context)? => inner,
            _ => {
                target.put(to, told, context)?;
                to += 1;
                return Ok(false);
            }
        };
        for index in 0..super::length_of(&inner, context)? {
            guard.spend(1, context)?;
            if let Some(value) = element(&inner, index, context)? {
                target.put(to, value, context)?;
                to += 1;
            }
        }
        Ok(false)
    })?;
    Ok(target.finish(context).into())
}

fn some(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let is_found = walk.each(context, |_, _, told, _| Ok(told.to_boolean()))?;
    Ok(is_found.into())
}

fn every(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let is_found = walk.each(context, |_, _, told, _| Ok(!told.to_boolean()))?;
    Ok((!is_found).into())
}

fn find(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let found = walk.found(0..walk.length, context)?;
    Ok(found.map_or_else(JsValue::undefined, |(_, value)| value))
}

fn find_index(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let found = walk.found(0..walk.length, context)?;
    Ok(found.map_or_else(|| JsValue::from(-1), |(index, _)| index.into()))
}

fn find_last(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let found = walk.found((0..walk.length).rev(), context)?;
    Ok(found.map_or_else(JsValue::undefined, |(_, value)| value))
}

fn find_last_index(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    let found = walk.found((0..walk.length).rev(), context)?;
    Ok(found.map_or_else(|| JsValue::from(-1), |(index, _)| index.into()))
}

fn reduce(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    walk.fold(0..walk.length, args.get(1), context)
}

fn reduce_right(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut walk = Walk::new(guard, this, args, context)?;
    walk.fold((0..walk.length).rev(), args.get(1), context)
}

impl Walk<'_> {
    fn fold(
        &mut self,
        indices: impl Iterator<Item = u64>,
        first: Option<&JsValue>,
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let mut folded = first.cloned();
        let object = JsValue::from(self.object.clone());
        let mut args = [JsValue::undefined(), JsValue::undefined(), 0.into(), object];
        for index in indices {
            self.guard.spend(1, context)?;
            let Some(value) = element(&self.object, index, context)? else {
                continue;
            };
            folded = Some(match folded {
                None => value,
                Some(folded) => {
                    (args[0], args[1], args[2]) = (folded, value, index.into());
                    self.callback
                        .call(self.guard, &JsValue::undefined(), &args, context)?
                }
            });
        }
        folded.ok_or_else(|| type_error("reduce of an empty array without an initial value"))
    }
}
