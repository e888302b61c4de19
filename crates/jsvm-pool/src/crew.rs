//! The threads of a pool: how many there are, and how many there should be.
//!
//! One rule: all threads together are never more than the greatest size, one
//! successor, the extra ones and the abandoned ones that are allowed. The crew
//! knows the threads by their slots; it does not know what their jobs are.

use std::{
    io, mem,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{
    alarm::{after, earlier},
    error::JobError,
    shared::Shared,
    slot::{Finding, Look, Slot},
    warming::TurnEnd,
    worker::{Purpose, SlotOf, Worker, spawn},
};

/// How soon a thread or a worker that could not be had is asked for again.
const RETRY: Duration = Duration::from_millis(100);

/// How long jobs must wait before a thread is added for them, and how long it
/// takes until one more is.
pub(crate) const PATIENCE: Duration = Duration::from_millis(1);

pub(crate) struct Crew<W: Worker> {
    shared: Arc<Shared<W>>,
    lanes: Vec<Lane<W>>,
    /// How many threads should serve the queue now.
    wanted: usize,
    /// How many of those to be started replace a lost one.
    lost: usize,
    /// Before this, nothing is started.
    retry: Option<Instant>,
    /// When to look for threads that have not been needed.
    shrink: Option<Instant>,
}

/// A thread that is not abandoned, and its slot.
struct Lane<W: Worker> {
    slot: Arc<SlotOf<W>>,
    thread: JoinHandle<()>,
    is_extra: bool,
    /// What takes its place once it is made.
    successor: Option<Arc<SlotOf<W>>>,
}

impl<W: Worker> Lane<W> {
    /// Whether it goes on serving the queue.
    fn stays(&self) -> bool {
        !self.is_extra && !self.slot.is_leaving()
    }
}

impl<W: Worker> Crew<W> {
    /// Starts the least number of threads.
    pub(crate) fn start(shared: &Arc<Shared<W>>) -> io::Result<Self> {
        let mut crew = Self {
            shared: Arc::clone(shared),
            lanes: Vec::new(),
            wanted: shared.options.workers.get(),
            lost: 0,
            retry: None,
            shrink: None,
        };
        crew.refill()?;
        crew.publish();
        Ok(crew)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Takes the step that is due on each thread. Returns when the next one is.
    pub(crate) fn inspect(&mut self, now: Instant, cutoff: Option<Instant>) -> Option<Instant> {
        let shared = Arc::clone(&self.shared);
        let look = Look {
            now,
            cutoff,
            grace: shared.options.grace,
            stopped: &shared.counters.stopped,
            lingering: &shared.counters.lingering,
        };
        let mut next = None;
        for lane in mem::take(&mut self.lanes) {
            match lane.slot.inspect(&look) {
                Finding::Idle => {}
                Finding::Busy(at) => next = Some(earlier(at, next)),
                Finding::Overdue(claim) => {
                    if claim.is_warm_up {
                        shared.queue.end_warm_up(TurnEnd::Lost);
                    } else {
                        shared.counters.abandoned.add();
                    }
                    shared.counters.workers.subtract();
                    shared.answer(claim, Err(JobError::Abandoned));
                    self.lose(&lane);
                    continue;
                }
                Finding::Exited => {
                    if lane.stays() {
                        // It had no worker. Give the factory time to recover.
                        self.retry = Some(after(now, RETRY));
                    }
                    self.lose(&lane);
                    // A panic, if it ended by one, was told where it happened.
                    let _ = lane.thread.join();
                    continue;
                }
            }
            self.lanes.push(lane);
        }
        self.publish();
        next
    }

    fn lose(&mut self, lane: &Lane<W>) {
        if lane.is_extra {
            self.shared.queue.end_extra();
        }
        self.lost += usize::from(lane.stays());
    }

    /// Starts and dismisses threads as they are needed. Returns when to look
    /// again.
    pub(crate) fn adjust(&mut self, now: Instant) -> Option<Instant> {
        self.settle_successions();
        let grow = self.grow(now);
        if self.retry.is_none_or(|retry| retry <= now) {
            self.retry = self.refill().err().map(|_| after(now, RETRY));
        }
        let shrink = self.shrink(now);
        if self.allowed() == 0 && self.lanes.is_empty() {
            let cause = "too many were abandoned".to_owned();
            let failed = &self.shared.counters.failed;
            self.shared.empty(failed, &JobError::NoWorker(cause));
        }
        self.publish();
        [grow, self.retry, shrink].into_iter().flatten().min()
    }

    /// How many threads may serve: what is wanted, less what was abandoned
    /// beyond the bound and cannot be replaced.
    fn allowed(&self) -> usize {
        let lingering = usize::try_from(self.shared.counters.lingering.get()).unwrap_or(usize::MAX);
        let bound = self.shared.options.max_abandoned.get();
        self.wanted.saturating_sub(lingering.saturating_sub(bound))
    }

    /// How many threads serve, a worn one and its successor being one.
    fn serving(&self) -> usize {
        let staying = self.lanes.iter().filter(|lane| lane.stays());
        let (lanes, pairs) = staying.fold((0, 0), |(lanes, pairs), lane| {
            (lanes + 1, pairs + usize::from(lane.successor.is_some()))
        });
        lanes - pairs
    }

    /// Starts what is missing.
    fn refill(&mut self) -> io::Result<()> {
        while self.serving() < self.allowed() {
            let purpose = match self.lost {
                0 => Purpose::Grow,
                _ => Purpose::Replace,
            };
            self.add(purpose)?;
            self.lost = self.lost.saturating_sub(1);
        }
        self.lost = 0;
        self.add_successor()?;
        self.add_extra()
    }

    fn add(&mut self, purpose: Purpose) -> io::Result<Arc<SlotOf<W>>> {
        let slot = Arc::new(Slot::new());
        let thread = spawn(&self.shared, &slot, purpose)?;
        self.lanes.push(Lane {
            slot: Arc::clone(&slot),
            thread,
            is_extra: purpose == Purpose::Extra,
            successor: None,
        });
        Ok(slot)
    }

    /// Starts the successor of a worn worker, one at a time.
    fn add_successor(&mut self) -> io::Result<()> {
        let is_worn = |lane: &Lane<W>| lane.stays() && lane.slot.is_worn();
        let Some(worn) = self.lanes.iter().position(is_worn) else {
            return Ok(());
        };
        if self.lanes.iter().all(|lane| lane.successor.is_none()) {
            let successor = self.add(Purpose::Replace)?;
            self.lanes[worn].successor = Some(successor);
        }
        Ok(())
    }

    /// Starts a thread for each job that was taken in beyond the queue.
    fn add_extra(&mut self) -> io::Result<()> {
        for left in (0..self.shared.queue.take_extra()).rev() {
            if let Err(err) = self.add(Purpose::Extra) {
                (0..=left).for_each(|_| self.shared.queue.want_extra());
                return Err(err);
            }
        }
        Ok(())
    }

    /// Dismisses worn workers whose successors are made, and forgets
    /// successors that could not be made.
    fn settle_successions(&mut self) {
        let slots: Vec<_> = self
            .lanes
            .iter()
            .map(|lane| Arc::clone(&lane.slot))
            .collect();
        for lane in &mut self.lanes {
            let Some(successor) = &lane.successor else {
                continue;
            };
            if !slots.iter().any(|slot| Arc::ptr_eq(slot, successor)) {
                lane.successor = None;
            } else if successor.is_made() {
                lane.successor = None;
                lane.slot.leave();
                self.shared.queue.wake_all();
            }
        }
    }

    /// Wants one more thread if jobs wait for one and all that there are have
    /// their workers.
    fn grow(&mut self, now: Instant) -> Option<Instant> {
        if self.wanted >= self.shared.options.max_workers() || self.shared.queue.backlog() == 0 {
            return None;
        }
        if self.lanes.iter().all(|lane| lane.slot.is_made()) {
            self.wanted += 1;
        }
        Some(after(now, PATIENCE))
    }

    /// Wants fewer threads if some had nothing to do for the idle time.
    fn shrink(&mut self, now: Instant) -> Option<Instant> {
        let spare = self.wanted - self.shared.options.workers.get();
        if spare == 0 {
            self.shrink = None;
        } else if self.shrink.is_none_or(|at| at <= now) {
            let unused = self.shared.queue.take_least_idle();
            if self.shrink.is_some() {
                self.dismiss(unused.min(spare));
            }
            self.shrink = Some(after(now, self.shared.options.idle));
        }
        self.shrink
    }

    fn dismiss(&mut self, count: usize) {
        let is_spare = |lane: &&Lane<W>| {
            lane.stays() && lane.successor.is_none() && lane.slot.is_made() && lane.slot.is_idle()
        };
        for lane in self.lanes.iter().rev().filter(is_spare).take(count) {
            lane.slot.leave();
            self.wanted -= 1;
        }
        self.shared.queue.wake_all();
    }

    fn publish(&self) {
        let size = self.lanes.iter().filter(|lane| lane.stays()).count();
        self.shared.size.store(size, Ordering::Relaxed);
    }
}
