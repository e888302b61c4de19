//! `jsvm serve`: the hooks of a directory over HTTP, until a signal.
//!
//! The one rule: what was accepted is answered; at the end, requests in
//! progress get their time, then hooks hear of it, then the workers stop.

use crate::{
    FAILED,
    args::ServeArgs,
    environment,
    findings::{self, summary, tell_if_there_are_none},
    migrate,
    reload::Reloader,
    telemetry::{self, Outlets},
    types,
};
use anyhow::{Context, Result};
use jsvm::{
    App, Config, Error, Event, LoadFailure, Member, Migrate, Position, Rows, Runtime, Source,
};
use jsvm_host::{
    Clock, Console, HttpClient, Machine, MetricsTable, Post, Project, ProjectModules, Server,
    Sqlite, Superuser, Watch,
    server::{self, MetricsPage},
};
use std::{
    convert::Infallible,
    io::{ErrorKind, IsTerminal},
    process::ExitCode,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode> {
    let project = Project::open(&args.dir)?;
    let config = configuration(args, &project)?;
    let traces = telemetry::log(&config.metrics);
    let store = open(&project)?;
    put_superuser(&store)?;
    let watch = args.watch.then(|| Watch::new(&project));
    let table = telemetry::table(&project, &config.metrics)?;
    warn_if_nothing_can_be_written(&store)?;
    let files = project.hooks()?;
    let runtime = start(&project, &config, &store, table.as_ref())?;
    tell_if_there_are_none(&project, &files);
    let failures = load(&runtime, &files)?;
    if args.strict && !failures.is_empty() {
        return Ok(not_started(failures.len()));
    }
    let outlets = Outlets::start(&runtime, &config.metrics, table, traces);
    let is_ready = tell(&runtime, "onBootstrap", false)
        && migrate::apply(&project, &runtime, &store, Migrate::Up)?;
    if !is_ready {
        return Ok(ExitCode::from(FAILED));
    }
    types::keep(&project, &store.collections());
    let warnings = warn(&runtime, &files, &failures, &store, args.strict)?;
    if args.strict && warnings > 0 {
        return Ok(not_started(warnings));
    }
    let server = server_of(&project, &config, &runtime, &store)?;
    let tokio = tokio::runtime::Runtime::new()?;
    thread::scope(|scope| {
        let (ask, asked) = mpsc::channel();
        let reloader = Reloader::new(&project, &runtime, store);
        scope.spawn(move || reloader.run(&asked, watch));
        tokio.block_on(listen(server, runtime.app(), &config, ask))
    })?;
    tell(&runtime, "onTerminate", false);
    runtime.shutdown(config.server.drain);
    outlets.close();
    Ok(ExitCode::SUCCESS)
}

/// What the file, the environment and the flags say.
fn configuration(args: &ServeArgs, project: &Project) -> Result<Config> {
    let mut config = args.limits.config(project.dir())?;
    if let Some(http) = &args.http {
        config.server.http.clone_from(http);
    }
    if let Some(workers) = args.pool {
        config.pool.workers = workers;
    }
    Ok(config)
}

fn server_of(
    project: &Project,
    config: &Config,
    runtime: &Runtime,
    store: &Sqlite,
) -> Result<Server> {
    let options = server::Options {
        public_dir: project.public_dir(),
        ..server::Options::default()
    };
    let server = Server::new(runtime.app().clone(), store.clone(), &options)?;
    if !config.metrics.prometheus {
        return Ok(server);
    }
    let page = MetricsPage::new(runtime.telemetry(), config.metrics.naming);
    Ok(server.with_metrics(page))
}

/// Runs the handlers of `onBootstrap` or `onTerminate`; whether none failed.
pub(crate) fn tell(runtime: &Runtime, hook: &str, is_restart: bool) -> bool {
    let app = runtime.app();
    let event = Event::new(app.clone()).with("isRestart", Member::Value(is_restart.into()));
    match app.emit(&[hook], event, Box::new(|_| Ok(()))) {
        Ok(()) => return true,
        Err(Error::Script(err)) => eprintln!("{hook}: {}", err.report()),
        Err(err) => eprintln!("{hook}: {err}"),
    }
    false
}

/// Opens the data and creates the collections that are missing.
pub(crate) fn open(project: &Project) -> Result<Sqlite> {
    let store = Sqlite::open(&project.data_dir())?;
    store.prepare_superusers()?;
    if let Some(schema) = project.schema()? {
        let created = store.import(&schema).context("pb_schema.json")?;
        if !created.is_empty() {
            println!("created collections: {}", created.join(", "));
        }
    }
    Ok(store)
}

/// PocketBase: `superuser upsert`; the variable leaves nothing in a process list.
fn put_superuser(store: &Sqlite) -> Result<()> {
    const VARIABLE: &str = "JSVM_SUPERUSER";
    match std::env::var(VARIABLE) {
        Ok(text) => Superuser::parse(&text)
            .and_then(|superuser| store.put_superuser(&superuser))
            .context(VARIABLE),
        Err(std::env::VarError::NotPresent) => Ok(()),
        Err(err) => Err(err).context(VARIABLE),
    }
}

/// Starts the workers.
pub(crate) fn start(
    project: &Project,
    config: &Config,
    store: &Sqlite,
    table: Option<&Arc<MetricsTable>>,
) -> Result<Runtime> {
    let console = Console {
        format: config.metrics.log_format,
        ..Console::default()
    };
    let app = App::new(Arc::new(store.clone()), Arc::new(console));
    if let Err(err) = app.load_settings() {
        eprintln!("warning: {err}");
    }
    app.set_mailer(Arc::new(Post::new()));
    let mut builder = Runtime::builder(app)
        .config(config.clone())
        .hooks_dir(project.hooks_dir())
        .modules(Arc::new(ProjectModules::new(project)))
        .process_env(environment())
        .network(Arc::new(HttpClient::new()))
        .system(Arc::new(Machine::new(project)));
    if let Some(table) = table {
        builder = builder.sink(Arc::clone(table) as _);
    }
    let runtime = builder.build()?;
    if let Some(table) = table {
        table.count_losses_in(runtime.telemetry().metrics());
    }
    Ok(runtime)
}

/// Loads the hooks and tells which files fail.
pub(crate) fn load(runtime: &Runtime, files: &[Source]) -> Result<Vec<LoadFailure>> {
    let failures = runtime.load(files)?;
    for failure in &failures {
        eprintln!("{}", findings::failure(&failure.file, &failure.error));
    }
    Ok(failures)
}

/// Tells which traps the hooks have, and counts them.
fn warn(
    runtime: &Runtime,
    files: &[Source],
    failures: &[LoadFailure],
    store: &Sqlite,
    is_strict: bool,
) -> Result<usize> {
    let places = failures.iter().filter_map(|it| it.error.position.clone());
    let failed: Vec<Position> = places.collect();
    let hooks = runtime.app().hooks();
    findings::warn(files, &hooks, &store.collections(), &failed, is_strict)
}

fn not_started(told: usize) -> ExitCode {
    eprintln!("not started: {told} of what was told above, and --strict was asked for");
    ExitCode::from(FAILED)
}

fn warn_if_nothing_can_be_written(store: &Sqlite) -> Result<()> {
    if store.is_read_only()? {
        eprintln!("warning: the database cannot be written, so nothing can be stored");
    }
    Ok(())
}

async fn listen(server: Server, app: &App, config: &Config, ask: Sender<()>) -> Result<()> {
    let listener = TcpListener::bind(&config.server.http)
        .await
        .map_err(|err| not_listening(&config.server.http, &err))?;
    let address = listener.local_addr()?;
    greet(app, config, &address.to_string());
    let clock = Clock::start(app.clone());
    let serving = server.run(listener, stop_signal(), config.server.drain);
    let result = tokio::select! {
        result = serving => result,
        never = hang_ups(ask) => match never {},
    };
    clock.stop();
    result
}

fn not_listening(address: &str, err: &std::io::Error) -> anyhow::Error {
    let cure = match err.kind() {
        ErrorKind::AddrInUse => "another program listens there; stop it, or choose another port",
        ErrorKind::InvalidInput => "write address and port, such as 127.0.0.1:8090",
        ErrorKind::PermissionDenied => "ports below 1024 are for root; choose a higher one",
        _ => "choose another address",
    };
    anyhow::anyhow!("cannot listen on {address}: {err} ({cure}; --http or [server] http)")
}

/// Asks for a reload at each SIGHUP, as daemons do.
///
/// At a terminal, the signal says that the terminal is gone, and ends the
/// program as it does any other.
async fn hang_ups(ask: Sender<()>) -> Infallible {
    if !std::io::stdout().is_terminal()
        && let Ok(mut hang_up) = signal(SignalKind::hangup())
    {
        while hang_up.recv().await.is_some() {
            // Nobody listens any more if the server is about to end.
            let _ = ask.send(());
        }
    }
    std::future::pending().await
}

fn greet(app: &App, config: &Config, address: &str) {
    println!("{}", summary(&app.hooks()));
    let limits = config.limits.limits().in_force();
    println!(
        "{} workers, profile {}, time limit {:?}, memory limit {} MiB",
        config.pool.threads(),
        config.sandbox.profile.as_str(),
        limits.timeout,
        limits.memory / (1024 * 1024),
    );
    println!("serving http://{address}");
}

/// Ends with the first interrupt or termination signal.
async fn stop_signal() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
