//! The body of a request as fields: JSON, a form, or a form with files.
//!
//! PocketBase: `BindBody` into a map. The one rule: the type that the client
//! gave decides alone, and a body without bytes is an empty one of any type.
//! Knows nothing of records and scripts.

use super::{
    media::MediaType,
    multipart::{self, FilePart, Part},
    percent::{hex_digit, text_of},
    request::Request,
    values::Values,
};
use crate::cast;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Most bytes of a form without files.
const MAX_FORM: usize = 10 << 20;
/// The field of a form that holds JSON, which is merged into the others.
const JSON_PAYLOAD: &str = "@jsonPayload";

/// Why a body was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// There is no way to read a body of this type.
    #[error("the type of the body is not JSON or a form")]
    UnsupportedType,
    /// It is not what its type promises; the text is for the log.
    #[error("{0}")]
    Invalid(String),
}

/// The fields and files of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The values by field, those of the query among them, as Go's `Request.Form`.
    pub values: Values,
    /// The files in the order in which they were sent.
    pub files: Vec<FilePart>,
}

/// What PocketBase's `requestInfo().body` holds.
///
/// JSON has to be an object; what follows it is ignored, and `null` is an
/// empty object. Of a form the fields of the query are part, `true`, `false`
/// and numbers in their shortest form become what they look like, several
/// values of a field become a list, and `@jsonPayload` is merged into the rest.
///
/// # Errors
///
/// [`BodyError::UnsupportedType`] for a body of another type, and
/// [`BodyError::Invalid`] for one that is broken. JSON of more than 127 levels
/// is broken too.
pub fn parse_body(request: &Request) -> Result<Map<String, Value>, BodyError> {
    match kind_of(request) {
        Kind::None => Ok(Map::new()),
        Kind::Json => first_object(&request.body),
        Kind::Form | Kind::Multipart => fields_of(&parse_form(request)?.values),
        Kind::Xml => Err(invalid("XML cannot be read into an object")),
        Kind::Other => Err(BodyError::UnsupportedType),
    }
}

/// The fields and files of a form as text and bytes, with those of the query.
///
/// A body of another type gives the fields of the query alone.
///
/// # Errors
///
/// [`BodyError::Invalid`] if the body or the query is broken.
pub fn parse_form(request: &Request) -> Result<Form, BodyError> {
    let query = || Values::try_parse(request.raw_query()).map_err(|err| invalid(&err));
    match kind_of(request) {
        Kind::Form => {
            let mut values = form_values(request)?;
            values.append(query()?);
            Ok(Form {
                values,
                files: Vec::new(),
            })
        }
        Kind::Multipart => multipart_form(request, query()?),
        _ => Ok(Form {
            values: query()?,
            files: Vec::new(),
        }),
    }
}

/// Every part of a form with files, in the order in which they were sent; what
/// is no file has no file name.
///
/// # Errors
///
/// [`BodyError::Invalid`] if the body is no such form, or broken.
pub fn parse_parts(request: &Request) -> Result<Vec<FilePart>, BodyError> {
    let parts = parts(request)?.into_iter();
    let parts = parts.map(|part| match part {
        Part::File(file) => file,
        Part::Value(field, value) => FilePart {
            field,
            bytes: value.into_bytes(),
            ..FilePart::default()
        },
    });
    Ok(parts.collect())
}

/// Whether the body is said to be XML.
pub(crate) fn is_xml(request: &Request) -> bool {
    matches!(kind_of(request), Kind::Xml)
}

#[derive(Clone, Copy)]
enum Kind {
    None,
    Json,
    Form,
    Multipart,
    Xml,
    Other,
}

const KINDS: [(&str, Kind); 5] = [
    ("application/json", Kind::Json),
    ("multipart/form-data", Kind::Multipart),
    ("application/x-www-form-urlencoded", Kind::Form),
    ("text/xml", Kind::Xml),
    ("application/xml", Kind::Xml),
];

