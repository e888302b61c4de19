//! Every hook, emitted as any host may emit it, and the members of its event.

use crate::world::World;
use jsvm_bindings::{
    Error, Event, EventKind, Exchange, HOOKS, Hook, Member, MemberKind, Record, RecordRef,
    RequestInfo, http::Request,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn post(world: &World) -> RecordRef {
    let collection = world.app.collection("posts").unwrap();
    let mut record = Record::new(collection);
    record.set("title", &json!("x"));
    RecordRef::new(record)
}

/// A value that fits a member, told by `told` below.
fn sample(world: &World, kind: MemberKind) -> Option<Member> {
    let posts = world.app.collection("posts").unwrap();
    let title = posts.field("title").unwrap().clone();
    Some(match kind {
        MemberKind::Text => Member::Value(json!("text")),
        MemberKind::Number => Member::Value(json!(300_000_000_000_u64)),
        MemberKind::Flag => Member::Value(json!(true)),
        MemberKind::Texts => Member::Value(json!(["a", "b"])),
        MemberKind::Data => Member::Value(json!({ "a": { "b": [1] } })),
        MemberKind::Record | MemberKind::Model => Member::Record(post(world)),
        MemberKind::Records => Member::Records(vec![post(world), post(world)]),
        MemberKind::Collection => Member::Collection(posts.into()),
        MemberKind::Collections => Member::Collections(vec![posts.into()]),
        MemberKind::Field => Member::Field(title),
        MemberKind::Error => Member::Error(Error::field("title", "code", "message")),
        MemberKind::RequestInfo => Member::RequestInfo(Arc::new(RequestInfo {
            context: "expand".into(),
            ..RequestInfo::default()
        })),
        _ => return None,
    })
}

fn event(world: &World, hook: &Hook) -> Event {
    let mut event = Event::new(world.app.clone());
    if hook.event.has_tags() {
        event = event.about(&world.app.collection("posts").unwrap());
    }
    if hook.event.is_request() {
        event = event.with_exchange(Arc::new(Exchange::new(Request::default(), None)));
    }
    for spec in hook.event.all_members() {
        if let Some(member) = sample(world, spec.kind) {
            event.set(spec.name, member);
        }
    }
    event
}

/// What a script sees of a member of each kind.
fn told(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Text => "text",
        MemberKind::Number => "300000000000",
        MemberKind::Flag => "true",
        MemberKind::Texts => "[a,b]",
        MemberKind::Data => r#"{"a":{"b":[1]}}"#,
        MemberKind::Record | MemberKind::Model => "record x",
        MemberKind::Records => "[record x,record x]",
        MemberKind::Collection => "collection posts",
        MemberKind::Collections => "[collection posts]",
        MemberKind::Field => "field title",
        MemberKind::Error => "GoError title: message.",
        MemberKind::RequestInfo => "request expand",
        _ => "context null",
    }
}

