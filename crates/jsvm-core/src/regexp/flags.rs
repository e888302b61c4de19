//! The flags of a regular expression.
//!
//! The one rule: only what the standard allows is read; each at most once.

/// `dgimsuvy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Flags {
    pub(crate) has_indices: bool,
    pub(crate) global: bool,
    pub(crate) ignore_case: bool,
    pub(crate) multiline: bool,
    pub(crate) dot_all: bool,
    pub(crate) unicode: bool,
    pub(crate) unicode_sets: bool,
    pub(crate) sticky: bool,
}

impl Flags {
    /// `None` if a flag is unknown, stands twice, or contradicts another one.
    pub(crate) fn parse(text: impl IntoIterator<Item = u16>) -> Option<Self> {
        let mut flags = Self::default();
        for unit in text {
            let flag = match u8::try_from(unit).ok()? {
                b'd' => &mut flags.has_indices,
                b'g' => &mut flags.global,
                b'i' => &mut flags.ignore_case,
                b'm' => &mut flags.multiline,
                b's' => &mut flags.dot_all,
                b'u' => &mut flags.unicode,
                b'v' => &mut flags.unicode_sets,
                b'y' => &mut flags.sticky,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        (!(flags.unicode && flags.unicode_sets)).then_some(flags)
    }

    /// Whether characters are code points and not UTF-16 units.
    pub(crate) fn is_unicode(self) -> bool {
        self.unicode || self.unicode_sets
    }

    /// The one flag that changes what a pattern may say.
    pub(super) fn mode(self) -> &'static str {
        match (self.unicode, self.unicode_sets) {
            (true, _) => "u",
            (_, true) => "v",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn only_the_flags_of_the_standard_are_read() {
        let parse = |text: &str| Flags::parse(text.encode_utf16());
        assert_eq!(parse(""), Some(Flags::default()));
        assert!(parse("dgimsuy").is_some_and(|flags| flags.sticky && flags.is_unicode()));
        assert!(parse("v").is_some_and(|flags| flags.is_unicode()));
        for wrong in ["gg", "uv", "x", "G", "ſ"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