/// PocketBase looks at how the header starts, in lower case only.
fn kind_of(request: &Request) -> Kind {
    if request.body.is_empty() {
        return Kind::None;
    }
    let given = request.headers.get("Content-Type");
    let found = KINDS.iter().find(|(start, _)| given.starts_with(start));
    found.map_or(Kind::Other, |(_, kind)| *kind)
}

fn invalid(err: &(impl ToString + ?Sized)) -> BodyError {
    BodyError::Invalid(err.to_string())
}

fn media_type(request: &Request) -> Result<MediaType, BodyError> {
    MediaType::parse(request.headers.get("Content-Type")).map_err(|err| invalid(&err))
}

fn form_values(request: &Request) -> Result<Values, BodyError> {
    // Go reads a form of these methods only.
    if !matches!(&*request.method, "POST" | "PUT" | "PATCH") {
        return Ok(Values::new());
    }
    if media_type(request)?.kind != "application/x-www-form-urlencoded" {
        return Ok(Values::new());
    }
    if request.body.len() > MAX_FORM {
        return Err(invalid("the form is larger than 10 MiB"));
    }
    Values::try_parse(&text_of(&request.body)).map_err(|err| invalid(&err))
}

fn parts(request: &Request) -> Result<Vec<Part>, BodyError> {
    let media = media_type(request)?;
    let boundary = match media.param("boundary") {
        Some(boundary) if media.kind == "multipart/form-data" => boundary,
        _ => return Err(invalid("the type of the form names no boundary")),
    };
    multipart::parse(&request.body, boundary).map_err(|err| invalid(&err))
}

fn multipart_form(request: &Request, query: Values) -> Result<Form, BodyError> {
    let mut form = Form {
        values: query,
        files: Vec::new(),
    };
    for part in parts(request)? {
        match part {
            Part::Value(name, value) => form.values.add(name, value),
            Part::File(file) => form.files.push(file),
        }
    }
    Ok(form)
}

fn fields_of(values: &Values) -> Result<Map<String, Value>, BodyError> {
    let mut fields = Map::new();
    for (key, values) in values.groups().filter(|(key, _)| *key != JSON_PAYLOAD) {
        let value = match values {
            [one] => infer(one),
            several => several.iter().map(|one| infer(one)).collect(),
        };
        fields.insert(key.to_owned(), value);
    }
    for payload in values.all(JSON_PAYLOAD) {
        match serde_json::from_str(&json_text(payload.as_bytes())) {
            Ok(Value::Object(object)) => fields.extend(object),
            Ok(Value::Null) => fields.clear(),
            Ok(_) => return Err(invalid("@jsonPayload is not an object")),
            Err(err) => return Err(invalid(&err)),
        }
    }
    Ok(fields)
}

/// A bool or a number, if the text is exactly how one is written.
fn infer(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number_of(text).map_or_else(|| Value::from(text), cast::number),
    }
}

/// PocketBase: `0.0`, `007`, `1e3` and numbers that are not exact stay text.
fn number_of(text: &str) -> Option<f64> {
    let is_number_byte = |byte: u8| byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if text.starts_with('.') || !text.bytes().all(is_number_byte) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    (shortest(number) == text).then_some(number)
}

fn shortest(number: f64) -> String {
    // Of two texts that are as short and as close, `Display` may take the odd
    // one; Go and JSON take the even one.
    if number.fract() == 0.0 || number.abs() < 1.0 {
        return number.to_string();
    }
    Value::from(number).to_string()
}

fn first_object(body: &[u8]) -> Result<Map<String, Value>, BodyError> {
    let text = json_text(body);
    match serde_json::Deserializer::from_str(&text).into_iter().next() {
        Some(Ok(Value::Object(object))) => Ok(object),
        Some(Ok(Value::Null)) => Ok(Map::new()),
        Some(Ok(_)) => Err(invalid("the JSON of the body is not an object")),
        Some(Err(err)) => Err(invalid(&err)),
        None => Err(invalid("the body holds no JSON")),
    }
}

/// The body as text that a strict parser takes; what is half a character
/// becomes U+FFFD, as Go reads it.
fn json_text(body: &[u8]) -> Cow<'_, str> {
    let has_escapes = body
        .windows(3)
        .any(|at| matches!(at, [b'\\', b'u', b'd' | b'D']));
    match str::from_utf8(body) {
        Ok(text) if !has_escapes => Cow::Borrowed(text),
        _ => Cow::Owned(text_of(&without_lone_surrogates(body))),
    }
}

