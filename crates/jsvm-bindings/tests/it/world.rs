//! An app with hooks, one worker thread, and everything it said.

use crate::memory::Memory;
use jsvm_bindings::{
    App, Call, Chain, Dispatch, Env, Error, Event, Exchange, Executor, Level, Loaded, ModuleFiles,
    Modules, NoModules, Observer, Origin, Output, Permissions, Profile, Record, RecordRef,
    http::{Request, Response},
    load,
};
use jsvm_core::{Limits, Program, STACK_SIZE, Source};
use serde_json::{Map, Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

/// Two collections: `posts` and `notes`, which refer to posts.
fn schema() -> Value {
    let id = json!({ "name": "id", "type": "text" });
    json!([
        { "id": "pbc_posts", "name": "posts", "type": "base", "viewRule": "", "fields": [
            id,
            { "name": "title", "type": "text", "required": true },
            { "name": "views", "type": "number" },
        ]},
        { "id": "pbc_notes", "name": "notes", "type": "base", "fields": [
            id,
            { "name": "text", "type": "text" },
            { "name": "post", "type": "relation", "collectionId": "pbc_posts",
              "maxSelect": 1, "cascadeDelete": true },
        ]},
    ])
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) loaded: Vec<String>,
    lines: Arc<Lines>,
    calls: Arc<Mutex<Vec<Called>>>,
}

/// One call of a handler that has ended, or one of the host (without error).
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) name: String,
    pub(crate) collection: Option<String>,
    pub(crate) cache_hit: bool,
    pub(crate) error: Option<Error>,
}

impl World {
    /// A world with one hook file.
    pub(crate) fn new(hooks: &str) -> Self {
        Self::with_files(&[("main.pb.js", hooks)], Duration::from_secs(60))
    }

    /// A world with hook files and a time limit.
    pub(crate) fn with_files(files: &[(&str, &str)], timeout: Duration) -> Self {
        Self::build(files, timeout, Profile::Strict, Arc::new(NoModules))
    }

    /// A world in the profile `pocketbase` whose modules are these files.
    pub(crate) fn with_modules(hooks: &str, modules: &Arc<Files>, timeout: Duration) -> Self {
        let files = [("hooks/main.pb.js", hooks)];
        let modules = Arc::clone(modules);
        Self::build(&files, timeout, Profile::PocketBase, modules)
    }

    fn build(
        files: &[(&str, &str)],
        timeout: Duration,
        profile: Profile,
        modules: Arc<dyn ModuleFiles>,
    ) -> Self {
        let lines = Arc::new(Lines::default());
        let app = App::new(Arc::new(Memory::new(&schema())), Arc::clone(&lines) as _);
        let limits = Limits {
            timeout,
            ..Limits::default()
        };
        let env = env(&app, limits, profile, modules);
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| Source::new(*name, *text))
            .collect();
        let Loaded { hooks, failures } = on_large_stack({
            let env = env.clone();
            move || load(&files, &env).unwrap()
        });
        app.set_hooks(hooks);
        let calls = Arc::<Mutex<Vec<Called>>>::default();
        app.set_dispatch(Arc::new(Worker::start(env, Arc::clone(&calls))));
        Self {
            app,
            loaded: failures.iter().map(|(_, err)| err.report()).collect(),
            lines,
            calls,
        }
    }

    /// Saves a new record and returns it.
    pub(crate) fn save(&self, collection: &str, values: Value) -> Result<RecordRef, Error> {
        let mut record = Record::new(self.app.collection(collection).unwrap());
        record.load(values.as_object().unwrap());
        let record = RecordRef::new(record);
        self.app
            .save(&record, jsvm_bindings::Validation::Run)
            .map(|()| record)
    }

    /// What is stored of a field.
    pub(crate) fn stored(&self, collection: &str, field: &str) -> Vec<Value> {
        let collection = self.app.collection(collection).unwrap();
        let found = self.app.records(&collection, &Default::default()).unwrap();
        found
            .iter()
            .map(|record| record.get(field).clone())
            .collect()
    }

    /// Answers a request by the first route that was registered.
    pub(crate) fn get(&self, target: &str) -> Result<Response, Error> {
        self.send(Request {
            method: "GET".into(),
            target: target.into(),
            ..Request::default()
        })
    }

    pub(crate) fn send(&self, request: Request) -> Result<Response, Error> {
        let hooks = self.app.hooks();
        let route = &hooks.routes()[0];
        let mut steps = hooks.middlewares_for(Some(route));
        steps.push(route.handler.clone());
        let exchange = Arc::new(Exchange::new(request, None));
        exchange.set_match("GET /".into(), vec![("name".into(), "world".into())]);
        let event = Event::new(self.app.clone()).with_exchange(Arc::clone(&exchange));
        self.app
            .run_steps(steps, Arc::new(event), Box::new(|_| Ok(())))
            .map(|()| exchange.take_response())
    }

    /// The lines that scripts printed since the last time.
    pub(crate) fn printed(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.0.lock().unwrap())
    }

    /// The calls of handlers and of the host since the last time.
    pub(crate) fn calls(&self) -> Vec<Called> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

