//! Chains of members and calls, such as `$app.store().get("a")`.
//!
//! The one rule: where a chain starts with a variable that holds another chain
//! and never changes, that one is put in front, so that what `app` stands for
//! in `const app = e.app; app.save(r)` is known. A guess is never made: what
//! cannot be followed is [`Root::Other`].

use super::{Analysis, is_function};
use oxc_ast::{
    AstKind,
    ast::{
        Argument as Given, BindingPattern, CallExpression, ChainElement, ComputedMemberExpression,
        Expression, IdentifierReference, NewExpression, StaticMemberExpression, VariableDeclarator,
    },
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::UnaryOperator;

/// Members and calls, from the left to the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// What the first step stands on.
    pub root: Root,
    /// For a [`Root::Global`] the first step is the global itself.
    pub steps: Vec<Step>,
}

/// What a chain starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// A name that nothing in the source declares; it is the first step.
    Global,
    /// An object made with `new` of such a name, which is the first step.
    New,
    /// A parameter of a function.
    Parameter {
        /// The byte at which the function starts.
        function: usize,
        /// Which parameter, from 0.
        index: usize,
    },
    /// A variable that cannot be followed, or an expression.
    Other(Option<String>),
}

/// One member, global or element of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name; `[]` is some element.
    pub name: String,
    /// Where the name stands.
    pub at: usize,
    /// What it is called with; `None` if it is not called.
    pub call: Option<Vec<Argument>>,
}

/// What a call passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A text that is known, and the byte at which its quote stands.
    Text(usize, String),
    /// A function, by the byte at which it starts; also by its name.
    Function(usize),
    /// Anything else.
    Other,
}

/// How long a chain may become; what is longer is not followed.
const LONGEST: usize = 64;

/// An expression as a link of a chain.
enum Link<'b, 'a> {
    Call(&'b CallExpression<'a>),
    Member(&'b StaticMemberExpression<'a>),
    Element(&'b ComputedMemberExpression<'a>),
    New(&'b NewExpression<'a>),
    Name(&'b IdentifierReference<'a>),
    Other,
}

fn link<'b, 'a>(expression: &'b Expression<'a>) -> Link<'b, 'a> {
    match expression.get_inner_expression() {
        Expression::AwaitExpression(it) => link(&it.argument),
        Expression::CallExpression(it) => Link::Call(it),
        Expression::StaticMemberExpression(it) => Link::Member(it),
        Expression::ComputedMemberExpression(it) => Link::Element(it),
        Expression::NewExpression(it) => Link::New(it),
        Expression::Identifier(it) => Link::Name(it),
        Expression::ChainExpression(it) => match &it.expression {
            ChainElement::CallExpression(it) => Link::Call(it),
            ChainElement::StaticMemberExpression(it) => Link::Member(it),
            ChainElement::ComputedMemberExpression(it) => Link::Element(it),
            _ => Link::Other,
        },
        _ => Link::Other,
    }
}

impl<'a> Analysis<'a> {
    /// Every chain of the source that is no part of a longer one. What is
    /// asked for with `typeof` may be missing, and is left out.
    pub fn chains(&self) -> Vec<Chain> {
        let nodes = self.semantic.nodes();
        let mut chains: Vec<Chain> = nodes
            .iter()
            .filter_map(|node| {
                let link = match node.kind() {
                    AstKind::CallExpression(it) => Link::Call(it),
                    AstKind::StaticMemberExpression(it) => Link::Member(it),
                    AstKind::ComputedMemberExpression(it) => Link::Element(it),
                    AstKind::NewExpression(it) => Link::New(it),
                    _ => return None,
                };
                let is_whole = !self.is_part(node.id());
                is_whole.then(|| self.chain(link, LONGEST))
            })
            .collect();
        chains.retain(|chain| !chain.steps.is_empty());
        chains
    }

