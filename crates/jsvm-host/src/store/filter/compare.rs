//! Comparisons of two sides, as SQL.
//!
//! The one rule: null and the empty text are equal, except in JSON. Knows
//! nothing of fields.

use super::{
    Clauses,
    lexer::{Sign, Test},
};
use jsvm::cast;
use rusqlite::types::Value as Sql;

/// What stands on one side of a comparison.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// The value.
    pub(super) value: Operand,
    /// How it treats null.
    pub(super) nulls: Nulls,
    /// All the values, if it may have several.
    pub(super) many: Option<Many>,
    /// A further condition on the row that it reads.
    pub(super) guard: Option<String>,
}

/// A value, as SQL or still to be bound.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// An expression.
    Sql(String),
    /// No value.
    Null,
    /// A truth value.
    Flag(bool),
    /// A value, which is bound where it is used.
    Bound(Sql),
}

/// What null is in an equation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    /// As good as empty.
    AsEmpty,
    /// As good as empty, although the other side is known.
    AsEmptyAlways,
    /// Itself.
    Kept,
}

/// The values of a side, one row each.
#[derive(Debug, Clone)]
pub(super) struct Many {
    /// The expression.
    pub(super) value: String,
    /// Where it is read, with `FROM`.
    pub(super) from: String,
}

impl Side {
    /// A side that is one value.
    pub(super) fn new(value: Operand) -> Self {
        Self {
            value,
            nulls: Nulls::AsEmpty,
            many: None,
            guard: None,
        }
    }

    /// The side as an expression; a value is bound.
    pub(super) fn sql(&self, clauses: &mut Clauses) -> String {
        match &self.value {
            Operand::Sql(sql) => sql.clone(),
            Operand::Null => "NULL".to_owned(),
            Operand::Flag(flag) => i32::from(*flag).to_string(),
            Operand::Bound(value) => clauses.bind(value.clone()),
        }
    }

    fn is_empty(&self) -> bool {
        match &self.value {
            Operand::Null => true,
            Operand::Bound(Sql::Text(text)) => text.is_empty() && self.nulls == Nulls::AsEmpty,
            _ => false,
        }
    }

    fn is_known(&self) -> bool {
        match &self.value {
            _ if self.nulls == Nulls::AsEmptyAlways => false,
            Operand::Flag(_) => true,
            Operand::Bound(_) => !self.is_empty(),
            Operand::Sql(_) | Operand::Null => false,
        }
    }
}

/// The condition for all that both sides stand for.
pub(super) fn condition(clauses: &mut Clauses, left: &Side, sign: Sign, right: &Side) -> String {
    let mut sql = single(clauses, left, sign.test, right);
    if !sign.any
        && let Some(all) = every(clauses, left, sign.test, right)
    {
        sql = format!("({sql} AND {all})");
    }
    for guard in [&left.guard, &right.guard].into_iter().flatten() {
        sql = format!("({sql} AND {guard})");
    }
    sql
}

/// That no value of a side with several breaks the condition.
fn every(clauses: &mut Clauses, left: &Side, test: Test, right: &Side) -> Option<String> {
    let column = |side: &Side, name: &str| Side {
        nulls: side.nulls,
        ..Side::new(Operand::Sql(name.to_owned()))
    };
    let other = |side: &Side| Side::new(side.value.clone());
    let rows = |many: &Many| format!("(SELECT {} AS v{})", many.value, many.from);
    let (from, left, right) = match (&left.many, &right.many) {
        (None, None) => return None,
        (Some(many), None) => {
            let from = format!("{} AS l", rows(many));
            (from, column(left, "l.v"), other(right))
        }
        (None, Some(many)) => {
            let from = format!("{} AS r", rows(many));
            (from, other(left), column(right, "r.v"))
        }
        (Some(first), Some(second)) => {
            let from = format!("{} AS l LEFT JOIN {} AS r", rows(first), rows(second));
            (from, column(left, "l.v"), column(right, "r.v"))
        }
    };
    let sql = single(clauses, &left, test, &right);
    Some(format!(
        "NOT EXISTS (SELECT 1 FROM {from} WHERE NOT ({sql}))"
    ))
}

