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

#[test]
fn arrays_may_change_under_their_callbacks() {
    same_told(
        r#"var changes = {
            shrink(o) { o.length = 1 },
            empty(o) { o.length = 0 },
            grow(o) { o.push('new') },
            hole(o, i) { delete o[i + 1] },
            far(o) { o[100] = 'far' },
            text(o, i) { o[i + 1] = 't' },
            half(o, i) { o[i + 1] = 0.5 },
            getter(o, i) { getter(o, i + 1, function () { log.push('got'); return this.length }) },
            freeze(o) { Object.freeze(o) },
            proto(o) { Object.setPrototypeOf(o, { 1: 'inherited', 2: 'inherited' }); delete o[1] },
        };
        var lists = [() => [1, 2, 3, 4], () => [0.5, 1.5, -0, NaN], () => ['a', null, {}, [1]], () => [1, , 3]];
        for (var m of ['forEach', 'map', 'filter', 'flatMap', 'some', 'every', 'find', 'findIndex', 'findLast', 'findLastIndex', 'reduce', 'reduceRight', 'sort', 'toSorted'])
            for (var c in changes) for (var at = 0; at < 3; at++) for (var l = 0; l < lists.length; l++) {
                var list = lists[l](), n = 0;
                tell(m + c + at + l, () => list[m]((...args) => {
                    if (m !== 'sort' && m !== 'toSorted') log.push(show(args.slice(0, 3)));
                    if (n++ === at) changes[c](list, at);
                    return m === 'every';
                }));
                tell('after', () => list);
            }"#,
    );
}

#[test]
fn a_search_or_copy_sees_what_its_arguments_change() {
    same_told(
        r#"var late = (list, change) => ({ valueOf() { log.push('late'); change(list); return 0 } });
        var changes = [(l) => { l.length = 1 }, (l) => { delete l[0] }, (l) => { l[0] = 'x' }, (l) => getter(l, 1, () => 2), (l) => { l.push(2, NaN) }];
        for (var c = 0; c < changes.length; c++) for (var m of ['indexOf', 'lastIndexOf', 'includes', 'slice', 'fill', 'splice', 'with', 'copyWithin'])
            // The engine's own splice leaves behind what was pushed meanwhile.
            for (var wanted of c === 4 && m === 'splice' ? [] : [2, NaN, -0, 'x', undefined]) {
                var list = [1, 2, 3, NaN, 0];
                tell(m + c, () => m[0] === 'i' || m[0] === 'l' || m === 'fill' ? list[m](wanted, late(list, changes[c])) : list[m](late(list, changes[c]), 3));
                tell('after', () => list);
            }
        tell('wide', () => [1, 2.5, 3].indexOf(2.5) + [1.5, NaN].indexOf(NaN) + [1.5, -0].indexOf(0) + [1, 2].indexOf(Infinity) + [1, 2].indexOf(1.5));
        tell('wide', () => [[1.5, NaN].includes(NaN), [1, 0].includes(-0), [-0.5, -0].includes(0), ['a', 'b'].includes('b', -1), [1, 2].includes('1'), [,].includes(undefined), [,].indexOf(undefined)]);"#,
    );
}

#[test]
fn numbers_on_the_prototype_are_seen_through_holes() {
    same_told(
        r#"Array.prototype[1] = 'p'; Object.prototype[2] = 'q';
        var lists = [() => [1, , , 4], () => [], () => [1, 2, 3], () => { var a = [1, 2, 3]; a.length = 5; return a }];
        for (var l = 0; l < lists.length; l++) {
            for (var m of ['map', 'filter', 'forEach', 'some', 'find', 'findLast', 'reduce', 'flatMap'])
                tell(m + l, () => lists[l]()[m]((...a) => { log.push(show(a.slice(0, 2))); return 0 }));
            for (var m of ['slice', 'concat', 'join', 'reverse', 'toReversed', 'shift', 'pop', 'flat', 'sort', 'toSorted', 'keys', 'values'])
                tell(m + l, () => { var a = lists[l](); var r = a[m](); return [r, a] });
            tell('q' + l, () => [lists[l]().indexOf('q'), lists[l]().includes('p'), lists[l]().lastIndexOf('p'), JSON.stringify(lists[l]()), Array.from(lists[l]()), [...lists[l]()]]);
        }
        delete Array.prototype[1]; delete Object.prototype[2];"#,
    );
}

