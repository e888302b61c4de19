//! `migrate`: what is applied, what is reverted, and what a failure leaves.

use crate::program::{Server, jsvm_with};
use jsvm::{Rows, Statement};
use jsvm_host::Sqlite;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Output, time::Duration};
use tempfile::TempDir;

const POSTS: &str = r#"
    const NAME = "posts"
    migrate((app) => {
        return app.save(new Collection({
            name: NAME, type: "base", listRule: "", createRule: "",
            fields: [{ id: "text1", name: "title", type: "text" },
                     { name: "author", type: "relation", collectionId: "_pb_users_auth_" }],
        }))
    }, (app) => app.delete(app.findCollectionByNameOrId(NAME)))"#;

const FIRST: &str = r#"
    const TITLES = ["one", "two"]
    migrate((app) => {
        const posts = app.findCollectionByNameOrId("posts")
        unmarshal({ listRule: "title != ''" }, posts)
        posts.fields.addAt(1, new Field({ name: "views", type: "number" }))
        posts.fields.removeById("text1")
        posts.fields.add(new TextField({ name: "title" }))
        app.save(posts)
        for (const title of TITLES) {
            const record = new Record(posts)
            record.set("title", title)
            app.save(record)
        }
        app.db().newQuery("UPDATE posts SET views = 3 WHERE title = {:t}").bind({ t: "two" }).execute()
    }, (app) => {
        app.truncateCollection(app.findCollectionByNameOrId("posts"))
    })"#;

fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("pb_migrations")).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join("pb_migrations").join(name), text).unwrap();
    }
    dir
}

fn migrate(dir: &Path, args: &[&str]) -> Output {
    let mut all = vec!["migrate", "--dir", dir.to_str().unwrap()];
    all.extend(args);
    jsvm_with(&all, "")
}

/// What a migration that goes well prints.
fn told(dir: &Path, args: &[&str]) -> String {
    let output = migrate(dir, args);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn rows(dir: &Path, sql: &str) -> Vec<Vec<Value>> {
    let store = Sqlite::open(&dir.join("pb_data")).unwrap();
    let statement = Statement {
        sql: sql.into(),
        values: Vec::new(),
        timeout: Duration::from_secs(10),
    };
    store.run_sql(&statement).unwrap().rows
}

/// The collections, but for when they were made.
fn shapes(dir: &Path) -> Vec<Value> {
    let store = Sqlite::open(&dir.join("pb_data")).unwrap();
    let mut shapes: Vec<_> = store.collections().iter().map(|it| it.to_json()).collect();
    for shape in &mut shapes {
        let shape = shape.as_object_mut().unwrap();
        shape.retain(|key, _| key != "created" && key != "updated");
    }
    shapes.sort_by_key(|it| it["name"].to_string());
    shapes
}

fn collections(dir: &Path) -> Vec<String> {
    let store = Sqlite::open(&dir.join("pb_data")).unwrap();
    let mut names: Vec<_> = store
        .collections()
        .iter()
        .map(|it| it.name.clone())
        .collect();
    names.sort();
    names
}

#[test]
fn migrations_are_applied_once_and_reverted_one_by_one() {
    let dir = project(&[("1_posts.js", POSTS), ("2_first.js", FIRST)]);
    let dir = dir.path();
    assert_eq!(
        told(dir, &["up"]),
        "applied 1_posts.js\napplied 2_first.js\n"
    );
    assert_eq!(told(dir, &["up"]), "");
    assert_eq!(
        rows(dir, "SELECT title, views FROM posts ORDER BY title"),
        [[json!("one"), json!(0)], [json!("two"), json!(3)]]
    );
    let history = rows(
        dir,
        "SELECT file, applied > 1e15 FROM _migrations ORDER BY file",
    );
    assert_eq!(
        history,
        [
            [json!("1_posts.js"), json!(1)],
            [json!("2_first.js"), json!(1)]
        ]
    );
    assert_eq!(told(dir, &["down"]), "reverted 2_first.js\n");
    assert!(rows(dir, "SELECT id FROM posts").is_empty());
    assert_eq!(collections(dir), ["_superusers", "posts", "users"]);
    assert_eq!(told(dir, &["up"]), "applied 2_first.js\n");
    assert_eq!(
        told(dir, &["down", "5"]),
        "reverted 2_first.js\nreverted 1_posts.js\n"
    );
    assert_eq!(collections(dir), ["_superusers", "users"]);
}

#[test]
fn a_failure_changes_nothing_and_is_told_at_its_place() {
    let broken = "migrate((app) => {\n  app.save(new Collection({ name: 'tags', type: 'base' }))\n  app.findCollectionByNameOrId('none')\n})";
    let dir = project(&[("1_posts.js", POSTS), ("2_broken.js", broken)]);
    let output = migrate(dir.path(), &["up"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("migration 2_broken.js failed, nothing was changed"),
        "{errors}"
    );
    assert!(
        errors.contains("--> pb_migrations/2_broken.js:3:"),
        "{errors}"
    );
    assert_eq!(collections(dir.path()), ["_superusers", "users"]);
    assert!(rows(dir.path(), "SELECT file FROM _migrations").is_empty());

    for (text, wanted) in [
        (
            "migrate((app) => $app.save(1))",
            "a migration is given the app",
        ),
        ("migrate((app) => 123)", "could not convert 123 to error"),
        (
            "migrate(async (app) => {})",
            "the function given to migrate must return nothing",
        ),
        ("migrate(1)", "up of migrate(up, down) must be a function"),
        ("onBootstrap((e) => e.next())", "onBootstrap is not defined"),
        ("throw new Error('top')", "Error: top"),
        ("migrate(() => { for (;;) {} })", "limits.migration-timeout"),
    ] {
        let dir = project(&[("1_posts.js", POSTS), ("2_broken.js", text)]);
        fs::write(
            dir.path().join("jsvm.toml"),
            "[limits]\nmigration-timeout = \"200ms\"\n",
        )
        .unwrap();
        let output = migrate(dir.path(), &["up"]);
        assert_eq!(output.status.code(), Some(1), "{text}: {output:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(wanted), "{text}: {errors}");
        assert!(
            !collections(dir.path()).contains(&"posts".to_owned()),
            "{text}"
        );
    }
}

#[test]
fn serve_migrates_first_and_hooks_take_part() {
    let dir = project(&[("1_posts.js", POSTS), ("2_first.js", FIRST)]);
    fs::create_dir(dir.path().join("pb_hooks")).unwrap();
    let hook = r#"onRecordCreate((e) => { e.record.set("title", e.record.get("title") + "!"); e.next() }, "posts")"#;
    fs::write(dir.path().join("pb_hooks/a.pb.js"), hook).unwrap();
    let server = Server::start(dir.path(), &["--strict"]);
    let (status, page) = server.get("/api/collections/posts/records?sort=title&fields=title");
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        page["items"],
        json!([{ "title": "one!" }, { "title": "two!" }])
    );
    let types = fs::read_to_string(dir.path().join("pb_data/types.d.ts")).unwrap();
    assert!(types.contains("interface PostsFields"), "{types}");
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));

    fs::write(
        dir.path().join("pb_migrations/3_broken.js"),
        "migrate(() => { throw new Error('no') })",
    )
    .unwrap();
    let output = jsvm_with(
        &[
            "serve",
            dir.path().to_str().unwrap(),
            "--http",
            "127.0.0.1:0",
        ],
        "",
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("3_broken.js:1:")
    );
    let checked = jsvm_with(&["check", dir.path().to_str().unwrap()], "");
    assert!(
        checked.status.success(),
        "its top level is fine: {checked:?}"
    );
    fs::write(dir.path().join("pb_migrations/3_broken.js"), "migrate(").unwrap();
    let checked = jsvm_with(&["check", dir.path().to_str().unwrap()], "");
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
}

