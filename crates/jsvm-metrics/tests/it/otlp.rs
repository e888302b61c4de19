//! OTLP against a collector that decodes what it gets, well or badly behaved.

use crate::collector::{Answer, Collector, Request};
use jsvm_metrics::{
    Count, Execution, Memory, Metrics, Naming, Options, Outcome, Readings, Times, families,
    otlp::{Exporter, OtlpError, Settings, http},
};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{
        AggregationTemporality, HistogramDataPoint, Metric, metric::Data, number_data_point,
    },
};
use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    time::Duration,
};

pub(crate) const LONG: Duration = Duration::from_secs(3600);
pub(crate) const SHORT: Duration = Duration::from_millis(10);

pub(crate) fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new(Options {
        log: false,
        max_series: 2,
        ..Options::default()
    }))
}

/// Three executions of one hook, one of them a time-out; one of another; one
/// that has no series of its own.
pub(crate) fn load(metrics: &Arc<Metrics>) {
    let recorder = metrics.recorder();
    let (create, other): (Arc<str>, Arc<str>) = ("onRecordCreate".into(), "GET /".into());
    let one = Execution {
        hook: &create,
        collection: Some("posts"),
        duration: Duration::from_micros(1500),
        outcome: Outcome::Ok,
        memory: Some(Memory {
            allocated: 64,
            peak: 32,
        }),
        cache_hit: true,
        script: None,
        place: None,
        timeout: Duration::from_secs(5),
        times: Some(Times::default()),
    };
    let timeout = Execution {
        duration: Duration::from_secs(5),
        outcome: Outcome::Limit { kind: "timeout" },
        ..one
    };
    let get = Execution {
        hook: &other,
        collection: None,
        outcome: Outcome::Error("boom"),
        ..one
    };
    let more = Execution {
        collection: Some("too many"),
        ..one
    };
    for execution in [one, one, timeout, get, more] {
        recorder.record(&execution);
    }
    recorder.waited(&create, Some("posts"), Duration::from_micros(7));
}

pub(crate) fn settings(endpoint: String, interval: Duration) -> Settings {
    let mut settings = Settings::new(endpoint);
    (settings.interval, settings.first) = (interval, interval);
    settings
        .resource
        .insert("service.name".into(), "shop".into());
    settings
}

pub(crate) fn start(settings: Settings, naming: Naming, metrics: &Arc<Metrics>) -> Exporter {
    let source = Arc::clone(metrics);
    let readings = Readings {
        pool_size: 4,
        pool_busy: 1,
        ..Readings::default()
    };
    let source = move || families(&source.snapshot(), &readings);
    let transport = http(&settings).unwrap();
    Exporter::start(settings, transport, naming, metrics, source).unwrap()
}

/// The request of a last export after a known load.
fn exported(naming: Naming, change: impl FnOnce(&mut Settings)) -> (Request, Arc<Metrics>) {
    let collector = Collector::new(vec![Answer::Ok]);
    let metrics = metrics();
    load(&metrics);
    let mut settings = settings(collector.endpoint(), LONG);
    change(&mut settings);
    let exporter = start(settings, naming, &metrics);
    assert!(exporter.shutdown(LONG));
    (collector.next(), metrics)
}

pub(crate) fn by_name(request: &Request) -> BTreeMap<String, Metric> {
    let message: ExportMetricsServiceRequest = request.decoded();
    let [resource] = message.resource_metrics.as_slice() else {
        panic!("not one resource");
    };
    let metrics = resource
        .scope_metrics
        .iter()
        .flat_map(|scope| &scope.metrics);
    metrics
        .map(|metric| (metric.name.clone(), metric.clone()))
        .collect()
}

/// `key=value,...` in the order of keys.
fn told(attributes: &[KeyValue]) -> String {
    let mut pairs: Vec<_> = attributes
        .iter()
        .map(
            |pair| match pair.value.as_ref().unwrap().value.as_ref().unwrap() {
                Value::StringValue(text) => format!("{}={text}", pair.key),
                other => format!("{}={other:?}", pair.key),
            },
        )
        .collect();
    pairs.sort();
    pairs.join(",")
}

