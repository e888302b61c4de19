//! Whether a function can end without having called something.
//!
//! The one rule: in doubt it says no. What the first parameter is handed to
//! may call it, and so may a function that mentions such a call; a `throw` is
//! an end that its author wanted. One walk over the body follows a single
//! question: can we be here without the call?

use super::Analysis;
use oxc_ast::{
    AstKind,
    ast::{
        ArrowFunctionBody, ArrowFunctionExpression, BindingPattern, BreakStatement, CallExpression,
        ConditionalExpression, ContinueStatement, DoWhileStatement, Expression, ForInStatement,
        ForOfStatement, ForStatement, FormalParameters, Function, IdentifierReference, IfStatement,
        LabeledStatement, LogicalExpression, NewExpression, ReturnStatement, Statement,
        SwitchStatement, ThrowStatement, TryStatement, WhileStatement,
    },
};
use oxc_ast_visit::{VisitJs, walk_js};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;
use std::collections::BTreeSet;

/// What counts as the call that is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Counts<'a> {
    /// Methods of the first parameter.
    pub methods: &'a [&'a str],
    /// Endings of the names of classes: returning a `new` one counts, too.
    pub returned: &'a [&'a str],
}

impl Analysis<'_> {
    /// Where the function at this byte can end without the call: at these
    /// `return`s, or at its last byte.
    pub fn exits_without(&self, function: usize, counts: Counts<'_>) -> Vec<usize> {
        let nodes = self.semantic.nodes();
        let Some(id) = self.functions.get(&function) else {
            return Vec::new();
        };
        let (parameters, body, span) = match nodes.kind(*id) {
            AstKind::Function(it) => match &it.body {
                Some(body) => (&it.params, Body::Block(body), it.span),
                None => return Vec::new(),
            },
            AstKind::ArrowFunctionExpression(it) => (&it.params, body(it), it.span),
            _ => return Vec::new(),
        };
        let Some(calls) = self.calls(parameters, span, counts) else {
            return Vec::new();
        };
        let mut walk = Walk::new(calls, counts);
        walk.function(&body, span);
        walk.exits.sort_unstable();
        walk.exits
    }

    /// The places in the function where the call is made, or may be.
    ///
    /// `None` if there is no telling.
    fn calls(
        &self,
        parameters: &FormalParameters<'_>,
        span: Span,
        counts: Counts<'_>,
    ) -> Option<BTreeSet<u32>> {
        let scoping = self.semantic.scoping();
        let mut by_other_names = scoping
            .root_unresolved_references()
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "arguments" | "__args" | "eval"))
            .flat_map(|(_, ids)| ids.iter().map(|id| scoping.get_reference(*id)));
        let hidden = by_other_names.any(|it| {
            let at = self.semantic.reference_span(it).start;
            (span.start..span.end).contains(&at)
        });
        if hidden || parameters.rest.is_some() {
            return None;
        }
        let Some(first) = parameters.items.first() else {
            return Some(BTreeSet::new());
        };
        let BindingPattern::BindingIdentifier(event) = &first.pattern else {
            return None;
        };
        let places = self.places(event.symbol_id(), counts);
        Some(places)
    }

    /// Where a variable may be what makes the call.
    fn places(&self, event: SymbolId, counts: Counts<'_>) -> BTreeSet<u32> {
        let scoping = self.semantic.scoping();
        scoping
            .get_resolved_references(event)
            .filter(|it| self.may_call(it.node_id(), counts))
            .map(|it| self.semantic.reference_span(it).start)
            .collect()
    }

    /// Anything but reading or calling another member may.
    fn may_call(&self, id: NodeId, counts: Counts<'_>) -> bool {
        let nodes = self.semantic.nodes();
        let span = nodes.kind(id).span();
        match nodes.parent_kind(id) {
            AstKind::StaticMemberExpression(it) if it.object.span() == span => {
                counts.methods.contains(&it.property.name.as_str())
            }
            AstKind::ComputedMemberExpression(it) if it.object.span() == span => {
                match &it.expression {
                    Expression::StringLiteral(text) => {
                        counts.methods.contains(&text.value.as_str())
                    }
                    _ => true,
                }
            }
            _ => true,
        }
    }
}

