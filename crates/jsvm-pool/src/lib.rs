//! Threads that own workers, fed by a bounded queue, watched by a supervisor.
//!
//! A [`Worker`] is made on its thread and never leaves it; jobs and outputs
//! are what crosses. One rule: every accepted job is answered, once, through
//! its [`Ticket`], whatever the worker does. This crate knows nothing of
//! scripts or engines, and nothing of async runtimes: a ticket is waited for
//! by a thread or awaited under any executor.
//!
//! A job that is still running at its deadline is asked to stop. If it does
//! not, its ticket is answered [`JobError::Abandoned`], its thread is left to
//! itself, and a new thread takes its place.
//!
//! ```
//! use std::convert::Infallible;
//! use std::num::NonZeroUsize;
//! use std::rc::Rc;
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::time::{Duration, Instant};
//!
//! use jsvm_pool::{Pool, Stop, StopReason, Worker};
//!
//! struct Flag(Arc<AtomicBool>);
//!
//! impl Stop for Flag {
//!     fn stop(&self, _: StopReason) {
//!         self.0.store(true, Ordering::Relaxed);
//!     }
//! }
//!
//! struct Adder {
//!     base: Rc<u64>, // An `Rc`: this worker could not be sent to its thread.
//!     stopped: Arc<AtomicBool>,
//! }
//!
//! impl Worker for Adder {
//!     type Job = u64;
//!     type Output = Option<u64>;
//!     type Stop = Flag;
//!
//!     fn stop_handle(&self) -> Flag {
//!         self.stopped.store(false, Ordering::Relaxed);
//!         Flag(Arc::clone(&self.stopped))
//!     }
//!
//!     fn run(&mut self, job: u64, _deadline: Instant) -> Option<u64> {
//!         (0..job).try_fold(*self.base, |sum, term| {
//!             (!self.stopped.load(Ordering::Relaxed)).then_some(sum + term)
//!         })
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = Pool::builder()
//!     .workers(NonZeroUsize::MIN)
//!     .timeout(Duration::from_secs(1))
//!     .build(|| {
//!         let base = Rc::new(100);
//!         Ok::<_, Infallible>(Adder { base, stopped: Arc::default() })
//!     })?;
//!
//! assert_eq!(pool.submit(4)?.wait()?, Some(106));
//! assert_eq!(pool.shutdown(Duration::ZERO).dropped, 0);
//! # Ok(())
//! # }
//! ```

mod alarm;
mod builder;
mod call;
mod crew;
mod error;
mod guard;
mod pool;
mod priority;
mod queue;
mod shared;
mod signals;
mod slot;
mod spin;
mod stats;
mod stop;
mod supervisor;
mod sync;
mod ticket;
mod warming;
mod worker;

pub use crate::{
    builder::{Builder, WhenFull},
    call::{Call, CancelToken, Key},
    error::{JobError, PoolError, Rejected},
    pool::Pool,
    stats::{ShutdownReport, Stats},
    stop::{Stop, StopReason},
    ticket::Ticket,
    worker::Worker,
};
