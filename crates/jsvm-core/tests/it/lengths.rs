//! Writing `length` by its name does the same each time.
//!
//! The engine's inline cache forgets the elements from the second time on.

use crate::transcript;

/// Runs a piece four times at one place.
fn four_times(piece: &str) -> String {
    format!(
        "(() => {{ const told = []; for (let turn = 0; turn < 4; turn++) {{ \
         const list = [1, 2, 3]; {piece}; told.push(Object.keys(list).join('')) }} \
         return told.join() }})()"
    )
}

#[test]
fn elements_behind_the_new_length_are_gone() {
    for (piece, keys) in [
        ("list.length = 1", "0"),
        ("list.length -= 2", "0"),
        ("list.length--", "01"),
        ("--list.length", "01"),
        ("let n = 1; n += --list.length", "01"),
        ("n = list\n.length /* . */ = 0; var n", ""),
        ("list /* . */ . // .\n length = 1", "0"),
        ("list.\nlength--", "01"),
        ("(list.length) = 1", "0"),
        ("[list.length] = [1]", "0"),
        ("({ a: list.length } = { a: 1 })", "0"),
        ("({ a: list.length = 2 } = {})", "01"),
        ("[...list.length] = []", ""),
        ("for (list.length of [2, 1]);", "0"),
        ("for (list.length in { 2: 0, 1: 0 });", "0"),
        ("[list][0].length &&= 1", "0"),
        ("(() => list)().length = 1", "0"),
    ] {
        let told = transcript(&[&four_times(piece)]);
        assert_eq!(told, [keys; 4].join(","), "{piece}");
    }
}

#[test]
fn what_is_no_array_and_what_fails_is_as_before() {
    insta::assert_snapshot!(transcript(&[
        "class A { constructor() { this.length = 5 } } class B extends A { cut() { super.length = 2; return this.length } } [new B().length, new B().cut()].join()",
        "let told = ''; const o = { set length(n) { told += n } }; for (const n of [1, 2, 3]) o.length = n; told",
        "'use strict'; const frozen = Object.freeze([1]); frozen.length = 0",
        "let nothing\nnothing.length = 0",
        "const list = [1]\nlist.length = -1",
        "String(function cut(list) { list.length = 0; return list . length++ })",
    ]), @r"
        5,2
        123
        TypeError: cannot set non-writable property: length
          --> a.js:1:50
        1 | 'use strict'; const frozen = Object.freeze([1]); frozen.length = 0
          |                                                  ^
            at <anonymous> (a.js:1:50)
        TypeError: cannot convert 'null' or 'undefined' to object
          --> a.js:2:1
        1 | let nothing
        2 | nothing.length = 0
          | ^
            at <anonymous> (a.js:2:1)
        RangeError: bad length for array
          --> a.js:2:1
        1 | const list = [1]
        2 | list.length = -1
          | ^
            at <anonymous> (a.js:2:1)
        function cut(list) { list.length = 0; return list . length++ }
        ");
}
