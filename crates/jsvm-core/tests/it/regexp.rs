//! Regular expressions: the standard's results, and an end to each match.
//!
//! Cases in which the engine as it comes is right are compared with it; those
//! in which it is not say what the standard wants.

use crate::{
    guards::{bare, same},
    run, vm,
};
use jsvm_core::{Execution, Limits};
use proptest::prelude::*;
use std::time::Duration;

fn told(text: &str) -> String {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    execution.start(Duration::from_secs(60));
    match run(&mut vm, text) {
        Ok(told) => told,
        Err(err) => err.name.clone(),
    }
}

/// What an `exec` returns, with all that the standard puts into it.
const SHOW: &str = "const show = r => r && JSON.stringify([[...r].map(x => x === undefined ? 'U' : x), \
    r.index, r.input, r.groups && Object.entries(r.groups), r.indices && [...r.indices].map(x => x || 'U'), \
    Object.keys(r).length]);";

fn shown(pattern: &str, subject: &str) -> String {
    format!("{SHOW} const r = {pattern}; show(r.exec({subject})) + ' ' + r.lastIndex")
}

/// Patterns and texts on which the engine is right.
const CASES: &[(&str, &str)] = &[
    ("/a/", "'cab'"),
    ("/a|ab/", "'abc'"),
    ("/((a)|(ab))((c)|(bc))/", "'abc'"),
    ("/a[a-z]{2,4}/", "'abcdefghi'"),
    ("/a[a-z]{2,4}?/", "'abcdefghi'"),
    ("/(aa|aabaac|ba|b|c)*/", "'aabaac'"),
    ("/(z)((a+)?(b+)?(c))*/", "'zaacbbbcac'"),
    ("/(a*)*/", "'b'"),
    ("/(?=(a+))/", "'baaabac'"),
    ("/(?=(a+))a*b\\1/", "'baaabac'"),
    ("/(.*?)a(?!(a+)b\\2c)\\2(.*)/", "'baaabaac'"),
    ("/(?:a*?)*?b/", "'aab'"),
    ("/(a?)*?b/", "'aab'"),
    ("/(a?){3}b/", "'aab'"),
    ("/(a*){2,3}b/", "'aab'"),
    ("/(?:(a)|(b)|(c))+/", "'abc'"),
    ("/(?:(a)|b){2,5}?c/", "'abbc'"),
    ("/^abc$/m", "'x\\nabc\\ny'"),
    ("/^abc$/", "'x\\nabc\\ny'"),
    ("/\\bfoo\\b/", "'a foo b'"),
    ("/\\Boo/", "'foo'"),
    ("/./", "'\\n'"),
    ("/./s", "'\\n'"),
    ("/[^]/", "'\\n'"),
    ("/[]/", "'a'"),
    ("/\\d+\\s\\w+/", "'x 12\\u00a0ab'"),
    ("/[\\d-x]+/", "'1-x'"),
    ("/\\cA\\c/", "'\\x01\\\\c'"),
    ("/[\\c_]/", "'\\x1f'"),
    ("/\\x41\\u0042\\103/", "'ABC'"),
    ("/\\8\\9/", "'89'"),
    ("/a{,5}/", "'a{,5}'"),
    ("/x{1/", "'x{1'"),
    ("/]/", "']'"),
    ("/\\k<a>/", "'k<a>'"),
    ("/(?<=a)b/", "'ab'"),
    ("/(?<=([ab]+)([bc]+))$/", "'abc'"),
    ("/(?<=\\1(a))b/", "'aab'"),
    ("/(?<!abc)\\w\\w\\w/", "'abcdef'"),
    ("/(?<=^(\\w{2,3}))x/", "'abcx'"),
    ("/(?<=(?:a|bc)*)d/", "'abcad'"),
    ("/(?<y>\\d{4})-(?<m>\\d\\d)/", "'on 2024-05-01'"),
    ("/(?<y>\\d{4})-(?<m>\\d\\d)/d", "'on 2024-05-01'"),
    ("/(?<a>.)\\k<a>/", "'abb'"),
    ("/(a)|b/d", "'b'"),
    ("/a/g", "'aa'"),
    ("/a/y", "'ba'"),
    ("/ÄÖ/i", "'äö'"),
    ("/[à-ý]/i", "'É'"),
    ("/ſ/iu", "'s'"),
    ("/[^x]/iu", "'X'"),
    ("/\\w/iu", "'ſ'"),
    ("/\\W/iu", "'ſ'"),
    ("/\\u{1F600}/u", "'x😀'"),
    ("/^.$/u", "'😀'"),
    ("/^.$/", "'😀'"),
    ("/^[^x]$/u", "'😀'"),
    ("/[😀-😂]+/u", "'a😁😂b'"),
    ("/\\ud83d/", "'😀'"),
    ("/\\ud83d/u", "'😀'"),
    ("/\\p{L}+/u", "'1é2'"),
    ("/\\P{L}+/u", "'é12'"),
    ("/[\\p{Lu}\\d]+/u", "'aÉ1b'"),
    ("/\\p{Script=Greek}/u", "'aα'"),
    ("/[\\w--[a-f]]+/v", "'abcxyz'"),
    ("/[\\w&&[^a-c]]+/v", "'abcxyz'"),
    ("/[\\q{abc|d|}]/v", "'abcd'"),
    ("/(?:)/", "''"),
    ("/(\\2)(\\1)/", "'a'"),
    ("/(a\\1)/", "'aa'"),
    ("/(?:(a)|\\1b)+/", "'aab'"),
    ("/(?!(a))b|\\1c/", "'c'"),
    ("/(?=a)*b/", "'ab'"),
    ("/(?:a|b)??c/", "'abc'"),
    ("/a{0}b/", "'ab'"),
    ("/(a{0,2}){2}/", "'aaa'"),
    ("/[^\\W_]+/", "'__ab__'"),
    ("/\\S+$/", "'a b\\ufeff c'"),
    ("/[a-\\d]/", "'-'"),
    ("/\\0/", "'\\0'"),
];

