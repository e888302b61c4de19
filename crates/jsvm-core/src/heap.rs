//! How much garbage the engine's heap of a thread gathers before it collects.
//!
//! The one rule: it is set once a thread, before its first VM. The engine
//! starts at 1 MiB, of which one VM fills half; each collection looks at all
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
