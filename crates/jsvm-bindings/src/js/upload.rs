//! Files that came with a form, and the fields of forms.
//!
//! The one rule: what a client called a file is never a path; PocketBase's
//! cleaned name with a random end is what a host may store.

use super::{
    class::{Class, arg, define_global, host, instance, string, text, this},
    error, incoming,
    multipart::PartObject,
    os, request,
};
use crate::{
    error::Error,
    filepath,
    http::{Form, Request, parse_form},
    security,
};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::json;
use std::rc::Rc;

/// A file that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct FileObject(Rc<File>);

/// What a file was called, what it is called, and what is in it.
struct File {
    name: String,
    original_name: String,
    bytes: Rc<[u8]>,
}

/// The name and the content of a file; `None` for what is none.
pub(super) fn content(value: &JsValue) -> Option<(String, Rc<[u8]>)> {
    let FileObject(file) = host(value)?;
    Some((file.original_name.clone(), Rc::clone(&file.bytes)))
}

/// The prototypes of files.
pub(crate) struct UploadClasses {
    file: JsObject,
    reader: JsObject,
}

/// Adds `$filesystem`; returns the prototypes.
pub(super) fn install(context: &mut Context) -> JsResult<UploadClasses> {
    let namespace = value::new_object(context);
    FILESYSTEM.add_to(&namespace, context)?;
    define_global("$filesystem", namespace.into(), context)?;
    Ok(UploadClasses {
        file: FILE.prototype(None, context)?,
        reader: READER.prototype(None, context)?,
    })
}

