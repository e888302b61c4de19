//! `cargo xtask pgo`: the program, optimised by a profile of the benchmarks.
//!
//! The one rule: it needs an `llvm-profdata` that reads what this compiler
//! writes, and says which one before it builds anything. Three builds go to
//! directories of their own: one that counts, one that uses the counts; the
//! ordinary one stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::workspace::Workspace;

/// What is run to make the profile: what hooks do, and plain JavaScript.
const TRAINING: &[&str] = &["--quick", "js", "hook", "boundary", "cold"];

/// Builds, trains and builds again; prints where the programs are.
///
/// # Errors
///
/// `llvm-profdata` is missing or too old, or a build or the training fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let merger = find_profdata()?;
    let dir = workspace.target().join("pgo");
    let profiles = dir.join("profiles");
    if profiles.exists() {
        fs::remove_dir_all(&profiles)?;
    }
    let counting = dir.join("counting");
    build(
        workspace,
        &counting,
        &format!("-Cprofile-generate={}", profiles.display()),
    )?;
    let mut training = Command::new(counting.join("release/jsvm-benches"));
    succeed(training.args(TRAINING), "the training")?;
    let merged = dir.join("merged.profdata");
    let mut merge = Command::new(merger);
    succeed(
        merge.args(["merge", "-o"]).args([&merged, &profiles]),
        "llvm-profdata merge",
    )?;
    let optimised = dir.join("optimised");
    build(
        workspace,
        &optimised,
        &format!("-Cprofile-use={}", merged.display()),
    )?;
    println!("{}", optimised.join("release/jsvm").display());
    println!(
        "compare: cargo xtask bench --against {}",
        optimised.join("release/jsvm-benches").display()
    );
    Ok(())
}

fn build(workspace: &Workspace, target: &Path, flags: &str) -> Result<()> {
    let build = ["build", "--release", "--locked", "--bins", "-p", "jsvm-cli"];
    let mut command = workspace.cargo(&build);
    command
        .args(["-p", "jsvm-benches"])
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", flags);
    succeed(&mut command, "cargo build")
}

fn succeed(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{what}: {status}");
    Ok(())
}

/// The first that reads the profiles of this compiler: the one that
/// `LLVM_PROFDATA` names, the toolchain's own, or the system's.
fn find_profdata() -> Result<PathBuf> {
    let needed = major(&output_of("rustc", "-vV")?, "LLVM version: ");
    let needed = needed.context("rustc does not tell its LLVM's version")?;
    let sysroot = output_of("rustc", "--print=sysroot")?;
    let host = output_of("rustc", "-vV")?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let own = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host.unwrap_or_default())
        .join("bin/llvm-profdata");
    let named = std::env::var_os("LLVM_PROFDATA").map(PathBuf::from);
    let system = format!("llvm-profdata-{needed}");
    let all = [own, system.into(), "llvm-profdata".into()];
    for program in named.into_iter().chain(all) {
        let Ok(output) = Command::new(&program).args(["merge", "--version"]).output() else {
            continue;
        };
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if major(&told, "LLVM version ").is_some_and(|version| version >= needed) {
            return Ok(program);
        }
    }
    bail!(
        "no llvm-profdata of LLVM {needed} or newer: `rustup component add llvm-tools`, or \
         install the system's package llvm-{needed}, or name it by LLVM_PROFDATA"
    )
}

fn output_of(program: &str, argument: &str) -> Result<String> {
    let output = Command::new(program).arg(argument).output()?;
    Ok(String::from_utf8(output.stdout)?)
}

/// The first number behind a text.
fn major(told: &str, before: &str) -> Option<u32> {
    let (_, version) = told.split_once(before)?;
    version.split('.').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_tools_tell_them() {
        let rustc = "host: x86_64-unknown-linux-gnu\nLLVM version: 22.1.2\n";
        assert_eq!(major(rustc, "LLVM version: "), Some(22));
        let profdata = "Debian LLVM version 14.0.6\n  Optimized build.\n";
        assert_eq!(major(profdata, "LLVM version "), Some(14));
        assert_eq!(major("nothing", "LLVM version "), None);
    }
}
