//! How much one execution may use.
//!
//! The one rule: zero means the default, everywhere. Plain data; knows nothing
//! of how a limit is enforced.

use std::time::Duration;

/// Bytes of stack for a thread that compiles or runs scripts.
///
/// The parser and some built-in functions recurse; the limits on nesting and
/// recursion assume this much. So does looking a property up, with about 300
/// bytes for each object of a chain of prototypes. The system gives a thread
/// only what it touches of it.
pub const STACK_SIZE: usize = 256 * 1024 * 1024;

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
    /// How deep brackets and statements of a source may be in each other. By
    /// default, this is 400, which is also the most; zero is the default too.
    pub nesting: usize,
    /// How deep arrays and objects of a JSON text may be in each other. By
    /// default, this is 1000; the most is 5000; zero is the default too.
    pub json_nesting: usize,
    /// Characters (UTF-16 units) of a string that a built-in function makes.
    /// By default, this is 64 Mi; zero is the default too.
    pub string_length: u64,
    /// Elements of an array that a built-in function makes. By default, this
    /// is 16 Mi; zero is the default too.
    pub array_length: u64,
    /// Bytes of one `ArrayBuffer`. By default, this is 64 MiB; zero is the
    /// default too.
    pub buffer_size: u64,
    /// Steps of one match of a regular expression that cannot be matched in
    /// linear time. By default, this is 50 million, about a second; zero is
    /// the default too.
    pub regexp_steps: u64,
    /// Promise jobs that wait at one time. By default, this is 250,000; zero
    /// is the default too.
    pub pending_jobs: usize,
}

impl Limits {
    /// The time limit that holds unless another one is given.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

    /// The memory limit that holds unless another one is given.
    pub const DEFAULT_MEMORY: u64 = 256 * 1024 * 1024;

    /// The limit on one `ArrayBuffer` that holds unless another one is given.
    pub const DEFAULT_BUFFER_SIZE: u64 = 64 * 1024 * 1024;

    /// The deepest nesting of a source that a stack of [`STACK_SIZE`] bears.
    pub const MAX_NESTING: usize = 400;

    /// The deepest nesting of JSON that a stack of [`STACK_SIZE`] bears.
    pub const MAX_JSON_NESTING: usize = 5000;

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
            nesting: or(self.nesting, default.nesting).min(Self::MAX_NESTING),
            json_nesting: or(self.json_nesting, default.json_nesting).min(Self::MAX_JSON_NESTING),
            string_length: or(self.string_length, default.string_length),
            array_length: or(self.array_length, default.array_length),
            buffer_size: or(self.buffer_size, default.buffer_size),
            regexp_steps: or(self.regexp_steps, default.regexp_steps),
            pending_jobs: or(self.pending_jobs, default.pending_jobs),
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
            nesting: Self::MAX_NESTING,
            json_nesting: 1000,
            string_length: 64 * 1024 * 1024,
            array_length: 16 * 1024 * 1024,
            buffer_size: Self::DEFAULT_BUFFER_SIZE,
            regexp_steps: 50_000_000,
            pending_jobs: 250_000,
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
            nesting: 0,
            json_nesting: 0,
            string_length: 0,
            array_length: 0,
            buffer_size: 0,
            regexp_steps: 0,
            pending_jobs: 0,
        };
        assert_eq!(limits.in_force(), Limits::default());
        assert_eq!(limits.timeout_or(Duration::ZERO), Limits::DEFAULT_TIMEOUT);
        assert_eq!(limits.timeout_or(second), second);
    }
}
