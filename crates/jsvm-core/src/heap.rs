//! How much garbage a thread gathers before it is collected.
//!
//! The one rule: what the engine's heap may hold is set once a thread, before
//! its first VM, and what garbage holds beside it is looked at between two
//! executions. The engine starts at 1 MiB, of which one VM fills half; each collection looks at all
//! that lives, so it then collects for every half a MiB of short-lived objects.
//! Knows nothing of VMs.

use boa_gc::{Finalize, Gc, Trace};
use std::cell::Cell;

/// What the heap may hold before the first collection, at least.
const ROOM: usize = 4 * 1024 * 1024;

/// One piece of what makes the heap look full.
#[derive(Trace, Finalize)]
#[boa_gc(unsafe_empty_trace)]
struct Ballast(#[expect(dead_code, reason = "only its size counts")] [u8; PIECE]);

const PIECE: usize = 32 * 1024;

thread_local! {
    static IS_SET: Cell<bool> = const { Cell::new(false) };
}

/// Lets the heap of this thread grow before it is collected; the engine raises
/// its threshold only when it finds itself full, so it is filled for a moment.
///
/// Takes less than a millisecond, the first time on a thread.
pub(crate) fn widen() {
    if IS_SET.replace(true) {
        return;
    }
    // Each time it is passed by what lives, the threshold becomes ten sevenths
    // of that: 1.5, 2.1, 3.1 and 4.4 MiB.
    let pieces = ROOM / 5 * 4 / PIECE;
    let ballast: Vec<_> = (0..pieces).map(|_| Gc::new(Ballast([0; PIECE]))).collect();
    drop(ballast);
    boa_gc::force_collect();
}

/// What garbage may hold of the host's memory, such as buffers, before it is
/// collected: the engine counts its own objects only.
const GARBAGE: i64 = 32 * 1024 * 1024;
/// The least of it that is worth a collection.
const LEAST: i64 = 4 * 1024 * 1024;

/// Collects what earlier executions left, if this thread holds much more than
/// after the last time; returns what it holds then.
///
/// What is garbage when an execution starts would not count for it, so each
/// could leave as much as its limit allows.
pub(crate) fn sweep(live_bytes: fn() -> i64, limit: u64, swept: &Cell<i64>) -> i64 {
    let now = live_bytes();
    let share = i64::try_from(limit / 8).unwrap_or(i64::MAX);
    if now.saturating_sub(swept.get()) < share.clamp(LEAST, GARBAGE) {
        return now;
    }
    boa_gc::force_collect();
    let now = live_bytes();
    swept.set(now);
    now
}

/// Collects what is garbage on this thread, such as a VM that was dropped.
///
/// Takes about a millisecond for each VM that is alive.
pub fn collect() {
    boa_gc::force_collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use boa_gc::WeakGc;

    /// How many pieces of garbage fit before the first is collected, at most
    /// a hundred.
    fn room() -> usize {
        let first = WeakGc::new(&Gc::new(Ballast([0; PIECE])));
        let mut more = (0..100).map(|_| Gc::new(Ballast([0; PIECE])));
        more.position(|_| first.upgrade().is_none()).unwrap_or(100)
    }

    #[test]
    fn garbage_gathers_before_it_is_collected() {
        let narrow = std::thread::spawn(room).join().unwrap();
        let wide = std::thread::spawn(|| {
            widen();
            room()
        });
        let wide = wide.join().unwrap();
        assert!(narrow < 40, "{narrow}");
        assert!(wide > 80, "{wide}");
    }
}
