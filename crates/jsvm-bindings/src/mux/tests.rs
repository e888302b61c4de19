//! Routes of the kinds that hook files have, and hostile ones.

use super::*;

fn mux(patterns: &[&str]) -> Mux<usize> {
    let mut mux = Mux::new();
    for (index, text) in patterns.iter().enumerate() {
        let pattern = Pattern::parse("", text).unwrap();
        mux.add(pattern, index).unwrap();
    }
    mux
}

/// `METHOD [host]/path` as `pattern name=value`, `> path` or `-`.
fn shown(mux: &Mux<usize>, request: &str) -> String {
    let (method, rest) = request.split_once(' ').unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match mux.find(method, host, path) {
        Found::Target {
            target,
            pattern,
            values,
        } => {
            assert_eq!(mux.get(*target), Some((pattern, target)));
            let values = values
                .iter()
                .map(|(name, value)| format!(", {name}={value}"));
            format!("{pattern}{}", values.collect::<String>())
        }
        Found::Redirect(path) => format!("> {path}"),
        Found::NotFound => "-".to_owned(),
    }
}

fn check(patterns: &[&str], requests: &[(&str, &str)]) {
    let mux = mux(patterns);
    for (request, wanted) in requests {
        assert_eq!(shown(&mux, request), *wanted, "{request}");
    }
}

#[test]
fn methods_are_matched() {
    check(
        &[
            "GET /todos",
            "POST /todos",
            "/todos/{id}",
            "HEAD /todos/{id}",
            "GET /stock",
        ],
        &[
            ("GET /todos", "GET /todos"),
            ("HEAD /todos", "GET /todos"),
            ("POST /todos", "POST /todos"),
            ("PUT /todos", "-"),
            ("get /todos", "-"),
            ("HEAD /todos/7", "HEAD /todos/{id}, id=7"),
            ("PURGE /todos/7", "/todos/{id}, id=7"),
            ("GET /", "-"),
        ],
    );
}

#[test]
fn segments_are_matched_decoded() {
    check(
        &[
            "GET /shop/{category}/items/{sku}",
            "GET /files/{rest...}",
            "GET /caf%C3%A9",
            "/:id",
        ],
        &[
            (
                "GET /shop/books/items/A-1",
                "GET /shop/{category}/items/{sku}, category=books, sku=A-1",
            ),
            (
                "GET /shop/a%2Fb/items/a+%20b",
                "GET /shop/{category}/items/{sku}, category=a/b, sku=a+ b",
            ),
            ("GET /shop/books/items/A-1/more", "-"),
            ("GET /shop/books/items/", "-"),
            ("GET /shop//items/x", "> /shop/items/x"),
            (
                "GET /files/2024/01/r.pdf",
                "GET /files/{rest...}, rest=2024/01/r.pdf",
            ),
            ("GET /files/", "GET /files/{rest...}, rest="),
            (
                "GET /files/a%20b/c%2Fd",
                "GET /files/{rest...}, rest=a b/c/d",
            ),
            ("GET /files", "> /files/"),
            ("GET /files/%zz", "GET /files/{rest...}, rest=%zz"),
            ("GET /café", "GET /caf%C3%A9"),
            ("GET /caf%c3%a9", "GET /caf%C3%A9"),
            ("GET /:id", "/:id"),
            ("GET /7", "-"),
        ],
    );
}

#[test]
fn slashes_at_the_end_matter() {
    check(
        &[
            "GET /blog/",
            "GET /about/{$}",
            "GET /contact",
            "GET /{$}",
            "POST /b%2Fc/{x}/",
        ],
        &[
            ("GET /", "GET /{$}"),
            ("GET /blog/", "GET /blog/"),
            ("GET /blog/a/b/", "GET /blog/"),
            ("GET /blog", "> /blog/"),
            ("HEAD /blog", "> /blog/"),
            ("POST /blog", "-"),
            ("GET /about/", "GET /about/{$}"),
            ("GET /about/us", "-"),
            ("GET /about", "> /about/"),
            ("GET /contact", "GET /contact"),
            ("GET /contact/", "-"),
            ("GET /%2F", "GET /{$}"),
            ("POST /b%2fc/x%20y%C3%A9%3f", "> /b/c/x%20y%C3%A9%3F/"),
        ],
    );
}

#[test]
fn the_most_specific_pattern_wins_in_any_order() {
    let mut patterns = [
        "/",
        "/a/{x}",
        "/a/b",
        "/a/{x}/c",
        "/a/",
        "GET /a/b/c",
        "/a/{x}/{$}",
    ];
    for _ in 0..patterns.len() {
        patterns.rotate_left(1);
        check(
            &patterns,
            &[
                ("GET /z/z", "/"),
                ("GET /a/b", "/a/b"),
                ("GET /a/z", "/a/{x}, x=z"),
                ("GET /a/z/c", "/a/{x}/c, x=z"),
                ("GET /a/z/", "/a/{x}/{$}, x=z"),
                ("GET /a/z/d", "/a/"),
                ("GET /a/b/c", "GET /a/b/c"),
            ],
        );
    }
}

