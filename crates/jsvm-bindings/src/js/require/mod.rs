//! `require`: modules as CommonJS has them.
//!
//! The one rule: each VM has its own instance of a module, made when it is
//! required first; an instance whose code throws is forgotten. PocketBase:
//! goja's `require`, which follows Node.

mod buffer;
mod numbers;
mod process;

use super::{
    HostData,
    class::{arg, define_native_accessor, function, string},
    console, error,
};
use crate::{
    error::Error,
    modules::{Content, Modules, Unusable, directory_of, is_path, join, package_directories},
};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string,
    object::builtins::JsFunction, property::PropertyDescriptor,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::{Failure, Program, ScriptError, value};
use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

/// How many modules may be in the middle of requiring another one.
const MAX_DEPTH: usize = 64;

/// The modules of one VM.
#[derive(Default)]
pub(crate) struct Instances {
    /// The `module` objects, by the path of the file.
    by_path: RefCell<HashMap<String, JsObject>>,
    /// The exports of built-in modules, by name.
    built_in: RefCell<HashMap<&'static str, JsValue>>,
    /// Modules whose code is running.
    depth: RefCell<usize>,
    /// `JSON.parse`, as it was before any script ran.
    parse_json: RefCell<Option<JsFunction>>,
}

/// Makes something that a VM has once.
type Make = fn(&mut Context) -> JsResult<JsValue>;

/// Modules that are not files, by their names without `node:`.
const BUILT_IN: &[(&str, Make)] = &[
    ("buffer", |context| {
        let exports = value::new_object(context);
        let buffer = built_in("Buffer", buffer::constructor, context)?;
        value::set_own(&exports, js_string!("Buffer"), buffer, context);
        Ok(exports.into())
    }),
    ("console", console::object),
    ("process", process::object),
    ("util", |context| {
        let exports = value::new_object(context);
        let format = NativeFunction::from_fn_ptr(|_, args, context| {
            Ok(string(console::format(args, context)?))
        });
        let format = function("format", 1, format, context);
        value::set_own(&exports, js_string!("format"), format.into(), context);
        Ok(exports.into())
    }),
];

/// Adds `require`, `process` and `Buffer`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let data = HostData::of(context);
    let json = context.intrinsics().objects().json();
    let parse = json.get(js_string!("parse"), context)?;
    let parse = parse.as_object().and_then(JsFunction::from_object);
    *data.instances.parse_json.borrow_mut() = parse;
    let root = data.env.modules.root();
    let require = require_function(&root, context);
    super::class::define_global("require", require.into(), context)?;
    lazy_global("Buffer", buffer::constructor, context)
}

/// The global `process`, which exists without `require` too.
pub(super) fn install_process(context: &mut Context) -> JsResult<()> {
    lazy_global("process", process::object, context)
}

/// A global that is made when a script looks at it first.
fn lazy_global(name: &'static str, make: Make, context: &mut Context) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |_, _, context| built_in(name, make, context));
    let set = NativeFunction::from_copy_closure(move |_, args, context| {
        let property = PropertyDescriptor::builder()
            .value(arg(args, 0))
            .writable(true)
            .enumerable(true)
            .configurable(true);
        let global = context.global_object();
        global.define_property_or_throw(js_string!(name), property, context)?;
        Ok(JsValue::undefined())
    });
    let global = context.global_object();
    define_native_accessor(&global, name, get, Some(set), context)
}

/// What is made once in each VM.
fn built_in(name: &'static str, make: Make, context: &mut Context) -> JsResult<JsValue> {
    let data = HostData::of(context);
    let known = data.instances.built_in.borrow().get(name).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let made = make(context)?;
    let mut built_in = data.instances.built_in.borrow_mut();
    built_in.insert(name, made.clone());
    Ok(made)
}

/// Where relative ids start from.
#[derive(Trace, Finalize)]
#[boa_gc(unsafe_empty_trace)]
struct Base(Rc<str>);

