//! Where the checks go in a source.
//!
//! The one rule: text is only ever inserted, and never a line break, so every
//! position can be mapped back. Every loop pays a credit for each turn from a
//! counter of its own function, and every function checks when it is entered,
//! but for the handler itself. What the rewrites of `optimise` and `lengths`
//! want goes in as well. Knows nothing of how a check is answered.

use crate::{
    error::ScriptError,
    lengths,
    marks::{CREDIT, Marks},
    optimise::{Piece, Plan},
    program::Kind,
};
use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, BindingIdentifier, DoWhileStatement, Expression,
    ForInStatement, ForOfStatement, ForStatement, Function, FunctionBody, IdentifierReference,
    LabeledStatement, ModuleDeclaration, Program, PropertyDefinition, RegExpLiteral, Statement,
    StaticBlock, ThrowStatement, WhileStatement, WithStatement,
};
use oxc_ast_visit::{VisitJs, walk_js};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;
use std::borrow::Cow;

/// Text to put in front of the byte `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Insertion {
    pub(crate) at: u32,
    pub(crate) text: Cow<'static, str>,
    /// The byte, behind it in its line, at which errors in it are told.
    pub(crate) told_at: Option<u32>,
}

/// What may not be metered, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) at: u32,
    pub(crate) message: &'static str,
}

/// What metering has to say of a program.
pub(crate) struct Metering {
    /// In the order of their places.
    pub(crate) insertions: Vec<Insertion>,
    /// Where each function starts and ends.
    pub(crate) functions: Vec<Span>,
}

/// Finds what to insert into a program.
///
/// The rewrites of `plan` go in with the checks.
pub(crate) fn meter(
    program: &Program<'_>,
    kind: Kind,
    mut plan: Plan,
) -> Result<Metering, Refusal> {
    let (opens, closes) = (plan.opens(), plan.closes());
    let lengths = lengths::find(program);
    let mut meter = Meter {
        marks: Marks::get(),
        insertions: Vec::new(),
        spans: Vec::new(),
        refusal: None,
        functions: 0,
        loops: 0,
        handler: None,
        plan,
    };
    meter.closes(lengths.closes);
    meter.closes(closes);
    match kind {
        Kind::Script => {}
        Kind::Handler => meter.handler(program)?,
        Kind::Module => meter.module(program)?,
    }
    meter.visit_program(program);
    meter.opens(opens);
    meter.opens(lengths.opens);
    match meter.refusal {
        Some(refusal) => Err(refusal),
        None => {
            // Stable: what is pushed first stays first at the same place.
            meter.insertions.sort_by_key(|insertion| insertion.at);
            Ok(Metering {
                insertions: meter.insertions,
                functions: meter.spans,
            })
        }
    }
}

/// A syntax error for a refusal, without a position.
pub(crate) fn refusal_error(refusal: &Refusal) -> ScriptError {
    ScriptError::new(
        crate::error::ErrorKind::Syntax,
        "SyntaxError",
        refusal.message,
    )
}

struct Meter {
    marks: &'static Marks,
    insertions: Vec<Insertion>,
    spans: Vec<Span>,
    refusal: Option<Refusal>,
    /// How many functions we are in.
    functions: u32,
    /// How many loops we are in, inside the innermost function.
    loops: u32,
    /// Where the handler's function starts if its body gets a `try`.
    handler: Option<u32>,
    plan: Plan,
}

impl Meter {
    fn insert(&mut self, at: u32, text: &'static str) {
        self.insertions.push(Insertion {
            at,
            text: Cow::Borrowed(text),
            told_at: None,
        });
    }

    fn insert_own(&mut self, at: u32, text: String) {
        self.insertions.push(Insertion {
            at,
            text: Cow::Owned(text),
            told_at: None,
        });
    }

    /// Ends of rewrites come before all else of the same place.
    fn closes(&mut self, closes: Vec<(u32, String)>) {
        for (at, text) in closes {
            self.insert_own(at, text);
        }
    }

    /// Starts of rewrites come after all else of the same place.
    fn opens(&mut self, opens: Vec<(u32, Piece)>) {
        for (at, piece) in opens {
            self.insertions.push(Insertion {
                at,
                text: Cow::Owned(piece.text),
                told_at: piece.told_at,
            });
        }
    }

    fn around(
        &mut self,
        span: Span,
        pair: &'static (String, String),
        inner: impl FnOnce(&mut Self),
    ) {
        self.insert(span.start, &pair.0);
        inner(self);
        self.insert(span.end, &pair.1);
    }

    fn refuse(&mut self, at: u32, message: &'static str) {
        self.refusal.get_or_insert(Refusal { at, message });
    }

