//! What several modules test with, and tests of all of them together.

use crate::{Count, Execution, Memory, Metrics, Options, Outcome, Stats, TIMEOUT, Times};
use std::{
    fmt::{Debug, Write},
    sync::{Arc, Barrier, LazyLock, Mutex},
    thread,
    time::Duration,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

static HOOK: LazyLock<Arc<str>> = LazyLock::new(|| "onRecordCreate".into());

pub(crate) fn execution(outcome: Outcome<'_>) -> Execution<'_> {
    Execution {
        hook: &HOOK,
        collection: Some("posts"),
        duration: Duration::from_micros(1_500),
        outcome,
        memory: Some(Memory {
            allocated: 64,
            peak: 32,
        }),
        cache_hit: true,
        script: Some(&"9f86d081"),
        place: None,
        timeout: Duration::from_secs(5),
        times: Some(Times::default()),
    }
}

/// Keeps each event as one line: level, target, then fields in order.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line(format!("{} {}", metadata.level(), metadata.target()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn shared(options: Options) -> Arc<Metrics> {
    Arc::new(Metrics::new(Options {
        log: false,
        ..options
    }))
}

#[test]
fn an_outcome_counts_as_what_it_is() {
    let limit = |kind| Outcome::Limit { kind };
    let cases = [
        (Outcome::Ok, [1, 0, 0, 0]),
        (Outcome::Error("boom"), [1, 1, 0, 0]),
        (limit("memory"), [1, 1, 1, 0]),
        (limit(TIMEOUT), [1, 1, 1, 1]),
    ];
    for (outcome, expected) in cases {
        let metrics = shared(Options::default());
        metrics.recorder().record(&execution(outcome));
        let stats = metrics.stats();
        let counts = [stats.executions, stats.errors, stats.limits, stats.timeouts];
        assert_eq!(counts, expected, "{outcome:?}");
    }
}

#[test]
fn all_recorders_and_threads_add_up() {
    const THREADS: u64 = 8;
    let metrics = shared(Options::default());
    let all_are_there = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let recorder = metrics.recorder();
                all_are_there.wait();
                for _ in 0..100 {
                    recorder.record(&execution(Outcome::Ok));
                }
                recorder.record(&execution(Outcome::Limit { kind: TIMEOUT }));
            });
        }
    });
    metrics.record(&execution(Outcome::Error("boom")));
    let total = THREADS * 101 + 1;
    let expected = Stats {
        executions: total,
        errors: THREADS + 1,
        limits: THREADS,
        timeouts: THREADS,
        total_duration: Duration::from_micros(1_500) * u32::try_from(total).unwrap(),
        max_duration: Duration::from_micros(1_500),
        allocated_bytes: 64 * total,
    };
    assert_eq!(metrics.stats(), expected);
}

#[test]
fn recorders_that_follow_each_other_lose_nothing_and_share_memory() {
    let metrics = shared(Options::default());
    let mut shards = Vec::new();
    for _ in 0..100 {
        let recorder = metrics.recorder();
        recorder.record(&execution(Outcome::Ok));
        drop(recorder);
        let shard = metrics.take_shard();
        metrics.give_back(&shard);
        shards.push(Arc::as_ptr(&shard));
    }
    shards.dedup();
    assert_eq!((metrics.stats().executions, shards.len()), (100, 1));
}

#[test]
fn each_hook_and_collection_is_a_series() {
    let metrics = shared(Options::default());
    let recorder = metrics.recorder();
    let update: Arc<str> = "onRecordUpdate".into();
    let posts = execution(Outcome::Ok);
    let users = Execution {
        collection: Some("users"),
        cache_hit: false,
        ..posts
    };
    let none = Execution {
        hook: &update,
        collection: None,
        memory: None,
        ..posts
    };
    for execution in [posts, users, none, posts] {
        recorder.record(&execution);
    }
    recorder.waited(&update, None, Duration::from_micros(7));
    let snapshot = metrics.snapshot();
    let told: Vec<_> = snapshot
        .series
        .iter()
        .map(|series| {
            let name = series.name.as_ref().unwrap();
            let collection = name.collection.as_deref().unwrap_or("-");
            let hits = (
                series.executions(),
                series.cache_hits,
                series.cache_misses(),
            );
            (format!("{} {collection}", name.hook), hits, series.memory)
        })
        .collect();
    let expected = [
        ("onRecordCreate posts", (2, 2, 0), Some((128, 32))),
        ("onRecordCreate users", (1, 0, 1), Some((64, 32))),
        ("onRecordUpdate -", (1, 1, 0), None),
    ];
    assert_eq!(
        told,
        expected.map(|(name, hits, memory)| (name.to_owned(), hits, memory))
    );
    assert_eq!(snapshot.series[2].wait.max, Duration::from_micros(7));
}

#[test]
fn a_name_at_the_address_of_an_old_one_is_a_name_of_its_own() {
    let metrics = shared(Options::default());
    let recorder = metrics.recorder();
    for number in 0..50 {
        // Freed at once, so the next one could be at the same address.
        let hook: Arc<str> = format!("hook {number:2}").into();
        recorder.record(&Execution {
            hook: &hook,
            ..execution(Outcome::Ok)
        });
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.series.len(), 50);
    assert!(
        snapshot
            .series
            .iter()
            .all(|series| series.executions() == 1)
    );
}

#[test]
fn a_flood_of_names_leaves_bounded_series_and_memory() {
    const FLOOD: u64 = 100_000;
    let metrics = shared(Options {
        max_series: 100,
        ..Options::default()
    });
    let shard = metrics.take_shard();
    metrics.give_back(&shard);
    let recorder = metrics.recorder();
    for number in 0..FLOOD {
        let collection = format!("collection{number}");
        recorder.record(&Execution {
            collection: Some(&collection),
            ..execution(Outcome::Ok)
        });
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.series.len(), 101);
    let rest = snapshot.series.iter().find(|series| series.name.is_none());
    assert_eq!(rest.unwrap().executions(), FLOOD - 100);
    assert_eq!(snapshot.stats().executions, FLOOD);
    assert_eq!(metrics.registry().names().len(), 101);
    assert_eq!(shard.used().count(), 101);
}

#[test]
fn rare_things_are_counted_by_word() {
    let metrics = shared(Options::default());
    metrics.count(Count::Refused, "full", 1);
    metrics.count(Count::Refused, "full", 2);
    metrics.count(Count::Reload, "ok", 1);
    metrics.compiled(Duration::from_millis(3));
    let snapshot = metrics.snapshot();
    let counts: Vec<_> = snapshot.counts.into_iter().collect();
    assert_eq!(
        counts,
        [((Count::Reload, "ok"), 1), ((Count::Refused, "full"), 3)]
    );
    assert_eq!(snapshot.compile.count(), 1);
}

#[test]
fn disabled_metrics_count_nothing() {
    let metrics = shared(Options {
        enabled: false,
        ..Options::default()
    });
    let recorder = metrics.recorder();
    recorder.record(&execution(Outcome::Error("boom")));
    recorder.waited(&HOOK, None, Duration::from_secs(1));
    metrics.compiled(Duration::from_secs(1));
    metrics.count(Count::Reload, "ok", 1);
    assert_eq!(metrics.snapshot(), crate::Snapshot::default());
}
