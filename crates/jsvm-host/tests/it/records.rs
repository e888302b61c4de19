//! The records API: what it answers, whom it lets in, when hooks run.

use crate::site::{Plan, Site, send};
use serde_json::{Value, json};

/// Two collections that anybody may use.
fn open_schema() -> Value {
    json!([
        {
            "id": "pbc_posts", "name": "posts", "type": "base",
            "listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": "",
            "fields": [
                { "name": "title", "type": "text", "required": true, "max": 10 },
                { "name": "rank", "type": "number" },
                { "name": "secret", "type": "text", "hidden": true },
                { "name": "parent", "type": "relation", "collectionId": "pbc_posts", "maxSelect": 1 },
                { "name": "tags", "type": "relation", "collectionId": "pbc_tags", "maxSelect": 9 },
            ],
        },
        {
            "id": "pbc_tags", "name": "tags", "type": "base",
            "listRule": "", "viewRule": "name != 'private'", "createRule": "",
            "fields": [{ "name": "name", "type": "text" }],
        },
    ])
}

fn site(hooks: &'static str) -> Site {
    Site::new(Plan {
        hooks,
        schema: open_schema(),
        ..Plan::default()
    })
}

const POSTS: &str = "/api/collections/posts/records";

fn create(site: &Site, collection: &str, body: &Value) -> String {
    let answer = site.send(
        "POST",
        &format!("/api/collections/{collection}/records"),
        body,
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn hooks_change_the_page_of_a_list() {
    let site = site(
        r#"onRecordsListRequest((e) => {
            e.result.totalItems = 7
            if (e.requestInfo().query.own) e.result.items = e.records.map((r) => r.get("title"))
            e.next()
        }, "posts")"#,
    );
    create(&site, "posts", &json!({ "title": "a" }));
    let page = site.get(POSTS).json();
    assert_eq!(page["totalItems"], 7);
    assert_eq!(page["items"][0]["title"], "a");
    let page = site.get(&format!("{POSTS}?own=1")).json();
    assert_eq!(page["items"], json!(["a"]));
}

#[test]
fn the_rest_of_a_request_can_run_in_a_transaction() {
    let site = site(
        r#"onRecordCreateRequest((e) => {
            const app = e.app
            try {
                e.app.runInTransaction((tx) => {
                    e.app = tx
                    e.next()
                    if (e.record.get("title") === "undo") throw new BadRequestError("undone")
                })
            } finally {
                e.app = app
            }
        }, "posts")"#,
    );
    create(&site, "posts", &json!({ "title": "keep" }));
    site.send("POST", POSTS, &json!({ "title": "undo" }));
    let page = site.get(POSTS).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["title"], "keep");
}

#[test]
fn a_record_lives_its_life() {
    let site = site("");
    let id = create(
        &site,
        "posts",
        &json!({ "title": "a", "rank": "3", "other": 1 }),
    );
    let path = format!("{POSTS}/{id}");
    let seen = site.get(&path).json();
    let wanted = json!({
        "id": id, "collectionId": "pbc_posts", "collectionName": "posts",
        "title": "a", "rank": 3, "parent": "", "tags": [],
    });
    assert_eq!(seen, wanted);
    let changed = site.send("PATCH", &path, &json!({ "rank+": 2, "secret": "s" }));
    assert_eq!(changed.json()["rank"], 5);
    assert_eq!(
        site.get(&format!("{path}?fields=title,rank")).body,
        "{\"rank\":5,\"title\":\"a\"}\n"
    );
    let deleted = site.send("DELETE", &path, &Value::Null);
    assert_eq!((deleted.status, &*deleted.body), (204, ""));
    assert_eq!(site.get(&path).status, 404);
}

const GENERIC: &str = "Something went wrong while processing your request.";

