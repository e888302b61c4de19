//! `check` and what `serve` warns of: the traps of hook files.

use crate::program::{Server, jsvm_with};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A project with these hook files.
fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let hooks = dir.path().join("pb_hooks");
    std::fs::create_dir(&hooks).unwrap();
    for (name, text) in files {
        std::fs::write(hooks.join(name), text).unwrap();
    }
    dir
}

/// Exit code, standard output and standard error.
fn jsvm(args: &[&str]) -> (Option<i32>, String, String) {
    let output = jsvm_with(args, "");
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn check(dir: &Path, flags: &[&str]) -> (Option<i32>, String, String) {
    jsvm(&[&["check", dir.to_str().unwrap()], flags].concat())
}

/// A handler that a function makes: only loading can tell that it is one.
const OUTSIDE: &str = "const limit = 10;
const handlers = [1].map((n) => (e) => { e.record.set('n', n); e.next() });
onRecordCreate(handlers[0], 'posts');
onRecordUpdate((e) => {
    if (e.record.getInt('n') > limit) throw new BadRequestError('too many');
    e.next();
}, 'posts');
";

#[test]
fn variables_outside_of_their_handlers_are_told() {
    let dir = project(&[("main.pb.js", OUTSIDE)]);
    let (code, out, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(
        out,
        "1 hook file, 2 handlers, 0 routes, 0 middlewares, 0 cron jobs; 0 errors, 2 warnings, 0 hints\n"
    );
    insta::assert_snapshot!(err, @r"
        warning: this onRecordCreate handler cannot see the variable `n` [outside-variable]
          --> pb_hooks/main.pb.js:2:60
        1 | const limit = 10;
        2 | const handlers = [1].map((n) => (e) => { e.record.set('n', n); e.next() });
          |                                                            ^
          = `n` is defined at pb_hooks/main.pb.js:2:27, and a handler runs in other VMs than its file
          = cure: move `n` into the handler
          = cure: put `n` into a module, and `require` that inside of the handler

        warning: this onRecordUpdate handler cannot see the variable `limit` [outside-variable]
          --> pb_hooks/main.pb.js:5:32
        3 | onRecordCreate(handlers[0], 'posts');
        4 | onRecordUpdate((e) => {
        5 |     if (e.record.getInt('n') > limit) throw new BadRequestError('too many');
          |                                ^
          = `limit` is defined at pb_hooks/main.pb.js:1:7, and a handler runs in other VMs than its file
          = cure: move `limit` into the handler
          = cure: put `limit` into a module, and `require` that inside of the handler
        ");
}

#[test]
fn findings_are_data_too() {
    let dir = project(&[("main.pb.js", OUTSIDE)]);
    let (code, out, err) = check(dir.path(), &["--json", "--strict"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["status"], "error");
    let finding = &told["findings"][1];
    assert_eq!(finding["trap"], "outside-variable");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["file"], "pb_hooks/main.pb.js");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&5.into(), &32.into())
    );
    assert_eq!(finding["cures"].as_array().unwrap().len(), 2);
}

#[test]
fn the_examples_fall_into_no_trap() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    for example in std::fs::read_dir(examples).unwrap() {
        let dir = example.unwrap().path();
        let (code, out, err) = check(&dir, &["--strict"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{}", dir.display());
        assert!(out.contains("0 errors, 0 warnings, 0 hints"), "{out}");
    }
}

#[test]
fn serve_warns_and_with_strict_refuses() {
    let dir = project(&[("main.pb.js", OUTSIDE)]);
    drop(Server::start(dir.path(), &[]));
    let args = [
        "serve",
        dir.path().to_str().unwrap(),
        "--http",
        "127.0.0.1:0",
    ];
    let (code, out, err) = jsvm(&[&args[..], &["--strict"]].concat());
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.contains("error: this onRecordUpdate handler cannot see the variable `limit`"),
        "{err}"
    );
    assert!(err.contains("not started"), "{err}");
    // What stops a file is told once, and counts.
    std::fs::write(dir.path().join("pb_hooks/main.pb.js"), "onRecordCraete()").unwrap();
    let (code, _, err) = jsvm(&[&args[..], &["--strict"]].concat());
    assert_eq!(code, Some(1));
    assert!(err.contains("not started: 1 of what"), "{err}");
}

#[test]
fn an_old_name_is_cured_where_it_fails() {
    let dir = project(&[("main.pb.js", "onRecordBeforeCreateRequest((e) => {})\n")]);
    let (code, out, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1 error, 0 warnings, 0 hints\n"), "{out}");
    insta::assert_snapshot!(err, @r"
        failed to load pb_hooks/main.pb.js:
        ReferenceError: onRecordBeforeCreateRequest is not defined
          --> pb_hooks/main.pb.js:1:1
        1 | onRecordBeforeCreateRequest((e) => {})
          | ^
          = cure: since PocketBase 0.23 use `onRecordCreateRequest`
            at <anonymous> (pb_hooks/main.pb.js:1:1)
        ");
}

#[test]
fn a_hint_alone_is_no_failure() {
    let dir = project(&[("main.pb.js", "onRecordCreate((e) => {})\n")]);
    let (code, out, err) = check(dir.path(), &["--strict"]);
    assert_eq!(code, Some(0));
    assert!(out.ends_with("0 errors, 0 warnings, 1 hint\n"), "{out}");
    assert!(err.starts_with("hint: "), "{err}");
    drop(Server::start(dir.path(), &["--strict"]));
}

#[test]
fn each_trap_is_told_once_at_its_place() {
    let files = [
        (
            "1.pb.js",
            "const limit = 1;\nonRecordUpdate((e) => { if (limit) e.next(limit); else e.next() });\n",
        ),
        (
            "2.pb.js",
            "onRecordAfterDeleteRequest((e) => { e.next() });\n",
        ),
        (
            "3.pb.js",
            "cronAdd('x', '* * * * *', () => {\n    $app.dao().saveRecord(1);\n    $app.findRecordByID('posts', '1');\n});\n",
        ),
        (
            "4.pb.js",
            "onRecordCreate((e) => {\n    if (e.record.isNew()) return;\n    e.next();\n});\n",
        ),
        (
            "5.pb.js",
            "routerAdd('GET', '/a/:id', (e) => e.json(200, 1));\n",
        ),
        ("6.pb.js", "const broken = ;\n"),
    ];
    let dir = project(&files);
    let (code, out, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(
        out,
        "6 hook files, 2 handlers, 1 route, 0 middlewares, 1 cron job; 2 errors, 4 warnings, 1 hint\n"
    );
    let is_head =
        |line: &&str| !line.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit());
    let told: Vec<_> = err
        .lines()
        .filter(|line| is_head(line) || line.trim_start().starts_with("--> "))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
        failed to load pb_hooks/2.pb.js:
        ReferenceError: onRecordAfterDeleteRequest is not defined
        --> pb_hooks/2.pb.js:1:1
        failed to load pb_hooks/6.pb.js:
        SyntaxError: Unexpected token
        --> pb_hooks/6.pb.js:1:16
        warning: this onRecordUpdate handler cannot see the variable `limit` [outside-variable]
        --> pb_hooks/1.pb.js:2:29
        warning: `$app.dao().saveRecord(…)` is gone since PocketBase 0.23 [old-name]
        --> pb_hooks/3.pb.js:2:10
        warning: there is no `$app.findRecordByID` [unknown-name]
        --> pb_hooks/3.pb.js:3:10
        hint: this onRecordCreate handler can end here without `e.next()` [missing-next]
        --> pb_hooks/4.pb.js:2:27
        warning: `/a/:id` matches only this very text since PocketBase 0.23 [old-name]
        --> pb_hooks/5.pb.js:1:18
        ");
}

#[test]
fn serve_tells_what_stopped_a_file_only_once() {
    let dir = project(&[("main.pb.js", "onRecordBeforeCreateRequest((e) => {})\n")]);
    let server = Server::start(dir.path(), &["--pool", "1"]);
    server.signal("-TERM");
    let told = server.rest_of_errors();
    let heads = told.iter().filter(|line| line.contains("-->"));
    assert_eq!(heads.count(), 1, "{told:#?}");
}

#[test]
fn what_is_wrong_with_a_whole_file_names_it() {
    let long = "/".repeat(2000);
    let typed = "const limit: number = 5;\n";
    let dir = project(&[("a.pb.js", &long), ("b.pb.ts", typed)]);
    std::fs::write(
        dir.path().join("jsvm.toml"),
        "[limits]\nsource-size = \"1KB\"",
    )
    .unwrap();
    let (code, _, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(err, @r"
        failed to load pb_hooks/a.pb.js:
        LimitError: the source is longer than 1000 bytes (raise limits.source-size)

        failed to load pb_hooks/b.pb.ts:
        SyntaxError: Missing initializer in const declaration
          --> pb_hooks/b.pb.ts:1:7
        1 | const limit: number = 5;
          |       ^
          = cure: types are not taken out of a file; write JavaScript
        ");
    let (_, out, _) = check(dir.path(), &["--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["errors"][0]["file"], "pb_hooks/a.pb.js");
}

#[test]
fn a_project_without_hook_files_is_told_so() {
    let dir = project(&[]);
    std::fs::write(dir.path().join("pb_hooks/main.js"), "1").unwrap();
    let (code, out, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("0 hook files, "), "{out}");
    assert!(err.contains("ends in .pb.js or .pb.ts"), "{err}");
    let (_, _, err) = check(&dir.path().join("pb_hooks"), &[]);
    assert!(err.contains("there is no directory"), "{err}");
}

#[test]
fn tags_that_no_collection_has_are_told() {
    let text =
        "onRecordCreate((e) => e.next(), 'post', 'posts')\nonModelCreate((e) => e.next(), 'x')\n";
    let dir = project(&[("main.pb.js", text)]);
    let (code, _, err) = check(dir.path(), &[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let schema = r#"[{ "name": "posts", "fields": [] }]"#;
    std::fs::write(dir.path().join("pb_schema.json"), schema).unwrap();
    let (code, _, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(err, @r"
        warning: this onRecordCreate handler never runs for `post`: there is no such collection [unknown-tag]
          --> pb_hooks/main.pb.js:1:16
        1 | onRecordCreate((e) => e.next(), 'post', 'posts')
          |                ^
          = cure: did you mean `posts`?
        ");
    let server = Server::start(dir.path(), &[]);
    server.errors_until("warning: this onRecordCreate handler never runs");
}

#[test]
fn what_jsvm_does_not_have_is_told_before_it_fails() {
    let text = "onTerminate((e) => { $app.restart(); $os.getenv('HOME'); e.next() })\n";
    let dir = project(&[("main.pb.js", text)]);
    let (code, _, err) = check(dir.path(), &[]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(err, @r#"
        warning: PocketBase has `$app.restart`, and jsvm does not have it yet [not-there]
          --> pb_hooks/main.pb.js:1:27
        1 | onTerminate((e) => { $app.restart(); $os.getenv('HOME'); e.next() })
          |                           ^

        warning: the sandbox hides `$os` [not-there]
          --> pb_hooks/main.pb.js:1:38
        1 | onTerminate((e) => { $app.restart(); $os.getenv('HOME'); e.next() })
          |                                      ^
          = cure: sandbox.read, write, run and env list what scripts may do with files and programs; with sandbox.profile = "pocketbase" scripts have all of PocketBase's names
        "#);
    let (_, _, err) = check(dir.path(), &["--profile", "pocketbase"]);
    assert_eq!(err.matches("warning").count(), 1, "{err}");
}
