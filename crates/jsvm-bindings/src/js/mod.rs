//! The objects and globals that scripts see.
//!
//! The one rule: a `HookVm` hands out host objects only while it runs a
//! handler or loads a file; what scripts keep of them is their own loss.

mod apis;
mod app;
mod auth;
mod byte_slice;
mod class;
mod collection;
mod command;
mod console;
mod convert;
mod cookie;
mod cron;
mod db;
mod dbx;
mod ddl;
mod duration;
mod dynamic_model;
mod error;
mod event;
mod expand;
mod field;
mod form_data;
mod globals;
mod go_context;
mod go_json;
mod headers;
mod http;
mod incoming;
mod info;
mod lent;
mod loader;
mod loan;
mod mail;
mod member;
mod migrate;
mod misuse;
mod multipart;
mod os;
mod paths;
mod record;
mod request;
mod require;
mod root_command;
mod rows;
mod security;
mod select;
mod settings;
mod store;
mod template;
mod time;
mod unmarshal;
mod upload;
mod url;
mod xml;

use crate::{app::App, chain::Running, env::Env, error::Error, hooks::Handler, kinds::EventKind};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, builtins::promise::PromiseState,
    object::builtins::JsPromise,
};
use jsvm_core::{ContentId, ErrorKind, Execution, Failure, Position, Program, ScriptError, Vm};
use serde_json::Value;
use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
};

pub use loader::{Loaded, load, load_with};
pub(crate) use {
    error::from_failure, go_json::encode_plain, loader::TEXT_HANDLER, migrate::MigrationVm,
};

/// A VM with the globals that handlers see.
pub(crate) struct HookVm {
    vm: Vm,
    data: HostData,
    is_fresh: bool,
    /// Where the last handler threw an error that has no place of its own.
    thrown_at: Option<Position>,
}

impl HookVm {
    /// A VM for handlers.
    pub(crate) fn new(execution: &Execution, env: &Env) -> Result<Self, ScriptError> {
        Self::with(execution, env, |_| Ok(()))
    }

    /// A VM whose globals are changed before anything is frozen.
    fn with(
        execution: &Execution,
        env: &Env,
        change: impl FnOnce(&mut Context) -> JsResult<()>,
    ) -> Result<Self, ScriptError> {
        let mut vm = Vm::new(execution)?;
        let data = HostData(Rc::new(Inner {
            env: env.clone(),
            classes: OnceCell::new(),
            app: RefCell::new(CurrentApp::new(env.app.clone())),
            args: RefCell::default(),
            instances: require::Instances::default(),
            functions: template::Functions::default(),
            lent: lent::Lent::default(),
            loans: loan::Loans::default(),
        }));
        let context = vm.context();
        context.insert_data(data.clone());
        install(&data, context)
            .and_then(|()| change(context))
            .map_err(|err| ScriptError::new(ErrorKind::Engine, "EngineError", err.to_string()))?;
        if env.allows_eval {
            vm.allow_eval()?;
        }
        if env.freezes {
            vm.freeze()?;
        }
        Ok(Self {
            vm,
            data,
            is_fresh: true,
            thrown_at: None,
        })
    }

    /// Whether it has run nothing so far.
    pub(crate) fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    pub(crate) fn is_reusable(&self) -> bool {
        self.vm.is_reusable()
    }

    /// Whether the last handler's function had to be made.
    #[inline]
    pub(crate) fn has_made(&self) -> bool {
        self.vm.has_made()
    }

    /// Makes the function of a handler ahead of its first call, which tells if
    /// it cannot be made.
    pub(crate) fn prepare(&mut self, program: &Arc<Program>) {
        let _ = self.vm.prepare(program);
        self.vm.end_execution();
    }

    /// How many functions are kept.
    pub(crate) fn functions(&self) -> usize {
        self.vm.functions()
    }

    /// Drops the functions of all other programs.
    pub(crate) fn retain(&mut self, programs: &BTreeMap<ContentId, Arc<Program>>) {
        self.vm.retain(|id| programs.contains_key(&id));
    }

    /// Runs a script to its end, promise jobs included.
    pub(crate) fn run_script(
        &mut self,
        program: &Arc<Program>,
    ) -> Result<(Value, String), ScriptError> {
        self.is_fresh = false;
        let result = self
            .vm
            .run(program)
            .and_then(|value| self.vm.drain().map(|()| value));
        let context = self.vm.context();
        let result = match result {
            Ok(value) => {
                let text = jsvm_core::value::display(&value, context);
                Ok((convert::to_plain(&value, context).unwrap_or_default(), text))
            }
            Err(failure) => Err(error::told(failure, context)),
        };
        self.vm.end_execution();
        result
    }