#[test]
fn what_is_not_there_is_told() {
    let site = site("");
    let missing = "Missing collection context.";
    for (method, target, status, message) in [
        ("GET", "/no/records", 404, missing),
        ("GET", "/no/records/x", 404, missing),
        ("DELETE", "/no/records/x", 404, missing),
        (
            "POST",
            "/no/records",
            404,
            "Missing or invalid collection context.",
        ),
        (
            "PATCH",
            "/posts/records/x",
            404,
            "The requested resource wasn't found.",
        ),
        (
            "PATCH",
            "/tags/records/x",
            403,
            "Only superusers can perform this action.",
        ),
        (
            "PUT",
            "/posts/records/x",
            404,
            "The requested resource wasn't found.",
        ),
    ] {
        let answer = site.send(method, &format!("/api/collections{target}"), &json!({}));
        assert_eq!(
            answer.error(),
            (status, message.to_owned()),
            "{method} {target}"
        );
    }
}

#[test]
fn lists_that_cannot_be_made_are_refused() {
    let site = site("");
    let forbidden = "Only superusers can filter by @request.";
    for (query, status, message) in [
        ("page=x", 400, GENERIC),
        ("filter=title=", 400, GENERIC),
        ("filter=secret='s'", 400, GENERIC),
        ("sort=secret", 400, GENERIC),
        ("filter=@request.auth.id=''", 403, forbidden),
    ] {
        let answer = site.get(&format!("{POSTS}?{query}"));
        assert_eq!(answer.error(), (status, message.to_owned()), "{query}");
    }
}

#[test]
fn values_that_are_not_allowed_are_told_by_field() {
    let site = site("");
    let answer = site.send("POST", POSTS, &json!([1]));
    assert_eq!(answer.error(), (400, GENERIC.to_owned()));
    for body in [json!({}), json!({ "title": "" })] {
        let answer = site.send("POST", POSTS, &body);
        assert_eq!(answer.error(), (400, "Failed to create record.".to_owned()));
        let blank = json!({ "code": "validation_required", "message": "Cannot be blank." });
        assert_eq!(answer.json()["data"], json!({ "title": blank }));
    }
}

#[test]
fn rules_decide_who_may() {
    let site = Site::new(Plan {
        schema: json!([{
            "name": "drafts", "type": "base",
            "listRule": "open = true", "viewRule": "open = true && @request.headers.x_pass = 'yes'",
            "createRule": "@request.body.title != 'no' && rank < 5",
            "updateRule": "@request.body.rank < 5", "deleteRule": "open = true",
            "fields": [
                { "name": "title", "type": "text" },
                { "name": "open", "type": "bool" },
                { "name": "rank", "type": "number" },
            ],
        }]),
        ..Plan::default()
    });
    let drafts = "/api/collections/drafts/records";
    let open = create(&site, "drafts", &json!({ "title": "a", "open": true }));
    let closed = create(&site, "drafts", &json!({ "title": "b" }));
    for body in [json!({ "title": "no" }), json!({ "title": "x", "rank": 9 })] {
        let refused = site.send("POST", drafts, &body);
        assert_eq!(
            refused.error(),
            (400, "Failed to create record.".into()),
            "{body}"
        );
    }
    let list = site.get(&format!("{drafts}?fields=title")).json();
    assert_eq!(
        (&list["items"], &list["totalItems"]),
        (&json!([{ "title": "a" }]), &json!(1))
    );
    let path = |id: &str| format!("{drafts}/{id}");
    assert_eq!(site.get(&path(&open)).status, 404);
    let pass = [("x-pass", "yes")];
    assert_eq!(
        crate::site::send(site.address, "GET", &path(&open), &pass, "").status,
        200
    );
    assert_eq!(
        crate::site::send(site.address, "GET", &path(&closed), &pass, "").status,
        404
    );
    // The rule sees what a modifier makes of the stored value.
    let patch = |body: Value| site.send("PATCH", &path(&open), &body).status;
    assert_eq!(
        (patch(json!({ "rank+": 4 })), patch(json!({ "rank+": 4 }))),
        (200, 404)
    );
    assert_eq!(
        site.send("DELETE", &path(&closed), &Value::Null).status,
        404
    );
    assert_eq!(site.send("DELETE", &path(&open), &Value::Null).status, 204);
}

