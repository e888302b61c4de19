//! What the guards of arrays share: elements, ranges, and what they make.
//!
//! The one rule: each helper is one abstract operation of the standard, and a
//! script can tell it from the original by nothing.

use super::{Guard, is_array, length_of};
use crate::{error::LimitHit, value};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsSymbol, JsValue, js_string,
    object::{IndexPropertyKeys, IndexPropertyValues, builtins::JsArray},
    property::{PropertyDescriptor, PropertyKey},
    value::IntegerOrInfinity,
};
use std::ops::Range;

/// The greatest length of anything, 2^53 - 1.
pub(super) const MAX_LENGTH: u64 = (1 << 53) - 1;

/// `HasProperty` and then `Get`; `None` is a hole.
pub(super) fn element(
    object: &JsObject,
    index: u64,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    if let Some(value) = own_value(object, index) {
        return Ok(Some(value));
    }
    if !object.has_property(index, context)? {
        return Ok(None);
    }
    object.get(index, context).map(Some)
}

/// An element of an array whose elements lie side by side in memory.
#[inline]
pub(super) fn dense_element(object: &JsObject, index: u64) -> Option<JsValue> {
    if !object.is_array() {
        return None;
    }
    let index = usize::try_from(index).ok()?;
    let object = object.borrow();
    match object.properties().index_property_values() {
        IndexPropertyValues::DenseElement(values) => values.as_slice().get(index).cloned(),
        IndexPropertyValues::DenseI32(numbers) => {
            numbers.as_slice().get(index).copied().map(Into::into)
        }
        IndexPropertyValues::DenseF64(numbers) => {
            numbers.as_slice().get(index).copied().map(Into::into)
        }
        _ => None,
    }
}

/// A part of an array whose elements lie side by side in memory.
fn dense_part(object: &JsObject, part: Range<u64>) -> Option<Vec<JsValue>> {
    if !object.is_array() {
        return None;
    }
    let part = usize::try_from(part.start).ok()?..usize::try_from(part.end).ok()?;
    let object = object.borrow();
    Some(match object.properties().index_property_values() {
        IndexPropertyValues::DenseElement(values) => values.as_slice().get(part)?.to_vec(),
        IndexPropertyValues::DenseI32(numbers) => {
            let numbers = numbers.as_slice().get(part)?;
            numbers.iter().copied().map(Into::into).collect()
        }
        IndexPropertyValues::DenseF64(numbers) => {
            let numbers = numbers.as_slice().get(part)?;
            numbers.iter().copied().map(Into::into).collect()
        }
        _ => return None,
    })
}

/// Whether an object is an array with so many elements side by side in memory.
pub(super) fn is_dense(object: &JsObject, length: u64) -> bool {
    object.is_array()
        && matches!(
            object.borrow().properties().index_property_keys(),
            IndexPropertyKeys::Dense(range) if u64::from(range.end) >= length
        )
}

/// Sets an element of an array whose elements lie side by side in memory: these
/// are all writable, and no setter stands before them.
fn set_dense(object: &JsObject, index: u64, value: &JsValue) -> bool {
    let Ok(at) = u32::try_from(index) else {
        return false;
    };
    // The engine sometimes leaves elements behind the end of an array.
    let is_dense = is_dense(object, index + 1) && index < u64::from(value::array_length(object));
    if is_dense {
        object.insert_property(at, data_property(value.clone()));
    }
    is_dense
}

/// `Set` of an element, which fails loudly.
pub(super) fn set_element(
    object: &JsObject,
    index: u64,
    value: JsValue,
    context: &mut Context,
) -> JsResult<()> {
    if set_dense(object, index, &value) {
        return Ok(());
    }
    object.set(index, value, true, context).map(drop)
}

/// A property as assignment makes it.
pub(super) fn data_property(value: JsValue) -> PropertyDescriptor {
    PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(true)
        .configurable(true)
        .build()
}

/// An element that an array holds itself and that is no getter.
fn own_value(object: &JsObject, index: u64) -> Option<JsValue> {
    if let Some(value) = dense_element(object, index) {
        return Some(value);
    }
    if !object.is_array() {
        return None;
    }
    let key = PropertyKey::from(index);
    let property = object.borrow().properties().get(&key)?;
    property.value().cloned()
}

/// The callback that must be the first argument.
pub(super) fn callback(args: &[JsValue]) -> JsResult<JsObject> {
    let given = args.first().and_then(JsValue::as_callable);
    given.ok_or_else(|| type_error("the callback is not a callable function"))
}

/// `GetMethod`
pub(super) fn method_of(
    value: &JsValue,
    key: impl Into<PropertyKey>,
    context: &mut Context,
) -> JsResult<Option<JsObject>> {
    let method = value.to_object(context)?.get(key.into(), context)?;
    if method.is_null_or_undefined() {
        return Ok(None);
    }
    let method = method.as_callable();
    method
        .map(Some)
        .ok_or_else(|| type_error("the method is not a callable function"))
}

/// A relative index, from the end if negative, within `0..=length`.
pub(super) fn relative(value: &JsValue, length: u64, context: &mut Context) -> JsResult<u64> {
    Ok(match value.to_integer_or_infinity(context)? {
        IntegerOrInfinity::NegativeInfinity => 0,
        IntegerOrInfinity::PositiveInfinity => length,
        IntegerOrInfinity::Integer(index) if index < 0 => {
            length.saturating_sub(index.unsigned_abs())
        }
        IntegerOrInfinity::Integer(index) => index.unsigned_abs().min(length),
    })
}

