//! The last resort against a thread that asks for too much memory, or whose
//! stack is half full: it sleeps for ever.
//!
//! One rule: an allocator may block but not unwind, and refusing memory ends
//! the process; so a thread that may not have more never comes back. Whoever
//! waits for it must give it up. Scopes decide when that may happen: never
//! while the thread holds something that others wait for.

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

const NEVER: i64 = i64::MAX;

static PARKED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static LIMIT: Limit = const {
        Limit { bytes: Cell::new(NEVER), in_force: Cell::new(NEVER), floor: Cell::new(0) }
    };
}

struct Limit {
    /// What the thread may hold while a scope says so.
    bytes: Cell<i64>,
    /// The same inside of such a scope, else [`NEVER`].
    in_force: Cell<i64>,
    /// The address that the stack may not reach inside of such a scope.
    floor: Cell<usize>,
}

/// Sets what the current thread may hold inside of [`Limited::on`], in bytes
/// as [`thread_live_bytes`](crate::thread_live_bytes) counts them.
///
/// It holds from the next scope on.
#[inline]
pub fn set_thread_limit(live_bytes: i64) {
    LIMIT.with(|limit| limit.bytes.set(live_bytes));
}

/// Sets how many bytes of its stack, from here on down, the current thread may
/// use inside of [`Limited::on`]; by default, any number.
///
/// It is looked at when memory is asked for, so give half of what there is:
/// what recurses and keeps a growing list of where it is doubles that list at
/// least once in the second half.
#[inline]
pub fn set_thread_stack(bytes: usize) {
    LIMIT.with(|limit| limit.floor.set(here().saturating_sub(bytes)));
}

/// How many threads sleep for ever, in the whole process.
#[must_use]
pub fn parked_threads() -> usize {
    PARKED.load(Ordering::Relaxed)
}

/// While it lives, the limit of the thread holds, or does not.
///
/// Scopes nest; each restores on drop what held before it.
///
/// ```
/// use jsvm_alloc::{Limited, set_thread_limit, thread_live_bytes};
///
/// set_thread_limit(thread_live_bytes() + (1 << 30));
/// let _script = Limited::on();
/// // Code of strangers; more than a GiB would be the end of this thread.
/// {
///     let _host = Limited::off();
///     // Our own code, which may hold locks.
/// }
/// ```
#[derive(Debug)]
#[must_use = "the scope ends when this is dropped"]
pub struct Limited {
    before: i64,
    /// It belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Limited {
    /// From here on, the limit holds.
    #[inline]
    pub fn on() -> Self {
        Self::enter(LIMIT.with(|limit| limit.bytes.get()))
    }

    /// From here on, it does not.
    #[inline]
    pub fn off() -> Self {
        Self::enter(NEVER)
    }

    #[inline]
    fn enter(bytes: i64) -> Self {
        Self {
            before: LIMIT.with(|limit| limit.in_force.replace(bytes)),
            not_send: PhantomData,
        }
    }
}

impl Drop for Limited {
    #[inline]
    fn drop(&mut self) {
        LIMIT.with(|limit| limit.in_force.set(self.before));
    }
}

/// Called with what a thread would hold after an allocation of some size.
#[inline]
pub(crate) fn ask(live_bytes: i64) {
    let is_beyond = LIMIT.with(|limit| {
        let most = limit.in_force.get();
        live_bytes > most || (here() < limit.floor.get() && most != NEVER)
    });
    if is_beyond {
        park();
    }
}

/// About where the stack of this thread ends now; stacks grow downwards on
/// every system that threads of the standard library run on.
#[inline]
fn here() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(&marker).addr()
}

/// Does not allocate: sleeping is a call to the system.
#[cold]
fn park() -> ! {
    PARKED.fetch_add(1, Ordering::Relaxed);
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}
