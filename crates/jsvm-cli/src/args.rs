//! What the program understands on its command line.
//!
//! The one rule: a flag that is given wins over the environment and the file;
//! one that is not given changes nothing.

use crate::variables;
use anyhow::Result;
use clap::{Args as ClapArgs, Parser, Subcommand};
use jsvm::{Config, LogFormat, Profile};
use std::{path::PathBuf, time::Duration};

/// Safe, fast, observable JavaScript hooks.
#[derive(Debug, Parser)]
#[command(name = "jsvm", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one script under limits and print its completion value
    Run(RunArgs),
    /// Serve the hooks of a directory over HTTP
    Serve(ServeArgs),
    /// Load the hooks of a directory without serving them
    Check(CheckArgs),
    /// Apply and revert the migrations of a directory
    Migrate(MigrateArgs),
    /// Write the types of the API and of the collections for editors
    Types(TypesArgs),
    /// Show what the hooks of a running server do and cost
    Top(TopArgs),
    /// Show or check configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// The script, or - for standard input
    #[arg(required_unless_present = "eval", conflicts_with = "eval")]
    pub(crate) file: Option<PathBuf>,
    /// Run this text instead of a file
    #[arg(short, long, value_name = "SCRIPT")]
    pub(crate) eval: Option<String>,
    /// Print one JSON object instead of the value
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ServeArgs {
    /// The directory with pb_hooks
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<String>,
    /// Threads that run hooks; 0 is one for each core
    #[arg(long, value_name = "N", value_parser = count::<usize>)]
    pub(crate) pool: Option<usize>,
    /// Refuse to start if `jsvm check` would fail
    #[arg(long)]
    pub(crate) strict: bool,
    /// Load hook files again when they change
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CheckArgs {
    /// The directory with pb_hooks
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Call warnings errors, as `jsvm serve --strict` takes them
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    pub(crate) command: MigrateCommand,
    /// The directory with pb_migrations
    #[arg(long, global = true, default_value = ".")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Apply what was not applied yet, as serve does when it starts
    Up,
    /// Revert what was applied last
    Down {
        /// How many migrations
        #[arg(default_value = "1", value_parser = count::<usize>)]
        count: usize,
    },
    /// Write a new migration that changes nothing yet
    Create {
        /// What it will do, such as add_tags
        #[arg(value_parser = migration_name)]
        name: String,
    },
    /// Write a migration that makes the collections as they are now
    Collections,
    /// Forget which migrations were applied whose files are gone
    HistorySync,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TypesArgs {
    /// The directory with pb_hooks
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Where to write [default: pb_data/types.d.ts in the directory]
    #[arg(short, long, value_name = "FILE", conflicts_with = "stdout")]
    pub(crate) output: Option<PathBuf>,
    /// Print the types instead, and change nothing
    #[arg(long)]
    pub(crate) stdout: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TopArgs {
    /// The server
    #[arg(default_value = "http://127.0.0.1:8090")]
    pub(crate) url: String,
    /// Print one JSON object and end
    #[arg(long)]
    pub(crate) json: bool,
    /// How often the table is drawn anew, for example 2s
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = jsvm::parse_duration)]
    pub(crate) interval: Duration,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the reference file
    Default,
    /// Read a file and tell what is wrong with it
    Check {
        /// The file
        file: PathBuf,
    },
}

/// Flags of every command that runs scripts.
#[derive(Debug, ClapArgs)]
pub(crate) struct LimitArgs {
    /// The configuration file [default: jsvm.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Wall-clock time of one execution, for example 200ms or 5s
    #[arg(long, global = true, value_name = "TIME", value_parser = jsvm::parse_duration)]
    timeout: Option<Duration>,
    /// Turns of all loops of one execution together
    #[arg(long, global = true, value_name = "N", value_parser = count::<u64>)]
    max_loops: Option<u64>,
    /// Memory of one execution, for example 64MiB
    #[arg(long, global = true, value_name = "SIZE", value_parser = jsvm::parse_bytes)]
    max_memory: Option<u64>,
    /// What scripts see of the world: strict or pocketbase
    #[arg(long, global = true, value_name = "PROFILE", value_parser = profile)]
    profile: Option<Profile>,
    /// How log lines are written: text or json
    #[arg(long, global = true, value_name = "FORM", value_parser = log_format)]
    log_format: Option<LogFormat>,
}

fn count<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    let number = text.parse();
    number.map_err(|_| "write a whole number, such as 4".to_owned())
}

fn migration_name(text: &str) -> Result<String, String> {
    match text.contains(char::is_alphanumeric) {
        true => Ok(text.to_owned()),
        false => Err("write some words, such as add_tags".to_owned()),
    }
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).ok_or_else(|| "write strict or pocketbase".to_owned())
}

impl LimitArgs {
    /// The configuration of `dir`, the environment and these flags.
    pub(crate) fn config(&self, dir: &std::path::Path) -> Result<Config> {
        let path = match &self.config {
            Some(path) => {
                anyhow::ensure!(path.exists(), "{}: there is no such file", path.display());
                path.clone()
            }
            None => dir.join("jsvm.toml"),
        };
        let mut config = Config::load(&path, |name| std::env::var(name).ok())?;
        variables::warn_of_unknown();
        if !config.cache.dir.as_os_str().is_empty() {
            config.cache.dir = dir.join(&config.cache.dir);
        }
        if let Some(timeout) = self.timeout {
            config.limits.timeout = timeout;
        }
        if let Some(loops) = self.max_loops {
            config.limits.loops = loops;
        }
        if let Some(memory) = self.max_memory {
            config.limits.memory = memory;
        }
        if let Some(profile) = self.profile {
            config.sandbox.profile = profile;
        }
        if let Some(format) = self.log_format {
            config.metrics.log_format = format;
        }
        Ok(config)
    }
}

fn log_format(name: &str) -> Result<LogFormat, String> {
    match name {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("write text or json".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn flags_win_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("jsvm.toml");
        std::fs::write(&file, "[limits]\ntimeout = \"1s\"\nloops = 5").unwrap();
        let args = Args::parse_from(["jsvm", "run", "--timeout", "2s", "-"]);
        let Command::Run(args) = args.command else {
            panic!("not run");
        };
        let config = args.limits.config(dir.path()).unwrap();
        assert_eq!(config.limits.timeout, Duration::from_secs(2));
        assert_eq!(config.limits.loops, 5);
    }
}
