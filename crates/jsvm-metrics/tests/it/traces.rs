//! Spans as a collector of traces sees them.

use crate::collector::{Answer, Collector, Request};
use jsvm_metrics::{
    Count, Metrics,
    otlp::{Settings, Signal, Traces, http},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, status::StatusCode},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, mpsc},
    time::Duration,
};
use tracing_subscriber::layer::SubscriberExt;

const LONG: Duration = Duration::from_secs(3600);
const SHORT: Duration = Duration::from_millis(10);

fn traces(collector: &Collector, change: impl FnOnce(&mut Settings)) -> Traces {
    let mut settings = Settings::new(collector.endpoint());
    settings.signal = Signal::Traces;
    settings.interval = LONG;
    change(&mut settings);
    let transport = http(&settings).unwrap();
    Traces::start(&settings, transport).unwrap()
}

/// A span of an execution that failed, with one of a call inside.
fn run(traces: &Traces, times: usize) {
    let subscriber = tracing_subscriber::registry().with(traces.layer());
    tracing::subscriber::with_default(subscriber, || {
        for _ in 0..times {
            let span = tracing::info_span!(
                "jsvm.execution",
                hook = "onRecordCreate",
                outcome = tracing::field::Empty,
                otel.name = "onRecordCreate",
                otel.status_code = tracing::field::Empty,
            );
            let _entered = span.enter();
            tracing::info_span!("jsvm.host_call", otel.name = "records.find").in_scope(|| ());
            span.record("outcome", "error");
            span.record("otel.status_code", "ERROR");
        }
    });
}

fn spans(request: &Request) -> BTreeMap<String, Span> {
    let message: ExportTraceServiceRequest = request.decoded();
    let resources = message.resource_spans.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    let spans = scopes.flat_map(|scope| scope.spans);
    spans.map(|span| (span.name.clone(), span)).collect()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    let found = attributes.iter().find(|pair| pair.key == key).unwrap();
    match found.value.as_ref().unwrap().value.as_ref().unwrap() {
        Value::StringValue(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_of_the_host_is_a_child_of_its_execution() {
    let collector = Collector::new(vec![Answer::Ok]);
    let traces = traces(&collector, |_| {});
    run(&traces, 1);
    assert_eq!(traces.lost(), 0);
    assert!(traces.shutdown(LONG));
    let request = collector.next();
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    let spans = spans(&request);
    let (execution, call) = (&spans["onRecordCreate"], &spans["records.find"]);
    assert_eq!(call.parent_span_id, execution.span_id);
    assert_eq!(call.trace_id, execution.trace_id);
    assert!(execution.parent_span_id.is_empty());
    assert!(execution.start_time_unix_nano <= call.start_time_unix_nano);
    assert_eq!(text(&execution.attributes, "hook"), "onRecordCreate");
    assert_eq!(text(&execution.attributes, "outcome"), "error");
    let status = execution.status.as_ref().unwrap();
    assert_eq!(status.code(), StatusCode::Error);
}

#[test]
fn a_collector_that_hangs_holds_up_neither_spans_nor_the_end() {
    let (release, hang) = mpsc::channel();
    let collector = Collector::new(vec![Answer::Hang(hang)]);
    let traces = traces(&collector, |settings| settings.timeout = LONG);
    let metrics = Arc::new(Metrics::default());
    traces.count_losses_in(&metrics);
    // More than one batch, so that the first one is on its way.
    run(&traces, 300);
    collector.next();
    // More than may wait: what is too much is counted and nothing else.
    run(&traces, 5000);
    let lost = traces.lost();
    assert!(lost >= 10_000 - 4096, "{lost}");
    let counts = metrics.snapshot().counts;
    assert_eq!(counts[&(Count::Dropped, "traces")], lost);
    assert!(!traces.shutdown(SHORT));
    drop(release);
}

#[test]
fn what_a_collector_refuses_is_counted() {
    let collector = Collector::new(vec![Answer::Status(400, "")]);
    let traces = traces(&collector, |settings| settings.interval = SHORT);
    let metrics = Arc::new(Metrics::default());
    traces.count_losses_in(&metrics);
    run(&traces, 1);
    collector.next();
    traces.shutdown(LONG);
    let counts = metrics.snapshot().counts;
    assert!(counts[&(Count::Dropped, "traces")] >= 1);
}
