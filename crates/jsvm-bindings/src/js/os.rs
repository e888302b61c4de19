//! `$os`: variables, files and programs, as far as the permissions go.
//!
//! The one rule: a path is looked at only after every link in it was followed
//! and what is found is allowed; what is refused names the setting.

use super::{
    HostData, byte_slice,
    class::{Class, arg, define_global, instance, integer, string, text, this},
    command, error, request,
    time::DateTimeObject,
};
use crate::{
    datetime::DateTime,
    error::Error,
    filepath,
    hosted::Hosted,
    observer::host_call,
    permissions::Allowed,
    system::{FileChange, FileInfo, System},
};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use std::{rc::Rc, sync::Arc};

/// What is known of a file.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct InfoObject(Rc<FileInfo>);

/// A directory that a script may hand on: `$os.dirFS`.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(super) struct DirObject(pub(super) Rc<str>);

/// The prototypes around files and programs.
pub(crate) struct OsClasses {
    info: JsObject,
    dir: JsObject,
    pub(super) command: JsObject,
}

/// Adds `$os` where anything of it is allowed; returns the prototypes.
pub(super) fn install(data: &HostData, context: &mut Context) -> JsResult<OsClasses> {
    let permissions = &data.env.permissions;
    let parts = [
        &permissions.read,
        &permissions.write,
        &permissions.run,
        &permissions.env,
    ];
    if parts.into_iter().any(Allowed::is_any) {
        let namespace = value::new_object(context);
        OS.add_to(&namespace, context)?;
        define_global("$os", namespace.into(), context)?;
    }
    Ok(OsClasses {
        info: INFO.prototype(None, context)?,
        dir: Class::default().prototype(None, context)?,
        command: command::COMMAND.prototype(None, context)?,
    })
}

/// What a path is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Whether the last part of a path may be a link to be followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Follow,
    Keep,
}

/// The host's world, as the host's side of a call.
pub(super) fn system(context: &Context) -> Hosted<dyn System> {
    Hosted(Arc::clone(&HostData::of(context).env.system))
}

/// Asks something of the host's world.
pub(super) fn ask<T>(
    name: &'static str,
    context: &mut Context,
    work: impl FnOnce(&dyn System) -> Result<T, Error>,
) -> JsResult<T> {
    let system = system(context);
    let result = host_call(name, || work(&system));
    // What ran out of time ends the script, whatever it was told.
    jsvm_core::check_limits(context)?;
    result.map_err(|err| error::throw(err, context))
}

/// The path that an argument means, if it is allowed.
///
/// # Errors
///
/// An error that names the setting, if it is not.
pub(super) fn allowed_path(
    given: &str,
    access: Access,
    links: Links,
    context: &mut Context,
) -> JsResult<String> {
    let permissions = HostData::of(context).env.permissions.clone();
    let (allowed, setting) = match access {
        Access::Read => (permissions.read, "sandbox.read"),
        Access::Write => (permissions.write, "sandbox.write"),
    };
    let refused = |context: &mut Context| {
        let verb = if access == Access::Read {
            "read"
        } else {
            "written"
        };
        let message = format!("{given} may not be {verb} (add its directory to {setting})");
        Err(error::throw(Error::host(message), context))
    };
    if !allowed.is_any() || given.contains('\0') {
        return refused(context);
    }
    let path = ask("files.resolve", context, |system| {
        resolved(given, links, system)
    })?;
    let system = system(context);
    match is_below(&path, &allowed, &system) {
        true => Ok(path),
        false => refused(context),
    }
}

fn resolved(given: &str, links: Links, system: &dyn System) -> Result<String, Error> {
    let path = match given.starts_with('/') {
        true => given.to_owned(),
        false => format!("{}/{given}", system.working_dir()),
    };
    if links == Links::Follow {
        return system.resolve(&path);
    }
    // Only the directory: the link itself is meant.
    let (directory, name) = filepath::split(path.trim_end_matches('/'));
    match name {
        "" | "." | ".." => system.resolve(&path),
        name => Ok(filepath::join([&*system.resolve(directory)?, name])),
    }
}

/// The directories of a list may be links as well.
fn is_below(path: &str, allowed: &Allowed, system: &dyn System) -> bool {
    let Allowed::Only(list) = allowed else {
        return allowed.has_path(path);
    };
    let is_in = |directory: &String| {
        let real = system
            .resolve(directory)
            .unwrap_or_else(|_| directory.clone());
        Allowed::Only([real].into()).has_path(path)
    };
    list.iter().any(is_in)
}

/// The argument as a path that may be used so.
fn path(
    args: &[JsValue],
    index: usize,
    access: Access,
    links: Links,
    context: &mut Context,
) -> JsResult<String> {
    let given = text(args, index, context)?;
    allowed_path(&given, access, links, context)
}

/// The path that is the first argument, and what its file holds.
pub(super) fn read_file(args: &[JsValue], context: &mut Context) -> JsResult<(String, Vec<u8>)> {
    let path = path(args, 0, Access::Read, Links::Follow, context)?;
    let most = max_bytes(context);
    let bytes = ask("files.read", context, |system| system.read(&path, most))?;
    Ok((path, bytes))
}

/// Most bytes of a file or an answer that a script may hold at once.
pub(super) fn max_bytes(context: &Context) -> usize {
    let size = HostData::of(context).env.limits.in_force().buffer_size;
    usize::try_from(size).unwrap_or(usize::MAX)
}

