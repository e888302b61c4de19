//! The event object that a handler is given.
//!
//! The one rule: its members come from the table below and from nowhere else;
//! reading one twice gives the same object.

use super::{
    app,
    class::{Class, define, function, instance, this},
    error, record, request,
};
use crate::{chain::Running, error::Error, event::Member, executor::Executor, hooks::EventKind};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, NativeFunction};
use boa_gc::{Finalize, GcRefCell, Trace};
use jsvm_core::value;
use std::{collections::HashMap, rc::Rc};

/// An event in progress, as the data of its object.
#[derive(Clone, Trace, Finalize, JsData)]
pub(crate) struct EventObject(boa_gc::Gc<EventData>);

#[derive(Trace, Finalize)]
struct EventData {
    #[unsafe_ignore_trace]
    running: Rc<Running>,
    /// Objects that were handed out, by member.
    seen: GcRefCell<Vec<Seen>>,
}

#[derive(Clone, Trace, Finalize)]
struct Seen {
    #[unsafe_ignore_trace]
    name: &'static str,
    value: JsValue,
}

impl EventObject {
    pub(super) fn event(&self) -> &crate::event::Event {
        self.0.running.event()
    }

    /// The object of a member, made on first use.
    fn once(
        &self,
        name: &'static str,
        is_current: impl FnOnce(&JsValue) -> bool,
        make: impl FnOnce() -> JsValue,
    ) -> JsValue {
        let found = self
            .0
            .seen
            .borrow()
            .iter()
            .find(|seen| seen.name == name)
            .cloned();
        if let Some(found) = found.filter(|seen| is_current(&seen.value)) {
            return found.value.clone();
        }
        let value = make();
        let mut seen = self.0.seen.borrow_mut();
        seen.retain(|other| other.name != name);
        seen.push(Seen {
            name,
            value: value.clone(),
        });
        value
    }
}

/// The object of an event for one handler.
pub(super) fn object(kind: EventKind, running: &Rc<Running>, context: &mut Context) -> JsValue {
    let classes = super::Classes::of(context);
    let prototype = &classes.events[&kind];
    let data = EventObject(boa_gc::Gc::new(EventData {
        running: Rc::clone(running),
        seen: GcRefCell::default(),
    }));
    instance(prototype, data, context)
}

/// What the events of each kind offer besides `next`.
const KINDS: &[(EventKind, &[&Class])] = &[
    (EventKind::Bootstrap, &[&APP]),
    (EventKind::Terminate, &[&APP, &RESTART]),
    (EventKind::Model, &[&APP, &TAGS, &TYPE, &MODEL]),
    (EventKind::ModelError, &[&APP, &TAGS, &TYPE, &MODEL, &ERROR]),
    (EventKind::Record, &[&APP, &TAGS, &TYPE, &RECORD]),
    (
        EventKind::RecordError,
        &[&APP, &TAGS, &TYPE, &RECORD, &ERROR],
    ),
    (
        EventKind::RecordEnrich,
        &[&APP, &TAGS, &RECORD, &REQUEST_INFO],
    ),
    (
        EventKind::RecordRequest,
        &[&APP, &TAGS, &RECORD, &COLLECTION, &request::EVENT],
    ),
    (
        EventKind::RecordsListRequest,
        &[&APP, &TAGS, &COLLECTION, &RECORDS, &request::EVENT],
    ),
    (EventKind::Route, &[&APP, &request::EVENT]),
    (EventKind::Cron, &[]),
];

/// The prototypes of all kinds of events.
pub(super) fn install(context: &mut Context) -> JsResult<HashMap<EventKind, JsObject>> {
    let next = function("next", 0, NativeFunction::from_fn_ptr(next), context);
    let mut prototypes = HashMap::new();
    for (kind, parts) in KINDS {
        let prototype = value::new_object(context);
        define(&prototype, "next", next.clone().into(), context)?;
        for part in *parts {
            part.add_to(&prototype, context)?;
        }
        prototypes.insert(*kind, prototype);
    }
    Ok(prototypes)
}

/// Runs the rest of the chain.
fn next(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let event: EventObject = this(value)?;
    let Some(executor) = Executor::current() else {
        return Ok(JsValue::undefined());
    };
    match event.0.running.next(&executor) {
        Ok(()) => Ok(JsValue::undefined()),
        Err(err) => Err(error::throw(err, context)),
    }
}

const APP: Class = Class {
    methods: &[],
    getters: &[("app", |value, _, context| {
        let event: EventObject = this(value)?;
        Ok(app::object(event.event().app(), context))
    })],
    accessors: &[],
};

const TAGS: Class = Class {
    methods: &[("tags", 0, |value, _, context| {
        let event: EventObject = this(value)?;
        let tags = serde_json::Value::from(event.event().tags().to_vec());
        Ok(value::from_json(&tags, context))
    })],
    getters: &[],
    accessors: &[],
};

const TYPE: Class = Class {
    methods: &[],
    getters: &[("type", |value, _, context| get(value, "type", context))],
    accessors: &[],
};

const RESTART: Class = Class {
    methods: &[],
    getters: &[("isRestart", |value, _, context| {
        get(value, "isRestart", context)
    })],
    accessors: &[],
};

const RECORD: Class = Class {
    methods: &[],
    getters: &[],
    accessors: &[(
        "record",
        |value, _, context| get(value, "record", context),
        set_record,
    )],
};

const MODEL: Class = Class {
    methods: &[],
    getters: &[],
    accessors: &[(
        "model",
        |value, _, context| get(value, "record", context),
        set_record,
    )],
};

const RECORDS: Class = Class {
    methods: &[],
    getters: &[
        ("records", |value, _, context| {
            get(value, "records", context)
        }),
        ("result", |value, _, context| get(value, "result", context)),
    ],
    accessors: &[],
};

const COLLECTION: Class = Class {
    methods: &[],
    getters: &[("collection", |value, _, context| {
        get(value, "collection", context)
    })],
    accessors: &[],
};

const ERROR: Class = Class {
    methods: &[],
    getters: &[("error", |value, _, context| get(value, "error", context))],
    accessors: &[],
};

const REQUEST_INFO: Class = Class {
    methods: &[],
    getters: &[("requestInfo", |value, _, context| {
        get(value, "requestInfo", context)
    })],
    accessors: &[],
};

fn get(value: &JsValue, name: &'static str, context: &mut Context) -> JsResult<JsValue> {
    let event: EventObject = this(value)?;
    let Some(member) = event.event().get(name) else {
        return Ok(JsValue::null());
    };
    Ok(match member {
        Member::Record(shared) => event.once(
            name,
            |old| record::of(old).is_some_and(|old| old.is_same(&shared)),
            || record::object(shared.clone(), context),
        ),
        Member::Records(list) => event.once(name, |_| true, || record::array(&list, context)),
        Member::Collection(collection) => event.once(
            name,
            |_| true,
            || record::collection_object(&collection, context),
        ),
        Member::RequestInfo(info) => {
            event.once(name, |_| true, || request::info_object(&info, context))
        }
        Member::Error(err) => event.once(name, |_| true, || error::to_value(err, context)),
        Member::Value(plain) => value::from_json(&plain, context),
    })
}

fn set_record(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let event: EventObject = this(value)?;
    match args.first().and_then(record::of) {
        Some(record) => {
            event.event().set("record", Member::Record(record));
            Ok(JsValue::undefined())
        }
        None => Err(error::throw(
            Error::host("the value is not a Record"),
            context,
        )),
    }
}
