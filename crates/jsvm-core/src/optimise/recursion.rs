//! Small functions that only call themselves, or nobody.
//!
//! The one rule: only functions that are never a value. Such a function is
//! declared in another function, never written, and each use of its name is a
//! call with the arguments that it has parameters for; so nothing but these
//! calls can enter it: no getter, no coercion, no proxy, no host.
//!
//! *Helpers* of a few operations that call no such function need no check:
//! whatever else they enter is a value, and so checks when it is entered. A
//! program may have a few such calls only, because their work goes unseen.
//!
//! *Recursion.* `fib(n - 1)` in `function fib(n) { if (n < 2) return n; … }`
//! becomes `(($t=(n - 1))<2?$t:fib($t,$d+1))`. The argument is arithmetic, so
//! `$t` is a primitive, and comparing it with a number runs no script, throws
//! nothing and may be done twice. Errors in the copy of the argument are told at
//! the parenthesis of the call, as the engine tells those of the original. `$d` counts how deep the calls are since the last check; it
//! is undefined for a call from outside, which makes it check. Behind its first
//! `if`, the function checks every few levels, so that at most 256 calls go
//! between two checks.

use super::{Piece, Plan, function_scope};
use crate::marks::Marks;
use oxc_ast::{
    AstKind,
    ast::{
        Argument, ArrowFunctionBody, BinaryExpression, BindingPattern, CallExpression, Expression,
        FormalParameters, FunctionBody, Statement,
    },
};
use oxc_semantic::{NodeId, ScopeId, Semantic, SymbolId};
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::{BinaryOperator, UnaryOperator};
use std::collections::BTreeMap;

/// Bytes of a helper that goes unchecked.
const HELPER_SIZE: u32 = 200;
/// Bytes of a recursive function that is rewritten.
const SIZE: u32 = 2000;
/// Calls of such helpers in one program.
const HELPER_CALLS: usize = 32;
/// How many functions are looked at.
const MAX_FUNCTIONS: usize = 64;
/// Calls of itself that a function may have to go partly unchecked.
const MAX_CALLS: usize = 4;

/// A function that is never a value.
struct Private<'a> {
    scope: ScopeId,
    span: Span,
    parameters: &'a FormalParameters<'a>,
    body: Body<'a>,
    calls: Vec<(NodeId, &'a CallExpression<'a>)>,
}

#[derive(Clone, Copy)]
enum Body<'a> {
    Block(&'a FunctionBody<'a>),
    Value(&'a Expression<'a>),
}

pub(super) fn find(semantic: &Semantic<'_>, text: &str, plan: &mut Plan) {
    if names_arguments(semantic) {
        return;
    }
    let symbols = semantic.scoping().symbol_ids();
    let functions: BTreeMap<SymbolId, Private<'_>> = symbols
        .filter_map(|symbol| Some((symbol, private(semantic, symbol)?)))
        .take(MAX_FUNCTIONS)
        .collect();
    let mut budget = HELPER_CALLS;
    for function in functions.values() {
        if calls_none(semantic, function, &functions) {
            if function.calls.len() <= budget && function.span.size() <= HELPER_SIZE {
                budget -= function.calls.len();
                plan.unchecked.insert(function.span.start);
            }
        } else {
            recursive(semantic, text, function, plan);
        }
    }
}

/// The function that a variable stands for, if it is never a value.
fn private<'a>(semantic: &Semantic<'a>, symbol: SymbolId) -> Option<Private<'a>> {
    let scoping = semantic.scoping();
    let declaration = scoping.symbol_declaration(symbol);
    function_scope(semantic, scoping.symbol_scope_id(symbol))?;
    if scoping.symbol_is_mutated(symbol) || !scoping.symbol_redeclarations(symbol).is_empty() {
        return None;
    }
    let is_const = scoping.symbol_flags(symbol).is_const_variable();
    let (scope, span, parameters, body) = function(semantic, declaration, is_const)?;
    let is_plain = parameters.rest.is_none()
        && parameters
            .items
            .iter()
            .all(|it| it.initializer.is_none() && is_name(&it.pattern));
    if !is_plain {
        return None;
    }
    let uses = scoping.get_resolved_references(symbol);
    let calls = uses
        .map(|it| call(semantic, it.node_id(), parameters.items.len()))
        .collect::<Option<Vec<_>>>()?;
    Some(Private {
        scope,
        span,
        parameters,
        body,
        calls,
    })
}

