//! The syntax of e-mail addresses and of web addresses.
//!
//! The one rule: it accepts what PocketBase accepts, which is less strict than
//! the standards. Pure functions.

use std::net::Ipv6Addr;

/// Whether a text is an e-mail address with a domain of two parts or more.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    is_local_part(local) && is_mail_domain(domain.strip_suffix('.').unwrap_or(domain))
}

fn is_local_part(local: &str) -> bool {
    let quoted = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    if let Some(inner) = quoted {
        return !inner.contains(['"', '\\', '\r', '\n', '\0']);
    }
    let is_atom =
        |c: char| c.is_ascii_alphanumeric() || is_wide(c) || "!#$%&'*+-/=?^_`{|}~".contains(c);
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

fn is_mail_domain(domain: &str) -> bool {
    let Some((rest, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_letter = |c: char| c.is_ascii_alphabetic() || is_wide(c);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || is_wide(c);
    let is_inner = |c: char| is_plain(c) || matches!(c, '-' | '_' | '~');
    let is_framed =
        |text: &str, edge: &dyn Fn(char) -> bool| text.starts_with(edge) && text.ends_with(edge);
    is_framed(rest, &is_plain)
        && rest.chars().all(|c| is_inner(c) || c == '.')
        && is_framed(top, &is_letter)
        && top.chars().all(is_inner)
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}')
}

/// Whether a text is a web address; its scheme may be missing.
pub(super) fn is_url(text: &str) -> bool {
    const MAX: usize = 2083;
    let length = text.chars().count();
    if length <= 3 || length >= MAX || text.contains(char::is_whitespace) {
        return false;
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    if scheme.is_some_and(|scheme| !is_scheme(scheme)) {
        return false;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    // A lone word is a path rather than a host.
    let is_lone = scheme.is_none() && !text.contains([':', '.']);
    !is_lone && is_host_with_port(host)
}

/// The host and the port of an address with a scheme, else nothing.
pub(super) fn host_of(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else {
        return "";
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

fn is_scheme(scheme: &str) -> bool {
    matches!(
        scheme,
        "http" | "https" | "ftp" | "tcp" | "udp" | "ws" | "wss"
    )
}

fn is_host_with_port(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => {
            return host.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port));
        }
        None => text.find(':').map_or((text, ""), |at| text.split_at(at)),
    };
    is_host(host.strip_suffix('.').unwrap_or(host)) && (port.is_empty() || is_port(port))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| {
        (1..=5).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
    })
}

fn is_host(host: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '\u{a1}'..='\u{ffff}');
    host.split('.').all(|label| {
        label.starts_with(is_plain)
            && label.ends_with(is_plain)
            && label.chars().all(|c| is_plain(c) || matches!(c, '-' | '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses_are_told_from_others() {
        for text in [
            "ann@example.com",
            "a.b+c@sub.example.co.uk",
            "\"a b\"@example.com",
            "é@exämple.org",
            "a@b.c",
            "a@example.com.",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "not a mail",
            "nobody",
            "@example.com",
            "a@",
            "a@localhost",
            ".a@example.com",
            "a..b@example.com",
            "a b@example.com",
            "a@-example.com",
            "a@example.1",
            "a@b@c",
            "",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn web_addresses_are_told_from_others() {
        for text in [
            "http://localhost",
            "https://example.com",
            "https://example.com:8080/a?b=c#d",
            "http://user:pass@example.com/",
            "http://127.0.0.1:90",
            "http://[::1]:90/",
            "example.com",
            "example.com/a b".split(' ').next().unwrap(),
            "localhost:8090",
            "wss://a.b",
            "http://exämple.org",
        ] {
            assert!(is_url(text), "{text}");
        }
        for text in [
            "example",
            "a.b",
            "",
            "http://",
            "https://a b.com",
            "foo://example.com",
            "javascript:alert(1)",
            "http://.com",
            "http://example.com:123456",
            "http://[::1",
            "http://-a.com",
            "/only/a/path",
        ] {
            assert!(!is_url(text), "{text}");
        }
        assert!(!is_url(&format!("http://{}.com", "a".repeat(3000))));
        assert_eq!(host_of("https://u@example.com:80/x"), "example.com:80");
        assert_eq!(host_of("example.com/x"), "");
    }
}
