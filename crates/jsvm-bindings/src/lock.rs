//! Locks that scripts and the host share.
//!
//! The one rule: a thread that holds one is never put to sleep for the memory
//! that its script took, or others would wait for ever.

use jsvm_core::Limited;
use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Access to what a lock guards, until it is dropped.
#[derive(Debug)]
pub struct Locked<'a, T> {
    // Fields are dropped in order: the lock first.
    guard: MutexGuard<'a, T>,
    _host: Limited,
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Locked<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

/// Waits for the lock; a panic of who held it before does not matter.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> Locked<'_, T> {
    let host = Limited::off();
    Locked {
        guard: mutex.lock().unwrap_or_else(PoisonError::into_inner),
        _host: host,
    }
}