/// The end of a range: all of it if it was left out.
pub(super) fn relative_end(value: &JsValue, length: u64, context: &mut Context) -> JsResult<u64> {
    if value.is_undefined() {
        return Ok(length);
    }
    relative(value, length, context)
}

/// `Set(object, "length", length, true)`.
pub(super) fn set_length(object: &JsObject, length: u64, context: &mut Context) -> JsResult<()> {
    object
        .set(js_string!("length"), length, true, context)
        .map(drop)
}

/// Moves an element, or makes a hole where it would go.
pub(super) fn move_element(
    object: &JsObject,
    from: u64,
    to: u64,
    context: &mut Context,
) -> JsResult<()> {
    match element(object, from, context)? {
        Some(value) => set_element(object, to, value, context),
        None => object.delete_property_or_throw(to, context).map(drop),
    }
}

pub(super) fn type_error(message: &str) -> boa_engine::JsError {
    JsNativeError::typ().with_message(message.to_owned()).into()
}

pub(super) fn range_error(message: &str) -> boa_engine::JsError {
    JsNativeError::range()
        .with_message(message.to_owned())
        .into()
}

/// What a method makes: an array that no script has seen yet, or an object of
/// another class.
pub(super) enum Target {
    /// Values without a hole between them.
    List(Vec<JsValue>),
    /// Anything else.
    Object(JsObject),
}

impl Target {
    /// `CreateDataPropertyOrThrow`.
    pub(super) fn put(
        &mut self,
        index: u64,
        value: JsValue,
        context: &mut Context,
    ) -> JsResult<()> {
        if let Self::List(list) = self {
            if list.len() as u64 == index {
                list.push(value);
                return Ok(());
            }
            let list = std::mem::take(list);
            *self = Self::Object(JsArray::from_iter(list, context).into());
        }
        if let Self::Object(object) = self {
            object.create_data_property_or_throw(index, value, context)?;
        }
        Ok(())
    }

    /// The object, with its length as it came about.
    pub(super) fn finish(self, context: &mut Context) -> JsObject {
        match self {
            Self::List(list) => JsArray::from_iter(list, context).into(),
            Self::Object(object) => object,
        }
    }

    /// The object, with this length.
    pub(super) fn finish_with(self, length: u64, context: &mut Context) -> JsResult<JsObject> {
        let is_right = matches!(&self, Self::List(list) if list.len() as u64 == length);
        let object = self.finish(context);
        if !is_right {
            set_length(&object, length, context)?;
        }
        Ok(object)
    }
}

impl Guard {
    /// Puts a part of an array behind what is there already, if its elements
    /// lie side by side in memory; no script runs.
    pub(super) fn put_part(
        &self,
        target: &mut Target,
        (index, source): (u64, &JsObject),
        part: Range<u64>,
        context: &mut Context,
    ) -> JsResult<bool> {
        let Target::List(list) = target else {
            return Ok(false);
        };
        if list.len() as u64 != index {
            return Ok(false);
        }
        let Some(values) = self.part(source, part, context)? else {
            return Ok(false);
        };
        if list.is_empty() {
            *list = values;
        } else {
            list.extend(values);
        }
        Ok(true)
    }

    /// As [`dense_part`], paid for.
    pub(super) fn part(
        &self,
        source: &JsObject,
        part: Range<u64>,
        context: &mut Context,
    ) -> JsResult<Option<Vec<JsValue>>> {
        /// Elements that are copied in the time of one step.
        const COPIED: u64 = 64;
        /// Bytes of an element here and where it goes.
        const BYTES: u64 = 16;
        if !is_dense(source, part.end) {
            return Ok(None);
        }
        let count = part.end.saturating_sub(part.start);
        self.spend(count / COPIED, context)?;
        self.reserve(count.saturating_mul(BYTES), context)?;
        Ok(dense_part(source, part))
    }

    /// `ArraySpeciesCreate`.
    pub(super) fn species(
        &self,
        object: &JsObject,
        length: u64,
        context: &mut Context,
    ) -> JsResult<Target> {
        if is_array(object, context)? {
            let mut class = object.get(js_string!("constructor"), context)?;
            if let Some(constructor) = class.as_object() {
                class = constructor.get(JsSymbol::species(), context)?;
                if class.is_null() {
                    class = JsValue::undefined();
                }
            }
            let array = context.intrinsics().constructors().array().constructor();
            if !class.is_undefined() && !class.strict_equals(&array.into()) {
                let class = class
                    .as_constructor()
                    .ok_or_else(|| type_error("the species of the array is no constructor"))?;
                return class
                    .construct(&[length.into()], None, context)
                    .map(Target::Object);
            }
        }
        array_length(length)?;
        Ok(Target::List(Vec::new()))
    }

    /// Asks for an array of so many elements.
    pub(super) fn elements(&self, count: u64, context: &mut Context) -> JsResult<()> {
        let limit = self.shared.execution().limits().array_length;
        if count > limit {
            return Err(self.shared.end(LimitHit::ArrayLength(limit), context));
        }
        Ok(())
    }

    /// The array or array-like that a method is called on, and its length.
    pub(super) fn subject(this: &JsValue, context: &mut Context) -> JsResult<(JsObject, u64)> {
        let object = this.to_object(context)?;
        let length = if object.is_array() {
            value::array_length(&object).into()
        } else {
            length_of(&object, context)?
        };
        Ok((object, length))
    }
}

/// `ArrayCreate` throws for lengths that no array can have.
pub(super) fn array_length(length: u64) -> JsResult<()> {
    if length > u64::from(u32::MAX) {
        return Err(range_error("invalid array length"));
    }
    Ok(())
}
