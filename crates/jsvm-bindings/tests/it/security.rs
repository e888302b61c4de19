//! `$security`, as scripts use it.

use crate::world::World;
use jsvm_bindings::http::Request;

/// What an expression is, told by a handler.
fn told(expression: &str) -> String {
    let world = World::new(&format!(
        "routerAdd('GET', '/', (e) => {{
            try {{ return e.json(200, {expression}) }} catch (err) {{ return e.string(200, err.name + ': ' + err.message) }}
        }})"
    ));
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    let response = world.send(Request::default()).unwrap();
    String::from_utf8(response.body).unwrap().trim().to_owned()
}

#[test]
fn digests_and_signatures() {
    for (expression, wanted) in [
        (
            "$security.md5('123')",
            "\"202cb962ac59075b964b07152d234b70\"",
        ),
        (
            "$security.sha256('123')",
            "\"a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3\"",
        ),
        (
            "$security.hs256('hello', 'test')",
            "\"f151ea24bda91a18e89b8bb5793ef324b2a02133cce15a28a719acbd2e58a986\"",
        ),
        (
            "$security.sha512(5).length + $security.hs512('a', 'b').length",
            "256",
        ),
        (
            "[$security.equal('abc', 'abc'), $security.equal('abc', 'abcd')]",
            "[true,false]",
        ),
    ] {
        assert_eq!(told(expression), wanted, "{expression}");
    }
}

#[test]
fn random_text_has_the_length_that_was_asked_for() {
    for (expression, wanted) in [
        ("$security.randomString(6).length", "6"),
        ("$security.pseudorandomString(0).length", "0"),
        ("$security.randomStringWithAlphabet(7, 'a')", "\"aaaaaaa\""),
        ("$security.pseudorandomStringWithAlphabet(2, 'b')", "\"bb\""),
        (
            "/^[A-Z]{3}-\\d{2}$/.test($security.randomStringByRegex('[A-Z]{3}-\\\\d{2}'))",
            "true",
        ),
        (
            "$security.randomStringByRegex('x{30}', 1).toLowerCase()",
            "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
        ),
        (
            "$security.randomString(-1)",
            "GoError: the length -1 of a random text is not between 0 and 1048576",
        ),
        (
            "$security.randomStringWithAlphabet(1, '')",
            "GoError: a random text needs an alphabet, such as \"abc\"",
        ),
        (
            "$security.randomStringByRegex('^a')",
            "GoError: the pattern holds an anchor or a boundary, which stands for no text; leave it out",
        ),
    ] {
        assert_eq!(told(expression), wanted, "{expression}");
    }
}

#[test]
fn tokens_are_made_and_read() {
    for (expression, wanted) in [
        (
            "$security.parseJWT($security.createJWT({ exp: 4524633600, a: { b: 1 } }, 'key', 1), 'key')",
            r#"{"a":{"b":1},"exp":4524633600}"#,
        ),
        (
            "Object.keys($security.parseUnverifiedJWT($security.createJWT({ id: 'x' }, 'key', 60)))",
            r#"["exp","id"]"#,
        ),
        (
            "$security.parseJWT($security.createJWT({}, 'key', 60), 'other')",
            "GoError: token signature is invalid: signature is invalid",
        ),
        (
            "$security.parseUnverifiedJWT($security.createJWT({}, 'key', -1))",
            "GoError: token is expired",
        ),
        (
            "$security.parseUnverifiedJWT('x')",
            "GoError: token is malformed: token contains an invalid number of segments",
        ),
    ] {
        assert_eq!(told(expression), wanted, "{expression}");
    }
}

#[test]
fn text_is_encrypted_and_decrypted() {
    let key = "'0123456789abcdef0123456789abcdef'";
    for (expression, wanted) in [
        (
            format!("$security.decrypt($security.encrypt('hällo', {key}), {key})"),
            "\"hällo\"",
        ),
        (
            format!("$security.decrypt('AAAA', {key})"),
            "GoError: the encrypted text is too short",
        ),
        (
            "$security.encrypt('x', 'short')".into(),
            "GoError: crypto/aes: invalid key size 5; use a key of 32 characters",
        ),
    ] {
        assert_eq!(told(&expression), wanted, "{expression}");
    }
}
