//! Filters and sorts, asked of a database with a few records.

use crate::store::Sqlite;
use jsvm::{Collection, Error, Query, Record, Rows, Storage};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

fn schema() -> Value {
    json!([
        { "id": "users", "name": "users", "type": "auth", "fields": [
            { "name": "name", "type": "text" },
            { "name": "role", "type": "text", "hidden": true },
            { "name": "teams", "type": "relation", "collectionId": "teams", "maxSelect": 9 },
        ]},
        { "id": "teams", "name": "teams", "fields": [{ "name": "label", "type": "text" }] },
        { "id": "posts", "name": "posts", "fields": [
            { "name": "title", "type": "text" },
            { "name": "views", "type": "number" },
            { "name": "live", "type": "bool" },
            { "name": "at", "type": "date" },
            { "name": "author", "type": "relation", "collectionId": "users" },
            { "name": "tags", "type": "select", "maxSelect": 9, "values": ["x", "y", "z"] },
            { "name": "meta", "type": "json" },
            { "name": "place", "type": "geoPoint" },
            { "name": "note", "type": "text", "hidden": true },
        ]},
        { "id": "comments", "name": "comments", "fields": [
            { "name": "text", "type": "text" },
            { "name": "post", "type": "relation", "collectionId": "posts" },
        ]},
    ])
}

fn rows() -> Value {
    json!({
        "teams": [{ "id": "red", "label": "Red" }, { "id": "blue", "label": "Blue" }],
        "users": [
            { "id": "ann", "name": "Ann", "role": "boss", "teams": ["red"], "email": "ann@a.com",
              "emailVisibility": true, "tokenKey": "1" },
            { "id": "bob", "name": "Bob", "teams": ["red", "blue"], "email": "bob@a.com",
              "tokenKey": "2" },
        ],
        "posts": [
            { "id": "p1", "title": "Alpha", "views": 3, "live": true, "author": "ann",
              "tags": ["x", "y"], "meta": { "n": 1, "list": ["a", { "k": "v" }], "flag": true },
              "at": "2024-03-01 10:00:00.000Z", "place": { "lon": 23.32, "lat": 42.69 },
              "note": "secret" },
            { "id": "p2", "title": "Beta", "views": 12, "author": "bob", "tags": ["x"],
              "meta": "plain", "at": "2023-03-01 10:00:00.000Z" },
            { "id": "p3", "title": "100%", "views": 7, "live": true, "author": "",
              "meta": 5, "note": "it's" },
            { "id": "p4", "title": "", "views": 0, "author": "ann", "tags": ["z"] },
        ],
        "comments": [
            { "id": "c1", "text": "good", "post": "p1" },
            { "id": "c2", "text": "bad", "post": "p1" },
            { "id": "c3", "text": "good", "post": "p2" },
        ],
    })
}

struct Blog {
    store: Sqlite,
    _dir: TempDir,
}

impl Blog {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).unwrap();
        store.import(&schema()).unwrap();
        let transaction = store.begin().unwrap();
        for (name, list) in rows().as_object().unwrap() {
            for values in list.as_array().unwrap() {
                let mut record = Record::new(store.collection(name).unwrap());
                record.load(values.as_object().unwrap());
                transaction.insert(&record).unwrap();
            }
        }
        transaction.commit().unwrap();
        Self { store, _dir: dir }
    }

    fn posts(&self) -> Arc<Collection> {
        self.store.collection("posts").unwrap()
    }

    fn ask(&self, query: &Query) -> Result<String, Error> {
        let found = self.store.find(&self.posts(), query)?;
        let count = self.store.count(&self.posts(), query)?;
        assert_eq!(count, found.len() as u64, "{query:?}");
        Ok(ids(&found))
    }

    fn ask_for_client(&self, filter: &str, sort: &str, rule: &str) -> Result<String, Error> {
        let query = Query {
            filter: filter.into(),
            sort: sort.into(),
            request: Some(request()),
            ..Query::default()
        };
        let found = self.store.find_for_client(&self.posts(), &query, rule)?;
        let count = self.store.count_for_client(&self.posts(), &query, rule)?;
        assert_eq!(count, found.len() as u64, "{query:?}");
        Ok(ids(&found))
    }
}

