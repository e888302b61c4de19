//! A global allocator wrapper that counts bytes per thread.
//!
//! One rule: the code that counts never allocates, never unwinds and takes no
//! lock, because it runs inside every allocation of the program.
//! This crate does not know what a script is; whoever reads the counters
//! decides what is too much, and [`Limited`] is the last resort of those who
//! cannot look in time. It is the only crate with unsafe code.
//!
//! ```
//! use jsvm_alloc::{CountingAlloc, is_installed, thread_allocated_bytes};
//!
//! #[global_allocator]
//! static ALLOC: CountingAlloc = CountingAlloc::system();
//!
//! assert!(is_installed());
//! let before = thread_allocated_bytes();
//! let page = std::hint::black_box(Box::new([0_u8; 4096]));
//! assert_eq!(thread_allocated_bytes() - before, 4096);
//! # drop(page);
//! ```

mod park;

pub use park::{Limited, parked_threads, set_thread_limit, set_thread_stack};

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    hint::black_box,
};

/// Forwards to another allocator and counts what each thread allocates.
///
/// Declare it as `#[global_allocator]`; merely constructing it counts nothing.
/// It adds a couple of nanoseconds to an allocation.
/// Bytes are those asked for: what the inner allocator adds for alignment and
/// bookkeeping is not seen, nor is memory obtained around it (`mmap`, C
/// libraries).
///
/// The target must have native thread-locals, as Linux, macOS and Windows do.
#[derive(Debug)]
pub struct CountingAlloc<A = System> {
    inner: A,
}

impl<A> CountingAlloc<A> {
    /// Counts on top of `inner`.
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

impl CountingAlloc {
    /// Counts on top of the operating system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(System)
    }
}

/// Bytes that the current thread has allocated since it started.
///
/// Never decreases: the difference of two readings is what the code between
/// them allocated, freed or not. Growing an allocation counts the growth only.
/// Stays 0 unless a [`CountingAlloc`] is the global allocator.
#[must_use]
#[inline]
pub fn thread_allocated_bytes() -> u64 {
    read(|counts| counts.allocated.get())
}

/// Bytes that the current thread has allocated, less those it has freed.
///
/// Memory that is freed by another thread than its allocator counts up on the
/// one and down on the other: the value can be negative, and only the sum over
/// all threads is what is in use.
/// Stays 0 unless a [`CountingAlloc`] is the global allocator.
#[must_use]
#[inline]
pub fn thread_live_bytes() -> i64 {
    COUNTS.with(Counts::live)
}

/// What the current thread allocates from now on.
///
/// Measurements may be nested, but must end in the opposite order; one that
/// is dropped is as if it never was, but for those around it, which then see
/// its peak only if it ended.
#[derive(Debug)]
#[must_use = "a measurement that is not ended measures nothing"]
pub struct Meter {
    allocated: u64,
    live: i64,
    outer_peak: i64,
}

/// What a thread allocated between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes allocated, freed or not.
    pub allocated: u64,
    /// Most bytes that were held at once beyond those at the start.
    pub peak: u64,
}

impl Meter {
    /// Starts to measure.
    #[inline]
    pub fn start() -> Self {
        COUNTS.with(|counts| {
            let live = counts.live();
            Self {
                allocated: counts.allocated.get(),
                live,
                outer_peak: counts.peak.replace(live),
            }
        })
    }

    /// Ends; nothing was used unless a [`CountingAlloc`] is the global
    /// allocator.
    #[inline]
    pub fn end(self) -> Used {
        COUNTS.with(|counts| {
            let peak = counts.peak.get();
            counts.peak.set(peak.max(self.outer_peak));
            Used {
                allocated: counts.allocated.get().wrapping_sub(self.allocated),
                peak: u64::try_from(peak.wrapping_sub(self.live)).unwrap_or(0),
            }
        })
    }
}

/// Whether a [`CountingAlloc`] is this program's global allocator.
///
/// Finds out by allocating one byte: call it at start, not per execution.
#[must_use]
pub fn is_installed() -> bool {
    let before = thread_allocated_bytes();
    // Without the black box the optimiser may remove the allocation.
    drop(black_box(Box::new(0_u8)));
    thread_allocated_bytes() != before
}

/// Two ever-growing counters rather than one balance: allocating writes the
/// one, freeing the other, and the balance is computed when asked for.
struct Counts {
    allocated: Cell<u64>,
    freed: Cell<u64>,
    /// The highest balance since the innermost [`Meter`] started.
    peak: Cell<i64>,
}

