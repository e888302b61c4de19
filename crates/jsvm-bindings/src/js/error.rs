//! Errors that cross between the host and scripts.
//!
//! The one rule: an error of the host comes back out of a script as the same
//! error, however many handlers it passed; PocketBase: `normalizeException`.

use super::{
    Classes,
    class::{
        self, Class, arg, constructor, define, define_global, host, instance, open_instance,
        string, this,
    },
};
use crate::error::{ApiError, Error, FieldError};
use boa_engine::{
    Context, JsData, JsError, JsNativeError, JsObject, JsResult, JsValue, NativeFunction,
    builtins::error::Error as ErrorObject, js_string,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::{Failure, Position, ScriptError, describe, note_thrown, value};
use serde_json::{Map, Value, json};

/// An error of the host that a script caught or made.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct HostError(pub(crate) Error);

/// The prototypes of error objects.
pub(crate) struct ErrorClasses {
    go: JsObject,
    api: JsObject,
    field: JsObject,
    foreign: JsObject,
}

/// Adds `ApiError`, its family and `ValidationError` to the global object.
pub(super) fn install(context: &mut Context) -> JsResult<ErrorClasses> {
    let errors = context.intrinsics().constructors().error().prototype();
    let go = GO_ERROR.prototype(Some(errors), context)?;
    define(&go, "name", string("GoError"), context)?;
    let api = API_ERROR.prototype(None, context)?;
    let field = FIELD_ERROR.prototype(None, context)?;
    let objects = context.intrinsics().constructors().object().prototype();
    let foreign = FOREIGN.prototype(Some(objects), context)?;
    for (name, status) in FAMILY {
        let prototype = Class::default().prototype(Some(api.clone()), context)?;
        let body = NativeFunction::from_copy_closure_with_captures(
            move |_, args, prototype: &JsObject, context| {
                let err = api_error(*status, args, context)?;
                Ok(instance(prototype, HostError(Error::Api(err)), context))
            },
            prototype.clone(),
        );
        let function = constructor(name, 2, body, &prototype, context)?;
        define_global(name, function.into(), context)?;
    }
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let code = class::text(args, 0, context)?;
            let message = class::text(args, 1, context)?;
            let err = Error::Field(FieldError::new(code, message));
            Ok(instance(prototype, HostError(err), context))
        },
        field.clone(),
    );
    let function = constructor("ValidationError", 2, body, &field, context)?;
    define_global("ValidationError", function.into(), context)?;
    Ok(ErrorClasses {
        go,
        api,
        field,
        foreign,
    })
}

/// The classes, with the status that each of them stands for.
const FAMILY: &[(&str, Option<u16>)] = &[
    ("ApiError", None),
    ("BadRequestError", Some(400)),
    ("UnauthorizedError", Some(401)),
    ("ForbiddenError", Some(403)),
    ("NotFoundError", Some(404)),
    ("TooManyRequestsError", Some(429)),
    ("InternalServerError", Some(500)),
];

