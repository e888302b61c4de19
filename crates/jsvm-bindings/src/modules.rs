//! Where `require` finds modules, and what it has read of them.
//!
//! The one rule: a file is read once for all VMs, so that all of them run the
//! same text until [`Modules::forget`]; each VM makes its own instances. Paths
//! are absolute and their parts are separated by `/`. Knows nothing of engine
//! values.

use crate::{env::Compile, error::Error, permissions::Allowed};
use jsvm_core::{Kind, Program, ScriptError, Source};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Reading of module files, for whoever has files.
///
/// Called on the worker, under the script's deadline, once for each file and
/// again and again for files that are not there.
pub trait ModuleFiles: Send + Sync + 'static {
    /// The directory that relative ids of hook code start from, an absolute
    /// path.
    ///
    /// PocketBase: the working directory.
    fn root(&self) -> String;

    /// The text of a file; `None` if there is no file of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if scripts may not read it, if it is longer than
    /// `max_bytes`, or if it cannot be read.
    fn read(&self, path: &str, max_bytes: usize) -> Result<Option<String>, Error>;
}

/// No files at all; only the built-in modules can be required.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModules;

impl ModuleFiles for NoModules {
    fn root(&self) -> String {
        "/".into()
    }

    fn read(&self, _: &str, _: usize) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

/// How many bytes of modules are kept; what is beyond is read again for each
/// VM.
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// The modules that the VMs of a runtime share.
pub struct Modules {
    files: Arc<dyn ModuleFiles>,
    max_bytes: usize,
    allowed: Allowed,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_path: HashMap<String, Content>,
    bytes: usize,
}

/// What is in a module's file.
#[derive(Clone)]
pub(crate) enum Content {
    Script(Arc<Program>),
    Json(Arc<str>),
}

/// Why a module's file cannot be used.
pub(crate) enum Unusable {
    /// It could not be read.
    Unread(Error),
    /// It is not JavaScript, or too long.
    Uncompiled(ScriptError),
}

impl fmt::Debug for Modules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modules")
            .field("root", &self.files.root())
            .finish_non_exhaustive()
    }
}

impl Modules {
    /// Modules of which nothing was read yet; a file may have `max_bytes`.
    pub fn new(files: Arc<dyn ModuleFiles>, max_bytes: usize) -> Self {
        Self {
            files,
            max_bytes,
            allowed: Allowed::Everything,
            kept: Mutex::default(),
        }
    }

    /// The same modules, but only those below directories that are allowed.
    pub fn only(mut self, allowed: Allowed) -> Self {
        self.allowed = allowed;
        self
    }

    fn read(&self, path: &str) -> Result<Option<String>, Error> {
        if !self.allowed.has_path(path) {
            return Err(Error::host(format!(
                "{path} may not be required (add its directory to sandbox.require)"
            )));
        }
        self.files.read(path, self.max_bytes)
    }

    /// Forgets what was read, because files may have changed.
    pub fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    pub(crate) fn root(&self) -> String {
        self.files.root()
    }

    /// The text of a file that is no module, such as `package.json`.
    pub(crate) fn text(&self, path: &str) -> Result<Option<String>, Error> {
        self.read(path)
    }

    /// What is in a file; `None` if there is none.
    pub(crate) fn content(
        &self,
        path: &str,
        compile: &Compile,
    ) -> Result<Option<Content>, Unusable> {
        if let Some(known) = self.known(path) {
            return Ok(Some(known));
        }
        let read = self.read(path);
        let Some(text) = read.map_err(Unusable::Unread)? else {
            return Ok(None);
        };
        let bytes = text.len();
        let content = if path.ends_with(".json") {
            Content::Json(text.into())
        } else {
            let source = Source::new(self.name_of(path), text);
            Content::Script(compile(&source, Kind::Module).map_err(Unusable::Uncompiled)?)
        };
        self.keep(path, bytes, content.clone());
        Ok(Some(content))
    }

    /// What errors call a file: its path below the root.
    pub(crate) fn name_of(&self, path: &str) -> String {
        let root = self.files.root();
        let below = path.strip_prefix(root.trim_end_matches('/'));
        let below = below.and_then(|rest| rest.strip_prefix('/'));
        below.unwrap_or(path).to_owned()
    }

    fn known(&self, path: &str) -> Option<Content> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_path.get(path).cloned()
    }

    fn keep(&self, path: &str, bytes: usize, content: Content) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes <= MAX_KEPT {
            kept.bytes += bytes;
            kept.by_path.insert(path.to_owned(), content);
        }
    }
}

/// A path without `.`, `..` and empty parts; `base` is where a relative one
/// starts.
pub(crate) fn join(base: &str, path: &str) -> String {
    let start = if path.starts_with('/') { "" } else { base };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The directory that a file is in.
pub(crate) fn directory_of(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}

/// Whether an id is a path, and not the name of a package.
pub(crate) fn is_path(id: &str) -> bool {
    matches!(id, "." | "..") || ["/", "./", "../"].iter().any(|start| id.starts_with(start))
}

/// The directories that may hold a package, the nearest first.
pub(crate) fn package_directories(from: &str) -> impl Iterator<Item = String> {
    let mut next = Some(from.to_owned());
    std::iter::from_fn(move || {
        let dir = next.take()?;
        if dir != "/" {
            next = Some(directory_of(&dir).to_owned());
        }
        Some(dir)
    })
    .filter(|dir| !dir.ends_with("/node_modules"))
    .map(|dir| join(&dir, "node_modules"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_cleaned() {
        for (base, path, wanted) in [
            ("/a/b", "./c.js", "/a/b/c.js"),
            ("/a/b", "../c", "/a/c"),
            ("/a/b", "..", "/a"),
            ("/a/b", "/c//d/./e/", "/c/d/e"),
            ("/a", "../../../etc", "/etc"),
            ("/", "c", "/c"),
        ] {
            assert_eq!(join(base, path), wanted, "{base} {path}");
        }
        assert_eq!(directory_of("/a/b.js"), "/a");
        assert_eq!(directory_of("/b.js"), "/");
    }

    #[test]
    fn packages_are_looked_for_upwards() {
        let found: Vec<_> = package_directories("/a/node_modules/b").collect();
        assert_eq!(
            found,
            [
                "/a/node_modules/b/node_modules",
                "/a/node_modules",
                "/node_modules"
            ]
        );
    }

    #[test]
    fn ids_are_paths_or_names() {
        for id in [".", "..", "./a", "../a", "/a"] {
            assert!(is_path(id), "{id}");
        }
        for id in ["a", "a/b", "@a/b", ".a", "node:util", ""] {
            assert!(!is_path(id), "{id}");
        }
    }
}
