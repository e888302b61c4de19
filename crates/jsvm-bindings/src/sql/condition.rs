//! Conditions, as `$dbx` makes them.
//!
//! The one rule: a condition that says nothing leaves no trace in the text.

use super::{Params, Template, quoted};
use serde_json::Value;

/// What a `WHERE` may hold.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// Text of the author with its values.
    Text(String, Params),
    /// Columns and what they have to be.
    Equal(Params),
    /// The opposite.
    Not(Box<Condition>),
    /// All of them, or any.
    Several(&'static str, Vec<Condition>),
    /// A column is one of the values, or none of them.
    In(String, Vec<Value>, bool),
    /// A column is like all or any of the texts.
    Like(Like),
    /// A query finds something, or nothing.
    Exists(Box<Condition>, bool),
    /// A column is between two values, or outside.
    Between(String, [Value; 2], bool),
}

/// A comparison with parts of texts.
#[derive(Debug, Clone)]
pub(crate) struct Like {
    pub(crate) column: String,
    pub(crate) values: Vec<Value>,
    /// `LIKE` or `NOT LIKE`.
    pub(crate) operator: &'static str,
    /// `AND` or `OR`.
    pub(crate) joined: &'static str,
    pub(crate) sides: LikeSides,
    /// What else is written instead of which text, before anything goes around
    /// it; none is what `LIKE` itself needs.
    pub(crate) escapes: Vec<(String, String)>,
}

/// On which sides of a text anything may stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LikeSides {
    pub(crate) left: bool,
    pub(crate) right: bool,
}

impl Condition {
    /// Writes the condition; empty if it says nothing.
    pub(crate) fn write(&self, into: &mut Template) -> String {
        match self {
            Self::Text(text, params) => with_params(text, params, into),
            Self::Equal(columns) => equal(columns, into),
            Self::Not(inner) => match inner.write(into) {
                empty if empty.is_empty() => empty,
                text => format!("NOT ({text})"),
            },
            Self::Several(operator, parts) => several(operator, parts, into),
            Self::In(column, values, negated) => is_in(column, values, *negated, into),
            Self::Like(like) => like.write(into),
            Self::Exists(inner, negated) => match inner.write(into) {
                empty if empty.is_empty() && *negated => empty,
                empty if empty.is_empty() => "0=1".into(),
                text if *negated => format!("NOT EXISTS ({text})"),
                text => format!("EXISTS ({text})"),
            },
            Self::Between(column, [first, last], negated) => {
                let not = if *negated { "NOT " } else { "" };
                let (first, last) = (into.bind(first.clone()), into.bind(last.clone()));
                format!("{} {not}BETWEEN {first} AND {last}", quoted(column))
            }
        }
    }
}

/// Place holders of different conditions may have the same name.
pub(super) fn with_params(text: &str, params: &Params, into: &mut Template) -> String {
    let mut text = text.to_owned();
    for (name, value) in params {
        if into.params.get(name).is_none_or(|known| known == value) {
            into.params.insert(name.clone(), value.clone());
            continue;
        }
        let holder = into.bind(value.clone());
        text = text.replace(&format!("{{:{name}}}"), &holder);
    }
    text
}

fn equal(columns: &Params, into: &mut Template) -> String {
    let parts: Vec<_> = columns
        .iter()
        .map(|(name, value)| match value {
            Value::Null => format!("{} IS NULL", quoted(name)),
            Value::Array(values) => is_in(name, values, false, into),
            value => format!("{}={}", quoted(name), into.bind(value.clone())),
        })
        .collect();
    parts.join(" AND ")
}

fn several(operator: &str, parts: &[Condition], into: &mut Template) -> String {
    let texts: Vec<_> = parts
        .iter()
        .map(|part| part.write(into))
        .filter(|text| !text.is_empty())
        .collect();
    match texts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        several => format!("({})", several.join(&format!(") {operator} ("))),
    }
}

fn is_in(column: &str, values: &[Value], negated: bool, into: &mut Template) -> String {
    let name = quoted(column);
    match (values, negated) {
        ([], true) => String::new(),
        ([], false) => "0=1".into(),
        ([Value::Null], true) => format!("{name} IS NOT NULL"),
        ([Value::Null], false) => format!("{name} IS NULL"),
        ([one], true) => format!("{name}<>{}", into.bind(one.clone())),
        ([one], false) => format!("{name}={}", into.bind(one.clone())),
        (several, _) => {
            let places: Vec<_> = several
                .iter()
                .map(|value| into.bind(value.clone()))
                .collect();
            let not = if negated { "NOT " } else { "" };
            format!("{name} {not}IN ({})", places.join(", "))
        }
    }
}

impl Like {
    fn write(&self, into: &mut Template) -> String {
        let column = quoted(&self.column);
        let parts: Vec<_> = self
            .values
            .iter()
            .map(|value| {
                let holder = into.bind(self.pattern(value).into());
                format!("{column} {} {holder} ESCAPE '\\'", self.operator)
            })
            .collect();
        parts.join(&format!(" {} ", self.joined))
    }

    fn pattern(&self, value: &Value) -> String {
        let mut text = crate::cast::to_text(value);
        for special in ['\\', '%', '_'].iter().filter(|_| self.escapes.is_empty()) {
            text = text.replace(*special, &format!("\\{special}"));
        }
        for (from, to) in &self.escapes {
            text = text.replace(from, to);
        }
        let side = |is_open: bool| if is_open { "%" } else { "" };
        format!("{}{text}{}", side(self.sides.left), side(self.sides.right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn params(value: Value) -> Params {
        value.as_object().unwrap().clone()
    }

    fn check(condition: &Condition, wanted: &str, values: &[Value]) {
        let mut template = Template::default();
        template.sql = condition.write(&mut template);
        let made = template.finish(Duration::ZERO).unwrap();
        assert_eq!((made.sql.as_str(), &*made.values), (wanted, values));
    }

    #[test]
    fn columns_are_compared() {
        let hash = params(json!({ "a": 1, "b": null, "c": [1, 2], "d": [] }));
        check(
            &Condition::Equal(hash),
            "`a`=? AND `b` IS NULL AND `c` IN (?, ?) AND 0=1",
            &[json!(1), json!(1), json!(2)],
        );
        check(&Condition::In("a".into(), vec![], true), "", &[]);
        check(
            &Condition::Between("a".into(), [json!(1), json!(2)], true),
            "`a` NOT BETWEEN ? AND ?",
            &[json!(1), json!(2)],
        );
        check(
            &Condition::Like(Like {
                column: "t".into(),
                values: vec![json!("5%"), json!("b")],
                operator: "LIKE",
                joined: "OR",
                sides: LikeSides {
                    left: true,
                    right: false,
                },
                escapes: Vec::new(),
            }),
            "`t` LIKE ? ESCAPE '\\' OR `t` LIKE ? ESCAPE '\\'",
            &[json!("%5\\%"), json!("%b")],
        );
    }

    #[test]
    fn conditions_go_together() {
        let text = |text: &str, value: Value| Condition::Text(text.into(), params(value));
        let both = Condition::Several(
            "OR",
            vec![
                text("a = {:x}", json!({ "x": 1 })),
                Condition::Equal(Params::new()),
                Condition::Not(Box::new(text("b = {:x}", json!({ "x": 2 })))),
            ],
        );
        check(&both, "(a = ?) OR (NOT (b = ?))", &[json!(1), json!(2)]);
        let nothing = Condition::Not(Box::new(Condition::Several("AND", vec![])));
        check(&nothing, "", &[]);
    }
}
