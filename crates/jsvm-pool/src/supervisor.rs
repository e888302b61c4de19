//! The one thread that watches the others.
//!
//! One rule: it never waits for a worker, save to join a thread that has said
//! it ended; so no worker can make another's deadline late. It knows moments
//! and slots; how many threads there should be is in [`crew`](crate::crew).

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use crate::{crew::Crew, error::JobError, shared::Shared, worker::Worker};

/// Starts the workers' threads and the one that watches them, which ends when
/// the pool is closed and the last of them has ended or was abandoned.
pub(crate) fn start<W: Worker>(shared: &Arc<Shared<W>>) -> io::Result<JoinHandle<()>> {
    let crew = Crew::start(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name(format!("{}-supervisor", shared.options.name))
        .spawn(move || supervise(&shared, crew))
}

fn supervise<W: Worker>(shared: &Shared<W>, mut crew: Crew<W>) {
    let alarm = &shared.signals.alarm;
    loop {
        let cutoff = alarm.hush();
        let now = Instant::now();
        if cutoff.is_some_and(|cutoff| cutoff <= now) {
            shared.empty(&shared.counters.dropped, &JobError::Closed);
        }
        let expiry = shared.sweep(now);
        let due = crew.inspect(now, cutoff);
        // While the pool is open, and until its queue is drained.
        let is_needed = cutoff.is_none() || shared.queue.len() > 0;
        if !is_needed && crew.is_empty() {
            return;
        }
        let change = if is_needed { crew.adjust(now) } else { None };
        let drained = cutoff.filter(|&cutoff| now < cutoff);
        alarm.sleep([expiry, due, change, drained].into_iter().flatten().min());
    }
}
