//! Which functions of a file are handlers, and what is known of them.
//!
//! The one rule: a function is a handler if the text hands it to a function
//! that registers, or if it was registered when the file was loaded.

use super::next;
use crate::{
    hooks::{Handler, HookSet},
    js::TEXT_HANDLER,
    types::names,
};
use jsvm_core::{
    Source,
    analysis::{Analysis, Argument, Capture, Chain, Name, Root, analyse},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

/// What a handler is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Hook(String),
    Route,
    Middleware,
    Cron,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hook(name) => write!(f, "{name} handler"),
            Self::Route => f.write_str("route handler"),
            Self::Middleware => f.write_str("middleware"),
            Self::Cron => f.write_str("cron handler"),
        }
    }
}

/// What is known of one handler.
pub(super) struct HandlerFacts {
    /// A function may be registered more than once.
    pub(super) roles: BTreeSet<Role>,
    pub(super) range: Range<usize>,
    pub(super) captures: Vec<Capture>,
    /// Where it can end without going on, if that loses something, and the
    /// role in which it does.
    pub(super) exits: Option<(Role, Vec<usize>)>,
}

impl HandlerFacts {
    pub(super) fn role(&self) -> &Role {
        self.roles.first().expect("a handler has a role")
    }
}

/// What is known of one file.
pub(super) struct FileFacts<'s> {
    pub(super) source: &'s Source,
    /// Its top level is no part of the one that hook files share.
    pub(super) is_module: bool,
    pub(super) handlers: Vec<HandlerFacts>,
    pub(super) chains: Vec<Chain>,
    pub(super) unresolved: Vec<Name>,
    top_level: Vec<Name>,
}

impl<'s> FileFacts<'s> {
    /// `None` if the file cannot be read as JavaScript.
    pub(super) fn of(source: &'s Source, hooks: &HookSet) -> Option<Self> {
        analyse(source, |analysis| {
            let chains = analysis.chains();
            let mut roles = registered_in_text(&chains);
            for (start, role) in registered_while_loading(source, hooks) {
                roles.entry(start).or_default().insert(role);
            }
            Self {
                source,
                is_module: false,
                handlers: roles
                    .into_iter()
                    .filter_map(|(start, roles)| handler(analysis, start, roles))
                    .collect(),
                unresolved: analysis.unresolved(),
                top_level: analysis.top_level(),
                chains,
            }
        })
    }

    /// As [`of`](Self::of), for a module.
    pub(super) fn of_module(source: &'s Source, hooks: &HookSet) -> Option<Self> {
        let facts = Self::of(source, hooks)?;
        Some(Self {
            is_module: true,
            ..facts
        })
    }

    /// What the file declares for all hook files.
    pub(super) fn shared(&self) -> &[Name] {
        match self.is_module {
            true => &[],
            false => &self.top_level,
        }
    }

    /// The names in `globalThis.name`: who writes that knows what a global is.
    pub(super) fn made_global(&self) -> impl Iterator<Item = &str> {
        self.chains.iter().filter_map(|chain| {
            let [first, second, ..] = chain.steps.as_slice() else {
                return None;
            };
            let is_global = chain.root == Root::Global && first.name == "globalThis";
            is_global.then_some(second.name.as_str())
        })
    }
}

fn handler(analysis: &Analysis<'_>, start: usize, roles: BTreeSet<Role>) -> Option<HandlerFacts> {
    let wanted = roles
        .iter()
        .find_map(|role| Some((role, next::wanted(role)?)));
    let exits = wanted.map(|(role, it)| (role.clone(), analysis.exits_without(start, it)));
    Some(HandlerFacts {
        range: analysis.function(start)?,
        captures: analysis.captures(start),
        exits,
        roles,
    })
}

/// Functions that are handed to one that registers, by where they start.
fn registered_in_text(chains: &[Chain]) -> BTreeMap<usize, BTreeSet<Role>> {
    let mut found: BTreeMap<usize, BTreeSet<Role>> = BTreeMap::new();
    for chain in chains {
        let Some(step) = chain.steps.first() else {
            continue;
        };
        for (index, argument) in step.call.iter().flatten().enumerate() {
            if let Argument::Function(start) = argument
                && let Some(role) = role_of(&chain.root, &step.name, index)
            {
                found.entry(*start).or_default().insert(role);
            }
        }
    }
    found
}

/// What the argument at `index` of a function is registered as.
fn role_of(root: &Root, name: &str, index: usize) -> Option<Role> {
    match (root, name, index) {
        (Root::Global, "routerAdd", 2) => Some(Role::Route),
        (Root::Global, "routerAdd", 3..) | (Root::Global, "routerUse", _) => Some(Role::Middleware),
        (Root::New, "Middleware", 0) => Some(Role::Middleware),
        (Root::Global, "cronAdd", 2) => Some(Role::Cron),
        (Root::Global, _, 0) if names().is_hook(name) => Some(Role::Hook(name.to_owned())),
        _ => None,
    }
}

/// The handlers that loading the file registered, by where they start.
fn registered_while_loading<'a>(
    source: &'a Source,
    hooks: &'a HookSet,
) -> impl Iterator<Item = (usize, Role)> + 'a {
    registered(hooks).filter_map(|(handler, role)| Some((place(source, handler)?, role)))
}

/// Every handler that was registered.
fn registered(hooks: &HookSet) -> impl Iterator<Item = (&Handler, Role)> {
    let of_hooks = hooks.handlers.iter().flat_map(|(name, handlers)| {
        let role = move |it| (it, Role::Hook((*name).to_owned()));
        handlers.iter().map(role)
    });
    let of_routes = hooks.routes.iter();
    let of_routes = of_routes.filter_map(|it| Some((it.handler.script()?, Role::Route)));
    let own = hooks.routes.iter().flat_map(|route| &route.middlewares);
    let of_middlewares = hooks
        .middlewares
        .iter()
        .chain(own)
        .filter_map(|it| Some((it.step.script()?, Role::Middleware)));
    let of_crons = hooks.crons.iter().map(|it| (&it.handler, Role::Cron));
    of_hooks
        .chain(of_routes)
        .chain(of_middlewares)
        .chain(of_crons)
        .map(|(handler, role)| (&**handler, role))
}

/// Files that registered handlers and are not among the hook files: modules.
pub(super) fn modules(files: &[Source], hooks: &HookSet) -> Vec<Source> {
    let mut known: BTreeSet<String> = files.iter().map(|it| it.name().to_owned()).collect();
    known.insert(TEXT_HANDLER.to_owned());
    registered(hooks)
        .map(|(handler, _)| handler.program.source())
        .filter(|it| known.insert(it.name().to_owned()))
        .map(Source::whole)
        .collect()
}

/// Where in the file the handler's function starts, if it is of this file.
fn place(source: &Source, handler: &Handler) -> Option<usize> {
    let own = handler.program.source();
    let (line, column) = own.start();
    (own.name() == source.name()).then(|| source.offset_of(line, column))
}
