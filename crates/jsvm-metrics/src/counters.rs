//! Sums over executions, cheap to add to from many threads.
//!
//! One rule: a thread adds to a shard of its own, so that it needs neither a
//! locked instruction nor another core's cache line; who reads, sums up.
//! This module does not know about logs or options.

use std::{
    array, iter,
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    time::Duration,
};

use crate::{Execution, Outcome, Stats};

/// Threads that can have a shard of their own at the same time. Those beyond
/// share one and pay for it.
const SLOTS: usize = 128;

/// 16 KiB, so on the heap.
#[derive(Debug)]
pub(crate) struct Counters {
    /// The shard at an index is written only by the thread that holds this
    /// index as its [`Slot`].
    owned: Box<[Shard; SLOTS]>,
    shared: Shard,
}

/// 128 bytes apart, because cores fetch cache lines of 64 in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    executions: AtomicU64,
    errors: AtomicU64,
    limits: AtomicU64,
    timeouts: AtomicU64,
    total_nanos: AtomicU64,
    max_nanos: AtomicU64,
    allocated_bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn count(&self, execution: &Execution<'_>) {
        // A thread that is being torn down has given up its slot already.
        match SLOT.try_with(|slot| slot.0).ok().flatten() {
            Some(index) => self.owned[index].count(execution, add_owned),
            None => self.shared.count(execution, add_shared),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let shards = self.owned.iter().chain(iter::once(&self.shared));
        shards.fold(Stats::default(), |sum, shard| shard.add_to(sum))
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            owned: Box::new(array::from_fn(|_| Shard::default())),
            shared: Shard::default(),
        }
    }
}

impl Shard {
    fn count(&self, execution: &Execution<'_>, add: impl Fn(&AtomicU64, u64)) {
        let nanos = nanos(execution.duration);
        add(&self.executions, 1);
        add(&self.total_nanos, nanos);
        add(&self.allocated_bytes, execution.allocated_bytes);
        // A new maximum is rare; looking first spares the locked instruction.
        if self.max_nanos.load(Relaxed) < nanos {
            self.max_nanos.fetch_max(nanos, Relaxed);
        }
        match execution.outcome {
            Outcome::Ok => {}
            Outcome::Error(_) => add(&self.errors, 1),
            Outcome::Limit { .. } => {
                add(&self.errors, 1);
                add(&self.limits, 1);
                add(&self.timeouts, execution.outcome.is_timeout().into());
            }
        }
    }

    fn add_to(&self, sum: Stats) -> Stats {
        let duration = |nanos: &AtomicU64| Duration::from_nanos(nanos.load(Relaxed));
        Stats {
            executions: sum.executions + self.executions.load(Relaxed),
            errors: sum.errors + self.errors.load(Relaxed),
            limits: sum.limits + self.limits.load(Relaxed),
            timeouts: sum.timeouts + self.timeouts.load(Relaxed),
            total_duration: sum.total_duration + duration(&self.total_nanos),
            max_duration: sum.max_duration.max(duration(&self.max_nanos)),
            allocated_bytes: sum.allocated_bytes + self.allocated_bytes.load(Relaxed),
        }
    }
}

/// Adds to a counter that no other thread writes: a load and a store suffice.
fn add_owned(counter: &AtomicU64, amount: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(amount), Relaxed);
}

/// Adds to a counter that other threads write too.
fn add_shared(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Relaxed);
}

/// Saturates after 584 years.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// An index that one living thread holds, or none if all are taken.
///
/// A thread keeps it to its end, for all [`Counters`] of the process.
struct Slot(Option<usize>);

static TAKEN: [AtomicBool; SLOTS] = [const { AtomicBool::new(false) }; SLOTS];

thread_local! {
    static SLOT: Slot = Slot::take();
}

