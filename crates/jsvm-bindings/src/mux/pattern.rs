//! One pattern of a route, as Go 1.22 and later read it.
//!
//! The one rule: what parses here parses there, with the same meaning. Knows
//! nothing of other patterns.

use super::path::clean_path;
use crate::http::{decode_segment, is_token};
use std::fmt;

/// `[METHOD ][HOST]/[PATH]`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    method: String,
    host: String,
    segments: Vec<Segment>,
}

/// What one piece of a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// This text, decoded; `/` is the end of a path that ends with `/`.
    Literal(String),
    /// Any one segment.
    One(String),
    /// All that is left, maybe nothing; without a name it is a `/` at the end.
    Rest(String),
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("route `{pattern}`: {problem}")]
pub struct PatternError {
    /// The whole pattern.
    pub pattern: String,
    problem: Problem,
}

/// What can be wrong with a pattern, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("the path is empty; the root is `/`")]
    Empty,
    #[error("`{0}` is no HTTP method; write one such as `GET`, or nothing for any")]
    Method(String),
    #[error("the path has to start with `/`")]
    NoSlash,
    #[error("a host has no wildcards; is the first `/` missing?")]
    HostWildcard,
    #[error("no request has this path; write `{0}`")]
    Unclean(String),
    #[error("`{0}` mixes text and a wildcard; a wildcard takes a whole segment")]
    MixedStart(String),
    #[error("the wildcard `{0}` has to end with `}}` before the next `/`")]
    MixedEnd(String),
    #[error("`{0}` has to be the last segment")]
    NotLast(String),
    #[error("the wildcard `{0}` needs a name")]
    NoName(String),
    #[error("`{0}` is no name; use letters, digits and `_`, and no digit first")]
    Name(String),
    #[error("there are two wildcards of the name `{0}`")]
    Duplicate(String),
}

impl Pattern {
    /// Reads a pattern from its method, empty for any, and its path, which
    /// may start with a host.
    ///
    /// `{name}` is one segment, `{name...}` the rest, `{$}` the end after a
    /// `/`, and a `/` at the end everything below. Old wildcards such as
    /// `:name` are plain text.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to write instead.
    pub fn parse(method: &str, path: &str) -> Result<Self, PatternError> {
        let text = match method {
            "" => path.to_owned(),
            method => format!("{method} {path}"),
        };
        // Go would take what follows a space in the method for a host.
        let parsed = match method {
            "" => read(&text),
            method if is_token(method) => read(&text),
            method => Err(Problem::Method(method.to_owned())),
        };
        parsed.map_err(|problem| PatternError {
            pattern: text,
            problem,
        })
    }

    /// Method and path as they were written, as in Go's `Request.Pattern`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The method, empty for any; `GET` matches `HEAD` too.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The host, empty for any.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The names of the wildcards in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(Segment::name)
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether it ends in something that matches any number of segments.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.segments.last(), Some(Segment::Rest(_)))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Segment {
    fn name(&self) -> Option<&str> {
        match self {
            Self::One(name) | Self::Rest(name) if !name.is_empty() => Some(name),
            _ => None,
        }
    }

    /// Whether it is `{$}`, the end after a `/`.
    pub(super) fn is_end(&self) -> bool {
        matches!(self, Self::Literal(text) if text == "/")
    }
}

fn read(text: &str) -> Result<Pattern, Problem> {
    let (method, rest) = match text.split_once([' ', '\t']) {
        Some((method, rest)) => (method, rest.trim_start_matches([' ', '\t'])),
        None => ("", text),
    };
    if rest.is_empty() {
        return Err(Problem::Empty);
    }
    if !method.is_empty() && !is_token(method) {
        return Err(Problem::Method(method.to_owned()));
    }
    let Some(slash) = rest.find('/') else {
        return Err(Problem::NoSlash);
    };
    let (host, path) = rest.split_at(slash);
    if host.contains('{') {
        return Err(Problem::HostWildcard);
    }
    let clean = clean_path(path);
    if !matches!(method, "" | "CONNECT") && clean != path {
        return Err(Problem::Unclean(clean.into_owned()));
    }
    let pattern = Pattern {
        text: text.to_owned(),
        method: method.to_owned(),
        host: host.to_owned(),
        segments: read_segments(path)?,
    };
    match duplicate(&pattern) {
        Some(name) => Err(Problem::Duplicate(name)),
        None => Ok(pattern),
    }
}