    /// The handler is the one expression of its program, and a function.
    ///
    /// A `try` inside of it, and not around the call, costs nothing; but a
    /// function that can call itself would catch its own throws.
    fn handler(&mut self, program: &Program<'_>) -> Result<(), Refusal> {
        let [Statement::ExpressionStatement(statement)] = program.body.as_slice() else {
            return Err(NO_FUNCTION);
        };
        let marks = self.marks;
        let mut pair = &marks.handler;
        match statement.expression.get_inner_expression() {
            Expression::ArrowFunctionExpression(arrow) => {
                self.handler = (!arrow.r#async).then_some(arrow.span.start);
            }
            Expression::FunctionExpression(function) if function.id.is_some() => {
                if !function.r#async && !function.generator {
                    pair = &marks.handler_call;
                }
            }
            Expression::FunctionExpression(function) => {
                self.handler =
                    (!function.r#async && !function.generator).then_some(function.span.start);
            }
            _ => return Err(NO_FUNCTION),
        }
        self.insert(program.span.start, &pair.0);
        self.insert(program.span.end, &pair.1);
        Ok(())
    }

    /// A module's text must not end the function that it is the body of.
    fn module(&mut self, program: &Program<'_>) -> Result<(), Refusal> {
        let marks = self.marks;
        let is_whole = match program.body.as_slice() {
            [Statement::ExpressionStatement(statement)] => {
                match statement.expression.get_inner_expression() {
                    // The parentheses are all that is around it.
                    Expression::FunctionExpression(function) => {
                        function.span.start == program.span.start + 1
                            && function.span.end + 1 == program.span.end
                    }
                    _ => false,
                }
            }
            _ => false,
        };
        if !is_whole {
            return Err(NO_MODULE);
        }
        self.insert(program.span.start, &marks.module.0);
        self.insert(program.span.end, &marks.module.1);
        Ok(())
    }

    fn inside_function(&mut self, inner: impl FnOnce(&mut Self)) {
        let loops = std::mem::take(&mut self.loops);
        self.functions += 1;
        inner(self);
        self.functions -= 1;
        self.loops = loops;
    }

    /// Wraps a loop (with its labels) that is the outermost of its function.
    ///
    /// The loop itself starts at `counted`.
    fn around_loops(&mut self, span: Span, counted: u32, inner: impl FnOnce(&mut Self)) {
        if self.loops > 0 {
            inner(self);
        } else if let Some(counter) = self.plan.counters.get(&counted) {
            let (bound, has_loops) = (counter.bound(CREDIT), counter.has_loops);
            self.insert_own(span.start, self.marks.own_loop(bound, has_loops));
            inner(self);
            self.insert(span.end, &self.marks.loops.1);
        } else {
            let marks = self.marks;
            self.around(span, &marks.loops, inner);
        }
    }

    fn loop_statement(&mut self, span: Span, body: &Statement<'_>, inner: impl FnOnce(&mut Self)) {
        self.around_loops(span, span.start, |meter| {
            meter.loops += 1;
            meter.turn(span.start, body);
            inner(meter);
            if !matches!(body, Statement::BlockStatement(_)) {
                meter.insert(body.span().end, &meter.marks.body.1);
            }
            meter.loops -= 1;
        });
    }

    /// The check comes first in the body, so that `continue` cannot skip it.
    fn turn(&mut self, counted: u32, body: &Statement<'_>) {
        let marks = self.marks;
        let start = body.span().start;
        let at = if matches!(body, Statement::BlockStatement(_)) {
            start + 1
        } else {
            self.insert(start, &marks.body.0);
            start
        };
        if let Some(counter) = self.plan.counters.get(&counted) {
            return self.insert_own(at, marks.own_turn(&counter.name, counter.step));
        }
        let turn = if self.functions > 0 {
            &marks.turn
        } else {
            &marks.top_turn
        };
        self.insert(at, turn);
    }

    fn function_body(&mut self, body: &FunctionBody<'_>, function: u32) {
        if self.plan.unchecked.contains(&function) {
            return walk_js::walk_function_body(self, body);
        }
        let is_handler = self.handler == Some(function);
        let marks = self.marks;
        let start = body
            .directives
            .last()
            .map_or(body.span.start + 1, |directive| directive.span.end);
        if !is_handler {
            match self.plan.formulas.get(&function) {
                Some(formula) => self.insert_own(start, marks.formula_entry(formula)),
                None => self.insert(start, &marks.entry),
            }
            walk_js::walk_function_body(self, body);
            return;
        }
        self.insert(start, &marks.handler_body.0);
        walk_js::walk_function_body(self, body);
        self.insert(body.span.end - 1, &marks.handler_body.1);
    }
}

const NO_FUNCTION: Refusal = Refusal {
    at: 0,
    message: "a handler must be a function or the source text of one; \
              use an arrow function or `function`, not a method or a bound function",
};

const NO_MODULE: Refusal = Refusal {
    at: 0,
    message: "the module has a `}` too many",
};

impl<'a> VisitJs<'a> for Meter {
    fn visit_function(&mut self, function: &Function<'a>, _: ScopeFlags) {
        if function.r#async && function.generator {
            self.refuse(function.span.start, "async generators are not supported");
        }
        self.spans.push(function.span);
        self.inside_function(|meter| {
            if let Some(id) = &function.id {
                meter.visit_binding_identifier(id);
            }
            meter.visit_formal_parameters(&function.params);
            if let Some(body) = &function.body {
                meter.function_body(body, function.span.start);
            }
        });
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.spans.push(arrow.span);
        let is_handler = self.handler == Some(arrow.span.start);
        let marks = self.marks;
        self.inside_function(|meter| {
            meter.visit_formal_parameters(&arrow.params);
            match &arrow.body {
                ArrowFunctionBody::FunctionBody(body) => {
                    meter.function_body(body, arrow.span.start);
                }
                body if meter.plan.unchecked.contains(&arrow.span.start) => {
                    walk_js::walk_arrow_function_body(meter, body);
                }
                body => {
                    let span = body.span();
                    let formula = meter.plan.formulas.get(&arrow.span.start);
                    let pair = if is_handler {
                        &marks.handler_arrow
                    } else {
                        &marks.arrow
                    };
                    match formula.filter(|_| !is_handler) {
                        Some(formula) => meter.insert_own(span.start, marks.formula_arrow(formula)),
                        None => meter.insert(span.start, &pair.0),
                    }
                    walk_js::walk_arrow_function_body(meter, body);
                    meter.insert(span.end, &pair.1);
                }
            }
        });
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.inside_function(|meter| walk_js::walk_static_block(meter, block));
    }

