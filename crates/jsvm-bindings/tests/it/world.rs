//! An app with hooks, one worker thread, and everything it said.

use crate::memory::Memory;
use jsvm_bindings::{
    App, Call, Chain, Dispatch, Env, Error, Event, Exchange, Executor, Level, Loaded, Output,
    Profile, Record, RecordRef,
    http::{Request, Response},
    load,
};
use jsvm_core::{Limits, Program, STACK_SIZE, Source};
use serde_json::{Map, Value, json};
use std::{
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
    calls: Arc<Mutex<Vec<Call>>>,
}

impl World {
    /// A world with one hook file.
    pub(crate) fn new(hooks: &str) -> Self {
        Self::with_files(&[("main.pb.js", hooks)], Duration::from_secs(60))
    }

    /// A world with hook files and a time limit.
    pub(crate) fn with_files(files: &[(&str, &str)], timeout: Duration) -> Self {
        let lines = Arc::new(Lines::default());
        let app = App::new(Arc::new(Memory::new(&schema())), Arc::clone(&lines) as _);
        let limits = Limits {
            timeout,
            ..Limits::default()
        };
        let env = env(&app, limits);
        let files: Vec<_> = files
            .iter()
            .map(|(name, text)| Source::new(*name, *text))
            .collect();
        let Loaded { hooks, failures } = on_large_stack({
            let env = env.clone();
            move || load(&files, &env).unwrap()
        });
        app.set_hooks(hooks);
        let calls = Arc::<Mutex<Vec<Call>>>::default();
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
        let mut handlers = hooks.middlewares_for(Some(route));
        handlers.push(Arc::clone(&route.handler));
        let exchange = Arc::new(Exchange::new(request, None));
        exchange.set_match("GET /".into(), vec![("name".into(), "world".into())]);
        let event = Event::new(self.app.clone()).with_exchange(Arc::clone(&exchange));
        self.app
            .run_chain(handlers, Arc::new(event), Box::new(|_| Ok(())))
            .map(|()| exchange.take_response())
    }

    /// The lines that scripts printed since the last time.
    pub(crate) fn printed(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.0.lock().unwrap())
    }

    /// The calls of handlers since the last time.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

pub(crate) fn env(app: &App, limits: Limits) -> Env {
    Env {
        app: app.clone(),
        limits,
        profile: Profile::Strict,
        hooks_dir: "/hooks".into(),
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

/// Keeps what scripts print and log.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Output for Lines {
    fn print(&self, _: Level, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
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
    fn start(env: Env, calls: Arc<Mutex<Vec<Call>>>) -> Self {
        let (send, jobs) = mpsc::channel::<(Chain, Answer)>();
        thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn(move || {
                let executor = Executor::new(env).unwrap();
                for (chain, answer) in jobs {
                    executor.arm();
                    let result = executor.run(chain, Duration::ZERO);
                    calls.lock().unwrap().extend(executor.take_calls());
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
