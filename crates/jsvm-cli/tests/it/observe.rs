//! What the program tells of what it runs: `top`, log events, rows.

use crate::program::{Server, jsvm_in, jsvm_with};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    thread,
};
use tempfile::TempDir;

fn project(hooks: &str, config: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let hooks_dir = dir.path().join("pb_hooks");
    std::fs::create_dir(&hooks_dir).unwrap();
    std::fs::write(hooks_dir.join("main.pb.js"), hooks).unwrap();
    std::fs::write(dir.path().join("jsvm.toml"), config).unwrap();
    dir
}

const HELLO: &str = "routerAdd('GET', '/hello', (e) => e.string(200, 'hello'))";

fn served(dir: &Path) -> Server {
    let server = Server::start(dir, &[]);
    for _ in 0..3 {
        assert_eq!(server.get("/hello").0, 200);
    }
    server
}

#[test]
fn top_tells_what_a_server_does() {
    for config in ["", "[metrics]\nnaming = \"semconv\""] {
        let dir = project(HELLO, config);
        let server = served(dir.path());
        let told = jsvm_with(&["top", "--json", server.url()], "");
        assert_eq!(told.status.code(), Some(0), "{told:?}");
        let told: Value = serde_json::from_slice(&told.stdout).unwrap();
        let hook = &told["hooks"][0];
        assert_eq!(
            (&hook["hook"], &hook["calls"]),
            (&"GET /hello".into(), &3.into())
        );
        assert_eq!((&hook["errors"], &hook["timeouts"]), (&0.into(), &0.into()));
        for number in ["p50_ms", "p95_ms", "p99_ms", "queue_p95_ms"] {
            assert!(hook[number].as_f64().unwrap() > 0.0, "{told}");
        }
        for number in ["mem_alloc_bytes", "mem_peak_bytes"] {
            assert!(hook[number].as_u64().unwrap() > 0, "{told}");
        }
        // Standard output is no terminal here, so the table is printed once.
        let address = server.url().strip_prefix("http://").unwrap();
        let table = jsvm_with(&["top", address], "");
        let table = String::from_utf8(table.stdout).unwrap();
        assert!(
            table.contains("\nGET /hello") && !table.contains('\x1b'),
            "{table}"
        );
    }
}

#[test]
fn top_says_what_is_wrong() {
    let dir = project(HELLO, "[metrics]\nprometheus = false");
    let server = served(dir.path());
    let told = jsvm_with(&["top", "--json", server.url()], "");
    assert_eq!(told.status.code(), Some(2));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("[metrics] prometheus on?"), "{told}");
}

/// The log events of a run as objects.
fn logged(flags: &[&str], script: &str) -> Vec<Value> {
    let args = [&["run", "--log-format", "json"], flags, &["-"]].concat();
    let output = jsvm_in(&[("JSVM_LOG", "warn")], &args, script);
    let text = String::from_utf8(output.stderr).unwrap();
    let objects = text.lines().filter(|line| line.starts_with('{'));
    objects
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_limit_tells_where_the_time_went_and_where_the_script_was() {
    let script = "sleep(20)\nsleep(20)\n\nfor (;;) {}";
    let events = logged(&["--timeout", "200ms"], script);
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    for (field, wanted) in [
        ("level", "WARN"),
        ("target", "jsvm::execution"),
        ("message", "jsvm limit reached"),
        ("hook", "script"),
        ("outcome", "timeout"),
    ] {
        assert_eq!(event[field], wanted, "{event}");
    }
    assert_eq!(event["timeout_ms"], 200.0);
    assert_eq!(event["script_hash"].as_str().map(str::len), Some(32));
    assert!(
        event["at"].as_str().unwrap().starts_with("<stdin>:4:"),
        "{event}"
    );
    assert!(
        event["host_calls"]
            .as_str()
            .unwrap()
            .starts_with("sleep 2x "),
        "{event}"
    );
    let number = |field: &str| event[field].as_f64().unwrap();
    assert!(number("host_ms") >= 40.0, "{event}");
    assert!((number("host_ms") + number("js_ms") - number("duration_ms")).abs() < 0.001);
    assert!(number("queue_ms") >= 0.0);
    assert!(number("mem_alloc_bytes") > 0.0 && number("mem_peak_bytes") > 0.0);
}

#[test]
fn an_error_tells_where() {
    let events = logged(&[], "let x = 1\nnope()");
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(
        (&event["level"], &event["outcome"]),
        (&"ERROR".into(), &"error".into())
    );
    assert_eq!(event["at"], "<stdin>:2:1");
    assert_eq!(event["error"], "ReferenceError: nope is not defined");
}

/// The first log event of a server whose route `/x` has this body.
fn event_of_route(body: &str, flags: &[&str]) -> Value {
    let dir = project(
        &format!("routerAdd('GET', '/x', (e) => {{\n{body}\n}})"),
        "",
    );
    let server = Server::start(dir.path(), &[&["--log-format", "json"], flags].concat());
    server.get("/x");
    let told = server.errors_until("{");
    serde_json::from_str(told.last().unwrap()).unwrap()
}

#[test]
fn an_error_of_the_host_tells_where_it_was_thrown() {
    let event = event_of_route("let a = 1\n$app.delete(a)", &[]);
    assert_eq!(event["error"], "the argument is not a Record");
    assert!(
        event["at"].as_str().unwrap().contains(".pb.js:3:"),
        "{event}"
    );
}

#[test]
fn the_time_of_a_query_is_the_databases() {
    let query = "const endless = 'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)'
        $app.db().newQuery(endless + ' SELECT count(*) c FROM t').execute()";
    let event = event_of_route(query, &["--timeout", "200ms"]);
    assert_eq!(event["outcome"], "timeout");
    // A worker that came too late tells nothing, and its caller knows no times.
    if let Some(calls) = event["host_calls"].as_str() {
        assert!(calls.starts_with("db.run 1x"), "{event}");
    } else {
        assert_eq!(event["js_ms"], Value::Null, "{event}");
    }
}

#[test]
fn executions_are_stored_as_rows() {
    let dir = project(HELLO, "[pool]\nwarm-up = false\n[metrics]\ntable = \"all\"");
    let server = served(dir.path());
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let file = dir.path().join("pb_data/auxiliary.db");
    let connection = rusqlite::Connection::open(file).unwrap();
    let rows = connection.query_row(
        "SELECT count(*), min(hook_name), sum(cache_hit) FROM _metrics WHERE error IS NULL",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    );
    let (count, hook, hits): (i64, String, i64) = rows.unwrap();
    assert_eq!((count, hook.as_str()), (3, "GET /hello"));
    assert!(hits <= 2);
}

/// Takes one request, answers it with 200, and returns its head and body.
fn take_one(listener: &TcpListener) -> (Vec<String>, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = reader.by_ref().lines().map(Result::unwrap);
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-length: ")?.parse().ok()
    });
    let mut body = vec![0; length.unwrap()];
    reader.read_exact(&mut body).unwrap();
    let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(answer).unwrap();
    (head, body)
}