#[test]
fn settings_are_saved_and_found_again() {
    let change = "migrate((app) => {
        const settings = app.settings()
        settings.meta.appName = 'Shop'
        app.save(settings)
        if (app.settings().meta.appName !== 'Acme') throw new Error('it holds before the end')
    })";
    let dir = project(&[("1_settings.js", change)]);
    let hooks = "
        onSettingsReload((e) => { e.next(); $app.store().set('seen', $app.settings().meta.appName) })
        routerAdd('GET', '/name', (e) => e.json(200, [$app.settings().meta.appName, $app.settings().meta.senderName, $app.store().get('seen')]))";
    fs::create_dir(dir.path().join("pb_hooks")).unwrap();
    fs::write(dir.path().join("pb_hooks/a.pb.js"), hooks).unwrap();
    for (config, wanted) in [
        ("", json!(["Shop", "Support", "Shop"])),
        ("", json!(["Shop", "Support", null])),
        (
            "[settings]\nmeta = { senderName = 'Shop keeper' }",
            json!(["Shop", "Shop keeper", null]),
        ),
    ] {
        let config = format!("[sandbox]\nprofile = 'pocketbase'\n{config}");
        fs::write(dir.path().join("jsvm.toml"), config).unwrap();
        let server = Server::start(dir.path(), &[]);
        let (status, told) = server.get("/name");
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((status, told), (200, wanted));
        server.signal("-TERM");
        assert_eq!(server.wait(), Some(0));
    }
}

#[test]
fn files_are_created_and_history_forgets_what_is_gone() {
    let dir = project(&[("1_posts.js", POSTS)]);
    let dir = dir.path();
    told(dir, &["up"]);
    let made = told(dir, &["create", "Add Tags"]);
    assert!(
        made.starts_with("pb_migrations/") && made.ends_with("_add_tags.js\n"),
        "{made}"
    );
    let snapshot = told(dir, &["collections"]);
    assert_eq!(
        told(dir, &["up"]),
        [&made, &snapshot]
            .map(|file| file.replace("pb_migrations/", "applied "))
            .concat()
    );
    fs::remove_file(dir.join("pb_migrations/1_posts.js")).unwrap();
    assert_eq!(told(dir, &["history-sync"]), "forgot 1_posts.js\n");
    assert_eq!(told(dir, &["history-sync"]), "");

    // The snapshot makes the same elsewhere.
    let other = project(&[]);
    let name = snapshot.trim();
    fs::copy(dir.join(name), other.path().join(name)).unwrap();
    told(other.path(), &["up"]);
    assert_eq!(shapes(other.path()), shapes(dir));
}
