//! When the supervisor next has something to do.
//!
//! One rule: a ring is never lost, even one that falls between the
//! supervisor's look at the workers and its sleep. This module knows moments;
//! it does not know what is due at them.
//!
//! Most rings are for a moment after the one that the supervisor will wake at
//! anyway, so that is kept beside the lock. Whoever rings has changed what the
//! supervisor looks at under a lock that the look takes too: then either the
//! look sees the change, or the ring sees that the look has begun.

use std::time::{Duration, Instant};

use crate::sync::{AtomicUsize, Condvar, Mutex, Ordering, lock, wait, wait_for};

/// The supervisor's alarm clock. Workers set it, only the supervisor sleeps.
pub(crate) struct Alarm {
    /// What the moments beside the lock are counted from.
    start: Instant,
    /// The wake, in microseconds since the start, rounded down.
    wake: AtomicUsize,
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

/// Later than any moment: whoever rings must take the lock.
const NEVER: usize = usize::MAX;

impl Default for Alarm {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            wake: AtomicUsize::new(NEVER),
            state: Mutex::new(State::default()),
            rung: Condvar::new(),
        }
    }
}

impl Alarm {
    /// Wakes the supervisor at `at`, or at the cutoff if that is earlier.
    ///
    /// Disturbs the supervisor only if it would have slept longer.
    pub(crate) fn ring(&self, at: Instant) {
        if self.wake.load(Ordering::SeqCst) <= self.micros(at) {
            return;
        }
        let mut state = lock(&self.state);
        let at = earlier(at, state.cutoff);
        self.bring_forward(&mut state, at);
    }

    /// Wakes the supervisor now, whatever it waits for.
    pub(crate) fn ring_now(&self) {
        self.bring_forward(&mut lock(&self.state), Instant::now());
    }

    /// Closes the pool: no job may run after `at`. The earliest cutoff counts.
    pub(crate) fn cut_off(&self, at: Instant) {
        let mut state = lock(&self.state);
        state.cutoff = Some(earlier(at, state.cutoff));
        self.bring_forward(&mut state, Instant::now());
    }

    /// Begins a look at the workers: forgets the rings so far, which the look
    /// will answer. Returns the cutoff, if the pool is closed.
    pub(crate) fn hush(&self) -> Option<Instant> {
        let mut state = lock(&self.state);
        state.wake = None;
        self.wake.store(NEVER, Ordering::SeqCst);
        state.cutoff
    }

    /// Sleeps until `until`, or the earliest ring since the last [`hush`].
    ///
    /// [`hush`]: Self::hush
    pub(crate) fn sleep(&self, until: Option<Instant>) {
        let mut state = lock(&self.state);
        if let Some(until) = until {
            self.bring_forward(&mut state, until);
        }
        loop {
            let now = Instant::now();
            state = match state.wake {
                None => wait(&self.rung, state),
                Some(wake) if wake <= now => return,
                Some(wake) => wait_for(&self.rung, state, wake - now),
            };
        }
    }

    fn bring_forward(&self, state: &mut State, at: Instant) {
        if state.wake.is_none_or(|wake| at < wake) {
            state.wake = Some(at);
            // After the cutoff every ring is due, so none may pass by.
            if state.cutoff.is_none() {
                self.wake.store(self.micros(at), Ordering::SeqCst);
            }
            self.rung.notify_one();
        }
    }

    fn micros(&self, at: Instant) -> usize {
        let since = at.saturating_duration_since(self.start).as_micros();
        usize::try_from(since).unwrap_or(NEVER)
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
