//! `cargo xtask size`: how large the program is, and what a WebAssembly QuickJS
//! in its place would add.
//!
//! The one rule: it builds what it tells about, as it is released. A second
//! engine is measured by a small program of its own, with and without it,
//! because ours has none: QuickJS as npm ships it, in the interpreter `wasmi`,
//! which is the smallest way to run it; a compiler such as wasmtime is larger.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// Sets of features of `jsvm-cli`, and what they are for.
const BUILDS: &[(&str, &[&str])] = &[
    ("no features", &["--no-default-features"]),
    ("default (otlp)", &[]),
    ("otlp-tls", &["--features", "otlp-tls"]),
    ("mimalloc", &["--features", "mimalloc"]),
];

/// The package of npm with the smallest QuickJS that is built for servers.
const QUICKJS: &str = "@jitl/quickjs-wasmfile-release-sync@0.32.0";
const WASM: &str = "package/dist/emscripten-module.wasm";

/// Builds and prints the table.
///
/// # Errors
///
/// A build fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    println!("{:<32}{:>12}{:>12}", "program", "built", "stripped");
    for (name, flags) in BUILDS {
        let build = ["build", "--release", "--locked", "-p", "jsvm-cli"];
        let status = workspace.cargo(&build).args(*flags).status()?;
        ensure!(status.success(), "cargo build: {status}");
        let program = workspace.target().join("release/jsvm");
        print_sizes(&format!("jsvm, {name}"), &program)?;
    }
    webassembly(&workspace.target().join("size"))
}

fn webassembly(dir: &Path) -> Result<()> {
    let module = match download(dir) {
        Ok(module) => module,
        Err(err) => {
            println!("no WebAssembly QuickJS, so not measured: {err:#}");
            return Ok(());
        }
    };
    let without = build_probe(dir, "without", None)?;
    let with = build_probe(dir, "with", Some(&module))?;
    let added = |a: u64, b: u64| a.saturating_sub(b);
    let (with, without) = (sizes(&with)?, sizes(&without)?);
    print_line(
        "QuickJS as WebAssembly, its file",
        fs::metadata(&module)?.len(),
        None,
    );
    print_line(
        "QuickJS in wasmi adds",
        added(with.0, without.0),
        Some(added(with.1, without.1)),
    );
    Ok(())
}

/// Asks npm for the package.
fn download(dir: &Path) -> Result<PathBuf> {
    fs::create_dir_all(dir)?;
    let packed = Command::new("npm")
        .args(["pack", "--silent", QUICKJS])
        .current_dir(dir)
        .output()
        .context("npm is needed to fetch it")?;
    ensure!(
        packed.status.success(),
        "npm pack {QUICKJS}: {}",
        packed.status
    );
    let archive = String::from_utf8(packed.stdout)?;
    let unpacked = Command::new("tar")
        .args(["-xzf", archive.trim()])
        .current_dir(dir)
        .status()?;
    ensure!(unpacked.success(), "tar: {unpacked}");
    let module = dir.join(WASM);
    ensure!(module.is_file(), "{QUICKJS} has no {WASM}");
    Ok(module)
}

/// A program that does nothing, or runs the module in an interpreter.
fn build_probe(dir: &Path, name: &str, module: Option<&Path>) -> Result<PathBuf> {
    let dir = dir.join(name);
    fs::create_dir_all(dir.join("src"))?;
    let (dependency, code) = match module {
        Some(path) => ("wasmi = \"1\"", with_module(path)),
        None => (
            "",
            "fn main() {\n    println!(\"nothing\");\n}\n".to_owned(),
        ),
    };
    let manifest = format!(
        "[workspace]\n[package]\nname = \"probe\"\nedition = \"2024\"\n\
         [dependencies]\n{dependency}\n[profile.release]\nlto = \"fat\"\ncodegen-units = 1\n"
    );
    fs::write(dir.join("Cargo.toml"), manifest)?;
    fs::write(dir.join("src/main.rs"), code)?;
    let status = Command::new("cargo")
        .args(["build", "--release"])
        .current_dir(&dir)
        .env_remove("CARGO_TARGET_DIR")
        .status()?;
    ensure!(status.success(), "cargo build: {status}");
    Ok(dir.join("target/release/probe"))
}

fn with_module(path: &Path) -> String {
    format!(
        "use wasmi::{{Engine, Linker, Module, Store}};

fn main() {{
    let engine = Engine::default();
    let module = Module::new(&engine, include_bytes!({path:?})).expect(\"a module\");
    let mut store = Store::new(&engine, ());
    let linker = Linker::new(&engine);
    // It lacks its imports; what matters is that everything is linked.
    match linker.instantiate_and_start(&mut store, &module) {{
        Ok(instance) => {{
            let main = instance.get_typed_func::<(), i32>(&store, \"main\").expect(\"main\");
            println!(\"{{}}\", main.call(&mut store, ()).expect(\"it runs\"));
        }}
        Err(err) => println!(\"{{err}}\"),
    }}
}}
"
    )
}

fn print_sizes(name: &str, program: &Path) -> Result<()> {
    let (built, stripped) = sizes(program)?;
    print_line(name, built, Some(stripped));
    Ok(())
}

/// Bytes as built, and without symbols.
fn sizes(program: &Path) -> Result<(u64, u64)> {
    let copy = program.with_extension("stripped");
    let status = Command::new("strip")
        .arg("-o")
        .args([&copy, program])
        .status();
    let status = status.context("strip, of binutils")?;
    ensure!(status.success(), "strip: {status}");
    Ok((fs::metadata(program)?.len(), fs::metadata(&copy)?.len()))
}

fn print_line(name: &str, built: u64, stripped: Option<u64>) {
    let stripped = stripped.map(mebibytes).unwrap_or_default();
    println!("{name:<32}{:>12}{stripped:>12}", mebibytes(built));
}

fn mebibytes(bytes: u64) -> String {
    let hundredths = bytes * 100 / (1024 * 1024);
    format!("{}.{:02} MiB", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_mebibytes() {
        assert_eq!(mebibytes(1024 * 1024 * 3 / 2), "1.50 MiB");
        assert_eq!(mebibytes(10_500), "0.01 MiB");
    }
}
