//! How objects of the host become objects of a script.
//!
//! The one rule: every kind has one prototype in each VM, and every object of
//! it is made with a shape that all share; that keeps the engine's caches warm.

use super::HostData;
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string,
    object::{FunctionObjectBuilder, IntegrityLevel, NativeObject},
    property::PropertyDescriptor,
};
use jsvm_core::value;

/// A method or accessor in plain Rust.
pub(crate) type Method = fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// What a kind of object can do.
#[derive(Default)]
pub(crate) struct Class {
    pub(crate) methods: &'static [(&'static str, usize, Method)],
    pub(crate) getters: &'static [(&'static str, Method)],
    pub(crate) accessors: &'static [(&'static str, Method, Method)],
}

impl Class {
    /// A prototype with these members, above `parent`.
    pub(crate) fn prototype(
        &self,
        parent: Option<JsObject>,
        context: &mut Context,
    ) -> JsResult<JsObject> {
        let object = jsvm_core::value::new_object(context);
        if let Some(parent) = parent {
            object.set_prototype(Some(parent));
        }
        self.add_to(&object, context)?;
        Ok(object)
    }

    /// Adds the members to an object.
    pub(crate) fn add_to(&self, object: &JsObject, context: &mut Context) -> JsResult<()> {
        for (name, length, body) in self.methods {
            let function = function(name, *length, NativeFunction::from_fn_ptr(*body), context);
            define(object, name, function.into(), context)?;
        }
        for (name, get) in self.getters {
            define_accessor(object, name, *get, None, context)?;
        }
        for (name, get, set) in self.accessors {
            define_accessor(object, name, *get, Some(*set), context)?;
        }
        Ok(())
    }
}

/// A native function object.
pub(crate) fn function(
    name: &str,
    length: usize,
    body: NativeFunction,
    context: &mut Context,
) -> JsObject {
    FunctionObjectBuilder::new(context.realm(), body)
        .name(js_string!(name))
        .length(length)
        .build()
        .into()
}

