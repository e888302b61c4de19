//! A directory with hooks, a schema and data.
//!
//! The one rule: reading never changes what is there. Knows the names of files
//! and nothing of what is in them.

use anyhow::{Context, Result};
use jsvm::Source;
use std::path::{Component, Path, PathBuf};

/// A directory laid out as PocketBase does: `pb_hooks`, `pb_data`,
/// `pb_schema.json`, `pb_migrations`, `pb_public`.
#[derive(Debug, Clone)]
pub struct Project {
    dir: PathBuf,
}

impl Project {
    /// The project in `dir`.
    ///
    /// # Errors
    ///
    /// If `dir` is no directory.
    pub fn open(dir: &Path) -> Result<Self> {
        anyhow::ensure!(
            dir.is_dir(),
            "{} is not a directory; name one that contains pb_hooks",
            dir.display()
        );
        let found = if dir.components().any(|part| part == Component::ParentDir) {
            dir.canonicalize()
        } else {
            std::path::absolute(dir)
        };
        let dir = found.with_context(|| dir.display().to_string())?;
        Ok(Self { dir })
    }

    /// The directory itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where hook files are.
    pub fn hooks_dir(&self) -> PathBuf {
        self.dir.join("pb_hooks")
    }

    /// Where migration files are.
    pub fn migrations_dir(&self) -> PathBuf {
        self.dir.join("pb_migrations")
    }

    /// Where the database and other data are.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("pb_data")
    }

    /// Where files are that anybody may read.
    pub fn public_dir(&self) -> PathBuf {
        self.dir.join("pb_public")
    }

    /// The hook files in name order; none if there is no directory.
    ///
    /// PocketBase: `*.pb.js` and `*.pb.ts` directly in `pb_hooks`. Emacs' lock
    /// files, `.#*`, are left out.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or is no UTF-8, by its name.
    pub fn hooks(&self) -> Result<Vec<Source>> {
        self.sources("pb_hooks", is_hook)
    }

    /// The migration files in name order; none if there is no directory.
    ///
    /// PocketBase: `*.js` and `*.ts` directly in `pb_migrations`.
    ///
    /// # Errors
    ///
    /// As [`hooks`](Self::hooks).
    pub fn migrations(&self) -> Result<Vec<Source>> {
        self.sources("pb_migrations", is_migration)
    }

    fn sources(&self, dir_name: &str, is_one: fn(&str) -> bool) -> Result<Vec<Source>> {
        let dir = self.dir.join(dir_name);
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(err) => return Err(err).with_context(|| dir.display().to_string()),
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_one(name))
            .collect();
        names.sort();
        names
            .into_iter()
            .map(|name| {
                let text = read(&dir.join(&name))?;
                Ok(Source::new(format!("{dir_name}/{name}"), text))
            })
            .collect()
    }

    /// The collections of `pb_schema.json`; none if there is no such file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not JSON.
    pub fn schema(&self) -> Result<Option<serde_json::Value>> {
        let path = self.dir.join("pb_schema.json");
        if !path.exists() {
            return Ok(None);
        }
        let text = read(&path)?;
        let schema = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Some(schema))
    }
}

/// Whether a file of that name, directly in `pb_hooks`, is one of hooks.
pub(crate) fn is_hook(name: &str) -> bool {
    let has_ending = name.ends_with(".pb.js") || name.ends_with(".pb.ts");
    // Emacs' lock is a link to nowhere, there while a buffer is not saved.
    has_ending && !name.starts_with(".#")
}

fn is_migration(name: &str) -> bool {
    (name.ends_with(".js") || name.ends_with(".ts")) && !name.starts_with(".#")
}

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    String::from_utf8(bytes).map_err(|err| {
        let at = err.utf8_error().valid_up_to();
        anyhow::anyhow!("{} is not UTF-8 (byte {at})", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_found_in_name_order() {
        let dir = tempfile::tempdir().unwrap();
        let hooks = dir.path().join("pb_hooks");
        std::fs::create_dir_all(hooks.join("sub")).unwrap();
        for name in ["b.pb.js", "a.pb.js", "c.js", "sub/d.pb.js", ".#a.pb.js"] {
            std::fs::write(hooks.join(name), "1").unwrap();
        }
        let files = Project::open(dir.path()).unwrap().hooks().unwrap();
        let names: Vec<_> = files.iter().map(Source::name).collect();
        assert_eq!(names, ["pb_hooks/a.pb.js", "pb_hooks/b.pb.js"]);
    }

    #[test]
    fn migrations_are_found_in_name_order() {
        let dir = tempfile::tempdir().unwrap();
        let migrations = dir.path().join("pb_migrations");
        std::fs::create_dir(&migrations).unwrap();
        for name in ["2_b.js", "10_a.ts", "readme.md", ".#2_b.js"] {
            std::fs::write(migrations.join(name), "1").unwrap();
        }
        let files = Project::open(dir.path()).unwrap().migrations().unwrap();
        let names: Vec<_> = files.iter().map(Source::name).collect();
        assert_eq!(names, ["pb_migrations/10_a.ts", "pb_migrations/2_b.js"]);
    }

    #[test]
    fn a_file_that_is_no_text_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let hooks = dir.path().join("pb_hooks");
        std::fs::create_dir(&hooks).unwrap();
        std::fs::write(hooks.join("a.pb.js"), b"ok\xff").unwrap();
        let err = Project::open(dir.path()).unwrap().hooks().unwrap_err();
        assert!(
            err.to_string().ends_with("a.pb.js is not UTF-8 (byte 2)"),
            "{err}"
        );
    }
}
