//! `cargo xtask bench`: measures the engines in turns, and the built server
//! from outside.
//!
//! The one rule: what is claimed is checked. A run of `load` or `reload` fails
//! if a bound is not kept; what happens inside is measured by the program in
//! `benches`, which shows what meets its target.

mod client;
mod load;
mod reload;
mod site;

use std::process::Command;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;

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
    // With the program beside it, so that both are built of the same crates.
    let packages = ["-p", "jsvm-benches", "-p", "jsvm-cli"];
    let build = ["build", "--release", "--locked", "--bins"];
    let status = workspace.cargo(&build).args(packages).status()?;
    ensure!(status.success(), "cargo build: {status}");
    let program = workspace.target().join("release/jsvm-benches");
    let status = Command::new(program).args(arguments).status()?;
    ensure!(status.success(), "the benchmarks failed");
    Ok(())
}
