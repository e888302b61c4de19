//! Source text and where in a file it stands.
//!
//! The one rule: the text of a source never changes, so a position in it stays
//! true for ever. Knows nothing of JavaScript.

use crate::error::Position;
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

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

#[derive(Debug)]
struct File {
    name: String,
    text: Arc<str>,
    /// Where each line starts; made when somebody asks for a place.
    lines: OnceLock<Box<[usize]>>,
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.text) == (&other.name, &other.text)
    }
}

impl Eq for File {}

impl File {
    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| line_starts(&self.text))
    }

    /// Line and column, each from 1, of a byte at the start of a character.
    fn place(&self, offset: usize) -> (u32, u32) {
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= offset).max(1);
        let column = self.text[lines[line - 1]..offset].chars().count() + 1;
        let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
        (small(line), small(column))
    }
}

impl Source {
    /// The whole text of a file; `name` is what errors will call it.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self {
            file: Arc::new(File {
                name: name.into(),
                text: Arc::clone(&text),
                lines: OnceLock::new(),
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
        let (line, column) = match self.text.get(..offset) {
            Some(_) if self.is_whole() => self.file.place(offset),
            before => position_after(before.unwrap_or(""), self.line, self.column),
        };
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
        let (line, column) = match self.is_whole() {
            true => self.file.place(end),
            false => position_after(&self.text[..end], 1, 1),
        };
        self.position(line, column)
    }

    /// Whether this is its whole file.
    fn is_whole(&self) -> bool {
        Arc::ptr_eq(&self.text, &self.file.text)
    }

    /// The byte at a line and column of this text; its start for line 0.
    pub fn offset_of(&self, line: u32, column: u32) -> usize {
        let lines = self.is_whole().then(|| self.file.lines());
        let known = lines.and_then(|lines| lines.get(line.checked_sub(1)? as usize));
        let start = known.copied().unwrap_or(0);
        let mut place = (known.map_or(1, |_| line), 1);
        let mut chars = self.text[start..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if place >= (line, column) {
                return start + at;
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

/// Where each line of a text starts.
fn line_starts(text: &str) -> Box<[usize]> {
    let mut starts = vec![0];
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_pair = c == '\r' && chars.peek().is_some_and(|(_, next)| *next == '\n');
        if ends_line(c) && !is_pair {
            starts.push(at + c.len_utf8());
        }
    }
    starts.into()
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
    fn places_and_bytes_lead_to_each_other() {
        let text = "one\r\n  twö\u{2028}x\n\nthree\rfour";
        let file = Source::new("a.js", text);
        // The same text as a part, which has no table of lines.
        let part = file.part(0, text);
        for (at, c) in text.char_indices().filter(|(_, c)| !ends_line(*c)) {
            let position = file.position_of(at);
            assert_eq!(position, part.position_of(at), "{c}");
            for source in [&file, &part] {
                assert_eq!(source.offset_of(position.line, position.column), at, "{c}");
            }
        }
        assert_eq!(file.position_of(99), part.position_of(99));
        for (line, column) in [(0, 0), (1, 1), (9, 1), (2, 99)] {
            assert_eq!(
                file.offset_of(line, column),
                part.offset_of(line, column),
                "{line}:{column}"
            );
        }
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
