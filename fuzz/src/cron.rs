//! Expressions of cron jobs.

use arbitrary::{Result, Unstructured};
use jsvm::Schedule;

pub(crate) fn run(data: &[u8]) {
    let random = String::from_utf8_lossy(data);
    for text in [random.into_owned(), likely(data).unwrap_or_default()] {
        let Ok(schedule) = Schedule::parse(&text) else {
            continue;
        };
        let again = Schedule::parse(schedule.text()).expect("its own text is one");
        let is_ever_due = (0..60 * 24 * 366).any(|minute| schedule.is_due_at(minute * 60));
        for minute in (0..100_000).step_by(977) {
            let at = minute * 60;
            assert_eq!(schedule.is_due_at(at), again.is_due_at(at), "{text:?}");
            let is_due = schedule.is_due_at(at);
            assert!(is_ever_due || !is_due, "{text:?}");
            assert_eq!(is_due, schedule.is_due_at(at + 59), "{text:?}");
        }
    }
}

fn likely(data: &[u8]) -> Result<String> {
    const PARTS: &[&str] = &[
        "*", "0", "5", "59", "1-5", "*/7", "1-9/2", "1,2,3", "60", "7", "6", "31", "-", "", "a",
    ];
    let mut data = Unstructured::new(data);
    let mut fields = Vec::new();
    for _ in 0..data.int_in_range(4..=6)? {
        fields.push(*data.choose(PARTS)?);
    }
    Ok(fields.join(" "))
}
