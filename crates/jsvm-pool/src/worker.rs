//! The worker, and the life of the thread that owns it.
//!
//! One rule: a thread outlives its worker's panics, and ends only when the
//! queue is closed and empty, when it was told to leave or was abandoned, or
//! when it has no worker while others have. It knows its slot and the queue;
//! it does not know whether anyone watches.

use std::{
    cell::Cell,
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use crate::{
    alarm::after,
    error::JobError,
    guard::guarded,
    priority::Thread,
    queue::Taken,
    shared::{Shared, Task},
    slot::{Claim, Slot},
    stop::Stop,
    warming::TurnEnd,
};

/// What runs jobs, one at a time, on a thread of its own.
///
/// Deliberately without a `Send` bound: a worker never leaves its thread.
/// If it panics it is dropped there, and a new one is made there.
pub trait Worker: 'static {
    /// What a worker is given.
    type Job: Send + 'static;
    /// What it gives back, its own failures included.
    type Output: Send + 'static;
    /// How another thread asks it to stop.
    type Stop: Stop;

    /// The handle by which the supervisor asks the next job to stop.
    ///
    /// Called before each job, when the handle of the job before can no longer
    /// be used: here is the place to clear what an earlier stop has left behind.
    /// Not in [`run`], which would lose a stop that came just before it.
    ///
    /// [`run`]: Self::run
    fn stop_handle(&self) -> Self::Stop;

    /// Runs one job.
    ///
    /// `deadline` is when the supervisor will call [`Stop::stop`]; only a
    /// cancellation or a shutdown calls it earlier. A call that returns within
    /// the grace after that is answered like any other; later, its output is
    /// dropped.
    fn run(&mut self, job: Self::Job, deadline: Instant) -> Self::Output;

    /// Does one piece of what makes later jobs start faster, and returns
    /// whether there is more to do.
    ///
    /// Called while no job waits, after [`Pool::warm_up`]; a job that comes
    /// meanwhile waits for the end of the piece, if no other worker is idle.
    /// As a job, it is asked to stop at the time limit of the pool. By default,
    /// there is nothing to do.
    ///
    /// [`Pool::warm_up`]: crate::Pool::warm_up
    fn warm_up(&mut self) -> bool {
        false
    }

    /// How many bytes the worker holds between two jobs, for
    /// [`Builder::max_held_bytes`]. By default, this is 0.
    ///
    /// [`Builder::max_held_bytes`]: crate::Builder::max_held_bytes
    fn held_bytes(&self) -> u64 {
        0
    }
}

/// Why a thread is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// There are fewer than there should be.
    Grow,
    /// A thread or its worker was lost, or is worn.
    Replace,
    /// The queue is full: runs one job and ends.
    Extra,
}

/// The slot of a thread of the pool.
pub(crate) type SlotOf<W> = Slot<<W as Worker>::Output, <W as Worker>::Stop>;

/// Starts a thread, which makes its worker and serves the queue.
pub(crate) fn spawn<W: Worker>(
    shared: &Arc<Shared<W>>,
    slot: &Arc<SlotOf<W>>,
    purpose: Purpose,
) -> io::Result<JoinHandle<()>> {
    let (shared, slot) = (Arc::clone(shared), Arc::clone(slot));
    let number = shared.counters.threads.next();
    thread::Builder::new()
        .name(format!("{}-{number}", shared.options.name))
        .stack_size(shared.options.stack_size)
        .spawn(move || {
            let thread = Thread::current();
            let place = Place {
                shared,
                slot,
                thread,
            };
            let made = place.make(purpose);
            match (purpose, made) {
                (Purpose::Grow | Purpose::Replace, made) => place.work(made),
                (Purpose::Extra, Ok(ready)) => place.work_once(ready),
                // Its job is left to the others.
                (Purpose::Extra, Err(_)) => {}
            }
        })
}

