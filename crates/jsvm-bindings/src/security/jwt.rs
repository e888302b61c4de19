//! Signed tokens: JWT with HS256, as PocketBase makes and reads them.
//!
//! The one rule: a token whose header names another method is refused before
//! its signature is looked at.

use super::digest::{equal, hs256_bytes};
use crate::js::encode_plain;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// Why a token is not accepted; the texts are those of PocketBase's library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It has no three parts, or one of them cannot be read.
    #[error("token is malformed: {0}")]
    Malformed(&'static str),
    /// It was signed by another method than HS256.
    #[error("token signature is invalid: signing method {0} is invalid")]
    Method(String),
    /// It was signed with another key, or changed.
    #[error("token signature is invalid: signature is invalid")]
    Signature,
    /// It does not hold now.
    #[error("{prefix}{}", .reasons.join(", "))]
    Claims {
        /// `token has invalid claims: ` if the signature was looked at.
        prefix: &'static str,
        /// Every reason, such as `token is expired`.
        reasons: Vec<String>,
    },
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A token with these claims, signed with the key.
///
/// It ends `seconds` after `now`, a Unix time, unless the claims have an `exp`.
pub fn create_jwt(claims: &Map<String, Value>, key: &str, seconds: i64, now: i64) -> String {
    let mut all = Map::new();
    all.insert("exp".into(), json!(now.saturating_add(seconds)));
    all.extend(claims.clone());
    let body = encode_plain(&Value::Object(all));
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(HEADER),
        URL_SAFE_NO_PAD.encode(body)
    );
    let signature = hs256_bytes(signed.as_bytes(), key.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a token that was signed with the key and holds at `now`.
///
/// # Errors
///
/// Why it is not accepted.
pub fn parse_jwt(token: &str, key: &str, now: i64) -> Result<Map<String, Value>, TokenError> {
    let parts = Parts::of(token)?;
    let header = decode(parts.header, HEADER_TEXTS)?;
    let method = header
        .get("alg")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let claims = decode(parts.claims, CLAIMS_TEXTS)?;
    if method != "HS256" {
        return Err(TokenError::Method(method.to_owned()));
    }
    let signature = URL_SAFE_NO_PAD
        .decode(parts.signature)
        .map_err(|_| TokenError::Malformed("could not base64 decode signature"))?;
    let wanted = hs256_bytes(parts.signed.as_bytes(), key.as_bytes());
    if !equal(&wanted, &signature) {
        return Err(TokenError::Signature);
    }
    check(&claims, "token has invalid claims: ", Issued::Any, now)?;
    Ok(claims)
}

/// The claims of a token that holds at `now`, whoever signed it.
///
/// # Errors
///
/// Why it is not accepted.
pub fn parse_unverified_jwt(token: &str, now: i64) -> Result<Map<String, Value>, TokenError> {
    let parts = Parts::of(token)?;
    decode(parts.header, HEADER_TEXTS)?;
    let claims = decode(parts.claims, CLAIMS_TEXTS)?;
    check(&claims, "", Issued::NotLater, now)?;
    Ok(claims)
}

struct Parts<'a> {
    /// What the signature is of: header and claims.
    signed: &'a str,
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, TokenError> {
        const COUNT: TokenError =
            TokenError::Malformed("token contains an invalid number of segments");
        let (signed, signature) = token.rsplit_once('.').ok_or(COUNT)?;
        let (header, claims) = signed.split_once('.').ok_or(COUNT)?;
        match claims.contains('.') {
            true => Err(COUNT),
            false => Ok(Self {
                signed,
                header,
                claims,
                signature,
            }),
        }
    }
}

/// What is said of a part that is no base64, and of one that is no JSON.
type Texts = (&'static str, &'static str);

const HEADER_TEXTS: Texts = (
    "could not base64 decode header",
    "could not JSON decode header",
);
const CLAIMS_TEXTS: Texts = (
    "could not base64 decode claim",
    "could not JSON decode claim",
);

fn decode(part: &str, texts: Texts) -> Result<Map<String, Value>, TokenError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed(texts.0))?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed(texts.1))
}

/// Whether a token from the future is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Issued {
    Any,
    NotLater,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times of tokens are far below 2^53"
)]
fn check(
    claims: &Map<String, Value>,
    prefix: &'static str,
    issued: Issued,
    now: i64,
) -> Result<(), TokenError> {
    let now = now as f64;
    let mut reasons = Vec::new();
    let mut look = |name: &str, text: &str, holds: fn(f64, f64) -> bool| match claims.get(name) {
        None => {}
        Some(value) => match value.as_f64() {
            Some(at) if at == 0.0 || holds(now, at.trunc()) => {}
            Some(_) => reasons.push(text.to_owned()),
            None => reasons.push(format!("invalid type for claim: {name} is invalid")),
        },
    };
    look("exp", "token is expired", |now, at| now < at);
    look("nbf", "token is not valid yet", |now, at| now >= at);
    if issued == Issued::NotLater {
        look("iat", "token used before issued", |now, at| now >= at);
    }
    match reasons.is_empty() {
        true => Ok(()),
        false => Err(TokenError::Claims { prefix, reasons }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_token_is_made_as_others_make_it() {
        // Made with another implementation.
        let token = create_jwt(
            &claims(json!({ "exp": 4_524_633_600_i64, "name": "test" })),
            "test",
            1,
            0,
        );
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(
            signed,
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjQ1MjQ2MzM2MDAsIm5hbWUiOiJ0ZXN0In0"
        );
        assert_eq!(signature.len(), 43);
    }

    #[test]
    fn only_its_own_key_opens_a_token() {
        let made = create_jwt(&claims(json!({ "id": "a1" })), "key", 60, 1000);
        let opened = parse_jwt(&made, "key", 1059).unwrap();
        assert_eq!(Value::Object(opened), json!({ "exp": 1060, "id": "a1" }));
        assert_eq!(parse_jwt(&made, "other", 1000), Err(TokenError::Signature));
        let late = parse_jwt(&made, "key", 1060).unwrap_err().to_string();
        assert_eq!(late, "token has invalid claims: token is expired");
        let late = parse_unverified_jwt(&made, 1060).unwrap_err().to_string();
        assert_eq!(late, "token is expired");
        assert!(parse_unverified_jwt(&made, 1000).is_ok());
    }

    #[test]
    fn another_method_is_refused_whatever_its_signature() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS512"}"#, "{}"] {
            let signed = format!("{}.{}", encode(header), encode("{}"));
            for signature in [
                String::new(),
                URL_SAFE_NO_PAD.encode(hs256_bytes(signed.as_bytes(), b"key")),
            ] {
                let parsed = parse_jwt(&format!("{signed}.{signature}"), "key", 0);
                assert!(matches!(parsed, Err(TokenError::Method(_))), "{header}");
            }
        }
        for token in [
            "",
            "a",
            "a.b",
            "a.b.c.d",
            "?.?.?",
            "e30.?.x",
            "e30.bnVsbA.x",
            "W10.e30.x",
        ] {
            assert!(parse_jwt(token, "key", 0).is_err(), "{token}");
        }
    }

    #[test]
    fn every_reason_is_told() {
        let made = create_jwt(
            &claims(json!({ "exp": "x", "nbf": 9, "iat": 9 })),
            "key",
            0,
            0,
        );
        let told = parse_unverified_jwt(&made, 5).unwrap_err().to_string();
        assert_eq!(
            told,
            "invalid type for claim: exp is invalid, token is not valid yet, token used before issued"
        );
    }
}
