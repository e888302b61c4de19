//! Loops, recursion and promise jobs are stopped wherever they hide.

use crate::{compile, run, transcript, vm};
use jsvm_core::{ErrorKind, Execution, Kind, Limits, STACK_SIZE, ScriptError};
use std::time::Duration;

/// Runs `text`, which calls `stop()` once it is where it wants to be, and
/// shows that it ended there and that nothing of it runs later.
fn stopped(text: &str) -> ScriptError {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    let err = run(&mut vm, &format!("globalThis.after = 0; {text}")).expect_err(text);
    assert_eq!(err.kind, ErrorKind::Limit, "{text}: {err:?}");
    assert!(!vm.is_reusable(), "{text}");
    vm.end_execution();
    execution.arm();
    execution.start(Duration::from_secs(60));
    assert_eq!(run(&mut vm, "globalThis.after").unwrap(), "0", "{text}");
    err
}

#[test]
fn every_loop_is_stopped() {
    for text in [
        "stop(); for (;;) {}",
        "stop(); for (;;);",
        "stop(); while (true) ;",
        "stop(); do {} while (true)",
        "stop(); a: for (;;) { for (;;) continue a }",
        "function f() { stop(); for (;;) {} } f()",
        "[1].forEach(() => { stop(); for (;;) {} })",
        "({ get x() { stop(); for (;;) {} } }).x",
        "({ set x(v) { stop(); for (;;) {} } }).x = 1",
        "function* g() { stop(); for (;;) yield 1 } for (const x of g()) {}",
        "function* g() { stop(); for (;;) yield 1 } [...g()]",
        "Promise.resolve().then(() => { stop(); for (;;) {} })",
        "(async () => { await 1; stop(); for (;;) {} })()",
        "(async () => { stop(); for (;;) await 1 })()",
        "class A { static { stop(); for (;;) {} } }",
        "class A { x = (() => { stop(); for (;;) {} })() } new A()",
        "`${{ toString() { stop(); for (;;) {} } }}`",
        "[3, 2, 1].sort(() => { stop(); for (;;) {} })",
        "'abc'.replace(/b/, () => { stop(); for (;;) {} })",
        "new Proxy({}, { get() { stop(); for (;;) {} } }).x",
        "for (const x in { a: 1 }) { stop(); for (;;) {} }",
        "const f = (a = (() => { stop(); for (;;) {} })()) => a; f()",
    ] {
        stopped(text);
    }
}

#[test]
fn endless_work_without_a_loop_is_stopped() {
    for text in [
        "stop(); const f = () => Promise.resolve().then(f); f()",
        "stop(); const f = (n) => n ? f(n - 1) + f(n - 1) : 0; f(100)",
        "stop(); const o = { get x() { return this.y + this.y }, get y() { return 1 } }; o.x",
        "stop(); const d = [1]; d.forEach(() => d.forEach(() => d.push(1)))",
    ] {
        stopped(text);
    }
}

#[test]
fn nothing_swallows_the_end() {
    for text in [
        "try { stop(); for (;;) {} } catch { after = 1 } finally { after = 2 }",
        "try { stop(); for (;;) {} } finally { for (;;) {} }",
        "for (;;) { try { stop(); for (;;) {} } finally { after = 1; continue } }",
        "(async () => { try { await 1; stop(); for (;;) {} } catch { after = 1 } after = 2 })()",
        "Promise.resolve().then(() => { stop(); for (;;) {} }).catch(() => { after = 1 })",
        "function* g() { try { yield 1 } finally { after = 1 } } for (const x of g()) { stop(); for (;;) {} }",
        "new Map({ [Symbol.iterator]: () => ({ next() { stop(); for (;;) {} }, return() { after = 1; for (;;) {} } }) })",
        "stop(); const t = Date.now; for (;;) { try { for (;;) { after = after } } catch (e) { after = 3 } }",
    ] {
        stopped(text);
    }
}

#[test]
fn jobs_that_are_left_never_run() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    let program = compile(
        "globalThis.n = 0; Promise.resolve().then(() => { n = 1 })",
        Kind::Script,
    );
    vm.run(&program.unwrap()).unwrap();
    vm.end_execution();
    execution.start(Duration::from_secs(60));
    assert_eq!(run(&mut vm, "n").unwrap(), "0");
}

