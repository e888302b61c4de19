//! Who a client is that came through a proxy.
//!
//! The one rule: only the header fields that the operator trusts are looked at,
//! and of each only the last one, which the nearest proxy wrote.

use super::{Headers, expand_ip};

/// Which address of a list is the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxySide {
    /// The last one, which the nearest proxy added.
    #[default]
    Rightmost,
    /// The first one, which a client can make up unless the proxy replaces it.
    Leftmost,
}

/// The address that one of these header fields tells, the first that tells one.
///
/// PocketBase: `e.realIP()`. What is no address in a list is passed over.
pub fn forwarded_ip(headers: &Headers, names: &[String], side: ProxySide) -> Option<String> {
    names.iter().find_map(|name| {
        let list = headers.values(name).pop()?.to_owned();
        let mut addresses = list.split(',').filter_map(|ip| expand_ip(ip.trim()));
        match side {
            ProxySide::Leftmost => addresses.next(),
            ProxySide::Rightmost => addresses.next_back(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_fields_tell_an_address() {
        let headers: Headers = [
            ("X-Forwarded-For", "9.9.9.9"),
            ("X-Forwarded-For", "1.2.3.4, unknown, 5.6.7.8 , ?"),
            ("X-Real-IP", "::1"),
            ("X-Empty", ""),
        ]
        .into_iter()
        .collect();
        let rightmost = ProxySide::Rightmost;
        for (names, side, wanted) in [
            (&["x-forwarded-for"][..], rightmost, Some("5.6.7.8")),
            (&["x-forwarded-for"], ProxySide::Leftmost, Some("1.2.3.4")),
            (
                &["X-None", "X-Empty", "X-Forwarded-For"],
                rightmost,
                Some("5.6.7.8"),
            ),
            (
                &["X-Real-IP"],
                rightmost,
                Some("0000:0000:0000:0000:0000:0000:0000:0001"),
            ),
            (&["X-Empty"], rightmost, None),
            (&[], rightmost, None),
        ] {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(
                forwarded_ip(&headers, &names, side).as_deref(),
                wanted,
                "{names:?}"
            );
        }
    }
}
