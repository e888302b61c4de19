//! Tags that no event has.
//!
//! The one rule: only what a project has can tell; without collections nothing
//! is told, nor of hooks that may be about collections or tables to come.

use super::{Finding, Trap, nearest::nearest};
use crate::{collection::Collection, hooks::HookSet};
use std::sync::Arc;

/// Looks for handlers whose tags are the names of no collection, so that they
/// never run.
///
/// `collections` are all that there are; if there is none, nothing is told.
/// Handlers of `onModel…` and `onCollection…` are passed over, and tags that
/// start with `_`, which PocketBase keeps for itself. Findings come by hook,
/// in registration order.
pub fn unknown_tags(hooks: &HookSet, collections: &[Arc<Collection>]) -> Vec<Finding> {
    if collections.is_empty() {
        return Vec::new();
    }
    let is_known = |tag: &str| {
        let mut collections = collections.iter();
        tag.starts_with('_') || collections.any(|it| it.name == tag || it.id == tag)
    };
    let of_records = hooks
        .handlers
        .iter()
        .filter(|(hook, _)| is_of_records(hook));
    let handlers =
        of_records.flat_map(|(hook, handlers)| handlers.iter().map(move |it| (hook, it)));
    let tags = handlers.flat_map(|(hook, handler)| {
        let tags = handler.tags.iter().filter(|tag| !is_known(tag));
        tags.map(move |tag| (hook, handler, tag))
    });
    tags.map(|(hook, handler, tag)| {
        let message =
            format!("this {hook} handler never runs for `{tag}`: there is no such collection");
        let names = collections.iter().map(|it| it.name.as_str());
        let meant = nearest(tag, names).map(|it| format!("did you mean `{it}`?"));
        Finding {
            cures: meant.into_iter().collect(),
            ..Finding::new(Trap::UnknownTag, handler.program.source(), 0, message)
        }
    })
    .collect()
}

fn is_of_records(hook: &str) -> bool {
    !hook.starts_with("onModel") && !hook.starts_with("onCollection")
}
