//! What the program was asked to do.

use crate::harness::Plan;
use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;

/// The arguments.
pub(crate) struct Args {
    /// Groups and rows; empty is all.
    pub(crate) names: Vec<String>,
    pub(crate) plan: Plan,
    pub(crate) list: bool,
    /// Only tell what `js` runs.
    pub(crate) cases: bool,
    pub(crate) json: Option<PathBuf>,
    /// The page whose table is written.
    pub(crate) write: Option<PathBuf>,
    /// Only run so many operations of one engine.
    pub(crate) once: Option<(String, u64)>,
}

impl Args {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// There is no such flag, or its value is missing.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self {
            names: Vec::new(),
            plan: Plan::FULL,
            list: false,
            cases: false,
            json: None,
            write: None,
            once: None,
        };
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => parsed.plan = Plan::QUICK,
                "--list" => parsed.list = true,
                "--cases" => parsed.cases = true,
                "--json" => parsed.json = Some(value()?.into()),
                "--write" => parsed.write = Some(value()?.into()),
                "--once" => parsed.once = Some((value()?, value()?.parse()?)),
                flag if flag.starts_with('-') => bail!("there is no flag {flag}"),
                _ => parsed.names.push(arg),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args> {
        Args::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn flags_and_names_may_be_mixed() {
        let args = parse("js --quick hook/next --json out.json").unwrap();
        assert_eq!(args.names, ["js", "hook/next"]);
        assert_eq!(args.plan.rounds, Plan::QUICK.rounds);
        assert_eq!(args.json.unwrap().to_str(), Some("out.json"));
        let args = parse("js/fib15 --once ours 20").unwrap();
        assert_eq!(args.once, Some(("ours".to_owned(), 20)));
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for (line, told) in [
            ("--jason out", "there is no flag --jason"),
            ("--json", "--json needs a value"),
        ] {
            assert_eq!(parse(line).err().unwrap().to_string(), told);
        }
    }
}
