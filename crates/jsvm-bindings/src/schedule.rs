//! When a job is due: PocketBase's cron expressions.
//!
//! The one rule: a minute is due if all five fields have it, so a day of the
//! month and a weekday must both fit. Reads no clock and starts nothing.

use std::{fmt, num::IntErrorKind};

/// A cron expression, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    /// One bit for each value of each field, in the order of [`FIELDS`].
    masks: [u64; 5],
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A word such as `@reboot`.
    #[error("`{0}` is no macro; use one of {MACRO_NAMES}, or five fields")]
    Macro(String),
    /// Too many fields, or too few.
    #[error(
        "`{text}` has {found} fields; write five with one space between them, {FIELD_NAMES}, such as `0 12 * * 1-5`"
    )]
    Fields {
        /// The whole expression.
        text: String,
        /// How many fields it has.
        found: usize,
    },
    /// Two spaces in a row, or one at an end.
    #[error("`{0}` has a space too many; write one space between fields and none around them")]
    Space(String),
    /// A part of one field.
    #[error("{field} `{part}`: {problem}")]
    Part {
        /// Which field.
        field: &'static str,
        /// The part between commas.
        part: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

const MACROS: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
const MACRO_NAMES: &str = "@yearly @annually @monthly @weekly @daily @midnight @hourly";
const FIELD_NAMES: &str = "minute hour day month weekday";

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        min: 0,
        max: 59,
    },
    Field {
        name: "hour",
        min: 0,
        max: 23,
    },
    Field {
        name: "day",
        min: 1,
        max: 31,
    },
    Field {
        name: "month",
        min: 1,
        max: 12,
    },
    Field {
        name: "weekday",
        min: 0,
        max: 6,
    },
];

