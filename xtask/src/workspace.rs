//! Where the workspace is, which files it has, and the cargo that builds it.
//!
//! A file belongs to the workspace if git tracks it or would: what `.gitignore`
//! names is never read.
//! This module does not know what the checks look for in the files.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::text::TextFile;

/// The workspace that xtask was started in.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Asks cargo for the workspace around the current directory.
    ///
    /// # Errors
    ///
    /// The current directory is in no cargo workspace.
    pub(crate) fn find() -> Result<Self> {
        let manifest = output_of(Command::new(cargo_program()).args([
            "locate-project",
            "--workspace",
            "--message-format=plain",
        ]))?;
        let mut root = PathBuf::from(manifest.trim_end());
        root.pop();
        Ok(Self { root })
    }

    /// The cargo that started xtask, to be run at the workspace's root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(cargo_program());
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// A path of the workspace.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> PathBuf {
        let set = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        set.unwrap_or_else(|| self.root.join("target"))
    }

    /// The paths of all files, tracked or about to be, in git's order.
    ///
    /// # Errors
    ///
    /// git is missing, or the workspace is in no repository.
    pub(crate) fn paths(&self) -> Result<Vec<String>> {
        let listing = output_of(
            Command::new("git")
                .args([
                    "ls-files",
                    "-z",
                    "-co",
                    "--exclude-standard",
                    "--deduplicate",
                ])
                .current_dir(&self.root),
        )?;
        let listed = listing.split('\0').filter(|path| !path.is_empty());
        // A file that was deleted but not yet staged is still listed.
        let existing = listed.filter(|path| self.root.join(path).is_file());
        Ok(existing.map(String::from).collect())
    }

    /// Those of `paths` that hold text.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub(crate) fn texts(&self, paths: &[String]) -> Result<Vec<TextFile>> {
        let mut files = Vec::new();
        for path in paths {
            let bytes = fs::read(self.root.join(path)).with_context(|| path.clone())?;
            if let Some(text) = text_of(bytes) {
                let path = path.clone();
                files.push(TextFile { path, text });
            }
        }
        Ok(files)
    }
}

fn cargo_program() -> String {
    env::var("CARGO").unwrap_or_else(|_| String::from("cargo"))
}

fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?}: {}: {}", output.status, stderr.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{command:?}"))
}

/// Nothing for a file that is not UTF-8 or has a zero byte, as pictures do.
fn text_of(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_files_are_not_text() {
        assert_eq!(
            text_of(b"fn main() {}".to_vec()).as_deref(),
            Some("fn main() {}")
        );
        assert_eq!(text_of(b"PNG\0".to_vec()), None);
        assert_eq!(text_of(vec![0xff, 0xfe]), None);
    }
}
