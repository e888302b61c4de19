//! What does it cost to measure every execution?
//!
//! The whole way of an event on its worker, with all metrics on and with all
//! off. Of a hook of 10 us it may be one percent, of the simplest 15 ns.

use super::{Row, Target, hook};
use crate::{
    engines::ours_events::{self, Handler},
    harness::Entrant,
};

const LONGER: Handler = Handler {
    text: "(e) => {
        let s = 0
        for (let i = 0; i < 300; i++) s += i
        e.next()
    }",
    ..hook::NEXT
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("simple", hook::NEXT, Target::Extra(15.0, "off")),
        row("10us", LONGER, Target::Ratio(1.01, "off")),
    ]
}

fn row(name: &str, handler: Handler, target: Target) -> Row {
    let entrants = vec![
        Entrant::new("ours", move || ours_events::handler(handler, true)),
        Entrant::new("off", move || ours_events::handler(handler, false)),
    ];
    Row {
        target: Some(target),
        ..Row::new(format!("metrics/{name}"), entrants)
    }
}
