//! Dates from texts in other forms than the standard's.
//!
//! The one rule: what the engine reads stays as it is; a text that it cannot
//! read is tried in the forms that other engines take, among them PocketBase's
//! own `2006-01-02 15:04:05.000Z`.

use super::{Guard, arg, buffers::replace_class, replace};
use crate::shared::Shared;
use boa_engine::{
    Context, JsResult, JsValue, builtins::date::Date, js_string, value::PreferredType,
};
use std::fmt::Write;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let constructor = context.intrinsics().constructors().date().constructor();
    replace(&constructor, "parse", parse, shared, context)?;
    let prototype = context.intrinsics().constructors().date().prototype();
    replace(&prototype, "toLocaleString", whole, shared, context)?;
    replace(&prototype, "toLocaleDateString", day, shared, context)?;
    replace(&prototype, "toLocaleTimeString", time, shared, context)?;
    replace_class("Date", date, shared, context)
}

fn parse(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = arg(args, 0).to_string(context)?;
    let read = guard.originals[0].call(this, &[text.clone().into()], context)?;
    let other = match read.as_number().is_some_and(f64::is_nan) {
        true => text.to_std_string().ok().and_then(|text| standard(&text)),
        false => None,
    };
    match other {
        Some(text) => guard.originals[0].call(this, &[js_string!(text).into()], context),
        None => Ok(read),
    }
}

/// `new Date(…)` and `Date()`.
fn date(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let original = &guard.originals[0];
    // Constructors get their `new.target` as `this`.
    let Some(target) = this.as_object() else {
        return original.call(this, args, context);
    };
    let mut args = args.to_vec();
    if let [only] = &mut args[..] {
        let is_date = only.as_object().is_some_and(|it| it.is::<Date>());
        if !is_date {
            *only = only.to_primitive(context, PreferredType::Default)?;
        }
        if only.is_string() {
            let parse = original.get(js_string!("parse"), context)?;
            let parse = parse
                .as_callable()
                .ok_or_else(|| super::missing("Date.parse"))?;
            *only = parse.call(&JsValue::undefined(), std::slice::from_ref(only), context)?;
        }
    }
    let made = original.construct(&args, Some(&target), context)?;
    Ok(made.into())
}

/// PocketBase: `12/31/2026, 23:59:59`, whatever the arguments say.
fn whole(guard: &Guard, this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    localized(guard, this, context, |day, time| format!("{day}, {time}"))
}

fn day(guard: &Guard, this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    localized(guard, this, context, |day, _| day.to_owned())
}

fn time(guard: &Guard, this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    localized(guard, this, context, |_, time| time.to_owned())
}

/// Another form of what the engine says, which is
/// `Thu Dec 31 2026 23:59:59 GMT+0000`.
fn localized(
    guard: &Guard,
    this: &JsValue,
    context: &mut Context,
    form: fn(&str, &str) -> String,
) -> JsResult<JsValue> {
    let told = guard.originals[0].call(this, &[], context)?;
    let text = told.to_string(context)?.to_std_string_lossy();
    let words: Vec<_> = text.split(' ').collect();
    let &[_, month, day, year, time, _] = &words[..] else {
        // `Invalid Date`
        return Ok(told);
    };
    let month = MONTHS.iter().position(|it| it.eq_ignore_ascii_case(month));
    let month = month.map_or(0, |index| index + 1);
    let text = form(&format!("{month:02}/{day}/{year}"), time);
    Ok(js_string!(text).into())
}

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// What a text in another form says of a date.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i64>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<(u32, u32, u32, u32)>,
    /// `Z` or `+01:00`; none is local time.
    zone: Option<String>,
}

/// The text in the standard's form, if it is a date at all.
fn standard(text: &str) -> Option<String> {
    const LONGEST: usize = 200;
    if text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    let mut parts = Parts::default();
    // `(Central European Time)` and the like say nothing new.
    let text = text.split('(').next().unwrap_or_default().replace(',', " ");
    for word in text.split_ascii_whitespace() {
        let is_known = match word.split_once(['T', 't']) {
            Some((date, time)) if date.ends_with(|it: char| it.is_ascii_digit()) => {
                parts.numbers(date) && parts.time(time)
            }
            _ => parts.word(word),
        };
        if !is_known {
            return None;
        }
    }
    parts.text()
}

impl Parts {
    fn word(&mut self, word: &str) -> bool {
        match word.as_bytes() {
            _ if word.contains(':') && !word.starts_with(['+', '-']) => self.time(word),
            [b'+' | b'-', ..] if self.time.is_some() => self.zone(word),
            [first, ..] if first.is_ascii_digit() => self.numbers(word),
            _ => self.name(word),
        }
    }

    /// A month, a weekday, a zone, or the half of a day.
    fn name(&mut self, word: &str) -> bool {
        const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let word = word.trim_end_matches('.').to_ascii_lowercase();
        match word.as_str() {
            "am" | "pm" => return self.half(word == "pm"),
            "z" | "utc" | "gmt" => return self.zone("Z"),
            _ => {}
        }
        if let Some(offset) = word
            .strip_prefix("gmt")
            .or_else(|| word.strip_prefix("utc"))
        {
            return self.zone(offset);
        }
        let Some(start) = word.get(..3) else {
            return false;
        };
        if let (Some(month), None) = (MONTHS.iter().position(|it| *it == start), self.month) {
            self.month = u32::try_from(month + 1).ok();
            return true;
        }
        DAYS.contains(&start)
    }

