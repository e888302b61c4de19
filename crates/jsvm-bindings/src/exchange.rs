//! One HTTP request and its answer, as hooks see them.
//!
//! The one rule: it is shared by every handler of the request and by the host,
//! so each part is behind a lock of its own that is never held while script
//! runs. Knows nothing of sockets.

use crate::{
    error::Error,
    event::Member,
    http::{self, Headers, Request, Response},
    lock::{Locked, lock},
    record::RecordRef,
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Mutex};

/// A request with everything that handlers may read and write of it.
#[derive(Debug)]
pub struct Exchange {
    request: Request,
    /// The header fields of the request as scripts changed them.
    headers: Mutex<Option<Headers>>,
    auth: Mutex<Option<RecordRef>>,
    pattern: Mutex<(String, Vec<(String, String)>)>,
    response: Mutex<Response>,
    values: Mutex<BTreeMap<String, Member>>,
    body: Mutex<Option<Map<String, Value>>>,
}

impl Exchange {
    /// A request that nobody has answered yet.
    pub fn new(request: Request, auth: Option<RecordRef>) -> Self {
        Self {
            request,
            headers: Mutex::default(),
            auth: Mutex::new(auth),
            pattern: Mutex::default(),
            response: Mutex::default(),
            values: Mutex::default(),
            body: Mutex::default(),
        }
    }

    /// What the client sent.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// A copy that scripts may change without the others seeing it; who the
    /// client is and the answer are not part of it.
    pub(crate) fn copy(&self) -> Self {
        let (pattern, values) = lock(&self.pattern).clone();
        let copy = Self::new(self.request.clone(), None);
        copy.set_match(pattern, values);
        *lock(&copy.headers) = lock(&self.headers).clone();
        copy
    }

    /// Reads the header fields that the client sent, as scripts changed them.
    ///
    /// [`request`](Self::request) has them as they were sent.
    pub fn headers<T>(&self, read: impl FnOnce(&Headers) -> T) -> T {
        match &*lock(&self.headers) {
            Some(changed) => read(changed),
            None => read(&self.request.headers),
        }
    }

    /// Changes the header fields that later handlers read.
    pub fn edit_headers(&self, edit: impl FnOnce(&mut Headers)) {
        let mut headers = lock(&self.headers);
        edit(headers.get_or_insert_with(|| self.request.headers.clone()));
    }

    /// Who the client is, if it said so.
    pub fn auth(&self) -> Option<RecordRef> {
        lock(&self.auth).clone()
    }

    /// Makes the client somebody else, or nobody, for what is still to run.
    pub fn set_auth(&self, auth: Option<RecordRef>) {
        *lock(&self.auth) = auth;
    }

    /// The answer so far.
    pub fn response(&self) -> Locked<'_, Response> {
        lock(&self.response)
    }

    /// Takes the answer, to send it.
    pub fn take_response(&self) -> Response {
        std::mem::take(&mut *self.response())
    }

    /// Notes which pattern matched, with the values of its wildcards.
    pub fn set_match(&self, pattern: String, values: Vec<(String, String)>) {
        *lock(&self.pattern) = (pattern, values);
    }

    /// The pattern that matched.
    pub fn pattern(&self) -> String {
        lock(&self.pattern).0.clone()
    }

    /// The value of a wildcard of the pattern, empty if there is none.
    pub fn path_value(&self, name: &str) -> String {
        let pattern = lock(&self.pattern);
        let found = pattern.1.iter().find(|(key, _)| key == name);
        found.map_or_else(String::new, |(_, value)| value.clone())
    }

    /// Replaces the value of a wildcard, or adds one.
    pub(crate) fn set_path_value(&self, name: &str, value: String) {
        let mut pattern = lock(&self.pattern);
        match pattern.1.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => pattern.1.push((name.to_owned(), value)),
        }
    }

    /// Values that handlers keep for the time of the request.
    pub fn values(&self) -> Locked<'_, BTreeMap<String, Member>> {
        lock(&self.values)
    }

    /// The parsed body; PocketBase: `requestInfo().body`.
    ///
    /// # Errors
    ///
    /// A 400 for a body that does not parse or whose type is not supported.
    pub fn body(&self) -> Result<Map<String, Value>, Error> {
        if let Some(body) = &*lock(&self.body) {
            return Ok(body.clone());
        }
        let body = http::parse_body(&self.request).map_err(|err| body_error(&err))?;
        *lock(&self.body) = Some(body.clone());
        Ok(body)
    }

    /// The fields of a form as they were sent: text, or a list of texts.
    ///
    /// # Errors
    ///
    /// As [`body`](Self::body).
    pub fn form(&self) -> Result<Map<String, Value>, Error> {
        // Refuses what is no form, and an empty body has no fields.
        if self.body()?.is_empty() {
            return Ok(Map::new());
        }
        let form = http::parse_form(&self.request).map_err(|err| body_error(&err))?;
        let fields = form.values.groups().map(|(name, texts)| {
            let value = match texts {
                [one] => Value::from(one.to_owned()),
                several => several
                    .iter()
                    .map(|text| Value::from(text.to_owned()))
                    .collect(),
            };
            (name.to_owned(), value)
        });
        Ok(fields.collect())
    }

    /// The request as filters and hooks see it.
    ///
    /// # Errors
    ///
    /// As [`body`](Self::body).
    pub fn info(&self) -> Result<RequestInfo, Error> {
        Ok(RequestInfo {
            context: "default".into(),
            method: self.request.method.clone(),
            query: first_values(self.request.query().iter()),
            headers: self.headers(|headers| {
                let fields = headers.iter();
                first_values(fields.map(|(key, value)| (http::header_key_snake(key), value)))
            }),
            body: self.body()?,
            auth: self.auth(),
        })
    }
}

/// PocketBase: `core.RequestInfo`.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// Why the record is looked at: `default`, `expand`, `realtime` and so on.
    pub context: String,
    /// The HTTP method.
    pub method: String,
    /// The first value of each query parameter.
    pub query: Map<String, Value>,
    /// The first value of each header, with keys such as `content_type`.
    pub headers: Map<String, Value>,
    /// The parsed body.
    pub body: Map<String, Value>,
    /// Who the client is.
    pub auth: Option<RecordRef>,
}

impl RequestInfo {
    /// What `@request.*` stands for in a filter.
    pub fn to_value(&self) -> Value {
        let auth = self.auth.as_ref().map_or(Value::Null, |auth| {
            let auth = auth.lock();
            let mut values = auth.fields_data();
            values.insert("collectionId".into(), auth.collection().id.clone().into());
            values.insert(
                "collectionName".into(),
                auth.collection().name.clone().into(),
            );
            Value::Object(values)
        });
        let mut object = Map::new();
        object.insert("context".into(), self.context.clone().into());
        object.insert("method".into(), self.method.clone().into());
        object.insert("query".into(), Value::Object(self.query.clone()));
        object.insert("headers".into(), Value::Object(self.headers.clone()));
        object.insert("body".into(), Value::Object(self.body.clone()));
        object.insert("auth".into(), auth);
        Value::Object(object)
    }
}

fn first_values<K: Into<String>, V: Into<String>>(
    pairs: impl Iterator<Item = (K, V)>,
) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, value) in pairs {
        map.entry(key)
            .or_insert_with(|| Value::String(value.into()));
    }
    map
}

fn body_error(err: &http::BodyError) -> Error {
    let message = match err {
        http::BodyError::UnsupportedType => "Unsupported Content-Type.",
        _ => "",
    };
    Error::Api(crate::error::ApiError::new(400, message, Value::Null))
}
