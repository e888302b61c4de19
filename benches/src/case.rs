//! One piece of JavaScript that every engine runs: a handler, what it is called
//! with, and what it must return.
//!
//! The one rule: every engine gets the same text, and nothing is timed whose
//! result was not compared. Knows no engine.

use anyhow::{Result, ensure};
use serde_json::{Number, Value, json};

/// A handler of a row.
pub(crate) struct Case {
    pub(crate) text: Text,
    pub(crate) input: Input,
    /// What the first call returns, as JSON; nothing is null.
    pub(crate) wanted: fn() -> Value,
}

/// Where the function comes from.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    /// It is a handler, and so in strict mode.
    Handler(&'static str),
    /// It is what this script comes to, with all that the script declares.
    Script(&'static str),
}

impl Text {
    /// The script that peers without handlers need.
    pub(crate) fn script(self) -> String {
        match self {
            Self::Handler(text) => strict(text),
            Self::Script(text) => text.to_owned(),
        }
    }
}

/// What a handler is called with.
#[derive(Clone, Copy)]
pub(crate) enum Input {
    Nothing,
    Number(i32),
    /// A text that the host makes for each call.
    Text(&'static str),
    /// What this script comes to, made once.
    Kept(&'static str),
    /// Data that the host turns into values of the engine for each call.
    Host(fn() -> Value),
}

impl Input {
    /// For engines that are driven from elsewhere.
    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Nothing => json!({}),
            Self::Number(number) => json!({ "number": number }),
            Self::Text(text) => json!({ "text": text }),
            Self::Kept(script) => json!({ "script": script }),
            Self::Host(data) => json!({ "host": data() }),
        }
    }
}

impl Case {
    /// Compares a result.
    ///
    /// # Errors
    ///
    /// It is another one.
    pub(crate) fn check(&self, result: Value) -> Result<()> {
        let (result, wanted) = (plain(result), plain((self.wanted)()));
        ensure!(result == wanted, "{result} is not {wanted}");
        Ok(())
    }
}

/// A handler's text in strict mode.
pub(crate) fn strict(text: &str) -> String {
    format!("\"use strict\";({text}\n)")
}

/// Engines differ in which whole numbers they keep as such.
fn plain(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(number)),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, plain(value)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "compared right after")]
#[expect(clippy::cast_precision_loss, reason = "compared right after")]
fn whole(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if float as i64 as f64 == float => Number::from(float as i64),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        assert_eq!(plain(json!({ "a": [2.0, 2.5] })), json!({ "a": [2, 2.5] }));
    }
}
