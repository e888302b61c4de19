//! Names of PocketBase before 0.23, names that there never were, and names
//! that PocketBase has and these scripts have not.
//!
//! The one rule: an old name is told only where it is known what it is asked
//! of; a name that is nobody's is told with the nearest one that there is.
//! PocketBase: its notes for upgrading to 0.23.

use super::{
    Finding, Trap, foreign,
    handlers::FileFacts,
    kinds::{Kind, Kinds},
    nearest::nearest,
    successors::{self, Successor},
};
use crate::types::{looks_like_hook, names};
use jsvm_core::analysis::{Argument, Chain, Root, Step};
use std::collections::{BTreeMap, BTreeSet};

/// What is told of which byte.
type Told = (usize, Finding);

pub(super) fn findings(
    all: &[FileFacts<'_>],
    file: &FileFacts<'_>,
    absent: &BTreeSet<String>,
) -> Vec<Finding> {
    let kinds = Kinds::of(file);
    let chains = file.chains.iter();
    let members = chains.flat_map(|it| members(file, it, &kinds, absent));
    // Chains share what they start with, and it is told once.
    let told: BTreeMap<usize, Finding> = members
        .chain(globals(all, file, absent))
        .chain(paths(file))
        .collect();
    told.into_values().collect()
}

/// What to write instead of a name that is not defined, if that is known.
pub(crate) fn cure_for(name: &str) -> Option<String> {
    if names().is_hook(name) || ["routerAdd", "routerUse"].contains(&name) {
        return Some("handlers are registered while hook files are loaded".into());
    }
    if names().has_global(name) {
        let not_yet = || names().globals.contains(name).then(|| NOT_YET.to_owned());
        return permission_for(name).or_else(not_yet);
    }
    match successors::of_global(name) {
        Some(successor) => Some(format!("since PocketBase 0.23 use {}", successor.instead)),
        None if foreign::instead_of(name).is_some() => {
            foreign::instead_of(name).map(|it| format!("use {it}"))
        }
        None if is_ours(name) => nearest_global(name).map(|it| format!("did you mean `{it}`?")),
        None => None,
    }
}

const NOT_YET: &str = "PocketBase has this name, and jsvm does not have it yet";

/// What can be done about a member that is not there, written in full.
pub(crate) fn cure_for_member(written: &str) -> Option<String> {
    let (object, member) = written.split_once('.')?;
    let members = names().members.get(object)?;
    match members.contains(member) {
        true => Some(NOT_YET.to_owned()),
        false => nearest(member, members.iter().copied())
            .map(|it| format!("did you mean `{object}.{it}`?")),
    }
}

/// The setting that a name depends on, asked where it is not defined.
fn permission_for(name: &str) -> Option<String> {
    let list = match name {
        "require" | "Buffer" => "sandbox.require lists the directories of modules",
        "process" => "sandbox.env lists the variables that scripts may see",
        "$os" => {
            "sandbox.read, write, run and env list what scripts may do with files and programs"
        }
        "$http" => "sandbox.net lists the hosts that scripts may reach",
        _ => return None,
    };
    Some(format!(
        "{list}; with sandbox.profile = \"pocketbase\" scripts have all of PocketBase's names"
    ))
}

/// Whether a name has the form of those of the API.
fn is_ours(name: &str) -> bool {
    looks_like_hook(name) || (name.starts_with('$') && name.len() > 1)
}

/// Steps of a chain that were renamed, or one that is nobody's.
fn members(
    file: &FileFacts<'_>,
    chain: &Chain,
    kinds: &Kinds,
    absent: &BTreeSet<String>,
) -> Vec<Told> {
    let mut told = Vec::new();
    let (mut kind, first) = kinds.start(chain);
    let mut is_certain = !matches!(chain.root, Root::Other(_));
    let mut steps = chain.steps.iter().skip(first).peekable();
    while let Some(step) = steps.next() {
        if let Some(member) = steps.next_if(|next| is_dao_of_app(kind, step, next)) {
            let old = format!("$app.dao().{}", written(member));
            let successor = successors::of_dao_member(&member.name);
            told.push(old_name(file, step.at, &old, &successor));
            kind = Kind::Dao.after(member);
            continue;
        }
        if let Some(successor) = renamed(kind, step) {
            let old = match kind {
                Some(kind) => format!("{}.{}", kind.example(), written(step)),
                None => written(step),
            };
            told.push(old_name(file, step.at, &old, &successor));
        } else if let Some(found) = kind.and_then(|kind| unknown_member(file, kind, step, absent)) {
            told.push(found);
            break;
        } else if kind == Some(Kind::Record) && is_certain && is_field(step) {
            told.push(record_field(file, chain, step));
            break;
        }
        // A model may be anything that has a table.
        is_certain &= step.name != "model";
        kind = kind.and_then(|kind| kind.after(step));
    }
    told
}

/// A step as it may have been written.
fn written(step: &Step) -> String {
    let name = &step.name;
    match step.call.as_deref() {
        None => name.clone(),
        Some([]) => format!("{name}()"),
        Some([Argument::Text(_, text)]) => format!("{name}({text:?})"),
        Some(_) => format!("{name}(…)"),
    }
}

/// Whether this is `$app.dao().next`, written in one go.
fn is_dao_of_app(kind: Option<Kind>, step: &Step, next: &Step) -> bool {
    kind == Some(Kind::App) && step.name == "dao" && next.at == step.at + "dao().".len()
}

fn renamed(kind: Option<Kind>, step: &Step) -> Option<Successor> {
    match kind {
        Some(kind) => successors::of_member(kind, &step.name, step.call.as_deref()),
        None => successors::of_any_member(&step.name),
    }
}

fn old_name(file: &FileFacts<'_>, at: usize, old: &str, successor: &Successor) -> Told {
    let message = format!("`{old}` is gone since PocketBase 0.23");
    let found = Finding {
        notes: successor.note.iter().map(ToString::to_string).collect(),
        cures: vec![format!("use {}", successor.instead)],
        ..Finding::new(Trap::OldName, file.source, at, message)
    };
    (at, found)
}

/// Whether a step of a record can only be meant as one of its fields.
fn is_field(step: &Step) -> bool {
    let name = step.name.as_str();
    step.call.is_none() && !names().record.contains(name) && !NEVER_UNKNOWN.contains(&name)
}

fn record_field(file: &FileFacts<'_>, chain: &Chain, step: &Step) -> Told {
    let name = &step.name;
    let before = chain.steps.iter().take_while(|it| it.at < step.at).last();
    let record = before.map_or("record", |it| match it.call {
        None => it.name.as_str(),
        Some(_) => "record",
    });
    let message = format!("fields are no properties, so `{record}.{name}` is undefined");
    let found = Finding {
        cures: vec![
            format!("to read it, write `{record}.get({name:?})`"),
            format!("to change it, write `{record}.set({name:?}, value)`"),
        ],
        ..Finding::new(Trap::RecordField, file.source, step.at, message)
    };
    (step.at, found)
}

/// What the scripts that were loaded do not have.
fn not_there(file: &FileFacts<'_>, at: usize, name: &str) -> Told {
    let (message, cure) = match permission_for(name) {
        Some(permission) => (format!("the sandbox hides `{name}`"), Some(permission)),
        None => (
            format!("PocketBase has `{name}`, and jsvm does not have it yet"),
            None,
        ),
    };
    let found = Finding {
        cures: cure.into_iter().collect(),
        ..Finding::new(Trap::NotThere, file.source, at, message)
    };
    (at, found)
}

fn unknown_member(
    file: &FileFacts<'_>,
    kind: Kind,
    step: &Step,
    absent: &BTreeSet<String>,
) -> Option<Told> {
    let members = names().members.get(kind.object()?)?;
    let name = step.name.as_str();
    let example = kind.example();
    let written = format!("{example}.{name}");
    if absent.contains(&written) {
        return Some(not_there(file, step.at, &written));
    }
    if members.contains(name) || NEVER_UNKNOWN.contains(&name) {
        return None;
    }
    let meant = nearest(name, members.iter().copied()).map(|it| format!("{example}.{it}"));
    Some(unknown(file, step.at, &written, meant))
}

/// Members that every object has, those that only a program's `$app` has, and
/// elements.
const NEVER_UNKNOWN: &[&str] = &[
    "[]",
    "constructor",
    "execute",
    "hasOwnProperty",
    "start",
    "toJSON",
    "toString",
    "valueOf",
];

fn unknown(file: &FileFacts<'_>, at: usize, name: &str, meant: Option<String>) -> Told {
    let message = format!("there is no `{name}`");
    let cure = meant.map(|it| format!("did you mean `{it}`?"));
    let found = Finding {
        cures: cure.into_iter().collect(),
        ..Finding::new(Trap::UnknownName, file.source, at, message)
    };
    (at, found)
}

/// Names that nothing declares.
fn globals(all: &[FileFacts<'_>], file: &FileFacts<'_>, absent: &BTreeSet<String>) -> Vec<Told> {
    let declared: BTreeSet<&str> = all
        .iter()
        .flat_map(|it| {
            let shared = it.shared().iter().map(|it| it.name.as_str());
            shared.chain(it.made_global())
        })
        .collect();
    let calls: BTreeSet<usize> = file.chains.iter().filter_map(called_global).collect();
    let unresolved = file.unresolved.iter();
    unresolved
        .filter(|it| !declared.contains(it.name.as_str()))
        .filter_map(|it| match names().has_global(&it.name) {
            true => absent
                .contains(&it.name)
                .then(|| not_there(file, it.at, &it.name)),
            false => global(file, it.at, &it.name, calls.contains(&it.at)),
        })
        .collect()
}

fn global(file: &FileFacts<'_>, at: usize, name: &str, is_called: bool) -> Option<Told> {
    if let Some(successor) = successors::of_global(name) {
        return Some(old_name(file, at, name, &successor));
    }
    if let Some(instead) = foreign::instead_of(name).filter(|_| is_called) {
        let (at, mut found) = unknown(file, at, name, None);
        found.cures.push(format!("use {instead}"));
        return Some((at, found));
    }
    let meant = nearest_global(name).map(str::to_owned);
    let is_told = is_ours(name) || (is_called && meant.is_some());
    is_told.then(|| unknown(file, at, name, meant))
}

/// Where a global stands that is called, or made with `new`.
fn called_global(chain: &Chain) -> Option<usize> {
    let first = chain.steps.first()?;
    let is_global = matches!(chain.root, Root::Global | Root::New);
    (is_global && first.call.is_some()).then_some(first.at)
}

/// Paths as they were written for the router that PocketBase had.
fn paths<'f>(file: &'f FileFacts<'_>) -> impl Iterator<Item = Told> + 'f {
    file.chains.iter().filter_map(move |chain| {
        let first = chain.steps.first()?;
        let is_route = chain.root == Root::Global && first.name == "routerAdd";
        let Argument::Text(at, path) = first.call.as_ref().filter(|_| is_route)?.get(1)? else {
            return None;
        };
        let segments: Vec<_> = path.split('/').map(new_segment).collect();
        let instead = segments.join("/");
        let message = format!("`{path}` matches only this very text since PocketBase 0.23");
        let found = || Finding {
            cures: vec![format!("write `{instead}`")],
            ..Finding::new(Trap::OldName, file.source, *at, message)
        };
        (instead != *path).then(|| (*at, found()))
    })
}

fn new_segment(segment: &str) -> String {
    match segment.strip_prefix(':') {
        Some(name) if !name.is_empty() => format!("{{{name}}}"),
        _ if segment == "*" => "{path...}".to_owned(),
        _ => segment.to_owned(),
    }
}

fn nearest_global(name: &str) -> Option<&'static str> {
    let known = names().globals.iter().copied();
    nearest(name, known.filter(|it| is_ours(it) == is_ours(name)))
}
