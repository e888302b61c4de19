//! A request as it was sent.
//!
//! The one rule: the fields hold what the client sent, and every method reads
//! it anew, so that they never disagree. Knows nothing of bodies but their
//! bytes.

use super::{Cookie, Headers, Values, decode_path, escaped_path};
use std::{
    borrow::Cow,
    net::{IpAddr, Ipv6Addr},
};

/// One request of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The method as sent, usually in upper case.
    pub method: String,
    /// The path and the query as sent, or a whole URL from a proxy's client.
    pub target: String,
    /// The host that was asked for, with its port if one was sent.
    pub host: String,
    /// The header fields; `Host` is not among them.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// The address of the other side, `ip:port`.
    pub remote_addr: String,
    /// Whether it came over TLS.
    pub is_tls: bool,
}

impl Request {
    /// The path as sent, still percent-encoded and without the query.
    pub fn raw_path(&self) -> &str {
        self.path_and_query().0
    }

    /// The decoded path; `%2F` is a `/` here.
    ///
    /// A path with a broken escape comes as it was sent.
    pub fn path(&self) -> String {
        let raw = self.raw_path();
        decode_path(raw).unwrap_or_else(|| raw.to_owned())
    }

    /// The query as sent, without its `?`; empty if there is none.
    pub fn raw_query(&self) -> &str {
        self.path_and_query().1
    }

    /// The decoded query; pairs that do not decode are left out.
    pub fn query(&self) -> Values {
        Values::parse(self.raw_query())
    }

    /// The path and the query as a URL, as Go's `URL.String` prints it.
    pub fn url(&self) -> String {
        let (path, query) = self.path_and_query();
        let path = escaped_path(path);
        match query {
            "" if !self.target.ends_with('?') => path.into_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// The type of the body in lower case and without parameters, empty if
    /// the client gave none.
    pub fn content_type(&self) -> String {
        let kind = self.headers.get("Content-Type").split(';').next();
        kind.unwrap_or_default().trim().to_lowercase()
    }

    /// Every cookie that was sent and is valid, in order.
    pub fn cookies(&self) -> Vec<Cookie> {
        Cookie::parse_all(&self.headers.values("Cookie"))
    }

    /// The first cookie of a name; Go's error for none is `None` here.
    pub fn cookie(&self, name: &str) -> Option<Cookie> {
        self.cookies()
            .into_iter()
            .find(|cookie| cookie.name == name)
    }

    /// The IP of the other side, IPv6 written out in full.
    ///
    /// Behind a proxy that is the proxy's. Go prints `invalid IP` if there is
    /// none, and so does this.
    pub fn remote_ip(&self) -> String {
        split_host_port(&self.remote_addr)
            .and_then(|(host, _)| expand_ip(host))
            .unwrap_or_else(|| "invalid IP".to_owned())
    }

    fn path_and_query(&self) -> (&str, &str) {
        let target = origin_form(&self.target);
        target.split_once('?').unwrap_or((target, ""))
    }
}

/// A target without scheme and host.
fn origin_form(target: &str) -> &str {
    if target.starts_with('/') {
        return target;
    }
    let Some((_, rest)) = target.split_once("://") else {
        return target;
    };
    rest.find(['/', '?']).map_or("", |start| &rest[start..])
}

/// Go's `net.SplitHostPort`: `[::1]:80` is `::1` and `80`.
///
/// `None` without a port, or if brackets and colons do not fit.
pub fn split_host_port(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    let inner = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let is_plain = |text: &str| !text.contains(['[', ']']);
    (is_plain(inner) && is_plain(port)).then_some((inner, port))
}

/// An IP as PocketBase writes it: `::1` as `0000:0000:…:0001`.
///
/// `None` if the text is no IP.
pub fn expand_ip(text: &str) -> Option<String> {
    let (ip, zone) = match text.split_once('%') {
        Some((ip, zone)) if !zone.is_empty() => (ip.parse::<Ipv6Addr>().ok()?.into(), zone),
        Some(_) => return None,
        None => (text.parse::<IpAddr>().ok()?, ""),
    };
    let IpAddr::V6(ip) = ip else {
        return Some(ip.to_string());
    };
    let groups = ip.segments().map(|group| format!("{group:04x}")).join(":");
    let zone = if zone.is_empty() {
        Cow::Borrowed("")
    } else {
        Cow::Owned(format!("%{zone}"))
    };
    Some(groups + &zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Request {
        Request {
            target: target.into(),
            ..Request::default()
        }
    }

    #[test]
    fn a_target_has_a_path_and_a_query() {
        for (target, raw_path, path, query, url) in [
            (
                "/raw/a%20b?x=1&y=%2F",
                "/raw/a%20b",
                "/raw/a b",
                "x=1&y=%2F",
                "/raw/a%20b?x=1&y=%2F",
            ),
            ("/a", "/a", "/a", "", "/a"),
            ("/a?", "/a", "/a", "", "/a?"),
            ("/a?b?c", "/a", "/a", "b?c", "/a?b?c"),
            ("/%zz?a", "/%zz", "/%zz", "a", "/%zz?a"),
            (
                "http://shop.example/a%2fb?c",
                "/a%2fb",
                "/a/b",
                "c",
                "/a%2fb?c",
            ),
            ("http://shop.example?c", "", "", "c", "?c"),
            ("http://shop.example", "", "", "", ""),
            ("*", "*", "*", "", "*"),
            ("", "", "", "", ""),
        ] {
            let request = request(target);
            assert_eq!(
                (
                    request.raw_path(),
                    &*request.path(),
                    request.raw_query(),
                    &*request.url()
                ),
                (raw_path, path, query, url),
                "{target}"
            );
        }
    }

    #[test]
    fn the_content_type_comes_without_parameters() {
        let mut request = request("/");
        assert_eq!(request.content_type(), "");
        request
            .headers
            .set("content-type", " Text/HTML ; charset=utf-8");
        assert_eq!(request.content_type(), "text/html");
    }

    #[test]
    fn addresses_are_split_as_go_does() {
        for (given, wanted) in [
            ("1.2.3.4:80", Some(("1.2.3.4", "80"))),
            ("[::1]:80", Some(("::1", "80"))),
            ("host:", Some(("host", ""))),
            (":80", Some(("", "80"))),
            ("host", None),
            ("::1", None),
            ("[::1]", None),
            ("[a:80", None),
            ("[a]b:80", None),
            ("a]:80", None),
            ("a:[80", None),
            ("[[a]:80", None),
            ("", None),
        ] {
            assert_eq!(split_host_port(given), wanted, "{given}");
        }
    }

    #[test]
    fn ips_are_written_out() {
        for (given, wanted) in [
            ("127.0.0.1:5", "127.0.0.1"),
            ("[2001:db8::1]:5", "2001:0db8:0000:0000:0000:0000:0000:0001"),
            (
                "[::ffff:1.2.3.4]:5",
                "0000:0000:0000:0000:0000:ffff:0102:0304",
            ),
            (
                "[fe80::1%eth0]:5",
                "fe80:0000:0000:0000:0000:0000:0000:0001%eth0",
            ),
            ("[fe80::1%]:5", "invalid IP"),
            ("1.2.3.4%eth0:5", "invalid IP"),
            ("", "invalid IP"),
        ] {
            let request = Request {
                remote_addr: given.into(),
                ..Request::default()
            };
            assert_eq!(request.remote_ip(), wanted, "{given}");
        }
    }
}
