//! `jsvm check`: what would fail when these hooks are loaded, and the traps
//! that they would fall into later.
//!
//! The one rule: it serves nothing and writes nothing. What fails, and what
//! will fail, are findings and make the exit code 1; a hint alone does not.

use crate::{
    FAILED,
    args::CheckArgs,
    environment,
    output::{Plain, log_to_stderr},
    run::error_in_json,
};
use anyhow::Result;
use jsvm::{App, Finding, HookSet, Loaded, Mux, NoRecords, Pattern, Runtime, Severity, Source};
use jsvm_host::{Machine, Project, ProjectModules};
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
    log_to_stderr(config.metrics.log_format, None);
    let output = Plain { only_stderr: true };
    let app = App::new(Arc::new(NoRecords), Arc::new(output));
    let runtime = Runtime::builder(app)
        .config(config)
        .hooks_dir(project.hooks_dir())
        .modules(Arc::new(ProjectModules::new(&project)))
        .system(Arc::new(Machine::new(&project)))
        .process_env(environment())
        .build()?;
    let files = project.hooks()?;
    let loaded = runtime.inspect(&files)?;
    let report = Report {
        conflicts: conflicts(&loaded),
        findings: jsvm::lint(&files, &loaded.hooks)?,
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

/// Prints the warnings about hooks that were loaded, and counts them.
pub(crate) fn warn(files: &[Source], hooks: &HookSet, is_strict: bool) -> Result<usize> {
    let mut findings = jsvm::lint(files, hooks)?;
    findings.retain(is_warning);
    for finding in &findings {
        eprintln!("{}\n", finding.report(label(finding, is_strict)));
    }
    Ok(findings.len())
}

fn is_warning(finding: &Finding) -> bool {
    finding.trap.severity() == Severity::Warning
}

fn label(finding: &Finding, is_strict: bool) -> &'static str {
    match finding.trap.severity() {
        Severity::Hint => "hint",
        _ if is_strict => "error",
        _ => "warning",
    }
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
            "crons": hooks.crons().len(),
            "errors": failures.map(|(_, err)| error_in_json(err)).collect::<Vec<_>>(),
            "conflicts": self.conflicts,
            "findings": findings
                .map(|it| finding_in_json(it, self.is_strict))
                .collect::<Vec<_>>(),
        })
    }

    /// What stopped a file is told with its cure, and not a second time.
    fn is_told_as_failure(&self, finding: &Finding) -> bool {
        let mut failures = self.loaded.failures.iter();
        failures.any(|(_, err)| err.position.as_ref() == Some(&finding.position))
    }

    fn print(mut self) {
        let mut findings = std::mem::take(&mut self.findings);
        findings.retain(|it| !self.is_told_as_failure(it));
        self.findings = findings;
        for (_, err) in &self.loaded.failures {
            eprintln!("{}\n", err.report());
        }
        for conflict in &self.conflicts {
            eprintln!("{conflict}\n");
        }
        for finding in &self.findings {
            eprintln!("{}\n", finding.report(label(finding, self.is_strict)));
        }
        let hooks = &self.loaded.hooks;
        println!(
            "{} files, {} handlers, {} routes, {} cron jobs, {} errors, {} warnings, {} hints",
            hooks.files().len(),
            hooks.handlers(),
            hooks.routes().len(),
            hooks.crons().len(),
            self.errors(),
            self.warnings(),
            self.findings.len() - self.warnings(),
        );
    }
}

fn finding_in_json(finding: &Finding, is_strict: bool) -> Value {
    json!({
        "trap": finding.trap.as_str(),
        "severity": label(finding, is_strict),
        "file": finding.position.file,
        "line": finding.position.line,
        "column": finding.position.column,
        "message": finding.message,
        "notes": finding.notes,
        "cures": finding.cures,
    })
}
