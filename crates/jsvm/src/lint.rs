//! Looking for traps in hook files.
//!
//! The one rule: it runs nothing; it only brings the stack that reading
//! hostile source needs.

use crate::RuntimeError;
use jsvm_bindings::{Finding, HookSet};
use jsvm_core::{STACK_SIZE, Source};

/// Looks for traps in hook files, such as handlers that use a variable that
/// exists only outside of them.
///
/// `hooks` is what came of loading the files. It takes about as long as
/// loading them, on a thread of its own, and waits for it.
///
/// ```
/// use jsvm::{HookSet, Source};
///
/// let file = Source::new("a.pb.js", "const a = 1; onTerminate((e) => { a; e.next() })");
/// let findings = jsvm::lint(&[file], &HookSet::default())?;
/// assert_eq!(findings[0].position.to_string(), "a.pb.js:1:35");
/// # Ok::<(), jsvm::RuntimeError>(())
/// ```
///
/// # Errors
///
/// If the thread cannot be started, or panicked.
pub fn lint(files: &[Source], hooks: &HookSet) -> Result<Vec<Finding>, RuntimeError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("jsvm-lint".into())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, || jsvm_bindings::lint(files, hooks))
            .map_err(|err| RuntimeError::Start(err.to_string()))?;
        thread
            .join()
            .map_err(|_| RuntimeError::Start("looking for traps panicked".into()))
    })
}
