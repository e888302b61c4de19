//! Signing in: tokens of auth records, and who a token stands for.
//!
//! The one rule: a token is signed with the record's own key and its
//! collection's secret together, so that changing either ends every token.
//! PocketBase: `record_tokens.go`. Knows nothing of HTTP.

use crate::{
    app::App,
    collection::{Collection, CollectionKind},
    datetime::DateTime,
    error::Error,
    record::Record,
    security,
    storage::Query,
};
use serde_json::{Map, Value, json};

/// The collection of those who may do everything.
pub const SUPERUSERS: &str = "_superusers";

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Signing in.
    Auth,
    /// Reading protected files.
    File,
    /// Proving an e-mail address.
    Verification,
    /// Choosing another password.
    PasswordReset,
    /// Choosing another e-mail address.
    EmailChange,
}

impl TokenKind {
    const ALL: [Self; 5] = [
        Self::Auth,
        Self::File,
        Self::Verification,
        Self::PasswordReset,
        Self::EmailChange,
    ];

    /// The `type` claim of such tokens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::File => "file",
            Self::Verification => "verification",
            Self::PasswordReset => "passwordReset",
            Self::EmailChange => "emailChange",
        }
    }

    /// The option of a collection that holds secret and duration.
    pub fn option(self) -> &'static str {
        match self {
            Self::Auth => "authToken",
            Self::File => "fileToken",
            Self::Verification => "verificationToken",
            Self::PasswordReset => "passwordResetToken",
            Self::EmailChange => "emailChangeToken",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    fn setting<'a>(self, collection: &'a Collection, key: &str) -> Option<&'a Value> {
        collection.options.get(self.option())?.get(key)
    }
}

impl Collection {
    /// Whether its records may do everything.
    pub fn is_superusers(&self) -> bool {
        self.name == SUPERUSERS
    }

    /// The collection as scripts and clients see it: without its secrets.
    pub fn public_json(&self) -> Value {
        let mut value = self.to_json();
        for kind in TokenKind::ALL {
            if let Some(Value::Object(setting)) = value.get_mut(kind.option()) {
                setting.remove("secret");
            }
        }
        value
    }
}

impl Record {
    /// A token that lets its holder sign in as this record and get new tokens.
    ///
    /// # Errors
    ///
    /// If this is no auth record, or it or its collection has no secret.
    pub fn new_auth_token(&self) -> Result<String, Error> {
        self.token(TokenKind::Auth, json!({ "refreshable": true }), None)
    }

    /// As [`new_auth_token`](Self::new_auth_token), for so many seconds and
    /// without new tokens for it; 0 is the collection's duration.
    ///
    /// # Errors
    ///
    /// As [`new_auth_token`](Self::new_auth_token).
    pub fn new_static_auth_token(&self, seconds: i64) -> Result<String, Error> {
        let seconds = (seconds > 0).then_some(seconds);
        self.token(TokenKind::Auth, json!({ "refreshable": false }), seconds)
    }

    /// A token of another kind; `new_email` only counts for an e-mail change.
    ///
    /// # Errors
    ///
    /// As [`new_auth_token`](Self::new_auth_token).
    pub fn new_token(&self, kind: TokenKind, new_email: &str) -> Result<String, Error> {
        let email = self.get("email");
        let claims = match kind {
            TokenKind::Auth => return self.new_auth_token(),
            TokenKind::File => json!({}),
            TokenKind::Verification | TokenKind::PasswordReset => json!({ "email": email }),
            TokenKind::EmailChange => json!({ "email": email, "newEmail": new_email }),
        };
        self.token(kind, claims, None)
    }

    fn token(&self, kind: TokenKind, more: Value, seconds: Option<i64>) -> Result<String, Error> {
        let secret = self.token_secret(kind)?;
        let seconds = seconds
            .or_else(|| kind.setting(self.collection(), "duration")?.as_i64())
            .unwrap_or_default();
        let mut claims = Map::new();
        claims.insert("type".into(), kind.as_str().into());
        claims.insert("id".into(), self.id().into());
        claims.insert("collectionId".into(), self.collection().id.clone().into());
        if let Value::Object(more) = more {
            claims.extend(more);
        }
        Ok(security::create_jwt(&claims, &secret, seconds, now()))
    }

    /// What tokens of this record are signed with; never empty.
    fn token_secret(&self, kind: TokenKind) -> Result<String, Error> {
        if self.collection().kind != CollectionKind::Auth {
            return Err(Error::host("not an auth collection record"));
        }
        let key = self.get("tokenKey").as_str().unwrap_or_default();
        let secret = kind.setting(self.collection(), "secret");
        let secret = secret.and_then(Value::as_str).unwrap_or_default();
        if key.is_empty() || secret.is_empty() {
            return Err(Error::host("missing or invalid signing key"));
        }
        Ok(format!("{key}{secret}"))
    }

