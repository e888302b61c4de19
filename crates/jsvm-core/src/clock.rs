//! The clock by which executions are limited and measured.
//!
//! The one rule: reading it asks the processor's own counter where that is the
//! same on all cores and always runs, and else the system's monotonic clock;
//! nobody has to know which. Knows nothing of deadlines.

use std::{sync::LazyLock, time::Duration};

/// Reads moments, in half the time of [`std::time::Instant`] where the
/// processor has a counter for it.
///
/// The first one of a process takes about a millisecond, and at most 200, to
/// compare that counter with the system's clock. They then differ by some ten
/// parts in a million.
///
/// ```
/// use jsvm_core::Clock;
///
/// let clock = Clock::get();
/// let started = clock.now();
/// assert!(clock.now() >= started);
/// assert_eq!(started.since(started).as_nanos(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Clock(quanta::Clock);

/// A moment of a [`Clock`]; those of all clocks of the process compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(quanta::Instant);

impl Clock {
    /// The clock of this process.
    pub fn get() -> Self {
        static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock(quanta::Clock::new()));
        CLOCK.clone()
    }

    /// This moment.
    #[inline]
    pub fn now(&self) -> Moment {
        Moment(self.0.now())
    }

    /// The time since then.
    #[inline]
    pub fn since(&self, earlier: Moment) -> Duration {
        self.now().since(earlier)
    }
}

impl Moment {
    /// The time from then to this moment; zero if that is later.
    #[inline]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0)
    }

    /// So much later; `None` if that is beyond all time.
    pub fn checked_add(self, time: Duration) -> Option<Self> {
        self.0.checked_add(time).map(Self)
    }
}
