//! Loading hook files: their top-level code runs once and registers handlers.
//!
//! The one rule: a handler is taken by its source text, because it will run in
//! other VMs; so it never sees a variable of the file around it. A file that
//! throws keeps what it registered before, and the next file is loaded.

use super::{
    HookVm, HostData,
    class::{arg, define_global, function, instance, integer, text},
    handler, misuse,
};
use crate::{
    app::App,
    env::Env,
    hooks::{CronJob, HOOKS, Hook, HookSet, Middleware, Route},
    kinds::EventKind,
    middleware::{Native, Step},
    mux::Pattern,
    schedule::Schedule,
    types::names,
};
use boa_engine::{Context, JsData, JsNativeError, JsResult, JsString, JsValue, NativeFunction};
use boa_gc::{Finalize, Trace};
use jsvm_core::{ErrorKind, Execution, Failure, Kind, Position, ScriptError, Source};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc, time::Duration};

/// What came of loading some files.
#[derive(Debug)]
pub struct Loaded {
    /// What they registered.
    pub hooks: HookSet,
    /// Files that could not be run to their end, with the reason.
    pub failures: Vec<(String, ScriptError)>,
}

/// Loads hook files in their order, all in one VM.
///
/// Each file gets the time limit of the environment. Call it on a thread with
/// [`STACK_SIZE`](jsvm_core::STACK_SIZE) bytes of stack.
///
/// # Errors
///
/// If the engine cannot be set up. What is wrong with a file is in
/// [`Loaded::failures`].
pub fn load(files: &[Source], env: &Env) -> Result<Loaded, ScriptError> {
    load_with(files, env, |_| ())
}

/// As [`load`], telling the number of each file before it starts.
///
/// # Errors
///
/// As [`load`].
pub fn load_with(
    files: &[Source],
    env: &Env,
    started: impl Fn(usize),
) -> Result<Loaded, ScriptError> {
    let execution = Execution::with_memory(env.limits, env.live);
    let mut vm = HookVm::new(&execution, env)?;
    let loading = Loading::default();
    vm.vm.context().insert_data(loading.clone());
    let absent = install(vm.vm.context())
        .and_then(|()| absent(vm.vm.context()))
        .map_err(|err| ScriptError::new(ErrorKind::Engine, "EngineError", err.to_string()))?;
    let mut failures = Vec::new();
    for (index, file) in files.iter().enumerate() {
        started(index);
        execution.arm();
        execution.start(Duration::ZERO);
        if let Err(err) = run_file(&mut vm, file, env) {
            failures.push((file.name().to_owned(), err));
        }
        vm.vm.end_execution();
    }
    let mut hooks = std::mem::take(&mut *loading.0.borrow_mut());
    hooks.files = files.iter().map(|file| file.name().to_owned()).collect();
    hooks.absent = absent;
    Ok(Loaded { hooks, failures })
}

/// The names of PocketBase that scripts do not find here.
fn absent(context: &mut Context) -> JsResult<BTreeSet<String>> {
    /// They are there in modules and in migrations.
    const ELSEWHERE: &[&str] = &["exports", "migrate", "module"];
    let global = context.global_object();
    let mut absent = BTreeSet::new();
    for name in &names().globals {
        if !global.has_property(JsString::from(*name), context)? && !ELSEWHERE.contains(name) {
            absent.insert((*name).to_owned());
        }
    }
    for (object, members) in &names().members {
        let Some(of) = global.get(JsString::from(*object), context)?.as_object() else {
            continue;
        };
        for member in members {
            if !of.has_property(JsString::from(*member), context)? {
                absent.insert(format!("{object}.{member}"));
            }
        }
    }
    Ok(absent)
}

/// Runs the top level of a file.
pub(super) fn run_file(vm: &mut HookVm, file: &Source, env: &Env) -> Result<(), ScriptError> {
    let program = (env.compile)(file, Kind::Script).map_err(|err| with_cure_of_types(err, file))?;
    let result = vm.vm.run(&program).and_then(|_| vm.vm.drain());
    result.map_err(|failure: Failure| super::error::told(failure, vm.vm.context()))
}

