//! A mail as it goes over the wire.

use super::{failed, plain};
use crate::server::files::content_type;
use jsvm::{
    Error, Mail, Mailbox,
    security::{ALPHABET, random_text},
};
use lettre::{
    Message,
    message::{
        self as wire, Attachment, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use std::path::Path;

/// The message of a mail.
///
/// # Errors
///
/// An address or the name of a header field that is none.
pub(super) fn of(mail: &Mail) -> Result<Message, Error> {
    let mut message = Message::builder()
        .from(mailbox("from", &mail.from)?)
        .subject(one_line(&mail.subject));
    for one in &mail.to {
        message = message.to(mailbox("to", one)?);
    }
    for one in &mail.cc {
        message = message.cc(mailbox("cc", one)?);
    }
    for one in &mail.bcc {
        message = message.bcc(mailbox("bcc", one)?);
    }
    let names_itself = |name: &String| name.eq_ignore_ascii_case("Message-ID");
    if !mail.headers.keys().any(names_itself) {
        message = message.message_id(Some(new_id(&mail.from.address)));
    }
    for (name, value) in &mail.headers {
        let known = HeaderName::new_from_ascii(name.clone())
            .map_err(|_| failed(format!("{name:?} is no name of a header field")))?;
        message = message.raw_header(HeaderValue::new(known, one_line(value)));
    }
    body(mail, message)
}

/// PocketBase: the plain text, the HTML, then the files, each level only if
/// there is something on it.
fn body(mail: &Mail, message: wire::MessageBuilder) -> Result<Message, Error> {
    if mail.html.is_empty() && mail.attachments.is_empty() && mail.inline_attachments.is_empty() {
        return message
            .singlepart(SinglePart::plain(mail.text.clone()))
            .map_err(failed);
    }
    let text = match mail.text.is_empty() {
        true => plain::of_html(&mail.html),
        false => mail.text.clone(),
    };
    let mut whole = MultiPart::alternative().singlepart(SinglePart::plain(text));
    if !mail.html.is_empty() {
        whole = whole.singlepart(SinglePart::html(mail.html.clone()));
    }
    if !mail.inline_attachments.is_empty() {
        whole = MultiPart::related().multipart(whole);
        for (id, bytes) in &mail.inline_attachments {
            let part = Attachment::new_inline(one_line(id));
            whole = whole.singlepart(part.body(bytes.clone(), kind(id, bytes)));
        }
    }
    if !mail.attachments.is_empty() {
        whole = MultiPart::mixed().multipart(whole);
        for (name, bytes) in &mail.attachments {
            let part = Attachment::new(one_line(name));
            whole = whole.singlepart(part.body(bytes.clone(), kind(name, bytes)));
        }
    }
    message.multipart(whole).map_err(failed)
}

fn mailbox(name: &str, of: &Mailbox) -> Result<wire::Mailbox, Error> {
    let address = of.address.parse();
    let address = address.map_err(|err| {
        failed(format!(
            "{name}: {:?} is no mail address: {err}",
            of.address
        ))
    })?;
    let shown = Some(one_line(&of.name)).filter(|shown| !shown.is_empty());
    Ok(wire::Mailbox::new(shown, address))
}

/// PocketBase: random, in the domain of the sender.
fn new_id(from: &str) -> String {
    let domain = from
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain);
    format!("<{}@{domain}>", random_text(16, ALPHABET))
}

/// A text that cannot begin another header field.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n', '\0'], " ")
}

fn kind(name: &str, bytes: &[u8]) -> ContentType {
    let kind = content_type(Path::new(name), bytes);
    ContentType::parse(kind).expect("the types of files are types")
}
