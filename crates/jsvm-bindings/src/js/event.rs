//! The event object that a handler is given.
//!
//! The one rule: its members come from the table in `kinds.rs`; reading one
//! twice gives the same object, and what a script changes in plain data that
//! it was handed is seen by whoever runs next.

use super::{
    Classes, HostData, app,
    class::{Class, arg, define, define_native_accessor, function, host, instance, this},
    convert, error, lent, loan, member, request,
};
use crate::{
    chain::Running,
    event::{Event, Member},
    executor::Executor,
    kinds::{EventKind, MemberSpec},
};
use boa_engine::{Context, JsData, JsNativeError, JsObject, JsResult, JsValue, NativeFunction};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use std::{cell::RefCell, ops::Deref, rc::Rc};

/// An event in progress, as the data of its object.
///
/// What was handed out is not traced, and what happens is not the engine's to
/// keep: both are let go of when the handler ends.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct EventObject(Rc<EventData>);

struct EventData {
    /// Nothing once the handler has ended.
    running: RefCell<Option<Rc<Running>>>,
    /// Objects that were handed out, by member.
    seen: RefCell<Vec<Seen>>,
}

/// An event whose handler has not ended.
pub(super) struct Live(Rc<Running>);

impl Deref for Live {
    type Target = Event;

    fn deref(&self) -> &Event {
        self.0.event()
    }
}

#[derive(Clone)]
struct Seen {
    name: &'static str,
    value: JsValue,
    /// What the object was made from, or was last written back as.
    member: Member,
}

impl EventObject {
    fn new(running: &Rc<Running>) -> Self {
        Self(Rc::new(EventData {
            running: RefCell::new(Some(Rc::clone(running))),
            seen: RefCell::default(),
        }))
    }

    /// What happens.
    ///
    /// # Errors
    ///
    /// A `TypeError` once the handler that was given the event has ended.
    pub(super) fn event(&self) -> JsResult<Live> {
        self.0.running.borrow().clone().map(Live).ok_or_else(|| {
            let message = "the handler of this event has ended; keep what you need of an event, \
                not the event";
            JsNativeError::typ().with_message(message).into()
        })
    }

    /// The object of a member, if it was handed out and still stands for it.
    pub(super) fn known(&self, name: &'static str, event: &Event) -> Option<JsValue> {
        let seen = self.0.seen.borrow();
        let known = seen.iter().find(|seen| seen.name == name)?;
        let is_same = event.holds(name, |now| now.is_same(&known.member));
        is_same.then(|| known.value.clone())
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
        self.remember(Seen {
            name,
            value: value.clone(),
            member: found,
        });
        value
    }

    fn remember(&self, new: Seen) {
        let mut seen = self.0.seen.borrow_mut();
        match seen.iter_mut().find(|other| other.name == new.name) {
            Some(old) => *old = new,
            None => {
                // Most handlers look at one member.
                seen.reserve_exact(1);
                seen.push(new);
            }
        }
    }

    /// Puts what the script changed in data that it was handed into the event.
    ///
    /// # Errors
    ///
    /// A `RangeError` for what is nested too deeply or too large.
    fn write_back(&self, context: &mut Context) -> JsResult<()> {
        let count = self.0.seen.borrow().len();
        for index in 0..count {
            let seen = self.0.seen.borrow()[index].changeable();
            let Some((value, before)) = seen else {
                continue;
            };
            let now = match before {
                Member::Value(_) => Member::Value(convert::to_plain(&value, context)?),
                _ => match member::records(&value) {
                    Some(records) => Member::Records(records),
                    None => continue,
                },
            };
            if !now.is_same(&before) {
                let seen = &mut self.0.seen.borrow_mut()[index];
                self.event()?.set(seen.name, now.clone());
                seen.member = now;
            }
        }
        Ok(())
    }
}

impl Seen {
    /// The object and what it was, if a script can change what it stands for.
    fn changeable(&self) -> Option<(JsValue, Member)> {
        matches!(self.member, Member::Value(_) | Member::Records(_))
            .then(|| (self.value.clone(), self.member.clone()))
    }
}

/// The event of one handler, from its start to its end.
pub(super) struct InProgress(EventObject);

impl InProgress {
    pub(super) fn new(running: &Rc<Running>) -> Self {
        Self(EventObject::new(running))
    }

    /// What the handler is given.
    pub(super) fn object(
        &self,
        kind: EventKind,
        data: &HostData,
        context: &mut Context,
    ) -> JsValue {
        view(Some(kind), self.0.clone(), data.classes(), context)
    }

    /// Puts what the handler that has ended left in the event's data into the
    /// event.
    ///
    /// # Errors
    ///
    /// As [`EventObject::write_back`].
    pub(super) fn finish(&self, context: &mut Context) -> JsResult<()> {
        self.0.write_back(context)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        // Taken out first: what is dropped may look at the event.
        drop(self.0.0.running.take());
        drop(self.0.0.seen.take());
    }
}

/// The event as an object with the members of a kind; without one it has only
/// `next`.
fn view(
    kind: Option<EventKind>,
    data: EventObject,
    classes: &Classes,
    context: &mut Context,
) -> JsValue {
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
        member::get(&this(value)?, spec, context)
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
        let classes = Classes::of(context);
        Ok(view(Some(kind), this(value)?, &classes, context))
    });
    define_native_accessor(prototype, name, get, None, context)
}

/// Runs the rest of the chain.
fn next(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let event: EventObject = this(value)?;
    let live = event.event()?;
    let Some(executor) = Executor::current() else {
        return Ok(JsValue::undefined());
    };
    event.write_back(context)?;
    lent::put_back(context)?;
    loan::settle(context)?;
    match live.0.next(&executor) {
        Ok(()) => Ok(JsValue::undefined()),
        Err(err) => Err(error::throw(err, context)),
    }
}

const EVENT: Class = Class {
    methods: &[],
    getters: &[("event", |value, _, context| {
        let classes = Classes::of(context);
        Ok(view(None, this(value)?, &classes, context))
    })],
    accessors: &[(
        "app",
        |value, _, context| {
            let event: EventObject = this(value)?;
            Ok(app::object(&event.event()?.app(), context))
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
    event.event()?.set_app(app.0);
    Ok(JsValue::undefined())
}

const TAGS: Class = Class {
    methods: &[("tags", 0, |value, _, context| {
        let event: EventObject = this(value)?;
        let tags: serde_json::Value = event.event()?.tags().collect();
        Ok(value::from_json(&tags, context))
    })],
    getters: &[],
    accessors: &[],
};
