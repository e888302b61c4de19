//! How much one execution may use.
//!
//! The one rule: zero means the default, everywhere. Plain data; knows nothing
//! of how a limit is enforced.

use std::time::Duration;

/// Bytes of stack for a thread that compiles or runs scripts.
///
/// The parser and some built-in functions recurse; the limits on nesting and
/// recursion assume this much.
pub const STACK_SIZE: usize = 64 * 1024 * 1024;

/// What one execution may use.
///
/// ```
/// use jsvm_core::Limits;
/// use std::time::Duration;
///
/// let limits = Limits { timeout: Duration::from_millis(200), ..Limits::default() };
/// assert_eq!(limits.recursion, 1000);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of one execution, promise jobs included. By default,
    /// this is 5 s; zero is the default too.
    pub timeout: Duration,
    /// Turns of all loops together, counted to within one check of 32. By
    /// default, this is 0: no limit.
    pub loops: u64,
    /// Bytes that the execution may hold, garbage not counted. It is looked at
    /// by the checks of loops and functions; one built-in call may go past it.
    /// By default, this is 256 MiB; zero is the default too.
    pub memory: u64,
    /// How deep functions may call each other. By default, this is 1000; zero
    /// is the default too.
    pub recursion: usize,
    /// Bytes of one source. By default, this is 1 MiB; zero is the default too.
    pub source_size: usize,
}

impl Limits {
    /// The time limit that holds unless another one is given.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

    /// The memory limit that holds unless another one is given.
    pub const DEFAULT_MEMORY: u64 = 256 * 1024 * 1024;

    /// `timeout`, or the one of these limits if it is zero.
    pub fn timeout_or(&self, timeout: Duration) -> Duration {
        if timeout.is_zero() {
            self.in_force().timeout
        } else {
            timeout
        }
    }

    /// These limits with each zero replaced by what it stands for.
    pub fn in_force(&self) -> Self {
        fn or<T: Default + PartialEq>(value: T, default: T) -> T {
            if value == T::default() {
                default
            } else {
                value
            }
        }
        let default = Self::default();
        Self {
            timeout: or(self.timeout, default.timeout),
            loops: self.loops,
            memory: or(self.memory, default.memory),
            recursion: or(self.recursion, default.recursion),
            source_size: or(self.source_size, default.source_size),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Self::DEFAULT_TIMEOUT,
            loops: 0,
            memory: Self::DEFAULT_MEMORY,
            recursion: 1000,
            source_size: 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_the_default() {
        let second = Duration::from_secs(1);
        let limits = Limits {
            timeout: Duration::ZERO,
            loops: 0,
            memory: 0,
            recursion: 0,
            source_size: 0,
        };
        assert_eq!(limits.in_force(), Limits::default());
        assert_eq!(limits.timeout_or(Duration::ZERO), Limits::DEFAULT_TIMEOUT);
        assert_eq!(limits.timeout_or(second), second);
    }
}
