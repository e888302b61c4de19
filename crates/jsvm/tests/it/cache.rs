//! Compiled programs: made once, bounded, and let go of.

use crate::Host;
use jsvm::{App, Config, Error, NoRecords, Ran, Runtime, Silent, Source};
use std::{
    fs,
    path::Path,
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

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

/// A host that keeps programs in `dir`.
fn host_with(dir: &Path, hooks: &str) -> Host {
    Host::new(hooks, |config| config.cache.dir = dir.to_owned())
}

const KEPT: &str = "onBootstrap((e) => {
    let sum = 0
    for (let i = 0; i < 10; i++) sum += i
    console.log(sum)
    e.next()
})
onTerminate((e) => {
    const tell = () => { throw new Error('here') }
    tell()
})";

/// Runs both handlers; the place of the error is a part of what is the same.
fn check_hooks(host: &Host) {
    host.emit("onBootstrap").unwrap();
    assert_eq!(host.lines(), ["45"]);
    let Err(Error::Script(err)) = host.emit("onTerminate") else {
        panic!("it throws");
    };
    let position = err.position.as_ref().unwrap().to_string();
    assert_eq!(position, "main.pb.js:8:32", "{}", err.report());
}

#[test]
fn the_next_start_finds_its_programs_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    for (hits, misses) in [(0, 3), (3, 0)] {
        let host = host_with(dir.path(), KEPT);
        let stats = host.runtime.stats().store;
        assert_eq!((stats.hits, stats.misses), (hits, misses));
        assert!(stats.bytes > 0);
        check_hooks(&host);
    }
    // A file that changed is another program.
    let stats = host_with(dir.path(), "onBootstrap((e) => e.next())");
    assert_eq!(stats.runtime.stats().store.hits, 0);
}

#[test]
fn a_damaged_directory_is_no_obstacle_and_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    drop(host_with(dir.path(), KEPT));
    for (number, entry) in fs::read_dir(dir.path()).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        match number {
            0 => bytes.clear(),
            1 => bytes.truncate(bytes.len() / 2),
            _ => bytes[50] ^= 1,
        }
        fs::write(&path, bytes).unwrap();
    }
    for (hits, rejected) in [(0, 3), (3, 0)] {
        let host = host_with(dir.path(), KEPT);
        let stats = host.runtime.stats().store;
        assert_eq!((stats.hits, stats.rejected), (hits, rejected));
        check_hooks(&host);
    }
}

#[test]
fn a_loop_is_stopped_whether_its_program_was_compiled_or_read() {
    let dir = tempfile::tempdir().unwrap();
    for hits in [0, 1] {
        let host = Host::new("", |config| {
            config.cache.dir = dir.path().to_owned();
            config.limits.loops = 1_000;
        });
        let before = host.runtime.stats().store.hits;
        let err = run(&host, "for (;;) {}").result.unwrap_err();
        assert_eq!(err.limit.map(|hit| hit.as_str()), Some("loops"));
        assert_eq!(host.runtime.stats().store.hits - before, hits);
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let mut config = Config::default();
    config.cache.dir.clone_from(&file);
    let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    let Err(err) = Runtime::builder(app).config(config).build() else {
        panic!("a file is no directory");
    };
    let told = err.to_string();
    let wanted = format!("[cache] dir: {}: ", file.display());
    assert!(told.starts_with(&wanted), "{told}");
}
