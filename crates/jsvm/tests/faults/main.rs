//! A runtime under load while everything that may go wrong does, at random:
//! panics of the host, runaways, hosts that hang, reloads of good and of broken
//! hooks, a full queue, workers that are worn out.
//!
//! A program of its own, because it counts the threads of its process. It runs
//! for a few seconds, or for as many as `JSVM_FAULT_SECONDS` says.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

use jsvm::{App, Config, Error, Event, NoRecords, Runtime, Silent, Source, WhenFull};
use std::{
    collections::BTreeMap,
    panic,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

const CALLERS: u64 = 12;
const WORKERS: usize = 2;

/// What goes wrong with an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    None,
    /// A script by itself, which nobody ran before.
    Script,
    Throw,
    /// The host panics in the middle of a handler.
    Panic,
    Runaway,
    /// The host does not come back before the caller is answered.
    Stuck,
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fault(&mut self) -> Fault {
        match self.next() % 1000 {
            0..200 => Fault::Script,
            200..300 => Fault::Throw,
            300..330 => Fault::Panic,
            330..334 => Fault::Runaway,
            334..338 => Fault::Stuck,
            _ => Fault::None,
        }
    }
}

/// How often each fault had each answer.
type Tally = BTreeMap<(Fault, &'static str), u64>;

/// The hooks of a version; each has the same handlers in another place.
fn hooks(version: u64) -> Source {
    let text = format!(
        "{}onBootstrap((e) => {{ e.next() }})
        onTerminate((e) => {{ throw new BadRequestError('no') }})
        onModelValidate((e) => {{ for (;;) {{}} }})",
        "\n".repeat((version % 7) as usize)
    );
    Source::new("main.pb.js", text)
}

fn start(when_full: WhenFull, programs: &Path) -> Runtime {
    let mut config = Config::default();
    config.pool.workers = WORKERS;
    config.pool.max_workers = 2 * WORKERS;
    config.pool.idle = Duration::from_millis(20);
    config.pool.queue = 2;
    config.pool.when_full = when_full;
    config.pool.full_wait = Duration::from_millis(2);
    config.pool.max_executions = 500;
    config.limits.timeout = Duration::from_millis(100);
    config.cache.max_bytes = 100_000;
    config.cache.dir = programs.to_owned();
    let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    let runtime = Runtime::builder(app).config(config).build().unwrap();
    assert!(runtime.load(&[hooks(0)]).unwrap().is_empty());
    runtime
}

/// Runs one execution. Returns its answer, and how often the host was called.
fn call(runtime: &Runtime, fault: Fault, id: u64) -> (&'static str, u64) {
    let calls = Arc::new(AtomicU64::new(0));
    let (hold, held) = mpsc::channel::<()>();
    let action = {
        let calls = Arc::clone(&calls);
        move |_: &Arc<Event>| {
            calls.fetch_add(1, SeqCst);
            match fault {
                // As a panic, but nothing is printed.
                Fault::Panic => panic::resume_unwind(Box::new("on purpose")),
                Fault::Stuck => held.recv().unwrap_or(()),
                _ => {}
            }
            Ok(())
        }
    };
    let emit = |hook: &str| {
        let app = runtime.app();
        app.emit(&[hook], Event::new(app.clone()), Box::new(action))
    };
    let result = match fault {
        Fault::None | Fault::Panic | Fault::Stuck => emit("onBootstrap"),
        Fault::Throw => emit("onTerminate"),
        Fault::Runaway => emit("onModelValidate"),
        Fault::Script => script(runtime, id),
    };
    drop(hold);
    (answer(&result), calls.load(SeqCst))
}

fn script(runtime: &Runtime, id: u64) -> Result<(), Error> {
    let source = Source::new(
        "a.js",
        format!("let s = 0; for (const n of [{id}]) s += n; s"),
    );
    let ran = runtime.run_script(source, Duration::ZERO)?;
    let (value, _) = ran.result.map_err(Error::Script)?;
    assert_eq!(value.as_u64(), Some(id), "the answer of another script");
    Ok(())
}

fn answer(result: &Result<(), Error>) -> &'static str {
    match result {
        Ok(()) => "done",
        Err(Error::Api(_)) => "thrown",
        Err(err) if err.is_retryable() => "refused",
        Err(err) => err.limit().map_or("failed", |hit| hit.as_str()),
    }
}

/// Whether a fault may have this answer after so many calls of the host.
fn is_right(fault: Fault, answer: &str, calls: u64) -> bool {
    match (fault, answer) {
        (_, "refused") => calls == 0,
        // Any thread may be held up by the system for longer than the limit.
        (_, "timeout") => calls <= 1,
        (Fault::None, "done") => calls == 1,
        (Fault::Script, "done") | (Fault::Throw, "thrown") => calls == 0,
        (Fault::Panic, "failed") => calls == 1,
        _ => false,
    }
}

