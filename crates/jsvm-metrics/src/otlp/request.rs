//! Numbers as OTLP's messages.
//!
//! One rule: names, units and kinds come from the table of instruments.

use crate::{
    families::{Family, Point, Value},
    histogram::Histogram,
    instruments::{Kind, Naming, attribute_name},
    prometheus::{bounds, scale},
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, Gauge, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

/// OpenTelemetry's attribute for what has no series of its own.
const OVERFLOW: &str = "otel.metric.overflow";

/// All numbers in one message.
pub(super) fn message(
    families: &[Family],
    naming: Naming,
    resource: &BTreeMap<String, String>,
    started: SystemTime,
) -> ExportMetricsServiceRequest {
    let times = Times {
        start: nanos(started),
        now: nanos(SystemTime::now()),
    };
    let used = families.iter().filter(|family| !family.points.is_empty());
    let scope = ScopeMetrics {
        scope: Some(InstrumentationScope {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            ..InstrumentationScope::default()
        }),
        metrics: used.map(|family| metric(family, naming, times)).collect(),
        schema_url: String::new(),
    };
    let attributes = resource.iter();
    let attributes = attributes.map(|(key, value)| pair(key.clone(), text(value)));
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: attributes.collect(),
                ..Resource::default()
            }),
            scope_metrics: vec![scope],
            schema_url: String::new(),
        }],
    }
}

/// Unix time in nanoseconds.
#[derive(Clone, Copy)]
struct Times {
    start: u64,
    now: u64,
}

fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    crate::histogram::nanos(since)
}

fn metric(family: &Family, naming: Naming, times: Times) -> Metric {
    let instrument = family.instrument;
    let cumulative = AggregationTemporality::Cumulative.into();
    let data = match instrument.kind {
        Kind::Counter => Data::Sum(Sum {
            data_points: numbers(family, naming, times),
            aggregation_temporality: cumulative,
            is_monotonic: true,
        }),
        Kind::Gauge => Data::Gauge(Gauge {
            data_points: numbers(family, naming, times),
        }),
        Kind::Histogram => Data::Histogram(opentelemetry_proto::tonic::metrics::v1::Histogram {
            data_points: histograms(family, naming, times),
            aggregation_temporality: cumulative,
        }),
    };
    Metric {
        name: instrument.name(naming).into(),
        description: instrument.about.into(),
        unit: instrument.unit(naming),
        metadata: Vec::new(),
        data: Some(data),
    }
}

fn numbers(family: &Family, naming: Naming, times: Times) -> Vec<NumberDataPoint> {
    let points = family.points.iter().filter_map(|point| match point.value {
        Value::Number(number) => Some((point, number)),
        Value::Times(_) => None,
    });
    points
        .map(|(point, number)| NumberDataPoint {
            attributes: attributes(point, naming),
            start_time_unix_nano: times.start,
            time_unix_nano: times.now,
            value: Some(number_data_point::Value::AsInt(
                i64::try_from(number).unwrap_or(i64::MAX),
            )),
            ..NumberDataPoint::default()
        })
        .collect()
}

fn histograms(family: &Family, naming: Naming, times: Times) -> Vec<HistogramDataPoint> {
    let points = family.points.iter().filter_map(|point| match &point.value {
        Value::Times(histogram) => Some((point, histogram)),
        Value::Number(_) => None,
    });
    points
        .map(|(point, histogram)| HistogramDataPoint {
            attributes: attributes(point, naming),
            start_time_unix_nano: times.start,
            time_unix_nano: times.now,
            ..histogram_point(histogram, naming)
        })
        .collect()
}

fn histogram_point(histogram: &Histogram, naming: Naming) -> HistogramDataPoint {
    let in_unit = |time: std::time::Duration| time.as_secs_f64() * 1e9 / scale(naming);
    HistogramDataPoint {
        count: histogram.count(),
        sum: Some(in_unit(histogram.sum)),
        max: (histogram.count() > 0).then(|| in_unit(histogram.max)),
        bucket_counts: histogram.buckets.to_vec(),
        explicit_bounds: bounds(naming),
        ..HistogramDataPoint::default()
    }
}

fn attributes(point: &Point, naming: Naming) -> Vec<KeyValue> {
    let own = point.attributes.iter();
    let own = own.map(|(name, value)| pair(attribute_name(name, naming), text(value)));
    let overflow = any_value::Value::BoolValue(true);
    let overflow = point.is_overflow.then(|| pair(OVERFLOW.into(), overflow));
    own.chain(overflow).collect()
}

fn pair(key: String, value: any_value::Value) -> KeyValue {
    KeyValue {
        key,
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn text(value: &str) -> any_value::Value {
    any_value::Value::StringValue(value.to_owned())
}
