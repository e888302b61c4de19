//! Built-in functions of ours against the engine's: every method on every odd
//! kind of object, with each operation that a script could see.
//!
//! A script tells for each call what came back, what became of the object, and
//! what its traps, getters and callbacks saw; both engines must tell the same.

use crate::guards::{bare, guarded};
use proptest::prelude::*;

/// What the scripts below have in common.
const TELL: &str = "
    var log = [], out = [];
    function show(v, depth) {
        if (typeof v === 'function') return 'function';
        if (typeof v === 'symbol') return String(v);
        if (v === null || typeof v !== 'object') return typeof v + ':' + (Object.is(v, -0) ? '-0' : v);
        if (depth > 3) return '...';
        var keys = Object.getOwnPropertyNames(v);
        var fields = [];
        for (var i = 0; i < keys.length; i++) {
            var d = Object.getOwnPropertyDescriptor(v, keys[i]);
            fields.push(keys[i] + (d.writable ? '=' : '#') + ('value' in d ? show(d.value, (depth || 0) + 1) : 'accessor'));
        }
        return Object.prototype.toString.call(v) + (Object.isFrozen(v) ? '!' : '') + '{' + fields.join() + '}';
    }
    function spy(target) {
        return new Proxy(target, {
            get(t, k, r) { log.push('get ' + String(k)); return Reflect.get(t, k) },
            has(t, k) { log.push('has ' + String(k)); return Reflect.has(t, k) },
            set(t, k, v) { log.push('set ' + String(k)); return Reflect.set(t, k, v) },
            deleteProperty(t, k) { log.push('delete ' + String(k)); return Reflect.deleteProperty(t, k) },
            defineProperty(t, k, d) { log.push('define ' + String(k) + Object.keys(d)); return Reflect.defineProperty(t, k, d) },
            ownKeys(t) { log.push('keys'); return Reflect.ownKeys(t) },
        });
    }
    function getter(list, at, body) {
        Object.defineProperty(list, at, { get: body, set(v) { log.push('setter ' + v) }, configurable: true, enumerable: true });
        return list;
    }
    class Special extends Array {
        constructor(...args) { super(...args); log.push('new ' + args) }
    }
    function speciesOf(list, species) {
        list.constructor = { get [Symbol.species]() { log.push('species'); return species } };
        return list;
    }
    function tell(name, call) {
        log = [];
        var told;
        try { told = show(call()) } catch (e) { told = 'throws ' + (e && e.name ? e.name : e) }
        out.push(name + ' -> ' + told + ' | ' + log.join());
    }
";

/// Runs a script with `tell` in both engines.
pub(crate) fn same_told(script: &str) {
    let text = format!("{TELL}\n{script}\nout.join('\\n')");
    let (ours, theirs) = (guarded(&text), bare(&text));
    assert!(ours.contains("->"), "{ours}");
    for (ours, theirs) in ours.split('\n').zip(theirs.split('\n')) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.lines().count(), theirs.lines().count());
}

const TARGETS: &str = "[
    () => [3, 1, 2, 1],
    () => [],
    () => [1, , 3, , 5],
    () => [NaN, -0, 0, undefined, null, '1', [7, [8]]],
    () => ({ length: 3, 0: 'a', 2: 'c' }),
    () => ({ length: '2', 0: 'a', 1: 'b', 5: 'f' }),
    () => ({ length: -1, 0: 'a' }),
    () => ({}),
    () => Object.freeze([1, 2, 3]),
    () => Object.freeze([]),
    () => Object.preventExtensions([1, , 3]),
    () => Object.defineProperty([1, 2, 3], 'length', { writable: false }),
    () => getter([1, 2, 3, 4], 1, function () { log.push('getter'); return 9 }),
    () => getter([1, 2, 3, 4], 1, function () { throw new RangeError('here') }),
    () => getter([1, 2, 3, 4], 0, function () { this.length = 2; return 7 }),
    () => getter([1, 2], 1, function () { this[0] = 5; return 7 }),
    () => spy([1, 2, , 4]),
    () => spy({ length: 3, 0: 'a', 2: 'b' }),
    () => spy(Object.freeze([1, 2])),
    () => Special.from([1, 2, 3]),
    () => speciesOf([1, , 3], undefined),
    () => speciesOf([1, 2, 3], null),
    () => speciesOf([1, 2, 3], 5),
    () => speciesOf([1, 2, 3], Object),
    () => speciesOf([1, 2, 3], function (n) { log.push('made ' + n); this.length = 9 }),
    () => speciesOf([1, 2, 3], function () { return Object.freeze({}) }),
    () => speciesOf([1, 2, 3], function () { return spy([]) }),
    () => { const a = [1, 2, 3]; Object.setPrototypeOf(a, { 1: 'inherited', length: 7 }); delete a[1]; return a },
    () => (function () { return arguments })(1, 2, 3),
    () => new Uint8Array([3, 1, 2]),
    () => 'text',
    () => 5,
    () => null,
    () => undefined,
]";