#[test]
fn matches_are_those_of_the_standard() {
    let cases = CASES
        .iter()
        .map(|(pattern, subject)| shown(pattern, subject));
    let cases: Vec<String> = cases.collect();
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    same(&cases);
}

#[test]
fn methods_do_the_steps_of_the_standard() {
    same(&[
        "'aXbX'.replace(/x/gi, '-')",
        "'john smith'.replace(/(\\w+)\\s(\\w+)/, '$2, $1 $$ $& $` $\\' $3 $0 $10 $01')",
        "'2024-05'.replace(/(?<y>\\d+)-(?<m>\\d+)/, '$<m>/$<y> $<z> $<m')",
        "'abc'.replace(/(b)(x)?/, (...a) => JSON.stringify(a))",
        "'abc'.replace(/(?<q>b)/, (...a) => JSON.stringify(a))",
        "'abc'.replace(/b/, () => '$&')",
        "'aaa'.replace(/a*?/g, 'x')",
        "'😀😀'.replace(/(?:)/gu, '-')",
        "'😀'.replace(/(?:)/g, '-').length",
        "'a,b;c'.split(/[,;]/)",
        "'abc'.split(/(?:)/)",
        "'abc'.split(/(b)/)",
        "''.split(/x/).length",
        "''.split(/(?:)/).length",
        "'a1b2c3'.split(/(\\d)/, 3)",
        "'ab'.split(/(a)|b/)",
        "'A<B>bold</B>and<CODE>coded</CODE>'.split(/<(\\/)?([^<>]+)>/)",
        "'aXbxc'.split(/x/i)",
        "'abcabc'.split(/c/y)",
        "'a1b22'.match(/\\d+/g)",
        "JSON.stringify('ab'.match(/b/))",
        "'a'.match(/x/g)",
        "'aaa'.match(/(?:)/g).length",
        "'abc'.match('b').index",
        "'abc'.match(undefined).length",
        "'a.c'.search('.c')",
        "'abc'.search(/c/g)",
        "const r = /c/g; r.lastIndex = 7; 'abc'.search(r) + ' ' + r.lastIndex",
        "[...'a1b2'.matchAll(/[a-z](\\d)/g)].map(m => m[1] + m.index)",
        "[...'aaa'.matchAll(/(?:)/g)].length",
        "'a'.matchAll(/a/)",
        "[...'a.b'.matchAll('.')].length",
        "const r = /a/g; r.lastIndex = 1; [...'aab'.matchAll(r)].length + ' ' + r.lastIndex",
        "Object.prototype.toString.call('a'.matchAll(/a/g))",
        "const it = 'a'.matchAll(/a/g); [it.next().done, it.next().done, it.next().done]",
        "const r = /a/g; [r.test('ba'), r.lastIndex, r.test('ba'), r.lastIndex]",
        "const r = /a/y; [r.test('ba'), r.lastIndex, (r.lastIndex = 1, r.test('ba')), r.lastIndex]",
        "const r = /a/; r.lastIndex = 5; [r.test('a'), r.lastIndex]",
        "const r = /a/g; r.lastIndex = -1; [r.test('a'), r.lastIndex]",
        "const r = /a/g; r.lastIndex = { valueOf() { return 1 } }; [r.test('aa'), r.lastIndex]",
        "const r = Object.freeze(/a/); r.test('a')",
        "const r = Object.freeze(/a/g); r.test('a')",
        "let n = 0; const r = /a/; r.exec = () => { n++; return null }; [r.test('a'), 'a'.replace(r, 'b'), n]",
        "const r = /a/; r.exec = () => 5; r.test('a')",
        "const r = /a/; r.exec = 1; r.test('a')",
        "const r = /b/; r.exec = s => ({ index: 1, 0: 'b', length: 2, 1: 'q' }); 'abc'.replace(r, '[$1]')",
        "const r = /b/g; let k = 0; r.exec = s => k++ ? null : { index: 9, 0: 'b', length: 1 }; 'abc'.replace(r, 'z')",
        "class R extends RegExp { exec(s) { const r = super.exec(s); if (r) r[0] = r[0].toUpperCase(); return r } } 'abc'.replace(new R('b'), '[$&]')",
        "class R extends RegExp {} const r = new R('a', 'g'); [r instanceof R, r instanceof RegExp, r.flags, r.source, String(r)]",
        "class R extends RegExp { static get [Symbol.species]() { return RegExp } } 'a-b'.split(new R('-'))",
        "class R extends RegExp { [Symbol.replace]() { return 'mine' } } 'a'.replace(new R('a'), 'b')",
        "RegExp.prototype.test.call({ exec: () => ({}) }, 'x')",
        "RegExp.prototype.exec.call({}, 'x')",
        "RegExp.prototype.test.call(1, 'x')",
        "RegExp.prototype[Symbol.split].call({ flags: '', constructor: undefined }, 'a')",
    ]);
}

