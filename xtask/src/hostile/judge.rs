//! What a hostile script may come to, and what it must not.
//!
//! The rule, by what the first line of a script expects:
//!
//! - `ok`: it must end as a value. An error is right only if it is one of
//!   [`REFUSALS`], which are documented and the same for every script; a limit
//!   only if it bounds what a script may be or hold, not what it may take. What
//!   the clock stopped is run again by the caller with more time.
//! - `error`: it must end as an error of the script or by a limit. A value is
//!   right only for the scripts of [`VALUES`].
//! - `limit`, `interrupt`: it must end by a limit, or as an error of the
//!   script, since work may be refused before it starts. A value before the
//!   deadline is [`Verdict::Early`]: work that became finite is no fault, but
//!   somebody should look. A value after it means that the end was swallowed.
//!
//! Whatever it expects, a script must not hang, take the process down, answer
//! later than [`GRACE`] past its deadline, or end in a fault of the engine.
//! This module does not know how scripts are run.

use std::time::Duration;

/// How long past its deadline a script may answer.
pub(crate) const GRACE: Duration = Duration::from_millis(50);

/// What a script was written to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Ok,
    Error,
    /// A limit other than time stops it, or time does.
    Limit,
    /// It runs until its deadline.
    Interrupt,
}

impl Expected {
    /// Reads the first comment of a script: `// expect: limit  why`.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("// expect: ")?;
        let word: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        match word.as_str() {
            "ok" => Some(Self::Ok),
            "error" => Some(Self::Error),
            "limit" => Some(Self::Limit),
            "interrupt" => Some(Self::Interrupt),
            _ => None,
        }
    }
}

/// What a script came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value,
    /// What the script threw, or why it was refused.
    Error {
        kind: String,
        message: String,
    },
    /// The kind of the limit.
    Limit(String),
    /// It did not end and was killed.
    Hang,
    /// The process ended by itself, without an answer.
    Abort(String),
}

/// An outcome with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// How long the execution took, as its process tells.
    pub(crate) took: Duration,
}

/// Whether an answer is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    /// A value, though the script was written to have no end.
    Early,
    Wrong,
    /// Right, but too late.
    Late,
}

/// Part of an error's message, and why a harmless script may end so.
const REFUSALS: &[(&str, &str)] = &[
    ("`with`", "the statement could hide the checks"),
    ("not UTF-8", "a source is UTF-8"),
    ("HTML comments", "parsers read them differently"),
    ("async generators", "the engine panics in them"),
    ("Temporal is not defined", "goja has no Temporal"),
    (
        "host is not defined",
        "the script needs a harness of its own",
    ),
];

/// Limits of what a script may be or hold, which a harmless one may meet, too.
const SIZES: &[&str] = &["nesting", "json-nesting", "source-size", "memory"];

/// Scripts that were expected to throw, and why they do not.
const VALUES: &[(&str, &str)] = &[
    ("escape/import_abs", "a promise is a value, if rejected"),
    ("escape/import_data", "a promise is a value, if rejected"),
    ("escape/import_dynamic", "a promise is a value, if rejected"),
    ("stack/catch_syntax", "the script catches what it meets"),
    ("stack/json_parse_reviver_deep", "the result is flat"),
    ("stack/proxy_chain_call", "the stack is large enough"),
];

/// Judges what the script `name` (`group/script`) came to.
pub(crate) fn judge(name: &str, expected: Expected, answer: &Answer, timeout: Duration) -> Verdict {
    let Answer { outcome, took } = answer;
    match (expected, outcome) {
        (Expected::Limit | Expected::Interrupt, Outcome::Value) if *took < timeout => {
            Verdict::Early
        }
        _ if !is_right(name, expected, outcome) => Verdict::Wrong,
        _ if *took > timeout + GRACE => Verdict::Late,
        _ => Verdict::Right,
    }
}

/// Whether a script may only have been too slow for its time.
pub(crate) fn deserves_more_time(expected: Expected, outcome: &Outcome) -> bool {
    expected == Expected::Ok && *outcome == Outcome::Limit("timeout".into())
}

