//! `cargo xtask bench --instructions ROW`: counted instead of timed, for rows
//! whose differences are smaller than a machine's noise.
//!
//! The one rule: callgrind counts two runs of different lengths, and what is
//! told is their difference for one operation, so that setting up is no part
//! of it. A count is no time: instructions differ in what they take.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Prints the instructions of one operation for each engine of a row.
///
/// # Errors
///
/// There is no such row, or no valgrind.
pub(crate) fn run(program: &Path, row: &str, operations: u64) -> Result<()> {
    let listed = Command::new(program).args([row, "--list"]).output()?;
    ensure!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr).trim()
    );
    let listed = String::from_utf8(listed.stdout)?;
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let row = words.next().context("a row without a name")?;
        for engine in words {
            let few = count(program, row, engine, operations)?;
            let many = count(program, row, engine, 3 * operations)?;
            let each = many.saturating_sub(few) / (2 * operations);
            println!("{row:<28}{engine:<12}{each:>12} instructions");
        }
    }
    Ok(())
}

fn count(program: &Path, row: &str, engine: &str, operations: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([row, "--once", engine, &operations.to_string()])
        .output()
        .context("valgrind is needed to count instructions")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}");
    let count = told
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    let count = count.context("callgrind did not tell a count")?;
    Ok(count.trim().parse()?)
}
