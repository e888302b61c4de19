//! Files and programs outside of the application.
//!
//! The one rule: a host does what it is told here, and no more; whether a
//! script may ask for it was decided before. Knows nothing of scripts.

use crate::{error::Error, filepath};
use std::time::Duration;

/// What `$os` reaches of a host's machine, if the permissions allow it.
///
/// Paths are absolute and have no `..`; links in them were followed by
/// [`resolve`](Self::resolve), so a host opens them as they are. By default,
/// there is nothing to reach.
pub trait System: Send + Sync + 'static {
    /// The directory that paths are taken from.
    fn working_dir(&self) -> String {
        let path = std::path::absolute(".").unwrap_or_default();
        path.to_string_lossy().into_owned()
    }

    /// Where files that nobody keeps may be.
    fn temp_dir(&self) -> String {
        "/tmp".into()
    }

    /// The path with every link in it followed, as far as it is there.
    ///
    /// By default, it is only cleaned: where nothing is opened, no link leads
    /// anywhere.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for a path that cannot be looked at.
    fn resolve(&self, path: &str) -> Result<String, Error> {
        Ok(filepath::clean(path))
    }

    /// What is in a regular file.
    ///
    /// # Errors
    ///
    /// [`Error::NoFile`], or [`Error::Host`], also if it has more bytes.
    fn read(&self, path: &str, _max_bytes: usize) -> Result<Vec<u8>, Error> {
        Err(refused(path))
    }

    /// Replaces what is in a file; a new one gets this Unix mode.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn write(&self, path: &str, _bytes: &[u8], _mode: u32) -> Result<(), Error> {
        Err(refused(path))
    }

    /// What is known of a file or a directory.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn stat(&self, path: &str) -> Result<FileInfo, Error> {
        Err(refused(path))
    }

    /// What is in a directory, by name.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn list(&self, path: &str) -> Result<Vec<FileInfo>, Error> {
        Err(refused(path))
    }

    /// Changes something of the directory tree.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn change(&self, path: &str, _change: &FileChange) -> Result<(), Error> {
        Err(refused(path))
    }

    /// Runs a program to its end; it is killed when its time is over.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if it cannot be started, or was killed.
    fn run(&self, command: &Command) -> Result<Finished, Error> {
        Err(refused(&command.program))
    }
}

fn refused(what: &str) -> Error {
    Error::host(format!("{what}: this host has nothing outside of it"))
}

/// Nothing outside of the application.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSystem;

impl System for NoSystem {}

/// What is known of a file or a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// The last part of its path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The Unix mode, without the bits that tell what it is.
    pub mode: u32,
    /// When it was changed, in milliseconds since 1970 began.
    pub modified: i64,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// What is done to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileChange {
    /// Makes a directory with this Unix mode.
    MakeDir(u32),
    /// As `MakeDir`, with those above it; one that is there is fine.
    MakeDirs(u32),
    /// Removes a file or an empty directory.
    Remove,
    /// Removes it with all that is in it; nothing to remove is fine.
    RemoveAll,
    /// Gives it this path.
    Rename(String),
    /// Makes a file so many bytes long.
    Truncate(u64),
}

/// A program to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Its name or path.
    pub program: String,
    /// Its arguments, without its name.
    pub args: Vec<String>,
    /// Where it runs, an absolute path.
    pub dir: String,
    /// Its whole environment, as `NAME=value`; `None` is the host's own.
    pub env: Option<Vec<String>>,
    /// What it reads.
    pub stdin: Vec<u8>,
    /// How long it may take.
    pub timeout: Duration,
    /// Most bytes that it may print, to each of its two outputs.
    pub max_bytes: usize,
}

/// A program that has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
}
