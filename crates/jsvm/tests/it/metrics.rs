//! What is measured of executions, by runtimes with real workers.

use crate::Host;
use jsvm::{
    Source,
    metrics::{Execution, Series, Sink},
};
use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

const HOOKS: &str = "
    onBootstrap((e) => e.next())
    onBootstrap((e) => e.next())
    onTerminate((e) => { throw new Error('no') })
";

fn series(host: &Host, hook: &str) -> Series {
    let snapshot = host.runtime.telemetry().metrics().snapshot();
    let named = |series: &Series| {
        let name = series.name.as_ref();
        name.is_some_and(|name| &*name.hook == hook)
    };
    snapshot.series.into_iter().find(named).unwrap_or_default()
}

#[test]
fn each_call_of_each_handler_is_counted() {
    let host = Host::new(HOOKS, |config| config.pool.warm_up = false);
    for _ in 0..3 {
        host.emit("onBootstrap").unwrap();
    }
    host.emit("onTerminate").unwrap_err();
    let bootstrap = series(&host, "onBootstrap");
    assert_eq!((bootstrap.executions(), bootstrap.errors()), (6, 0));
    // Handlers that are nested have a VM of their own.
    assert_eq!((bootstrap.cache_hits, bootstrap.cache_misses()), (4, 2));
    // An event waits once, however many handlers it has.
    assert_eq!(bootstrap.wait.count(), 3);
    let terminate = series(&host, "onTerminate");
    assert_eq!((terminate.executions(), terminate.errors()), (1, 1));
    let snapshot = host.runtime.telemetry().metrics().snapshot();
    // The file and its handlers.
    assert_eq!(snapshot.compile.count(), 1 + 3);
    assert_eq!(snapshot.counts.into_values().collect::<Vec<_>>(), [1]);
}

#[test]
fn the_first_call_finds_the_function_that_was_made_ahead() {
    let host = Host::new(
        "onBootstrap((e) => e.next()); onTerminate((e) => e.next())",
        |config| config.pool.workers = 2,
    );
    // Once for each worker, and again for other hooks.
    for (round, warmed) in [(0, 2), (1, 4)] {
        while host.runtime.stats().pool.warmed < warmed {
            std::thread::yield_now();
        }
        host.emit("onBootstrap").unwrap();
        host.emit("onTerminate").unwrap();
        for hook in ["onBootstrap", "onTerminate"] {
            let calls = series(&host, hook);
            assert_eq!((calls.cache_hits, calls.cache_misses()), (round + 1, 0));
        }
        let other = "onBootstrap((e) => e.next()); onTerminate((e) => { e.next() })";
        let file = jsvm::Source::new("main.pb.js", other);
        assert!(host.runtime.load(&[file]).unwrap().is_empty());
    }
}

#[test]
fn memory_is_absent_without_the_counting_allocator() {
    let host = Host::new(HOOKS, |_| {});
    host.emit("onBootstrap").unwrap();
    assert_eq!(series(&host, "onBootstrap").memory, None);
}

#[test]
fn a_script_is_an_execution_too() {
    let host = Host::new("", |_| {});
    let run = |text| {
        host.runtime
            .run_script(Source::new("a.js", text), Duration::ZERO)
    };
    run("1").unwrap();
    run("1").unwrap();
    run("no").unwrap();
    let script = series(&host, "script");
    let counts = (script.executions(), script.errors(), script.cache_hits);
    assert_eq!(counts, (3, 1, 1));
}

#[test]
fn an_abandoned_execution_is_one_timeout_whatever_becomes_of_it() {
    let host = Host::new(HOOKS, |config| {
        config.limits.timeout = Duration::from_millis(30)
    });
    let (release, released) = mpsc::channel::<()>();
    let (end, has_ended) = mpsc::channel();
    let action = move || {
        released.recv().ok();
        end.send(()).ok();
        Ok(())
    };
    host.emit_with("onBootstrap", action).unwrap_err();
    let counts = || {
        let series = series(&host, "onBootstrap");
        (series.executions(), series.timeouts())
    };
    assert_eq!(counts(), (1, 1));
    release.send(()).unwrap();
    has_ended.recv().unwrap();
    assert_eq!(host.runtime.stats().pool.abandoned, 1);
    host.emit("onBootstrap").unwrap();
    assert_eq!(counts(), (3, 1));
}

#[test]
fn what_is_switched_off_counts_nothing() {
    let host = Host::new(HOOKS, |config| config.metrics.enabled = false);
    host.emit("onBootstrap").unwrap();
    let snapshot = host.runtime.telemetry().metrics().snapshot();
    assert_eq!(snapshot, jsvm::metrics::Snapshot::default());
}

#[test]
fn readings_of_the_other_layers_are_among_the_families() {
    let host = Host::new(HOOKS, |config| config.pool.workers = 2);
    host.emit("onBootstrap").unwrap();
    let families = host.runtime.telemetry().families();
    let value = |name: &str| {
        let family = families
            .iter()
            .find(|family| family.instrument.name == name);
        match family.unwrap().points[0].value {
            jsvm::metrics::Value::Number(number) => number,
            jsvm::metrics::Value::Times(_) => panic!("{name} is a histogram"),
        }
    };
    assert_eq!((value("jsvm_pool_size"), value("jsvm_pool_busy")), (2, 0));
    assert_eq!(value("jsvm_program_cache_misses_total"), 4);
    assert_eq!(value("jsvm_program_cache_hits_total"), 0);
    let telemetry = host.runtime.telemetry();
    drop(host);
    assert!(!telemetry.families().is_empty());
}

/// Keeps the reports of executions.
#[derive(Default)]
struct Reports(Mutex<Vec<String>>);

impl Sink for Reports {
    fn execution(&self, execution: &Execution<'_>) {
        let place = execution.place.map(ToString::to_string);
        let host: Vec<_> = execution
            .times
            .unwrap_or_default()
            .host
            .iter()
            .map(|call| (call.name, call.count))
            .collect();
        let line = format!(
            "{} {} {} {host:?} {}",
            execution.hook,
            execution.outcome.label(),
            place.unwrap_or_default(),
            execution.script.is_some()
        );
        self.0.lock().unwrap().push(line);
    }
}

#[test]
fn a_report_has_the_host_s_calls_of_its_own_execution_and_the_place() {
    let reports = Arc::new(Reports::default());
    let hooks = "onBootstrap((e) => { sleep(1); e.next(); sleep(1); sleep(0) })
        onBootstrap((e) => { sleep(1)
            for (;;) {} })";
    let mut config = jsvm::Config::default();
    config.limits.timeout = Duration::from_millis(200);
    let app = jsvm::App::new(Arc::new(jsvm::NoRecords), Arc::new(jsvm::Silent));
    let runtime = jsvm::Runtime::builder(app)
        .config(config)
        .sink(Arc::clone(&reports) as _)
        .build()
        .unwrap();
    runtime.load(&[Source::new("main.pb.js", hooks)]).unwrap();
    let app = runtime.app();
    let event = jsvm::Event::new(app.clone());
    app.emit(&["onBootstrap"], event, Box::new(|_| Ok(())))
        .unwrap_err();
    let reports = reports.0.lock().unwrap();
    let expected = [
        "onBootstrap timeout main.pb.js:3:23 [(\"sleep\", 1)] true",
        // Who waited for it did nothing of its own.
        "onBootstrap timeout  [(\"sleep\", 2)] true",
    ];
    assert_eq!(*reports, expected);
}
