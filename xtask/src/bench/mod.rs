//! `cargo xtask bench`: measures the engines in turns, and the built server
//! from outside.
//!
//! The one rule: what is claimed is checked. A run of `load` or `reload` fails
//! if a bound is not kept; what happens inside is measured by the program in
//! `benches`, which shows what meets its target.

mod against;
mod client;
mod instructions;
mod load;
mod reload;
mod site;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;

/// What `--write` writes.
const PAGE: &str = "docs/reference/benchmarks.md";

/// Runs the benchmark that the first argument names; without one of these
/// names, the program in `benches` with all arguments.
///
/// # Errors
///
/// There is none of that name, or one of its bounds was not kept.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    match arguments {
        [name, rest @ ..] if name == "load" => load::run(workspace, rest),
        [name, rest @ ..] if name == "reload" => reload::run(workspace, rest),
        _ => rows(workspace, arguments),
    }
}

fn rows(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let program = build(workspace)?;
    match arguments {
        [flag, other, rest @ ..] if flag == "--against" => {
            against::run(&program, Path::new(other), rest)
        }
        [flag, row] if flag == "--instructions" => instructions::run(&program, row, 1000),
        [flag, row, operations] if flag == "--instructions" => {
            instructions::run(&program, row, operations.parse()?)
        }
        [flag] if flag == "--wasm" => wasm::run(workspace, &program),
        _ => measure(workspace, &program, arguments),
    }
}

fn measure(workspace: &Workspace, program: &Path, arguments: &[String]) -> Result<()> {
    let mut command = Command::new(program);
    for argument in arguments {
        command.arg(argument);
        if argument == "--write" {
            command.arg(workspace.path(PAGE));
        }
    }
    let version = Command::new("rustc").arg("--version").output()?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    command.env("JSVM_BENCH_BUILD", format!("{version}, profile release"));
    let status = command.status()?;
    ensure!(status.success(), "the benchmarks failed");
    Ok(())
}

/// Builds the program with `jsvm` beside it, so that both are of the same
/// crates.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let packages = ["-p", "jsvm-benches", "-p", "jsvm-cli"];
    let build = ["build", "--release", "--locked", "--bins"];
    let status = workspace.cargo(&build).args(packages).status()?;
    ensure!(status.success(), "cargo build: {status}");
    Ok(workspace.target().join("release/jsvm-benches"))
}
