//! What do the checks cost that stop a script?
//!
//! The metered function beside the same text without checks, in the same VM
//! with the same built-in functions.

use super::{Row, Target};
use crate::{
    case::{Case, Input, Text},
    engines::ours,
    harness::Entrant,
};
use serde_json::json;

/// The most that checks may add to loops and calls.
const MOST: f64 = 1.15;

const LOOP: Case = Case {
    text: Text::Script(
        "(function () { let s = 0; for (let i = 0; i < 100; i++) { s += i } return s })",
    ),
    input: Input::Nothing,
    wanted: || json!(4950),
};

const FIB: Case = Case {
    text: Text::Script(include_str!("../../scripts/fib.js")),
    input: Input::Number(20),
    wanted: || json!(6765),
};

/// No loop and no function of its own.
const HOOK: Case = Case {
    text: Text::Script(
        "(function (post) {
            if (!post.title || post.title.length > 100) throw new Error('no title')
            post.slug = post.title.trim().toLowerCase().replace(' ', '-')
            return post.slug
        })",
    ),
    input: Input::Kept("({ title: ' A Title ', slug: '' })"),
    wanted: || json!("a-title"),
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("loop100", &LOOP, MOST),
        row("fib20", &FIB, MOST),
        row("hook", &HOOK, 1.02),
    ]
}

fn row(name: &str, case: &'static Case, most: f64) -> Row {
    let entrants = vec![
        Entrant::new("ours", move || ours::case(case)),
        Entrant::new("unmetered", move || ours::unmetered(case)),
    ];
    Row {
        target: Some(Target::Ratio(most, "unmetered")),
        ..Row::new(format!("meter/{name}"), entrants)
    }
}
