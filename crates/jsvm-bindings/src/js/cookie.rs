//! `Cookie`, and the cookies of requests and answers.
//!
//! The one rule: a cookie goes out as Go writes it; one whose name is none is
//! an error, never a broken header.

use super::{
    class::{Class, arg, constructor, define_global, host, instance, integer, string, text, this},
    convert, error, incoming, request,
    time::DateTimeObject,
};
use crate::{
    cast,
    datetime::DateTime,
    error::Error,
    http::{Cookie, SameSite},
};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsArray,
};
use boa_gc::{Finalize, Trace};
use serde_json::{Map, Value};
use std::{cell::RefCell, rc::Rc};

/// A cookie that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct CookieObject(Rc<RefCell<Cookie>>);

/// Adds `Cookie`; returns the prototype of cookies.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = COOKIE.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let cookie = from_value(&arg(args, 0), context)?;
            let data = CookieObject(Rc::new(RefCell::new(cookie)));
            Ok(instance(prototype, data, context))
        },
        prototype.clone(),
    );
    let function = constructor("Cookie", 1, body, &prototype, context)?;
    define_global("Cookie", function.into(), context)?;
    Ok(prototype)
}

pub(super) fn object(cookie: Cookie, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).cookie.clone();
    instance(
        &prototype,
        CookieObject(Rc::new(RefCell::new(cookie))),
        context,
    )
}

