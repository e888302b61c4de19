//! `cargo xtask ci`: every check, in the order of its cost.
//!
//! A step is added here and nowhere else; the first that fails ends the run.
//! This module does not know where it runs: a developer's machine and the
//! project's CI run the same steps.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::layers;
use crate::tidy;
use crate::workspace::Workspace;

struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<Outcome>,
}

/// How a step ended that did not fail.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// The step needs something that is not installed.
    Skipped(&'static str),
}

/// One line of the summary.
struct Row {
    name: &'static str,
    time: Duration,
    result: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        run: fmt,
    },
    Step {
        name: "layers",
        run: check_layers,
    },
    Step {
        name: "tidy",
        run: check_tidy,
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "test",
        run: test,
    },
    Step {
        name: "features",
        run: features,
    },
    Step {
        name: "doc",
        run: doc,
    },
    Step {
        name: "deny",
        run: deny,
    },
];

/// Runs the steps, up to the first that fails, and prints how long each took.
///
/// # Errors
///
/// A step failed; the error names it.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut rows = Vec::new();
    let result = run_steps(workspace, &mut rows);
    print!("\n{}", summary(&rows));
    result
}

fn run_steps(workspace: &Workspace, rows: &mut Vec<Row>) -> Result<()> {
    for (index, Step { name, run }) in STEPS.iter().enumerate() {
        println!("\n==> [{}/{}] {name}", index + 1, STEPS.len());
        let start = Instant::now();
        let outcome = run(workspace);
        rows.push(Row {
            name,
            time: start.elapsed(),
            result: word_for(&outcome),
        });
        if let Outcome::Skipped(reason) = outcome.with_context(|| format!("step `{name}`"))? {
            println!("skipped: {reason}");
        }
    }
    Ok(())
}

fn word_for(outcome: &Result<Outcome>) -> &'static str {
    match outcome {
        Ok(Outcome::Passed) => "ok",
        Ok(Outcome::Skipped(_)) => "skipped",
        Err(_) => "FAILED",
    }
}

fn summary(rows: &[Row]) -> String {
    let mut table = String::from("step        time  result\n");
    for Row { name, time, result } in rows {
        table += &format!("{name:<8}{:>7.1}s  {result}\n", time.as_secs_f64());
    }
    let total: Duration = rows.iter().map(|row| row.time).sum();
    table + &format!("{:<8}{:>7.1}s\n", "total", total.as_secs_f64())
}

fn fmt(workspace: &Workspace) -> Result<Outcome> {
    succeed(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

fn check_layers(workspace: &Workspace) -> Result<Outcome> {
    layers::run(workspace).map(|()| Outcome::Passed)
}

fn check_tidy(workspace: &Workspace) -> Result<Outcome> {
    tidy::run(workspace).map(|()| Outcome::Passed)
}

fn clippy(workspace: &Workspace) -> Result<Outcome> {
    succeed(&mut workspace.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-Dwarnings",
    ]))
}

/// What the other steps do not build: they have the default features. The
/// crates without the engine are tested; the program is only checked.
fn features(workspace: &Workspace) -> Result<Outcome> {
    const RUNS: [&[&str]; 5] = [
        &["check", "--locked", "-p", "jsvm-metrics"],
        &[
            "check",
            "--locked",
            "-p",
            "jsvm-metrics",
            "--features",
            "otlp",
        ],
        &[
            "test",
            "--locked",
            "-p",
            "jsvm-metrics",
            "--features",
            "otlp-tls",
        ],
        &[
            "check",
            "--locked",
            "-p",
            "jsvm-cli",
            "--no-default-features",
        ],
        &[
            "test",
            "--locked",
            "-p",
            "jsvm-cli",
            "--features",
            "otlp-grpc",
            "grpc",
        ],
    ];
    for run in RUNS {
        succeed(&mut workspace.cargo(run))?;
    }
    Ok(Outcome::Passed)
}

fn doc(workspace: &Workspace) -> Result<Outcome> {
    succeed(
        workspace
            .cargo(&["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-Dwarnings"),
    )
}

fn deny(workspace: &Workspace) -> Result<Outcome> {
    let probe = workspace.cargo(&["deny", "--version"]).output()?;
    if !probe.status.success() {
        let reason = "no cargo-deny here; `cargo install --locked cargo-deny` installs it";
        return Ok(Outcome::Skipped(reason));
    }
    succeed(&mut workspace.cargo(&["deny", "check", "licenses", "bans", "sources"]))
}

/// Runs unit tests, integration tests and doctests.
///
/// This is cargo's own runner, because nextest runs no doctests.
/// It prints one result for each binary; the sum is ours.
fn test(workspace: &Workspace) -> Result<Outcome> {
    let mut command = workspace.cargo(&["test", "--workspace", "--locked"]);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("the tests' output is piped")?;
    let mut total = Tally::default();
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        total.add(tally(&line).unwrap_or_default());
    }
    let status = child.wait()?;
    println!("tests: {} passed, {} failed", total.passed, total.failed);
    ensure!(status.success(), "{}: {status}", words(&command));
    ensure!(total.passed > 0, "no test ran");
    Ok(Outcome::Passed)
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Reads the line with which one test binary ends; other lines give nothing.
fn tally(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = counts.split("; ");
    let passed = parts.next()?.strip_suffix(" passed")?.parse().ok()?;
    let failed = parts.next()?.strip_suffix(" failed")?.parse().ok()?;
    Some(Tally { passed, failed })
}

fn succeed(command: &mut Command) -> Result<Outcome> {
    let status = command.status().with_context(|| words(command))?;
    ensure!(status.success(), "{}: {status}", words(command));
    Ok(Outcome::Passed)
}

/// A cargo command as one would type it.
fn words(command: &Command) -> String {
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy());
    arguments.fold(String::from("cargo"), |line, argument| {
        line + " " + &argument
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_test_binary_is_counted() {
        let line = "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; \
                    0 filtered out; finished in 0.00s";
        let expected = Tally {
            passed: 12,
            failed: 1,
        };
        assert_eq!(tally(line), Some(expected));
    }

    #[test]
    fn other_lines_are_not_counted() {
        for line in [
            "",
            "running 3 tests",
            "test result: a test of this name ... ok",
        ] {
            assert_eq!(tally(line), None, "{line:?}");
        }
    }

    #[test]
    fn the_summary_names_each_step_that_ran() {
        let row = |name, millis, outcome| Row {
            name,
            time: Duration::from_millis(millis),
            result: word_for(&outcome),
        };
        let rows = [
            row("fmt", 800, Ok(Outcome::Passed)),
            row("clippy", 61_300, Err(anyhow::anyhow!("a lint"))),
        ];
        let expected = "\
step        time  result
fmt         0.8s  ok
clippy     61.3s  FAILED
total      62.1s
";
        assert_eq!(summary(&rows), expected);
    }

    #[test]
    fn cheap_steps_come_first() {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        let expected = [
            "fmt", "layers", "tidy", "clippy", "test", "features", "doc", "deny",
        ];
        assert_eq!(names, expected);
    }
}