thread_local! {
    /// Which pool the job in progress on this thread belongs to, if any.
    static AT_WORK: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Whether this thread is in the middle of a job of that pool.
pub(crate) fn is_at_work<W: Worker>(shared: &Shared<W>) -> bool {
    AT_WORK.get() == Some(shared.id())
}

/// A thread and what it works with.
struct Place<W: Worker> {
    shared: Arc<Shared<W>>,
    slot: Arc<SlotOf<W>>,
    thread: Thread,
}

/// Tells the supervisor that the thread has ended, however it ends.
impl<W: Worker> Drop for Place<W> {
    fn drop(&mut self) {
        if self.slot.exit() {
            self.shared.counters.lingering.subtract();
        }
        self.shared.signals.alarm.ring_now();
    }
}

/// A worker that waits for a job, with the handle to stop that job by.
struct Ready<W: Worker> {
    worker: W,
    stop: W::Stop,
    record: Record,
}

/// What a worker has done so far.
#[derive(Clone, Copy, Default)]
struct Record {
    /// Jobs that it has run.
    served: u64,
    /// For how many of the askings it has warmed up.
    warmed: u64,
}

/// What was watched to its end, and how that was.
type Ended<W, R> = (Claim<<W as Worker>::Output>, Result<R, String>);

enum Served<W> {
    Completed(W),
    Panicked,
    Abandoned,
}

impl<W: Worker> Place<W> {
    fn work(&self, mut ready: Result<Ready<W>, String>) {
        // Without a worker the thread serves only if no other thread has one.
        while ready.is_ok() || !self.shared.has_workers() {
            let is_leaving = || self.slot.is_leaving();
            let warmed = ready.as_ref().map_or(0, |ready| ready.record.warmed);
            let taken = self
                .shared
                .queue
                .take(&self.shared.idle, is_leaving, warmed);
            let Some(taken) = taken else { break };
            let now = Instant::now();
            let next = match taken {
                Taken::Time(askings) => self.warm_up(ready.or_else(|_| self.remake()), askings),
                Taken::Item(task) => {
                    let Some(task) = self.shared.unless_dead(task, now) else {
                        continue;
                    };
                    match ready.or_else(|_| self.remake()) {
                        Ok(ready) => self.serve(ready, task, now),
                        Err(cause) => Some(self.hand_back(task, cause)),
                    }
                }
            };
            let Some(next) = next else { return };
            ready = next;
        }
        if let Ok(ready) = ready {
            self.discard(ready.worker);
        }
    }

    fn work_once(&self, ready: Ready<W>) {
        let now = Instant::now();
        let task = self.shared.queue.try_take();
        let Some(task) = task.and_then(|task| self.shared.unless_dead(task, now)) else {
            return self.discard(ready.worker);
        };
        if let Some(Ok(ready)) = self.serve(ready, task, now) {
            self.discard(ready.worker);
        }
    }

    fn make(&self, purpose: Purpose) -> Result<Ready<W>, String> {
        let made = guarded(&self.shared.factory)
            .flatten()
            .inspect(|_| self.count(purpose))
            .and_then(|worker| self.prepare(worker, Record::default()));
        if made.is_ok() {
            self.slot.set_made();
        }
        self.shared
            .tell_first(made.as_ref().map(|_| ()).map_err(String::clone));
        self.shared.signals.alarm.ring_now();
        made
    }

    fn count(&self, purpose: Purpose) {
        let counters = &self.shared.counters;
        counters.workers.add();
        match purpose {
            Purpose::Grow => {}
            Purpose::Replace => counters.replaced.add(),
            Purpose::Extra => counters.spawned.add(),
        }
    }

    fn remake(&self) -> Result<Ready<W>, String> {
        self.make(Purpose::Replace)
    }

    fn prepare(&self, worker: W, record: Record) -> Result<Ready<W>, String> {
        match guarded(|| worker.stop_handle()) {
            Ok(stop) => Ok(Ready {
                worker,
                stop,
                record,
            }),
            Err(message) => {
                self.discard(worker);
                Err(message)
            }
        }
    }

    fn discard(&self, worker: W) {
        self.shared.counters.workers.subtract();
        let _ = guarded(|| drop(worker));
    }

    /// Runs a job and answers it. Returns the worker for the next one, or
    /// nothing if the thread was abandoned meanwhile.
    fn serve(
        &self,
        ready: Ready<W>,
        task: Task<W>,
        now: Instant,
    ) -> Option<Result<Ready<W>, String>> {
        let mut record = ready.record;
        record.served += 1;
        match self.run(ready, task, now) {
            Served::Completed(worker) => {
                self.note_wear(&worker, record.served);
                Some(self.prepare(worker, record).or_else(|_| self.remake()))
            }
            Served::Panicked => Some(self.remake()),
            Served::Abandoned => None,
        }
    }

    fn run(&self, ready: Ready<W>, task: Task<W>, now: Instant) -> Served<W> {
        let Ready {
            mut worker, stop, ..
        } = ready;
        let Task { job, claim, .. } = task;
        let counters = &self.shared.counters;
        let deadline = after(now, task.timeout);
        counters.started.add();
        AT_WORK.set(Some(self.shared.id()));
        let ended = self.watched(claim, stop, deadline, || worker.run(job, deadline));
        AT_WORK.set(None);
        let Some((claim, outcome)) = ended else {
            let _ = guarded(|| drop(worker));
            return Served::Abandoned;
        };
        match outcome {
            Ok(output) => {
                counters.completed.add();
                self.shared.answer(claim, Ok(output));
                Served::Completed(worker)
            }
            Err(message) => {
                counters.panicked.add();
                counters.workers.subtract();
                self.shared.answer(claim, Err(JobError::Panicked(message)));
                let _ = guarded(|| drop(worker));
                Served::Panicked
            }
        }
    }

    /// Runs code of the worker under the eyes of the supervisor. Nothing is
    /// returned if the thread was given up meanwhile.
    fn watched<R>(
        &self,
        claim: Claim<W::Output>,
        stop: W::Stop,
        deadline: Instant,
        code: impl FnOnce() -> R,
    ) -> Option<Ended<W, R>> {
        self.slot.begin(claim, stop, deadline, self.thread);
        self.shared.signals.alarm.ring(deadline);
        let outcome = guarded(code);
        Some((self.slot.end()?, outcome))
    }

    /// Has the worker warm up, piece by piece, until it is done or a job
    /// waits. Returns as [`serve`](Self::serve).
    fn warm_up(
        &self,
        mut ready: Result<Ready<W>, String>,
        askings: u64,
    ) -> Option<Result<Ready<W>, String>> {
        let queue = &self.shared.queue;
        while queue.may_warm_up() && !self.slot.is_leaving() {
            let Ok(Ready {
                worker,
                stop,
                mut record,
            }) = ready
            else {
                break;
            };
            match self.warm_up_once(worker, stop)? {
                Ok((worker, has_more)) => {
                    record.warmed = if has_more { record.warmed } else { askings };
                    ready = self.prepare(worker, record);
                }
                Err(cause) => ready = Err(cause),
            }
            if record.warmed == askings {
                self.shared.counters.warmed.add();
                break;
            }
        }
        let end = match ready {
            Ok(_) => TurnEnd::Well,
            Err(_) => TurnEnd::Lost,
        };
        queue.end_warm_up(end);
        Some(ready.or_else(|_| self.remake()))
    }

    /// Returns the worker and whether it has more to do, unless it panicked;
    /// nothing if the thread was given up, and its turn ended.
    fn warm_up_once(&self, mut worker: W, stop: W::Stop) -> Option<Result<(W, bool), String>> {
        let deadline = after(Instant::now(), self.shared.options.timeout);
        let claim = self.shared.claim_for_warm_up();
        match self.watched(claim, stop, deadline, || worker.warm_up()) {
            Some((_, Ok(has_more))) => Some(Ok((worker, has_more))),
            Some((_, Err(message))) => {
                self.discard(worker);
                Some(Err(message))
            }
            None => {
                let _ = guarded(|| drop(worker));
                None
            }
        }
    }

    /// Asks for a successor once the worker has run or holds as much as it may.
    fn note_wear(&self, worker: &W, served: u64) {
        let options = &self.shared.options;
        let is_worn = options
            .max_executions
            .is_some_and(|max| served >= max.get())
            || options.max_held_bytes.is_some_and(|max| {
                guarded(|| worker.held_bytes()).is_ok_and(|held| held > max.get())
            });
        if is_worn && !self.slot.is_worn() {
            self.slot.set_worn();
            self.shared.signals.alarm.ring_now();
        }
    }

    /// What a thread without a worker does with a job: leaves it to others if
    /// there are any, else tells why it cannot run.
    fn hand_back<R>(&self, task: Task<W>, cause: String) -> Result<R, String> {
        if self.shared.has_workers() {
            self.shared.queue.restore(task);
        } else {
            self.shared.fail(task, cause.clone());
        }
        Err(cause)
    }
}