enum Body<'b, 'a> {
    Block(&'b oxc_ast::ast::FunctionBody<'a>),
    Value(&'b Expression<'a>),
}

fn body<'b, 'a>(arrow: &'b ArrowFunctionExpression<'a>) -> Body<'b, 'a> {
    match &arrow.body {
        ArrowFunctionBody::FunctionBody(it) => Body::Block(it),
        it => Body::Value(it.to_expression()),
    }
}

/// Where `break` leads to.
#[derive(Default)]
struct Target {
    label: Option<String>,
    /// Whether a `break` without a label leads here.
    is_nearest: bool,
    /// Whether somebody came here without the call.
    is_reached: bool,
    /// Whether somebody continued here without the call.
    is_continued: bool,
}

struct Walk<'c> {
    calls: BTreeSet<u32>,
    counts: Counts<'c>,
    /// Whether we can be here without the call.
    is_open: bool,
    /// Whether something may have thrown while we could.
    has_thrown: bool,
    exits: Vec<usize>,
    targets: Vec<Target>,
}

impl<'c> Walk<'c> {
    fn new(calls: BTreeSet<u32>, counts: Counts<'c>) -> Self {
        Self {
            calls,
            counts,
            is_open: true,
            has_thrown: false,
            exits: Vec::new(),
            targets: Vec::new(),
        }
    }

    fn function<'a>(&mut self, body: &Body<'_, 'a>, span: Span) {
        let end = match body {
            Body::Block(block) => {
                walk_js::walk_function_body(self, block);
                span.end as usize - 1
            }
            Body::Value(value) => {
                self.returned(value);
                value.span().start as usize
            }
        };
        self.exit(end);
    }

    fn exit(&mut self, at: usize) {
        if self.is_open {
            self.exits.push(at);
        }
        self.is_open = false;
    }

    fn returned(&mut self, value: &Expression<'_>) {
        self.visit_expression(value);
        if let Expression::NewExpression(made) = value.get_inner_expression()
            && let Expression::Identifier(class) = &made.callee
            && self
                .counts
                .returned
                .iter()
                .any(|end| class.name.ends_with(end))
        {
            self.is_open = false;
        }
    }

    /// A part that may be left by `break`; whether it can be without the call.
    fn target(&mut self, target: Target, inner: impl FnOnce(&mut Self)) -> Target {
        self.targets.push(target);
        inner(self);
        self.targets.pop().unwrap_or_default()
    }

    fn turns(&mut self, inner: impl FnOnce(&mut Self)) -> Target {
        let nearest = Target {
            is_nearest: true,
            ..Target::default()
        };
        self.target(nearest, inner)
    }

    /// A function that mentions the call may make it.
    fn mentions(&mut self, span: Span) {
        if self.calls.range(span.start..span.end).next().is_some() {
            self.is_open = false;
        }
    }

    /// A loop whose body may run not even once.
    fn optional(&mut self, body: &Statement<'_>) {
        let before = self.is_open;
        let target = self.turns(|walk| walk.visit_statement(body));
        self.is_open = before || target.is_reached;
    }
}

fn is_true(test: &Expression<'_>) -> bool {
    matches!(test.get_inner_expression(), Expression::BooleanLiteral(it) if it.value)
}