    /// Calls a handler for an event that is in progress.
    pub(crate) fn handle(&mut self, handler: &Handler, running: &Rc<Running>) -> Result<(), Error> {
        self.is_fresh = false;
        let app = running.event().app();
        let outer = self.data.0.app.replace(CurrentApp::new(app));
        let event = event::InProgress::new(running);
        let given = self.argument(handler.event, &event);
        let args = given.as_slice();
        self.data.0.args.replace(CurrentArgs::of(args));
        let result = self.vm.call(&handler.program, args);
        let result = match result {
            Ok(value) => self.settle(&value, handler),
            Err(failure) => Err(self.failed(failure)),
        };
        let result = result.and_then(|()| self.keep_changes(&event));
        self.end_execution();
        self.data.0.args.replace(CurrentArgs::None);
        self.data.0.app.replace(outer);
        result
    }

    /// The error that a handler ended with, and where it was thrown.
    #[cold]
    fn failed(&mut self, failure: Failure) -> Error {
        let context = self.vm.context();
        self.thrown_at = error::place(&failure, context);
        from_failure(failure, context)
    }

    /// Where the last handler threw, if its error cannot tell.
    pub(crate) fn thrown_at(&self) -> Option<&Position> {
        self.thrown_at.as_ref()
    }

    /// Forgets what must not outlive the execution.
    fn end_execution(&mut self) {
        self.data.0.lent.end();
        self.data.0.loans.end();
        self.vm.end_execution();
    }

    /// Keeps what the handler changed in the data of its event and of the
    /// store.
    fn keep_changes(&mut self, event: &event::InProgress) -> Result<(), Error> {
        let context = self.vm.context();
        event
            .finish(context)
            .and_then(|()| settle(context))
            .map_err(|err| from_failure(jsvm_core::failure(err, context), context))
    }

    /// PocketBase: a cron job is given nothing.
    fn argument(&mut self, kind: EventKind, event: &event::InProgress) -> Option<JsValue> {
        let is_given = kind != EventKind::Cron;
        is_given.then(|| event.object(kind, &self.data, self.vm.context()))
    }

    /// Runs the promise jobs that a call left, and looks at what it returned.
    fn settle(&mut self, value: &JsValue, handler: &Handler) -> Result<(), Error> {
        if let Err(failure) = self.vm.drain() {
            return Err(self.failed(failure));
        }
        if let Some(promise) = value.as_promise() {
            return self.settle_promise(&promise, handler);
        }
        error::returned(value).map_or(Ok(()), Err)
    }

    /// PocketBase: a promise rejected with an error of the host counts; any
    /// other rejection is lost. One that never settles is answered with 500.
    fn settle_promise(&mut self, promise: &JsPromise, handler: &Handler) -> Result<(), Error> {
        let warn = |text: &str| {
            let line = format!("{}: the promise of the handler {text}", handler.name);
            self.data.0.env.app.log(crate::output::Level::Warn, &line);
        };
        match promise.state() {
            PromiseState::Fulfilled(value) => error::returned(&value).map_or(Ok(()), Err),
            PromiseState::Rejected(value) => match error::returned(&value) {
                Some(err @ Error::Api(_)) => Err(err),
                _ => {
                    let told = jsvm_core::describe(&value, self.vm.context());
                    warn(&format!(
                        "was rejected, and nobody looked: {}",
                        told.headline()
                    ));
                    Ok(())
                }
            },
            PromiseState::Pending => {
                warn("never settles");
                let err = crate::error::ApiError::new(500, "", Value::Null);
                Err(Error::Api(err))
            }
        }
    }
}

/// Keeps what a script changed in what it got of others.
fn settle(context: &mut Context) -> JsResult<()> {
    lent::put_back(context).and_then(|()| loan::settle(context))
}

/// What native functions find behind their context.
#[derive(Clone)]
pub(crate) struct HostData(Rc<Inner>);

pub(crate) struct Inner {
    env: Env,
    classes: OnceCell<Rc<Classes>>,
    app: RefCell<CurrentApp>,
    args: RefCell<CurrentArgs>,
    instances: require::Instances,
    functions: template::Functions,
    lent: lent::Lent,
    loans: loan::Loans,
}

/// What `__args` is now.
#[derive(Default)]
pub(crate) enum CurrentArgs {
    /// No handler is running, or one that is given nothing.
    #[default]
    None,
    /// A handler is running; the array is made when a script asks for it.
    Given(JsValue),
    /// What scripts see, or what a script put there.
    Seen(JsValue),
}

