//! Built-in functions of ours: the standard's results, and an end to each.
//!
//! The cases run in a metered VM and in the engine as it comes; both must
//! print the same.

use crate::{run, vm};
use boa_engine::{Context, Source};
use jsvm_core::{Execution, Limits, value};
use proptest::prelude::*;
use std::time::Duration;

/// What the engine as it comes makes of a script.
///
/// Its inline cache takes `length` of an array for an ordinary property, so it
/// is given a computed key.
pub(crate) fn bare(text: &str) -> String {
    let text = text.replace(".length = ", "['length'] = ");
    let mut context = Context::default();
    match context.eval(Source::from_bytes(&text)) {
        Ok(result) => value::display(&result, &mut context),
        Err(err) => {
            let thrown = err.into_opaque(&mut context).unwrap();
            let name = thrown
                .as_object()
                .unwrap()
                .get(boa_engine::js_string!("name"), &mut context);
            value::display(&name.unwrap(), &mut context)
        }
    }
}

pub(crate) fn guarded(text: &str) -> String {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    match run(&mut vm, text) {
        Ok(told) => told,
        Err(err) => err.name.clone(),
    }
}

pub(crate) fn same(cases: &[&str]) {
    for text in cases {
        assert_eq!(guarded(text), bare(text), "{text}");
    }
}

#[test]
fn sorting_gives_what_the_standard_says() {
    same(&[
        "[3, 1, 2].sort()",
        "[10, 9, 1, undefined, 'b', null, , 'a'].sort()",
        "const a = [3, , 1]; a.sort(); [a.length, 2 in a, a]",
        "[[1, 'b'], [0, 'a'], [1, 'a'], [0, 'b']].sort((x, y) => x[0] - y[0])",
        "[5, 1, 4].sort((a, b) => b - a)",
        "[2, 1].sort(() => NaN)",
        "[3, 1, 2].toSorted((a, b) => a - b)",
        "[3, , 1].toSorted()",
        "Array.prototype.sort.call({ 0: 'b', 1: 'a', length: 2 })",
        "[1].sort(5)",
        "[1, 2].sort((a, b) => { throw new RangeError('x') })",
        "[...new Int8Array([3, -1, 2]).sort()]",
        "[...new Int8Array([3, -1, 2]).sort((a, b) => b - a)]",
        "[...new Float64Array([3, -1, 2]).toSorted((a, b) => b - a)]",
        "[Array.prototype.sort.name, Array.prototype.sort.length, Object.keys(Array.prototype)]",
        "let calls = []; ['b', 'a'].sort((a, b) => { calls.push(a + b); return 0 }); calls.length",
    ]);
}

#[test]
fn contradictions_do_not_stop_a_sort() {
    let text = "let n = 0; const a = Array.from({ length: 500 }, (_, i) => i);
        a.sort(() => (n = (n * 7 + 3) % 11) - 5); new Int16Array(a).sort(() => (n = (n * 7 + 3) % 11) - 5);
        a.slice().sort((x, y) => x - y).every((x, i) => x === i)";
    assert_eq!(guarded(text), "true");
}

#[test]
fn arrays_become_the_same_text() {
    same(&[
        "[1, null, undefined, 'a', [2, [3]], {}].join()",
        "[1, 2].join('')",
        "[1, , 3].join('--')",
        "[].join()",
        "[1].join(undefined)",
        "String([1, [2, 3]])",
        "[1, [2]].toString()",
        "const a = [1]; a.push(a); String(a)",
        "Array.prototype.join.call({ length: 2, 0: 'x' })",
        "Array.prototype.toString.call({ join: () => 'mine' })",
        "Array.prototype.toString.call({})",
        "[[1, 2], [3]].map(String)",
        "Array.prototype.join.call(null)",
    ]);
}

#[test]
fn flattening_gives_what_the_standard_says() {
    same(&[
        "[1, [2, [3, [4]]]].flat()",
        "[1, [2, [3, [4]]]].flat(Infinity)",
        "[1, [2, [3]]].flat(0)",
        "[1, [2, [3]]].flat(-1)",
        "[1, , [2, , 3]].flat()",
        "[[]].flat()",
        "class A extends Array {} new A(1, 2).flat() instanceof A",
        "Array.prototype.flat.call({ length: 1, 0: [1] })",
        "[new Proxy([1, [2]], {}), 3].flat()",
        "class A extends Array {} const a = new A(); a.push([1]); const b = a.flat(); [b instanceof A, b]",
        "const a = [[1]]; a.constructor = { [Symbol.species]: null }; a.flat()",
        "const a = [[1]]; a.constructor = { [Symbol.species]: 5 }; a.flat()",
        "const a = [[1]]; a.constructor = 5; a.flat()",
    ]);
}

