//! Requests that scripts send into the network.
//!
//! The one rule: each address, also one that an answer leads to, is checked
//! against the permission before anything is sent; what is checked is what is
//! sent, for both read the address with the same parser. Knows nothing of
//! sockets and of engine values.

use crate::{
    error::Error,
    http::{Headers, decode_path, encode_illegal},
    permissions::Allowed,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Uri, uri::Authority};
use jsvm_core::Limited;
use std::time::{Duration, Instant};

/// How many times an answer may lead elsewhere. PocketBase: as in Go.
const MAX_REDIRECTS: usize = 10;

/// Fields that are not sent to another host than the script named.
const SECRETS: &[&str] = &[
    "Authorization",
    "Cookie",
    "Proxy-Authorization",
    "Www-Authenticate",
];

/// A request as it goes out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outgoing {
    /// In upper case.
    pub method: String,
    /// An absolute address, `http` or `https`, without a user.
    pub uri: Uri,
    /// Its fields; nothing is to be added but what the protocol needs.
    pub headers: Headers,
    /// May be empty.
    pub body: Vec<u8>,
    /// When the whole answer must be there.
    pub timeout: Duration,
    /// More bytes of the body are an error.
    pub max_bytes: u64,
}

/// The answer to it.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    /// For example 404.
    pub status: u16,
    /// Its fields.
    pub headers: Headers,
    /// All of its body, decompressed.
    pub body: Vec<u8>,
}

/// Sends requests, for whoever has a network.
///
/// Called on the worker, under the script's deadline.
pub trait Network: Send + Sync + 'static {
    /// Sends one request and reads its whole answer; an answer that leads
    /// elsewhere is an answer.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if there is no answer in time, or a longer one than
    /// allowed.
    fn send(&self, request: &Outgoing) -> Result<Incoming, Error>;
}

/// No network at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNetwork;

impl Network for NoNetwork {
    fn send(&self, _: &Outgoing) -> Result<Incoming, Error> {
        Err(Error::host("this application gives scripts no network"))
    }
}

/// Fields that belong to the protocol. PocketBase: as in Go, what a script
/// says of them does not count.
const RESERVED: &[&str] = &["Content-Length", "Host", "Trailer", "Transfer-Encoding"];

/// What a script asks for.
pub(crate) struct Wanted {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: u64,
}

/// Sends it, and what its answers lead to.
///
/// # Errors
///
/// [`Error::Host`] with the method and the address, as Go tells it.
pub(crate) fn send(
    network: &dyn Network,
    allowed: &Allowed,
    wanted: Wanted,
) -> Result<Incoming, Error> {
    let shown = format!("{} {:?}", title(&wanted.method), wanted.url);
    follow(network, allowed, wanted).map_err(|err| Error::host(format!("{shown}: {err}")))
}

fn follow(network: &dyn Network, allowed: &Allowed, wanted: Wanted) -> Result<Incoming, Error> {
    let deadline = Instant::now() + wanted.timeout;
    let mut request = first(wanted)?;
    for _ in 0..=MAX_REDIRECTS {
        check(allowed, &request.uri)?;
        request.timeout = deadline.saturating_duration_since(Instant::now());
        let answer = {
            let _host = Limited::off();
            network.send(&request)?
        };
        match answer.headers.get("Location") {
            place if !place.is_empty() && matches!(answer.status, 301 | 302 | 303 | 307 | 308) => {
                request = next(request, answer.status, place)?;
            }
            _ => return Ok(answer),
        }
    }
    Err(Error::host(format!(
        "stopped after {MAX_REDIRECTS} redirects"
    )))
}

/// The request to the address that the script gave.
fn first(wanted: Wanted) -> Result<Outgoing, Error> {
    let (uri, user) = address(&wanted.url)?;
    let mut headers = wanted.headers;
    RESERVED.iter().for_each(|name| headers.del(name));
    if let Some(user) = user.filter(|_| !headers.contains("Authorization")) {
        headers.set("Authorization", format!("Basic {}", STANDARD.encode(user)));
    }
    if !headers.contains("User-Agent") {
        headers.set("User-Agent", "Go-http-client/1.1");
    }
    Ok(Outgoing {
        method: wanted.method,
        uri,
        headers,
        body: wanted.body,
        timeout: wanted.timeout,
        max_bytes: wanted.max_bytes,
    })
}

