//! `sort` and `toSorted`: a merge sort that survives any comparator.
//!
//! The one rule: it is stable and never compares more than a merge sort does,
//! whatever the comparator answers; the engine's own panics if answers
//! contradict each other.

use super::{
    Guard, arg,
    callee::Callee,
    elements::{element, set_element},
    length_of, replace,
};
use crate::shared::Shared;
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue,
    object::builtins::{JsArray, JsTypedArray},
};
use std::cmp::Ordering;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors();
    let array = constructors.array().prototype();
    let typed = constructors.typed_array().prototype();
    replace(&array, "sort", sort, shared, context)?;
    replace(&array, "toSorted", to_sorted, shared, context)?;
    replace(&typed, "sort", typed_sort, shared, context)?;
    replace(&typed, "toSorted", typed_to_sorted, shared, context)
}

fn comparator(args: &[JsValue]) -> JsResult<Option<JsObject>> {
    let given = arg(args, 0);
    if given.is_undefined() {
        return Ok(None);
    }
    given.as_callable().map(Some).ok_or_else(|| {
        JsNativeError::typ()
            .with_message("the comparison function must be either a function or undefined")
            .into()
    })
}

fn sort(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let compare = comparator(args)?;
    let object = this.to_object(context)?;
    let length = length_of(&object, context)?;
    let items = guard.present(&object, length, context)?;
    let sorted = guard.merge_sort(items, compare, context)?;
    let count = sorted.len() as u64;
    for (index, item) in sorted.into_iter().enumerate() {
        guard.tick(context)?;
        set_element(&object, index as u64, item, context)?;
    }
    for index in count..length {
        guard.tick(context)?;
        if object.has_property(index, context)? {
            object.delete_property_or_throw(index, context)?;
        }
    }
    Ok(object.into())
}

fn to_sorted(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let compare = comparator(args)?;
    let object = this.to_object(context)?;
    let length = length_of(&object, context)?;
    if length > u64::from(u32::MAX) {
        return Err(JsNativeError::range()
            .with_message("invalid array length")
            .into());
    }
    let mut items = Vec::new();
    for index in 0..length {
        guard.tick(context)?;
        items.push(object.get(index, context)?);
    }
    let sorted = guard.merge_sort(items, compare, context)?;
    Ok(JsArray::from_iter(sorted, context).into())
}

/// Numbers alone have a total order, so only a comparator needs ours.
fn typed_sort(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (Some(compare), Some(array)) = (comparator(args)?, typed(this)) else {
        return guard.originals[0].call(this, args, context);
    };
    // The original checks that the array is not detached.
    let array = JsTypedArray::from_object(array)?;
    let items = typed_items(&array, context)?;
    let sorted = guard.merge_sort(items, Some(compare), context)?;
    let object: JsObject = array.into();
    for (index, item) in sorted.into_iter().enumerate() {
        object.set(index, item, true, context)?;
    }
    Ok(object.into())
}

fn typed_to_sorted(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(compare) = comparator(args)? else {
        return guard.originals[0].call(this, args, context);
    };
    // A sorted copy in numeric order has the right type and length.
    let copy = guard.originals[0].call(this, &[], context)?;
    let source = typed(this).ok_or_else(|| JsNativeError::typ().with_message("no typed array"))?;
    let source = JsTypedArray::from_object(source)?;
    let items = typed_items(&source, context)?;
    let sorted = guard.merge_sort(items, Some(compare), context)?;
    if let Some(target) = copy.as_object() {
        for (index, item) in sorted.into_iter().enumerate() {
            target.set(index, item, true, context)?;
        }
    }
    Ok(copy)
}

fn typed_items(array: &JsTypedArray, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let length = i64::try_from(array.length(context)?).unwrap_or(i64::MAX);
    (0..length).map(|index| array.at(index, context)).collect()
}

fn typed(value: &JsValue) -> Option<JsObject> {
    let object = value.as_object()?;
    JsTypedArray::from_object(object.clone())
        .ok()
        .map(|_| object)
}

impl Guard {
    /// `SortIndexedProperties` without its sorting, holes left out.
    fn present(
        &self,
        object: &JsObject,
        length: u64,
        context: &mut Context,
    ) -> JsResult<Vec<JsValue>> {
        if let Some(items) = self.part(object, 0..length, context)? {
            return Ok(items);
        }
        let mut items = Vec::new();
        for index in 0..length {
            self.tick(context)?;
            items.extend(element(object, index, context)?);
        }
        Ok(items)
    }

    /// Bottom-up: runs of one become runs of two, of four, and so on.
    fn merge_sort(
        &self,
        mut items: Vec<JsValue>,
        compare: Option<JsObject>,
        context: &mut Context,
    ) -> JsResult<Vec<JsValue>> {
        let mut compare = compare.map(|it| Callee::new(it, items.len() as u64));
        let mut width = 1;
        while width < items.len() {
            let mut merged = Vec::with_capacity(items.len());
            for run in items.chunks(width * 2) {
                let (left, right) = run.split_at(width.min(run.len()));
                let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
                while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
                    self.tick(context)?;
                    let ordering = self.ordering(a, b, compare.as_mut(), context)?;
                    let is_right = ordering == Ordering::Greater;
                    let next = if is_right { right.next() } else { left.next() };
                    merged.extend(next.cloned());
                }
                merged.extend(left.chain(right).cloned());
            }
            items = merged;
            width *= 2;
        }
        Ok(items)
    }

    /// `CompareArrayElements` of the standard: undefined comes last.
    fn ordering(
        &self,
        a: &JsValue,
        b: &JsValue,
        compare: Option<&mut Callee>,
        context: &mut Context,
    ) -> JsResult<Ordering> {
        match (a.is_undefined(), b.is_undefined()) {
            (true, true) => return Ok(Ordering::Equal),
            (true, false) => return Ok(Ordering::Greater),
            (false, true) => return Ok(Ordering::Less),
            (false, false) => {}
        }
        let Some(compare) = compare else {
            return Ok(a.to_string(context)?.cmp(&b.to_string(context)?));
        };
        let args = [a.clone(), b.clone()];
        let told = compare.call(self, &JsValue::undefined(), &args, context)?;
        let told = match told.as_number() {
            Some(number) => number,
            None => told.to_number(context)?,
        };
        Ok(told.partial_cmp(&0.0).unwrap_or(Ordering::Equal))
    }
}
