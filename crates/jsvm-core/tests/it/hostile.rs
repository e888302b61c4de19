//! A VM outlives whatever handlers throw at it.

use crate::{compile, run, vm};
use jsvm_core::{Execution, Failure, Kind, Limits, Program, Source};
use std::time::Duration;

/// The engine leaks a frame for every error that leaves more than one; a VM
/// that let this happen is dead after a few hundred.
#[test]
fn a_hundred_thousand_throws_leave_a_sound_vm() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(600));
    let programs = [0, 1, 5, 20].map(|depth| {
        let text = format!(
            "() => {{ const f = (n) => {{ if (n) f(n - 1); else throw new Error(n) }}; f({depth}) }}"
        );
        compile(&text, Kind::Handler).unwrap()
    });
    for round in 0..100_000 {
        match vm.call(&programs[round % programs.len()], &[]) {
            Err(Failure::Thrown(_)) => {}
            other => panic!("round {round}: {other:?}"),
        }
    }
    assert!(vm.is_reusable());
    assert_eq!(run(&mut vm, "[1, 2].map(x => x + 1)").unwrap(), "[2,3]");
}

#[test]
fn throwing_jobs_leave_a_sound_vm() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(600));
    let text =
        "() => { const f = (n) => { if (n) f(n - 1); throw n }; Promise.resolve(5).then(f) }";
    let program = compile(text, Kind::Handler).unwrap();
    for _ in 0..20_000 {
        vm.call(&program, &[]).unwrap();
        vm.drain().unwrap();
    }
    assert!(vm.is_reusable());
    assert_eq!(run(&mut vm, "1 + 1").unwrap(), "2");
}

#[test]
fn hostile_errors_are_told_without_running_script() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    for text in [
        "throw { toString() { for (;;) {} } }",
        "throw new Proxy({}, { get() { for (;;) {} }, ownKeys() { for (;;) {} } })",
        "const e = new Error(); Object.defineProperty(e, 'message', { get() { for (;;) {} } }); throw e",
        "const e = new Error(); Object.defineProperty(e, 'stack', { get() { for (;;) {} } }); throw e",
        "const e = new Error(); Object.defineProperty(e, 'name', { get() { for (;;) {} } }); throw e",
        "let a = []; for (let i = 0; i < 10000; i++) a = [a]; throw a",
        "const a = []; a.length = 4294967295; throw a",
        "const o = {}; o.o = o; throw o",
        "throw null",
        "throw Symbol('x')",
        "throw new Error('x'.repeat(1000000))",
    ] {
        execution.start(Duration::from_secs(600));
        let text = text.replace("const ", "var ").replace("let ", "var ");
        let err = run(&mut vm, &text).expect_err(&text);
        assert!(err.message.len() < 40_000, "{text}");
        assert_eq!(err.limit, None, "{text}");
    }
}

#[test]
fn deep_source_is_refused_before_any_parser_sees_it() {
    for unit in ["(", "[", "{a:", "!", "a+", "`${", "x=>", "if(1)"] {
        let text = unit.repeat(30_000);
        let err = Program::compile(&Source::new("a.js", text), Kind::Script, &Limits::default());
        let limit = err.unwrap_err().limit.map(|limit| limit.as_str());
        assert_eq!(limit, Some("nesting"), "{unit}");
    }
}

#[test]
fn the_names_of_the_checks_are_out_of_reach() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    let text = "
        const names = Object.getOwnPropertyNames(globalThis).filter((n) => /^\\$[cth][0-9a-f]{16}$/.test(n));
        names.map((n) => {
            let done = [];
            try { delete globalThis[n]; done.push(typeof globalThis[n]) } catch (e) { done.push(e.name) }
            globalThis[n] = 1;
            done.push(typeof globalThis[n]);
            try { Object.defineProperty(globalThis, n, { value: 1 }) } catch (e) { done.push(e.name) }
            return done.join()
        })";
    let told = run(&mut vm, text).unwrap();
    let expected = r#""function,function,TypeError""#;
    assert_eq!(told, format!("[{expected},{expected},{expected}]"));
}

#[test]
fn functions_do_not_tell_who_called_them() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    let text = "(function secret() { return (function f() {
        return [typeof arguments.callee, f.caller, f.arguments, 'caller' in f].join() })() })()";
    let told = run(&mut vm, text).unwrap();
    assert_eq!(told, "function,,,false");
}

#[test]
fn code_from_strings_is_switched_off() {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    for text in [
        "eval('1')",
        "(0, eval)('1')",
        "new Function('return 1')",
        "(() => {}).constructor('return 1')",
        "(async () => {}).constructor('return 1')",
        "(function* () {}).constructor('return 1')",
    ] {
        execution.start(Duration::from_secs(60));
        let err = run(&mut vm, text).unwrap_err();
        assert_eq!(err.name, "EvalError", "{text}");
    }
}
