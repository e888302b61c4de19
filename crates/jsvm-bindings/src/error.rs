//! What can go wrong between a host, its hooks and its clients.
//!
//! The one rule: an error keeps what made it (a status, a field's code, a
//! script's position), so that nothing is lost on its way through nested
//! hooks. Knows nothing of HTTP libraries and nothing of the engine's values.

use crate::http::status_text;
use jsvm_core::{ErrorKind, LimitHit, Position, ScriptError};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An error of the hook API.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An answer chosen by a hook or the host, with its status.
    #[error("{}", .0.message)]
    Api(ApiError),
    /// There is no such record; answered with 404.
    #[error("sql: no rows in result set")]
    NotFound,
    /// There is no such file; answered with 404.
    #[error("{0}")]
    NoFile(String),
    /// Fields of a record hold values that are not allowed, by field name.
    #[error("{}", list_of(.0))]
    Validation(BTreeMap<String, FieldError>),
    /// One `ValidationError` of a script, outside of any field.
    #[error("{}", .0.message)]
    Field(FieldError),
    /// The host could not do what was asked.
    #[error("{0}")]
    Host(String),
    /// A script threw, or a limit ended it.
    #[error("{0}")]
    Script(ScriptError),
    /// No worker could take the work; answered with 503.
    #[error("{0}")]
    Unavailable(String),
}

impl Error {
    /// A failure of the host, told in one sentence.
    pub fn host(message: impl Into<String>) -> Self {
        Self::Host(message.into())
    }

    /// One field that holds a value that is not allowed.
    pub fn field(name: impl Into<String>, code: &str, message: &str) -> Self {
        Self::Validation(BTreeMap::from([(
            name.into(),
            FieldError::new(code, message),
        )]))
    }

    /// The limit that ended the script that this error came from.
    pub fn limit(&self) -> Option<LimitHit> {
        match self {
            Self::Script(err) => err.limit,
            _ => None,
        }
    }

    /// Where the script was that this error came from, if it is a script's.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::Script(err) => err.position.as_ref(),
            _ => None,
        }
    }

    /// Whether trying again later may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// The answer to a client that knows nothing better.
    ///
    /// PocketBase: no rows is 404, anything else that is not an API error is a
    /// 400 with `message` (or the generic one) whose text goes to the log only.
    /// Of ours: a limit is 503, and so is a full queue.
    pub fn to_api(&self, message: &str) -> ApiError {
        match self {
            // PocketBase: no status is that one, and 500 is the answer.
            Self::Api(err) if !(100..=999).contains(&err.status) => {
                ApiError::new(500, "", Value::Null)
            }
            Self::Api(err) => err.clone(),
            Self::NotFound | Self::NoFile(_) => ApiError::new(404, "", Value::Null),
            Self::Validation(fields) => ApiError::new(400, message, fields_value(fields)),
            Self::Unavailable(_) => {
                ApiError::new(503, "The server is busy, try again later.", Value::Null)
            }
            Self::Script(_) if self.limit().is_some() => {
                ApiError::new(503, "The hook was stopped by a limit.", Value::Null)
            }
            // PocketBase: a panic is answered with 500.
            Self::Script(err) if err.kind == ErrorKind::Engine => {
                ApiError::new(500, "", Value::Null)
            }
            _ => ApiError::new(400, message, Value::Null),
        }
    }
}

/// Why the value of one field is not allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// A stable word, for example `validation_required`.
    pub code: String,
    /// For people.
    pub message: String,
    /// What the message was made from, for example `{"max": 7}`.
    pub params: Option<Map<String, Value>>,
}

impl FieldError {
    /// An error without parameters.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            params: None,
        }
    }

    /// The shape in which a client sees it.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("code".into(), self.code.clone().into());
        object.insert("message".into(), sentence(&self.message).into());
        if let Some(params) = &self.params {
            object.insert("params".into(), Value::Object(params.clone()));
        }
        Value::Object(object)
    }
}

/// An answer with a status, a message and data about single fields.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// A sentence: trimmed, capital letter first, full stop last.
    pub message: String,
    /// What clients see: a map of errors, already reduced to what is public.
    pub data: Value,
    /// The data as the script gave it.
    pub raw: Value,
}

impl ApiError {
    /// An answer whose `data` is already public.
    ///
    /// An empty message becomes the default one of the status.
    pub fn new(status: u16, message: &str, data: Value) -> Self {
        let message = match (message.trim(), default_message(status)) {
            ("", "") => sentence(status_text(status)),
            ("", default) => default.to_owned(),
            (message, _) => sentence(message),
        };
        let data = if data.is_object() {
            data
        } else {
            Value::Object(Map::new())
        };
        Self {
            status,
            message,
            raw: data.clone(),
            data,
        }
    }

    /// The body of the answer; PocketBase: `{"data":{},"message":"…","status":400}`.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("data".into(), self.data.clone());
        object.insert("message".into(), self.message.clone().into());
        object.insert("status".into(), self.status.into());
        Value::Object(object)
    }
}

/// Makes a sentence of `text`: trimmed, capital letter first, full stop last.
///
/// PocketBase: the message of every API error goes through this.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut out: String = first.to_uppercase().chain(chars).collect();
    if !out.ends_with(['.', '?', '!']) {
        out.push('.');
    }
    out
}

fn default_message(status: u16) -> &'static str {
    match status {
        400 | 500 => "Something went wrong while processing your request.",
        401 => "Missing or invalid authentication.",
        403 => "You are not allowed to perform this request.",
        404 => "The requested resource wasn't found.",
        _ => "",
    }
}

fn fields_value(fields: &BTreeMap<String, FieldError>) -> Value {
    fields
        .iter()
        .map(|(name, err)| (name.clone(), err.to_value()))
        .collect::<Map<_, _>>()
        .into()
}

fn list_of(fields: &BTreeMap<String, FieldError>) -> String {
    let list: Vec<_> = fields
        .iter()
        .map(|(name, err)| format!("{name}: {}", err.message.trim_end_matches('.')))
        .collect();
    format!("{}.", list.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences() {
        for (given, wanted) in [
            ("  out of stock ", "Out of stock."),
            ("is it tea?", "Is it tea?"),
            ("äpfel sind alle!", "Äpfel sind alle!"),
            ("wait...", "Wait..."),
            ("", ""),
        ] {
            assert_eq!(sentence(given), wanted);
        }
    }

    #[test]
    fn validation_lists_its_fields() {
        let err = Error::field("title", "validation_required", "cannot be blank");
        assert_eq!(err.to_string(), "title: cannot be blank.");
        assert_eq!(
            err.to_api("Failed to create record.")
                .to_value()
                .to_string(),
            r#"{"data":{"title":{"code":"validation_required","message":"Cannot be blank."}},"message":"Failed to create record.","status":400}"#
        );
    }
}
