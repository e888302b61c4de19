//! `cargo xtask bench --against PROGRAM`: two builds of the benchmarks in turns.
//!
//! The one rule: the same rows, A B A B, and the ratio of the medians of all
//! turns; only what is ours is compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

const TURNS: usize = 7;

/// The medians of each row, in nanoseconds.
type Medians = BTreeMap<String, Vec<f64>>;

/// Runs both and prints, row by row, how long the other takes and the ratio.
///
/// # Errors
///
/// A program fails.
pub(crate) fn run(program: &Path, other: &Path, rows: &[String]) -> Result<()> {
    let (mut ours, mut theirs) = (Medians::new(), Medians::new());
    for _ in 0..TURNS {
        measure(program, rows, &mut ours)?;
        measure(other, rows, &mut theirs)?;
    }
    println!(
        "{:<28}{:>12}{:>12}{:>8}",
        "row", "this ns", "other ns", "ratio"
    );
    for (row, times) in ours {
        let Some(others) = theirs.remove(&row) else {
            continue;
        };
        let (ours, others) = (median(times), median(others));
        println!("{row:<28}{ours:>12.0}{others:>12.0}{:>8.2}", others / ours);
    }
    Ok(())
}

fn measure(program: &Path, rows: &[String], medians: &mut Medians) -> Result<()> {
    let file = std::env::temp_dir().join(format!("jsvm-bench-{}.json", std::process::id()));
    let output = Command::new(program)
        .args(["--quick", "--json"])
        .arg(&file)
        .args(rows)
        .output()
        .with_context(|| program.display().to_string())?;
    ensure!(
        output.status.success(),
        "{}: {}",
        program.display(),
        output.status
    );
    let lines: Vec<Value> = serde_json::from_slice(&fs::read(&file)?)?;
    fs::remove_file(&file)?;
    for line in lines.iter().filter(|line| line["engine"] == "ours") {
        let row = line["row"].as_str().context("a line without a row")?;
        let median = line["median_ns"]
            .as_f64()
            .context("a line without a median")?;
        medians.entry(row.to_owned()).or_default().push(median);
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
