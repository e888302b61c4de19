//! `e.xml`: values as Go's encoder writes them.
//!
//! The one rule: PocketBase's encoder knows no maps, so neither do we; its
//! error comes after the head was sent, and so does ours.

use super::{class::arg, convert, error, request};
use crate::error::Error;
use boa_engine::{Context, JsResult, JsValue};
use serde_json::Value;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// `e.xml(status, value)` for text, numbers, flags and arrays of them.
pub(super) fn xml(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let plain = convert::to_plain(&arg(args, 1), context)?;
    let mut text = HEAD.to_owned();
    let written = write(&plain, &mut text);
    let body = [arg(args, 0), super::class::string(&text)];
    request::body(value, &body, "application/xml; charset=utf-8", 1, context)?;
    match written {
        Ok(()) => Ok(JsValue::undefined()),
        Err(kind) => {
            let message = format!("xml: unsupported type: {kind}; write the text with e.blob");
            Err(error::throw(Error::host(message), context))
        }
    }
}

fn write(value: &Value, out: &mut String) -> Result<(), &'static str> {
    match value {
        Value::Null => {}
        Value::Bool(flag) => element("bool", &flag.to_string(), out),
        Value::Number(number) if number.is_f64() => element("float64", &number.to_string(), out),
        Value::Number(number) => element("int64", &number.to_string(), out),
        Value::String(text) => element("string", &escaped(text), out),
        Value::Array(items) => return items.iter().try_for_each(|item| write(item, out)),
        Value::Object(_) => return Err("map[string]interface {}"),
    }
    Ok(())
}

fn element(name: &str, text: &str, out: &mut String) {
    out.push_str(&format!("<{name}>{text}</{name}>"));
}

/// What XML cannot hold becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_have_the_names_of_their_types() {
        for (value, wanted) in [
            (
                json!("a<b>&\"'\n\u{1}"),
                Ok("<string>a&lt;b&gt;&amp;&#34;&#39;&#xA;\u{fffd}</string>"),
            ),
            (
                json!([1, 1.5, true, null]),
                Ok("<int64>1</int64><float64>1.5</float64><bool>true</bool>"),
            ),
            (json!({ "a": 1 }), Err("map[string]interface {}")),
        ] {
            let mut text = String::new();
            let written = write(&value, &mut text);
            assert_eq!(written.map(|()| text.as_str()), wanted, "{value}");
        }
    }
}
