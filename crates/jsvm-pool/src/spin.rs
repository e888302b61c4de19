//! Looking again and again for a short time before sleeping.
//!
//! One rule: it spins only while waits have lately been short, so that a busy
//! pool hands over without the system's help and an idle one burns nothing.
//! This module does not know what is waited for.

use std::{
    hint,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Looks between two looks at the clock.
const TURNS: u32 = 16;

/// After so long a thread lets others run between its looks: with more threads
/// than cores, the one that it waits for may be among them.
const ALONE: Duration = Duration::from_micros(2);

/// One reason to wait, and how long that lately took.
pub(crate) struct Spin {
    limit: u64,
    /// A running mean of the waits, in nanoseconds.
    expected: AtomicU64,
}

impl Spin {
    /// Spins for at most `limit`; zero never spins.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit: nanos(limit),
            expected: AtomicU64::new(0),
        }
    }

    /// Whether `is_over` became true while it was worth spinning.
    ///
    /// Either way, tell [`learn`](Self::learn) when the wait is over.
    pub(crate) fn until(&self, since: Instant, is_over: impl Fn() -> bool) -> bool {
        if self.expected.load(Ordering::Relaxed) > self.limit || self.limit == 0 {
            return is_over();
        }
        loop {
            for _ in 0..TURNS {
                if is_over() {
                    return true;
                }
                hint::spin_loop();
            }
            let spent = since.elapsed();
            if nanos(spent) >= self.limit {
                return false;
            }
            if spent > ALONE {
                thread::yield_now();
            }
        }
    }

    /// Takes account of a wait that began at `since` and is over now.
    pub(crate) fn learn(&self, since: Instant) {
        if self.limit == 0 {
            return;
        }
        // One long wait alone does not outweigh many short ones.
        let waited = nanos(since.elapsed()).min(4 * self.limit);
        let before = self.expected.load(Ordering::Relaxed);
        // Lost updates do not matter to a mean.
        self.expected
            .store(before - before / 8 + waited / 8, Ordering::Relaxed);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos())
        .unwrap_or(u64::MAX / 8)
        .min(u64::MAX / 8)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How often a wait that never ends looks before it gives up.
    fn looks(spin: &Spin) -> u32 {
        let looks = Cell::new(0);
        let is_over = || {
            looks.set(looks.get() + 1);
            false
        };
        assert!(!spin.until(Instant::now(), is_over));
        looks.get()
    }

    #[test]
    fn it_stops_spinning_when_waits_are_long_and_starts_again_when_they_are_short() {
        let spin = Spin::new(Duration::from_micros(20));
        assert!(looks(&spin) > 1);
        let long_ago = Instant::now() - Duration::from_secs(1);
        (0..8).for_each(|_| spin.learn(long_ago));
        assert_eq!(looks(&spin), 1);
        while spin.expected.load(Ordering::Relaxed) > spin.limit {
            spin.learn(Instant::now());
        }
        assert!(looks(&spin) > 1);
    }

    #[test]
    fn without_a_limit_it_looks_once() {
        let spin = Spin::new(Duration::ZERO);
        assert_eq!(looks(&spin), 1);
        assert!(spin.until(Instant::now(), || true));
    }

    #[test]
    fn it_ends_as_soon_as_the_wait_does() {
        let spin = Spin::new(Duration::MAX);
        let looks = Cell::new(0);
        assert!(spin.until(Instant::now(), || {
            looks.set(looks.get() + 1);
            looks.get() == 100
        }));
    }
}
