//! Failures that are remembered for a moment.
//!
//! The one rule: a failure is forgotten after `FAILURE_MEMORY`, and there are
//! never more than some hundred. Time is told by the caller.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a failure is told again without another try: one second.
pub const FAILURE_MEMORY: Duration = Duration::from_secs(1);

/// How many failures are remembered; beyond, the oldest is forgotten.
const MAX_FAILURES: usize = 256;

/// What could not be made lately, and why.
pub(crate) struct Failures<K, E> {
    memory: Duration,
    failures: Mutex<HashMap<K, Failure<E>>>,
}

struct Failure<E> {
    error: Arc<E>,
    since: Instant,
}

impl<E> Failure<E> {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}

impl<K, E> Default for Failures<K, E> {
    fn default() -> Self {
        Self::with_memory(FAILURE_MEMORY)
    }
}

impl<K, E> Failures<K, E> {
    /// Failures that are remembered for `memory`.
    pub(crate) fn with_memory(memory: Duration) -> Self {
        Self {
            memory,
            failures: Mutex::default(),
        }
    }
}

impl<K: Hash + Eq + Clone, E> Failures<K, E> {
    /// Why `key` could not be made, if that was tried lately.
    pub(crate) fn get(&self, key: &K, now: Instant) -> Option<Arc<E>> {
        let mut failures = self.lock();
        let failure = failures.get(key)?;
        if failure.age(now) >= self.memory {
            failures.remove(key);
            return None;
        }
        Some(Arc::clone(&failure.error))
    }

    /// Notes that `key` could not be made, and hands the reason back.
    pub(crate) fn remember(&self, key: &K, error: E, now: Instant) -> Arc<E> {
        let mut failures = self.lock();
        if failures.len() >= MAX_FAILURES {
            failures.retain(|_, failure| failure.age(now) < self.memory);
        }
        if failures.len() >= MAX_FAILURES {
            remove_oldest(&mut failures);
        }
        let error = Arc::new(error);
        let failure = Failure {
            error: Arc::clone(&error),
            since: now,
        };
        failures.insert(key.clone(), failure);
        error
    }

    pub(crate) fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Failure<E>>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove_oldest<K: Hash + Eq + Clone, E>(failures: &mut HashMap<K, Failure<E>>) {
    let oldest = failures.iter().min_by_key(|(_, failure)| failure.since);
    if let Some(key) = oldest.map(|(key, _)| key.clone()) {
        failures.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_forgotten_after_its_time() {
        let failures = Failures::default();
        let now = Instant::now();
        assert_eq!(*failures.remember(&1, "no", now), "no");
        let almost = now + FAILURE_MEMORY - Duration::from_nanos(1);
        assert_eq!(failures.get(&1, almost).as_deref(), Some(&"no"));
        assert_eq!(failures.get(&2, almost), None);
        assert_eq!(failures.get(&1, now + FAILURE_MEMORY), None);
        assert_eq!(failures.get(&1, now), None, "it is gone for good");
    }

    #[test]
    fn the_oldest_failure_makes_room() {
        let failures = Failures::default();
        let start = Instant::now();
        let at = |key: usize| start + Duration::from_micros(key as u64);
        for key in 0..=MAX_FAILURES {
            failures.remember(&key, "no", at(key));
        }
        assert_eq!(failures.get(&0, start), None);
        for key in 1..=MAX_FAILURES {
            assert!(failures.get(&key, start).is_some(), "{key}");
        }
        let later = start + 2 * FAILURE_MEMORY;
        failures.remember(&0, "no", later);
        assert_eq!(failures.lock().len(), 1);
    }
}