fn require_function(directory: &str, context: &mut Context) -> JsObject {
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, base: &Base, context| {
            let id = arg(args, 0);
            let Some(id) = id.as_string().filter(|id| !id.is_empty()) else {
                return Err(JsNativeError::typ()
                    .with_message("require wants the id of a module, which is a text")
                    .into());
            };
            exports(&id.to_std_string_lossy(), &base.0, context)
        },
        Base(directory.into()),
    );
    function("require", 1, body, context)
}

/// The exports of the module of that id, seen from a directory.
fn exports(id: &str, from: &str, context: &mut Context) -> JsResult<JsValue> {
    if !is_path(id)
        && let Some(found) = built_in_module(id, context)?
    {
        return Ok(found);
    }
    let data = HostData::of(context);
    let loader = Loader {
        data: &data,
        modules: &data.env.modules,
    };
    let module = if is_path(id) {
        loader.file_or_directory(&join(from, id), context)?
    } else {
        loader.package(id, from, context)?
    };
    match module {
        Some(module) => module.get(js_string!("exports"), context),
        None => Err(error::throw(Error::host(not_found(id, from)), context)),
    }
}

fn built_in_module(id: &str, context: &mut Context) -> JsResult<Option<JsValue>> {
    let name = id.strip_prefix("node:").unwrap_or(id);
    match BUILT_IN.iter().find(|(known, _)| *known == name) {
        Some((name, make)) => built_in(name, *make, context).map(Some),
        None => Ok(None),
    }
}

/// The most used of Node's modules that there are not.
const NOT_BUILT_IN: &[&str] = &[
    "assert",
    "child_process",
    "crypto",
    "dns",
    "events",
    "fs",
    "fs/promises",
    "http",
    "https",
    "net",
    "os",
    "path",
    "querystring",
    "stream",
    "timers",
    "tls",
    "url",
    "worker_threads",
    "zlib",
];

/// PocketBase says `Invalid module` and no more.
fn not_found(id: &str, from: &str) -> String {
    if is_path(id) {
        let path = join(from, id);
        return format!(
            "Invalid module {id:?}: there is no {path}, {path}.js, {path}.json or {path}/index.js"
        );
    }
    if id.starts_with("node:") || NOT_BUILT_IN.contains(&id) {
        return format!(
            "Invalid module {id:?}: of Node's own modules there are only console, process, \
             buffer and util"
        );
    }
    format!(
        "Invalid module {id:?}: it is in no node_modules directory of {from} or above; \
         a file is required by its path, such as `${{__hooks}}/{id}.js`"
    )
}

/// Looks for files, and runs them.
struct Loader<'a> {
    data: &'a HostData,
    modules: &'a Arc<Modules>,
}

type Found = JsResult<Option<JsObject>>;

