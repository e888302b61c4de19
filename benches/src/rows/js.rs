//! How quick is plain JavaScript, beside QuickJS and beside the engine as it
//! comes? `headline` has the four rows that goja's advocates name.
//!
//! The limit of a row is where it is at least as quick as goja: how often goja
//! takes as long as QuickJS was measured elsewhere, since goja needs Go. Where
//! we want more than that, the limit is lower.

use super::{Row, Target};
use crate::{
    case::{Case, Input, Text},
    engines::{bare, ours, quickjs},
    harness::Entrant,
};
use serde_json::{Value, json};

struct Js {
    name: &'static str,
    case: Case,
    /// How often goja takes as long as QuickJS, where it was measured.
    goja: Option<f64>,
    /// How often we may.
    most: Option<f64>,
}

/// The rows of the specification.
const HEADLINE: [&str; 4] = ["simple_call", "json_stringify", "closure", "fib15"];

pub(super) fn rows() -> Vec<Row> {
    let headline = HEADLINE.iter().filter_map(|name| {
        let js = JS.iter().find(|js| js.name == *name)?;
        Some(row("headline", js))
    });
    headline.chain(JS.iter().map(|js| row("js", js))).collect()
}

/// The rows as data, for engines that are driven from elsewhere.
pub(crate) fn cases() -> Value {
    let case = |js: &Js| {
        json!({
            "row": format!("js/{}", js.name),
            "text": js.case.text.script(),
            "input": js.case.input.to_json(),
            "wanted": (js.case.wanted)(),
        })
    };
    JS.iter().map(case).collect()
}

fn row(group: &str, js: &'static Js) -> Row {
    let entrants = vec![
        Entrant::new("ours", || ours::case(&js.case)),
        Entrant::new("boa", || bare::case(&js.case)),
        Entrant::new("rquickjs", || quickjs::case(&js.case)),
    ];
    Row {
        goja: js.goja,
        target: js.most.map(|most| Target::Ratio(most, "rquickjs")),
        ..Row::new(format!("{group}/{}", js.name), entrants)
    }
}

macro_rules! script {
    ($name:literal) => {
        include_str!(concat!("../../scripts/", $name, ".js"))
    };
}

/// Numbers in no order, the same each time.
const SHUFFLED: &str = "Array.from({ length: 1000 }, (_, i) => (i * 7919 + 13) % 1009)";
const COUNTED: &str = "Array.from({ length: 1000 }, (_, i) => i)";
const USER: &str = r#"{"id":1,"name":"Alice","active":true,"tags":["admin","user"],"address":{"city":"Paris","zip":"75001"}}"#;