impl<'a> VisitJs<'a> for Walk<'_> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        if self.calls.contains(&it.span.start) {
            self.is_open = false;
        }
    }

    fn visit_function(&mut self, it: &Function<'a>, _: ScopeFlags) {
        self.mentions(it.span);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.mentions(it.span);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        walk_js::walk_call_expression(self, it);
        self.has_thrown |= self.is_open;
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        walk_js::walk_new_expression(self, it);
        self.has_thrown |= self.is_open;
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.visit_expression(&it.left);
        let skipped = self.is_open;
        self.visit_expression(&it.right);
        self.is_open = skipped;
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.visit_expression(&it.test);
        let before = self.is_open;
        self.visit_expression(&it.consequent);
        let after = std::mem::replace(&mut self.is_open, before);
        self.visit_expression(&it.alternate);
        self.is_open |= after;
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.visit_expression(&it.test);
        let before = self.is_open;
        self.visit_statement(&it.consequent);
        let after = std::mem::replace(&mut self.is_open, before);
        if let Some(alternate) = &it.alternate {
            self.visit_statement(alternate);
        }
        self.is_open |= after;
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.visit_expression(&it.test);
        let skipped = self.is_open && !is_true(&it.test);
        let target = self.turns(|walk| walk.visit_statement(&it.body));
        self.is_open = skipped || target.is_reached;
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        let target = self.turns(|walk| walk.visit_statement(&it.body));
        self.is_open |= target.is_continued;
        self.visit_expression(&it.test);
        self.is_open = (self.is_open && !is_true(&it.test)) || target.is_reached;
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        if let Some(init) = &it.init {
            self.visit_for_statement_init(init);
        }
        let is_endless = it.test.as_ref().is_none_or(is_true);
        if let Some(test) = &it.test {
            self.visit_expression(test);
        }
        let skipped = self.is_open && !is_endless;
        let target = self.turns(|walk| walk.visit_statement(&it.body));
        self.is_open = skipped || target.is_reached;
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.visit_expression(&it.right);
        self.optional(&it.body);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.visit_expression(&it.right);
        self.optional(&it.body);
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.visit_expression(&it.discriminant);
        let before = self.is_open;
        let has_default = it.cases.iter().any(|case| case.test.is_none());
        let target = self.turns(|walk| {
            walk.is_open = false;
            for case in &it.cases {
                walk.is_open |= before;
                walk.visit_statements(&case.consequent);
            }
        });
        self.is_open |= target.is_reached || (before && !has_default);
    }

    fn visit_labeled_statement(&mut self, it: &LabeledStatement<'a>) {
        let labeled = Target {
            label: Some(it.label.name.to_string()),
            ..Target::default()
        };
        let target = self.target(labeled, |walk| walk.visit_statement(&it.body));
        self.is_open |= target.is_reached;
    }

    fn visit_break_statement(&mut self, it: &BreakStatement<'a>) {
        let is_open = std::mem::replace(&mut self.is_open, false);
        let target = self
            .targets
            .iter_mut()
            .rev()
            .find(|target| match &it.label {
                Some(label) => target.label.as_deref() == Some(label.name.as_str()),
                None => target.is_nearest,
            });
        if let Some(target) = target {
            target.is_reached |= is_open;
        }
    }

    fn visit_continue_statement(&mut self, _: &ContinueStatement<'a>) {
        let is_open = std::mem::replace(&mut self.is_open, false);
        let nearest = self.targets.iter_mut().rev().find(|it| it.is_nearest);
        if let Some(target) = nearest {
            target.is_continued |= is_open;
        }
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        if let Some(value) = &it.argument {
            self.returned(value);
        }
        self.exit(it.span.start as usize);
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        self.visit_expression(&it.argument);
        self.has_thrown |= self.is_open;
        self.is_open = false;
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        let exits = self.exits.len();
        let outside = std::mem::replace(&mut self.has_thrown, false);
        self.visit_block_statement(&it.block);
        let mut after = self.is_open;
        if let Some(handler) = &it.handler {
            self.is_open = std::mem::replace(&mut self.has_thrown, false);
            self.visit_block_statement(&handler.body);
            after |= self.is_open;
        }
        self.has_thrown |= outside;
        self.is_open = after;
        if let Some(finalizer) = &it.finalizer {
            // What it does is done on every way out.
            self.is_open = true;
            let own = self.exits.len();
            self.visit_block_statement(finalizer);
            match self.is_open {
                true => self.is_open = after,
                false => drop(self.exits.drain(exits..own)),
            }
        }
    }
}
