//! What is told about one execution.
//!
//! One rule: plain references; telling costs nothing until somebody listens.
//! This module does not know who counts, logs or stores it.

use std::{fmt::Display, sync::Arc, time::Duration};

/// The kind of [`Outcome::Limit`] that counts as a time-out.
pub const TIMEOUT: &str = "timeout";

/// What an outcome can be called, in the order of [`Outcome::index`].
///
/// A label must have few values, so a kind of limit that is not among these is
/// counted as `limit`.
pub(crate) const LABELS: [&str; 10] = [
    "ok",
    "error",
    TIMEOUT,
    "loops",
    "memory",
    "recursion",
    "nesting",
    "source-size",
    "cancelled",
    "limit",
];

/// One finished run of a handler or script.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// Name of the hook, such as `onRecordCreate`. Recorders know it again by
    /// its address, so keep it and do not make it anew for each execution.
    pub hook: &'a Arc<str>,
    /// Name of the collection the event is about, if it is about one.
    pub collection: Option<&'a str>,
    /// Time from start to end, nested handlers included.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// What it allocated, if that is known.
    pub memory: Option<Memory>,
    /// Whether the function was compiled before.
    pub cache_hit: bool,
    /// Content id of the program, if it has one.
    pub script: Option<&'a dyn Display>,
    /// Where the script was when an error or a limit ended it.
    pub place: Option<&'a dyn Display>,
    /// The limit on `duration` that was in force.
    pub timeout: Duration,
    /// Where the time went; `None` if only who waited for it can tell of it.
    pub times: Option<Times<'a>>,
}

/// What an execution allocated on its thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Bytes allocated meanwhile, whether freed or not.
    pub allocated: u64,
    /// Most bytes held at once, beyond those held at the start.
    pub peak: u64,
}

/// Where the time of an execution went, apart from the script itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times<'a> {
    /// How long the outermost event waited for a worker.
    pub queue: Duration,
    /// Calls of the host, one entry for each function.
    pub host: &'a [HostCall],
}

/// All calls of one function of the host during one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Which function, such as `records.find`.
    pub name: &'static str,
    /// How often.
    pub count: u32,
    /// How long all of them took.
    pub time: Duration,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// It completed.
    Ok,
    /// It threw, or could not run. The message is logged as it is: bound its
    /// length before.
    Error(&'a str),
    /// A limit ended it.
    Limit {
        /// Which limit: [`TIMEOUT`], `loops`, `memory`, `recursion`,
        /// `nesting`, `source-size` or `cancelled`.
        kind: &'a str,
    },
}

impl Outcome<'_> {
    /// `ok`, `error`, or the kind of the limit: few values, fit for a label.
    #[must_use]
    pub fn label(&self) -> &'static str {
        LABELS[self.index()]
    }

    /// Whether the limit on time ended it.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Limit { kind } if *kind == TIMEOUT)
    }

    /// The index of its label.
    #[inline]
    pub(crate) fn index(&self) -> usize {
        match self {
            Self::Ok => 0,
            Self::Error(_) => 1,
            Self::Limit { kind } => LABELS[2..]
                .iter()
                .position(|label| label == kind)
                .map_or(LABELS.len() - 1, |index| index + 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_labels() {
        let limit = |kind| Outcome::Limit { kind };
        let cases = [
            (Outcome::Ok, "ok", false),
            (Outcome::Error("timeout"), "error", false),
            (limit(TIMEOUT), "timeout", true),
            (limit("memory"), "memory", false),
            (limit("ok"), "limit", false),
            (limit("patience"), "limit", false),
        ];
        for (outcome, label, is_timeout) in cases {
            assert_eq!(outcome.label(), label);
            assert_eq!(outcome.is_timeout(), is_timeout, "{outcome:?}");
        }
    }
}