/// A pattern would take the function apart, and getters would see it.
fn is_name(pattern: &BindingPattern<'_>) -> bool {
    matches!(pattern, BindingPattern::BindingIdentifier(_))
}

type Parts<'a> = (ScopeId, Span, &'a FormalParameters<'a>, Body<'a>);

fn function<'a>(semantic: &Semantic<'a>, declaration: NodeId, is_const: bool) -> Option<Parts<'a>> {
    let nodes = semantic.nodes();
    match nodes.kind(declaration) {
        AstKind::Function(it) if it.is_function_declaration() && !it.r#async && !it.generator => {
            // In a block of a sloppy script it would be a variable outside, too.
            let is_plain = matches!(nodes.parent_kind(declaration), AstKind::FunctionBody(_));
            let body = it.body.as_deref().filter(|_| is_plain)?;
            Some((it.scope_id.get()?, it.span, &it.params, Body::Block(body)))
        }
        AstKind::VariableDeclarator(it) if is_const && is_name(&it.id) => match it.init.as_ref()? {
            Expression::ArrowFunctionExpression(it) if !it.r#async => {
                let body = match &it.body {
                    ArrowFunctionBody::FunctionBody(body) => Body::Block(body),
                    body => Body::Value(body.as_expression()?),
                };
                Some((it.scope_id.get()?, it.span, &it.params, body))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether `arguments` may be used, by which a function can become a value.
pub(super) fn names_arguments(semantic: &Semantic<'_>) -> bool {
    let scoping = semantic.scoping();
    let mut unresolved = scoping.root_unresolved_references().keys();
    unresolved.any(|name| name.as_str() == "arguments")
        || scoping.symbol_names().any(|name| name == "arguments")
}

/// The call that this use of a name is, with all arguments.
fn call<'a>(
    semantic: &Semantic<'a>,
    name: NodeId,
    arguments: usize,
) -> Option<(NodeId, &'a CallExpression<'a>)> {
    let nodes = semantic.nodes();
    let parent = nodes.parent_id(name);
    let AstKind::CallExpression(it) = nodes.kind(parent) else {
        return None;
    };
    let is_whole = !it.optional
        && it.callee.span() == nodes.kind(name).span()
        && it.arguments.len() == arguments
        && !it.arguments.iter().any(Argument::is_spread);
    is_whole.then_some((parent, it))
}

/// Whether the function calls no other that is never a value, and has no loop.
fn calls_none(
    semantic: &Semantic<'_>,
    function: &Private<'_>,
    functions: &BTreeMap<SymbolId, Private<'_>>,
) -> bool {
    let calls = functions.values().flat_map(|it| &it.calls);
    let has_call = calls
        .into_iter()
        .any(|(_, it)| function.span.contains_inclusive(it.span));
    let mut nodes = semantic.nodes().iter();
    !has_call
        && !nodes.any(|node| {
            super::counters::is_loop(node.kind())
                && function.span.contains_inclusive(node.kind().span())
        })
}

/// The end of a recursion: `parameter sign limit` gives `result`.
struct Guard {
    sign: &'static str,
    limit: Span,
    result: Span,
    returns_parameter: bool,
    check: Check,
}

/// Where the check goes.
enum Check {
    Behind(u32),
    Around(Span),
}