fn every_target(calls: &str) {
    same_told(&format!(
        "var targets = {TARGETS};
        var yes = (v, i, o) => {{ log.push('call ' + show(v) + i + typeof o); return v > 1 }};
        function own(v) {{ 'use strict'; log.push('this ' + show(this)); return [v, [v]] }}
        var bad = (v, i) => {{ if (i === 1) throw new SyntaxError('x'); return i }};
        var grow = (v, i, o) => {{ o[i + 2] = i; return true }};
        var add = (a, v, i, o) => {{ log.push('add ' + show(a) + show(v) + i); return a + '' + v }};
        var num = {{ valueOf() {{ log.push('valueOf'); return 1 }} }};
        var evil = {{ valueOf() {{ throw new EvalError('x') }} }};
        var calls = {calls};
        for (var m in calls) for (var c = 0; c < calls[m].length; c++) for (var t = 0; t < targets.length; t++) {{
            var target;
            tell(m + c + '/' + t, () => Array.prototype[m].apply(target = targets[t](), calls[m][c]));
            tell('after', () => target);
        }}"
    ));
}

#[test]
fn callbacks_are_called_as_the_standard_says() {
    every_target(
        "{
        forEach: [[yes], [own, 'me'], [bad], [], [5], [Boolean], [grow]],
        map: [[yes], [own], [bad], ['x'], [String]],
        filter: [[yes], [bad], [Boolean], []],
        flatMap: [[own], [bad], [(v) => [[v]]], [(v) => spy([v, , 1])], [(v) => Special.from([v])], []],
        some: [[yes], [bad], [() => false], [null]],
        every: [[yes], [bad], [() => true], [{}]],
    }",
    );
}

#[test]
fn finders_and_reducers_do_what_the_standard_says() {
    every_target(
        "{
        find: [[yes], [bad], [() => false], []],
        findIndex: [[yes], [bad], [() => false], []],
        findLast: [[yes], [bad], [() => false], []],
        findLastIndex: [[yes], [bad], [() => false], []],
        reduce: [[add], [add, 'x'], [add, undefined], [bad, 0], []],
        reduceRight: [[add], [add, 'x'], [add, undefined], [bad, 0], []],
    }",
    );
}

#[test]
fn searches_find_what_the_standard_says() {
    every_target(
        "{
        indexOf: [[1], [NaN], [undefined], [1, 1], [1, -2], [1, num], [1, evil], [3, Infinity], [3, -Infinity], []],
        lastIndexOf: [[1], [NaN], [undefined], [1, 1], [1, -2], [1, num], [1, evil], [3, Infinity], [3, -Infinity], [1, undefined]],
        includes: [[1], [NaN], [undefined], [0], [1, 1], [1, -2], [1, num], [1, evil], [3, Infinity], []],
    }",
    );
}

#[test]
fn changes_in_place_are_those_of_the_standard() {
    every_target(
        "{
        fill: [['f'], ['f', 1], ['f', -2, -1], ['f', num, 2], ['f', evil], ['f', 2, 1], []],
        reverse: [[]],
        copyWithin: [[0, 1], [1, 0], [1, 0, 2], [-1, 0], [0, -1], [num, 0, num], [evil], []],
        shift: [[]],
        unshift: [['u'], ['u', 'v'], []],
        splice: [[], [1], [1, 1], [0, 2, 'n'], [1, 0, 'n', 'o'], [-1, 5, 'n'], [undefined, num], [0, evil], [num, Infinity, 1, 2, 3]],
    }",
    );
}

