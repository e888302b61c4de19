//! Signing in: with a password, and again with a token.
//!
//! The one rule: who fails to sign in learns nothing but that, and it takes
//! as long whether or not there is such a record. PocketBase's order of checks
//! and its texts.

use super::{api_error, exchange_of, records};
use crate::{
    server::{answers, files::Public},
    store::Sqlite,
};
use jsvm::{
    Action, ApiError, App, Collection, CollectionKind, Error, Event, Exchange, FieldError, Member,
    Query, Record, RecordRef, RequestInfo, WebApi, cast, security,
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// PocketBase: `Authorization: TOKEN`, with or without `Bearer ` before it.
fn token_of(exchange: &jsvm::http::Request) -> &str {
    const PREFIX: &str = "bearer ";
    let header = exchange.headers.get("Authorization");
    match header.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => &header[PREFIX.len()..],
        _ => header,
    }
}

/// Who sent a request; nobody if its token is not accepted.
pub(crate) fn of_request(app: &App, request: &jsvm::http::Request) -> Option<RecordRef> {
    let token = token_of(request);
    if token.is_empty() {
        return None;
    }
    match app.auth_record_by_token(token, &["auth"]) {
        Ok(record) => Some(RecordRef::new(record)),
        Err(err) => {
            app.log(
                jsvm::Level::Debug,
                &format!("the token of a request: {err}"),
            );
            None
        }
    }
}

/// The auth collection that the path names.
fn collection_of(event: &Event) -> Result<Arc<Collection>, Error> {
    let name = exchange_of(event)?.path_value("collection");
    let collection = event.app().collection(&name).ok();
    collection
        .filter(|collection| collection.kind == CollectionKind::Auth)
        .ok_or_else(|| api_error(404, "Missing or invalid auth collection context."))
}

fn option<'a>(collection: &'a Collection, group: &str, key: &str) -> Option<&'a Value> {
    collection.options.get(group)?.get(key)
}

fn identity_fields(collection: &Collection) -> Vec<String> {
    option(collection, "passwordAuth", "identityFields").map_or_else(Vec::new, cast::to_list)
}

fn has_password_auth(collection: &Collection) -> bool {
    option(collection, "passwordAuth", "enabled").is_some_and(cast::to_bool)
}

/// Which ways to sign in there are.
pub(super) fn methods(_: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let collection = collection_of(event)?;
    let is_enabled = has_password_auth(&collection);
    let fields = if is_enabled {
        identity_fields(&collection)
    } else {
        Vec::new()
    };
    let off = json!({ "enabled": false, "duration": 0 });
    let body = json!({
        "password": { "enabled": is_enabled, "identityFields": fields },
        "oauth2": { "enabled": false, "providers": [] },
        "mfa": off,
        "otp": off,
    });
    answers::json(exchange_of(event)?, 200, &body);
    Ok(())
}

/// What somebody typed to sign in.
struct Login {
    identity: String,
    password: String,
    field: String,
}

impl Login {
    fn of(collection: &Collection, body: &Map<String, Value>) -> Result<Self, Error> {
        let text = |key: &str| body.get(key).map_or_else(String::new, cast::to_text);
        let login = Self {
            identity: text("identity"),
            password: text("password"),
            field: text("identityField"),
        };
        let mut wrong = BTreeMap::new();
        for (name, value) in [("identity", &login.identity), ("password", &login.password)] {
            if let Some(err) = wrong_length(value) {
                wrong.insert(name.to_owned(), err);
            }
        }
        if !login.field.is_empty() && !identity_fields(collection).contains(&login.field) {
            let err = FieldError::new("validation_in_invalid", "must be a valid value");
            wrong.insert("identityField".to_owned(), err);
        }
        match wrong.is_empty() {
            true => Ok(login),
            false => {
                let message = "An error occurred while validating the submitted data.";
                Err(Error::Api(Error::Validation(wrong).to_api(message)))
            }
        }
    }

