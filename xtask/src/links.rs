//! Relative links between the Markdown files of the workspace.
//!
//! A link must lead to a file that git tracks, or would, and its `#anchor` to a
//! heading of that file. Links to elsewhere are not followed: checks need no
//! network.
//! This module reads as much Markdown as we write: headings with `#`, fenced
//! code, inline links and link definitions.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::text::TextFile;

/// What a link can lead to.
#[derive(Debug)]
pub(crate) struct Tree {
    /// All files and the directories that they are in.
    paths: BTreeSet<String>,
    /// The anchors of each Markdown file.
    anchors: BTreeMap<String, BTreeSet<String>>,
}

impl Tree {
    pub(crate) fn new(paths: &[String], files: &[TextFile]) -> Self {
        let documents = files.iter().filter(|file| file.path.ends_with(".md"));
        Self {
            paths: paths.iter().flat_map(|path| with_parents(path)).collect(),
            anchors: documents
                .map(|file| (file.path.clone(), anchors(&file.text)))
                .collect(),
        }
    }

    /// The links of a document that lead nowhere.
    pub(crate) fn link_findings(&self, document: &TextFile) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (index, line) in without_fences(&document.text).iter().enumerate() {
            for target in targets(&without_code_spans(line)) {
                if let Some(problem) = self.problem(&document.path, &target) {
                    findings.push(document.error_at(index, problem));
                }
            }
        }
        findings
    }

    fn problem(&self, document: &str, target: &str) -> Option<String> {
        if is_elsewhere(target) {
            return None;
        }
        let (link, anchor) = match target.split_once('#') {
            Some((link, anchor)) => (link, Some(anchor)),
            None => (target, None),
        };
        let Some(path) = resolve(document, link).filter(|path| self.paths.contains(path)) else {
            return Some(format!("`{target}` leads to no file"));
        };
        // Anchors of other files, such as a source's lines, are not known.
        let anchors = self.anchors.get(&path)?;
        if anchors.contains(anchor?) {
            return None;
        }
        Some(format!("`{target}` leads to no heading of {path}"))
    }
}

/// The path and the directories above it; the root is the empty path.
fn with_parents(path: &str) -> impl Iterator<Item = String> {
    let slashes = path.match_indices('/').map(|(index, _)| index);
    let ends = [0, path.len()].into_iter().chain(slashes);
    ends.map(|end| path[..end].to_owned())
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// The path that a link means, or nothing if it leaves the workspace.
fn resolve(document: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(document.to_owned());
    }
    let start = if link.starts_with('/') { "" } else { document };
    let mut parts: Vec<&str> = start.split('/').collect();
    // Links start from the directory of their document.
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The lines of a text, with those of fenced code left empty.
fn without_fences(text: &str) -> Vec<&str> {
    let mut fence = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let marker = fence_marker(line);
        let is_code = fence.is_some() || marker.is_some();
        match (fence, marker) {
            (None, Some(_)) => fence = marker,
            (Some(open), Some(close)) if close.starts_with(open) => fence = None,
            _ => {}
        }
        lines.push(if is_code { "" } else { line });
    }
    lines
}

/// The three or more backticks or tildes that a line starts with.
fn fence_marker(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let first = line.chars().next().filter(|c| ['`', '~'].contains(c))?;
    let length = line.len() - line.trim_start_matches(first).len();
    (length >= 3).then(|| &line[..length])
}

/// A line with its `code` removed: what is in there is not a link.
fn without_code_spans(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let outside = parts.iter().step_by(2).copied();
    outside.collect()
}

/// The targets of the links in a line.
fn targets(line: &str) -> Vec<String> {
    let mut targets: Vec<String> = line
        .match_indices("](")
        .filter_map(|(index, start)| inline_target(&line[index + start.len()..]))
        .collect();
    targets.extend(defined_target(line));
    targets
}

/// The target before the closing parenthesis, without a title.
fn inline_target(rest: &str) -> Option<String> {
    let (inside, _) = rest.split_once(')')?;
    Some(plain_target(inside))
}

/// The target of a line such as `[label]: target`.
fn defined_target(line: &str) -> Option<String> {
    let rest = line.strip_prefix('[')?;
    let (label, target) = rest.split_once("]: ")?;
    let is_footnote = label.starts_with('^');
    (!is_footnote).then(|| plain_target(target))
}

fn plain_target(text: &str) -> String {
    let target = text.split_whitespace().next().unwrap_or_default();
    target.trim_matches(['<', '>']).to_owned()
}

/// The anchors that GitHub gives to the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for heading in without_fences(text).into_iter().filter_map(heading) {
        let slug = slug(heading);
        let count = seen.entry(slug.clone()).or_default();
        anchors.insert(match *count {
            0 => slug,
            again => format!("{slug}-{again}"),
        });
        *count += 1;
    }
    anchors
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && text.starts_with(' ');
    is_heading.then(|| text.trim())
}

fn slug(heading: &str) -> String {
    without_targets(heading)
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c => c.is_alphanumeric().then_some(c),
        })
        .collect()
}

/// A heading in which a link is only its text.
fn without_targets(heading: &str) -> String {
    let mut parts = heading.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once(')').map_or(part, |(_, after)| after);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "\
# The guide

## How `e.next()` works
## Again, [with a link](start.md)!
## Again, with a link
```sh
# not a heading
```
";

    /// The findings in a document at `docs/page.md`, beside a few other files.
    fn findings(text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let page = file("docs/page.md", text);
        let files = [file("docs/guide/start.md", GUIDE), page.clone()];
        let mut paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        paths.extend(["README.md", "crates/a/src/lib.rs"].map(String::from));
        let findings = Tree::new(&paths, &files).link_findings(&page);
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let targets = [
            "guide/start.md",
            "./guide/start.md#the-guide",
            "guide/start.md#how-enext-works",
            "guide/start.md#again-with-a-link",
            "guide/start.md#again-with-a-link-1",
            "guide/",
            "../README.md",
            "../README.md \"with a title\"",
            "<../README.md>",
            "..",
            "/README.md",
            "../crates/a/src/lib.rs#L10",
            "#a-heading",
            "https://example.com/missing#too",
            "mailto:someone@example.com",
        ];
        for target in targets {
            let text = format!("# A heading\nSee [this]({target}).");
            assert_eq!(findings(&text), Vec::<String>::new(), "{target}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let cases = [
            ("start.md", "`start.md` leads to no file"),
            ("../../README.md", "`../../README.md` leads to no file"),
            ("../docs/guid", "`../docs/guid` leads to no file"),
            (
                "guide/start.md#not-a-heading",
                "`guide/start.md#not-a-heading` leads to no heading of docs/guide/start.md",
            ),
            ("#missing", "`#missing` leads to no heading of docs/page.md"),
        ];
        for (target, problem) in cases {
            let expected = [format!("error: docs/page.md:2: {problem}")];
            let inline = format!("\nSee [this]({target}), or ![that](../README.md).");
            assert_eq!(findings(&inline), expected);
            let defined = format!("\n[this]: {target}");
            assert_eq!(findings(&defined), expected);
        }
    }

    #[test]
    fn code_has_no_links() {
        for text in [
            "```js\nf[0](x)\n```",
            "````md\n```\n[a](b)\n```\n[a](b)\n````",
            "~~~\n[a](b)\n~~~",
            "call `f[0](x)` twice",
            "[^1]: a footnote",
        ] {
            assert_eq!(findings(text), Vec::<String>::new(), "{text}");
        }
        assert_eq!(findings("```\n```\n[`a`](b)").len(), 1);
    }
}
