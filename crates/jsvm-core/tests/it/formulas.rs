//! Callbacks that are computed without a call give what calls give.
//!
//! Random expressions over random elements, some of which notice what is asked
//! of them, tell the same with formulas, without, and on the bare engine.

use crate::{
    guards::bare,
    optimise::{same, told},
    vm,
};
use jsvm_core::{Execution, Kind, Limits, Optimise, Program, STACK_SIZE, Source};
use proptest::prelude::*;
use std::{sync::Arc, thread, time::Duration};

/// The engine's parser takes more stack than the thread of a test has.
fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let thread = thread::Builder::new().stack_size(STACK_SIZE);
    thread::scope(|scope| thread.spawn_scoped(scope, work).unwrap().join()).unwrap()
}

/// What the bare engine, and what ours gives.
fn engines_and_ours(text: &str) -> [String; 2] {
    with_stack(|| [bare(text), told(text, Limits::default(), Optimise::On)])
}

/// Around a call: elements that tell what they are asked, and what came of it.
fn program(call: &str) -> String {
    format!(
        "(function () {{ const log = []; \
         const odd = {{ valueOf() {{ log.push('valueOf'); return 3 }} }}; \
         const user = {{ name: 'Bo', age: 41, isOn: true, __proto__: {{ role: 'admin' }} }}; \
         class Lazy {{ get name() {{ log.push('name'); return 'Al' }} }} \
         const lazy = new Lazy(); \
         const proxy = new Proxy({{ name: 'P' }}, {{ get(it, key) {{ log.push(String(key)); return it[key] }} }}); \
         const below = Object.create(proxy), none = Object.create(null); \
         const k = 2, text = 'a', obj = {{ name: 1, get age() {{ log.push('age'); return 7 }} }}; let {{ length }} = text;\n\
         const long = 'x'.repeat(300), other = 'x'.repeat(300); \
         const show = (it) => typeof it === 'symbol' ? 'symbol' : typeof it === 'bigint' ? it + 'n' \
           : Object.is(it, -0) ? '-0' : Array.isArray(it) ? '[' + Array.from(it, (one) => show(one)) + ']' \
           : it && typeof it === 'object' ? '{{}}' : typeof it + it;\n\
         try {{\nlog.push(show({call}))\n}} catch (err) {{ log.push(String(err), err.stack) }}\n\
         return log.join('|') }})()"
    )
}

fn elements() -> impl Strategy<Value = String> {
    let element = prop::sample::select(vec![
        "0",
        "-0",
        "1",
        "2",
        "3",
        "7",
        "-1",
        "2.5",
        "NaN",
        "Infinity",
        "2147483647",
        "2 ** 53",
        "'a'",
        "'b'",
        "'Bo'",
        "''",
        "long",
        "other",
        "null",
        "undefined",
        "true",
        "false",
        "5n",
        "Symbol.iterator",
        "odd",
        "user",
        "lazy",
        "proxy",
        "below",
        "none",
        "[1, 2]",
        "show",
        "new Date(5)",
        "Object('boxed')",
        "",
    ]);
    let alike = prop::sample::select(vec![
        "Array.from({ length: 20 }, (_, i) => i * 3 % 20)",
        "Array.from({ length: 20 }, (_, i) => ({ name: 'n' + i % 7, age: i * 5 % 11, isOn: i % 3 > 1 }))",
        "['c', 'b', 'e', 'a', 'd', 'f', 'c', 'g']",
        "[0.5, 2, -0, 1e300, -7, 3, 2 ** 31, 5]",
    ]);
    let mixed =
        prop::collection::vec(element, 6..16).prop_map(|all| format!("[{}]", all.join(", ")));
    prop_oneof![alike.prop_map(str::to_owned), mixed]
}

const SIGNS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    ">>>",
    "<",
    "<=",
    ">",
    ">=",
    "===",
    "!==",
    "==",
    "!=",
    "&&",
    "||",
    "in",
    "instanceof",
];

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "k",
        "text",
        "obj",
        "length",
        "undefined",
        "user",
        "x",
        "x",
        "x",
        "y",
        "y",
        "z",
        "0",
        "1",
        "2",
        "2.5",
        "1e3",
        "0x10",
        "'a'",
        "'Bo'",
        "''",
        "true",
        "null",
    ]);
    let sign = prop::sample::select(SIGNS);
    let name = prop::sample::select(vec![
        "name",
        "age",
        "isOn",
        "role",
        "length",
        "constructor",
        "__proto__",
        "nothing",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            4 => (inner.clone(), sign.clone(), inner.clone())
                .prop_map(|(one, sign, other)| format!("({one}) {sign} ({other})")),
            2 => (inner.clone(), name.clone()).prop_map(|(it, name)| format!("({it}).{name}")),
            1 => (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) ?? ({other})")),
            1 => inner.clone().prop_map(|it| format!("!({it})")),
            1 => inner.clone().prop_map(|it| format!("-({it})")),
            1 => inner.clone().prop_map(|it| format!("typeof ({it})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(test, yes, no)| format!("({test}) ? ({yes}) : ({no})")),
        ]
    })
}

