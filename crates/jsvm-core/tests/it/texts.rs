//! Functions on texts of ours against the engine's, on short texts and on such
//! as are taken in pieces.

use crate::{builtins::same_told, guards::guarded};
use proptest::prelude::*;

/// Tells of a long text what a difference would change.
const SAMPLE: &str = "
    function sample(s) {
        if (typeof s !== 'string') return s;
        var step = Math.max(1, Math.floor(s.length / 300)), told = s.length + ':';
        for (var i = 0; i < s.length; i += step) told += s.charCodeAt(i).toString(36) + ' ';
        return told + s.slice(-40);
    }";

const THIS: &str = "['', 'a', 'abcabc', 'a\\u0301\\u0316b', 'Straße ΣΑΣ ς', '\\ud83d\\ude00x\\ud83d', '%E2%82%AC%41', '%u0041%4', ' \\t x \\ufeff',
    5, Object('boxed'), { toString() { log.push('toString'); return 'mine' } }, { toString() { throw new RangeError('x') } }, Symbol('s'), null, undefined, ['a', 'b']]";

fn every_text(calls: &str) {
    same_told(&format!(
        "var texts = {THIS};
        var num = {{ valueOf() {{ log.push('valueOf'); return 1 }} }};
        var obj = {{ toString() {{ log.push('arg'); return 'b' }} }};
        var evil = {{ toString() {{ throw new EvalError('x') }} }};
        var own = (key) => ({{ [key](...args) {{ log.push('own ' + args.map((a) => show(a))); return 'own' }}, toString: () => 'a' }});
        var by = (...args) => {{ log.push('by ' + args.map((a) => show(a))); return '$&' }};
        var calls = {calls};
        for (var m in calls) for (var c = 0; c < calls[m].length; c++) for (var t = 0; t < texts.length; t++)
            tell(m + c + '/' + t, () => String.prototype[m].apply(texts[t], calls[m][c]));"
    ));
}

#[test]
fn texts_are_found_as_the_standard_says() {
    every_text(
        "{
        indexOf: [['a'], ['bc'], ['', 3], ['a', 1], ['a', -1], ['b', Infinity], [undefined], [obj, num], [evil], ['', 99], []],
        lastIndexOf: [['a'], ['bc'], ['', 3], ['a', 1], ['a', -1], ['b', Infinity], ['a', NaN], [undefined], [obj, num], [evil], ['', 99], []],
        includes: [['a'], ['bc'], ['', 3], ['a', 1], [/a/], [{ [Symbol.match]: true }], [Object.assign(/a/, { [Symbol.match]: false })], [obj, num], [evil], []],
    }",
    );
}

#[test]
fn texts_are_split_and_replaced_as_the_standard_says() {
    every_text(
        "{
        split: [[''], ['a'], ['b', 1], ['bc', 0], ['', 2], [undefined, 5], [null], ['a', -1], [obj, num], [evil], [/b/], [own(Symbol.split), 3], [{ [Symbol.split]: 5 }], []],
        replace: [['a', 'x'], ['b', '[$&|$`|$\\'|$$|$1|$<a>|$]'], ['', 'x'], ['c', by], [obj, obj], [/b/g, 'x'], [own(Symbol.replace), 'x'], ['a', evil], ['zz', by], []],
        replaceAll: [['a', 'x'], ['b', '[$&|$`|$\\'|$$|$1|$<a>|$]'], ['', 'x'], ['bc', by], [obj, obj], [/b/g, 'x'], [/b/, 'x'], [own(Symbol.replace), 'x'], [{ [Symbol.match]: 1, flags: null }], ['a', evil], []],
    }",
    );
}

#[test]
fn texts_are_changed_as_the_standard_says() {
    every_text(
        "{
        toUpperCase: [[]], toLowerCase: [[]], toLocaleUpperCase: [[]], toLocaleLowerCase: [[]],
        trim: [[]], trimStart: [[]], trimEnd: [[]], trimLeft: [[]],
        normalize: [[], ['NFD'], ['NFKC'], ['NFKD'], ['x'], [evil], [undefined]],
        concat: [[], ['x', 5, null], [obj, obj], [evil]],
        localeCompare: [['abcabc'], ['b'], [obj], []],
        padStart: [[8, 'xy'], [num, obj]], padEnd: [[8, 'xy']], repeat: [[2], [num], [-1]],
    }",
    );
    same_told(&format!(
        "var texts = {THIS};
        for (var f of [encodeURI, encodeURIComponent, decodeURI, decodeURIComponent, escape, unescape])
            for (var t = 0; t < texts.length; t++) tell(f.name + f.length + '/' + t, () => f(texts[t]));
        tell('raw', () => String.raw`a${{1}}\\n${{2}}`);
        var seg = (s) => ({{ toString() {{ log.push('segment ' + s); return s }} }});
        tell('raw', () => String.raw({{ raw: spy({{ length: 3, 0: seg('x'), 1: seg('y'), 2: seg('z') }}) }}, seg(1), seg(2), seg(3), seg(4)));
        tell('raw', () => String.raw({{ raw: 'abc' }}, 1));
        for (var bad of [null, undefined, {{}}, {{ raw: null }}, {{ raw: {{}} }}, {{ raw: {{ length: -1 }} }}, {{ raw: [Symbol()] }}])
            tell('raw', () => String.raw(bad, 1, 2));"
    ));
}

