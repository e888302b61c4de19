//! The project's automation: `cargo xtask COMMAND`.
//!
//! This file only finds the command that was asked for and turns its result
//! into an exit code: 0 done, 1 the command failed, 2 no such command.
//! What a command does is written in the module of its name.

mod bench;
mod ci;
mod finding;
mod hostile;
mod layers;
mod links;
mod parity;
mod pgo;
mod size;
mod text;
mod tidy;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

/// One thing that `cargo xtask` can do.
#[derive(Debug)]
struct Command {
    name: &'static str,
    about: &'static str,
    run: Run,
}

/// What a command does, with or without arguments of its own.
#[derive(Debug)]
enum Run {
    Alone(fn(&Workspace) -> Result<()>),
    With(fn(&Workspace, &[String]) -> Result<()>),
}

const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        about: "everything that must pass before a change is taken, cheap checks first",
        run: Run::Alone(ci::run),
    },
    Command {
        name: "layers",
        about: "which crate may use which, and where engine types may be named",
        run: Run::Alone(layers::run),
    },
    Command {
        name: "tidy",
        about: "file headers, file lengths, links, leftovers and paths of a machine",
        run: Run::Alone(tidy::run),
    },
    Command {
        name: "bench",
        about: "engines in turns (`[--quick] [GROUP|ROW...]`), the built server (`load`, `reload`)",
        run: Run::With(bench::run),
    },
    Command {
        name: "parity",
        about: "writes which names of PocketBase's API work (`parity [--check]`)",
        run: Run::With(parity::run),
    },
    Command {
        name: "size",
        about: "how large the program is, and what a WebAssembly QuickJS would add",
        run: Run::Alone(size::run),
    },
    Command {
        name: "pgo",
        about: "the program, optimised by a profile of the benchmarks",
        run: Run::Alone(pgo::run),
    },
    Command {
        name: "hostile",
        about: "hostile scripts, one process each (`hostile [--release] [--only NAME] [DIR...]`)",
        run: Run::With(hostile::run),
    },
];

/// What the arguments ask for.
#[derive(Debug)]
enum Request {
    Help,
    Run(&'static Command, Vec<String>),
    Unknown(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match parse(&arguments) {
        Request::Help => {
            println!("{}", help());
            ExitCode::SUCCESS
        }
        Request::Run(command, arguments) => run(command, &arguments),
        Request::Unknown(what) => {
            eprintln!("xtask: unknown command `{what}`\n\n{}", help());
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> Request {
    match arguments {
        [] => Request::Help,
        [name] if ["help", "--help", "-h"].contains(&name.as_str()) => Request::Help,
        [name, more @ ..] => match COMMANDS.iter().find(|command| command.name == name) {
            Some(command) if more.is_empty() || matches!(command.run, Run::With(_)) => {
                Request::Run(command, more.to_vec())
            }
            _ => Request::Unknown(arguments.join(" ")),
        },
    }
}

fn run(command: &Command, arguments: &[String]) -> ExitCode {
    let result = Workspace::find().and_then(|workspace| match command.run {
        Run::Alone(run) => run(&workspace),
        Run::With(run) => run(&workspace, arguments),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("xtask {}: {err:#}", command.name);
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND\n\ncommands:");
    for Command { name, about, .. } in COMMANDS {
        text += &format!("\n  {name:<9}{about}");
    }
    text + "\n  help     this list"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> String {
        let arguments: Vec<String> = line.split_whitespace().map(String::from).collect();
        match parse(&arguments) {
            Request::Help => String::from("help"),
            Request::Run(command, more) => {
                let words = std::iter::once(command.name).chain(more.iter().map(String::as_str));
                format!("run {}", words.collect::<Vec<_>>().join(" "))
            }
            Request::Unknown(what) => format!("unknown {what}"),
        }
    }

    #[test]
    fn no_arguments_and_help_print_the_commands() {
        for line in ["", "help", "--help", "-h"] {
            assert_eq!(request(line), "help", "{line:?}");
        }
        for command in COMMANDS {
            assert!(help().contains(command.name));
        }
    }

    #[test]
    fn commands_are_found_by_their_whole_name() {
        assert_eq!(request("layers"), "run layers");
        assert_eq!(request("layer"), "unknown layer");
        assert_eq!(request("ci --fast"), "unknown ci --fast");
        assert_eq!(request("bench load --quick"), "run bench load --quick");
    }
}
