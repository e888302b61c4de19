//! The instruments: what is exported, under which names.
//!
//! One rule: this table is the only place where an instrument has a name, a
//! unit and a meaning; exporters and the reference page are made of it.
//! This module does not know where the numbers come from.

use std::fmt::Write;

/// How instruments are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// Fixed names with the unit in them; times are in milliseconds.
    #[default]
    Fixed,
    /// As OpenTelemetry's conventions want them: dotted names, the unit apart,
    /// times in seconds.
    Semconv,
}

impl Naming {
    /// The naming of that name: `fixed` or `semconv`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "fixed" => Some(Self::Fixed),
            "semconv" => Some(Self::Semconv),
            _ => None,
        }
    }
}

/// What an instrument does with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A sum that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// How many values fell into which bucket.
    Histogram,
}

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time.
    Time,
    /// A number of bytes.
    Bytes,
    /// A number of things of this name.
    Count(&'static str),
}

/// One instrument.
#[derive(Debug, PartialEq, Eq)]
pub struct Instrument {
    /// The fixed name.
    pub name: &'static str,
    /// The name by OpenTelemetry's conventions.
    pub semconv: &'static str,
    /// What it does with its values.
    pub kind: Kind,
    /// What the values are.
    pub unit: Unit,
    /// Which attributes its series can have.
    pub attributes: &'static [&'static str],
    /// What it means.
    pub about: &'static str,
}

macro_rules! instruments {
    ($($id:ident $kind:ident $unit:expr, $name:literal $semconv:literal
        [$($attribute:literal)*] $about:literal)*) => {
        $(pub(crate) static $id: Instrument = Instrument {
            name: $name,
            semconv: $semconv,
            kind: Kind::$kind,
            unit: $unit,
            attributes: &[$($attribute),*],
            about: $about,
        };)*

        /// Every instrument, in the order of the reference.
        pub static INSTRUMENTS: &[&Instrument] = &[$(&$id),*];
    };
}

