//! Which choices of a pattern were tried in which places of a text.
//!
//! The one rule: a choice that was tried in a place has either failed for good
//! or is still in progress, so that it need not be tried there again.

use super::program::Program;

/// One bit for each choice in each place.
pub(super) struct Memory {
    bits: Vec<u64>,
    /// Where the bits of each choice start, counted in texts.
    starts: Vec<usize>,
    /// Places of the text.
    places: usize,
}

/// The most that is remembered, in bytes.
const MAX_BYTES: usize = 32 << 20;

impl Memory {
    /// `None` if it would be too large.
    pub(super) fn new(program: &Program, len: u32) -> Option<Self> {
        let mut starts = Vec::with_capacity(program.choices.len());
        let mut rows = 0_usize;
        for loops in &program.choices {
            starts.push(rows);
            rows += 1 << loops.len();
        }
        let places = len as usize + 1;
        let words = rows.checked_mul(places)?.div_ceil(64);
        (words <= MAX_BYTES / 8).then(|| Self {
            bits: vec![0; words],
            starts,
            places,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.bits.len() * 8
    }

    /// Whether it was not remembered yet; `state` tells apart what else the
    /// choice depends on.
    pub(super) fn insert(&mut self, choice: u32, state: usize, pos: u32) -> bool {
        let bit = (self.starts[choice as usize] + state) * self.places + pos as usize;
        let word = &mut self.bits[bit / 64];
        let is_new = *word >> (bit % 64) & 1 == 0;
        *word |= 1 << (bit % 64);
        is_new
    }
}