fn is_right(name: &str, expected: Expected, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Hang | Outcome::Abort(_) => false,
        Outcome::Error { kind, .. } if kind == "EngineError" => false,
        Outcome::Value => match expected {
            Expected::Ok => true,
            Expected::Error => VALUES.iter().any(|(script, _)| *script == name),
            Expected::Limit | Expected::Interrupt => false,
        },
        Outcome::Error { message, .. } => expected != Expected::Ok || is_refusal(message),
        Outcome::Limit(kind) => expected != Expected::Ok || SIZES.contains(&kind.as_str()),
    }
}

fn is_refusal(message: &str) -> bool {
    REFUSALS.iter().any(|(part, _)| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(500);

    fn verdict(expected: Expected, outcome: Outcome, millis: u64) -> Verdict {
        let took = Duration::from_millis(millis);
        judge("group/name", expected, &Answer { outcome, took }, TIMEOUT)
    }

    fn error(kind: &str, message: &str) -> Outcome {
        Outcome::Error {
            kind: kind.into(),
            message: message.into(),
        }
    }

    fn limit() -> Outcome {
        Outcome::Limit("timeout".into())
    }

    #[test]
    fn the_expectation_is_the_first_comment() {
        for (text, expected) in [
            ("// expect: ok  why\n1", Some(Expected::Ok)),
            ("\u{feff}// expect: limit\r1", Some(Expected::Limit)),
            (
                "#!/usr/bin/env node\n// expect: error",
                Some(Expected::Error),
            ),
            ("// expect: interrupt  x", Some(Expected::Interrupt)),
            ("// expect: nothing", None),
            ("1", None),
        ] {
            assert_eq!(Expected::of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn endless_scripts_end_by_a_limit_or_are_refused() {
        for expected in [Expected::Limit, Expected::Interrupt] {
            assert_eq!(verdict(expected, limit(), 500), Verdict::Right);
            let refused = error("TypeError", "eval is refused");
            assert_eq!(verdict(expected, refused, 1), Verdict::Right);
            assert_eq!(verdict(expected, Outcome::Value, 1), Verdict::Early);
            assert_eq!(verdict(expected, Outcome::Value, 500), Verdict::Wrong);
        }
    }

    #[test]
    fn harmless_scripts_end_as_values_but_for_documented_refusals() {
        assert_eq!(verdict(Expected::Ok, Outcome::Value, 1), Verdict::Right);
        assert_eq!(verdict(Expected::Ok, limit(), 500), Verdict::Wrong);
        assert!(deserves_more_time(Expected::Ok, &limit()));
        assert!(!deserves_more_time(Expected::Limit, &limit()));
        let nested = Outcome::Limit("nesting".into());
        assert_eq!(verdict(Expected::Ok, nested, 1), Verdict::Right);
        let thrown = error("TypeError", "x is not a function");
        assert_eq!(verdict(Expected::Ok, thrown, 1), Verdict::Wrong);
        let with = error("SyntaxError", "the `with` statement is not supported");
        assert_eq!(verdict(Expected::Ok, with, 1), Verdict::Right);
    }

    #[test]
    fn throwing_scripts_do_not_end_as_values() {
        let thrown = error("Error", "x");
        assert_eq!(verdict(Expected::Error, thrown, 1), Verdict::Right);
        assert_eq!(verdict(Expected::Error, limit(), 1), Verdict::Right);
        assert_eq!(verdict(Expected::Error, Outcome::Value, 1), Verdict::Wrong);
    }

    #[test]
    fn nothing_may_hang_abort_or_break_the_engine() {
        for outcome in [
            Outcome::Hang,
            Outcome::Abort("signal 6".into()),
            error("EngineError", "a panic"),
        ] {
            assert_eq!(verdict(Expected::Error, outcome, 1), Verdict::Wrong);
        }
    }

    #[test]
    fn a_right_answer_may_be_late() {
        assert_eq!(verdict(Expected::Interrupt, limit(), 550), Verdict::Right);
        assert_eq!(verdict(Expected::Interrupt, limit(), 551), Verdict::Late);
        assert_eq!(verdict(Expected::Ok, Outcome::Value, 551), Verdict::Late);
    }
}
