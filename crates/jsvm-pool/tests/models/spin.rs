//! A spin that looks once: what follows it must not depend on its luck.
//!
//! One rule: it never waits, so that models stay small.

use std::time::{Duration, Instant};

pub(crate) struct Spin;

impl Spin {
    pub(crate) fn new(_: Duration) -> Self {
        Self
    }

    pub(crate) fn until(&self, _: Instant, is_over: impl Fn() -> bool) -> bool {
        is_over()
    }

    pub(crate) fn learn(&self, _: Instant) {}
}
