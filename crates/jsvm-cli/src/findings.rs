//! How `check`, `serve` and a reload tell what came of loading hook files.
//!
//! The one rule: a mistake is told once, whichever way it was found.

use crate::run::error_in_json;
use anyhow::Result;
use jsvm::{Collection, Finding, HookSet, Position, ScriptError, Severity, Source};
use jsvm_host::Project;
use serde_json::{Value, json};
use std::sync::Arc;

/// Prints the warnings about hooks that were loaded, and counts them; not
/// those at a place where loading `failed`, which was told.
pub(crate) fn warn(
    files: &[Source],
    hooks: &HookSet,
    collections: &[Arc<Collection>],
    failed: &[Position],
    is_strict: bool,
) -> Result<usize> {
    let mut findings = all(files, hooks, collections)?;
    findings.retain(|it| is_warning(it) && !failed.contains(&it.position));
    for finding in &findings {
        eprintln!("{}\n", finding.report(label(finding, is_strict)));
    }
    Ok(findings.len())
}

/// Every trap that the hooks of a project with these collections fall into.
pub(crate) fn all(
    files: &[Source],
    hooks: &HookSet,
    collections: &[Arc<Collection>],
) -> Result<Vec<Finding>> {
    let mut findings = jsvm::lint(files, hooks)?;
    findings.extend(jsvm::unknown_tags(hooks, collections));
    Ok(findings)
}

pub(crate) fn is_warning(finding: &Finding) -> bool {
    finding.trap.severity() == Severity::Warning
}

pub(crate) fn label(finding: &Finding, is_strict: bool) -> &'static str {
    match finding.trap.severity() {
        Severity::Hint => "hint",
        _ if is_strict => "error",
        _ => "warning",
    }
}

/// What is wrong with a hook file, with its frame.
pub(crate) fn failure(file: &str, err: &ScriptError) -> String {
    format!("failed to load {file}:\n{}\n", err.report())
}

/// The same as data; an error without a place is one of the whole file.
pub(crate) fn failure_in_json(file: &str, err: &ScriptError) -> Value {
    let mut told = error_in_json(err);
    if err.position.is_none() {
        told["file"] = file.into();
    }
    told
}

pub(crate) fn finding_in_json(finding: &Finding, is_strict: bool) -> Value {
    json!({
        "trap": finding.trap.as_str(),
        "severity": label(finding, is_strict),
        "file": finding.position.file,
        "line": finding.position.line,
        "column": finding.position.column,
        "message": finding.message,
        "notes": finding.notes,
        "cures": finding.cures,
    })
}

/// Says so if a project has no hook files, which is seldom what is wanted.
pub(crate) fn tell_if_there_are_none(project: &Project, files: &[Source]) {
    let dir = project.hooks_dir();
    match files {
        [] if dir.is_dir() => eprintln!(
            "there are no hooks: no file in {} ends in .pb.js or .pb.ts",
            dir.display()
        ),
        [] => eprintln!(
            "there are no hooks: there is no directory {}",
            dir.display()
        ),
        _ => {}
    }
}

/// What there is of hooks, for people.
pub(crate) fn summary(hooks: &HookSet) -> String {
    [
        counted(hooks.files().len(), "hook file"),
        counted(hooks.handlers(), "handler"),
        counted(hooks.routes().len(), "route"),
        counted(hooks.middlewares().len(), "middleware"),
        counted(hooks.crons().len(), "cron job"),
    ]
    .join(", ")
}

/// A number and its noun.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
