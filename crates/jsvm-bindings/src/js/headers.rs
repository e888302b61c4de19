//! Header fields of requests, answers and parts of forms.
//!
//! The one rule: keys are those of HTTP, whatever their case; what a script
//! changes in a request is seen by later handlers and by nobody outside.

use super::class::{Class, instance, string, text, this};
use crate::{exchange::Exchange, http::Headers};
use boa_engine::{Context, JsData, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use std::{cell::RefCell, rc::Rc, sync::Arc};

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct HeadersObject(Owner);

/// Whose fields they are.
#[derive(Clone)]
pub(super) enum Owner {
    Request(Arc<Exchange>),
    Response(Arc<Exchange>),
    Part(Rc<RefCell<Headers>>),
}

impl Owner {
    fn read<T>(&self, read: impl FnOnce(&Headers) -> T) -> T {
        match self {
            Self::Request(exchange) => exchange.headers(read),
            Self::Response(exchange) => read(&exchange.response().headers),
            Self::Part(headers) => read(&headers.borrow()),
        }
    }

    fn edit(&self, edit: impl FnOnce(&mut Headers)) {
        match self {
            Self::Request(exchange) => exchange.edit_headers(edit),
            Self::Response(exchange) => edit(&mut exchange.response().headers),
            Self::Part(headers) => edit(&mut headers.borrow_mut()),
        }
    }
}

/// The object of somebody's header fields.
pub(super) fn object(owner: Owner, context: &mut Context) -> JsValue {
    let prototype = super::request::prototype(context, |of| &of.headers);
    instance(&prototype, HeadersObject(owner), context)
}

fn owner(value: &JsValue) -> JsResult<Owner> {
    this::<HeadersObject>(value).map(|object| object.0)
}

/// What header fields offer.
pub(super) const HEADERS: Class = Class {
    methods: &[
        ("get", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            Ok(owner(value)?.read(|headers| string(headers.get(&name))))
        }),
        ("values", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let values: Vec<String> = owner(value)?.read(|headers| {
                let values = headers.values(&name);
                values.into_iter().map(str::to_owned).collect()
            });
            if values.is_empty() {
                return Ok(JsValue::null());
            }
            Ok(value::from_json(&values.into(), context))
        }),
        ("set", 2, |value, args, context| {
            let (name, new) = (text(args, 0, context)?, text(args, 1, context)?);
            owner(value)?.edit(|headers| headers.set(&name, new));
            Ok(JsValue::undefined())
        }),
        ("add", 2, |value, args, context| {
            let (name, new) = (text(args, 0, context)?, text(args, 1, context)?);
            owner(value)?.edit(|headers| headers.add(&name, new));
            Ok(JsValue::undefined())
        }),
        ("del", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            owner(value)?.edit(|headers| headers.del(&name));
            Ok(JsValue::undefined())
        }),
        ("clone", 0, |value, _, context| {
            let copy = owner(value)?.read(Headers::clone);
            Ok(object(Owner::Part(Rc::new(RefCell::new(copy))), context))
        }),
    ],
    getters: &[],
    accessors: &[],
};
