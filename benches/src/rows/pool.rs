//! What does the pool add to the round trip of a job between two threads?
//!
//! Beside a bare round trip through two channels of crossbeam. Spinning: one
//! job right after the other. Parked: a pause before each lets the other side
//! fall asleep.

use super::{Row, Target};
use crate::{
    engines::pool::{self, Load},
    harness::Entrant,
};
use std::time::Duration;

pub(super) fn rows() -> Vec<Row> {
    let loads = [
        ("spinning", Duration::ZERO),
        ("parked", Duration::from_micros(300)),
    ];
    let mut rows = Vec::new();
    for (name, pause) in loads {
        for callers in [1, 2] {
            rows.push(row(name, Load { callers, pause }));
        }
    }
    rows
}

fn row(name: &str, load: Load) -> Row {
    let entrants = vec![
        Entrant::new("ours", move || pool::ours(load)),
        Entrant::new("crossbeam", move || pool::crossbeam(load)),
    ];
    let callers = load.callers;
    Row {
        is_shared: true,
        target: Some(Target::Ratio(1.5, "crossbeam")),
        ..Row::new(format!("pool/round_trip/{name}/{callers}"), entrants)
    }
}
