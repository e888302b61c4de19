//! How two patterns relate: which of them is more specific, or neither.
//!
//! The one rule: two patterns conflict if a request matches both and neither
//! is more specific; the order of registration never decides. Knows nothing
//! of requests and of what the patterns are for.

use super::pattern::{Pattern, Segment};
use std::cmp::Ordering;

/// What one pattern, or a part of it, is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Both match the same.
    Equivalent,
    /// It matches all that the other does, and more.
    MoreGeneral,
    /// The other matches all that it does, and more.
    MoreSpecific,
    /// Nothing matches both.
    Disjoint,
    /// Some match both, and each matches some that the other does not.
    Overlaps,
}
use Relation::{Disjoint, Equivalent, MoreGeneral, MoreSpecific, Overlaps};

/// Why two patterns conflict, as the end of a sentence; `None` if they do not.
pub(super) fn conflict(one: &Pattern, other: &Pattern) -> Option<String> {
    // With a host wins over without, and different hosts never meet.
    if one.host() != other.host() {
        return None;
    }
    let methods = compare_methods(one.method(), other.method());
    if methods == Disjoint {
        return None;
    }
    let paths = compare_paths(one, other);
    match (methods.and(paths), paths, methods) {
        (Equivalent, ..) => Some("both match the same requests".to_owned()),
        (Overlaps, Overlaps, _) => {
            let example = common_path(one.segments(), other.segments());
            Some(format!(
                "both match `{example}`, and neither is more specific"
            ))
        }
        (Overlaps, _, MoreGeneral) => {
            Some("the first matches more methods, but its path is more specific".to_owned())
        }
        (Overlaps, ..) => {
            Some("the first matches fewer methods, but its path is more general".to_owned())
        }
        _ => None,
    }
}

impl Relation {
    /// The relation of wholes from those of their parts.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Disjoint, _) | (_, Disjoint) => Disjoint,
            (Equivalent, relation) | (relation, Equivalent) => relation,
            (MoreGeneral, MoreGeneral) => MoreGeneral,
            (MoreSpecific, MoreSpecific) => MoreSpecific,
            _ => Overlaps,
        }
    }
}

fn compare_methods(one: &str, other: &str) -> Relation {
    match (one, other) {
        _ if one == other => Equivalent,
        ("", _) | ("GET", "HEAD") => MoreGeneral,
        (_, "") | ("HEAD", "GET") => MoreSpecific,
        _ => Disjoint,
    }
}

fn compare_paths(one: &Pattern, other: &Pattern) -> Relation {
    let (length, other_length) = (one.segments().len(), other.segments().len());
    let mut relation = match length.cmp(&other_length) {
        Ordering::Equal => Equivalent,
        Ordering::Less if one.is_open() => MoreGeneral,
        Ordering::Greater if other.is_open() => MoreSpecific,
        Ordering::Less | Ordering::Greater => return Disjoint,
    };
    for (one, other) in one.segments().iter().zip(other.segments()) {
        relation = relation.and(compare_segments(one, other));
        if relation == Disjoint {
            break;
        }
    }
    relation
}

fn compare_segments(one: &Segment, other: &Segment) -> Relation {
    use Segment::{Literal, One, Rest};
    match (one, other) {
        (Rest(_), Rest(_)) | (One(_), One(_)) => Equivalent,
        (Rest(_), _) => MoreGeneral,
        (_, Rest(_)) => MoreSpecific,
        // A wildcard does not match the end after a `/`.
        (One(_), literal) => {
            if literal.is_end() {
                Disjoint
            } else {
                MoreGeneral
            }
        }
        (literal, One(_)) => {
            if literal.is_end() {
                Disjoint
            } else {
                MoreSpecific
            }
        }
        (Literal(one), Literal(other)) if one == other => Equivalent,
        _ => Disjoint,
    }
}

/// A path that two patterns both match, if there is one.
fn common_path(one: &[Segment], other: &[Segment]) -> String {
    let mut path = String::new();
    for index in 0..one.len().max(other.len()) {
        path.push('/');
        match (one.get(index), other.get(index)) {
            (Some(Segment::Literal(text)), _) | (_, Some(Segment::Literal(text)))
                if text != "/" =>
            {
                path += text
            }
            (Some(Segment::One(name)), _) | (_, Some(Segment::One(name))) => path += name,
            _ => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, wanted: Option<&str>) {
        let [one, other] = [one, other].map(|text| Pattern::parse("", text).unwrap());
        assert_eq!(
            conflict(&one, &other).as_deref(),
            wanted,
            "{one} and {other}"
        );
        assert_eq!(
            conflict(&other, &one).is_some(),
            wanted.is_some(),
            "{other} and {one}"
        );
    }

    #[test]
    fn more_specific_patterns_do_not_conflict() {
        for (one, other) in [
            ("/", "/a"),
            ("/a", "/b"),
            ("/a/b", "/a/{x}"),
            ("/a/{x}", "/a/{x}/b"),
            ("/a/{x}", "/a/{$}"),
            ("/a/{$}", "/a/"),
            ("/a/{x...}", "/a/b/{y...}"),
            ("GET /a", "POST /a"),
            ("GET /a", "/a"),
            ("HEAD /a", "GET /a"),
            ("HEAD /a", "GET /{x}"),
            ("a.example/", "b.example/"),
            ("a.example/{x}/b", "/a/{x}"),
            ("GET /a/{x}", "POST /{x}/b"),
            ("/{x}/b/{$}", "/a/{x}"),
        ] {
            check(one, other, None);
        }
    }

    #[test]
    fn conflicts_are_explained() {
        let same = Some("both match the same requests");
        check("/a", "/a", same);
        check("GET /a/{x}", "GET /a/{y}", same);
        check("/a/", "/a/{x...}", same);
        check("/a%20b", "/a%20b", same);
        check(
            "/a/{x}",
            "/{y}/b",
            Some("both match `/a/b`, and neither is more specific"),
        );
        check("/{x}/", "/a/{y}/b/{$}", None);
        check(
            "/{x}/b/",
            "/a/{y...}",
            Some("both match `/a/b/`, and neither is more specific"),
        );
        check(
            "GET /{x}",
            "/a",
            Some("the first matches fewer methods, but its path is more general"),
        );
        check(
            "/a",
            "GET /{x}",
            Some("the first matches more methods, but its path is more specific"),
        );
        check(
            "GET /{x...}",
            "/t/any",
            Some("the first matches fewer methods, but its path is more general"),
        );
        check(
            "HEAD /{x}",
            "GET /a",
            Some("the first matches fewer methods, but its path is more general"),
        );
    }
}
