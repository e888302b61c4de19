//! Cookies, forms with files, and other answers of the route event.

use crate::world::World;
use jsvm_bindings::http::{Request, Response};
use serde_json::{Value, json};

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

#[test]
fn request_members_of_go_are_there() {
    let handler = r#"(e) => {
        const r = e.request, ctx = new Context(new Context(r.context(), "a", 1), "b", 2)
        return e.json(200, [
            r.form.get("q"), r.form.get("a"), r.postForm.get("a"), r.postForm.has("q"), r.multipartForm, r.tls, r.close, r.cancel,
            r.response, r.trailer, r.transferEncoding, toString(r.getBody()), r.body.close() === undefined,
            ctx.value("a"), ctx.value("b"), ctx.value("c"), ctx.err(), ctx.deadline()[1], r.withContext(ctx).method,
        ])
    }"#;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(
        body(handler, request(&form, "a=x")).trim(),
        r#"["1","x","x",false,null,null,false,null,null,null,null,"a=x",true,1,2,null,null,false,"POST"]"#
    );
}

#[test]
fn request_headers_and_path_values_can_be_changed_for_later_handlers() {
    let hooks = r#"
        routerAdd("POST", "/", (e) => e.json(200, [
            e.request.header.get("x-a"), e.request.header.values("X-B"), e.request.header.get("x-gone"), e.requestInfo().headers,
            e.request.cookie("late").value, e.request.basicAuth(), e.request.userAgent(), e.request.pathValue("name"), e.request.pathValue("more"),
        ]), (e) => {
            const copy = e.request.clone(e.request.context())
            copy.header.set("x-a", "copy")
            const h = e.request.header
            h.set("X-A", "1"); h.add("x-b", "2"); h.add("X-B", "3"); h.del("x-gone")
            e.request.addCookie(new Cookie({ name: "late", value: "4" }))
            e.request.setBasicAuth("ann", "secret")
            e.request.setPathValue("name", "other"); e.request.setPathValue("more", "new")
            e.request.header.set("User-Agent", h.clone().get("x-a") + copy.header.get("X-A") + copy.pathValue("name"))
            return e.next()
        })
    "#;
    let world = World::new(hooks);
    let answer = world
        .send(request(&[("x-gone", "0"), ("cookie", "a=1")], ""))
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(answer.body).unwrap(), @r#"["1",["2","3"],"",{"authorization":"Basic YW5uOnNlY3JldA==","cookie":"a=1; late=4","user_agent":"1copyworld","x_a":"1","x_b":"2"},"4",["ann","secret",true],"1copyworld","other","new"]"#);
}

#[test]
fn url_members_of_go_are_there() {
    let handler = r#"(e) => {
        const u = e.request.url
        return e.json(200, [
            u.path, u.rawPath, u.escapedPath(), u.requestURI(), u.string(), u.redacted(), u.rawQuery, u.forceQuery, u.host, u.hostname(),
            u.port(), u.scheme, u.isAbs(), u.fragment, u.rawFragment, u.escapedFragment(), u.opaque, u.omitHost, u.user,
        ])
    }"#;
    let mut request = request(&[], "");
    request.target = "/a%2Fb/c%20d?q=1".into();
    assert_eq!(
        body(handler, request).trim(),
        r#"["/a/b/c d","/a%2Fb/c%20d","/a%2Fb/c%20d","/a%2Fb/c%20d?q=1","/a%2Fb/c%20d?q=1","/a%2Fb/c%20d?q=1","q=1",false,"","","","",false,"","","","",false,null]"#
    );
}

const PARTS: &str = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAnn\r\n\
    --x\r\nContent-Disposition: form-data; name=\"doc\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
    --x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nBob\r\n--x--\r\n";

#[test]
fn multipart_reader_and_form_file_give_the_parts() {
    let handler = r#"(e) => {
        const reader = e.request.multipartReader(), parts = []
        try {
            for (;;) {
                const part = reader.nextPart()
                parts.push([part.formName(), part.fileName(), toString(part), part.header.get("content-type")])
                part.close()
            }
        } catch (err) { parts.push(err.message) }
        const [file, head] = e.request.formFile("doc")
        const form = e.request.multipartForm
        const made = $filesystem.fileFromMultipart(head)
        let none
        try { e.request.formFile("none") } catch (err) { none = err.message }
        return e.json(200, [
            parts, toString(file), head.filename, head.size, head.header.get("Content-Disposition"), toString(head.open()),
            form.value, form.file.doc[0].filename, form.removeAll(), made.originalName, /^a_[a-z0-9]{20}\.txt$|^a[a-z0-9]{10}_[a-z0-9]{10}\.txt$/.test(made.name), none,
        ])
    }"#;
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    insta::assert_snapshot!(body(handler, request(&kind, PARTS)), @r#"[[["name","","Ann",""],["doc","a.txt","hello","text/plain"],["name","","Bob",""],"EOF"],"hello","a.txt",5,"form-data; name=\"doc\"; filename=\"a.txt\"","hello",{"name":["Ann","Bob"]},"a.txt",null,"a.txt",true,"http: no such file"]"#);
    let none = "(e) => { try { e.request.multipartReader() } catch (err) { return e.string(200, err.message) } }";
    assert_eq!(
        body(none, request(&[("content-type", "text/plain")], "x")),
        "the type of the form names no boundary"
    );
}

