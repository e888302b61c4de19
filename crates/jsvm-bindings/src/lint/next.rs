//! Handlers that can end without `e.next()`.
//!
//! The one rule: a hint, and only where a write, a check or an answer would
//! be lost in silence. A handler that answers itself, or throws, meant it.

use super::{
    Finding, Trap,
    handlers::{FileFacts, HandlerFacts, Role},
};
use crate::dropped;
use jsvm_core::analysis::Counts;

/// What lets a chain go on.
const GOES_ON: Counts<'_> = Counts {
    methods: &["next", "event", "requestEvent"],
    returned: &["Error"],
};

/// What a handler of a request may do instead.
const GOES_ON_OR_ANSWERS: Counts<'_> = Counts {
    methods: &[
        "next",
        "event",
        "requestEvent",
        "json",
        "string",
        "html",
        "xml",
        "blob",
        "stream",
        "fileFS",
        "redirect",
        "noContent",
        "error",
        "badRequestError",
        "unauthorizedError",
        "forbiddenError",
        "notFoundError",
        "tooManyRequestsError",
        "internalServerError",
    ],
    returned: &["Error"],
};

/// What a handler of this role has to call, if it has to call anything.
pub(super) fn wanted(role: &Role) -> Option<Counts<'static>> {
    lost(role).map(|_| match role {
        Role::Hook(name) if !name.ends_with("Request") => GOES_ON,
        _ => GOES_ON_OR_ANSWERS,
    })
}

/// What does not happen without `e.next()`.
fn lost(role: &Role) -> Option<&'static str> {
    match role {
        Role::Hook(name) => dropped::lost_without_next(name),
        Role::Middleware => Some("the client gets an empty answer"),
        Role::Route | Role::Cron => None,
    }
}

pub(super) fn findings(file: &FileFacts<'_>) -> impl Iterator<Item = Finding> {
    file.handlers.iter().filter_map(|it| finding(file, it))
}

fn finding(file: &FileFacts<'_>, handler: &HandlerFacts) -> Option<Finding> {
    let (role, exits) = handler.exits.as_ref()?;
    let (first, others) = exits.split_first()?;
    let lost = lost(role)?;
    let message = format!("this {role} can end here without `e.next()`");
    let others = others.iter().map(|at| {
        let line = file.source.position_of(*at).line;
        format!("and in line {line}")
    });
    Some(Finding {
        notes: std::iter::once(format!("then {lost}"))
            .chain(others)
            .collect(),
        cures: vec!["call `e.next()` on every way, or throw an error".to_owned()],
        ..Finding::new(Trap::MissingNext, file.source, *first, message)
    })
}