/// Files that scripts make themselves.
const FILESYSTEM: Class = Class {
    methods: &[
        ("fileFromBytes", 2, |_, args, context| {
            let bytes = request::bytes(&arg(args, 0), context)?;
            let name = text(args, 1, context)?;
            if name.is_empty() {
                let err = Error::host("cannot create a file without a name");
                return Err(error::throw(err, context));
            }
            Ok(file(&name, &bytes, context))
        }),
        ("fileFromPath", 1, |_, args, context| {
            let (path, bytes) = os::read_file(args, context)?;
            Ok(file(&filepath::base(&path), &bytes, context))
        }),
        ("fileFromMultipart", 1, |_, args, context| {
            let PartObject(part) = this(&arg(args, 0))?;
            Ok(file(&part.filename, &part.bytes, context))
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// The object of a file with these bytes, which its client called so.
fn file(original_name: &str, bytes: &[u8], context: &mut Context) -> JsValue {
    let file = File {
        name: stored_name(original_name),
        original_name: original_name.to_owned(),
        bytes: bytes.into(),
    };
    let prototype = super::Classes::of(context).upload.file.clone();
    instance(&prototype, FileObject(Rc::new(file)), context)
}

/// `My Photo.JPG` as `my_photo_8x0q2lc3zr.jpg`.
///
/// PocketBase: letters, digits and underscores, at most 100 of them, then ten
/// random ones and what follows the last dot.
fn stored_name(original: &str) -> String {
    const MAX: usize = 100;
    const MAX_EXTENSION: usize = 20;
    let (stem, extension) = match original.rsplit_once('.') {
        Some((stem, extension)) => (stem, extension),
        None => (original, ""),
    };
    let stem: String = snake(stem).chars().take(MAX).collect();
    let stem = if stem.len() < 3 {
        format!("{stem}{}", lower_random())
    } else {
        stem
    };
    let is_letter = |c: &char| c.is_ascii_alphanumeric();
    let extension: String = extension
        .chars()
        .filter(is_letter)
        .take(MAX_EXTENSION)
        .collect();
    let end = lower_random();
    match extension.is_empty() {
        true => format!("{stem}_{end}"),
        false => format!("{stem}_{end}.{}", extension.to_lowercase()),
    }
}

fn lower_random() -> String {
    security::random_text(10, "abcdefghijklmnopqrstuvwxyz0123456789")
}

fn snake(text: &str) -> String {
    let mut out = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && was_lower {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
            was_lower = !c.is_ascii_uppercase();
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
            was_lower = false;
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// The form that a request has, the values of its query included.
pub(super) fn form(request: &Request, context: &mut Context) -> JsResult<Form> {
    parse_form(request).map_err(|err| error::throw(Error::host(err.to_string()), context))
}

/// As [`form`], without the values of the query.
pub(super) fn post_form(request: &Request, context: &mut Context) -> JsResult<Form> {
    let mut request = request.clone();
    request.target = request.raw_path().to_owned();
    form(&request, context)
}

/// `e.findUploadedFiles(field)`; PocketBase: without a file it is an error.
pub(super) fn find_uploaded(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let field = text(args, 0, context)?;
    let exchange = request::exchange(value)?;
    let form = form(exchange.request(), context)?;
    let parts = form.files.iter().filter(|part| part.field == field);
    let list: Vec<_> = parts
        .map(|part| file(&part.filename, &part.bytes, context))
        .collect();
    if list.is_empty() {
        let err = Error::host("http: no such file");
        return Err(error::throw(err, context));
    }
    Ok(JsArray::from_iter(list, context).into())
}

const FILE: Class = Class {
    methods: &[("asMap", 0, as_map), ("toJSON", 0, as_map)],
    getters: &[
        ("name", |value, _, _| {
            Ok(string(&this::<FileObject>(value)?.0.name))
        }),
        ("originalName", |value, _, _| {
            Ok(string(&this::<FileObject>(value)?.0.original_name))
        }),
        ("size", |value, _, _| {
            let size = this::<FileObject>(value)?.0.bytes.len();
            Ok(i32::try_from(size).unwrap_or(i32::MAX).into())
        }),
        ("reader", |value, _, context| {
            let data: FileObject = this(value)?;
            let prototype = super::Classes::of(context).upload.reader.clone();
            Ok(instance(&prototype, data, context))
        }),
    ],
    accessors: &[],
};

fn as_map(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let FileObject(file) = this(value)?;
    let plain = json!({
        "name": file.name, "originalName": file.original_name, "size": file.bytes.len(),
    });
    Ok(value::from_json(&plain, context))
}

const READER: Class = Class {
    methods: &[("open", 0, |value, _, context| {
        let FileObject(file) = this(value)?;
        Ok(request::bytes_object(Rc::clone(&file.bytes), context))
    })],
    getters: &[],
    accessors: &[],
};

/// What requests offer of the fields of forms.
pub(super) const REQUEST: Class = Class {
    methods: &[
        ("formValue", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let exchange = incoming::of(value)?;
            let form = parse_form(exchange.request()).unwrap_or_default();
            Ok(string(form.values.get(&name)))
        }),
        ("postFormValue", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let exchange = incoming::of(value)?;
            let form = post_form(exchange.request(), context).unwrap_or_default();
            Ok(string(form.values.get(&name)))
        }),
        ("parseForm", 0, |value, _, context| {
            let exchange = incoming::of(value)?;
            form(exchange.request(), context).map(|_| JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// `e.stream(status, type, reader)`: bytes, text, or what a file's reader gives.
pub(super) fn stream(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let kind = text(args, 1, context)?;
    let Some(FileObject(file)) = host(&arg(args, 2)) else {
        return request::body(value, args, &kind, 2, context);
    };
    let reader = request::bytes_object(Rc::clone(&file.bytes), context);
    request::body(
        value,
        &[arg(args, 0), arg(args, 1), reader],
        &kind,
        2,
        context,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_safe_and_unique() {
        for (original, start, end) in [
            ("My Photo.JPG", "my_photo_", ".jpg"),
            ("pass wd", "pass_wd_", ""),
            ("reportFinal.tar.gz", "report_final_tar_", ".gz"),
        ] {
            let name = stored_name(original);
            assert!(name.starts_with(start) && name.ends_with(end), "{name}");
            let is_safe = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
            assert!(name.chars().all(is_safe), "{name}");
            assert_ne!(name, stored_name(original));
        }
        assert!(stored_name("ä").len() >= 10);
        assert!(!stored_name("../../etc/passwd").contains(['/', '\\']));
    }
}
