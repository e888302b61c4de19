//! PocketBase's names, those that exist here, and what is known of them.
//!
//! The one rule: a name is told by section, owner and name, as in
//! `surface.json`; a note about a name that is not there is an error.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

/// A name: its section, what it belongs to (may be empty), and itself.
pub(crate) type Name = (String, String, String);

/// The sections that have owners.
const OWNED: &[&str] = &["namespaces", "events", "objects"];

/// A set of names.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<Name>);

impl Names {
    /// The names of `surface.json`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let surface: Value = serde_json::from_str(text)?;
        let mut names = BTreeSet::new();
        for section in ["hooks", "globals"] {
            add(&mut names, section, "", &surface[section])?;
        }
        for section in OWNED {
            let owners = surface[section].as_object().context(*section)?;
            for (owner, members) in owners {
                add(&mut names, section, owner, members)?;
            }
        }
        Ok(Self(names))
    }

    /// The names of lines with tabs between section, owner and name.
    pub(crate) fn found(lines: &str) -> Self {
        let parts = lines
            .lines()
            .map(|line| line.split('\t').map(str::to_owned));
        Self(
            parts
                .filter_map(|mut it| Some((it.next()?, it.next()?, it.next()?)))
                .collect(),
        )
    }

    pub(crate) fn has(&self, section: &str, owner: &str, name: &str) -> bool {
        let key = (section.to_owned(), owner.to_owned(), name.to_owned());
        self.0.contains(&key)
    }

    /// The owners of a section, with their names.
    pub(crate) fn owners(&self, section: &str) -> BTreeMap<&str, Vec<&str>> {
        let mut owners: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (_, owner, name) in self.0.iter().filter(|(of, _, _)| of == section) {
            owners
                .entry(owner.as_str())
                .or_default()
                .push(name.as_str());
        }
        owners
    }
}

fn add(names: &mut BTreeSet<Name>, section: &str, owner: &str, list: &Value) -> Result<()> {
    for name in list.as_array().context("a list of names")? {
        let name = name.as_str().context("a name")?;
        names.insert((section.into(), owner.into(), name.into()));
    }
    Ok(())
}

/// What is known of names: `notes.toml`.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    partial: BTreeMap<String, String>,
    missing: BTreeMap<String, String>,
}

impl Notes {
    pub(crate) fn read(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse()?;
        let section = |name: &str| -> Result<BTreeMap<String, String>> {
            let Some(notes) = table.get(name) else {
                return Ok(BTreeMap::new());
            };
            let notes = notes.as_table().context("a table of notes")?;
            let pairs = notes.iter().map(|(key, note)| {
                let note = note.as_str().with_context(|| format!("{key}: a text"))?;
                Ok((key.clone(), note.to_owned()))
            });
            pairs.collect()
        };
        Ok(Self {
            partial: section("partial")?,
            missing: section("missing")?,
        })
    }

    /// What is missing of a name that is there.
    pub(crate) fn partial(&self, key: &str) -> Option<&str> {
        self.partial.get(key).map(String::as_str)
    }

    /// Why a name, or all of an owner (`owner.*`), is not there.
    pub(crate) fn missing(&self, owner: &str, key: &str) -> Option<&str> {
        let all = format!("{owner}.*");
        let note = self.missing.get(key).or_else(|| self.missing.get(&all));
        note.map(String::as_str)
    }

    /// The names that notes are about.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let all = self.partial.keys().chain(self.missing.keys());
        all.map(String::as_str)
    }
}
