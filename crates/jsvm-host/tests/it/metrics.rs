//! `GET /metrics`, read back by a parser that knows the format only.

use crate::site::{Plan, Site};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// The types of all families, and the value of each series.
#[derive(Debug, Default)]
struct Page {
    types: BTreeMap<String, String>,
    values: BTreeMap<String, f64>,
}

impl Page {
    /// Reads a page, and checks that each line has the form of the format and
    /// comes behind the type of its family.
    fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let mut page = Self::default();
        for line in text.lines() {
            match line.strip_prefix("# ") {
                Some(comment) => page.comment(comment),
                None => page.sample(line),
            }
        }
        page
    }

    fn comment(&mut self, comment: &str) {
        let mut words = comment.splitn(3, ' ');
        let (kind, name) = (words.next().unwrap(), words.next().unwrap());
        let rest = words.next().unwrap();
        assert!(is_name(name), "{name}");
        match kind {
            "HELP" => assert!(!rest.is_empty()),
            "TYPE" => {
                assert!(["counter", "gauge", "histogram"].contains(&rest), "{rest}");
                assert!(self.types.insert(name.into(), rest.into()).is_none());
            }
            other => panic!("{other}"),
        }
    }

    fn sample(&mut self, line: &str) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        assert!(is_name(name), "{line}");
        let suffix = ["_bucket", "_sum", "_count"]
            .into_iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .filter(|family| {
                self.types
                    .get(*family)
                    .is_some_and(|kind| kind == "histogram")
            });
        let family = suffix.unwrap_or(name);
        assert!(self.types.contains_key(family), "{line} is of no family");
        let value = value.parse().unwrap();
        assert!(
            self.values.insert(series.into(), value).is_none(),
            "{line} twice"
        );
    }

    fn value(&self, series: &str) -> f64 {
        *self
            .values
            .get(series)
            .unwrap_or_else(|| panic!("{series} is not among {:#?}", self.values))
    }
}

fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

const HOOKS: &str = r#"
    onRecordCreate((e) => { e.next() }, "posts")
    routerAdd("GET", "/hello/{name}", (e) => e.string(200, "hello"))
    routerAdd("GET", "/teapot", (e) => { throw new ApiError(418, "short") })
    routerAdd("GET", "/broken", (e) => { throw new Error("x") })
    routerAdd("GET", "/runaway", (e) => { for (;;) {} })
"#;

fn schema() -> serde_json::Value {
    json!([{
        "id": "pbc_posts", "name": "posts", "type": "base",
        "listRule": "", "viewRule": "", "createRule": "",
        "fields": [
            { "id": "text_id", "name": "id", "type": "text", "primaryKey": true,
              "pattern": "^[a-z0-9]+$", "min": 15, "max": 15, "required": true,
              "system": true, "autogeneratePattern": "[a-z0-9]{15}" },
            { "id": "text_title", "name": "title", "type": "text" },
        ],
    }])
}

/// The names that dashboards match on, and their types.
const NAMES: [(&str, &str); 8] = [
    ("jsvm_execution_duration_ms", "histogram"),
    ("jsvm_execution_total", "counter"),
    ("jsvm_execution_errors", "counter"),
    ("jsvm_timeout_total", "counter"),
    ("jsvm_pool_size", "gauge"),
    ("jsvm_pool_busy", "gauge"),
    ("jsvm_cache_hits", "counter"),
    ("jsvm_cache_misses", "counter"),
];