/// The request to the address that an answer leads to. PocketBase: as in Go.
fn next(before: Outgoing, status: u16, place: &str) -> Result<Outgoing, Error> {
    let (uri, _) = address(&joined(&before.uri, place))?;
    let mut request = before;
    if request.uri.authority() != uri.authority() {
        SECRETS.iter().for_each(|name| request.headers.del(name));
    }
    if status < 307 && request.method != "HEAD" {
        if request.method != "GET" {
            request.method = "GET".into();
        }
        request.body.clear();
        request.headers.del("Content-Type");
    }
    request.uri = uri;
    Ok(request)
}

/// The whole address of a place that may be told from another one.
fn joined(base: &Uri, place: &str) -> String {
    let scheme = base.scheme_str().unwrap_or("http");
    let authority = base.authority().map_or("", Authority::as_str);
    let has_scheme = place
        .split_once("://")
        .is_some_and(|(scheme, _)| scheme.chars().all(char::is_alphanumeric));
    match place {
        _ if has_scheme => place.to_owned(),
        _ if place.starts_with("//") => format!("{scheme}:{place}"),
        _ if place.starts_with('/') => format!("{scheme}://{authority}{place}"),
        _ if place.starts_with('?') => format!("{scheme}://{authority}{}{place}", base.path()),
        _ => {
            let folder = base
                .path()
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder);
            format!("{scheme}://{authority}{folder}/{place}")
        }
    }
}

/// An address, and the user and password in it.
fn address(url: &str) -> Result<(Uri, Option<String>), Error> {
    let url = url.split('#').next().unwrap_or_default().trim();
    let uri: Uri = encode_illegal(url)
        .parse()
        .map_err(|err| Error::host(format!("not an address: {err}")))?;
    let scheme = uri.scheme_str().unwrap_or_default().to_owned();
    if scheme != "http" && scheme != "https" {
        return Err(Error::host(format!(
            "unsupported protocol scheme {scheme:?}"
        )));
    }
    let authority = uri.authority().map_or("", Authority::as_str);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (decode_path(user), host),
        None => (None, authority),
    };
    let parts = Uri::builder()
        .scheme(&*scheme)
        .authority(host)
        .path_and_query(uri.path_and_query().map_or("/", |it| it.as_str()));
    let uri = parts
        .build()
        .map_err(|err| Error::host(format!("not an address: {err}")))?;
    match uri.host() {
        None | Some("") => Err(Error::host("no Host in request URL")),
        Some(_) => Ok((uri, user)),
    }
}

fn check(allowed: &Allowed, uri: &Uri) -> Result<(), Error> {
    let host = uri.host().unwrap_or_default().trim_end_matches('.');
    let is_tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    if allowed.has_host(host, port) {
        return Ok(());
    }
    Err(Error::host(format!(
        "scripts may not reach {host}; add {host:?} to sandbox.net"
    )))
}

