//! Prometheus' text format, version 0.0.4.
//!
//! One rule: names are written exactly as the table of instruments has them;
//! nothing is appended but what a histogram must have.

use crate::{
    families::{Family, Point, Value},
    histogram::{BOUNDS_NANOS, Histogram},
    instruments::{Kind, Naming, Unit, attribute_name},
};
use std::fmt::Write;

/// The `Content-Type` of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All families as text; those without series have their description only.
#[must_use]
pub fn text(families: &[Family], naming: Naming) -> String {
    let mut text = String::new();
    for family in families {
        // Writing to a string does not fail.
        let _ = write_family(&mut text, family, naming);
    }
    text
}

fn write_family(text: &mut String, family: &Family, naming: Naming) -> std::fmt::Result {
    let instrument = family.instrument;
    let name = instrument.prometheus_name(naming);
    let kind = match instrument.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    writeln!(text, "# HELP {name} {}", instrument.about)?;
    writeln!(text, "# TYPE {name} {kind}")?;
    for point in &family.points {
        let labels = labels(point, naming);
        match &point.value {
            Value::Number(number) => writeln!(text, "{name}{} {number}", braced(&labels))?,
            Value::Times(times) => {
                debug_assert_eq!(instrument.unit, Unit::Time);
                write_histogram(text, (&name, &labels), times, naming)?;
            }
        }
    }
    Ok(())
}

fn write_histogram(
    text: &mut String,
    (name, labels): (&str, &str),
    times: &Histogram,
    naming: Naming,
) -> std::fmt::Result {
    let comma = if labels.is_empty() { "" } else { "," };
    let bounds = bounds(naming);
    let bounds = bounds.iter().map(f64::to_string);
    let mut count = 0;
    for (bound, bucket) in bounds.chain(["+Inf".into()]).zip(times.buckets) {
        count += bucket;
        writeln!(
            text,
            "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}"
        )?;
    }
    let sum = times.sum.as_secs_f64() * 1e9 / scale(naming);
    writeln!(text, "{name}_sum{} {sum}", braced(labels))?;
    writeln!(text, "{name}_count{} {count}", braced(labels))
}

/// The bounds of all histograms, in the unit of the naming.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "the bounds are small")]
pub(crate) fn bounds(naming: Naming) -> Vec<f64> {
    let bounds = BOUNDS_NANOS.into_iter();
    bounds.map(|bound| bound as f64 / scale(naming)).collect()
}

/// Nanoseconds in one unit of time.
pub(crate) fn scale(naming: Naming) -> f64 {
    match naming {
        Naming::Fixed => 1e6,
        Naming::Semconv => 1e9,
    }
}

fn labels(point: &Point, naming: Naming) -> String {
    let own = point.attributes.iter().map(|(name, value)| {
        let name = attribute_name(name, naming).replace('.', "_");
        format!("{name}=\"{}\"", escaped(value))
    });
    let overflow = point.is_overflow.then(|| OVERFLOW.to_owned());
    own.chain(overflow).collect::<Vec<_>>().join(",")
}

/// OpenTelemetry's attribute for what has no series of its own.
const OVERFLOW: &str = "otel_metric_overflow=\"true\"";

fn braced(labels: &str) -> String {
    match labels {
        "" => String::new(),
        labels => format!("{{{labels}}}"),
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Execution, Metrics, Options, Outcome, Readings, families, tests::execution};
    use std::{sync::Arc, time::Duration};

    fn written(naming: Naming) -> String {
        let metrics = Arc::new(Metrics::new(Options {
            log: false,
            max_series: 1,
            ..Options::default()
        }));
        let odd: Arc<str> = "GET /a\\b\"c\"\n".into();
        metrics.record(&Execution {
            hook: &odd,
            collection: None,
            ..execution(Outcome::Ok)
        });
        metrics.record(&execution(Outcome::Error("boom")));
        metrics.compiled(Duration::from_millis(3));
        let readings = Readings {
            pool_size: 4,
            ..Readings::default()
        };
        text(&families(&metrics.snapshot(), &readings), naming)
    }

    #[test]
    fn lines_have_their_form() {
        let text = written(Naming::Fixed);
        for line in [
            "# TYPE jsvm_execution_duration_ms histogram",
            "jsvm_execution_duration_ms_bucket{hook=\"GET /a\\\\b\\\"c\\\"\\n\",outcome=\"ok\",le=\"1\"} 0",
            "jsvm_execution_duration_ms_bucket{hook=\"GET /a\\\\b\\\"c\\\"\\n\",outcome=\"ok\",le=\"2.5\"} 1",
            "jsvm_execution_duration_ms_bucket{outcome=\"error\",otel_metric_overflow=\"true\",le=\"+Inf\"} 1",
            "jsvm_execution_duration_ms_sum{outcome=\"error\",otel_metric_overflow=\"true\"} 1.5",
            "# TYPE jsvm_execution_errors counter",
            "jsvm_execution_errors{outcome=\"error\",otel_metric_overflow=\"true\"} 1",
            "# TYPE jsvm_refused_total counter",
            "jsvm_execution_errors{hook=\"GET /a\\\\b\\\"c\\\"\\n\",outcome=\"error\"} 0",
            "jsvm_pool_size 4",
            "jsvm_compile_duration_ms_bucket{le=\"0.001\"} 0",
            "jsvm_compile_duration_ms_count 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n\n{text}");
        }
    }

    #[test]
    fn the_convention_counts_seconds() {
        let text = written(Naming::Semconv);
        for line in [
            "# TYPE jsvm_compile_duration_seconds histogram",
            "jsvm_compile_duration_seconds_bucket{le=\"0.0025\"} 0",
            "jsvm_compile_duration_seconds_bucket{le=\"0.005\"} 1",
            "jsvm_compile_duration_seconds_sum 0.003",
            "jsvm_executions_total{jsvm_outcome=\"error\",otel_metric_overflow=\"true\"} 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n\n{text}");
        }
    }
}
