//! `list.map((x) => x * 2)`: what a function computes is said at its entry.
//!
//! The one rule: a formula is one expression over the function's parameters,
//! literals, and variables outside that never change, and everything that its
//! value depends on is in it. It says `x * k` in a text that our built-in
//! functions read, as `$p("p0|c0|*",k)`; the function stays what it was, and `$p`
//! checks as any entry does.
//!
//! Why nobody can tell: a formula is the same at any time for one closure of
//! the function. It calls nothing, writes nothing and throws nothing by itself;
//! what operators and properties could run besides is for who computes it to
//! rule out, value by value (`guards/formula.rs`). The function that says it does
//! so with its own frame in place and before anything else, so that a formula is
//! never taken for that of another function (`Shared::asking`).
//!
//! A variable outside never changes, and is never read before it has its value,
//! if nothing writes it and it is
//! - a parameter of a function that has only plain ones, in a program without
//!   `arguments`, which could write it;
//! - a `const`, or a `let` that is not global, whose declaration ends before the function begins, in
//!   the same function around both. A closure is then made behind the
//!   declaration; in a `switch` it may not be, nor in the head of a loop,
//!   and a function declaration is there before;
//! - `undefined`, if it is the global one.

use super::{Plan, function_scope, recursion};
use oxc_ast::{
    AstKind,
    ast::{
        ArrowFunctionBody, BindingPattern, Expression, FormalParameters, FunctionBody,
        IdentifierReference, NumericLiteral, Statement,
    },
};
use oxc_semantic::{ScopeId, Semantic, SymbolId};
use oxc_span::Span;
use oxc_syntax::operator::{BinaryOperator, UnaryOperator};

/// Parts of the longest formula.
const MOST_TERMS: usize = 32;
/// Variables outside that a formula may have.
const MOST_CAPTURED: usize = 4;
/// Between two terms.
pub(crate) const BETWEEN: char = '|';

/// What a function says.
#[derive(Debug)]
pub(crate) struct Formula {
    pub(crate) terms: String,
    /// The variables outside, in the order of their numbers.
    pub(crate) captured: Vec<String>,
}

/// A function of one expression.
struct Function<'a> {
    span: Span,
    scope: ScopeId,
    parameters: &'a FormalParameters<'a>,
    value: &'a Expression<'a>,
    /// Whether it is there before the statements around it run.
    is_hoisted: bool,
}

pub(super) fn find(semantic: &Semantic<'_>, plan: &mut Plan) {
    let uses_arguments = recursion::names_arguments(semantic);
    for node in semantic.nodes().iter() {
        if let Some(function) = function(node.kind())
            && let Some(formula) = formula(semantic, uses_arguments, &function)
        {
            plan.formulas.insert(function.span.start, formula);
        }
    }
}

fn function<'a>(kind: AstKind<'a>) -> Option<Function<'a>> {
    let (span, scope, parameters, value) = match kind {
        AstKind::ArrowFunctionExpression(it) if !it.r#async => {
            let value = match &it.body {
                ArrowFunctionBody::FunctionBody(body) => returned(body),
                body => body.as_expression(),
            };
            (it.span, &it.scope_id, &it.params, value)
        }
        AstKind::Function(it) if !it.r#async && !it.generator => {
            let value = it.body.as_deref().and_then(returned);
            (it.span, &it.scope_id, &it.params, value)
        }
        _ => return None,
    };
    Some(Function {
        span,
        scope: scope.get()?,
        parameters,
        value: value?,
        is_hoisted: matches!(kind, AstKind::Function(it) if it.is_function_declaration()),
    })
}

/// The value of a function that does nothing but return it.
fn returned<'a>(body: &'a FunctionBody<'a>) -> Option<&'a Expression<'a>> {
    match body.statements.as_slice() {
        [Statement::ReturnStatement(it)] if body.directives.is_empty() => it.argument.as_ref(),
        _ => None,
    }
}

fn formula(
    semantic: &Semantic<'_>,
    uses_arguments: bool,
    function: &Function<'_>,
) -> Option<Formula> {
    let mut writer = Writer {
        semantic,
        uses_arguments,
        function,
        names: names(function.parameters)?,
        captured: Vec::new(),
        terms: Vec::new(),
    };
    writer.term(function.value)?;
    Some(Formula {
        terms: writer.terms.join(&String::from(BETWEEN)),
        captured: writer.captured,
    })
}

/// The names of plain parameters.
fn names<'a>(parameters: &'a FormalParameters<'a>) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    for it in &parameters.items {
        let BindingPattern::BindingIdentifier(id) = &it.pattern else {
            return None;
        };
        let name = id.name.as_str();
        if it.initializer.is_some() || names.contains(&name) {
            return None;
        }
        names.push(name);
    }
    parameters.rest.is_none().then_some(names)
}

/// Writes operands first, and then what is done with them.
struct Writer<'a> {
    semantic: &'a Semantic<'a>,
    uses_arguments: bool,
    function: &'a Function<'a>,
    names: Vec<&'a str>,
    captured: Vec<String>,
    terms: Vec<String>,
}

