//! The engine and how it is stopped: programs, metering, VMs, limits, script errors.
//!
//! A [`Source`] becomes a [`Program`]: checked, and metered, which means that
//! every loop and every function asks now and then whether it may go on. A
//! program is plain data; a [`Vm`] runs it, on its own thread, under the
//! [`Limits`] of an [`Execution`]. The [`Interrupt`] of that execution is the
//! handle by which other threads stop it.
//!
//! This crate knows nothing of hooks, records, files or HTTP. The only clock
//! it reads is the one for deadlines.

pub mod analysis;
mod clock;
mod error;
mod execution;
mod failure;
mod freeze;
mod guards;
mod heap;
mod interrupt;
mod jobs;
mod kept;
mod lengths;
mod limits;
mod marks;
mod meter;
mod nesting;
mod optimise;
mod positions;
mod program;
mod regexp;
mod shared;
mod source;
pub mod value;
mod vm;
mod wording;

pub use clock::{Clock, Moment};
pub use error::{Details, ErrorKind, Frame, LimitHit, Position, ScriptError};
pub use execution::Execution;
pub use failure::{Failure, describe, failure, position};
pub use freeze::freeze;
pub use heap::collect;
pub use interrupt::{Interrupt, Stop};
/// Code of the host that holds locks runs in [`Limited::off`]; what scripts run
/// in is [`Limited::on`].
pub use jsvm_alloc::Limited;
pub use kept::compiler_id;
pub use limits::{Limits, STACK_SIZE};
pub use program::{ContentId, Kind, Optimise, Program};
pub use shared::{function_source, function_text, note_thrown, text_source};
pub use source::Source;
pub use vm::{Vm, call, evaluate};

/// Whether an object is a regular expression; the engine's own question for
/// that does not know those of this crate.
pub fn is_regexp(object: &boa_engine::JsObject) -> bool {
    guards::is_regexp(object)
}

/// A native function's way to end the script for a limit that was hit.
///
/// # Errors
///
/// If a limit was hit, an error that no script can catch.
pub fn check_limits(context: &mut boa_engine::Context) -> boa_engine::JsResult<()> {
    shared::check_limits(context)
}