#[test]
fn the_deadline_needs_no_supervisor() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_millis(5));
    let err = run(&mut vm, "let n = 0\nfor (;;) {\n  n++\n}").unwrap_err();
    assert_eq!(err.limit.map(|limit| limit.as_str()), Some("timeout"));
    insta::assert_snapshot!(err.report(), @r"
        LimitError: the script ran longer than its time limit of 5ms (raise limits.timeout)
          --> a.js:2:11
        1 | let n = 0
        2 | for (;;) {
          |           ^
            at <anonymous> (a.js:2:11)
        ");
}

#[test]
fn recursion_has_an_end() {
    let report = transcript(&["const f = () =>\n  f() + 1; f()"]);
    assert!(report.contains("--> a.js:2:3"), "{report}");
    assert!(
        report.contains("functions called each other more than 1000 deep"),
        "{report}"
    );
}

#[test]
fn recursion_through_built_in_functions_has_an_end() {
    // With the stack that workers have.
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    let work = || {
        for text in [
            "async function f() { return f() } f()",
            "async function f() { return [1].map(f) } f()",
            "function* g() { yield* g() } [...g()]",
            "const o = { get a() { return this.a } }; o.a",
            "const f = () => [3, 1].sort(f); f()",
            "const f = () => 'a'.replace(/a/, f); f()",
            "const o = { toJSON: () => JSON.stringify(o) }; JSON.stringify(o)",
            "const p = new Proxy({}, { get: (t, k) => p[k] }); p.a",
            "class A { constructor() { new A() } } new A()",
            "const f = () => Reflect.apply(f, null, []); f()",
        ] {
            let report = transcript(&[text]);
            let told = "functions called each other more than 1000 deep";
            assert!(report.contains(told), "{text}: {report}");
        }
    };
    thread.spawn(work).unwrap().join().unwrap();
}

#[test]
fn loops_and_functions_still_do_what_they_say() {
    insta::assert_snapshot!(transcript(&[
        "1 + 2 + 3",
        "let s = 0; for (let i = 0; i < 100; i++) s += i; s",
        "7; for (let i = 0; i < 3; i++) {}",
        "let n = 0; do n++; while (n < 5)",
        "a: for (const x of [1, 2, 3]) { for (;;) { if (x < 3) continue a; break a } }",
        "var r = []; for (let i = 0; i < 3; i++) r.push(() => i); r.map(f => f())",
        "function g(x) { 'use strict'; return this === undefined } g()",
        "if (false) while (true); else 'else'",
        "[3, 1, 2].sort((a, b) => a - b)",
        "((x) => ({ x }))(5)",
        "function* count() { let i = 0; while (i < 3) yield i++ } [...count()]",
        "(function () { return arguments.length })(1, 2)",
    ]), @r#"
        6
        4950
        undefined
        4
        undefined
        [0,1,2]
        true
        else
        [1,2,3]
        {"x":5}
        [0,1,2]
        2
        "#);
}

#[test]
fn loops_are_counted_over_the_whole_execution() {
    let limits = Limits {
        loops: 10_000,
        ..Limits::default()
    };
    for (text, ends) in [
        ("for (let i = 0; i < 9000; i++) {}", false),
        ("for (let i = 0; i < 11000; i++) {}", true),
        (
            "for (let i = 0; i < 110; i++) for (let j = 0; j < 100; j++) {}",
            true,
        ),
        (
            "[1, 2, 3].forEach(() => { for (let i = 0; i < 4000; i++) {} })",
            true,
        ),
        (
            "function* g() { for (let i = 0; i < 6000; i++) yield i } [...g(), ...g()]",
            true,
        ),
    ] {
        let execution = Execution::new(limits);
        let mut vm = vm(&execution);
        execution.start(Duration::from_secs(60));
        let limit = run(&mut vm, text).err().and_then(|err| err.limit);
        assert_eq!(
            limit.map(|limit| limit.as_str()),
            ends.then_some("loops"),
            "{text}"
        );
    }
}
