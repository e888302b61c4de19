//! `FormData`: the fields of a form that a script fills in.
//!
//! The one rule: values stay what they were, text or file or number, until the
//! form is sent.

use super::{
    class::{Class, arg, constructor, define_global, instance, string, text, this},
    upload,
};
use crate::security::random_text;
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsArray,
};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};

/// The fields, those of one key in order.
#[derive(Clone, Trace, Finalize, JsData)]
pub(super) struct FormDataObject(Gc<GcRefCell<Vec<Field>>>);

#[derive(Clone, Trace, Finalize)]
struct Field {
    #[unsafe_ignore_trace]
    key: String,
    value: JsValue,
}

/// Adds `FormData`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = FORM_DATA.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, _, prototype: &JsObject, context| {
            let data = FormDataObject(Gc::new(GcRefCell::default()));
            Ok(instance(prototype, data, context))
        },
        prototype.clone(),
    );
    let function = constructor("FormData", 0, body, &prototype, context)?;
    define_global("FormData", function.into(), context)
}

/// A form as the body of a request, with its content type; `None` for what is
/// no form. PocketBase: numbers as text, files as `application/octet-stream`.
///
/// # Errors
///
/// What the conversion of a value to text throws.
pub(super) fn multipart(
    value: &JsValue,
    context: &mut Context,
) -> JsResult<Option<(String, Vec<u8>)>> {
    let Ok(FormDataObject(ref fields)) = this(value) else {
        return Ok(None);
    };
    let boundary = random_text(60, "0123456789abcdef");
    let mut body = Vec::new();
    for Field { key, value } in &fields.borrow().clone() {
        let name = quoted(key);
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        body.extend(head.bytes());
        if let Some((name, bytes)) = upload::content(value) {
            let name = quoted(&name);
            let head = format!("; filename=\"{name}\"\r\nContent-Type: application/octet-stream");
            body.extend(head.bytes());
            body.extend(b"\r\n\r\n");
            body.extend(bytes.iter());
        } else {
            body.extend(b"\r\n\r\n");
            body.extend(text(std::slice::from_ref(value), 0, context)?.bytes());
        }
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    let kind = format!("multipart/form-data; boundary={boundary}");
    Ok(Some((kind, body)))
}

/// A name within quotes that cannot end them, nor its line.
fn quoted(name: &str) -> String {
    name.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

impl FormDataObject {
    fn of(value: &JsValue) -> JsResult<Self> {
        this(value)
    }

    fn values(&self, key: &str) -> Vec<JsValue> {
        let fields = self.0.borrow();
        let found = fields.iter().filter(|field| field.key == key);
        found.map(|field| field.value.clone()).collect()
    }

    fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for field in self.0.borrow().iter() {
            if !keys.contains(&field.key) {
                keys.push(field.key.clone());
            }
        }
        keys
    }

    fn append(&self, args: &[JsValue], context: &mut Context) -> JsResult<()> {
        let (key, value) = (text(args, 0, context)?, arg(args, 1));
        self.0.borrow_mut().push(Field { key, value });
        Ok(())
    }

    fn delete(&self, key: &str) {
        self.0.borrow_mut().retain(|field| field.key != key);
    }
}

const FORM_DATA: Class = Class {
    methods: &[
        ("append", 2, |value, args, context| {
            FormDataObject::of(value)?.append(args, context)?;
            Ok(JsValue::undefined())
        }),
        ("set", 2, |value, args, context| {
            let form = FormDataObject::of(value)?;
            form.delete(&text(args, 0, context)?);
            form.append(args, context)?;
            Ok(JsValue::undefined())
        }),
        ("delete", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            FormDataObject::of(value)?.delete(&key);
            Ok(JsValue::undefined())
        }),
        ("get", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            let found = FormDataObject::of(value)?.values(&key).into_iter().next();
            Ok(found.unwrap_or_else(JsValue::null))
        }),
        ("getAll", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            match FormDataObject::of(value)?.values(&key) {
                // Go's nil.
                none if none.is_empty() => Ok(JsValue::null()),
                found => Ok(JsArray::from_iter(found, context).into()),
            }
        }),
        ("has", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            let form = FormDataObject::of(value)?;
            Ok((!form.values(&key).is_empty()).into())
        }),
        ("keys", 0, |value, _, context| {
            let keys = FormDataObject::of(value)?.keys();
            Ok(JsArray::from_iter(keys.iter().map(string), context).into())
        }),
        ("values", 0, |value, _, context| {
            let fields = FormDataObject::of(value)?.0.borrow().clone();
            let values = fields.iter().map(|field| field.value.clone());
            Ok(JsArray::from_iter(values, context).into())
        }),
        ("entries", 0, |value, _, context| {
            let fields = FormDataObject::of(value)?.0.borrow().clone();
            let pairs: Vec<JsValue> = fields
                .iter()
                .map(|field| {
                    let pair = [string(&field.key), field.value.clone()];
                    JsArray::from_iter(pair, context).into()
                })
                .collect();
            Ok(JsArray::from_iter(pairs, context).into())
        }),
    ],
    getters: &[],
    accessors: &[],
};
