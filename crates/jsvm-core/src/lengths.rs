//! `list.length = 0` as `list["length"] = 0`.
//!
//! The one rule: each place that writes a `length` by its name is rewritten,
//! and nothing else. From its second run on, the engine's inline cache of such
//! a place writes the number and leaves the elements of an array where they
//! are; a computed key does not go through that cache. Knows nothing of checks.

use crate::{marks::Marks, optimise::Piece};
use oxc_ast::ast::{Program, SimpleAssignmentTarget, StaticMemberExpression};
use oxc_ast_visit::{VisitJs, walk_js};
use oxc_span::{GetSpan, Span};

/// Text to insert, by bytes.
#[derive(Default)]
pub(crate) struct Lengths {
    /// Goes behind all else of the same place.
    pub(crate) opens: Vec<(u32, Piece)>,
    /// Goes in front of all else of the same place.
    pub(crate) closes: Vec<(u32, String)>,
}

/// Finds what to insert into a program.
///
/// The dot and the name are hidden each in a comment of its own, so what is
/// between them, comments and line breaks, stays what it is.
pub(crate) fn find(program: &Program<'_>) -> Lengths {
    let mut finder = Finder {
        text: program.source_text,
        comments: program.comments.iter().map(|it| it.span).collect(),
        found: Lengths::default(),
    };
    finder.visit_program(program);
    finder.found
}

struct Finder<'p> {
    text: &'p str,
    comments: Vec<Span>,
    found: Lengths,
}

impl Finder<'_> {
    fn rewrite(&mut self, target: &StaticMemberExpression<'_>) {
        let hidden = &Marks::get().hidden;
        let name = target.property.span;
        let Some(dot) = self.dot(target.object.span().end, name.start) else {
            return;
        };
        let key = Marks::get().rewritten("[\"length\"]");
        let mut hide = |text: String, start, end| {
            let piece = Piece {
                text,
                told_at: Some(name.start),
            };
            self.found.opens.push((start, piece));
            self.found.closes.push((end, hidden.1.clone()));
        };
        hide(hidden.0.clone(), dot, dot + 1);
        hide(format!("{key}{}", hidden.0), name.start, name.end);
    }

    /// The first dot that is not in a comment.
    fn dot(&self, start: u32, end: u32) -> Option<u32> {
        let gap = self.text.get(start as usize..end as usize)?.bytes();
        let mut dots = (start..).zip(gap).filter(|(_, byte)| *byte == b'.');
        let is_comment = |at: u32| {
            let mut comments = self.comments.iter();
            comments.any(|span| span.start <= at && at < span.end)
        };
        dots.find(|(at, _)| !is_comment(*at)).map(|(at, _)| at)
    }
}

impl<'a> VisitJs<'a> for Finder<'_> {
    fn visit_simple_assignment_target(&mut self, it: &SimpleAssignmentTarget<'a>) {
        if let SimpleAssignmentTarget::StaticMemberExpression(target) = it
            && target.property.name == "length"
        {
            self.rewrite(target);
        }
        walk_js::walk_simple_assignment_target(self, it);
    }
}