fn same_of_long(unit: &str, other: &str) {
    let (unit, other) = (
        serde_json::Value::from(unit),
        serde_json::Value::from(other),
    );
    same_told(&format!(
        "{SAMPLE}
        var unit = {unit}, other = {other};
        var long = unit.repeat(Math.ceil(12000 / (unit.length || 1))) + other;
        var calls = {{
            upper: () => long.toUpperCase(), lower: () => long.toLowerCase(),
            nfc: () => long.normalize(), nfd: () => long.normalize('NFD'), nfkd: () => long.normalize('NFKD'),
            escape: () => escape(long), unescape: () => unescape(escape(long) + '%u00'), cut: () => unescape(long),
            encode: () => encodeURIComponent(long), uri: () => encodeURI(long),
            decode: () => decodeURIComponent(encodeURIComponent(long)), decoded: () => decodeURI(encodeURI(long) + '%4'),
            index: () => long.indexOf(other), last: () => long.lastIndexOf(unit + unit + other), has: () => long.includes(unit + other + unit),
            far: () => long.indexOf(unit + other, 9000), near: () => long.lastIndexOf(unit + unit, 5000),
            pattern: () => RegExp.escape(long), cased: () => RegExp.escape('1' + long + '\\ud83d'),
            split: () => long.split(unit + unit).length, few: () => long.split(other, 3).join('|'),
            first: () => long.replace(other, '<$&$`>'), all: () => long.replaceAll(unit + unit, '<$&>'),
        }};
        for (var name in calls) tell(name, () => sample(calls[name]()));"
    ));
}

#[test]
fn long_texts_are_cut_where_it_makes_no_difference() {
    for unit in [
        "a",
        "é",
        "Σ",
        "ΑΣ ",
        "ΑΣ.",
        "a\u{301}\u{316}",
        "\u{301}",
        "😀",
        "x😀y",
        "€",
        "%",
        "%E2%82%AC",
        "%u00e9",
        "ß",
        "İ",
        "ﬃ",
        "가\u{11a8}",
        "\u{1100}\u{1161}\u{11a8}",
        "ab",
        "aab",
    ] {
        same_of_long(unit, "Σb");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_long_texts_agree(unit in ".{1,9}", other in "[abΣ%é ]{0,4}") {
        same_of_long(&unit, &other);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_searches_agree(text in "[ab]{0,60}", wanted in "[ab]{0,6}", times in 1usize..60, from in -5i32..2000) {
        let (text, wanted) = (text.repeat(times), wanted.repeat(1 + times / 7));
        same_told(&format!(
            "var text = '{text}', wanted = '{wanted}';
            tell('index', () => text.indexOf(wanted, {from}));
            tell('last', () => text.lastIndexOf(wanted, {from}));
            tell('includes', () => text.includes(wanted, {from}));
            tell('split', () => text.split(wanted).length);
            tell('replace', () => text.replaceAll(wanted, '-').length + text.replace(wanted, '+'));"
        ));
    }
}

#[test]
fn an_index_may_be_far_away() {
    let text = "[-1e308, -Infinity, -(2 ** 63), 2 ** 63, NaN, -1, '1', undefined].map((n) => 'abc'.at(n)).join() \
                + [String.prototype.at.name, String.prototype.at.length]";
    assert_eq!(guarded(text), ",,,,a,c,b,aat,1");
}