#[test]
fn bind_body_reads_xml() {
    let handler = r#"(e) => {
        const m = new DynamicModel({ name: "", qty: 0, price: -0, paid: false, tag: [], note: nullString() })
        try { e.bindBody(m) } catch (err) { return e.string(200, err.name + " " + err.message) }
        return e.json(200, m)
    }"#;
    let kind = [("content-type", "application/xml; charset=utf-8")];
    let told: Vec<_> = [
        "<order><Name>A &amp; B</Name><Qty> 3 </Qty><Price>1.5</Price><Paid>true</Paid><Tag>a</Tag><Tag>b</Tag><Other>1</Other></order>",
        "<order><name>lower</name><Qty></Qty></order>",
        "<order><Qty>many</Qty></order>",
        "<order>",
        "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><x><Name>&f;</Name></x>",
    ]
    .map(|text| body(handler, request(&kind, text)).trim().to_owned())
    .into();
    insta::assert_snapshot!(told.join("\n"), @r#"
        {"name":"A \u0026 B","note":null,"paid":true,"price":1.5,"qty":3,"tag":["a","b"]}
        {"name":"lower","note":null,"paid":false,"price":-0,"qty":0,"tag":[]}
        GoError xml: "many" is no value of the field "qty"
        GoError xml: EOF
        GoError xml: invalid character entity &f;
        "#);
}

#[test]
fn request_info_keeps_what_a_script_changes_in_it() {
    let handler = r#"(e) => {
        const info = e.requestInfo()
        info.body.extra = 1
        info.query.q = "2"
        info.context = "expand"
        const copy = info.clone()
        copy.body.extra = 3
        const own = new RequestInfo({ body: { name: "x" }, headers: { a: "b" } })
        return e.json(200, [
            info.body, info.query.q, info.context, copy.context, copy.body.extra, info.body.extra, info.hasSuperuserAuth(),
            own.context, own.body.name, own.headers.a, own.method, own.auth,
        ])
    }"#;
    assert_eq!(
        body(
            handler,
            request(&[("content-type", "application/json")], r#"{"a":0}"#)
        )
        .trim(),
        r#"[{"a":0,"extra":1},"2","expand","expand",3,1,false,"default","x","b","",null]"#
    );
}

#[test]
fn real_ip_is_told_by_trusted_proxies_only() {
    let world =
        World::new("routerAdd('POST', '/', (e) => e.string(200, e.realIP() + ' ' + e.remoteIP()))");
    let ask = |trusted: Value| {
        world.app.set_settings(json!({ "trustedProxy": trusted }));
        let mut request = request(&[("x-forwarded-for", "6.6.6.6, 1.2.3.4")], "");
        request.remote_addr = "10.0.0.1:99".into();
        String::from_utf8(world.send(request).unwrap().body).unwrap()
    };
    assert_eq!(ask(json!({})), "10.0.0.1 10.0.0.1");
    assert_eq!(
        ask(json!({ "headers": ["X-Forwarded-For"] })),
        "1.2.3.4 10.0.0.1"
    );
    assert_eq!(ask(json!({ "useLeftmostIP": true })), "6.6.6.6 10.0.0.1");
    assert_eq!(
        ask(json!({ "headers": ["CF-Connecting-IP"] })),
        "10.0.0.1 10.0.0.1"
    );
}

#[test]
fn response_headers_go_out_as_they_were_when_the_status_was_written() {
    let hooks = r#"
        routerAdd("POST", "/", (e) => { e.response.header().set("X-In", "1"); return e.string(200, "x") }, (e) => {
            e.response.header().set("X-Before", "1")
            e.response.header().set("X-In", "0")
            e.next()
            e.response.header().set("X-After", "1")
            e.response.header().del("X-Before")
        })
    "#;
    let answer = World::new(hooks).send(request(&[], "")).unwrap();
    let sent = answer.sent_headers();
    assert_eq!(
        (
            sent.get("X-Before"),
            sent.get("X-In"),
            sent.contains("X-After")
        ),
        ("1", "1", false)
    );
    assert_eq!(answer.headers.get("X-After"), "1");
}

#[test]
fn form_data_appends_sets_and_deletes() {
    let handler = r#"(e) => {
        const f = new FormData()
        f.append("tag", "a"); f.append("tag", "b"); f.append("n", 5); f.set("one", "x"); f.set("one", "y")
        const told = [
            f.get("tag"), f.getAll("tag"), f.get("n"), f.getAll("one"), f.get("none"), f.getAll("none"), f.has("tag"), f.has("none"),
            f.keys(), f.values(), f.entries(), Object.keys(f),
        ]
        f.delete("tag"); f.delete("never")
        return e.json(200, told.concat(f.has("tag"), f.keys().length))
    }"#;
    assert_eq!(
        body(handler, request(&[], "")).trim(),
        r#"["a",["a","b"],5,["y"],null,null,true,false,["tag","n","one"],["a","b",5,"y"],[["tag","a"],["tag","b"],["n",5],["one","y"]],[],false,2]"#
    );
}

#[test]
fn app_settings_are_those_of_the_host() {
    let world = World::new(
        "routerAdd('POST', '/', (e) => {
            const { meta, smtp, trustedProxy } = $app.settings()
            return e.json(200, [meta.appName, meta.senderAddress, smtp.enabled, trustedProxy.headers])
        })",
    );
    world
        .app
        .set_settings(json!({ "meta": { "appName": "Shop" } }));
    let answer = world.send(request(&[], "")).unwrap();
    assert_eq!(
        String::from_utf8(answer.body).unwrap().trim(),
        r#"["Shop","support@example.com",false,[]]"#
    );
}
