//! A server for one test, and a client for it.
//!
//! The one rule: nothing waits for time; a test that needs a moment waits for
//! a line that a script prints.

use jsvm::{App, Config, Level, Output, Runtime, Source, metrics::Naming};
use jsvm_host::{
    HttpClient, Machine, Post, Project, ProjectModules, Server, Sqlite,
    server::{MetricsPage, Options},
};
use serde_json::{Map, Value};
use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot};

/// What a site is made of.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) hooks: &'static str,
    pub(crate) schema: Value,
    /// Text of a `jsvm.toml`.
    pub(crate) config: String,
    pub(crate) files: &'static [(&'static str, &'static str)],
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_body: Option<usize>,
    pub(crate) max_requests: Option<usize>,
}

/// A server that runs.
pub(crate) struct Site {
    pub(crate) runtime: Runtime,
    pub(crate) address: SocketAddr,
    pub(crate) store: Sqlite,
    logged: Arc<Mutex<Vec<String>>>,
    printed: Mutex<Receiver<String>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    pub(crate) dir: tempfile::TempDir,
}

/// An answer, as a client reads it.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> String {
        let values = self.headers.iter().filter(|(key, _)| key == name);
        values
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The status and the message of an error.
    pub(crate) fn error(&self) -> (u16, String) {
        let message = self.json()["message"].as_str().map(str::to_owned);
        (self.status, message.unwrap_or_default())
    }
}

struct Lines {
    printed: Mutex<Sender<String>>,
    logged: Arc<Mutex<Vec<String>>>,
}

impl Output for Lines {
    fn print(&self, _: Level, line: &str) {
        // The test may be over.
        let _ = self.printed.lock().unwrap().send(line.to_owned());
    }

    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>) {
        let attributes = Value::Object(attributes.clone());
        self.logged
            .lock()
            .unwrap()
            .push(format!("{level:?} {message} {attributes}"));
    }
}

impl Site {
    pub(crate) fn hooks(hooks: &'static str) -> Self {
        Self::new(Plan {
            hooks,
            ..Plan::default()
        })
    }

    pub(crate) fn new(plan: Plan) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in plan.files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let store = Sqlite::open(&dir.path().join("pb_data")).unwrap();
        if !plan.schema.is_null() {
            store.import(&plan.schema).unwrap();
        }
        let (sender, receiver) = mpsc::channel();
        let logged = Arc::default();
        let output = Lines {
            printed: Mutex::new(sender),
            logged: Arc::clone(&logged),
        };
        let project = Project::open(dir.path()).unwrap();
        let runtime = runtime(
            App::new(Arc::new(store.clone()), Arc::new(output)),
            plan.timeout,
            &project,
            &plan.config,
        );
        load(&runtime, plan.hooks);
        let mut options = Options {
            public_dir: dir.path().join("pb_public"),
            ..Options::default()
        };
        options.max_body = plan.max_body.unwrap_or(options.max_body);
        if let Some(max) = plan.max_requests {
            options.max_requests = NonZeroUsize::new(max).unwrap();
        }
        let page = MetricsPage::new(runtime.telemetry(), Naming::Fixed);
        let server = Server::new(runtime.app().clone(), store.clone(), &options)
            .unwrap()
            .with_metrics(page);
        let (stop, stopped) = oneshot::channel();
        let (told, tell) = mpsc::channel();
        let thread = std::thread::spawn(move || serve(server, stopped, &told));
        Self {
            address: tell.recv().unwrap(),
            runtime,
            store,
            logged,
            printed: Mutex::new(receiver),
            stop: Some(stop),
            thread: Some(thread),
            dir,
        }
    }

    /// Sends a request; a body that is an object is sent as JSON.
    pub(crate) fn send(&self, method: &str, target: &str, body: &Value) -> Answer {
        match body {
            Value::Null => send(self.address, method, target, &[], ""),
            Value::String(text) => send(self.address, method, target, &[], text),
            body => {
                let kind = ("content-type", "application/json");
                send(self.address, method, target, &[kind], &body.to_string())
            }
        }
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &Value::Null)
    }

    /// Waits until a script has printed a line, and returns it.
    pub(crate) fn line(&self) -> String {
        self.printed.lock().unwrap().recv().unwrap()
    }

    /// The lines that scripts have printed and nobody has read.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.printed.lock().unwrap().try_iter().collect()
    }

    /// What was logged as a warning or worse.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let logged = self.logged.lock().unwrap();
        let is_bad = |line: &&String| line.starts_with("Warn") || line.starts_with("Error");
        logged.iter().filter(is_bad).cloned().collect()
    }

    /// Tells the server to stop; it goes on until its requests have ended.
    pub(crate) fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    /// Waits until the server has stopped.
    pub(crate) fn end_stop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic there is reported there.
            let _ = thread.join();
        }
    }
}

fn runtime(app: App, timeout: Option<Duration>, project: &Project, config: &str) -> Runtime {
    let mut config = Config::from_toml(config).unwrap();
    config.pool.workers = 2;
    config.limits.timeout = timeout.unwrap_or(Duration::from_secs(60));
    let variables = [("SHOP", "corner"), ("SECRET", "hidden")];
    app.set_mailer(Arc::new(Post::new()));
    let builder = Runtime::builder(app).config(config);
    builder
        .modules(Arc::new(ProjectModules::new(project)))
        .system(Arc::new(Machine::new(project)))
        .process_env(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
        .network(Arc::new(HttpClient::new()))
        .build()
        .unwrap()
}

/// Puts the hooks of one file in force.
pub(crate) fn load(runtime: &Runtime, hooks: &str) {
    let failures = runtime
        .load(&[Source::new("pb_hooks/main.pb.js", hooks)])
        .unwrap();
    let report = failures.first().map(|failure| failure.error.report());
    assert_eq!(report, None);
}

fn serve(server: Server, stopped: oneshot::Receiver<()>, told: &Sender<SocketAddr>) {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    tokio.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        told.send(listener.local_addr().unwrap()).unwrap();
        let stopped = async {
            // A sender that is gone means the same.
            let _ = stopped.await;
        };
        server
            .run(listener, stopped, Duration::from_secs(60))
            .await
            .unwrap();
    });
}

/// Sends a request on a connection of its own.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .build();
    let mut request = http::Request::builder()
        .method(method)
        .uri(format!("http://{address}{target}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent: ureq::Agent = config.into();
    let answer = match body {
        "" => agent.run(request.body(()).unwrap()),
        body => agent.run(request.body(body.to_owned()).unwrap()),
    };
    let (parts, mut body) = answer.unwrap().into_parts();
    let headers = parts.headers.iter();
    Answer {
        status: parts.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: body.read_to_string().unwrap(),
    }
}
