//! What does it cost to cross between Rust and JavaScript?
//!
//! Members of events and fields of records, a thousand times in one handler,
//! its loop included; and plain data as values of the engine and back. What an
//! event object itself costs is most of `hook/simple`.

use super::{Row, Target, hook};
use crate::{
    engines::{
        bare, ours,
        ours_events::{self, Handler},
        quickjs, quickjs_events,
    },
    harness::Entrant,
};
use serde_json::{Value, json};

macro_rules! repeated {
    ($before:literal, $what:literal) => {
        Handler {
            text: concat!(
                "(e) => { ",
                $before,
                "; for (let i = 0; i < 1000; i++) { ",
                $what,
                " } return e.next() }"
            ),
            operations: 1000,
            ..hook::NEXT
        }
    };
}

const PROPERTY_GET: Handler = repeated!("", "e.record");
const PROPERTY_SET: Handler = repeated!("const record = e.record", "e.record = record");
const RECORD_GET: Handler = repeated!("const record = e.record", "record.get('title')");
const RECORD_SET: Handler = Handler {
    title: "A title",
    ..repeated!("const record = e.record", "record.set('title', 'A title')")
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        handler("property_get", PROPERTY_GET),
        handler("property_set", PROPERTY_SET),
        handler("record_get", RECORD_GET),
        handler("record_set", RECORD_SET),
        data(
            "from_json",
            vec![
                Entrant::new("ours", || ours::from_json(&order())),
                Entrant::new("boa", || bare::from_json(&order())),
                Entrant::new("rquickjs", || quickjs::from_data(&order())),
            ],
        ),
        data(
            "to_json",
            vec![
                Entrant::new("ours", || ours::to_json(&order())),
                Entrant::new("boa", || bare::to_json(&order())),
                Entrant::new("rquickjs", || quickjs::to_data(&order())),
            ],
        ),
    ]
}

fn handler(name: &str, handler: Handler) -> Row {
    let entrants = vec![
        Entrant::new("ours", move || ours_events::handler(handler, true)),
        Entrant::new("rquickjs", move || quickjs_events::handler(handler)),
    ];
    data(name, entrants)
}

fn data(name: &str, entrants: Vec<Entrant>) -> Row {
    Row {
        target: Some(Target::Ratio(1.0, "rquickjs")),
        ..Row::new(format!("boundary/{name}"), entrants)
    }
}

fn order() -> Value {
    json!({
        "id": "r4nd0m1d0000001",
        "customer": { "name": "Alice", "email": "alice@example.com", "age": 30 },
        "items": [
            { "sku": "a1", "price": 9.5, "count": 1 },
            { "sku": "b2", "price": 6, "count": 2 },
        ],
        "tags": ["new", "paid"],
        "is_open": true,
        "note": null,
    })
}
