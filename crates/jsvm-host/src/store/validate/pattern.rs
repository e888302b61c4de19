//! Patterns of fields, as Go reads them.
//!
//! The one rule: matching takes time in proportion to the text, whatever the
//! pattern. A pattern that is none matches nothing, as in PocketBase.

use regex::Regex;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How many patterns stay compiled; schemas have far fewer.
const MAX: usize = 256;

/// Patterns that were compiled before.
#[derive(Default)]
pub(in crate::store) struct Patterns(Mutex<HashMap<String, Option<Regex>>>);

impl Patterns {
    /// Whether the pattern matches anywhere in the text.
    pub(super) fn is_match(&self, pattern: &str, text: &str) -> bool {
        self.compiled(pattern)
            .is_some_and(|regex| regex.is_match(text))
    }

    fn compiled(&self, pattern: &str) -> Option<Regex> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = known.get(pattern) {
            return regex.clone();
        }
        if known.len() >= MAX {
            known.clear();
        }
        let regex = Regex::new(&from_go(pattern)).ok();
        known.insert(pattern.to_owned(), regex.clone());
        regex
    }
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\f\r ";

/// Go's classes `\d \w \s` and its `\b` know ASCII only, and its brackets know
/// no brackets and no set operators within.
fn from_go(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = escape(rest, in_class, &mut out),
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                rest = class_start(rest, &mut out);
            }
            '[' => rest = posix_class(rest, &mut out),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// A `]` at the start of a class is a member of it.
fn class_start<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let inner = rest.strip_prefix('^').unwrap_or(rest);
    if inner.len() < rest.len() {
        out.push('^');
    }
    match inner.strip_prefix(']') {
        Some(inner) => {
            out.push_str(r"\]");
            inner
        }
        None => inner,
    }
}

fn posix_class<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let named = rest
        .starts_with(':')
        .then(|| rest.find(":]"))
        .flatten()
        .map(|end| rest.split_at(end + 2));
    match named {
        Some((name, rest)) => {
            out.push('[');
            out.push_str(name);
            rest
        }
        None => {
            out.push_str(r"\[");
            rest
        }
    }
}

fn escape<'a>(rest: &'a str, in_class: bool, out: &mut String) -> &'a str {
    let Some(c) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    let after = &rest[c.len_utf8()..];
    let set = match c {
        'd' | 'D' => DIGIT,
        'w' | 'W' => WORD,
        's' | 'S' => SPACE,
        'b' if !in_class => {
            out.push_str(r"(?-u:\b)");
            return after;
        }
        'Q' => {
            let (literal, after) = after.split_once(r"\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(literal));
            return after;
        }
        _ => {
            out.extend(['\\', c]);
            return after;
        }
    };
    match (c.is_ascii_uppercase(), in_class) {
        (true, _) => out.push_str(&format!("[^{set}]")),
        (false, true) => out.push_str(set),
        (false, false) => out.push_str(&format!("[{set}]")),
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_go_reads_them() {
        for (pattern, text, wanted) in [
            (r"^[a-z0-9]+$", "abc1", true),
            (r"^[a-z0-9]+$", "Abc1", false),
            (r"b", "abc", true),
            (r"^\d+$", "12", true),
            (r"^\d+$", "\u{0661}", false),
            (r"^\w+$", "é", false),
            (r"^[\w-]+$", "a-b", true),
            (r"^[^\W]+$", "a_b", true),
            (r"^\S+$", "a b", false),
            (r"\bé", "é", false),
            (r"^.{2}$", "éà", true),
            (r"^\p{L}+$", "été", true),
            (r"^[a[]+$", "a[", true),
            (r"^[]a]+$", "]a", true),
            (r"^[^]a]+$", "b", true),
            (r"^[a&&b]+$", "a&b", true),
            (r"^[[:alpha:]_]+$", "a_", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"(?i)^ABC$", "abc", true),
            (r"(", "(", false),
            (r"\", "\\", false),
            (r"(?=a)", "a", false),
        ] {
            assert_eq!(
                Patterns::default().is_match(pattern, text),
                wanted,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer() {
        let text = format!("{}!", "a".repeat(100_000));
        assert!(!Patterns::default().is_match(r"^(a+)+$", &text));
    }

    #[test]
    fn the_number_of_patterns_kept_is_bounded() {
        let patterns = Patterns::default();
        for number in 0..2 * MAX {
            assert!(patterns.is_match(&format!("^{number}$"), &number.to_string()));
        }
        assert!(patterns.0.lock().unwrap().len() <= MAX);
    }
}
