//! Sends the requests of scripts.
//!
//! The one rule: it does what it is told once; where an answer leads is for
//! who asked. TLS is checked against the roots that come with the program, and
//! the proxies of the usual variables are used.

use jsvm::{Error, Incoming, Network, Outgoing, http::Headers};
use std::{
    io::{Cursor, ErrorKind, Read},
    time::Duration,
};
use ureq::{Agent, SendBody, config::AutoHeaderValue};

/// A client with a pool of connections; clones share it.
#[derive(Debug, Clone)]
pub struct HttpClient {
    agent: Agent,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpClient {
    /// A client without connections.
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept(AutoHeaderValue::None)
            .user_agent(AutoHeaderValue::None)
            .build();
        Self {
            agent: config.into(),
        }
    }
}

impl Network for HttpClient {
    fn send(&self, request: &Outgoing) -> Result<Incoming, Error> {
        // No time at all would be no limit.
        let timeout = request.timeout.max(Duration::from_millis(1));
        let mut message = http::Request::builder()
            .method(request.method.as_str())
            .uri(request.uri.clone());
        for (name, value) in request.headers.iter() {
            message = message.header(name, value);
        }
        let body = match request.body.is_empty() {
            true => SendBody::none(),
            false => {
                message = message.header("Content-Length", request.body.len());
                SendBody::from_owned_reader(Cursor::new(request.body.clone()))
            }
        };
        let message = message.body(body).map_err(failed)?;
        let message = self
            .agent
            .configure_request(message)
            .timeout_global(Some(timeout))
            .build();
        let answer = self
            .agent
            .run(message)
            .map_err(|err| unanswered(&err, timeout))?;
        read(answer, request.max_bytes, timeout)
    }
}

fn failed(err: impl std::fmt::Display) -> Error {
    Error::host(err.to_string())
}

/// Go's words, which scripts may look for, and then what they mean.
fn unanswered(err: &ureq::Error, timeout: Duration) -> Error {
    Error::host(match err {
        ureq::Error::Timeout(_) => format!(
            "context deadline exceeded: no whole answer within {timeout:.1?}; the timeout of the \
             request raises that, up to limits.timeout"
        ),
        ureq::Error::Io(err) if err.kind() == ErrorKind::ConnectionRefused => {
            "connect: connection refused".into()
        }
        err => err.to_string(),
    })
}

/// All of an answer.
fn read(
    answer: http::Response<ureq::Body>,
    max_bytes: u64,
    timeout: Duration,
) -> Result<Incoming, Error> {
    let (parts, body) = answer.into_parts();
    let mut headers = Headers::new();
    for (name, value) in &parts.headers {
        headers.add(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    // Go: what came compressed looks as if it had not.
    if headers.get("Content-Encoding") == "gzip" {
        headers.del("Content-Encoding");
        headers.del("Content-Length");
    }
    let mut content = Vec::new();
    let mut reader = body.into_reader().take(max_bytes.saturating_add(1));
    reader
        .read_to_end(&mut content)
        .map_err(|err| unanswered(&ureq::Error::from(err), timeout))?;
    if content.len() as u64 > max_bytes {
        return Err(Error::host(format!(
            "the answer is longer than {max_bytes} bytes; limits.buffer-size raises that"
        )));
    }
    Ok(Incoming {
        status: parts.status.as_u16(),
        headers,
        body: content,
    })
}
