//! `cargo xtask parity [--check]`: which names of PocketBase's API work here.
//!
//! Writes `docs/reference/parity.md`, or fails with `--check` if that page is
//! not what it would write. The one rule: nothing is claimed by hand. A name
//! works if the reference host has it, asked by a script, and a script of a
//! test uses it; `surface.json` holds PocketBase's names, `notes.toml` what is
//! known to be missing of those that are there.

mod page;
mod scripts;
mod surface;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use self::scripts::Scripts;
use self::surface::{Names, Notes};
use crate::workspace::Workspace;

const PAGE: &str = "docs/reference/parity.md";
const SURFACE: &str = include_str!("surface.json");
const NOTES: &str = include_str!("notes.toml");

/// Writes the page, or compares it.
///
/// # Errors
///
/// The reference host cannot be built or asked, a note is about a name that is
/// not there, or the page is not up to date.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let is_check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: cargo xtask parity [--check]"),
    };
    let names = Names::read(SURFACE)?;
    let found = Names::found(&ask(workspace)?);
    let notes = Notes::read(NOTES)?;
    let scripts = Scripts::of(&workspace.texts(&workspace.paths()?)?);
    let page = page::write(&names, &found, &notes, &scripts)?;
    let path = workspace.path(PAGE);
    if !is_check {
        return fs::write(&path, page).with_context(|| format!("cannot write {PAGE}"));
    }
    let now = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    ensure!(
        now == page,
        "{PAGE} does not say what works now: run `cargo xtask parity`"
    );
    Ok(())
}

/// What the reference host says of the wanted names.
fn ask(workspace: &Workspace) -> Result<String> {
    // Of the whole workspace, as tests are, or the engine is built again.
    let build = ["build", "--quiet", "--locked", "--workspace", "--examples"];
    let status = workspace
        .cargo(&build)
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "the example `surface` cannot be built");
    let mut child = Command::new(workspace.target().join("debug/examples/surface"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the example `surface`")?;
    let mut stdin = child.stdin.take().context("it has an input")?;
    stdin.write_all(SURFACE.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "the example `surface` failed: {}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}