instruments! {
    DURATION Histogram Unit::Time,
        "jsvm_execution_duration_ms" "jsvm.execution.duration"
        ["hook" "collection" "outcome"]
        "Run time of handlers and scripts, nested handlers included."
    EXECUTIONS Counter Unit::Count("execution"),
        "jsvm_execution_total" "jsvm.executions"
        ["hook" "collection" "outcome"]
        "Executions, however they ended."
    ERRORS Counter Unit::Count("execution"),
        "jsvm_execution_errors" "jsvm.execution.errors"
        ["hook" "collection" "outcome"]
        "Executions that did not complete: errors and limits."
    TIMEOUTS Counter Unit::Count("execution"),
        "jsvm_timeout_total" "jsvm.timeouts"
        ["hook" "collection"]
        "Executions that the limit on time ended."
    POOL_SIZE Gauge Unit::Count("worker"),
        "jsvm_pool_size" "jsvm.pool.size"
        []
        "Workers."
    POOL_BUSY Gauge Unit::Count("worker"),
        "jsvm_pool_busy" "jsvm.pool.busy"
        []
        "Workers that run something now."
    CACHE_HITS Counter Unit::Count("execution"),
        "jsvm_cache_hits" "jsvm.cache.hits"
        ["hook" "collection"]
        "Executions whose function was compiled before."
    CACHE_MISSES Counter Unit::Count("execution"),
        "jsvm_cache_misses" "jsvm.cache.misses"
        ["hook" "collection"]
        "Executions whose function was made anew, in a VM that did not have it."
    QUEUE_WAIT Histogram Unit::Time,
        "jsvm_queue_wait_ms" "jsvm.queue.wait.duration"
        ["hook" "collection"]
        "How long outermost events waited for a worker, by their first handler."
    QUEUE_DEPTH Gauge Unit::Count("event"),
        "jsvm_queue_depth" "jsvm.queue.depth"
        []
        "Outermost events that wait for a worker now."
    LIMITS Counter Unit::Count("execution"),
        "jsvm_limit_total" "jsvm.limits"
        ["hook" "collection" "limit"]
        "Executions that a limit ended, by its kind."
    ALLOCATED Counter Unit::Bytes,
        "jsvm_allocated_bytes_total" "jsvm.allocated"
        ["hook" "collection"]
        "Bytes that executions allocated, freed or not; absent without the counting allocator."
    PEAK Gauge Unit::Bytes,
        "jsvm_peak_bytes" "jsvm.peak"
        ["hook" "collection"]
        "Most bytes that one execution held at once; absent without the counting allocator."
    ABANDONED Counter Unit::Count("worker"),
        "jsvm_workers_abandoned_total" "jsvm.workers.abandoned"
        []
        "Workers that did not return in time and were left behind."
    REPLACED Counter Unit::Count("worker"),
        "jsvm_workers_replaced_total" "jsvm.workers.replaced"
        []
        "Workers made in place of lost ones."
    REFUSED Counter Unit::Count("event"),
        "jsvm_refused_total" "jsvm.refused"
        ["reason"]
        "Events that no worker took: `full` queue, or `closed` at the end."
    COMPILE Histogram Unit::Time,
        "jsvm_compile_duration_ms" "jsvm.compile.duration"
        []
        "How long sources took to become programs."
    RELOADS Counter Unit::Count("reload"),
        "jsvm_reloads_total" "jsvm.reloads"
        ["result"]
        "Loads of all hook files: `ok`, or `failed` if a file failed."
    PROGRAM_HITS Counter Unit::Count("lookup"),
        "jsvm_program_cache_hits_total" "jsvm.program_cache.hits"
        []
        "Sources whose program was in the cache."
    PROGRAM_MISSES Counter Unit::Count("lookup"),
        "jsvm_program_cache_misses_total" "jsvm.program_cache.misses"
        []
        "Sources that were compiled."
    EVICTIONS Counter Unit::Count("program"),
        "jsvm_program_cache_evictions_total" "jsvm.program_cache.evictions"
        []
        "Programs that left the cache to make room."
    PROGRAM_BYTES Gauge Unit::Bytes,
        "jsvm_program_cache_bytes" "jsvm.program_cache.size"
        []
        "What the programs in the cache weigh."
    DROPPED Counter Unit::Count("item"),
        "jsvm_telemetry_dropped_total" "jsvm.telemetry.dropped"
        ["target"]
        "Telemetry that was lost: exports to `otlp`, spans of `traces`, rows of the `table`."
}

impl Instrument {
    /// The name in exports.
    #[must_use]
    pub fn name(&self, naming: Naming) -> &'static str {
        match naming {
            Naming::Fixed => self.name,
            Naming::Semconv => self.semconv,
        }
    }

    /// The unit in exports, in UCUM; empty for numbers without one.
    #[must_use]
    pub fn unit(&self, naming: Naming) -> String {
        match (self.unit, naming) {
            (Unit::Time, Naming::Fixed) => "ms".into(),
            (Unit::Time, Naming::Semconv) => "s".into(),
            (Unit::Bytes, _) => "By".into(),
            (Unit::Count(_), Naming::Fixed) => String::new(),
            (Unit::Count(thing), Naming::Semconv) => format!("{{{thing}}}"),
        }
    }

    /// The name in Prometheus' text: fixed names as they are, others as
    /// Prometheus translates them.
    #[must_use]
    pub fn prometheus_name(&self, naming: Naming) -> String {
        let mut name = self.name(naming).replace('.', "_");
        if naming == Naming::Semconv {
            name += match self.unit {
                Unit::Time => "_seconds",
                Unit::Bytes => "_bytes",
                Unit::Count(_) => "",
            };
            if self.kind == Kind::Counter {
                name += "_total";
            }
        }
        name
    }
}

/// The name of an attribute in exports.
#[must_use]
pub fn attribute_name(attribute: &str, naming: Naming) -> String {
    match naming {
        Naming::Fixed => attribute.to_owned(),
        Naming::Semconv => format!("jsvm.{attribute}"),
    }
}

