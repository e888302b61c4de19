//! What the checks of a running script ask: may it go on?
//!
//! The one rule: once the answer is no, it stays no until the next execution
//! starts, because an engine that unwinds may still run pieces of script.
//! Knows nothing of the engine but that it leaves garbage.

use crate::{
    clock::{Clock, Moment},
    error::LimitHit,
    heap,
    interrupt::{Interrupt, Stop},
    limits::Limits,
};
use jsvm_alloc::set_thread_limit;
use std::{cell::Cell, rc::Rc, time::Duration};

/// The execution in progress on one thread, shared by all VMs of the thread.
///
/// Nested hooks run in VMs of their own, but under the deadline of the
/// outermost one.
#[derive(Debug, Clone)]
pub struct Execution(Rc<State>);

#[derive(Debug)]
struct State {
    interrupt: Interrupt,
    limits: Limits,
    /// Bytes that this thread holds.
    live_bytes: fn() -> i64,
    bytes_at_start: Cell<i64>,
    /// Bytes that it held when garbage was last collected between executions.
    bytes_swept: Cell<i64>,
    loops: Cell<u64>,
    timeout: Cell<Duration>,
    clock: Clock,
    deadline: Cell<Option<Moment>>,
    hit: Cell<Option<LimitHit>>,
}

impl Execution {
    /// No execution yet, and nobody who counts memory.
    pub fn new(limits: Limits) -> Self {
        Self::with_memory(limits, || 0)
    }

    /// No execution yet; `live_bytes` tells what the current thread holds.
    pub fn with_memory(limits: Limits, live_bytes: fn() -> i64) -> Self {
        Self(Rc::new(State {
            interrupt: Interrupt::new(),
            live_bytes,
            bytes_at_start: Cell::new(0),
            bytes_swept: Cell::new(0),
            loops: Cell::new(0),
            limits: limits.in_force(),
            timeout: Cell::new(limits.timeout_or(Duration::ZERO)),
            clock: Clock::get(),
            deadline: Cell::new(None),
            hit: Cell::new(None),
        }))
    }

    /// The handle for other threads; what was asked of it before is taken back.
    ///
    /// Call it between two executions: a request that arrives after it counts
    /// for the next one, even before that one starts.
    pub fn arm(&self) -> Interrupt {
        self.0.interrupt.reset();
        self.0.interrupt.clone()
    }

    /// The limits that hold on this thread.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Starts the next execution, which ends at `deadline` at the latest.
    ///
    /// A zero `timeout` is that of the limits; it is what errors tell.
    pub fn start(&self, timeout: Duration) {
        let timeout = self.0.limits.timeout_or(timeout);
        self.0.hit.set(None);
        self.0.loops.set(0);
        let state = &self.0;
        let bytes = heap::sweep(state.live_bytes, state.limits.memory, &state.bytes_swept);
        self.0.bytes_at_start.set(bytes);
        set_thread_limit(bytes.saturating_add(self.hard_limit()));
        self.0.timeout.set(timeout);
        self.0.deadline.set(self.now().checked_add(timeout));
    }

    /// The time limit of this execution.
    pub fn timeout(&self) -> Duration {
        self.0.timeout.get()
    }

    /// How much time is left; host calls must not take longer.
    pub fn remaining(&self) -> Duration {
        self.0
            .deadline
            .get()
            .map_or(Duration::MAX, |deadline| deadline.since(self.now()))
    }

    /// This moment, by the clock of the deadline.
    #[inline]
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// The limit that was hit, if one was.
    pub fn hit(&self) -> Option<LimitHit> {
        self.0.hit.get()
    }

    /// Whether the script may go on.
    ///
    /// # Errors
    ///
    /// The limit that was hit, from then on until the next start.
    pub fn check(&self) -> Result<(), LimitHit> {
        self.check_at(self.now())
    }

    /// As [`check`](Self::check), for who has read the clock already.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn check_at(&self, now: Moment) -> Result<(), LimitHit> {
        if let Some(hit) = self.0.hit.get() {
            return Err(hit);
        }
        let hit = match self.0.interrupt.tripped() {
            Some(Stop::Cancelled) if !self.is_overdue(now) => LimitHit::Cancelled,
            None if !self.is_overdue(now) => return Ok(()),
            _ => LimitHit::Timeout(self.0.timeout.get()),
        };
        Err(self.end(hit))
    }

    /// Counts turns of loops.
    ///
    /// # Errors
    ///
    /// The limit, if there were too many.
    pub(crate) fn count_loops(&self, turns: u32) -> Result<(), LimitHit> {
        let limit = self.0.limits.loops;
        let loops = self.0.loops.get().saturating_add(turns.into());
        self.0.loops.set(loops);
        if limit > 0 && loops > limit {
            return Err(self.end(LimitHit::Loops(limit)));
        }
        Ok(())
    }

    /// What the thread may hold more than at the start in between of checks;
    /// beyond it, it sleeps for ever, because the system might have no more.
    fn hard_limit(&self) -> i64 {
        const LEAST: u64 = 64 * 1024 * 1024;
        let limit = self.0.limits.memory;
        i64::try_from(limit.saturating_add(limit.max(LEAST))).unwrap_or(i64::MAX)
    }

    /// The memory limit, if more is held now.
    pub(crate) fn memory_exceeded(&self) -> Option<LimitHit> {
        (!self.has_room(0)).then_some(LimitHit::Memory(self.0.limits.memory))
    }

    /// Whether so many bytes more are within the memory limit.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        let used = (self.0.live_bytes)().saturating_sub(self.0.bytes_at_start.get());
        let used = u64::try_from(used).unwrap_or(0);
        used.saturating_add(bytes) <= self.0.limits.memory
    }

    /// Ends the execution for a limit that somebody else saw.
    pub(crate) fn end(&self, hit: LimitHit) -> LimitHit {
        if self.0.hit.get().is_none() {
            self.0.hit.set(Some(hit));
        }
        self.0.hit.get().unwrap_or(hit)
    }

    fn is_overdue(&self, now: Moment) -> bool {
        let deadline = self.0.deadline.get();
        deadline.is_some_and(|deadline| now >= deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trip_sticks_until_the_next_start() {
        let execution = Execution::new(Limits::default());
        execution.start(Duration::from_secs(60));
        assert_eq!(execution.check(), Ok(()));
        let interrupt = execution.arm();
        interrupt.trip(Stop::Cancelled);
        interrupt.trip(Stop::Deadline);
        assert_eq!(execution.check(), Err(LimitHit::Cancelled));
        execution.arm();
        assert_eq!(execution.check(), Err(LimitHit::Cancelled));
        execution.start(Duration::ZERO);
        assert_eq!(execution.check(), Ok(()));
    }

    #[test]
    fn the_deadline_is_read_without_any_help() {
        let execution = Execution::new(Limits::default());
        execution.start(Duration::from_nanos(1));
        let hit = LimitHit::Timeout(Duration::from_nanos(1));
        assert_eq!(execution.check(), Err(hit));
        assert_eq!(execution.remaining(), Duration::ZERO);
    }
}