/// A native constructor whose instances have `prototype`.
pub(crate) fn constructor(
    name: &str,
    length: usize,
    body: NativeFunction,
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<JsObject> {
    let function: JsObject = FunctionObjectBuilder::new(context.realm(), body)
        .name(js_string!(name))
        .length(length)
        .constructor(true)
        .build()
        .into();
    let property = PropertyDescriptor::builder()
        .value(prototype.clone())
        .writable(false)
        .enumerable(false)
        .configurable(false);
    function.define_property_or_throw(js_string!("prototype"), property, context)?;
    define(prototype, "constructor", function.clone().into(), context)?;
    Ok(function)
}

/// Defines a property that enumeration does not show.
pub(crate) fn define(
    object: &JsObject,
    name: &str,
    value: JsValue,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(true)
        .enumerable(false)
        .configurable(true);
    object
        .define_property_or_throw(js_string!(name), property, context)
        .map(drop)
}

/// Defines an accessor on an object.
pub(crate) fn define_accessor(
    object: &JsObject,
    name: &str,
    get: Method,
    set: Option<Method>,
    context: &mut Context,
) -> JsResult<()> {
    let set = set.map(NativeFunction::from_fn_ptr);
    define_native_accessor(object, name, NativeFunction::from_fn_ptr(get), set, context)
}

/// As [`define_accessor`], for closures.
pub(crate) fn define_native_accessor(
    object: &JsObject,
    name: &str,
    get: NativeFunction,
    set: Option<NativeFunction>,
    context: &mut Context,
) -> JsResult<()> {
    let getter = function(name, 0, get, context);
    let setter = set.map_or_else(JsValue::undefined, |set| {
        function(name, 1, set, context).into()
    });
    let property = PropertyDescriptor::builder()
        .get(getter)
        .set(setter)
        .enumerable(true)
        .configurable(true);
    object
        .define_property_or_throw(js_string!(name), property, context)
        .map(drop)
}

/// Defines a property of the global object.
pub(crate) fn define_global(name: &str, value: JsValue, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define(&global, name, value, context)
}

/// A new object of the host with its prototype.
///
/// PocketBase: it takes no other properties, so that a script in strict mode
/// that writes `record.title = …` hears of it.
pub(crate) fn instance<T: NativeObject>(
    prototype: &JsObject,
    data: T,
    context: &mut Context,
) -> JsValue {
    let object = open_instance(prototype, data, context);
    object
        .set_integrity_level(IntegrityLevel::Sealed, context)
        .expect("a new object without properties can be closed");
    object.into()
}

/// As [`instance`], for an object that takes properties.
pub(crate) fn open_instance<T: NativeObject>(
    prototype: &JsObject,
    data: T,
    context: &mut Context,
) -> JsObject {
    if HostData::of(context).env.freezes {
        // It costs little if it is frozen already.
        jsvm_core::freeze(prototype, context).expect("a prototype of ours can be frozen");
    }
    JsObject::new(context.root_shape(), prototype.clone(), data).upcast()
}

/// The host's data behind a value, copied out.
pub(crate) fn host<T: NativeObject + Clone>(value: &JsValue) -> Option<T> {
    let object = value.as_object()?;
    let data = object.downcast_ref::<T>()?;
    Some(data.clone())
}

/// Text in an object around it, such as `new String("a")`.
pub(crate) fn host_text(value: &JsValue) -> Option<JsString> {
    let object = value.as_object()?;
    let text = object.downcast_ref::<JsString>()?;
    Some(text.clone())
}

/// The host's data behind `this`.
///
/// # Errors
///
/// A `TypeError` if the method was taken from its object.
pub(crate) fn this<T: NativeObject + Clone>(this: &JsValue) -> JsResult<T> {
    host(this).ok_or_else(|| {
        JsNativeError::typ()
            .with_message("this method was called on the wrong kind of object")
            .into()
    })
}

/// Text as PocketBase casts arguments: nothing is empty, numbers are written.
pub(crate) fn text(args: &[JsValue], index: usize, context: &mut Context) -> JsResult<String> {
    match args.get(index) {
        None => Ok(String::new()),
        Some(value) if value.is_null_or_undefined() => Ok(String::new()),
        Some(value) => Ok(value::text(&value.to_string(context)?)),
    }
}

/// As [`text`], for a name that is only looked up: it is copied if it must be.
pub(crate) struct Name {
    text: JsString,
    copy: Option<String>,
}

impl Name {
    /// The name that an argument is.
    pub(crate) fn of(args: &[JsValue], index: usize, context: &mut Context) -> JsResult<Self> {
        let text = match args.get(index) {
            None => JsString::default(),
            Some(value) if value.is_null_or_undefined() => JsString::default(),
            Some(value) => value.to_string(context)?,
        };
        let copy = value::ascii(&text).is_none().then(|| value::text(&text));
        Ok(Self { text, copy })
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.copy {
            Some(copy) => copy,
            None => value::ascii(&self.text).unwrap_or_default(),
        }
    }
}

/// A whole number as PocketBase casts arguments: nothing is 0, fractions go.
pub(crate) fn integer(args: &[JsValue], index: usize, context: &mut Context) -> JsResult<i64> {
    match args.get(index) {
        None => Ok(0),
        Some(value) if value.is_null_or_undefined() => Ok(0),
        Some(value) => {
            let number = value.to_number(context)?;
            #[expect(clippy::cast_possible_truncation, reason = "saturates, and NaN is 0")]
            let number = number as i64;
            Ok(number)
        }
    }
}

/// An argument, undefined if it is not there.
pub(crate) fn arg(args: &[JsValue], index: usize) -> JsValue {
    args.get(index).cloned().unwrap_or_default()
}

/// Text as a value.
pub(crate) fn string(text: impl AsRef<str>) -> JsValue {
    JsString::from(text.as_ref()).into()
}
