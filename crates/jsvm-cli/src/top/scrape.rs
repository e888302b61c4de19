//! What a server's `/metrics` says, by hook.
//!
//! The one rule: both namings are read; lines that are not understood are
//! skipped, because a newer server may say more.

use jsvm::metrics::{INSTRUMENTS, Instrument, Naming, Unit, quantile};
use std::collections::BTreeMap;

/// One reading of the page.
#[derive(Debug, Default)]
pub(super) struct Scrape {
    /// Whether anything on the page is ours.
    pub(super) is_ours: bool,
    pub(super) workers: u64,
    pub(super) busy: u64,
    pub(super) queued: u64,
    pub(super) hooks: BTreeMap<String, Hook>,
}

/// The numbers of one hook, all collections together.
#[derive(Debug, Default)]
pub(super) struct Hook {
    pub(super) errors: u64,
    pub(super) timeouts: u64,
    pub(super) allocated: Option<u64>,
    pub(super) peak: Option<u64>,
    run: Buckets,
    wait: Buckets,
}

/// Counts at or below bounds in nanoseconds.
type Buckets = BTreeMap<u64, u64>;

impl Hook {
    pub(super) fn calls(&self) -> u64 {
        self.run.values().last().copied().unwrap_or(0)
    }

    /// A quantile of run times in milliseconds.
    pub(super) fn run(&self, q: f64) -> Option<f64> {
        milliseconds(&self.run, q)
    }

    /// A quantile of waiting times in milliseconds.
    pub(super) fn wait(&self, q: f64) -> Option<f64> {
        milliseconds(&self.wait, q)
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn milliseconds(buckets: &Buckets, q: f64) -> Option<f64> {
    let bounds = buckets.iter().map(|(nanos, count)| match *nanos {
        u64::MAX => (f64::INFINITY, *count),
        nanos => (nanos as f64 / 1e6, *count),
    });
    quantile(&bounds.collect::<Vec<_>>(), q)
}

impl Scrape {
    /// Reads the text of a page.
    pub(super) fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        for sample in text.lines().filter_map(Sample::read) {
            for (naming, scale) in [(Naming::Fixed, 1e6), (Naming::Semconv, 1e9)] {
                for instrument in INSTRUMENTS {
                    let name = instrument.prometheus_name(naming);
                    let wanted = match instrument.unit {
                        Unit::Time => name + "_bucket",
                        _ => name,
                    };
                    // Some names are the same in both; count once.
                    let is_new = naming == Naming::Fixed
                        || instrument.prometheus_name(Naming::Fixed) != wanted;
                    if wanted == sample.name && is_new {
                        scrape.is_ours = true;
                        scrape.add(instrument, &sample, scale);
                    }
                }
            }
        }
        scrape
    }

    fn add(&mut self, instrument: &Instrument, sample: &Sample, scale: f64) {
        let value = whole(sample.value);
        match instrument.name {
            "jsvm_pool_size" => self.workers = value,
            "jsvm_pool_busy" => self.busy = value,
            "jsvm_queue_depth" => self.queued = value,
            name => {
                if let Some(hook) = sample.hook() {
                    self.hooks
                        .entry(hook)
                        .or_default()
                        .add(name, sample, value, scale);
                }
            }
        }
    }
}

impl Hook {
    fn add(&mut self, name: &str, sample: &Sample, value: u64, scale: f64) {
        let bound = || match sample.label("le")? {
            "+Inf" => Some(u64::MAX),
            bound => Some(whole(bound.parse::<f64>().ok()? * scale)),
        };
        match name {
            "jsvm_execution_duration_ms" => sum(&mut self.run, bound(), value),
            "jsvm_queue_wait_ms" => sum(&mut self.wait, bound(), value),
            "jsvm_execution_errors" => self.errors += value,
            "jsvm_timeout_total" => self.timeouts += value,
            "jsvm_allocated_bytes_total" => *self.allocated.get_or_insert(0) += value,
            "jsvm_peak_bytes" => self.peak = self.peak.max(Some(value)),
            _ => {}
        }
    }
}

fn sum(buckets: &mut Buckets, bound: Option<u64>, count: u64) {
    if let Some(bound) = bound {
        *buckets.entry(bound).or_default() += count;
    }
}

/// Counts are whole numbers; rounding takes back what scaling lost.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and NaN is 0"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// One line of the page.
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

impl Sample {
    fn read(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, read_labels(labels.strip_suffix('}')?)?),
            None => (series, Vec::new()),
        };
        Some(Self {
            name: name.to_owned(),
            labels,
            value: value.parse().ok()?,
        })
    }

    fn label(&self, name: &str) -> Option<&str> {
        let mut labels = self.labels.iter();
        let (_, value) = labels.find(|(key, _)| key == name)?;
        Some(value)
    }

    /// The hook, or what stands for all that have no series of their own.
    fn hook(&self) -> Option<String> {
        let hook = self.label("hook").or_else(|| self.label("jsvm_hook"));
        let other = || self.label("otel_metric_overflow").map(|_| "(other)");
        hook.or_else(other).map(str::to_owned)
    }
}

