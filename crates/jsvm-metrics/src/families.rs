//! Numbers under their names: what exporters write out.
//!
//! One rule: each number is read once and named once, here; an exporter only
//! knows forms.

use crate::{
    histogram::Histogram,
    instruments::{self as all, Instrument},
    metrics::Count,
    registry::Name,
    snapshot::{Series, Snapshot, is_limit},
};

/// What the layers beside this one tell of themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Workers.
    pub pool_size: u64,
    /// Workers that run something.
    pub pool_busy: u64,
    /// Events that wait for a worker.
    pub queue_depth: u64,
    /// Workers that were left behind.
    pub abandoned: u64,
    /// Workers made in place of lost ones.
    pub replaced: u64,
    /// Sources whose program was in the cache.
    pub program_hits: u64,
    /// Sources that were compiled.
    pub program_misses: u64,
    /// Programs that left the cache to make room.
    pub evictions: u64,
    /// What the programs in the cache weigh.
    pub program_bytes: u64,
}

/// All series of one instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Which instrument.
    pub instrument: &'static Instrument,
    /// Its series.
    pub points: Vec<Point>,
}

/// One series of an instrument at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Whether it stands for all that has no series of its own.
    pub is_overflow: bool,
    /// What it is about: attributes by their fixed names.
    pub attributes: Vec<(&'static str, String)>,
    /// Its value.
    pub value: Value,
}

/// A value of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A count, or a size.
    Number(u64),
    /// Times in buckets.
    Times(Box<Histogram>),
}

/// All numbers under their names, in the order of the instruments.
#[must_use]
pub fn families(snapshot: &Snapshot, readings: &Readings) -> Vec<Family> {
    let one = |instrument, number| family(instrument, vec![Point::plain(Value::Number(number))]);
    let counted = |instrument, count, attribute| counts(snapshot, instrument, count, attribute);
    let families = vec![
        each_outcome(snapshot, &all::DURATION, |_, times| Some(times_of(times))),
        each_outcome(snapshot, &all::EXECUTIONS, |_, times| count(times)),
        errors(snapshot),
        each_series(snapshot, &all::TIMEOUTS, |series| number(series.timeouts())),
        one(&all::POOL_SIZE, readings.pool_size),
        one(&all::POOL_BUSY, readings.pool_busy),
        each_series(snapshot, &all::CACHE_HITS, |series| {
            number(series.cache_hits)
        }),
        each_series(snapshot, &all::CACHE_MISSES, |series| {
            number(series.cache_misses())
        }),
        each_series(snapshot, &all::QUEUE_WAIT, |series| {
            Some(times_of(&series.wait)).filter(|_| series.wait.count() > 0)
        }),
        one(&all::QUEUE_DEPTH, readings.queue_depth),
        limits(snapshot),
        each_series(snapshot, &all::ALLOCATED, |series| {
            series.memory.map(|(allocated, _)| Value::Number(allocated))
        }),
        each_series(snapshot, &all::PEAK, |series| {
            series.memory.map(|(_, peak)| Value::Number(peak))
        }),
        one(&all::ABANDONED, readings.abandoned),
        one(&all::REPLACED, readings.replaced),
        counted(&all::REFUSED, Count::Refused, "reason"),
        family(
            &all::COMPILE,
            vec![Point::plain(times_of(&snapshot.compile))],
        ),
        counted(&all::RELOADS, Count::Reload, "result"),
        one(&all::PROGRAM_HITS, readings.program_hits),
        one(&all::PROGRAM_MISSES, readings.program_misses),
        one(&all::EVICTIONS, readings.evictions),
        one(&all::PROGRAM_BYTES, readings.program_bytes),
        counted(&all::DROPPED, Count::Dropped, "target"),
    ];
    families
}

fn family(instrument: &'static Instrument, points: Vec<Point>) -> Family {
    Family { instrument, points }
}

fn times_of(times: &Histogram) -> Value {
    Value::Times(Box::new(*times))
}

fn number(number: u64) -> Option<Value> {
    Some(Value::Number(number))
}

fn count(times: &Histogram) -> Option<Value> {
    number(times.count())
}

fn each_outcome(
    snapshot: &Snapshot,
    instrument: &'static Instrument,
    value: impl Fn(&str, &Histogram) -> Option<Value>,
) -> Family {
    let mut points = Vec::new();
    for series in &snapshot.series {
        for (label, times) in &series.outcomes {
            if let Some(value) = value(label, times) {
                points.push(Point::of(series, value).with("outcome", label));
            }
        }
    }
    family(instrument, points)
}

fn each_series(
    snapshot: &Snapshot,
    instrument: &'static Instrument,
    value: impl Fn(&Series) -> Option<Value>,
) -> Family {
    let ran = snapshot.series.iter();
    let points = ran.filter_map(|series| Some(Point::of(series, value(series)?)));
    family(instrument, points.collect())
}

/// Errors are told even if there were none, so that rates can be taken from
/// the first one on.
fn errors(snapshot: &Snapshot) -> Family {
    let mut points = Vec::new();
    for series in &snapshot.series {
        let mut add = |label, number| {
            let value = Value::Number(number);
            points.push(Point::of(series, value).with("outcome", label));
        };
        let failed = series.outcomes.iter().filter(|(label, _)| *label != "ok");
        if failed.clone().all(|(label, _)| *label != "error") {
            add("error", 0);
        }
        failed.for_each(|(label, times)| add(label, times.count()));
    }
    family(&all::ERRORS, points)
}

fn limits(snapshot: &Snapshot) -> Family {
    let mut points = Vec::new();
    for series in &snapshot.series {
        for (label, times) in &series.outcomes {
            if is_limit(label) {
                let value = Value::Number(times.count());
                points.push(Point::of(series, value).with("limit", label));
            }
        }
    }
    family(&all::LIMITS, points)
}

fn counts(
    snapshot: &Snapshot,
    instrument: &'static Instrument,
    wanted: Count,
    attribute: &'static str,
) -> Family {
    let counts = snapshot.counts.iter();
    let points = counts
        .filter(|((count, _), _)| *count == wanted)
        .map(|((_, word), number)| Point::plain(Value::Number(*number)).with(attribute, word));
    family(instrument, points.collect())
}

impl Point {
    fn plain(value: Value) -> Self {
        Self {
            is_overflow: false,
            attributes: Vec::new(),
            value,
        }
    }

    fn of(series: &Series, value: Value) -> Self {
        let mut point = Self::plain(value);
        match &series.name {
            None => point.is_overflow = true,
            Some(Name { hook, collection }) => {
                point = point.with("hook", hook);
                if let Some(collection) = collection {
                    point = point.with("collection", collection);
                }
            }
        }
        point
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.attributes.push((name, value.to_owned()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::INSTRUMENTS;

    #[test]
    fn every_instrument_is_filled_in_its_order() {
        let families = families(&Snapshot::default(), &Readings::default());
        let filled: Vec<_> = families.iter().map(|family| family.instrument).collect();
        assert_eq!(filled, INSTRUMENTS);
    }
}
