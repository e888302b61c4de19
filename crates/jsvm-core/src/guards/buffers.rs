//! Constructors of buffers and typed arrays.
//!
//! The one rule: a buffer is asked for before it is made, and what is copied
//! into it pays for each element. Everything else is the engine's.

use super::{
    Guard, arg,
    elements::{method_of, range_error, type_error},
    length_of, native, replace,
    steps::Steps,
};
use crate::{error::LimitHit, shared::Shared};
use boa_engine::{
    Context, JsObject, JsResult, JsSymbol, JsValue, js_string,
    object::{
        FunctionObjectBuilder,
        builtins::{JsArrayBuffer, JsSharedArrayBuffer, JsTypedArray},
    },
    property::{PropertyDescriptor, PropertyKey},
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    for name in ["ArrayBuffer", "SharedArrayBuffer"] {
        replace_class(name, buffer, shared, context)?;
    }
    for name in [
        "Int8Array",
        "Uint8Array",
        "Uint8ClampedArray",
        "Int16Array",
        "Uint16Array",
        "Int32Array",
        "Uint32Array",
        "BigInt64Array",
        "BigUint64Array",
        "Float32Array",
        "Float64Array",
    ] {
        replace_class(name, typed_array, shared, context)?;
    }
    let constructors = context.intrinsics().constructors();
    let typed = constructors.typed_array().constructor();
    replace(&typed, "from", from, shared, context)
}

/// Puts a constructor in the place of a global one, with all it has.
pub(super) fn replace_class(
    name: &str,
    body: super::Body,
    shared: &Shared,
    context: &mut Context,
) -> JsResult<()> {
    let key = js_string!(name);
    let global = context.global_object();
    let Some(original) = global.get(key.clone(), context)?.as_object() else {
        return Ok(());
    };
    let native = native(body, shared, vec![original.clone()]);
    let class: JsObject = FunctionObjectBuilder::new(context.realm(), native)
        .constructor(true)
        .build()
        .into();
    class.set_prototype(original.prototype());
    for key in original.own_property_keys(context)? {
        let property = original.borrow().properties().get(&key);
        if let Some(property) = property {
            class.define_property_or_throw(key, property, context)?;
        }
    }
    let prototype = original.get(js_string!("prototype"), context)?;
    if let Some(prototype) = prototype.as_object() {
        define(&prototype, js_string!("constructor"), &class, context)?;
    }
    define(&global, key, &class, context)
}

fn define(
    holder: &JsObject,
    key: impl Into<PropertyKey>,
    class: &JsObject,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(class.clone())
        .writable(true)
        .enumerable(false)
        .configurable(true);
    holder
        .define_property_or_throw(key, property, context)
        .map(drop)
}

impl Guard {
    /// Asks for a buffer of so many bytes. More than any machine has is an
    /// error of the script's, as everywhere.
    fn bytes(&self, bytes: u64, context: &mut Context) -> JsResult<()> {
        const NO_MACHINE: u64 = 1 << 40;
        let limit = self.shared.execution().limits().buffer_size;
        if bytes >= NO_MACHINE {
            return Err(range_error("the buffer would be too large"));
        }
        if bytes > limit {
            return Err(self.shared.end(LimitHit::BufferSize(limit), context));
        }
        // Filled with zeros, a kilobyte in the time of one step.
        self.spend(1 + bytes / 1024, context)
    }

