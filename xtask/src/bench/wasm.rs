//! `cargo xtask bench --wasm`: QuickJS as WebAssembly, in node.
//!
//! The one rule: the same texts and inputs as the other engines, from the
//! benchmarks themselves. Another process cannot take turns with them, so the
//! program runs right before, and the ratios are rougher than those of a row.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

const PACKAGE: &str = "quickjs-emscripten@0.32.0";

/// Installs the package below the target directory and runs it there.
///
/// # Errors
///
/// There is no node, no npm, or no network for the package.
pub(crate) fn run(workspace: &Workspace, program: &Path) -> Result<()> {
    let dir = workspace.target().join("wasm");
    fs::create_dir_all(&dir)?;
    fs::write(dir.join("package.json"), "{ \"private\": true }\n")?;
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", PACKAGE]);
    succeed(install.current_dir(&dir), "npm install")?;
    let times = dir.join("times.json");
    let mut measure = Command::new(program);
    succeed(
        measure.args(["js", "--quick", "--json"]).arg(&times),
        "the benchmarks",
    )?;
    let cases = Command::new(program).arg("--cases").output()?;
    fs::write(dir.join("cases.json"), cases.stdout)?;
    // Modules are looked for beside the script.
    fs::copy(workspace.path("benches/wasm.mjs"), dir.join("wasm.mjs"))?;
    let mut node = Command::new("node");
    succeed(node.arg("wasm.mjs").current_dir(&dir), "node")
}

fn succeed(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{what}: {status}");
    Ok(())
}
