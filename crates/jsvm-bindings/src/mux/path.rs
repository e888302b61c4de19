//! The path and the host of a request, ready for matching.
//!
//! The one rule: a path is only ever split at the `/` that was sent, one that
//! is encoded stays inside its segment. Knows nothing of patterns.

use crate::http::{decode_segment, split_host_port};
use std::borrow::Cow;

/// The segments of a path, decoded, as far as any pattern goes.
pub(super) struct Segments<'a> {
    path: &'a str,
    list: Vec<Segment<'a>>,
    is_whole: bool,
}

struct Segment<'a> {
    /// Where its `/` is in the path.
    at: usize,
    /// Its decoded text; that of a `/` at the end is `/`.
    text: Cow<'a, str>,
}

impl<'a> Segments<'a> {
    /// Splits a path; at most `limit` segments are looked at.
    ///
    /// `None` for a path that does not start with `/`, which no pattern matches.
    pub(super) fn of(path: &'a str, limit: usize) -> Option<Self> {
        let mut list = Vec::new();
        let mut rest = path.strip_prefix('/').map(|_| path)?;
        while !rest.is_empty() && list.len() < limit {
            let at = path.len() - rest.len();
            let end = rest[1..].find('/').map_or(rest.len(), |end| end + 1);
            let text = match rest {
                "/" => Cow::Borrowed("/"),
                rest => decode_segment(&rest[1..end]),
            };
            list.push(Segment { at, text });
            rest = &rest[end..];
        }
        Some(Self {
            path,
            list,
            is_whole: rest.is_empty(),
        })
    }

    /// The decoded text of a segment.
    pub(super) fn text(&self, index: usize) -> Option<&str> {
        self.list.get(index).map(|segment| &*segment.text)
    }

    /// Everything from a segment on, decoded.
    pub(super) fn rest(&self, index: usize) -> Cow<'a, str> {
        let from = self
            .list
            .get(index)
            .map_or(self.path.len(), |segment| segment.at + 1);
        decode_segment(&self.path[from..])
    }

    /// Whether the path ends before the segment of this index.
    pub(super) fn ends_at(&self, index: usize) -> bool {
        self.is_whole && self.list.len() == index
    }
}

/// Go's `cleanPath`: without `//`, `/./` and `/../`; a `/` at the end stays.
pub(super) fn clean_path(path: &str) -> Cow<'_, str> {
    if path.strip_prefix('/').is_some_and(is_clean) {
        return Cow::Borrowed(path);
    }
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut clean = String::from("/") + &kept.join("/");
    if path.ends_with('/') && !kept.is_empty() {
        clean.push('/');
    }
    Cow::Owned(clean)
}

fn is_clean(path: &str) -> bool {
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if matches!(segment, "." | "..") || segment.is_empty() && !is_last {
            return false;
        }
    }
    true
}

/// A host without its port; one that is not well formed stays as it is.
pub(super) fn without_port(host: &str) -> &str {
    split_host_port(host).map_or(host, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (given, wanted) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("a", "/a"),
            ("a/", "/a/"),
            ("/a/b/", "/a/b/"),
            ("/a//b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/..", "/"),
            ("/a/../", "/"),
            ("/a/b/..", "/a"),
            ("/a/.", "/a"),
            ("/../../a", "/a"),
            ("/.a/..b/...", "/.a/..b/..."),
            ("/%2e%2e/a", "/%2e%2e/a"),
        ] {
            assert_eq!(clean_path(given), wanted, "{given}");
            assert_eq!(clean_path(wanted), wanted);
        }
    }

    #[test]
    fn segments_are_decoded_apart() {
        for (path, limit, wanted, rest) in [
            ("/", 9, &["/"][..], ""),
            ("/a", 9, &["a"], "a"),
            ("/a%2Fb/c%20d/", 9, &["a/b", "c d", "/"], "a/b/c d/"),
            ("/a/b/c", 2, &["a", "b"], "a/b/c"),
            ("//a", 9, &["", "a"], "/a"),
            ("/%zz/%41", 9, &["%zz", "A"], "%zz/%41"),
        ] {
            let segments = Segments::of(path, limit).unwrap();
            let found: Vec<_> = (0..).map_while(|index| segments.text(index)).collect();
            assert_eq!((&*found, &*segments.rest(0)), (wanted, rest), "{path}");
            assert_eq!(segments.ends_at(found.len()), limit > 2, "{path}");
        }
        assert!(Segments::of("", 9).is_none() && Segments::of("*", 9).is_none());
    }

    #[test]
    fn ports_are_cut_off() {
        for (given, wanted) in [
            ("shop.example", "shop.example"),
            ("shop.example:80", "shop.example"),
            ("[::1]:80", "::1"),
            ("[::1]", "[::1]"),
            ("a:b:c", "a:b:c"),
            ("", ""),
        ] {
            assert_eq!(without_port(given), wanted);
        }
    }
}