/// The integers of a metric by their attributes, sorted.
fn numbers(metric: &Metric) -> Vec<(String, i64)> {
    let points = match metric.data.as_ref().unwrap() {
        Data::Gauge(gauge) => &gauge.data_points,
        Data::Sum(sum) => {
            let cumulative: i32 = AggregationTemporality::Cumulative.into();
            assert!(sum.is_monotonic && sum.aggregation_temporality == cumulative);
            &sum.data_points
        }
        other => panic!("{other:?}"),
    };
    let value = |value: &Option<number_data_point::Value>| match value.unwrap() {
        number_data_point::Value::AsInt(number) => number,
        number_data_point::Value::AsDouble(number) => panic!("{number}"),
    };
    let mut numbers: Vec<_> = points
        .iter()
        .map(|point| {
            assert!(point.start_time_unix_nano <= point.time_unix_nano);
            (told(&point.attributes), value(&point.value))
        })
        .collect();
    numbers.sort();
    numbers
}

fn histogram<'a>(metric: &'a Metric, attributes: &str) -> &'a HistogramDataPoint {
    let Some(Data::Histogram(histogram)) = &metric.data else {
        panic!("{metric:?}");
    };
    let cumulative: i32 = AggregationTemporality::Cumulative.into();
    assert_eq!(histogram.aggregation_temporality, cumulative);
    let mut points = histogram.data_points.iter();
    points
        .find(|point| told(&point.attributes) == attributes)
        .unwrap_or_else(|| panic!("{attributes} is not among {histogram:?}"))
}

fn check(numbers: &[(String, i64)], expected: &[(&str, i64)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(attributes, number)| ((*attributes).to_owned(), *number))
        .collect();
    assert_eq!(numbers, expected);
}

const POSTS: &str = "collection=posts,hook=onRecordCreate";

/// What the known load leaves in counters and gauges.
fn check_numbers(metrics: &BTreeMap<String, Metric>) {
    let overflow = "otel.metric.overflow=BoolValue(true),outcome=ok";
    let executions = [
        ("collection=posts,hook=onRecordCreate,outcome=ok", 2),
        ("collection=posts,hook=onRecordCreate,outcome=timeout", 1),
        ("hook=GET /,outcome=error", 1),
        (overflow, 1),
    ];
    check(&numbers(&metrics["jsvm_execution_total"]), &executions);
    let errors = [
        ("collection=posts,hook=onRecordCreate,outcome=error", 0),
        ("collection=posts,hook=onRecordCreate,outcome=timeout", 1),
        ("hook=GET /,outcome=error", 1),
        ("otel.metric.overflow=BoolValue(true),outcome=error", 0),
    ];
    check(&numbers(&metrics["jsvm_execution_errors"]), &errors);
    let rest = "otel.metric.overflow=BoolValue(true)";
    let timeouts = [(POSTS, 1), ("hook=GET /", 0), (rest, 0)];
    check(&numbers(&metrics["jsvm_timeout_total"]), &timeouts);
    let hits = [(POSTS, 3), ("hook=GET /", 1), (rest, 1)];
    check(&numbers(&metrics["jsvm_cache_hits"]), &hits);
    let misses = [(POSTS, 0), ("hook=GET /", 0), (rest, 0)];
    check(&numbers(&metrics["jsvm_cache_misses"]), &misses);
    check(&numbers(&metrics["jsvm_pool_size"]), &[("", 4)]);
    check(&numbers(&metrics["jsvm_pool_busy"]), &[("", 1)]);
    let bytes = [(POSTS, 192), ("hook=GET /", 64), (rest, 64)];
    check(&numbers(&metrics["jsvm_allocated_bytes_total"]), &bytes);
}