impl Counts {
    #[inline]
    fn live(&self) -> i64 {
        let live = self.allocated.get().wrapping_sub(self.freed.get());
        live.cast_signed()
    }
}

thread_local! {
    // Constant, and without a destructor: the first access neither allocates
    // nor registers anything, and there is no time at which it fails.
    static COUNTS: Counts = const {
        Counts { allocated: Cell::new(0), freed: Cell::new(0), peak: Cell::new(0) }
    };
}

#[inline]
fn read(counter: impl FnOnce(&Counts) -> u64) -> u64 {
    COUNTS.with(counter)
}

#[inline]
fn count_allocated(bytes: usize) {
    COUNTS.with(|counts| {
        add(&counts.allocated, bytes);
        let live = counts.live();
        if live > counts.peak.get() {
            counts.peak.set(live);
        }
    });
}

#[inline]
fn count_freed(bytes: usize) {
    COUNTS.with(|counts| add(&counts.freed, bytes));
}

#[inline]
fn count_resized(old: usize, new: usize) {
    if new >= old {
        count_allocated(new - old);
    } else {
        count_freed(old - new);
    }
}

/// Asks whether the thread may have `bytes` more.
#[inline]
fn ask(bytes: usize) {
    let live = thread_live_bytes();
    park::ask(live.saturating_add_unsigned(bytes as u64));
}

#[inline]
fn add(counter: &Cell<u64>, bytes: usize) {
    // Wrapping, because an overflow check could unwind.
    counter.set(counter.get().wrapping_add(bytes as u64));
}

// SAFETY: every method hands its arguments to the same method of `inner` and
// returns its answer, both unchanged, so `inner` keeps the contract for us.
// What we add in between only reads and sets cells of this thread, or never
// returns: it neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAlloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ask(layout.size());
        // SAFETY: our caller keeps the contract of `alloc`, which is `inner`'s.
        let pointer = unsafe { self.inner.alloc(layout) };
        if !pointer.is_null() {
            count_allocated(layout.size());
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ask(layout.size());
        // SAFETY: our caller keeps the contract of `alloc_zeroed`, which is
        // `inner`'s.
        let pointer = unsafe { self.inner.alloc_zeroed(layout) };
        if !pointer.is_null() {
            count_allocated(layout.size());
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: our caller keeps the contract of `dealloc`; `pointer` came
        // from us with this layout, hence from `inner` with this layout.
        unsafe { self.inner.dealloc(pointer, layout) };
        count_freed(layout.size());
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        ask(new_size.saturating_sub(layout.size()));
        // SAFETY: our caller keeps the contract of `realloc`; `pointer` came
        // from us with this layout, hence from `inner` with this layout.
        let resized = unsafe { self.inner.realloc(pointer, layout, new_size) };
        if !resized.is_null() {
            count_resized(layout.size(), new_size);
        }
        resized
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    /// Has no memory to give.
    struct Exhausted;

    // SAFETY: null is a permitted answer to every request, and as nothing was
    // ever allocated, `dealloc` cannot be called.
    unsafe impl GlobalAlloc for Exhausted {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

        unsafe fn realloc(&self, _: *mut u8, _: Layout, _: usize) -> *mut u8 {
            ptr::null_mut()
        }
    }

    fn counters() -> (u64, i64) {
        (thread_allocated_bytes(), thread_live_bytes())
    }

    #[test]
    fn failed_requests_are_not_counted() {
        let layout = Layout::new::<u64>();
        let exhausted = CountingAlloc::new(Exhausted);
        // SAFETY: the layout has a size; a null answer is not used.
        assert!(unsafe { exhausted.alloc(layout) }.is_null());
        // SAFETY: as above.
        assert!(unsafe { exhausted.alloc_zeroed(layout) }.is_null());
        assert_eq!(counters(), (0, 0));
    }

    #[test]
    fn a_failed_resize_changes_nothing() {
        let layout = Layout::new::<u64>();
        let mut block = 0_u64;
        let pointer = ptr::from_mut(&mut block).cast();
        // SAFETY: `Exhausted` does not look at the pointer, and nor do we.
        let resized = unsafe { CountingAlloc::new(Exhausted).realloc(pointer, layout, 64) };
        assert!(resized.is_null());
        assert_eq!(counters(), (0, 0));
    }

    #[test]
    fn nothing_is_counted_unless_installed() {
        drop(black_box(vec![0_u8; 64]));
        assert_eq!(counters(), (0, 0));
        assert!(!is_installed());
    }
}
