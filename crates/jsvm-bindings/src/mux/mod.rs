//! Finding the route of a request, as Go's `http.ServeMux` does since 1.22.
//!
//! The one rule: of all patterns that match, the most specific wins, whatever
//! the order in which they were added; two of which neither is more specific
//! cannot both be added. Knows nothing of handlers: a target is anything.

mod path;
mod pattern;
mod relation;

use crate::http::{encode_path, escaped_path, normal_path};
use path::{Segments, clean_path, without_port};
use pattern::Segment;
pub use pattern::{Pattern, PatternError};
use std::collections::HashMap;

/// Patterns with what they lead to.
#[derive(Debug, Clone)]
pub struct Mux<T> {
    entries: Vec<(Pattern, T)>,
    /// The tree's nodes; children are indexes, so that nothing recurses.
    nodes: Vec<Node>,
    /// The root of each host and method, both empty for any.
    roots: HashMap<String, HashMap<String, usize>>,
    /// Number of segments of the longest pattern.
    depth: usize,
}

/// A place in the tree: what may follow the segments up to here.
#[derive(Debug, Clone, Default)]
struct Node {
    /// The entry that ends here.
    end: Option<usize>,
    /// The entry that takes all that is left.
    rest: Option<usize>,
    one: Option<usize>,
    literals: HashMap<String, usize>,
}

/// Two patterns of which neither is more specific.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "route `{pattern}` conflicts with `{other}`: {reason}; change one path so that it is more specific"
)]
pub struct Conflict {
    /// The text of the pattern that was not added.
    pub pattern: String,
    /// The text of the pattern that is there.
    pub other: String,
    /// How many patterns were added before the other; see [`Mux::get`].
    pub other_index: usize,
    /// Which requests both match.
    pub reason: String,
}

/// What a request leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a, T> {
    /// The target of a pattern.
    Target {
        /// What was added with the pattern.
        target: &'a T,
        /// The pattern that matched.
        pattern: &'a Pattern,
        /// The decoded values of its wildcards in order.
        values: Vec<(String, String)>,
    },
    /// The path to ask for instead, encoded and without the query, which
    /// stays; Go answers with 307.
    Redirect(String),
    /// No pattern matches.
    NotFound,
}

impl<T> Default for Mux<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            nodes: Vec::new(),
            roots: HashMap::new(),
            depth: 0,
        }
    }
}

impl<T> Mux<T> {
    /// No patterns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern; it is compared with every one that is there.
    ///
    /// # Errors
    ///
    /// [`Conflict`] with the first pattern that matches some of the same
    /// requests without one of the two being more specific.
    pub fn add(&mut self, pattern: Pattern, target: T) -> Result<(), Conflict> {
        for (other_index, (other, _)) in self.entries.iter().enumerate() {
            if let Some(reason) = relation::conflict(&pattern, other) {
                let (pattern, other) = (pattern.text().to_owned(), other.text().to_owned());
                return Err(Conflict {
                    pattern,
                    other,
                    other_index,
                    reason,
                });
            }
        }
        self.insert(&pattern);
        self.depth = self.depth.max(pattern.segments().len());
        self.entries.push((pattern, target));
        Ok(())
    }

    /// The pattern and the target that were added as the `index`th, from 0.
    pub fn get(&self, index: usize) -> Option<(&Pattern, &T)> {
        self.entries
            .get(index)
            .map(|(pattern, target)| (pattern, target))
    }

