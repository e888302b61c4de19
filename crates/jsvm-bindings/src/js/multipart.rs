//! Forms with files, part by part: `request.multipartReader()`, `formFile(…)`.
//!
//! The one rule: a part is a copy; what a script does with it changes no
//! request.

use super::{
    class::{Class, instance, string, text, this},
    error,
    headers::{self, Owner},
    incoming, request, upload,
};
use crate::{
    error::Error,
    http::{FilePart, Headers, parse_parts},
};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsValue, js_string, object::builtins::JsArray,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use std::{cell::RefCell, collections::VecDeque, rc::Rc};

/// A part of a form; Go tells the head of a file from a part that is read.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(super) struct PartObject(pub(super) Rc<FilePart>);

/// The parts that were not read so far.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct ReaderObject(Rc<RefCell<VecDeque<Rc<FilePart>>>>);

/// The prototypes of parts.
pub(crate) struct MultipartClasses {
    part: JsObject,
    reader: JsObject,
    form: JsObject,
}

/// Makes the prototypes.
pub(super) fn install(context: &mut Context) -> JsResult<MultipartClasses> {
    Ok(MultipartClasses {
        part: PART.prototype(None, context)?,
        reader: READER.prototype(None, context)?,
        form: FORM.prototype(None, context)?,
    })
}

fn part_object(part: Rc<FilePart>, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).multipart.part.clone();
    instance(&prototype, PartObject(part), context)
}

/// What requests offer of it.
pub(super) const REQUEST: Class = Class {
    methods: &[
        ("formFile", 1, form_file),
        ("parseMultipartForm", 1, |value, _, context| {
            parts(value, context).map(|_| JsValue::undefined())
        }),
        ("multipartReader", 0, |value, _, context| {
            let parts = parts(value, context)?.into_iter().map(Rc::new).collect();
            let prototype = super::Classes::of(context).multipart.reader.clone();
            let data = ReaderObject(Rc::new(RefCell::new(parts)));
            Ok(instance(&prototype, data, context))
        }),
    ],
    getters: &[("multipartForm", multipart_form)],
    accessors: &[],
};

/// Go: an error if the body is no such form.
fn parts(value: &JsValue, context: &mut Context) -> JsResult<Vec<FilePart>> {
    let parts = parse_parts(incoming::of(value)?.request());
    parts.map_err(|err| error::throw(Error::host(err.to_string()), context))
}

/// Go: the file, opened, and its head.
fn form_file(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let form = upload::form(incoming::of(value)?.request(), context)?;
    let Some(part) = form.files.into_iter().find(|part| part.field == name) else {
        return Err(error::throw(Error::host("http: no such file"), context));
    };
    let opened = request::bytes_object(part.bytes.as_slice().into(), context);
    let head = part_object(Rc::new(part), context);
    Ok(JsArray::from_iter([opened, head], context).into())
}

/// Go: null unless the body is such a form; values and files by field.
fn multipart_form(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let exchange = incoming::of(value)?;
    let Ok(parts) = parse_parts(exchange.request()) else {
        return Ok(JsValue::null());
    };
    let prototype = super::Classes::of(context).multipart.form.clone();
    let form = value::new_object(context);
    form.set_prototype(Some(prototype));
    let (files, values): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|part| !part.filename.is_empty());
    let values = by_field(values, context, |part, _| {
        string(String::from_utf8_lossy(&part.bytes))
    })?;
    let files = by_field(files, context, part_object)?;
    value::set_own(&form, js_string!("value"), values.into(), context);
    value::set_own(&form, js_string!("file"), files.into(), context);
    Ok(form.into())
}

fn by_field(
    parts: Vec<FilePart>,
    context: &mut Context,
    make: fn(Rc<FilePart>, &mut Context) -> JsValue,
) -> JsResult<JsObject> {
    let object = value::new_object(context);
    for part in parts {
        let key = js_string!(part.field.as_str());
        let made = make(Rc::new(part), context);
        let list = value::own_value(&object, &key.clone().into());
        match list.and_then(|list| JsArray::from_object(list.as_object()?).ok()) {
            Some(list) => drop(list.push(made, context)?),
            None => {
                let list = JsArray::from_iter([made], context);
                value::set_own(&object, key, list.into(), context);
            }
        }
    }
    Ok(object)
}

const FORM: Class = Class {
    methods: &[("removeAll", 0, |_, _, _| Ok(JsValue::null()))],
    getters: &[],
    accessors: &[],
};

const READER: Class = Class {
    methods: &[("nextPart", 0, next_part), ("nextRawPart", 0, next_part)],
    getters: &[],
    accessors: &[],
};

/// Go: after the last part comes the error `EOF`.
fn next_part(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let ReaderObject(parts) = this(value)?;
    let next = parts.borrow_mut().pop_front();
    match next {
        Some(part) => Ok(part_object(part, context)),
        None => Err(error::throw(Error::host("EOF"), context)),
    }
}

fn part(value: &JsValue) -> JsResult<Rc<FilePart>> {
    this::<PartObject>(value).map(|object| object.0)
}

const PART: Class = Class {
    methods: &[
        ("formName", 0, |value, _, _| Ok(string(&part(value)?.field))),
        ("fileName", 0, |value, _, _| {
            Ok(string(&part(value)?.filename))
        }),
        ("open", 0, |value, _, context| {
            let bytes = part(value)?.bytes.as_slice().into();
            Ok(request::bytes_object(bytes, context))
        }),
        ("close", 0, |_, _, _| Ok(JsValue::undefined())),
    ],
    getters: &[
        ("filename", |value, _, _| Ok(string(&part(value)?.filename))),
        ("size", |value, _, _| {
            let size = part(value)?.bytes.len();
            Ok(i32::try_from(size).unwrap_or(i32::MAX).into())
        }),
        ("header", |value, _, context| {
            let headers = Rc::new(RefCell::new(head(&*part(value)?)));
            Ok(headers::object(Owner::Part(headers), context))
        }),
    ],
    accessors: &[],
};

fn head(part: &FilePart) -> Headers {
    let mut headers = Headers::new();
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut disposition = format!("form-data; name=\"{}\"", quoted(&part.field));
    if !part.filename.is_empty() {
        disposition += &format!("; filename=\"{}\"", quoted(&part.filename));
    }
    headers.set("Content-Disposition", disposition);
    if !part.content_type.is_empty() {
        headers.set("Content-Type", &*part.content_type);
    }
    headers
}
