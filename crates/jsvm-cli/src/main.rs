//! The program `jsvm`: run a script, serve a directory of hooks, check one,
//! migrate its data, write types for editors, look at a server.
//!
//! The one rule: standard output holds what was asked for and nothing else;
//! everything else goes to standard error. Exit codes: 0 done, 1 the script or
//! the hooks failed, 2 usage or configuration, 3 a limit ended the script.

mod args;
mod check;
mod config;
mod findings;
#[cfg(feature = "otlp-grpc")]
mod grpc;
mod migrate;
mod output;
mod reload;
mod run;
mod serve;
mod telemetry;
mod top;
mod types;
mod variables;

use args::{Args, Command};
use clap::Parser;
use jsvm::alloc::CountingAlloc;
use std::process::ExitCode;

/// Counts what each thread holds, for the memory limit of scripts.
#[cfg(not(feature = "mimalloc"))]
#[global_allocator]
static ALLOCATOR: CountingAlloc = CountingAlloc::system();

/// The same on top of another allocator than the system's.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: CountingAlloc<mimalloc::MiMalloc> = CountingAlloc::new(mimalloc::MiMalloc);

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.command {
        Command::Run(args) => run::run(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Check(args) => check::check(&args),
        Command::Migrate(args) => migrate::migrate(&args),
        Command::Types(args) => types::types(&args),
        Command::Top(args) => top::top(&args),
        Command::Config(command) => config::config(&command),
    };
    result.unwrap_or_else(|err| {
        eprintln!("error: {err:#}");
        ExitCode::from(USAGE)
    })
}

/// The script or the hooks failed.
const FAILED: u8 = 1;
/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// A limit ended the script.
const LIMIT: u8 = 3;

/// The variables of this process, for `process.env`, but for the password that
/// is among them.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        if name == "JSVM_SUPERUSER" {
            return None;
        }
        Some((name, value.to_string_lossy().into_owned()))
    })
}
