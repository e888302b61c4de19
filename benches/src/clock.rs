//! The two clocks: the processor's time of this thread, and the wall's.
//!
//! The one rule: what one thread does is timed by the processor, because other
//! programs of the machine are no part of it; what threads do together is
//! timed by the wall, because waiting is a part of it.

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

static IS_OFF: AtomicBool = AtomicBool::new(false);

/// From now on everything takes no time: where instructions are counted, under
/// valgrind, the processor's clock cannot be read.
pub(crate) fn turn_off() {
    IS_OFF.store(true, Ordering::Relaxed);
}

/// Nanoseconds that this thread spent on a processor meanwhile.
pub(crate) fn on_thread(work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let before = thread_time();
    work()?;
    Ok(thread_time() - before)
}

/// Nanoseconds that went by meanwhile.
pub(crate) fn on_wall(work: impl FnOnce() -> Result<()>) -> Result<u64> {
    let before = Instant::now();
    work()?;
    Ok(u64::try_from(before.elapsed().as_nanos())?)
}

fn thread_time() -> u64 {
    if IS_OFF.load(Ordering::Relaxed) {
        return 0;
    }
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let parts = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    // The clock starts at 0 with the thread.
    parts.0.unwrap_or(0) * 1_000_000_000 + parts.1.unwrap_or(0)
}