/// The cookie that an argument is: a `Cookie`, or an object with its fields.
fn from_value(value: &JsValue, context: &mut Context) -> JsResult<Cookie> {
    if let Some(CookieObject(cookie)) = host(value) {
        return Ok(cookie.borrow().clone());
    }
    let fields = convert::to_map(value, context)?;
    let text = |key: &str| fields.get(key).map_or_else(String::new, cast::to_text);
    let flag = |key: &str| fields.get(key).is_some_and(cast::to_bool);
    Ok(Cookie {
        name: text("name"),
        value: text("value"),
        is_quoted: flag("quoted"),
        path: text("path"),
        domain: text("domain"),
        expires: expiry(&fields),
        max_age: whole(&fields, "maxAge"),
        is_secure: flag("secure"),
        is_http_only: flag("httpOnly"),
        same_site: SameSite::from_number(whole(&fields, "sameSite")),
        is_partitioned: flag("partitioned"),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "saturates, and NaN is 0")]
fn whole(fields: &Map<String, Value>, key: &str) -> i64 {
    fields
        .get(key)
        .map_or(0, |value| cast::to_number(value) as i64)
}

fn expiry(fields: &Map<String, Value>) -> Option<i64> {
    let at = DateTime::parse(fields.get("expires")?.as_str()?)?;
    (!at.is_zero()).then(|| at.unix())
}

/// `e.setCookie(cookie)`.
pub(super) fn set_cookie(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let cookie = from_value(&arg(args, 0), context)?;
    // Go leaves out a cookie whose name is none without a word; ours says so.
    let header = cookie.to_header().ok_or_else(|| {
        let err = Error::host(format!("http: invalid Cookie.Name: {:?}", cookie.name));
        error::throw(err, context)
    })?;
    let exchange = request::exchange(value)?;
    exchange.response().headers.add("Set-Cookie", header);
    Ok(JsValue::undefined())
}

/// What requests offer of their cookies.
pub(super) const REQUEST: Class = Class {
    methods: &[
        ("cookie", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let found = sent(value)?.into_iter().find(|cookie| cookie.name == name);
            match found {
                Some(cookie) => Ok(object(cookie, context)),
                None => {
                    let err = Error::host("http: named cookie not present");
                    Err(error::throw(err, context))
                }
            }
        }),
        ("cookies", 0, |value, _, context| {
            Ok(array(sent(value)?, context))
        }),
        ("cookiesNamed", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let mut list = sent(value)?;
            list.retain(|cookie| cookie.name == name);
            Ok(array(list, context))
        }),
        ("addCookie", 1, |value, args, context| {
            let Cookie {
                name, value: new, ..
            } = from_value(&arg(args, 0), context)?;
            incoming::of(value)?.edit_headers(|headers| {
                let pair = format!("{name}={new}");
                let line = match headers.get("Cookie") {
                    "" => pair,
                    known => format!("{known}; {pair}"),
                };
                headers.set("Cookie", line);
            });
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// The cookies of a request, those that a script added among them.
fn sent(value: &JsValue) -> JsResult<Vec<Cookie>> {
    Ok(incoming::of(value)?.headers(|headers| Cookie::parse_all(&headers.values("Cookie"))))
}

fn array(cookies: Vec<Cookie>, context: &mut Context) -> JsValue {
    let list: Vec<_> = cookies
        .into_iter()
        .map(|cookie| object(cookie, context))
        .collect();
    JsArray::from_iter(list, context).into()
}

fn cookie(value: &JsValue) -> JsResult<Rc<RefCell<Cookie>>> {
    this::<CookieObject>(value).map(|object| object.0)
}

fn set(value: &JsValue, change: impl FnOnce(&mut Cookie)) -> JsResult<JsValue> {
    change(&mut cookie(value)?.borrow_mut());
    Ok(JsValue::undefined())
}

macro_rules! text_field {
    ($name:literal, $field:ident) => {
        (
            $name,
            |value, _, _| Ok(string(&cookie(value)?.borrow().$field)),
            |value, args, context| {
                let new = text(args, 0, context)?;
                set(value, |cookie| cookie.$field = new)
            },
        )
    };
}

macro_rules! flag_field {
    ($name:literal, $field:ident) => {
        (
            $name,
            |value, _, _| Ok(cookie(value)?.borrow().$field.into()),
            |value, args, _| set(value, |cookie| cookie.$field = arg(args, 0).to_boolean()),
        )
    };
}

const COOKIE: Class = Class {
    methods: &[
        ("string", 0, to_text),
        ("toString", 0, to_text),
        ("valid", 0, |value, _, context| {
            if cookie(value)?.borrow().to_header().is_some() {
                return Ok(JsValue::undefined());
            }
            Err(error::throw(
                Error::host("http: invalid Cookie.Name"),
                context,
            ))
        }),
    ],
    getters: &[],
    accessors: &[
        text_field!("name", name),
        text_field!("value", value),
        text_field!("path", path),
        text_field!("domain", domain),
        flag_field!("quoted", is_quoted),
        flag_field!("secure", is_secure),
        flag_field!("httpOnly", is_http_only),
        flag_field!("partitioned", is_partitioned),
        (
            "maxAge",
            |value, _, _| {
                let seconds = cookie(value)?.borrow().max_age;
                Ok(i32::try_from(seconds).unwrap_or(i32::MAX).into())
            },
            |value, args, context| {
                let seconds = integer(args, 0, context)?;
                set(value, |cookie| cookie.max_age = seconds)
            },
        ),
        (
            "sameSite",
            |value, _, _| {
                Ok(match cookie(value)?.borrow().same_site {
                    SameSite::Default => 0,
                    SameSite::Lax => 2,
                    SameSite::Strict => 3,
                    SameSite::None => 4,
                }
                .into())
            },
            |value, args, context| {
                let number = integer(args, 0, context)?;
                set(value, |cookie| {
                    cookie.same_site = SameSite::from_number(number)
                })
            },
        ),
        (
            "expires",
            |value, _, context| {
                let at = cookie(value)?.borrow().expires;
                let at = at.and_then(DateTime::from_unix).unwrap_or_default();
                let prototype = super::Classes::of(context).date_time.clone();
                Ok(instance(&prototype, DateTimeObject(at), context))
            },
            |value, args, context| {
                let plain = convert::to_plain(&arg(args, 0), context)?;
                let at = plain.as_str().and_then(DateTime::parse);
                set(value, |cookie| cookie.expires = at.map(DateTime::unix))
            },
        ),
    ],
};

fn to_text(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let header = cookie(value)?.borrow().to_header();
    Ok(string(header.unwrap_or_default()))
}