fn read_segments(path: &str) -> Result<Vec<Segment>, Problem> {
    let mut segments = Vec::new();
    let mut pieces = path.split('/').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        let is_last = pieces.peek().is_none();
        let segment = match piece {
            "" if is_last => Segment::Rest(String::new()),
            piece => read_segment(piece)?,
        };
        let may_be_last_only =
            segment.is_end() && piece == "{$}" || matches!(segment, Segment::Rest(_));
        if may_be_last_only && !is_last {
            return Err(Problem::NotLast(piece.to_owned()));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn read_segment(piece: &str) -> Result<Segment, Problem> {
    let wrong = |problem: fn(String) -> Problem| Err(problem(piece.to_owned()));
    let Some(inner) = piece.strip_prefix('{') else {
        if piece.contains('{') {
            return wrong(Problem::MixedStart);
        }
        return Ok(Segment::Literal(decode_segment(piece).into_owned()));
    };
    let Some(inner) = inner.strip_suffix('}') else {
        return wrong(Problem::MixedEnd);
    };
    if inner == "$" {
        return Ok(Segment::Literal("/".to_owned()));
    }
    let name = inner.strip_suffix("...").unwrap_or(inner);
    match name {
        "" => wrong(Problem::NoName),
        name if !is_name(name) => Err(Problem::Name(name.to_owned())),
        name if name.len() < inner.len() => Ok(Segment::Rest(name.to_owned())),
        name => Ok(Segment::One(name.to_owned())),
    }
}

/// A Go identifier.
fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_numeric())
}

fn duplicate(pattern: &Pattern) -> Option<String> {
    let mut names: Vec<_> = pattern.names().collect();
    names.sort_unstable();
    let pair = names.windows(2).find(|pair| pair[0] == pair[1]);
    pair.map(|pair| pair[0].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &Pattern) -> String {
        let segments = pattern.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => format!(" ={text}"),
            Segment::One(name) => format!(" {name}"),
            Segment::Rest(name) => format!(" {name}..."),
        });
        format!(
            "{}|{}|{}",
            pattern.method,
            pattern.host,
            segments.collect::<String>()
        )
    }

    #[test]
    fn patterns_are_taken_apart() {
        for (method, path, wanted) in [
            ("", "/", "|| ..."),
            ("GET", "/a", "GET|| =a"),
            ("GET", "/a/{b}/c/{d...}", "GET|| =a b =c d..."),
            ("", "/a/", "|| =a ..."),
            ("POST", "/a/{$}", "POST|| =a =/"),
            ("", "shop.example/{_x1}", "|shop.example| _x1"),
            ("GET", "  \tshop.example:80/", "GET|shop.example:80| ..."),
            ("", "GET /a", "GET|| =a"),
            ("PURGE!", "/:id/*", "PURGE!|| =:id =*"),
            ("", "/a%20b/%2F/%zz/ü", "|| =a b =/ =%zz =ü"),
            ("", "/{ключ}", "|| ключ"),
            ("", "/a//b/../", "|| =a = =b =.. ..."),
            ("CONNECT", "/a//b", "CONNECT|| =a = =b"),
            ("", "/}a", "|| =}a"),
        ] {
            let pattern = Pattern::parse(method, path).unwrap();
            assert_eq!(shown(&pattern), wanted);
        }
        let pattern = Pattern::parse("GET", "/a/{b}/{c...}").unwrap();
        assert_eq!(
            (pattern.text(), pattern.to_string()),
            ("GET /a/{b}/{c...}", "GET /a/{b}/{c...}".to_owned())
        );
        assert_eq!(pattern.names().collect::<Vec<_>>(), ["b", "c"]);
    }

    fn check(text: &str, problem: &str) {
        let err = Pattern::parse("", text).unwrap_err();
        assert_eq!(err.pattern, text);
        assert_eq!(err.to_string(), format!("route `{text}`: {problem}"));
    }

    #[test]
    fn messages_name_the_problem_and_the_cure() {
        const METHOD: &str = "is no HTTP method; write one such as `GET`, or nothing for any";
        check("", "the path is empty; the root is `/`");
        check("GET ", "the path is empty; the root is `/`");
        check("G{T /", &format!("`G{{T` {METHOD}"));
        check("/a b", &format!("`/a` {METHOD}"));
        check("GET a", "the path has to start with `/`");
        check(
            "{a}/b",
            "a host has no wildcards; is the first `/` missing?",
        );
        check("GET /a//b/./", "no request has this path; write `/a/b/`");
        let err = Pattern::parse("GET POST", "/").unwrap_err();
        assert_eq!(
            err.to_string(),
            format!("route `GET POST /`: `GET POST` {METHOD}")
        );
    }

    #[test]
    fn messages_tell_what_is_wrong_with_a_wildcard() {
        const MIXED: &str = "mixes text and a wildcard; a wildcard takes a whole segment";
        const END: &str = "has to end with `}` before the next `/`";
        const NAME: &str = "is no name; use letters, digits and `_`, and no digit first";
        check("/a{b}", &format!("`a{{b}}` {MIXED}"));
        check("/{a}b/c", &format!("the wildcard `{{a}}b` {END}"));
        check("/{", &format!("the wildcard `{{` {END}"));
        check("/{$}/a", "`{$}` has to be the last segment");
        check("/{a...}/", "`{a...}` has to be the last segment");
        check("/{}", "the wildcard `{}` needs a name");
        check("/{...}", "the wildcard `{...}` needs a name");
        check("/{1a}", &format!("`1a` {NAME}"));
        check("/{a-b}", &format!("`a-b` {NAME}"));
        check("/{{a}}", &format!("`{{a}}` {NAME}"));
        check("/{a}/{b}/{a...}", "there are two wildcards of the name `a`");
    }
}
