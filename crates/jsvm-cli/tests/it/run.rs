//! `run`, `check` and `config`: exit codes and what they print.

use crate::program::{jsvm_in, jsvm_with};
use serde_json::{Value, json};

fn run(flags: &[&str], script: &str) -> (Option<i32>, Value) {
    let args = [&["run", "--json"], flags, &["-"]].concat();
    let output = jsvm_with(&args, script);
    let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), told)
}

#[test]
fn a_value_is_printed_and_ends_with_0() {
    let output = jsvm_with(&["run", "-"], "console.log('line'); 1 + 2 + 3");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "line\n6\n");
    let (code, told) = run(&[], "console.log('line'); ({ a: [1, null, 'x'] })");
    assert_eq!(code, Some(0));
    assert_eq!(told["status"], "ok");
    assert_eq!(told["value"], json!({ "a": [1, null, "x"] }));
    assert_eq!(told["cache_hit"], false);
    assert!(told["mem_alloc_bytes"].as_u64().unwrap() > 0);
    assert!(told["duration_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_script_that_fails_ends_with_1_and_tells_where() {
    let (code, told) = run(&[], "let a = 1\nrequire('fs')");
    assert_eq!(code, Some(1));
    assert_eq!(
        (&told["status"], &told["limit"]),
        (&json!("error"), &Value::Null)
    );
    assert_eq!(
        told["error"],
        json!({
            "kind": "ReferenceError", "message": "require is not defined",
            "file": "<stdin>", "line": 2, "column": 1,
            "stack": ["at <anonymous> (<stdin>:2:1)"],
        })
    );
    let output = jsvm_with(&["run", "-"], "let = ");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("--> <stdin>:1:")
    );
}

#[test]
fn an_error_is_printed_once() {
    let output = jsvm_with(&["run", "--eval", "let a = 1\nnope()"], "");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
        ReferenceError: nope is not defined
          --> <eval>:2:1
        1 | let a = 1
        2 | nope()
          | ^
            at <anonymous> (<eval>:2:1)
        ");
}

#[test]
fn a_variable_that_changes_nothing_is_told() {
    for (name, value, told) in [
        (
            "JSVM_LIMITS_TIMOUT",
            "1s",
            "did you mean JSVM_LIMITS_TIMEOUT?",
        ),
        ("JSVM_LOG", "a=loud", "is not understood"),
        ("JSVM_LOG", "warn", ""),
        ("JSVM_LIMITS_TIMEOUT", "1s", ""),
    ] {
        let output = jsvm_in(&[(name, value)], &["run", "-e", "1"], "");
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(err.contains(told), "{err}");
        assert_eq!(err.is_empty(), told.is_empty(), "{err}");
    }
}

#[test]
fn every_limit_ends_with_3_and_its_name() {
    for (flags, script, limit) in [
        (&["--timeout", "50ms"][..], "for (;;) {}", "timeout"),
        (
            &["--timeout", "50ms"],
            "try { for (;;) {} } finally { for (;;) {} }",
            "timeout",
        ),
        (&["--max-loops", "1000"], "for (;;) {}", "loops"),
        (
            &["--max-memory", "16MiB"],
            "const a = []; for (;;) a.push({})",
            "memory",
        ),
        (&[], "const f = () => f(); f()", "recursion"),
        (
            &["--timeout", "50ms"],
            r"/^(a+)+\1b$/.test('a'.repeat(40))",
            "timeout",
        ),
    ] {
        let (code, told) = run(flags, script);
        assert_eq!(code, Some(3), "{script}: {told}");
        assert_eq!(
            (&told["status"], &told["limit"]),
            (&json!("limit"), &json!(limit))
        );
    }
}

#[test]
fn wrong_usage_ends_with_2_and_a_reason() {
    for (args, wanted) in [
        (&["run", "no-such-file.js"][..], "no-such-file.js"),
        (&["run", "--timeout", "soon", "-"], "write for example"),
        (
            &["run", "--profile", "open", "-"],
            "write strict or pocketbase",
        ),
        (
            &["run", "--config", "no.toml", "-"],
            "there is no such file",
        ),
        (&["run"], "<FILE>"),
        (&["run", "--max-loops", "many", "-"], "write a whole number"),
        (&["serve", "no-such-dir"], "is not a directory"),
        (&["config", "check", "no.toml"], "there is no such file"),
        (&["dance"], "unrecognized subcommand"),
    ] {
        let output = jsvm_with(args, "");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {told}");
        assert!(told.contains(wanted), "{args:?}: {told}");
    }
}

#[test]
fn the_reference_configuration_is_one_that_it_takes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jsvm.toml");
    let reference = jsvm_with(&["config", "default"], "");
    std::fs::write(&file, reference.stdout).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(
        jsvm_with(&["config", "check", path], "").status.code(),
        Some(0)
    );
    std::fs::write(&file, "[pool]\nworker = 1").unwrap();
    let output = jsvm_with(&["config", "check", path], "");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(told.contains("line 2") && told.contains("worker"), "{told}");
}

#[test]
fn check_tells_what_would_not_load() {
    let dir = tempfile::tempdir().unwrap();
    let hooks = dir.path().join("pb_hooks");
    std::fs::create_dir(&hooks).unwrap();
    let path = dir.path().to_str().unwrap().to_owned();
    let check = || jsvm_with(&["check", "--json", &path], "");
    std::fs::write(
        hooks.join("a.pb.js"),
        "routerAdd('GET', '/a/{x}', (e) => {})",
    )
    .unwrap();
    assert_eq!(check().status.code(), Some(0));
    std::fs::write(hooks.join("b.pb.js"), "const = 5").unwrap();
    std::fs::write(
        hooks.join("c.pb.js"),
        "routerAdd('GET', '/{y}/b', (e) => {})",
    )
    .unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["errors"][0]["file"], "pb_hooks/b.pb.js");
    assert_eq!(told["routes"], 2);
    assert_eq!(told["conflicts"].as_array().unwrap().len(), 1);
}
