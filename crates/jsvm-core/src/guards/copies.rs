//! Methods that make another array: `slice`, `concat`, `with`, `toReversed`,
//! `toSpliced` and `Array.from`.
//!
//! The one rule: each is the algorithm of the standard, step by step; the limit
//! on the length of arrays holds for what it makes.

use super::{
    Guard, arg,
    elements::{
        MAX_LENGTH, Target, array_length, element, method_of, range_error, relative, relative_end,
        type_error,
    },
    is_array, length_of,
    moves::delete_count,
    replace,
    steps::Steps,
};
use crate::shared::Shared;
use boa_engine::{
    Context, JsObject, JsResult, JsSymbol, JsValue, object::builtins::JsArray,
    value::IntegerOrInfinity,
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let array = context.intrinsics().constructors().array();
    let (prototype, constructor) = (array.prototype(), array.constructor());
    replace(&prototype, "slice", slice, shared, context)?;
    replace(&prototype, "concat", concat, shared, context)?;
    replace(&prototype, "with", with, shared, context)?;
    replace(&prototype, "toReversed", to_reversed, shared, context)?;
    replace(&prototype, "toSpliced", to_spliced, shared, context)?;
    replace(&constructor, "from", from, shared, context)
}

fn slice(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let start = relative(&arg(args, 0), length, context)?;
    let end = relative_end(&arg(args, 1), length, context)?;
    let count = end.saturating_sub(start);
    let mut target = guard.species(&object, count, context)?;
    if guard.put_part(&mut target, (0, &object), start..start + count, context)? {
        return Ok(target.finish(context).into());
    }
    for index in 0..count {
        guard.spend(1, context)?;
        if let Some(value) = element(&object, start + index, context)? {
            target.put(index, value, context)?;
        }
    }
    Ok(target.finish_with(count, context)?.into())
}

fn concat(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = this.to_object(context)?;
    let mut target = guard.species(&object, 0, context)?;
    let mut length = 0;
    let first = JsValue::from(object);
    for item in std::iter::once(&first).chain(args) {
        let Some(spread) = spreadable(item, context)? else {
            if length >= MAX_LENGTH {
                return Err(type_error("the array would be too long"));
            }
            target.put(length, item.clone(), context)?;
            length += 1;
            continue;
        };
        let count = length_of(&spread, context)?;
        if length + count > MAX_LENGTH {
            return Err(type_error("the array would be too long"));
        }
        if guard.put_part(&mut target, (length, &spread), 0..count, context)? {
            length += count;
            continue;
        }
        for index in 0..count {
            guard.spend(1, context)?;
            if let Some(value) = element(&spread, index, context)? {
                target.put(length + index, value, context)?;
            }
        }
        length += count;
    }
    Ok(target.finish_with(length, context)?.into())
}

/// `IsConcatSpreadable`
fn spreadable(item: &JsValue, context: &mut Context) -> JsResult<Option<JsObject>> {
    let Some(object) = item.as_object() else {
        return Ok(None);
    };
    let told = object.get(JsSymbol::is_concat_spreadable(), context)?;
    let is_spread = if told.is_undefined() {
        is_array(&object, context)?
    } else {
        told.to_boolean()
    };
    Ok(is_spread.then_some(object))
}

fn with(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let at = match arg(args, 0).to_integer_or_infinity(context)? {
        IntegerOrInfinity::Integer(index) if index < 0 => length.checked_sub(index.unsigned_abs()),
        IntegerOrInfinity::Integer(index) => Some(index.unsigned_abs()),
        _ => None,
    };
    let at = at
        .filter(|at| *at < length)
        .ok_or_else(|| range_error("invalid index for Array.prototype.with"))?;
    array_length(length)?;
    guard.elements(length, context)?;
    let mut list = Vec::new();
    for index in 0..length {
        guard.spend(1, context)?;
        list.push(if index == at {
            arg(args, 1)
        } else {
            object.get(index, context)?
        });
    }
    Ok(JsArray::from_iter(list, context).into())
}

fn to_reversed(
    guard: &Guard,
    this: &JsValue,
    _: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    array_length(length)?;
    guard.elements(length, context)?;
    let mut list = Vec::new();
    for index in (0..length).rev() {
        guard.spend(1, context)?;
        list.push(object.get(index, context)?);
    }
    Ok(JsArray::from_iter(list, context).into())
}

fn to_spliced(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (object, length) = Guard::subject(this, context)?;
    let start = relative(&arg(args, 0), length, context)?;
    let items = args.get(2..).unwrap_or_default();
    let skipped = delete_count(args, start, length, context)?;
    let new_length = length + items.len() as u64 - skipped;
    if new_length > MAX_LENGTH {
        return Err(type_error("the array would be too long"));
    }
    array_length(new_length)?;
    guard.elements(new_length, context)?;
    let mut list = Vec::new();
    for index in 0..start {
        guard.spend(1, context)?;
        list.push(object.get(index, context)?);
    }
    list.extend_from_slice(items);
    for index in start + skipped..length {
        guard.spend(1, context)?;
        list.push(object.get(index, context)?);
    }
    Ok(JsArray::from_iter(list, context).into())
}

fn from(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let items = arg(args, 0);
    let map = match arg(args, 1) {
        map if map.is_undefined() => None,
        map => Some(
            map.as_callable()
                .ok_or_else(|| type_error("the mapping is not a callable function"))?,
        ),
    };
    let mapping = Mapping {
        guard,
        map,
        this: arg(args, 2),
    };
    match method_of(&items, JsSymbol::iterator(), context)? {
        Some(method) => mapping.iterable(this, &items, &method, context),
        None => mapping.array_like(this, &items, context),
    }
}

struct Mapping<'a> {
    guard: &'a Guard,
    map: Option<JsObject>,
    this: JsValue,
}

impl Mapping<'_> {
    fn mapped(&self, value: JsValue, index: u64, context: &mut Context) -> JsResult<JsValue> {
        match &self.map {
            Some(map) => map.call(&self.this, &[value, index.into()], context),
            None => Ok(value),
        }
    }

    fn iterable(
        &self,
        class: &JsValue,
        items: &JsValue,
        method: &JsObject,
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let mut target = construct(class, &[], context)?;
        let mut steps = Steps::new(items, method, context)?;
        let mut index = 0;
        while let Some(value) = steps.next(context)? {
            self.guard.spend(1, context)?;
            let put = self
                .mapped(value, index, context)
                .and_then(|value| target.put(index, value, context));
            if let Err(err) = put {
                return Err(steps.close(err, context));
            }
            index += 1;
        }
        Ok(target.finish_with(index, context)?.into())
    }

    fn array_like(
        &self,
        class: &JsValue,
        items: &JsValue,
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let (object, length) = Guard::subject(items, context)?;
        let mut target = construct(class, &[length.into()], context)?;
        if matches!(target, Target::List(_)) {
            array_length(length)?;
            self.guard.elements(length, context)?;
        }
        for index in 0..length {
            self.guard.spend(1, context)?;
            let value = object.get(index, context)?;
            let value = self.mapped(value, index, context)?;
            target.put(index, value, context)?;
        }
        Ok(target.finish_with(length, context)?.into())
    }
}

/// An instance of the class that `Array.from` is called on.
fn construct(class: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<Target> {
    let array = context.intrinsics().constructors().array().constructor();
    match class.as_constructor() {
        Some(class) if !JsObject::equals(&class, &array) => {
            class.construct(args, None, context).map(Target::Object)
        }
        _ => Ok(Target::List(Vec::new())),
    }
}