    /// The record with that identity; an e-mail address is looked for first.
    fn find(&self, app: &App, collection: &Arc<Collection>) -> Result<Option<Record>, Error> {
        let mut fields = match self.field.as_str() {
            "" => identity_fields(collection),
            field => vec![field.to_owned()],
        };
        if self.identity.contains('@') {
            fields.sort_by_key(|field| field != "email");
        }
        for field in fields {
            match app.first(collection, Query::equals(&field, self.identity.as_str())) {
                Ok(found) => return Ok(Some(found)),
                Err(Error::NotFound) => {}
                Err(err) => return Err(err),
            }
        }
        Ok(None)
    }
}

fn wrong_length(text: &str) -> Option<FieldError> {
    const MAX: usize = 255;
    match text.chars().count() {
        0 => Some(FieldError::new("validation_required", "cannot be blank")),
        1..=MAX => None,
        _ => Some(FieldError::new(
            "validation_length_out_of_range",
            "the length must be between 1 and 255",
        )),
    }
}

pub(super) fn with_password(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let exchange = Arc::clone(exchange_of(event)?);
    let collection = collection_of(event)?;
    if !has_password_auth(&collection) {
        let message = "The collection is not configured to allow password authentication.";
        return Err(api_error(403, message));
    }
    let body = exchange.body().map_err(|err| match err {
        Error::Api(ApiError { message, .. }) if message.starts_with("Unsupported") => {
            err_of(&message)
        }
        _ => api_error(400, "An error occurred while loading the submitted data."),
    })?;
    let login = Login::of(&collection, &body)?;
    let app = event.app().clone();
    let found = login.find(&app, &collection)?;
    let mut event = event_of(&app, &exchange, &collection)
        .with("identity", Member::Value(login.identity.into()))
        .with("identityField", Member::Value(login.field.into()))
        .with("password", Member::Value(login.password.into()));
    if let Some(found) = found {
        event = event.with("record", Member::Record(RecordRef::new(found)));
    }
    let store = store.clone();
    let action: Action = Box::new(move |event| {
        let password = text_member(event, "password");
        let record = event.record();
        let is_right = match &record {
            Some(record) => record.snapshot().validate_password(&password),
            None => security::verify_nobody(&password),
        };
        match record.filter(|_| is_right) {
            Some(record) => answer(&store, &event.app().clone(), &exchange, record, "password"),
            None => Err(api_error(400, "Failed to authenticate.")),
        }
    });
    app.emit(&["onRecordAuthWithPasswordRequest"], event, action)
}

fn err_of(message: &str) -> Error {
    api_error(400, message)
}

pub(super) fn refresh(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let exchange = Arc::clone(exchange_of(event)?);
    jsvm::require_auth(&exchange, &[])?;
    let collection = collection_of(event)?;
    let record = exchange.auth().ok_or(Error::NotFound)?;
    let own = Arc::clone(record.lock().collection());
    if own.id != collection.id {
        let message = format!(
            "The request requires auth record from {} collection.",
            own.name
        );
        return Err(api_error(403, &message));
    }
    let app = event.app().clone();
    let event = event_of(&app, &exchange, &collection).with("record", Member::Record(record));
    let store = store.clone();
    let action: Action = Box::new(move |event| {
        let record = event.record().ok_or(Error::NotFound)?;
        let token = match refreshable(&exchange) {
            true => record.lock().new_auth_token()?,
            false => token_of(exchange.request()).to_owned(),
        };
        let app = event.app().clone();
        respond(
            &store,
            &app,
            &exchange,
            Answer {
                record,
                token,
                method: "",
                meta: Value::Null,
            },
        )
    });
    app.emit(&["onRecordAuthRefreshRequest"], event, action)
}

/// Whether the token of a request may be changed for another one.
fn refreshable(exchange: &Exchange) -> bool {
    let now = jsvm::DateTime::now().unix();
    let claims = security::parse_unverified_jwt(token_of(exchange.request()), now);
    claims.is_ok_and(|claims| claims.get("refreshable").is_some_and(cast::to_bool))
}

fn event_of(app: &App, exchange: &Arc<Exchange>, collection: &Arc<Collection>) -> Event {
    Event::new(app.clone())
        .about(collection)
        .with_exchange(Arc::clone(exchange))
        .with(
            "collection",
            Member::Collection(Arc::clone(collection).into()),
        )
}

