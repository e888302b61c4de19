//! Typed arrays, buffers, objects and collections against the engine's; and
//! where each of our built-in functions ends.

use crate::{builtins::same_told, run, vm};
use jsvm_core::{Execution, Limits};
use std::time::Duration;

#[test]
fn typed_arrays_are_made_as_the_standard_says() {
    same_told(
        "var classes = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint32Array, Float32Array, Float64Array, BigInt64Array];
        var num = { valueOf() { log.push('valueOf'); return 2 } };
        var sources = [() => undefined, () => 3, () => -1, () => '4', () => num, () => null, () => [1, , 300], () => [1n, -1n], () => ({ length: 2, 0: 5 }),
            () => spy({ length: 2, 1: '7' }), () => spy([1, 2]), () => new Set([1, 2]), () => new Uint8Array([1, 255]), () => new BigInt64Array(2), () => new ArrayBuffer(16),
            () => ({ [Symbol.iterator]: 5 }), () => ({ length: 2, get 1() { throw new RangeError('x') } }), () => Symbol(), () => 2 ** 53, () => 2 ** 45, () => 1.7];
        var maps = [undefined, (v, i) => { log.push('map ' + show(v) + i); return v }, 5];
        classes.forEach((C, c) => sources.forEach((s, i) => {
            tell('new ' + c + '/' + i, () => { const a = new C(s()); return [a, a instanceof C, a.constructor === C] });
            tell('plain ' + c + '/' + i, () => C(s()));
            maps.forEach((m, k) => tell('from ' + c + '/' + i + '/' + k, () => C.from(s(), m, 'me')));
        }));
        class Mine extends Uint8Array { get first() { return this[0] } }
        tell('subclass', () => [new Mine([7]).first, new Mine(3).length, Mine.from([8]).first, new Mine([1, 2]).map((x) => x + 1) instanceof Mine]);
        tell('view', () => new Uint16Array(new ArrayBuffer(8), 2, 2));
        tell('view', () => new Uint16Array(new ArrayBuffer(8), 1));
        tell('other', () => Reflect.construct(Uint8Array, [2], Array) instanceof Array);
        tell('other', () => Uint8Array.from.call(Array, [1]));
        tell('other', () => Uint8Array.from.call({}, [1]));
        tell('other', () => Uint8Array.from.call(function () { return new Uint8Array(1) }, [1, 2]));
        tell('facts', () => classes.map((C) => [C.name, C.length, C.BYTES_PER_ELEMENT, C.prototype.BYTES_PER_ELEMENT, Object.getPrototypeOf(C).name, Object.getOwnPropertyNames(C).sort()]));
        tell('species', () => new Uint8Array([1, 2, 3]).slice(1).constructor === Uint8Array);",
    );
}

#[test]
fn buffers_are_made_as_the_standard_says() {
    same_told(
        "var num = { valueOf() { log.push('valueOf'); return 4 } };
        for (var C of [ArrayBuffer, SharedArrayBuffer]) for (var args of [[], [8], [-1], ['3'], [num], [4, { maxByteLength: 8 }], [9, { maxByteLength: 8 }], [4, { maxByteLength: num }], [4, spy({})], [4, 5], [2 ** 60], [1n]]) {
            tell('new', () => { const b = new C(...args); return [b.byteLength, b.maxByteLength, b.resizable, b.growable, b instanceof C, b.constructor === C] });
            tell('plain', () => C(...args));
        }
        class Mine extends ArrayBuffer {}
        tell('subclass', () => [new Mine(4) instanceof Mine, new Mine(4).slice(1) instanceof Mine, ArrayBuffer.isView(new Uint8Array(1))]);
        tell('resize', () => { const b = new ArrayBuffer(4, { maxByteLength: 8 }); b.resize(6); return [b.byteLength, b.resizable] });
        tell('resize', () => new ArrayBuffer(4, { maxByteLength: 8 }).resize(9));
        tell('facts', () => [ArrayBuffer, SharedArrayBuffer].map((C) => [C.name, C.length, Object.getOwnPropertyNames(C).sort()]));",
    );
}

