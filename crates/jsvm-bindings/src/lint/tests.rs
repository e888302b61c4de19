//! What is told of which text, and what is not.

use super::*;
use crate::hooks::HookSet;

/// Findings in files `a.pb.js`, `b.pb.js` and so on, one a line.
fn told(texts: &[&str]) -> String {
    let files: Vec<Source> = ('a'..)
        .zip(texts)
        .map(|(name, text)| Source::new(format!("{name}.pb.js"), *text))
        .collect();
    let findings = lint(&files, &HookSet::default());
    let lines = findings
        .iter()
        .map(|it| format!("{} {}\n", it.position, it.message));
    lines.collect()
}

/// Nothing is told of any of these.
fn check_silence(texts: &[&str]) {
    for text in texts {
        assert_eq!(told(&[text]), "", "{text}");
    }
}

#[test]
fn a_variable_outside_of_its_handler_is_told_with_its_cures() {
    let text = "const limit = 10;\n\nonRecordCreate((e) => {\n    if (e.record.getInt('n') > limit) {\n        throw 1;\n    }\n    e.next();\n});\n";
    let findings = lint(&[Source::new("a.pb.js", text)], &HookSet::default());
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    insta::assert_snapshot!(finding.report("warning"), @r"
        warning: this onRecordCreate handler cannot see the variable `limit` [outside-variable]
          --> a.pb.js:4:32
        2 | 
        3 | onRecordCreate((e) => {
        4 |     if (e.record.getInt('n') > limit) {
          |                                ^
          = `limit` is defined at a.pb.js:1:7, and a handler runs in other VMs than its file
          = cure: move `limit` into the handler
          = cure: put `limit` into a module, and `require` that inside of the handler
        ");
}

#[test]
fn every_kind_of_declaration_and_registration_is_seen() {
    let text = "
const a = 1; let b; var c; function d() {} class f {} const { g, h: [i] } = {};
onBootstrap(function (e) { e.next(); return [a, b]; });
routerAdd('GET', '/', (e) => e.json(200, c), (e) => { d(); return e.next(); });
routerUse((e) => { new f(); return e.next() }, new Middleware((e) => { g; return e.next() }));
cronAdd('x', '* * * * *', () => `${i}`);
onRecordCreate((e) => { b = 1; b++; e.next() });
function make(name, list) { onRecordDelete((e) => { name; e.next() }); for (const n of list) onTerminate((e) => { n; e.next() }) }
const handler = (e) => { a; e.next() };
onRecordUpdate(handler, 'posts'); onModelUpdate(handler);
onRecordValidate(named);
async function named(e) { await d(); e.next() }
routerAdd('GET', '/cron', (e) => { const local = 1; cronAdd('y', '* * * * *', () => local + a); return e.json(200, 1) });
";
    insta::assert_snapshot!(told(&[text]), @r"
        a.pb.js:3:46 this onBootstrap handler cannot see the variable `a`
        a.pb.js:3:49 this onBootstrap handler cannot see the variable `b`
        a.pb.js:4:42 this route handler cannot see the variable `c`
        a.pb.js:4:55 this middleware cannot see the variable `d`
        a.pb.js:5:24 this middleware cannot see the variable `f`
        a.pb.js:5:72 this middleware cannot see the variable `g`
        a.pb.js:6:36 this cron handler cannot see the variable `i`
        a.pb.js:7:25 this onRecordCreate handler cannot see the variable `b`
        a.pb.js:8:53 this onRecordDelete handler cannot see the variable `name`
        a.pb.js:8:115 this onTerminate handler cannot see the variable `n`
        a.pb.js:9:26 this onModelUpdate handler cannot see the variable `a`
        a.pb.js:12:33 this onRecordValidate handler cannot see the variable `d`
        a.pb.js:13:85 this cron handler cannot see the variable `local`
        a.pb.js:13:93 this route handler cannot see the variable `a`
        ");
}

#[test]
fn the_files_are_one_scope_while_they_are_loaded() {
    let texts = [
        "const helper = () => 1;",
        "onTerminate((e) => { helper(); helper(); e.next() })",
    ];
    insta::assert_snapshot!(told(&texts), @"b.pb.js:1:22 this onTerminate handler cannot see the variable `helper`");
}

#[test]
fn what_a_handler_has_is_not_told() {
    check_silence(&[
        // Its own: shadowing, hoisting, parameters, patterns, names, closures.
        "const x = 1; onTerminate((e) => { const x = 2; e.next(x) })",
        "const x = 1; onTerminate((e) => { use(); e.next(); function use() { return y } var y })",
        "const x = 1; routerUse(function (x) { return x.next() })",
        "const a = 1, b = 2; onTerminate((e) => { const { a, c: [b = a] } = e; e.next(b) })",
        "const x = 1; onTerminate((e) => { [1].map((x) => x); e.next() })",
        "const f = 1; onTerminate(function f(e) { if (0) f(e); e.next() })",
        "function f(e) { if (0) f(e); e.next() } onTerminate(f)",
        "const err = 1; onTerminate((e) => { try { e.next() } catch (err) { throw err } })",
        "const x = 1; onTerminate((e) => { for (const x of [1]) { x } e.next() })",
        "class A {} onTerminate((e) => { class A { x = 1; #y = A; z() { return this.#y } } new A(); e.next() })",
        "const x = 1; onTerminate((e, x = e) => { e.next(x) })",
        // No variables: labels, properties, keys, members, texts.
        "const x = 1; onTerminate((e) => { x: for (;;) { break x } e.next() })",
        "const x = 1; onTerminate((e) => { e.x = { x: 1, 'y': 2, x() {} }.x; e.next() })",
        "const x = 1; onTerminate((e) => { class B { x = 1; static x() {} get y() { return this.x } } e.next(`x ${B} x`) })",
        // Asked for, or made global on purpose.
        "const x = 1; onTerminate((e) => { if (typeof x !== 'undefined') x; e.next() })",
        "onTerminate((e) => { globalThis.x = 1; e.next(x) }); var x",
        "globalThis.tool = () => 1; onTerminate((e) => { tool(); e.next() })",
        // Globals of the language and of the API.
        "const Map = 1; onTerminate((e) => { new Map(); JSON.stringify(undefined); e.next() })",
        "const toString = 1; routerAdd('GET', '/', (e) => e.json(200, toString(e.request.body)))",
        "onTerminate((e) => { const u = require(`${__hooks}/u.js`); u($app, $os, $security); e.next() })",
        // No handlers.
        "const x = 1; [1].forEach(() => x); (() => x)(); $app.onServe().bindFunc((e) => { x; e.next() })",
        "const x = 1; migrate((app) => { app.save(x) })",
        "const x = 1; const onRecordCreate = (f) => f(); onRecordCreate((e) => { x; e.next() })",
        // No JavaScript: loading tells.
        "const x = 1; onTerminate((e) => { x",
    ]);
}

/// Findings with their cures, one a line.
fn cured(text: &str) -> String {
    let findings = lint(&[Source::new("a.pb.js", text)], &HookSet::default());
    let lines = findings.iter().map(|it| {
        let notes = it.notes.iter().chain(&it.cures).map(|it| format!("; {it}"));
        let (line, column) = (it.position.line, it.position.column);
        format!(
            "{line}:{column} {}{}\n",
            it.message,
            notes.collect::<String>()
        )
    });
    lines.collect()
}

#[test]
fn old_hooks_are_answered_with_their_successors() {
    insta::assert_snapshot!(cured(
        "onRecordBeforeCreateRequest((e) => {})
onRecordAfterUpdateRequest((e) => {})
onModelBeforeCreate((e) => {})
onModelAfterDelete((e) => {})
onBeforeBootstrap((e) => {})
onBeforeServe((e) => {})
onAdminBeforeAuthWithPasswordRequest((e) => {})
onAdminsListRequest((e) => {})
onMailerAfterRecordResetPasswordSend((e) => {})
onMailerBeforeAdminResetPasswordSend((e) => {})
onMailerBeforeRecordChangeEmailSend((e) => {})
onRecordListExternalAuthsRequest((e) => {})
onRecordBeforeUnlinkExternalAuthRequest((e) => {})
onCollectionsBeforeImportRequest((e) => {})
onFileBeforeTokenRequest((e) => {})
onRealtimeDisconnectRequest((e) => {})
onSettingsAfterUpdateRequest((e) => {})
$app.onRecordBeforeAuthRefreshRequest().add((e) => {})
"
    ), @r#"
        1:1 `onRecordBeforeCreateRequest` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onRecordCreateRequest`
        2:1 `onRecordAfterUpdateRequest` is gone since PocketBase 0.23; what it did comes behind `e.next()`, which the handler has to call; use `onRecordUpdateRequest`
        3:1 `onModelBeforeCreate` is gone since PocketBase 0.23; use `onRecordCreate`, or `onModelCreate`
        4:1 `onModelAfterDelete` is gone since PocketBase 0.23; use `onRecordAfterDeleteSuccess`, or `onModelAfterDeleteSuccess`
        5:1 `onBeforeBootstrap` is gone since PocketBase 0.23; use `onBootstrap`, before `e.next()`
        6:1 `onBeforeServe` is gone since PocketBase 0.23; use `routerAdd` and `routerUse` at the top of the file
        7:1 `onAdminBeforeAuthWithPasswordRequest` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onRecordAuthWithPasswordRequest(…, "_superusers")`
        8:1 `onAdminsListRequest` is gone since PocketBase 0.23; the handler has to call `e.next()`; use `onRecordsListRequest(…, "_superusers")`
        9:1 `onMailerAfterRecordResetPasswordSend` is gone since PocketBase 0.23; what it did comes behind `e.next()`, which the handler has to call; use `onMailerRecordPasswordResetSend`
        10:1 `onMailerBeforeAdminResetPasswordSend` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onMailerRecordPasswordResetSend(…, "_superusers")`
        11:1 `onMailerBeforeRecordChangeEmailSend` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onMailerRecordEmailChangeSend`
        12:1 `onRecordListExternalAuthsRequest` is gone since PocketBase 0.23; the handler has to call `e.next()`; use `onRecordsListRequest(…, "_externalAuths")`
        13:1 `onRecordBeforeUnlinkExternalAuthRequest` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onRecordDeleteRequest(…, "_externalAuths")`
        14:1 `onCollectionsBeforeImportRequest` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onCollectionsImportRequest`
        15:1 `onFileBeforeTokenRequest` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onFileTokenRequest`
        16:1 `onRealtimeDisconnectRequest` is gone since PocketBase 0.23; use `onRealtimeConnectRequest`, behind `e.next()`
        17:1 `onSettingsAfterUpdateRequest` is gone since PocketBase 0.23; what it did comes behind `e.next()`, which the handler has to call; use `onSettingsUpdateRequest`
        18:6 `$app.onRecordBeforeAuthRefreshRequest()` is gone since PocketBase 0.23; what it did comes before `e.next()`, which the handler has to call; use `onRecordAuthRefreshRequest`
        "#);
}

#[test]
fn old_names_are_answered_with_their_successors() {
    insta::assert_snapshot!(cured(
        "const dao = $app.dao();
const post = dao.findRecordById('posts', '1');
dao.saveRecord(post);
post.getId(); post.schemaData(); post.collection().schema;
for (const r of $app.dao().findRecordsByExpr('posts')) r.getCreated();
$app.dao().findRecordById('posts', '1').originalCopy();
const d = new Dao($app.db()); d.saveRecord(new Record(null).cleanCopy());
$tokens.recordAuthToken($app, post);
new SchemaField({}); new CollectionUpsertForm($app);
routerAdd('GET', '/hello/:name/*', (c) => {
    const name = c.pathParam('name'), q = c.queryParam('q');
    const info = $apis.requestInfo(c), body = info.data;
    c.get('authRecord').getId(); c.get('admin'); c.get('mine');
    c.request().header.get('x'); c.response().header();
    return c.json(200, { name, q, info });
}, $apis.requireRecordAuth(), $apis.activityLogger($app));
onRecordUpdate((e) => {
    e.httpContext.bind({});
    e.record.unknownData();
    e.app.runInTransaction((tx) => { tx.dao(); tx.save(e.record) });
    $app.cache().get('x');
    $app.refreshSettings();
    e.next();
});
"
    ), @r#"
        1:18 `$app.dao()` is gone since PocketBase 0.23; use `$app` itself: it has the methods of the dao
        3:5 `dao.saveRecord(…)` is gone since PocketBase 0.23; use `$app.save(record)`
        4:6 `record.getId()` is gone since PocketBase 0.23; use `record.id`
        4:20 `record.schemaData()` is gone since PocketBase 0.23; use `record.fieldsData()`
        4:52 `collection.schema` is gone since PocketBase 0.23; use `collection.fields`
        5:22 `$app.dao().findRecordsByExpr("posts")` is gone since PocketBase 0.23; use `$app.findAllRecords(collection, …expressions)`
        5:58 `record.getCreated()` is gone since PocketBase 0.23; use `record.getDateTime("created")`
        6:6 `$app.dao().findRecordById(…)` is gone since PocketBase 0.23; use `$app.findRecordById`
        6:41 `record.originalCopy()` is gone since PocketBase 0.23; use `record.original()`
        7:15 `Dao` is gone since PocketBase 0.23; use the app: `$app`, or `txApp` in a transaction
        7:61 `record.cleanCopy()` is gone since PocketBase 0.23; use `record.fresh()`
        8:1 `$tokens` is gone since PocketBase 0.23; use the methods of a record, such as `record.newAuthToken()`
        9:5 `SchemaField` is gone since PocketBase 0.23; use `new Field({ type, … })`, or a class such as `new TextField({ … })`
        9:26 `CollectionUpsertForm` is gone since PocketBase 0.23; use `$app.save(collection)`
        10:18 `/hello/:name/*` matches only this very text since PocketBase 0.23; write `/hello/{name}/{path...}`
        11:20 `e.pathParam("name")` is gone since PocketBase 0.23; use `e.request.pathValue(name)`
        11:45 `e.queryParam("q")` is gone since PocketBase 0.23; use `e.request.url.query().get(name)`
        12:24 `$apis.requestInfo(…)` is gone since PocketBase 0.23; use `e.requestInfo()`
        12:52 `info.data` is gone since PocketBase 0.23; use `info.body`
        13:7 `e.get("authRecord")` is gone since PocketBase 0.23; use `e.auth`
        13:36 `e.get("admin")` is gone since PocketBase 0.23; use `e.auth` and `e.hasSuperuserAuth()`
        14:7 `e.request()` is gone since PocketBase 0.23; use `e.request`: it is no method any more
        14:36 `e.response()` is gone since PocketBase 0.23; use `e.response`: it is no method any more
        16:10 `$apis.requireRecordAuth()` is gone since PocketBase 0.23; use `$apis.requireAuth(…collections)`
        16:37 `$apis.activityLogger(…)` is gone since PocketBase 0.23; use no middleware: requests are logged in any case
        18:7 `e.httpContext` is gone since PocketBase 0.23; use `e` itself
        18:19 `e.bind(…)` is gone since PocketBase 0.23; use `e.bindBody(target)`
        19:14 `record.unknownData()` is gone since PocketBase 0.23; use `record.customData()`
        20:41 `$app.dao()` is gone since PocketBase 0.23; use `$app` itself: it has the methods of the dao
        21:10 `$app.cache()` is gone since PocketBase 0.23; use `$app.store()`
        22:10 `$app.refreshSettings()` is gone since PocketBase 0.23; use `$app.reloadSettings()`
        "#);
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    insta::assert_snapshot!(cured(
        "onRecordCraete((e) => { e.next() });
onPayload((e) => {});
routeAdd('GET', '/', $apis.requireAut());
onTerminate((e) => {
    $app.findRecordByID('posts', '1');
    e.app.findFirstRecordByFiltr('posts', '');
    $securty.md5('x');
    $os.readfile('x');
    $security.sha1('x');
    new BadRequstError('x');
    e.next();
});
"
    ), @r"
        1:1 there is no `onRecordCraete`; did you mean `onRecordCreate`?
        2:1 there is no `onPayload`
        3:1 there is no `routeAdd`; did you mean `routerAdd`?
        3:28 there is no `$apis.requireAut`; did you mean `$apis.requireAuth`?
        5:10 there is no `$app.findRecordByID`; did you mean `$app.findRecordById`?
        6:11 there is no `$app.findFirstRecordByFiltr`; did you mean `$app.findFirstRecordByFilter`?
        7:5 there is no `$securty`; did you mean `$security`?
        8:9 there is no `$os.readfile`; did you mean `$os.readFile`?
        9:15 there is no `$security.sha1`
        10:9 there is no `BadRequstError`; did you mean `BadRequestError`?
        ");
}

#[test]
fn names_of_browsers_are_answered_with_ours() {
    insta::assert_snapshot!(cured(
        "onTerminate((e) => { fetch('x'); new URL('y'); typeof atob; e.next() });
function btoa(text) { return text } btoa('x');"
    ), @r"
        1:22 there is no `fetch`; use `$http.send`, which waits for the answer
        1:38 there is no `URL`; use `e.request.url` for the URL of a request
        ");
}

#[test]
fn what_is_not_there_is_told_where_it_is_used() {
    let absent = ["$app.vacuum", "$template", "$os"].map(str::to_owned);
    let hooks = HookSet {
        absent: absent.into(),
        ..HookSet::default()
    };
    let text = "onTerminate((e) => { e.app.vacuum(); $app.save(1); $template.loadFiles('x'); $os.getenv('x'); e.next() })";
    let findings = lint(&[Source::new("a.pb.js", text)], &hooks);
    let told: Vec<_> = findings
        .iter()
        .map(|it| format!("{} {} {:?}", it.trap.as_str(), it.message, it.cures))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
        not-there PocketBase has `$app.vacuum`, and jsvm does not have it yet []
        not-there PocketBase has `$template`, and jsvm does not have it yet []
        not-there the sandbox hides `$os` ["sandbox.read, write, run and env list what scripts may do with files and programs; with sandbox.profile = \"pocketbase\" scripts have all of PocketBase's names"]
        "#);
}

#[test]
fn fields_of_records_are_no_properties() {
    insta::assert_snapshot!(cured(
        "onRecordCreate((e) => { e.record.title = e.auth?.name; e.next() });
cronAdd('x', '* * * * *', () => { $app.findRecordById('a', 'b').views; });"
    ), @r#"
        1:34 fields are no properties, so `record.title` is undefined; to read it, write `record.get("title")`; to change it, write `record.set("title", value)`
        1:50 fields are no properties, so `auth.name` is undefined; to read it, write `auth.get("name")`; to change it, write `auth.set("name", value)`
        2:65 fields are no properties, so `record.views` is undefined; to read it, write `record.get("views")`; to change it, write `record.set("views", value)`
        "#);
    check_silence(&[
        "onRecordCreate((e) => { e.record.id = 'x'; e.record.email(); e.record.baseModel; e.next() })",
        "onModelCreate((e) => { e.model.title; e.next() })",
        "onTerminate((e) => { for (const record of [{}]) record.title; e.next() })",
        "onRecordsListRequest((e) => { e.next(); e.records.length; e.records.map((it) => it.id) })",
    ]);
}

#[test]
fn names_of_today_are_not_told() {
    check_silence(&[
        "onTerminate((e) => { $app.rootCmd; $app.onServe(); $app.save(1); $app[e.name](); `${$app}`; e.next() })",
        "routerAdd('GET', '/a/{id}/{path...}', (e) => { e.request.pathValue('id'); e.get('mine'); e.response.header(); return e.json(200, 1) })",
        "onTerminate((e) => { typeof $app.dao; typeof $apis.requireRecordAuth === 'function'; e.next() })",
        "routerAdd('GET', '/:', (e) => e.json(200, ':id'))",
        "onRecordCreate((e) => { e.record.collection().fields.getByName('x').getId(); e.record.id; e.next() })",
        "onRecordCreate((e) => { const tool = { getId() { return 1 }, schema: 1, dao() {} }; tool.getId(tool.schema, tool.dao()); e.next() })",
        // Somebody's own names.
        "function onSomething(f) { f() } onSomething(() => {}); const $mine = 1; $mine.dao",
        "globalThis.$own = 1; onTerminate((e) => { $own; typeof $other; typeof onOther; e.next() })",
        "routerAdd('GET', '/', (e) => { post('x'); $; return e.json(200, 1) })",
        "cronAdd('x', '* * * * *', (c) => { c.pathParam; c.bind })",
    ]);
}

#[test]
fn handlers_that_can_end_without_next_are_hinted_at() {
    insta::assert_snapshot!(cured(
        "onRecordCreate((e) => {
    if (e.record.getBool('draft')) {
        return;
    }
    e.next();
});
onRecordDelete((e) => { $app.logger().info('x') });
onModelUpdateExecute((e) => { try { work() } catch { return } e.next() });
onRecordValidate((e) => { if (!e.record.getString('x')) throw new BadRequestError() });
onRecordViewRequest((e) => { if (!e.auth) return e.json(403, {}) });
routerUse((e) => { if (e.auth) e.next() });
routerAdd('GET', '/', (e) => e.json(200, 1), (e) => { e.set('x', 1) });
"
    ), @r"
        3:9 this onRecordCreate handler can end here without `e.next()`; then nothing is stored, and nobody is told; call `e.next()` on every way, or throw an error
        7:49 this onRecordDelete handler can end here without `e.next()`; then nothing is deleted, and nobody is told; call `e.next()` on every way, or throw an error
        8:54 this onModelUpdateExecute handler can end here without `e.next()`; then nothing is stored, and nobody is told; call `e.next()` on every way, or throw an error
        9:85 this onRecordValidate handler can end here without `e.next()`; then the values are not checked; call `e.next()` on every way, or throw an error
        10:66 this onRecordViewRequest handler can end here without `e.next()`; then what the client asked for is not done, and it gets an empty answer; call `e.next()` on every way, or throw an error
        11:41 this middleware can end here without `e.next()`; then the client gets an empty answer; call `e.next()` on every way, or throw an error
        12:69 this middleware can end here without `e.next()`; then the client gets an empty answer; call `e.next()` on every way, or throw an error
        ");
}

#[test]
fn handlers_that_go_on_or_meant_it_are_not_hinted_at() {
    check_silence(&[
        "onRecordAfterCreateSuccess((e) => { console.log(e.record.id) })",
        "onRecordEnrich((e) => { e.record.hide('x') }); onTerminate(() => {}); onMailerSend((e) => {})",
        "routerAdd('GET', '/', (e) => { if (e.auth) return; }); cronAdd('x', '* * * * *', () => {})",
        "routerUse((e) => { if (!e.auth) { return e.unauthorizedError('x') } return e.next() })",
        "routerUse((e) => { if (!e.auth) throw new ForbiddenError(); return e.next() })",
        "onRecordCreateRequest((e) => { const tools = require(`${__hooks}/t.js`); return tools.create(e) })",
        "onRecordCreate((e) => { $app.runInTransaction((tx) => { e.app = tx; e.next() }) })",
    ]);
}

#[test]
fn the_cure_for_an_undefined_name_is_known() {
    for (name, cure) in [
        (
            "onRecordBeforeCreateRequest",
            Some("since PocketBase 0.23 use `onRecordCreateRequest`"),
        ),
        (
            "$tokens",
            Some(
                "since PocketBase 0.23 use the methods of a record, such as `record.newAuthToken()`",
            ),
        ),
        ("onRecordCraete", Some("did you mean `onRecordCreate`?")),
        (
            "onRecordCreate",
            Some("handlers are registered while hook files are loaded"),
        ),
        (
            "MailerMessage",
            Some("PocketBase has this name, and jsvm does not have it yet"),
        ),
        (
            "fetch",
            Some("use `$http.send`, which waits for the answer"),
        ),
        ("limit", None),
        ("onPayload", None),
    ] {
        assert_eq!(cure_for(name).as_deref(), cure, "{name}");
    }
}