#[test]
fn hooks_run_around_requests() {
    let site = site(
        r#"
        onRecordCreateRequest((e) => {
            console.log("create", e.collection.name, e.record.isNew())
            if (e.record.getString("title") === "stop") return
            e.next()
            console.log("created", e.record.isNew(), e.status())
            throw new Error("too late")
        }, "posts")
        onRecordUpdateRequest((e) => { e.record.set("rank", 7); return e.next() })
        onRecordViewRequest((e) => { throw new ForbiddenError("not you") })
        onRecordDeleteRequest((e) => { throw new Error("anything") })
        onRecordsListRequest((e) => {
            console.log("list", e.records.length, e.result.totalItems)
            for (const r of e.records) r.set("title", r.getString("title") + "!")
            return e.next()
        })
        "#,
    );
    let stopped = site.send("POST", POSTS, &json!({ "title": "stop" }));
    assert_eq!((stopped.status, &*stopped.body), (200, ""));
    let id = create(&site, "posts", &json!({ "title": "a" }));
    let path = format!("{POSTS}/{id}");
    let list = site.get(&format!("{POSTS}?fields=title")).json();
    assert_eq!(list["items"], json!([{ "title": "a!" }]));
    assert_eq!(
        site.lines(),
        [
            "create posts true",
            "create posts true",
            "created false 200",
            "list 1 1"
        ]
    );
    assert_eq!(
        site.send("PATCH", &path, &json!({ "rank": 1 })).json()["rank"],
        7
    );
    assert_eq!(site.get(&path).error(), (403, "Not you.".into()));
    assert_eq!(
        site.send("DELETE", &path, &Value::Null).error(),
        (400, GENERIC.into())
    );
}

#[test]
fn what_model_hooks_throw_is_told_by_what_was_tried() {
    let site = site(
        r#"
        onRecordCreate((e) => {
            if (e.record.getString("title") === "a") throw new Error("x")
            if (e.record.getString("title") === "b") $app.findRecordById("posts", "none")
            if (e.record.getString("title") === "c") throw new ApiError(409, "taken")
            return e.next()
        })
        onRecordUpdate((e) => { throw "x" })
        onRecordDelete((e) => { throw "x" })
        onRecordEnrich((e) => {
            if (e.record.getString("title") === "e") throw new Error("x")
            return e.next()
        })
        "#,
    );
    let created = |title: &str| site.send("POST", POSTS, &json!({ "title": title })).error();
    assert_eq!(created("a"), (400, "Failed to create record.".into()));
    assert_eq!(created("b"), (400, "Failed to create record.".into()));
    assert_eq!(created("c"), (409, "Taken.".into()));
    assert_eq!(created("e"), (500, "Failed to enrich records.".into()));
    let id = create(&site, "posts", &json!({ "title": "d" }));
    let path = format!("{POSTS}/{id}");
    let update = site.send("PATCH", &path, &json!({ "rank": 1 })).error();
    assert_eq!(update, (400, "Failed to update record.".into()));
    let delete = site.send("DELETE", &path, &Value::Null).error();
    let wanted = "Failed to delete record. Make sure that the record is not part of a required relation reference.";
    assert_eq!(delete, (400, wanted.into()));
}

