//! Hostile and friendly scripts at random on one pool.
//!
//! The rule: every friendly result is right, no worker is lost for ever, and
//! what the process holds comes back to its level. The seed is in the message
//! of a failure. `JSVM_SOAK_SECONDS` lets it go on for longer than its scripts.

use super::scripts::{MEMORY, run, run_to_end, runtime, scripts};
use jsvm::Runtime;
use serde_json::json;
use std::{
    process::Command,
    sync::PoisonError,
    thread,
    time::{Duration, Instant},
};

const SEED: u64 = 0x5eed_cafe_f00d_0003;
/// Scripts of each of the two threads that ask, at least.
const SCRIPTS: u64 = 200;
/// One in so many is hostile.
const HOSTILE: u64 = 4;
/// Scripts that a worker does not come back from: they sleep inside of one
/// operator or of calls that nobody counts, with what they hold.
const PARKED: &[&str] = &[
    "text/doubling",
    "natives/getter_of_itself",
    "natives/iterator_of_itself",
    "natives/locale_text",
    "natives/primitive_of_itself",
];
/// What the process may hold more afterwards, in bytes: what both workers may
/// hold at once, since the system's allocator may place that anew.
const SLACK: i64 = 2 * (64 << 20);

/// Marsaglia's xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn random_scripts_lose_neither_workers_nor_memory() {
    in_its_own_process("soak::random_scripts_lose_neither_workers_nor_memory", soak);
}

fn soak() {
    let runtime = runtime(2, Duration::from_millis(60));
    let mut hostile = scripts();
    hostile.retain(|(name, _)| !PARKED.iter().any(|part| name.starts_with(part)));
    let seconds = std::env::var("JSVM_SOAK_SECONDS");
    let time = Duration::from_secs(seconds.map_or(0, |seconds| seconds.parse().unwrap()));
    ask_both(|_| all(&runtime, &hostile));
    if !time.is_zero() {
        // The system's allocator needs some time to find its own level.
        let end = Instant::now() + time / 10;
        ask_both(|asker| ask(&runtime, &hostile, Random(!SEED + asker), end));
    }
    let level = held_at_rest(&runtime);
    let end = Instant::now() + time;
    ask_both(|asker| ask(&runtime, &hostile, Random(SEED + asker), end));
    let grown = held_at_rest(&runtime) - level;
    let stats = runtime.stats().pool;
    println!("{grown} bytes more, {stats:?}");
    assert_eq!(stats.size, 2, "{stats:?}");
    assert!(
        grown < SLACK,
        "{grown} bytes more, {stats:?}, seed {SEED:#x}"
    );
}

/// Asks from two threads at once.
fn ask_both(ask: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        let ask = &ask;
        scope.spawn(move || ask(0));
        scope.spawn(move || ask(1));
    });
}

/// Brings the process to its level: what the system's allocator took for the
/// largest script, it keeps.
fn all(runtime: &Runtime, hostile: &[(String, String)]) {
    for (name, text) in hostile {
        drop(run(runtime, name, text));
    }
    friendly(runtime, 0, 5);
}

fn ask(runtime: &Runtime, hostile: &[(String, String)], mut random: Random, end: Instant) {
    let count = u64::try_from(hostile.len()).unwrap();
    for number in 0.. {
        if number >= SCRIPTS && Instant::now() >= end {
            break;
        }
        if random.below(HOSTILE) == 0 {
            let index = usize::try_from(random.below(count)).unwrap();
            let (name, text) = &hostile[index];
            // What it comes to is told by the other test; here it disturbs.
            drop(run(runtime, name, text));
        } else {
            friendly(runtime, number, random.below(1000));
        }
    }
}

/// A script whose result depends on its number, so that no other's will do.
fn friendly(runtime: &Runtime, number: u64, n: u64) {
    let text = format!(
        "let sum = 0
        for (let i = 0; i <= {n}; i++) sum += i
        const all = new Map([['n', {n}], ['text', `${{{n}}}`.padStart(4, '0')]])
        ;[sum, all.get('text'), globalThis.left === undefined]"
    );
    let value = run_to_end(runtime, "friendly.js", &text);
    let expected = json!([n * (n + 1) / 2, format!("{n:04}"), true]);
    assert_eq!(value, Ok(expected), "script {number}, seed {SEED:#x}");
}

/// Other tests of this program leave threads behind that go on taking memory.
fn in_its_own_process(name: &str, test: fn()) {
    const ALONE: &str = "JSVM_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let _alone = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .status();
    assert!(status.unwrap().success());
}

/// What is held once the abandoned have come back, if they do within a minute.
fn held_at_rest(runtime: &Runtime) -> i64 {
    let end = Instant::now() + Duration::from_secs(60);
    while runtime.stats().pool.lingering > 0 && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    held()
}

/// Bytes of the process that are in memory.
#[cfg(target_os = "linux")]
fn held() -> i64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = status.split(' ').nth(1).unwrap().parse::<i64>().unwrap();
    pages * 4096
}

/// Other systems are not asked; the rest of the test holds there, too.
#[cfg(not(target_os = "linux"))]
fn held() -> i64 {
    0
}

/// What the engine does not count, and what it would keep for the process.
#[test]
fn what_an_execution_leaves_is_collected() {
    in_its_own_process(
        "soak::what_an_execution_leaves_is_collected",
        fill_and_leave,
    );
}

fn fill_and_leave() {
    let runtime = runtime(1, Duration::from_secs(10));
    let leave = |run: u32| {
        let text = format!(
            "new ArrayBuffer(20 << 20)
            for (let i = 0; i < 20000; i++) Symbol.for('{run} ' + i)
            Symbol.keyFor(Symbol.for('{run} 7'))"
        );
        let value = run_to_end(&runtime, "leaves.js", &text);
        assert_eq!(value, Ok(json!(format!("{run} 7"))));
    };
    (0..3).for_each(leave);
    let level = held();
    (3..60).for_each(leave);
    let grown = held() - level;
    assert!(grown < SLACK, "{grown} bytes more");
}
