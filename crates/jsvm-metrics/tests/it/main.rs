//! What leaves the process, as a collector sees it.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otlp-tls")]
mod tls;
#[cfg(feature = "otlp")]
mod traces;