#[test]
fn what_others_need_is_not_deleted() {
    let relation = |name: &str, required: bool| {
        json!({
            "name": name, "type": "relation", "collectionId": "pbc_lists",
            "maxSelect": 1, "required": required,
        })
    };
    let site = Site::new(Plan {
        schema: json!([
            {
                "id": "pbc_lists", "name": "lists", "type": "base",
                "createRule": "", "deleteRule": "", "viewRule": "",
                "fields": [{ "name": "name", "type": "text" }],
            },
            {
                "name": "items", "type": "base", "createRule": "", "viewRule": "",
                "fields": [relation("needs", true), relation("likes", false)],
            },
        ]),
        ..Plan::default()
    });
    let needed = create(&site, "lists", &json!({ "name": "needed" }));
    let liked = create(&site, "lists", &json!({ "name": "liked" }));
    let item = create(&site, "items", &json!({ "needs": needed, "likes": liked }));
    let delete = |id: &str| {
        let target = format!("/api/collections/lists/records/{id}");
        site.send("DELETE", &target, &Value::Null).status
    };
    assert_eq!((delete(&needed), delete(&liked)), (400, 204));
    let seen = site
        .get(&format!("/api/collections/items/records/{item}"))
        .json();
    assert_eq!(
        (&seen["needs"], &seen["likes"]),
        (&json!(needed), &json!(""))
    );
}

#[test]
fn records_are_enriched_as_one_chain() {
    let site = site(
        r#"
        onRecordEnrich((e) => {
            console.log("in", e.record.getString("title"), e.requestInfo.method)
            e.record.hide("rank")
            e.next()
            console.log("out", e.record.getString("title"))
        }, "posts")
        "#,
    );
    for title in ["a", "b"] {
        create(&site, "posts", &json!({ "title": title }));
    }
    site.lines();
    let list = site.get(&format!("{POSTS}?sort=title")).json();
    assert!(list["items"][1].get("rank").is_none(), "{list}");
    assert_eq!(site.lines(), ["in a GET", "in b GET", "out b", "out a"]);
}

#[test]
fn a_long_list_is_enriched_in_pieces() {
    let site = site("onRecordEnrich((e) => { e.record.hide('rank'); return e.next() })");
    for index in 0..70 {
        create(&site, "tags", &json!({ "name": format!("t{index:02}") }));
    }
    let list = site
        .get("/api/collections/tags/records?perPage=100&sort=name")
        .json();
    let names: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    assert_eq!((names.len(), names[69]), (70, &json!("t69")));
}

#[test]
fn relations_are_expanded_as_far_as_one_may_see() {
    let site = site(
        r#"onRecordEnrich((e) => {
            e.record.withCustomData(true)
            e.record.set("seen", e.requestInfo.context)
            return e.next()
        }, "tags")"#,
    );
    let tag = |name: &str| create(&site, "tags", &json!({ "name": name }));
    let (fun, private, new) = (tag("fun"), tag("private"), tag("new"));
    let parent = create(
        &site,
        "posts",
        &json!({ "title": "p", "tags": [new, private, fun] }),
    );
    let child = create(&site, "posts", &json!({ "title": "c", "parent": parent }));
    let expanded = |id: &str, paths: &str| {
        let answer = site.get(&format!("{POSTS}/{id}?expand={paths}"));
        assert_eq!(answer.status, 200);
        answer.json()["expand"].clone()
    };
    let expand = expanded(&child, "parent.tags,nope,title");
    assert_eq!(expand["parent"]["title"], "p");
    let tags = expand["parent"]["expand"]["tags"].as_array().unwrap();
    let tags: Vec<_> = tags
        .iter()
        .map(|tag| (&tag["name"], &tag["seen"]))
        .collect();
    let context = json!("expand");
    assert_eq!(tags, [(&json!("new"), &context), (&json!("fun"), &context)]);
    let expand = expanded(&parent, "posts_via_parent");
    assert_eq!(expand["posts_via_parent"][0]["id"], json!(child));
    assert_eq!(expanded(&child, "tags"), Value::Null);
}

#[test]
fn a_file_that_is_lost_is_told_in_the_log() {
    let site = site("");
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let form = "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\na\r\n\
        --x\r\nContent-Disposition: form-data; name=\"doc\"; filename=\"b.txt\"\r\n\r\nb\r\n--x--\r\n";
    assert_eq!(send(site.address, "POST", POSTS, &kind, form).status, 200);
    let told = site.complaints();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains(r#"the file "b.txt" of the field "doc" is not stored"#),
        "{told:?}"
    );
}
