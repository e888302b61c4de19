//! `jsvm check`: what would fail when these hooks are loaded.
//!
//! The one rule: it serves nothing and writes nothing.

use crate::{FAILED, args::CheckArgs, output::Plain, run::error_in_json};
use anyhow::Result;
use jsvm::{App, Loaded, Mux, NoRecords, Pattern, Runtime};
use jsvm_host::Project;
use serde_json::json;
use std::{process::ExitCode, sync::Arc};

pub(crate) fn check(args: &CheckArgs) -> Result<ExitCode> {
    let project = Project::open(&args.dir)?;
    let mut config = args.limits.config(project.dir())?;
    config.pool.workers = 1;
    let output = Plain { only_stderr: true };
    let app = App::new(Arc::new(NoRecords), Arc::new(output));
    let runtime = Runtime::builder(app)
        .config(config)
        .hooks_dir(project.hooks_dir())
        .build()?;
    let loaded = runtime.inspect(&project.hooks()?)?;
    let conflicts = conflicts(&loaded);
    let is_fine = loaded.failures.is_empty() && conflicts.is_empty();
    if args.json {
        print_json(&loaded, &conflicts);
    } else {
        print_text(&loaded, &conflicts);
    }
    Ok(if is_fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    })
}

/// Routes that no router would take together.
fn conflicts(loaded: &Loaded) -> Vec<String> {
    let mut mux = Mux::new();
    let mut found = Vec::new();
    for route in loaded.hooks.routes() {
        let added = Pattern::parse(&route.method, &route.path)
            .map_err(|err| err.to_string())
            .and_then(|pattern| {
                mux.add(pattern, route.place.clone())
                    .map_err(|err| err.to_string())
            });
        if let Err(err) = added {
            found.push(format!("{}: {err}", route.place));
        }
    }
    found
}

fn print_json(loaded: &Loaded, conflicts: &[String]) {
    let failures: Vec<_> = loaded
        .failures
        .iter()
        .map(|(_, err)| error_in_json(err))
        .collect();
    let told = json!({
        "status": if failures.is_empty() && conflicts.is_empty() { "ok" } else { "error" },
        "files": loaded.hooks.files(),
        "handlers": loaded.hooks.handlers(),
        "routes": loaded.hooks.routes().len(),
        "crons": loaded.hooks.crons().len(),
        "errors": failures,
        "conflicts": conflicts,
    });
    println!("{told}");
}

fn print_text(loaded: &Loaded, conflicts: &[String]) {
    for (_, err) in &loaded.failures {
        eprintln!("{}\n", err.report());
    }
    for conflict in conflicts {
        eprintln!("{conflict}\n");
    }
    println!(
        "{} files, {} handlers, {} routes, {} cron jobs, {} errors",
        loaded.hooks.files().len(),
        loaded.hooks.handlers(),
        loaded.hooks.routes().len(),
        loaded.hooks.crons().len(),
        loaded.failures.len() + conflicts.len()
    );
}
