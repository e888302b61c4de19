//! What does a hook cost, from the event to the end of its handlers?
//!
//! Ours takes the whole way of an event on its worker, with everything on;
//! QuickJS calls a held function with an event and a record of its own classes.
//! goja is PocketBase's hook with small objects in goja; PocketBase itself
//! takes twice as long.

use super::{Row, Target};
use crate::{
    engines::{
        cold,
        ours_events::{self, Handler, TITLE},
        quickjs_events,
    },
    harness::Entrant,
};

const CREATE: &str = "onRecordCreate";

const SIMPLE: Handler = Handler {
    // Nothing is lost here if a handler does not go on.
    hook: "onRecordAfterCreateSuccess",
    text: "(e) => 1",
    title: TITLE,
    goes_on: false,
    operations: 1,
};
pub(super) const NEXT: Handler = Handler {
    hook: CREATE,
    text: "(e) => e.next()",
    goes_on: true,
    ..SIMPLE
};
const GETSET: Handler = Handler {
    text: "(e) => {
        e.record.set('title', e.record.get('title').trim())
        return e.next()
    }",
    title: "A title",
    ..NEXT
};
const GETSET5: Handler = Handler {
    text: "(e) => {
        if (!e.record.get('title') || !e.record.get('email')) throw new Error('too little')
        e.record.set('title', e.record.get('title').trim())
        e.record.set('email', e.record.get('email').toLowerCase())
        return e.next()
    }",
    ..GETSET
};

pub(super) fn rows() -> Vec<Row> {
    let median = Target::Median(400.0);
    vec![
        Row {
            target: Some(median),
            ..row("simple", SIMPLE)
        },
        beside("next", NEXT, 12.73, 1.0),
        beside("getset", GETSET, 8.39, 0.9),
        beside("getset5", GETSET5, 7.76, 0.9),
        round_trip(),
        second_call(),
    ]
}

fn row(name: &str, handler: Handler) -> Row {
    let entrants = vec![
        Entrant::new("ours", move || ours_events::handler(handler, true)),
        Entrant::new("rquickjs", move || quickjs_events::handler(handler)),
    ];
    Row::new(format!("hook/{name}"), entrants)
}

fn beside(name: &str, handler: Handler, goja: f64, most: f64) -> Row {
    Row {
        goja: Some(goja),
        target: Some(Target::Ratio(most, "rquickjs")),
        ..row(name, handler)
    }
}

/// From a caller's thread to the worker and back.
fn round_trip() -> Row {
    let entrant = Entrant::new("ours", || ours_events::round_trip(NEXT));
    Row {
        is_shared: true,
        target: Some(Target::Median(5000.0)),
        ..Row::new("hook/round_trip", vec![entrant])
    }
}

/// A function that the VM has, and one that is made of its program first.
fn second_call() -> Row {
    const TEXT: &str = "(e) => e + 1";
    let entrants = vec![
        Entrant::new("ours", || cold::kept(TEXT, 2.0)),
        Entrant::new("first_call", || cold::parsed(TEXT, 2.0)),
    ];
    Row {
        target: Some(Target::Ratio(0.8, "first_call")),
        ..Row::new("hook/second_call", entrants)
    }
}
