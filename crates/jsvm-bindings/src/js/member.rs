//! The members of events, between the host's data and what scripts see.
//!
//! The one rule: a member only ever holds what its kind in the table allows;
//! whatever else a script puts there is refused with its name.

use super::{
    class::{host, integer, text},
    collection::{self, CollectionObject},
    convert, error,
    event::EventObject,
    field, go_context, info, record,
};
use crate::{
    cast,
    collection::FieldRef,
    event::{Event, Member},
    kinds::{MemberKind, MemberSpec},
    record::RecordRef,
};
use boa_engine::{Context, JsNativeError, JsResult, JsValue, object::builtins::JsArray};
use jsvm_core::value;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a script reads.
pub(super) fn get(
    event: &EventObject,
    spec: &'static MemberSpec,
    context: &mut Context,
) -> JsResult<JsValue> {
    let live = event.event()?;
    if let Some(value) = event.known(spec.name, &live) {
        return Ok(value);
    }
    if spec.kind == MemberKind::Context {
        let found = Member::Value(Value::Null);
        return Ok(event.once(spec.name, found, |_| go_context::background(context)));
    }
    Ok(match live.get(key(&live, spec)) {
        Some(Member::Value(plain)) if !plain.is_array() && !plain.is_object() => {
            value::from_json(&plain, context)
        }
        Some(found) => event.once(spec.name, found, |found| object(found, context)),
        None => value::from_json(&empty(spec.kind), context),
    })
}

/// What the host calls it: what is written is the model of its events as well.
fn key(event: &Event, spec: &'static MemberSpec) -> &'static str {
    if spec.kind != MemberKind::Model || event.get(spec.name).is_some() {
        return spec.name;
    }
    match event.record() {
        Some(_) => "record",
        None => "collection",
    }
}

pub(super) fn object(member: &Member, context: &mut Context) -> JsValue {
    match member {
        Member::Value(plain) => value::from_json(plain, context),
        Member::Record(shared) => record::object(shared.clone(), context),
        Member::Records(list) => record::array(list, context),
        Member::Collection(one) => collection::object(one.clone(), context),
        Member::Collections(list) => {
            let list: Vec<_> = list
                .iter()
                .map(|one| collection::object(one.clone(), context))
                .collect();
            JsArray::from_iter(list, context).into()
        }
        Member::Field(field) => field::object(FieldRef::new(field.clone()), context),
        Member::RequestInfo(info) => info::object(info, context),
        Member::Error(err) => error::to_value(err.clone(), context),
    }
}

/// Go's zero value.
fn empty(kind: MemberKind) -> Value {
    match kind {
        MemberKind::Text => json!(""),
        MemberKind::Number => json!(0),
        MemberKind::Flag => json!(false),
        MemberKind::Texts | MemberKind::Records | MemberKind::Collections => json!([]),
        _ => Value::Null,
    }
}

/// Replaces a member by what a script gave.
pub(super) fn set(
    event: &EventObject,
    spec: &'static MemberSpec,
    given: &JsValue,
    context: &mut Context,
) -> JsResult<()> {
    let Some(member) = read(spec.kind, given, context)? else {
        let message = format!("e.{} must be {}", spec.name, wanted(spec.kind));
        return Err(JsNativeError::typ().with_message(message).into());
    };
    let live = event.event()?;
    live.set(key(&live, spec), member);
    Ok(())
}

/// What a script gave as a member; `None` if it does not fit.
fn read(kind: MemberKind, given: &JsValue, context: &mut Context) -> JsResult<Option<Member>> {
    let one = std::slice::from_ref(given);
    if given.is_null_or_undefined() && empty(kind).is_null() {
        return Ok(Some(Member::Value(Value::Null)));
    }
    Ok(match kind {
        MemberKind::Text => Some(Member::Value(text(one, 0, context)?.into())),
        MemberKind::Number => Some(Member::Value(integer(one, 0, context)?.into())),
        MemberKind::Flag => Some(Member::Value(given.to_boolean().into())),
        MemberKind::Texts => {
            let plain = convert::to_plain(given, context)?;
            Some(Member::Value(cast::to_list(&plain).into()))
        }
        MemberKind::Data => Some(data(given, context)?),
        MemberKind::Record => record::of(given).map(Member::Record),
        MemberKind::Model => match record::of(given) {
            Some(found) => Some(Member::Record(found)),
            None => collection(given),
        },
        MemberKind::Records => records(given).map(Member::Records),
        MemberKind::Collection => collection(given),
        MemberKind::Collections => collections(given),
        MemberKind::Error => Some(Member::Error(error::from_value(given, context))),
        MemberKind::Field | MemberKind::RequestInfo | MemberKind::Context => None,
    })
}

fn wanted(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Record => "a Record",
        MemberKind::Model => "a Record or a Collection",
        MemberKind::Records => "an array of records",
        MemberKind::Collection => "a Collection",
        MemberKind::Collections => "an array of collections",
        _ => "left as it is",
    }
}

/// Anything that can be kept beyond a handler.
pub(super) fn data(given: &JsValue, context: &mut Context) -> JsResult<Member> {
    if let Some(found) = record::of(given) {
        return Ok(Member::Record(found));
    }
    if let Some(found) = collection(given) {
        return Ok(found);
    }
    if let Some(found) = records(given).filter(|list| !list.is_empty()) {
        return Ok(Member::Records(found));
    }
    Ok(Member::Value(convert::to_plain(given, context)?))
}

/// The records of an array; `None` if it holds anything else.
pub(super) fn records(given: &JsValue) -> Option<Vec<RecordRef>> {
    items(given)?.iter().map(record::of).collect()
}

fn collection(given: &JsValue) -> Option<Member> {
    host::<CollectionObject>(given).map(|object| Member::Collection(object.0))
}

fn collections(given: &JsValue) -> Option<Member> {
    let list = items(given)?;
    let list = list.iter().map(host::<CollectionObject>);
    let list: Option<Vec<_>> = list.map(|object| object.map(|object| object.0)).collect();
    list.map(Member::Collections)
}

fn items(given: &JsValue) -> Option<Vec<JsValue>> {
    let list = given.as_object().filter(|object| object.is_array())?;
    (0..value::array_length(&list))
        .map(|index| value::own_value(&list, &index.into()))
        .collect()
}

impl Member {
    /// Whether an object that was made of one stands for the other as well.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => a == b,
            (Self::Record(a), Self::Record(b)) => a.is_same(b),
            (Self::Records(a), Self::Records(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Self::Collection(a), Self::Collection(b)) => a.is_same(b),
            (Self::Collections(a), Self::Collections(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Self::Field(a), Self::Field(b)) => a.id == b.id && a.name == b.name,
            (Self::Error(a), Self::Error(b)) => a == b,
            (Self::RequestInfo(a), Self::RequestInfo(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}
