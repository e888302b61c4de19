//! What `\p{...}` means, read out of the engine's own regular expressions.
//!
//! The one rule: a property is found once for each process, so the number of
//! searches is bounded by the number of properties that Unicode has.

use super::set::{MAX_CODE_POINT, Set};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// The characters with a property, such as `L` or `Script=Greek`.
///
/// `None` for a name that the engine does not know.
pub(super) fn property(name: &str) -> Option<Arc<Set>> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Option<Arc<Set>>>>> =
        LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(set) = known.get(name) {
        return set.clone();
    }
    let set = search(name).map(Arc::new);
    known.insert(name.to_owned(), set.clone());
    set
}

/// Finds all runs of characters with the property in a text of all characters.
fn search(name: &str) -> Option<Set> {
    let regex = regress::Regex::with_flags(&format!("\\p{{{name}}}+"), "u").ok()?;
    let text = all_characters();
    let mut ranges = Vec::new();
    for found in regex.find_from_utf16(&text, 0) {
        add(found.start(), found.end(), &mut ranges);
    }
    Some(Set::new(ranges))
}

const SURROGATES: std::ops::Range<usize> = 0xD800..0xE000;

/// Surrogates in falling order, so that no two of them make a pair.
fn all_characters() -> Vec<u16> {
    let below = 0..0xD800;
    let surrogates = (0xD800..=0xDFFF).rev();
    let above = 0xE000..=0xFFFF;
    let mut text: Vec<u16> = below.chain(surrogates).chain(above).collect();
    let mut units = [0; 2];
    for character in '\u{10000}'..=char::MAX {
        text.extend_from_slice(character.encode_utf16(&mut units));
    }
    text
}

/// Adds the characters between two places of that text.
fn add(start: usize, end: usize, ranges: &mut Vec<(u32, u32)>) {
    let mut part = |from: usize, to: usize, characters: &dyn Fn(usize, usize) -> (usize, usize)| {
        let (from, to) = (start.max(from), end.min(to));
        if from < to {
            let (first, last) = characters(from, to - 1);
            let number = |at: usize| u32::try_from(at).unwrap_or(MAX_CODE_POINT);
            ranges.push((number(first), number(last)));
        }
    };
    part(0, SURROGATES.start, &|first, last| (first, last));
    part(SURROGATES.start, SURROGATES.end, &|first, last| {
        let mirror = SURROGATES.start + SURROGATES.end - 1;
        (mirror - last, mirror - first)
    });
    part(SURROGATES.end, 0x1_0000, &|first, last| (first, last));
    part(0x1_0000, usize::MAX, &|first, last| {
        let astral = |at: usize| 0x1_0000 + (at - 0x1_0000) / 2;
        (astral(first), astral(last))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_those_of_unicode() {
        let has = |name: &str, character: u32| property(name).unwrap().contains(character);
        assert!(has("L", 'é'.into()) && !has("L", '1'.into()));
        assert!(has("Script=Greek", 'α'.into()) && !has("Script=Greek", 'a'.into()));
        assert!(has("Emoji_Presentation", 0x1F600) && !has("Emoji_Presentation", 0x41));
        assert!(has("Cs", 0xD800) && has("Cs", 0xDFFF) && !has("Cs", 0xE000));
        assert!(has("Any", 0) && has("Any", 0xDBFF) && has("Any", 0x10_FFFF));
        assert_eq!(property("Cs").unwrap().ranges(), [(0xD800, 0xDFFF)]);
        assert_eq!(property("Any").unwrap().ranges(), [(0, 0x10_FFFF)]);
        assert!(property("Nonsense").is_none());
    }
}