fn ids(records: &[Record]) -> String {
    records.iter().map(Record::id).collect::<Vec<_>>().join(" ")
}

fn request() -> Value {
    json!({
        "method": "PATCH",
        "context": "default",
        "query": { "q": "Alpha" },
        "headers": { "x_token": "t" },
        "auth": { "id": "ann", "collectionId": "users", "collectionName": "users",
                  "email": "ann@a.com", "name": "stale" },
        "body": { "title": "Alpha", "views": "3", "tags": ["x", "y"], "author": "bob",
                  "live": true, "free": { "a": [1, 2] }, "nothing": null },
    })
}

fn filter(text: &str) -> Query {
    Query {
        filter: text.into(),
        sort: "id".into(),
        request: Some(request()),
        ..Query::default()
    }
}

#[test]
fn filters_find_what_pocketbase_finds() {
    let blog = Blog::open();
    for (text, wanted) in [
        ("", "p1 p2 p3 p4"),
        ("views = 7", "p3"),
        ("views != 7", "p1 p2 p4"),
        ("views > 3 && views <= 12", "p2 p3"),
        ("views = 0 || views = 3 && title = 'Beta'", "p4"),
        ("(views = 0 || views = 3) && title != ''", "p1"),
        ("views = '7'", "p3"),
        ("live = true", "p1 p3"),
        ("live = false", "p2 p4"),
        ("live != true", "p2 p4"),
        ("title = 'alpha'", ""),
        ("title:lower = 'alpha'", "p1"),
        ("title = ''", "p4"),
        ("title = null", "p4"),
        ("title != null", "p1 p2 p3"),
        ("title ~ 'A'", "p1 p2"),
        ("title !~ 'A'", "p3 p4"),
        ("title ~ 'a%'", "p1"),
        ("title ~ '0\\%'", "p3"),
        ("title ~ '_'", ""),
        ("'Alphabet' ~ title", "p1 p4"),
        ("views ~ 2", "p2"),
        ("title = \"it's\"", ""),
        ("note = 'it\\'s'", "p3"),
        ("at > '2024-01-01'", "p1"),
        ("at = ''", "p3 p4"),
        ("at < @now && at != ''", "p1 p2"),
        ("@year > 2000", "p1 p2 p3 p4"),
        ("title = title", "p1 p2 p3 p4"),
        ("1 = 1 // always", "p1 p2 p3 p4"),
        ("'' = null", "p1 p2 p3 p4"),
    ] {
        assert_eq!(blog.ask(&filter(text)).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn filters_look_into_lists_json_and_relations() {
    let blog = Blog::open();
    for (text, wanted) in [
        ("tags:length = 2", "p1"),
        ("tags:length = 0", "p3"),
        ("tags:each = 'x'", "p2"),
        ("tags:each ?= 'x'", "p1 p2"),
        ("tags:each != 'x'", "p3 p4"),
        ("tags:each ?!= 'x'", "p1 p3 p4"),
        ("tags ~ 'y'", "p1"),
        ("author:length = 1", "p1 p2 p4"),
        ("meta.n = 1", "p1"),
        ("meta.list.0 = 'a'", "p1"),
        ("meta.list.1.k = 'v'", "p1"),
        ("meta.flag = true", "p1"),
        ("meta.missing = null", "p1 p2 p3 p4"),
        ("meta = 'plain'", "p2"),
        ("meta = 5", "p3"),
        ("meta = null", "p4"),
        ("meta != ''", "p1 p2 p3 p4"),
        ("place.lat > 40", "p1"),
        ("geoDistance(place.lon, place.lat, 23.32, 42.69) < 1", "p1"),
        ("geoDistance(place.lon, place.lat, 24, 43) < 100", "p1"),
        ("strftime('%Y', at) = '2024'", "p1"),
        ("strftime('%Y', at) = ''", "p3 p4"),
        ("strftime('%Y-%m', at, '+1 months') = '2024-04'", "p1"),
        ("author = 'ann'", "p1 p4"),
        ("author.id = 'ann'", "p1 p4"),
        ("author.name = 'Ann'", "p1 p4"),
        ("author.name != 'Ann'", "p2 p3"),
        ("author.name = ''", "p3"),
        ("author.teams.label = 'Red'", "p1 p4"),
        ("author.teams.label ?= 'Red'", "p1 p2 p4"),
        ("author.teams.label ?= 'Blue'", "p2"),
        ("author.teams.label ~ 'e'", "p1 p2 p4"),
        ("author.teams:length > 1", "p2"),
        ("comments_via_post.text = 'good'", "p2"),
        ("comments_via_post.text ?= 'good'", "p1 p2"),
        ("comments_via_post.id ?= 'c2'", "p1"),
        ("comments_via_post.id = null", "p3 p4"),
        ("author.posts_via_author.title ?= 'Alpha'", "p1 p4"),
        ("author.name = 'Ann' && author.role = 'boss'", "p1 p4"),
        (
            "@collection.users.name ?= title || @collection.comments.post ?= id",
            "p1 p2",
        ),
        (
            "@collection.users:a.id ?= author && @collection.users:a.name ?= 'Bob'",
            "p2",
        ),
        ("@collection.teams.label ?= 'Green'", ""),
    ] {
        assert_eq!(blog.ask(&filter(text)).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn rules_look_at_the_request() {
    let blog = Blog::open();
    let (all, none) = ("p1 p2 p3 p4", "");
    for (text, wanted) in [
        ("@request.auth.id = author", "p1 p4"),
        ("author = @request.auth.id", "p1 p4"),
        ("@request.auth.id != ''", all),
        ("@request.auth.name = 'Ann'", all),
        ("@request.auth.teams.label ?= 'Red'", all),
        ("@request.auth.posts_via_author.id ?= id", "p1 p4"),
        ("@request.auth.nothing = null", all),
        ("@request.auth.email = 'ann@a.com'", all),
        (
            "@request.method = 'PATCH' && @request.context = 'default'",
            all,
        ),
        ("@request.query.q = title", "p1"),
        ("@request.headers.x_token = 't'", all),
        ("@request.headers.x_other = ''", all),
        ("@request.body.title = title", "p1"),
        ("@request.body.title:lower = 'alpha'", all),
        ("@request.body.views = views", "p1"),
        ("@request.body.tags:length = 2", all),
        ("@request.body.tags:each ?= 'y'", all),
        ("@request.body.tags:each = 'y'", none),
        ("@request.body.author.name = 'Bob'", all),
        ("@request.body.author.teams.label ?= 'Blue'", all),
        ("@request.body.title:isset = true", all),
        ("@request.body.at:isset = true", none),
        ("@request.body.nothing:isset = true", all),
        ("@request.body.title:changed = true", "p2 p3 p4"),
        ("@request.body.at:changed = false", all),
        ("@request.body.free.a.1 = 2", all),
        ("@request.body.live = live", "p1 p3"),
    ] {
        assert_eq!(blog.ask(&filter(text)).as_deref(), Ok(wanted), "{text}");
    }
    let mut anonymous = filter("@request.auth.id = '' && @request.auth.name = null");
    assert_eq!(
        blog.ask(&Query {
            request: None,
            ..anonymous.clone()
        })
        .as_deref(),
        Ok(all)
    );
    anonymous.request = Some(json!({ "auth": null }));
    assert_eq!(blog.ask(&anonymous).as_deref(), Ok(all));
}

#[test]
fn place_holders_are_values() {
    let blog = Blog::open();
    let params = json!({
        "title": "Alpha", "evil": "x' || title != '", "views": 7, "live": true, "none": null,
        "list": ["x", "y"], "empty": "", "percent": "0\\%",
    });
    for (text, wanted) in [
        ("title = {:title}", "p1"),
        ("title = {:evil}", ""),
        ("views = {:views}", "p3"),
        ("live = {:live}", "p1 p3"),
        ("title = {:none}", "p4"),
        ("tags = {:list}", "p1"),
        ("title = {:empty}", ""),
        ("title ~ {:percent}", "p3"),
        ("title = '{:title}'", ""),
    ] {
        let query = Query {
            params: params.as_object().unwrap().clone(),
            ..filter(text)
        };
        assert_eq!(blog.ask(&query).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn what_has_no_meaning_is_named() {
    let blog = Blog::open();
    for (text, wanted) in [
        (
            "nope = 1",
            "invalid left operand \"nope\" - unknown field \"nope\"",
        ),
        (
            "1 = nope",
            "invalid right operand \"nope\" - unknown field \"nope\"",
        ),
        ("title:shout = 1", "unknown modifier in \"title:shout\""),
        ("title.x = 1", "field \"title\" is not a valid relation"),
        ("nope.x = 1", "failed to resolve field \"nope\""),
        ("author.nope = 1", "unknown field \"nope\""),
        (
            "posts_via_author.id = 1",
            "invalid back relation field \"author\"",
        ),
        (
            "comments_via_nope.id = 1",
            "missing back relation field \"nope\"",
        ),
        ("nope_via_post.id = 1", "failed to load back relation"),
        ("@nope = 1", "failed to resolve field \"@nope\""),
        (
            "@request.nope = 1",
            "failed to resolve field \"@request.nope\"",
        ),
        ("@request.auth = 1", "failed to resolve field"),
        ("@request.body.title:each = 1", "doesn't support multivalue"),
        (
            "@collection.nope.id = 1",
            "failed to load collection \"nope\"",
        ),
        ("@collection.posts = 1", "failed to resolve field"),
        ("shout(1) = 1", "unknown function \"shout\""),
        ("geoDistance(1) = 1", "expects 4 arguments"),
        ("strftime(at) = 1", "strftime expects"),
        ("title = ", "expected right operand"),
        ("'; DROP TABLE posts; --", "does not end"),
        ("title = ''; DROP TABLE posts", "unexpected character ';'"),
        ("title = 1 UNION SELECT 1", "expected && or ||"),
        ("title` = 1", "unexpected character '`'"),
        (
            "author.posts_via_author.author.posts_via_author.author.posts_via_author.author.name = 1",
            "max nested relations",
        ),
    ] {
        let message = blog.ask(&filter(text)).unwrap_err().to_string();
        assert!(message.contains(wanted), "{text}: {message}");
    }
    assert_eq!(blog.ask(&filter("")).as_deref(), Ok("p1 p2 p3 p4"));
}

#[test]
fn sorts_follow_their_fields() {
    let blog = Blog::open();
    let sorted = |sort: &str| {
        blog.ask(&Query {
            sort: sort.into(),
            ..Query::default()
        })
    };
    for (sort, wanted) in [
        ("-views", "p2 p3 p1 p4"),
        ("+views", "p4 p1 p3 p2"),
        ("live,-title", "p2 p4 p1 p3"),
        (" author.name , -id", "p3 p4 p1 p2"),
        ("-@rowid", "p4 p3 p2 p1"),
        ("meta.n, id", "p2 p3 p4 p1"),
        ("tags:length,id", "p3 p2 p4 p1"),
    ] {
        assert_eq!(sorted(sort).as_deref(), Ok(wanted), "{sort}");
    }
    assert_eq!(sorted("@random").unwrap().len(), "p1 p2 p3 p4".len());
    let many = vec!["id"; 101].join(",");
    for sort in [
        "nope",
        "title,",
        "title desc",
        "@request.method",
        "@now",
        "''",
        "1",
        "true",
        &many,
    ] {
        let message = blog.store.find(
            &blog.posts(),
            &Query {
                sort: sort.into(),
                ..filter("")
            },
        );
        let message = message.unwrap_err().to_string();
        assert!(message.starts_with("invalid sort"), "{sort}: {message}");
    }
}

#[test]
fn a_part_of_what_matches_can_be_asked_for() {
    let blog = Blog::open();
    let part = |limit, offset| {
        let query = Query {
            limit,
            offset,
            ..filter("")
        };
        ids(&blog.store.find(&blog.posts(), &query).unwrap())
    };
    assert_eq!(part(2, 0), "p1 p2");
    assert_eq!(part(2, 3), "p4");
    assert_eq!(part(0, 2), "p3 p4");
    assert_eq!(part(u64::MAX, 9), "");
    assert_eq!(part(1, u64::MAX), "");
}

#[test]
fn clients_see_what_the_rule_allows() {
    let blog = Blog::open();
    let mine = "author = @request.auth.id || note = 'secret'";
    for (text, wanted) in [
        ("", "p1 p4"),
        ("views > 0", "p1"),
        ("title = '' || title = 'Beta'", "p4"),
        ("1 = 1 || 1 = 1", "p1 p4"),
        ("author.email ?= 'ann@a.com'", "p1 p4"),
    ] {
        let found = blog.ask_for_client(text, "id", mine);
        assert_eq!(found.as_deref(), Ok(wanted), "{text}");
    }
    // Bob's address is not public, so nobody learns that it is his.
    assert_eq!(
        blog.ask_for_client("author.email = 'bob@a.com'", "id", "")
            .as_deref(),
        Ok("")
    );
    for (text, sort, wanted) in [
        ("1 = 1) || (1 = 1", "", "expected && or ||"),
        ("note = 'secret'", "", "non-filterable field \"note\""),
        ("author.role = 'boss'", "", "non-filterable field \"role\""),
        ("", "note", "invalid sort field \"note\""),
        ("", "id,id,id,id,id,id,id,id,id", "more than 8 fields"),
        (
            "@request.auth.id = ''",
            "",
            "Only superusers can filter by @request.",
        ),
        (
            "@collection.users.id = ''",
            "",
            "Only superusers can filter by @collection.",
        ),
    ] {
        let message = blog.ask_for_client(text, sort, "").unwrap_err().to_string();
        assert!(message.contains(wanted), "{message}");
    }
}

#[test]
fn a_rule_can_be_tried_on_one_record() {
    let blog = Blog::open();
    let (posts, request) = (blog.posts(), request());
    let stored = |id: &str, rule: &str| blog.store.matches(&posts, id, rule, &request).unwrap();
    assert!(stored("p1", "author = @request.auth.id"));
    assert!(!stored("p2", "author = @request.auth.id"));
    assert!(stored("p2", ""));
    assert!(!stored("p9", ""));
    assert!(stored("p1", "views = 4 || id = 'p1'") && !stored("p2", "views = 4 || id = 'p1'"));

    let mut record = Record::new(posts);
    let values = json!({ "id": "p9", "author": "ann", "views": 5, "live": true, "tags": ["x"],
                         "meta": { "a": 1 } });
    record.load(values.as_object().unwrap());
    for (rule, wanted) in [
        ("", true),
        ("author = @request.auth.id", true),
        ("author.name = 'Ann' && author.teams.label ?= 'Red'", true),
        ("author = 'bob'", false),
        ("views = '5' && live = true && meta.a = 1", true),
        ("tags:each = 'x' && tags:length = 1", true),
        ("tags:each = 'y'", false),
        ("@collection.posts.id ?= 'p1'", true),
        ("@collection.posts.id ?= id", false),
    ] {
        let matches = blog.store.matches_new(&record, rule, &request);
        assert_eq!(matches, Ok(wanted), "{rule}");
    }
    assert!(
        blog.store
            .matches_new(&record, "nope = 1", &request)
            .is_err()
    );
}

#[test]
fn random_text_is_refused_or_harmless() {
    let blog = Blog::open();
    let pieces = [
        "title",
        "views",
        "author.name",
        "tags:each",
        "=",
        "?!~",
        ">=",
        "'",
        "\"",
        "a",
        "1",
        "-",
        "(",
        ")",
        "&&",
        "||",
        "{:x}",
        "//",
        "\n",
        ";",
        "--",
        "\\",
        "@now",
        "@request.auth.id",
        "é",
        "\0",
        "%",
        ",",
        "strftime(",
        "null",
    ];
    let mut seed = 42_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap()
    };
    let mut understood = 0;
    for _ in 0..20_000 {
        let length = next() % 9;
        let text: String = (0..length).map(|_| pieces[next() % pieces.len()]).collect();
        match blog.store.find(&blog.posts(), &filter(&text)) {
            Ok(_) => understood += 1,
            Err(err) => {
                let message = err.to_string();
                assert!(message.starts_with("invalid filter"), "{text}: {message}");
            }
        }
    }
    assert!(understood > 100, "only {understood} were understood");
    assert_eq!(blog.ask(&filter("")).as_deref(), Ok("p1 p2 p3 p4"));
}
