//! `cargo xtask layers`: which crate may use which.
//!
//! The tables below are the architecture; a new edge is a decision that is
//! written down in `docs/adr` first. Only what a crate is built with counts:
//! tests may use what they like. `benches` and `xtask` stand outside the layers.
//! This module does not know what the crates do.

use anyhow::{Context, Result};
use toml::{Table, Value};

use crate::finding::{Finding, settle};
use crate::text::{TextFile, is_in_name, occurs};
use crate::workspace::Workspace;

/// The crates of the house, from the roof down, and what each may use of it.
const LAYERS: &[(&str, &[&str])] = &[
    ("jsvm-cli", &["jsvm-host", "jsvm", "jsvm-alloc"]),
    ("jsvm-host", &["jsvm"]),
    (
        "jsvm",
        &[
            "jsvm-bindings",
            "jsvm-core",
            "jsvm-pool",
            "jsvm-cache",
            "jsvm-metrics",
            "jsvm-alloc",
        ],
    ),
    ("jsvm-bindings", &["jsvm-core"]),
    ("jsvm-core", &["jsvm-alloc"]),
    ("jsvm-pool", &[]),
    ("jsvm-cache", &[]),
    ("jsvm-metrics", &[]),
    ("jsvm-alloc", &[]),
];

const ENGINE_USERS: &[&str] = &["jsvm-core", "jsvm-bindings"];
const TELEMETRY_USERS: &[&str] = &["jsvm-metrics"];
const APPLICATIONS: &[&str] = &["jsvm-host", "jsvm-cli"];

/// Outside crates that only some of ours may use. A final `*` stands for any
/// ending; a crate that no row matches is free to all.
const RESTRICTED: &[(&str, &[&str])] = &[
    ("boa_*", ENGINE_USERS),
    ("oxc_*", &["jsvm-core"]),
    ("opentelemetry*", TELEMETRY_USERS),
    ("moka", &["jsvm-cache"]),
    ("crossbeam*", &["jsvm-pool"]),
    ("axum*", APPLICATIONS),
    ("tokio*", APPLICATIONS),
    ("rusqlite", APPLICATIONS),
    // Libraries have error types of their own.
    ("anyhow", APPLICATIONS),
];

/// Beginnings of names that only some crates' code may contain.
const RESTRICTED_NAMES: &[(&str, &[&str])] = &[
    ("boa_engine", ENGINE_USERS),
    ("boa_gc", ENGINE_USERS),
    ("opentelemetry", TELEMETRY_USERS),
];

/// The one crate that may set its own lints, and with them allow `unsafe`.
const UNSAFE_CRATE: &str = "jsvm-alloc";

/// What the checks need of one `Cargo.toml`.
#[derive(Debug)]
struct Manifest {
    path: String,
    name: String,
    /// The real names of the crates it is built with, whatever it calls them.
    dependencies: Vec<String>,
    has_workspace_lints: bool,
}

/// Checks every manifest and every source file.
///
/// # Errors
///
/// Something is used where it may not be, or a manifest cannot be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let files = workspace.texts(&workspace.paths()?)?;
    settle(&check(&files)?)
}

fn check(files: &[TextFile]) -> Result<Vec<Finding>> {
    let root = files.iter().find(|file| file.path == "Cargo.toml");
    let root = parse(root.context("no Cargo.toml at the root")?)?;
    let mut findings = Vec::new();
    findings.extend(root_lint_finding(&root));
    for file in files.iter().filter(|file| is_manifest(&file.path)) {
        let manifest = Manifest::read(&file.path, &parse(file)?, &root)?;
        findings.extend(lints_finding(&manifest));
        if let Some(directory) = crate_of(&file.path) {
            findings.extend(directory_finding(&manifest, directory));
            findings.extend(edge_findings(&manifest));
        }
    }
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        findings.extend(name_findings(file));
    }
    Ok(findings)
}

fn parse(file: &TextFile) -> Result<Table> {
    file.text.parse().with_context(|| file.path.clone())
}

/// Whether this is the manifest of a member of the workspace.
fn is_manifest(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(
        parts.as_slice(),
        ["crates", _, "Cargo.toml"] | ["benches" | "xtask", "Cargo.toml"]
    )
}

/// The directory below `crates` that a path is in: the crate's name.
fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

