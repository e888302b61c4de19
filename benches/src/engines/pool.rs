//! A job's round trip between two threads: through our pool, and through two
//! bare channels of crossbeam.
//!
//! The one rule: the caller's time, by the wall. Where it pauses before each
//! job, so that the other side falls asleep, the pause is not a part of it.

use crate::harness::Subject;
use anyhow::{Context as _, Result, anyhow, ensure};
use crossbeam_channel::{Sender, bounded};
use jsvm_pool::{Pool, Stop, StopReason, Worker};
use std::{
    convert::Infallible,
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How jobs come.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) callers: usize,
    /// What each caller waits before each job.
    pub(crate) pause: Duration,
}

struct Echo;
struct Never;

impl Stop for Never {
    fn stop(&self, _: StopReason) {}
}

impl Worker for Echo {
    type Job = u64;
    type Output = u64;
    type Stop = Never;

    fn stop_handle(&self) -> Never {
        Never
    }

    fn run(&mut self, job: u64, _: Instant) -> u64 {
        job + 1
    }
}

/// Through a pool with a worker for each caller.
///
/// # Errors
///
/// Threads cannot be started.
pub(crate) fn ours(load: Load) -> Result<Subject> {
    let workers = NonZeroUsize::new(load.callers).context("nobody calls")?;
    let pool = Pool::builder()
        .workers(workers)
        .build(|| Ok::<_, Infallible>(Echo))?;
    let pool = Arc::new(pool);
    let caller = move || -> Caller {
        let pool = Arc::clone(&pool);
        Box::new(move |job| Ok(pool.submit(job).map_err(|err| anyhow!("{err}"))?.wait()?))
    };
    Ok(Box::new(move |count| batch(load, count, &caller)))
}

/// Through two channels, with a thread for each caller.
///
/// # Errors
///
/// None.
pub(crate) fn crossbeam(load: Load) -> Result<Subject> {
    let (jobs, queue) = bounded::<(u64, Sender<u64>)>(1024);
    for _ in 0..load.callers {
        let queue = queue.clone();
        // They end when the last sender is gone.
        thread::spawn(move || {
            for (job, reply) in queue {
                if reply.send(job + 1).is_err() {
                    return;
                }
            }
        });
    }
    let caller = move || -> Caller {
        let (reply, answers) = bounded(1);
        let jobs = jobs.clone();
        Box::new(move |job| {
            jobs.send((job, reply.clone()))?;
            Ok(answers.recv()?)
        })
    };
    Ok(Box::new(move |count| batch(load, count, &caller)))
}

/// One round trip.
type Caller = Box<dyn Fn(u64) -> Result<u64>>;

/// Nanoseconds of all round trips, those of callers at the same time not
/// counted twice.
fn batch(load: Load, jobs: u64, caller: &(dyn Fn() -> Caller + Sync)) -> Result<u64> {
    let each = jobs.div_ceil(load.callers as u64);
    let times = thread::scope(|scope| {
        let callers: Vec<_> = (0..load.callers)
            .map(|_| scope.spawn(|| round_trips(load.pause, each, &*caller())))
            .collect();
        let times = callers.into_iter().map(|caller| caller.join());
        times
            .map(|time| time.map_err(|_| anyhow!("a caller panicked"))?)
            .sum::<Result<u64>>()
    })?;
    Ok(times / load.callers as u64 * jobs / each)
}

/// The time of one caller's round trips.
fn round_trips(
    pause: Duration,
    count: u64,
    round_trip: &dyn Fn(u64) -> Result<u64>,
) -> Result<u64> {
    let mut time = Duration::ZERO;
    for job in 0..count {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let start = Instant::now();
        let answer = round_trip(job)?;
        time += start.elapsed();
        ensure!(answer == job + 1, "{answer} is the answer to another job");
    }
    Ok(u64::try_from(time.as_nanos())?)
}
