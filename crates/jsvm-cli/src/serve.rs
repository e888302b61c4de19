//! `jsvm serve`: the hooks of a directory over HTTP, until a signal.
//!
//! The one rule: what was accepted is answered; at the end, requests in
//! progress get their time, then hooks hear of it, then the workers stop.

use crate::{FAILED, args::ServeArgs};
use anyhow::{Context, Result};
use jsvm::{App, Config, Error, Event, Member, Runtime};
use jsvm_host::{Clock, Console, Project, Server, Sqlite, server};
use std::{process::ExitCode, sync::Arc};
use tokio::net::TcpListener;

pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode> {
    let project = Project::open(&args.dir)?;
    let mut config = args.limits.config(project.dir())?;
    if let Some(http) = &args.http {
        config.server.http.clone_from(http);
    }
    if let Some(workers) = args.pool {
        config.pool.workers = workers;
    }
    let store = open(&project)?;
    let runtime = start(&project, &config, &store)?;
    let warnings = crate::check::warn(&project.hooks()?, &runtime.app().hooks(), args.strict)?;
    if args.strict && warnings > 0 {
        eprintln!("not started: {warnings} of what was told above, and --strict was asked for");
        return Ok(ExitCode::from(FAILED));
    }
    let options = server::Options {
        public_dir: project.public_dir(),
        ..server::Options::default()
    };
    let server = Server::new(runtime.app().clone(), store, &options)?;
    if !tell(&runtime, "onBootstrap") {
        return Ok(ExitCode::from(FAILED));
    }
    let tokio = tokio::runtime::Runtime::new()?;
    tokio.block_on(listen(server, runtime.app(), &config))?;
    tell(&runtime, "onTerminate");
    runtime.shutdown(config.server.drain);
    Ok(ExitCode::SUCCESS)
}

/// Runs the handlers of an event without members; whether none failed.
fn tell(runtime: &Runtime, hook: &str) -> bool {
    let app = runtime.app();
    let event = Event::new(app.clone()).with("isRestart", Member::Value(false.into()));
    match app.emit(&[hook], event, Box::new(|_| Ok(()))) {
        Ok(()) => return true,
        Err(Error::Script(err)) => eprintln!("{hook}: {}", err.report()),
        Err(err) => eprintln!("{hook}: {err}"),
    }
    false
}

/// Opens the data and creates the collections that are missing.
fn open(project: &Project) -> Result<Sqlite> {
    let store = Sqlite::open(&project.data_dir())?;
    if let Some(schema) = project.schema()? {
        let created = store.import(&schema).context("pb_schema.json")?;
        if !created.is_empty() {
            println!("created collections: {}", created.join(", "));
        }
    }
    Ok(store)
}

/// Starts the workers and loads the hooks.
fn start(project: &Project, config: &Config, store: &Sqlite) -> Result<Runtime> {
    let app = App::new(Arc::new(store.clone()), Arc::new(Console::default()));
    let runtime = Runtime::builder(app)
        .config(config.clone())
        .hooks_dir(project.hooks_dir())
        .build()?;
    for failure in runtime.load(&project.hooks()?)? {
        eprintln!(
            "failed to load {}:\n{}\n",
            failure.file,
            failure.error.report()
        );
    }
    Ok(runtime)
}

async fn listen(server: Server, app: &App, config: &Config) -> Result<()> {
    let listener = TcpListener::bind(&config.server.http)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.http))?;
    let address = listener.local_addr()?;
    greet(app, config, &address.to_string());
    let clock = Clock::start(app.clone());
    let result = server
        .run(listener, stop_signal(), config.server.drain)
        .await;
    clock.stop();
    result
}

fn greet(app: &App, config: &Config, address: &str) {
    let hooks = app.hooks();
    println!(
        "{} hook files: {} handlers, {} routes, {} middlewares, {} cron jobs",
        hooks.files().len(),
        hooks.handlers(),
        hooks.routes().len(),
        hooks.middlewares().len(),
        hooks.crons().len(),
    );
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
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