#[test]
fn json_is_written_as_the_standard_says() {
    same(&[
        "JSON.stringify({ b: [1, 'x', null, undefined, () => 1, Symbol('s')], a: undefined, 1: true })",
        "JSON.stringify([NaN, Infinity, -0, 1e21, 1.5])",
        "JSON.stringify('a\\u2028\"\\\\\\n\\u0001\\ud83d\\ude00\\ud83d')",
        "JSON.stringify({ a: [1, { b: 2 }], c: {}, d: [] }, null, 2)",
        "JSON.stringify([1, [2]], null, '--------------')",
        "JSON.stringify({ a: 1 }, null, 20)",
        "JSON.stringify({ a: 1, b: { a: 2, c: 3 } }, ['a', 'b', 1, 'a'])",
        "JSON.stringify({ a: 1, b: [2, 3] }, (k, v) => typeof v === 'number' ? v + 1 : v)",
        "JSON.stringify({ a: 1 }, function (k, v) { return k === 'a' ? this === undefined : v })",
        "JSON.stringify({ toJSON(k) { return 'key:' + k } })",
        "JSON.stringify({ a: { toJSON(k) { return k + '!' } } })",
        "JSON.stringify(new Date(0))",
        "JSON.stringify([new Number(3), new String('s'), new Boolean(false), Object(1)])",
        "JSON.stringify(undefined)",
        "JSON.stringify(() => 1)",
        "JSON.stringify(null)",
        "JSON.stringify(1n)",
        "const a = []; a.push(a); JSON.stringify(a)",
        "const o = {}; o.o = { o }; JSON.stringify(o)",
        "const o = { x: 1 }; JSON.stringify([o, o])",
        "JSON.stringify({ get a() { return 5 } })",
        "JSON.stringify(new Proxy([1, 2], {}))",
        "JSON.stringify(new Proxy({ a: 1 }, { ownKeys: () => ['a'] }))",
        "JSON.stringify(Object.create({ hidden: 1 }, { seen: { value: 1, enumerable: true } }))",
        "JSON.stringify(new Map([[1, 2]]))",
        "JSON.stringify([, 1])",
        "JSON.stringify(new Uint8Array([1, 2]))",
        "JSON.stringify({ a: 1 }, null, '')",
        "JSON.stringify(new (class A { constructor() { this.x = 1 } }))",
        "JSON.stringify('x', null, new Number(2))",
        "JSON.stringify({ [Symbol('s')]: 1, b: 2 })",
        "JSON.stringify({ a: new Error('e') })",
        "[JSON.stringify.name, JSON.stringify.length]",
    ]);
}

#[test]
fn texts_and_calls_are_the_same() {
    same(&[
        "'ab'.repeat(3)",
        "'ab'.repeat(0)",
        "'ab'.repeat(-1)",
        "'ab'.repeat(Infinity)",
        "'ab'.repeat('2')",
        "''.repeat(2 ** 40)",
        "'a'.padStart(5, 'xy')",
        "'a'.padEnd(5)",
        "'abc'.padEnd(2)",
        "'a'.padStart(5, '')",
        "Math.max.apply(null, [1, 3, 2])",
        "((...a) => a).apply(null)",
        "Math.max.apply(null, 5)",
        "Reflect.apply((a, b) => a + b, null, [1, 2])",
        "Reflect.construct(Array, [1, 2])",
        "Reflect.construct(class { constructor() { this.t = new.target === Array } }, [], Array).t",
        "Reflect.apply(1, null, [])",
        "(function () { return this }).apply(5) == 5",
    ]);
}

#[test]
fn what_had_no_end_has_one() {
    // As on a worker: the limit on recursion assumes such a stack.
    let thread = std::thread::Builder::new().stack_size(jsvm_core::STACK_SIZE);
    thread.spawn(every_end).unwrap().join().unwrap();
}

/// Scripts, and the limit that ends each.
const ENDS: &[(&str, &str)] = &[
    ("const a = []; a[0] = a; a.flat(Infinity)", "recursion"),
    (
        "class A extends Array {} const a = new A(); a.push(a); a.flat(Infinity)",
        "recursion",
    ),
    (
        "JSON.stringify(Array(1000).fill('x'.repeat(1e6)))",
        "memory",
    ),
    (
        "stop(); JSON.stringify(1, new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 : 'x' }))",
        "timeout",
    ),
    (
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)",
        "json-nesting",
    ),
    ("JSON.parse('['.repeat(100000))", "json-nesting"),
    (
        "let a = []; for (let i = 0; i < 2000; i++) a = [a]; JSON.parse('[0,1]', function (k, v) { if (k === '0') this[1] = a; return v })",
        "json-nesting",
    ),
    (
        "stop(); JSON.parse('[' + '1,'.repeat(100000) + '1]')",
        "timeout",
    ),
    (
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; String(a)",
        "recursion",
    ),
    (
        "let a = []; for (let i = 0; i < 100000; i++) a = [a]; a.toLocaleString()",
        "recursion",
    ),
    (
        "const f = () => ({ toJSON() { return [f()] } }); JSON.stringify(f())",
        "json-nesting",
    ),
    (
        "const a = [1]; a.join = a.toString; a.toString()",
        "recursion",
    ),
    ("'x'.repeat(2 ** 31)", "string-length"),
    ("'x'.padEnd(2 ** 40)", "string-length"),
    ("new Array(2 ** 32 - 1).join()", "memory"),
    ("JSON.stringify(new Array(2 ** 32 - 1))", "memory"),
    ("stop(); new Array(2 ** 32 - 1).sort()", "timeout"),
    (
        "stop(); Array.prototype.sort.call({ length: 2 ** 53 - 1 })",
        "timeout",
    ),
];