/// `name="value",...` with `\\`, `\"` and `\n` in values.
fn read_labels(mut text: &str) -> Option<Vec<(String, String)>> {
    let mut labels = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at,
                (_, '\\') => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.push((name.to_owned(), value));
        text = &rest[end + 1..];
        text = text.strip_prefix(',').unwrap_or(text);
    }
    Some(labels)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const PAGE: &str = r#"
# TYPE jsvm_execution_duration_ms histogram
jsvm_execution_duration_ms_bucket{hook="onRecordCreate",collection="a",outcome="ok",le="2.5"} 2
jsvm_execution_duration_ms_bucket{hook="onRecordCreate",collection="a",outcome="ok",le="10"} 3
jsvm_execution_duration_ms_bucket{hook="onRecordCreate",collection="a",outcome="ok",le="+Inf"} 3
jsvm_execution_duration_ms_sum{hook="onRecordCreate",collection="a",outcome="ok"} 9
jsvm_execution_duration_ms_bucket{hook="onRecordCreate",collection="b",outcome="error",le="2.5"} 0
jsvm_execution_duration_ms_bucket{hook="onRecordCreate",collection="b",outcome="error",le="10"} 1
jsvm_execution_duration_ms_bucket{hook="onRecordCreate",collection="b",outcome="error",le="+Inf"} 1
jsvm_execution_errors{hook="onRecordCreate",collection="b",outcome="error"} 1
jsvm_queue_wait_ms_bucket{hook="onRecordCreate",collection="a",le="1"} 4
jsvm_queue_wait_ms_bucket{hook="onRecordCreate",collection="a",le="+Inf"} 4
jsvm_allocated_bytes_total{hook="onRecordCreate",collection="a"} 128
jsvm_peak_bytes{hook="onRecordCreate",collection="a"} 48
jsvm_peak_bytes{hook="onRecordCreate",collection="b"} 16
jsvm_pool_size 4
jsvm_pool_busy 1
jsvm_queue_depth 2
something_else{of="somebody"} 1
"#;

    #[test]
    fn the_collections_of_a_hook_are_summed_up() {
        let scrape = Scrape::read(PAGE);
        let hook = &scrape.hooks["onRecordCreate"];
        assert_eq!((hook.calls(), hook.errors, hook.peak), (4, 1, Some(48)));
        assert_eq!(hook.run(0.5), Some(2.5));
        assert_eq!((scrape.workers, scrape.busy, scrape.queued), (4, 1, 2));
    }

    #[test]
    fn the_convention_says_the_same() {
        let page = PAGE
            .replace("le=\"2.5\"", "le=\"0.0025\"")
            .replace("le=\"10\"", "le=\"0.01\"")
            .replace("_ms_", "_seconds_")
            .replace("hook=", "jsvm_hook=")
            .replace("jsvm_execution_errors", "jsvm_execution_errors_total");
        let scrape = Scrape::read(&page);
        let hook = &scrape.hooks["onRecordCreate"];
        assert_eq!((hook.calls(), hook.errors), (4, 1));
        assert_eq!(hook.run(0.5), Some(2.5));
        assert_eq!(scrape.workers, 4);
    }

    #[test]
    fn labels_are_read_back() {
        let labels = read_labels(r#"a="x\"y\\z\n",b="{,}""#).unwrap();
        let labels: Vec<_> = labels.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(labels, [("a", "x\"y\\z\n"), ("b", "{,}")]);
        assert!(read_labels("a=1").is_none());
        assert!(!Scrape::read("<html>").is_ours);
    }
}