impl Slot {
    fn take() -> Self {
        // Acquire pairs with the release below: what the slot's last holder
        // has added is seen by the next, or its sums would be lost.
        Self(TAKEN.iter().position(|taken| !taken.swap(true, Acquire)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(index) = self.0 {
            TAKEN[index].store(false, Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::RefCell,
        sync::{Arc, Barrier},
        thread,
    };

    use super::*;
    use crate::{TIMEOUT, tests::execution};

    fn stats_of(outcomes: &[Outcome<'_>]) -> Stats {
        let counters = Counters::default();
        for outcome in outcomes {
            counters.count(&execution(*outcome));
        }
        counters.stats()
    }

    #[test]
    fn an_outcome_counts_as_what_it_is() {
        let limit = |kind| Outcome::Limit { kind };
        let cases = [
            (Outcome::Ok, [1, 0, 0, 0]),
            (Outcome::Error("boom"), [1, 1, 0, 0]),
            (limit("memory"), [1, 1, 1, 0]),
            (limit(TIMEOUT), [1, 1, 1, 1]),
        ];
        for (outcome, expected) in cases {
            let stats = stats_of(&[outcome]);
            let counts = [stats.executions, stats.errors, stats.limits, stats.timeouts];
            assert_eq!(counts, expected, "{outcome:?}");
        }
    }

    #[test]
    fn executions_add_up() {
        let timeout = Outcome::Limit { kind: TIMEOUT };
        let expected = Stats {
            executions: 3,
            errors: 2,
            limits: 1,
            timeouts: 1,
            total_duration: Duration::from_micros(4_500),
            max_duration: Duration::from_micros(1_500),
            allocated_bytes: 192,
        };
        let outcomes = [Outcome::Ok, Outcome::Error("boom"), timeout];
        assert_eq!(stats_of(&outcomes), expected);
    }

    #[test]
    fn the_longest_is_remembered() {
        let counters = Counters::default();
        for micros in [2, 7, 5] {
            counters.count(&Execution {
                duration: Duration::from_micros(micros),
                ..execution(Outcome::Ok)
            });
        }
        let stats = counters.stats();
        assert_eq!(stats.max_duration, Duration::from_micros(7));
        assert_eq!(stats.total_duration, Duration::from_micros(14));
    }

    #[test]
    fn a_duration_saturates() {
        assert_eq!(nanos(Duration::from_nanos(1)), 1);
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }

    #[test]
    fn more_threads_than_slots_lose_nothing() {
        const THREADS: usize = SLOTS + 8;
        let counters = Counters::default();
        let all_hold_a_slot = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    counters.count(&execution(Outcome::Ok));
                    all_hold_a_slot.wait();
                    counters.count(&execution(Outcome::Error("boom")));
                });
            }
        });
        let stats = counters.stats();
        // Two by each thread that found no slot free.
        assert!(counters.shared.executions.load(Relaxed) >= 16);
        assert_eq!(stats.executions, 2 * THREADS as u64);
        assert_eq!(stats.errors, THREADS as u64);
    }

    #[test]
    fn threads_that_follow_each_other_lose_nothing() {
        const THREADS: usize = 3 * SLOTS;
        let counters = Counters::default();
        for _ in 0..THREADS {
            thread::scope(|scope| {
                scope.spawn(|| counters.count(&execution(Outcome::Ok)));
            });
        }
        assert_eq!(counters.stats().executions, THREADS as u64);
    }

    #[test]
    fn a_thread_counts_even_while_it_is_torn_down() {
        struct CountsWhenDropped(Arc<Counters>);

        impl Drop for CountsWhenDropped {
            fn drop(&mut self) {
                self.0.count(&execution(Outcome::Ok));
            }
        }

        thread_local! {
            static LAST: RefCell<Option<CountsWhenDropped>> = const { RefCell::new(None) };
        }

        let counters = Arc::new(Counters::default());
        let last = CountsWhenDropped(Arc::clone(&counters));
        let thread = thread::spawn(move || {
            let counters = Arc::clone(&last.0);
            // Set before the first count takes a slot, so it outlives the slot.
            LAST.set(Some(last));
            counters.count(&execution(Outcome::Ok));
        });
        thread.join().unwrap();
        assert_eq!(counters.stats().executions, 2);
    }
}
