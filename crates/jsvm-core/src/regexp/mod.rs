//! Regular expressions of the standard that always come to an end.
//!
//! A pattern becomes a tree (`parse`, `class`), the tree a program, and a
//! machine runs it over the text as the standard says: by backtracking, with
//! every step counted. A match that takes long is started again with a memory
//! of what was tried, which makes it linear, where the pattern allows that.
//!
//! The one rule: results are exactly those of the standard, whichever way was
//! taken. Knows nothing of the engine's objects.

mod class;
mod flags;
mod folding;
mod machine;
mod memory;
mod node;
mod parse;
mod program;
mod property;
mod set;
mod text;

pub(crate) use flags::Flags;
pub(crate) use machine::Watch;

use machine::Machine;
use memory::Memory;
use node::Node;
use program::Program;
use set::Members;
use std::{cell::OnceCell, ops::Range, rc::Rc};
use text::{Reader, Text};

/// The longest pattern, in UTF-16 units.
pub(crate) const MAX_LENGTH: usize = 512 * 1024;

/// A pattern that is ready to match.
pub(crate) struct Regexp {
    flags: Flags,
    node: Node,
    groups: u32,
    names: Vec<(String, Rc<[u32]>)>,
    quick: Program,
    /// The program that remembers, made when it is needed first.
    linear: OnceCell<Option<Program>>,
    /// The units that a match can start with.
    first: Option<Members>,
    is_anchored: bool,
}

/// Where a pattern matched: the whole, then the groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match(Vec<u32>);

impl Match {
    pub(crate) fn range(&self) -> Range<usize> {
        self.0[0] as usize..self.0[1] as usize
    }

    /// Where the group with a number matched, from 1.
    pub(crate) fn group(&self, number: usize) -> Option<Range<usize>> {
        let (start, end) = (self.0[2 * number], self.0[2 * number + 1]);
        (start != machine::UNSET && end != machine::UNSET).then_some(start as usize..end as usize)
    }
}

/// A text as the engine keeps it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    Latin1(&'a [u8]),
    Utf16(&'a [u16]),
}

impl Regexp {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a fragment.
    pub(crate) fn new(source: &[u16], flags: Flags) -> Result<Self, String> {
        if source.len() > MAX_LENGTH {
            return Err(format!("longer than {MAX_LENGTH} characters"));
        }
        let parsed = parse::parse(source, flags)?;
        let quick = Program::quick(&parsed.node, parsed.groups).ok_or("too large")?;
        Ok(Self {
            flags,
            groups: parsed.groups,
            names: parsed.names,
            quick,
            linear: OnceCell::new(),
            first: parsed.node.first().map(|set| Members::new(&set)),
            is_anchored: parsed.node.is_anchored(),
            node: parsed.node,
        })
    }

    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    /// How many groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.groups as usize
    }

    /// The names of groups, in their order, with the numbers of the groups.
    pub(crate) fn names(&self) -> &[(String, Rc<[u32]>)] {
        &self.names
    }

    /// About how many bytes it holds.
    pub(crate) fn weight(&self) -> usize {
        256 + 64 * self.quick.ops.len() + 128 * self.quick.sets.len()
    }

    /// The first match from a place on; exactly there if it is sticky.
    ///
    /// # Errors
    ///
    /// What the watch says.
    pub(crate) fn find<E>(
        &self,
        subject: Subject<'_>,
        from: usize,
        watch: Watch<'_, E>,
    ) -> Result<Option<Match>, E> {
        // Places are 32 bits; the engine has no longer strings.
        let from = u32::try_from(from).unwrap_or(u32::MAX - 1);
        match (subject, self.flags.is_unicode()) {
            (Subject::Latin1(text), _) => self.search(Reader::<_, false>::new(text), from, watch),
            (Subject::Utf16(text), false) => {
                self.search(Reader::<_, false>::new(text), from, watch)
            }
            (Subject::Utf16(text), true) => self.search(Reader::<_, true>::new(text), from, watch),
        }
    }

    fn search<T: Text, E, const PAIRS: bool>(
        &self,
        reader: Reader<T, PAIRS>,
        from: u32,
        watch: Watch<'_, E>,
    ) -> Result<Option<Match>, E> {
        let is_unicode = self.flags.is_unicode();
        // The character there, not half of it.
        let mut start = if reader.splits_pair(from) {
            from - 1
        } else {
            from
        };
        let most = QUICK_STEPS + 16 * u64::from(reader.len);
        let mut machine = Machine::new(reader, &self.quick, is_unicode, None, most, &mut *watch);
        let found = self.walk(&mut machine, &mut start)?;
        let slots = match found {
            Some(true) => machine.slots,
            Some(false) => return Ok(None),
            None => {
                drop(machine);
                match self.search_slowly(reader, start, watch)? {
                    Some(slots) => slots,
                    None => return Ok(None),
                }
            }
        };
        let mut slots = slots;
        slots.truncate(2 * (self.groups() + 1));
        // The standard tells the place that was asked for.
        slots[0] = slots[0].max(from);
        Ok(Some(Match(slots)))
    }

    /// With a memory, where that is possible.
    fn search_slowly<T: Text, E, const PAIRS: bool>(
        &self,
        reader: Reader<T, PAIRS>,
        mut start: u32,
        watch: Watch<'_, E>,
    ) -> Result<Option<Vec<u32>>, E> {
        let linear = self
            .linear
            .get_or_init(|| Program::linear(&self.node, self.groups));
        let memory = linear
            .as_ref()
            .and_then(|program| Memory::new(program, reader.len));
        let program = match (linear, &memory) {
            (Some(linear), Some(_)) => linear,
            _ => &self.quick,
        };
        let mut machine = Machine::new(
            reader,
            program,
            self.flags.is_unicode(),
            memory,
            u64::MAX,
            watch,
        );
        let found = self.walk(&mut machine, &mut start)?;
        Ok((found == Some(true)).then_some(machine.slots))
    }

    /// Tries one place after the other.
    fn walk<T: Text, E, const PAIRS: bool>(
        &self,
        machine: &mut Machine<'_, T, E, PAIRS>,
        start: &mut u32,
    ) -> Result<Option<bool>, E> {
        let reader = machine.reader;
        if self.is_anchored && *start > 0 {
            return Ok(Some(false));
        }
        loop {
            if !self.flags.sticky && !self.skip(machine, start)? {
                return Ok(Some(false));
            }
            match machine.attempt(*start)? {
                Some(false) if machine.gives_up() => return Ok(None),
                Some(false) => {}
                other => return Ok(other),
            }
            let Some((_, next)) = reader.after(*start) else {
                return Ok(Some(false));
            };
            if self.flags.sticky || self.is_anchored {
                return Ok(Some(false));
            }
            *start = next;
        }
    }

    /// Goes on to a place where a match may start, if there is one.
    fn skip<T: Text, E, const PAIRS: bool>(
        &self,
        machine: &mut Machine<'_, T, E, PAIRS>,
        start: &mut u32,
    ) -> Result<bool, E> {
        const BLOCK: u32 = 1 << 16;
        let Some(first) = &self.first else {
            return Ok(true);
        };
        let reader = machine.reader;
        while *start < reader.len {
            let end = reader.len.min(start.saturating_add(BLOCK));
            let found = reader.skip(*start, end, |unit| first.contains(unit));
            machine.spend(u64::from((found - *start) / 16))?;
            *start = found;
            if found < end {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// After so many steps, and some for each unit of the text, a match is slow.
const QUICK_STEPS: u64 = 50_000;
