//! `MailerMessage` and `$app.newMailClient()`.
//!
//! The one rule: a message is plain data of the script until it is sent; what
//! is no mail is told when the message is made, and again when it is sent.

use super::{
    HostData,
    app::app,
    class::{Class, arg, constructor, define_global, instance, this},
    convert, error, request, upload,
};
use crate::{app::App, error::Error, mail::Mail};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsString, JsValue, NativeFunction, object::IntegrityLevel,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value};

/// Who sends mails for an app.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct ClientObject(App);

/// Adds `MailerMessage`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = value::new_object(context);
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| message(&arg(args, 0), prototype, context),
        prototype.clone(),
    );
    let function = constructor("MailerMessage", 1, body, &prototype, context)?;
    define_global("MailerMessage", function.into(), context)
}

/// A message with what `given` says of it.
fn message(given: &JsValue, prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let mail = match given.is_null_or_undefined() {
        true => Mail::default(),
        false => read(given, context)?,
    };
    let made = value::from_json(&mail.to_plain(), context);
    if let Some(object) = made.as_object() {
        object.set_prototype(Some(prototype.clone()));
        // As objects of the host: it takes no other members.
        object.set_integrity_level(IntegrityLevel::Sealed, context)?;
    }
    Ok(made)
}

/// The mail that a script described.
fn read(given: &JsValue, context: &mut Context) -> JsResult<Mail> {
    let mut plain = convert::to_plain(given, context)?;
    if let (Value::Object(plain), Some(object)) = (&mut plain, given.as_object()) {
        for name in ["attachments", "inlineAttachments"] {
            let files = object.get(JsString::from(name), context)?;
            plain.insert(name.into(), files_of(&files, context)?);
        }
    }
    Mail::from_plain(plain).map_err(|err| error::throw(err, context))
}

/// Files by name; their contents may be texts, bytes, or files of ours.
fn files_of(given: &JsValue, context: &mut Context) -> JsResult<Value> {
    let Some(object) = given.as_object() else {
        return convert::to_plain(given, context);
    };
    let mut files = Map::new();
    for key in value::own_keys(&object) {
        let Some(name) = value::key_text(&key) else {
            continue;
        };
        let content = object.get(key, context)?;
        let bytes = match upload::content(&content) {
            Some((_, bytes)) => bytes.to_vec(),
            None => request::bytes(&content, context)?,
        };
        let text = String::from_utf8(bytes).map(Value::from);
        files.insert(name, text.unwrap_or_else(|err| err.into_bytes().into()));
    }
    Ok(files.into())
}

/// What `$app` has for mails.
pub(super) const APP: Class = Class {
    methods: &[("newMailClient", 0, |value, _, context| {
        let client = ClientObject(app(value)?);
        let prototype = super::Classes::of(context).mail_client.clone();
        Ok(instance(&prototype, client, context))
    })],
    getters: &[],
    accessors: &[],
};

/// What sends mails.
pub(super) const CLIENT: Class = Class {
    methods: &[("send", 1, |value, args, context| {
        let ClientObject(app) = this(value)?;
        let mail = read(&arg(args, 0), context)?;
        let sent = check(&app, context).and_then(|()| app.send_mail(&mail));
        jsvm_core::check_limits(context)?;
        match sent {
            Ok(()) => Ok(JsValue::undefined()),
            Err(err) => Err(error::throw(err, context)),
        }
    })],
    getters: &[],
    accessors: &[],
};

/// Whether scripts may reach what mails go through.
fn check(app: &App, context: &Context) -> Result<(), Error> {
    let data = HostData::of(context);
    let permissions = &data.env.permissions;
    match app.smtp() {
        Some(smtp) if !permissions.net.has_host(&smtp.host, smtp.port) => {
            let host = smtp.host;
            Err(Error::host(format!(
                "scripts may not send mails through {host}; add {host:?} to sandbox.net"
            )))
        }
        None if !permissions.run.has_name("sendmail") => Err(Error::host(
            "scripts may not run sendmail; add \"sendmail\" to sandbox.run, or name a server in \
             settings.smtp",
        )),
        _ => Ok(()),
    }
}
