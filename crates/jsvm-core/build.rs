//! Digests what makes programs, for `compiler_id`.
//!
//! The one rule: every source file of this crate counts, so that none can be
//! forgotten when it starts to take part. Of what the crate uses, it is the
//! parser that takes part; its versions are fixed by the manifests.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    io,
    path::Path,
};

/// This crate's, and in the repository the one that it inherits from.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "../../Cargo.toml"];

fn main() -> io::Result<()> {
    let mut digest = DefaultHasher::new();
    sources(Path::new("src"), &mut digest)?;
    println!("cargo::rerun-if-changed=src");
    for manifest in MANIFESTS {
        if let Ok(text) = fs::read_to_string(manifest) {
            let parser = text.lines().filter(|line| line.contains("oxc_"));
            parser.for_each(|line| line.hash(&mut digest));
            println!("cargo::rerun-if-changed={manifest}");
        }
    }
    println!("cargo::rustc-env=JSVM_COMPILER={:016x}", digest.finish());
    Ok(())
}

fn sources(path: &Path, digest: &mut DefaultHasher) -> io::Result<()> {
    if !path.is_dir() {
        fs::read(path)?.hash(digest);
        return Ok(());
    }
    let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    paths.iter().try_for_each(|path| sources(path, digest))
}
