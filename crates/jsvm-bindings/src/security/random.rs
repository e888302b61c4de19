//! Random text from the system's random numbers.
//!
//! The one rule: every letter is equally likely; what would favour some of
//! them is thrown away.

use std::num::NonZeroU32;

/// The letters of ids and secrets unless others are asked for.
pub const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// So many letters of the alphabet; an empty one gives no text.
///
/// # Panics
///
/// If the system has no random numbers.
pub fn random_text(length: usize, alphabet: &str) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let Some(count) = u32::try_from(letters.len()).ok().and_then(NonZeroU32::new) else {
        return String::new();
    };
    let mut source = Source::default();
    (0..length)
        .map(|_| letters[source.below(count) as usize])
        .collect()
}

/// Random numbers, fetched from the system by the block.
#[derive(Default)]
pub(super) struct Source {
    block: Vec<u8>,
}

impl Source {
    /// A number below the limit.
    pub(super) fn below(&mut self, limit: NonZeroU32) -> u32 {
        // The largest multiple of the limit: what is not below it is odd.
        let fair = u32::MAX - u32::MAX % limit;
        loop {
            let number = self.number();
            if number < fair {
                return number % limit;
            }
        }
    }

    fn number(&mut self) -> u32 {
        if self.block.len() < 4 {
            self.block = vec![0; 256];
            getrandom::fill(&mut self.block).expect("the system has random numbers");
        }
        let rest = self.block.split_off(self.block.len() - 4);
        u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_its_length_and_its_letters() {
        let text = random_text(1000, "aäz");
        assert_eq!(text.chars().count(), 1000);
        assert!(text.chars().all(|letter| "aäz".contains(letter)));
        assert!("aäz".chars().all(|letter| text.contains(letter)));
        assert_ne!(random_text(20, ALPHABET), random_text(20, ALPHABET));
        assert_eq!(random_text(5, ""), "");
    }

    #[test]
    fn numbers_stay_below_their_limit() {
        let mut source = Source::default();
        for limit in [1, 2, 7, 1 << 31, u32::MAX] {
            let limit = NonZeroU32::new(limit).unwrap();
            assert!((0..200).all(|_| source.below(limit) < limit.get()));
        }
    }
}
