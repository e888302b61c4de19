//! The route event: what it reads and what it writes.

use crate::world::World;
use jsvm_bindings::http::{Headers, Request};

/// The body that a handler writes for a request.
fn body(handler: &str, request: Request) -> String {
    let world = World::new(&format!("routerAdd('POST', '/', {handler})"));
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    let response = world.send(request).unwrap();
    String::from_utf8(response.body).unwrap()
}

fn post(kind: &str, text: &str) -> Request {
    let mut headers = Headers::default();
    headers.set("Content-Type", kind);
    headers.set("X-Shop-Token", "abc");
    Request {
        method: "POST".into(),
        target: "/a%20b?q=1&q=2&e=".into(),
        host: "localhost".into(),
        headers,
        body: text.into(),
        remote_addr: "127.0.0.1:5000".into(),
        is_tls: false,
    }
}

#[test]
fn json_is_written_as_go_does() {
    for (value, wanted) in [
        (
            "{ b: 1, a: { z: 1, y: 2 }, '1': 4 }",
            r#"{"1":4,"a":{"y":2,"z":1},"b":1}"#,
        ),
        (
            "'<a href=\"x\">&\\u2028\\n😀'",
            r#""\u003ca href=\"x\"\u003e\u0026\u2028\n😀""#,
        ),
        (
            "[undefined, null, -0, 1e21, 1e-7, 0.1, 9007199254740991, 1250.0]",
            "[null,null,-0,1e+21,1e-7,0.1,9007199254740991,1250]",
        ),
        ("new Date(0)", r#""1970-01-01T00:00:00Z""#),
        (
            "new Date(Date.UTC(2024, 1, 29, 12, 30, 10, 250))",
            r#""2024-02-29T12:30:10.25Z""#,
        ),
        (
            "new Date(Date.UTC(2024, 1, 29, 12, 30, 20))",
            r#""2024-02-29T12:30:20Z""#,
        ),
        (
            "new DateTime('2024-02-29 12:30:15.250Z')",
            r#""2024-02-29 12:30:15.250Z""#,
        ),
        (
            "[new Uint8Array([104, 105]), toBytes('hi'), new Uint8Array(0)]",
            r#"["aGk=","aGk=",null]"#,
        ),
        (
            "[new Map([['a', 1]]), new Set([1, 'b']), /x/g, new Error('x'), BigInt(12)]",
            r#"[[["a",1]],[1,"b"],{},{},12]"#,
        ),
        ("{ get a() { return 1 }, b: 2 }", r#"{"b":2}"#),
        (
            "new Record($app.findCollectionByNameOrId('posts'), { title: 'x' })",
            r#"{"collectionId":"pbc_posts","collectionName":"posts","id":"","title":"x","views":0}"#,
        ),
    ] {
        let handler = format!("(e) => e.json(200, {value})");
        assert_eq!(
            body(&handler, post("text/plain", "")),
            format!("{wanted}\n"),
            "{value}"
        );
    }
}

#[test]
fn what_json_cannot_hold_is_an_empty_body() {
    for value in ["NaN", "[Infinity]", "{ f() {} }", "Symbol('x')"] {
        let handler = format!("(e) => e.json(200, {value})");
        assert_eq!(body(&handler, post("text/plain", "")), "", "{value}");
    }
}

#[test]
fn the_request_is_read() {
    let handler = r#"(e) => {
        const q = e.request.url.query(), h = e.request.header, info = e.requestInfo()
        return e.json(200, [
            e.request.method, e.request.pathValue("name"), e.request.pathValue("none"),
            e.request.url.path, e.request.url.rawQuery, e.request.requestURI, e.request.host,
            q.get("q"), q.get("none"), q.has("e"), q.has("none"),
            h.get("x-shop-token"), h.values("X-Shop-Token"), h.values("None"),
            info.query, info.headers.x_shop_token, info.body, info.method, info.context, info.auth,
            toString(e.request.body), toString(e.request.body), e.remoteIP(), e.isTLS(), e.auth,
        ])
    }"#;
    insta::assert_snapshot!(body(handler, post("application/json", r#"{"a": [1, true]}"#)), @r#"["POST","world","","/a b","q=1\u0026q=2\u0026e=","/a%20b?q=1\u0026q=2\u0026e=","localhost","1","",true,false,"abc",["abc"],null,{"e":"","q":"1"},"abc",{"a":[1,true]},"POST","default",null,"{\"a\": [1, true]}","{\"a\": [1, true]}","127.0.0.1",false,null]"#);
}

#[test]
fn a_body_is_bound_to_a_model() {
    let handler = r#"(e) => {
        const m = new DynamicModel({ name: "", qty: 0, price: -0, paid: false, tags: [], extra: {} })
        try { e.bindBody(m) } catch (err) { return e.string(200, err.name + " " + err.message) }
        return e.json(200, m)
    }"#;
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let bodies = [
        (
            json,
            r#"{"name":"Ann","qty":3,"price":9.5,"paid":true,"tags":["a",2],"extra":{"k":1},"x":1}"#,
        ),
        (json, r#"{"qty":1}"#),
        (json, r#"{"qty":"many"}"#),
        (json, r#"{"qty":1.5}"#),
        (json, r#"[1]"#),
        (json, ""),
        (form, "name=Bob&qty=4&price=1.25&paid=true&tags=a"),
        ("text/plain", "hello"),
    ];
    let told: Vec<_> = bodies
        .map(|(kind, text)| body(handler, post(kind, text)).trim().to_owned())
        .into();
    insta::assert_snapshot!(told.join("\n"), @r#"
        {"extra":{"k":1},"name":"Ann","paid":true,"price":9.5,"qty":3,"tags":["a",2]}
        {"extra":{},"name":"","paid":false,"price":-0,"qty":1,"tags":[]}
        GoError json: cannot unmarshal "qty": its value has another type
        GoError json: cannot unmarshal "qty": its value has another type
        GoError Something went wrong while processing your request.
        {"extra":{},"name":"","paid":false,"price":-0,"qty":0,"tags":[]}
        {"extra":{},"name":"Bob","paid":true,"price":1.25,"qty":4,"tags":["a"]}
        GoError Unsupported Content-Type.
        "#);
}

#[test]
fn answers_have_their_types_and_states() {
    let handler = r#"(e) => {
        console.log(e.written(), e.status())
        e.response.header().set("X-A", "1")
        e.set("k", { a: 1 })
        e.string(201, "räd")
        e.html(500, "<b>more</b>")
        console.log(e.written(), e.status(), e.get("k").a, e.get("none"))
    }"#;
    let world = World::new(&format!("routerAdd('POST', '/', {handler})"));
    let response = world.send(post("text/plain", "")).unwrap();
    assert_eq!(world.printed(), ["false 0", "true 201 1 null"]);
    assert_eq!(response.status, 201);
    assert_eq!(
        response.headers.get("content-type"),
        "text/plain; charset=utf-8"
    );
    assert_eq!(response.headers.get("x-a"), "1");
    assert_eq!(String::from_utf8(response.body).unwrap(), "räd<b>more</b>");
}

#[test]
fn what_a_middleware_keeps_is_there_for_those_behind_it() {
    let world = World::new(
        "routerUse((e) => { e.set('trail', ['first']); e.next(); console.log(e.get('trail').join()) })
        routerUse((e) => { const trail = e.get('trail'); trail.push('second'); e.next(); console.log(e.get('trail').join()) })
        routerAdd('POST', '/', (e) => { e.get('trail').push('handler'); return e.json(200, e.get('trail')) })",
    );
    let response = world.send(post("text/plain", "")).unwrap();
    let trail = "first,second,handler";
    assert_eq!(world.printed(), [trail, trail]);
    let body = String::from_utf8(response.body).unwrap();
    assert_eq!(body, "[\"first\",\"second\",\"handler\"]\n");
}

#[test]
fn a_map_of_a_model_has_get_and_set() {
    let handler = r#"(e) => {
        const m = new DynamicModel({ info: {}, more: nullObject() })
        m.info.set("before", 1)
        const before = m.info.get("before")
        e.bindBody(m)
        m.more.set("get", 2)
        return e.json(200, [before, m.info.get("k"), m.info.k, m.info.get("none"), Object.keys(m.info), m])
    }"#;
    let json = r#"{"info":{"k":"v"},"more":{}}"#;
    insta::assert_snapshot!(body(handler, post("application/json", json)), @r#"[1,"v","v",null,["k"],{"info":{"k":"v"},"more":{"get":2}}]"#);
}

#[test]
fn unmarshal_tells_of_what_it_cannot_change() {
    let world = World::new("routerAdd('GET', '/', (e) => { unmarshal({ a: 2 }, {}) })");
    world.get("/").unwrap();
    assert_eq!(
        world.printed(),
        ["Warn unmarshal changes no objects of the script; use Object.assign(target, data) {}"]
    );
}

#[test]
fn a_date_is_text_as_go_prints_it() {
    let handler = r#"(e) => e.json(200, [
        toString(new Date(0)), toString(new Date(1500)), toString(new Date(50000)), new Date(50000),
    ])"#;
    insta::assert_snapshot!(body(handler, post("", "")), @r#"["1970-01-01 00:00:00 +0000 UTC","1970-01-01 00:00:01.5 +0000 UTC","1970-01-01 00:00:50 +0000 UTC","1970-01-01T00:00:50Z"]"#);
}

#[test]
fn numbers_are_text_as_go_prints_them() {
    let handler = r#"(e) => e.json(200, [
        toString(1e21), toString(-0), toString(0.1), toString(1e-7), toString(NaN), toString(Infinity), toString(5),
    ])"#;
    insta::assert_snapshot!(body(handler, post("", "")), @r#"["1000000000000000000000","-0","0.1","0.0000001","NaN","Infinity","5"]"#);
}

#[test]
fn bytes_of_the_host_are_arrays() {
    let handler = r#"(e) => {
        const bytes = toBytes("hé")
        bytes.push(33)
        return e.json(200, [
            Array.isArray(bytes), bytes.length, bytes.join(), String(bytes), toString(bytes),
            JSON.stringify(bytes), bytes, bytes.slice(1), toBytes(bytes) == bytes, toBytes(""),
        ])
    }"#;
    insta::assert_snapshot!(body(handler, post("", "")), @r#"[true,4,"104,195,169,33","104,195,169,33","hé!","[104,195,169,33]","aMOpIQ==",[195,169,33],false,""]"#);
}
