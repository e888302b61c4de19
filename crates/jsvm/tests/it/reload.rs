//! Loading again: what is compiled, what is in force, who sees what.

use crate::Host;
use jsvm::{Error, Event, Source};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

/// One file, one handler.
fn file(number: usize, text: &str) -> Source {
    let hook = format!("onBootstrap((e) => {{ console.log('{text}'); e.next() }})");
    Source::new(format!("{number}.pb.js"), hook)
}

fn files(text: &str) -> Vec<Source> {
    (0..10).map(|number| file(number, text)).collect()
}

#[test]
fn only_what_changed_is_compiled_again() {
    let host = Host::new("", |_| {});
    let mut files = files("old");
    let compiled = |files: &[Source]| {
        let before = host.runtime.stats().cache;
        assert!(host.runtime.load(files).unwrap().is_empty());
        let after = host.runtime.stats().cache;
        (after.misses - before.misses, after.hits - before.hits)
    };
    // A file and its handler are two programs.
    assert_eq!(compiled(&files), (20, 0));
    assert_eq!(compiled(&files), (0, 20));
    files[3] = file(3, "new");
    assert_eq!(compiled(&files), (2, 18));
    host.emit("onBootstrap").unwrap();
    let mut wanted = ["old"; 10];
    wanted[3] = "new";
    assert_eq!(host.lines(), wanted);
    files[3] = file(3, "old");
    assert_eq!(compiled(&files), (0, 20));
    files.remove(3);
    assert_eq!(compiled(&files), (0, 18));
    host.emit("onBootstrap").unwrap();
    assert_eq!(host.lines(), ["old"; 9]);
}

#[test]
fn a_broken_file_can_leave_the_hooks_in_force() {
    let host = Host::new("", |_| {});
    host.runtime.load(&files("old")).unwrap();
    let mut files = files("new");
    files[5] = Source::new("5.pb.js", "onBootstrap((e) => {\n  const = 5\n})");
    let loaded = host.runtime.inspect(&files).unwrap();
    let [(name, err)] = loaded.failures.as_slice() else {
        panic!("{:?}", loaded.failures);
    };
    assert_eq!(name, "5.pb.js");
    assert!(err.report().contains("2 |   const = 5"), "{}", err.report());
    host.emit("onBootstrap").unwrap();
    assert_eq!(host.lines(), ["old"; 10]);
}

/// A set of hooks that tells its name twice: by the handler of an event, and
/// by that of another one that the first one causes.
fn set(name: &str) -> [Source; 1] {
    let text = format!(
        "onBootstrap((e) => {{ try {{ e.next() }} catch (err) {{
            throw new BadRequestError(err.message + ' {name}')
        }} }})
        onTerminate((e) => {{ throw new BadRequestError('{name}') }})"
    );
    [Source::new("main.pb.js", text)]
}

/// Emits an event; returns what its two handlers called themselves.
fn names(host: &Host) -> String {
    let app = host.runtime.app();
    let action = |event: &Arc<Event>| {
        let app = event.app();
        app.emit(
            &["onTerminate"],
            Event::new(app.clone()),
            Box::new(|_| Ok(())),
        )
    };
    let event = Event::new(app.clone());
    let err = app.emit(&["onBootstrap"], event, Box::new(action));
    match err {
        Err(Error::Api(err)) => err.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn hooks_are_swapped_whole_under_load_and_every_event_is_answered() {
    let host = Host::new("", |config| config.pool.workers = 2);
    host.runtime.load(&set("a")).unwrap();
    let is_over = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        let emitters: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = Vec::new();
                    while !is_over.load(Relaxed) {
                        seen.push(names(&host));
                        answered.fetch_add(1, Relaxed);
                    }
                    seen
                })
            })
            .collect();
        for round in 0..40 {
            let before = answered.load(Relaxed);
            host.runtime.load(&set(["b", "a"][round % 2])).unwrap();
            // Everybody has answered under these hooks before the next ones.
            while answered.load(Relaxed) < before + 8 {
                thread::yield_now();
            }
        }
        is_over.store(true, Relaxed);
        for emitter in emitters {
            let mut seen = emitter.join().unwrap();
            seen.sort();
            seen.dedup();
            assert_eq!(seen, ["A. a.", "B. b."]);
        }
    });
    let stats = host.runtime.stats();
    let answered = answered.load(Relaxed) as u64;
    assert_eq!(stats.metrics.executions, 2 * answered);
    assert_eq!((stats.pool.size, stats.pool.queued), (2, 0));
    assert_eq!((stats.pool.panicked, stats.pool.abandoned), (0, 0));
}