impl Manifest {
    fn read(path: &str, manifest: &Table, root: &Table) -> Result<Self> {
        let name = text_at(manifest, &["package", "name"]).with_context(|| path.to_owned())?;
        let lints = value_at(manifest, &["lints", "workspace"]);
        Ok(Self {
            path: path.to_owned(),
            name: name.to_owned(),
            dependencies: dependencies(manifest, root),
            has_workspace_lints: lints.and_then(Value::as_bool) == Some(true),
        })
    }
}

fn dependencies(manifest: &Table, root: &Table) -> Vec<String> {
    let mut names = Vec::new();
    names.extend(dependencies_at(manifest, "dependencies", root));
    names.extend(dependencies_at(manifest, "build-dependencies", root));
    let targets = manifest.get("target").and_then(Value::as_table);
    for target in targets.into_iter().flat_map(Table::values) {
        if let Some(target) = target.as_table() {
            names.extend(dependencies_at(target, "dependencies", root));
        }
    }
    names
}

fn dependencies_at(table: &Table, key: &str, root: &Table) -> Vec<String> {
    let dependencies = table.get(key).and_then(Value::as_table);
    let entries = dependencies.into_iter().flatten();
    entries
        .map(|(key, specification)| real_name(key, specification, root))
        .collect()
}

/// The crate behind a dependency that may have been renamed, here or at the root.
fn real_name(key: &str, specification: &Value, root: &Table) -> String {
    let here = specification.get("package").and_then(Value::as_str);
    let at_root = || text_at(root, &["workspace", "dependencies", key, "package"]);
    here.or_else(at_root).unwrap_or(key).to_owned()
}

fn value_at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    let value = table.get(*first)?;
    rest.iter().try_fold(value, |value, key| value.get(*key))
}

fn text_at<'a>(table: &'a Table, keys: &[&str]) -> Option<&'a str> {
    value_at(table, keys)?.as_str()
}

fn root_lint_finding(root: &Table) -> Option<Finding> {
    match text_at(root, &["workspace", "lints", "rust", "unsafe_code"]) {
        Some("forbid") => None,
        _ => Some(Finding::error(
            "Cargo.toml",
            "unsafe_code must be \"forbid\" in [workspace.lints.rust]",
        )),
    }
}

fn lints_finding(manifest: &Manifest) -> Option<Finding> {
    if manifest.has_workspace_lints || manifest.name == UNSAFE_CRATE {
        return None;
    }
    let message = format!(
        "{} must have `workspace = true` in [lints]: only {UNSAFE_CRATE} sets its own",
        manifest.name
    );
    Some(Finding::error(&manifest.path, message))
}

fn directory_finding(manifest: &Manifest, directory: &str) -> Option<Finding> {
    if manifest.name == directory {
        return None;
    }
    let message = format!(
        "crate {} must be in crates/{}",
        manifest.name, manifest.name
    );
    Some(Finding::error(&manifest.path, message))
}

fn edge_findings(manifest: &Manifest) -> Vec<Finding> {
    let name = manifest.name.as_str();
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        let message = format!("crate {name} has no row in the table of layers");
        return vec![Finding::error(&manifest.path, message)];
    };
    let problems = manifest.dependencies.iter().filter_map(|dependency| {
        if is_ours(dependency) {
            inner_edge_problem(name, allowed, dependency)
        } else {
            outer_edge_problem(name, dependency)
        }
    });
    problems
        .map(|problem| Finding::error(&manifest.path, problem))
        .collect()
}

fn is_ours(dependency: &str) -> bool {
    dependency == "jsvm" || dependency.starts_with("jsvm-")
}

fn inner_edge_problem(name: &str, allowed: &[&str], dependency: &str) -> Option<String> {
    if allowed.contains(&dependency) {
        return None;
    }
    let allowed = match allowed {
        [] => String::from("no other crate of the workspace"),
        some => some.join(", "),
    };
    Some(format!(
        "{name} may not use {dependency}: its layer may use {allowed}"
    ))
}

