//! Requests and answers between sockets and plain data.
//!
//! The one rule: what goes out is always well formed, whatever a script has
//! set. Knows nothing of routes.

use super::{MetricsPage, Options, handler::Handler};
use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{ConnectInfo, Request as Incoming, State},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
        request::Parts,
    },
    response::Response as Outgoing,
};
use jsvm::{
    ApiError, Error,
    http::{Request, Response, detect_content_type, has_body},
};
use std::{error::Error as _, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// How long a client may take to send a body; PocketBase: 5 minutes.
const BODY_TIME: Duration = Duration::from_secs(300);

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Shared {
    handler: Arc<Handler>,
    /// One permit for each request that may be in work.
    room: Arc<Semaphore>,
    max_body: usize,
}

impl Shared {
    pub(super) fn new(handler: Handler, options: &Options) -> Self {
        Self {
            handler: Arc::new(handler),
            room: Arc::new(Semaphore::new(options.max_requests.get())),
            max_body: options.max_body,
        }
    }

    pub(super) fn show_metrics(&self, page: MetricsPage) {
        self.handler.show_metrics(page);
    }
}

/// Answers one request; the work itself is done on a blocking thread.
pub(super) async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    incoming: Incoming,
) -> Outgoing {
    let (parts, body) = incoming.into_parts();
    let mut request = request_of(&parts, remote);
    let is_head = request.method == "HEAD";
    let limit = match shared.handler.body_limit(&request) {
        None => shared.max_body,
        Some(0) => usize::MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let body = timeout(BODY_TIME, read(body, limit)).await;
    let body = body.unwrap_or_else(|_| Err(refusal(408, "The body took too long.")));
    let work = match body {
        Ok(body) => {
            request.body = body;
            serve(shared, request).await
        }
        Err(err) => spawn(move || shared.handler.refuse(request, err)).await,
    };
    outgoing(work, is_head)
}

async fn serve(shared: Shared, request: Request) -> Response {
    // The permit is the work's, not the connection's: a client that goes away
    // does not make room for another one while its hooks still run.
    match Arc::clone(&shared.room).try_acquire_owned() {
        Ok(permit) => {
            let work = move || {
                let response = shared.handler.handle(request);
                drop(permit);
                response
            };
            spawn(work).await
        }
        Err(_) => {
            let err = Error::Unavailable("too many requests are in work".into());
            shared.handler.refuse(request, err)
        }
    }
}

async fn spawn(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let work = tokio::task::spawn_blocking(work).await;
    // Neither a panic nor the end of the runtime leaves a client without words.
    work.unwrap_or_else(|_| {
        let mut response = Response::default();
        response.write_header(500);
        response
    })
}

fn refusal(status: u16, message: &str) -> Error {
    Error::Api(ApiError::new(status, message, serde_json::Value::Null))
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, Error> {
    let told = body.size_hint().lower();
    if usize::try_from(told).is_ok_and(|told| told > limit) {
        return Err(too_long());
    }
    match to_bytes(body, limit).await {
        Ok(bytes) => Ok(bytes.into()),
        Err(err) if is_too_long(&err) => Err(too_long()),
        Err(_) => Err(refusal(400, "")),
    }
}

fn too_long() -> Error {
    refusal(413, "Request entity too large.")
}

fn is_too_long(err: &axum::Error) -> bool {
    let mut cause = err.source();
    while let Some(err) = cause {
        // The type of this one is not exported.
        if err.to_string() == "length limit exceeded" {
            return true;
        }
        cause = err.source();
    }
    false
}

fn request_of(parts: &Parts, remote: SocketAddr) -> Request {
    let host = match parts.headers.get(HOST) {
        Some(host) => text_of(host),
        None => parts
            .uri
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default(),
    };
    let headers = parts.headers.iter().filter(|(name, _)| *name != HOST);
    Request {
        method: parts.method.as_str().to_owned(),
        target: parts.uri.to_string(),
        host,
        headers: headers
            .map(|(name, value)| (name.as_str(), text_of(value)))
            .collect(),
        body: Vec::new(),
        remote_addr: SocketAddr::new(remote.ip().to_canonical(), remote.port()).to_string(),
        is_tls: false,
    }
}

/// The text of a header field; one that is no UTF-8 is read as Latin-1, so
/// that no byte is lost.
fn text_of(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

fn outgoing(mut response: Response, is_head: bool) -> Outgoing {
    let status = status_of(response.status);
    let mut outgoing = Outgoing::new(Body::empty());
    *outgoing.status_mut() = status;
    let headers = outgoing.headers_mut();
    for (name, value) in response.sent_headers().iter() {
        if let Some((name, value)) = field(name, value) {
            headers.append(name, value);
        }
    }
    if !has_body(status.as_u16()) {
        return outgoing;
    }
    let body = std::mem::take(&mut response.body);
    let is_plain = !headers.contains_key("content-encoding");
    if !body.is_empty() && is_plain && !headers.contains_key("content-type") {
        let kind = HeaderValue::from_static(detect_content_type(&body));
        headers.insert("content-type", kind);
    }
    headers.insert(CONTENT_LENGTH, body.len().into());
    if !is_head {
        *outgoing.body_mut() = body.into();
    }
    outgoing
}

/// Nothing written is 200, as in Go. So is a 1xx: there it goes out ahead of
/// the answer, whose status is another one.
fn status_of(status: u16) -> StatusCode {
    match status {
        0..200 => StatusCode::OK,
        status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A field that may go out: framing is the server's, and Go leaves out names
/// that are none and replaces what would end a line.
fn field(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    if [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
        return None;
    }
    let value: String = value
        .trim()
        .chars()
        .map(|c| {
            if c.is_ascii_control() && c != '\t' {
                ' '
            } else {
                c
            }
        })
        .collect();
    Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let mut response = Response::default();
        for (name, value) in headers {
            response.headers.add(name, *value);
        }
        if status > 0 {
            response.write_header(status);
        }
        response.body = body.into();
        response
    }

    fn check(response: Response, status: u16, wanted: &[(&str, &str)]) {
        let outgoing = outgoing(response, true);
        let headers = outgoing.headers().iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!((outgoing.status().as_u16(), &*headers), (status, wanted));
    }

    #[test]
    fn answers_are_well_formed() {
        check(response(0, &[], ""), 200, &[("content-length", "0")]);
        check(
            response(
                200,
                &[("Content-Length", "9"), ("X-A", " a\r\nB: c ")],
                "hi",
            ),
            200,
            &[
                ("x-a", "a  B: c"),
                ("content-type", "text/plain; charset=utf-8"),
                ("content-length", "2"),
            ],
        );
        check(
            response(204, &[("X Y", "1"), ("Connection", "close")], "lost"),
            204,
            &[],
        );
        check(response(103, &[], ""), 200, &[("content-length", "0")]);
        check(
            response(999, &[("Content-Encoding", "br")], "?"),
            999,
            &[("content-encoding", "br"), ("content-length", "1")],
        );
    }

    #[test]
    fn requests_are_read_as_sent() {
        let incoming = http::Request::builder()
            .method("POST")
            .uri("/a%20b?x=%2F")
            .header("host", "shop.example:80")
            .header("x-utf-8", "r\u{e4}d".as_bytes())
            .header("x-latin-1", &b"r\xe4d"[..])
            .body(())
            .unwrap();
        let remote = "[::ffff:10.0.0.1]:9".parse().unwrap();
        let request = request_of(&incoming.into_parts().0, remote);
        assert_eq!(request.target, "/a%20b?x=%2F");
        assert_eq!(
            (&*request.host, &*request.remote_addr),
            ("shop.example:80", "10.0.0.1:9")
        );
        let headers: Vec<_> = request.headers.iter().collect();
        assert_eq!(headers, [("X-Utf-8", "räd"), ("X-Latin-1", "räd")]);
    }
}
