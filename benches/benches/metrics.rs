//! What does it cost to measure every execution?
//!
//! Pairs of two runtimes, one with everything on and one with everything off,
//! take turns in short rounds, and the medians of their rounds are compared.
//! Events are nested in one that is in progress, so that no thread is waited
//! for. `cargo bench -p jsvm-benches --bench metrics`.

use jsvm::{App, Config, Event, NoRecords, Runtime, Silent, Source};
use jsvm_metrics::{Execution, Memory, Metrics, Options, Outcome, Times};
use std::{
    hint::black_box,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

/// As in the program: the counting allocator is a part of the cost.
#[global_allocator]
static ALLOCATOR: jsvm_alloc::CountingAlloc = jsvm_alloc::CountingAlloc::system();

const ROUNDS: usize = 301;

fn main() {
    recorder();
    // `cargo test` builds benches too and runs them with this flag.
    let (simple, longer) = match std::env::args().any(|arg| arg == "--test") {
        true => (10, 10),
        false => (2000, 200),
    };
    compare("simple", "onTerminate((e) => { e.next() })", simple);
    let body = "let s = 0; for (let i = 0; i < 400; i++) s += i; e.next()";
    compare("10us", &format!("onTerminate((e) => {{ {body} }})"), longer);
}

/// The recorder alone, for a hook that it knows.
fn recorder() {
    const CALLS: u32 = 1_000_000;
    let recorder = Arc::new(Metrics::new(Options::default())).recorder();
    let hook: Arc<str> = "onRecordCreate".into();
    let execution = Execution {
        hook: &hook,
        collection: Some("posts"),
        duration: Duration::from_micros(3),
        outcome: Outcome::Ok,
        memory: Some(Memory::default()),
        cache_hit: true,
        script: None,
        place: None,
        timeout: Duration::from_secs(5),
        times: Some(Times::default()),
    };
    let started = Instant::now();
    for _ in 0..CALLS {
        recorder.record(black_box(&execution));
    }
    let time = started.elapsed() / CALLS;
    assert_eq!(recorder.metrics().stats().executions, u64::from(CALLS));
    println!("metrics/record            {time:?}");
}

fn compare(name: &str, hooks: &str, calls: u32) {
    let on = runtime(hooks, true);
    let off = runtime(hooks, false);
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(round(&on, calls));
        times.1.push(round(&off, calls));
    }
    // The calls, and the one that they are nested in.
    let expected = ROUNDS as u64 * (u64::from(calls) + 1);
    assert_eq!(on.stats().metrics.executions, expected);
    assert_eq!(off.stats().metrics.executions, 0);
    let (on, off) = (median(times.0), median(times.1));
    println!(
        "metrics/overhead/{name:8} on {on:.1} ns, off {off:.1} ns, {:+.1} ns, {:+.2} %",
        on - off,
        (on / off - 1.0) * 100.0
    );
}

fn runtime(hooks: &str, is_on: bool) -> Runtime {
    let mut config = Config::default();
    config.pool.workers = 1;
    config.limits.timeout = Duration::from_secs(3600);
    config.metrics.enabled = is_on;
    let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    let runtime = Runtime::builder(app).config(config).build();
    let runtime = runtime.expect("it starts");
    let hooks = format!("onBootstrap((e) => e.next())\n{hooks}");
    let failures = runtime.load(&[Source::new("main.pb.js", hooks)]);
    assert!(failures.expect("it loads").is_empty());
    runtime
}

/// Nanoseconds of one call.
fn round(runtime: &Runtime, calls: u32) -> f64 {
    let app = runtime.app().clone();
    let (send, time) = mpsc::channel();
    let action = Box::new(move |event: &Arc<Event>| {
        let app = event.app();
        let started = Instant::now();
        for _ in 0..calls {
            let event = Event::new(app.clone());
            app.emit(&["onTerminate"], event, Box::new(|_| Ok(())))?;
        }
        send.send(started.elapsed())
            .map_err(|err| jsvm::Error::Host(err.to_string()))
    });
    let event = Event::new(app.clone());
    app.emit(&["onBootstrap"], event, action).expect("it runs");
    let time: Duration = time.recv().expect("the action ran");
    time.as_secs_f64() * 1e9 / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