fn outer_edge_problem(name: &str, dependency: &str) -> Option<String> {
    let (pattern, users) = RESTRICTED
        .iter()
        .find(|(pattern, _)| matches(pattern, dependency))?;
    if users.contains(&name) {
        return None;
    }
    let users = users.join(", ");
    Some(format!(
        "{name} may not use {dependency}: {pattern} is for {users}"
    ))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn name_findings(file: &TextFile) -> Vec<Finding> {
    let Some(directory) = crate_of(&file.path) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (name, users) in RESTRICTED_NAMES {
        if !users.contains(&directory) {
            let problem = format!("{name} may be named only in {}", users.join(", "));
            let problem_in = |line: &str| names(line, name).then(|| problem.clone());
            findings.extend(file.findings_by_line(problem_in));
        }
    }
    findings
}

/// Whether a line of code has a name that starts with `start`.
///
/// A line of comment may say what it likes, and so may a name in quotes:
/// that is a feature's.
fn names(line: &str, start: &str) -> bool {
    let is_comment = line.trim_start().starts_with("//");
    let is_path = |before: char| !is_in_name(before) && before != '"';
    !is_comment && occurs(line, start, |before, _| before.is_none_or(is_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "
[workspace.dependencies]
engine = { package = \"boa_engine\", version = \"1\" }
[workspace.lints.rust]
unsafe_code = \"forbid\"
";

    /// The findings in a workspace of a good root and one other file.
    fn findings(path: &str, text: &str) -> Vec<String> {
        findings_with_root(ROOT, path, text)
    }

    fn findings_with_root(root: &str, path: &str, text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let files = [file("Cargo.toml", root), file(path, text)];
        check(&files)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The findings in the manifest of a crate with the given tables.
    fn findings_of(name: &str, tables: &str) -> Vec<String> {
        let manifest = format!("package.name = \"{name}\"\nlints.workspace = true\n{tables}\n");
        findings(&format!("crates/{name}/Cargo.toml"), &manifest)
    }

    #[test]
    fn allowed_edges_pass() {
        let allowed = [
            ("jsvm-cli", "jsvm-host jsvm jsvm-alloc anyhow tokio clap"),
            ("jsvm-host", "jsvm axum rusqlite tokio anyhow"),
            (
                "jsvm",
                "jsvm-bindings jsvm-core jsvm-pool jsvm-cache jsvm-metrics jsvm-alloc toml",
            ),
            ("jsvm-bindings", "jsvm-core boa_engine boa_gc"),
            ("jsvm-core", "boa_engine oxc_parser thiserror"),
            ("jsvm-pool", "crossbeam-channel crossbeam-utils"),
            ("jsvm-cache", "moka"),
            ("jsvm-metrics", "opentelemetry opentelemetry_sdk tracing"),
            ("jsvm-alloc", ""),
        ];
        for (name, dependencies) in allowed {
            let lines = dependencies.split_whitespace();
            let lines: String = lines.map(|name| format!("{name} = \"1\"\n")).collect();
            let found = findings_of(name, &format!("[dependencies]\n{lines}"));
            assert_eq!(found, Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn forbidden_edges_are_reported() {
        let forbidden = [
            ("jsvm-cli", "jsvm-core jsvm-bindings jsvm-pool boa_engine"),
            ("jsvm-host", "jsvm-core jsvm-cli jsvm-alloc oxc_ast"),
            ("jsvm", "jsvm-host jsvm-benches boa_gc tokio anyhow moka"),
            ("jsvm-bindings", "jsvm jsvm-pool oxc_parser anyhow"),
            ("jsvm-core", "jsvm-cache jsvm-bindings tokio anyhow"),
            ("jsvm-pool", "jsvm-core boa_engine tokio-util anyhow"),
            ("jsvm-cache", "jsvm-core crossbeam-channel anyhow"),
            ("jsvm-metrics", "jsvm-pool axum-core anyhow"),
            ("jsvm-alloc", "jsvm-core opentelemetry anyhow"),
        ];
        for (name, dependencies) in forbidden {
            for dependency in dependencies.split_whitespace() {
                let found = findings_of(name, &format!("[dependencies]\n{dependency} = \"1\""));
                assert_eq!(found.len(), 1, "{name} -> {dependency}: {found:?}");
            }
        }
    }

    #[test]
    fn a_finding_names_the_edge_and_what_is_allowed() {
        assert_eq!(
            findings_of("jsvm-bindings", "dependencies.jsvm-pool.workspace = true"),
            ["error: crates/jsvm-bindings/Cargo.toml: \
              jsvm-bindings may not use jsvm-pool: its layer may use jsvm-core"]
        );
        assert_eq!(
            findings_of("jsvm-pool", "dependencies.jsvm-core.workspace = true"),
            ["error: crates/jsvm-pool/Cargo.toml: \
              jsvm-pool may not use jsvm-core: its layer may use no other crate of the workspace"]
        );
        assert_eq!(
            findings_of("jsvm-host", "dependencies.boa_engine.workspace = true"),
            ["error: crates/jsvm-host/Cargo.toml: \
              jsvm-host may not use boa_engine: boa_* is for jsvm-core, jsvm-bindings"]
        );
    }

    #[test]
    fn a_renamed_dependency_is_known_by_its_real_name() {
        let forms = [
            "dependencies.js = { package = \"boa_engine\", version = \"1\" }",
            "dependencies.engine.workspace = true",
            "build-dependencies.boa_engine = \"1\"",
            "[target.'cfg(unix)'.dependencies]\nboa_engine = \"1\"",
        ];
        for form in forms {
            assert_eq!(findings_of("jsvm-pool", form).len(), 1, "{form}");
        }
    }

    #[test]
    fn tests_may_use_what_they_like() {
        let found = findings_of("jsvm-pool", "dev-dependencies.anyhow = \"1\"");
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_crate_without_a_row_is_reported() {
        assert_eq!(
            findings_of("jsvm-extra", ""),
            ["error: crates/jsvm-extra/Cargo.toml: \
              crate jsvm-extra has no row in the table of layers"]
        );
    }

    #[test]
    fn a_crate_lives_in_the_directory_of_its_name() {
        let manifest = "package.name = \"jsvm-pool\"\nlints.workspace = true";
        assert_eq!(
            findings("crates/pool/Cargo.toml", manifest),
            ["error: crates/pool/Cargo.toml: crate jsvm-pool must be in crates/jsvm-pool"]
        );
    }

    #[test]
    fn unsafe_stays_forbidden_outside_its_crate() {
        let without_lints = |name: &str| {
            let manifest = format!("[package]\nname = \"{name}\"");
            findings(&format!("crates/{name}/Cargo.toml"), &manifest)
        };
        assert_eq!(without_lints("jsvm-alloc"), Vec::<String>::new());
        assert_eq!(
            without_lints("jsvm-cache"),
            ["error: crates/jsvm-cache/Cargo.toml: \
              jsvm-cache must have `workspace = true` in [lints]: only jsvm-alloc sets its own"]
        );
        let own_lints = "package.name = \"xtask\"\nlints.rust.unsafe_code = \"allow\"";
        assert_eq!(findings("xtask/Cargo.toml", own_lints).len(), 1);
        let root = "workspace.lints.rust.unsafe_code = \"deny\"";
        assert_eq!(findings_with_root(root, "a.rs", "").len(), 1);
    }

    #[test]
    fn engine_and_telemetry_types_are_named_only_in_their_crates() {
        let cases = [
            ("crates/jsvm/src/lib.rs", "use boa_engine::Context;", 1),
            (
                "crates/jsvm-pool/src/lib.rs",
                "fn f(x: boa_gc::Gc<()>) {}",
                1,
            ),
            ("crates/jsvm/src/lib.rs", "use opentelemetry_sdk as sdk;", 1),
            (
                "crates/jsvm-core/src/lib.rs",
                "use opentelemetry::global;",
                1,
            ),
            ("crates/jsvm-core/src/lib.rs", "use boa_engine::Context;", 0),
            ("crates/jsvm-bindings/src/a/b.rs", "use boa_gc::Gc;", 0),
            (
                "crates/jsvm-metrics/src/lib.rs",
                "use opentelemetry::KeyValue;",
                0,
            ),
            (
                "crates/jsvm/src/lib.rs",
                "/// As `boa_engine::Context` is.",
                0,
            ),
            (
                "crates/jsvm/src/lib.rs",
                "#[cfg(feature = \"opentelemetry\")]",
                0,
            ),
            ("crates/jsvm/src/lib.rs", "let my_boa_engine = 1;", 0),
            ("benches/src/main.rs", "use boa_engine::Context;", 0),
        ];
        for (path, line, expected) in cases {
            assert_eq!(findings(path, line).len(), expected, "{path}: {line}");
        }
    }

    #[test]
    fn layers_use_only_layers_below_them() {
        for (index, (name, allowed)) in LAYERS.iter().enumerate() {
            for dependency in *allowed {
                let mut below = LAYERS[index + 1..].iter();
                let is_below = below.any(|(layer, _)| layer == dependency);
                assert!(is_below, "{name} -> {dependency}");
            }
        }
    }
}
