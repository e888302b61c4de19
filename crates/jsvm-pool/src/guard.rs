//! Keeping a panic in foreign code from reaching the pool.
//!
//! One rule: whatever the pool did not write (a worker, its factory, a waker,
//! the destructor of a job) runs inside [`guarded`]. This module does not know
//! what the panic means to the job.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs `code`; a panic becomes its message.
pub(crate) fn guarded<R>(code: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(message)
}

fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => match payload.downcast::<&'static str>() {
            Ok(text) => (*text).to_owned(),
            Err(payload) => {
                // Its destructor is foreign code too, and might panic in turn.
                mem::forget(payload);
                "a panic without a message".to_owned()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        let number = 7;
        assert_eq!(guarded(|| number), Ok(7));
        assert_eq!(guarded(|| panic!("plain")), Err::<(), _>("plain".into()));
        assert_eq!(
            guarded(|| panic!("no {number}")),
            Err::<(), _>("no 7".into())
        );
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_contained() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        assert_eq!(
            guarded(|| panic_any(Bomb)),
            Err::<(), _>("a panic without a message".into())
        );
    }
}
