//! What a source says about itself without being run.
//!
//! The one rule: it only reads, and answers with plain data: names and byte
//! offsets. It knows the language, and nothing of what any name is for; what
//! to make of the answers is for those who know what a handler is.

mod chains;
mod flow;
mod scopes;

pub use chains::{Argument, Chain, Root, Step};
pub use flow::Counts;
pub use scopes::{Capture, Name};

use crate::{limits::Limits, nesting, source::Source};
use oxc_allocator::Allocator;
use oxc_ast::{AstKind, ast::Program};
use oxc_parser::Parser;
use oxc_semantic::{NodeId, Semantic, SemanticBuilder};
use oxc_span::{GetSpan, SourceType};
use std::{collections::BTreeMap, ops::Range};

/// A source that was parsed, and whose names were looked up.
///
/// Functions are named by the byte at which they start.
pub struct Analysis<'a> {
    semantic: Semantic<'a>,
    uses: Vec<scopes::Use>,
    functions: BTreeMap<usize, NodeId>,
}

/// Parses `source` and lets `ask` put questions to it.
///
/// `None` if the source is no JavaScript, and no TypeScript either: then there
/// is nothing to say but the syntax error, which compiling tells. The parser
/// uses the caller's stack: give it [`STACK_SIZE`](crate::STACK_SIZE) where the
/// source may be hostile.
///
/// ```
/// use jsvm_core::{Source, analysis::analyse};
///
/// let source = Source::new("a.js", "const limit = 1; f(() => limit)");
/// let captured = analyse(&source, |analysis| analysis.captures(19)).unwrap();
/// assert_eq!(captured[0].name, "limit");
/// ```
pub fn analyse<T>(source: &Source, ask: impl FnOnce(&Analysis<'_>) -> T) -> Option<T> {
    if nesting::scan(source.text(), Limits::MAX_NESTING).is_err() {
        return None;
    }
    let allocator = Allocator::default();
    let program = allocator.alloc(parse(&allocator, source.text())?);
    let built = SemanticBuilder::new().with_build_nodes(true).build(program);
    Some(ask(&Analysis::new(built.semantic)))
}

/// As a script; else as what it may be meant to be, to say at least something.
fn parse<'a>(allocator: &'a Allocator, text: &'a str) -> Option<Program<'a>> {
    [SourceType::script(), SourceType::mjs(), SourceType::ts()]
        .into_iter()
        .map(|kind| Parser::new(allocator, text, kind).parse())
        .find(|parsed| parsed.diagnostics.errors().next().is_none())
        .map(|parsed| parsed.program)
}

impl<'a> Analysis<'a> {
    fn new(semantic: Semantic<'a>) -> Self {
        let functions = semantic
            .nodes()
            .iter()
            .filter(|node| is_function(node.kind()))
            .map(|node| (node.kind().span().start as usize, node.id()))
            .collect();
        Self {
            uses: scopes::uses(&semantic),
            semantic,
            functions,
        }
    }

    /// Where the function that starts at this byte stands, if there is one.
    pub fn function(&self, start: usize) -> Option<Range<usize>> {
        let id = self.functions.get(&start)?;
        let span = self.semantic.nodes().kind(*id).span();
        Some(span.start as usize..span.end as usize)
    }
}

pub(crate) fn is_function(kind: AstKind<'_>) -> bool {
    matches!(
        kind,
        AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
    )
}