    /// Ends every token of this record, once it is saved.
    pub fn refresh_token_key(&mut self) {
        let key = security::random_text(50, security::ALPHABET);
        self.set("tokenKey", &key.into());
    }

    /// Whether a text is the record's password; it takes as long as a check
    /// takes even if the record has none.
    pub fn validate_password(&self, text: &str) -> bool {
        let password = self.get("password").as_str().unwrap_or_default();
        if security::is_password_hash(password) {
            return security::verify_password(text, password);
        }
        // One that was set and not stored yet is still plain.
        security::verify_nobody(text);
        !text.is_empty() && security::equal(text.as_bytes(), password.as_bytes())
    }

    /// Whether this record may do everything.
    pub fn is_superuser(&self) -> bool {
        self.collection().is_superusers()
    }
}

impl App {
    /// The record that a token stands for; without `kinds`, of any kind.
    ///
    /// # Errors
    ///
    /// Why the token is not accepted.
    pub fn auth_record_by_token(&self, token: &str, kinds: &[&str]) -> Result<Record, Error> {
        if token.is_empty() {
            return Err(Error::host("missing token"));
        }
        let refused = |err: security::TokenError| Error::host(err.to_string());
        let claims = security::parse_unverified_jwt(token, now()).map_err(refused)?;
        let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or_default();
        let (id, collection, name) = (text("id"), text("collectionId"), text("type"));
        if id.is_empty() || collection.is_empty() || name.is_empty() {
            return Err(Error::host("missing or invalid token claims"));
        }
        if !kinds.is_empty() && !kinds.contains(&name) {
            let wanted = kinds.join(", ");
            return Err(Error::host(format!(
                "invalid token type {name:?}, expects {wanted:?}"
            )));
        }
        let kind = TokenKind::named(name)
            .ok_or_else(|| Error::host(format!("unknown token type {name:?}")))?;
        let record = self.record(&self.collection(collection)?, id)?;
        security::parse_jwt(token, &record.token_secret(kind)?, now()).map_err(refused)?;
        Ok(record)
    }

    /// The auth record with that e-mail address.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], or [`Error::Host`] for another collection.
    pub fn auth_record_by_email(
        &self,
        collection: &std::sync::Arc<Collection>,
        email: &str,
    ) -> Result<Record, Error> {
        if collection.kind != CollectionKind::Auth {
            let name = &collection.name;
            return Err(Error::host(format!("{name:?} is not an auth collection")));
        }
        if email.is_empty() {
            return Err(Error::NotFound);
        }
        self.first(collection, Query::equals("email", email))
    }
}

fn now() -> i64 {
    DateTime::now().unix()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn record(kind: &str, key: &str, secret: &str) -> Record {
        let collection = Collection::from_json(&json!({
            "id": "pbc_1", "name": "members", "type": kind,
            "authToken": { "secret": secret, "duration": 60 },
            "fields": [
                { "name": "id", "type": "text" },
                { "name": "email", "type": "email" },
                { "name": "password", "type": "password" },
                { "name": "tokenKey", "type": "text" },
            ]
        }));
        let mut record = Record::new(Arc::new(collection.unwrap()));
        record.load(json!({ "id": "a1", "tokenKey": key }).as_object().unwrap());
        record
    }

    #[test]
    fn without_a_secret_there_is_no_token() {
        for (kind, key, secret) in [("base", "k", "s"), ("auth", "", "s"), ("auth", "k", "")] {
            let made = record(kind, key, secret).new_auth_token();
            assert!(made.is_err(), "{kind} {key} {secret}");
        }
        assert!(record("auth", "k", "s").new_auth_token().is_ok());
        assert!(
            record("auth", "k", "s")
                .new_token(TokenKind::File, "")
                .is_err()
        );
    }

    #[test]
    fn a_token_says_whose_it_is() {
        let token = record("auth", "k", "s").new_static_auth_token(0).unwrap();
        let claims = security::parse_jwt(&token, "ks", now()).unwrap();
        assert_eq!(claims["id"], "a1");
        assert_eq!(claims["collectionId"], "pbc_1");
        assert_eq!(
            (&claims["type"], &claims["refreshable"]),
            (&json!("auth"), &json!(false))
        );
    }

    #[test]
    fn passwords_fit_stored_and_not_stored_ones() {
        let mut record = record("auth", "k", "s");
        assert!(!record.validate_password(""));
        record.set("password", &json!("secret-123"));
        assert!(record.validate_password("secret-123"));
        assert!(!record.validate_password("secret-124"));
        record.set("password", &security::hash_password("secret-123").into());
        assert!(record.validate_password("secret-123"));
        assert!(!record.validate_password("secret-124"));
    }

    #[test]
    fn secrets_stay_inside() {
        let collection = Arc::clone(record("auth", "k", "s").collection());
        assert_eq!(
            collection.public_json()["authToken"],
            json!({ "duration": 60 })
        );
    }
}
