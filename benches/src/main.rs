//! How quick is jsvm, beside the engines that others would take?
//!
//! `cargo xtask bench` builds and runs this program. It runs the rows that it
//! is asked for, engines in turns, and prints medians, ratios and whether each
//! target is met. Each result was compared before it is timed.

mod args;
mod case;
mod clock;
mod engines;
mod harness;
mod page;
mod report;
mod rows;

use anyhow::{Context as _, Result, ensure};
use args::Args;
use jsvm_alloc::CountingAlloc;
use std::process::ExitCode;

/// As in the program: the counting allocator is a part of the cost.
#[cfg(not(feature = "mimalloc"))]
#[global_allocator]
static ALLOCATOR: CountingAlloc = CountingAlloc::system();

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: CountingAlloc<mimalloc::MiMalloc> = CountingAlloc::new(mimalloc::MiMalloc);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("bench: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args = Args::parse(std::env::args().skip(1))?;
    if args.cases {
        println!("{}", rows::js::cases());
        return Ok(());
    }
    let mut rows = rows::all();
    if let Some(name) = args.names.iter().find(|name| !is_known(&rows, name)) {
        anyhow::bail!("there is no row and no group {name:?}; `--list` shows all");
    }
    rows.retain(|row| args.names.is_empty() || args.names.iter().any(|it| row.is_called(it)));
    if args.list {
        rows.iter().for_each(list);
        return Ok(());
    }
    if let Some((engine, operations)) = args.once {
        ensure!(rows.len() == 1, "`--once` runs one row");
        let mut entrants = rows.remove(0).entrants.into_iter();
        let entrant = entrants.find(|it| it.engine == engine);
        let entrant = entrant.with_context(|| format!("no {engine:?} in this row"))?;
        clock::turn_off();
        return harness::run_once(entrant, operations);
    }
    let mut results = Vec::new();
    for row in rows {
        let result = report::measure(row, args.plan)?;
        println!("{result}");
        results.push(result);
    }
    if let Some(path) = &args.json {
        report::write_json(path, &results)?;
    }
    match &args.write {
        Some(path) => page::write(path, &results),
        None => Ok(()),
    }
}

/// A row with its engines.
fn list(row: &rows::Row) {
    let engines: Vec<_> = row.entrants.iter().map(|it| it.engine).collect();
    println!("{} {}", row.name, engines.join(" "));
}

fn is_known(rows: &[rows::Row], name: &str) -> bool {
    rows.iter().any(|row| row.is_called(name))
}
