//! What the API looks like, as TypeScript tells it.
//!
//! The one rule: `pocketbase.d.ts` is the one list of names; what looks for a
//! known name reads it there. It was made from PocketBase's surface, with
//! texts of our own.

mod names;
mod records;

use crate::collection::Collection;
use std::sync::Arc;

pub(crate) use names::{looks_like_hook, names};

/// The declarations of everything but the records of a project.
pub(crate) const DECLARATIONS: &str = include_str!("pocketbase.d.ts");

/// What a `types.d.ts` says: the API, and the records of these collections.
///
/// ```
/// let text = jsvm_bindings::types(&[]);
/// assert!(text.contains("declare function onRecordCreate"));
/// ```
pub fn types(collections: &[Arc<Collection>]) -> String {
    format!("{DECLARATIONS}{}", records::declarations(collections))
}
