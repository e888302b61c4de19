//! Module files for `require`, from the file system.
//!
//! The one rule: what is read is a regular file below the project, or in a
//! `node_modules` directory beside or above it, and no longer than asked for;
//! whatever else a script names is refused.

use crate::project::Project;
use jsvm::{Error, ModuleFiles};
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

/// The modules of a project.
#[derive(Debug, Clone)]
pub struct ProjectModules {
    root: PathBuf,
}

impl ProjectModules {
    /// The modules that hooks of this project may require.
    pub fn new(project: &Project) -> Self {
        Self {
            root: project.dir().to_owned(),
        }
    }

    /// Whether a path is one where modules are. Links that the project has are
    /// followed: whoever made them may read what they lead to.
    fn is_open(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
            || self
                .root
                .ancestors()
                .any(|above| path.starts_with(above.join("node_modules")))
    }
}

impl ModuleFiles for ProjectModules {
    fn root(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    fn read(&self, path: &str, max_bytes: usize) -> Result<Option<String>, Error> {
        let path = Path::new(path);
        if !self.is_open(path) {
            return Err(Error::host(format!(
                "{} is outside of {}: modules are read from there and from node_modules \
                 directories above it",
                path.display(),
                self.root.display()
            )));
        }
        let told = |err: &dyn std::fmt::Display| Error::host(format!("{}: {err}", path.display()));
        // Asked before it is opened: opening a pipe would wait.
        match path.metadata() {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Ok(None),
            Err(err) if is_missing(err.kind()) => return Ok(None),
            Err(err) => return Err(told(&err)),
        }
        let bytes = read_at_most(path, max_bytes + 1).map_err(|err| told(&err))?;
        if bytes.len() > max_bytes {
            return Err(told(&format!(
                "the module is longer than {max_bytes} bytes (raise limits.source-size)"
            )));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(err) => {
                let at = err.utf8_error().valid_up_to();
                Err(told(&format!("the module is not UTF-8 (byte {at})")))
            }
        }
    }
}

fn is_missing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn read_at_most(path: &Path, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::new();
    File::open(path)?
        .take(bytes as u64)
        .read_to_end(&mut read)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(dir: &Path) -> (PathBuf, ProjectModules) {
        let root = dir.join("home/shop");
        std::fs::create_dir_all(root.join("pb_hooks/lib")).unwrap();
        std::fs::create_dir_all(dir.join("home/node_modules/pad")).unwrap();
        std::fs::write(root.join("pb_hooks/lib/a.js"), "1").unwrap();
        std::fs::write(dir.join("home/node_modules/pad/index.js"), "2").unwrap();
        std::fs::write(dir.join("home/secret.json"), "3").unwrap();
        let modules = ProjectModules::new(&Project::open(&root).unwrap());
        (root, modules)
    }

    fn read(modules: &ProjectModules, path: &Path) -> Result<Option<String>, Error> {
        modules.read(path.to_str().unwrap(), 10)
    }

    #[test]
    fn modules_are_read_from_the_project_and_from_packages() {
        let dir = tempfile::tempdir().unwrap();
        let (root, modules) = project(dir.path());
        let file = root.join("pb_hooks/lib/a.js");
        assert_eq!(read(&modules, &file), Ok(Some("1".into())));
        let package = dir.path().join("home/node_modules/pad/index.js");
        assert_eq!(read(&modules, &package), Ok(Some("2".into())));
        for nothing in ["pb_hooks/lib", "pb_hooks/b.js", "pb_hooks/lib/a.js/b"] {
            assert_eq!(read(&modules, &root.join(nothing)), Ok(None), "{nothing}");
        }
    }

    #[test]
    fn what_is_elsewhere_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (_, modules) = project(dir.path());
        for path in [
            "home/secret.json",
            "home/shop2/a.js",
            "other/node_modules/a",
        ] {
            let err = read(&modules, &dir.path().join(path)).unwrap_err();
            assert!(err.to_string().contains(" is outside of "), "{err}");
        }
        let err = modules.read("/etc/passwd", 10).unwrap_err();
        assert!(err.to_string().starts_with("/etc/passwd is outside of "));
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (root, modules) = project(dir.path());
        let file = root.join("long.js");
        std::fs::write(&file, "12345678901").unwrap();
        let err = read(&modules, &file).unwrap_err().to_string();
        assert!(
            err.ends_with("is longer than 10 bytes (raise limits.source-size)"),
            "{err}"
        );
        std::fs::write(&file, b"ok\xff").unwrap();
        let err = read(&modules, &file).unwrap_err().to_string();
        assert!(err.ends_with("is not UTF-8 (byte 2)"), "{err}");
    }
}
