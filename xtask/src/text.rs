//! Looking for things in the lines of a file.
//!
//! Lines are only looked at, never parsed: a check that needs a grammar is a
//! lint's work.
//! This module does not know what is looked for.

use crate::finding::Finding;

/// A file of the workspace that holds text.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    /// Below the workspace's root, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TextFile {
    /// An error for each line in which there is a problem.
    pub(crate) fn findings_by_line(
        &self,
        problem_in: impl Fn(&str) -> Option<String>,
    ) -> Vec<Finding> {
        let lines = self.text.lines().enumerate();
        lines
            .filter_map(|(index, line)| Some(self.error_at(index, problem_in(line)?)))
            .collect()
    }

    /// An error at a line, counted from zero.
    pub(crate) fn error_at(&self, index: usize, problem: String) -> Finding {
        Finding::error(format!("{}:{}", self.path, index + 1), problem)
    }
}

/// Whether `needle` is in the line between neighbours that count as a hit.
pub(crate) fn occurs(
    line: &str,
    needle: &str,
    is_hit: impl Fn(Option<char>, Option<char>) -> bool,
) -> bool {
    line.match_indices(needle).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        let after = line[index + needle.len()..].chars().next();
        is_hit(before, after)
    })
}

/// Whether a character can be part of a name in code.
pub(crate) fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_is_tried() {
        let is_after_space = |before, _| before == Some(' ');
        assert!(occurs("xa a", "a", is_after_space));
        assert!(!occurs("a xa", "a", is_after_space));
    }

    #[test]
    fn lines_are_counted_from_one() {
        let file = TextFile {
            path: String::from("a.txt"),
            text: String::from("good\nbad\n"),
        };
        let found = file.findings_by_line(|line| (line == "bad").then(|| String::from("is bad")));
        assert_eq!(found, [Finding::error("a.txt:2", "is bad")]);
    }
}
