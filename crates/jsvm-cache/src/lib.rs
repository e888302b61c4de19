//! Programs by content id, weighed in bytes; the least recently used goes first.
//!
//! One rule: a value is made once per key, however many threads ask at once,
//! and a failure is remembered for a moment but never kept.
//! This crate does not know what a program is, how it is compiled or how an
//! id is computed; keys, values and failures are type parameters.
//! A [`Store`] keeps bytes of values on a disk, for whoever wants that.
//!
//! ```
//! use jsvm_cache::{Cache, Weigh};
//! use std::{convert::Infallible, sync::Arc};
//!
//! struct Program {
//!     text: String,
//! }
//!
//! impl Weigh for Program {
//!     fn weight(&self) -> usize {
//!         size_of::<Self>() + self.text.capacity()
//!     }
//! }
//!
//! fn compile(text: &str) -> Result<Arc<Program>, Infallible> {
//!     Ok(Arc::new(Program { text: text.to_owned() }))
//! }
//!
//! let cache = Cache::default();
//! let id = 42_u64;
//! let first = cache.get_or_try_insert_with(id, || compile("1 + 1"))?;
//! let second = cache.get_or_try_insert_with(id, || compile("1 + 1"))?;
//!
//! assert!(!first.is_hit);
//! assert!(second.is_hit);
//! assert!(Arc::ptr_eq(&first.value, &second.value));
//! # Ok::<(), Arc<Infallible>>(())
//! ```

mod cache;
mod failures;
mod store;

pub use cache::{Cache, DEFAULT_MAX_BYTES, Lookup, Stats};
pub use failures::FAILURE_MEMORY;
pub use store::{Key, Store, StoreStats};

use std::sync::Arc;

/// How much memory a value keeps alive.
pub trait Weigh {
    /// Bytes held by this value: its own size and everything it owns.
    ///
    /// Asked once, when the value enters the cache; later growth is not seen.
    fn weight(&self) -> usize;
}

/// A shared value weighs what it points to, whoever else holds it.
impl<T: Weigh + ?Sized> Weigh for Arc<T> {
    fn weight(&self) -> usize {
        T::weight(self)
    }
}
