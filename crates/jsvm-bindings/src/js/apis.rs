//! `$apis`: middlewares of the host, and what its web API does for scripts.
//!
//! The one rule: a middleware is only described here; it runs without a VM.

use super::{
    HostData,
    class::{Class, arg, define_global, host, instance, integer, text},
    convert, error,
    os::{self, Access, DirObject, Links},
    record, request,
};
use crate::{error::Error, exchange::Exchange, middleware::Native, record::RecordRef};
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use std::sync::Arc;

/// A middleware or a handler that `$apis` made.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct NativeObject(Native);

/// Adds `$apis`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let object = value::new_object(context);
    APIS.add_to(&object, context)?;
    define_global("$apis", object.into(), context)
}

/// What `$apis` made, if the value is such.
pub(super) fn native(value: &JsValue) -> Option<Native> {
    host::<NativeObject>(value).map(|object| object.0)
}

fn object(native: Native, context: &mut Context) -> JsResult<JsValue> {
    let prototype: JsObject = context.intrinsics().constructors().object().prototype();
    Ok(instance(&prototype, NativeObject(native), context))
}

const APIS: Class = Class {
    methods: &[
        ("requireGuestOnly", 0, |_, _, context| {
            object(Native::RequireGuestOnly, context)
        }),
        ("requireAuth", 0, |_, args, context| {
            let names = (0..args.len())
                .map(|index| text(args, index, context))
                .collect::<JsResult<_>>()?;
            object(Native::RequireAuth(names), context)
        }),
        ("requireSuperuserAuth", 0, |_, _, context| {
            let names = vec![crate::auth::SUPERUSERS.to_owned()];
            object(Native::RequireAuth(names), context)
        }),
        ("requireSuperuserOrOwnerAuth", 1, |_, args, context| {
            let param = match text(args, 0, context)? {
                empty if empty.is_empty() => "id".to_owned(),
                param => param,
            };
            object(Native::RequireSuperuserOrOwner(param), context)
        }),
        ("skipSuccessActivityLog", 0, |_, _, context| {
            object(Native::SkipSuccessActivityLog, context)
        }),
        ("gzip", 0, |_, _, context| object(Native::Gzip, context)),
        ("bodyLimit", 1, |_, args, context| {
            let limit = u64::try_from(integer(args, 0, context)?).unwrap_or(0);
            object(Native::BodyLimit(limit), context)
        }),
        ("static", 2, static_files),
        ("recordAuthResponse", 4, auth_response),
        ("enrichRecord", 2, |_, args, context| {
            let records = vec![record::argument(args, 1, context)?];
            enrich(args, records, context)
        }),
        ("enrichRecords", 2, |_, args, context| {
            let records = records(&arg(args, 1), context)?;
            enrich(args, records, context)
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// Files of the host are part of the world, which a strict script does not see.
fn static_files(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let allowed = HostData::of(context).env.permissions.read.clone();
    if !allowed.is_any() {
        return Err(JsNativeError::typ()
            .with_message(
                "$apis.static reads files of the host, which the profile strict does not allow; \
                 put them into pb_public, or add the directory to sandbox.read",
            )
            .into());
    }
    let dir = match host::<DirObject>(&arg(args, 0)) {
        Some(DirObject(dir)) => dir.to_string(),
        None if arg(args, 0).is_string() => {
            let given = text(args, 0, context)?;
            os::allowed_path(&given, Access::Read, Links::Follow, context)?
        }
        None => {
            return Err(JsNativeError::typ()
                .with_message("$apis.static wants the path of a directory or $os.dirFS(path)")
                .into());
        }
    };
    let native = Native::Static {
        dir,
        has_fallback: arg(args, 1).to_boolean(),
    };
    object(native, context)
}

fn auth_response(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let exchange = exchange(args, context)?;
    let record = record::argument(args, 1, context)?;
    let method = text(args, 2, context)?;
    let meta = convert::to_plain(&arg(args, 3), context)?;
    let app = HostData::of(context).app.borrow().app.clone();
    let answered = app
        .web_api()
        .and_then(|api| api.auth_response(&app, &exchange, record, &method, meta));
    answered
        .map(|()| JsValue::undefined())
        .map_err(|err| error::throw(err, context))
}

fn enrich(args: &[JsValue], records: Vec<RecordRef>, context: &mut Context) -> JsResult<JsValue> {
    let exchange = exchange(args, context)?;
    let expands = (2..args.len())
        .map(|index| text(args, index, context))
        .collect::<JsResult<Vec<_>>>()?;
    let app = HostData::of(context).app.borrow().app.clone();
    let enriched = app
        .web_api()
        .and_then(|api| api.enrich(&app, &exchange, records, &expands));
    enriched
        .map(|()| JsValue::undefined())
        .map_err(|err| error::throw(err, context))
}

fn exchange(args: &[JsValue], context: &mut Context) -> JsResult<Arc<Exchange>> {
    request::exchange(&arg(args, 0)).map_err(|_| {
        error::throw(
            Error::host("the first argument is not the event of a request"),
            context,
        )
    })
}

fn records(list: &JsValue, context: &mut Context) -> JsResult<Vec<RecordRef>> {
    let Some(list) = list.as_object().filter(JsObject::is_array) else {
        let err = Error::host("the second argument is not an array of records");
        return Err(error::throw(err, context));
    };
    (0..value::array_length(&list))
        .map(|index| {
            let item = value::own_value(&list, &index.into()).unwrap_or_default();
            record::argument(&[item], 0, context)
        })
        .collect()
}
