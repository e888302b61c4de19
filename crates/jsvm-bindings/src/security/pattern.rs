//! Random text that matches a pattern.
//!
//! The one rule: whatever the pattern, the text is bounded. PocketBase: what
//! repeats without end does so at most six times, and a dot is a letter or a
//! digit.

use super::random::Source;
use regex_syntax::hir::{Class, ClassUnicode, Dot, Hir, HirKind};
use std::num::NonZeroU32;

/// Most bytes of a text.
const MAX: usize = 1 << 20;
/// How often something without an upper limit repeats at most.
const MAX_REPEAT: u32 = 6;
const LETTERS: [(char, char); 3] = [('A', 'Z'), ('a', 'z'), ('0', '9')];

/// Why there is no text for a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternTextError {
    /// It does not parse; the text says where.
    #[error("{0}")]
    Invalid(String),
    /// It holds something that stands for no text.
    #[error("the pattern holds {0}, which stands for no text; leave it out")]
    Unsupported(&'static str),
    /// The text would be too long.
    #[error("the pattern stands for more than {MAX} bytes")]
    TooLong,
}

/// Random text that matches the pattern, in the syntax of Go.
///
/// `is_case_insensitive` is the flag `i`.
///
/// # Errors
///
/// If the pattern does not parse, holds an anchor or a word boundary, or
/// stands for more than a megabyte.
pub fn random_by_pattern(
    pattern: &str,
    is_case_insensitive: bool,
) -> Result<String, PatternTextError> {
    let hir = regex_syntax::ParserBuilder::new()
        .case_insensitive(is_case_insensitive)
        .unicode(true)
        .build()
        .parse(pattern)
        .map_err(|err| PatternTextError::Invalid(err.to_string()))?;
    let mut writer = Writer::default();
    writer.write(&hir)?;
    Ok(writer.text)
}

#[derive(Default)]
struct Writer {
    source: Source,
    text: String,
    steps: usize,
}

impl Writer {
    /// The depth is bounded by the parser's nesting limit.
    fn write(&mut self, hir: &Hir) -> Result<(), PatternTextError> {
        self.steps += 1;
        if self.text.len() > MAX || self.steps > MAX {
            return Err(PatternTextError::TooLong);
        }
        match hir.kind() {
            HirKind::Empty => Ok(()),
            HirKind::Literal(literal) => {
                self.text.push_str(&String::from_utf8_lossy(&literal.0));
                Ok(())
            }
            HirKind::Class(class) => self.letter_of(class),
            HirKind::Look(_) => Err(PatternTextError::Unsupported("an anchor or a boundary")),
            HirKind::Capture(capture) => self.write(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.write(part)),
            HirKind::Alternation(parts) => {
                let chosen = self.below(parts.len());
                parts.get(chosen).map_or(Ok(()), |part| self.write(part))
            }
            HirKind::Repetition(repetition) => {
                let (min, max) = (repetition.min, repetition.max);
                let max = max.unwrap_or(MAX_REPEAT).max(min);
                let more = NonZeroU32::new((max - min).saturating_add(1));
                let more = more.map_or(0, |limit| self.source.below(limit));
                (0..min + more).try_for_each(|_| self.write(&repetition.sub))
            }
        }
    }

    fn letter_of(&mut self, class: &Class) -> Result<(), PatternTextError> {
        let ranges = ranges_of(class);
        let size = |(first, last): &(char, char)| u32::from(*last) - u32::from(*first) + 1;
        let total = NonZeroU32::new(ranges.iter().map(size).sum());
        let total = total.ok_or(PatternTextError::Unsupported("an empty class"))?;
        loop {
            let mut at = self.source.below(total);
            for range in &ranges {
                if at < size(range) {
                    // A gap in the middle of a range: the surrogates.
                    if let Some(letter) = char::from_u32(u32::from(range.0) + at) {
                        self.text.push(letter);
                        return Ok(());
                    }
                    break;
                }
                at -= size(range);
            }
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u32::try_from(limit).ok().and_then(NonZeroU32::new);
        limit.map_or(0, |limit| self.source.below(limit) as usize)
    }
}

/// The letters of a class; the plain ones alone, if it has any.
///
/// Go's `\d` and its kin know no others, and nobody types the rest.
fn ranges_of(class: &Class) -> Vec<(char, char)> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) if is_dot(class) => LETTERS.into(),
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (char::from(range.start()), char::from(range.end())))
            .collect(),
    };
    let plain: Vec<_> = ranges
        .iter()
        .map(|(first, last)| ((*first).max(' '), (*last).min('~')))
        .filter(|(first, last)| first <= last)
        .collect();
    if plain.is_empty() { ranges } else { plain }
}

fn is_dot(class: &ClassUnicode) -> bool {
    [Dot::AnyChar, Dot::AnyCharExceptLF]
        .into_iter()
        .any(|dot| matches!(Hir::dot(dot).kind(), HirKind::Class(Class::Unicode(other)) if other == class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_matches_its_pattern() {
        for (pattern, lengths, letters) in [
            (
                "[a-z0-9]{15}",
                15..=15,
                "abcdefghijklmnopqrstuvwxyz0123456789",
            ),
            ("ab|cd", 2..=2, "abcd"),
            ("x*", 0..=6, "x"),
            ("(y{2,3})?", 0..=3, "y"),
            ("q+", 1..=6, "q"),
            (r"\d{4}", 4..=4, "0123456789"),
            ("", 0..=0, ""),
        ] {
            for _ in 0..50 {
                let text = random_by_pattern(pattern, false).unwrap();
                assert!(lengths.contains(&text.len()), "{pattern} {text}");
                assert!(
                    text.chars().all(|letter| letters.contains(letter)),
                    "{pattern} {text}"
                );
            }
        }
        let any = random_by_pattern(".{200}", false).unwrap();
        assert!(any.chars().all(|letter| letter.is_ascii_alphanumeric()));
        let folded = random_by_pattern("a{200}", true).unwrap();
        assert!(folded.contains('a') && folded.contains('A'));
    }

    #[test]
    fn what_stands_for_no_text_is_refused() {
        for pattern in ["^a$", r"\bx", "(", "[", "((a{1000}){1000}){1000}"] {
            assert!(random_by_pattern(pattern, false).is_err(), "{pattern}");
        }
    }
}
