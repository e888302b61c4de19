//! Long chains of objects: where they end, and that short ones are as the
//! standard says.

use crate::{builtins::same_told, run, vm};
use jsvm_core::{Execution, Limits, STACK_SIZE};
use std::time::Duration;

/// On a stack as workers have it.
fn ends(text: &'static str) -> String {
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    let told = thread.spawn(move || {
        let execution = Execution::new(Limits::default());
        let mut vm = vm(&execution);
        execution.start(Duration::from_secs(600));
        match run(&mut vm, text) {
            Ok(value) => value,
            Err(err) => err.limit.map_or(err.headline(), |hit| hit.as_str().into()),
        }
    });
    told.unwrap().join().unwrap()
}

#[test]
fn chains_of_proxies_end() {
    for text in [
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy({}, p); p.x",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = Proxy.revocable(p, {}).proxy; 'x' in p",
        "let p = () => 1; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p()",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(Object.create(p), {}); p.x = 1",
        "let p = {}; for (let i = 0; i < 1e5; i++) p = Object.create(new Proxy({ __proto__: p }, {})); p.x",
        "let p = {}; for (let i = 0; i < 1e5; i++) { const t = {}, q = new Proxy(t, {}); Object.setPrototypeOf(t, p); p = q } p.x",
        "let p = {}; for (let i = 0; i < 1e5; i++) { const t = {}, q = new Proxy(t, {}); Reflect.setPrototypeOf(t, p); p = q } p.x",
        "let p = {}; for (let i = 0; i < 1e5; i++) { const t = {}, q = new Proxy(t, {}); t.__proto__ = p; p = q } p.x",
    ] {
        assert_eq!(ends(text), "recursion", "{text}");
    }
}

#[test]
fn no_prototype_leads_back_through_a_proxy() {
    let told = "TypeError: a prototype must not lead back to its object through a proxy";
    for text in [
        "const t = {}, p = new Proxy(t, {}); Object.setPrototypeOf(t, p); p.x",
        "const t = {}, p = new Proxy(t, {}); Reflect.setPrototypeOf(t, p); 'x' in p",
        "const t = {}, p = new Proxy(t, {}); t.__proto__ = p; p.x = 1",
        "const h = {}, p = new Proxy({}, h); h.__proto__ = p; p.x",
        "const t = {}, p = new Proxy(new Proxy(t, {}), {}); t.__proto__ = { __proto__: p }; p.x",
        "const t = {}, p = new Proxy({ __proto__: t }, {}); t.__proto__ = p; p.x",
        "const t = {}, { proxy: p } = Proxy.revocable(t, {}); t.__proto__ = p; p.x",
        "const a = {}, b = {}, p = new Proxy(a, {}), q = new Proxy(b, {}); a.__proto__ = q; b.__proto__ = p; p.x",
        "const t = function () {}, p = new Proxy(t, {}); class A extends t {} Object.setPrototypeOf(t, p); A.x",
        "const t = {}, p = new Proxy(t, Reflect); t.__proto__ = p; p.x",
        "const p = new Proxy({}, {}); Object.setPrototypeOf(p, p); p.x",
        "const t = {}, p = new Proxy(t, {}), q = new Proxy(new Proxy(t, {}), {}); q.__proto__ = p; p.x",
    ] {
        assert_eq!(ends(text), told, "{text}");
    }
    let fine = "const p = new Proxy({ x: 1 }, {}), o = {}; o.__proto__ = p; Object.setPrototypeOf(o, p); o.x";
    assert_eq!(ends(fine), "1");
}

#[test]
fn chains_of_iterators_end() {
    for text in [
        "let i = [1].values(); for (let n = 0; n < 2e4; n++) i = i.map((x) => x); i.next()",
        "let i = [1].values(); for (let n = 0; n < 2e4; n++) i = i.take(5); [...i]",
        "let i = [1].values(); for (let n = 0; n < 2e4; n++) i = i.filter(Boolean); i.return()",
        "let i = { next() { return { done: true } } }; for (let n = 0; n < 2e4; n++) { const j = i; i = Iterator.from({ next: j.next.bind(j) }) } i.next()",
    ] {
        assert_eq!(ends(text), "recursion", "{text}");
    }
}

