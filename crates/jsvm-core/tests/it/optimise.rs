//! Programs do the same with and without the rewrites of the compiler.
//!
//! Random programs tell what they computed, what their objects were asked for,
//! and where they failed; the bare engine must tell the same values.

use crate::{guards::bare, vm};
use jsvm_core::{Execution, Kind, Limits, Optimise, Program, Source, value};
use proptest::prelude::*;
use std::{sync::Arc, time::Duration};

/// What a script gives, or how and where it fails.
pub(crate) fn told(text: &str, limits: Limits, optimise: Optimise) -> String {
    let execution = Execution::new(limits);
    let mut vm = vm(&execution);
    let source = Source::new("a.js", text);
    let program = Program::compile_with(&source, Kind::Script, &limits, optimise).unwrap();
    execution.start(Duration::from_secs(60));
    match vm.run(&Arc::new(program)) {
        Ok(value) => value::display(&value, vm.context()),
        Err(failure) => failure.into_error(vm.context()).report(),
    }
}

pub(crate) fn same(text: &str) {
    let limits = Limits::default();
    let with = told(text, limits, Optimise::On);
    assert_eq!(with, told(text, limits, Optimise::Off), "{text}");
}

/// Around statements: what they may use, and what is told of them.
fn program(body: &str) -> String {
    format!(
        "(function () {{ const log = []; let a = 1, b = 2, c = 0; \
         const odd = {{ valueOf() {{ log.push('valueOf'); return 3 }} }};\n\
         try {{\n{body}\n}} catch (err) {{ log.push(String(err), err.stack) }}\n\
         return log.concat(String(a), String(b), String(c)).join('|') }})()"
    )
}

fn value() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "0",
        "1",
        "5",
        "-1",
        "2.5",
        "NaN",
        "'x'",
        "'4'",
        "null",
        "undefined",
        "3n",
        "odd",
        "a",
        "b",
        "c",
        "true",
    ]);
    plain.prop_map(str::to_owned)
}

fn statement() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![
        "+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>",
    ]);
    let name = prop::sample::select(vec!["a", "b", "c"]);
    let assignment = (name, sign, value(), value()).prop_map(|(name, sign, left, right)| {
        format!("{name} {sign}= (log.push(1), {left})\n  ; {name} {sign}={right};")
    });
    let guard = prop::sample::select(vec!["n < 2", "n <= 1", "n === 0", "n > 9", "(n >= 8)"]);
    let result = prop::sample::select(vec!["n", "1", "null", "true"]);
    let argument =
        prop::sample::select(vec!["n - 1", "n + 1", "n-2*1", "n % 3", "n / 2", "-1 - n"]);
    let shape = prop::sample::select(vec![
        "function f(n) { if (GUARD) return RESULT\n log.push(n); if (log.length > 200) return 7;\n return f(ARGUMENT) + f( n - 3 ) }",
        "const f = n => GUARD ? RESULT : (log.length > 200 ? 7 : log.push(n) + f(ARGUMENT));",
        "const f = (n) => { return GUARD ? RESULT : log.push(n) > 200 ? 1 : f( ARGUMENT ) };",
        "const f = (n) => { if (GUARD) { return RESULT } if (log.push(n) > 90) null.x; return [1].map(() => f(ARGUMENT))[0] + f(n - 1) };",
    ]);
    let recursion = (shape, guard, result, argument, value()).prop_map(
        |(shape, guard, result, argument, value)| {
            let text = shape.replace("GUARD", guard).replace("RESULT", result);
            let text = text.replace("ARGUMENT", argument);
            format!("{{ const run = () => {{ {text}\n return f({value}) }}; c = run(); }}")
        },
    );
    let helper = (value(), value()).prop_map(|(one, other)| {
        format!("{{ const run = () => {{ const h = (x, y) => x + y; return h({one}, {other}) }}; b = run() }}")
    });
    prop_oneof![assignment, recursion, helper]
}

