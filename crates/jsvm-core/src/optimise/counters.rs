//! `for (let i = 0; …; i++)`: the turns are counted by `i` itself.
//!
//! The one rule: the check comes after as many turns as with a counter of its
//! own, to the turn.
//!
//! Why it does: `i` starts at a literal, only the update writes it, and the
//! update runs once for each turn, after `continue` too. So `i` is a number
//! that grows by the same step, and has passed a bound that is 32 steps away
//! after 32 turns. Near 2^53 a step can be too small to change `i`; bounds end
//! there, so from then on each turn checks. A loop inside another one keeps the
//! shared counter, which is not set back when it starts again.

use super::Plan;
use oxc_ast::{
    AstKind,
    ast::{
        AssignmentTarget, BindingPattern, Expression, ForStatement, ForStatementInit,
        SimpleAssignmentTarget, Statement, VariableDeclarationKind,
    },
};
use oxc_semantic::{NodeId, Semantic, SymbolId};
use oxc_span::GetSpan;
use oxc_syntax::operator::{AssignmentOperator, UpdateOperator};
use std::collections::BTreeSet;

/// The variable that counts the turns of a loop.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) name: String,
    pub(crate) first: u32,
    pub(crate) step: u32,
    /// Whether loops inside need a counter.
    pub(crate) has_loops: bool,
}

impl Counter {
    /// What the variable is after so many turns.
    pub(crate) fn bound(&self, turns: u32) -> u64 {
        u64::from(self.first) + u64::from(self.step) * u64::from(turns)
    }
}

const MAX_FIRST: f64 = 1_000_000_000.0;
const MAX_STEP: f64 = 1_000_000.0;

pub(super) fn find(semantic: &Semantic<'_>, locals: &BTreeSet<SymbolId>, plan: &mut Plan) {
    for node in semantic.nodes().iter() {
        if let AstKind::ForStatement(it) = node.kind()
            && function_without_loop(semantic, node.id())
            && let Some(counter) = counter(semantic, locals, it)
        {
            plan.counters.insert(it.span.start, counter);
        }
    }
    let outer: Vec<u32> = semantic
        .nodes()
        .iter()
        .filter(|node| is_loop(node.kind()))
        .filter_map(|node| outer_loop(semantic, node.id()))
        .collect();
    for start in outer {
        if let Some(counter) = plan.counters.get_mut(&start) {
            counter.has_loops = true;
        }
    }
}

fn counter(
    semantic: &Semantic<'_>,
    locals: &BTreeSet<SymbolId>,
    it: &ForStatement<'_>,
) -> Option<Counter> {
    let Some(ForStatementInit::VariableDeclaration(declaration)) = &it.init else {
        return None;
    };
    if declaration.kind != VariableDeclarationKind::Let {
        return None;
    }
    let (updated, step) = update(semantic, it.update.as_ref()?)?;
    let declarator = declaration.declarations.iter().find(|it| {
        matches!(&it.id, BindingPattern::BindingIdentifier(id) if id.symbol_id.get() == Some(updated))
    })?;
    let first = integer(declarator.init.as_ref()?, MAX_FIRST)?;
    let writes = semantic
        .scoping()
        .get_resolved_references(updated)
        .filter(|reference| reference.is_write())
        .count();
    let is_counter = writes == 1 && locals.contains(&updated) && !is_hidden(semantic, it, updated);
    is_counter.then(|| Counter {
        name: semantic.scoping().symbol_name(updated).to_owned(),
        first,
        step,
        has_loops: false,
    })
}

/// Whether the body has another variable of that name.
fn is_hidden(semantic: &Semantic<'_>, it: &ForStatement<'_>, symbol: SymbolId) -> bool {
    let Statement::BlockStatement(body) = &it.body else {
        return false;
    };
    let scoping = semantic.scoping();
    body.scope_id
        .get()
        .is_none_or(|scope| scoping.scope_has_binding(scope, scoping.symbol_ident(symbol)))
}

/// What the update adds to which variable.
fn update(semantic: &Semantic<'_>, update: &Expression<'_>) -> Option<(SymbolId, u32)> {
    let (target, step) = match update {
        Expression::UpdateExpression(it) if it.operator == UpdateOperator::Increment => {
            let SimpleAssignmentTarget::AssignmentTargetIdentifier(target) = &it.argument else {
                return None;
            };
            (target, 1)
        }
        Expression::AssignmentExpression(it) if it.operator == AssignmentOperator::Addition => {
            let AssignmentTarget::AssignmentTargetIdentifier(target) = &it.left else {
                return None;
            };
            (
                target,
                integer(&it.right, MAX_STEP).filter(|step| *step > 0)?,
            )
        }
        _ => return None,
    };
    let reference = semantic.scoping().get_reference(target.reference_id());
    Some((reference.symbol_id()?, step))
}

fn integer(expression: &Expression<'_>, max: f64) -> Option<u32> {
    match expression {
        Expression::NumericLiteral(it) if it.value.fract() == 0.0 && it.value <= max => {
            format!("{}", it.value).parse().ok()
        }
        _ => None,
    }
}

pub(super) fn is_loop(kind: AstKind<'_>) -> bool {
    matches!(
        kind,
        AstKind::ForStatement(_)
            | AstKind::ForInStatement(_)
            | AstKind::ForOfStatement(_)
            | AstKind::WhileStatement(_)
            | AstKind::DoWhileStatement(_)
    )
}

/// Ends what belongs to one activation: a function, or what runs like one.
fn is_boundary(kind: AstKind<'_>) -> bool {
    crate::analysis::is_function(kind)
        || matches!(
            kind,
            AstKind::StaticBlock(_) | AstKind::PropertyDefinition(_)
        )
}

/// Whether the loop is in a function, and in no other loop of it.
fn function_without_loop(semantic: &Semantic<'_>, node: NodeId) -> bool {
    let nodes = semantic.nodes();
    let mut kinds = nodes.ancestor_ids(node).map(|id| nodes.kind(id));
    kinds
        .find(|kind| is_loop(*kind) || is_boundary(*kind))
        .is_some_and(crate::analysis::is_function)
}

/// Where the outermost loop around a loop of the same function starts.
fn outer_loop(semantic: &Semantic<'_>, node: NodeId) -> Option<u32> {
    let nodes = semantic.nodes();
    nodes
        .ancestor_ids(node)
        .map(|id| nodes.kind(id))
        .take_while(|kind| !is_boundary(*kind))
        .filter(|kind| is_loop(*kind))
        .last()
        .map(|kind| kind.span().start)
}