#[test]
fn objects_are_made_as_the_standard_says() {
    same(&[
        "[RegExp.name, RegExp.length, typeof RegExp, RegExp.prototype.constructor === RegExp]",
        "Object.getOwnPropertyNames(RegExp).sort()",
        "Object.getOwnPropertyNames(RegExp.prototype).sort()",
        "Object.getOwnPropertySymbols(RegExp.prototype).map(String).sort()",
        "JSON.stringify(Object.getOwnPropertyDescriptor(RegExp, 'prototype'))",
        "JSON.stringify(Object.getOwnPropertyDescriptor(globalThis, 'RegExp'))",
        "JSON.stringify(Object.getOwnPropertyDescriptor(/a/, 'lastIndex'))",
        "Object.getOwnPropertyNames(RegExp.prototype).map(n => { const d = Object.getOwnPropertyDescriptor(RegExp.prototype, n); \
            const f = d.value || d.get; return n + ':' + f.name + ':' + f.length + ':' + d.enumerable + d.configurable })",
        "Object.prototype.toString.call(/a/)",
        "const r = /a/; r[Symbol.toStringTag] = 'X'; String(r) + Object.prototype.toString.call(r)",
        "const r = /a/g; [RegExp(r) === r, new RegExp(r) === r, RegExp(r, 'i').flags, new RegExp(r).flags]",
        "[new RegExp().source, new RegExp('').source, RegExp.prototype.source, new RegExp('a', undefined).flags]",
        "new RegExp(undefined, 'g').toString()",
        "new RegExp(null).source",
        "new RegExp('(')",
        "new RegExp('a', 'gg')",
        "new RegExp('a', 'uv')",
        "new RegExp('a', 'x')",
        "new RegExp('[b-a]')",
        "new RegExp('a{2,1}')",
        "new RegExp('*')",
        "new RegExp('\\\\', '')",
        "new RegExp('(?<a>x)(?<a>y)')",
        "new RegExp('\\\\k<b>(?<a>x)')",
        "new RegExp('{1}', 'u')",
        "new RegExp('\\\\-', 'u')",
        "new RegExp('\\\\p{Nope}', 'u')",
        "new RegExp('\\\\u{110000}', 'u')",
        "[/a/dgimsuy.flags, /a/dgimsuy.hasIndices, /a/v.unicodeSets, /a/.global, RegExp.prototype.global]",
        "Object.getOwnPropertyDescriptor(RegExp.prototype, 'global').get.call({})",
        "Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags').get.call({ global: 1, sticky: 1 })",
        "const r = /a/g; r.lastIndex = 3; r.compile('b', 'i'); [r.source, r.flags, r.lastIndex, r.test('B')]",
        "/a/.compile(/b/g, 'i')",
        "RegExp.prototype.compile.call({})",
        "RegExp.escape('a.b*c')",
        "RegExp[Symbol.species] === RegExp",
        "const a = []; for (let i = 0; i < 2; i++) a.push(/x/); a[0] === a[1]",
        "const f = () => /a/g; const r = f(); r.lastIndex = 2; f().lastIndex",
        "Reflect.construct(RegExp, ['a'], class { static get prototype() { return Array.prototype } }) instanceof Array",
        "const r = /a/; r[Symbol.match] = false; '/a/'.includes(r)",
        "'a'.includes(/a/)",
        "'a'.replaceAll(/a/, 'b')",
        "'aa'.replaceAll(/a/g, 'b')",
        "typeof /a/.exec",
        "(() => /a\"b\\\\/.source)()",
        "JSON.stringify({ a: /x/ })",
    ]);
}

