//! `jsvm run`: one script under limits.
//!
//! The one rule: the exit code tells what happened; `--json` tells it in
//! words for programs.

use crate::{
    FAILED, LIMIT,
    args::RunArgs,
    environment,
    output::{Plain, log_to_stderr},
};
use anyhow::{Context, Result};
use jsvm::{App, NoRecords, Ran, Runtime, ScriptError, Source};
use jsvm_host::{Machine, Project, ProjectModules};
use serde_json::{Value, json};
use std::{io::Read, path::Path, process::ExitCode, sync::Arc, time::Duration};

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode> {
    let source = source(args)?;
    let mut config = args.limits.config(Path::new("."))?;
    config.pool.workers = 1;
    log_to_stderr(config.metrics.log_format, "off", None);
    let output = Plain {
        only_stderr: args.json,
    };
    let app = App::new(Arc::new(NoRecords), Arc::new(output));
    let project = Project::open(Path::new("."))?;
    let runtime = Runtime::builder(app)
        .config(config)
        .modules(Arc::new(ProjectModules::new(&project)))
        .system(Arc::new(Machine::new(&project)))
        .process_env(environment())
        .build()?;
    let ran = runtime.run_script(source, Duration::ZERO)?;
    if args.json {
        println!("{}", in_json(&ran));
    } else {
        match &ran.result {
            Ok((_, text)) => println!("{text}"),
            Err(err) => eprintln!("{}", err.report()),
        }
    }
    Ok(ExitCode::from(exit_code(&ran)))
}

fn source(args: &RunArgs) -> Result<Source> {
    match (&args.eval, &args.file) {
        (Some(text), _) => Ok(Source::new("<eval>", text.as_str())),
        (None, Some(path)) => read(path),
        (None, None) => anyhow::bail!("name a script, or give its text with --eval"),
    }
}

fn read(path: &Path) -> Result<Source> {
    let mut bytes = Vec::new();
    let name = if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)?;
        "<stdin>".to_owned()
    } else {
        bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        path.display().to_string()
    };
    let text = String::from_utf8(bytes).map_err(|err| {
        anyhow::anyhow!(
            "{name} is not UTF-8 (byte {})",
            err.utf8_error().valid_up_to()
        )
    })?;
    Ok(Source::new(name, text))
}

fn exit_code(ran: &Ran) -> u8 {
    match &ran.result {
        Ok(_) => 0,
        Err(err) if err.limit.is_some() => LIMIT,
        Err(_) => FAILED,
    }
}

fn in_json(ran: &Ran) -> Value {
    let err = ran.result.as_ref().err();
    let limit = err.and_then(|err| err.limit);
    let status = match (err, limit) {
        (None, _) => "ok",
        (_, Some(_)) => "limit",
        _ => "error",
    };
    json!({
        "status": status,
        "value": ran.result.as_ref().ok().map(|(value, _)| value),
        "error": err.map(error_in_json),
        "limit": limit.map(|limit| limit.as_str()),
        "duration_ms": milliseconds(ran.duration),
        "mem_alloc_bytes": ran.allocated_bytes,
        "cache_hit": ran.cache_hit,
    })
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// An error as an object.
pub(crate) fn error_in_json(err: &ScriptError) -> Value {
    let place = err.position.as_ref();
    json!({
        "kind": err.kind_name(),
        "message": err.message,
        "file": place.map(|place| &place.file),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "stack": err.stack.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