const OS: Class = Class {
    methods: &[
        ("getenv", 1, getenv),
        ("cmd", 1, command::new),
        ("exec", 1, command::new),
        ("getwd", 0, |_, _, context| {
            Ok(string(system(context).working_dir()))
        }),
        ("tempDir", 0, |_, _, context| {
            Ok(string(system(context).temp_dir()))
        }),
        ("readFile", 1, |_, args, context| {
            let (_, bytes) = read_file(args, context)?;
            Ok(byte_slice::object(bytes, context))
        }),
        ("writeFile", 3, |_, args, context| {
            let path = path(args, 0, Access::Write, Links::Follow, context)?;
            let bytes = request::bytes(&arg(args, 1), context)?;
            let mode = mode(args, 2, context)?;
            ask("files.write", context, |system| {
                system.write(&path, &bytes, mode)
            })?;
            Ok(JsValue::undefined())
        }),
        ("stat", 1, |_, args, context| {
            let path = path(args, 0, Access::Read, Links::Follow, context)?;
            let info = ask("files.stat", context, |system| system.stat(&path))?;
            Ok(info_object(info, context))
        }),
        ("readDir", 1, |_, args, context| {
            let path = path(args, 0, Access::Read, Links::Follow, context)?;
            let list = ask("files.list", context, |system| system.list(&path))?;
            let list: Vec<_> = list
                .into_iter()
                .map(|info| info_object(info, context))
                .collect();
            Ok(JsArray::from_iter(list, context).into())
        }),
        ("dirFS", 1, |_, args, context| {
            let path = path(args, 0, Access::Read, Links::Follow, context)?;
            let prototype = super::Classes::of(context).os.dir.clone();
            Ok(instance(&prototype, DirObject(path.into()), context))
        }),
        ("mkdir", 2, |_, args, context| {
            let made = FileChange::MakeDir(mode(args, 1, context)?);
            change(args, &made, context)
        }),
        ("mkdirAll", 2, |_, args, context| {
            let made = FileChange::MakeDirs(mode(args, 1, context)?);
            change(args, &made, context)
        }),
        ("remove", 1, |_, args, context| {
            change(args, &FileChange::Remove, context)
        }),
        ("removeAll", 1, |_, args, context| {
            change(args, &FileChange::RemoveAll, context)
        }),
        ("rename", 2, |_, args, context| {
            let to = path(args, 1, Access::Write, Links::Keep, context)?;
            change(args, &FileChange::Rename(to), context)
        }),
        ("truncate", 2, |_, args, context| {
            let size = u64::try_from(integer(args, 1, context)?).unwrap_or(0);
            let path = path(args, 0, Access::Write, Links::Follow, context)?;
            let change = FileChange::Truncate(size);
            ask("files.change", context, |system| {
                system.change(&path, &change)
            })?;
            Ok(JsValue::undefined())
        }),
        ("exit", 1, |_, _, context| {
            let err = Error::host("a hook may not end the server; throw an error instead");
            Err(error::throw(err, context))
        }),
    ],
    getters: &[("args", |_, _, context| {
        Ok(JsArray::from_iter([string("jsvm")], context).into())
    })],
    accessors: &[],
};

fn change(args: &[JsValue], change: &FileChange, context: &mut Context) -> JsResult<JsValue> {
    let path = path(args, 0, Access::Write, Links::Keep, context)?;
    ask("files.change", context, |system| {
        system.change(&path, change)
    })?;
    Ok(JsValue::undefined())
}

/// A Unix mode without special bits.
fn mode(args: &[JsValue], index: usize, context: &mut Context) -> JsResult<u32> {
    let given = integer(args, index, context)?;
    Ok(u32::try_from(given & 0o777).unwrap_or(0))
}

/// Go: a variable that is not there, or not allowed, is empty.
fn getenv(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let data = HostData::of(context);
    if !data.env.permissions.env.is_any() {
        let err = Error::host(format!("{name} may not be read (add it to sandbox.env)"));
        return Err(error::throw(err, context));
    }
    let allowed = data.env.permissions.env.has_name(&name);
    let found = data
        .env
        .process_env
        .iter()
        .find(|(known, _)| *known == name);
    Ok(string(
        found.filter(|_| allowed).map_or("", |(_, value)| value),
    ))
}

pub(super) fn info_object(info: FileInfo, context: &mut Context) -> JsValue {
    let prototype = super::Classes::of(context).os.info.clone();
    instance(&prototype, InfoObject(Rc::new(info)), context)
}

fn info(value: &JsValue) -> JsResult<Rc<FileInfo>> {
    this::<InfoObject>(value).map(|object| object.0)
}

#[expect(clippy::cast_precision_loss, reason = "files are not that long")]
const INFO: Class = Class {
    methods: &[
        ("name", 0, |value, _, _| Ok(string(&info(value)?.name))),
        ("size", 0, |value, _, _| {
            Ok((info(value)?.size as f64).into())
        }),
        ("mode", 0, |value, _, _| Ok(info(value)?.mode.into())),
        ("isDir", 0, |value, _, _| Ok(info(value)?.is_dir.into())),
        ("info", 0, |value, _, _| Ok(value.clone())),
        ("modTime", 0, |value, _, context| {
            let at = DateTime::from_unix_milliseconds(info(value)?.modified);
            let prototype = super::Classes::of(context).date_time.clone();
            Ok(instance(
                &prototype,
                DateTimeObject(at.unwrap_or_default()),
                context,
            ))
        }),
    ],
    getters: &[],
    accessors: &[],
};