    /// Whether a longer chain goes on behind this expression, or it is only
    /// asked for with `typeof`.
    fn is_part(&self, mut id: NodeId) -> bool {
        let nodes = self.semantic.nodes();
        loop {
            let span = nodes.kind(id).span();
            id = nodes.parent_id(id);
            let starts = |expression: &Expression<'_>| expression.span() == span;
            return match nodes.kind(id) {
                AstKind::ParenthesizedExpression(_)
                | AstKind::ChainExpression(_)
                | AstKind::AwaitExpression(_) => continue,
                AstKind::StaticMemberExpression(it) => starts(&it.object),
                AstKind::ComputedMemberExpression(it) => starts(&it.object),
                AstKind::CallExpression(it) => starts(&it.callee),
                AstKind::NewExpression(it) => starts(&it.callee),
                AstKind::UnaryExpression(it) => it.operator == UnaryOperator::Typeof,
                _ => false,
            };
        }
    }

    fn chain(&self, mut link: Link<'_, 'a>, fuel: usize) -> Chain {
        let mut steps = Vec::new();
        let mut call = None;
        let root = loop {
            if steps.len() >= fuel {
                break Root::Other(None);
            }
            link = match link {
                Link::Call(it) if call.is_none() => {
                    call = Some(self.arguments(&it.arguments));
                    self::link(&it.callee)
                }
                Link::Member(it) => {
                    steps.push(step(&it.property.name, it.property.span, call.take()));
                    self::link(&it.object)
                }
                Link::Element(it) => {
                    let name = match &it.expression {
                        Expression::StringLiteral(text) => text.value.as_str(),
                        _ => "[]",
                    };
                    steps.push(step(name, it.expression.span(), call.take()));
                    self::link(&it.object)
                }
                Link::New(it) if call.is_none() => match self.constructor(it) {
                    Some(made) => {
                        steps.push(made);
                        break Root::New;
                    }
                    None => break Root::Other(None),
                },
                Link::Name(it) => break self.start(it, call.take(), &mut steps, fuel),
                _ => break Root::Other(None),
            };
        };
        steps.reverse();
        Chain { root, steps }
    }

    fn constructor(&self, made: &NewExpression<'a>) -> Option<Step> {
        let Link::Name(class) = link(&made.callee) else {
            return None;
        };
        let arguments = self.arguments(&made.arguments);
        let is_global = self.symbol(class).is_none();
        is_global.then(|| step(&class.name, class.span, Some(arguments)))
    }

    /// What the name at the start of a chain stands for; `steps` are those
    /// behind it, the last one first.
    fn start(
        &self,
        name: &IdentifierReference<'a>,
        call: Option<Vec<Argument>>,
        steps: &mut Vec<Step>,
        fuel: usize,
    ) -> Root {
        let Some(symbol) = self.symbol(name) else {
            steps.push(step(&name.name, name.span, call));
            return Root::Global;
        };
        let other = Root::Other(Some(name.name.to_string()));
        if call.is_some() || self.semantic.scoping().symbol_is_mutated(symbol) {
            return other;
        }
        let fuel = fuel.saturating_sub(steps.len() + 1);
        match self.meaning(symbol, fuel) {
            Some(before) => {
                steps.extend(before.steps.into_iter().rev());
                match before.root {
                    Root::Other(_) => other,
                    root => root,
                }
            }
            None => other,
        }
    }

    /// The chain that a variable holds for as long as it lives.
    fn meaning(&self, symbol: SymbolId, fuel: usize) -> Option<Chain> {
        if fuel == 0 {
            return None;
        }
        let declaration = self.semantic.symbol_declaration(symbol);
        match declaration.kind() {
            AstKind::VariableDeclarator(it) if is_plain(&it.id, symbol) => match &it.init {
                Some(init) => Some(self.chain(link(init), fuel)),
                None => self.element_of_loop(declaration.id(), it, fuel),
            },
            AstKind::FormalParameter(it) if is_plain(&it.pattern, symbol) => {
                self.parameter(declaration.id(), it.span, fuel)
            }
            _ => None,
        }
    }