const JS: &[Js] = &[
    Js {
        name: "noop",
        case: Case {
            text: Text::Handler("function () {}"),
            input: Input::Nothing,
            wanted: || Value::Null,
        },
        goja: Some(4.69),
        most: Some(4.69),
    },
    Js {
        name: "simple_call",
        case: Case {
            text: Text::Handler("function (name) { return 'Hello, ' + name + '!' }"),
            input: Input::Text("World"),
            wanted: || json!("Hello, World!"),
        },
        goja: Some(2.86),
        most: Some(2.2),
    },
    Js {
        name: "closure",
        case: Case {
            text: Text::Script(
                "(() => { let count = 0; return function () { return ++count } })()",
            ),
            input: Input::Nothing,
            wanted: || json!(1),
        },
        goja: Some(6.81),
        most: Some(4.0),
    },
    Js {
        name: "json_parse",
        case: Case {
            text: Text::Handler("function (text) { return JSON.parse(text) }"),
            input: Input::Text(USER),
            wanted: user,
        },
        goja: Some(2.62),
        most: Some(1.2),
    },
    Js {
        name: "json_stringify",
        case: Case {
            text: Text::Handler("function (value) { return JSON.stringify(value) }"),
            input: Input::Kept(script!("user")),
            wanted: || json!(USER),
        },
        goja: Some(1.25),
        most: Some(0.9),
    },
    Js {
        name: "regex_email",
        case: Case {
            text: Text::Script(script!("regex_email")),
            input: Input::Text("user@example.com"),
            wanted: || json!(true),
        },
        goja: Some(1.89),
        most: Some(1.8),
    },
    Js {
        name: "try_nothrow",
        case: Case {
            text: Text::Handler("function (n) { try { return n * 2 } catch (err) { return -1 } }"),
            input: Input::Number(21),
            wanted: || json!(42),
        },
        goja: Some(3.78),
        most: Some(1.8),
    },
    Js {
        name: "try_throw",
        case: Case {
            text: Text::Handler(
                "function () { try { throw new Error('no') } catch (err) { return err.message } }",
            ),
            input: Input::Nothing,
            wanted: || json!("no"),
        },
        goja: Some(1.40),
        most: Some(1.0),
    },
    Js {
        name: "array_map_1000",
        case: Case {
            text: Text::Handler(
                "function (items) { return items.map(function (n) { return n * 2 }) }",
            ),
            input: Input::Kept(COUNTED),
            wanted: || (0..1000).map(|n| n * 2).collect(),
        },
        goja: Some(2.45),
        most: Some(2.4),
    },
    Js {
        name: "array_filter_1000",
        case: Case {
            text: Text::Handler(
                "function (items) { return items.filter(function (n) { return n % 2 === 0 }) }",
            ),
            input: Input::Kept(COUNTED),
            wanted: || (0..1000).step_by(2).collect(),
        },
        goja: Some(3.04),
        most: Some(2.6),
    },
    Js {
        name: "array_reduce_1000",
        case: Case {
            text: Text::Handler(
                "function (items) { return items.reduce(function (a, b) { return a + b }, 0) }",
            ),
            input: Input::Kept(COUNTED),
            wanted: || json!(499_500),
        },
        goja: Some(2.95),
        most: Some(2.6),
    },
    Js {
        name: "array_sort_1000",
        case: Case {
            text: Text::Handler(
                "function (items) { return items.slice().sort(function (a, b) { return a - b }) }",
            ),
            input: Input::Kept(SHUFFLED),
            wanted: sorted,
        },
        goja: Some(7.88),
        most: Some(5.2),
    },
    Js {
        name: "objects_100",
        case: Case {
            text: Text::Handler(script!("objects")),
            input: Input::Number(100),
            wanted: || json!(100),
        },
        goja: Some(3.27),
        most: Some(3.0),
    },
    Js {
        name: "objects_1000",
        case: Case {
            text: Text::Handler(script!("objects")),
            input: Input::Number(1000),
            wanted: || json!(1000),
        },
        goja: Some(3.80),
        most: Some(3.8),
    },
    Js {
        name: "concat_100",
        case: Case {
            text: Text::Handler(script!("concat")),
            input: Input::Number(100),
            wanted: || concatenated(100),
        },
        goja: Some(2.89),
        most: Some(2.89),
    },
    Js {
        name: "concat_1000",
        case: Case {
            text: Text::Handler(script!("concat")),
            input: Input::Number(1000),
            wanted: || concatenated(1000),
        },
        goja: Some(4.35),
        most: Some(1.8),
    },
    Js {
        name: "concat_10000",
        case: Case {
            text: Text::Handler(script!("concat")),
            input: Input::Number(10_000),
            wanted: || concatenated(10_000),
        },
        goja: Some(31.14),
        most: Some(31.14),
    },
    Js {
        name: "loop100",
        case: Case {
            text: Text::Handler(
                "function () { let s = 0; for (let i = 0; i < 100; i++) { s += i } return s }",
            ),
            input: Input::Nothing,
            wanted: || json!(4950),
        },
        goja: Some(7.19),
        most: Some(3.7),
    },
    Js {
        name: "fib10",
        case: fib(10, || json!(55)),
        goja: Some(3.25),
        most: Some(3.1),
    },
    Js {
        name: "fib15",
        case: fib(15, || json!(610)),
        goja: Some(3.11),
        most: Some(3.1),
    },
    Js {
        name: "fib20",
        case: fib(20, || json!(6765)),
        goja: Some(3.18),
        most: Some(3.1),
    },
    Js {
        name: "fib15_local",
        case: Case {
            text: Text::Handler(script!("fib_local")),
            input: Input::Number(15),
            wanted: || json!(610),
        },
        goja: None,
        most: None,
    },
    Js {
        name: "http_handler",
        case: Case {
            text: Text::Handler(script!("http_handler")),
            input: Input::Text(include_str!("../../scripts/http_request.json")),
            wanted: answered,
        },
        goja: Some(1.83),
        most: Some(1.4),
    },
    Js {
        name: "data_transform_host",
        case: Case {
            text: Text::Handler(script!("data_transform")),
            input: Input::Host(people),
            wanted: transformed,
        },
        goja: Some(1.74),
        most: Some(1.6),
    },
    Js {
        name: "data_transform_native",
        case: Case {
            text: Text::Handler(script!("data_transform")),
            input: Input::Kept(script!("people")),
            wanted: transformed,
        },
        goja: Some(2.23),
        most: Some(2.23),
    },
    Js {
        name: "validation_host",
        case: Case {
            text: Text::Handler(script!("validation")),
            input: Input::Host(form),
            wanted: valid,
        },
        goja: Some(3.27),
        most: Some(3.0),
    },
    Js {
        name: "validation_native",
        case: Case {
            text: Text::Handler(script!("validation")),
            input: Input::Kept(script!("form")),
            wanted: valid,
        },
        goja: Some(3.95),
        most: Some(3.95),
    },
];