/// PocketBase: the ending `.ts` is for editors, and the file is JavaScript.
fn with_cure_of_types(mut err: ScriptError, file: &Source) -> ScriptError {
    if err.kind == ErrorKind::Syntax && file.name().ends_with(".ts") && err.cure.is_none() {
        err.cure = Some("types are not taken out of a file; write JavaScript".into());
    }
    err
}

/// What was registered so far.
#[derive(Clone, Default)]
struct Loading(Rc<RefCell<HookSet>>);

/// A `new Middleware(…)` that a script made.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct MiddlewareObject(Middleware);

/// Adds the functions that register.
fn install(context: &mut Context) -> JsResult<()> {
    for hook in HOOKS {
        let body = NativeFunction::from_copy_closure(move |_, args, context| {
            register(hook, args, context)
        });
        let function = function(hook.name, 1, body, context);
        define_global(hook.name, function.into(), context)?;
    }
    let functions: [(&str, usize, super::class::Method); 2] =
        [("routerAdd", 3, router_add), ("routerUse", 1, router_use)];
    for (name, length, body) in functions {
        let function = function(name, length, NativeFunction::from_fn_ptr(body), context);
        define_global(name, function.into(), context)?;
    }
    install_middleware(context)
}

fn install_middleware(context: &mut Context) -> JsResult<()> {
    let prototype = super::class::Class::default().prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &boa_engine::JsObject, context| {
            let middleware = Middleware {
                step: Step::Script(handler(
                    "middleware",
                    EventKind::Route,
                    &arg(args, 0),
                    Vec::new(),
                    context,
                )?),
                priority: integer(args, 1, context)?,
                id: text(args, 2, context)?,
            };
            Ok(instance(prototype, MiddlewareObject(middleware), context))
        },
        prototype.clone(),
    );
    let function = super::class::constructor("Middleware", 3, body, &prototype, context)?;
    define_global("Middleware", function.into(), context)
}

/// The loader's state; handlers have none.
fn loading(context: &Context) -> JsResult<Loading> {
    context.get_data::<Loading>().cloned().ok_or_else(|| {
        JsNativeError::typ()
            .with_message("this can only be used while hook files are loaded")
            .into()
    })
}

/// `onRecordCreate(fn, ...tags)` and its siblings.
fn register(hook: &'static Hook, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    misuse::check(hook, args)?;
    let tags = misuse::tags(hook, args, context)?;
    let handler = handler(hook.name, hook.event, &arg(args, 0), tags, context)?;
    let loading = loading(context)?;
    let mut hooks = loading.0.borrow_mut();
    hooks.handlers.entry(hook.name).or_default().push(handler);
    Ok(JsValue::undefined())
}

/// `routerAdd(method, path, handler, ...middlewares)`.
fn router_add(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let method = text(args, 0, context)?.to_ascii_uppercase();
    let path = text(args, 1, context)?;
    if let Err(err) = Pattern::parse(&method, &path) {
        return Err(JsNativeError::typ().with_message(err.to_string()).into());
    }
    let name = format!("{method} {path}");
    let (handler, place) = route_handler(name.trim_start(), &path, &arg(args, 2), context)?;
    let middlewares = middlewares(args.get(3..).unwrap_or(&[]), context)?;
    let loading = loading(context)?;
    loading.0.borrow_mut().routes.push(Route {
        method,
        path,
        handler,
        middlewares,
        place,
    });
    Ok(JsValue::undefined())
}

/// What answers a route, and where it was registered.
fn route_handler(
    name: &str,
    path: &str,
    value: &JsValue,
    context: &mut Context,
) -> JsResult<(Step, String)> {
    if let Some(native) = super::apis::native(value) {
        if !matches!(native, Native::Static { .. }) {
            let message = format!("{name}: a middleware is no handler; give it after the handler");
            return Err(JsNativeError::typ().with_message(message).into());
        }
        if !path.ends_with("{path...}") {
            let message = format!("{name}: the path of $apis.static must end in {{path...}}");
            return Err(JsNativeError::typ().with_message(message).into());
        }
        let place = calling_position(context).map_or_else(String::new, |at| at.to_string());
        return Ok((Step::Native(native), place));
    }
    let handler = handler(name, EventKind::Route, value, Vec::new(), context)?;
    let place = handler.program.source().to_string();
    Ok((Step::Script(handler), place))
}

