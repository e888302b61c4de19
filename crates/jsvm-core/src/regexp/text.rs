//! The text that is searched: Latin-1 or UTF-16, as the engine keeps it.
//!
//! The one rule: places are counted in units, whatever a character is; only
//! patterns with `u` or `v` see two surrogates as one character.

/// A text by its units.
pub(super) trait Text: Copy {
    fn len(self) -> u32;
    /// A unit before the end.
    fn unit(self, at: u32) -> u32;
}

impl Text for &[u8] {
    fn len(self) -> u32 {
        u32::try_from(<[u8]>::len(self)).unwrap_or(u32::MAX)
    }

    #[inline]
    fn unit(self, at: u32) -> u32 {
        self[at as usize].into()
    }
}

impl Text for &[u16] {
    fn len(self) -> u32 {
        u32::try_from(<[u16]>::len(self)).unwrap_or(u32::MAX)
    }

    #[inline]
    fn unit(self, at: u32) -> u32 {
        self[at as usize].into()
    }
}

/// How a text is read: by units, or by code points if `PAIRS`.
#[derive(Clone, Copy)]
pub(super) struct Reader<T, const PAIRS: bool> {
    text: T,
    pub(super) len: u32,
}

impl<T: Text, const PAIRS: bool> Reader<T, PAIRS> {
    pub(super) fn new(text: T) -> Self {
        Self {
            text,
            len: text.len(),
        }
    }

    pub(super) fn unit(self, at: u32) -> Option<u32> {
        (at < self.len).then(|| self.text.unit(at))
    }

    /// The character at a place, and the place behind it.
    #[inline]
    pub(super) fn after(self, at: u32) -> Option<(u32, u32)> {
        if at >= self.len {
            return None;
        }
        let unit = self.text.unit(at);
        if PAIRS && is_high(unit) && at + 1 < self.len {
            let low = self.text.unit(at + 1);
            if is_low(low) {
                return Some((pair(unit, low), at + 2));
            }
        }
        Some((unit, at + 1))
    }

    /// The character in front of a place, and the place in front of that; not
    /// further than `least`.
    #[inline]
    pub(super) fn before(self, at: u32, least: u32) -> Option<(u32, u32)> {
        if at <= least {
            return None;
        }
        let unit = self.text.unit(at - 1);
        if PAIRS && is_low(unit) && at - 1 > least {
            let high = self.text.unit(at - 2);
            if is_high(high) {
                return Some((pair(high, unit), at - 2));
            }
        }
        Some((unit, at - 1))
    }

    /// Whether two surrogates of one character stand around a place.
    pub(super) fn splits_pair(self, at: u32) -> bool {
        PAIRS
            && at > 0
            && self.unit(at).is_some_and(is_low)
            && self.unit(at - 1).is_some_and(is_high)
    }

    /// The first place from `at` on, before `end`, where a match may start.
    pub(super) fn skip(self, at: u32, end: u32, is_first: impl Fn(u32) -> bool) -> u32 {
        let is_start = |unit: u32| is_first(unit) || (PAIRS && is_surrogate(unit));
        (at..end)
            .find(|&at| is_start(self.text.unit(at)))
            .unwrap_or(end)
    }
}

fn is_high(unit: u32) -> bool {
    unit & 0xFC00 == 0xD800
}

fn is_low(unit: u32) -> bool {
    unit & 0xFC00 == 0xDC00
}

fn is_surrogate(unit: u32) -> bool {
    unit & 0xF800 == 0xD800
}

fn pair(high: u32, low: u32) -> u32 {
    0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)
}
