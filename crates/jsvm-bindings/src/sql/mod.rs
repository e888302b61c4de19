//! SQL of scripts: statements, conditions and queries, as PocketBase's query
//! builder writes them.
//!
//! The one rule: a value never becomes text of a statement; it is bound.
//! Knows nothing of databases: a host runs what is built here.

mod condition;
mod select;

pub(crate) use condition::{Condition, Like, LikeSides};
pub(crate) use select::Select;

use crate::error::Error;
use serde_json::{Map, Value};
use std::time::Duration;

/// One statement with its values, ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The text, with `?` for each value.
    pub sql: String,
    /// The values, in the order of their places.
    pub values: Vec<Value>,
    /// How long it may take.
    pub timeout: Duration,
}

/// What came of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows; each has a value for each column.
    pub rows: Vec<Vec<Value>>,
    /// How many rows were written.
    pub affected: u64,
    /// The number of the row that was inserted last.
    pub last_id: i64,
}

/// Values by the names that stand for them, `{:name}` in a statement.
pub(crate) type Params = Map<String, Value>;

/// Text with `{:name}`, `[[column]]` and `{{table}}`, and what the names mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub(crate) sql: String,
    pub(crate) params: Params,
}

impl Template {
    /// A template without values.
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            params: Params::new(),
        }
    }

    /// Stands for a value from now on; returns its place holder.
    pub(crate) fn bind(&mut self, value: Value) -> String {
        let name = format!("p{}", self.params.len());
        let holder = format!("{{:{name}}}");
        self.params.insert(name, value);
        holder
    }

    /// The statement that a host can run.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming a place holder without a value.
    pub(crate) fn finish(&self, timeout: Duration) -> Result<Statement, Error> {
        let mut sql = String::with_capacity(self.sql.len());
        let mut values = Vec::new();
        let mut rest = self.sql.as_str();
        while let Some(start) = rest.find(['{', '[']) {
            sql.push_str(&rest[..start]);
            rest = &rest[start..];
            let (part, length) = part_of(rest);
            rest = &rest[length..];
            match part {
                Part::Text(text) => sql.push_str(text),
                Part::Name(name) => sql.push_str(&quoted(name)),
                Part::Value(name) => {
                    let value = self.params.get(name).cloned();
                    values.push(value.ok_or_else(|| missing(name))?);
                    sql.push('?');
                }
            }
        }
        sql.push_str(rest);
        Ok(Statement {
            sql,
            values,
            timeout,
        })
    }
}

fn missing(name: &str) -> Error {
    Error::host(format!(
        "missing parameter: {name}; give it a value with bind({{ {name}: … }})"
    ))
}

enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
    Value(&'a str),
}

/// What starts with a bracket, and how long it is.
fn part_of(text: &str) -> (Part<'_>, usize) {
    let between = |open: &str, close: &str, allowed: fn(char) -> bool| {
        let inner = text.strip_prefix(open)?;
        let inner = &inner[..inner.find(close)?];
        let is_name = !inner.is_empty() && inner.chars().all(allowed);
        is_name.then_some((inner, open.len() + inner.len() + close.len()))
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    if let Some((name, length)) = between("{:", "}", is_word) {
        return (Part::Value(name), length);
    }
    let found = between("{{", "}}", is_name).or_else(|| between("[[", "]]", is_name));
    match found {
        Some((name, length)) => (Part::Name(name), length),
        None => (Part::Text(&text[..1]), 1),
    }
}

/// A name of a table or a column, each part of it in quotes; what is no plain
/// name, such as `count(*)`, stays as it is.
pub(crate) fn quoted(name: &str) -> String {
    let is_plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || "_- ".contains(c))
    };
    let part = |part: &str| match part {
        "*" => "*".to_owned(),
        part if is_plain(part) => format!("`{part}`"),
        part => part.to_owned(),
    };
    match name.split('.').all(|text| text == "*" || is_plain(text)) {
        true => name.split('.').map(part).collect::<Vec<_>>().join("."),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn place_holders_become_values_and_names_quotes() {
        let template = Template {
            sql: "SELECT [[a.b]] FROM {{posts}} WHERE x = {:x} AND y > {:y} OR z = {:x} -- {x} [1] {{".into(),
            params: json!({ "x": 1, "y": "'", "unused": 3 }).as_object().unwrap().clone(),
        };
        let made = template.finish(Duration::ZERO).unwrap();
        assert_eq!(
            made.sql,
            "SELECT `a`.`b` FROM `posts` WHERE x = ? AND y > ? OR z = ? -- {x} [1] {{"
        );
        assert_eq!(made.values, [json!(1), json!("'"), json!(1)]);
        let missing = Template::new("{:x}").finish(Duration::ZERO).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "missing parameter: x; give it a value with bind({ x: … })"
        );
    }

    #[test]
    fn only_names_are_quoted() {
        for (name, wanted) in [
            ("a", "`a`"),
            ("a.b", "`a`.`b`"),
            ("a.*", "`a`.*"),
            ("*", "*"),
            ("count(*)", "count(*)"),
            ("a`b", "a`b"),
            ("", ""),
        ] {
            assert_eq!(quoted(name), wanted);
        }
    }
}
