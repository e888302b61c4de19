//! The runtime as an embedder sees it: real threads, real deadlines.
//!
//! `Host` is the one place that starts a runtime; the cases are scripts.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod cache;
mod loader;
mod metrics;
mod modules;
mod reload;
mod sandbox;

use jsvm::{App, Config, Error, Event, Level, NoRecords, Output, Runtime, Source};
use serde_json::{Map, Value};
use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

struct Host {
    runtime: Runtime,
    lines: Arc<Lines>,
}

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Output for Lines {
    fn print(&self, _: Level, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn log(&self, _: Level, message: &str, _: &Map<String, Value>) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

impl Host {
    fn new(hooks: &str, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.pool.workers = 1;
        change(&mut config);
        let lines = Arc::new(Lines::default());
        let app = App::new(Arc::new(NoRecords), Arc::clone(&lines) as _);
        let runtime = Runtime::builder(app).config(config).build().unwrap();
        let failures = runtime.load(&[Source::new("main.pb.js", hooks)]).unwrap();
        assert!(failures.is_empty(), "{failures:?}");
        Self { runtime, lines }
    }

    fn emit(&self, hook: &str) -> Result<(), Error> {
        self.emit_with(hook, || Ok(()))
    }

    fn emit_with(
        &self,
        hook: &str,
        action: impl FnOnce() -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let app = self.runtime.app();
        app.emit(&[hook], Event::new(app.clone()), Box::new(|_| action()))
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.0.lock().unwrap())
    }
}

const BOTH: &str = "
    onBootstrap((e) => { for (;;) {} })
    onTerminate((e) => { console.log('fine'); e.next() })
";

#[test]
fn runaways_on_every_worker_delay_others_but_lose_none() {
    let host = Host::new(BOTH, |config| {
        config.pool.workers = 2;
        config.limits.timeout = Duration::from_millis(50);
    });
    let results = thread::scope(|scope| {
        let runaways: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| host.emit("onBootstrap")))
            .collect();
        let others: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| host.emit("onTerminate")))
            .collect();
        for runaway in runaways {
            let err = runaway.join().unwrap().unwrap_err();
            assert_eq!(err.limit().map(|hit| hit.as_str()), Some("timeout"));
        }
        others
            .into_iter()
            .map(|other| other.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(host.lines().len(), 20);
    let stats = host.runtime.stats();
    assert_eq!((stats.metrics.executions, stats.metrics.timeouts), (24, 4));
    // On a busy machine one may come back after its grace, and is replaced.
    assert_eq!(stats.pool.size, 2);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let host = Host::new("onBootstrap((e) => e.next())", |config| {
        config.pool.queue = 1
    });
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            host.emit_with("onBootstrap", move || {
                started.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            })
        });
        has_started.recv().unwrap(); // The one worker is busy now.
        let waiting = scope.spawn(|| host.emit("onBootstrap"));
        while host.runtime.stats().pool.queued == 0 {
            thread::yield_now();
        }
        let err = host.emit("onBootstrap").unwrap_err();
        assert!(err.is_retryable(), "{err}");
        assert_eq!(err.to_api("").status, 503);
        release.send(()).unwrap();
        assert_eq!(busy.join().unwrap(), Ok(()));
        assert_eq!(waiting.join().unwrap(), Ok(()));
    });
}

#[test]
fn work_that_waits_for_too_long_is_told_so() {
    let host = Host::new("onBootstrap((e) => e.next())", |config| {
        config.pool.queue_wait = Duration::from_millis(20)
    });
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            host.emit_with("onBootstrap", move || {
                started.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            })
        });
        has_started.recv().unwrap(); // The one worker is busy now.
        let err = host.emit("onBootstrap").unwrap_err();
        assert!(err.is_retryable(), "{err}");
        assert_eq!(err.to_string(), "the job waited in the queue for too long");
        release.send(()).unwrap();
        assert_eq!(busy.join().unwrap(), Ok(()));
    });
    assert_eq!(host.runtime.stats().pool.expired, 1);
}

#[test]
fn a_hook_may_have_a_time_limit_of_its_own() {
    let host = Host::new(BOTH, |config| {
        config.limits.timeout = Duration::from_secs(3600);
        let limit = Duration::from_millis(30);
        config.pool.timeouts.insert("onBootstrap".into(), limit);
    });
    let err = host.emit("onBootstrap").unwrap_err();
    assert_eq!(err.limit().map(|hit| hit.as_str()), Some("timeout"));
    assert_eq!(host.emit("onTerminate"), Ok(()));
}