#[test]
fn the_end_of_a_server_is_told_to_its_collector() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = thread::spawn(move || take_one(&listener));
    let dir = project(HELLO, "");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_SERVICE_NAME", "shop"),
    ];
    let server = Server::start_with(dir.path(), &[], &variables);
    assert_eq!(server.get("/hello").0, 200);
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let (head, body) = collector.join().unwrap();
    assert_eq!(head[0], "POST /v1/metrics HTTP/1.1");
    // Texts are as they are in protobuf.
    for text in ["jsvm_execution_total", "GET /hello", "shop"] {
        let found = body.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(found, "{text}");
    }
}

/// The fields of a message of protobuf that are bytes, by their number.
fn fields(mut message: &[u8]) -> Vec<(u64, &[u8])> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let tag = number(&mut message);
        let length = match tag & 7 {
            0 => {
                number(&mut message);
                continue;
            }
            1 => 8,
            2 => usize::try_from(number(&mut message)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = message.split_at(length);
        found.push((tag >> 3, value));
        message = rest;
    }
    found
}

fn number(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = message.split_first().unwrap();
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// The messages in a field of each of these messages.
fn inside<'a>(messages: &[&'a [u8]], field: u64) -> Vec<&'a [u8]> {
    let fields = messages.iter().flat_map(|message| fields(message));
    let wanted = fields.filter(|(number, _)| *number == field);
    wanted.map(|(_, value)| value).collect()
}

#[test]
fn a_collector_of_traces_gets_the_host_s_calls_inside_of_their_execution() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = thread::spawn(move || take_one(&listener));
    let hooks = "routerAdd('GET', '/slow', (e) => { sleep(1); return e.string(200, '') })";
    let dir = project(hooks, "");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        // Nothing is sent before the end.
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
    ];
    let server = Server::start_with(dir.path(), &[], &variables);
    assert_eq!(server.get("/slow").0, 200);
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let (head, body) = collector.join().unwrap();
    assert_eq!(head[0], "POST /v1/traces HTTP/1.1");
    // ExportTraceServiceRequest: resource_spans, scope_spans, spans.
    let spans = inside(&inside(&inside(&[&body], 1), 2), 2);
    let one = |name: &str| {
        let mut named = spans.iter().map(|span| fields(span));
        let span = named.find(|span| span.contains(&(5, name.as_bytes())));
        let span = span.unwrap_or_else(|| panic!("no span {name}"));
        let id = |field| span.iter().find(|(number, _)| *number == field);
        let [own, parent] = [2, 4].map(|field| id(field).map_or(&[][..], |(_, id)| *id));
        (own, parent)
    };
    let (execution, call) = (one("GET /slow"), one("sleep"));
    assert!(execution.1.is_empty());
    assert_eq!(call.1, execution.0);
    for text in ["hook", "outcome", "ok"] {
        let found = body.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(found, "{text}");
    }
}

/// What the program says of gRPC, with and without it.
#[test]
fn grpc_is_there_or_what_is_missing_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let dir = project(HELLO, "");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    let server = Server::start_with(dir.path(), &[], &variables);
    assert_eq!(server.get("/hello").0, 200);
    if cfg!(feature = "otlp-grpc") {
        server.signal("-TERM");
        let (mut stream, _) = listener.accept().unwrap();
        let mut preface = [0; 14];
        stream.read_exact(&mut preface).unwrap();
        assert_eq!(&preface, b"PRI * HTTP/2.0");
    } else {
        let told = server.errors_until("").pop().unwrap();
        assert!(told.contains("without the feature otlp-grpc"), "{told}");
        server.signal("-TERM");
    }
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_collector_that_hangs_and_one_that_is_wrong_keep_no_server_from_its_work() {
    // It accepts connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let hanging = format!("http://{}", listener.local_addr().unwrap());
    for endpoint in [hanging.as_str(), "ftp://nowhere", "http://127.0.0.1:1"] {
        let dir = project(HELLO, "");
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1"),
        ];
        let server = Server::start_with(dir.path(), &[], &variables);
        assert_eq!(server.get("/hello").0, 200);
        server.signal("-TERM");
        assert_eq!(server.wait(), Some(0));
    }
}