fn recursive(
    semantic: &Semantic<'_>,
    text: &str,
    function: &Private<'_>,
    plan: &mut Plan,
) -> Option<()> {
    let own: Vec<_> = function
        .calls
        .iter()
        .filter(|(node, _)| is_directly_in(semantic, *node, function))
        .collect();
    if own.len() > MAX_CALLS || function.span.size() > SIZE {
        return None;
    }
    let guard = guard(semantic, function)?;
    let rewritten: Vec<_> = own
        .iter()
        .filter(|(node, it)| !is_in_loop(semantic, *node) && can_copy(text, it))
        .collect();
    if rewritten.is_empty() {
        return None;
    }
    let depth = [8, 8, 8, 5, 4][own.len()];
    for (_, it) in rewritten {
        inline(text, &guard, it, plan)?;
    }
    declare(function, plan);
    let marks = Marks::get();
    match guard.check {
        Check::Behind(at) => plan.after(at, marks.deep_statement(depth)),
        Check::Around(span) => plan.around(
            span,
            vec![Piece::new(marks.deep_value(depth))],
            marks.end_of_operand.clone(),
        ),
    }
    plan.unchecked.insert(function.span.start);
    Some(())
}

/// Whether a call is in the function, and in no other inside of it.
fn is_directly_in(semantic: &Semantic<'_>, call: NodeId, function: &Private<'_>) -> bool {
    let scope = semantic.nodes().get_node(call).scope_id();
    function_scope(semantic, scope) == Some(function.scope)
}

/// Adds the two parameters.
fn declare(function: &Private<'_>, plan: &mut Plan) {
    let marks = Marks::get();
    let parameter = function.parameters.items[0].span;
    if function.parameters.span == parameter {
        plan.around(
            parameter,
            vec![Piece::new(marks.rewritten("("))],
            marks.rewritten(&format!("{})", marks.parameters())),
        );
    } else {
        plan.after(parameter.end, marks.rewritten(&marks.parameters()));
    }
}

fn inline(text: &str, guard: &Guard, it: &CallExpression<'_>, plan: &mut Plan) -> Option<()> {
    let marks = Marks::get();
    let part = |span: Span| text.get(span.start as usize..span.end as usize);
    let argument = it.arguments[0].span();
    let value = &marks.argument;
    let result = if guard.returns_parameter {
        value.clone()
    } else {
        // The space keeps `?.5` apart.
        format!(" {}", part(guard.result)?)
    };
    let inlined = format!(
        "(({value}=({})){}{}?{result}:",
        part(argument)?,
        guard.sign,
        part(guard.limit)?
    );
    let open = Piece {
        text: marks.rewritten(&inlined),
        told_at: Some(parenthesis(text, it)?),
    };
    plan.around(it.span, vec![open], marks.end_of_operand.clone());
    plan.before(argument.start, marks.hidden.0.clone());
    let passed = marks.rewritten(&format!("{value},{}+1", marks.depth));
    plan.after(argument.end, format!("{}{passed}", marks.hidden.1));
    Some(())
}

/// Where the arguments of a call begin: the engine tells errors in them there.
fn parenthesis(text: &str, it: &CallExpression<'_>) -> Option<u32> {
    let end = it.callee.span().end;
    let between = text.get(end as usize..it.arguments[0].span().start as usize)?;
    let at = between.find('(')?;
    let is_next = between[..at].trim().is_empty();
    is_next.then_some(end + u32::try_from(at).ok()?)
}

/// The guard that the function begins with.
fn guard(semantic: &Semantic<'_>, function: &Private<'_>) -> Option<Guard> {
    let [parameter] = function.parameters.items.as_slice() else {
        return None;
    };
    let BindingPattern::BindingIdentifier(parameter) = &parameter.pattern else {
        return None;
    };
    let parameter = parameter.symbol_id.get()?;
    let (test, result, check) = match function.body {
        Body::Value(value) => choice(value)?,
        Body::Block(body) => match body.statements.as_slice() {
            [Statement::ReturnStatement(it)] => choice(it.argument.as_ref()?)?,
            [Statement::IfStatement(it), ..] if it.alternate.is_none() => {
                let result = returned(&it.consequent)?;
                (&it.test, result, Check::Behind(it.span.end))
            }
            _ => return None,
        },
    };
    let test = comparison(semantic, test, parameter)?;
    let returns_parameter = is_variable(semantic, result, parameter);
    let is_simple = returns_parameter
        || matches!(
            result,
            Expression::NumericLiteral(_)
                | Expression::BooleanLiteral(_)
                | Expression::NullLiteral(_)
        );
    is_simple.then(|| Guard {
        sign: test.operator.as_str(),
        limit: test.right.span(),
        result: result.span(),
        returns_parameter,
        check,
    })
}

