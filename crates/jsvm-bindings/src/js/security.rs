//! `$security`: hashes, random text, tokens and encryption for scripts.
//!
//! The one rule: nothing here opens the world to a script, so every profile
//! has it. What fails is thrown as an error of the host.

use super::{
    class::{self, arg, define_global, string, text},
    convert, error,
};
use crate::{error::Error, security};
use boa_engine::{Context, JsResult, JsValue};
use jsvm_core::value;
use serde_json::Value;

/// Most letters of a random text.
const MAX_LENGTH: usize = 1 << 20;

/// Adds `$security`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let object = value::new_object(context);
    SECURITY.add_to(&object, context)?;
    define_global("$security", object.into(), context)
}

const SECURITY: class::Class = class::Class {
    methods: &[
        ("md5", 1, |_, args, context| {
            digest(args, security::md5, context)
        }),
        ("sha256", 1, |_, args, context| {
            digest(args, security::sha256, context)
        }),
        ("sha512", 1, |_, args, context| {
            digest(args, security::sha512, context)
        }),
        ("hs256", 2, |_, args, context| {
            signature(args, security::hs256, context)
        }),
        ("hs512", 2, |_, args, context| {
            signature(args, security::hs512, context)
        }),
        ("equal", 2, |_, args, context| {
            let (a, b) = (text(args, 0, context)?, text(args, 1, context)?);
            Ok(security::equal(a.as_bytes(), b.as_bytes()).into())
        }),
        ("randomString", 1, random_string),
        ("randomStringWithAlphabet", 2, random_with_alphabet),
        ("pseudorandomString", 1, random_string),
        ("pseudorandomStringWithAlphabet", 2, random_with_alphabet),
        ("randomStringByRegex", 1, random_by_regex),
        ("parseUnverifiedJWT", 1, |_, args, context| {
            let claims = security::parse_unverified_jwt(&text(args, 0, context)?, now());
            let claims = claims.map(Value::Object);
            thrown(claims, context).map(|claims| value::from_json(&claims, context))
        }),
        ("parseJWT", 2, |_, args, context| {
            let (token, key) = (text(args, 0, context)?, text(args, 1, context)?);
            let claims = security::parse_jwt(&token, &key, now()).map(Value::Object);
            thrown(claims, context).map(|claims| value::from_json(&claims, context))
        }),
        ("createJWT", 3, |_, args, context| {
            let claims = convert::to_map(&arg(args, 0), context)?;
            let key = text(args, 1, context)?;
            let seconds = class::integer(args, 2, context)?;
            Ok(string(security::create_jwt(&claims, &key, seconds, now())))
        }),
        ("encrypt", 2, |_, args, context| {
            let (plain, key) = (text(args, 0, context)?, text(args, 1, context)?);
            let sealed = security::encrypt(plain.as_bytes(), key.as_bytes());
            thrown(sealed, context).map(string)
        }),
        ("decrypt", 2, |_, args, context| {
            let (sealed, key) = (text(args, 0, context)?, text(args, 1, context)?);
            let plain = security::decrypt(&sealed, key.as_bytes());
            thrown(plain, context).map(|plain| string(String::from_utf8_lossy(&plain)))
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn now() -> i64 {
    crate::datetime::DateTime::now().unix()
}

fn thrown<T, E: ToString>(result: Result<T, E>, context: &mut Context) -> JsResult<T> {
    result.map_err(|err| error::throw(Error::host(err.to_string()), context))
}

fn digest(args: &[JsValue], of: fn(&[u8]) -> String, context: &mut Context) -> JsResult<JsValue> {
    Ok(string(of(text(args, 0, context)?.as_bytes())))
}

fn signature(
    args: &[JsValue],
    of: fn(&[u8], &[u8]) -> String,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (plain, secret) = (text(args, 0, context)?, text(args, 1, context)?);
    Ok(string(of(plain.as_bytes(), secret.as_bytes())))
}

fn length(args: &[JsValue], context: &mut Context) -> JsResult<usize> {
    let length = class::integer(args, 0, context)?;
    let fitting = usize::try_from(length)
        .ok()
        .filter(|length| *length <= MAX_LENGTH);
    let told = || format!("the length {length} of a random text is not between 0 and {MAX_LENGTH}");
    thrown(fitting.ok_or_else(told), context)
}

fn random_string(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let length = length(args, context)?;
    Ok(string(security::random_text(length, security::ALPHABET)))
}

fn random_with_alphabet(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (length, alphabet) = (length(args, context)?, text(args, 1, context)?);
    if alphabet.is_empty() {
        return thrown(
            Err("a random text needs an alphabet, such as \"abc\""),
            context,
        );
    }
    Ok(string(security::random_text(length, &alphabet)))
}

/// Go's flags follow the pattern; of these, only `FoldCase` makes other text.
fn random_by_regex(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    const FOLD_CASE: i64 = 1;
    let pattern = text(args, 0, context)?;
    let flags = (1..args.len()).try_fold(0, |all, index| {
        Ok::<_, boa_engine::JsError>(all | class::integer(args, index, context)?)
    })?;
    let made = security::random_by_pattern(&pattern, flags & FOLD_CASE != 0);
    thrown(made, context).map(string)
}
