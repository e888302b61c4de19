//! The one thread that watches the others.
//!
//! One rule: it never waits for a worker, save to join a thread that has said
//! it ended; so no worker can make another's deadline late. It knows moments
//! and slots; it does not know what the jobs are.

use std::{
    io, mem,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    alarm::{after, earlier},
    error::JobError,
    guard::guarded,
    slot::{Finding, Look, Slot},
    worker::{Shared, Worker, spawn},
};

/// How soon a thread that the system refused is asked for again.
const RETRY: Duration = Duration::from_millis(100);

/// Starts the workers' threads and the one that watches them, which ends when
/// the pool is closed and the last of them has ended or was abandoned.
pub(crate) fn start<W: Worker>(shared: &Arc<Shared<W>>) -> io::Result<JoinHandle<()>> {
    let mut supervisor = Supervisor {
        shared: Arc::clone(shared),
        lanes: Vec::new(),
    };
    for _ in 0..shared.options.workers.get() {
        supervisor.add_lane()?;
    }
    thread::Builder::new()
        .name(format!("{}-supervisor", shared.options.name))
        .spawn(move || supervisor.run())
}

struct Supervisor<W: Worker> {
    shared: Arc<Shared<W>>,
    lanes: Vec<Lane<W>>,
}

/// A thread that is not abandoned, and its slot.
struct Lane<W: Worker> {
    slot: Arc<Slot<W>>,
    thread: JoinHandle<()>,
}

impl<W: Worker> Supervisor<W> {
    fn run(mut self) {
        loop {
            let cutoff = self.shared.alarm.hush();
            let now = Instant::now();
            if cutoff.is_some_and(|cutoff| cutoff <= now) {
                self.drop_queued();
            }
            let due = self.inspect(now, cutoff);
            // While the pool is open, and until its queue is drained.
            let is_needed = cutoff.is_none() || !self.shared.queue.is_empty();
            if !is_needed && self.lanes.is_empty() {
                return;
            }
            let retry = if is_needed { self.refill(now) } else { None };
            let drained = cutoff.filter(|&cutoff| now < cutoff);
            let next = [due, retry, drained].into_iter().flatten().min();
            self.shared.alarm.sleep(next);
        }
    }

    /// Takes the step that is due on each lane. Returns when the next one is.
    fn inspect(&mut self, now: Instant, cutoff: Option<Instant>) -> Option<Instant> {
        let counters = &self.shared.counters;
        let look = Look {
            now,
            cutoff,
            grace: self.shared.options.grace,
            stopped: &counters.stopped,
        };
        let mut next = None;
        for lane in mem::take(&mut self.lanes) {
            match lane.slot.inspect(&look) {
                Finding::Idle => {}
                Finding::Busy(at) => next = Some(earlier(at, next)),
                Finding::Overdue(reply) => {
                    counters.abandoned.add();
                    let _ = guarded(|| reply.send(Err(JobError::Abandoned)));
                    continue;
                }
                Finding::Exited => {
                    // A panic, if it ended by one, was told where it happened.
                    let _ = lane.thread.join();
                    continue;
                }
            }
            self.lanes.push(lane);
        }
        next
    }

    /// Puts new threads in the place of lost ones. Returns when to try again,
    /// if the system has none to give.
    fn refill(&mut self, now: Instant) -> Option<Instant> {
        while self.lanes.len() < self.shared.options.workers.get() {
            if self.add_lane().is_err() {
                return Some(after(now, RETRY));
            }
        }
        None
    }

    fn add_lane(&mut self) -> io::Result<()> {
        let slot = Arc::new(Slot::new());
        let thread = spawn(&self.shared, &slot)?;
        self.lanes.push(Lane { slot, thread });
        Ok(())
    }

    /// Drops what waits in the closed queue, which answers the tickets.
    fn drop_queued(&self) {
        for task in self.shared.queue.try_iter() {
            self.shared.counters.dropped.add();
            let _ = guarded(|| drop(task));
        }
    }
}
