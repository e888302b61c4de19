//! The way back from metered text to the original.
//!
//! The one rule: insertions never contain a line break (but for the last one
//! of a program), so lines stay what they are and only columns move.

use crate::source::position_after;

/// Where text was inserted, in the order of the metered text.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    line: u32,
    column: u32,
    insertions: Vec<Inserted>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Inserted {
    pub(crate) line: u32,
    /// Column in the metered text, from 1.
    pub(crate) column: u32,
    pub(crate) length: u32,
    /// How many columns behind itself its places are told; 0 for at itself.
    pub(crate) ahead: u32,
}

impl Default for Positions {
    fn default() -> Self {
        Self {
            line: 1,
            column: 1,
            insertions: Vec::new(),
        }
    }
}

impl Positions {
    /// Original text comes next.
    pub(crate) fn pass(&mut self, text: &str) {
        (self.line, self.column) = position_after(text, self.line, self.column);
    }

    /// Inserted text comes next, whose places are told so many columns behind
    /// this place of the original.
    pub(crate) fn insert(&mut self, text: &str, ahead: u32) {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.insertions.push(Inserted {
            line: self.line,
            column: self.column,
            length,
            ahead,
        });
        self.pass(text);
    }

    /// Line and column in the original of a place in the metered text.
    ///
    /// A place inside of inserted text is that of what follows it, or another
    /// behind it in its line.
    pub(crate) fn original(&self, line: u32, column: u32) -> (u32, u32) {
        let first = self.insertions.partition_point(|at| at.line < line);
        let inserted: u32 = self.insertions[first..]
            .iter()
            .take_while(|at| at.line == line && at.column <= column)
            .map(|at| at.length.min(column - at.column))
            .sum();
        let ahead = self.ahead_at(line, column).unwrap_or(0);
        (line, column.saturating_sub(inserted).saturating_add(ahead))
    }

    /// How far behind itself a place in inserted text is told.
    fn ahead_at(&self, line: u32, column: u32) -> Option<u32> {
        let is_before = |at: &Inserted| (at.line, at.column) <= (line, column);
        let last = self.insertions.partition_point(is_before).checked_sub(1)?;
        let at = self.insertions[last];
        let is_inside = at.line == line && column.checked_sub(at.column)? < at.length;
        is_inside.then_some(at.ahead)
    }

    /// Where text was inserted.
    pub(crate) fn inserted(&self) -> &[Inserted] {
        &self.insertions
    }

    /// The positions of a text that is complete.
    pub(crate) fn of_inserted(insertions: Vec<Inserted>) -> Self {
        Self {
            insertions,
            ..Self::default()
        }
    }

    pub(crate) fn weight(&self) -> usize {
        self.insertions.len() * size_of::<Inserted>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_move_back() {
        let mut positions = Positions::default();
        positions.pass("ab\né");
        positions.insert("XX", 0);
        positions.pass("cd");
        positions.insert("YYY", 0);
        positions.pass("e");
        // The second line is now: é X X c d Y Y Y e
        for (metered, original) in [
            (1, 1),
            (2, 2),
            (3, 2),
            (4, 2),
            (5, 3),
            (6, 4),
            (8, 4),
            (9, 4),
        ] {
            assert_eq!(positions.original(2, metered), (2, original), "{metered}");
        }
        assert_eq!(positions.original(1, 2), (1, 2));
    }

    #[test]
    fn inserted_text_can_be_told_further_behind() {
        let mut positions = Positions::default();
        positions.insert("((t=n-1)<2?t:", 3);
        positions.pass("fib(n-1)");
        positions.insert(")", 0);
        for (metered, original) in [(1, 4), (5, 4), (13, 4), (14, 1), (17, 4), (22, 9), (23, 9)] {
            assert_eq!(positions.original(1, metered), (1, original), "{metered}");
        }
    }
}