/// `Post` of `POST`, as Go tells methods in errors.
fn title(method: &str) -> String {
    let (first, rest) = method.split_at_checked(1).unwrap_or((method, ""));
    format!("{first}{}", rest.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Answers each address with what is told of it, and keeps what it was sent.
    struct Fake {
        answers: &'static [(&'static str, u16, &'static str)],
        sent: Mutex<Vec<String>>,
    }

    impl Network for Fake {
        fn send(&self, request: &Outgoing) -> Result<Incoming, Error> {
            let uri = request.uri.to_string();
            self.sent.lock().unwrap().push(format!(
                "{} {uri} {:?} {}",
                request.method,
                request.headers.get("Authorization"),
                request.body.len()
            ));
            let found = self.answers.iter().find(|(of, ..)| *of == uri);
            let (_, status, place) = found.copied().unwrap_or(("", 200, ""));
            let mut headers = Headers::new();
            headers.set("Location", place);
            Ok(Incoming {
                status,
                headers,
                body: Vec::new(),
            })
        }
    }

    fn run(
        answers: &'static [(&'static str, u16, &'static str)],
        allowed: &[&str],
        url: &str,
    ) -> (String, Vec<String>) {
        let fake = Fake {
            answers,
            sent: Mutex::default(),
        };
        let allowed = Allowed::Only(allowed.iter().map(|&it| it.into()).collect());
        let wanted = Wanted {
            method: "POST".into(),
            url: url.into(),
            headers: Headers::new(),
            body: vec![1, 2],
            timeout: Duration::from_secs(1),
            max_bytes: 10,
        };
        let told = match send(&fake, &allowed, wanted) {
            Ok(answer) => answer.status.to_string(),
            Err(err) => err.to_string(),
        };
        (told, fake.sent.into_inner().unwrap())
    }

    #[test]
    fn each_address_on_the_way_must_be_allowed() {
        let answers = &[
            ("http://a.example/", 302, "//b.example:81/x"),
            (
                "http://b.example:81/x",
                307,
                "http://169.254.169.254/secret",
            ),
        ];
        let (told, sent) = run(
            answers,
            &["a.example", "b.example:81"],
            "http://u:p@a.example",
        );
        assert_eq!(
            told,
            "Post \"http://u:p@a.example\": scripts may not reach 169.254.169.254; \
             add \"169.254.169.254\" to sandbox.net"
        );
        assert_eq!(
            sent,
            [
                "POST http://a.example/ \"Basic dTpw\" 2",
                "GET http://b.example:81/x \"\" 0"
            ]
        );
    }

    #[test]
    fn names_are_matched_whole_with_their_ports() {
        for (allowed, url, is_allowed) in [
            ("a.example", "http://a.example:8080/", true),
            ("a.example", "http://A.EXAMPLE./x", true),
            ("a.example", "http://a.example.evil/", false),
            ("a.example", "http://evil.example/?a.example", false),
            ("a.example", "http://a.example@evil/", false),
            ("a.example:443", "https://a.example/", true),
            ("a.example:443", "http://a.example/", false),
            ("*.a.example", "http://b.c.a.example/", true),
            ("*.a.example", "http://a.example/", false),
            ("*", "http://anything/", true),
            ("127.0.0.1", "http://127.0.0.1:1/", true),
            ("[::1]", "http://[::1]:1/", true),
        ] {
            let (told, sent) = run(&[], &[allowed], url);
            assert_eq!(sent.len(), usize::from(is_allowed), "{url}: {told}");
        }
    }

    #[test]
    fn redirects_end_and_keep_what_they_should() {
        let round = &[("http://a/", 308, "?again")];
        let (told, sent) = run(round, &["*"], "http://a/");
        assert_eq!((&*told, sent.len()), ("200", 2));
        assert_eq!(sent[1], "POST http://a/?again \"\" 2");
        let endless = &[("http://a/x/y", 302, "y")];
        let (told, sent) = run(endless, &["*"], "http://a/x/y");
        assert_eq!(told, "Post \"http://a/x/y\": stopped after 10 redirects");
        assert_eq!(sent.len(), 11);
    }

    #[test]
    fn addresses_that_are_none_are_errors() {
        for (url, wanted) in [
            ("ftp://a/", "unsupported protocol scheme \"ftp\""),
            ("/path", "unsupported protocol scheme \"\""),
            ("", "not an address"),
            ("http://", "not an address"),
            ("http://a b/", "not an address"),
        ] {
            let (told, _) = run(&[], &["*"], url);
            assert!(told.contains(wanted), "{url}: {told}");
        }
        let (_, sent) = run(&[], &["*"], "http://a/ä b?q=ü#part");
        assert_eq!(sent, ["POST http://a/%C3%A4%20b?q=%C3%BC \"\" 2"]);
    }
}