    /// `2024-05-06`, `5/6/2024`, a day, or a year.
    fn numbers(&mut self, word: &str) -> bool {
        let separator = if word.contains('/') { '/' } else { '-' };
        let parts: Vec<&str> = word.split(separator).collect();
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 4);
        match parts[..] {
            [year, month, day] if year.len() == 4 => {
                (self.month, self.day) = (number(month), number(day));
                self.set_year(number(year))
            }
            [month, day, year] if separator == '/' => {
                (self.month, self.day) = (number(month), number(day));
                self.set_year(number(year))
            }
            [only] if only.len() <= 2 && self.day.is_none() => {
                self.day = number(only);
                self.day.is_some()
            }
            [only] => self.set_year(number(only)),
            _ => false,
        }
    }

    /// Years of two digits are of 1950 to 2049, as everywhere.
    fn set_year(&mut self, year: Option<u32>) -> bool {
        let is_new = self.year.is_none() && year.is_some();
        self.year = year.map(|year| match year {
            0..50 => 2000 + i64::from(year),
            50..100 => 1900 + i64::from(year),
            _ => i64::from(year),
        });
        is_new
    }

    /// `10:20`, `10:20:30`, `10:20:30.123456`, with a zone behind or not.
    fn time(&mut self, word: &str) -> bool {
        let end = word
            .find(|it: char| !it.is_ascii_digit() && it != ':' && it != '.')
            .unwrap_or(word.len());
        let (time, zone) = word.split_at(end);
        let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
        let numbers: Option<Vec<u32>> = time.split(':').map(|it| it.parse().ok()).collect();
        let (hour, minute, second) = match numbers.as_deref() {
            Some(&[hour, minute]) => (hour, minute, 0),
            Some(&[hour, minute, second]) => (hour, minute, second),
            _ => return false,
        };
        let milliseconds = format!("{fraction:0<3}")[..3].parse().unwrap_or(0);
        let is_new = self.time.is_none();
        self.time = Some((hour, minute, second, milliseconds));
        is_new && (zone.is_empty() || self.word(zone))
    }

    fn half(&mut self, is_afternoon: bool) -> bool {
        let Some((hour @ 1..=12, minute, second, milliseconds)) = self.time else {
            return false;
        };
        let hour = hour % 12 + if is_afternoon { 12 } else { 0 };
        self.time = Some((hour, minute, second, milliseconds));
        true
    }

    /// `Z`, `+0100`, `+01:00` or `+1`.
    fn zone(&mut self, text: &str) -> bool {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let sign = if text.starts_with('-') { '-' } else { '+' };
        let zone = match digits.len() {
            0 if text.eq_ignore_ascii_case("z") => "Z".to_owned(),
            1 | 2 => format!("{sign}{digits:0>2}:00"),
            4 => format!("{sign}{}:{}", &digits[..2], &digits[2..]),
            _ => return false,
        };
        // `GMT+0100`, and `+0000 UTC` as Go prints it.
        let is_new = self
            .zone
            .as_deref()
            .is_none_or(|it| it == "Z" || zone == "Z");
        if self.zone.as_deref().is_none_or(|it| it == "Z") {
            self.zone = Some(zone);
        }
        is_new
    }

    fn text(&self) -> Option<String> {
        let (year, month, day) = (self.year?, self.month?, self.day?);
        let (hour, minute, second, milliseconds) = self.time.unwrap_or_default();
        let mut text = format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}"
        );
        // Writing to a text cannot fail.
        let _ = write!(text, "{}", self.zone.as_deref().unwrap_or_default());
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_become_the_standards() {
        for (given, wanted) in [
            ("2024-05-06 07:08:09.123Z", "2024-05-06T07:08:09.123Z"),
            ("2024-05-06 07:08:09.123456Z", "2024-05-06T07:08:09.123Z"),
            (
                "2024-05-06T07:08:09.5+0200",
                "2024-05-06T07:08:09.500+02:00",
            ),
            ("2024-05-06 07:08:09", "2024-05-06T07:08:09.000"),
            ("2024-05-06 07:08 -05:00", "2024-05-06T07:08:00.000-05:00"),
            (
                "2024-05-06 07:08:09.1 +0000 UTC",
                "2024-05-06T07:08:09.100+00:00",
            ),
            (
                "Mon, 06 May 2024 07:08:09 +0200",
                "2024-05-06T07:08:09.000+02:00",
            ),
            (
                "Mon May 06 2024 07:08:09 GMT+0200 (CEST)",
                "2024-05-06T07:08:09.000+02:00",
            ),
            ("May 6, 2024", "2024-05-06T00:00:00.000"),
            ("6 May 2024 7:08 PM", "2024-05-06T19:08:00.000"),
            ("5/6/2024 12:00 am", "2024-05-06T00:00:00.000"),
            ("5/6/24", "2024-05-06T00:00:00.000"),
        ] {
            assert_eq!(standard(given).as_deref(), Some(wanted), "{given}");
        }
        for none in [
            "",
            "soon",
            "2024",
            "May",
            "10:20",
            "1 2 3",
            "2024-05-06 x",
            "a-b-c",
            "99:99:99:99",
        ] {
            assert_eq!(standard(none), None, "{none}");
        }
    }
}