/// Makes an API error of a script's arguments; without `status`, that is the
/// first one.
pub(super) fn api_error(
    status: Option<u16>,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<ApiError> {
    let (status, rest) = match status {
        Some(status) => (status, args),
        None => {
            let given = arg(args, 0);
            if !given.is_null_or_undefined() && !given.is_number() {
                return Err(JsNativeError::typ()
                    .with_message("the status of an ApiError must be a number")
                    .into());
            }
            let status = u16::try_from(class::integer(args, 0, context)?).unwrap_or(0);
            (status, args.get(1..).unwrap_or(&[]))
        }
    };
    let message = arg(rest, 0);
    if !message.is_null_or_undefined() && !message.is_string() {
        return Err(JsNativeError::typ()
            .with_message("the message of an API error must be a string")
            .into());
    }
    let message = class::text(rest, 0, context)?;
    let data = arg(rest, 1);
    let mut err = ApiError::new(status, &message, public_data(&data, context));
    err.raw = plain(&data, context)?;
    Ok(err)
}

/// What clients see of the data of an error.
///
/// PocketBase: errors with a code keep code and message, maps are looked into,
/// and anything else is masked.
fn public_data(data: &JsValue, context: &mut Context) -> Value {
    if let Some(HostError(err)) = host(data) {
        return match err {
            Error::Validation(_) => err.to_api("").data,
            _ => json!({ "value": invalid() }),
        };
    }
    let Some(object) = data.as_object().filter(|object| !object.is_array()) else {
        return Value::Object(Map::new());
    };
    let mut map = Map::new();
    for key in value::own_keys(&object) {
        let name = value::key_text(&key);
        if let (Some(name), Some(item)) = (name, value::own_value(&object, &key)) {
            map.insert(name, public_item(&item, context));
        }
    }
    Value::Object(map)
}

fn public_item(item: &JsValue, context: &mut Context) -> Value {
    match host(item) {
        Some(HostError(Error::Field(err))) => return err.to_value(),
        Some(_) => return invalid(),
        None => {}
    }
    let is_map = item
        .as_object()
        .is_some_and(|object| object.is_ordinary() || object.is::<ErrorObject>());
    // A cyclic value has no plain form and is masked like any other.
    if is_map && value::to_json(item, context).is_ok() {
        public_data(item, context)
    } else {
        invalid()
    }
}

fn invalid() -> Value {
    json!({ "code": "validation_invalid_value", "message": "Invalid value." })
}

fn plain(data: &JsValue, context: &mut Context) -> JsResult<Value> {
    super::convert::to_plain(data, context)
}

/// The error that a script threw or returned.
pub(crate) fn from_failure(failure: Failure, context: &mut Context) -> Error {
    match failure {
        Failure::Thrown(value) => from_value(&value, context),
        Failure::Error(err) => Error::Script(err),
    }
}

/// The error that a thrown value stands for.
pub(crate) fn from_value(value: &JsValue, context: &mut Context) -> Error {
    match host(value) {
        Some(HostError(err)) => err,
        None => Error::Script(described(value, context)),
    }
}

/// Where an error of the host was thrown; it has no place of its own, and one
/// that a hook chose as its answer needs none.
pub(crate) fn place(failure: &Failure, context: &mut Context) -> Option<Position> {
    let Failure::Thrown(value) = failure else {
        return None;
    };
    match host(value)? {
        HostError(Error::Host(_) | Error::NoFile(_)) => describe(value, context).position.clone(),
        _ => None,
    }
}

/// An error in one line; `None` for what is no error.
pub(super) fn text(value: &JsValue, context: &mut Context) -> Option<String> {
    if let Some(HostError(err)) = host(value) {
        return Some(err.to_string());
    }
    let object = value.as_object()?;
    object
        .is::<ErrorObject>()
        .then(|| describe(value, context).headline())
}

/// What people are told about a thrown value, with a cure if there is one for
/// a name that is not defined.
fn described(value: &JsValue, context: &mut Context) -> ScriptError {
    let mut err = describe(value, context);
    if err.name == "ReferenceError" {
        let name = err.message.strip_suffix(" is not defined");
        err.cure = name.and_then(crate::lint::cure_for);
    } else if let Some(function) = err.message.strip_suffix("` is not a function") {
        err.cure = crate::lint::cure_for_member(function.trim_start_matches('`'));
    }
    err
}

/// What people are told about a failure of top-level code.
pub(crate) fn told(failure: Failure, context: &mut Context) -> ScriptError {
    let value = match failure {
        Failure::Thrown(value) => value,
        Failure::Error(err) => return err,
    };
    let mut err = described(&value, context);
    if let Some(HostError(host)) = host(&value) {
        err.name = match host {
            Error::Api(_) => "ApiError".into(),
            Error::Field(_) => "ValidationError".into(),
            _ => "GoError".into(),
        };
        err.message = host.to_string();
        err.thrown = None;
    }
    err
}

/// The error that a handler returned, if it returned one.
///
/// PocketBase: a returned error of the host counts as thrown, a JavaScript
/// `Error` does not.
pub(crate) fn returned(value: &JsValue) -> Option<Error> {
    host::<HostError>(value).map(|err| err.0)
}

/// What a script can catch for an error of the host.
///
/// What ran out of time ends the script, whatever the host calls it.
pub(crate) fn throw(err: Error, context: &mut Context) -> JsError {
    if let Err(limit) = jsvm_core::check_limits(context) {
        return limit;
    }
    let value = to_value(err, context);
    note_thrown(&value, context);
    JsError::from_opaque(value)
}

/// The object that stands for an error of the host.
pub(crate) fn to_value(err: Error, context: &mut Context) -> JsValue {
    if let Error::Script(script) = &err {
        // PocketBase: what is no error arrives as it was thrown.
        if let Some(thrown) = &script.thrown {
            return value::from_json(thrown, context);
        }
        return foreign(script.name.clone(), script.message.clone(), err, context);
    }
    let message = err.to_string();
    let prototype = Classes::of(context).errors.go.clone();
    let object = open_instance(&prototype, HostError(err), context);
    value::set_own(&object, js_string!("message"), string(message), context);
    object.into()
}

/// An error object of another VM: it has a name and a message, but is no
/// `Error` here.
fn foreign(name: String, message: String, err: Error, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).errors.foreign.clone();
    let object = open_instance(&prototype, HostError(err), context);
    value::set_own(&object, js_string!("name"), string(name), context);
    value::set_own(&object, js_string!("message"), string(message), context);
    object.into()
}

