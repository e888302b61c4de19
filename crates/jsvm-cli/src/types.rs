//! `jsvm types`: what editors need to know of the API and of the collections.
//!
//! The one rule: it writes the types and, into hook files that are empty, the
//! line that refers to them; nothing else is changed.

use crate::args::TypesArgs;
use anyhow::{Context, Result};
use jsvm::{Collection, Rows};
use jsvm_host::{Project, Sqlite, read_schema};
use std::{
    path::{Component, Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

pub(crate) fn types(args: &TypesArgs) -> Result<ExitCode> {
    let project = Project::open(&args.dir)?;
    let collections = collections(&project)?;
    let text = jsvm::types(&collections);
    if args.stdout {
        print!("{text}");
        return Ok(ExitCode::SUCCESS);
    }
    let file = match &args.output {
        Some(file) => std::path::absolute(file)?,
        None => project.data_dir().join("types.d.ts"),
    };
    write(&file, &text)?;
    println!("{}: {} collections", file.display(), collections.len());
    refer(&project, &file)?;
    Ok(ExitCode::SUCCESS)
}

/// Keeps `pb_data/types.d.ts` as it should be, as PocketBase does when it starts.
///
/// What cannot be written is a warning: types are for editors.
pub(crate) fn keep(project: &Project, collections: &[Arc<Collection>]) {
    let file = project.data_dir().join("types.d.ts");
    let text = jsvm::types(collections);
    let is_current = std::fs::read(&file).is_ok_and(|known| known == text.as_bytes());
    if !is_current && let Err(err) = write(&file, &text) {
        eprintln!("warning: no types for editors: {err:#}");
    }
}

/// Those of the database, if there is one, and then those of the schema that
/// it does not have yet.
pub(crate) fn collections(project: &Project) -> Result<Vec<Arc<Collection>>> {
    let mut collections = match project.data_dir().join("data.db").exists() {
        true => Sqlite::open(&project.data_dir())?.collections(),
        false => Vec::new(),
    };
    let Some(schema) = project.schema()? else {
        return Ok(collections);
    };
    for collection in read_schema(&schema).context("pb_schema.json")? {
        if !collections.iter().any(|it| it.name == collection.name) {
            collections.push(Arc::new(collection));
        }
    }
    Ok(collections)
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    std::fs::write(file, text).with_context(|| file.display().to_string())
}

/// PocketBase: a hook file without a byte in it gets the line.
fn refer(project: &Project, file: &Path) -> Result<()> {
    let path = relative(&project.hooks_dir(), file);
    let line = format!("/// <reference path=\"{}\" />\n", path.display());
    for hook in project.hooks()? {
        if hook.text().is_empty() {
            write(&project.dir().join(hook.name()), &line)?;
            println!("{}: refers to it", hook.name());
        }
    }
    Ok(())
}

/// The way from a directory to a file; both start at the root.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_file_is_relative() {
        for (from, to, way) in [
            (
                "/a/pb_hooks",
                "/a/pb_data/types.d.ts",
                "../pb_data/types.d.ts",
            ),
            ("/a/pb_hooks", "/a/pb_hooks/types.d.ts", "types.d.ts"),
            ("/a/b", "/c/types.d.ts", "../../c/types.d.ts"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(way));
        }
    }
}
