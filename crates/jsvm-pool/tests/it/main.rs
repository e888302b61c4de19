//! The whole pool, with a worker that does whatever the test says.
//!
//! One rule: tests and jobs meet through channels. A test that waits for
//! something that does not come hangs; none of them measures time.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, a panic is how a failure is told"
)]

mod awaiting;
mod cancel;
mod deadline;
mod faults;
mod intake;
mod lost_worker;
mod serving;
mod shutdown;
mod sizing;
mod warming;

use std::{
    cell::Cell,
    convert::Infallible,
    num::NonZeroUsize,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use jsvm_pool::{Builder, Call, Pool, Stats, Stop, StopReason, Ticket, Worker};

/// A job is a closure; it gets the worker, and what it returns is the output.
type Job = Box<dyn FnOnce(&Fake) -> u64 + Send>;

/// For what must pass before the test goes on.
const SHORT: Duration = Duration::from_millis(20);
/// For what must not pass before the test ends.
const HOUR: Duration = Duration::from_secs(60 * 60);

struct Fake {
    deadline: Cell<Option<Instant>>,
    /// One message for each stop.
    stops: (Sender<()>, Receiver<()>),
    /// An `Rc`, so that the worker could not be sent to its thread.
    on_drop: Rc<dyn Fn()>,
}

struct StopSender(Sender<()>);

impl Stop for StopSender {
    fn stop(&self, _: StopReason) {
        self.0.send(()).unwrap();
    }
}

impl Worker for Fake {
    type Job = Job;
    type Output = u64;
    type Stop = StopSender;

    fn stop_handle(&self) -> StopSender {
        StopSender(self.stops.0.clone())
    }

    fn run(&mut self, job: Job, deadline: Instant) -> u64 {
        self.deadline.set(Some(deadline));
        job(self)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        (self.on_drop)();
    }
}

impl Fake {
    fn new() -> Self {
        Self::with_on_drop(|| {})
    }

    fn with_on_drop(on_drop: impl Fn() + 'static) -> Self {
        Self {
            deadline: Cell::default(),
            stops: unbounded(),
            on_drop: Rc::new(on_drop),
        }
    }

    fn wait_for_stop(&self) {
        self.stops.1.recv().unwrap();
    }
}

fn builder(workers: usize) -> Builder<Fake> {
    Pool::builder()
        .workers(NonZeroUsize::new(workers).unwrap())
        .timeout(HOUR)
        .queue_wait(HOUR)
        .grace(HOUR)
}

fn pool(workers: usize) -> Pool<Fake> {
    build(builder(workers))
}

fn build(builder: Builder<Fake>) -> Pool<Fake> {
    builder.build(|| Ok::<_, Infallible>(Fake::new())).unwrap()
}

/// A call with a time limit of its own.
fn within(limit: Duration) -> Call {
    Call::new().timeout(limit)
}

fn count(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// The numbers when every worker waits for a job again.
fn settled(pool: &Pool<Fake>) -> Stats {
    loop {
        let now = pool.stats();
        if now.idle == now.size && now.size > 0 {
            return now;
        }
        thread::yield_now();
    }
}

fn job(code: impl FnOnce(&Fake) -> u64 + Send + 'static) -> Job {
    Box::new(code)
}

/// A job that runs until the test lets it go, whatever it is asked.
struct Blocked {
    ticket: Ticket<u64>,
    release: Sender<()>,
}

impl Blocked {
    /// Returns when the job runs.
    fn on(pool: &Pool<Fake>) -> Self {
        let (has_started, started) = bounded(0);
        let (release, released) = bounded::<()>(0);
        let ticket = pool.submit(job(move |_| {
            has_started.send(()).unwrap();
            released.recv().unwrap();
            1
        }));
        started.recv().unwrap();
        let ticket = ticket.unwrap();
        Self { ticket, release }
    }

    fn release(self) -> Ticket<u64> {
        self.release.send(()).unwrap();
        self.ticket
    }
}

/// A job that runs until it is asked to stop. Returns when it runs.
fn obedient(pool: &Pool<Fake>) -> Ticket<u64> {
    let (has_started, started) = bounded(0);
    let ticket = pool.submit(job(move |worker| {
        has_started.send(()).unwrap();
        worker.wait_for_stop();
        2
    }));
    started.recv().unwrap();
    ticket.unwrap()
}