impl CurrentArgs {
    fn of(args: &[JsValue]) -> Self {
        match args.first() {
            None => Self::None,
            Some(only) => Self::Given(only.clone()),
        }
    }
}

impl std::ops::Deref for HostData {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl HostData {
    /// The prototypes of the VM.
    fn classes(&self) -> &Rc<Classes> {
        let classes = self.0.classes.get();
        classes.expect("every hook VM has its classes before any script runs")
    }

    /// The data of the VM that `context` belongs to.
    pub(crate) fn of(context: &Context) -> Self {
        context
            .get_data::<Self>()
            .expect("every hook VM has its data before any script runs")
            .clone()
    }
}

/// The app that `$app` is now, and what a script may have put in its place.
pub(crate) struct CurrentApp {
    app: App,
    object: Option<JsValue>,
    replaced: Option<JsValue>,
}

impl CurrentApp {
    fn new(app: App) -> Self {
        Self {
            app,
            object: None,
            replaced: None,
        }
    }
}

/// The prototypes of one VM.
pub(crate) struct Classes {
    errors: error::ErrorClasses,
    events: event::EventClasses,
    request: request::RequestClasses,
    record: JsObject,
    collection: JsObject,
    field: field::FieldClasses,
    app: app::AppClasses,
    cookie: JsObject,
    cron: cron::CronClasses,
    upload: upload::UploadClasses,
    multipart: multipart::MultipartClasses,
    os: os::OsClasses,
    db: db::DbClasses,
    date_time: JsObject,
    duration: JsObject,
    /// Maps in models.
    map: JsObject,
    mail_client: JsObject,
    command: JsObject,
    slices: byte_slice::SliceClasses,
    renderer: JsObject,
    settings: JsObject,
    store: JsObject,
}

impl Classes {
    pub(crate) fn of(context: &Context) -> Rc<Self> {
        Rc::clone(HostData::of(context).classes())
    }
}

/// Adds everything that handlers and loaded files have in common.
fn install(data: &HostData, context: &mut Context) -> JsResult<()> {
    console::install(context)?;
    globals::install(data, context)?;
    dynamic_model::install(context)?;
    unmarshal::install(context)?;
    loader::install_cron(context)?;
    security::install(context)?;
    form_data::install(context)?;
    mail::install(context)?;
    paths::install(context)?;
    apis::install(context)?;
    if data.env.permissions.require.is_any() {
        require::install(context)?;
    }
    if data.env.permissions.net.is_any() {
        http::install(context)?;
    }
    if data.env.permissions.env.is_any() {
        require::install_process(context)?;
    }
    let classes = Classes {
        errors: error::install(context)?,
        date_time: time::install(context)?,
        duration: duration::prototype(context)?,
        map: dynamic_model::map_prototype(context)?,
        command: root_command::install(context)?,
        mail_client: mail::CLIENT.prototype(None, context)?,
        slices: byte_slice::install(context)?,
        renderer: template::install(context)?,
        settings: settings::prototype(context)?,
        store: store::prototype(context)?,
        record: record::install(context)?,
        collection: collection::install(context)?,
        field: field::install(context)?,
        app: app::install(context)?,
        cookie: cookie::install(context)?,
        cron: cron::install(context)?,
        upload: upload::install(context)?,
        multipart: multipart::install(context)?,
        os: os::install(data, context)?,
        db: db::install(context)?,
        request: request::install(context)?,
        events: event::EventClasses::new(),
    };
    data.0.classes.set(Rc::new(classes)).map_err(|_| {
        JsNativeError::error()
            .with_message("installed twice")
            .into()
    })
}

/// Makes the program of a handler that a script gave as function or as text.
fn handler(
    name: &str,
    event: EventKind,
    function: &JsValue,
    tags: Vec<String>,
    context: &mut Context,
) -> JsResult<Arc<Handler>> {
    let source = loader::handler_source(function, context)?;
    let compile = Arc::clone(&HostData::of(context).0.env.compile);
    let compiled = {
        // The cache holds locks.
        let _host = jsvm_core::Limited::off();
        compile(&source, jsvm_core::Kind::Handler)
    };
    let program = compiled.map_err(|err| {
        let message = match &err.position {
            Some(position) => format!("{} ({position})", err.message),
            None => err.message.clone(),
        };
        boa_engine::JsError::from(JsNativeError::syntax().with_message(message))
    })?;
    Ok(Arc::new(Handler {
        name: name.into(),
        event,
        program,
        tags,
    }))
}