fn call() -> impl Strategy<Value = String> {
    let shape = prop::sample::select(vec![
        "(x, y, z) => VALUE",
        "(y, x) => VALUE",
        "(x, y, z, w) => { return VALUE }",
        "function (x, y, z) { return VALUE }",
        "function named(x, y, z) { return (VALUE) }",
        "function (x, y, z) { 'use strict'; return VALUE }",
        "async (x, y, z) => VALUE",
        "(x, y = 1, z) => VALUE",
    ]);
    let method = prop::sample::select(vec![
        "map(F)",
        "filter(F)",
        "forEach(F)",
        "some(F)",
        "every(F)",
        "find(F)",
        "findIndex(F)",
        "findLast(F)",
        "findLastIndex(F)",
        "flatMap(F)",
        "reduce(F)",
        "reduce(F, 0)",
        "reduceRight(F, 1)",
        "sort(F)",
        "toSorted(F)",
    ]);
    (elements(), expression(), shape, method).prop_map(|(elements, value, shape, method)| {
        let function = shape.replace("VALUE", &value);
        format!("{elements}.{}", method.replace('F', &function))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_formulas_do_the_same(call in call()) {
        with_stack(|| same(&program(&call)));
    }

    #[test]
    fn random_formulas_give_what_the_engine_gives(call in call()) {
        // The engine's sort contradicts the standard where a comparator does.
        prop_assume!(!call.contains("orted(") && !call.contains(".sort("));
        let text = program(&call).replace(", err.stack", "");
        let [engines, ours] = engines_and_ours(&text);
        prop_assert_eq!(engines, ours, "{}", text);
    }
}

#[test]
fn elements_that_change_on_the_way_are_seen() {
    for change in [
        "list.pop()",
        "list.push(9)",
        "list.splice(2, 3)",
        "list.length = 5",
        "Object.freeze(list)",
        "delete list[4]",
        "list[5] = { get n() { log.push('get'); return 8 } }",
        "Object.defineProperty(list, 5, { get() { log.push('own'); return { n: 4 } } })",
        "Object.setPrototypeOf(list, { 5: { n: 'below' } }), delete list[5]",
        "Object.prototype.n = 'root', delete list[4].n",
        "list[5] = new Proxy({}, { get(it, key) { log.push(key); return 1 }, has() { log.push('has') } })",
        "null.x",
    ] {
        // The third element is one for which the function is called.
        let call = format!(
            "(() => {{ const list = Array.from({{ length: 9 }}, (_, n) => ({{ n }})); \
             Object.defineProperty(list[2], 'n', {{ get() {{ {change}; return 2 }}, configurable: true }}); \
             try {{ return list.map((it) => it.n) }} finally {{ delete Object.prototype.n }} }})()"
        );
        with_stack(|| same(&program(&call)));
    }
}

#[test]
fn functions_that_say_what_they_compute_look_the_same() {
    same(
        "[(x) => x * 2, function (a, b) { return a - b }, function n(x) { return x }] \
         .map((f) => [f.length, f.name, String(f), f(4, 1), f.prototype === undefined]).join('|')",
    );
    same(
        "class A { static m(x) { return x * 2 } get g() { return 1 } } [1, 2, 3, 4, 5, 6, 7].map(A.m).join() + new A().g",
    );
    same("class A { constructor(x) { return x } } [{}, 1, 2, 3, 4, 5, 6].map(A)");
    same("[1, 2, 3, 4, 5, 6, 7].map((x) => x.y.z)");
    same("[{ y: 1 }, { y: 2 }, { y: 3 }, { y: 4 }, { y: 5 }, { y: 6 }, null].map((x) =>\n  x.y)");
    same("[1, 2, 3, 4, 5, 6, 7n].map(function (x) {\n return x * 2 })");
}

#[test]
fn variables_outside_are_those_of_the_closure() {
    const LIST: &str = "const list = [1, 2, 3, 4, 5, 6, 7]; const told = [];";
    for body in [
        "for (let i = 0; i < 3; i++) { const k = i; told.push(list.map((x) => x * k)) }",
        "for (const k of [1, 2]) { told.push(list.map((x) => x * k)) }",
        "const fs = [1, 2, 3].map((k) => (x) => x * k); for (const f of fs) told.push(list.map(f))",
        "const fs = [1, 2, 3].map((k) => (x) => x * k); told.push(list.map((x) => fs.map((f) => f(x))))",
        "let k = 1; told.push(list.map((x) => x * k)); k = 2; told.push(list.map((x) => x * k))",
        "let k = 1; const f = (x) => x * k; told.push(list.map(f)); k = 2; told.push(list.map(f))",
        "const f = () => list.map((x) => x * k); try { f() } catch (err) { told.push(err.stack) } const k = 3; told.push(f())",
        "try { told.push(list.map(f)) } catch (err) { told.push(err.stack) } const k = 3; function f(x) {\n return x * k }; told.push(list.map(f))",
        "try { const k = list.map((x) => x * k) } catch (err) { told.push(err.stack) }",
        "switch (1) { case 0: const k = 1; case 1: try { told.push(list.map((x) =>\n x * k)) } catch (err) { told.push(err.stack) } }",
        "function f(k) { arguments[0] = 5; return list.map((x) => x * k) } told.push(f(1))",
        "function f(k) { const a = list.map((x) => x * k); k = 4; return a.concat(list.map((x) => x * k)) } told.push(f(2))",
        "function f(k = 2, a = list.map((x) => x * k)) { return a } told.push(f())",
        "function f(a = list.map((x) => x * k), k = 2) { return a } try { f() } catch (err) { told.push(err.stack) }",
        "function f(k, k) { return list.map((x) => x * k) } told.push(f(2, 3))",
        "{ const undefined = 5; told.push(list.map((x) => x === undefined)) }",
        "const o = { n: 1 }; let turn = 0; list[3] = { get v() { o.n = 9; return 1 } }; told.push(list.map((x) => x.v || o.n))",
        "class A { f = list.map((x) => x * k); static g = list.map((x) => x === A) } const k = 2; told.push(new A().f, A.g)",
        "const k = 2; class A { f = list.map((x) => x * k); static { told.push(list.map((x) => x + k)) } } told.push(new A().f)",
        "const k = 2; told.push(list.map((k) => k * k)); { const k = 3; told.push(list.map((x) => x * k)) }",
        "const k = 5n; try { list.map((x) => x * k) } catch (err) { told.push(err.stack) }",
    ] {
        let text = format!("(function () {{ {LIST} {body}\n return told.join('|') }})()");
        with_stack(|| same(&text));
    }
}

#[test]
fn a_formula_is_never_that_of_another_function() {
    same(
        "(() => { const double = (x) => x * 2; const list = [1, 2, 3, 4, 5, 6, 7]; \
         return [list.map((x) => { return double(x) + 1 }), \
           list.map(function (x) { return list.map(double).length + x }), \
           list.map(double.bind(null, 5)), list.map(new Proxy(double, {})), \
           list.map(new Proxy(double, { apply: () => 3 })), \
           list.map((x, i) => i ? double(x) : list.map((y) => y + 1))].join('|') })()",
    );
}

#[test]
fn the_limit_on_recursion_is_met_by_the_same_call() {
    let text = "(() => { const down = (n) => n ? down(n - 1) : [3, 1, 2, 5, 4, 7, 6].map((x) => x + 1).sort((a, b) => a - b).join(); \
                const ends = (n) => [n].map((m) => down(m)); return ends(4) })()";
    let mut reports = Vec::new();
    for recursion in 2..14 {
        let limits = Limits {
            recursion,
            ..Limits::default()
        };
        let report = told(text, limits, Optimise::On);
        assert_eq!(report, told(text, limits, Optimise::Off));
        reports.push(report.contains("deep"));
    }
    assert!(reports.contains(&true) && reports.contains(&false));
}

#[test]
fn formulas_of_many_elements_are_stopped() {
    for text in [
        "(() => { const list = Array(1e6).fill(1); for (;;) list.map((x) => x + 1) })()",
        "(() => { const list = Array(1e6).fill(1); for (;;) list.reduce((a, x) => a + x, 0) })()",
        "(() => { const list = Array(1e6).fill(1); for (;;) list.toSorted((a, b) => a - b) })()",
    ] {
        let limits = Limits::default();
        let execution = Execution::new(limits);
        let mut vm = vm(&execution);
        let program = Program::compile(&Source::new("a.js", text), Kind::Script, &limits).unwrap();
        execution.start(Duration::from_millis(100));
        let failure = vm.run(&Arc::new(program)).unwrap_err();
        let err = failure.into_error(vm.context());
        assert!(err.limit.is_some(), "{}", err.report());
    }
}

#[test]
fn a_variable_of_all_programs_may_be_written_by_another() {
    let told = with_stack(|| {
        let execution = Execution::new(Limits::default());
        let mut vm = vm(&execution);
        let mut run = |text: &str| {
            let source = Source::new("a.js", text);
            let program = Program::compile(&source, Kind::Script, &Limits::default()).unwrap();
            execution.start(Duration::from_secs(60));
            let value = vm.run(&Arc::new(program)).ok().unwrap();
            jsvm_core::value::display(&value, vm.context())
        };
        run("let y = 1; const add = (x) => x + y");
        run("const list = [1, 2, 3, 4, 5, 6, 7, 8, 9]; \
             Object.defineProperty(list, 6, { get() { y = 100; return 0 } }); \
             list.map(add).join()")
    });
    assert_eq!(told, "2,3,4,5,6,7,100,108,109");
}