#[test]
fn a_failed_literal_falls_back_to_a_wildcard() {
    check(
        &["/a/b/z", "/a/{x}/c", "/{y...}"],
        &[
            ("GET /a/b/z", "/a/b/z"),
            ("GET /a/b/c", "/a/{x}/c, x=b"),
            ("GET /a/b/d", "/{y...}, y=a/b/d"),
            ("GET /a/b", "/{y...}, y=a/b"),
        ],
    );
}

#[test]
fn hosts_are_matched_without_their_port() {
    check(
        &[
            "GET shop.example/",
            "/a",
            "GET shop.example/{x}",
            "[::1]/b",
            "::1/b",
        ],
        &[
            ("GET shop.example/a", "GET shop.example/{x}, x=a"),
            ("GET shop.example:8080/a/b", "GET shop.example/"),
            ("POST shop.example/a", "/a"),
            ("GET SHOP.example/a", "/a"),
            ("GET other.example/b", "-"),
            ("GET [::1]:80/b", "::1/b"),
            ("GET [::1]/b", "[::1]/b"),
        ],
    );
}

#[test]
fn unclean_paths_are_redirected() {
    check(
        &["/a/b/", "CONNECT /a//c"],
        &[
            ("GET //", "> /"),
            ("GET /z/../y/./", "> /y/"),
            ("GET /a//b/c", "> /a/b/c"),
            ("GET /a/x/../b", "> /a/b/"),
            ("GET /..", "> /"),
            ("GET ", "> /"),
            ("CONNECT /a//c", "CONNECT /a//c"),
            ("CONNECT /a//b", "-"),
            ("CONNECT /a/b", "> /a/b/"),
            ("CONNECT ", "-"),
        ],
    );
}

#[test]
fn a_conflict_names_both_patterns() {
    let mut mux = mux(&["POST /z", "GET /{path...}"]);
    let err = mux
        .add(Pattern::parse("", "/t/any").unwrap(), 9)
        .unwrap_err();
    assert_eq!(
        err.to_string(),
        "route `/t/any` conflicts with `GET /{path...}`: the first matches more methods, but its path is more specific; change one path so that it is more specific"
    );
    assert_eq!(mux.get(err.other_index).map(|(_, target)| *target), Some(1));
    assert_eq!((mux.len(), mux.is_empty()), (2, false));
    assert_eq!(
        shown(&mux, "POST /t/any"),
        "-",
        "what conflicts is not added"
    );
}

#[test]
fn hostile_paths_take_bounded_time() {
    // Literals and wildcards at every level, which invites backtracking.
    let patterns: Vec<String> = (0..1 << 10)
        .map(|bits| {
            let level = |bit| {
                if bits >> bit & 1 == 1 {
                    "/a".to_owned()
                } else {
                    format!("/{{x{bit}}}")
                }
            };
            (0..10).map(level).collect::<String>() + &format!("/end{bits}")
        })
        .collect();
    let mux = mux(&patterns.iter().map(String::as_str).collect::<Vec<_>>());
    for path in [
        "/a".repeat(500_000),
        "/".repeat(500_000),
        "/%".repeat(500_000),
        "/..".repeat(500_000),
    ] {
        assert!(!matches!(mux.find("GET", "", &path), Found::Target { .. }));
    }
}

#[test]
fn long_patterns_neither_recurse_nor_panic() {
    let long = "/a".repeat(100_000);
    let mux = mux(&[&long, "/a/{x...}"]);
    assert!(matches!(
        mux.find("GET", "", &long),
        Found::Target { target: 0, .. }
    ));
    assert!(matches!(
        mux.find("GET", "", &long[..long.len() - 2]),
        Found::Target { target: 1, .. }
    ));
    drop(mux);
}

#[test]
fn nasty_texts_never_panic() {
    let pieces = [
        "/", "//", "{", "}", "{a}", "{$}", "{a...}", ".", "..", "%", "%2", "%2F", "é", " ", "\t",
        "?", ":", "[",
    ];
    let mut mux: Mux<()> = Mux::new();
    for one in pieces {
        for two in pieces {
            for three in pieces {
                let text = [one, two, three].concat();
                let _ = Pattern::parse(one, &[two, three].concat());
                if let Ok(pattern) = Pattern::parse("", &text) {
                    let _ = mux.add(pattern, ());
                }
                let _ = mux.find("GET", one, &text);
                let _ = mux.find("CONNECT", &text, &text);
            }
        }
    }
}
