//! Cookies, forms with files, and other answers of the route event.

use crate::world::World;
use jsvm_bindings::http::{Request, Response};

/// The answer of a handler.
fn answer(handler: &str, request: Request) -> Response {
    let world = World::new(&format!("routerAdd('POST', '/', {handler})"));
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    world.send(request).unwrap()
}

fn body(handler: &str, request: Request) -> String {
    String::from_utf8(answer(handler, request).body).unwrap()
}

fn request(headers: &[(&str, &str)], text: &str) -> Request {
    Request {
        method: "POST".into(),
        target: "/?q=1&name=query".into(),
        headers: headers.iter().copied().collect(),
        body: text.into(),
        ..Request::default()
    }
}

#[test]
fn cookies_are_read_and_written() {
    let handler = r#"(e) => {
        const old = e.request.cookie("a")
        let none
        try { e.request.cookie("none") } catch (err) { none = err.message }
        const cookie = new Cookie({ name: "b", value: "x y", path: "/", maxAge: 60, secure: true, httpOnly: true, sameSite: 3 })
        e.setCookie(cookie)
        cookie.name = "c"
        cookie.expires = new DateTime("2030-01-02 03:04:05.000Z")
        e.setCookie(cookie)
        e.setCookie({ name: "d", value: "plain" })
        let bad
        try { e.setCookie(new Cookie({ name: "" })) } catch (err) { bad = err.message }
        return e.json(200, [
            old.value, e.request.cookies().length, e.request.cookiesNamed("a").length, none, bad,
            cookie.string() === String(cookie), cookie.sameSite, cookie.maxAge,
        ])
    }"#;
    let answer = answer(handler, request(&[("cookie", "a=1; z=2; a=3")], ""));
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(
        text.trim(),
        r#"["1",3,2,"http: named cookie not present","http: invalid Cookie.Name: \"\"",true,3,60]"#
    );
    assert_eq!(
        answer.sent_headers().values("Set-Cookie"),
        [
            "b=\"x y\"; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict",
            "c=\"x y\"; Path=/; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Max-Age=60; HttpOnly; Secure; SameSite=Strict",
            "d=plain",
        ]
    );
}

#[test]
fn files_come_with_forms() {
    let text = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAnn\r\n\
        --x\r\nContent-Disposition: form-data; name=\"doc\"; filename=\"../My File.TXT\"\r\n\r\nhello\r\n--x--\r\n";
    let handler = r#"(e) => {
        const [file] = e.findUploadedFiles("doc")
        let none
        try { e.findUploadedFiles("none") } catch (err) { none = err.message }
        return e.json(200, [
            /^my_file_[a-z0-9]{10}\.txt$/.test(file.name), file.originalName, file.size, toString(file.reader.open()), none,
            e.request.formValue("name"), e.request.postFormValue("name"), e.request.postFormValue("q"), e.requestInfo().body.name,
        ])
    }"#;
    let found = body(
        handler,
        request(&[("content-type", "multipart/form-data; boundary=x")], text),
    );
    assert_eq!(
        found.trim(),
        r#"[true,"My File.TXT",5,"hello","http: no such file","query","Ann","",["query","Ann"]]"#
    );
}

#[test]
fn other_answers() {
    for (handler, kind, text) in [
        (
            "(e) => e.xml(200, 'a<b')",
            "application/xml; charset=utf-8",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<string>a&lt;b</string>",
        ),
        (
            "(e) => e.stream(200, 'text/csv', toBytes('a,b'))",
            "text/csv",
            "a,b",
        ),
        (
            "(e) => { e.response.write('x'); e.flush(); e.response.write('y') }",
            "",
            "xy",
        ),
    ] {
        let answer = answer(handler, request(&[], ""));
        assert_eq!(answer.sent_headers().get("Content-Type"), kind, "{handler}");
        assert_eq!(String::from_utf8(answer.body).unwrap(), text, "{handler}");
    }
}

#[test]
fn fields_of_a_model_may_be_null() {
    let handler = r#"(e) => {
        const m = new DynamicModel({ a: nullString(), b: nullInt(), c: nullArray() })
        const before = JSON.stringify(m)
        e.bindBody(m)
        return e.json(200, [before, m])
    }"#;
    let json = [("content-type", "application/json")];
    assert_eq!(
        body(handler, request(&json, r#"{"a":"x","b":5,"c":null}"#)).trim(),
        r#"["{\"a\":null,\"b\":null,\"c\":null}",{"a":"x","b":5,"c":null}]"#
    );
}

#[test]
fn a_request_says_who_asks() {
    let handler = r#"(e) => e.json(200, [
        e.request.basicAuth(), e.request.proto, e.request.protoAtLeast(1, 0), e.request.protoAtLeast(2, 0),
    ])"#;
    let basic = [("authorization", "Basic YW5uOnNlYzpyZXQ=")];
    assert_eq!(
        body(handler, request(&basic, "")).trim(),
        r#"[["ann","sec:ret",true],"HTTP/1.1",true,false]"#
    );
    assert_eq!(
        body(handler, request(&[], "")).trim(),
        r#"[["","",false],"HTTP/1.1",true,false]"#
    );
}
