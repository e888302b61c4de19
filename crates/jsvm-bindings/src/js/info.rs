//! `e.requestInfo()` and `new RequestInfo(…)`: a request as filters see it.
//!
//! The one rule: what a script was handed of it once, it is handed again, so
//! that its changes are kept as long as it holds the object.

use super::{
    class::{Class, arg, constructor, define_global, host, instance, string, text, this},
    convert, record,
};
use crate::exchange::RequestInfo;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, NativeFunction};
use boa_gc::{Finalize, Gc, GcRefCell, Trace};
use jsvm_core::value;
use serde_json::{Map, Value};
use std::sync::Arc;

#[derive(Clone, Trace, Finalize, JsData)]
struct InfoObject(Gc<InfoData>);

#[derive(Trace, Finalize)]
struct InfoData {
    #[unsafe_ignore_trace]
    info: Arc<RequestInfo>,
    /// What was handed out, or put there by a script, by member.
    seen: GcRefCell<[Option<JsValue>; MEMBERS]>,
}

const MEMBERS: usize = 6;

/// Adds `RequestInfo`; returns the prototype of its objects.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = INFO.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let given = arg(args, 0);
            let info = from_value(&given, context)?;
            Ok(instance(prototype, data(Arc::new(info)), context))
        },
        prototype.clone(),
    );
    let function = constructor("RequestInfo", 1, body, &prototype, context)?;
    define_global("RequestInfo", function.into(), context)?;
    Ok(prototype)
}

fn data(info: Arc<RequestInfo>) -> InfoObject {
    InfoObject(Gc::new(InfoData {
        info,
        seen: GcRefCell::default(),
    }))
}

/// The object of a request's summary.
pub(super) fn object(info: &Arc<RequestInfo>, context: &mut Context) -> JsValue {
    let prototype = super::request::prototype(context, |of| &of.info);
    instance(&prototype, data(Arc::clone(info)), context)
}

/// The summary that a script made or changed.
pub(super) fn from_value(value: &JsValue, context: &mut Context) -> JsResult<RequestInfo> {
    if let Some(object) = host::<InfoObject>(value) {
        return object.0.current(context);
    }
    let auth = value.as_object().and_then(|object| {
        let auth = value::own_value(&object, &boa_engine::js_string!("auth").into())?;
        record::of(&auth)
    });
    let mut given = convert::to_map(value, context)?;
    let mut map = |key: &str| match given.remove(key) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let (query, headers, body) = (map("query"), map("headers"), map("body"));
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default();
    let context_name = match text("context") {
        "" => "default",
        given => given,
    };
    Ok(RequestInfo {
        context: context_name.to_owned(),
        method: text("method").to_owned(),
        query,
        headers,
        body,
        auth,
    })
}

impl InfoData {
    fn member(
        &self,
        index: usize,
        context: &mut Context,
        make: impl FnOnce(&RequestInfo, &mut Context) -> JsValue,
    ) -> JsValue {
        if let Some(seen) = &self.seen.borrow()[index] {
            return seen.clone();
        }
        let made = make(&self.info, context);
        self.seen.borrow_mut()[index] = Some(made.clone());
        made
    }

    /// The summary with what a script changed in it.
    fn current(&self, context: &mut Context) -> JsResult<RequestInfo> {
        let seen = self.seen.borrow().clone();
        let [query, headers, body, auth, method, reason] = &seen;
        let mut info = (*self.info).clone();
        for (seen, map) in [
            (query, &mut info.query),
            (headers, &mut info.headers),
            (body, &mut info.body),
        ] {
            if let Some(seen) = seen {
                *map = convert::to_map(seen, context)?;
            }
        }
        if let Some(auth) = auth {
            info.auth = record::of(auth);
        }
        for (seen, place) in [(method, &mut info.method), (reason, &mut info.context)] {
            if let Some(seen) = seen {
                *place = text(std::slice::from_ref(seen), 0, context)?;
            }
        }
        Ok(info)
    }
}

fn set(value: &JsValue, args: &[JsValue], index: usize) -> JsResult<JsValue> {
    let data = this::<InfoObject>(value)?.0.clone();
    data.seen.borrow_mut()[index] = Some(arg(args, 0));
    Ok(JsValue::undefined())
}

macro_rules! member {
    ($name:literal, $index:literal, $make:expr) => {
        (
            $name,
            |value, _, context| {
                let data = this::<InfoObject>(value)?.0.clone();
                Ok(data.member($index, context, $make))
            },
            |value, args, _| set(value, args, $index),
        )
    };
}

fn map(map: &Map<String, Value>, context: &mut Context) -> JsValue {
    value::from_json(&Value::Object(map.clone()), context)
}

const INFO: Class = Class {
    methods: &[
        ("hasSuperuserAuth", 0, |value, _, context| {
            let data = this::<InfoObject>(value)?.0.clone();
            let auth = data.current(context)?.auth;
            Ok(auth.is_some_and(|auth| auth.lock().is_superuser()).into())
        }),
        ("clone", 0, |value, _, context| {
            let data = this::<InfoObject>(value)?.0.clone();
            let copy = data.current(context)?;
            Ok(object(&Arc::new(copy), context))
        }),
    ],
    getters: &[],
    accessors: &[
        member!("query", 0, |info, context| map(&info.query, context)),
        member!("headers", 1, |info, context| map(&info.headers, context)),
        member!("body", 2, |info, context| map(&info.body, context)),
        member!("auth", 3, |info, context| {
            let auth = info.auth.clone();
            auth.map_or_else(JsValue::null, |auth| record::object(auth, context))
        }),
        member!("method", 4, |info, _| string(&info.method)),
        member!("context", 5, |info, _| string(&info.context)),
    ],
};
