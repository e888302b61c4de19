//! Source text and where in a file it stands.
//!
//! The one rule: the text of a source never changes, so a position in it stays
//! true for ever. Knows nothing of JavaScript.

use crate::error::Position;
use std::{fmt, sync::Arc};

/// A piece of JavaScript with the place it came from.
///
/// Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    file: Arc<File>,
    text: Arc<str>,
    line: u32,
    column: u32,
}

#[derive(Debug, PartialEq, Eq)]
struct File {
    name: String,
    text: Arc<str>,
}

impl Source {
    /// The whole text of a file; `name` is what errors will call it.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self {
            file: Arc::new(File {
                name: name.into(),
                text: Arc::clone(&text),
            }),
            text,
            line: 1,
            column: 1,
        }
    }

    /// A part of this source: `text` as it stands at the byte `offset`.
    ///
    /// Errors in it are told with positions in the whole file. If `offset` is
    /// no place in this source, the part is taken to start it.
    pub fn part(&self, offset: usize, text: impl Into<Arc<str>>) -> Self {
        let before = self.text.get(..offset).unwrap_or("");
        let (line, column) = position_after(before, self.line, self.column);
        Self {
            file: Arc::clone(&self.file),
            text: text.into(),
            line,
            column,
        }
    }

    /// A text that a script of this file made at `near`.
    ///
    /// If the file has this text there or further down, it is that part; else
    /// it is taken to start at `near`.
    pub(crate) fn made_at(&self, near: &Position, text: &str) -> Self {
        let whole = Self {
            text: Arc::clone(&self.file.text),
            file: Arc::clone(&self.file),
            line: 1,
            column: 1,
        };
        let from = whole.offset_of(near.line, near.column);
        let found = whole.text.get(from..).and_then(|rest| rest.find(text));
        match found {
            Some(at) if !text.is_empty() => whole.part(from + at, text),
            _ => Self {
                text: text.into(),
                line: near.line,
                column: near.column,
                ..whole
            },
        }
    }

    /// The whole file that this is a part of.
    pub fn whole(&self) -> Self {
        Self::new(self.name(), Arc::clone(&self.file.text))
    }

    /// What errors call the file.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the text starts in its file: line and column, each from 1.
    pub fn start(&self) -> (u32, u32) {
        (self.line, self.column)
    }

    /// The position in the file of a line and column of this text.
    pub(crate) fn position(&self, line: u32, column: u32) -> Position {
        Position {
            file: self.file.name.clone(),
            line: self.line + line.saturating_sub(1),
            column: if line <= 1 {
                self.column + column.saturating_sub(1)
            } else {
                column
            },
        }
    }

    /// The position in the file of a byte of this text.
    pub fn position_of(&self, offset: usize) -> Position {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let (line, column) = position_after(&self.text[..end], 1, 1);
        self.position(line, column)
    }

    /// The byte at a line and column of this text; its start for line 0.
    pub fn offset_of(&self, line: u32, column: u32) -> usize {
        let mut place = (1, 1);
        let mut chars = self.text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if place >= (line, column) {
                return at;
            }
            let is_pair = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
            place = match (is_pair, ends_line(c)) {
                (true, _) => place,
                (false, true) => (place.0 + 1, 1),
                (false, false) => (place.0, place.1 + 1),
            };
        }
        self.text.len()
    }

    /// The byte of the first whole word `name` at or behind `from`.
    pub(crate) fn find_name(&self, name: &str, from: usize) -> Option<usize> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let text = self.text.get(from..)?;
        text.match_indices(name)
            .find(|(at, _)| {
                let (before, after) = (&text[..*at], &text[at + name.len()..]);
                !before.ends_with(|c| is_part(c) || c == '.') && !after.starts_with(is_part)
            })
            .map(|(at, _)| from + at)
    }

    /// The line of `position` in this file, with the two before it and a mark
    /// below; `None` if there is no such line, or a very long one.
    pub fn code_frame(&self, position: &Position) -> Option<String> {
        code_frame(&self.file.text, position)
    }
}

/// Whether JavaScript ends a line with this character.
pub(crate) fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// Line and column behind `text` that starts at `line` and `column`.
pub(crate) fn position_after(text: &str, mut line: u32, mut column: u32) -> (u32, u32) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek() == Some(&'\n') {
            continue;
        }
        if ends_line(c) {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}

fn code_frame(text: &str, position: &Position) -> Option<String> {
    const WIDEST: usize = 200;
    let lines: Vec<&str> = text.lines().take(position.line as usize).collect();
    let last = lines.len();
    if last != position.line as usize || lines[last - 1].len() > WIDEST {
        return None;
    }
    let gutter = position.line.to_string().len();
    let mut out = format!("{:gutter$} --> {position}", "");
    for (index, line) in lines.iter().enumerate().skip(last.saturating_sub(3)) {
        out.push_str(&format!("\n{:gutter$} | {line}", index + 1));
    }
    let indent: String = lines[last - 1]
        .chars()
        .take(position.column.saturating_sub(1) as usize)
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    out.push_str(&format!("\n{:gutter$} | {indent}^", ""));
    Some(out)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.name, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_knows_its_place_in_the_file() {
        let file = Source::new("a.js", "one\r\n  two\u{2028}x three");
        let part = file.part(file.text().find("three").unwrap(), "three");
        assert_eq!(part.to_string(), "a.js:3:3");
        assert_eq!(part.whole(), file);
        assert_eq!(part.position_of(2).to_string(), "a.js:3:5");
    }

    #[test]
    fn a_code_frame_marks_the_column() {
        let file = Source::new("a.js", "let a = 1\n\tlet é = @\n");
        let frame = file.code_frame(&file.position(2, 10)).unwrap();
        insta::assert_snapshot!(frame, @r"
          --> a.js:2:10
        1 | let a = 1
        2 | 	let é = @
          | 	        ^
        ");
    }
}
