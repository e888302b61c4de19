//! Targets: what each does with some bytes.
//!
//! The one rule: a target panics if and only if it found something; the same
//! bytes always do the same.

#![forbid(unsafe_code)]

mod compile;
mod cron;
mod engines;
mod filter;
mod json;
mod regexp;
mod source;
mod value;

/// The targets by name.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("compile", compile::run),
    ("cron", cron::run),
    ("filter", filter::run),
    ("json", json::run),
    ("regexp", regexp::run),
    ("source", source::run),
    ("value", value::run),
];

/// Runs one input of a target.
///
/// # Panics
///
/// If the input is a finding, or there is no target of that name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, run) = target.expect("there is a target of that name");
    run(data);
}
