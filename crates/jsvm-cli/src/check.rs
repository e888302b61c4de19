//! `jsvm check`: what would fail when these hooks are loaded, and the traps
//! that they would fall into later.
//!
//! The one rule: it serves nothing, and asks the database for nothing but its
//! collections. What fails, and what will fail, are findings and make the exit
//! code 1; a hint alone does not.

use crate::{
    FAILED,
    args::CheckArgs,
    environment,
    findings::{
        self, counted, failure, failure_in_json, finding_in_json, is_warning, label, summary,
        tell_if_there_are_none,
    },
    output::{Plain, log_to_stderr},
    types::collections,
};
use anyhow::Result;
use jsvm::{App, Finding, Loaded, Migrate, MigrationError, Mux, NoRecords, Pattern, Runtime};
use jsvm_host::{HttpClient, Machine, Project, ProjectModules};
use serde_json::{Value, json};
use std::{process::ExitCode, sync::Arc};

/// All that there is to tell.
struct Report {
    loaded: Loaded,
    conflicts: Vec<String>,
    findings: Vec<Finding>,
    is_strict: bool,
}

pub(crate) fn check(args: &CheckArgs) -> Result<ExitCode> {
    let project = Project::open(&args.dir)?;
    let mut config = args.limits.config(project.dir())?;
    config.pool.workers = 1;
    log_to_stderr(config.metrics.log_format, "warn", None);
    let output = Plain { only_stderr: true };
    let app = App::new(Arc::new(NoRecords), Arc::new(output));
    let runtime = Runtime::builder(app)
        .config(config)
        .hooks_dir(project.hooks_dir())
        .modules(Arc::new(ProjectModules::new(&project)))
        .network(Arc::new(HttpClient::new()))
        .system(Arc::new(Machine::new(&project)))
        .process_env(environment())
        .build()?;
    let files = project.hooks()?;
    tell_if_there_are_none(&project, &files);
    let mut loaded = runtime.inspect(&files)?;
    if let Err(MigrationError::File { file, error }) =
        runtime.migrate(&project.migrations()?, Migrate::Check)
    {
        loaded.failures.push((file, error));
    }
    let report = Report {
        conflicts: conflicts(&loaded),
        findings: findings::all(&files, &loaded.hooks, &collections(&project)?)?,
        loaded,
        is_strict: args.strict,
    };
    let code = if report.is_fine() { 0 } else { FAILED };
    if args.json {
        println!("{}", report.in_json());
    } else {
        report.print();
    }
    Ok(ExitCode::from(code))
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

impl Report {
    fn errors(&self) -> usize {
        self.loaded.failures.len() + self.conflicts.len()
    }

    fn warnings(&self) -> usize {
        self.findings.iter().filter(|it| is_warning(it)).count()
    }

    fn is_fine(&self) -> bool {
        self.errors() + self.warnings() == 0
    }

    fn in_json(&self) -> Value {
        let hooks = &self.loaded.hooks;
        let failures = self.loaded.failures.iter();
        let findings = self.findings.iter();
        json!({
            "status": if self.is_fine() { "ok" } else { "error" },
            "files": hooks.files(),
            "handlers": hooks.handlers(),
            "routes": hooks.routes().len(),
            "middlewares": hooks.middlewares().len(),
            "crons": hooks.crons().len(),
            "errors": failures.map(|(file, err)| failure_in_json(file, err)).collect::<Vec<_>>(),
            "conflicts": self.conflicts,
            "findings": findings
                .map(|it| finding_in_json(it, self.is_strict))
                .collect::<Vec<_>>(),
        })
    }

    fn print(mut self) {
        let failures = self.loaded.failures.iter();
        let failed: Vec<_> = failures
            .filter_map(|(_, err)| err.position.clone())
            .collect();
        self.findings.retain(|it| !failed.contains(&it.position));
        for (file, err) in &self.loaded.failures {
            eprintln!("{}", failure(file, err));
        }
        for conflict in &self.conflicts {
            eprintln!("{conflict}\n");
        }
        for finding in &self.findings {
            eprintln!("{}\n", finding.report(label(finding, self.is_strict)));
        }
        println!(
            "{}; {}, {}, {}",
            summary(&self.loaded.hooks),
            counted(self.errors(), "error"),
            counted(self.warnings(), "warning"),
            counted(self.findings.len() - self.warnings(), "hint"),
        );
    }
}
