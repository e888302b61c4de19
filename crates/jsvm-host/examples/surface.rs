//! Which names of an API exist here: asked of real objects in a real host.
//!
//! Reads the wanted names as JSON from the standard input, and prints those
//! that exist, one a line: section, owner and name, with tabs between. The one
//! rule: what is printed was found by a script, with `in`, on an object that
//! it got as hooks get it.

use anyhow::{Context, ensure};
use jsvm::{
    App, Config, Error, Event, Exchange, HOOKS, Hook, Level, Migrate, ModuleFiles, Output, Profile,
    Runtime, Source,
};
use jsvm_host::Sqlite;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, io, sync::Arc};

/// What each kind of object is got by, in a handler of a record's request.
const OBJECTS: &[(&str, &str)] = &[
    ("apiError", "new ApiError(400, 'no')"),
    ("app", "$app"),
    ("authOrigin", "new AuthOrigin()"),
    ("broker", "$app.subscriptionsBroker()"),
    ("client", "$app.subscriptionsBroker().clients().one"),
    ("collection", "$app.findCollectionByNameOrId('posts')"),
    ("cookie", "new Cookie()"),
    ("cron", "$app.cron()"),
    ("dateTime", "new DateTime()"),
    ("db", "$app.db()"),
    ("externalAuth", "new ExternalAuth()"),
    (
        "fieldsList",
        "$app.findCollectionByNameOrId('posts').fields",
    ),
    ("file", "$filesystem.fileFromBytes('text', 'a.txt')"),
    ("filesystem", "$app.newFilesystem()"),
    ("geoPoint", "record.getGeoPoint('place')"),
    ("header", "e.request.header"),
    ("jsonRaw", "record.get('data')"),
    ("logger", "$app.logger()"),
    ("mailClient", "$app.newMailClient()"),
    ("message", "new MailerMessage()"),
    ("mfa", "new MFA()"),
    ("otp", "new OTP()"),
    ("query", "$app.db().newQuery('SELECT 1')"),
    ("record", "record"),
    ("recordQuery", "$app.recordQuery('posts')"),
    ("request", "e.request"),
    ("requestEvent", "e"),
    ("requestInfo", "e.requestInfo()"),
    ("selectQuery", "$app.db().select('id')"),
    ("settings", "$app.settings()"),
    ("store", "$app.store()"),
    ("submsg", "new SubscriptionMessage()"),
    (
        "textField",
        "$app.findCollectionByNameOrId('posts').fields.getByName('title')",
    ),
    ("url", "e.request.url"),
];

/// The hook whose handler looks at [`OBJECTS`].
const OBJECTS_HOOK: &str = "onRecordCreateRequest";

/// The one module that there is: it looks at what is global in modules.
struct Module(String);

impl ModuleFiles for Module {
    fn root(&self) -> String {
        "/".into()
    }

    fn read(&self, path: &str, _: usize) -> Result<Option<String>, Error> {
        Ok((path == "/surface.js").then(|| self.0.clone()))
    }
}

/// Prints each line of a script as it is.
struct Print;

impl Output for Print {
    fn print(&self, _: Level, line: &str) {
        println!("{line}");
    }

    fn log(&self, level: Level, message: &str, attributes: &Map<String, Value>) {
        eprintln!("{level:?} {message} {attributes:?}");
    }
}

fn main() -> anyhow::Result<()> {
    let wanted: Value = serde_json::from_reader(io::stdin()).context("the names to look for")?;
    let dir = tempfile::tempdir()?;
    let store = Sqlite::open(&dir.path().join("pb_data"))?;
    store.import(&schema())?;
    let mut config = Config::default();
    config.sandbox.profile = Profile::PocketBase;
    let app = App::new(Arc::new(store), Arc::new(Print));
    let runtime = Runtime::builder(app.clone())
        .config(config)
        .modules(Arc::new(Module(globals(&wanted))))
        .build()?;
    let migration = Source::new("surface.js", globals(&wanted));
    runtime.migrate(&[migration], Migrate::Check)?;
    let failures = runtime.load(&[Source::new("surface.pb.js", hooks(&wanted))])?;
    if let Some(failure) = failures.first() {
        println!("{}", failure.error.report());
    }
    ensure!(failures.is_empty(), "the hook file does not load");
    let mut seen = BTreeSet::new();
    for hook in HOOKS {
        if hook.name == OBJECTS_HOOK || seen.insert(hook.event.name()) {
            let action = Box::new(|_: &Arc<Event>| Ok(()));
            app.emit(&[hook.name], event(&app, hook)?, action)?;
        }
    }
    Ok(())
}

fn schema() -> Value {
    json!([{ "name": "posts", "type": "base", "fields": [
        { "name": "id", "type": "text" },
        { "name": "title", "type": "text" },
        { "name": "data", "type": "json" },
        { "name": "place", "type": "geoPoint" },
    ]}])
}

/// An event of a hook as a host emits it.
fn event(app: &App, hook: &Hook) -> anyhow::Result<Event> {
    let mut event = Event::new(app.clone());
    if hook.event.has_tags() {
        let posts = app.collection("posts")?;
        event = event.about(&posts);
    }
    if hook.event.is_request() {
        let exchange = Exchange::new(jsvm::http::Request::default(), None);
        event = event.with_exchange(Arc::new(exchange));
    }
    Ok(event)
}

/// The hook file: its top level and one handler look at what is global, all
/// handlers look at their events.
fn hooks(wanted: &Value) -> String {
    let mut text = format!(
        "require('/surface.js');
        const wanted = {wanted};
        $app.store().set('wanted', JSON.stringify(wanted));
        {}
        for (const [owner, names] of Object.entries(wanted.namespaces)) {{
            if (!(owner in globalThis)) continue;
            const found = names.filter((it) => it in globalThis[owner]);
            found.forEach((it) => console.log(['namespaces', owner, it].join('\\t')));
        }}\n",
        globals(wanted)
    );
    for hook in HOOKS {
        let more = match hook.name {
            OBJECTS_HOOK => globals(wanted) + &objects(),
            _ => String::new(),
        };
        text += &format!(
            "{}((e) => {{
                const wanted = JSON.parse($app.store().get('wanted'));
                const look = (section, owner, object) => {{
                    if (object === null || object === undefined) return;
                    const names = wanted[section][owner] || [];
                    const found = names.filter((it) => it in Object(object));
                    found.forEach((it) => console.log([section, owner, it].join('\\t')));
                }};
                look('events', '{}', e);
                {more}
                e.next();
            }});\n",
            hook.name,
            hook.event.name(),
        );
    }
    text
}

/// Code that prints which of the wanted names can be used without an owner.
fn globals(wanted: &Value) -> String {
    let names = |section: &str| wanted[section].as_array().into_iter().flatten().cloned();
    let sections = ["hooks", "globals"].map(|section| names(section).map(move |it| (section, it)));
    let lines = sections.into_iter().flatten().filter_map(|(section, it)| {
        let name = it.as_str()?;
        Some(format!(
            "if (typeof {name} !== 'undefined') console.log('{section}\\t\\t{name}');"
        ))
    });
    lines.collect()
}

/// Code that looks at each of [`OBJECTS`].
fn objects() -> String {
    let list: Vec<_> = OBJECTS
        .iter()
        .map(|(name, code)| format!("['{name}', () => {code}]"))
        .collect();
    format!(
        "const record = new Record($app.findCollectionByNameOrId('posts'));
        for (const [owner, get] of [{}]) {{
            let object;
            try {{ object = get() }} catch (err) {{ continue }}
            look('objects', owner, object);
        }}",
        list.join(", ")
    )
}
