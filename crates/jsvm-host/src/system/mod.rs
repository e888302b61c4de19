//! The machine that hooks may reach: files and programs.
//!
//! The one rule: it does what it is told within the time and size it is given;
//! who may ask was decided before. Nothing here knows of scripts.

mod files;
mod programs;

use crate::project::Project;
use jsvm::{Command, Error, FileChange, FileInfo, Finished, System};
use std::path::PathBuf;

/// The machine that the server runs on; relative paths are below the project.
#[derive(Debug, Clone)]
pub struct Machine {
    root: PathBuf,
}

impl Machine {
    /// The machine as a project's hooks see it.
    pub fn new(project: &Project) -> Self {
        Self {
            root: project.dir().to_owned(),
        }
    }
}

impl System for Machine {
    fn working_dir(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    fn temp_dir(&self) -> String {
        let path = std::env::temp_dir();
        path.to_string_lossy().trim_end_matches('/').to_owned()
    }

    fn resolve(&self, path: &str) -> Result<String, Error> {
        files::resolve(path)
    }

    fn read(&self, path: &str, max_bytes: usize) -> Result<Vec<u8>, Error> {
        files::read(path, max_bytes)
    }

    fn write(&self, path: &str, bytes: &[u8], mode: u32) -> Result<(), Error> {
        files::write(path, bytes, mode)
    }

    fn stat(&self, path: &str) -> Result<FileInfo, Error> {
        files::stat(path)
    }

    fn list(&self, path: &str) -> Result<Vec<FileInfo>, Error> {
        files::list(path)
    }

    fn change(&self, path: &str, change: &FileChange) -> Result<(), Error> {
        files::change(path, change)
    }

    fn run(&self, command: &Command) -> Result<Finished, Error> {
        programs::run(command)
    }
}