/// Source of a handler that prints every member of its event.
fn printer(hook: &Hook) -> String {
    let members: Vec<_> = hook
        .event
        .all_members()
        .map(|spec| format!("['{0}', e.{0}, e.{0} === e.{0}]", spec.name))
        .collect();
    format!(
        "{}(`(e) => {{
            const tell = (value) => {{
                if (Array.isArray(value)) return '[' + value.map(tell) + ']'
                if (value === null || typeof value !== 'object') return String(value)
                if (value instanceof Record) return 'record ' + value.get('title')
                if (value instanceof Error) return value.name + ' ' + value.message
                if (value.fields) return 'collection ' + value.name
                if (value.getName) return 'field ' + value.getName()
                if (value.hasSuperuserAuth) return 'request ' + value.context
                if (value.err) return 'context ' + value.err()
                return JSON.stringify(value)
            }}
            const list = [{}]
            for (const [name, value, same] of list) console.log(name, tell(value), same)
            console.log(e.app.isTransactional(), typeof e.event.next, typeof e.tags, typeof e.requestInfo)
            e.next()
        }}`)\n",
        hook.name,
        members.join(","),
    )
}

#[test]
fn every_hook_can_be_emitted_with_all_its_members() {
    let world = World::new(&HOOKS.iter().map(printer).collect::<String>());
    assert!(world.loaded.is_empty(), "{:?}", world.loaded);
    for hook in HOOKS {
        let action = Box::new(|_: &Arc<Event>| Ok(()));
        world
            .app
            .emit(&[hook.name], event(&world, hook), action)
            .unwrap();
        let mut wanted: Vec<_> = hook
            .event
            .all_members()
            .map(|spec| format!("{} {} true", spec.name, told(spec.kind)))
            .collect();
        let kind = |is: bool| if is { "function" } else { "undefined" };
        let info = match hook.event {
            EventKind::RecordEnrich => "object",
            event => kind(event.is_request()),
        };
        wanted.push(format!(
            "false function {} {info}",
            kind(hook.event.has_tags())
        ));
        assert_eq!(world.printed(), wanted, "{}", hook.name);
    }
}

#[test]
fn there_are_as_many_hooks_as_in_pocketbase() {
    let tagged = HOOKS.iter().filter(|hook| hook.is_tagged).count();
    assert_eq!((HOOKS.len(), tagged), (82, 64));
    let world = World::new(
        "const names = Object.getOwnPropertyNames(globalThis).filter((name) => /^on[A-Z]/.test(name)); console.log(names.length)",
    );
    assert_eq!(world.printed(), ["82"]);
}

#[test]
fn members_that_a_host_left_out_are_empty() {
    let world = World::new(
        r#"
        onBackupCreate((e) => { console.log(JSON.stringify([e.name, e.exclude])); e.next() })
        onMailerSend((e) => { console.log(e.message, e.mailer); e.next() })
        onTerminate((e) => { console.log(e.isRestart); e.next() })
        onRealtimeConnectRequest((e) => { console.log(e.client, e.idleTimeout); e.next() })
        "#,
    );
    for hook in [
        "onBackupCreate",
        "onMailerSend",
        "onTerminate",
        "onRealtimeConnectRequest",
    ] {
        let event = Event::new(world.app.clone());
        world
            .app
            .emit(&[hook], event, Box::new(|_| Ok(())))
            .unwrap();
    }
    assert_eq!(
        world.printed(),
        [r#"["",[]]"#, "null null", "false", "null 0"]
    );
}

/// Emits a hook; what the default action saw of a member.
fn left(world: &World, hook: &str, event: Event, member: &'static str) -> Option<Member> {
    let seen = Arc::new(Mutex::new(None));
    let action = {
        let seen = Arc::clone(&seen);
        Box::new(move |event: &Arc<Event>| {
            *seen.lock().unwrap() = event.get(member);
            Ok(())
        })
    };
    world.app.emit(&[hook], event, action).unwrap();
    seen.lock().unwrap().take()
}

fn value(member: Option<Member>) -> Value {
    match member {
        Some(Member::Value(value)) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn changes_inside_of_data_are_seen_by_all_that_follows() {
    let world = World::new(
        r#"
        onMailerSend((e) => {
            const message = e.message
            message.subject = "Re: " + message.subject
            e.message.to.push({ address: "b@example.com" })
            e.next()
            console.log(message.subject, e.message.subject, e.message === message)
        })
        onMailerSend((e) => {
            console.log(e.message.subject, e.message.to.length)
            e.next()
            e.message.subject = "sent"
        })
        "#,
    );
    let message = json!({ "subject": "Hi", "to": [{ "address": "a@example.com" }] });
    let event = Event::new(world.app.clone()).with("message", Member::Value(message));
    let seen = value(left(&world, "onMailerSend", event, "message"));
    assert_eq!(
        seen,
        json!({ "subject": "Re: Hi", "to": [{ "address": "a@example.com" }, { "address": "b@example.com" }] })
    );
    assert_eq!(world.printed(), ["Re: Hi 2", "Re: Hi sent false"]);
}

#[test]
fn members_can_be_replaced_by_what_fits() {
    let world = World::new(
        r#"onRecordAuthWithOAuth2Request((e) => {
            const collection = e.collection
            e.providerName = 12
            e.isNewRecord = "yes"
            e.createData = { name: "Ann" }
            e.record = new Record(collection, { title: "new" })
            console.log(e.providerName, e.isNewRecord, e.createData.name, e.record.get("title"))
            e.record = null
            console.log(e.record)
            for (const work of [() => { e.record = {} }, () => { e.collection = "posts" }, () => { e.app = 5 }]) {
                try { work() } catch (err) { console.log(err.name, err.message) }
            }
            e.next()
        })"#,
    );
    let posts = world.app.collection("posts").unwrap();
    let event = Event::new(world.app.clone())
        .with_exchange(Arc::new(Exchange::new(Request::default(), None)))
        .with("collection", Member::Collection(posts.into()))
        .with("providerName", Member::Value(json!("test")));
    let hook = "onRecordAuthWithOAuth2Request";
    let seen = value(left(&world, hook, event, "createData"));
    assert_eq!(seen, json!({ "name": "Ann" }));
    insta::assert_snapshot!(world.printed().join("\n"), @r"
        12 true Ann new
        null
        TypeError e.record must be a Record
        TypeError e.collection must be a Collection
        TypeError e.app can only be replaced by an app or a transaction
        ");
}

#[test]
fn records_of_a_list_can_be_taken_out() {
    let world = World::new(
        r#"onRecordsListRequest((e) => {
            e.records.pop()
            e.records[0].set("title", "changed")
            e.next()
            e.records = []
        })"#,
    );
    let event = Event::new(world.app.clone())
        .with_exchange(Arc::new(Exchange::new(Request::default(), None)))
        .with("records", Member::Records(vec![post(&world), post(&world)]));
    match left(&world, "onRecordsListRequest", event, "records") {
        Some(Member::Records(list)) => {
            assert_eq!(list.len(), 1);
            assert_eq!(list[0].lock().get("title"), "changed");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn parts_of_an_event_can_be_reached_by_name() {
    let world = World::new(
        r#"
        onRecordAfterCreateError((e) => {
            console.log(e.recordEvent.record === e.record, e.recordEvent.type, typeof e.recordEvent.error)
            e.recordEvent.next()
        })
        onModelAfterCreateError((e) => {
            console.log(e.modelEvent.model === e.model, e.error.name)
            e.event.next()
        })
        onRecordCreateRequest((e) => {
            console.log(e.requestEvent.request.method, e.requestEvent.auth, typeof e.requestEvent.record, e.request.method)
            e.requestEvent.next()
        })
        "#,
    );
    world.save("posts", json!({})).unwrap_err();
    let request = Request {
        method: "POST".into(),
        ..Request::default()
    };
    let event = Event::new(world.app.clone())
        .with_exchange(Arc::new(Exchange::new(request, None)))
        .with("done", Member::Value(json!(true)));
    let seen = left(&world, "onRecordCreateRequest", event, "done");
    assert_eq!(value(seen), json!(true));
    assert_eq!(
        world.printed(),
        [
            "true create undefined",
            "true GoError",
            "POST null undefined POST"
        ]
    );
}

#[test]
fn a_transaction_in_place_of_the_app_takes_the_rest_in() {
    let world = World::new(
        r#"
        onRecordCreate((e) => {
            const app = e.app
            try {
                e.app.runInTransaction((tx) => {
                    e.app = tx
                    e.next()
                    console.log("written", tx.countRecords("posts"))
                    throw new BadRequestError("undone")
                })
            } finally {
                e.app = app
            }
        }, "posts")
        onRecordCreate((e) => { console.log(e.app.isTransactional(), $app.isTransactional()); e.next() })
        "#,
    );
    let err = world.save("posts", json!({ "title": "x" })).unwrap_err();
    assert_eq!(err.to_api("").message, "Undone.");
    assert_eq!(world.printed(), ["true true", "written 1"]);
    assert!(world.stored("posts", "title").is_empty());
}

/// The tables of `docs/reference/hooks.md`.
fn tables() -> String {
    let mut text = String::from("| hook | event | tags |\n| --- | --- | --- |\n");
    for hook in HOOKS {
        let tags = if hook.is_tagged { "yes" } else { "" };
        text += &format!("| `{}` | `{}` | {tags} |\n", hook.name, hook.event.name());
    }
    text += "\n| event | members | of a request | `tags()` |\n| --- | --- | --- | --- |\n";
    for kind in EventKind::ALL {
        if *kind == EventKind::Cron {
            continue;
        }
        let base = kind.base_name().map(|name| format!("`{name}`"));
        let members = kind
            .all_members()
            .map(|spec| format!("`{}`: {}", spec.name, spec.kind.words()))
            .chain(base);
        let members: Vec<_> = members.collect();
        let yes = |is: bool| if is { "yes" } else { "" };
        text += &format!(
            "| `{}` | {} | {} | {} |\n",
            kind.name(),
            members.join(", "),
            yes(kind.is_request()),
            yes(kind.has_tags())
        );
    }
    text.replace("|  |", "| |").replace("|  |", "| |")
}

#[test]
fn the_reference_lists_every_hook_and_member() {
    let page = include_str!("../../../../docs/reference/hooks.md");
    let tables = tables();
    for table in tables.split("\n\n") {
        assert!(
            page.contains(table.trim_end()),
            "put this into docs/reference/hooks.md:\n{table}"
        );
    }
}