/// `routerUse(...middlewares)`.
fn router_use(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = middlewares(args, context)?;
    let loading = loading(context)?;
    loading.0.borrow_mut().middlewares.extend(list);
    Ok(JsValue::undefined())
}

fn middlewares(args: &[JsValue], context: &mut Context) -> JsResult<Vec<Middleware>> {
    args.iter()
        .map(|value| {
            if let Some(MiddlewareObject(middleware)) = super::class::host(value) {
                return Ok(middleware);
            }
            if let Some(native) = super::apis::native(value) {
                return Ok(Middleware {
                    priority: native.priority(),
                    id: native.id().to_owned(),
                    step: Step::Native(native),
                });
            }
            let handler = handler("middleware", EventKind::Route, value, Vec::new(), context)?;
            Ok(Middleware {
                step: Step::Script(handler),
                priority: 0,
                id: String::new(),
            })
        })
        .collect()
}

/// `cronAdd(id, expression, handler)`, while loading and in handlers.
pub(super) fn cron_add(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let id = text(args, 0, context)?;
    let expression = text(args, 1, context)?;
    let schedule = Schedule::parse(&expression).map_err(|err| {
        let message = format!("[cronAdd] cron job {id:?}: {err}");
        boa_engine::JsError::from(JsNativeError::typ().with_message(message))
    })?;
    let name = format!("cron {id}");
    let job = CronJob {
        handler: handler(&name, EventKind::Cron, &arg(args, 2), Vec::new(), context)?,
        schedule,
        id,
    };
    match context.get_data::<Loading>() {
        Some(loading) => {
            let mut hooks = loading.0.borrow_mut();
            hooks.crons.retain(|other| other.id != job.id);
            hooks.crons.push(job);
        }
        None => {
            let app = HostData::of(context).env.app.clone();
            app.crons().insert(job.id.clone(), job);
        }
    }
    Ok(JsValue::undefined())
}

/// `cronRemove(id)`, while loading and in handlers.
pub(super) fn cron_remove(
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let id = text(args, 0, context)?;
    match context.get_data::<Loading>() {
        Some(loading) => loading.0.borrow_mut().crons.retain(|job| job.id != id),
        None => {
            HostData::of(context).env.app.crons().remove(&id);
        }
    }
    Ok(JsValue::undefined())
}

/// The jobs that are registered: those of the files that are being loaded, or
/// those in force.
pub(super) fn jobs(app: &App, context: &Context) -> Vec<CronJob> {
    match context.get_data::<Loading>() {
        Some(loading) => loading.0.borrow().crons.clone(),
        None => app.crons().values().cloned().collect(),
    }
}

/// What the source of a handler that was given as text is called.
pub(crate) const TEXT_HANDLER: &str = "handler";

/// The source of a handler: that of a function, or text as it is.
pub(super) fn handler_source(value: &JsValue, context: &mut Context) -> JsResult<Source> {
    let near = calling_position(context);
    if value.is_string() {
        let text = value.to_string(context)?.to_std_string_lossy();
        let found = near.and_then(|near| jsvm_core::text_source(&text, &near, context));
        return Ok(found.unwrap_or_else(|| Source::new(TEXT_HANDLER, text)));
    }
    let Some(function) = value.as_callable() else {
        return Err(misuse::no_handler(value, context));
    };
    jsvm_core::function_source(&function, near.as_ref(), context)?
        .ok_or_else(|| misuse::no_handler(value, context))
}

/// The place of the script that is calling a native function now.
fn calling_position(context: &mut Context) -> Option<Position> {
    let constructor = context.intrinsics().constructors().error().constructor();
    let error = constructor.construct(&[], None, context).ok()?;
    let told = jsvm_core::describe(&error.into(), context);
    told.position.clone()
}

/// Adds what handlers have of the functions that register.
pub(super) fn install_cron(context: &mut Context) -> JsResult<()> {
    let functions: [(&str, usize, super::class::Method); 2] =
        [("cronAdd", 3, cron_add), ("cronRemove", 1, cron_remove)];
    for (name, length, body) in functions {
        let function = function(name, length, NativeFunction::from_fn_ptr(body), context);
        define_global(name, function.into(), context)?;
    }
    Ok(())
}
