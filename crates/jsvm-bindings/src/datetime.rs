//! PocketBase's date-time: UTC with milliseconds, or nothing at all.
//!
//! The one rule: it always prints as `2006-01-02 15:04:05.000Z` or as an empty
//! text. Knows nothing of scripts and reads no clock but for [`DateTime::now`].

use jiff::{
    SignedDuration, Span, Timestamp, civil,
    fmt::strtime,
    tz::{Offset, TimeZone},
};
use std::fmt;

/// The first second of year 1; PocketBase: what no moment is in Go.
const YEAR_1: i64 = -62_135_596_800;

/// What PocketBase reads besides RFC 3339: forms of dates that others write.
const LAYOUTS: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f %:z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %y %H:%M %z",
    "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%a, %d %b %Y %H:%M:%S UTC",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S UTC %Y",
    "%a %b %e %H:%M:%S %Y",
    "%d %b %Y",
];

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
        Self::parse_in(text, &TimeZone::UTC)
    }

    /// As [`parse`](Self::parse); a text without an offset is of this zone.
    pub(crate) fn parse_in(text: &str, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        if is_iso(text) {
            if let Ok(at) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
                return Some(Self::from_timestamp(at));
            }
            let civil = text
                .parse::<civil::DateTime>()
                .or_else(|_| text.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)));
            if let Ok(civil) = civil {
                return Self::of(civil, zone);
            }
        }
        LAYOUTS.iter().find_map(|layout| {
            let parts = strtime::parse(layout, text).ok()?;
            match parts.to_timestamp() {
                Ok(at) => Some(Self::from_timestamp(at)),
                Err(_) => {
                    let time = parts.to_time().unwrap_or_default();
                    Self::of(parts.to_date().ok()?.to_datetime(time), zone)
                }
            }
        })
    }

    fn of(civil: civil::DateTime, zone: &TimeZone) -> Option<Self> {
        let at = civil.to_zoned(zone.clone()).ok()?;
        Some(Self::from_timestamp(at.timestamp()))
    }

    /// The moment so long after; none if it is out of reach.
    pub(crate) fn add(self, duration: SignedDuration) -> Self {
        let sum = self.timestamp().checked_add(duration);
        sum.map(Self::from_timestamp).unwrap_or_default()
    }

    /// So many years, months and days later, by the calendar of UTC.
    ///
    /// PocketBase: as in Go, a day that its month does not have is in the next
    /// month, so a month after January 31 is March 2 or 3.
    pub(crate) fn add_date(self, years: i64, months: i64, days: i64) -> Self {
        let moved = || {
            let at = Offset::UTC.to_datetime(self.timestamp());
            let months = years.checked_mul(12)?.checked_add(months)?;
            let first = at.first_of_month();
            let first = first
                .checked_add(Span::new().try_months(months).ok()?)
                .ok()?;
            let days = days.checked_add(i64::from(at.day()) - 1)?;
            let civil = first.checked_add(Span::new().try_days(days).ok()?).ok()?;
            Self::of(civil, &TimeZone::UTC)
        };
        moved().unwrap_or_default()
    }

    /// How long after another it is.
    pub(crate) fn since(self, other: Self) -> SignedDuration {
        self.timestamp().duration_since(other.timestamp())
    }

    fn timestamp(self) -> Timestamp {
        let none = || Timestamp::from_second(YEAR_1).unwrap_or(Timestamp::MIN);
        self.0.unwrap_or_else(none)
    }

    fn from_timestamp(at: Timestamp) -> Self {
        Timestamp::from_millisecond(at.as_millisecond())
            .map(|at| Self(Some(at).filter(|at| at.as_second() != YEAR_1)))
            .unwrap_or_default()
    }

    /// Whether there is no moment at all.
    pub fn is_zero(self) -> bool {
        self.0.is_none()
    }

    /// Seconds since 1970 began; PocketBase: year 1 if there is no moment.
    pub fn unix(self) -> i64 {
        self.timestamp().as_second()
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

/// `2006-01-02`, or with a time that has seconds, as the layouts of Go want it.
fn is_iso(text: &str) -> bool {
    let has_time = |time: &[u8]| matches!(time, [b'T' | b' ', _, _, b':', _, _, b':', ..]);
    match text.as_bytes().split_at_checked(10) {
        Some(([_, _, _, _, b'-', _, _, b'-', _, _], time)) => time.is_empty() || has_time(time),
        _ => false,
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
            ("2024-02-29 12:30:15 +0200", "2024-02-29 10:30:15.000Z"),
            ("2024-02-29 12:30:15.5 +02:00", "2024-02-29 10:30:15.500Z"),
            ("2024-02-29T12:30:15+0200", "2024-02-29 10:30:15.000Z"),
            (
                "Thu, 29 Feb 2024 12:30:15 +0200",
                "2024-02-29 10:30:15.000Z",
            ),
            ("Thu, 29 Feb 2024 12:30:15 GMT", "2024-02-29 12:30:15.000Z"),
            ("Thu Feb 29 12:30:15 2024", "2024-02-29 12:30:15.000Z"),
            ("29 Feb 2024", "2024-02-29 00:00:00.000Z"),
            ("2024-02-30", ""),
            ("2024-02-29 12:30", ""),
            ("2024-02-29T12:30Z", ""),
            ("20240229", ""),
            ("2024-02-29t12:30:15z", ""),
            ("soon", ""),
            ("", ""),
        ] {
            assert_eq!(
                DateTime::parse(given).unwrap_or_default().to_string(),
                wanted
            );
        }
    }

    #[test]
    fn a_zone_counts_where_no_offset_is_given() {
        for (zone, given, wanted) in [
            (
                "Europe/Sofia",
                "2023-01-01 00:00:00",
                "2022-12-31 22:00:00.000Z",
            ),
            ("CET", "2023-01-01 00:00:00.000", "2022-12-31 23:00:00.000Z"),
            ("CET", "2023-06-01 00:00:00", "2023-05-31 22:00:00.000Z"),
            ("CET", "2023-01-01 00:00:00Z", "2023-01-01 00:00:00.000Z"),
            (
                "CET",
                "2023-01-01 00:00:00 +0500",
                "2022-12-31 19:00:00.000Z",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let at = DateTime::parse_in(given, &zone).unwrap_or_default();
            assert_eq!(at.to_string(), wanted, "{given}");
        }
    }

    #[test]
    fn months_are_added_as_in_go() {
        let at = |text| DateTime::parse(text).unwrap();
        for (given, (years, months, days), wanted) in [
            ("2024-01-31", (0, 1, 0), "2024-03-02 00:00:00.000Z"),
            ("2024-01-31", (0, 1, 1), "2024-03-03 00:00:00.000Z"),
            ("2024-03-31", (-1, -1, -1), "2023-03-02 00:00:00.000Z"),
            ("2024-02-29 10:00:00", (1, 0, 0), "2025-03-01 10:00:00.000Z"),
            ("2024-01-01", (0, 14, 366), "2026-03-02 00:00:00.000Z"),
            ("2024-01-01", (i64::MAX, 1, 1), ""),
        ] {
            let moved = at(given).add_date(years, months, days);
            assert_eq!(moved.to_string(), wanted, "{given}");
        }
        let none = DateTime::default();
        assert_eq!(none.add(SignedDuration::ZERO), none);
        assert_eq!(none.add(SignedDuration::from_secs(1)).unix(), YEAR_1 + 1);
        assert_eq!(
            none.since(at("2024-01-01")).as_secs(),
            YEAR_1 - 1_704_067_200
        );
    }
}