impl Writer<'_> {
    fn put(&mut self, term: impl Into<String>) -> Option<()> {
        self.terms.push(term.into());
        (self.terms.len() <= MOST_TERMS).then_some(())
    }

    fn term(&mut self, value: &Expression<'_>) -> Option<()> {
        match value {
            Expression::ParenthesizedExpression(it) => self.term(&it.expression),
            Expression::Identifier(it) => self.name(it),
            Expression::NumericLiteral(it) if is_decimal(it) => self.put(format!("n{}", it.value)),
            Expression::StringLiteral(it) => self.put(format!("s{}", plain(&it.value)?)),
            Expression::BooleanLiteral(it) => self.put(it.value.to_string()),
            Expression::NullLiteral(_) => self.put("null"),
            Expression::StaticMemberExpression(it) if !it.optional => {
                self.term(&it.object)?;
                self.put(format!(".{}", plain(&it.property.name)?))
            }
            Expression::UnaryExpression(it) => {
                self.term(&it.argument)?;
                self.put(unary(it.operator)?)
            }
            Expression::BinaryExpression(it) if is_known(it.operator) => {
                self.term(&it.left)?;
                self.term(&it.right)?;
                self.put(sign(it.operator.as_str()))
            }
            Expression::LogicalExpression(it) => {
                self.term(&it.left)?;
                self.term(&it.right)?;
                self.put(sign(it.operator.as_str()))
            }
            Expression::ConditionalExpression(it) => {
                self.term(&it.test)?;
                self.term(&it.consequent)?;
                self.term(&it.alternate)?;
                self.put("?")
            }
            _ => None,
        }
    }
}

impl Writer<'_> {
    fn name(&mut self, it: &IdentifierReference<'_>) -> Option<()> {
        let name = it.name.as_str();
        if let Some(at) = self.names.iter().position(|other| *other == name) {
            return self.put(format!("p{at}"));
        }
        let reference = self.semantic.scoping().get_reference(it.reference_id());
        let is_settled = match reference.symbol_id() {
            Some(symbol) => self.is_settled(symbol),
            None => name == "undefined",
        };
        if !is_settled {
            return None;
        }
        let known = self.captured.iter().position(|other| other == name);
        let at = known.unwrap_or(self.captured.len());
        if known.is_none() {
            self.captured.push(name.to_owned());
        }
        (at < MOST_CAPTURED).then_some(())?;
        self.put(format!("c{at}"))
    }

    /// Whether a variable outside has its value, and keeps it.
    fn is_settled(&self, symbol: SymbolId) -> bool {
        let scoping = self.semantic.scoping();
        if scoping.symbol_is_mutated(symbol) || !scoping.symbol_redeclarations(symbol).is_empty() {
            return false;
        }
        let declaration = scoping.symbol_declaration(symbol);
        match self.semantic.nodes().kind(declaration) {
            AstKind::VariableDeclarator(it) => {
                let is_const = scoping.symbol_flags(symbol).is_const_variable();
                // A global `let` may be written by another program.
                let is_global = scoping.symbol_scope_id(symbol) == scoping.root_scope_id();
                !self.function.is_hoisted
                    && scoping.symbol_flags(symbol).is_block_scoped()
                    && (is_const || !is_global)
                    && it.span.end <= self.function.span.start
                    && self.is_in_order(scoping.symbol_scope_id(symbol))
            }
            AstKind::FormalParameter(_) => {
                let parameters = self.semantic.nodes().parent_kind(declaration);
                !self.uses_arguments
                    && matches!(parameters, AstKind::FormalParameters(it) if names(it).is_some())
            }
            _ => false,
        }
    }

    /// Whether what stands before the function in a scope runs before it is made.
    fn is_in_order(&self, declared: ScopeId) -> bool {
        let (scoping, nodes) = (self.semantic.scoping(), self.semantic.nodes());
        let Some(made) = scoping.scope_parent_id(self.function.scope) else {
            return false;
        };
        let home = |scope| function_scope(self.semantic, scope);
        let holder = nodes.kind(scoping.get_node_id(declared));
        let is_plain = matches!(
            holder,
            AstKind::Program(_)
                | AstKind::FunctionBody(_)
                | AstKind::Function(_)
                | AstKind::ArrowFunctionExpression(_)
                | AstKind::BlockStatement(_)
        );
        is_plain && home(declared) == home(made)
    }
}

/// `010` means another number to each mode.
fn is_decimal(it: &NumericLiteral<'_>) -> bool {
    let raw = it.raw.as_ref().map_or("0", |raw| raw.as_str());
    let mut bytes = raw.bytes();
    bytes.next() != Some(b'0') || bytes.next().is_none_or(|next| !next.is_ascii_digit())
}

/// A text that is the same inside of quotes, and has no end of a term in it.
fn plain(text: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_$ -.:@#+,".contains(c);
    text.chars().all(is_plain).then_some(text)
}

fn unary(operator: UnaryOperator) -> Option<&'static str> {
    Some(match operator {
        UnaryOperator::LogicalNot => "!",
        UnaryOperator::UnaryNegation => "neg",
        UnaryOperator::Typeof => "typeof",
        _ => return None,
    })
}

/// Both of these ask objects.
fn is_known(operator: BinaryOperator) -> bool {
    !matches!(operator, BinaryOperator::In | BinaryOperator::Instanceof)
}

/// An operator, without the sign between terms.
fn sign(operator: &str) -> String {
    operator.replace(BETWEEN, "o")
}
