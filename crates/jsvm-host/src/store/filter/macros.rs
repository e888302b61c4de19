//! `@now` and the other names for moments.
//!
//! The one rule: all macros of one query see the same moment, in UTC. Reads no
//! clock itself.

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
    tz::Offset,
};
use rusqlite::types::Value as Sql;

/// What a macro stands for, `None` if there is no such macro.
pub(super) fn value(name: &str, now: Timestamp) -> Option<Sql> {
    let at = Offset::UTC.to_datetime(now);
    let number = |number: i64| Some(Sql::Real(number as f64));
    let moment = |at: DateTime| Some(Sql::Text(format(at)));
    let (start, end) = (Time::midnight(), Time::constant(23, 59, 59, 999_000_000));
    let date = at.date();
    match name {
        "@now" => moment(at),
        "@yesterday" => moment(at.yesterday().unwrap_or(at)),
        "@tomorrow" => moment(at.tomorrow().unwrap_or(at)),
        "@second" => number(at.second().into()),
        "@minute" => number(at.minute().into()),
        "@hour" => number(at.hour().into()),
        "@day" => number(at.day().into()),
        "@month" => number(at.month().into()),
        "@year" => number(at.year().into()),
        "@weekday" => number(at.weekday().to_sunday_zero_offset().into()),
        "@todayStart" => moment(date.to_datetime(start)),
        "@todayEnd" => moment(date.to_datetime(end)),
        "@monthStart" => moment(date.first_of_month().to_datetime(start)),
        "@monthEnd" => moment(date.last_of_month().to_datetime(end)),
        "@yearStart" => moment(date.first_of_year().to_datetime(start)),
        "@yearEnd" => moment(date.last_of_year().to_datetime(end)),
        _ => None,
    }
}

fn format(at: DateTime) -> String {
    Offset::UTC
        .to_timestamp(at)
        .ok()
        .and_then(|at| jsvm::DateTime::from_unix_milliseconds(at.as_millisecond()))
        .unwrap_or_default()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_macro_stands_for_a_moment() {
        let now = "2024-02-29T12:30:15.25Z".parse().unwrap();
        for (name, wanted) in [
            ("@now", "2024-02-29 12:30:15.250Z"),
            ("@yesterday", "2024-02-28 12:30:15.250Z"),
            ("@tomorrow", "2024-03-01 12:30:15.250Z"),
            ("@todayStart", "2024-02-29 00:00:00.000Z"),
            ("@todayEnd", "2024-02-29 23:59:59.999Z"),
            ("@monthStart", "2024-02-01 00:00:00.000Z"),
            ("@monthEnd", "2024-02-29 23:59:59.999Z"),
            ("@yearStart", "2024-01-01 00:00:00.000Z"),
            ("@yearEnd", "2024-12-31 23:59:59.999Z"),
        ] {
            assert_eq!(value(name, now), Some(Sql::Text(wanted.into())), "{name}");
        }
        for (name, wanted) in [
            ("@second", 15.0),
            ("@minute", 30.0),
            ("@hour", 12.0),
            ("@day", 29.0),
            ("@month", 2.0),
            ("@year", 2024.0),
            ("@weekday", 4.0),
        ] {
            assert_eq!(value(name, now), Some(Sql::Real(wanted)), "{name}");
        }
        assert_eq!(value("@noon", now), None);
    }
}