#[test]
fn json_is_written_as_the_standard_says() {
    same_told(
        r#"var values = {
            plain: () => ({ a: 1, b: 'x', c: [1, 2.5, -0, NaN], d: null, e: undefined, f() {}, g: Symbol('s'), [Symbol('k')]: 1 }),
            numbers: () => ({ 2: 'b', 1: 'a', x: 1, '-1': 2, '01': 3 }),
            many: () => Object.fromEntries(Array.from({ length: 100 }, (_, i) => ['k' + i, i])),
            hidden: () => Object.defineProperty({ a: 1, c: 3 }, 'b', { value: 2 }),
            got: () => ({ a: 1, get b() { log.push('b'); delete this.c; this.d = 4; return 2 }, c: 3 }),
            late: () => ({ a: 1, get b() { Object.prototype.toJSON = function (k) { return 'late' + k }; return {} }, c: {}, d: [{}] }),
            lateArray: () => ({ get b() { Array.prototype.toJSON = function (k) { return 'late' + k }; return [] }, c: {}, d: [] }),
            told: () => ({ a: { toJSON(k) { log.push('k' + k + typeof this); return { k } } }, b: [{ toJSON: (k) => k }], c: new Date(0), toJSON: 5 }),
            nothing: () => ({ a: { toJSON() {} }, b: [{ toJSON() {} }] }),
            boxes: () => [new Number(1), new String('s'), new Boolean(false), Object(Symbol()), { v: Object('x') }],
            box: () => { var n = new Number(1); n.valueOf = () => { log.push('valueOf'); Object.prototype.toJSON = () => 'after'; return 2 }; return [n, {}] },
            holes: () => [1, , 3, undefined, () => 1],
            sparse: () => { var a = [1]; a[5] = 2; a.x = 3; return a },
            getters: () => getter([1, 2, 3, 4], 0, function () { log.push('got'); this.length = 2; return 7 }),
            classes: () => new (class A { x = 1; get y() { return 2 } })(),
            heirs: () => Object.create({ a: 1 }, { b: { value: 2, enumerable: true } }),
            bare: () => Object.assign(Object.create(null), { a: 1 }),
            special: () => Special.from([1, { a: 2 }]),
            proxies: () => [spy({ a: 1, b: { c: 2 } }), spy([1, { a: 1 }])],
            hostile: () => [new Proxy([], { get(t, k) { Object.prototype.toJSON = () => 'proxy'; return Reflect.get(t, k) } }), {}],
            map: () => [new Map([[1, 2]]), new Set([1]), /x/, new Uint8Array(2), new Error('e'), (function () { return arguments })(1, 2)],
            texts: () => ['\\\"\b\f\n\r\t\x00\x1f\x7f\x80\xff\u2028', '\ud83d\ude00', 'é' + '\u4e00', { 'a\"\u4e00': 1, 'é': 2 }],
            frozen: () => Object.freeze([Object.freeze({ a: Object.freeze([1]) })]),
            cycle: () => { var o = { a: [] }; o.a.push(o); return o },
            twice: () => { var o = { a: 1 }; return [o, o, { o }] },
            big: () => ({ a: 1n }),
            one: () => 'text', two: () => -0, three: () => undefined, four: () => Symbol(), five: () => 1e21, six: () => 123456789.125,
        };
        var spaces = [undefined, 0, 2, 20, '\t', 'long long text', '\u4e00', new Number(1), new String('-')];
        var replacers = [undefined, null, ['a', 'c', 1, '2', 'a', new String('b'), {}], [], (k, v) => { log.push('r' + k); return v },
            function (k, v) { return Array.isArray(this) ? [v] && k : v }, (k, v) => typeof v === 'number' ? { n: '' + v } : v, (k) => k === '' ? { x: { y: 1 } } : undefined, spy(['b'])];
        for (var v in values) for (var r = 0; r < replacers.length; r++) {
            for (var s = 0; s < (r ? 3 : spaces.length); s++)
                tell(v + r + s, () => JSON.stringify(values[v](), replacers[r], spaces[s]));
            delete Object.prototype.toJSON; delete Array.prototype.toJSON;
        }"#,
    );
}

