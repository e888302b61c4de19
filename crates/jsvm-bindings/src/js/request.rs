//! The request side of an event: what came in, and what goes out.
//!
//! The one rule: everything is read from and written to the shared exchange,
//! so that every handler of a request sees the same.

use super::{
    class::{Class, arg, host, instance, integer, string, text, this},
    convert, cookie,
    dynamic_model::{self, DynamicModel},
    error,
    event::EventObject,
    go_context,
    go_json::{self, Unwritable},
    headers::{self, Owner},
    incoming, info,
    lent::{self, Shelf},
    os::DirObject,
    record, upload, url, xml,
};
use crate::{
    cast,
    error::{ApiError, Error},
    exchange::Exchange,
    http,
    observer::host_call,
    pick::pick,
};
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{rc::Rc, sync::Arc};

/// Bytes of the host, readable again and again.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct BytesObject(pub(crate) Rc<[u8]>);

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct ResponseObject(Arc<Exchange>);

/// The prototypes around requests.
pub(crate) struct RequestClasses {
    pub(super) request: JsObject,
    response: JsObject,
    pub(super) url: JsObject,
    pub(super) headers: JsObject,
    pub(super) query: JsObject,
    pub(super) info: JsObject,
    pub(super) context: JsObject,
    bytes: JsObject,
}

pub(super) fn install(context: &mut Context) -> JsResult<RequestClasses> {
    Ok(RequestClasses {
        request: incoming::install(context)?,
        response: RESPONSE.prototype(None, context)?,
        url: url::URL.prototype(None, context)?,
        headers: headers::HEADERS.prototype(None, context)?,
        query: url::QUERY.prototype(None, context)?,
        info: info::install(context)?,
        context: go_context::install(context)?,
        bytes: BYTES.prototype(None, context)?,
    })
}

pub(super) fn prototype(context: &Context, of: fn(&RequestClasses) -> &JsObject) -> JsObject {
    of(&super::Classes::of(context).request).clone()
}

fn shelf(value: &JsValue) -> JsResult<Shelf> {
    exchange(value).map(Shelf::Request)
}

pub(super) fn exchange(value: &JsValue) -> JsResult<Arc<Exchange>> {
    let event: EventObject = this(value)?;
    event.event()?.exchange().cloned().ok_or_else(|| {
        JsNativeError::typ()
            .with_message("this event has no request")
            .into()
    })
}

/// What events of requests offer.
pub(super) const EVENT: Class = Class {
    methods: &[
        ("json", 2, json),
        ("string", 2, |value, args, context| {
            body(value, args, "text/plain; charset=utf-8", 1, context)
        }),
        ("html", 2, |value, args, context| {
            body(value, args, "text/html; charset=utf-8", 1, context)
        }),
        ("blob", 3, |value, args, context| {
            let kind = text(args, 1, context)?;
            body(value, args, &kind, 2, context)
        }),
        ("noContent", 1, |value, args, context| {
            let status = status(args, context)?;
            exchange(value)?.response().write_header(status);
            Ok(JsValue::undefined())
        }),
        ("redirect", 2, redirect),
        ("bindBody", 1, bind_body),
        ("setCookie", 1, cookie::set_cookie),
        ("findUploadedFiles", 1, upload::find_uploaded),
        ("stream", 3, upload::stream),
        ("xml", 2, xml::xml),
        ("fileFS", 2, file_fs),
        ("flush", 0, |_, _, _| Ok(JsValue::undefined())),
        ("requestInfo", 0, |value, _, context| {
            let info = exchange(value)?
                .info()
                .map_err(|err| error::throw(err, context))?;
            Ok(info::object(&Arc::new(info), context))
        }),
        ("written", 0, |value, _, _| {
            Ok(exchange(value)?.response().is_written().into())
        }),
        ("status", 0, |value, _, _| {
            Ok(exchange(value)?.response().status.into())
        }),
        ("get", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            lent::get(&shelf(value)?, &key, context)
        }),
        ("set", 2, |value, args, context| {
            let (shelf, key) = (shelf(value)?, text(args, 0, context)?);
            lent::put_back(context)?;
            let given = lent::kept(&arg(args, 1), context)?;
            shelf.insert(&key, given, context)?;
            Ok(JsValue::undefined())
        }),
        ("getAll", 0, |value, _, context| {
            let all = lent::get_all(&shelf(value)?, context)?;
            lent::map(all, context)
        }),
        ("setAll", 1, |value, args, context| {
            let shelf = shelf(value)?;
            lent::put_back(context)?;
            if let Some(all) = arg(args, 0).as_object() {
                lent::insert_all(&shelf, &all, context)?;
            }
            Ok(JsValue::undefined())
        }),
        ("isTLS", 0, |value, _, _| {
            Ok(exchange(value)?.request().is_tls.into())
        }),
        ("remoteIP", 0, remote_ip),
        ("realIP", 0, real_ip),
        ("hasSuperuserAuth", 0, |value, _, _| {
            Ok(has_superuser_auth(exchange(value)?.auth().as_ref()).into())
        }),
        ("error", 3, |_, args, context| {
            api_error(None, args, context)
        }),
        ("badRequestError", 2, |_, args, context| {
            api_error(Some(400), args, context)
        }),
        ("unauthorizedError", 2, |_, args, context| {
            api_error(Some(401), args, context)
        }),
        ("forbiddenError", 2, |_, args, context| {
            api_error(Some(403), args, context)
        }),
        ("notFoundError", 2, |_, args, context| {
            api_error(Some(404), args, context)
        }),
        ("tooManyRequestsError", 2, |_, args, context| {
            api_error(Some(429), args, context)
        }),
        ("internalServerError", 2, |_, args, context| {
            api_error(Some(500), args, context)
        }),
    ],
    getters: &[
        ("request", |value, _, context| {
            Ok(incoming::object(exchange(value)?, context))
        }),
        ("response", |value, _, context| {
            let prototype = prototype(context, |of| &of.response);
            Ok(instance(
                &prototype,
                ResponseObject(exchange(value)?),
                context,
            ))
        }),
    ],
    accessors: &[(
        "auth",
        |value, _, context| {
            let auth = exchange(value)?.auth();
            Ok(auth.map_or_else(JsValue::null, |auth| record::object(auth, context)))
        },
        |value, args, context| {
            let auth = match arg(args, 0) {
                nobody if nobody.is_null_or_undefined() => None,
                _ => Some(record::argument(args, 0, context)?),
            };
            exchange(value)?.set_auth(auth);
            Ok(JsValue::undefined())
        },
    )],
};

