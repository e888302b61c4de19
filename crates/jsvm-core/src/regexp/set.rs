//! Sets of characters: code points, or UTF-16 units without the flag `u`.
//!
//! The one rule: ranges are sorted, disjoint and not adjacent, so that two
//! equal sets look the same. Knows nothing of patterns.

/// The largest code point.
pub(super) const MAX_CODE_POINT: u32 = 0x10_FFFF;

/// A set that is being made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Set {
    ranges: Vec<(u32, u32)>,
}

impl Set {
    /// From ranges in any order, ends included.
    pub(super) fn new(ranges: impl Into<Vec<(u32, u32)>>) -> Self {
        let mut ranges: Vec<(u32, u32)> = ranges.into();
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    pub(super) fn one(character: u32) -> Self {
        Self::new([(character, character)])
    }

    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    pub(super) fn contains(&self, character: u32) -> bool {
        contains(&self.ranges, character)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self::new([&self.ranges[..], &other.ranges[..]].concat())
    }

    /// All up to `max` that are not in it.
    pub(super) fn complement(&self, max: u32) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.ranges {
            if first > next {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= max {
            ranges.push((next, max));
        }
        Self { ranges }
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) = (self.ranges.iter(), other.ranges.iter());
        let (mut a, mut b) = (ours.next(), theirs.next());
        let mut ranges = Vec::new();
        while let (Some(&(a_first, a_last)), Some(&(b_first, b_last))) = (a, b) {
            let (first, last) = (a_first.max(b_first), a_last.min(b_last));
            if first <= last {
                ranges.push((first, last));
            }
            if a_last < b_last {
                a = ours.next();
            } else {
                b = theirs.next();
            }
        }
        Self { ranges }
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        self.intersection(&other.complement(MAX_CODE_POINT))
    }
}

/// A set as matching uses it: the first 256 characters are one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Members {
    low: [u64; 4],
    /// Those from 256 on.
    ranges: Box<[(u32, u32)]>,
}

impl Members {
    pub(super) fn new(set: &Set) -> Self {
        let mut low = [0; 4];
        for character in 0..256 {
            if set.contains(character) {
                low[(character >> 6) as usize] |= 1 << (character & 63);
            }
        }
        let high = set.ranges.iter().filter(|range| range.1 > 255);
        Self {
            low,
            ranges: high.map(|range| (range.0.max(256), range.1)).collect(),
        }
    }

    #[inline]
    pub(super) fn contains(&self, character: u32) -> bool {
        if character < 256 {
            return self.low[(character >> 6) as usize] >> (character & 63) & 1 == 1;
        }
        contains(&self.ranges, character)
    }
}

fn contains(ranges: &[(u32, u32)], character: u32) -> bool {
    let after = ranges.partition_point(|range| range.0 <= character);
    after > 0 && ranges[after - 1].1 >= character
}

/// `\d`
pub(super) fn digits() -> Set {
    Set::new([(0x30, 0x39)])
}

/// `\w` without case folding.
pub(super) fn word() -> Set {
    Set::new([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
}

/// `\s`: `WhiteSpace` and `LineTerminator` of the standard.
pub(super) fn space() -> Set {
    Set::new([
        (0x09, 0x0D),
        (0x20, 0x20),
        (0xA0, 0xA0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ])
}

/// What ends a line.
pub(super) fn line_ends() -> Set {
    Set::new([(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_put_together() {
        let set = Set::new([(5, 7), (1, 2), (3, 3), (6, 9)]);
        assert_eq!(set.ranges(), [(1, 3), (5, 9)]);
        assert_eq!(set.complement(10).ranges(), [(0, 0), (4, 4), (10, 10)]);
        assert_eq!(set.complement(9).ranges(), [(0, 0), (4, 4)]);
        let other = Set::new([(2, 5), (9, 20)]);
        assert_eq!(set.intersection(&other).ranges(), [(2, 3), (5, 5), (9, 9)]);
        assert_eq!(set.difference(&other).ranges(), [(1, 1), (6, 8)]);
        assert_eq!(set.union(&other).ranges(), [(1, 20)]);
    }

    #[test]
    fn members_are_those_of_the_set() {
        let set = Set::new([(60, 70), (200, 300), (0x1_0000, 0x1_0005)]);
        let members = Members::new(&set);
        for character in (0..400).chain(0xFFF0..0x1_0010) {
            assert_eq!(members.contains(character), set.contains(character));
        }
    }
}
