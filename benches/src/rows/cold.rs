//! What does a first execution cost, and what is spared by keeping its program
//! or its function?
//!
//! `first` compiles the source, makes the function in a VM and calls it;
//! `parsed` has the program and makes the function; `precompiled` calls for the
//! first time a function that was made ahead, which is what a request finds
//! once hooks are loaded; `kept` called it before.

use super::{Row, Target};
use crate::{
    engines::{bare, cold, quickjs},
    harness::Entrant,
};

/// A handler of one line, and one of the size that people write; both are
/// called with 1.
const HANDLERS: [(&str, &str, f64); 2] = [
    ("line", "(e) => e + 1", 2.0),
    ("page", include_str!("../../scripts/page.js"), 25.0),
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, text, wanted) in HANDLERS {
        let first = || Entrant::new("first", move || cold::first(text, wanted));
        let parsed = Entrant::new("ours", move || cold::parsed(text, wanted));
        rows.push(Row::new(
            format!("cold/parsed/{name}"),
            vec![parsed, first()],
        ));
        let precompiled = Entrant::new("ours", move || cold::precompiled(text, wanted));
        rows.push(Row {
            target: Some(Target::Ratio(0.5, "first")),
            ..Row::new(
                format!("cold/precompiled/{name}"),
                vec![precompiled, first()],
            )
        });
        let kept = Entrant::new("ours", move || cold::kept(text, wanted));
        let parsed = Entrant::new("parsed", move || cold::parsed(text, wanted));
        rows.push(Row {
            target: Some(Target::Ratio(0.8, "parsed")),
            ..Row::new(format!("cold/kept/{name}"), vec![kept, parsed])
        });
    }
    rows.extend([file(), disk(), vm()]);
    rows
}

/// A hook file of 200 lines as a function: checked, metered, compiled.
fn file() -> Row {
    let entrants = vec![
        Entrant::new("ours", || cold::file(&hooks())),
        Entrant::new("boa", || bare::file(&hooks())),
        Entrant::new("rquickjs", || quickjs::file(&hooks())),
    ];
    Row {
        goja: Some(1.72),
        target: Some(Target::Ratio(5.0, "rquickjs")),
        ..Row::new("cold/file_200_lines", entrants)
    }
}

/// The same file's program, from what a disk keeps of it and from its source.
fn disk() -> Row {
    let entrants = vec![
        Entrant::new("ours", || cold::from_disk(&hooks())),
        Entrant::new("compiled", || cold::compiled(&hooks())),
    ];
    Row {
        target: Some(Target::Ratio(1.0, "compiled")),
        ..Row::new("cold/from_disk", entrants)
    }
}

/// A VM with the standard's built-in functions.
fn vm() -> Row {
    let entrants = vec![
        Entrant::new("ours", cold::vm),
        Entrant::new("boa", bare::vm),
        Entrant::new("rquickjs", quickjs::vm),
    ];
    Row::new("cold/vm", entrants)
}

/// Forty lines of hooks for each of five collections, as one function.
fn hooks() -> String {
    let part = include_str!("../../scripts/hooks.js");
    let names = ["posts", "users", "orders", "comments", "invoices"];
    let parts = names.map(|name| part.replace("posts", name));
    format!("(e) => {{\n{}}}", parts.concat())
}
