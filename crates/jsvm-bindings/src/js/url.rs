//! The address of a request, and its query.
//!
//! The one rule: a script reads a copy of the query; what it changes there
//! changes no request.

use super::{
    class::{Class, instance, string, text, this},
    request,
};
use crate::{
    exchange::Exchange,
    http::{Values, encode_path, escaped_path},
};
use boa_engine::{Context, JsData, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use std::{cell::RefCell, rc::Rc, sync::Arc};

/// The address of a request.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(super) struct UrlObject(pub(super) Arc<Exchange>);

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct QueryObject(Rc<RefCell<Values>>);

/// The object of values that a script may change for itself.
pub(super) fn values(values: Values, context: &mut Context) -> JsValue {
    let prototype = request::prototype(context, |of| &of.query);
    instance(
        &prototype,
        QueryObject(Rc::new(RefCell::new(values))),
        context,
    )
}

/// What an address offers. PocketBase: a server is only told path and query.
pub(super) const URL: Class = Class {
    methods: &[
        ("query", 0, |value, _, context| {
            let UrlObject(exchange) = this(value)?;
            Ok(values(exchange.request().query(), context))
        }),
        ("string", 0, url_text),
        ("toString", 0, url_text),
        ("redacted", 0, url_text),
        ("requestURI", 0, url_text),
        ("escapedPath", 0, |value, _, _| {
            let UrlObject(exchange) = this(value)?;
            Ok(string(escaped_path(exchange.request().raw_path())))
        }),
        ("escapedFragment", 0, |_, _, _| Ok(string(""))),
        ("hostname", 0, |_, _, _| Ok(string(""))),
        ("port", 0, |_, _, _| Ok(string(""))),
        ("isAbs", 0, |_, _, _| Ok(false.into())),
    ],
    getters: &[
        ("path", |value, _, _| {
            Ok(string(this::<UrlObject>(value)?.0.request().path()))
        }),
        ("rawQuery", |value, _, _| {
            Ok(string(this::<UrlObject>(value)?.0.request().raw_query()))
        }),
        ("rawPath", |value, _, _| {
            let UrlObject(exchange) = this(value)?;
            let raw = exchange.request().raw_path();
            // Go: only if the usual encoding of the path is another one.
            let is_usual = encode_path(&exchange.request().path()) == raw;
            Ok(string(if is_usual { "" } else { raw }))
        }),
        ("forceQuery", |value, _, _| {
            Ok(this::<UrlObject>(value)?
                .0
                .request()
                .target
                .ends_with('?')
                .into())
        }),
        ("host", |_, _, _| Ok(string(""))),
        ("scheme", |_, _, _| Ok(string(""))),
        ("fragment", |_, _, _| Ok(string(""))),
        ("rawFragment", |_, _, _| Ok(string(""))),
        ("opaque", |_, _, _| Ok(string(""))),
        ("omitHost", |_, _, _| Ok(false.into())),
        ("user", |_, _, _| Ok(JsValue::null())),
    ],
    accessors: &[],
};

fn url_text(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(this::<UrlObject>(value)?.0.request().url()))
}

/// What a query offers.
pub(super) const QUERY: Class = Class {
    methods: &[
        ("get", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let QueryObject(query) = this(value)?;
            let found = string(query.borrow().get(&name));
            Ok(found)
        }),
        ("has", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let QueryObject(query) = this(value)?;
            let has = query.borrow().has(&name);
            Ok(has.into())
        }),
        ("set", 2, |value, args, context| {
            let (name, new) = (text(args, 0, context)?, text(args, 1, context)?);
            this::<QueryObject>(value)?.0.borrow_mut().set(&name, &new);
            Ok(JsValue::undefined())
        }),
        ("add", 2, |value, args, context| {
            let (name, new) = (text(args, 0, context)?, text(args, 1, context)?);
            this::<QueryObject>(value)?.0.borrow_mut().add(&name, &new);
            Ok(JsValue::undefined())
        }),
        ("del", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            this::<QueryObject>(value)?.0.borrow_mut().del(&name);
            Ok(JsValue::undefined())
        }),
        ("encode", 0, |value, _, _| {
            let QueryObject(query) = this(value)?;
            let encoded = string(query.borrow().encode());
            Ok(encoded)
        }),
    ],
    getters: &[],
    accessors: &[],
};