fn has_superuser_auth(auth: Option<&crate::record::RecordRef>) -> bool {
    auth.is_some_and(|auth| auth.lock().is_superuser())
}

fn api_error(status: Option<u16>, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let err = error::api_error(status, args, context)?;
    Ok(error::api_value(err, context))
}

fn remote_ip(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(exchange(value)?.request().remote_ip()))
}

/// PocketBase: what a trusted proxy says, or else the other side.
fn real_ip(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let exchange = exchange(value)?;
    let event: EventObject = this(value)?;
    let settings = event.event()?.app().settings();
    let trusted = &settings["trustedProxy"];
    let names = cast::to_list(&trusted["headers"]);
    let side = match cast::to_bool(&trusted["useLeftmostIP"]) {
        true => http::ProxySide::Leftmost,
        false => http::ProxySide::Rightmost,
    };
    let told = exchange.headers(|headers| http::forwarded_ip(headers, &names, side));
    let ip = told.unwrap_or_else(|| exchange.request().remote_ip());
    Ok(string(ip))
}

fn status(args: &[JsValue], context: &mut Context) -> JsResult<u16> {
    let status = integer(args, 0, context)?;
    match u16::try_from(status) {
        Ok(status) if (100..1000).contains(&status) => Ok(status),
        _ => Err(error::throw(
            Error::host(format!("invalid status code {status}")),
            context,
        )),
    }
}

/// PocketBase: the head goes out first, so a value that has no JSON is
/// answered with an empty body.
fn json(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let status = status(args, context)?;
    let exchange = exchange(value)?;
    let fields = exchange.request().query().get("fields").to_owned();
    let encoded = if (200..300).contains(&status) && !fields.is_empty() {
        let plain = convert::to_plain(&arg(args, 1), context)?;
        Ok(go_json::encode_plain(&pick(&plain, &fields)))
    } else {
        go_json::encode(&arg(args, 1), context)
    };
    let text = match encoded {
        Ok(text) => format!("{text}\n"),
        Err(Unwritable::Kind) => String::new(),
        Err(Unwritable::Size) => {
            let err = Error::host("the value given to e.json is nested too deeply or too large");
            return Err(error::throw(err, context));
        }
    };
    write(&exchange, status, "application/json", text.as_bytes());
    Ok(JsValue::undefined())
}

pub(super) fn body(
    value: &JsValue,
    args: &[JsValue],
    kind: &str,
    index: usize,
    context: &mut Context,
) -> JsResult<JsValue> {
    let status = status(args, context)?;
    let bytes = bytes(&arg(args, index), context)?;
    let exchange = exchange(value)?;
    write(&exchange, status, kind, &bytes);
    Ok(JsValue::undefined())
}

/// The head, unless it was written before, and more of the body.
fn write(exchange: &Exchange, status: u16, kind: &str, bytes: &[u8]) {
    let mut response = exchange.response();
    if !response.is_written() && !response.headers.contains("Content-Type") {
        response.headers.set("Content-Type", kind);
    }
    response.write_header(status);
    response.write(bytes);
}

