//! What the pool, its threads and its supervisor share.
//!
//! One rule: whoever takes a job out of the queue answers it here, where it is
//! counted first. This module does not know who asks.

use std::{
    ptr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::Sender,
    },
    time::{Duration, Instant},
};

use crate::{
    alarm::{after, earlier},
    builder::Options,
    call::{Call, Key},
    error::JobError,
    guard::guarded,
    queue::{Item, Queue},
    signals::Signals,
    slot::Claim,
    spin::Spin,
    stats::{Counter, Counters, Stats},
    ticket::{Ticket, pair},
    worker::Worker,
};

pub(crate) type Factory<W> = Box<dyn Fn() -> Result<W, String> + Send + Sync>;

/// A job on its way to a worker.
pub(crate) struct Task<W: Worker> {
    pub(crate) job: W::Job,
    pub(crate) timeout: Duration,
    /// When it has waited for as long as it may.
    pub(crate) expires: Instant,
    pub(crate) claim: Claim<W::Output>,
}

impl<W: Worker> Item for Task<W> {
    fn key(&self) -> Option<&Key> {
        self.claim.key.as_ref()
    }
}

pub(crate) struct Shared<W: Worker> {
    pub(crate) options: Options,
    pub(crate) factory: Factory<W>,
    pub(crate) queue: Queue<Task<W>>,
    pub(crate) signals: Arc<Signals>,
    /// How workers wait for jobs.
    pub(crate) idle: Spin,
    /// How the first making of a worker went, for `build`.
    pub(crate) first: Mutex<Option<Sender<Result<(), String>>>>,
    /// Threads that serve the queue.
    pub(crate) size: AtomicUsize,
    pub(crate) counters: Counters,
}

impl<W: Worker> Shared<W> {
    /// A job and its ticket.
    pub(crate) fn task(
        &self,
        job: W::Job,
        call: Call,
        now: Instant,
    ) -> (Task<W>, Ticket<W::Output>) {
        let or = |own: Duration, pools: Duration| if own.is_zero() { pools } else { own };
        let (reply, ticket) = pair(&self.signals, call.token);
        let task = Task {
            job,
            timeout: or(call.timeout, self.options.timeout),
            expires: after(now, or(call.queue_wait, self.options.queue_wait)),
            claim: Claim {
                reply,
                key: call.key,
                is_warm_up: false,
            },
        };
        (task, ticket)
    }

    /// What a warm-up is watched by; nobody waits for its answer.
    pub(crate) fn claim_for_warm_up(&self) -> Claim<W::Output> {
        let (reply, ticket) = pair(&self.signals, None);
        ticket.detach();
        Claim {
            reply,
            key: None,
            is_warm_up: true,
        }
    }

    /// The task, unless it was cancelled or has waited for too long: then it
    /// is answered. It was taken out of the queue.
    pub(crate) fn unless_dead(&self, task: Task<W>, now: Instant) -> Option<Task<W>> {
        let Some((counter, err)) = self.death(&task, now) else {
            return Some(task);
        };
        if let Some(key) = &task.claim.key {
            self.queue.end(key);
        }
        bury(task, counter, err);
        None
    }

    /// Answers what was cancelled or has waited for too long in the queue.
    /// Returns when the next has.
    pub(crate) fn sweep(&self, now: Instant) -> Option<Instant> {
        let mut next = None;
        let dead = self.queue.extract(|task| {
            let is_dead = self.death(task, now).is_some();
            if !is_dead {
                next = Some(earlier(task.expires, next));
            }
            is_dead
        });
        for task in dead {
            if let Some((counter, err)) = self.death(&task, now) {
                bury(task, counter, err);
            }
        }
        next
    }

    /// Why a waiting task must not run any more, and what counts it.
    fn death(&self, task: &Task<W>, now: Instant) -> Option<(&Counter, JobError)> {
        if task.claim.reply.is_cancelled() {
            return Some((&self.counters.cancelled, JobError::Cancelled));
        }
        (task.expires <= now).then_some((&self.counters.expired, JobError::Expired))
    }

    /// Answers everything that waits with `err`.
    pub(crate) fn empty(&self, counter: &Counter, err: &JobError) {
        for task in self.queue.extract(|_| true) {
            bury(task, counter, err.clone());
        }
    }

    /// Answers a task that was taken out of the queue but has no worker.
    pub(crate) fn fail(&self, task: Task<W>, cause: String) {
        if let Some(key) = &task.claim.key {
            self.queue.end(key);
        }
        bury(task, &self.counters.failed, JobError::NoWorker(cause));
    }

    /// Answers a job that has run.
    pub(crate) fn answer(&self, claim: Claim<W::Output>, answer: Result<W::Output, JobError>) {
        if let Some(key) = &claim.key {
            self.queue.end(key);
        }
        let _ = guarded(|| claim.reply.send(answer));
    }

    /// Tells `build` how the first making of a worker went.
    pub(crate) fn tell_first(&self, made: Result<(), String>) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = first.take() {
            // If nobody listens any more, nobody needs to know.
            let _ = first.send(made);
        }
    }

    /// Whether any thread has a worker.
    pub(crate) fn has_workers(&self) -> bool {
        self.counters.workers.get() > 0
    }

    /// Whether as many abandoned threads as are allowed have not ended.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.counters.lingering.get() >= self.options.max_abandoned.get() as u64
    }

    /// What this pool is told from others by.
    pub(crate) fn id(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            size: self.size.load(Ordering::Relaxed),
            idle: self.queue.idle(),
            queued: self.queue.len(),
            in_flight: self.queue.running().into_iter().collect(),
            ..self.counters.stats()
        }
    }
}

/// Counts and answers a task that never ran. Dropping its job is foreign code.
fn bury<W: Worker>(task: Task<W>, counter: &Counter, err: JobError) {
    counter.add();
    let _ = guarded(|| {
        let Task { job, claim, .. } = task;
        claim.reply.send(Err(err));
        drop(job);
    });
}
