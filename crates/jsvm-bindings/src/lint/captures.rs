//! Handlers that use what exists only outside of them.
//!
//! The one rule: a handler runs in other VMs than its file, so a variable of
//! the file, or of a function around the handler, is not there when it runs.
//! PocketBase: the same; it is the most asked question of its users.

use super::{
    Finding, Trap,
    handlers::{FileFacts, HandlerFacts},
};
use crate::types::names;
use jsvm_core::Position;
use std::collections::BTreeSet;

/// A variable that is not there when the handler runs.
struct Outside<'f> {
    name: &'f str,
    used_at: usize,
    declared: Position,
}

pub(super) fn findings(all: &[FileFacts<'_>], file: &FileFacts<'_>) -> Vec<Finding> {
    let globals: BTreeSet<&str> = all.iter().flat_map(|it| it.made_global()).collect();
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for handler in &file.handlers {
        for it in outside(all, file, handler) {
            let is_there = names().has_global(it.name) || globals.contains(it.name);
            if !is_there && told.insert(it.used_at) {
                findings.push(finding(file, handler, &it));
            }
        }
    }
    findings
}

/// Variables of this file around the handler, and of the other files, whose
/// top level is one scope with that of this one.
fn outside<'f>(
    all: &'f [FileFacts<'_>],
    file: &'f FileFacts<'_>,
    handler: &'f HandlerFacts,
) -> Vec<Outside<'f>> {
    let own = handler.captures.iter().map(|it| Outside {
        name: &it.name,
        used_at: it.used_at,
        declared: file.source.position_of(it.declared_at),
    });
    let mut seen = BTreeSet::new();
    let elsewhere = file.unresolved.iter().filter_map(|it| {
        let is_first = handler.range.contains(&it.at) && seen.insert(&it.name);
        let declared = is_first.then(|| declared(all, &it.name)).flatten()?;
        Some(Outside {
            name: &it.name,
            used_at: it.at,
            declared,
        })
    });
    own.chain(elsewhere).collect()
}

/// Where some file declares the name at its top level.
fn declared(all: &[FileFacts<'_>], name: &str) -> Option<Position> {
    all.iter().find_map(|file| {
        let found = file.shared().iter().find(|it| it.name == name)?;
        Some(file.source.position_of(found.at))
    })
}

fn finding(file: &FileFacts<'_>, handler: &HandlerFacts, outside: &Outside<'_>) -> Finding {
    let name = outside.name;
    let message = format!("this {} cannot see the variable `{name}`", handler.role());
    Finding {
        notes: vec![format!(
            "`{name}` is defined at {}, and a handler runs in other VMs than its file",
            outside.declared
        )],
        cures: vec![
            format!("move `{name}` into the handler"),
            format!("put `{name}` into a module, and `require` that inside of the handler"),
        ],
        ..Finding::new(Trap::OutsideVariable, file.source, outside.used_at, message)
    }
}
