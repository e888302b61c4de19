//! Each way in which a route can answer, as its client sees it.

use crate::site::{Plan, Site, send};
use serde_json::json;

const HOOKS: &str = r#"
    routerAdd("GET", "/html", (e) => e.html(201, "<p>ä"))
    routerAdd("GET", "/blob", (e) => e.blob(200, "image/x", new Uint8Array([97, 0, 10])))
    routerAdd("GET", "/bytes", (e) => e.blob(200, "text/x", toBytes("abc")))
    routerAdd("GET", "/none", (e) => e.noContent(204))
    routerAdd("GET", "/redirect", (e) => e.redirect(302, "/html?a=1"))
    routerAdd("GET", "/wrong", (e) => e.redirect(200, "/html"))
    routerAdd("GET", "/xml", (e) => e.xml(200, "a<b"))
    routerAdd("GET", "/cookie", (e) => {
        e.setCookie(new Cookie({ name: "a", value: "1", httpOnly: true }))
        e.setCookie(new Cookie({ name: "b", value: "2" }))
        return e.string(200, "set")
    })
    routerAdd("GET", "/flush", (e) => {
        const before = [e.written(), e.status()]
        e.response.header().set("Content-Type", "text/plain")
        e.response.writeHeader(202)
        e.response.write("one ")
        e.flush()
        e.response.write("two ")
        e.response.write(JSON.stringify([before, e.written(), e.status()]))
    })
    routerAdd("POST", "/stream", (e) => e.stream(200, "text/y", e.request.body))
    routerAdd("POST", "/upload", (e) => {
        const files = e.findUploadedFiles("doc")
        return e.json(200, files.map((it) => [it.originalName, it.size]))
    })
"#;

#[test]
fn every_way_to_answer_works() {
    let site = Site::hooks(HOOKS);
    let wrong = "{\"data\":{},\"message\":\"Invalid redirect status code.\",\"status\":500}\n";
    for (target, status, kind, body) in [
        ("/html", 201, "text/html; charset=utf-8", "<p>ä"),
        ("/bytes", 200, "text/x", "abc"),
        ("/none", 204, "", ""),
        ("/wrong", 500, "application/json", wrong),
        ("/flush", 202, "text/plain", "one two [[false,0],true,202]"),
    ] {
        let answer = site.get(target);
        let kind_of = answer.header("content-type");
        assert_eq!(
            (answer.status, &*kind_of, &*answer.body),
            (status, kind, body),
            "{target}"
        );
    }
    assert_eq!(site.get("/redirect").header("location"), "/html?a=1");
    assert_eq!(site.get("/blob").header("content-length"), "3");
    assert_eq!(
        site.get("/cookie").header("set-cookie"),
        "a=1; HttpOnly, b=2"
    );
    let xml = site.get("/xml");
    assert_eq!(xml.header("content-type"), "application/xml; charset=utf-8");
    assert!(xml.body.ends_with("<string>a&lt;b</string>"), "{xml:?}");
}

#[test]
fn bodies_come_back_as_streams_and_files() {
    let site = Site::hooks(HOOKS);
    let kind = [("content-type", "text/plain")];
    let answer = send(site.address, "POST", "/stream", &kind, "as it came");
    assert_eq!(answer.header("content-type"), "text/y");
    assert_eq!(answer.body, "as it came");
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let part = "--x\r\nContent-Disposition: form-data; name=\"doc\"; filename=\"a b.txt\"\r\n\r\nfour\r\n--x--\r\n";
    let answer = send(site.address, "POST", "/upload", &kind, part);
    assert_eq!(answer.json(), json!([["a b.txt", 4]]));
    let other = part.replace("doc", "other");
    assert_eq!(
        send(site.address, "POST", "/upload", &kind, &other).status,
        400
    );
}

#[test]
fn members_of_the_logger_have_their_levels() {
    let site = Site::new(Plan {
        hooks: r#"routerAdd("GET", "/log", (e) => {
            const logger = $app.logger()
            logger.debug("quiet")
            logger.with("a", 1).warn("careful", "b", 2)
            logger.error("broken", "why", "x", "err", new TypeError("t"))
            return e.noContent(204)
        })"#,
        ..Plan::default()
    });
    assert_eq!(site.get("/log").status, 204);
    assert_eq!(
        site.complaints(),
        [
            r#"Warn careful {"a":1,"b":2}"#,
            r#"Error broken {"err":"TypeError: t","why":"x"}"#
        ]
    );
}

#[test]
fn numbers_keep_their_last_digit() {
    let site = Site::hooks(
        r#"routerAdd("POST", "/echo", (e) => e.json(200, { n: e.requestInfo().body.n }))"#,
    );
    for text in [
        "0.30000000000000004",
        "4.3173057332059e-310",
        "1.7976931348623157e+308",
        "8.988465674311582e+307",
        "9007199254740993",
    ] {
        let kind = ("content-type", "application/json");
        let body = format!("{{\"n\":{text}}}");
        let answer = send(site.address, "POST", "/echo", &[kind], &body);
        let number: f64 = text.parse().unwrap();
        let echoed: f64 = answer.body["{\"n\":".len()..]
            .trim_end_matches("}\n")
            .parse()
            .unwrap();
        assert_eq!(
            echoed.to_bits(),
            number.to_bits(),
            "{text}: {}",
            answer.body
        );
    }
}