impl Loader<'_> {
    fn package(&self, id: &str, from: &str, context: &mut Context) -> Found {
        for directory in package_directories(from) {
            let found = self.file_or_directory(&join(&directory, id), context)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn file_or_directory(&self, path: &str, context: &mut Context) -> Found {
        match self.file(path, context)? {
            None => self.directory(path, context),
            found => Ok(found),
        }
    }

    fn file(&self, path: &str, context: &mut Context) -> Found {
        self.first(
            ["", ".js", ".json"].map(|end| format!("{path}{end}")),
            context,
        )
    }

    fn directory(&self, path: &str, context: &mut Context) -> Found {
        if let Some(main) = self.main_of(path, context)?
            && let Some(found) = self.file_or_index(&join(path, &main), context)?
        {
            return Ok(Some(found));
        }
        self.index(path, context)
    }

    fn file_or_index(&self, path: &str, context: &mut Context) -> Found {
        match self.file(path, context)? {
            None => self.index(path, context),
            found => Ok(found),
        }
    }

    fn index(&self, path: &str, context: &mut Context) -> Found {
        self.first(
            ["index.js", "index.json"].map(|name| join(path, name)),
            context,
        )
    }

    /// What the `package.json` of a directory names as its main file.
    fn main_of(&self, path: &str, context: &mut Context) -> JsResult<Option<String>> {
        let text = self.modules.text(&join(path, "package.json"));
        let text = text.map_err(|err| error::throw(err, context))?;
        let package = text.and_then(|text| serde_json::from_str(&text).ok());
        let package: serde_json::Value = package.unwrap_or_default();
        let main = package.get("main").and_then(serde_json::Value::as_str);
        Ok(main.filter(|main| !main.is_empty()).map(str::to_owned))
    }

    fn first<const N: usize>(&self, paths: [String; N], context: &mut Context) -> Found {
        for path in paths {
            let found = self.load(&path, context)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The module of a file, made if this VM has none yet.
    fn load(&self, path: &str, context: &mut Context) -> Found {
        let instances = &self.data.instances;
        if let Some(known) = instances.by_path.borrow().get(path) {
            return Ok(Some(known.clone()));
        }
        let content = match self.modules.content(path, &self.data.env.compile) {
            Ok(None) => return Ok(None),
            Ok(Some(content)) => content,
            Err(Unusable::Unread(err)) => return Err(error::throw(err, context)),
            Err(Unusable::Uncompiled(err)) => return Err(not_compiled(err, context)),
        };
        let module = value::new_object(context);
        let exports: JsValue = value::new_object(context).into();
        value::set_own(&module, js_string!("exports"), exports, context);
        let mut by_path = instances.by_path.borrow_mut();
        by_path.insert(path.to_owned(), module.clone());
        drop(by_path);
        let result = self.fill(&module, path, &content, context);
        if let Err(err) = result {
            instances.by_path.borrow_mut().remove(path);
            return Err(err);
        }
        Ok(Some(module))
    }

    fn fill(
        &self,
        module: &JsObject,
        path: &str,
        content: &Content,
        context: &mut Context,
    ) -> JsResult<()> {
        match content {
            Content::Script(program) => self.run(module, path, program, context),
            Content::Json(text) => {
                let exports = self.parse(path, text, context)?;
                value::set_own(module, js_string!("exports"), exports, context);
                Ok(())
            }
        }
    }

    fn parse(&self, path: &str, text: &str, context: &mut Context) -> JsResult<JsValue> {
        let parse = self.data.instances.parse_json.borrow().clone();
        let parse = parse.expect("kept when `require` was installed");
        let given = string(text);
        parse
            .call(&JsValue::undefined(), &[given], context)
            .map_err(|err| {
                let told = Failure::into_error(jsvm_core::failure(err, context), context);
                let name = self.modules.name_of(path);
                error::throw(Error::host(format!("SyntaxError: {name}: {told}")), context)
            })
    }

    /// Runs the code of a module.
    fn run(
        &self,
        module: &JsObject,
        path: &str,
        program: &Arc<Program>,
        context: &mut Context,
    ) -> JsResult<()> {
        let body = match jsvm_core::evaluate(program, context) {
            Ok(body) => body,
            Err(Failure::Thrown(thrown)) => return Err(boa_engine::JsError::from_opaque(thrown)),
            Err(Failure::Error(err)) => return Err(not_compiled(err, context)),
        };
        let body = body.as_callable().expect("a module is a function");
        let exports = module.get(js_string!("exports"), context)?;
        let directory = directory_of(path);
        let args = [
            exports.clone(),
            require_function(directory, context).into(),
            module.clone().into(),
            string(path),
            string(directory),
        ];
        let _deeper = Deeper::new(&self.data.instances.depth, context)?;
        body.call(&exports, &args, context).map(drop)
    }
}

/// One more module in progress, while it lives.
struct Deeper<'a>(&'a RefCell<usize>);

impl<'a> Deeper<'a> {
    fn new(depth: &'a RefCell<usize>, context: &mut Context) -> JsResult<Self> {
        if *depth.borrow() >= MAX_DEPTH {
            let message = format!("modules require each other more than {MAX_DEPTH} deep");
            return Err(error::throw(Error::host(message), context));
        }
        *depth.borrow_mut() += 1;
        Ok(Self(depth))
    }
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        *self.0.borrow_mut() -= 1;
    }
}

/// PocketBase: a `GoError` with file, line and column in its message.
fn not_compiled(err: ScriptError, context: &mut Context) -> boa_engine::JsError {
    let message = match &err.position {
        Some(at) => format!(
            "{}: {}: Line {}:{} {}",
            err.name, at.file, at.line, at.column, err.message
        ),
        None => err.headline(),
    };
    error::throw(Error::host(message), context)
}