const fn fib(n: i32, wanted: fn() -> Value) -> Case {
    Case {
        text: Text::Script(script!("fib")),
        input: Input::Number(n),
        wanted,
    }
}

fn user() -> Value {
    serde_json::from_str(USER).unwrap_or_default()
}

fn sorted() -> Value {
    let mut numbers: Vec<_> = (0..1000).map(|i| (i * 7919 + 13) % 1009).collect();
    numbers.sort_unstable();
    numbers.into()
}

fn concatenated(count: u32) -> Value {
    let text: String = (0..count).map(|i| format!("item{i},")).collect();
    text.into()
}

fn answered() -> Value {
    let body = r#"{"message":"Welcome, Alice","total":19}"#;
    json!({ "status": 201, "body": body })
}

/// What `people.js` makes.
fn people() -> Value {
    (0..100).map(person).collect()
}

fn person(i: u32) -> Value {
    json!({
        "id": i,
        "name": format!("Person {}", (i * 37) % 100),
        "age": 18 + (i * 7) % 50,
        "active": !i.is_multiple_of(3),
        "score": f64::from((i * 31) % 97) + 0.5,
    })
}

fn transformed() -> Value {
    let mut adults: Vec<_> = (0..100).map(person).filter(is_chosen).collect();
    adults.sort_by_key(|person| person["name"].to_string());
    let sum: f64 = adults.iter().filter_map(|it| it["score"].as_f64()).sum();
    let label = |it: &Value| format!("{} ({})", it["name"].as_str().unwrap_or(""), it["age"]);
    let people = adults
        .iter()
        .map(|it| json!({ "id": it["id"], "label": label(it) }));
    json!({ "count": adults.len(), "sum": sum, "people": people.collect::<Value>() })
}

fn is_chosen(person: &Value) -> bool {
    person["active"] == true && person["age"].as_u64() >= Some(21)
}

/// What `form.js` makes.
fn form() -> Value {
    json!({
        "username": "alice_01",
        "email": "alice@example.com",
        "age": 30,
    })
}

fn valid() -> Value {
    json!({ "valid": true, "errors": [] })
}