#[test]
fn copies_are_those_of_the_standard() {
    every_target(
        "{
        slice: [[], [1], [1, 2], [-2], [0, -1], [num, num], [evil], [2, 1], [0, Infinity]],
        concat: [[], [1, 'x'], [[1, , 2]], [spy([1, , 2])], [{ length: 1, 0: 'x', [Symbol.isConcatSpreadable]: true }],
            [Object.defineProperty([1], Symbol.isConcatSpreadable, { value: false })]],
        with: [[0, 'w'], [-1, 'w'], [9, 'w'], [-9, 'w'], [num, 'w'], [evil, 1], [], [Infinity]],
        toReversed: [[]],
        toSpliced: [[], [1], [1, 1], [0, 2, 'n'], [1, 0, 'n', 'o'], [-1, 5, 'n'], [num, num], [0, evil]],
        keys: [[]],
        values: [[]],
        entries: [[]],
    }",
    );
}

#[test]
fn arrays_are_made_from_anything() {
    same_told(&format!(
        "var targets = {TARGETS};
        var classes = [Array, Special, Object, undefined, function () {{ return spy([]) }}, function (n) {{ log.push('made ' + n); this.length = 3 }}, Uint8Array];
        var maps = [undefined, (v, i) => {{ log.push('map ' + show(v) + i); return [v] }}, (v, i) => {{ if (i === 1) throw new SyntaxError('x'); return i }}, String, 5, null];
        for (var c = 0; c < classes.length; c++) for (var m = 0; m < maps.length; m++) for (var t = 0; t < targets.length; t++)
            tell(c + '/' + m + '/' + t, () => Array.from.call(classes[c], targets[t](), maps[m], 'me'));
        function steps(next, more) {{ return {{ [Symbol.iterator]() {{ log.push('iterator'); return Object.assign({{ next, return() {{ log.push('return'); return {{}} }} }}, more) }} }} }}
        var n = 0;
        var iterables = [steps(() => ({{ done: n++ % 4 === 3, value: n }})), steps(() => 5), steps(5), steps(() => {{ throw new URIError('x') }}),
            steps(() => ({{ get done() {{ throw new URIError('x') }} }})), steps(() => ({{ get value() {{ throw new URIError('x') }} }})),
            steps(() => ({{ done: n++ % 4 === 3, value: n }}), {{ get return() {{ throw new URIError('y') }} }}),
            {{ [Symbol.iterator]: 5 }}, {{ [Symbol.iterator]() {{ return 5 }} }}, {{ [Symbol.iterator]: null, length: 2, 1: 'x' }}, new Map([[1, 2]]), new Set('ab'), 'a\\ud83d\\ude00b'];
        for (var i = 0; i < iterables.length; i++) for (var m = 0; m < maps.length; m++) for (var c = 0; c < classes.length; c++) {{
            n = 0;
            tell(c + '/' + m + '/i' + i, () => Array.from.call(classes[c], iterables[i], maps[m]));
        }}"
    ));
}