    /// An instance for a subclass, which the engine makes.
    fn instance(
        &self,
        new_target: &JsObject,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<JsObject> {
        self.originals[0].construct(args, Some(new_target), context)
    }
}

/// Constructors get their `new.target` as `this`.
fn buffer(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(new_target) = this.as_object() else {
        return guard.originals[0].call(this, args, context);
    };
    let length = arg(args, 0).to_index(context)?;
    let most = most_bytes(&arg(args, 1), context)?;
    guard.bytes(length.max(most.unwrap_or(0)), context)?;
    let mut args = vec![JsValue::from(length)];
    if let Some(most) = most {
        let options = crate::value::new_object(context);
        options.create_data_property_or_throw(js_string!("maxByteLength"), most, context)?;
        args.push(options.into());
    }
    guard.instance(&new_target, &args, context).map(Into::into)
}

/// `GetArrayBufferMaxByteLengthOption`
fn most_bytes(options: &JsValue, context: &mut Context) -> JsResult<Option<u64>> {
    let Some(options) = options.as_object() else {
        return Ok(None);
    };
    let most = options.get(js_string!("maxByteLength"), context)?;
    if most.is_undefined() {
        return Ok(None);
    }
    most.to_index(context).map(Some)
}

fn typed_array(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(new_target) = this.as_object() else {
        return guard.originals[0].call(this, args, context);
    };
    let source = arg(args, 0);
    let Some(object) = source.as_object() else {
        let length = source.to_index(context)?;
        return guard.filled(&new_target, length, context).map(Into::into);
    };
    if let Ok(array) = JsTypedArray::from_object(object.clone()) {
        let length = array.length(context)? as u64;
        guard.elements_of_buffer(length, context)?;
        // The engine converts each element.
        guard.spend(length / 8, context)?;
        return guard.instance(&new_target, args, context).map(Into::into);
    }
    let is_buffer = JsArrayBuffer::from_object(object.clone()).is_ok()
        || JsSharedArrayBuffer::from_object(object).is_ok();
    if is_buffer {
        return guard.instance(&new_target, args, context).map(Into::into);
    }
    let values = guard.listed(&source, context)?;
    let array = guard.filled(&new_target, values.length(), context)?;
    values.each(guard, context, |index, value, context| {
        array.set(index, value, true, context).map(drop)
    })?;
    Ok(array.into())
}

/// What a typed array is made from.
enum Values {
    List(Vec<JsValue>),
    ArrayLike(JsObject, u64),
}

impl Values {
    fn length(&self) -> u64 {
        match self {
            Self::List(list) => list.len() as u64,
            Self::ArrayLike(_, length) => *length,
        }
    }

    fn each(
        self,
        guard: &Guard,
        context: &mut Context,
        mut work: impl FnMut(u64, JsValue, &mut Context) -> JsResult<()>,
    ) -> JsResult<()> {
        for index in 0..self.length() {
            guard.spend(1, context)?;
            let value = match &self {
                Self::List(list) => usize::try_from(index)
                    .ok()
                    .and_then(|at| list.get(at))
                    .cloned(),
                Self::ArrayLike(object, _) => Some(object.get(index, context)?),
            };
            work(index, value.unwrap_or_default(), context)?;
        }
        Ok(())
    }
}

impl Guard {
    /// The values of an iterable, or an array-like as it is.
    fn listed(&self, source: &JsValue, context: &mut Context) -> JsResult<Values> {
        let Some(method) = method_of(source, JsSymbol::iterator(), context)? else {
            let object = source.to_object(context)?;
            let length = length_of(&object, context)?;
            return Ok(Values::ArrayLike(object, length));
        };
        let mut steps = Steps::new(source, &method, context)?;
        let mut list = Vec::new();
        while let Some(value) = steps.next(context)? {
            self.spend(1, context)?;
            list.push(value);
        }
        Ok(Values::List(list))
    }

    /// Asks for a typed array of the guarded class.
    fn elements_of_buffer(&self, length: u64, context: &mut Context) -> JsResult<()> {
        let size = self.originals[0]
            .get(js_string!("BYTES_PER_ELEMENT"), context)?
            .to_length(context)?;
        self.bytes(length.saturating_mul(size), context)
    }

    /// A typed array of zeros.
    fn filled(
        &self,
        new_target: &JsObject,
        length: u64,
        context: &mut Context,
    ) -> JsResult<JsObject> {
        self.elements_of_buffer(length, context)?;
        self.instance(new_target, &[length.into()], context)
    }
}

/// `%TypedArray%.from`
fn from(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let class = this
        .as_constructor()
        .ok_or_else(|| type_error("from must be called on a constructor"))?;
    let map = match arg(args, 1) {
        map if map.is_undefined() => None,
        map => Some(
            map.as_callable()
                .ok_or_else(|| type_error("the mapping is not a callable function"))?,
        ),
    };
    let values = guard.listed(&arg(args, 0), context)?;
    let length = values.length();
    let target = class.construct(&[length.into()], None, context)?;
    let array = JsTypedArray::from_object(target.clone())?;
    // Looking at an element tells whether the buffer is still there.
    array.at(0_i64, context)?;
    if (array.length(context)? as u64) < length {
        return Err(type_error("the typed array is too short"));
    }
    let this = arg(args, 2);
    values.each(guard, context, |index, value, context| {
        let value = match &map {
            Some(map) => map.call(&this, &[value, index.into()], context)?,
            None => value,
        };
        target.set(index, value, true, context).map(drop)
    })?;
    Ok(target.into())
}