#[test]
fn a_function_shows_its_literals_as_they_were_written() {
    let text = r#"String(function f(a) { return /"\/[/)]"||\\/g.test(a) || `${/a/}` })"#;
    let inner = &text["String(".len()..text.len() - 1];
    assert_eq!(told(text), inner);
}

#[test]
fn literals_stand_wherever_expressions_may() {
    for (text, wanted) in [
        ("let n = 0\nif (1) /a/.test('a') && n++\nn", "1"),
        ("const f = s => /a/.test(s); f('a')", "true"),
        ("do ; while (0) /a/.exec('a').index", "0"),
        ("function g() {} (/a/.exec('ba').index)", "1"),
        ("typeof/a/", "object"),
        ("[/a/, /b/g].map(r => r.flags).join('-')", "-g"),
        (
            "class A { x = /q/y; static y = /z/ } new A().x.flags + A.y.source",
            "yz",
        ),
        ("(() => { return/a/i })().flags", "i"),
        ("switch (1) { case/a/.exec('a').length: 'one' }", "one"),
        ("`${/[`]/.test('`')}`", "true"),
        ("for (const c of [/./g.exec('x')]) c[0]", "x"),
        ("new /a/.constructor('b').source", "b"),
        ("/a/?.source", "a"),
        ("delete /a/.x", "true"),
        ("((a = /d/) => a.source)()", "d"),
        ("/=/.test('=')", "true"),
        ("1 / 2 / 1", "0.5"),
        ("({ r: /x/ }).r.source", "x"),
        ("void /a/, 3", "3"),
    ] {
        assert_eq!(told(text), wanted, "{text}");
    }
}

#[test]
fn what_the_engine_gets_wrong_is_as_the_standard_says() {
    for (text, wanted) in [
        // The source can stand between slashes again, and means the same.
        ("/\\//.source", "\\/"),
        ("/[/]/.source", "[/]"),
        ("new RegExp('/').source", "\\/"),
        ("new RegExp('\\n').source", "\\n"),
        ("new RegExp('\\\\\\n').source", "\\n"),
        (
            "eval; const r = new RegExp('a/b\\n'); new RegExp(r.source).test('a/b\\n')",
            "true",
        ),
        ("/(?:a*?)*?b/.exec('aab')[0]", "aab"),
        ("/(?<a>x)|(?<a>y)/.exec('y').groups.a", "y"),
        (
            "/(?i:a)b/.test('Ab') + ' ' + /(?i:a)b/.test('AB')",
            "true false",
        ),
        ("new RegExp('(?<𝒜>.)').exec('a').groups['𝒜']", "a"),
        (
            "/[\\c_]/.test('\x1f') + ' ' + /[\\c*]/.exec('c') + ' ' + /[\\cA]/.test('\x01')",
            "true c true",
        ),
        (
            "/ſ/i.test('s') + ' ' + /s/i.test('ſ') + ' ' + /s/iu.test('ſ')",
            "false false true",
        ),
        ("/(?<\\u0061>x)/.exec('x').groups.a", "x"),
    ] {
        assert_eq!(told(text), wanted, "{text}");
    }
}

