//! `cargo xtask bench NAME`: measures the built server from outside.
//!
//! The one rule: what is claimed is checked, so a run fails if a bound is not
//! kept. What happens inside is measured in `benches`.

mod client;
mod load;
mod reload;
mod site;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

/// Runs the benchmark that the first argument names.
///
/// # Errors
///
/// There is none of that name, or one of its bounds was not kept.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    match arguments {
        [name, rest @ ..] if name == "load" => load::run(workspace, rest),
        [name, rest @ ..] if name == "reload" => reload::run(workspace, rest),
        _ => bail!("usage: cargo xtask bench load [--quick] | cargo xtask bench reload"),
    }
}
