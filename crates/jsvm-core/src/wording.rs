//! What the engine's messages leave out: which expression they are about.
//!
//! The one rule: the source at the place of an error is read, and a message
//! changes only if that text fits it; scripts see the engine's own words.

use crate::{
    error::{Position, ScriptError},
    source::Source,
};

/// An expression that is longer is not repeated in a message.
const LONGEST: usize = 80;

/// The error, with the expression in its message if it can be told.
pub(crate) fn named(mut err: ScriptError, source: &Source, position: &Position) -> ScriptError {
    let whole = source.whole();
    let at = whole.offset_of(position.line, position.column);
    let (before, after) = whole.text().split_at(at);
    if let Some(message) = clearer(&err.message, before, after) {
        err.message = message;
    }
    err
}

fn clearer(message: &str, before: &str, after: &str) -> Option<String> {
    match message {
        "not a callable function" if after.starts_with('(') => {
            let function = expression_at_end(before)?;
            Some(format!("`{function}` is not a function"))
        }
        "cannot convert 'null' or 'undefined' to object" => {
            let name = name_at_start(after)?;
            let object = expression_at_end(before.strip_suffix('.')?)?;
            nothing(object, name, &after[name.len()..])
        }
        _ => None,
    }
}

/// What has no members; `rest` is behind the name of the member.
///
/// The engine keeps no place for the method of a call, and tells that of the
/// member before it: in `a.b.c()`, `a.b` and what it has not stand at `b`.
fn nothing(object: &str, name: &str, rest: &str) -> Option<String> {
    if rest.contains("](") {
        return None;
    }
    let next = rest.split_inclusive('.').nth(1).unwrap_or_default();
    let method = name_at_start(next).unwrap_or_default();
    if !next[method.len()..].starts_with('(') {
        return Some(match object {
            "null" | "undefined" => format!("`{object}` has no `{name}`"),
            _ => format!("`{object}` is null or undefined, so it has no `{name}`"),
        });
    }
    // A method that is called further on, or in the arguments, may be meant.
    let is_sure = rest.starts_with('.') && next.contains(')');
    is_sure.then(|| format!("`{object}` or `{object}.{name}` is null or undefined"))
}

fn name_at_start(text: &str) -> Option<&str> {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

/// Names, members, calls and elements, as in `$app.store().get("a")`.
fn expression_at_end(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            '.' => {}
            c if depth > 0 && c != '\n' || is_part(c) => {}
            _ => break,
        }
        start = at;
        if text.len() - start > LONGEST {
            return None;
        }
    }
    let found = text[start..].trim_start_matches('.');
    (depth == 0 && found.starts_with(is_part)).then_some(found)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expression_at_the_place_is_named() {
        for (before, wanted) in [
            ("x = $app.expand", Some("$app.expand")),
            ("return a.b(1, [2]).c", Some("a.b(1, [2]).c")),
            ("list[0].run", Some("list[0].run")),
            ("values\n    .filter", Some("filter")),
            ("(() => 1)", None),
            ("f(x", Some("x")),
            ("a)", None),
            ("", None),
            (&"x".repeat(100), None),
        ] {
            assert_eq!(expression_at_end(before), wanted, "{before}");
        }
    }

    #[test]
    fn only_a_message_that_fits_its_place_changes() {
        let null = "cannot convert 'null' or 'undefined' to object";
        for (message, before, after, wanted) in [
            (
                "not a callable function",
                "a.b",
                "()",
                Some("`a.b` is not a function"),
            ),
            ("not a callable function", "a.b", " ()", None),
            (
                null,
                "a.b.",
                "c = 1",
                Some("`a.b` is null or undefined, so it has no `c`"),
            ),
            (
                null,
                "a.",
                "c; d.e; f()",
                Some("`a` is null or undefined, so it has no `c`"),
            ),
            (
                null,
                "a.",
                "c.d()",
                Some("`a` or `a.c` is null or undefined"),
            ),
            (null, "a.", "c.d('x.y')", None),
            (null, "a.", "c; d.e()", None),
            (null, "a.", "c; d['e']()", None),
            (null, "null.", "c", Some("`null` has no `c`")),
            (null, "Object.keys", "(null)", None),
            ("something else", "a", "()", None),
        ] {
            assert_eq!(
                clearer(message, before, after).as_deref(),
                wanted,
                "{before}{after}"
            );
        }
    }
}