/// Patterns that never come back where nobody counts.
const HOSTILE: &[&str] = &[
    "/^(a|a)*b$/.test('a'.repeat(5000))",
    "/^(a+)+$/.test('a'.repeat(5000) + '!')",
    "/(.*)*x/.test('a'.repeat(5000))",
    "/(a*)*b/.test('a'.repeat(5000))",
    "/((a?)*)*b/.test('a'.repeat(5000))",
    "/(a|b|ab)*c/.test('ab'.repeat(5000))",
    "/(\\w+\\s?)+$/.test('a'.repeat(5000) + '!')",
    "/a*b/.test('a'.repeat(100000))",
    "/(?:a{1,3}){1,20}$/.test('a'.repeat(50000) + 'b')",
    "/x*x*x*x*y/.test('x'.repeat(20000))",
    "/(?=x)(x+x+)+y/.test('x'.repeat(5000))",
];

#[test]
fn what_can_be_matched_in_linear_time_is() {
    let limits = Limits {
        regexp_steps: 20_000,
        ..Limits::default()
    };
    for text in HOSTILE {
        let execution = Execution::new(limits);
        let mut vm = vm(&execution);
        execution.start(Duration::from_secs(600));
        let told = run(&mut vm, text).map_err(|err| err.report());
        let has_look = text.contains("(?=");
        if has_look {
            assert!(told.is_err(), "{text}");
        } else {
            assert_eq!(told.as_deref(), Ok("false"), "{text}");
        }
    }
}

/// Patterns that nothing makes linear.
const UNBOUNDED: &[&str] = &[
    "/^(a+)+\\1b$/.test('a'.repeat(60))",
    "/^(.*?)(.*?)(.*?)(.*?)(.*?)(.*?)(.*?)(.*?)\\1\\2\\3\\4\\5\\6\\7\\8x$/.test('ab'.repeat(100))",
    "/^((((a{0,100}){0,100}){0,100}){0,100}){0,100}$/.test('a'.repeat(60) + 'b')",
    "/(?=(a+)+$)x|a/.test('a'.repeat(60) + 'b')",
    "/(?<=^c(a+)+)b/.test('a'.repeat(60) + 'b')",
    "/(?:){4000000000}x/.test('')",
    "'a'.repeat(60).match(/^(a+)+\\1b$/g)",
    "'a'.repeat(60).replace(/^(a+)+\\1b$/g, '')",
    "'a'.repeat(60).search(/^(a+)+\\1b$/)",
    "'a'.repeat(60).split(/(?:a|(a+)+)+\\1b$/)",
    "[...'a'.repeat(60).matchAll(/^(a+)+\\1b$/g)]",
    "'a'.repeat(60).match('^(a+)+\\\\1b$')",
    "delete RegExp.prototype.exec; /^(a+)+\\1b$/.test('a'.repeat(60))",
    "{ const r = /^(a+)+\\1b$/; r.exec = 1; 'a'.repeat(60).replace(r, '') }",
    "{ const r = /^(a+)+\\1b$/; r.exec = undefined; [...'a'.repeat(60).matchAll(/a/g)]; r.test('a'.repeat(60)) }",
    "try { /^(a+)+\\1b$/.test('a'.repeat(60)) } catch { 'caught' }",
];

#[test]
fn what_takes_too_many_steps_ends() {
    let limits = Limits {
        regexp_steps: 300_000,
        ..Limits::default()
    };
    let execution = Execution::new(limits);
    let mut vm = vm(&execution);
    for text in UNBOUNDED {
        execution.start(Duration::from_secs(600));
        let err = run(&mut vm, text).expect_err(text);
        let limit = err.limit.map(|limit| limit.as_str());
        assert_eq!(limit, Some("regexp-steps"), "{text}: {err:?}");
        // The next execution of the same VM finds nothing of it.
        execution.start(Duration::from_secs(600));
        let next = run(&mut vm, "/(a)b/.test('ab')");
        assert_eq!(next.as_deref(), Ok("true"), "{text}");
    }
}

