//! When the supervisor next has something to do.
//!
//! One rule: a ring is never lost, even one that falls between the
//! supervisor's look at the workers and its sleep. This module knows moments;
//! it does not know what is due at them.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::guard::lock;

/// The supervisor's alarm clock. Workers set it, only the supervisor sleeps.
#[derive(Default)]
pub(crate) struct Alarm {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Default)]
struct State {
    /// When the sleeper wakes; never, if nothing is due.
    wake: Option<Instant>,
    /// The moment after which no job may run, once the pool is closed.
    cutoff: Option<Instant>,
}

impl Alarm {
    /// Wakes the supervisor at `at`, or at the cutoff if that is earlier.
    ///
    /// Disturbs the supervisor only if it would have slept longer.
    pub(crate) fn ring(&self, at: Instant) {
        let mut state = lock(&self.state);
        let at = earlier(at, state.cutoff);
        if state.wake.is_none_or(|wake| at < wake) {
            state.wake = Some(at);
            self.rung.notify_one();
        }
    }

    /// Closes the pool: no job may run after `at`. The earliest cutoff counts.
    pub(crate) fn cut_off(&self, at: Instant) {
        let mut state = lock(&self.state);
        state.cutoff = Some(earlier(at, state.cutoff));
        drop(state);
        self.ring(Instant::now());
    }

    /// Begins a look at the workers: forgets the rings so far, which the look
    /// will answer. Returns the cutoff, if the pool is closed.
    pub(crate) fn hush(&self) -> Option<Instant> {
        let mut state = lock(&self.state);
        state.wake = None;
        state.cutoff
    }

    /// Sleeps until `until`, or the earliest ring since the last [`hush`].
    ///
    /// [`hush`]: Self::hush
    pub(crate) fn sleep(&self, until: Option<Instant>) {
        let mut state = lock(&self.state);
        state.wake = state.wake.into_iter().chain(until).min();
        loop {
            let now = Instant::now();
            state = match state.wake {
                None => self
                    .rung
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(wake) if wake <= now => return,
                Some(wake) => {
                    let woken = self.rung.wait_timeout(state, wake - now);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

/// `now` and `duration` later, or the far future where a clock cannot say.
pub(crate) fn after(now: Instant, duration: Duration) -> Instant {
    const THIRTY_YEARS: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    now.checked_add(duration)
        .unwrap_or_else(|| now + THIRTY_YEARS)
}

/// The earlier of the two, where there are two.
pub(crate) fn earlier(at: Instant, other: Option<Instant>) -> Instant {
    other.map_or(at, |other| at.min(other))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    // These tests end only if the sleeper wakes, at whatever moment the ring falls.

    #[test]
    fn a_ring_before_the_sleep_is_not_lost() {
        let alarm = Alarm::default();
        alarm.hush();
        alarm.ring(Instant::now());
        alarm.sleep(Some(Instant::now() + DAY));
    }

    #[test]
    fn an_earlier_ring_shortens_the_sleep() {
        let alarm = Alarm::default();
        thread::scope(|scope| {
            scope.spawn(|| alarm.sleep(Some(Instant::now() + DAY)));
            alarm.ring(Instant::now() + DAY);
            alarm.ring(Instant::now());
        });
    }

    #[test]
    fn after_the_cutoff_every_ring_is_due() {
        let alarm = Alarm::default();
        alarm.cut_off(Instant::now());
        alarm.cut_off(Instant::now() + DAY);
        assert!(alarm.hush().is_some_and(|cutoff| cutoff <= Instant::now()));
        alarm.ring(Instant::now() + DAY);
        alarm.sleep(None);
    }

    #[test]
    fn no_duration_is_too_long() {
        let now = Instant::now();
        assert!(after(now, Duration::MAX) > now + DAY);
    }
}
