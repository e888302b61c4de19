//! PocketBase's date-time: UTC with milliseconds, or nothing at all.
//!
//! The one rule: it always prints as `2006-01-02 15:04:05.000Z` or as an empty
//! text. Knows nothing of scripts and reads no clock but for [`DateTime::now`].

use jiff::{
    Timestamp, civil,
    tz::{Offset, TimeZone},
};
use std::fmt;

/// A moment in UTC, to the millisecond; the default is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct DateTime(Option<Timestamp>);

impl DateTime {
    /// This moment.
    pub fn now() -> Self {
        Self::from_timestamp(Timestamp::now())
    }

    /// So many seconds after 1970 began.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        Timestamp::from_second(seconds)
            .ok()
            .map(Self::from_timestamp)
    }

    /// So many milliseconds after 1970 began.
    pub fn from_unix_milliseconds(milliseconds: i64) -> Option<Self> {
        Timestamp::from_millisecond(milliseconds)
            .ok()
            .map(Self::from_timestamp)
    }

    /// Reads the usual forms: a date, a date and a time with a space or a `T`,
    /// with or without a fraction and an offset; without one it is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(at) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
            return Some(Self::from_timestamp(at));
        }
        let civil = text
            .parse::<civil::DateTime>()
            .or_else(|_| text.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)))
            .ok()?;
        let at = civil.to_zoned(TimeZone::fixed(Offset::UTC)).ok()?;
        Some(Self::from_timestamp(at.timestamp()))
    }

    fn from_timestamp(at: Timestamp) -> Self {
        Timestamp::from_millisecond(at.as_millisecond())
            .map(|at| Self(Some(at)))
            .unwrap_or_default()
    }

    /// Whether there is no moment at all.
    pub fn is_zero(self) -> bool {
        self.0.is_none()
    }

    /// Seconds since 1970 began; PocketBase: year 1 if there is no moment.
    pub fn unix(self) -> i64 {
        self.0.map_or(-62_135_596_800, Timestamp::as_second)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = self.0 else { return Ok(()) };
        let at = Offset::UTC.to_datetime(at);
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_read() {
        for (given, wanted) in [
            ("2024-02-29 12:30:15.250Z", "2024-02-29 12:30:15.250Z"),
            ("2024-02-29T12:30:15Z", "2024-02-29 12:30:15.000Z"),
            ("2024-02-29T12:30:15+02:00", "2024-02-29 10:30:15.000Z"),
            ("2024-02-29 12:30:15", "2024-02-29 12:30:15.000Z"),
            ("2024-02-29", "2024-02-29 00:00:00.000Z"),
            ("2024-02-30", ""),
            ("soon", ""),
            ("", ""),
        ] {
            assert_eq!(
                DateTime::parse(given).unwrap_or_default().to_string(),
                wanted
            );
        }
    }
}