    fn visit_property_definition(&mut self, property: &PropertyDefinition<'a>) {
        self.inside_function(|meter| walk_js::walk_property_definition(meter, property));
    }

    fn visit_labeled_statement(&mut self, labeled: &LabeledStatement<'a>) {
        if is_loop(&labeled.body) {
            self.around_loops(labeled.span, loop_start(&labeled.body), |meter| {
                meter.loops += 1;
                walk_js::walk_labeled_statement(meter, labeled);
                meter.loops -= 1;
            });
        } else {
            walk_js::walk_labeled_statement(self, labeled);
        }
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.loop_statement(it.span, &it.body, |m| walk_js::walk_for_statement(m, it));
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.loop_statement(it.span, &it.body, |m| walk_js::walk_for_in_statement(m, it));
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.loop_statement(it.span, &it.body, |m| walk_js::walk_for_of_statement(m, it));
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.loop_statement(it.span, &it.body, |m| walk_js::walk_while_statement(m, it));
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.loop_statement(it.span, &it.body, |m| {
            walk_js::walk_do_while_statement(m, it)
        });
    }

    fn visit_with_statement(&mut self, it: &WithStatement<'a>) {
        // Its object could answer for the names of the checks.
        self.refuse(it.span.start, "the `with` statement is not supported");
    }

    fn visit_module_declaration(&mut self, it: &ModuleDeclaration<'a>) {
        self.refuse(
            it.span().start,
            "`import` and `export` are not supported; use require(…) and module.exports",
        );
    }

    fn visit_throw_statement(&mut self, it: &ThrowStatement<'a>) {
        let marks = self.marks;
        self.around(it.argument.span(), &marks.throw, |meter| {
            walk_js::walk_throw_statement(meter, it);
        });
    }

    /// `/a/g` becomes `($r("a","g")||/a/g)`; the right side is never reached.
    fn visit_reg_exp_literal(&mut self, it: &RegExpLiteral<'a>) {
        let raw = it.raw.as_ref().map_or("", |raw| raw.as_str());
        let parts = raw.strip_prefix('/').and_then(|raw| raw.rsplit_once('/'));
        let Some((source, flags)) = parts else {
            return self.refuse(it.span.start, "this regular expression could not be read");
        };
        self.insert_own(it.span.start, self.marks.before_literal(source, flags));
        self.insert(it.span.end, &self.marks.literal.1);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.name(it.span, it.name.as_str());
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        self.name(it.span, it.name.as_str());
    }
}

impl Meter {
    /// Names are compared as the engine sees them, with escapes resolved.
    fn name(&mut self, span: Span, name: &str) {
        if name.contains(&self.marks.tag) {
            self.refuse(span.start, "this name is reserved");
        }
    }
}

/// Where a loop starts, behind its labels.
fn loop_start(statement: &Statement<'_>) -> u32 {
    match statement {
        Statement::LabeledStatement(labeled) => loop_start(&labeled.body),
        other => other.span().start,
    }
}

fn is_loop(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::LabeledStatement(labeled) => is_loop(&labeled.body),
        other => other.is_iteration_statement(),
    }
}
