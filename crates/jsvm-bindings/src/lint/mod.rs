//! The traps of hook files, told before they snap.
//!
//! The one rule: it reads sources and runs nothing; what it tells is there,
//! and in doubt it is silent. What the language means is asked of
//! `jsvm_core::analysis`; here is what the names are for.

mod captures;
mod foreign;
mod handlers;
mod kinds;
mod nearest;
mod next;
mod old;
mod successors;
mod tags;

pub(crate) use old::{cure_for, cure_for_member};
pub use tags::unknown_tags;

use crate::hooks::HookSet;
use handlers::FileFacts;
use jsvm_core::{Position, Source};
use std::fmt;

/// A trap that hook files can fall into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Trap {
    /// A handler uses a variable that exists only outside of it.
    OutsideVariable,
    /// A name of PocketBase before 0.23.
    OldName,
    /// A name of the API that there never was.
    UnknownName,
    /// A name of PocketBase that is not there, or not in this sandbox.
    NotThere,
    /// A field of a record, asked for as if it was a property.
    RecordField,
    /// A tag that is the name of no collection.
    UnknownTag,
    /// A handler can end without `e.next()`, and something is lost then.
    MissingNext,
}

impl Trap {
    /// One stable word: `outside-variable`, `old-name`, `unknown-name`,
    /// `not-there`, `record-field`, `unknown-tag` or `missing-next`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutsideVariable => "outside-variable",
            Self::OldName => "old-name",
            Self::UnknownName => "unknown-name",
            Self::NotThere => "not-there",
            Self::RecordField => "record-field",
            Self::UnknownTag => "unknown-tag",
            Self::MissingNext => "missing-next",
        }
    }

    /// How sure it is that something will go wrong.
    pub fn severity(self) -> Severity {
        match self {
            Self::MissingNext => Severity::Hint,
            _ => Severity::Warning,
        }
    }
}

/// How sure it is that something will go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// It may be what was meant.
    Hint,
    /// It fails when it runs.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
        })
    }
}

/// A trap at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which trap.
    pub trap: Trap,
    /// Where.
    pub position: Position,
    /// What is wrong.
    pub message: String,
    /// What else helps to understand it, such as where a name is defined.
    pub notes: Vec<String>,
    /// What can be done about it; any of them is enough.
    pub cures: Vec<String>,
    /// The source line with a mark under the place.
    pub frame: Option<String>,
}

impl Finding {
    fn new(trap: Trap, source: &Source, at: usize, message: String) -> Self {
        let position = source.position_of(at);
        Self {
            trap,
            frame: source.code_frame(&position),
            position,
            message,
            notes: Vec::new(),
            cures: Vec::new(),
        }
    }

    /// All of it for a terminal; `label` is what it is called, for example
    /// its [`severity`](Trap::severity).
    pub fn report(&self, label: &str) -> String {
        let mut out = format!("{label}: {} [{}]", self.message, self.trap.as_str());
        match &self.frame {
            Some(frame) => out.push_str(&format!("\n{frame}")),
            None => out.push_str(&format!("\n --> {}", self.position)),
        }
        for note in &self.notes {
            out.push_str(&format!("\n  = {note}"));
        }
        for cure in &self.cures {
            out.push_str(&format!("\n  = cure: {cure}"));
        }
        out
    }
}

/// Looks for traps in hook files.
///
/// `hooks` is what came of loading them: it knows handlers that cannot be
/// told from the text alone, and modules that registered some. Files that are no JavaScript are passed over;
/// loading tells what is wrong with them. Findings come in the order of the
/// files and their lines. Call it on a thread with
/// [`STACK_SIZE`](jsvm_core::STACK_SIZE) bytes of stack.
pub fn lint(files: &[Source], hooks: &HookSet) -> Vec<Finding> {
    let modules = handlers::modules(files, hooks);
    let of_files = files.iter().filter_map(|it| FileFacts::of(it, hooks));
    let of_modules = modules
        .iter()
        .filter_map(|it| FileFacts::of_module(it, hooks));
    let facts: Vec<FileFacts<'_>> = of_files.chain(of_modules).collect();
    let mut findings = Vec::new();
    for file in &facts {
        let first = findings.len();
        findings.extend(captures::findings(&facts, file));
        findings.extend(old::findings(&facts, file, &hooks.absent));
        findings.extend(next::findings(file));
        findings[first..].sort_by_key(|it: &Finding| (it.position.line, it.position.column));
    }
    findings
}

#[cfg(test)]
mod tests;
