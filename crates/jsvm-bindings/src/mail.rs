//! Mails that hooks and hosts send.
//!
//! The one rule: every mail passes the handlers of `onMailerSend`, and what
//! they leave of it is sent. Knows nothing of how a mail leaves the machine.

use crate::{
    app::App,
    cast,
    error::Error,
    event::{Event, Member},
    executor::in_time,
    observer::host_call,
};
use jsvm_core::Limited;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// One mail. PocketBase: `mailer.Message`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// Who sends it.
    pub from: Mailbox,
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// Who gets a copy.
    pub cc: Vec<Mailbox>,
    /// Who gets a copy that the others do not see.
    pub bcc: Vec<Mailbox>,
    /// One line.
    pub subject: String,
    /// What most people see; may be empty.
    pub html: String,
    /// The same as plain text; if it is empty, it is made of `html`.
    pub text: String,
    /// More header fields.
    pub headers: BTreeMap<String, String>,
    /// Files, by their names.
    pub attachments: BTreeMap<String, Vec<u8>>,
    /// Files that `html` shows, by their content ids.
    pub inline_attachments: BTreeMap<String, Vec<u8>>,
}

/// Somebody who sends or gets mails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// For people; may be empty.
    pub name: String,
    /// For example `ann@example.com`.
    pub address: String,
}

/// A server that takes mails, as the settings name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Smtp {
    /// A name or an address.
    pub host: String,
    /// For example 587.
    pub port: u16,
    /// Empty if the server wants nobody to sign in.
    pub username: String,
    /// See `username`.
    pub password: String,
    /// `PLAIN`, which an empty text means too, or `LOGIN`.
    pub auth_method: String,
    /// Whether the connection starts with TLS; otherwise it is switched to TLS
    /// if the server offers that.
    pub tls: bool,
    /// What we call ourselves; empty is `localhost`.
    pub local_name: String,
}

/// Sends mails, for whoever can.
///
/// Called on the worker, under the script's deadline.
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail through a server, or without one by the means of this
    /// machine (PocketBase: its `sendmail`), within `timeout`.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if it was not taken in time.
    fn send(&self, mail: &Mail, smtp: Option<&Smtp>, timeout: Duration) -> Result<(), Error>;
}

/// What a mail may take at most.
const TIMEOUT: Duration = Duration::from_secs(60);

impl App {
    /// Sends a mail, once the handlers of `onMailerSend` let it.
    ///
    /// It goes to the server of the settings (`smtp`) if that is enabled.
    ///
    /// # Errors
    ///
    /// What a handler threw; [`Error::Host`] if there is no
    /// [`Mailer`](Self::set_mailer), if nobody is to get the mail, or if it
    /// could not be sent.
    pub fn send_mail(&self, mail: &Mail) -> Result<(), Error> {
        let event = Event::new(self.clone()).with("message", Member::Value(mail.to_plain()));
        let send = |event: &Arc<Event>| {
            let Some(Member::Value(message)) = event.get("message") else {
                return Err(Error::host("e.message is not a message any more"));
            };
            event.app().send_now(&Mail::from_plain(message)?)
        };
        self.emit(&["onMailerSend"], event, Box::new(send))
    }

    fn send_now(&self, mail: &Mail) -> Result<(), Error> {
        let mailer = self.mailer()?;
        if mail.to.is_empty() && mail.cc.is_empty() && mail.bcc.is_empty() {
            return Err(Error::host(
                "the mail has no recipient: to, cc and bcc are empty",
            ));
        }
        host_call("mail.send", || {
            let _host = Limited::off();
            in_time(TIMEOUT, |timeout| {
                mailer.send(mail, self.smtp().as_ref(), timeout)
            })
        })
    }

    /// The mail server of the settings, if there is one.
    pub fn smtp(&self) -> Option<Smtp> {
        let settings = self.settings();
        let smtp = &settings["smtp"];
        let get = |key: &str| cast::to_text(&smtp[key]);
        cast::to_bool(&smtp["enabled"]).then(|| Smtp {
            host: get("host"),
            port: get("port").parse().unwrap_or_default(),
            username: get("username"),
            password: get("password"),
            auth_method: get("authMethod"),
            tls: cast::to_bool(&smtp["tls"]),
            local_name: get("localName"),
        })
    }
}

impl Mail {
    /// The mail as plain data, with the names that scripts use.
    ///
    /// Files are texts, or lists of bytes if they are none.
    pub fn to_plain(&self) -> Value {
        let mut plain = Map::new();
        plain.insert("from".into(), self.from.to_plain());
        for (name, list) in [("to", &self.to), ("bcc", &self.bcc), ("cc", &self.cc)] {
            plain.insert(name.into(), list.iter().map(Mailbox::to_plain).collect());
        }
        for (name, text) in [
            ("subject", &self.subject),
            ("html", &self.html),
            ("text", &self.text),
        ] {
            plain.insert(name.into(), text.as_str().into());
        }
        plain.insert("headers".into(), self.headers.clone().into_iter().collect());
        for (name, files) in [
            ("attachments", &self.attachments),
            ("inlineAttachments", &self.inline_attachments),
        ] {
            let files = files
                .iter()
                .map(|(name, bytes)| (name.clone(), file(bytes)));
            plain.insert(name.into(), files.collect());
        }
        plain.into()
    }