fn without_lone_surrogates(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        at += match (bytes[at], surrogate(&bytes[at..])) {
            (b'\\', Some(Half::First)) if is_second(&bytes[at + 6..]) => 12,
            (b'\\', Some(_)) => {
                bytes[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            (b'\\', None) => 2,
            _ => 1,
        };
    }
    bytes
}

#[derive(PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// Which half of a character the escape at the start is, if it is one.
fn surrogate(text: &[u8]) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', second, third, fourth, ..] = text else {
        return None;
    };
    hex_digit(*third).and(hex_digit(*fourth))?;
    match hex_digit(*second)? {
        0x8..=0xB => Some(Half::First),
        0xC..=0xF => Some(Half::Second),
        _ => None,
    }
}

fn is_second(text: &[u8]) -> bool {
    surrogate(text) == Some(Half::Second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(method: &str, target: &str, kind: &str, body: &[u8]) -> Request {
        Request {
            method: method.into(),
            target: target.into(),
            headers: [("content-type", kind)].into_iter().collect(),
            body: body.into(),
            ..Request::default()
        }
    }

    fn check(kind: &str, body: &str, wanted: Option<Value>) {
        let found = parse_body(&request("POST", "/", kind, body.as_bytes()));
        assert_eq!(
            found.clone().ok().map(Value::Object),
            wanted,
            "{kind} {body} {found:?}"
        );
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn json_has_to_be_an_object() {
        const JSON: &str = "application/json; charset=utf-8";
        let whole = json!({"a": 1, "b": [true, null, "x"], "c": {"d": 1.5}});
        check(JSON, &whole.to_string(), Some(whole));
        check(JSON, " {\"a\":1,\"a\":2}, rest", Some(json!({"a": 2})));
        check(JSON, "null", Some(json!({})));
        for body in [
            "{\"a\":",
            "[1,2]",
            "\"text\"",
            "1",
            " ",
            "\u{feff}{}",
            "{a:1}",
            "{\"a\":1e999}",
        ] {
            check(JSON, body, None);
        }
        check(JSON, &"[".repeat(1_000_000), None);
    }

    #[test]
    fn half_characters_become_replacements() {
        check(
            "application/json",
            r#"{"a":"\ud83d","b":"\ude00x","c":"\uD83D\uDE00","d":"\ud800\ud83d\ude00"}"#,
            Some(json!({"a": "\u{fffd}", "b": "\u{fffd}x", "c": "😀", "d": "\u{fffd}😀"})),
        );
        check(
            "application/json",
            r#"{"a":"\\ud83d"}"#,
            Some(json!({"a": "\\ud83d"})),
        );
        check("application/json", r#"{"a":"\ud8"#, None);
        let found = parse_body(&request(
            "POST",
            "/",
            "application/json",
            b"{\"a\":\"\xff\xfe\"}",
        ));
        assert_eq!(found.unwrap()["a"], "\u{fffd}\u{fffd}");
    }

    #[test]
    fn an_empty_body_is_empty_whatever_its_type() {
        for kind in [
            "",
            "application/json",
            "text/plain",
            FORM,
            "multipart/form-data",
        ] {
            check(kind, "", Some(json!({})));
        }
    }

    #[test]
    fn other_types_are_not_supported() {
        for (kind, is_supported) in [
            ("text/plain", false),
            ("", false),
            ("Application/JSON", false),
            ("text/xml", true),
        ] {
            let err = parse_body(&request("POST", "/", kind, b"x")).unwrap_err();
            assert_eq!(err != BodyError::UnsupportedType, is_supported, "{kind}");
        }
    }

    #[test]
    fn form_values_become_what_they_look_like() {
        check(
            FORM,
            "name=Ann&tags=a&tags=b&qty=3&flag=true",
            Some(json!({"flag": true, "name": "Ann", "qty": 3, "tags": ["a", "b"]})),
        );
        check(
            FORM,
            "a=&b=false&c=True&d=1.5&e=-7&f=1&f=x",
            Some(json!({
                "a": "", "b": false, "c": "True", "d": 1.5, "e": -7, "f": [1, "x"]
            })),
        );
        for text in [
            "007",
            "1.0",
            "0.0",
            "1e3",
            "Infinity",
            "NaN",
            ".5",
            "5.",
            "-",
            "--1",
            "1-2",
            "+1",
            "0x10",
            "9007199254740993",
            "1_000",
            "１",
            "123456789012345678901",
        ] {
            check(
                FORM,
                &format!("a={}", crate::http::encode_query(text)),
                Some(json!({"a": text})),
            );
        }
        for (text, wanted) in [
            ("0.1", json!(0.1)),
            ("-0", json!(-0.0)),
            ("9007199254740992", json!(9_007_199_254_740_992.0)),
            ("100000000000000000000", json!(1e20)),
            ("0.000001", json!(1e-6)),
            ("704679602844725.2", json!(2_818_718_411_378_901.0 / 4.0)),
        ] {
            check(FORM, &format!("a={text}"), Some(json!({"a": wanted})));
        }
    }

    #[test]
    fn a_json_payload_is_merged() {
        check(
            FORM,
            "a=1&b=2&@jsonPayload={\"b\":\"x\",\"c\":[1]}&@jsonPayload={\"d\":\"007\"}",
            Some(json!({"a": 1, "b": "x", "c": [1], "d": "007"})),
        );
        check(
            FORM,
            "a=1&@jsonPayload=null&@jsonPayload={\"d\":1}",
            Some(json!({"d": 1})),
        );
        for payload in ["", "[1]", "{} x", "{"] {
            check(FORM, &format!("a=1&@jsonPayload={payload}"), None);
        }
    }

    #[test]
    fn a_form_includes_the_query() {
        let target = "/x?a=2&q=true";
        let form = parse_body(&request("POST", target, FORM, b"a=1")).unwrap();
        assert_eq!(Value::Object(form), json!({"a": [1, 2], "q": true}));
        let form = parse_body(&request("DELETE", target, FORM, b"a=1")).unwrap();
        assert_eq!(Value::Object(form), json!({"a": 2, "q": true}));
        let body = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--";
        let form = parse_body(&request(
            "POST",
            target,
            "multipart/form-data; boundary=b",
            body,
        ))
        .unwrap();
        assert_eq!(Value::Object(form), json!({"a": [2, 1], "q": true}));
        assert!(parse_body(&request("POST", "/?%zz", FORM, b"a=1")).is_err());
    }

    #[test]
    fn files_are_told_apart_from_values() {
        let body = b"--b\r\nContent-Disposition: form-data; name=a; filename=x.png\r\nContent-Type: image/png\r\n\r\n\x89\r\n--b--";
        let request = request("POST", "/", "multipart/form-data; boundary=b", body);
        let form = parse_form(&request).unwrap();
        assert!(form.values.is_empty());
        assert_eq!(
            form.files,
            [FilePart {
                field: "a".into(),
                filename: "x.png".into(),
                content_type: "image/png".into(),
                bytes: vec![0x89],
            }]
        );
        assert!(parse_body(&request).unwrap().is_empty());
    }

    #[test]
    fn broken_forms_are_errors() {
        for (kind, body) in [
            (FORM, "a=%zz"),
            (FORM, "a=1;b=2"),
            ("application/x-www-form-urlencoded; x", "a=1"),
            ("application/x-www-form-urlencoded, x", "a=1"),
            ("multipart/form-data", "--b--"),
            ("multipart/form-data; boundary=", "--b--"),
            ("multipart/form-data; boundary=\"\"", "----"),
            ("multipart/form-datax; boundary=b", "--b--"),
            ("multipart/form-data; boundary=b", "--c--"),
        ] {
            check(kind, body, None);
        }
        check(FORM, &"a".repeat(MAX_FORM + 1), None);
        check("application/x-www-form-urlencodedx", "a=1", Some(json!({})));
    }
}
