//! Compiled programs: made once, bounded, and let go of.

use crate::Host;
use jsvm::{Ran, Source};
use std::{sync::Barrier, thread, time::Duration};

fn run(host: &Host, text: &str) -> Ran {
    let source = Source::new("a.js", text);
    host.runtime.run_script(source, Duration::ZERO).unwrap()
}

#[test]
fn a_rush_for_one_program_compiles_it_once() {
    const THREADS: usize = 8;
    let host = Host::new("", |config| config.pool.workers = 4);
    let before = host.runtime.stats().cache;
    let start = Barrier::new(THREADS);
    let found = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    run(&host, "6 * 7")
                })
            })
            .collect();
        let ran = threads.into_iter().map(|thread| thread.join().unwrap());
        ran.filter(|ran| {
            assert_eq!(ran.result.as_ref().unwrap().1, "42");
            ran.cache_hit
        })
        .count()
    });
    let after = host.runtime.stats().cache;
    assert_eq!(found, THREADS - 1);
    assert_eq!(after.misses - before.misses, 1);
    assert_eq!(after.hits - before.hits, THREADS as u64 - 1);
}

#[test]
fn a_broken_program_is_told_each_time_and_kept_never() {
    let host = Host::new("", |_| {});
    let before = host.runtime.stats().cache;
    let first = run(&host, "const = 5").result.unwrap_err();
    let second = run(&host, "const = 5").result.unwrap_err();
    assert_eq!(first.report(), second.report());
    assert!(first.report().contains("a.js:1:7"), "{}", first.report());
    let after = host.runtime.stats().cache;
    assert_eq!(after.entries, before.entries);
    let tries = after.misses + after.repeated_failures;
    assert_eq!(tries - before.misses - before.repeated_failures, 2);
}

#[test]
fn hooks_go_on_when_their_programs_are_evicted() {
    let hooks = "onBootstrap((e) => { console.log('ran'); e.next() })";
    let host = Host::new(hooks, |config| config.cache.max_bytes = 20_000);
    host.emit("onBootstrap").unwrap();
    for number in 0..50 {
        let text = format!("/* {} */ {number}", "x".repeat(1_000));
        assert_eq!(run(&host, &text).result.unwrap().1, number.to_string());
        let stats = host.runtime.stats().cache;
        assert!(stats.bytes <= 20_000, "{stats:?}");
    }
    assert!(host.runtime.stats().cache.evictions >= 40);
    host.emit("onBootstrap").unwrap();
    assert_eq!(host.lines(), ["ran", "ran"]);
}

#[test]
fn without_a_cache_everything_works() {
    let hooks = "onBootstrap((e) => { console.log('ran'); e.next() })";
    let host = Host::new(hooks, |config| config.cache.max_bytes = 0);
    host.emit("onBootstrap").unwrap();
    assert_eq!(host.lines(), ["ran"]);
    for _ in 0..2 {
        let ran = run(&host, "1");
        assert!(!ran.cache_hit && ran.result.is_ok());
    }
    let stats = host.runtime.stats().cache;
    assert_eq!((stats.hits, stats.misses, stats.bytes), (0, 4, 0));
}
