//! The header fields that every answer has, and the preflights of browsers.
//!
//! The one rule: they are set before any hook runs, so that a script can
//! change them. PocketBase: its CORS and security middlewares with any origin
//! allowed.

use jsvm::{
    Exchange,
    http::{Headers, Request},
};

const METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";

/// What a request gets before any route sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The routes have to answer it.
    Open,
    /// It is answered.
    Answered,
}

/// Sets the fields and answers a preflight: any `OPTIONS` is one.
pub(crate) fn enter(exchange: &Exchange) -> Entry {
    let request = exchange.request();
    let mut response = exchange.response();
    let has_origin = !request.headers.get("Origin").is_empty();
    response.headers.add("Vary", "Origin");
    if has_origin {
        response.headers.set("Access-Control-Allow-Origin", "*");
    }
    if request.method == "OPTIONS" {
        if has_origin {
            allow(request, &mut response.headers);
        }
        response.write_header(204);
        return Entry::Answered;
    }
    secure(&mut response.headers);
    Entry::Open
}

fn allow(request: &Request, headers: &mut Headers) {
    headers.add("Vary", "Access-Control-Request-Method");
    headers.add("Vary", "Access-Control-Request-Headers");
    headers.set("Access-Control-Allow-Methods", METHODS);
    let wanted = request.headers.get("Access-Control-Request-Headers");
    if !wanted.is_empty() {
        headers.set("Access-Control-Allow-Headers", wanted);
    }
}

fn secure(headers: &mut Headers) {
    headers.set("X-XSS-Protection", "1; mode=block");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "SAMEORIGIN");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, headers: &[(&str, &str)], entry: Entry, wanted: &[(&str, &str)]) {
        let request = Request {
            method: method.into(),
            headers: headers.iter().copied().collect(),
            ..Request::default()
        };
        let exchange = Exchange::new(request, None);
        assert_eq!(enter(&exchange), entry, "{method}");
        let response = exchange.take_response();
        let sent = response.sent_headers();
        assert_eq!(sent.iter().collect::<Vec<_>>(), wanted, "{method}");
        assert_eq!(
            response.status,
            if entry == Entry::Answered { 204 } else { 0 }
        );
    }

    #[test]
    fn every_origin_is_allowed() {
        const SECURE: [(&str, &str); 3] = [
            ("X-Xss-Protection", "1; mode=block"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "SAMEORIGIN"),
        ];
        let origin = ("Origin", "http://shop.example");
        let vary = ("Vary", "Origin");
        let any = ("Access-Control-Allow-Origin", "*");
        check("GET", &[], Entry::Open, &[&[vary][..], &SECURE].concat());
        check(
            "GET",
            &[origin],
            Entry::Open,
            &[&[vary, any][..], &SECURE].concat(),
        );
        check("OPTIONS", &[], Entry::Answered, &[vary]);
        check(
            "OPTIONS",
            &[origin, ("Access-Control-Request-Headers", "x-a,x-b")],
            Entry::Answered,
            &[
                vary,
                any,
                ("Vary", "Access-Control-Request-Method"),
                ("Vary", "Access-Control-Request-Headers"),
                ("Access-Control-Allow-Methods", METHODS),
                ("Access-Control-Allow-Headers", "x-a,x-b"),
            ],
        );
    }
}
