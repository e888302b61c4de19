//! `$filepath`: paths as text, and walks through directories.
//!
//! The one rule: what looks at files asks for the permission to read them.

use super::{
    class::{Class, arg, define_global, string, text},
    error,
    os::{self, Access, Links},
};
use crate::{error::Error, filepath};
use boa_engine::{Context, JsResult, JsValue, object::builtins::JsArray};
use jsvm_core::value;

/// Adds `$filepath`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let namespace = value::new_object(context);
    FILEPATH.add_to(&namespace, context)?;
    define_global("$filepath", namespace.into(), context)
}

const FILEPATH: Class = Class {
    methods: &[
        ("base", 1, |_, args, context| {
            Ok(string(filepath::base(&text(args, 0, context)?)))
        }),
        ("clean", 1, |_, args, context| {
            Ok(string(filepath::clean(&text(args, 0, context)?)))
        }),
        ("dir", 1, |_, args, context| {
            Ok(string(filepath::dir(&text(args, 0, context)?)))
        }),
        ("ext", 1, |_, args, context| {
            Ok(string(filepath::extension(&text(args, 0, context)?)))
        }),
        ("fromSlash", 1, |_, args, context| {
            Ok(string(text(args, 0, context)?))
        }),
        ("toSlash", 1, |_, args, context| {
            Ok(string(text(args, 0, context)?))
        }),
        ("isAbs", 1, |_, args, context| {
            Ok(text(args, 0, context)?.starts_with('/').into())
        }),
        ("join", 0, |_, args, context| {
            let parts = (0..args.len()).map(|index| text(args, index, context));
            let parts = parts.collect::<JsResult<Vec<_>>>()?;
            Ok(string(filepath::join(parts.iter().map(String::as_str))))
        }),
        ("match", 2, |_, args, context| {
            let (pattern, name) = (text(args, 0, context)?, text(args, 1, context)?);
            Ok(matches(&pattern, &name, context)?.into())
        }),
        ("rel", 2, |_, args, context| {
            let (from, to) = (text(args, 0, context)?, text(args, 1, context)?);
            match filepath::relative(&from, &to) {
                Some(way) => Ok(string(way)),
                None => {
                    let err = Error::host(format!("Rel: can't make {to} relative to {from}"));
                    Err(error::throw(err, context))
                }
            }
        }),
        ("split", 1, |_, args, context| {
            let path = text(args, 0, context)?;
            let (directory, file) = filepath::split(&path);
            Ok(JsArray::from_iter([string(directory), string(file)], context).into())
        }),
        ("splitList", 1, |_, args, context| {
            let list = text(args, 0, context)?;
            let parts = list.split(':').filter(|_| !list.is_empty()).map(string);
            Ok(JsArray::from_iter(parts, context).into())
        }),
        ("glob", 1, glob),
        ("walk", 2, walk),
        ("walkDir", 2, walk),
    ],
    getters: &[],
    accessors: &[],
};

fn matches(pattern: &str, name: &str, context: &mut Context) -> JsResult<bool> {
    filepath::matches(pattern, name)
        .map_err(|_| error::throw(Error::host("syntax error in pattern"), context))
}

/// Go: the paths that match, part by part; none is null.
fn glob(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let pattern = text(args, 0, context)?;
    let found = found(&pattern, context)?;
    match found.is_empty() {
        true => Ok(JsValue::null()),
        false => Ok(JsArray::from_iter(found.iter().map(string), context).into()),
    }
}

/// The paths that a pattern matches, in order.
pub(super) fn found(pattern: &str, context: &mut Context) -> JsResult<Vec<String>> {
    matches(pattern, "", context)?;
    let mut found = vec![if pattern.starts_with('/') {
        "/".to_owned()
    } else {
        String::new()
    }];
    let mut parts = pattern
        .split('/')
        .filter(|part| !part.is_empty())
        .peekable();
    while let Some(part) = parts.next() {
        // On the way to what is allowed there may be what is not.
        let is_way = is_plain(part) && parts.peek().is_some();
        let mut next = Vec::new();
        for above in found {
            match is_way {
                true => next.push(filepath::join([&*above, part])),
                false => next.extend(below(&above, part, context)?),
            }
        }
        found = next;
    }
    found.sort();
    Ok(found)
}

fn is_plain(part: &str) -> bool {
    !part.contains(['*', '?', '[', '\\'])
}

/// What is in a directory under a name that one part of a pattern matches.
fn below(above: &str, part: &str, context: &mut Context) -> JsResult<Vec<String>> {
    // A directory that is named needs no look into the one above it.
    if is_plain(part) {
        let path = filepath::join([above, part]);
        let real = os::allowed_path(&path, Access::Read, Links::Follow, context)?;
        let is_there = os::ask("files.stat", context, |system| {
            Ok(system.stat(&real).is_ok())
        })?;
        return Ok(is_there.then_some(path).into_iter().collect());
    }
    let mut found = Vec::new();
    for name in names(if above.is_empty() { "." } else { above }, context)? {
        if matches(part, &name, context)? {
            found.push(filepath::join([above, &name]));
        }
    }
    Ok(found)
}

/// The names in a directory; none if it is no directory.
fn names(directory: &str, context: &mut Context) -> JsResult<Vec<String>> {
    let path = os::allowed_path(directory, Access::Read, Links::Follow, context)?;
    let list = os::ask("files.list", context, |system| {
        Ok(system.list(&path).unwrap_or_default())
    })?;
    Ok(list.into_iter().map(|info| info.name).collect())
}

/// Calls a function with each path below a root, the root first; what it
/// returns, unless it is nothing, ends the walk. Links are not followed.
fn walk(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let root = text(args, 0, context)?;
    let Some(visit) = arg(args, 1).as_callable() else {
        let err = Error::host("the second argument is not a function");
        return Err(error::throw(err, context));
    };
    let mut waiting = vec![root];
    while let Some(path) = waiting.pop() {
        let real = os::allowed_path(&path, Access::Read, Links::Keep, context)?;
        let info = os::ask("files.stat", context, |system| system.stat(&real))?;
        let is_dir = info.is_dir;
        let seen = os::info_object(info, context);
        let told = visit.call(
            &JsValue::undefined(),
            &[string(&path), seen, JsValue::null()],
            context,
        )?;
        if let Some(err) = error::returned(&told) {
            return Err(error::throw(err, context));
        }
        if is_dir {
            let mut names = names(&path, context)?;
            names.sort_by(|a, b| b.cmp(a));
            waiting.extend(names.iter().map(|name| filepath::join([&*path, &**name])));
        }
    }
    Ok(JsValue::undefined())
}