fn choice<'a>(
    value: &'a Expression<'a>,
) -> Option<(&'a Expression<'a>, &'a Expression<'a>, Check)> {
    match value.get_inner_expression() {
        Expression::ConditionalExpression(it) => {
            let check = Check::Around(it.alternate.span());
            Some((&it.test, &it.consequent, check))
        }
        _ => None,
    }
}

fn returned<'a>(statement: &'a Statement<'a>) -> Option<&'a Expression<'a>> {
    match statement {
        Statement::ReturnStatement(it) => it.argument.as_ref(),
        Statement::BlockStatement(it) => match it.body.as_slice() {
            [Statement::ReturnStatement(it)] => it.argument.as_ref(),
            _ => None,
        },
        _ => None,
    }
}

/// A comparison of the parameter with a number.
fn comparison<'a>(
    semantic: &Semantic<'_>,
    test: &'a Expression<'a>,
    parameter: SymbolId,
) -> Option<&'a BinaryExpression<'a>> {
    let Expression::BinaryExpression(it) = test.get_inner_expression() else {
        return None;
    };
    let is_known = matches!(
        it.operator,
        BinaryOperator::LessThan
            | BinaryOperator::LessEqualThan
            | BinaryOperator::GreaterThan
            | BinaryOperator::GreaterEqualThan
            | BinaryOperator::StrictEquality
    );
    let is_simple = is_known
        && is_variable(semantic, &it.left, parameter)
        && matches!(it.right, Expression::NumericLiteral(_));
    is_simple.then_some(it)
}

fn is_variable(semantic: &Semantic<'_>, expression: &Expression<'_>, symbol: SymbolId) -> bool {
    let Expression::Identifier(it) = expression else {
        return false;
    };
    let reference = semantic.scoping().get_reference(it.reference_id());
    reference.symbol_id() == Some(symbol)
}

fn is_in_loop(semantic: &Semantic<'_>, node: NodeId) -> bool {
    let nodes = semantic.nodes();
    nodes
        .ancestor_ids(node)
        .map(|id| nodes.kind(id))
        .take_while(|kind| !crate::analysis::is_function(*kind))
        .any(super::counters::is_loop)
}

/// Whether the argument is arithmetic that can stand elsewhere in its line.
fn can_copy(whole: &str, it: &CallExpression<'_>) -> bool {
    let argument = it.arguments[0].as_expression();
    let until = it.arguments[0].span().end;
    let part = whole.get(it.span.start as usize..until as usize);
    let is_plain = part.is_some_and(|text| {
        !["\n", "\r", "\u{2028}", "\u{2029}", "/*", "*/", "//"]
            .iter()
            .any(|it| text.contains(it))
    });
    let is_told = parenthesis(whole, it).is_some();
    is_plain && is_told && argument.is_some_and(is_arithmetic)
}

/// Whether the value is a primitive, and no call stands in the expression.
fn is_arithmetic(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::BinaryExpression(it) => {
            it.operator.is_arithmetic() && is_operand(&it.left) && is_operand(&it.right)
        }
        _ => false,
    }
}

fn is_operand(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::Identifier(_) | Expression::NumericLiteral(_) => true,
        Expression::UnaryExpression(it) => {
            it.operator == UnaryOperator::UnaryNegation && is_operand(&it.argument)
        }
        Expression::ParenthesizedExpression(it) => is_operand(&it.expression),
        other => is_arithmetic(other),
    }
}