#[test]
fn typed_arrays_do_what_the_standard_says() {
    same_told(
        "var makes = [() => new Uint8Array([3, 1, 2, 1]), () => new Float64Array([NaN, -0, 1.5]), () => new BigInt64Array([1n, 2n]), () => new Uint8Array(5000).fill(7, 4990), () => [1, 2], () => ({}), () => null,
            () => { const b = new ArrayBuffer(8, { maxByteLength: 16 }), a = new Uint8Array(b, 4); b.resize(2); return a }];
        var yes = (v, i, o) => { if (i < 5) log.push('call ' + show(v) + i + typeof o); return v > 1 };
        var bad = (v, i) => { if (i === 1) throw new SyntaxError('x'); return i };
        var num = { valueOf() { log.push('valueOf'); return 1 } };
        var calls = {
            forEach: [[yes], [bad], [], [Boolean]], map: [[yes], [bad], [Number]], filter: [[yes], [Boolean], [5]], some: [[yes], [bad]], every: [[yes], [Boolean]],
            find: [[yes], [bad]], findIndex: [[yes], []], findLast: [[yes], [bad]], findLastIndex: [[yes]], reduce: [[(a, v) => a + String(v).length, 0], [bad], []], reduceRight: [[(a, v) => a + String(v).length, 0], []],
            fill: [[5], [num, num], [1n], [1, -2, -1], [9, 4990, 4995], [Symbol()], [1, 3, 2], []], indexOf: [[1], [7], [NaN], [1, 2], [7, -3], [1, num], [2n]], lastIndexOf: [[1], [7], [NaN], [1, 2], [7, -3], [1, undefined]],
            includes: [[1], [NaN], [0], [7, -3], [2n], [undefined]], join: [[], ['-'], [num]], reverse: [[]], slice: [[1], [4988, 4992]], copyWithin: [[0, 1], [4998, 4990]], toReversed: [[]], with: [[0, 9], [-1, 3n]], set: [[[1, 2]], [[1n], 1], [new Uint8Array(2), 3]],
        };
        for (var m in calls) calls[m].forEach((args, c) => makes.forEach((make, i) => {
            var target;
            var brief = (v) => v && v.length > 4000 ? v.length + ':' + Array.prototype.slice.call(v, -20).join() : v;
            tell(m + c + '/' + i, () => brief(Uint8Array.prototype[m].apply(target = make(), args)));
            tell('after', () => brief(target));
        }));",
    );
}

#[test]
fn objects_and_collections_are_as_the_standard_says() {
    same_told(
        "var values = [null, undefined, 'text', Object('text'), 5, [1, , 3], { b: 1, a: 2, 1: 3 }, new Uint8Array(2), spy({ x: 1 }), Object.freeze({ y: 1 }), Symbol('s')];
        for (var m of ['assign', 'entries', 'freeze', 'getOwnPropertyDescriptors', 'getOwnPropertyNames', 'getOwnPropertySymbols', 'isFrozen', 'isSealed', 'keys', 'seal', 'values'])
            values.forEach((v, i) => tell(m + i, () => Object[m](v, m === 'assign' ? values[i + 1] : 0)));
        values.forEach((v, i) => tell('own' + i, () => Reflect.ownKeys(v)));
        tell('define', () => Object.defineProperties({}, { a: { value: 1 } }));
        var sets = () => [new Set([1, 2, 3]), new Set([3, 4])];
        for (var m of ['difference', 'intersection', 'isDisjointFrom', 'isSubsetOf', 'isSupersetOf', 'symmetricDifference', 'union']) {
            tell(m, () => { const [a, b] = sets(); const told = a[m](b); return told instanceof Set ? [...told] : told });
            tell(m, () => sets()[0][m]([1]));
        }
        var each = [Boolean, (...args) => { log.push(args.map((a) => show(a))) }, 5, undefined, Array.prototype.push.bind(log)];
        each.forEach((f, i) => { tell('map' + i, () => new Map([[1, 2], [3, 4]]).forEach(f, 'me')); tell('set' + i, () => new Set([1, 2]).forEach(f)) });
        tell('wrong', () => Map.prototype.forEach.call(new Set(), each[0]));
        tell('clear', () => { const [a] = sets(); a.clear(); return a.size });",
    );
}