#[test]
fn json_is_read_as_the_standard_says() {
    same_told(
        r#"var texts = ['{\"a\":1,\"b\":{\"a\":2},\"a\":3}', '{\"1\":1,\"0\":2,\"x\":3,\"-0\":4,\"01\":5,\"4294967295\":6}', '{\"__proto__\":1,\"length\":2,\"\":3}',
            '[]', '{}', '[[],{},[[]],[{}]]', ' [ 1 , -0 , 0 , -1 , 1.5 , 1e3 , 1E-3 , 5e-324 , 123456789 , 1234567890 , 2147483648 , -2147483648 , 12345678901234567890 , 0.1e1 ] ',
            '[\"\",\"a\",\"\\u0061\\n\\/\\\"\",\"é\",\"\u4e00\",\"a rather long text that is not kept anywhere\",\"\\ud83d\\ude00\"]',
            '[true,false,null,[true,[false,[null]]],{\"a\":[{\"b\":[1,2,{\"c\":[]}]}]}]', '\"x\"', '12', 'null'];
        var revivers = [undefined, (k, v) => { log.push(k + show(v)); return v }, (k, v) => k === 'a' ? undefined : v, function (k, v) { return Array.isArray(this) && k === '0' ? undefined : v }];
        for (var t = 0; t < texts.length; t++) for (var r = 0; r < revivers.length; r++) {
            tell(t + '/' + r, () => JSON.parse(texts[t], revivers[r]));
            tell(t + ':' + r, () => JSON.stringify(JSON.parse(texts[t] + ' '), revivers[r]));
            tell(t + ';' + r, () => JSON.parse('[\"\u4e00\",' + texts[t] + ']', revivers[r]));
        }
        for (var bad of ['', ' ', '{', '[', '[1', '[1,', '[1,]', '{\"a\"', '{\"a\":', '{\"a\":1', '{\"a\":1,', '{\"a\":1,}', '{a:1}', '[01]', '[1.]', '[.5]', '[-]', '[1e]', '[+1]', 'tru', 'nul', '[\"a', '[\"\\x\"]',
            '[\"\\u12g4\"]', '[\"\\u12', '[\"\n\"]', '1 2', '[1]]', '\u00a01', '\u4e00', '{\"\u4e00\":}', '[\"\u4e00\\', '\x000', '[1 2]', '{\"a\" 1}', '{\"a\":1 \"b\":2}', 'undefined', 'NaN'])
            tell('bad', () => JSON.parse(bad));
        var a = JSON.parse('{\"x\":1,\"y\":2}'), b = JSON.parse('{\"x\":3,\"y\":4}');
        tell('apart', () => { a.x = 5; a.z = 6; delete a.y; return [a, b, Object.getPrototypeOf(a) === Object.prototype] });"#,
    );
    // The engine refuses these two.
    assert!(
        guarded("String([JSON.parse('[1e400,-1e400]'), JSON.parse('\"\\\\ud83d\"').length])")
            .contains("Infinity,-Infinity,1")
    );
}

#[test]
fn texts_are_turned_and_found_as_the_standard_says() {
    same_told(
        r#"var texts = ['', 'abc', 'ABC', 'aBc dEf', 'é', 'É', 'ß', 'ÿ', 'İ', 'ΑΣ', '\ud83d\ude00', 'aaaaab', 'abababac', 'a\u4e00b', '$&', 'x$y'];
        for (var a = 0; a < texts.length; a++) for (var b = 0; b < texts.length; b++) {
            var t = texts[a] + texts[b], w = texts[b];
            tell(a + '/' + b, () => [t.toLowerCase(), t.toUpperCase(), t.localeCompare(w), w.localeCompare(t), t.indexOf(w), t.indexOf(w, 2), t.lastIndexOf(w), t.includes(w), t.startsWith(w), t.split(w),
                t.replace(w, '[$&$`$$]'), t.replaceAll(w, '<$\u0027>'), t.replace(w, () => '$&'), [t, w].join(w), t.replace('b', texts[a])]);
        }
        tell('text', () => [''.localeCompare(), 'a'.localeCompare('b', 'de'), 'undefined'.localeCompare(undefined), 'é'.localeCompare('\u4e00')]);
        tell('text', () => 'x'.localeCompare({ toString() { throw new EvalError('x') } }));
        tell('text', () => String.prototype.localeCompare.call(null, 'x'));
        tell('text', () => String.prototype.toLowerCase.call({ toString: () => 'ABC' }));
        tell('text', () => [String.raw`a\n${1}\u4e00${'é'}`, [1, [2, [3]], null, undefined, 'é', '\u4e00'].join('\u4e01')]);"#,
    );
}

#[test]
fn html_is_put_around_texts_as_the_standard_says() {
    same_told(
        r#"
        var names = ['anchor', 'big', 'blink', 'bold', 'fixed', 'fontcolor', 'fontsize', 'italics', 'link', 'small', 'strike', 'sub', 'sup'];
        for (const name of names) {
            for (const text of ['', 'abc', 'a"b', '\u4e00<', '\ud83d']) for (const args of [[], ['x'], ['a"b""'], ['\u4e00"'], [null], [5, 6]]) {
                tell(name, () => text[name](...args));
            }
            tell(name, () => String.prototype[name].call(null, 'x'));
            tell(name, () => String.prototype[name].call({ toString() { log.push('this'); return 't' } }, { toString() { log.push('arg'); return 'a' } }));
            tell(name, () => 'x'[name](Symbol('s')));
            tell(name, () => [String.prototype[name].length, String.prototype[name].name]);
        }"#,
    );
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

/// As PocketBase's engine writes them, which takes no locale.
#[test]
fn dates_of_a_locale_are_those_of_one() {
    insta::assert_snapshot!(guarded(
        "const day = new Date(2026, 11, 31, 23, 59, 5);
        [
            day.toLocaleString(), day.toLocaleDateString('de'), day.toLocaleTimeString(undefined, { hour: '2-digit' }),
            new Date(1999, 0, 2).toLocaleString(), new Date(NaN).toLocaleString(), Date.prototype.toLocaleString.length,
        ].join('; ')"
    ), @"12/31/2026, 23:59:05; 12/31/2026; 23:59:05; 01/02/1999, 00:00:00; Invalid Date; 0");
}