    /// Number of patterns.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds the target for a request by its method, its host with or without
    /// a port, and its path as sent, still encoded and without the query.
    ///
    /// A path with `//`, `/./` or `/../` leads to a redirect, and so does one
    /// that a pattern matches with a `/` at its end only. A path that other
    /// methods match is not found. Time is bounded by the length of the path
    /// and the number of patterns, whatever the path.
    pub fn find(&self, method: &str, host: &str, raw_path: &str) -> Found<'_, T> {
        let escaped = escaped_path(raw_path);
        if method == "CONNECT" {
            return self.find_for_connect(host, &escaped, raw_path);
        }
        let (host, path) = (without_port(host), clean_path(&escaped));
        let entry = self.search(method, host, &path);
        if self.needs_slash(entry, method, host, &path) {
            return Found::Redirect(with_slash(raw_path));
        }
        if path != escaped {
            // Go encodes once more what is encoded already.
            return Found::Redirect(encode_path(&path));
        }
        self.found(entry, &path)
    }

    /// Go leaves the path and the port of a CONNECT as they are, and looks for
    /// a redirect with the host of its target, which has none.
    fn find_for_connect(&self, host: &str, path: &str, raw_path: &str) -> Found<'_, T> {
        let entry = self.search("CONNECT", "", path);
        if self.needs_slash(entry, "CONNECT", "", path) {
            return Found::Redirect(with_slash(raw_path));
        }
        self.found(self.search("CONNECT", host, path), path)
    }

    /// Whether `/sub` was asked for and only `/sub/` is there; `entry` is what
    /// matches without the slash.
    fn needs_slash(&self, entry: Option<usize>, method: &str, host: &str, path: &str) -> bool {
        let is_exact = |entry: Option<usize>, path: &str| {
            entry.is_some_and(|entry| self.is_exact(entry, path))
        };
        if path.is_empty() || path.ends_with('/') || is_exact(entry, path) {
            return false;
        }
        let slashed = format!("{path}/");
        is_exact(self.search(method, host, &slashed), &slashed)
    }

    /// Whether a pattern that is open at its end matched with nothing there.
    fn is_exact(&self, entry: usize, path: &str) -> bool {
        let pattern = &self.entries[entry].0;
        let slashes = path.bytes().filter(|byte| *byte == b'/').count();
        !pattern.is_open() || path.ends_with('/') && pattern.segments().len() == slashes
    }

    fn found(&self, entry: Option<usize>, path: &str) -> Found<'_, T> {
        let Some((pattern, target)) = entry.and_then(|entry| self.get(entry)) else {
            return Found::NotFound;
        };
        Found::Target {
            target,
            pattern,
            values: self.values(pattern, path),
        }
    }

    fn values(&self, pattern: &Pattern, path: &str) -> Vec<(String, String)> {
        let Some(segments) = Segments::of(path, self.depth) else {
            return Vec::new();
        };
        let value = |(index, segment): (usize, &Segment)| match segment {
            Segment::One(name) => Some((name.clone(), segments.text(index)?.to_owned())),
            Segment::Rest(name) if !name.is_empty() => {
                Some((name.clone(), segments.rest(index).into_owned()))
            }
            _ => None,
        };
        pattern
            .segments()
            .iter()
            .enumerate()
            .filter_map(value)
            .collect()
    }

    /// The entry that matches best: with the host before without, and with
    /// the method before any.
    fn search(&self, method: &str, host: &str, path: &str) -> Option<usize> {
        let segments = Segments::of(path, self.depth)?;
        let hosts = [host, ""];
        let hosts = if host.is_empty() { &hosts[1..] } else { &hosts };
        let methods: &[&str] = if method == "HEAD" {
            &["HEAD", "GET", ""]
        } else {
            &[method, ""]
        };
        hosts
            .iter()
            .filter_map(|host| self.roots.get(*host))
            .find_map(|roots| {
                let roots = methods.iter().filter_map(|method| roots.get(*method));
                roots
                    .into_iter()
                    .find_map(|root| self.walk(*root, &segments))
            })
    }

    /// Looks below a node for the best match: literals first, all that is left
    /// last. No node is entered twice, whatever the path.
    fn walk(&self, root: usize, segments: &Segments<'_>) -> Option<usize> {
        enum Step {
            Enter(usize, usize),
            Take(usize),
        }
        let mut steps = vec![Step::Enter(root, 0)];
        while let Some(step) = steps.pop() {
            let (node, index) = match step {
                Step::Take(entry) => return Some(entry),
                Step::Enter(node, index) => (&self.nodes[node], index),
            };
            if segments.ends_at(index) {
                match node.end {
                    Some(entry) => return Some(entry),
                    None => continue,
                }
            }
            let Some(text) = segments.text(index) else {
                continue;
            };
            // The last that goes on the stack is the first that is tried.
            steps.extend(node.rest.map(Step::Take));
            if text != "/" {
                steps.extend(node.one.map(|child| Step::Enter(child, index + 1)));
            }
            steps.extend(
                node.literals
                    .get(text)
                    .map(|child| Step::Enter(*child, index + 1)),
            );
        }
        None
    }

    fn insert(&mut self, pattern: &Pattern) {
        let entry = self.entries.len();
        let roots = self.roots.entry(pattern.host().to_owned()).or_default();
        let root = roots
            .entry(pattern.method().to_owned())
            .or_insert(self.nodes.len());
        let mut node = *root;
        self.ensure(node);
        for segment in pattern.segments() {
            let next = self.nodes.len();
            let here = &mut self.nodes[node];
            node = match segment {
                Segment::Literal(text) => *here.literals.entry(text.clone()).or_insert(next),
                Segment::One(_) => *here.one.get_or_insert(next),
                Segment::Rest(_) => {
                    here.rest = Some(entry);
                    return;
                }
            };
            self.ensure(node);
        }
        self.nodes[node].end = Some(entry);
    }

    fn ensure(&mut self, node: usize) {
        if node == self.nodes.len() {
            self.nodes.push(Node::default());
        }
    }
}

/// Go takes the decoded path here, so an encoded `/` parts segments.
fn with_slash(raw_path: &str) -> String {
    let mut path = clean_path(&normal_path(raw_path)).into_owned();
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

#[cfg(test)]
mod tests;