/// Calls until it is told to end.
fn call_on(runtime: &Runtime, is_over: &AtomicBool, caller: u64) -> Tally {
    let (mut random, mut tally) = (Random(caller), Tally::new());
    let mut id = caller;
    while !is_over.load(SeqCst) {
        let fault = random.fault();
        let (answer, calls) = call(runtime, fault, id);
        assert!(is_right(fault, answer, calls), "{fault:?} {answer} {calls}");
        *tally.entry((fault, answer)).or_default() += 1;
        id += CALLERS;
        if answer == "refused" {
            // As a client that tries again later.
            thread::park_timeout(Duration::from_millis(1));
        }
    }
    tally
}

/// Loads good hooks, and looks at broken ones, until it is told to end. Returns
/// how often it did.
fn reload_on(runtime: &Runtime, is_over: &AtomicBool) -> u64 {
    let mut version = 0;
    while !is_over.load(SeqCst) {
        version += 1;
        assert!(runtime.load(&[hooks(version)]).unwrap().is_empty());
        let broken = Source::new("main.pb.js", "onBootstrap((e) => {});\nconst = 1");
        assert_eq!(runtime.inspect(&[broken]).unwrap().failures.len(), 1);
        // What is loaded is to be used, too.
        thread::park_timeout(Duration::from_millis(50));
    }
    version
}

fn run(when_full: WhenFull, time: Duration) {
    let programs = tempfile::tempdir().unwrap();
    let runtime = start(when_full, programs.path());
    let is_over = AtomicBool::new(false);
    let (tallies, reloads) = thread::scope(|scope| {
        let (runtime, is_over) = (&runtime, &is_over);
        let caller = |number| scope.spawn(move || call_on(runtime, is_over, number));
        let callers: Vec<_> = (0..CALLERS).map(caller).collect();
        let reloads = scope.spawn(|| reload_on(runtime, is_over));
        let end = Instant::now() + time;
        while Instant::now() < end && !callers.iter().any(|caller| caller.is_finished()) {
            thread::park_timeout(Duration::from_millis(50));
        }
        is_over.store(true, SeqCst);
        let tallies = callers.into_iter().map(|caller| caller.join().unwrap());
        (Vec::from_iter(tallies), reloads.join().unwrap())
    });
    let mut tally = Tally::new();
    for (key, count) in tallies.into_iter().flatten() {
        *tally.entry(key).or_default() += count;
    }
    check(&runtime, when_full, &tally);
    println!("{when_full:?}: {reloads} reloads, {tally:?}");
    println!("{:?}", runtime.stats());
}

/// Both sides count the same, and the pool is as it was.
fn check(runtime: &Runtime, when_full: WhenFull, tally: &Tally) {
    let stats = || runtime.stats().pool;
    while stats().size != WORKERS || stats().lingering > 0 || stats().idle != WORKERS {
        thread::yield_now();
    }
    let now = stats();
    assert_eq!((now.busy, now.queued), (0, 0), "{now:?}");
    let ran = now.completed + now.panicked + now.abandoned;
    let never_ran = now.expired + now.refused + now.cancelled + now.dropped + now.failed;
    assert_eq!(ran + never_ran, tally.values().sum::<u64>(), "{now:?}");
    let refused = |(key, count): (&(Fault, &str), &u64)| (key.1 == "refused").then_some(*count);
    assert_eq!(
        never_ran,
        tally.iter().filter_map(refused).sum::<u64>(),
        "{now:?}"
    );
    assert!(now.panicked > 0 && now.replaced > 0, "{now:?}");
    match when_full {
        WhenFull::Wait => assert!(now.waited > 0, "{now:?}"),
        WhenFull::Spawn => assert!(now.spawned > 0, "{now:?}"),
        _ => assert!(now.refused > 0, "{now:?}"),
    }
}

#[cfg(target_os = "linux")]
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Elsewhere nobody counts.
#[cfg(not(target_os = "linux"))]
fn threads() -> usize {
    0
}

#[test]
fn random_faults_lose_no_answer_no_worker_and_no_thread() {
    let seconds = std::env::var("JSVM_FAULT_SECONDS");
    let seconds: u64 = seconds.map_or(6, |seconds| seconds.parse().unwrap());
    let before = threads();
    for when_full in [WhenFull::Refuse, WhenFull::Wait, WhenFull::Spawn] {
        run(when_full, Duration::from_secs(seconds) / 3);
        // A thread that has answered may still be about to end.
        while threads() != before {
            thread::yield_now();
        }
    }
    println!("{before} threads before and after");
}
