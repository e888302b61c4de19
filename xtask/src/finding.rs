//! What a check found, and where.
//!
//! A check returns findings and never prints; `settle` prints them all, so that
//! one run shows everything that is wrong.
//! This module does not know which checks there are.

use std::fmt;

use anyhow::{Result, bail};

/// Whether a finding stops the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Printed, and the check passes.
    Warning,
    /// Printed, and the check fails.
    Error,
}

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    severity: Severity,
    /// A path below the workspace's root, with `:line` where there is one.
    place: String,
    message: String,
}

impl Finding {
    /// Something that must be mended.
    pub(crate) fn error(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place: place.into(),
            message: message.into(),
        }
    }

    /// Something to keep an eye on.
    pub(crate) fn warning(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            place: place.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}: {}", self.place, self.message)
    }
}

/// Prints the findings.
///
/// # Errors
///
/// At least one finding is an error.
pub(crate) fn settle(findings: &[Finding]) -> Result<()> {
    for finding in findings {
        println!("{finding}");
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    match errors {
        0 => Ok(()),
        1 => bail!("1 error"),
        many => bail!("{many} errors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_do_not_fail_a_check() {
        let warning = Finding::warning("a.rs", "long");
        let error = Finding::error("b.rs:3", "too long");
        assert_eq!(error.to_string(), "error: b.rs:3: too long");
        settle(std::slice::from_ref(&warning)).unwrap();
        assert_eq!(
            settle(&[warning, error]).unwrap_err().to_string(),
            "1 error"
        );
    }
}
