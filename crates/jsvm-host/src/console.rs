//! What scripts print and log, on the standard streams.
//!
//! The one rule: a line is written in one piece under the stream's lock, so
//! that lines of several workers never mix. Knows nothing of who prints.

use jiff::Timestamp;
use jsvm::{Level, LogFormat, Origin, Output};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// The standard streams of the process.
///
/// A write waits while the reader of a stream does not read; one that fails
/// is lost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console {
    /// Whether entries for information and debugging are written, too.
    ///
    /// By default, this is off.
    pub verbose: bool,
    /// The form of lines.
    ///
    /// By default, this is text for people.
    pub format: LogFormat,
}

impl Output for Console {
    fn print(&self, level: Level, line: &str) {
        self.print_from(level, line, &mut Origin::default);
    }

    fn print_from(&self, level: Level, line: &str, origin: &mut dyn FnMut() -> Origin) {
        let now = Timestamp::now();
        let text = match self.format {
            LogFormat::Text => printed(now, line),
            LogFormat::Json => object(now, level, "jsvm::console", line, fields(&origin())),
        };
        match level {
            Level::Debug | Level::Info => write(io::stdout().lock(), &text),
            Level::Warn | Level::Error => write(io::stderr().lock(), &text),
        }
    }

    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>) {
        if level >= Level::Warn || self.verbose {
            let now = Timestamp::now();
            let text = match self.format {
                LogFormat::Text => logged(now, level, message, attributes),
                LogFormat::Json => {
                    let attributes = Map::from_iter([(
                        "attributes".to_owned(),
                        Value::Object(attributes.clone()),
                    )]);
                    object(now, level, "jsvm::log", message, attributes)
                }
            };
            write(io::stderr().lock(), &text);
        }
    }
}

/// One line with one JSON object, of the form that log events have.
fn object(
    now: Timestamp,
    level: Level,
    target: &str,
    message: &str,
    mut fields: Map<String, Value>,
) -> String {
    let own = [
        ("timestamp", now.to_string()),
        ("level", name(level).to_owned()),
        ("target", target.to_owned()),
        ("message", message.to_owned()),
    ];
    for (key, value) in own {
        fields.insert(key.to_owned(), value.into());
    }
    Value::Object(fields).to_string() + "\n"
}

/// Where a line came from, as far as it is known.
fn fields(origin: &Origin) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(hook) = &origin.hook {
        fields.insert("hook".into(), (**hook).into());
    }
    if let Some(position) = &origin.position {
        fields.insert("file".into(), position.file.as_str().into());
        fields.insert("line".into(), position.line.into());
    }
    fields
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
}

fn write(mut stream: impl Write, text: &str) {
    // There is nobody left to tell that the last place to tell is gone.
    let _ = stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush());
}

/// PocketBase: the prefix of Go's standard logger, here always in UTC.
fn printed(now: Timestamp, line: &str) -> String {
    format!("{} {line}\n", now.strftime("%Y/%m/%d %H:%M:%S"))
}

fn logged(now: Timestamp, level: Level, message: &str, attributes: &Map<String, Value>) -> String {
    let mut line = format!("{} {}", name(level), one_line(message));
    for (key, value) in attributes {
        line.push_str(&format!(" {}={}", plain(key), attribute(value)));
    }
    printed(now, &line)
}

/// A message may come from a client; it must not look like two entries.
fn one_line(message: &str) -> String {
    message.replace('\r', "").replace('\n', "\\n")
}

fn attribute(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        other => other.to_string(),
    }
}

/// Text as it is, or as a JSON string if it would not end where it ends.
fn plain(text: &str) -> String {
    let ends_itself =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '=' | '\\');
    match text.is_empty() || text.contains(ends_itself) {
        true => Value::from(text).to_string(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at() -> Timestamp {
        "2024-02-29T08:05:09.9Z".parse().unwrap()
    }

    #[test]
    fn lines_carry_the_time() {
        assert_eq!(printed(at(), "a  b"), "2024/02/29 08:05:09 a  b\n");
    }

    #[test]
    fn json_lines_tell_where_they_came_from() {
        let origin = Origin {
            hook: Some("onRecordCreate".into()),
            position: Some(jsvm::Position {
                file: "main.pb.js".into(),
                line: 3,
                column: 14,
            }),
        };
        let line = object(at(), Level::Info, "jsvm::console", "a\nb", fields(&origin));
        assert!(line.ends_with("}\n") && line.lines().count() == 1, "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        let wanted = json!({
            "timestamp": "2024-02-29T08:05:09.9Z", "level": "INFO",
            "target": "jsvm::console", "message": "a\nb",
            "hook": "onRecordCreate", "file": "main.pb.js", "line": 3,
        });
        assert_eq!(line, wanted);
    }

    #[test]
    fn entries_are_one_line_each() {
        for (message, attributes, wanted) in [
            ("plain", json!({}), "WARN plain"),
            ("two\r\nlines", json!({}), "WARN two\\nlines"),
            (
                "m",
                json!({ "id": "a1", "text": "a b", "n": 1.5, "list": [1, "x"], "none": null }),
                r#"WARN m id=a1 list=[1,"x"] n=1.5 none=null text="a b""#,
            ),
            (
                "m",
                json!({ "a b": "x=\"1\"\n" }),
                r#"WARN m "a b"="x=\"1\"\n""#,
            ),
            ("m", json!({ "a": "" }), r#"WARN m a="""#),
        ] {
            let line = logged(at(), Level::Warn, message, attributes.as_object().unwrap());
            let (time, line) = line.trim_end().split_at(20);
            assert_eq!((time, line), ("2024/02/29 08:05:09 ", wanted));
        }
    }
}
