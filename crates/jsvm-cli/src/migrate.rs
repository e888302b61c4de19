//! `jsvm migrate`: changes of the data that are made once.
//!
//! The one rule: it does to the data what `serve` does when it starts, and
//! reverts only what it is told to.

use crate::{
    FAILED,
    args::{MigrateArgs, MigrateCommand},
    serve, telemetry,
};
use anyhow::{Context, Result};
use jsvm::{App, Migrate, MigrationError, Rows, Runtime, Silent, Source};
use jsvm_host::{Project, Sqlite};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) fn migrate(args: &MigrateArgs) -> Result<ExitCode> {
    let project = Project::open(&args.dir)?;
    match &args.command {
        MigrateCommand::Up => run(args, &project, Migrate::Up),
        MigrateCommand::Down { count } => run(args, &project, Migrate::Down(*count)),
        MigrateCommand::Create { name } => {
            let body = "migrate((app) => {\n    // make the change\n}, (app) => {\n    // take it back\n})\n";
            create(&project, &in_snake_case(name), body)
        }
        MigrateCommand::Collections => snapshot(&project),
        MigrateCommand::HistorySync => sync(&project),
    }
}

/// Applies or reverts with the hooks of the project in force.
fn run(args: &MigrateArgs, project: &Project, what: Migrate) -> Result<ExitCode> {
    let config = args.limits.config(project.dir())?;
    telemetry::log(&config.metrics);
    let store = serve::open(project)?;
    let runtime = serve::start(project, &config, &store, None)?;
    serve::load(&runtime, &project.hooks()?)?;
    let is_done = apply(project, &runtime, &store, what)?;
    runtime.shutdown(config.server.drain);
    let code = if is_done { 0 } else { FAILED };
    Ok(ExitCode::from(code))
}

/// Applies or reverts migrations and tells which; whether none failed.
pub(crate) fn apply(
    project: &Project,
    runtime: &Runtime,
    store: &Sqlite,
    what: Migrate,
) -> Result<bool> {
    let files = project.migrations()?;
    if files.is_empty() {
        return Ok(true);
    }
    store.prepare_users()?;
    let done = match runtime.migrate(&files, what) {
        Ok(done) => done,
        Err(err) => {
            eprintln!("{}", failure(&err));
            return Ok(false);
        }
    };
    let verb = match what {
        Migrate::Down(_) => "reverted",
        _ => "applied",
    };
    for file in done {
        println!("{verb} {file}");
    }
    Ok(true)
}

/// What is wrong with a migration, with its frame.
pub(crate) fn failure(err: &MigrationError) -> String {
    match err {
        MigrationError::File { file, error } => {
            format!(
                "migration {file} failed, nothing was changed:\n{}\n",
                error.report()
            )
        }
        other => other.to_string(),
    }
}

/// Writes a new file; those that were written later come later.
fn create(project: &Project, name: &str, body: &str) -> Result<ExitCode> {
    let dir = project.migrations_dir();
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let file = dir.join(format!("{now}_{name}.js"));
    anyhow::ensure!(!file.exists(), "{} is there already", file.display());
    let text = format!("/// <reference path=\"../pb_data/types.d.ts\" />\n{body}");
    fs::write(&file, text).with_context(|| file.display().to_string())?;
    println!("{}", shown(&file, project));
    Ok(ExitCode::SUCCESS)
}

fn shown(file: &Path, project: &Project) -> String {
    let short = file.strip_prefix(project.dir()).unwrap_or(file);
    short.display().to_string()
}

/// PocketBase: `migrate collections`.
fn snapshot(project: &Project) -> Result<ExitCode> {
    let collections = serve::open(project)?.collections();
    let list: Vec<Value> = collections.iter().map(|it| it.to_json()).collect();
    let list = serde_json::to_string_pretty(&list)?;
    let body = format!(
        "migrate((app) => {{\n    const collections = {}\n\n    return app.importCollections(collections, false)\n}})\n",
        list.replace('\n', "\n    ")
    );
    create(project, "collections_snapshot", &body)
}

fn sync(project: &Project) -> Result<ExitCode> {
    let store = serve::open(project)?;
    let app = App::new(Arc::new(store), Arc::new(Silent));
    let files: Vec<Source> = project.migrations()?;
    for file in jsvm::sync_history(&app, &files)? {
        println!("forgot {file}");
    }
    Ok(ExitCode::SUCCESS)
}

/// `Add tags` and `addTags` are `add_tags`, `ADD` is `add`.
fn in_snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut in_a_word = false;
    for c in name.chars() {
        let starts_a_word = c.is_uppercase() && in_a_word;
        if (starts_a_word || !c.is_alphanumeric()) && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        }
        in_a_word = c.is_alphanumeric() && !c.is_uppercase();
    }
    snake.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_snake_case() {
        for (name, wanted) in [
            ("Add tags", "add_tags"),
            ("addTags", "add_tags"),
            ("add_tags ", "add_tags"),
            ("../add/tags", "add_tags"),
            ("ADD", "add"),
        ] {
            assert_eq!(in_snake_case(name), wanted);
        }
    }
}
