//! Cookies, read from requests and written to answers as Go does.
//!
//! The one rule: what is written is valid, bytes that no cookie may have are
//! dropped. Knows nothing of clocks: an expiry is a number.

use super::headers::is_token;
use crate::datetime::DateTime;
use std::fmt::Write as _;

/// Most cookies that Go reads of one request; of more it reads none.
const MAX_COOKIES: usize = 3_000;

/// One cookie. Requests only tell its name and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cookie {
    /// Its name; one that is no token is never written.
    pub name: String,
    /// Its value without quotes.
    pub value: String,
    /// Whether the value stood in quotes.
    pub is_quoted: bool,
    /// The paths it is sent for; empty is left out.
    pub path: String,
    /// The hosts it is sent to; empty is left out.
    pub domain: String,
    /// When it ends, in seconds after 1970 began.
    pub expires: Option<i64>,
    /// In how many seconds it ends: 0 is left out, less ends it now.
    pub max_age: i64,
    /// Whether it is sent over TLS only.
    pub is_secure: bool,
    /// Whether it is hidden from the page's scripts.
    pub is_http_only: bool,
    /// Whether it is sent along from other sites.
    pub same_site: SameSite,
    /// Whether it is kept apart for each site that embeds this one.
    pub is_partitioned: bool,
}

/// Whether a cookie is sent along from other sites; by default, browsers decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SameSite {
    /// Nothing is said.
    #[default]
    Default,
    /// Only when a link is followed.
    Lax,
    /// Never.
    Strict,
    /// Always.
    None,
}

impl SameSite {
    /// The value of the attribute in a header field, in any case.
    fn named(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "lax" => Self::Lax,
            "strict" => Self::Strict,
            "none" => Self::None,
            _ => Self::Default,
        }
    }

    /// Go's numbers, as scripts give them: 2 is lax, 3 strict, 4 none.
    pub fn from_number(number: i64) -> Self {
        match number {
            2 => Self::Lax,
            3 => Self::Strict,
            4 => Self::None,
            _ => Self::Default,
        }
    }
}

impl Cookie {
    /// The valid cookies of `Cookie` header fields, in order.
    ///
    /// Of more than 3,000 none is read.
    pub fn parse_all(lines: &[&str]) -> Vec<Self> {
        let parts = || lines.iter().flat_map(|line| line.split(';'));
        if parts().nth(MAX_COOKIES).is_some() {
            return Vec::new();
        }
        parts().filter_map(parse).collect()
    }

    /// Reads a `Set-Cookie` header field; attributes that are wrong are left
    /// out.
    pub fn parse_set(line: &str) -> Option<Self> {
        let mut parts = line.split(';');
        let mut cookie = parse(parts.next()?)?;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "path" => cookie.path = value.to_owned(),
                "domain" => cookie.domain = value.to_owned(),
                "expires" => cookie.expires = DateTime::parse(value).map(DateTime::unix),
                // Go: what is past is -1.
                "max-age" => {
                    let seconds = value.parse::<i64>().unwrap_or(0);
                    cookie.max_age = if seconds <= 0 { -1 } else { seconds };
                }
                "secure" => cookie.is_secure = true,
                "httponly" => cookie.is_http_only = true,
                "partitioned" => cookie.is_partitioned = true,
                "samesite" => cookie.same_site = SameSite::named(value),
                _ => {}
            }
        }
        Some(cookie)
    }

    /// The value of a `Set-Cookie` header field.
    ///
    /// `None` if the name is no token. A domain that is none is left out, and
    /// so is an expiry before the year 1601.
    pub fn to_header(&self) -> Option<String> {
        if !is_token(&self.name) {
            return None;
        }
        let value = kept(&self.value, is_value_byte);
        let quote = if self.is_quoted || value.contains([' ', ',']) {
            "\""
        } else {
            ""
        };
        let mut text = format!("{}={quote}{value}{quote}", self.name);
        if !self.path.is_empty() {
            push(&mut text, "Path", &kept(&self.path, is_path_byte));
        }
        if is_domain(&self.domain) {
            let domain = self.domain.strip_prefix('.').unwrap_or(&self.domain);
            push(&mut text, "Domain", domain);
        }
        if let Some(date) = self.expires.and_then(http_date) {
            push(&mut text, "Expires", &date);
        }
        if self.max_age != 0 {
            push(&mut text, "Max-Age", &self.max_age.max(0).to_string());
        }
        text.push_str(self.flags().as_str());
        Some(text)
    }

    fn flags(&self) -> String {
        let same_site = match self.same_site {
            SameSite::Default => "",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::Strict => "; SameSite=Strict",
            SameSite::None => "; SameSite=None",
        };
        let flag = |is_set: bool, text: &'static str| if is_set { text } else { "" };
        [
            flag(self.is_http_only, "; HttpOnly"),
            flag(self.is_secure, "; Secure"),
            same_site,
            flag(self.is_partitioned, "; Partitioned"),
        ]
        .concat()
    }
}