/// Nothing ends these before they are too long for a smaller stack.
#[test]
fn the_stack_bears_chains_of_prototypes() {
    for text in [
        "let p = {}; for (let i = 0; i < 2e5; i++) p = Object.create(p); p.x",
        "let p = {}; for (let i = 0; i < 2e5; i++) p = Object.create(p); p.x = undefined",
        "let p = {}, F = function () {}; for (let i = 0; i < 2e5; i++) { F.prototype = p; p = new F() } p.x",
    ] {
        assert_eq!(ends(text), "undefined", "{text}");
    }
}

#[test]
fn short_chains_are_as_the_standard_says() {
    same_told(
        "tell('facts', () => [Proxy.name, Proxy.length, typeof Proxy.prototype, Object.getOwnPropertyNames(Proxy).sort(), Proxy.revocable.length]);
        for (const args of [[], [{}], [{}, 5], [5, {}], [{}, {}], [() => 1, {}]]) {
            tell('plain', () => Proxy(...args));
            tell('new', () => new Proxy(...args));
            tell('revocable', () => Proxy.revocable(...args));
        }
        tell('call', () => new Proxy((a) => a + 1, {})(1));
        tell('new', () => new (new Proxy(class { x = 1 }, {}))());
        tell('nested', () => spy(spy({ a: 1 })).a);
        tell('array', () => Array.isArray(new Proxy([], {})));
        tell('revoked', () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy.x });
        tell('extends', () => new (class extends Proxy { constructor() { super({ y: 2 }, {}) } })().y);
        const fields = Object.getOwnPropertyDescriptor(Object.prototype, '__proto__');
        tell('setter', () => [fields.set.name, fields.set.length, fields.get.name, fields.enumerable, fields.configurable]);
        for (const proto of [{ z: 3 }, null, 5, spy({ z: 4 })]) {
            tell('proto', () => { const o = {}; o.__proto__ = proto; return o.z });
            tell('set', () => Object.setPrototypeOf({}, proto).z);
            tell('reflect', () => Reflect.setPrototypeOf({}, proto));
        }
        tell('setter', () => fields.set.call(undefined, {}));
        tell('helpers', () => [1, 2, 3].values().map((x) => x * 2).filter((x) => x > 2).take(1).toArray());
        tell('wrapped', () => Iterator.from({ next() { return { done: false, value: 7 } } }).next().value);
        tell('names', () => { const p = Object.getPrototypeOf([].values().map(Boolean)); return [p.next.name, p.next.length, p.return.name] });",
    );
}

#[test]
fn large_numbers_are_converted_up_to_a_bound() {
    assert_eq!(
        ends("BigInt('7'.repeat(1e6))"),
        "RangeError: Maximum BigInt size exceeded"
    );
    assert_eq!(
        ends("(2n ** 10000000n).toString()"),
        "RangeError: Maximum BigInt size exceeded"
    );
    same_told(
        "for (const v of [undefined, 5, 5.5, '12', ' 0xff ', 'x', true, 7n, [8], {}, Symbol(), null, '9'.repeat(500)]) {
            tell('of', () => BigInt(v));
            tell('new', () => new BigInt(v));
            for (const radix of [undefined, 2, 36, 1, '16']) tell('text', () => BigInt(v).toString(radix));
        }
        tell('boxed', () => Object(5n).toString(2));
        tell('wrong', () => BigInt.prototype.toString.call(5));
        tell('wrong', () => BigInt.prototype.toString.call({}));
        tell('local', () => 123456n.toLocaleString());
        tell('facts', () => [BigInt.name, BigInt.length, BigInt.asIntN(3, 25n), BigInt.asUintN(3, 25n), 5n.constructor === BigInt, Object.getOwnPropertyNames(BigInt).sort()]);
        for (const f of [undefined, '', 'a', 'ab', 5, '€x', Symbol()]) for (const n of [0, -1, 2, 3, 4, 9, 1.5, NaN, '6']) for (const s of ['', 'xyz', '€', 5])
            tell('pad', () => [String.prototype.padStart.call(s, n, f), String.prototype.padEnd.call(s, n, f), String.prototype.repeat.call(s, n)]);",
    );
}
