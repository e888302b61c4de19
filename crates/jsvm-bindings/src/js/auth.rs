//! What scripts do with auth records: passwords, tokens, who somebody is.
//!
//! The one rule: a record only changes what it holds; it is stored, and old
//! tokens end, when it is saved.

use super::{
    app,
    class::{Class, arg, integer, string, text},
    error, record,
};
use crate::{
    auth::TokenKind,
    cast,
    error::Error,
    record::{Record, RecordRef},
    security,
};
use boa_engine::{Context, JsResult, JsValue};
use serde_json::Value;

fn of(value: &JsValue, context: &mut Context) -> JsResult<RecordRef> {
    record::argument(std::slice::from_ref(value), 0, context)
}

fn get(value: &JsValue, field: &str, context: &mut Context) -> JsResult<Value> {
    Ok(of(value, context)?.lock().get(field).clone())
}

fn set(
    value: &JsValue,
    field: &str,
    new: impl Into<Value>,
    context: &mut Context,
) -> JsResult<JsValue> {
    of(value, context)?.lock().set(field, &new.into());
    Ok(JsValue::undefined())
}

fn token(
    value: &JsValue,
    make: impl FnOnce(&Record) -> Result<String, Error>,
    context: &mut Context,
) -> JsResult<JsValue> {
    let made = make(&of(value, context)?.lock());
    made.map(string).map_err(|err| error::throw(err, context))
}

/// Seconds of a Go duration, which is in nanoseconds.
const NANOSECONDS: i64 = 1_000_000_000;

/// What records have besides; those of other collections have no use for it.
pub(super) const RECORD: Class = Class {
    methods: &[
        ("verified", 0, |value, _, context| {
            Ok(cast::to_bool(&get(value, "verified", context)?).into())
        }),
        ("setVerified", 1, |value, args, context| {
            set(value, "verified", arg(args, 0).to_boolean(), context)
        }),
        ("emailVisibility", 0, |value, _, context| {
            Ok(cast::to_bool(&get(value, "emailVisibility", context)?).into())
        }),
        ("setEmailVisibility", 1, |value, args, context| {
            set(value, "emailVisibility", arg(args, 0).to_boolean(), context)
        }),
        ("tokenKey", 0, |value, _, context| {
            Ok(string(cast::to_text(&get(value, "tokenKey", context)?)))
        }),
        ("setTokenKey", 1, |value, args, context| {
            let key = text(args, 0, context)?;
            set(value, "tokenKey", key, context)
        }),
        ("refreshTokenKey", 0, |value, _, context| {
            of(value, context)?.lock().refresh_token_key();
            Ok(JsValue::undefined())
        }),
        ("setPassword", 1, |value, args, context| {
            let password = text(args, 0, context)?;
            set(value, "password", password, context)
        }),
        ("setRandomPassword", 0, |value, _, context| {
            let password = security::random_text(30, security::ALPHABET);
            set(value, "password", password.as_str(), context)?;
            Ok(string(password))
        }),
        ("validatePassword", 1, |value, args, context| {
            let password = text(args, 0, context)?;
            let record = of(value, context)?.snapshot();
            Ok(record.validate_password(&password).into())
        }),
        ("isSuperuser", 0, |value, _, context| {
            Ok(of(value, context)?.lock().is_superuser().into())
        }),
        ("newAuthToken", 0, |value, _, context| {
            token(value, Record::new_auth_token, context)
        }),
        ("newStaticAuthToken", 1, |value, args, context| {
            let seconds = integer(args, 0, context)? / NANOSECONDS;
            token(value, |of| of.new_static_auth_token(seconds), context)
        }),
        ("newFileToken", 0, |value, _, context| {
            token(value, |of| of.new_token(TokenKind::File, ""), context)
        }),
        ("newVerificationToken", 0, |value, _, context| {
            token(
                value,
                |of| of.new_token(TokenKind::Verification, ""),
                context,
            )
        }),
        ("newPasswordResetToken", 0, |value, _, context| {
            token(
                value,
                |of| of.new_token(TokenKind::PasswordReset, ""),
                context,
            )
        }),
        ("newEmailChangeToken", 1, |value, args, context| {
            let email = text(args, 0, context)?;
            token(
                value,
                |of| of.new_token(TokenKind::EmailChange, &email),
                context,
            )
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// What `$app` knows of auth records.
pub(super) const APP: Class = Class {
    methods: &[
        ("findAuthRecordByEmail", 2, |value, args, context| {
            let app = app::app(value)?;
            let collection = app::collection_of(&arg(args, 0), Some(&app), context)?;
            let email = text(args, 1, context)?;
            let found = app.auth_record_by_email(&collection, &email);
            found
                .map(|found| record::new_object(found, context))
                .map_err(|err| error::throw(err, context))
        }),
        ("findAuthRecordByToken", 1, |value, args, context| {
            let app = app::app(value)?;
            let token = text(args, 0, context)?;
            let kinds = (1..args.len())
                .map(|index| text(args, index, context))
                .collect::<JsResult<Vec<_>>>()?;
            let kinds: Vec<_> = kinds.iter().map(String::as_str).collect();
            let found = app.auth_record_by_token(&token, &kinds);
            found
                .map(|found| record::new_object(found, context))
                .map_err(|err| error::throw(err, context))
        }),
    ],
    getters: &[],
    accessors: &[],
};
