//! `$http`.
//!
//! The one rule: a script waits for an answer no longer than its own deadline,
//! and gets no longer one than a buffer may be.

use super::{
    HostData,
    class::{arg, define, define_global, function, string, text},
    convert, cookie, error, form_data, go_json, request,
};
use crate::{
    cast,
    executor::in_time,
    http::{Cookie, Headers},
    network::{self, Incoming, Wanted},
    observer::host_call,
};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, NativeFunction, object::builtins::JsArray,
};
use jsvm_core::value;
use serde_json::Value;
use std::time::Duration;

/// PocketBase: what a request may take if it does not say.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Adds `$http`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let http = value::new_object(context);
    let send = function("send", 1, NativeFunction::from_fn_ptr(send), context);
    define(&http, "send", send.into(), context)?;
    define_global("$http", http.into(), context)
}

fn send(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let wanted = wanted(&arg(args, 0), context)?;
    let env = HostData::of(context).0.env.clone();
    let sent = host_call("http.send", || {
        in_time(wanted.timeout, |timeout| {
            let wanted = Wanted { timeout, ..wanted };
            network::send(&*env.network, &env.permissions.net, wanted)
        })
    });
    // An answer that came too late is none.
    jsvm_core::check_limits(context)?;
    match sent {
        Ok(answer) => Ok(result(answer, context)),
        Err(err) => Err(error::throw(err, context)),
    }
}

/// What the script asked for.
fn wanted(config: &JsValue, context: &mut Context) -> JsResult<Wanted> {
    let get = |key: &str, context: &mut Context| match config.as_object() {
        Some(object) => object.get(JsString::from(key), context),
        None => Ok(JsValue::undefined()),
    };
    let url = text(&[get("url", context)?], 0, context)?;
    let method = text(&[get("method", context)?], 0, context)?.to_uppercase();
    let timeout = get("timeout", context)?;
    let fields = get("headers", context)?;
    let data = get("data", context)?;
    let content = get("body", context)?;
    let mut headers = Headers::new();
    for (name, value) in convert::to_map(&fields, context)? {
        headers.set(&name, cast::to_text(&value));
    }
    let form = form_data::multipart(&content, context)?;
    let body = match form {
        Some((kind, body)) => {
            headers.set("Content-Type", kind);
            body
        }
        None => body(&data, &content, context)?,
    };
    let limits = HostData::of(context).0.env.limits.in_force();
    Ok(Wanted {
        method: if method.is_empty() {
            "GET".into()
        } else {
            method
        },
        url,
        headers,
        body,
        timeout: wait(&timeout, context)?,
        max_bytes: limits.buffer_size,
    })
}

/// How long to wait, if the script lives that long.
fn wait(timeout: &JsValue, context: &mut Context) -> JsResult<Duration> {
    let seconds = match timeout.is_null_or_undefined() {
        true => 0.0,
        false => timeout.to_number(context)?,
    };
    let asked = Duration::try_from_secs_f64(seconds).unwrap_or(TIMEOUT);
    Ok(if asked.is_zero() { TIMEOUT } else { asked })
}

/// The bytes to send. PocketBase: data as JSON if there is any; else the body,
/// of which plain objects and lists come to nothing.
fn body(data: &JsValue, content: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    let data = convert::to_map(data, context)?;
    if !data.is_empty() {
        return Ok(go_json::encode_plain(&Value::Object(data))
            .trim_end()
            .into());
    }
    match content.as_object() {
        Some(object) => Ok(go_json::bytes_of(&object, context).unwrap_or_default()),
        None => request::bytes(content, context),
    }
}

/// The answer as a script sees it.
fn result(answer: Incoming, context: &mut Context) -> JsValue {
    let result = value::new_object(context);
    let raw = String::from_utf8_lossy(&answer.body);
    let json = serde_json::from_str::<Value>(&raw).unwrap_or(Value::Null);
    let headers = header_lists(&answer.headers, context);
    let cookies = value::new_object(context);
    let set = answer.headers.values("Set-Cookie");
    for cookie in set.into_iter().filter_map(Cookie::parse_set) {
        let name = JsString::from(cookie.name.as_str());
        let object = cookie::object(cookie, context);
        value::set_own(&cookies, name, object, context);
    }
    let members = [
        ("statusCode", answer.status.into()),
        ("headers", headers.into()),
        ("cookies", cookies.into()),
        ("raw", string(&raw)),
        ("json", value::from_json(&json, context)),
        ("body", request::bytes_object(answer.body.into(), context)),
    ];
    for (name, member) in members {
        value::set_own(&result, JsString::from(name), member, context);
    }
    result.into()
}

/// Each field's values as a list.
fn header_lists(headers: &Headers, context: &mut Context) -> JsObject {
    let object = value::new_object(context);
    for (name, _) in headers.iter() {
        let values: Vec<_> = headers.values(name).into_iter().map(string).collect();
        let list = JsArray::from_iter(values, context);
        value::set_own(&object, JsString::from(name), list.into(), context);
    }
    object
}