fn nested() -> impl Strategy<Value = String> {
    let jump = prop::sample::select(vec![
        "",
        "continue;",
        "if (i > 40) break;",
        "if (i % 3) continue;",
        "if (i == 70) null.x;",
    ]);
    let looped = (0..50u32, 1..4u32, jump, statement()).prop_map(|(first, step, jump, inner)| {
        let inner = inner.replace("log.push(1), ", "");
        format!("for (let i = {first}; i < 80; i += {step}) {{ c += i; if (i == {first}) {{ {inner} }} {jump} for (let j = 0; j < 3; ++j) a = j }}")
    });
    prop_oneof![statement(), looped]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_programs_do_the_same(body in prop::collection::vec(nested(), 1..4)) {
        same(&program(&body.join("\n")));
    }

    #[test]
    fn random_programs_give_what_the_engine_gives(body in prop::collection::vec(nested(), 1..4)) {
        let text = program(&body.join("\n")).replace(", err.stack", "");
        prop_assert_eq!(told(&text, Limits::default(), Optimise::On), bare(&text), "{}", text);
    }
}

#[test]
fn errors_in_copied_arguments_keep_their_places() {
    same(
        "(() => { function f(n) { if (n < 2) return n\n  return 1 +   f( n - 1 ) }\n  return f(3n) })()",
    );
    same("(() => { const f = n => n < 2 ? n : 'é' + f(n - 1, null.x);\n return f(3) })()");
    same("(() => { const f = n => n < 2 ? n : f(n / 2) + f(n - 1).x.y;\n return f(3) })()");
    same("(() => { let s = 1n;\n   s += 1; })()");
}

#[test]
fn loops_are_counted_to_the_same_check() {
    for text in [
        "(() => { let c = 0; for (let i = 0; ; i++) { c = i; globalThis.seen = c } })()",
        "(() => { for (let i = 7; ; i += 5) { globalThis.seen = (i - 7) / 5; if (i % 2) continue; } })()",
    ] {
        for loops in [1, 32, 33, 1000, 4321] {
            let limits = Limits {
                loops,
                ..Limits::default()
            };
            let report = told(text, limits, Optimise::On);
            assert!(report.contains(&loops.to_string()), "{report}");
            assert_eq!(report, told(text, limits, Optimise::Off));
        }
    }
    let limits = Limits {
        loops: 1000,
        ..Limits::default()
    };
    for (turns, ends) in [(1000, false), (1034, true)] {
        let text = format!("(() => {{ for (let i = 0; i < {turns}; i++) ; return 'done' }})()");
        let report = told(&text, limits, Optimise::On);
        assert_eq!(report != "done", ends, "{report}");
    }
}

#[test]
fn a_counter_that_is_stuck_is_stopped() {
    let limits = Limits {
        loops: 100_000,
        ..Limits::default()
    };
    let text = "(() => { for (let i = 1000000000; ; i += 1000000) ; })()";
    assert!(told(text, limits, Optimise::On).contains("100000"));
}

#[test]
fn rewritten_recursion_ends_at_its_limits() {
    for text in [
        "(() => { function f(n) { if (n < 2) return n; return f(n + 1) + f(n + 2) } return f(5) })()",
        "(() => { const f = n => n === 0 ? n : 1 + f(n + 1); return f(5) })()",
    ] {
        let limits = Limits {
            recursion: 100,
            ..Limits::default()
        };
        let report = told(text, limits, Optimise::On);
        assert!(report.contains("more than 100 deep"), "{report}");
    }
    let text = "(() => { function f(n) { if (n < 2) return n; \
                if (n == 60) stop(); return f(n - 1) + f(n - 2) } return f(90) })()";
    let report = told(text, Limits::default(), Optimise::On);
    assert!(
        !report.is_empty() && report.contains("limits.timeout"),
        "{report}"
    );
}
