//! How long after its deadline is the caller of an endless script answered?
//!
//! Ten kinds of loop take turns; each run is measured by itself, by the wall,
//! from the deadline to the answer. Idle machines only.

use super::{Row, Target};
use crate::{engines::endless, harness::Entrant};

pub(super) fn rows() -> Vec<Row> {
    vec![Row {
        is_single: true,
        target: Some(Target::P99(10e6)),
        ..Row::new(
            "interrupt/latency",
            vec![Entrant::new("ours", endless::latency)],
        )
    }]
}
