//! Which characters are the same where case is ignored.
//!
//! The one rule: `Canonicalize` of the standard decides; characters that it
//! maps to the same one form a family. With `u` or `v` that is simple case
//! folding, otherwise the mapping to upper case of single UTF-16 units.

use super::set::Set;
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

/// The families of one mode, made once for each process.
pub(super) struct Folding {
    /// Every member of a family of two or more, with its family, sorted.
    families: BTreeMap<u32, Box<[u32]>>,
}

impl Folding {
    /// With `u` or `v`, or without.
    pub(super) fn of(is_unicode: bool) -> &'static Self {
        if is_unicode {
            Self::unicode()
        } else {
            Self::units()
        }
    }

    fn unicode() -> &'static Self {
        static FOLDING: OnceLock<Folding> = OnceLock::new();
        FOLDING.get_or_init(|| Self {
            families: simple_folding(),
        })
    }

    fn units() -> &'static Self {
        static FOLDING: OnceLock<Folding> = OnceLock::new();
        FOLDING.get_or_init(|| Self {
            families: upper_case(),
        })
    }

    /// One member that stands for the family.
    pub(super) fn canonical(&self, character: u32) -> u32 {
        // Letters without a table: most texts are made of them.
        if character < 128 && !matches!(character, 0x41..=0x5A | 0x61..=0x7A) {
            return character;
        }
        self.families
            .get(&character)
            .map_or(character, |family| family[0])
    }

    /// The set with the families of all its members.
    pub(super) fn close(&self, set: &Set) -> Set {
        let mut ranges = set.ranges().to_vec();
        for &(first, last) in set.ranges() {
            for (_, family) in self.families.range(first..=last) {
                ranges.extend(family.iter().map(|&member| (member, member)));
            }
        }
        Set::new(ranges)
    }
}

/// `toUppercase` of each unit; what becomes several, or ASCII, stays.
fn upper_case() -> BTreeMap<u32, Box<[u32]>> {
    let mut by_upper: HashMap<u32, Vec<u32>> = HashMap::new();
    for unit in 0..=0xFFFF {
        let Some(character) = char::from_u32(unit) else {
            continue;
        };
        let mut upper = character.to_uppercase();
        let upper = match (upper.next(), upper.next()) {
            (Some(upper), None) => u32::from(upper),
            _ => unit,
        };
        let leaves_ascii = unit >= 128 && upper < 128;
        let upper = if leaves_ascii || upper > 0xFFFF {
            unit
        } else {
            upper
        };
        by_upper.entry(upper).or_default().push(unit);
    }
    families(by_upper.into_values())
}

/// No character from here on has a case.
const LAST_CASED: u32 = 0x2_0000;

/// `scf` of Unicode's `CaseFolding.txt`, which `regex-syntax` has.
fn simple_folding() -> BTreeMap<u32, Box<[u32]>> {
    // What has no other case maps to itself in every direction.
    let cased = (0..LAST_CASED)
        .filter_map(char::from_u32)
        .filter(|&c| !c.to_lowercase().eq([c]) || !c.to_uppercase().eq([c]));
    families(cased.map(|character| {
        let mut class = ClassUnicode::new([ClassUnicodeRange::new(character, character)]);
        class.case_fold_simple();
        let ranges = class.ranges().iter();
        let members = ranges.flat_map(|range| u32::from(range.start())..=u32::from(range.end()));
        members.collect()
    }))
}

fn families(lists: impl Iterator<Item = Vec<u32>>) -> BTreeMap<u32, Box<[u32]>> {
    let mut families = BTreeMap::new();
    for mut list in lists.filter(|list| list.len() > 1) {
        list.sort_unstable();
        for &member in &list {
            families.insert(member, list.clone().into_boxed_slice());
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_those_of_the_standard() {
        let (units, unicode) = (Folding::units(), Folding::unicode());
        let same = |folding: &Folding, a: char, b: char| {
            folding.canonical(a.into()) == folding.canonical(b.into())
        };
        for folding in [units, unicode] {
            assert!(same(folding, 'a', 'A'));
            assert!(same(folding, 'ä', 'Ä'));
            assert!(same(folding, 'σ', 'ς'));
            assert!(!same(folding, 'ı', 'I'));
            assert!(!same(folding, 'ß', 's'));
        }
        // The long s and the Kelvin sign leave ASCII only by simple folding.
        for (other, ascii) in [('\u{17F}', 's'), ('\u{212A}', 'k')] {
            assert!(!same(units, other, ascii));
            assert!(same(unicode, other, ascii));
        }
        assert!(same(unicode, 'ß', 'ẞ'));
        assert!(!same(units, 'ß', 'ẞ'));
        assert!(same(unicode, '𐐀', '𐐨'));
    }
}
