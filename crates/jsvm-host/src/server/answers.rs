//! Answers that the host itself writes.
//!
//! The one rule: headers that a script has set are kept, and a status that was
//! written stays. Knows nothing of routes.

use jsvm::{ApiError, App, Error, Exchange, Level, go_json, http, pick};
use serde_json::{Map, Value};

/// Writes a value as JSON, of which a successful answer holds only the parts
/// that `?fields=` names.
pub(crate) fn json(exchange: &Exchange, status: u16, value: &Value) {
    match fields_of(exchange, status) {
        Some(fields) => json_whole(exchange, status, &pick(value, &fields)),
        None => json_whole(exchange, status, value),
    }
}

/// Writes a page of a list: as [`json`], but `?fields=` is about its items.
pub(crate) fn json_page(exchange: &Exchange, status: u16, mut page: Map<String, Value>) {
    if let (Some(fields), Some(items)) = (fields_of(exchange, status), page.get_mut("items")) {
        *items = pick(items, &fields);
    }
    json_whole(exchange, status, &Value::Object(page));
}

fn fields_of(exchange: &Exchange, status: u16) -> Option<String> {
    let fields = exchange.request().query().get("fields").to_owned();
    ((200..300).contains(&status) && !fields.is_empty()).then_some(fields)
}

fn json_whole(exchange: &Exchange, status: u16, value: &Value) {
    json_text(exchange, status, &(go_json(value) + "\n"));
}

/// Writes text that is JSON already.
pub(crate) fn json_text(exchange: &Exchange, status: u16, text: &str) {
    let mut response = exchange.response();
    if !response.is_written() && !response.headers.contains("Content-Type") {
        response.headers.set("Content-Type", "application/json");
    }
    response.write_header(status);
    response.write(text.as_bytes());
}

/// Writes a status without a body.
pub(crate) fn no_content(exchange: &Exchange, status: u16) {
    exchange.response().write_header(status);
}

/// Brings a request to its end: an error is answered unless something was
/// written before, and told to whoever can do something about it.
pub(crate) fn settle(app: &App, exchange: &Exchange, result: Result<(), Error>) {
    let Err(err) = result else {
        return;
    };
    let answer = err.to_api("");
    log(app, exchange, &err, &answer);
    if !exchange.response().is_written() {
        error(exchange, &err, &answer);
    }
}

fn error(exchange: &Exchange, err: &Error, answer: &ApiError) {
    if err.is_retryable() {
        exchange.response().headers.set("Retry-After", "1");
    }
    json_text(
        exchange,
        answer.status,
        &(go_json(&answer.to_value()) + "\n"),
    );
}

/// Logs an error: what the client is to blame for only for whoever looks.
fn log(app: &App, exchange: &Exchange, err: &Error, answer: &ApiError) {
    let level = match err {
        Error::Unavailable(_) => Level::Warn,
        err if answer.status >= 500 || err.limit().is_some() => Level::Error,
        _ => Level::Debug,
    };
    let request = exchange.request();
    let mut attributes = Map::new();
    attributes.insert("status".into(), answer.status.into());
    attributes.insert("error".into(), err.to_string().into());
    let message = format!("{} {}", request.method, request.raw_path());
    app.output().log(level, &message, &attributes);
}

/// Go's `http.Redirect` to another path of this server; the query stays.
pub(crate) fn redirect(request: &http::Request, path: &str) -> http::Response {
    let location = match request.raw_query() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let mut response = http::Response::default();
    response.headers.set("Location", location.as_str());
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    if is_read {
        response
            .headers
            .set("Content-Type", "text/html; charset=utf-8");
    }
    response.write_header(307);
    if is_read {
        let link = escape_html(&location);
        response.write(format!("<a href=\"{link}\">Temporary Redirect</a>.\n\n").as_bytes());
    }
    response
}

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsvm::{NoRecords, Silent, http::Request};
    use serde_json::json;
    use std::sync::Arc;

    fn exchange(target: &str) -> Exchange {
        let request = Request {
            method: "GET".into(),
            target: target.into(),
            ..Request::default()
        };
        Exchange::new(request, None)
    }

    fn body(exchange: &Exchange) -> String {
        String::from_utf8(exchange.take_response().body).unwrap()
    }

    #[test]
    fn fields_are_picked_from_successful_answers_only() {
        let value = json!({ "b": 1, "a": "<" });
        for (target, status, wanted) in [
            ("/", 200, "{\"a\":\"\\u003c\",\"b\":1}\n"),
            ("/?fields=b", 201, "{\"b\":1}\n"),
            ("/?fields=b", 400, "{\"a\":\"\\u003c\",\"b\":1}\n"),
            ("/?fields=", 200, "{\"a\":\"\\u003c\",\"b\":1}\n"),
        ] {
            let exchange = exchange(target);
            json(&exchange, status, &value);
            assert_eq!(body(&exchange), wanted, "{target} {status}");
        }
        let exchange = exchange("/?fields=b");
        let page = json!({ "items": [{ "a": 1, "b": 2 }], "page": 1 });
        json_page(&exchange, 200, page.as_object().unwrap().clone());
        assert_eq!(body(&exchange), "{\"items\":[{\"b\":2}],\"page\":1}\n");
    }

    #[test]
    fn an_error_is_answered_unless_something_was_written() {
        let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
        let busy = || Err(Error::Unavailable("the queue is full".into()));
        let one = exchange("/");
        settle(&app, &one, busy());
        let response = one.take_response();
        assert_eq!(
            (response.status, response.sent_headers().get("Retry-After")),
            (503, "1")
        );
        assert_eq!(
            String::from_utf8(response.body).unwrap(),
            "{\"data\":{},\"message\":\"The server is busy, try again later.\",\"status\":503}\n"
        );
        let other = exchange("/");
        other.response().write(b"done");
        settle(&app, &other, busy());
        let response = other.take_response();
        assert_eq!((response.status, &*response.body), (200, &b"done"[..]));
        assert!(!response.sent_headers().contains("Retry-After"));
    }

    #[test]
    fn redirects_keep_the_query_and_escape_their_link() {
        for (method, target, location, text) in [
            (
                "GET",
                "/a",
                "/a/",
                "<a href=\"/a/\">Temporary Redirect</a>.\n\n",
            ),
            (
                "HEAD",
                "/a",
                "/a/",
                "<a href=\"/a/\">Temporary Redirect</a>.\n\n",
            ),
            (
                "GET",
                "/a?x=1&y='2'",
                "/a/?x=1&y='2'",
                "<a href=\"/a/?x=1&amp;y=&#39;2&#39;\">Temporary Redirect</a>.\n\n",
            ),
            ("POST", "/a?x", "/a/?x", ""),
        ] {
            let request = Request {
                method: method.into(),
                target: target.into(),
                ..Request::default()
            };
            let response = redirect(&request, "/a/");
            assert_eq!(
                (response.status, response.headers.get("Location")),
                (307, location)
            );
            assert_eq!(String::from_utf8(response.body).unwrap(), text);
        }
    }
}