#[test]
fn a_match_asks_for_time_and_memory() {
    for (text, limit) in [
        ("stop(); /^(a+)+\\1b$/.test('a'.repeat(60))", "timeout"),
        ("stop(); /(?:a|b|ab)*c/.test('ab'.repeat(1e6))", "timeout"),
        ("stop(); 'ab'.repeat(1e6).replace(/a/g, 'b')", "timeout"),
        ("stop(); /x/.test('a'.repeat(3e7))", "timeout"),
        ("'a'.repeat(1e5).replace(/a/g, \"$'\")", "string-length"),
        ("/(?:(a)|b)*\\1c/.test('a'.repeat(2e7))", "memory"),
        (
            "'a'.split({ [Symbol.split]: RegExp.prototype[Symbol.split], flags: '', constructor: \
              { [Symbol.species]: function () { return { exec() { this.lastIndex = 1; return { length: 2 ** 53 } } } } } })",
            "array-length",
        ),
    ] {
        let limits = Limits {
            memory: 64 << 20,
            array_length: 1000,
            regexp_steps: u64::MAX,
            ..Limits::default()
        };
        let execution = Execution::new(limits);
        let mut vm = vm(&execution);
        execution.start(Duration::from_secs(600));
        let err = run(&mut vm, text).expect_err(text);
        assert_eq!(
            err.limit.map(|limit| limit.as_str()),
            Some(limit),
            "{text}: {err:?}"
        );
    }
}

#[test]
fn patterns_that_are_too_much_are_refused() {
    for text in [
        "new RegExp('('.repeat(1e5) + ')'.repeat(1e5))",
        "new RegExp('['.repeat(1e5) + ']'.repeat(1e5), 'v')",
        "new RegExp('a'.repeat(1e6))",
        "new RegExp('[' + '\\\\p{L}'.repeat(1e5) + ']', 'u')",
        "new RegExp('\\\\p{L}'.repeat(1e5), 'u')",
        "'a'.match('('.repeat(1e5))",
    ] {
        assert_eq!(told(text), "SyntaxError", "{text}");
    }
    let many = "new RegExp(Array.from({ length: 5000 }, (_, i) => 'w' + i).join('|')).test('zzw7')";
    assert_eq!(told(many), "true");
}

/// The text of some pattern.
fn any_pattern() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "a", "b", "A", "1", " ", "é", "😀", "\\ud83d", "\\ude00", ".", "\\w", "\\W", "\\d", "\\s",
        "\\S", "\\b", "\\B", "^", "$", "[ab]", "[^a]", "[a-c1-3]", "[^\\w]", "[é-ú]", "[😀b]",
        "\\1", "\\2", "", "\\n", "[]", "[^]",
    ]);
    let leaf = atom.prop_map(str::to_owned);
    leaf.prop_recursive(4, 16, 4, |inner| {
        let quantifier = prop::sample::select(vec![
            "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{1,2}?", "{0}",
        ]);
        let open = prop::sample::select(vec!["(", "(?:", "(?=", "(?!", "(?<=", "(?<!"]);
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            2 => (open, inner.clone()).prop_map(|(open, inner)| format!("{open}{inner})")),
            3 => (inner, prop::sample::select(vec!["(", "(?:"]), quantifier)
                .prop_map(|(inner, open, quantifier)| format!("{open}{inner}){quantifier}")),
        ]
    })
}

/// Texts in which such patterns may match.
fn any_subject() -> impl Strategy<Value = String> {
    let parts = vec![
        "a", "b", "A", "1", " ", "é", "É", "😀", "\\ud83d", "\\ude00", "\\n", "_",
    ];
    prop::collection::vec(prop::sample::select(parts), 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matches_agree_with_the_engine(
        pattern in any_pattern(),
        flags in prop::sample::select(vec!["", "i", "m", "s", "u", "iu", "g", "y", "d", "gu", "imsu", "dg"]),
        subjects in prop::collection::vec(any_subject(), 4),
    ) {
        let subjects: Vec<String> = subjects.iter().map(|subject| format!("'{subject}'")).collect();
        let text = format!(
            "{SHOW} const r = new RegExp({}, '{flags}'); [{}].map(s => show(r.exec(s)) + r.lastIndex \
                + r.test(s) + JSON.stringify([s.match(r), s.search(r), s.replace(r, '[$&$1]'), s.split(r)])).join()",
            serde_json::Value::from(pattern),
            subjects.join(","),
        );
        prop_assert_eq!(told(&text), bare(&text), "{}", text);
    }
}