fn redirect(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let status = integer(args, 0, context)?;
    let location = text(args, 1, context)?;
    let Some(status) = u16::try_from(status)
        .ok()
        .filter(|status| (300..400).contains(status))
    else {
        let err = ApiError::new(500, "Invalid redirect status code.", Value::Null);
        return Err(error::throw(Error::Api(err), context));
    };
    let exchange = exchange(value)?;
    let mut response = exchange.response();
    response.headers.set("Location", &location);
    response.write_header(status);
    Ok(JsValue::undefined())
}

/// `e.fileFS($os.dirFS(directory), name)`.
fn file_fs(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(DirObject(dir)) = host(&arg(args, 0)) else {
        let err = Error::host("e.fileFS wants a directory made by $os.dirFS(path)");
        return Err(error::throw(err, context));
    };
    let name = text(args, 1, context)?;
    let exchange = exchange(value)?;
    let app = this::<EventObject>(value)?.event()?.app();
    let served = app
        .web_api()
        .and_then(|api| host_call("files.serve", || api.serve_file(&exchange, &dir, &name)));
    served
        .map(|()| JsValue::undefined())
        .map_err(|err| error::throw(err, context))
}

fn bind_body(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let target = arg(args, 0);
    let (Some(model), Some(object)) = (host::<DynamicModel>(&target), target.as_object()) else {
        let err = Error::host(
            "json: Unmarshal(non-pointer map[string]interface {}): bindBody wants a DynamicModel",
        );
        return Err(error::throw(err, context));
    };
    let exchange = exchange(value)?;
    if http::is_xml(exchange.request()) {
        return bind_xml(&exchange, &model, &object, context);
    }
    let is_form = exchange.request().content_type() != "application/json";
    let body = if is_form {
        exchange.form()
    } else {
        exchange.body()
    };
    let body = body.map_err(|err| error::throw(err, context))?;
    match model.bind(&object, &body, is_form, context) {
        Ok(()) => Ok(JsValue::undefined()),
        Err(field) => Err(error::throw(dynamic_model::unfit(&field), context)),
    }
}

/// Go matches elements by the names of fields, which start in upper case.
fn bind_xml(
    exchange: &Exchange,
    model: &DynamicModel,
    object: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let told = |err: String| Error::host(format!("xml: {err}"));
    let elements = http::parse_xml(&exchange.request().body).map_err(|err| err.to_string());
    elements
        .and_then(|elements| model.bind_elements(object, &elements, context))
        .map(|()| JsValue::undefined())
        .map_err(|err| error::throw(told(err), context))
}

/// The bytes of text, of a byte array or of a body.
pub(super) fn bytes(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    if value.is_null_or_undefined() {
        return Ok(Vec::new());
    }
    if let Some(object) = value.as_object() {
        if let Some(bytes) = go_json::bytes_of(&object, context) {
            return Ok(bytes);
        }
        let list = convert::to_plain(value, context)?;
        if let Value::Array(items) = &list {
            let byte = |item: &Value| item.as_u64().and_then(|item| u8::try_from(item).ok());
            if let Some(bytes) = items.iter().map(byte).collect::<Option<Vec<u8>>>() {
                return Ok(bytes);
            }
        }
        return Ok(go_json::encode_plain(&list).into_bytes());
    }
    Ok(value.to_string(context)?.to_std_string_lossy().into_bytes())
}

/// What the JSON of bytes or text says.
///
/// # Errors
///
/// A `GoError` that says where it is no such JSON.
pub(super) fn from_json<T: DeserializeOwned>(
    value: &JsValue,
    context: &mut Context,
) -> JsResult<T> {
    let bytes = bytes(value, context)?;
    serde_json::from_slice(&bytes)
        .map_err(|err| error::throw(Error::host(format!("json: {err}")), context))
}

/// The object of bytes, which can be read again and again.
pub(super) fn bytes_object(bytes: Rc<[u8]>, context: &mut Context) -> JsValue {
    let prototype = prototype(context, |of| &of.bytes);
    instance(&prototype, BytesObject(bytes), context)
}

/// Bytes need no closing, but scripts close what they opened.
const BYTES: Class = Class {
    methods: &[("close", 0, |_, _, _| Ok(JsValue::undefined()))],
    getters: &[],
    accessors: &[],
};

const RESPONSE: Class = Class {
    methods: &[
        ("header", 0, |value, _, context| {
            let ResponseObject(exchange) = this(value)?;
            Ok(headers::object(Owner::Response(exchange), context))
        }),
        ("write", 1, |value, args, context| {
            let ResponseObject(exchange) = this(value)?;
            let bytes = bytes(&arg(args, 0), context)?;
            exchange.response().write(&bytes);
            Ok(i32::try_from(bytes.len()).unwrap_or(i32::MAX).into())
        }),
        ("writeHeader", 1, |value, args, context| {
            let ResponseObject(exchange) = this(value)?;
            let status = status(args, context)?;
            exchange.response().write_header(status);
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[],
};