/// The table of instruments in Markdown, for the reference.
#[must_use]
pub fn reference() -> String {
    let mut table = String::from(
        "| name | kind | unit | attributes | means | `semconv` name and unit |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for instrument in INSTRUMENTS {
        let kind = format!("{:?}", instrument.kind).to_lowercase();
        let attributes: Vec<_> = instrument
            .attributes
            .iter()
            .map(|attribute| format!("`{attribute}`"))
            .collect();
        let (name, about, semconv) = (instrument.name, instrument.about, instrument.semconv);
        let unit = instrument.unit(Naming::Fixed);
        let semconv_unit = instrument.unit(Naming::Semconv);
        let attributes = attributes.join(", ");
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "| `{name}` | {kind} | {unit} | {attributes} | {about} | `{semconv}`, `{semconv_unit}` |"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_names_that_dashboards_match_on_are_there() {
        let wanted = [
            ("jsvm_execution_duration_ms", Kind::Histogram, "ms"),
            ("jsvm_execution_total", Kind::Counter, ""),
            ("jsvm_execution_errors", Kind::Counter, ""),
            ("jsvm_timeout_total", Kind::Counter, ""),
            ("jsvm_pool_size", Kind::Gauge, ""),
            ("jsvm_pool_busy", Kind::Gauge, ""),
            ("jsvm_cache_hits", Kind::Counter, ""),
            ("jsvm_cache_misses", Kind::Counter, ""),
        ];
        let told = INSTRUMENTS
            .iter()
            .map(|one| (one.name, one.kind, one.unit(Naming::Fixed)));
        let told: Vec<_> = told.take(wanted.len()).collect();
        assert_eq!(
            told,
            wanted.map(|(name, kind, unit)| (name, kind, unit.to_owned()))
        );
    }

    #[test]
    fn names_are_unique_in_every_form() {
        for naming in [Naming::Fixed, Naming::Semconv] {
            let names: BTreeSet<_> = INSTRUMENTS.iter().map(|one| one.name(naming)).collect();
            let texts: BTreeSet<_> = INSTRUMENTS
                .iter()
                .map(|one| one.prometheus_name(naming))
                .collect();
            assert_eq!(
                (names.len(), texts.len()),
                (INSTRUMENTS.len(), INSTRUMENTS.len())
            );
        }
    }

    #[test]
    fn prometheus_names_of_the_convention_end_in_their_unit() {
        let named = |instrument: &Instrument| instrument.prometheus_name(Naming::Semconv);
        assert_eq!(named(&DURATION), "jsvm_execution_duration_seconds");
        assert_eq!(named(&EXECUTIONS), "jsvm_executions_total");
        assert_eq!(named(&ALLOCATED), "jsvm_allocated_bytes_total");
        assert_eq!(named(&POOL_SIZE), "jsvm_pool_size");
    }

    #[test]
    fn the_dashboard_and_the_alerts_use_names_that_there_are() {
        let texts = [
            include_str!("../../../docs/observability/grafana.json"),
            include_str!("../../../docs/observability/alerts.yml"),
        ];
        let mut seen = BTreeSet::new();
        for text in texts {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let words = text.split(|c| !is_part(c));
            for word in words.filter(|word| word.starts_with("jsvm_")) {
                let name = ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|suffix| word.strip_suffix(suffix))
                    .unwrap_or(word);
                assert!(INSTRUMENTS.iter().any(|one| one.name == name), "{word}");
                seen.insert(name);
            }
        }
        assert!(seen.len() > 15, "{seen:?}");
    }

    #[test]
    fn the_reference_has_the_table_of_the_code() {
        let page = include_str!("../../../docs/reference/metrics.md");
        assert!(
            page.contains(&reference()),
            "docs/reference/metrics.md must contain this table:\n\n{}",
            reference()
        );
    }
}