fn every_end() {
    let limits = Limits {
        memory: 64 * 1024 * 1024,
        ..Limits::default()
    };
    for (text, limit) in ENDS {
        let execution = Execution::new(limits);
        let mut vm = vm(&execution);
        execution.start(Duration::from_secs(60));
        let err = run(&mut vm, text).expect_err(text);
        assert_eq!(
            err.limit.map(|limit| limit.as_str()),
            Some(*limit),
            "{text}: {err:?}"
        );
    }
    assert_eq!(
        guarded("Math.max.apply(null, { length: 2 ** 32 })"),
        "RangeError"
    );
    // The standard leaves the separator open; goja's is a comma alone.
    assert_eq!(guarded("[1, 'a', null].toLocaleString()"), "1,a,");
    // The standard has no end here; as in other engines it is an empty text.
    let cyclic = "const a = [1]; a.push([a, a]);";
    assert_eq!(guarded(&format!("{cyclic} a.join('-')")), "1-,");
    assert_eq!(guarded(&format!("{cyclic} a.toLocaleString()")), "1,,");
}

/// The text of some value: numbers, texts, holes, lists and objects.
fn any_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("undefined".to_owned()),
        Just("true".to_owned()),
        Just("-0".to_owned()),
        Just("NaN".to_owned()),
        Just("new Date(5)".to_owned()),
        Just("Object('boxed')".to_owned()),
        any::<i32>().prop_map(|number| number.to_string()),
        (-1e9..1e9).prop_map(|number: f64| number.to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = "[a-c]|[0-9]{1,3}|é";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(
                prop_oneof![4 => inner.clone(), 1 => Just(String::new())],
                1..5
            )
            .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..5).prop_map(|fields| {
                let fields = fields
                    .iter()
                    .map(|(key, value)| format!("'{key}': {value}"));
                format!("({{ {} }})", fields.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

#[test]
fn parsing_json_gives_what_the_standard_says() {
    same(&[
        "JSON.stringify(JSON.parse(' {\"a\" : [1, -2.5e3, true, false, null, \"x\"] , \"b\":{}}\\n'))",
        "JSON.stringify(JSON.parse('[]')) + JSON.stringify(JSON.parse('{}')) + JSON.parse('\"\"')",
        "Object.is(JSON.parse('-0'), -0)",
        "[JSON.parse('0'), JSON.parse('123456789012'), JSON.parse('2147483648')]",
        "[JSON.parse('1E+2'), JSON.parse('0.1'), JSON.parse('-0.0e-1')]",
        "JSON.parse('\"\\\\u0041\\\\n\\\\/\\\\\\\\\\\\\"é😀\"')",
        "JSON.stringify(Object.keys(JSON.parse('{\"b\":1,\"2\":1,\"a\":1,\"1\":1}')))",
        "JSON.stringify(JSON.parse('{\"a\":1,\"a\":2}'))",
        "JSON.parse('{\"__proto__\":1}').__proto__",
        "Object.getPrototypeOf(JSON.parse('{\"__proto__\":null}')) === Object.prototype",
        "JSON.parse('[1,2]', (k, v) => Array.isArray(v) ? v.length : v * 2)",
        "JSON.stringify(JSON.parse('{\"a\":1,\"b\":2}', (k, v) => k === 'a' ? undefined : v))",
        "JSON.stringify(JSON.parse('[1,2,3]', (k, v) => k === '1' ? undefined : v))",
        "JSON.stringify(JSON.parse('[[1],{\"a\":[2]}]', function (k, v) { return typeof v === 'number' ? k + Array.isArray(this) : v }))",
        "const seen = []; JSON.parse('{\"a\":[1,{\"b\":2}]}', (k, v) => { seen.push(k); return v }); seen.join()",
        "JSON.stringify(JSON.parse('{\"a\":1,\"b\":2}', function (k, v) { if (k === 'a') this.b = [3]; return v }))",
        "JSON.stringify(JSON.parse('[1,[2]]', function (k, v) { if (k === '0') Object.freeze(this); return k === '1' ? undefined : v }))",
        "JSON.stringify(JSON.parse('[0,1]', function (k, v) { if (k === '0') this[1] = new Proxy([5], {}); return v }))",
        "JSON.parse({ toString: () => '7' })",
        "JSON.parse(null)",
        "JSON.parse('1', 5)",
        "[JSON.parse.name, JSON.parse.length]",
        "JSON.parse(Symbol())",
    ]);
    for broken in [
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "{\\\"a\\\"",
        "{\\\"a\\\":",
        "{\\\"a\\\":1,}",
        "{a:1}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "0x1",
        "tru",
        "nul",
        "undefined",
        "NaN",
        "Infinity",
        "'a'",
        "\\\"a",
        "\\\"\\\\x\\\"",
        "\\\"\\\\u12\\\"",
        "\\\"\\n\\\"",
        "1 2",
        "[1 2]",
        "{\\\"a\\\" 1}",
        "\\u00a01",
        "\\ufeff1",
        "]",
        "}",
        ",",
        "//",
        "\\ud800",
    ] {
        same(&[&format!("JSON.parse(\"{broken}\")")]);
    }
}

#[test]
fn parsing_json_keeps_what_the_engine_would_lose() {
    // The engine's own takes text as UTF-8.
    assert_eq!(guarded(r#"JSON.parse('"\ud800"').charCodeAt(0)"#), "55296");
    assert_eq!(guarded(r#"JSON.parse('"\\ud800"').length"#), "1");
    assert_eq!(guarded("JSON.parse('1e400') + JSON.parse('-1e400')"), "NaN");
    assert_eq!(guarded("1 / JSON.parse('1e400')"), "0");
    assert_eq!(
        guarded("JSON.parse('['.repeat(900) + ']'.repeat(900)).length"),
        "1"
    );
    let told = guarded_error("JSON.parse('{\"a\": 1,\\n  b: 2}')");
    assert_eq!(told, "unexpected character 'b' in JSON at line 2, column 3");
    assert_eq!(
        guarded_error("JSON.parse('[1')"),
        "unexpected end in JSON at line 1, column 3"
    );
}

/// Whether some exponent has three digits.
fn has_long_exponent(json: &str) -> bool {
    json.split(['e', 'E']).skip(1).any(|rest| {
        let digits = rest.trim_start_matches(['+', '-']).chars();
        digits.take_while(char::is_ascii_digit).count() > 2
    })
}

fn guarded_error(text: &str) -> String {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    run(&mut vm, text).expect_err(text).message.clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_agrees_with_the_engine(value in any_value(), cut in any::<prop::sample::Index>(), put in "[]\\[{},:0-9.eE\" tn\\\\-]{0,2}") {
        let text = format!("JSON.stringify(JSON.parse(JSON.stringify({value}) ?? '0'))");
        prop_assert_eq!(guarded(&text), bare(&text), "{}", text);
        let mut json = bare(&format!("JSON.stringify({value}) ?? '0'"));
        let at = cut.index(json.len() + 1);
        if json.is_char_boundary(at) {
            json.insert_str(at, &put);
        }
        // The engine's own takes no number beyond the largest.
        prop_assume!(!has_long_exponent(&json));
        let text = format!("JSON.stringify(JSON.parse({}))", serde_json::Value::from(json));
        prop_assert_eq!(guarded(&text), bare(&text), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_agrees_with_the_engine(value in any_value(), gap in 0..12) {
        let text = format!("JSON.stringify({value}, null, {gap})");
        prop_assert_eq!(guarded(&text), bare(&text), "{}", text);
    }

    #[test]
    fn arrays_agree_with_the_engine(items in prop::collection::vec(any_value(), 0..30)) {
        let list = format!("[{}]", items.join(","));
        for text in [
            format!("JSON.stringify({list}.sort())"),
            format!("JSON.stringify({list}.toSorted((a, b) => String(b).length - String(a).length))"),
            format!("{list}.join('-')"),
            format!("String({list})"),
            format!("JSON.stringify({list}.flat(2))"),
            format!("const a = {list}; a.sort(); a.length + ':' + Object.keys(a)"),
        ] {
            prop_assert_eq!(guarded(&text), bare(&text), "{}", text);
        }
    }

    #[test]
    fn texts_agree_with_the_engine(text in any::<String>(), pad in any::<String>(), count in -1i32..40) {
        let (text, pad) = (serde_json::Value::from(text), serde_json::Value::from(pad));
        for text in [
            format!("{text}.repeat({count})"),
            format!("{text}.padStart({count}, {pad})"),
            format!("{text}.padEnd({count}, {pad})"),
        ] {
            prop_assert_eq!(guarded(&text), bare(&text), "{}", text);
        }
    }
}
