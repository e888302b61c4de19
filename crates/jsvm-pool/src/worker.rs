//! The worker, and the life of the thread that owns it.
//!
//! One rule: a thread outlives its worker's panics, and ends only when the
//! queue is closed and empty or when it was abandoned. It knows its slot and
//! the queue; it does not know whether anyone watches.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};

use crate::{
    alarm::{Alarm, after},
    builder::Options,
    error::JobError,
    guard::guarded,
    slot::Slot,
    stats::Counters,
    ticket::Reply,
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
    /// shutdown calls it earlier. A call that returns within the grace after
    /// that is answered like any other; later, its output is dropped.
    fn run(&mut self, job: Self::Job, deadline: Instant) -> Self::Output;
}

/// The handle by which a job is asked to stop, from another thread.
pub trait Stop: Send + Sync + 'static {
    /// Asks the job in progress to stop.
    ///
    /// Called at most once per job and only while it runs, though perhaps
    /// before its first instruction or after its last. Must return at once:
    /// every deadline in the pool waits for it.
    fn stop(&self);
}

pub(crate) type Factory<W> = Box<dyn Fn() -> Result<W, String> + Send + Sync>;

pub(crate) struct Task<W: Worker> {
    pub(crate) job: W::Job,
    pub(crate) timeout: Duration,
    pub(crate) reply: Reply<W::Output>,
}

/// What the pool, its threads and its supervisor share.
pub(crate) struct Shared<W: Worker> {
    pub(crate) options: Options,
    pub(crate) factory: Factory<W>,
    pub(crate) queue: Receiver<Task<W>>,
    /// How each making of a worker went. Only `build` listens.
    pub(crate) made: Sender<Result<(), String>>,
    pub(crate) alarm: Alarm,
    pub(crate) counters: Counters,
}

/// Starts a thread, which makes its worker and serves the queue.
pub(crate) fn spawn<W: Worker>(
    shared: &Arc<Shared<W>>,
    slot: &Arc<Slot<W>>,
) -> io::Result<JoinHandle<()>> {
    let exit = Exit {
        shared: Arc::clone(shared),
        slot: Arc::clone(slot),
    };
    let number = shared.counters.threads.add();
    thread::Builder::new()
        .name(format!("{}-{number}", shared.options.name))
        .stack_size(shared.options.stack_size)
        .spawn(move || work(&exit.shared, &exit.slot))
}

/// Tells the supervisor that the thread has ended, however it ends.
struct Exit<W: Worker> {
    shared: Arc<Shared<W>>,
    slot: Arc<Slot<W>>,
}

impl<W: Worker> Drop for Exit<W> {
    fn drop(&mut self) {
        self.slot.exit();
        self.shared.alarm.ring(Instant::now());
    }
}

/// A worker that waits for a job, with the handle to stop that job by.
struct Ready<W: Worker> {
    worker: W,
    stop: W::Stop,
}

enum Served<W> {
    Completed(W),
    Panicked,
    Abandoned,
}

fn work<W: Worker>(shared: &Shared<W>, slot: &Slot<W>) {
    let mut ready = make(shared).ok();
    while let Ok(task) = shared.queue.recv() {
        // Without a worker, because the factory failed last time: try again.
        ready = match ready.take().map_or_else(|| make(shared), Ok) {
            Ok(ready) => match serve(shared, slot, ready, task) {
                Served::Completed(worker) => prepare(worker).or_else(|_| make(shared)).ok(),
                Served::Panicked => make(shared).ok(),
                Served::Abandoned => return,
            },
            Err(cause) => {
                let _ = guarded(|| refuse(task, cause));
                None
            }
        };
    }
}

fn make<W: Worker>(shared: &Shared<W>) -> Result<Ready<W>, String> {
    let made = guarded(&shared.factory).flatten().and_then(prepare);
    if made.is_ok() {
        shared.counters.made.add();
    }
    let _ = shared
        .made
        .send(made.as_ref().map(|_| ()).map_err(String::clone));
    made
}

fn prepare<W: Worker>(worker: W) -> Result<Ready<W>, String> {
    match guarded(|| worker.stop_handle()) {
        Ok(stop) => Ok(Ready { worker, stop }),
        Err(message) => {
            let _ = guarded(|| drop(worker));
            Err(message)
        }
    }
}

fn serve<W: Worker>(
    shared: &Shared<W>,
    slot: &Slot<W>,
    ready: Ready<W>,
    task: Task<W>,
) -> Served<W> {
    let Ready { mut worker, stop } = ready;
    let deadline = after(Instant::now(), task.timeout);
    shared.counters.started.add();
    slot.begin(task.reply, stop, deadline);
    shared.alarm.ring(deadline);
    let outcome = guarded(|| worker.run(task.job, deadline));
    let Some(reply) = slot.end() else {
        return Served::Abandoned;
    };
    match outcome {
        Ok(output) => {
            shared.counters.completed.add();
            let _ = guarded(|| reply.send(Ok(output)));
            Served::Completed(worker)
        }
        Err(message) => {
            shared.counters.panicked.add();
            let _ = guarded(|| reply.send(Err(JobError::Panicked(message))));
            let _ = guarded(|| drop(worker));
            Served::Panicked
        }
    }
}

fn refuse<W: Worker>(task: Task<W>, cause: String) {
    task.reply.send(Err(JobError::NoWorker(cause)));
}
