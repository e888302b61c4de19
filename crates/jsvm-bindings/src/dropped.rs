//! Writes that a handler dropped because it did not call `e.next()`.
//!
//! The one rule: PocketBase takes that for success, and so do we; but it is
//! told, once for each handler, as nobody else will.

use crate::{app::App, hooks::Handler, lock::lock, output::Level};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// What does not happen if no handler of the hook goes on; `None` if nothing
/// is lost by that.
pub(crate) fn lost_without_next(hook: &str) -> Option<&'static str> {
    let is_about = |start: &str| hook.starts_with(start);
    let is_stored = is_about("onRecord") || is_about("onModel") || is_about("onCollection");
    let action = hook.trim_end_matches("Execute");
    if hook.ends_with("Request") {
        Some("what the client asked for is not done, and it gets an empty answer")
    } else if !is_stored || hook.contains("After") {
        None
    } else if action.ends_with("Create") || action.ends_with("Update") {
        Some("nothing is stored, and nobody is told")
    } else if action.ends_with("Delete") {
        Some("nothing is deleted, and nobody is told")
    } else if hook.ends_with("Validate") {
        Some("the values are not checked")
    } else {
        None
    }
}

/// The handlers that were told of.
#[derive(Default)]
pub(crate) struct Dropped(Mutex<BTreeSet<(Arc<str>, String)>>);

impl Dropped {
    /// A chain ended at this handler, without an error and without its action.
    pub(crate) fn tell(&self, app: &App, handler: &Handler) {
        let Some(lost) = lost_without_next(&handler.name) else {
            return;
        };
        let place = handler.program.source().to_string();
        let line = format!(
            "{} handler at {place}: it ended without e.next(), so {lost}; \
             call e.next() on every way, or throw an error (told once)",
            handler.name
        );
        let mut told = lock(&self.0);
        if told.insert((Arc::clone(&handler.name), place)) {
            drop(told);
            app.log(Level::Warn, &line);
        }
    }
}
