//! Paths as text, as Go's `path/filepath` reads them on Unix.
//!
//! The one rule: no file is ever looked at.

/// Go's `Clean`: the shortest path that means the same; nothing is `.`.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if is_rooted => {}
            part => parts.push(part),
        }
    }
    match (is_rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".into(),
        (false, false) => parts.join("/"),
    }
}

/// Go's `Join`: empty parts are left out, and what is left is cleaned.
pub(crate) fn join<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => String::new(),
        false => clean(&parts.join("/")),
    }
}

/// The part up to the last `/`, which is in it, and the rest.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |at| at + 1))
}

/// The last part; nothing is `.`.
pub(crate) fn base(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed) {
        ("", _) => ".".into(),
        (_, "") => "/".into(),
        (_, trimmed) => split(trimmed).1.to_owned(),
    }
}

/// All but the last part, cleaned.
pub(crate) fn dir(path: &str) -> String {
    clean(split(path).0)
}

/// What follows the last dot of the last part, with the dot.
pub(crate) fn extension(path: &str) -> &str {
    let name = split(path).1;
    name.rfind('.').map_or("", |at| &name[at..])
}

/// The way from one path to another; `None` if none can be told.
pub(crate) fn relative(from: &str, to: &str) -> Option<String> {
    let (from, to) = (clean(from), clean(to));
    if from == to {
        return Some(".".into());
    }
    if from.starts_with('/') != to.starts_with('/') {
        return None;
    }
    let parts = |path: &str| {
        let parts = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let (from, to) = (parts(&from), parts(&to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if from[shared..].iter().any(|part| part == "..") {
        return None;
    }
    let up = from[shared..].iter().map(|_| "..");
    let down = to[shared..].iter().map(String::as_str);
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// A pattern that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPattern;

/// Go's `Match`: `*` and `?` match anything but `/`, `[a-c]` a class, and `\`
/// takes what follows as it is.
///
/// Takes time that grows with the product of both lengths at most.
pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let parts = parse(pattern)?;
    let name: Vec<char> = name.chars().collect();
    // Which lengths of the name the pattern so far can match.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for part in &parts {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            match part {
                Part::Many => {
                    let before = at > 0 && next[at - 1] && name[at - 1] != '/';
                    next[at] = reached[at] || before;
                }
                part => next[at] = at > 0 && reached[at - 1] && part.is(name[at - 1]),
            }
        }
        reached = next;
    }
    Ok(reached[name.len()])
}

enum Part {
    Many,
    Any,
    One(char),
    Class(Vec<(char, char)>, bool),
}

impl Part {
    fn is(&self, c: char) -> bool {
        match self {
            Self::Many => false,
            Self::Any => c != '/',
            Self::One(one) => c == *one,
            Self::Class(ranges, negated) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

fn parse(pattern: &str) -> Result<Vec<Part>, BadPattern> {
    let mut chars = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Many,
            '?' => Part::Any,
            '\\' => Part::One(chars.next().ok_or(BadPattern)?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let low = class_char(&mut chars)?;
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => class_char(&mut chars)?,
                        None => low,
                    };
                    ranges.push((low, high));
                }
                Part::Class(ranges, negated)
            }
            c => Part::One(c),
        });
    }
    Ok(parts)
}

fn class_char(chars: &mut impl Iterator<Item = char>) -> Result<char, BadPattern> {
    match chars.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_joined() {
        for (given, wanted) in [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("../../x", "../../x"),
            ("a/../..", ".."),
            ("/../a", "/a"),
            ("/", "/"),
            ("./", "."),
            ("/a/b/../../..", "/"),
        ] {
            assert_eq!(clean(given), wanted, "{given}");
        }
        assert_eq!(join(["a", "../b", "c"]), "b/c");
        assert_eq!(join(["", ""]), "");
        assert_eq!(join(["/a/", "/b"]), "/a/b");
    }

    #[test]
    fn paths_have_parts() {
        for (path, wanted) in [
            ("/a/b.txt", ("b.txt", "/a", ".txt", "/a/", "b.txt")),
            ("/a/", ("a", "/a", "", "/a/", "")),
            ("", (".", ".", "", "", "")),
            ("/", ("/", "/", "", "/", "")),
            ("x.tar.gz", ("x.tar.gz", ".", ".gz", "", "x.tar.gz")),
            (".env", (".env", ".", ".env", "", ".env")),
        ] {
            let (head, tail) = split(path);
            assert_eq!(
                (&*base(path), &*dir(path), extension(path), head, tail),
                wanted
            );
        }
    }

    #[test]
    fn the_way_between_paths_is_told() {
        for (from, to, wanted) in [
            ("/a/b", "/a/c/d", Some("../c/d")),
            ("a", "a/./b", Some("b")),
            ("a/b", "a", Some("..")),
            ("a", "a", Some(".")),
            (".", "a", Some("a")),
            ("/a", "b", None),
            ("..", "a", None),
        ] {
            assert_eq!(relative(from, to).as_deref(), wanted, "{from} {to}");
        }
    }

    #[test]
    fn patterns_match_within_one_part() {
        for (pattern, name, wanted) in [
            ("*.js", "x.js", Ok(true)),
            ("*.js", "a/x.js", Ok(false)),
            ("[a-c]?", "bz", Ok(true)),
            ("[^a-c]", "b", Ok(false)),
            ("a\\*", "a*", Ok(true)),
            ("a/*/c", "a/b/c", Ok(true)),
            ("**", "", Ok(true)),
            ("", "a", Ok(false)),
            ("[", "x", Err(BadPattern)),
            ("[]a]", "a", Err(BadPattern)),
            ("[a-]", "a", Err(BadPattern)),
            ("a\\", "a", Err(BadPattern)),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
        let hard = "*a".repeat(200);
        assert_eq!(matches(&hard, &"a".repeat(199)), Ok(false));
    }
}
