//! Errors are told with the positions of the author's own source.

use crate::{compile, transcript, vm};
use jsvm_core::{Execution, Kind, Limits, Program, Source};
use std::{sync::Arc, time::Duration};

#[test]
fn errors_and_frames_keep_their_places() {
    insta::assert_snapshot!(transcript(&[
        "for (const a of [1]) {\n  for (;;) { null.x }\n}",
        "const f = (a) => a.b.c\nfunction g() { while (1) { f({}) } }\ng()",
        "class ShopError extends Error {}\nthrow new ShopError('closed')",
        "let e = 'text'\n  ; throw e",
        "throw { code: 7 }",
        "function check() { throw new Error('unknown `kind`') }\ncheck()\nvar kind = 1",
        "'use strict'\nlater = 1",
        "let a = 1; for (;;) { let b; let b }",
        "require('fs')",
    ]), @r#"
        TypeError: `null` has no `x`
          --> a.js:2:19
        1 | for (const a of [1]) {
        2 |   for (;;) { null.x }
          |                   ^
            at <anonymous> (a.js:2:19)
        TypeError: `a.b` is null or undefined, so it has no `c`
          --> a.js:1:22
        1 | const f = (a) => a.b.c
          |                      ^
            at f (a.js:1:22)
            at g (a.js:2:29)
            at <anonymous> (a.js:3:2)
        Error: closed
          --> a.js:2:7
        1 | class ShopError extends Error {}
        2 | throw new ShopError('closed')
          |       ^
            at ShopError
            at <anonymous> (a.js:2:7)
        text
          --> a.js:2:11
        1 | let e = 'text'
        2 |   ; throw e
          |           ^
            at <anonymous> (a.js:2:11)
        {"code":7}
          --> a.js:1:7
        1 | throw { code: 7 }
          |       ^
            at <anonymous> (a.js:1:7)
        Error: unknown `kind`
          --> a.js:1:26
        1 | function check() { throw new Error('unknown `kind`') }
          |                          ^
            at check (a.js:1:26)
            at <anonymous> (a.js:2:6)
        ReferenceError: cannot assign to uninitialized global property `later`
          --> a.js:2:1
        1 | 'use strict'
        2 | later = 1
          | ^
            at <anonymous> (a.js:2:1)
        SyntaxError: lexical name declared multiple times
          --> a.js:1:22
        1 | let a = 1; for (;;) { let b; let b }
          |                      ^
        ReferenceError: require is not defined
          --> a.js:1:1
        1 | require('fs')
          | ^
            at <anonymous> (a.js:1:1)
        "#);
}

#[test]
fn stacks_that_scripts_read_tell_the_same_places() {
    insta::assert_snapshot!(transcript(&[
        "function f() { for (;;) null.x }\ntry { f() } catch (err) { err.stack }",
        "class ShopError extends Error { name = 'ShopError' }\nnew ShopError('closed').stack",
        "const err = new Error('x'); err.stack = 'mine'; err.stack",
        "Object.create(Error.prototype).stack",
        "const of = (err) => Object.getOwnPropertyDescriptor(Error.prototype, 'stack').get.call(err)\n; of({})",
        "const other = new Error('x')\nObject.defineProperty(other, 'message', { get() { throw 1 } })\nother.stack",
    ]), @r"
        TypeError: `null` has no `x`
            at f (a.js:1:30)
            at <anonymous> (a.js:2:8)
        ShopError: closed
            at ShopError
            at <anonymous> (a.js:2:1)
        mine
        undefined
        undefined
        Error
            at <anonymous> (a.js:1:15)
        ");
}

#[test]
fn a_handler_is_told_by_its_place_in_the_file() {
    let text = "// first\nrouterAdd('GET', '/', (e) => {\n  while (1) { missing() }\n})";
    let file = Source::new("main.pb.js", text);
    let at = text.find("(e)").unwrap();
    let part = file.part(at, &text[at..text.len() - 1]);
    let program = Arc::new(Program::compile(&part, Kind::Handler, &Limits::default()).unwrap());
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    let err = vm.call(&program, &[]).unwrap_err().into_error(vm.context());
    insta::assert_snapshot!(err.report(), @r"
        ReferenceError: missing is not defined
          --> main.pb.js:3:15
        1 | // first
        2 | routerAdd('GET', '/', (e) => {
        3 |   while (1) { missing() }
          |               ^
            at <anonymous> (main.pb.js:3:15)
        ");
}

#[test]
fn a_script_sees_its_own_text() {
    insta::assert_snapshot!(transcript(&[
        "function f(a) { 'x'; for (;;) a() }\nString(f)",
        "((x) => { throw x }).toString()",
        "String(class A { m() { while (1); } })",
        "String(Math.max)",
        "String((e) => { return a.map((r) => r.b(1)).join((x) => (\n x\n)) })",
        "String((a) => (b) => { if (a) throw (b); for (;;) while (a) ((c) => c)(1) })",
    ]), @r"
        function f(a) { 'x'; for (;;) a() }
        (x) => { throw x }
        function A() { [native code] }
        function max() { [native code] }
        (e) => { return a.map((r) => r.b(1)).join((x) => (
         x
        )) }
        (a) => (b) => { if (a) throw (b); for (;;) while (a) ((c) => c)(1) }
        ");
}

#[test]
fn a_handler_is_strict_and_called_again_and_again() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    let mut call = |text: &str| {
        execution.start(Duration::from_secs(60));
        let program = compile(text, Kind::Handler).unwrap();
        match vm.call(&program, &[5.into()]) {
            Ok(value) => jsvm_core::value::display(&value, vm.context()),
            Err(failure) => failure.into_error(vm.context()).headline(),
        }
    };
    insta::assert_snapshot!(
        [
            "(e) => e + 1",
            "function (e) { return typeof this + e }",
            "(e) => { undeclared = e }",
            "function f(e) { return e ? e * f(e - 1) : 1 }",
            "function f(e) { if (e) f(e - 1); throw new RangeError(e) }",
            "(e, x = 'none') => x",
            "() => arguments",
            "/* before */ (e) => { /* inside */ return '}' } // after",
            "(e) => ({ e })",
            "(e) => { try { throw 1 } catch { return 'caught' } finally { e = 0 } }",
        ]
        .map(&mut call)
        .join("\n"), @r#"
        6
        undefined5
        ReferenceError: cannot assign to uninitialized global property `undeclared`
        120
        RangeError: 0
        none
        ReferenceError: arguments is not defined
        }
        {"e":5}
        caught
        "#);
}

#[test]
fn what_is_no_function_or_nothing_is_named() {
    let null = "TypeError: cannot convert 'null' or 'undefined' to object";
    for (script, headline) in [
        (
            "const a = {}; a.b.c",
            "TypeError: `a.b` is null or undefined, so it has no `c`",
        ),
        (
            "const a = {}; a.b.c()",
            "TypeError: `a` or `a.b` is null or undefined",
        ),
        ("const a = {}; a.b()", "TypeError: `a.b` is not a function"),
        ("const f = 1; f(2)", "TypeError: `f` is not a function"),
        (
            "let a; for (;;) { a.x }",
            "TypeError: `a` is null or undefined, so it has no `x`",
        ),
        // The engine tells the place of `a.b`, which is not to blame.
        ("const a = {}; let f; a.b; f.g()", null),
        ("const a = {}; let f; a.b; f['g']()", null),
        // What is wrong is an argument, and not the function.
        (
            "[1].map(5)",
            "TypeError: the callback is not a callable function",
        ),
        ("Object.keys(null)", null),
        ("const k = 'x'; null[k]", null),
    ] {
        let told = transcript(&[script]);
        assert_eq!(told.lines().next(), Some(headline), "{script}");
    }
}
