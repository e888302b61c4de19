//! Which part of a file a client asks for, and whether it has it already.
//!
//! The one rule: what is not well formed is ignored, as RFC 9110 says. Several
//! parts at once are answered with the whole.

use std::{ops::Range, time::SystemTime};

/// What `Range` asks of so many bytes: `None` is the whole, and inside, `None`
/// is a part that there is not.
pub(super) fn asked_for(header: &str, size: usize) -> Option<Option<Range<usize>>> {
    let range = header.strip_prefix("bytes=")?.trim();
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let length: usize = digits(last)?;
        let part = size.saturating_sub(length)..size;
        return Some((length > 0 && !part.is_empty()).then_some(part));
    }
    let first = digits(first)?;
    let end = match last {
        "" => size,
        last => digits(last)?.saturating_add(1).min(size),
    };
    if !last.is_empty() && digits(last)? < first {
        return None;
    }
    Some((first < size).then_some(first..end))
}

/// A number without a sign; one that is too large is the largest.
fn digits(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}

/// Whether a client that has the file of this date need not get it again.
pub(super) fn is_known(header: &str, modified: SystemTime) -> bool {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let (Ok(known), Ok(modified)) = (
        parser.parse_timestamp(header),
        jiff::Timestamp::try_from(modified),
    ) else {
        return false;
    };
    // The header has no fractions of seconds.
    modified.as_second() <= known.as_second()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn parts_are_read_as_asked() {
        for (header, wanted) in [
            ("bytes=0-1", Some(Some(0..2))),
            ("bytes=2-", Some(Some(2..5))),
            ("bytes=-2", Some(Some(3..5))),
            ("bytes=-9", Some(Some(0..5))),
            ("bytes=4-99999999999999999999999", Some(Some(4..5))),
            ("bytes=5-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=3-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("bytes=a-", None),
            ("items=0-1", None),
            ("", None),
        ] {
            assert_eq!(asked_for(header, 5), wanted, "{header}");
        }
        assert_eq!(asked_for("bytes=0-", 0), Some(None));
    }

    #[test]
    fn dates_are_compared_in_seconds() {
        let at =
            |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 500);
        let date = "Thu, 01 Jan 1970 00:01:00 GMT";
        assert!(is_known(date, at(60)) && is_known(date, at(1)));
        assert!(!is_known(date, at(61)) && !is_known("yesterday", at(0)));
    }
}
