//! The event object that a handler is given.
//!
//! The one rule: its members come from the table in `kinds.rs`; reading one
//! twice gives the same object, and what a script changes in plain data that
//! it was handed is seen by whoever runs next.

use super::{
    Classes, app,
    class::{Class, arg, define, define_native_accessor, function, host, instance, this},
    convert, error, member, request,
};
use crate::{
    chain::Running,
    event::{Event, Member},
    executor::Executor,
    kinds::{EventKind, MemberSpec},
};
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsValue, NativeFunction};
use boa_gc::{Finalize, GcRefCell, Trace};
use jsvm_core::value;
use std::{cell::RefCell, rc::Rc};

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
    /// What the object was made from, or was last written back as.
    #[unsafe_ignore_trace]
    member: Member,
}

impl EventObject {
    pub(super) fn event(&self) -> &Event {
        self.0.running.event()
    }

    /// The object of a member, made anew only if the member was replaced.
    pub(super) fn once(
        &self,
        name: &'static str,
        found: Member,
        make: impl FnOnce(&Member) -> JsValue,
    ) -> JsValue {
        let seen = self.0.seen.borrow();
        let known = seen.iter().find(|seen| seen.name == name);
        if let Some(known) = known.filter(|known| known.member.is_same(&found)) {
            return known.value.clone();
        }
        drop(seen);
        let value = make(&found);
        let mut seen = self.0.seen.borrow_mut();
        seen.retain(|other| other.name != name);
        seen.push(Seen {
            name,
            value: value.clone(),
            member: found,
        });
        value
    }

    /// Puts what the script changed in data that it was handed into the event.
    ///
    /// # Errors
    ///
    /// A `RangeError` for what is nested too deeply or too large.
    fn write_back(&self, context: &mut Context) -> JsResult<()> {
        let handed_out = self.0.seen.borrow().clone();
        for (index, seen) in handed_out.iter().enumerate() {
            let now = match &seen.member {
                Member::Value(_) => Member::Value(convert::to_plain(&seen.value, context)?),
                Member::Records(_) => match member::records(&seen.value) {
                    Some(records) => Member::Records(records),
                    None => continue,
                },
                _ => continue,
            };
            if !now.is_same(&seen.member) {
                self.event().set(seen.name, now.clone());
                self.0.seen.borrow_mut()[index].member = now;
            }
        }
        Ok(())
    }
}

/// The object of an event for one handler.
pub(super) fn object(kind: EventKind, running: &Rc<Running>, context: &mut Context) -> JsValue {
    let data = EventObject(boa_gc::Gc::new(EventData {
        running: Rc::clone(running),
        seen: GcRefCell::default(),
    }));
    view(Some(kind), data, context)
}

/// Puts what the handler that has ended left in an event's data into the event.
///
/// # Errors
///
/// As [`EventObject::write_back`].
pub(super) fn finish(args: &[JsValue], context: &mut Context) -> JsResult<()> {
    match args.first().and_then(host::<EventObject>) {
        Some(event) => event.write_back(context),
        None => Ok(()),
    }
}

/// The event as an object with the members of a kind; without one it has only
/// `next`.
fn view(kind: Option<EventKind>, data: EventObject, context: &mut Context) -> JsValue {
    let classes = Classes::of(context);
    let index = kind.map_or(EventKind::ALL.len(), |kind| kind as usize);
    let known = classes.events.0.borrow()[index].clone();
    let prototype = known.unwrap_or_else(|| {
        let made = prototype(kind, context).expect("a new object takes any property");
        classes.events.0.borrow_mut()[index] = Some(made.clone());
        made
    });
    instance(&prototype, data, context)
}

/// The prototypes of all kinds, each made when the VM needs it first.
pub(crate) struct EventClasses(RefCell<Vec<Option<JsObject>>>);

impl EventClasses {
    pub(super) fn new() -> Self {
        Self(RefCell::new(vec![None; EventKind::ALL.len() + 1]))
    }
}

fn prototype(kind: Option<EventKind>, context: &mut Context) -> JsResult<JsObject> {
    let prototype = value::new_object(context);
    let next = function("next", 0, NativeFunction::from_fn_ptr(next), context);
    define(&prototype, "next", next.into(), context)?;
    let Some(kind) = kind else {
        return Ok(prototype);
    };
    EVENT.add_to(&prototype, context)?;
    if kind.has_tags() {
        TAGS.add_to(&prototype, context)?;
    }
    if kind.is_request() {
        request::EVENT.add_to(&prototype, context)?;
        embed(&prototype, "requestEvent", EventKind::Route, context)?;
    }
    if let (Some(base), Some(name)) = (kind.base(), kind.base_name()) {
        embed(&prototype, &name, base, context)?;
    }
    for spec in kind.all_members() {
        add_member(&prototype, spec, context)?;
    }
    Ok(prototype)
}

fn add_member(
    prototype: &JsObject,
    spec: &'static MemberSpec,
    context: &mut Context,
) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |value, _, context| {
        Ok(member::get(&this(value)?, spec, context))
    });
    let set = NativeFunction::from_copy_closure(move |value, args, context| {
        member::set(&this(value)?, spec, &arg(args, 0), context)?;
        Ok(JsValue::undefined())
    });
    define_native_accessor(prototype, spec.name, get, Some(set), context)
}

/// PocketBase: an event that is a part of this one can be reached by name.
fn embed(prototype: &JsObject, name: &str, kind: EventKind, context: &mut Context) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |value, _, context| {
        Ok(view(Some(kind), this(value)?, context))
    });
    define_native_accessor(prototype, name, get, None, context)
}

/// Runs the rest of the chain.
fn next(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let event: EventObject = this(value)?;
    let Some(executor) = Executor::current() else {
        return Ok(JsValue::undefined());
    };
    event.write_back(context)?;
    match event.0.running.next(&executor) {
        Ok(()) => Ok(JsValue::undefined()),
        Err(err) => Err(error::throw(err, context)),
    }
}

const EVENT: Class = Class {
    methods: &[],
    getters: &[("event", |value, _, context| {
        Ok(view(None, this(value)?, context))
    })],
    accessors: &[(
        "app",
        |value, _, context| {
            let event: EventObject = this(value)?;
            Ok(app::object(&event.event().app(), context))
        },
        set_app,
    )],
};

/// PocketBase: `e.app = txApp` makes the rest of the chain a part of the
/// transaction.
fn set_app(value: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let event: EventObject = this(value)?;
    let Some(app) = host::<app::AppObject>(&arg(args, 0)) else {
        return Err(JsNativeError::typ()
            .with_message("e.app can only be replaced by an app or a transaction")
            .into());
    };
    event.event().set_app(app.0);
    Ok(JsValue::undefined())
}

const TAGS: Class = Class {
    methods: &[("tags", 0, |value, _, context| {
        let event: EventObject = this(value)?;
        let tags = serde_json::Value::from(event.event().tags().to_vec());
        Ok(value::from_json(&tags, context))
    })],
    getters: &[],
    accessors: &[],
};
