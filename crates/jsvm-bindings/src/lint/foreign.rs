//! Names of browsers and Node.js, and what hooks have instead.
//!
//! The one rule: a name is here only if it is in neither PocketBase nor the
//! language.

/// What to use instead of a name of another environment.
pub(super) fn instead_of(name: &str) -> Option<&'static str> {
    let line = INSTEAD.iter().find(|(foreign, _)| *foreign == name);
    line.map(|(_, instead)| *instead)
}

const INSTEAD: &[(&str, &str)] = &[
    ("fetch", "`$http.send`, which waits for the answer"),
    ("XMLHttpRequest", "`$http.send`, which waits for the answer"),
    (
        "setTimeout",
        "`sleep` to wait inside of a handler, or `cronAdd` for later",
    ),
    ("setInterval", "`cronAdd`"),
    ("setImmediate", "`Promise.resolve().then(…)`"),
    ("queueMicrotask", "`Promise.resolve().then(…)`"),
    ("structuredClone", "`JSON.parse(JSON.stringify(value))`"),
    ("atob", "`toString(Buffer.from(text, \"base64\"))`"),
    ("btoa", "`Buffer.from(text).toString(\"base64\")`"),
    ("TextEncoder", "`toBytes(text)`"),
    ("TextDecoder", "`toString(bytes)`"),
    ("URL", "`e.request.url` for the URL of a request"),
    (
        "URLSearchParams",
        "`e.request.url.query()` for that of a request",
    ),
    ("crypto", "`$security`"),
    ("performance", "`Date.now()`"),
    ("window", "`globalThis`"),
    ("global", "`globalThis`"),
];
