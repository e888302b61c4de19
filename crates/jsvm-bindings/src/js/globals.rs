//! Small global functions: `toString`, `toBytes`, `__args`, `__hooks`.
//!
//! The one rule: what opens the world to a script is defined only if the
//! profile says so.

use super::{
    CurrentArgs, HostData, byte_slice,
    class::{arg, define_accessor, define_global, function, host, string},
    go_json, request,
    time::DateTimeObject,
};
use crate::env::Profile;
use boa_engine::{
    Context, JsResult, JsValue, NativeFunction,
    object::builtins::{JsArray, JsDate},
};
use jsvm_core::value;

/// Adds the functions.
pub(super) fn install(data: &HostData, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    define_accessor(&global, "__args", args, Some(set_args), context)?;
    let to_string = function(
        "toString",
        1,
        NativeFunction::from_fn_ptr(to_string),
        context,
    );
    define_global("toString", to_string.clone().into(), context)?;
    // PocketBase: its name before it took anything.
    define_global("readerToString", to_string.into(), context)?;
    let to_bytes = function("toBytes", 1, NativeFunction::from_fn_ptr(to_bytes), context);
    define_global("toBytes", to_bytes.into(), context)?;
    if data.env.profile == Profile::PocketBase {
        define_global("__hooks", string(&data.env.hooks_dir), context)?;
    }
    Ok(())
}

/// PocketBase: the arguments of the handler in progress.
fn args(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = HostData::of(context);
    let now = std::mem::take(&mut *data.args.borrow_mut());
    let value = match now {
        CurrentArgs::None => return Ok(JsValue::undefined()),
        CurrentArgs::Given(only) => JsArray::from_iter([only], context).into(),
        CurrentArgs::Seen(value) => value,
    };
    data.args.replace(CurrentArgs::Seen(value.clone()));
    Ok(value)
}

/// PocketBase: an ordinary global that is set again before each call.
fn set_args(_: &JsValue, given: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = HostData::of(context);
    data.args.replace(CurrentArgs::Seen(arg(given, 0)));
    Ok(JsValue::undefined())
}

/// PocketBase: bytes and bodies are text, a `Date` is as Go's `time.Time`
/// prints it, objects are their JSON, nothing is "".
fn to_string(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arg(args, 0);
    if let Some(DateTimeObject(at)) = host(&value) {
        return Ok(string(at.to_string()));
    }
    if let Some(object) = value.as_object() {
        if let Ok(date) = JsDate::from_object(object.clone()) {
            let text = go_json::utc(&date, context).unwrap_or_default();
            return Ok(string(format!("{} +0000 UTC", text.replacen('T', " ", 1))));
        }
        if let Some(bytes) = go_json::bytes_of(&object, context) {
            return Ok(string(String::from_utf8_lossy(&bytes)));
        }
        return match go_json::encode(&value, context) {
            Ok(text) => Ok(string(text)),
            Err(_) => Ok(string(value::display(&value, context))),
        };
    }
    // Go: all digits, and no exponent.
    if let Some(number) = value.as_number().filter(|number| number.is_finite()) {
        return Ok(string(number.to_string()));
    }
    Ok(if value.is_null_or_undefined() {
        string("")
    } else {
        string(value::display(&value, context))
    })
}

/// PocketBase: the UTF-8 bytes of text, the bytes of an array, JSON of objects.
fn to_bytes(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = request::bytes(&arg(args, 0), context)?;
    Ok(byte_slice::object(bytes, context))
}
