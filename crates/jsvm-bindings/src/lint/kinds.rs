//! What the value of a chain is, as far as its text tells.
//!
//! The one rule: no guess from the shape of a program; a value is a record
//! because of what made it, or because its author calls it that.

use super::handlers::{FileFacts, Role};
use jsvm_core::analysis::{Argument, Chain, Root, Step};
use std::collections::BTreeMap;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    App,
    /// What `$app.dao()` was.
    Dao,
    Event,
    Record,
    Records,
    Collection,
    RequestInfo,
    /// An object with a `$`, by its name.
    Object(&'static str),
}

impl Kind {
    /// What messages call such a value.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::App => "$app",
            Self::Dao => "dao",
            Self::Event => "e",
            Self::Record => "record",
            Self::Records => "records",
            Self::Collection => "collection",
            Self::RequestInfo => "info",
            Self::Object(name) => name,
        }
    }

    /// The object whose members are all known.
    pub(super) fn object(self) -> Option<&'static str> {
        match self {
            Self::App => Some("$app"),
            Self::Object(name) => Some(name),
            _ => None,
        }
    }

    /// What a member of such a value is.
    pub(super) fn after(self, step: &Step) -> Option<Self> {
        let name = step.name.as_str();
        match (self, name) {
            (Self::App, "dao") => Some(Self::Dao),
            (Self::App | Self::Dao, _) => found(name),
            (Self::Event, "app") => Some(Self::App),
            (Self::Event, "record" | "model" | "auth") => Some(Self::Record),
            (Self::Event, "records") => Some(Self::Records),
            (Self::Event, "collection") => Some(Self::Collection),
            (Self::Event, "httpContext" | "requestEvent") => Some(Self::Event),
            (Self::Event | Self::Object("$apis"), "requestInfo") => Some(Self::RequestInfo),
            (Self::Record, "collection") => Some(Self::Collection),
            (Self::Record, "original" | "fresh" | "clone" | "expandedOne") => Some(Self::Record),
            (Self::Record, "expandedAll") => Some(Self::Records),
            (Self::Records, "[]") => Some(Self::Record),
            (Self::Records, "filter" | "slice" | "sort") => Some(Self::Records),
            _ => None,
        }
    }
}

/// What a method of the app finds.
fn found(method: &str) -> Option<Kind> {
    let found = method.strip_prefix("find")?;
    if found.ends_with("CollectionByNameOrId") {
        Some(Kind::Collection)
    } else if found.contains("RecordBy") {
        Some(Kind::Record)
    } else if found.starts_with("Records") || found == "AllRecords" {
        Some(Kind::Records)
    } else {
        None
    }
}

/// What the parameters of the functions of a file are.
pub(super) struct Kinds(BTreeMap<usize, Kind>);

impl Kinds {
    pub(super) fn of(file: &FileFacts<'_>) -> Self {
        let events = file
            .handlers
            .iter()
            .filter(|it| it.roles.iter().any(|role| *role != Role::Cron))
            .map(|it| (it.range.start, Kind::Event));
        let transactions = file
            .chains
            .iter()
            .flat_map(|it| &it.steps)
            .flat_map(|step| {
                let is_one = step.name == "runInTransaction";
                let given = step.call.iter().flatten().filter(move |_| is_one);
                given.filter_map(|it| match it {
                    Argument::Function(start) => Some((*start, Kind::App)),
                    _ => None,
                })
            });
        Self(transactions.chain(events).collect())
    }

    /// What a chain starts with, and the index of the first step behind it.
    pub(super) fn start(&self, chain: &Chain) -> (Option<Kind>, usize) {
        let first = chain.steps.first().map_or("", |it| it.name.as_str());
        match &chain.root {
            Root::Global => (global(first), 1),
            Root::New => (made(first), 1),
            Root::Parameter { function, index: 0 } => (self.0.get(function).copied(), 0),
            Root::Other(Some(name)) => (called(name), 0),
            _ => (None, 0),
        }
    }
}

fn global(name: &str) -> Option<Kind> {
    let objects = &crate::types::names().members;
    match name {
        "$app" => Some(Kind::App),
        name => objects
            .get_key_value(name)
            .map(|(name, _)| Kind::Object(name)),
    }
}

fn made(class: &str) -> Option<Kind> {
    match class {
        "Record" => Some(Kind::Record),
        "Collection" => Some(Kind::Collection),
        _ => None,
    }
}

/// What a variable is that cannot be followed, by its name.
fn called(name: &str) -> Option<Kind> {
    match name {
        "record" => Some(Kind::Record),
        "collection" => Some(Kind::Collection),
        "dao" | "txDao" => Some(Kind::Dao),
        _ => None,
    }
}
