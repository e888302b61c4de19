//! Which declaration each name means.
//!
//! The one rule: a name that is asked for with `typeof` is one that may be
//! missing, and its author knows; it is never told.

use super::Analysis;
use oxc_ast::AstKind;
use oxc_semantic::{Reference, Semantic, SymbolId};
use oxc_syntax::operator::UnaryOperator;
use std::collections::BTreeSet;

/// A name and the byte at which it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Where it stands.
    pub at: usize,
    /// The name, escapes resolved.
    pub name: String,
}

/// A variable that a function uses and does not define.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The name of the variable.
    pub name: String,
    /// Where the function uses it first.
    pub used_at: usize,
    /// Where it is declared.
    pub declared_at: usize,
}

/// One use of a variable that is declared in the source.
pub(super) struct Use {
    at: usize,
    symbol: SymbolId,
    is_test: bool,
}

/// All uses of declared variables, in the order in which they stand.
pub(super) fn uses(semantic: &Semantic<'_>) -> Vec<Use> {
    let scoping = semantic.scoping();
    let mut uses: Vec<Use> = scoping
        .symbol_ids()
        .flat_map(|symbol| {
            scoping
                .get_resolved_references(symbol)
                .map(move |it| (symbol, it))
        })
        .filter(|(_, reference)| reference.is_value())
        .map(|(symbol, reference)| Use {
            at: semantic.reference_span(reference).start as usize,
            symbol,
            is_test: is_test(semantic, reference),
        })
        .collect();
    uses.sort_by_key(|it| it.at);
    uses
}

/// Whether this is `typeof name`.
fn is_test(semantic: &Semantic<'_>, reference: &Reference) -> bool {
    let parent = semantic.nodes().parent_kind(reference.node_id());
    matches!(parent, AstKind::UnaryExpression(it) if it.operator == UnaryOperator::Typeof)
}

impl Analysis<'_> {
    /// The variables that the function at this byte uses and that are declared
    /// outside of it, each with its first use, in their order.
    ///
    /// Names that nothing in the source declares are not among them: see
    /// [`unresolved`](Self::unresolved).
    pub fn captures(&self, function: usize) -> Vec<Capture> {
        let Some(range) = self.function(function) else {
            return Vec::new();
        };
        let first = self.uses.partition_point(|it| it.at < range.start);
        let inside = self.uses[first..].iter().take_while(|it| it.at < range.end);
        let scoping = self.semantic.scoping();
        let mut done: BTreeSet<SymbolId> = inside
            .clone()
            .filter(|it| it.is_test)
            .map(|it| it.symbol)
            .collect();
        inside
            .filter_map(|it| {
                let declared_at = scoping.symbol_span(it.symbol).start as usize;
                let is_new = !range.contains(&declared_at) && done.insert(it.symbol);
                is_new.then(|| Capture {
                    name: scoping.symbol_name(it.symbol).to_owned(),
                    used_at: it.at,
                    declared_at,
                })
            })
            .collect()
    }

    /// The names that nothing in the source declares, wherever they are used.
    pub fn unresolved(&self) -> Vec<Name> {
        let scoping = self.semantic.scoping();
        let mut names: Vec<Name> = scoping
            .root_unresolved_references()
            .iter()
            .map(|(name, ids)| (name, ids.iter().map(|id| scoping.get_reference(*id))))
            .filter(|(_, uses)| !uses.clone().any(|it| is_test(&self.semantic, it)))
            .flat_map(|(name, uses)| {
                uses.filter(|it| it.is_value()).map(|it| Name {
                    at: self.semantic.reference_span(it).start as usize,
                    name: name.to_string(),
                })
            })
            .collect();
        names.sort();
        names
    }

    /// What the source declares at its top level.
    pub fn top_level(&self) -> Vec<Name> {
        let scoping = self.semantic.scoping();
        let bindings = scoping.get_bindings(scoping.root_scope_id()).iter();
        let mut names: Vec<Name> = bindings
            .map(|(name, symbol)| Name {
                at: scoping.symbol_span(*symbol).start as usize,
                name: name.to_string(),
            })
            .collect();
        names.sort();
        names
    }
}
