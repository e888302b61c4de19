//! Files over HTTP: parts, dates, compression, and what is nobody's business.

use crate::site::{Answer, Plan, Site, send};
use std::os::unix::fs::symlink;

fn site() -> Site {
    Site::new(Plan {
        hooks: r#"
            routerAdd("GET", "/docs/{path...}", $apis.static("data", false), $apis.gzip())
            routerAdd("GET", "/app/{path...}", $apis.static("data", true))
            routerAdd("GET", "/tree/", (e) => e.string(200, "tree " + e.request.url.path))
            routerAdd("POST", "/small", (e) => e.string(200, "ok"), $apis.bodyLimit(10), $apis.skipSuccessActivityLog())
        "#,
        config: "[sandbox]\nread = [\"data\"]".into(),
        files: &[
            ("data/a.txt", "0123456789"),
            ("data/index.html", "<p>root"),
            ("data/sub/index.html", "<p>sub"),
            ("data/.hidden", "hidden"),
            ("secret.txt", "outside"),
            ("pb_public/b.txt", "0123456789"),
        ],
        max_body: Some(1000),
        ..Plan::default()
    })
}

fn get(site: &Site, target: &str, headers: &[(&str, &str)]) -> Answer {
    send(site.address, "GET", target, headers, "")
}

#[test]
fn parts_of_files_are_sent() {
    let site = site();
    for target in ["/b.txt", "/app/a.txt"] {
        for (range, status, content_range, body) in [
            ("bytes=2-4", 206, "bytes 2-4/10", "234"),
            ("bytes=8-", 206, "bytes 8-9/10", "89"),
            ("bytes=-3", 206, "bytes 7-9/10", "789"),
            ("bytes=5-99", 206, "bytes 5-9/10", "56789"),
            (
                "bytes=10-",
                416,
                "bytes */10",
                "invalid range: failed to overlap\n",
            ),
            ("bytes=0-1,4-5", 200, "", "0123456789"),
            ("lines=1-2", 200, "", "0123456789"),
        ] {
            let answer = get(&site, target, &[("range", range)]);
            let told = (
                answer.status,
                &*answer.header("content-range"),
                &*answer.body,
            );
            assert_eq!(told, (status, content_range, body), "{target} {range}");
            assert_eq!(answer.header("accept-ranges"), "bytes");
        }
    }
    let modified = get(&site, "/b.txt", &[]).header("last-modified");
    let range = |if_range: &str| {
        get(
            &site,
            "/b.txt",
            &[("range", "bytes=0-0"), ("if-range", if_range)],
        )
        .status
    };
    assert_eq!(range(&modified), 206);
    assert_eq!(range("Thu, 01 Jan 1970 00:00:00 GMT"), 200);
}

#[test]
fn files_that_are_known_are_not_sent_again() {
    let site = site();
    let modified = get(&site, "/b.txt", &[]).header("last-modified");
    for (date, status) in [
        (&*modified, 304),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 304),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("nonsense", 200),
    ] {
        let answer = get(&site, "/b.txt", &[("if-modified-since", date)]);
        assert_eq!(answer.status, status, "{date}");
        assert_eq!(answer.body.is_empty(), status == 304);
    }
}

#[test]
fn head_is_get_without_a_body() {
    let site = site();
    for target in ["/b.txt", "/app/a.txt"] {
        let answer = send(site.address, "HEAD", target, &[], "");
        assert_eq!((answer.status, &*answer.body), (200, ""), "{target}");
        assert_eq!(answer.header("content-length"), "10", "{target}");
    }
}

#[test]
fn static_routes_serve_what_is_below_and_nothing_else() {
    let site = site();
    let root = site.dir.path();
    symlink(root.join("secret.txt"), root.join("data/link.txt")).unwrap();
    symlink(root, root.join("data/up")).unwrap();
    for (target, status, body) in [
        ("/docs/a.txt", 200, "0123456789"),
        ("/docs/", 200, "<p>root"),
        ("/docs/sub/", 200, "<p>sub"),
        ("/docs/none", 404, ""),
        ("/app/none", 200, "<p>root"),
        ("/app/sub/", 200, "<p>sub"),
    ] {
        let answer = get(&site, target, &[]);
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        assert!(status != 200 || answer.body == body, "{target}: {answer:?}");
    }
    for target in [
        "/docs/.hidden",
        "/docs/link.txt",
        "/docs/up/secret.txt",
        "/docs/..%2Fsecret.txt",
        "/docs/%2e%2e/secret.txt",
        "/docs/sub/..%2f..%2f..%2fsecret.txt",
        "/docs/..%5csecret.txt",
        "/docs/a.txt%00",
    ] {
        let answer = get(&site, target, &[]);
        assert_ne!(answer.status, 200, "{target}: {answer:?}");
        assert!(!answer.body.contains("outside"), "{target}");
    }
    let moved = get(&site, "/docs/sub", &[]);
    assert_eq!(
        (moved.status, &*moved.header("location")),
        (301, "/docs/sub/")
    );
}

#[test]
fn gzip_is_for_who_accepts_it_and_bodies_have_limits() {
    let site = site();
    let accepts = |kind: &str| get(&site, "/docs/index.html", &[("accept-encoding", kind)]);
    let plain = get(&site, "/docs/a.txt", &[("accept-encoding", "identity")]);
    assert_eq!(
        (&*plain.header("content-encoding"), &*plain.body),
        ("", "0123456789")
    );
    assert!(plain.header("vary").contains("Accept-Encoding"));
    assert_eq!(accepts("br").header("content-encoding"), "");
    // A part of what is compressed would be a part of something else.
    let part = [("accept-encoding", "br"), ("range", "bytes=0-1")];
    assert_eq!(get(&site, "/docs/a.txt", &part).status, 206);
    let post = |target: &str, length: usize| {
        send(
            site.address,
            "POST",
            target,
            &[("content-type", "text/plain")],
            &"x".repeat(length),
        )
        .status
    };
    assert_eq!([post("/small", 10), post("/small", 11)], [200, 413]);
    assert_eq!(post("/none", 1001), 413);
}

#[test]
fn subtrees_redirect_and_keep_the_query() {
    let site = site();
    let answer = get(&site, "/tree?x=1", &[]);
    assert_eq!(
        (answer.status, &*answer.header("location")),
        (307, "/tree/?x=1")
    );
    assert_eq!(get(&site, "/tree/a/b", &[]).body, "tree /tree/a/b");
}
