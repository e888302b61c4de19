//! What the host did for the handlers in progress on one worker.
//!
//! The one rule: a handler is told its own calls and those of all that it
//! caused, but none of the handlers around it. Knows no clock.

use jsvm_metrics::HostCall;
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

/// Calls of the host by function, the innermost handler's last.
#[derive(Default)]
pub(crate) struct HostCalls {
    calls: RefCell<Vec<HostCall>>,
    /// How many of them are the innermost handler's.
    own: Cell<usize>,
}

/// The handler around one that began.
pub(crate) struct Outer(usize);

impl HostCalls {
    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.calls.borrow_mut().clear();
        self.own.set(0);
    }

    /// A handler begins.
    #[inline]
    pub(crate) fn begin(&self) -> Outer {
        Outer(self.own.replace(0))
    }

    /// The innermost handler has ended: its calls are the outer one's now.
    #[inline]
    pub(crate) fn end(&self, outer: Outer) {
        let own = self.own.replace(outer.0);
        if own > 0 {
            self.hand_over(own);
        }
    }

    /// The host did something.
    pub(crate) fn add(&self, name: &'static str, time: Duration) {
        let count = 1;
        self.merge(HostCall { name, count, time });
    }

    /// Tells the calls of the innermost handler.
    pub(crate) fn tell<T>(&self, tell: impl FnOnce(&[HostCall]) -> T) -> T {
        let calls = self.calls.borrow();
        tell(&calls[calls.len() - self.own.get()..])
    }

    #[cold]
    fn hand_over(&self, last: usize) {
        let mut calls = self.calls.borrow_mut();
        let from = calls.len() - last;
        let last = calls.split_off(from);
        drop(calls);
        last.into_iter().for_each(|call| self.merge(call));
    }

    fn merge(&self, call: HostCall) {
        let mut calls = self.calls.borrow_mut();
        let from = calls.len() - self.own.get();
        match calls[from..]
            .iter_mut()
            .find(|other| other.name == call.name)
        {
            Some(known) => {
                known.count = known.count.saturating_add(call.count);
                known.time = known.time.saturating_add(call.time);
            }
            None => {
                calls.push(call);
                self.own.set(self.own.get() + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(calls: &HostCalls) -> Vec<(&'static str, u32)> {
        calls.tell(|calls| calls.iter().map(|call| (call.name, call.count)).collect())
    }

    #[test]
    fn calls_of_inner_handlers_are_the_outer_ones_too() {
        let calls = HostCalls::default();
        let none = calls.begin();
        calls.add("find", Duration::ZERO);
        let outer = calls.begin();
        assert_eq!(told(&calls), []);
        calls.add("find", Duration::ZERO);
        calls.add("save", Duration::ZERO);
        assert_eq!(told(&calls), [("find", 1), ("save", 1)]);
        calls.end(outer);
        assert_eq!(told(&calls), [("find", 2), ("save", 1)]);
        calls.end(none);
        calls.clear();
        assert_eq!(told(&calls), []);
    }
}