fn single(clauses: &mut Clauses, left: &Side, test: Test, right: &Side) -> String {
    let sign = match test {
        Test::Equal => return equation(clauses, left, Equation::EQUAL, right),
        Test::Unequal => return equation(clauses, left, Equation::UNEQUAL, right),
        Test::Like => return like(clauses, left, "LIKE", right),
        Test::Unlike => return like(clauses, left, "NOT LIKE", right),
        Test::Less => "<",
        Test::AtMost => "<=",
        Test::Greater => ">",
        Test::AtLeast => ">=",
    };
    format!("{} {sign} {}", left.sql(clauses), right.sql(clauses))
}

/// The words of `=` and of `!=`.
struct Equation {
    sign: &'static str,
    null_sign: &'static str,
    join: &'static str,
    null_test: &'static str,
}

impl Equation {
    const EQUAL: Self = Self {
        sign: "=",
        null_sign: "IS",
        join: "OR",
        null_test: "IS NULL",
    };
    // Not `!=`, which is neither true nor false where a column is null.
    const UNEQUAL: Self = Self {
        sign: "IS NOT",
        null_sign: "IS NOT",
        join: "AND",
        null_test: "IS NOT NULL",
    };
}

fn equation(clauses: &mut Clauses, left: &Side, words: Equation, right: &Side) -> String {
    let Equation {
        sign,
        null_sign,
        join,
        null_test,
    } = words;
    if left.nulls == Nulls::Kept || right.nulls == Nulls::Kept {
        return format!("{} {null_sign} {}", left.sql(clauses), right.sql(clauses));
    }
    let is_direct = left.is_known() || right.is_known();
    match (left.is_empty(), right.is_empty()) {
        (true, true) => format!("'' {sign} ''"),
        (true, false) if is_direct => format!("'' {sign} {}", right.sql(clauses)),
        (false, true) if is_direct => format!("{} {sign} ''", left.sql(clauses)),
        (false, false) if is_direct => {
            format!("{} {sign} {}", left.sql(clauses), right.sql(clauses))
        }
        // Two tests can use an index, which COALESCE cannot.
        (true, false) => {
            let sql = right.sql(clauses);
            format!("('' {sign} {sql} {join} {sql} {null_test})")
        }
        (false, true) => {
            let sql = left.sql(clauses);
            format!("({sql} {sign} '' {join} {sql} {null_test})")
        }
        (false, false) => format!(
            "COALESCE({}, '') {sign} COALESCE({}, '')",
            left.sql(clauses),
            right.sql(clauses)
        ),
    }
}

fn like(clauses: &mut Clauses, left: &Side, sign: &str, right: &Side) -> String {
    let sql = left.sql(clauses);
    let pattern = match &right.value {
        Operand::Bound(value) => clauses.bind(like_pattern(&to_text(value))),
        _ => format!("('%' || {} || '%')", right.sql(clauses)),
    };
    format!("{sql} {sign} {pattern} ESCAPE '\\'")
}

fn to_text(value: &Sql) -> String {
    match value {
        Sql::Null => String::new(),
        Sql::Integer(number) => number.to_string(),
        Sql::Real(number) => cast::to_text(&cast::number(*number)),
        Sql::Text(text) => text.clone(),
        Sql::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The text itself if it has a `%`, else anything that contains it.
fn like_pattern(text: &str) -> String {
    match has_wildcard(text) {
        true => text.to_owned(),
        false => format!("%{}%", escaped(text)),
    }
}

fn has_wildcard(text: &str) -> bool {
    let mut is_escaped = false;
    for c in text.chars() {
        if c == '%' && !is_escaped {
            return true;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    false
}

/// Escapes what LIKE would interpret, unless the author has done so.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(next @ ('\\' | '%' | '_'))) => {
                out.extend(['\\', *next]);
                rest.next();
            }
            ('\\' | '%' | '_', _) => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns_follow_pocketbase() {
        for (text, wanted) in [
            ("abc", "%abc%"),
            ("ab%c", "ab%c"),
            (r"ab\%c", r"%ab\%c%"),
            (r"%ab\%c", r"%ab\%c"),
            (r"ab\\%c", r"ab\\%c"),
            ("ab_c", r"%ab\_c%"),
            (r"ab\_c", r"%ab\_c%"),
            ("%ab_c", "%ab_c"),
            (r"ab\c", r"%ab\\c%"),
            (r"ab\", r"%ab\\%"),
            ("", "%%"),
        ] {
            assert_eq!(like_pattern(text), wanted);
        }
    }
}