#[test]
fn a_collector_gets_the_names_and_what_was_done() {
    let (request, _) = exported(Naming::Fixed, |_| {});
    assert_eq!(request.line, "POST /v1/metrics HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    assert!(request.headers["user-agent"].starts_with("OTel-OTLP-Exporter-Rust/"));
    let message: ExportMetricsServiceRequest = request.decoded();
    let resource = message.resource_metrics[0].resource.as_ref().unwrap();
    let resource = told(&resource.attributes);
    assert!(resource.contains("service.name=shop") && resource.contains("service.instance.id="));

    let metrics = by_name(&request);
    check_numbers(&metrics);
    for (name, unit) in [
        ("jsvm_execution_duration_ms", "ms"),
        ("jsvm_execution_total", ""),
        ("jsvm_pool_size", ""),
        ("jsvm_allocated_bytes_total", "By"),
    ] {
        assert_eq!(metrics[name].unit, unit, "{name}");
        assert!(!metrics[name].description.is_empty());
    }

    let ok = "collection=posts,hook=onRecordCreate,outcome=ok";
    let point = histogram(&metrics["jsvm_execution_duration_ms"], ok);
    assert_eq!(
        (point.count, point.sum, point.max),
        (2, Some(3.0), Some(1.5))
    );
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    let bucket = point
        .bucket_counts
        .iter()
        .position(|count| *count == 2)
        .unwrap();
    assert_eq!(point.explicit_bounds[bucket - 1..=bucket], [1.0, 2.5]);
    let wait = histogram(&metrics["jsvm_queue_wait_ms"], POSTS);
    assert_eq!(wait.count, 1);
}

#[test]
fn the_convention_has_dots_and_seconds() {
    let (request, _) = exported(Naming::Semconv, |_| {});
    let metrics = by_name(&request);
    let duration = &metrics["jsvm.execution.duration"];
    assert_eq!(duration.unit, "s");
    let ok = "jsvm.collection=posts,jsvm.hook=onRecordCreate,jsvm.outcome=ok";
    let point = histogram(duration, ok);
    assert_eq!((point.sum, point.explicit_bounds[0]), (Some(0.003), 1e-6));
    assert_eq!(metrics["jsvm.executions"].unit, "{execution}");
    assert!(metrics.keys().all(|name| !name.contains('_')
        || name == "jsvm.program_cache.hits"
        || name.starts_with("jsvm.program_cache.")));
}

#[test]
fn header_fields_and_compression_arrive() {
    let (request, metrics) = exported(Naming::Fixed, |settings| {
        settings.gzip = true;
        settings
            .headers
            .push(("authorization".into(), "Bearer a=b".into()));
    });
    assert_eq!(request.headers["content-encoding"], "gzip");
    assert_eq!(request.headers["authorization"], "Bearer a=b");
    assert!(by_name(&request).contains_key("jsvm_execution_total"));
    assert!(metrics.snapshot().counts.is_empty(), "nothing was dropped");
}

pub(crate) fn dropped(metrics: &Metrics) -> u64 {
    let counts = metrics.snapshot().counts;
    counts.get(&(Count::Dropped, "otlp")).copied().unwrap_or(0)
}

#[test]
fn exports_follow_each_other_and_are_cumulated() {
    let collector = Collector::new(vec![Answer::Ok, Answer::Ok]);
    let metrics = metrics();
    load(&metrics);
    let _exporter = start(
        settings(collector.endpoint(), SHORT),
        Naming::Fixed,
        &metrics,
    );
    for _ in 0..2 {
        let request = collector.next();
        let total = numbers(&by_name(&request)["jsvm_execution_total"]);
        assert_eq!(total.iter().map(|(_, number)| number).sum::<i64>(), 5);
    }
}

#[test]
fn a_collector_that_is_not_ready_is_asked_again_when_it_wants() {
    // Without Retry-After the second attempt would be in a second, too: what
    // is shown is that there is one, with numbers as they are then.
    let collector = Collector::new(vec![
        Answer::Status(503, "Retry-After: 1\r\n"),
        Answer::Status(429, "Retry-After: 0\r\n"),
        Answer::Ok,
    ]);
    let metrics = metrics();
    let mut settings = settings(collector.endpoint(), Duration::from_secs(60));
    // The first export is at once: the interval begins with the second one.
    settings.first = Duration::ZERO;
    let exporter = start(settings, Naming::Fixed, &metrics);
    let first = collector.next();
    assert!(!by_name(&first).contains_key("jsvm_execution_total"));
    load(&metrics);
    let second = collector.next();
    assert!(by_name(&second).contains_key("jsvm_execution_total"));
    collector.next();
    drop(exporter);
    assert_eq!(dropped(&metrics), 0);
}

/// Exports to a collector with this one answer at the end, and what was lost.
fn last(answer: Answer) -> (bool, u64) {
    let collector = Collector::new(vec![answer]);
    let metrics = metrics();
    load(&metrics);
    let exporter = start(
        settings(collector.endpoint(), LONG),
        Naming::Fixed,
        &metrics,
    );
    let is_delivered = exporter.shutdown(LONG);
    (is_delivered, dropped(&metrics))
}

#[test]
fn what_a_collector_does_not_take_is_counted() {
    assert_eq!(last(Answer::Ok), (true, 0));
    assert_eq!(last(Answer::Partial(3)), (true, 3));
    assert_eq!(last(Answer::Nonsense), (true, 0));
    assert_eq!(
        last(Answer::Status(503, "Retry-After: 3600\r\n")),
        (false, 1)
    );
    assert_eq!(last(Answer::Status(400, "")), (false, 1));
    // A redirect is not followed: numbers go where they were sent.
    assert_eq!(last(Answer::Status(307, "Location: /\r\n")), (false, 1));
}

#[test]
fn a_dead_collector_is_counted_and_nothing_else() {
    let dead = {
        let collector = Collector::new(Vec::new());
        collector.endpoint()
    };
    let metrics = metrics();
    let exporter = start(settings(dead, LONG), Naming::Fixed, &metrics);
    load(&metrics);
    assert!(!exporter.shutdown(LONG));
    assert_eq!((dropped(&metrics), metrics.stats().executions), (1, 5));
}

#[test]
fn a_collector_that_hangs_holds_up_neither_recording_nor_the_end() {
    let (release, hang) = mpsc::channel();
    let collector = Collector::new(vec![Answer::Hang(hang)]);
    let metrics = metrics();
    let mut settings = settings(collector.endpoint(), LONG);
    settings.first = Duration::ZERO;
    settings.timeout = LONG;
    let exporter = start(settings, Naming::Fixed, &metrics);
    collector.next(); // The exporter waits for an answer from here on.
    load(&metrics);
    assert_eq!(metrics.stats().executions, 5);
    // It returns although the collector still hangs.
    assert!(!exporter.shutdown(SHORT));
    drop(release);
}

#[test]
fn a_slow_collector_is_given_up_after_the_time_of_a_request() {
    let (release, hang) = mpsc::channel();
    let collector = Collector::new(vec![Answer::Hang(hang)]);
    let metrics = metrics();
    let mut settings = settings(collector.endpoint(), LONG);
    settings.timeout = SHORT;
    let exporter = start(settings, Naming::Fixed, &metrics);
    assert!(!exporter.shutdown(LONG));
    assert_eq!(dropped(&metrics), 1);
    drop(release);
}

pub(crate) fn refused(settings: &Settings) -> OtlpError {
    http(settings).err().unwrap()
}

#[test]
fn an_address_that_cannot_be_used_is_told_at_the_start() {
    for (endpoint, cause) in [
        ("collector:4318", "expected http:// or https://"),
        ("ftp://c/", "expected http:// or https://"),
        ("http://", "http://: "),
    ] {
        let err = refused(&settings(endpoint.into(), LONG)).to_string();
        assert!(err.contains(cause), "{err}");
    }
}
