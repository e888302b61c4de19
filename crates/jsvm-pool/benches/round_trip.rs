//! What does the pool add to the round trip of a job between two threads?
//!
//! Each case runs beside a bare round trip through two channels of crossbeam,
//! in turns of the same run, and the answers are asserted. Spinning: one job
//! right after the other. Parked: a pause before each lets the worker fall
//! asleep, and only what follows the pause is timed. Per-turn medians are
//! compared. `cargo bench -p jsvm-pool`.

use std::{
    convert::Infallible,
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, bounded};
use jsvm_pool::{Pool, Stop, StopReason, Worker};

const TURNS: usize = 15;

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

/// One kind of load: how many jobs a turn has, and the pause before each.
#[derive(Clone, Copy)]
struct Load {
    name: &'static str,
    jobs: u64,
    pause: Duration,
}

const LOADS: [Load; 2] = [
    Load {
        name: "spinning",
        jobs: 20_000,
        pause: Duration::ZERO,
    },
    Load {
        name: "parked",
        jobs: 300,
        pause: Duration::from_micros(300),
    },
];

/// The median time of one round trip, over all callers, in nanoseconds.
fn turn<R: Fn(u64) -> u64>(callers: usize, load: Load, caller: impl Fn() -> R + Sync) -> u64 {
    let mut times: Vec<u64> = thread::scope(|scope| {
        let run = || {
            let round_trip = caller();
            let one = |job| {
                if !load.pause.is_zero() {
                    thread::sleep(load.pause);
                }
                let start = Instant::now();
                assert_eq!(round_trip(job), job + 1);
                u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
            };
            (0..load.jobs).map(one).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(run)).collect();
        let times = threads.into_iter().map(|thread| thread.join());
        times
            .flat_map(|times| times.expect("the answers are right"))
            .collect()
    });
    median(&mut times)
}

fn median(times: &mut [u64]) -> u64 {
    times.sort_unstable();
    times[times.len() / 2]
}

fn main() {
    for callers in [1, 2] {
        let workers = NonZeroUsize::new(callers).unwrap_or(NonZeroUsize::MIN);
        let pool = Pool::builder()
            .workers(workers)
            .build(|| Ok::<_, Infallible>(Echo))
            .expect("threads start");
        let (jobs, queue) = bounded::<(u64, Sender<u64>)>(1024);
        let bare: Vec<_> = (0..callers)
            .map(|_| {
                let queue = queue.clone();
                thread::spawn(move || {
                    for (job, reply) in queue {
                        reply.send(job + 1).expect("the caller waits");
                    }
                })
            })
            .collect();
        for load in LOADS {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..TURNS {
                ours.push(turn(callers, load, || {
                    |job| {
                        let ticket = pool.submit(job).expect("there is room");
                        ticket.wait().expect("it runs")
                    }
                }));
                theirs.push(turn(callers, load, || {
                    let (reply, answers) = bounded(1);
                    let jobs = jobs.clone();
                    move |job| {
                        jobs.send((job, reply.clone())).expect("it listens");
                        answers.recv().expect("it answers")
                    }
                }));
            }
            let (ours, theirs) = (median(&mut ours), median(&mut theirs));
            #[expect(clippy::cast_precision_loss, reason = "nanoseconds of one job")]
            let ratio = ours as f64 / theirs as f64;
            let name = load.name;
            println!(
                "pool/round_trip/{name}/{callers}: {ours} ns, bare {theirs} ns, ratio {ratio:.2}"
            );
        }
        drop(jobs);
        for thread in bare {
            thread.join().expect("it ends");
        }
    }
}
