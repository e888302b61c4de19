//! The members of the objects that scripts get, one script for each kind.
//!
//! The one rule: a script in `tests/members` is the body of a handler; it says
//! what it got and wanted with `is` and `throws`, and answers what differs.

use crate::site::{Plan, Site, send};
use serde_json::{Value, json};

fn schema() -> Value {
    let id = json!({ "name": "id", "type": "text", "system": true });
    json!([
        {
            "name": "posts",
            "type": "base",
            "listRule": "", "viewRule": "", "createRule": "", "updateRule": null, "deleteRule": "id = 'x'",
            "indexes": ["CREATE INDEX `posts_views` ON `posts` (`views`)"],
            "fields": [
                id,
                { "name": "title", "type": "text", "required": true },
                { "name": "views", "type": "number" },
                { "name": "tags", "type": "select", "maxSelect": 2, "values": ["a", "b"] },
            ],
        },
        {
            "id": "pbc_notes", "name": "notes", "type": "base", "fields": [
                id,
                { "name": "text", "type": "text" },
                { "name": "meta", "type": "json" },
                { "name": "parent", "type": "relation", "collectionId": "pbc_notes", "maxSelect": 1 },
                { "name": "others", "type": "relation", "collectionId": "pbc_notes", "maxSelect": 9 },
            ],
        },
        { "name": "users", "type": "auth", "fields": [] },
    ])
}

/// The script's body as the handler of `POST /members`.
fn hooks(script: &str) -> &'static str {
    let text = format!(
        "routerAdd('POST', '/members', (e) => {{
            const failures = [];
            const told = (value) => JSON.stringify(value) ?? String(value);
            const is = (what, got, wanted) => {{
                if (told(got) !== told(wanted)) failures.push(what + ': ' + told(got) + ', not ' + told(wanted));
            }};
            const throws = (what, work, message = '') => {{
                try {{ work() }} catch (err) {{
                    if (!err.message.includes(message)) failures.push(what + ': ' + err.message);
                    return;
                }}
                failures.push(what + ': no error');
            }};
            try {{
{script}
}} catch (err) {{ failures.push(String(err) + (err.stack ?? '')) }}
            return e.json(200, failures);
        }})"
    );
    Box::leak(text.into_boxed_str())
}

fn check(script: &str) {
    let site = Site::new(Plan {
        hooks: hooks(script),
        schema: schema(),
        ..Plan::default()
    });
    let headers = [
        ("x-one", "1"),
        ("user-agent", "members"),
        ("referer", "http://from.example/"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = send(
        site.address,
        "POST",
        "/members?q=a%20b",
        &headers,
        "a=1&b=2",
    );
    let complaints = site.complaints().join("\n");
    assert_eq!(answer.body, "[]\n", "{complaints}");
}

macro_rules! members {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(include_str!(concat!("../members/", stringify!($name), ".js")));
            }
        )*
    };
}

members! {
    app auth collection collections cookie cron datetime dbx error expand field filepath json record
    request select settings store unmarshal
}