    /// The mail that plain data stands for; what is not there is empty, and
    /// names that are unknown do not count.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] that names what is no text, address, or file.
    pub fn from_plain(plain: Value) -> Result<Self, Error> {
        let Value::Object(mut plain) = plain else {
            return Err(wrong("a message", "an object", &plain));
        };
        let mut take = |name: &str| plain.remove(name).unwrap_or_default();
        Ok(Self {
            from: Mailbox::from_plain("from", take("from"))?,
            to: mailboxes("to", take("to"))?,
            cc: mailboxes("cc", take("cc"))?,
            bcc: mailboxes("bcc", take("bcc"))?,
            subject: text("subject", take("subject"))?,
            html: text("html", take("html"))?,
            text: text("text", take("text"))?,
            headers: map("headers", take("headers"), text)?,
            attachments: map("attachments", take("attachments"), bytes)?,
            inline_attachments: map("inlineAttachments", take("inlineAttachments"), bytes)?,
        })
    }
}

impl Mailbox {
    fn to_plain(&self) -> Value {
        let members = [("name", &self.name), ("address", &self.address)];
        let members = members.map(|(name, text)| (name.to_owned(), Value::from(text.as_str())));
        members.into_iter().collect()
    }

    fn from_plain(name: &str, plain: Value) -> Result<Self, Error> {
        match plain {
            Value::Null => Ok(Self::default()),
            Value::Object(mut plain) => Ok(Self {
                name: text(name, plain.remove("name").unwrap_or_default())?,
                address: text(name, plain.remove("address").unwrap_or_default())?,
            }),
            other => Err(wrong(name, "{ address: \"…\", name: \"…\" }", &other)),
        }
    }
}

fn mailboxes(name: &str, plain: Value) -> Result<Vec<Mailbox>, Error> {
    match plain {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list
            .into_iter()
            .map(|one| Mailbox::from_plain(name, one))
            .collect(),
        other => Err(wrong(name, "a list of { address: \"…\" }", &other)),
    }
}

fn text(name: &str, plain: Value) -> Result<String, Error> {
    match plain {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        other => Err(wrong(name, "a text", &other)),
    }
}

fn map<T>(
    name: &str,
    plain: Value,
    read: fn(&str, Value) -> Result<T, Error>,
) -> Result<BTreeMap<String, T>, Error> {
    match plain {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| Ok((key, read(name, value)?)))
            .collect(),
        other => Err(wrong(name, "an object", &other)),
    }
}

fn file(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.into(),
    }
}

fn bytes(name: &str, plain: Value) -> Result<Vec<u8>, Error> {
    let byte = |it: &Value| it.as_u64().and_then(|it| u8::try_from(it).ok());
    let read = match &plain {
        Value::Null => Some(Vec::new()),
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Array(list) => list.iter().map(byte).collect(),
        _ => None,
    };
    read.ok_or_else(|| wrong(name, "texts or lists of bytes", &plain))
}

fn wrong(name: &str, wanted: &str, found: &Value) -> Error {
    let mut found = found.to_string();
    if let Some((end, _)) = found.char_indices().nth(40) {
        found.truncate(end);
        found.push('…');
    }
    Error::host(format!("mail: {name} must be {wanted}, not {found}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_data_and_back_is_the_same_mail() {
        let plain = json!({
            "from": { "name": "Shop", "address": "shop@example.com" },
            "to": [{ "name": "", "address": "ann@example.com" }],
            "cc": [], "bcc": [{ "name": "B", "address": "b@example.com" }],
            "subject": "Hi", "html": "<b>Hi</b>", "text": "Hi",
            "headers": { "X-A": "1" },
            "attachments": { "a.txt": "text", "b.bin": [0, 255] },
            "inlineAttachments": {},
        });
        let mail = Mail::from_plain(plain.clone()).unwrap();
        assert_eq!(mail.attachments["b.bin"], [0, 255]);
        assert_eq!(mail.to_plain(), plain);
        let empty = Mail::from_plain(json!({ "to": null, "other": 1 })).unwrap();
        assert_eq!(empty, Mail::default());
    }

    #[test]
    fn what_is_no_mail_is_told() {
        for (plain, wanted) in [
            (json!({ "subject": 1 }), "subject must be a text, not 1"),
            (
                json!({ "to": "a@example.com" }),
                "to must be a list of { address: \"…\" }, not \"a@example.com\"",
            ),
            (
                json!({ "to": ["a@example.com"] }),
                "to must be { address: \"…\", name: \"…\" }, not \"a@example.com\"",
            ),
            (
                json!({ "attachments": { "a": [256] } }),
                "attachments must be texts or lists of bytes, not [256]",
            ),
            (json!("x"), "a message must be an object, not \"x\""),
        ] {
            let err = Mail::from_plain(plain).unwrap_err();
            assert_eq!(err.to_string(), format!("mail: {wanted}"));
        }
    }
}