#[test]
fn iterators_step_as_the_standard_says() {
    same_told(&format!(
        "var targets = {TARGETS};
        for (var t = 0; t < targets.length; t++) for (var m of ['values', 'keys', 'entries'])
            tell(m + t, () => {{
                const it = Array.prototype[m].call(targets[t]());
                return [it[Symbol.toStringTag], it.next(), it.next(), it.next(), it.next(), it.next(), [...it], it[Symbol.iterator]() === it];
            }});
        tell('same', () => [Array.prototype.values === Array.prototype[Symbol.iterator], Array.prototype.values.name, Array.prototype.keys.length,
            String.prototype[Symbol.iterator].name, String.prototype[Symbol.iterator].length]);
        tell('grows', () => {{ const a = [1]; let n = 0; for (const x of a) if (n++ < 5) a.push(x + 1); return a }});
        tell('ended', () => {{ const a = [1], i = a.values(); i.next(); i.next(); a.push(2); return i.next() }});
        tell('text', () => ['a\\ud83d\\ude00\\ud83db', '', 'x'].map((s) => [...s]));
        tell('text', () => {{ const i = 'ab'[Symbol.iterator](); return [i.next(), i.next(), i.next(), i.next(), i[Symbol.toStringTag]] }});
        tell('text', () => [...Object('é')]);
        tell('text', () => String.prototype[Symbol.iterator].call(null));
        tell('text', () => [...String.prototype[Symbol.iterator].call(12)]);
        tell('wrong', () => [].values().next.call({{}}));
        tell('wrong', () => [].values().next.call(''[Symbol.iterator]()));
        tell('wrong', () => ''[Symbol.iterator]().next.call([].values()));
        tell('wrong', () => new Map().keys().next.call(new Set().values()));
        tell('typed', () => [...new Uint8Array([1, 2]), ...Array.prototype.entries.call(new Int8Array([1]))]);
        tell('maps', () => [...new Map([[1, 2], [3, 4]]), ...new Set([1, 2]).entries(), ...new Map([[1, 2]]).keys()]);
        tell('arguments', () => (function () {{ return [...arguments] }})(1, 2));
        tell('rest', () => {{ const [a, , ...b] = [1, 2, 3, 4]; return [a, b] }});"
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_arrays_agree(
        items in prop::collection::vec(prop_oneof![Just(String::new()), (-3i32..3).prop_map(|n| n.to_string())], 0..40),
        a in -45i32..45, b in -45i32..45, c in -45i32..45, wrap in prop::sample::select(vec!["", "spy", "Special.from"]),
    ) {
        let list = format!("{wrap}([{}])", items.join(","));
        let mut script = String::new();
        for call in [
            "fill(9, A, B)", "copyWithin(A, B, C)", "slice(A, B)", "splice(A, B, 1, 2)", "splice(A, B)", "toSpliced(A, B, 1, 2)",
            "with(A, 5)", "indexOf(C, A)", "lastIndexOf(C, A)", "includes(C, A)", "concat([C], A)", "reverse()", "toReversed()",
            "unshift(A, B)", "shift()", "map((v) => v * C)", "filter((v) => v > C)", "reduce((x, y) => x * 2 + y, A)", "flatMap((v) => [v, v])",
            "findLastIndex((v) => v === C)", "reduceRight((x, y) => x * 2 + y, A)",
        ] {
            let call = call.replace('A', &a.to_string()).replace('B', &b.to_string()).replace('C', &(c % 4).to_string());
            script.push_str(&format!("var list = {list}; tell('{}', () => list.{call}); tell('after', () => list);", call.replace('\'', "")));
        }
        same_told(&script);
    }
}

#[test]
fn dates_are_as_the_engines_where_it_knows_them() {
    same_told(
        "
        class Day extends Date { constructor(...args) { super(...args); this.own = 1 } }
        for (const args of [
            [0], ['2024-05-06T07:08:09.123Z'], ['2024-05-06'], [2024, 1], [2024, 1, 2, 3, 4, 5, 6],
            [NaN], ['soon'], [undefined], [null], [true], [new Date(5)], [new Day(6)], [Symbol.iterator], [1n],
            [{ valueOf: () => 7 }], [{ toString: () => '2024-05-06T00:00:00Z' }],
            [{ [Symbol.toPrimitive](hint) { log.push(hint); return 8 } }],
            [spy({})], [spy(new Date(9))],
        ]) {
            tell('new', () => new Date(...args).getTime());
            tell('sub', () => { const day = new Day(...args); return [day.getTime(), day instanceof Day, day.own] });
            tell('parse', () => Date.parse(args[0]));
        }
        tell('zero', () => Math.abs(new Date() - Date.now()) < 10000);
        tell('call', () => typeof Date(0));
        tell('shape', () => [Date.length, Date.name, Date.parse.length, Date.prototype.constructor === Date]);
        tell('reflect', () => Reflect.construct(Date, [3], Array) instanceof Array);
        ",
    );
}
