//! `drive TARGET [--seconds N] [--seed S]` and `drive TARGET FILE`.
//!
//! The one rule: inputs come from the seed alone, so a run can be repeated; a
//! finding is written to a file before anything else.

use anyhow::{Context, Result, bail, ensure};
use jsvm::alloc::{self, CountingAlloc};
use jsvm_fuzz::TARGETS;
use std::{
    fs,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: CountingAlloc = CountingAlloc::system();

/// Random numbers: xorshift, good enough and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// New bytes, or a changed copy of ones before.
    fn input(&mut self, kept: &[Vec<u8>]) -> Vec<u8> {
        if kept.is_empty() || self.below(3) == 0 {
            let length = 1 + self.below(300);
            return (0..length).map(|_| self.next() as u8).collect();
        }
        let mut input = kept[self.below(kept.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(input.len());
            match self.below(4) {
                0 => input.insert(at, self.next() as u8),
                1 if input.len() > 1 => drop(input.remove(at)),
                2 => input.truncate(at.max(1)),
                _ => input[at] = self.next() as u8,
            }
        }
        input
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = arguments
        .split_first()
        .context("usage: drive TARGET [--seconds N] [--seed S] | drive TARGET FILE")?;
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    ensure!(
        names.contains(&name.as_str()),
        "no target {name:?}; there are {names:?}"
    );
    let (mut seconds, mut seed) = (60, 1);
    match rest {
        [file] if !file.starts_with('-') => {
            let input = fs::read(file).with_context(|| file.clone())?;
            return run(name.clone(), input).map_err(|told| anyhow::anyhow!("a finding: {told}"));
        }
        flags => {
            for pair in flags.chunks(2) {
                match pair {
                    [flag, value] if flag == "--seconds" => seconds = value.parse()?,
                    [flag, value] if flag == "--seed" => seed = value.parse()?,
                    other => bail!("what is {other:?}?"),
                }
            }
        }
    }
    drive(name, Duration::from_secs(seconds), seed)
}

fn drive(name: &str, time: Duration, seed: u64) -> Result<()> {
    const KEPT: usize = 500;
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let started = Instant::now();
    let mut runs = 0_u64;
    while started.elapsed() < time {
        let input = random.input(&kept);
        if let Err(told) = run(name.to_owned(), input.clone()) {
            let file = format!("finding-{name}-{seed}-{runs}");
            fs::write(&file, &input).with_context(|| file.clone())?;
            bail!("run {runs}, in {file}: {told}");
        }
        runs += 1;
        match kept.len() {
            KEPT.. => {
                let at = random.below(KEPT);
                kept[at] = input;
            }
            _ => kept.push(input),
        }
    }
    println!(
        "{name}: {runs} runs in {:?}, nothing found",
        started.elapsed()
    );
    Ok(())
}

/// One run on a thread like a worker's; what a panic told.
///
/// A thread that takes far too much memory sleeps for ever, as a worker would,
/// and is left behind.
fn run(name: String, input: Vec<u8>) -> Result<(), String> {
    const PATIENCE: Duration = Duration::from_millis(5);
    let asleep = alloc::parked_threads();
    let (teller, told) = mpsc::channel::<()>();
    let thread = thread::Builder::new().stack_size(jsvm_core::STACK_SIZE);
    let target = move || {
        // Dropped at the end, also by a panic.
        let _teller = teller;
        alloc::set_thread_stack(jsvm_core::STACK_SIZE / 2);
        jsvm_fuzz::run(&name, &input);
    };
    let thread = thread.spawn(target).map_err(|err| err.to_string())?;
    while told.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        if alloc::parked_threads() > asleep {
            return Ok(());
        }
    }
    let ended = thread.join();
    ended.map_err(|payload| match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload
            .downcast::<&str>()
            .map_or_else(|_| "a panic".into(), |it| it.to_string()),
    })
}
