//! Code that scripts make of strings.

use crate::{run, vm};
use jsvm_core::{Execution, Limits, STACK_SIZE, Vm};
use std::time::Duration;

/// A VM that lets scripts make code.
fn open(execution: &Execution) -> Vm {
    let mut vm = vm(execution);
    vm.allow_eval().unwrap();
    vm
}

/// What each script gives, or how it fails, one after the other in one VM.
fn transcript(scripts: &[&str]) -> String {
    let execution = Execution::new(Limits::default());
    let mut vm = open(&execution);
    let lines = scripts.iter().map(|text| {
        execution.start(Duration::from_secs(60));
        run(&mut vm, text).unwrap_or_else(|err| err.report())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn eval_runs_code_that_sees_the_globals() {
    insta::assert_snapshot!(transcript(&[
        "eval('let n = 0; for (let i = 0; i < 100; i++) n += i; n')",
        "[eval(7), eval(), (0, eval)('this') === globalThis, eval.length, eval.name].join()",
        "eval('var kept = 1; let gone = 2; function made() { return kept }'); [kept, typeof gone, made(), delete globalThis.kept].join()",
        "(() => { const near = 1; return eval('typeof near') })()",
        "eval('\"use strict\"; (function () { return this })()') === undefined",
        "const g = eval('(function* () { yield* [1, 2] })'); [...g()].join()",
        "eval(\"eval('1 + eval(`1`)')\")",
    ]), @r"
        4950
        7,,true,1,eval
        1,undefined,1,true
        undefined
        true
        1,2
        2
        ");
}

#[test]
fn functions_are_made_of_strings() {
    insta::assert_snapshot!(transcript(&[
        "[new Function('a', 'b', 'return a + b')(1, 2), Function('a, b = 3', '/**/ c', 'return b + c // x')(1, undefined, 4), Function()()].join()",
        "Function('return this')() === globalThis",
        "const F = Function; [F.name, F.length, (() => 1) instanceof F, F.prototype === Object.getPrototypeOf(F), (() => {}).constructor === F, new F instanceof F].join()",
        "const G = (function* () {}).constructor; [G.name, [...new G('n', 'for (;;) { if (n > 2) return; yield n++ }')(0)].join('-'), Object.getPrototypeOf(G) === F].join()",
        "const A = (async () => {}).constructor; let told; new A('return await 5')().then((n) => { told = n }); A.name",
        "told",
        "String(new Function('a', 'b', 'for (;;) return a'))",
        "new Function('return 1').name",
    ]), @r"
        3,7,
        true
        Function,1,true,true,true,true
        GeneratorFunction,0-1-2,true
        AsyncFunction
        5
        function anonymous(a,b
        ) {
        for (;;) return a
        }
        anonymous
        ");
}

#[test]
fn what_is_no_code_is_a_syntax_error() {
    insta::assert_snapshot!(transcript(&[
        "eval('let a = ;')",
        "eval('1;\\n let b; let b')",
        "new Function('}, function () {')",
        "new Function('a) {}, function (b', '')",
        "new Function('return 1', ')')",
        "eval('with ({}) {}')",
        "eval('(async function* () {})')",
        "eval('('.repeat(1000))",
        "eval('\\ud800')",
        "try { eval('\\n  throw new Error(`inside`)') } catch (err) { err.message }",
        "const caller = () => {\n  eval('null.x')\n}\ncaller()",
    ]), @r"
        SyntaxError: Unexpected token (1:9 of the text)
          --> a.js:1:5
        1 | eval('let a = ;')
          |     ^
            at <anonymous> (a.js:1:5)
        SyntaxError: lexical name declared multiple times (1:1 of the text)
          --> a.js:1:5
        1 | eval('1;\n let b; let b')
          |     ^
            at <anonymous> (a.js:1:5)
        SyntaxError: the parameters or the body end the function before its end
          --> a.js:1:1
        1 | new Function('}, function () {')
          | ^
            at <anonymous> (a.js:1:1)
        SyntaxError: the parameters or the body end the function before its end
          --> a.js:1:1
        1 | new Function('a) {}, function (b', '')
          | ^
            at <anonymous> (a.js:1:1)
        SyntaxError: Identifier expected. 'return' is a reserved word that cannot be used here. (1:21 of the text)
          --> a.js:1:1
        1 | new Function('return 1', ')')
          | ^
            at <anonymous> (a.js:1:1)
        SyntaxError: the `with` statement is not supported (1:1 of the text)
          --> a.js:1:5
        1 | eval('with ({}) {}')
          |     ^
            at <anonymous> (a.js:1:5)
        SyntaxError: async generators are not supported (1:2 of the text)
          --> a.js:1:5
        1 | eval('(async function* () {})')
          |     ^
            at <anonymous> (a.js:1:5)
        SyntaxError: the source is nested more than 400 deep (limits.nesting, at most 400) (1:400 of the text)
          --> a.js:1:5
        1 | eval('('.repeat(1000))
          |     ^
            at <anonymous> (a.js:1:5)
        SyntaxError: code must not have one half of a surrogate pair
          --> a.js:1:5
        1 | eval('\ud800')
          |     ^
            at <anonymous> (a.js:1:5)
        inside
        TypeError: cannot convert 'null' or 'undefined' to object
          --> a.js:2:7
        1 | const caller = () => {
        2 |   eval('null.x')
          |       ^
            at <anonymous> (native)
            at eval (native)
            at caller (a.js:2:7)
            at <anonymous> (a.js:4:7)
        ");
}

#[test]
fn code_from_strings_meets_the_limits() {
    // As on a worker: the limit on recursion assumes such a stack.
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    thread.spawn(meets_the_limits).unwrap().join().unwrap();
}

fn meets_the_limits() {
    let limits = Limits {
        loops: 10_000,
        ..Limits::default()
    };
    for (text, limit) in [
        ("eval('for (;;);')", "loops"),
        ("(0, eval)('while (1);')", "loops"),
        ("try { eval('for (;;);') } catch (err) {} 1", "loops"),
        ("new Function('for (;;);')()", "loops"),
        (
            "[...(function* () {}).constructor('for (;;) yield 1')()]",
            "loops",
        ),
        ("(async () => {}).constructor('for (;;);')()", "loops"),
        ("for (;;) eval('')", "loops"),
        ("function f() { eval('f()') } f()", "recursion"),
        ("function g() { new Function('g()')() } g()", "recursion"),
        ("const text = 'eval(text)'; eval(text)", "recursion"),
        (
            "new Function('return f => f(f)')()((f) => f(f))",
            "recursion",
        ),
    ] {
        let execution = Execution::new(limits);
        let mut vm = open(&execution);
        execution.start(Duration::from_secs(60));
        let err = run(&mut vm, text).unwrap_err();
        assert_eq!(
            err.limit.map(|hit| hit.as_str()),
            Some(limit),
            "{text}: {err}"
        );
    }
}

#[test]
fn code_that_throws_leaves_nothing_behind() {
    let execution = Execution::new(Limits::default());
    let mut vm = open(&execution);
    execution.start(Duration::from_secs(600));
    let text = "let caught = 0; for (let i = 0; i < 20000; i++) { \
                try { eval('throw [1, 2, 3, 4]') } catch (err) { caught += err.length } } caught";
    assert_eq!(run(&mut vm, text).unwrap(), "80000");
}

#[test]
fn frozen_functions_still_make_code() {
    let execution = Execution::new(Limits::default());
    let mut vm = open(&execution);
    vm.freeze().unwrap();
    execution.start(Duration::from_secs(60));
    let text = "globalThis.eval = 1; Function = 2; eval('1') + new Function('return 2')()";
    assert_eq!(run(&mut vm, text).unwrap(), "3");
}