fn push(text: &mut String, name: &str, value: &str) {
    write!(text, "; {name}={value}").expect("a text takes everything");
}

fn parse(part: &str) -> Option<Cookie> {
    let is_space = [' ', '\t', '\n', '\r'];
    let part = part.trim_matches(is_space);
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let name = name.trim_matches(is_space);
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let value = inner.unwrap_or(value);
    if !is_token(name) || !value.bytes().all(is_value_byte) {
        return None;
    }
    Some(Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        is_quoted: inner.is_some(),
        ..Cookie::default()
    })
}

fn kept(text: &str, keeps: fn(u8) -> bool) -> String {
    text.bytes()
        .filter(|byte| keeps(*byte))
        .map(char::from)
        .collect()
}

fn is_value_byte(byte: u8) -> bool {
    is_path_byte(byte) && byte != b'"' && byte != b'\\'
}

fn is_path_byte(byte: u8) -> bool {
    matches!(byte, 0x20..0x7f) && byte != b';'
}

/// A name such as `.shop.example`, or an IPv4.
fn is_domain(domain: &str) -> bool {
    if domain.parse::<std::net::Ipv4Addr>().is_ok() {
        return true;
    }
    let name = domain.strip_prefix('.').unwrap_or(domain);
    let name = name.strip_suffix('.').unwrap_or(name);
    domain.len() <= 255
        && domain.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_label_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(is_label_byte)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `Mon, 02 Jan 2006 15:04:05 GMT`; `None` outside of the years 1601 to 9999.
fn http_date(unix_seconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(unix_seconds).ok()?;
    let at = jiff::tz::Offset::UTC.to_datetime(at);
    (at.year() >= 1601).then(|| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, value: &str) -> Cookie {
        Cookie {
            name: name.into(),
            value: value.into(),
            ..Cookie::default()
        }
    }

    #[test]
    fn cookies_of_answers_are_read() {
        let line = "sid=\"a b\"; Path=/x; Domain=shop.example; Expires=Thu, 01 Jan 1970 00:01:00 GMT; \
            max-age=60; HttpOnly; Secure; SameSite=Lax; Partitioned; Odd=1";
        let cookie = Cookie::parse_set(line).unwrap();
        let wanted = Cookie {
            is_quoted: true,
            path: "/x".into(),
            domain: "shop.example".into(),
            expires: Some(60),
            max_age: 60,
            is_http_only: true,
            is_secure: true,
            same_site: SameSite::Lax,
            is_partitioned: true,
            ..named("sid", "a b")
        };
        assert_eq!(cookie, wanted);
        assert_eq!(Cookie::parse_set("a=1; Max-Age=0").unwrap().max_age, -1);
        assert_eq!(Cookie::parse_set("bad name=1"), None);
    }

    #[test]
    fn valid_cookies_are_read() {
        let lines = [
            "a=1; b = 2;;c=\"q\"; =x; d; e=\"; bad name=1",
            " f==\tx; g=\u{1}; \t",
            "",
            "h=a,b c",
        ];
        let cookies = Cookie::parse_all(&lines);
        let pairs: Vec<_> = cookies
            .iter()
            .map(|c| format!("{}={}", c.name, c.value))
            .collect();
        assert_eq!(pairs, ["a=1", "b= 2", "c=q", "d=", "h=a,b c"]);
        assert!(cookies[2].is_quoted);
        assert!(Cookie::parse_all(&[&"a=1;".repeat(3_000)]).is_empty());
    }

    #[test]
    fn cookies_are_written_as_go_does() {
        let full = Cookie {
            path: "/a;b".into(),
            domain: ".shop.example".into(),
            expires: Some(0),
            max_age: 60,
            is_secure: true,
            is_http_only: true,
            same_site: SameSite::from_number(3),
            is_partitioned: true,
            ..named("id", "a b")
        };
        let ended = Cookie {
            max_age: -5,
            expires: Some(-20_000_000_000),
            ..named("id", "\"é;\\x")
        };
        for (cookie, wanted) in [
            (
                full,
                Some(
                    "id=\"a b\"; Path=/ab; Domain=shop.example; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60; HttpOnly; Secure; SameSite=Strict; Partitioned",
                ),
            ),
            (ended, Some("id=x; Max-Age=0")),
            (named("a", ""), Some("a=")),
            (
                Cookie {
                    is_quoted: true,
                    ..named("a", "b")
                },
                Some("a=\"b\""),
            ),
            (named("", "x"), None),
            (named("a\r\nb", "x"), None),
        ] {
            assert_eq!(cookie.to_header().as_deref(), wanted);
        }
    }

    #[test]
    fn only_domains_are_domains() {
        for (domain, is_one) in [
            ("shop.example", true),
            (".shop.example", true),
            ("127.0.0.1", true),
            ("a-b.c", true),
            ("", false),
            ("..a", false),
            ("-a.b", false),
            ("a-.b", false),
            ("a_b", false),
            ("::1", false),
            ("a;b", false),
        ] {
            assert_eq!(is_domain(domain), is_one, "{domain}");
        }
    }
}
