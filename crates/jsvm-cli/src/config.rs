//! `jsvm config`: the reference file, and whether another one is right.
//!
//! The one rule: it only reads.

use crate::args::ConfigCommand;
use anyhow::Result;
use jsvm::{Config, DEFAULT_TOML};
use std::process::ExitCode;

pub(crate) fn config(command: &ConfigCommand) -> Result<ExitCode> {
    match command {
        ConfigCommand::Default => print!("{DEFAULT_TOML}"),
        ConfigCommand::Check { file } => {
            anyhow::ensure!(file.exists(), "{}: there is no such file", file.display());
            Config::from_file(file)?;
            println!("{}: ok", file.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