/// The environment of a world without modules.
pub(crate) fn strict_env(app: &App) -> Env {
    env(app, Limits::default(), Profile::Strict, Arc::new(NoModules))
}

fn env(app: &App, limits: Limits, profile: Profile, modules: Arc<dyn ModuleFiles>) -> Env {
    Env {
        app: app.clone(),
        limits,
        profile,
        permissions: Permissions::of(profile),
        freezes: false,
        allows_eval: false,
        hooks_dir: "/app/hooks".into(),
        modules: Arc::new(Modules::new(modules, limits.source_size)),
        system: Arc::new(jsvm_bindings::NoSystem),
        process_env: Arc::new([("SHOP".to_owned(), "corner".to_owned())]),
        network: Arc::new(jsvm_bindings::NoNetwork),
        compile: Arc::new(move |source, kind| {
            Program::compile(source, kind, &limits).map(Arc::new)
        }),
        allocated: || 0,
        live: || 0,
    }
}

pub(crate) fn on_large_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new()
        .stack_size(STACK_SIZE)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap()
}

/// Keeps what was called.
#[derive(Clone, Default)]
pub(crate) struct Notes(pub(crate) Arc<Mutex<Vec<Called>>>);

impl Observer for Notes {
    fn call(&self, call: &mut Call<'_>) {
        call.run();
        self.0.lock().unwrap().push(Called {
            name: call.handler().name.to_string(),
            collection: call.collection().map(str::to_owned),
            cache_hit: call.is_cache_hit(),
            error: call.error().cloned(),
        });
    }

    fn host_call(&self, name: &'static str, run: &mut dyn FnMut()) {
        run();
        self.0.lock().unwrap().push(Called {
            name: name.into(),
            collection: None,
            cache_hit: false,
            error: None,
        });
    }
}

/// Keeps what scripts print and log.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Output for Lines {
    fn print(&self, _: Level, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn print_from(&self, level: Level, line: &str, origin: &mut dyn FnMut() -> Origin) {
        // Asked for only where a test wants it, as it takes time.
        if line.starts_with("from") {
            let Origin { hook, position } = origin();
            let position = position.map(|position| position.to_string());
            return self.print(level, &format!("{line} {hook:?} {position:?}"));
        }
        self.print(level, line);
    }

    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>) {
        let line = format!("{level:?} {message} {}", Value::from(attributes.clone()));
        self.0.lock().unwrap().push(line);
    }
}

type Answer = mpsc::Sender<Result<(), Error>>;

/// One thread that runs chains, one after the other.
struct Worker(Mutex<mpsc::Sender<(Chain, Answer)>>);

impl Worker {
    fn start(env: Env, calls: Arc<Mutex<Vec<Called>>>) -> Self {
        let (send, jobs) = mpsc::channel::<(Chain, Answer)>();
        thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn(move || {
                let executor = Executor::new(env).unwrap();
                executor.observe(Notes(calls));
                for (chain, answer) in jobs {
                    executor.arm();
                    let result = executor.run(chain, Duration::ZERO);
                    let _ = answer.send(result);
                }
            })
            .unwrap();
        Self(Mutex::new(send))
    }
}

impl Dispatch for Worker {
    fn run(&self, chain: Chain) -> Result<(), Error> {
        let (answer, result) = mpsc::channel();
        self.0.lock().unwrap().send((chain, answer)).unwrap();
        result.recv().unwrap()
    }
}

/// Files in memory, with a count of how often each was read.
#[derive(Default)]
pub(crate) struct Files {
    texts: HashMap<String, String>,
    reads: Mutex<HashMap<String, usize>>,
}

impl Files {
    /// Files below `/app`.
    pub(crate) fn new(files: &[(&str, &str)]) -> Arc<Self> {
        let texts = files.iter();
        let texts = texts.map(|(path, text)| (format!("/app/{path}"), (*text).to_owned()));
        Arc::new(Self {
            texts: texts.collect(),
            reads: Mutex::default(),
        })
    }

    /// How often a file below `/app` was read.
    pub(crate) fn reads(&self, path: &str) -> usize {
        let reads = self.reads.lock().unwrap();
        reads.get(&format!("/app/{path}")).copied().unwrap_or(0)
    }
}

impl ModuleFiles for Files {
    fn root(&self) -> String {
        "/app".into()
    }

    fn read(&self, path: &str, _: usize) -> Result<Option<String>, Error> {
        *self.reads.lock().unwrap().entry(path.into()).or_default() += 1;
        match self.texts.get(path) {
            Some(_) if path.contains("secret") => Err(Error::host("scripts may not read it")),
            found => Ok(found.cloned()),
        }
    }
}