/// What the requests of the test leave behind.
const VALUES: [(&str, f64); 16] = [
    (
        r#"jsvm_execution_total{hook="GET /hello/{name}",outcome="ok"}"#,
        3.0,
    ),
    (
        r#"jsvm_execution_duration_ms_count{hook="GET /hello/{name}",outcome="ok"}"#,
        3.0,
    ),
    (
        r#"jsvm_execution_duration_ms_bucket{hook="GET /hello/{name}",outcome="ok",le="+Inf"}"#,
        3.0,
    ),
    (
        r#"jsvm_execution_errors{hook="GET /hello/{name}",outcome="error"}"#,
        0.0,
    ),
    (
        r#"jsvm_execution_total{hook="onRecordCreate",collection="posts",outcome="ok"}"#,
        1.0,
    ),
    // An answer that the handler chose.
    (
        r#"jsvm_execution_total{hook="GET /teapot",outcome="ok"}"#,
        1.0,
    ),
    (
        r#"jsvm_execution_errors{hook="GET /broken",outcome="error"}"#,
        1.0,
    ),
    (
        r#"jsvm_execution_errors{hook="GET /runaway",outcome="timeout"}"#,
        1.0,
    ),
    (r#"jsvm_timeout_total{hook="GET /runaway"}"#, 1.0),
    (r#"jsvm_timeout_total{hook="GET /broken"}"#, 0.0),
    (
        r#"jsvm_limit_total{hook="GET /runaway",limit="timeout"}"#,
        1.0,
    ),
    (r#"jsvm_queue_wait_ms_count{hook="GET /hello/{name}"}"#, 3.0),
    (r#"jsvm_reloads_total{result="ok"}"#, 1.0),
    ("jsvm_pool_size", 2.0),
    ("jsvm_pool_busy", 0.0),
    ("jsvm_program_cache_misses_total", 6.0),
];

#[test]
fn the_page_has_the_names_and_what_was_done() {
    let site = Site::new(Plan {
        hooks: HOOKS,
        schema: schema(),
        timeout: Some(Duration::from_millis(100)),
        ..Plan::default()
    });
    for name in ["a", "b", "c"] {
        assert_eq!(site.get(&format!("/hello/{name}")).status, 200);
    }
    let post = json!({ "title": "x" });
    let created = site.send("POST", "/api/collections/posts/records", &post);
    assert_eq!(created.status, 200, "{created:?}");
    assert_eq!(site.get("/teapot").status, 418);
    assert_eq!(site.get("/broken").status, 400);
    assert_eq!(site.get("/runaway").status, 503);

    let answer = site.get("/metrics");
    let kind = answer.header("content-type");
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    let page = Page::read(&answer.body);
    for (name, kind) in NAMES {
        assert_eq!(
            page.types.get(name).map(String::as_str),
            Some(kind),
            "{name}"
        );
    }
    for (series, value) in VALUES {
        assert!(
            (page.value(series) - value).abs() < 1e-9,
            "{series}: {page:#?}"
        );
    }
    let cached = |name: &str| {
        let mut values = page
            .values
            .iter()
            .filter(|(series, _)| series.starts_with(name));
        values
            .try_fold(0.0, |sum, (_, value)| Some(sum + value))
            .unwrap()
    };
    let all = cached("jsvm_cache_hits") + cached("jsvm_cache_misses");
    assert!((all - 7.0).abs() < 1e-9, "{page:#?}");
    let time =
        page.value(r#"jsvm_execution_duration_ms_sum{hook="GET /runaway",outcome="timeout"}"#);
    assert!(time >= 100.0, "{time}");
    // Looking is no request that anybody counts.
    assert_eq!(
        site.get("/metrics")
            .body
            .matches("hook=\"GET /metrics")
            .count(),
        0
    );
}

#[test]
fn a_route_of_a_script_wins_over_the_page() {
    let site = Site::hooks(r#"routerAdd("GET", "/metrics", (e) => e.string(200, "mine"))"#);
    assert_eq!(site.get("/metrics").body, "mine");
}

#[test]
fn the_page_is_only_read() {
    let site = Site::hooks("");
    let head = site.send("HEAD", "/metrics", &serde_json::Value::Null);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(site.send("POST", "/metrics", &json!({})).status, 404);
}

#[test]
fn the_page_is_there_while_every_worker_is_busy() {
    let site = Site::hooks(
        r#"routerAdd("GET", "/wait", (e) => {
            console.log("waits")
            while (!$app.store().get("go")) sleep(1)
            return e.string(200, "done")
        })"#,
    );
    std::thread::scope(|scope| {
        let waiting = [(); 2].map(|()| scope.spawn(|| site.get("/wait").status));
        assert_eq!([site.line(), site.line()], ["waits", "waits"]);
        let page = Page::read(&site.get("/metrics").body);
        assert!((page.value("jsvm_pool_busy") - 2.0).abs() < 1e-9);
        site.runtime.app().store().insert("go", true);
        for one in waiting {
            assert_eq!(one.join().unwrap(), 200);
        }
    });
}
