//! `e.request`: what the client sent.
//!
//! The one rule: the body and the address stay as they were sent; header
//! fields and path values may be changed for later handlers.

use super::{
    class::{Class, instance, integer, string, text, this},
    cookie, go_context,
    headers::{self, Owner},
    multipart,
    request::{bytes_object, prototype},
    upload,
    url::{self, UrlObject},
};
use crate::exchange::Exchange;
use base64::{Engine, engine::general_purpose::STANDARD};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::json;
use std::sync::Arc;

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct RequestObject(Arc<Exchange>);

/// The prototype of requests.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = REQUEST.prototype(None, context)?;
    cookie::REQUEST.add_to(&prototype, context)?;
    upload::REQUEST.add_to(&prototype, context)?;
    multipart::REQUEST.add_to(&prototype, context)?;
    Ok(prototype)
}

/// The object of a request.
pub(super) fn object(exchange: Arc<Exchange>, context: &mut Context) -> JsValue {
    let prototype = prototype(context, |of| &of.request);
    instance(&prototype, RequestObject(exchange), context)
}

/// The request behind an object that stands for one.
pub(super) fn of(value: &JsValue) -> JsResult<Arc<Exchange>> {
    this::<RequestObject>(value).map(|object| object.0)
}

fn header(value: &JsValue, name: &str) -> JsResult<JsValue> {
    Ok(of(value)?.headers(|headers| string(headers.get(name))))
}

const REQUEST: Class = Class {
    methods: &[
        ("pathValue", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            Ok(string(of(value)?.path_value(&name)))
        }),
        ("setPathValue", 2, |value, args, context| {
            let (name, new) = (text(args, 0, context)?, text(args, 1, context)?);
            of(value)?.set_path_value(&name, new);
            Ok(JsValue::undefined())
        }),
        ("userAgent", 0, |value, _, _| header(value, "User-Agent")),
        ("referer", 0, |value, _, _| header(value, "Referer")),
        ("basicAuth", 0, basic_auth),
        ("setBasicAuth", 2, |value, args, context| {
            let (user, password) = (text(args, 0, context)?, text(args, 1, context)?);
            let proof = STANDARD.encode(format!("{user}:{password}"));
            of(value)?
                .edit_headers(|headers| headers.set("Authorization", format!("Basic {proof}")));
            Ok(JsValue::undefined())
        }),
        ("protoAtLeast", 2, |_, args, context| {
            let (major, minor) = (integer(args, 0, context)?, integer(args, 1, context)?);
            Ok((major < 1 || (major == 1 && minor <= 1)).into())
        }),
        ("context", 0, |_, _, context| {
            Ok(go_context::background(context))
        }),
        // PocketBase: both share the header fields with the old one or not.
        ("withContext", 1, |value, _, context| {
            Ok(object(of(value)?, context))
        }),
        ("clone", 1, |value, _, context| {
            let copy = of(value)?.copy();
            Ok(object(Arc::new(copy), context))
        }),
        ("getBody", 0, |value, _, context| {
            let bytes = of(value)?.request().body.as_slice().into();
            Ok(bytes_object(bytes, context))
        }),
    ],
    getters: &[
        ("method", |value, _, _| {
            Ok(string(&of(value)?.request().method))
        }),
        ("host", |value, _, _| Ok(string(&of(value)?.request().host))),
        ("pattern", |value, _, _| Ok(string(of(value)?.pattern()))),
        ("requestURI", |value, _, _| {
            Ok(string(&of(value)?.request().target))
        }),
        ("remoteAddr", |value, _, _| {
            Ok(string(&of(value)?.request().remote_addr))
        }),
        ("contentLength", |value, _, _| {
            let length = of(value)?.request().body.len();
            Ok(i32::try_from(length).unwrap_or(i32::MAX).into())
        }),
        ("proto", |_, _, _| Ok(string("HTTP/1.1"))),
        ("protoMajor", |_, _, _| Ok(1.into())),
        ("protoMinor", |_, _, _| Ok(1.into())),
        ("close", |_, _, _| Ok(false.into())),
        ("cancel", |_, _, _| Ok(JsValue::null())),
        ("response", |_, _, _| Ok(JsValue::null())),
        ("trailer", |_, _, _| Ok(JsValue::null())),
        ("transferEncoding", |_, _, _| Ok(JsValue::null())),
        ("tls", |value, _, context| {
            Ok(match of(value)?.request().is_tls {
                true => value::new_object(context).into(),
                false => JsValue::null(),
            })
        }),
        ("url", |value, _, context| {
            let prototype = prototype(context, |of| &of.url);
            Ok(instance(&prototype, UrlObject(of(value)?), context))
        }),
        ("header", |value, _, context| {
            Ok(headers::object(Owner::Request(of(value)?), context))
        }),
        ("body", |value, _, context| {
            let bytes = of(value)?.request().body.as_slice().into();
            Ok(bytes_object(bytes, context))
        }),
        ("form", |value, _, context| {
            let values = upload::form(of(value)?.request(), context)?.values;
            Ok(url::values(values, context))
        }),
        ("postForm", |value, _, context| {
            let values = upload::post_form(of(value)?.request(), context)?.values;
            Ok(url::values(values, context))
        }),
    ],
    accessors: &[],
};

/// Go: user, password, and whether there are any.
fn basic_auth(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    const PREFIX: &str = "basic ";
    let header = of(value)?.headers(|headers| headers.get("Authorization").to_owned());
    let found = header
        .get(..PREFIX.len())
        .filter(|start| start.eq_ignore_ascii_case(PREFIX))
        .and_then(|_| STANDARD.decode(&header[PREFIX.len()..]).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            text.split_once(':')
                .map(|(user, password)| (user.to_owned(), password.to_owned()))
        });
    let plain = match found {
        Some((user, password)) => json!([user, password, true]),
        None => json!(["", "", false]),
    };
    Ok(value::from_json(&plain, context))
}