const ENDS: &[(&str, &str)] = &[
    ("new Array(2 ** 32 - 1).fill(0)", "array-length"),
    ("new Array(2 ** 32 - 1).with(0, 1)", "array-length"),
    ("new Array(2 ** 32 - 1).toReversed()", "array-length"),
    ("new Array(2 ** 32 - 1).toSpliced(0, 1)", "array-length"),
    ("Array.from({ length: 2 ** 32 - 1 })", "array-length"),
    (
        "'x'.repeat(2 ** 20).split('').concat('x'.repeat(2 ** 20).split('')).fill(1)",
        "array-length",
    ),
    (
        "stop(); [...Array.prototype.values.call({ length: 2 ** 53 - 1 })]",
        "timeout",
    ),
    ("stop(); Math.max(...new Array(2 ** 32 - 1))", "timeout"),
    ("stop(); new Set(new Array(2 ** 32 - 1))", "timeout"),
    ("stop(); const [...r] = new Array(2 ** 32 - 1)", "timeout"),
    ("stop(); [...'x'.repeat(2 ** 20)]", "timeout"),
    ("stop(); 'x'.anchor('x'.repeat(2 ** 20))", "timeout"),
    (
        "const t = '$'.repeat(2 ** 20); stop(); RegExp.escape(t)",
        "timeout",
    ),
    (
        "const t = new Uint8Array(2 ** 20); stop(); JSON.stringify(t)",
        "timeout",
    ),
    (
        "stop(); Object.fromEntries(new Array(2 ** 32 - 1).entries())",
        "timeout",
    ),
    (
        "const h = 'a'.repeat(5e5), n = 'a'.repeat(2e5) + 'b'; stop(); h.indexOf(n)",
        "timeout",
    ),
    (
        "const h = 'a'.repeat(5e5), n = 'b' + 'a'.repeat(2e5); stop(); h.lastIndexOf(n)",
        "timeout",
    ),
    (
        "const h = 'a'.repeat(5e5); stop(); h.replaceAll('a', 'aa')",
        "timeout",
    ),
    ("const h = 'a'.repeat(5e5); stop(); h.split('a')", "timeout"),
    (
        "const h = 'a'.repeat(5e5); stop(); h.toUpperCase()",
        "timeout",
    ),
    (
        "const h = 'a'.repeat(5e5); stop(); h.normalize()",
        "timeout",
    ),
    (
        "const h = '€'.repeat(5e5); stop(); encodeURIComponent(h)",
        "timeout",
    ),
    ("const h = '€'.repeat(5e5); stop(); escape(h)", "timeout"),
    (
        "stop(); String.raw({ raw: { length: 2 ** 53 - 1 } })",
        "timeout",
    ),
    (
        "String.raw({ raw: new Array(3000).fill('x'.repeat(1000)) })",
        "string-length",
    ),
    ("'x'.repeat(2 ** 21)", "string-length"),
    ("'x'.padStart(2 ** 21)", "string-length"),
    ("'xyz'.padEnd(2 ** 21, 'ab')", "string-length"),
    (
        "const a = []; for (let i = 0; i < 12; i++) a[i] = i ? [a[i - 1], a[i - 1]] : []; stop(); String(a[11])",
        "timeout",
    ),
    ("stop(); BigInt('7'.repeat(2e5))", "timeout"),
    ("'x'.concat('x'.repeat(2 ** 20))", "string-length"),
    ("'ﬃ'.repeat(2 ** 19).toUpperCase()", "string-length"),
    (
        "'€'.repeat(2 ** 18).replaceAll('€', '$&$&$&$&$&')",
        "string-length",
    ),
    ("encodeURI('€'.repeat(2 ** 18))", "string-length"),
    ("new ArrayBuffer(2 ** 21)", "buffer-size"),
    (
        "new ArrayBuffer(1, { maxByteLength: 2 ** 21 })",
        "buffer-size",
    ),
    ("new SharedArrayBuffer(2 ** 21)", "buffer-size"),
    ("new Float64Array(2 ** 18)", "buffer-size"),
    ("new Uint8Array({ length: 2 ** 21 })", "buffer-size"),
    ("new Float64Array(new Uint8Array(2 ** 18))", "buffer-size"),
    ("Uint8Array.from({ length: 2 ** 21 })", "buffer-size"),
    (
        "const t = new Uint8Array(2 ** 20); stop(); t.fill(1)",
        "timeout",
    ),
    (
        "const t = new Uint8Array(2 ** 20); stop(); t.forEach(Boolean)",
        "timeout",
    ),
    (
        "const t = new Uint8Array(2 ** 20); stop(); t.indexOf(1)",
        "timeout",
    ),
    (
        "const t = new Uint8Array(2 ** 20); stop(); t.slice()",
        "timeout",
    ),
    ("stop(); Object.keys({})", "timeout"),
    (
        "Object.keys('x'.repeat(2 ** 20)); Object.keys(new String('x'.repeat(2 ** 20)).concat('x'))",
        "string-length",
    ),
    (
        "const m = new Map(); for (let i = 0; i < 5000; i++) m.set(i); stop(); m.forEach(Boolean)",
        "timeout",
    ),
    ("stop(); new Set([1]).union(new Set([2]))", "timeout"),
];