fn text_member(event: &Event, name: &str) -> String {
    match event.get(name) {
        Some(Member::Value(value)) => cast::to_text(&value),
        _ => String::new(),
    }
}

/// Answers with a new token for the record.
fn answer(
    store: &Sqlite,
    app: &App,
    exchange: &Arc<Exchange>,
    record: RecordRef,
    method: &str,
) -> Result<(), Error> {
    let token = record.lock().new_auth_token()?;
    let meta = Value::Null;
    respond(
        store,
        app,
        exchange,
        Answer {
            record,
            token,
            method,
            meta,
        },
    )
}

/// What somebody who has signed in is given.
struct Answer<'a> {
    record: RecordRef,
    token: String,
    method: &'a str,
    meta: Value,
}

fn respond(
    store: &Sqlite,
    app: &App,
    exchange: &Arc<Exchange>,
    answer: Answer<'_>,
) -> Result<(), Error> {
    let Answer {
        record,
        token,
        method,
        meta,
    } = answer;
    let info = exchange.info()?;
    let (collection, id) = {
        let record = record.lock();
        (Arc::clone(record.collection()), record.id().to_owned())
    };
    check_rule(store, &collection, &id, &info)?;
    let event = event_of(app, exchange, &collection)
        .with("record", Member::Record(record))
        .with("token", Member::Value(token.into()))
        .with("meta", Member::Value(meta))
        .with("authMethod", Member::Value(method.into()));
    let (store, exchange) = (store.clone(), Arc::clone(exchange));
    let action: Action = Box::new(move |event| {
        if exchange.response().is_written() {
            return Ok(());
        }
        let record = event.record().ok_or(Error::NotFound)?;
        let info = RequestInfo {
            auth: Some(record.clone()),
            ..info
        };
        records::enrich(&store, &event.app().clone(), info, vec![record.clone()])?;
        let mut body = Map::new();
        if let Some(Member::Value(meta)) = event.get("meta").filter(is_something) {
            body.insert("meta".into(), meta);
        }
        body.insert("record".into(), record.lock().public_export().into());
        body.insert("token".into(), text_member(event, "token").into());
        answers::json(&exchange, 200, &Value::Object(body));
        Ok(())
    });
    app.emit(&["onRecordAuthRequest"], event, action)
}

fn is_something(member: &Member) -> bool {
    !matches!(member, Member::Value(Value::Null))
}

/// Whether the collection lets this record sign in.
fn check_rule(
    store: &Sqlite,
    collection: &Arc<Collection>,
    id: &str,
    info: &RequestInfo,
) -> Result<(), Error> {
    let is_allowed = match collection.options.get("authRule").and_then(Value::as_str) {
        _ if records::is_superuser(info) => true,
        Some("") => true,
        Some(rule) => store.matches(collection, id, rule, &info.to_value())?,
        None => false,
    };
    match is_allowed {
        true => Ok(()),
        false => Err(api_error(
            403,
            "The request doesn't satisfy the collection requirements to authenticate.",
        )),
    }
}

/// What scripts use of this web API.
pub(crate) struct Web(pub(crate) Sqlite);

impl WebApi for Web {
    fn serve_file(&self, exchange: &Exchange, dir: &str, name: &str) -> Result<(), Error> {
        Public::new(dir.into()).serve_name(exchange, name)
    }

    fn enrich(
        &self,
        app: &App,
        exchange: &Arc<Exchange>,
        records: Vec<RecordRef>,
        expands: &[String],
    ) -> Result<(), Error> {
        let mut info = exchange.info()?;
        let asked = info
            .query
            .get("expand")
            .map_or_else(String::new, cast::to_text);
        let mut paths = expands.to_vec();
        paths.extend((!asked.is_empty()).then_some(asked));
        info.query.insert("expand".into(), paths.join(",").into());
        records::enrich(&self.0, app, info, records)
    }

    fn auth_response(
        &self,
        app: &App,
        exchange: &Arc<Exchange>,
        record: RecordRef,
        method: &str,
        meta: Value,
    ) -> Result<(), Error> {
        let token = record.lock().new_auth_token()?;
        respond(
            &self.0,
            app,
            exchange,
            Answer {
                record,
                token,
                method,
                meta,
            },
        )
    }
}