/// An API error as an object, as `e.badRequestError()` makes it.
pub(super) fn api_value(err: ApiError, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).errors.api.clone();
    instance(&prototype, HostError(Error::Api(err)), context)
}

const GO_ERROR: Class = Class {
    methods: &[],
    getters: &[("value", go_value), ("stack", go_stack)],
    accessors: &[],
};

fn go_value(this_value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let HostError(err) = this(this_value)?;
    Ok(match err {
        Error::Api(err) => api_value(err, context),
        other => {
            let prototype = Classes::of(context).errors.field.clone();
            instance(&prototype, HostError(other), context)
        }
    })
}

/// Where it was thrown, as with errors of the language.
fn go_stack(this_value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let HostError(err) = this(this_value)?;
    let thrown = describe(this_value, context);
    Ok(string(stack_text(&format!("GoError: {err}"), &thrown)))
}

fn stack_text(headline: &str, err: &ScriptError) -> String {
    let frames = err.stack.iter().map(|frame| format!("\n    {frame}"));
    headline.to_owned() + &frames.collect::<String>()
}

/// What an error of another VM tells of itself.
const FOREIGN: Class = Class {
    methods: &[("toString", 0, |this_value, _, _| {
        Ok(string(foreign_of(this_value)?.headline()))
    })],
    getters: &[("stack", |this_value, _, _| {
        let err = foreign_of(this_value)?;
        Ok(string(stack_text(&err.headline(), &err)))
    })],
    accessors: &[],
};

fn foreign_of(value: &JsValue) -> JsResult<ScriptError> {
    match this::<HostError>(value)?.0 {
        Error::Script(err) => Ok(err),
        other => Ok(ScriptError::new(
            jsvm_core::ErrorKind::Thrown,
            "",
            other.to_string(),
        )),
    }
}

const API_ERROR: Class = Class {
    methods: &[
        ("error", 0, message),
        ("toString", 0, message),
        ("rawData", 0, |this_value, _, context| {
            let err = api_of(this_value)?;
            Ok(value::from_json(&err.raw, context))
        }),
        ("is", 1, |this_value, args, _| {
            let same = match (
                host::<HostError>(this_value),
                host::<HostError>(&arg(args, 0)),
            ) {
                (Some(a), Some(b)) => a.0 == b.0,
                _ => false,
            };
            Ok(same.into())
        }),
        ("toJSON", 0, |this_value, _, context| {
            let err = api_of(this_value)?;
            Ok(value::from_json(&err.to_value(), context))
        }),
    ],
    getters: &[
        ("message", message),
        ("status", |this_value, _, _| {
            Ok(api_of(this_value)?.status.into())
        }),
        ("data", |this_value, _, context| {
            let err = api_of(this_value)?;
            Ok(value::from_json(&err.data, context))
        }),
    ],
    accessors: &[],
};

fn api_of(value: &JsValue) -> JsResult<ApiError> {
    match this::<HostError>(value)?.0 {
        Error::Api(err) => Ok(err),
        other => Ok(other.to_api("")),
    }
}

const FIELD_ERROR: Class = Class {
    methods: &[
        ("code", 0, |this_value, _, _| {
            let HostError(err) = this(this_value)?;
            Ok(match err {
                Error::Field(err) => string(err.code),
                _ => string(""),
            })
        }),
        ("message", 0, message),
        ("error", 0, message),
        ("toString", 0, message),
    ],
    getters: &[],
    accessors: &[],
};

fn message(this_value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let HostError(err) = this(this_value)?;
    Ok(string(err.to_string()))
}