impl Schedule {
    /// Reads a macro such as `@daily`, or five fields with single spaces
    /// between them: minute 0-59, hour 0-23, day 1-31, month 1-12 and weekday
    /// 0-6 with Sunday as 0.
    ///
    /// A field is a list with commas of `*`, `n`, `a-b`, `*/step` and
    /// `a-b/step`; names of months and weekdays are not known.
    ///
    /// # Errors
    ///
    /// What is wrong with which part, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let found = MACROS.iter().find(|(name, _)| *name == text);
        let text = found.map_or(text, |(_, fields)| fields);
        let fields: Vec<&str> = text.split(' ').collect();
        if fields.len() != FIELDS.len() {
            return Err(miscounted(text, &fields));
        }
        let mut masks = [0; 5];
        for ((mask, field), written) in masks.iter_mut().zip(&FIELDS).zip(&fields) {
            if written.is_empty() {
                return Err(ScheduleError::Space(text.to_owned()));
            }
            *mask = field.mask(written)?;
        }
        Ok(Self {
            text: text.to_owned(),
            masks,
        })
    }

    /// The five fields as written; those that a macro stands for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a minute is due; the weekday counts from Sunday as 0.
    ///
    /// Values that no field can have are never due.
    pub fn is_due(&self, minute: u8, hour: u8, day: u8, month: u8, weekday: u8) -> bool {
        let moment = [minute, hour, day, month, weekday];
        let is_set = |(mask, value): (&u64, u8)| value < 64 && (mask >> value) & 1 == 1;
        self.masks.iter().zip(moment).all(is_set)
    }

    /// Whether the minute of a moment is due, in UTC.
    ///
    /// Moments outside of the years that a calendar has are never due.
    pub fn is_due_at(&self, unix_seconds: i64) -> bool {
        let Ok(at) = jiff::Timestamp::from_second(unix_seconds) else {
            return false;
        };
        let at = jiff::tz::Offset::UTC.to_datetime(at);
        let parts = [
            at.minute(),
            at.hour(),
            at.day(),
            at.month(),
            at.weekday().to_sunday_zero_offset(),
        ];
        let [minute, hour, day, month, weekday] = parts.map(i8::unsigned_abs);
        self.is_due(minute, hour, day, month, weekday)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn miscounted(text: &str, fields: &[&str]) -> ScheduleError {
    let found = fields.iter().filter(|field| !field.is_empty()).count();
    match found {
        1 if text.starts_with('@') => ScheduleError::Macro(text.to_owned()),
        5 => ScheduleError::Space(text.to_owned()),
        _ => ScheduleError::Fields {
            text: text.to_owned(),
            found,
        },
    }
}

/// What one of the five fields may hold.
struct Field {
    name: &'static str,
    min: u8,
    max: u8,
}

impl Field {
    fn mask(&self, written: &str) -> Result<u64, ScheduleError> {
        written.split(',').try_fold(0, |mask, part| {
            let part_mask = self.part(part).map_err(|problem| ScheduleError::Part {
                field: self.name,
                part: part.to_owned(),
                problem,
            })?;
            Ok(mask | part_mask)
        })
    }

    /// The bits of `*`, `n` or `a-b`, with or without a step.
    fn part(&self, part: &str) -> Result<u64, String> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, self.step(step)?),
            None => (part, 1),
        };
        let (first, last) = self.range(range, step)?;
        let values = (first..=last).step_by(usize::from(step));
        Ok(values.fold(0, |mask, value| mask | (1 << value)))
    }

    fn range(&self, range: &str, step: u8) -> Result<(u8, u8), String> {
        if range == "*" {
            return Ok((self.min, self.max));
        }
        let Some((first, last)) = range.split_once('-') else {
            let value = self.value(range)?;
            if step > 1 {
                return Err(format!(
                    "a step needs a range; write {value}-{}/{step} or */{step}",
                    self.max
                ));
            }
            return Ok((value, value));
        };
        let (first, last) = (self.value(first)?, self.value(last)?);
        if last < first {
            return Err(format!(
                "the range ends before it starts; write {last}-{first}, or two ranges with a comma"
            ));
        }
        Ok((first, last))
    }

    fn step(&self, text: &str) -> Result<u8, String> {
        let step = number(text).filter(|step| (1..=self.max).contains(step));
        step.ok_or_else(|| {
            format!(
                "the step {} is no number from 1 to {}",
                quoted(text),
                self.max
            )
        })
    }

    fn value(&self, text: &str) -> Result<u8, String> {
        let value = number(text).filter(|value| (self.min..=self.max).contains(value));
        value.ok_or_else(|| {
            let hint = match (self.name, text) {
                ("weekday", "7") => ", Sunday is 0",
                ("weekday" | "month", _) if number(text).is_none() => ", names are not known",
                _ => "",
            };
            format!(
                "{} is no number from {} to {}{hint}",
                quoted(text),
                self.min,
                self.max
            )
        })
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// A number as Go reads it: `+5` and `007` are numbers too.
fn number(text: &str) -> Option<u8> {
    match text.parse::<u8>() {
        Ok(number) => Some(number),
        // No field has room for it, which tells more than that it is no number.
        Err(err) if *err.kind() == IntErrorKind::PosOverflow => Some(u8::MAX),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_shown_as_written_and_macros_expanded() {
        for (given, wanted) in [
            ("* * * * *", "* * * * *"),
            ("*/15 0-6 1,15 * *", "*/15 0-6 1,15 * *"),
            ("@yearly", "0 0 1 1 *"),
            ("@annually", "0 0 1 1 *"),
            ("@monthly", "0 0 1 * *"),
            ("@weekly", "0 0 * * 0"),
            ("@daily", "0 0 * * *"),
            ("@midnight", "0 0 * * *"),
            ("@hourly", "0 * * * *"),
        ] {
            let schedule = Schedule::parse(given).unwrap();
            assert_eq!(
                (schedule.text(), schedule.to_string()),
                (wanted, wanted.to_owned())
            );
        }
        assert_eq!(
            MACROS
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(" "),
            MACRO_NAMES
        );
        assert_eq!(FIELDS.map(|field| field.name).join(" "), FIELD_NAMES);
    }

    #[test]
    fn fields_have_the_values_that_they_name() {
        for (written, wanted) in [
            ("*", &[0, 1, 2, 3, 4, 5, 6][..]),
            ("0", &[0]),
            ("6", &[6]),
            ("+5", &[5]),
            ("0002", &[2]),
            ("1-3", &[1, 2, 3]),
            ("3-3", &[3]),
            ("*/2", &[0, 2, 4, 6]),
            ("*/6", &[0, 6]),
            ("1-6/2", &[1, 3, 5]),
            ("1-6/+4", &[1, 5]),
            ("5/1", &[5]),
            ("1,3,5-6", &[1, 3, 5, 6]),
            ("1,1,*", &[0, 1, 2, 3, 4, 5, 6]),
        ] {
            let schedule = Schedule::parse(&format!("* * * * {written}")).unwrap();
            let due: Vec<u8> = (0..=255)
                .filter(|weekday| schedule.is_due(0, 0, 1, 1, *weekday))
                .collect();
            assert_eq!(due, wanted, "{written}");
        }
    }

    #[test]
    fn the_limits_of_each_field_are_its_own() {
        for (good, bad) in [
            (
                "59 23 31 12 6",
                [
                    "60 * * * *",
                    "* 24 * * *",
                    "* * 32 * *",
                    "* * * 13 *",
                    "* * * * 7",
                ],
            ),
            (
                "0 0 1 1 0",
                [
                    "-1 * * * *",
                    "* -0 * * *",
                    "* * 0 * *",
                    "* * * 0 *",
                    "* * * * -1",
                ],
            ),
            (
                "*/59 */23 */31 */12 */6",
                [
                    "*/60 * * * *",
                    "* */24 * * *",
                    "* * */32 * *",
                    "* * * */13 *",
                    "* * * * */7",
                ],
            ),
        ] {
            assert!(Schedule::parse(good).is_ok(), "{good}");
            for text in bad {
                assert!(Schedule::parse(text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn messages_name_the_part_and_the_cure() {
        for (given, wanted) in [
            (
                "",
                "`` has 0 fields; write five with one space between them, minute hour day month weekday, such as `0 12 * * 1-5`",
            ),
            (
                "* * * *",
                "`* * * *` has 4 fields; write five with one space between them, minute hour day month weekday, such as `0 12 * * 1-5`",
            ),
            (
                "0 * * * * *",
                "`0 * * * * *` has 6 fields; write five with one space between them, minute hour day month weekday, such as `0 12 * * 1-5`",
            ),
            (
                "*  * * * *",
                "`*  * * * *` has a space too many; write one space between fields and none around them",
            ),
            (
                " * * * *",
                "` * * * *` has a space too many; write one space between fields and none around them",
            ),
            (
                "@reboot",
                "`@reboot` is no macro; use one of @yearly @annually @monthly @weekly @daily @midnight @hourly, or five fields",
            ),
            (
                "@Daily",
                "`@Daily` is no macro; use one of @yearly @annually @monthly @weekly @daily @midnight @hourly, or five fields",
            ),
            ("60 * * * *", "minute `60`: `60` is no number from 0 to 59"),
            (
                "* 99999999999 * * *",
                "hour `99999999999`: `99999999999` is no number from 0 to 23",
            ),
            ("* * 1- * *", "day `1-`: nothing is no number from 1 to 31"),
            (
                "* * * jan *",
                "month `jan`: `jan` is no number from 1 to 12, names are not known",
            ),
            (
                "* * * * 7",
                "weekday `7`: `7` is no number from 0 to 6, Sunday is 0",
            ),
            (
                "* * * * mon",
                "weekday `mon`: `mon` is no number from 0 to 6, names are not known",
            ),
            (
                "5/2 * * * *",
                "minute `5/2`: a step needs a range; write 5-59/2 or */2",
            ),
            (
                "*/0 * * * *",
                "minute `*/0`: the step `0` is no number from 1 to 59",
            ),
            (
                "*/ * * * *",
                "minute `*/`: the step nothing is no number from 1 to 59",
            ),
            (
                "*/2/3 * * * *",
                "minute `*/2/3`: the step `2/3` is no number from 1 to 59",
            ),
            (
                "1,30-10 * * * *",
                "minute `30-10`: the range ends before it starts; write 10-30, or two ranges with a comma",
            ),
        ] {
            assert_eq!(Schedule::parse(given).unwrap_err().to_string(), wanted);
        }
    }

    #[test]
    fn what_pocketbase_rejects_is_rejected() {
        for text in [
            "a b c d e",
            "*\t* * * *",
            "* * * * *\n",
            "1-2-3 * * * *",
            ",1 * * * *",
            "1, * * * *",
            "*-5 * * * *",
            "?/5 * * * *",
            "L * * * *",
            "1.5 * * * *",
            "1_0 * * * *",
            "１ * * * *",
            "* * * * sun-mon",
            "*/-1 * * * *",
            "** * * * *",
            "-5 * * * *",
            "0x1 * * * *",
            "@hourly ",
            "@every 1h",
            "* * * * 1#2",
            "/ * * * *",
        ] {
            assert!(Schedule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_five_fields_must_fit() {
        let friday_13 = Schedule::parse("0 12 13 * 5").unwrap();
        assert!(friday_13.is_due(0, 12, 13, 9, 5));
        assert!(
            !friday_13.is_due(0, 12, 13, 9, 4),
            "the day alone is not enough"
        );
        assert!(
            !friday_13.is_due(0, 12, 14, 9, 5),
            "the weekday alone is not enough"
        );
        assert!(!friday_13.is_due(1, 12, 13, 9, 5) && !friday_13.is_due(0, 11, 13, 9, 5));
        assert!(!friday_13.is_due(64, 76, 77, 73, 69), "no wrap around");
    }

    #[test]
    fn moments_are_in_utc() {
        let leap_noon = 1_709_208_015; // 2024-02-29 12:00:15, a Thursday.
        for (text, is_due) in [
            ("* * * * *", true),
            ("0 12 29 2 4", true),
            ("0 12 29 2 0", false),
            ("@daily", false),
            ("@hourly", true),
        ] {
            assert_eq!(
                Schedule::parse(text).unwrap().is_due_at(leap_noon),
                is_due,
                "{text}"
            );
        }
        let always = Schedule::parse("* * * * *").unwrap();
        assert!(always.is_due_at(-1) && Schedule::parse("59 23 31 12 3").unwrap().is_due_at(-1));
        assert!(!always.is_due_at(i64::MAX) && !always.is_due_at(i64::MIN));
    }
}
