//! `cargo xtask hostile [--release] [--only NAME] [DIR...]`: the hostile scripts.
//!
//! Runs the project's own scripts and those of each DIR (`DIR/group/*.js`), one
//! process each, and prints what they came to. The one rule: it fails if one of
//! them hung, aborted, was late or came to something wrong; `judge` says when.

mod child;
mod judge;
mod table;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use self::child::Runner;
use self::judge::{Expected, deserves_more_time, judge};
use self::table::{Row, Table};
use crate::workspace::Workspace;

/// The project's own scripts.
const OWN: &str = "crates/jsvm-cli/tests/hostile";
const TIMEOUT: Duration = Duration::from_millis(500);
/// What a harmless script gets that needed more.
const MORE_TIME: Duration = Duration::from_secs(20);
/// Processes at one time: more would be late for want of a processor.
const AT_ONCE: usize = 2;

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    release: bool,
    /// Run only scripts whose `group/name` holds this.
    only: Option<String>,
    directories: Vec<PathBuf>,
}

/// One script to run.
#[derive(Debug)]
struct Script {
    group: String,
    /// `group/name`.
    name: String,
    path: PathBuf,
    expected: Expected,
}

/// Builds `jsvm`, runs the scripts and prints the table.
///
/// # Errors
///
/// A script came to something that it must not, or could not be run.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let mut directories = vec![workspace.path(OWN)];
    directories.extend(options.directories.iter().cloned());
    let scripts = find(&directories, options.only.as_deref())?;
    ensure!(!scripts.is_empty(), "there is no such script");
    let runner = Runner {
        program: build(workspace, options.release)?,
    };
    let rows = run_all(&runner, scripts)?;
    let table = Table::of(&rows);
    print!("{table}");
    let failures = table.failures();
    ensure!(failures == 0, "{failures} scripts failed");
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--release" => options.release = true,
            "--only" => options.only = Some(words.next().context("--only NAME")?.clone()),
            flag if flag.starts_with('-') => {
                bail!("usage: cargo xtask hostile [--release] [--only NAME] [DIR...]")
            }
            directory => options.directories.push(directory.into()),
        }
    }
    Ok(options)
}

fn build(workspace: &Workspace, release: bool) -> Result<PathBuf> {
    let mut arguments = vec!["build", "-p", "jsvm-core", "-p", "jsvm-cli"];
    arguments.extend(release.then_some("--release"));
    let status = workspace.cargo(&arguments).status()?;
    ensure!(status.success(), "cargo {}: {status}", arguments.join(" "));
    let profile = if release { "release" } else { "debug" };
    Ok(workspace.target().join(profile).join("jsvm"))
}

/// All scripts of `DIR/group/*.js`, in the order of their names.
fn find(directories: &[PathBuf], only: Option<&str>) -> Result<Vec<Script>> {
    let mut scripts = Vec::new();
    for directory in directories {
        for group in entries(directory)?.iter().filter(|path| path.is_dir()) {
            for path in entries(group)? {
                let script = path.extension().is_some_and(|end| end == "js");
                scripts.extend(script.then(|| read(group, path)).transpose()?);
            }
        }
    }
    scripts.retain(|script| only.is_none_or(|part| script.name.contains(part)));
    Ok(scripts)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(group: &Path, path: PathBuf) -> Result<Script> {
    let bytes = fs::read(&path)?;
    let expected = Expected::of(&String::from_utf8_lossy(&bytes))
        .with_context(|| format!("{}: no `// expect: ...`", path.display()))?;
    let group = last(group);
    Ok(Script {
        name: format!("{group}/{}", last(&path.with_extension(""))),
        group,
        path,
        expected,
    })
}

fn last(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn run_all(runner: &Runner, scripts: Vec<Script>) -> Result<Vec<Row>> {
    let waiting = Mutex::new(VecDeque::from(scripts));
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    };
    let work = || {
        let rows = std::iter::from_fn(next).map(|script| run_one(runner, script));
        rows.collect::<Result<Vec<_>>>()
    };
    let done: Vec<Vec<Row>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("a thread panicked")))
            .collect::<Result<_>>()
    })?;
    Ok(done.into_iter().flatten().collect())
}

fn run_one(runner: &Runner, script: Script) -> Result<Row> {
    let mut timeout = TIMEOUT;
    let mut answer = runner.run(&script.path, timeout)?;
    if deserves_more_time(script.expected, &answer.outcome) {
        timeout = MORE_TIME;
        answer = runner.run(&script.path, timeout)?;
    }
    let verdict = judge(&script.name, script.expected, &answer, timeout);
    Ok(Row {
        group: script.group,
        name: script.name,
        expected: script.expected,
        answer,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn arguments_are_flags_and_directories() {
        let options = parse(&words("--release a --only loops/ b")).unwrap();
        let expected = Options {
            release: true,
            only: Some("loops/".into()),
            directories: vec!["a".into(), "b".into()],
        };
        assert_eq!(options, expected);
        assert!(parse(&words("--fast")).is_err());
        assert!(parse(&words("--only")).is_err());
    }

    #[test]
    fn each_script_of_the_project_says_what_it_expects() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(OWN);
        let scripts = find(&[own], None).unwrap();
        assert!(scripts.len() >= 25, "{}", scripts.len());
    }
}
