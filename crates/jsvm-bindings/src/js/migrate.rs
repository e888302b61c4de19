//! `migrate(up, down)`: a migration file in a VM of its own.
//!
//! The one rule: a file only registers when it is run; its functions are
//! called later as they are, so they see the variables of their file.

use super::{
    CurrentApp, HookVm, app,
    class::{arg, define_global, function},
    error, loader, settle,
};
use crate::{app::App, env::Env, output::Level};
use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string};
use jsvm_core::{Execution, Failure, ScriptError, Source};
use std::{cell::RefCell, rc::Rc};

/// PocketBase: what hook files have and migrations do not.
const ABSENT: &[&str] = &[
    "$apis",
    "$app",
    "ApiError",
    "BadRequestError",
    "ForbiddenError",
    "InternalServerError",
    "NotFoundError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "cronAdd",
    "cronRemove",
];

/// A migration file that was run.
pub(crate) struct MigrationVm {
    vm: HookVm,
    registered: Registered,
}

/// What the file registered, if anything.
#[derive(Clone, Default)]
struct Registered(Rc<RefCell<Option<Functions>>>);

#[derive(Clone)]
struct Functions {
    up: Option<JsObject>,
    down: Option<JsObject>,
}

impl MigrationVm {
    /// Runs the top level of a file.
    pub(crate) fn load(
        file: &Source,
        execution: &Execution,
        env: &Env,
    ) -> Result<Self, ScriptError> {
        let registered = Registered::default();
        let mut vm = HookVm::with(execution, env, |context| {
            context.insert_data(registered.clone());
            install(context)
        })?;
        loader::run_file(&mut vm, file, env).map_err(with_cure)?;
        vm.end_execution();
        Ok(Self { vm, registered })
    }

    /// Makes the change of the file in a transaction.
    pub(crate) fn up(&mut self, tx: &App) -> Result<(), ScriptError> {
        let functions = self.registered.0.borrow().clone();
        self.call(functions.and_then(|it| it.up), tx)
    }

    /// Takes the change of the file back in a transaction.
    pub(crate) fn down(&mut self, tx: &App) -> Result<(), ScriptError> {
        let functions = self.registered.0.borrow().clone();
        self.call(functions.and_then(|it| it.down), tx)
    }

    fn call(&mut self, function: Option<JsObject>, tx: &App) -> Result<(), ScriptError> {
        let Some(function) = function else {
            return Ok(());
        };
        let outer = self.vm.data.app.replace(CurrentApp::new(tx.clone()));
        let given = app::object(tx, self.vm.vm.context());
        let result = self.run(&function, given);
        let told = |failure| with_cure(error::told(failure, self.vm.vm.context()));
        let result = result.map_err(told);
        self.vm.end_execution();
        self.vm.data.app.replace(outer);
        result
    }

    fn run(&mut self, function: &JsObject, given: JsValue) -> Result<(), Failure> {
        let vm = &mut self.vm.vm;
        let returned = vm.call_function(function, &[given])?;
        vm.drain()?;
        let context = vm.context();
        settle(context).map_err(|err| jsvm_core::failure(err, context))?;
        match app::not_nothing(&returned, "migrate") {
            None => Ok(()),
            Some(err) => Err(Failure::Thrown(error::to_value(err, context))),
        }
    }
}

fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for name in ABSENT {
        global.delete_property_or_throw(js_string!(*name), context)?;
    }
    let body = NativeFunction::from_fn_ptr(migrate);
    let migrate = function("migrate", 2, body, context);
    define_global("migrate", migrate.into(), context)
}

/// `migrate(up, down)`.
///
/// PocketBase: the history knows files, so only the first call of a file is
/// ever applied.
fn migrate(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let functions = Functions {
        up: optional(args, 0, "up")?,
        down: optional(args, 1, "down")?,
    };
    let registered = context.get_data::<Registered>().cloned();
    let registered = registered.unwrap_or_default();
    let mut registered = registered.0.borrow_mut();
    if registered.is_none() {
        *registered = Some(functions);
        return Ok(JsValue::undefined());
    }
    let message = "migrate(...) was called twice in one file; the second call is never applied";
    let app = super::HostData::of(context).env.app.clone();
    app.log(Level::Warn, message);
    Ok(JsValue::undefined())
}

fn optional(args: &[JsValue], index: usize, name: &str) -> JsResult<Option<JsObject>> {
    let value = arg(args, index);
    if value.is_null_or_undefined() {
        return Ok(None);
    }
    value.as_callable().map(Some).ok_or_else(|| {
        let message = format!("{name} of migrate(up, down) must be a function");
        JsNativeError::typ().with_message(message).into()
    })
}

/// The app of hooks is not there, which is told best with what is.
fn with_cure(mut err: ScriptError) -> ScriptError {
    if err.name == "ReferenceError" && err.message.starts_with("$app ") {
        let cure = "a migration is given the app: migrate((app) => app.save(...))";
        err.cure = Some(cure.into());
    }
    err
}
