//! `cargo xtask tidy`: habits that a program can check.
//!
//! Each rule is a function from one file to findings; links, which need to know
//! all files, have a module of their own.
//! This module knows neither Rust's grammar nor Markdown's: it looks at lines.

use anyhow::Result;

use crate::finding::{Finding, settle};
use crate::links::Tree;
use crate::text::{TextFile, is_in_name, occurs};
use crate::workspace::Workspace;

/// Lines of a source file, its tests included, from which it is worth splitting.
const LONG: usize = 600;
/// Lines that no source file may pass.
const TOO_LONG: usize = 800;

// The needles are put together here so that this file does not hold them.
const LEFTOVERS: &[&str] = &[
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("#[", "ignore"),
];

/// Directories that paths of one machine start with.
const MACHINE_DIRECTORIES: &[&str] = &["root", "home", "work"];

/// Checks every file of the workspace.
///
/// # Errors
///
/// A rule is broken, or a file cannot be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let paths = workspace.paths()?;
    let files = workspace.texts(&paths)?;
    settle(&check(&paths, &files))
}

fn check(paths: &[String], files: &[TextFile]) -> Vec<Finding> {
    let tree = Tree::new(paths, files);
    let mut findings = Vec::new();
    for file in files {
        findings.extend(machine_path_findings(file));
        if file.path.ends_with(".rs") {
            findings.extend(header_finding(file));
            findings.extend(length_finding(file));
            findings.extend(leftover_findings(file));
        }
        if file.path.ends_with(".md") {
            findings.extend(tree.link_findings(file));
        }
    }
    findings
}

fn header_finding(file: &TextFile) -> Option<Finding> {
    if file.text.starts_with("//!") {
        return None;
    }
    let message = "the file does not open with a `//!` header: its role, its one rule, \
                   what it does not know";
    Some(Finding::error(&file.path, message))
}

fn length_finding(file: &TextFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    if lines > TOO_LONG {
        let message = format!("{lines} lines; at most {TOO_LONG} are allowed");
        return Some(Finding::error(&file.path, message));
    }
    if lines > LONG {
        let message = format!("{lines} lines; past {LONG}, look for what belongs elsewhere");
        return Some(Finding::warning(&file.path, message));
    }
    None
}

fn leftover_findings(file: &TextFile) -> Vec<Finding> {
    file.findings_by_line(|line| {
        let needle = LEFTOVERS.iter().find(|needle| is_left(line, needle))?;
        Some(format!("`{needle}` is left over"))
    })
}

/// Whether the line has the needle, and not as the end of a longer name.
fn is_left(line: &str, needle: &str) -> bool {
    occurs(line, needle, |before, _| !before.is_some_and(is_in_name))
}

fn machine_path_findings(file: &TextFile) -> Vec<Finding> {
    file.findings_by_line(|line| {
        let directory = MACHINE_DIRECTORIES
            .iter()
            .find(|directory| has_machine_path(line, directory))?;
        Some(format!("a path of one machine, below /{directory}"))
    })
}

/// Whether the line has an absolute path below a directory at the root.
///
/// What comes before tells `/x/y` from `a/x/y` and `./x/y`, and what comes
/// after tells a path from a pattern such as `/x/{id}`.
fn has_machine_path(line: &str, directory: &str) -> bool {
    occurs(line, &format!("/{directory}/"), |before, after| {
        !before.is_some_and(is_in_path) && after.is_some_and(is_in_path)
    })
}

fn is_in_path(c: char) -> bool {
    c.is_ascii_lowercase() || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The findings in one file with a text.
    fn findings(path: &str, text: &str) -> Vec<String> {
        let file = TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        check(&[path.to_owned()], &[file])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn source_of(lines: usize) -> String {
        format!("//! A header.\n{}", "\n".repeat(lines - 1))
    }

    #[test]
    fn a_source_opens_with_its_header() {
        assert_eq!(findings("a.rs", "//! A header.\n").len(), 0);
        for text in [
            "",
            "/// Not a header.\n",
            "\n//! Too late.\n",
            "#![no_std]\n",
        ] {
            assert_eq!(findings("a.rs", text).len(), 1, "{text:?}");
        }
        assert_eq!(findings("a.js", "let x").len(), 0);
    }

    #[test]
    fn long_sources_are_warned_of_and_longer_ones_refused() {
        assert_eq!(findings("a.rs", &source_of(600)), Vec::<String>::new());
        assert_eq!(
            findings("a.rs", &source_of(601)),
            ["warning: a.rs: 601 lines; past 600, look for what belongs elsewhere"]
        );
        assert!(findings("a.rs", &source_of(800))[0].starts_with("warning"));
        assert_eq!(
            findings("a.rs", &source_of(801)),
            ["error: a.rs: 801 lines; at most 800 are allowed"]
        );
    }

    #[test]
    fn leftovers_are_found_by_line() {
        for needle in LEFTOVERS {
            let text = format!("//! A header.\n    {needle}");
            assert_eq!(
                findings("a.rs", &text),
                [format!("error: a.rs:2: `{needle}` is left over")]
            );
        }
        let longer = format!("//! A header.\nmy_{}", LEFTOVERS[2]);
        assert_eq!(findings("a.rs", &longer), Vec::<String>::new());
    }

    #[test]
    fn paths_of_a_machine_are_found_in_any_text() {
        for directory in MACHINE_DIRECTORIES {
            for form in [
                "cd /DIR/me",
                "\"/DIR/.cache\"",
                "(/DIR/a)",
                "/DIR/a",
                "$X/DIR/a",
            ] {
                let text = form.replace("DIR", directory);
                assert_eq!(
                    findings("a.txt", &text),
                    [format!(
                        "error: a.txt:1: a path of one machine, below /{directory}"
                    )],
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn other_paths_are_not_a_machines() {
        for directory in MACHINE_DIRECTORIES {
            for form in [
                "a/DIR/b",
                "./DIR/b",
                "/DIR/{id}",
                "/DIR",
                "/DIRs/a",
                "/DIR/",
            ] {
                let text = form.replace("DIR", directory);
                assert_eq!(findings("a.txt", &text), Vec::<String>::new(), "{text}");
            }
        }
    }

    #[test]
    fn links_of_markdown_are_checked() {
        assert_eq!(findings("a.md", "[here](a.md)").len(), 0);
        assert_eq!(findings("a.md", "[there](b.md)").len(), 1);
        assert_eq!(findings("a.txt", "[there](b.md)").len(), 0);
    }
}
