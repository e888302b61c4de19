//! A pattern as a tree of what is to be matched.
//!
//! The one rule: names, flags and case are resolved here; below this, there
//! are only sets of characters, sequences, choices and repetitions.

use super::set::Set;
use std::{ops::Range, rc::Rc};

/// As often as there is text.
pub(super) const NO_END: u32 = u32::MAX;

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Node {
    /// Matches without taking anything.
    Empty,
    /// Exactly this character.
    Char(u32),
    /// One character out of a set.
    Set(Rc<Set>),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first that works.
    Choice(Vec<Node>),
    /// `(...)`, by its number.
    Group(u32, Box<Node>),
    /// `*`, `+`, `?` and `{...}`.
    Repeat(Box<Repeat>),
    /// `^`, with the flag `m` at each line.
    Start { multiline: bool },
    /// `$`, with the flag `m` at each line.
    End { multiline: bool },
    /// `\b` and `\B`.
    Boundary { negative: bool, word: Rc<Set> },
    /// `(?=...)` and its siblings.
    Look {
        behind: bool,
        negative: bool,
        body: Box<Node>,
    },
    /// `\1` or `\k<name>`; of several groups with one name, that which matched.
    Back {
        groups: Rc<[u32]>,
        ignore_case: bool,
    },
}

/// A part that is repeated.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) body: Node,
    pub(super) min: u32,
    /// [`NO_END`] for no bound.
    pub(super) max: u32,
    pub(super) greedy: bool,
    /// The groups inside, which each turn forgets.
    pub(super) groups: Range<u32>,
}

impl Node {
    pub(super) fn choice(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            1 => nodes.remove(0),
            _ => Self::Choice(nodes),
        }
    }

    pub(super) fn sequence(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            0 => Self::Empty,
            1 => nodes.remove(0),
            _ => Self::Sequence(nodes),
        }
    }

    /// Whether it can match without taking a character.
    pub(super) fn is_nullable(&self) -> bool {
        match self {
            Self::Char(_) | Self::Set(_) => false,
            Self::Sequence(nodes) => nodes.iter().all(Self::is_nullable),
            Self::Choice(nodes) => nodes.iter().any(Self::is_nullable),
            Self::Group(_, body) => body.is_nullable(),
            Self::Repeat(repeat) => repeat.min == 0 || repeat.body.is_nullable(),
            _ => true,
        }
    }

    /// Whether what it matches depends on more than the place in the text.
    pub(super) fn has_references(&self) -> bool {
        match self {
            Self::Back { .. } => true,
            Self::Sequence(nodes) | Self::Choice(nodes) => nodes.iter().any(Self::has_references),
            Self::Group(_, body) | Self::Look { body, .. } => body.has_references(),
            Self::Repeat(repeat) => repeat.body.has_references(),
            _ => false,
        }
    }

    /// Whether it can only match at the start of the text.
    pub(super) fn is_anchored(&self) -> bool {
        match self {
            Self::Start { multiline } => !multiline,
            Self::Sequence(nodes) => nodes.first().is_some_and(Self::is_anchored),
            Self::Choice(nodes) => nodes.iter().all(Self::is_anchored),
            Self::Group(_, body) => body.is_anchored(),
            Self::Repeat(repeat) => repeat.min > 0 && repeat.body.is_anchored(),
            _ => false,
        }
    }

    /// The characters that a match can start with; `None` if it can be empty.
    pub(super) fn first(&self) -> Option<Set> {
        match self {
            Self::Char(character) => Some(Set::one(*character)),
            Self::Set(set) => Some(Set::clone(set)),
            Self::Group(_, body) => body.first(),
            Self::Repeat(repeat) if repeat.min > 0 => repeat.body.first(),
            Self::Choice(nodes) => {
                let sets: Option<Vec<Set>> = nodes.iter().map(Self::first).collect();
                let ranges = sets?
                    .iter()
                    .flat_map(|set| set.ranges().to_vec())
                    .collect::<Vec<_>>();
                Some(Set::new(ranges))
            }
            Self::Sequence(nodes) => Self::first_of(nodes),
            _ => None,
        }
    }

    fn first_of(nodes: &[Self]) -> Option<Set> {
        let mut ranges = Vec::new();
        for node in nodes {
            if let Some(set) = node.first() {
                ranges.extend_from_slice(set.ranges());
                return Some(Set::new(ranges));
            }
            // What is skipped may also match: its own beginning counts too.
            ranges.extend_from_slice(node.optional_first()?.ranges());
        }
        None
    }

    /// The characters that it starts with if it takes any.
    fn optional_first(&self) -> Option<Set> {
        match self {
            Self::Repeat(repeat) => repeat.body.first(),
            Self::Empty | Self::Start { .. } | Self::Boundary { .. } | Self::Look { .. } => {
                Some(Set::default())
            }
            _ => None,
        }
    }
}
