//! What a disk may keep of a program, and the way back.
//!
//! The one rule: the tag that this process drew is not in it, so nothing on a
//! disk tells a script what the checks are called, and another process puts
//! its own in. What is read is never trusted to be well-formed; that it belongs
//! to the source, and has its checks, is for the caller to know.

use crate::{
    limits::Limits,
    marks::Marks,
    positions::{Inserted, Positions},
    program::{ContentId, Kind, Program},
    source::Source,
};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Stands for the tag; a text that has it by itself is not kept.
const TAG: char = '\u{fdd0}';

/// Names the compiler that is part of this process, under these limits.
///
/// A program that another one made must not be used. It follows from the very
/// source of this crate, so that nobody has to remember to raise a number.
pub fn compiler_id(limits: &Limits) -> [u8; 16] {
    let name = format!(
        "{} {} {limits:?}",
        env!("CARGO_PKG_VERSION"),
        env!("JSVM_COMPILER")
    );
    let mut id = [0; 16];
    id.copy_from_slice(&Sha256::digest(name)[..16]);
    id
}

impl Program {
    /// What a disk may keep of it, for [`from_kept`](Self::from_kept).
    ///
    /// `None` for a source with Unicode escapes: names may be written with
    /// them, and whether one of them is reserved is another question in each
    /// process.
    pub fn to_kept(&self) -> Option<Vec<u8>> {
        if self.source.text().contains("\\u") || self.metered.contains(TAG) {
            return None;
        }
        let inserted = self.positions.inserted();
        let mut bytes = Vec::new();
        put(&mut bytes, inserted.len())?;
        for at in inserted {
            for number in [at.line, at.column, at.length, at.ahead] {
                bytes.extend(number.to_le_bytes());
            }
        }
        put(&mut bytes, self.functions.len())?;
        for function in &*self.functions {
            put(&mut bytes, function.start)?;
            put(&mut bytes, function.end)?;
        }
        let text = self
            .metered
            .replace(&Marks::get().tag, TAG.encode_utf8(&mut [0; 4]));
        bytes.extend(text.as_bytes());
        Some(bytes)
    }

    /// The program of a source out of what was kept of it, without parsing.
    ///
    /// `None` if that is no program, or may be none in this process. It must
    /// have been kept of the same source, kind and [`compiler_id`]: the text is
    /// run as it was kept, with or without its checks.
    pub fn from_kept(source: &Source, kind: Kind, kept: &[u8]) -> Option<Self> {
        let tag = &Marks::get().tag;
        let mut bytes = Bytes(kept);
        let inserted = bytes.list(|bytes| {
            Some(Inserted {
                line: bytes.number()?,
                column: bytes.number()?,
                length: bytes.number()?,
                ahead: bytes.number()?,
            })
        })?;
        let functions = bytes.list(|bytes| bytes.range())?;
        let text = str::from_utf8(bytes.0).ok()?;
        if source.text().contains(tag) || text.contains(tag) {
            return None;
        }
        Some(Self {
            id: ContentId::of(source, kind),
            kind,
            source: source.clone(),
            metered: text.replace(TAG, tag).into(),
            positions: Positions::of_inserted(inserted),
            functions: functions.into(),
        })
    }
}

fn put(bytes: &mut Vec<u8>, number: usize) -> Option<()> {
    bytes.extend(u32::try_from(number).ok()?.to_le_bytes());
    Some(())
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*number))
    }

    fn range(&mut self) -> Option<Range<usize>> {
        Some(self.number()? as usize..self.number()? as usize)
    }

    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.number()?).map(|_| item(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAMS: [(&str, Kind); 5] = [
        ("for (const é of 'ab') { (x => x)(é) }", Kind::Script),
        (
            "a: while (/a\\/\"/.test(b)) break a; function f() { throw 1 }",
            Kind::Script,
        ),
        (
            "(e) => { for (;;) { 'é'; break }; return e.next() }",
            Kind::Handler,
        ),
        ("function f(e) { do f(e); while (0) }", Kind::Handler),
        ("exports.a = () => 1 // end", Kind::Module),
    ];

    fn compile(text: &str, kind: Kind) -> (Source, Program) {
        let source = Source::new("a.js", text);
        let program = Program::compile(&source, kind, &Limits::default()).unwrap();
        (source, program)
    }

    #[test]
    fn what_is_kept_makes_the_same_program_and_does_not_name_the_checks() {
        for (text, kind) in PROGRAMS {
            let (source, made) = compile(text, kind);
            let kept = made.to_kept().unwrap();
            let tag = Marks::get().tag.as_bytes();
            assert!(!kept.windows(tag.len()).any(|part| part == tag));
            let read = Program::from_kept(&source, kind, &kept).unwrap();
            assert_eq!((read.id(), read.kind()), (made.id(), made.kind()));
            assert_eq!(read.metered(), made.metered());
            assert_eq!(read.weight(), made.weight());
            let functions =
                |program: &Program| format!("{:?}", Vec::from_iter(program.functions()));
            assert_eq!(functions(&read), functions(&made));
            for column in 1..200 {
                assert_eq!(read.original(1, column), made.original(1, column));
            }
        }
    }

    #[test]
    fn damaged_bytes_never_panic() {
        for (text, kind) in PROGRAMS {
            let (source, made) = compile(text, kind);
            let kept = made.to_kept().unwrap();
            let look = |bytes: &[u8]| {
                if let Some(program) = Program::from_kept(&source, kind, bytes) {
                    program.original(1, 30);
                    program.functions().for_each(drop);
                }
            };
            for at in 0..kept.len() {
                look(&kept[..at]);
                for bits in [1, 0x10, 0x80, 0xff] {
                    let mut bytes = kept.clone();
                    bytes[at] ^= bits;
                    look(&bytes);
                }
            }
        }
    }

    #[test]
    fn what_may_be_reserved_in_another_process_is_not_kept() {
        for text in [r"var \u0061 = 1", "'\u{fdd0}'"] {
            assert_eq!(compile(text, Kind::Script).1.to_kept(), None, "{text}");
        }
        let kept = compile("1", Kind::Script).1.to_kept().unwrap();
        let reserved = Source::new("a.js", format!("$c{}", Marks::get().tag));
        assert!(Program::from_kept(&reserved, Kind::Script, &kept).is_none());
    }

    #[test]
    fn other_limits_are_another_compiler() {
        let limits = Limits::default();
        let other = Limits {
            nesting: 10,
            ..limits
        };
        assert_eq!(compiler_id(&limits), compiler_id(&limits));
        assert_ne!(compiler_id(&limits), compiler_id(&other));
    }
}