    /// `for (const x of chain)`.
    fn element_of_loop(
        &self,
        declarator: NodeId,
        it: &VariableDeclarator<'a>,
        fuel: usize,
    ) -> Option<Chain> {
        let nodes = self.semantic.nodes();
        let AstKind::ForOfStatement(of) = nodes.parent_kind(nodes.parent_id(declarator)) else {
            return None;
        };
        Some(element(self.chain(link(&of.right), fuel), it.span))
    }

    /// A parameter of a function; of one that a list calls it is an element.
    fn parameter(&self, id: NodeId, span: Span, fuel: usize) -> Option<Chain> {
        let nodes = self.semantic.nodes();
        let function = nodes
            .ancestor_ids(id)
            .find(|id| is_function(nodes.kind(*id)))?;
        let parameters = match nodes.kind(function) {
            AstKind::Function(it) => &it.params,
            AstKind::ArrowFunctionExpression(it) => &it.params,
            _ => return None,
        };
        let index = parameters.items.iter().position(|it| it.span == span)?;
        if index == 0
            && let AstKind::CallExpression(call) = nodes.parent_kind(function)
            && let Link::Member(member) = link(&call.callee)
            && LIST_METHODS.contains(&member.property.name.as_str())
        {
            return Some(element(self.chain(link(&member.object), fuel), span));
        }
        Some(Chain {
            root: Root::Parameter {
                function: nodes.kind(function).span().start as usize,
                index,
            },
            steps: Vec::new(),
        })
    }

    fn arguments(&self, given: &[Given<'a>]) -> Vec<Argument> {
        given
            .iter()
            .map(|it| match it.as_expression() {
                Some(it) => self.argument(it),
                None => Argument::Other,
            })
            .collect()
    }

    fn argument(&self, given: &Expression<'a>) -> Argument {
        match given.get_inner_expression() {
            Expression::StringLiteral(it) => {
                Argument::Text(it.span.start as usize, it.value.to_string())
            }
            Expression::TemplateLiteral(it) if it.expressions.is_empty() => {
                let text = it.quasis.first().and_then(|it| it.value.cooked);
                let text = text.map(|it| it.to_string()).unwrap_or_default();
                Argument::Text(it.span.start as usize, text)
            }
            Expression::Identifier(it) => self
                .symbol(it)
                .and_then(|symbol| self.function_of(symbol))
                .map_or(Argument::Other, Argument::Function),
            it => start_of_function(it).map_or(Argument::Other, Argument::Function),
        }
    }

    fn function_of(&self, symbol: SymbolId) -> Option<usize> {
        match self.semantic.symbol_declaration(symbol).kind() {
            AstKind::Function(it) => Some(it.span.start as usize),
            AstKind::VariableDeclarator(it) if is_plain(&it.id, symbol) => {
                start_of_function(it.init.as_ref()?)
            }
            _ => None,
        }
    }

    fn symbol(&self, name: &IdentifierReference<'a>) -> Option<SymbolId> {
        let scoping = self.semantic.scoping();
        scoping.get_reference(name.reference_id()).symbol_id()
    }
}

/// Methods of a list whose first argument is called with its elements.
const LIST_METHODS: &[&str] = &[
    "map", "forEach", "filter", "find", "some", "every", "flatMap",
];

fn step(name: &str, span: Span, call: Option<Vec<Argument>>) -> Step {
    Step {
        name: name.to_owned(),
        at: span.start as usize,
        call,
    }
}

/// The chain of an element of what `list` holds.
fn element(mut list: Chain, span: Span) -> Chain {
    list.steps.push(step("[]", span, None));
    list
}

/// Whether the whole value is bound to the symbol, and not a part of it.
fn is_plain(pattern: &BindingPattern<'_>, symbol: SymbolId) -> bool {
    matches!(pattern, BindingPattern::BindingIdentifier(it) if it.symbol_id() == symbol)
}

fn start_of_function(expression: &Expression<'_>) -> Option<usize> {
    match expression.get_inner_expression() {
        Expression::FunctionExpression(it) => Some(it.span.start as usize),
        Expression::ArrowFunctionExpression(it) => Some(it.span.start as usize),
        _ => None,
    }
}
