//! What is told of which text, and what is not.

use super::*;
use crate::hooks::HookSet;

/// Findings in files `a.pb.js`, `b.pb.js` and so on, one a line.
fn told(texts: &[&str]) -> String {
    let files: Vec<Source> = ('a'..)
        .zip(texts)
        .map(|(name, text)| Source::new(format!("{name}.pb.js"), *text))
        .collect();
    let findings = lint(&files, &HookSet::default());
    let lines = findings
        .iter()
        .map(|it| format!("{} {}\n", it.position, it.message));
    lines.collect()
}

/// Nothing is told of any of these.
fn check_silence(texts: &[&str]) {
    for text in texts {
        assert_eq!(told(&[text]), "", "{text}");
    }
}

#[test]
fn a_variable_outside_of_its_handler_is_told_with_its_cures() {
    let text = "const limit = 10;\n\nonRecordCreate((e) => {\n    if (e.record.getInt('n') > limit) {\n        throw 1;\n    }\n    e.next();\n});\n";
    let findings = lint(&[Source::new("a.pb.js", text)], &HookSet::default());
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    insta::assert_snapshot!(finding.report("warning"), @r"
        warning: this onRecordCreate handler cannot see the variable `limit` [outside-variable]
          --> a.pb.js:4:32
        2 | 
        3 | onRecordCreate((e) => {
        4 |     if (e.record.getInt('n') > limit) {
          |                                ^
          = `limit` is defined at a.pb.js:1:7, and a handler runs in other VMs than its file
          = cure: move `limit` into the handler
          = cure: put `limit` into a module, and `require` that inside of the handler
        ");
}

#[test]
fn every_kind_of_declaration_and_registration_is_seen() {
    let text = "
const a = 1; let b; var c; function d() {} class f {} const { g, h: [i] } = {};
onBootstrap(function (e) { e.next(); return [a, b]; });
routerAdd('GET', '/', (e) => e.json(200, c), (e) => { d(); return e.next(); });
routerUse((e) => { new f(); return e.next() }, new Middleware((e) => { g; return e.next() }));
cronAdd('x', '* * * * *', () => `${i}`);
onRecordCreate((e) => { b = 1; b++; e.next() });
function make(name, list) { onRecordDelete((e) => { name; e.next() }); for (const n of list) onTerminate((e) => { n; e.next() }) }
const handler = (e) => { a; e.next() };
onRecordUpdate(handler, 'posts'); onModelUpdate(handler);
onRecordValidate(named);
async function named(e) { await d(); e.next() }
routerAdd('GET', '/cron', (e) => { const local = 1; cronAdd('y', '* * * * *', () => local + a); return e.json(200, 1) });
";
    insta::assert_snapshot!(told(&[text]), @r"
        a.pb.js:3:46 this onBootstrap handler cannot see the variable `a`
        a.pb.js:3:49 this onBootstrap handler cannot see the variable `b`
        a.pb.js:4:42 this route handler cannot see the variable `c`
        a.pb.js:4:55 this middleware cannot see the variable `d`
        a.pb.js:5:24 this middleware cannot see the variable `f`
        a.pb.js:5:72 this middleware cannot see the variable `g`
        a.pb.js:6:36 this cron handler cannot see the variable `i`
        a.pb.js:7:25 this onRecordCreate handler cannot see the variable `b`
        a.pb.js:8:53 this onRecordDelete handler cannot see the variable `name`
        a.pb.js:8:115 this onTerminate handler cannot see the variable `n`
        a.pb.js:9:26 this onModelUpdate handler cannot see the variable `a`
        a.pb.js:12:33 this onRecordValidate handler cannot see the variable `d`
        a.pb.js:13:85 this cron handler cannot see the variable `local`
        a.pb.js:13:93 this route handler cannot see the variable `a`
        ");
}

#[test]
fn the_files_are_one_scope_while_they_are_loaded() {
    let texts = [
        "const helper = () => 1;",
        "onTerminate((e) => { helper(); helper(); e.next() })",
    ];
    insta::assert_snapshot!(told(&texts), @"b.pb.js:1:22 this onTerminate handler cannot see the variable `helper`");
}

#[test]
fn what_a_handler_has_is_not_told() {
    check_silence(&[
        // Its own: shadowing, hoisting, parameters, patterns, names, closures.
        "const x = 1; onTerminate((e) => { const x = 2; e.next(x) })",
        "const x = 1; onTerminate((e) => { use(); e.next(); function use() { return y } var y })",
        "const x = 1; routerUse(function (x) { return x.next() })",
        "const a = 1, b = 2; onTerminate((e) => { const { a, c: [b = a] } = e; e.next(b) })",
        "const x = 1; onTerminate((e) => { [1].map((x) => x); e.next() })",
        "const f = 1; onTerminate(function f(e) { if (0) f(e); e.next() })",
        "function f(e) { if (0) f(e); e.next() } onTerminate(f)",
        "const err = 1; onTerminate((e) => { try { e.next() } catch (err) { throw err } })",
        "const x = 1; onTerminate((e) => { for (const x of [1]) { x } e.next() })",
        "class A {} onTerminate((e) => { class A { x = 1; #y = A; z() { return this.#y } } new A(); e.next() })",
        "const x = 1; onTerminate((e, x = e) => { e.next(x) })",
        // No variables: labels, properties, keys, members, texts.
        "const x = 1; onTerminate((e) => { x: for (;;) { break x } e.next() })",
        "const x = 1; onTerminate((e) => { e.x = { x: 1, 'y': 2, x() {} }.x; e.next() })",
        "const x = 1; onTerminate((e) => { class B { x = 1; static x() {} get y() { return this.x } } e.next(`x ${B} x`) })",
        // Asked for, or made global on purpose.
        "const x = 1; onTerminate((e) => { if (typeof x !== 'undefined') x; e.next() })",
        "onTerminate((e) => { globalThis.x = 1; e.next(x) }); var x",
        "globalThis.tool = () => 1; onTerminate((e) => { tool(); e.next() })",
        // Globals of the language and of the API.
        "const Map = 1; onTerminate((e) => { new Map(); JSON.stringify(undefined); e.next() })",
        "const toString = 1; routerAdd('GET', '/', (e) => e.json(200, toString(e.request.body)))",
        "onTerminate((e) => { const u = require(`${__hooks}/u.js`); u($app, $os, $security); e.next() })",
        // No handlers.
        "const x = 1; [1].forEach(() => x); (() => x)(); $app.onServe().bindFunc((e) => { x; e.next() })",
        "const x = 1; migrate((app) => { app.save(x) })",
        "const x = 1; const onRecordCreate = (f) => f(); onRecordCreate((e) => { x; e.next() })",
        // No JavaScript: loading tells.
        "const x = 1; onTerminate((e) => { x",
    ]);
}