#[test]
fn hooks_run_no_more_often_at_once_than_they_may() {
    let host = Host::new("onTerminate((e) => e.next())", |config| {
        config.pool.workers = 2;
        config.pool.per_hook = 1;
    });
    let (started, has_started) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            host.emit_with("onTerminate", move || {
                started.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            })
        });
        has_started.recv().unwrap();
        let second = scope.spawn(|| host.emit("onTerminate"));
        while host.runtime.stats().pool.queued == 0 {
            thread::yield_now();
        }
        let now = host.runtime.stats().pool;
        assert_eq!((now.busy, now.in_flight["onTerminate"]), (1, 1));
        release.send(()).unwrap();
        assert_eq!(busy.join().unwrap(), Ok(()));
        assert_eq!(second.join().unwrap(), Ok(()));
    });
}

#[test]
fn workers_are_replaced_when_they_have_run_as_often_as_they_may() {
    let host = Host::new("onTerminate((e) => e.next())", |config| {
        config.pool.max_executions = 3
    });
    while host.runtime.stats().pool.replaced < 2 {
        assert_eq!(host.emit("onTerminate"), Ok(()));
    }
    assert_eq!(host.runtime.stats().pool.abandoned, 0);
}

#[test]
fn a_pool_that_is_to_grow_to_less_than_it_is_does_not_start() {
    let mut config = Config::default();
    (config.pool.workers, config.pool.max_workers) = (3, 2);
    let app = App::new(Arc::new(NoRecords), Arc::new(Lines::default()) as _);
    let err = Runtime::builder(app).config(config).build().err().unwrap();
    assert_eq!(
        err.to_string(),
        "at most 2 workers were asked for, and at least 3"
    );
}

#[test]
fn a_host_that_hangs_is_left_behind_at_the_deadline() {
    let host = Host::new(BOTH, |config| {
        config.limits.timeout = Duration::from_millis(30)
    });
    let (release, released) = mpsc::channel::<()>();
    let err = host
        .emit_with("onTerminate", move || {
            released.recv().ok();
            Ok(())
        })
        .unwrap_err();
    assert_eq!(err.limit().map(|hit| hit.as_str()), Some("timeout"));
    assert_eq!(host.emit("onTerminate"), Ok(()));
    assert_eq!(host.runtime.stats().pool.abandoned, 1);
    release.send(()).unwrap();
}

#[test]
fn a_panic_of_the_host_is_an_answer_and_the_worker_is_replaced() {
    let host = Host::new(BOTH, |_| {});
    let err = host
        .emit_with("onTerminate", || panic!("on purpose"))
        .unwrap_err();
    assert_eq!(err.to_api("").status, 500);
    assert_eq!(host.emit("onTerminate"), Ok(()));
    assert_eq!(host.runtime.stats().pool.panicked, 1);
}

#[test]
fn a_script_runs_under_the_limits() {
    let host = Host::new("", |config| {
        config.limits.timeout = Duration::from_millis(200);
        config.limits.loops = 10_000;
        config.limits.memory = 64 * 1024 * 1024;
    });
    let run = |text: &str| {
        let ran = host
            .runtime
            .run_script(Source::new("a.js", text), Duration::ZERO)
            .unwrap();
        match ran.result {
            Ok((_, text)) => text,
            Err(err) => err
                .limit
                .map_or(err.headline(), |hit| hit.as_str().to_owned()),
        }
    };
    assert_eq!(run("1 + 2 + 3"), "6");
    assert_eq!(
        run("require('fs')"),
        "ReferenceError: require is not defined"
    );
    assert_eq!(
        run("const f = () => Promise.resolve().then(f); f()"),
        "timeout"
    );
    assert_eq!(run("for (;;) {}"), "loops");
    assert_eq!(run("const f = () => f(); f()"), "recursion");
    assert_eq!(run("1"), "1");
}

#[test]
fn after_shutdown_nothing_is_taken() {
    let host = Host::new("onBootstrap((e) => e.next())", |_| {});
    let report = host.runtime.shutdown(Duration::from_secs(5));
    assert_eq!(report.dropped, 0);
    assert!(host.emit("onBootstrap").unwrap_err().is_retryable());
}

#[test]
fn what_a_shutdown_stops_is_cancelled() {
    let host = Host::new("onBootstrap((e) => { e.next(); for (;;) {} })", |_| {});
    let (started, has_started) = mpsc::channel();
    thread::scope(|scope| {
        let running = scope.spawn(|| {
            host.emit_with("onBootstrap", move || {
                started.send(()).unwrap();
                Ok(())
            })
        });
        has_started.recv().unwrap(); // The script is past its host call now.
        host.runtime.shutdown(Duration::ZERO);
        let err = running.join().unwrap().unwrap_err();
        assert_eq!(err.limit().map(|hit| hit.as_str()), Some("cancelled"));
    });
}
