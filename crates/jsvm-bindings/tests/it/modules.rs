//! `require`, and the built-in modules.

use crate::world::{Files, World};
use jsvm_bindings::Error;
use serde_json::json;
use std::{sync::Arc, time::Duration};

fn load(hooks: &str, files: &[(&str, &str)]) -> (World, Arc<Files>) {
    let files = Files::new(files);
    let world = World::with_modules(hooks, &files, Duration::from_secs(60));
    (world, files)
}

/// What a hook file prints while it is loaded.
fn printed(hooks: &str, files: &[(&str, &str)]) -> String {
    let (world, _) = load(hooks, files);
    assert!(world.loaded.is_empty(), "{}", world.loaded.join("\n"));
    world.printed().join("\n")
}

#[test]
fn ids_are_resolved_as_node_resolves_them() {
    let told = printed(
        r#"
        for (const id of [
            `${__hooks}/a.js`, `${__hooks}/a`, "./hooks/a", "/app/hooks/../hooks/./a.js", "./hooks/data",
            "./hooks/dir", "./hooks/dir/", "./hooks/main", "./hooks/main/lib", "pad", "pad/deep/one", "@scope/pkg", "dot.js",
        ]) console.log(id, JSON.stringify(require(id)))
        "#,
        &[
            ("hooks/a.js", "module.exports = 'a'"),
            ("hooks/data.json", r#"{ "b": 1, "a": [2] }"#),
            ("hooks/dir/index.js", "module.exports = 'dir'"),
            ("hooks/main/package.json", r#"{ "main": "lib" }"#),
            ("hooks/main/lib/index.json", r#""main""#),
            ("hooks/main/index.js", "module.exports = 'not me'"),
            ("node_modules/pad/package.json", r#"{ "main": "./pad.js" }"#),
            (
                "node_modules/pad/pad.js",
                "module.exports = require('./deep/one') + ' of pad'",
            ),
            (
                "node_modules/pad/deep/one.js",
                "module.exports = require('inner')",
            ),
            (
                "node_modules/pad/node_modules/inner/index.js",
                "module.exports = 'inner'",
            ),
            (
                "node_modules/@scope/pkg/index.js",
                "module.exports = 'scoped'",
            ),
            ("node_modules/dot.js/package.json", "{ broken"),
            ("node_modules/dot.js/index.js", "module.exports = 'dot'"),
        ],
    );
    insta::assert_snapshot!(told, @r#"
        /app/hooks/a.js "a"
        /app/hooks/a "a"
        ./hooks/a "a"
        /app/hooks/../hooks/./a.js "a"
        ./hooks/data {"b":1,"a":[2]}
        ./hooks/dir "dir"
        ./hooks/dir/ "dir"
        ./hooks/main "main"
        ./hooks/main/lib "main"
        pad "inner of pad"
        pad/deep/one "inner"
        @scope/pkg "scoped"
        dot.js "dot"
        "#);
}

#[test]
fn what_is_not_there_is_told_with_what_was_looked_for() {
    let told = printed(
        r#"
        for (const id of ["./no", "/app/no.js", "lodash", "fs", "node:path", "./hooks/secret.js", "", undefined, 5]) {
            try { require(id); console.log(id, "found") } catch (err) { console.log(err.name, err instanceof Error, err.message) }
        }
        "#,
        &[("hooks/secret.js", "")],
    );
    insta::assert_snapshot!(told, @r#"
        GoError true Invalid module "./no": there is no /app/no, /app/no.js, /app/no.json or /app/no/index.js
        GoError true Invalid module "/app/no.js": there is no /app/no.js, /app/no.js.js, /app/no.js.json or /app/no.js/index.js
        GoError true Invalid module "lodash": it is in no node_modules directory of /app or above; a file is required by its path, such as `${__hooks}/lodash.js`
        GoError true Invalid module "fs": of Node's own modules there are only console, process, buffer and util
        GoError true Invalid module "node:path": of Node's own modules there are only console, process, buffer and util
        GoError true scripts may not read it
        TypeError true require wants the id of a module, which is a text
        TypeError true require wants the id of a module, which is a text
        TypeError true require wants the id of a module, which is a text
        "#);
}

#[test]
fn a_vm_makes_a_module_once_and_all_of_them_read_it_once() {
    let (world, files) = load(
        r#"
        require("./hooks/count").next()
        onRecordCreate((e) => {
            console.log("outer", require("./hooks/count").next(), require("./hooks/count").next())
            e.next()
        })
        onRecordCreate((e) => {
            const count = require(`${__hooks}/count.js`)
            console.log("inner", count.next(), count === require("./hooks/../hooks/count"))
            e.next()
        })
        "#,
        &[("hooks/count.js", "let n = 0; exports.next = () => ++n")],
    );
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    for _ in 0..2 {
        world.save("posts", json!({ "title": "x" })).unwrap();
    }
    assert_eq!(
        world.printed(),
        ["outer 1 2", "inner 1 true", "outer 3 4", "inner 2 true"]
    );
    assert_eq!(files.reads("hooks/count.js"), 1);
}

#[test]
fn a_module_sees_its_surroundings() {
    let told = printed(
        r#"
        const m = require("./hooks/m")
        console.log(m.file, m.dir, m.same, m.own, m.sloppy, m.app, typeof leaked, m.args)
        console.log(require("./hooks/strict").name)
        console.log(require("./hooks/early").a, m.later().deep)
        "#,
        &[
            (
                "hooks/m.js",
                "leaked = 1\nmodule.exports = { file: __filename, dir: __dirname, same: this === exports && exports === module.exports, own: Object.keys(module).join(), sloppy: typeof leaked, app: typeof $app.save, args: arguments.length, later: () => require('./lib/deep') }",
            ),
            ("hooks/lib/deep.js", "exports.deep = 'deep'"),
            (
                "hooks/strict.js",
                "'use strict'\ntry { undeclared = 1 } catch (err) { exports.name = err.name }",
            ),
            ("hooks/early.js", "exports.a = 1; return; exports.a = 2"),
        ],
    );
    assert_eq!(
        told,
        "/app/hooks/m.js /app/hooks true exports number function number 5\nReferenceError\n1 deep"
    );
}

#[test]
fn modules_in_a_circle_see_what_is_there_so_far() {
    let told = printed(
        r#"console.log(JSON.stringify(require("./hooks/a")))"#,
        &[
            (
                "hooks/a.js",
                "exports.early = 1; const b = require('./b'); exports.seen = b.seen; exports.late = 2",
            ),
            ("hooks/b.js", "exports.seen = Object.keys(require('./a'))"),
        ],
    );
    assert_eq!(told, r#"{"early":1,"seen":["early"],"late":2}"#);
}

#[test]
fn a_module_that_throws_is_forgotten() {
    let told = printed(
        r#"
        for (let i = 0; i < 2; i++) {
            try { require("./hooks/bad") } catch (err) { console.log(err.name, err.message, err instanceof TypeError) }
        }
        console.log(require("./hooks/bad"))
        "#,
        &[(
            "hooks/bad.js",
            "globalThis.tries = (globalThis.tries || 0) + 1\nif (tries < 3) throw new TypeError('try ' + tries)\nmodule.exports = 'fine'",
        )],
    );
    assert_eq!(told, "TypeError try 1 true\nTypeError try 2 true\nfine");
}

#[test]
fn what_is_no_javascript_is_told_with_its_place() {
    let told = printed(
        r#"
        for (const id of ["syntax", "esm", "default", "closes", "data"]) {
            try { require("./hooks/" + id) } catch (err) { console.log(err.name, err.message) }
        }
        "#,
        &[
            ("hooks/syntax.js", "let a = 1\nlet b = ;"),
            ("hooks/esm.js", "\nimport a from './a'"),
            ("hooks/default.js", "export default 1"),
            ("hooks/closes.js", "}), (function () {"),
            ("hooks/data.json", "{ \"a\": }"),
        ],
    );
    insta::assert_snapshot!(told, @r"
        GoError SyntaxError: hooks/syntax.js: Line 2:9 Unexpected token
        GoError SyntaxError: hooks/esm.js: Line 2:1 `import` and `export` are not supported; use require(…) and module.exports
        GoError SyntaxError: hooks/default.js: Line 1:1 `import` and `export` are not supported; use require(…) and module.exports
        GoError SyntaxError: hooks/closes.js: Line 1:1 the module has a `}` too many
        GoError SyntaxError: hooks/data.json: unexpected character '}' in JSON at line 1, column 8
        ");
}

#[test]
fn errors_in_a_module_lead_to_its_own_line() {
    let (world, _) = load(
        r#"onRecordCreate((e) => { require("./hooks/price").of(e.record); e.next() })"#,
        &[(
            "hooks/price.js",
            "// prices\nexports.of = (record) => {\n    return record.get('price').amount.toFixed(2)\n}",
        )],
    );
    let err = world.save("posts", json!({ "title": "x" })).unwrap_err();
    let Error::Script(err) = err else {
        panic!("{err:?}");
    };
    insta::assert_snapshot!(err.report(), @r"
        TypeError: `record.get('price')` or `record.get('price').amount` is null or undefined
          --> hooks/price.js:3:32
        1 | // prices
        2 | exports.of = (record) => {
        3 |     return record.get('price').amount.toFixed(2)
          |                                ^
            at <anonymous> (hooks/price.js:3:32)
            at <anonymous> (hooks/main.pb.js:1:52)
        ");
}

#[test]
fn modules_are_metered() {
    let files = Files::new(&[
        ("hooks/top.js", "for (;;) {}"),
        ("hooks/later.js", "exports.spin = () => { while (true) {} }"),
    ]);
    for work in [
        "require('./hooks/top')",
        "require('./hooks/later').spin()",
        "Buffer.from({ length: 6e7 })",
    ] {
        let hooks = format!("routerAdd('GET', '/', (e) => {{ try {{ {work} }} catch {{}} }})");
        let world = World::with_modules(&hooks, &files, Duration::from_millis(50));
        let err = world.get("/").unwrap_err();
        assert_eq!(
            err.limit().map(|hit| hit.as_str()),
            Some("timeout"),
            "{work}"
        );
    }
}

#[test]
fn a_module_can_register_hooks_while_files_are_loaded() {
    let (world, _) = load(
        r#"require("./hooks/register").all("posts")"#,
        &[(
            "hooks/register.js",
            "exports.all = (...names) => onRecordCreate((e) => { console.log('created', e.record.get('title')); e.next() }, ...names)",
        )],
    );
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    world.save("posts", json!({ "title": "x" })).unwrap();
    assert_eq!(world.printed(), ["created x"]);
}

#[test]
fn a_chain_of_modules_has_an_end() {
    let files: Vec<_> = (0..100)
        .map(|n| {
            (
                format!("hooks/m{n}.js"),
                format!("exports.n = require('./m{}').n", n + 1),
            )
        })
        .chain([("hooks/m100.js".to_owned(), "exports.n = 'end'".to_owned())])
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let near = r#"console.log(require("./hooks/m60").n, require("./hooks/m0").n)"#;
    assert_eq!(printed(near, &files), "end end");
    let told = printed(
        r#"try { require("./hooks/m0"); console.log("no end") } catch (err) { console.log(err.message) }"#,
        &files,
    );
    assert_eq!(told, "modules require each other more than 64 deep");
}

#[test]
fn strict_hooks_have_no_modules() {
    let world = World::new(
        "for (const name of ['require', 'process', 'Buffer', '__hooks']) console.log(typeof globalThis[name]); require('util')",
    );
    assert_eq!(world.printed(), ["undefined"; 4]);
    assert!(
        world.loaded[0].starts_with("ReferenceError: require is not defined"),
        "{}",
        world.loaded[0]
    );
}

#[test]
fn built_in_modules_are_there_under_two_names() {
    let told = printed(
        r#"
        const { Buffer: B } = require("buffer")
        console.log(B === Buffer, B === require("node:buffer").Buffer)
        console.log(require("process") === process, require("node:process").env.SHOP, Object.keys(process).join(), process.env.NONE)
        console.log(Object.keys(require("util")).join(), require("node:util").format("%s has %d %j%%", "shop", "2", { a: 1 }, "rest"))
        console.log("%j", undefined, "tail", require("util").format("%j", () => 1))
        require("console").log("said by", typeof require("node:console").error)
        process.env.SHOP = "other"
        console.log(process.env.SHOP)
        process = 5
        Buffer = 6
        console.log(process, Buffer, require("process").env.SHOP)
        "#,
        &[],
    );
    assert_eq!(
        told,
        "true true\ntrue corner env undefined\nformat shop has 2 {\"a\":1}% rest\nundefined tail undefined\nsaid by function\nother\n5 6 other"
    );
}

#[test]
fn buffers_are_typed_arrays_with_encodings() {
    let told = printed(
        r#"
        const b = Buffer.from("héllo")
        const show = (...values) => console.log(values.map((value) => value instanceof Buffer ? `<${value.toString("hex")}>` : String(value)).join(" "))
        show(b.length, b instanceof Uint8Array, b instanceof Buffer, b.toString("base64"), b.toString("base64url"), b.toString("hex"), b.toString(), b.toString("utf8", 1, 3))
        show(Buffer.from("aMOpbGxv", "base64").toString(), Buffer.from("6869", "HEX"), Buffer.from([1, 256, -1, "7"]), Buffer.from(new Uint8Array([4, 5])), Buffer.from(new String("a")), Buffer.from({ length: 2, 0: 7 }))
        const memory = new Uint8Array([1, 2, 3, 4]).buffer
        const shared = Buffer.from(memory, 1, 2)
        shared[0] = 9
        show(shared, new Uint8Array(memory)[1], Buffer.from(b).equals(b), b.equals(Buffer.from("x")))
        show(Buffer.concat([Buffer.from("a"), new Uint8Array([98]), Buffer.from("cd")]), Buffer.concat([b, b], 3), Buffer.concat([], 2))
        show(Buffer.alloc(3), Buffer.alloc(5, "ab"), Buffer.alloc(2, 255), Buffer.alloc(2, "ff", "hex"), Buffer.poolSize)
        const w = Buffer.alloc(6)
        show(w.write("hé"), w.write("é", 5), w.write("zz", 3, 1), w.write("ff", 5, "hex"), w)
        show(b.slice(0, 2), b.subarray(3), b.map((x) => x + 1)[0], [...b].length, JSON.stringify(Array.from(b.slice(0, 2))))
        show(new Buffer(2), new Buffer("hi"), toString(b), typeof Buffer.isBuffer)
        for (const work of [() => Buffer.from(5), () => Buffer.from({}), () => Buffer.from({ length: 1e12 }), () => Buffer.from("a", "latin9"), () => Buffer.alloc(-1), () => Buffer.alloc(1e12), () => Buffer.alloc("3"), () => Buffer.concat(5), () => Buffer.concat([5]), () => b.write(5), () => b.write("a", 7), () => b.toString.call({})]) {
            try { work(); console.log("no error", String(work)) } catch (err) { console.log(err.name, err.message) }
        }
        "#,
        &[],
    );
    insta::assert_snapshot!(told, @r#"
        6 true true aMOpbGxv aMOpbGxv 68c3a96c6c6f héllo é
        héllo <6869> <0100ff07> <0405> <61> <0700>
        <0903> 9 true false
        <61626364> <68c3a9> <0000>
        <000000> <6162616261> <ffff> <ffff> 8192
        3 0 1 1 <68c3a97a00ff>
        <68c3> <6c6c6f> 105 6 [104,195]
        <0000> <6869> héllo undefined
        TypeError Buffer.from wants a text, bytes, an ArrayBuffer or an array
        TypeError "length" must be a number
        RangeError The value of "length" is out of range. It must be >= 0 and <= 67108864. Received 1000000000000
        TypeError Unknown encoding: latin9; utf8, hex, base64 and base64url are known
        RangeError The value of "size" is out of range. It must be >= 0 and <= 67108864. Received -1
        RangeError The value of "size" is out of range. It must be >= 0 and <= 67108864. Received 1000000000000
        TypeError "size" must be a number
        TypeError Buffer.concat wants an array of buffers
        TypeError the value must be a Buffer or a Uint8Array
        TypeError write wants a text
        RangeError The value of "offset" is out of range. It must be >= 0 and <= 6.
        TypeError the value must be a Buffer or a Uint8Array
        "#);
}

#[test]
fn numbers_in_buffers_are_read_as_they_were_written() {
    let told = printed(
        r#"
        const names = Object.getOwnPropertyNames(Buffer.prototype)
        console.log(names.length, names.filter((name) => name.startsWith("read")).length)
        for (const [name, value, more] of [
            ["Int8", -2], ["UInt8", 200], ["Uint8", 1], ["Int16BE", -2], ["Int16LE", 258], ["UInt16BE", 65535], ["Uint16LE", 258],
            ["Int32BE", -70000], ["Int32LE", 1], ["UInt32BE", 4294967295], ["UInt32LE", 16909060], ["IntBE", -3, 3], ["IntLE", 8388607, 3],
            ["UIntBE", 0x123456789a, 5], ["UintLE", 0x123456789abc, 6], ["BigInt64BE", -5n], ["BigInt64LE", 5n], ["BigUInt64BE", 18446744073709551615n], ["BigUint64LE", 1n],
            ["FloatBE", 1.5], ["FloatLE", -0.25], ["DoubleBE", Math.PI], ["DoubleLE", -0],
        ]) {
            const b = Buffer.alloc(9)
            const end = b["write" + name](value, 1, more)
            const back = b["read" + name](1, more)
            console.log(name, b.toString("hex", 1, end), end, Object.is(back, value))
        }
        const b = Buffer.alloc(4)
        for (const work of [() => b.readInt8(4), () => b.readInt32BE(1), () => b.readDoubleBE(), () => b.readInt8(0.5), () => b.readInt8("0"), () => b.readIntBE(0, 7), () => b.writeInt8(128), () => b.writeUInt16LE(-1), () => b.writeBigInt64BE(1), () => Buffer.alloc(8).writeBigInt64BE(1), () => Buffer.alloc(8).writeBigInt64BE(2n ** 63n), () => b.readInt8.call([1])]) {
            try { console.log("no error", work()) } catch (err) { console.log(err.name, err.message) }
        }
        "#,
        &[],
    );
    insta::assert_snapshot!(told, @r#"
        66 31
        Int8 fe 2 true
        UInt8 c8 2 true
        Uint8 01 2 true
        Int16BE fffe 3 true
        Int16LE 0201 3 true
        UInt16BE ffff 3 true
        Uint16LE 0201 3 true
        Int32BE fffeee90 5 true
        Int32LE 01000000 5 true
        UInt32BE ffffffff 5 true
        UInt32LE 04030201 5 true
        IntBE fffffd 4 true
        IntLE ffff7f 4 true
        UIntBE 123456789a 6 true
        UintLE bc9a78563412 7 true
        BigInt64BE fffffffffffffffb 9 true
        BigInt64LE 0500000000000000 9 true
        BigUInt64BE ffffffffffffffff 9 true
        BigUint64LE 0100000000000000 9 true
        FloatBE 3fc00000 5 true
        FloatLE 000080be 5 true
        DoubleBE 400921fb54442d18 9 true
        DoubleLE 0000000000000080 9 true
        RangeError The value of "offset" is out of range. It must be >= 0 and <= 3. Received 4
        RangeError The value of "offset" is out of range. It must be >= 0 and <= 0. Received 1
        RangeError Attempt to access memory outside buffer bounds
        RangeError The value of "offset" is out of range. It must be >= 0 and <= 3. Received 0.5
        TypeError "offset" must be a number
        RangeError The value of "byteLength" is out of range. It must be >= 1 and <= 6. Received 7
        RangeError The value of "value" is out of range. It must be >= -128 and <= 127. Received 128
        RangeError The value of "value" is out of range. It must be >= 0 and <= 65535. Received -1
        TypeError the value must be a BigInt
        TypeError the value must be a BigInt
        RangeError The value of "value" is out of range. It must be >= -9223372036854776000 and <= 9223372036854776000. Received 9223372036854776000
        TypeError this must be a Buffer
        "#);
}
