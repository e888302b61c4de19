//! `$template`: pages made from Go's templates.
//!
//! The one rule: what is wrong with a template is told when it is rendered, as
//! PocketBase tells it.

use super::{
    Classes, HostData,
    class::{Class, arg, define_global, host, instance, string, text, this},
    convert, error,
    os::{self, Access, DirObject, Links},
    paths,
};
use crate::{
    error::Error,
    filepath,
    template::{Attempt, Page, Sources},
};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use std::{cell::RefCell, rc::Rc};

/// The functions that a script added, by name.
#[derive(Default)]
pub(crate) struct Functions(RefCell<Vec<(String, JsObject)>>);

/// Templates that were read, or why they could not be.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct Renderer(Rc<Result<Sources, Error>>);

/// Adds `$template`; returns the prototype of renderers.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let namespace = value::new_object(context);
    TEMPLATE.add_to(&namespace, context)?;
    define_global("$template", namespace.into(), context)?;
    RENDERER.prototype(None, context)
}

const TEMPLATE: Class = Class {
    methods: &[
        ("loadString", 1, |_, args, context| {
            let text = text(args, 0, context)?;
            Ok(renderer(Ok(Sources(vec![(String::new(), text)])), context))
        }),
        ("loadFiles", 0, |_, args, context| {
            let paths = (0..args.len())
                .map(|index| text(args, index, context))
                .collect::<JsResult<Vec<_>>>()?;
            let sources = read(&paths, context)?;
            Ok(renderer(sources, context))
        }),
        ("loadFS", 1, |_, args, context| {
            let Some(DirObject(root)) = host(&arg(args, 0)) else {
                let err = Error::host("$template.loadFS wants $os.dirFS(path) and patterns");
                return Err(error::throw(err, context));
            };
            let mut found = Vec::new();
            for index in 1..args.len() {
                let pattern = text(args, index, context)?;
                let list = paths::found(&filepath::join([&*root, &pattern]), context)?;
                if list.is_empty() {
                    let text = format!("template: pattern matches no files: {pattern:?}");
                    return Ok(renderer(Err(Error::host(text)), context));
                }
                found.extend(list);
            }
            let sources = read(&found, context)?;
            Ok(renderer(sources, context))
        }),
        ("addFuncs", 1, add_functions),
    ],
    getters: &[],
    accessors: &[],
};

/// The files, by their names without directories; the first is the page.
fn read(paths: &[String], context: &mut Context) -> JsResult<Result<Sources, Error>> {
    let most = os::max_bytes(context);
    let mut sources = Vec::new();
    for given in paths {
        let path = os::allowed_path(given, Access::Read, Links::Follow, context)?;
        // Whether it is there is told by `render`.
        let read = os::ask("files.read", context, |system| Ok(system.read(&path, most)))?;
        match read {
            Ok(bytes) => sources.push((
                filepath::base(given).to_owned(),
                String::from_utf8_lossy(&bytes).into_owned(),
            )),
            Err(err) => return Ok(Err(err)),
        }
    }
    Ok(Ok(Sources(sources)))
}

fn renderer(sources: Result<Sources, Error>, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).renderer.clone();
    instance(&prototype, Renderer(Rc::new(sources)), context)
}

/// PocketBase: for all templates from now on; the names of earlier ones are
/// taken over.
fn add_functions(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = HostData::of(context);
    let Some(given) = arg(args, 0).as_object() else {
        return Ok(value.clone());
    };
    for key in value::own_keys(&given) {
        let Some(name) = value::key_text(&key) else {
            continue;
        };
        let Some(function) = given.get(key, context)?.as_callable() else {
            let err = Error::host(format!("$template.addFuncs: {name:?} is no function"));
            return Err(error::throw(err, context));
        };
        if !is_name(&name) {
            let err = Error::host(format!("$template.addFuncs: {name:?} is no name"));
            return Err(error::throw(err, context));
        }
        let mut all = data.functions.0.borrow_mut();
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = function,
            None => all.push((name, function)),
        }
    }
    Ok(value.clone())
}

/// Go: letters, digits and `_`, and no digit first.
fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_numeric())
        && !name.is_empty()
        && name.chars().all(|it| it == '_' || it.is_alphanumeric())
}

const RENDERER: Class = Class {
    methods: &[("render", 1, |value, args, context| {
        let Renderer(sources) = this(value)?;
        let data = convert::to_plain(&arg(args, 0), context)?;
        let names: Vec<_> = {
            let data = HostData::of(context);
            let functions = data.functions.0.borrow();
            functions.iter().map(|(name, _)| name.clone()).collect()
        };
        let sources = match &*sources {
            Ok(sources) => sources,
            Err(err) => return Err(error::throw(err.clone(), context)),
        };
        let page = Page::new(sources, &names, &data, os::max_bytes(context));
        let mut page = page.map_err(|err| error::throw(err, context))?;
        loop {
            let attempt = page.attempt(&mut || jsvm_core::check_limits(context).is_ok());
            jsvm_core::check_limits(context)?;
            match attempt.map_err(|err| error::throw(err, context))? {
                Attempt::Done(text) => return Ok(string(text)),
                Attempt::Stopped => {}
                Attempt::Wanted(wanted) => {
                    let answer = call(&wanted.function, &wanted.args, context)?;
                    page.answer(&answer)
                        .map_err(|err| error::throw(err, context))?;
                }
            }
        }
    })],
    getters: &[],
    accessors: &[],
};

fn call(
    name: &str,
    args: &[serde_json::Value],
    context: &mut Context,
) -> JsResult<serde_json::Value> {
    let function = {
        let data = HostData::of(context);
        let functions = data.functions.0.borrow();
        let known = functions.iter().find(|(known, _)| known == name);
        known.map(|(_, function)| function.clone())
    };
    let Some(function) = function else {
        let err = Error::host(format!("template: {name:?} is gone"));
        return Err(error::throw(err, context));
    };
    let args: Vec<_> = args
        .iter()
        .map(|given| value::from_json(given, context))
        .collect();
    let answer = function.call(&JsValue::undefined(), &args, context)?;
    convert::to_plain(&answer, context)
}
