//! The scripts of the tests, and which names they use.
//!
//! The one rule: only text of scripts counts, that is string literals in tests
//! of Rust, and files of JavaScript beside them; code in Rust that happens to
//! use a name proves nothing.

use crate::text::{TextFile, is_in_name, occurs};

/// Whose tests look at texts of scripts without running them.
const RUN_NOTHING: &[&str] = &["xtask/", "/src/lint/", "/src/types/"];

/// One script of a test.
#[derive(Debug)]
struct Script {
    path: String,
    text: String,
}

/// All scripts of tests, in the order of their paths.
#[derive(Debug)]
pub(crate) struct Scripts(Vec<Script>);

impl Scripts {
    pub(crate) fn of(files: &[TextFile]) -> Self {
        let mut scripts = Vec::new();
        for file in files {
            for text in texts(file) {
                let path = file.path.clone();
                scripts.push(Script { path, text });
            }
        }
        scripts.sort_by(|a, b| a.path.cmp(&b.path));
        Self(scripts)
    }

    /// The first file with a script that holds one of the marks and uses the
    /// name behind `before`, which may be empty.
    pub(crate) fn using(&self, marks: &[&str], before: &str, name: &str) -> Option<&str> {
        let needle = format!("{before}{name}");
        let is_whole = |left: Option<char>, right: Option<char>| {
            let starts = !before.is_empty() || !left.is_some_and(|it| is_in_name(it) || it == '$');
            starts && !right.is_some_and(is_in_name)
        };
        let uses = |script: &&Script| {
            let is_marked = marks.is_empty() || marks.iter().any(|it| script.text.contains(it));
            is_marked && occurs(&script.text, &needle, is_whole)
        };
        self.0.iter().find(uses).map(|script| script.path.as_str())
    }
}

/// The scripts of one file, if it is a test.
fn texts(file: &TextFile) -> Vec<String> {
    let is_test = file.path.contains("/tests/") || file.path.ends_with("tests.rs");
    if file.path.ends_with(".js") {
        return match is_test || file.path.starts_with("docs/examples/") {
            true => vec![file.text.clone()],
            false => Vec::new(),
        };
    }
    if !file.path.ends_with(".rs") || RUN_NOTHING.iter().any(|it| file.path.contains(it)) {
        return Vec::new();
    }
    match file.text.find("mod tests {") {
        _ if is_test => literals(&file.text),
        Some(start) => literals(&file.text[start..]),
        None => Vec::new(),
    }
}

/// The string literals of Rust code, escapes as they are written.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let raw = raw_start(rest, at);
        let (text, after) = match &rest[at..] {
            it if it.starts_with("//") => (None, it.split_once('\n').map_or("", |(_, it)| it)),
            it if it.starts_with('\'') => (None, after_char(it)),
            it if it.starts_with('"') => match raw {
                Some(hashes) => until(&it[1..], &format!("\"{hashes}")),
                None => until_quote(&it[1..]),
            },
            it => (None, &it[1..]),
        };
        found.extend(text.map(str::to_owned));
        rest = after;
    }
    found
}

/// The `#`s between the `r` and the quote at a place, if there is such an `r`.
fn raw_start(text: &str, at: usize) -> Option<String> {
    let before = text[..at].trim_end_matches('#');
    before.ends_with('r').then(|| "#".repeat(at - before.len()))
}

fn until<'a>(text: &'a str, end: &str) -> (Option<&'a str>, &'a str) {
    match text.split_once(end) {
        Some((text, after)) => (Some(text), after),
        None => (None, ""),
    }
}

/// A text up to the quote that no backslash precedes.
fn until_quote(text: &str) -> (Option<&str>, &str) {
    let mut is_escaped = false;
    for (at, it) in text.char_indices() {
        match it {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return (Some(&text[..at]), &text[at + 1..]),
            _ => {}
        }
    }
    (None, "")
}

/// What is behind a character, or behind the quote of a lifetime.
fn after_char(text: &str) -> &str {
    let mut chars = text.char_indices().skip(1);
    let end = match chars.next() {
        Some((_, '\\')) => text[3.min(text.len())..].find('\'').map(|it| it + 4),
        Some(_) => chars
            .next()
            .filter(|(_, it)| *it == '\'')
            .map(|(at, _)| at + 1),
        None => None,
    };
    text.get(end.unwrap_or(1)..).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn only_texts_of_tests_count() {
        let code = r##"record.get(1); // "a comment"
            let c = '"'; let d = '\''; fn x<'a>() {}
            run("e.next(\"x\")"); run(r#"$app.save("y")"#)"##;
        assert_eq!(literals(code), [r#"e.next(\"x\")"#, r#"$app.save("y")"#]);
        let files = [
            file("crates/a/src/lib.rs", r#"run("$app.delete()")"#),
            file("crates/a/tests/it/b.rs", code),
        ];
        let scripts = Scripts::of(&files);
        let test = Some("crates/a/tests/it/b.rs");
        assert_eq!(scripts.using(&[], "$app.", "save"), test);
        assert_eq!(scripts.using(&[], "$app.", "sav"), None);
        assert_eq!(scripts.using(&[], "$app.", "delete"), None);
        assert_eq!(scripts.using(&[], "", "next"), test);
        assert_eq!(scripts.using(&["record"], ".", "next"), None);
        assert_eq!(scripts.using(&[], ".", "get"), None);
    }
}