/// Each ends by the limit that is named, where nothing but the built-in
/// function itself could notice.
#[test]
fn every_built_in_function_has_an_end() {
    let limits = Limits {
        string_length: 1 << 20,
        array_length: 1 << 20,
        buffer_size: 1 << 20,
        ..Limits::default()
    };
    let like = "({ length: 2 ** 53 - 1 })";
    let mut cases: Vec<(String, &str)> = Vec::new();
    for call in [
        "forEach(Boolean)",
        "map(Boolean)",
        "filter(Boolean)",
        "flatMap(Boolean)",
        "some(Boolean)",
        "every(Boolean)",
        "find(Boolean)",
        "findIndex(Boolean)",
        "findLast(Boolean)",
        "findLastIndex(Boolean)",
        "reduce(Boolean)",
        "reduceRight(Boolean)",
        "indexOf(1)",
        "lastIndexOf(1)",
        "includes(1)",
        "reverse()",
        "copyWithin(0, 1)",
        "shift()",
        "unshift(1)",
        "splice(0, 1)",
        "slice()",
        "concat([1])",
    ] {
        cases.push((
            format!("const a = []; a.length = 2 ** 32 - 2; stop(); a.{call}"),
            "timeout",
        ));
    }
    for call in [
        "forEach.call(A, Boolean)",
        "find.call(A, Boolean)",
        "reduce.call(A, Boolean)",
        "indexOf.call(A, 1)",
        "includes.call(A, 1)",
        "reverse.call(A)",
        "copyWithin.call(A, 0, 1)",
        "shift.call(A)",
        "splice.call(A, 0, 1)",
        "fill.call(A, 1)",
    ] {
        cases.push((
            format!(
                "stop(); Array.prototype.{}",
                call.replace(".call(A", &format!(".call({like}"))
            ),
            "timeout",
        ));
    }
    for (text, limit) in ENDS {
        cases.push(((*text).to_owned(), *limit));
    }
    for (text, limit) in cases {
        let execution = Execution::new(limits);
        let mut vm = vm(&execution);
        execution.start(Duration::from_secs(60));
        let err = run(&mut vm, &text).expect_err(&text);
        let told = err.limit.map(|limit| limit.as_str());
        assert_eq!(told, Some(limit), "{text}: {err:?}");
    }
}

#[test]
fn nothing_waits_for_another_thread() {
    same_told(
        "tell('wait', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e9));
        tell('wait', () => Atomics.wait(new Int32Array(4), 0, 0));",
    );
}
