//! What a script got of a collection to change in place.
//!
//! The one rule: PocketBase: `collection.fields` and its kin are parts of the
//! collection. What a script changes in them is put there before anybody else
//! looks, and what others changed meanwhile is put into the script's objects.

use super::{HostData, convert, field};
use crate::collection::{Collection, CollectionRef, FieldRef};
use boa_engine::{Context, JsObject, JsResult, JsValue, js_string};
use jsvm_core::value;
use serde_json::Value;
use std::cell::RefCell;

/// The parts that the execution in progress got.
#[derive(Default)]
pub(super) struct Loans(RefCell<Vec<Loan>>);

struct Loan {
    of: CollectionRef,
    object: JsObject,
    seen: Seen,
}

/// What the collection held when it was last looked at.
#[derive(Clone)]
enum Seen {
    Fields(Vec<FieldRef>),
    Indexes(Vec<String>),
    Option(&'static str, Value),
}

/// A part of a collection that scripts may change in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Fields,
    Indexes,
    /// One of its options, by name.
    Option(&'static str),
}

impl Seen {
    fn part(&self) -> Part {
        match self {
            Self::Fields(_) => Part::Fields,
            Self::Indexes(_) => Part::Indexes,
            Self::Option(name, _) => Part::Option(name),
        }
    }

    fn now(of: &CollectionRef, part: Part) -> Self {
        match part {
            Part::Fields => Self::Fields(of.fields()),
            Part::Indexes => Self::Indexes(of.snapshot().indexes.clone()),
            Part::Option(name) => Self::Option(name, option(&of.snapshot(), name)),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fields(a), Self::Fields(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
            }
            (Self::Indexes(a), Self::Indexes(b)) => a == b,
            (Self::Option(_, a), Self::Option(_, b)) => a == b,
            _ => false,
        }
    }

    fn object(&self, context: &mut Context) -> JsResult<JsObject> {
        match self {
            Self::Fields(list) => Ok(field::array(list, context)),
            Self::Indexes(list) => {
                value::from_json(&list.clone().into(), context).to_object(context)
            }
            Self::Option(_, plain) => value::from_json(plain, context).to_object(context),
        }
    }

    /// What the script has made of it.
    fn read(part: Part, value: &JsValue, context: &mut Context) -> JsResult<Self> {
        Ok(match part {
            Part::Fields => Self::Fields(match value.as_object() {
                Some(object) => field::list(&object, context)?,
                None => Vec::new(),
            }),
            Part::Indexes => {
                Self::Indexes(crate::cast::to_list(&convert::to_plain(value, context)?))
            }
            Part::Option(name) => Self::Option(name, convert::to_plain(value, context)?),
        })
    }

    /// Makes the script's object what it is now.
    fn fill(&self, object: &JsObject, context: &mut Context) -> JsResult<()> {
        if let Self::Fields(list) = self {
            return field::fill(object, list, context);
        }
        let now = self.object(context)?;
        for key in value::own_keys(object) {
            object.delete_property_or_throw(key, context)?;
        }
        if let Self::Indexes(list) = self {
            object.set(js_string!("length"), list.len(), true, context)?;
        }
        for key in value::own_keys(&now) {
            let item = value::own_value(&now, &key).unwrap_or_default();
            object.create_data_property_or_throw(key, item, context)?;
        }
        Ok(())
    }

    fn put(&self, of: &CollectionRef) {
        match self {
            Self::Fields(list) => of.set_fields(list.clone()),
            Self::Indexes(list) => of.change(|it| it.indexes.clone_from(list)),
            Self::Option(name, plain) => of.change(|it| {
                it.options.insert((*name).to_owned(), plain.clone());
            }),
        }
    }
}

/// PocketBase: an option that is not set is an empty struct.
fn option(collection: &Collection, name: &str) -> Value {
    match collection.options.get(name) {
        Some(found) if found.is_object() => found.clone(),
        _ => Value::Object(serde_json::Map::new()),
    }
}

impl Loans {
    /// What was lent is the script's own from now on.
    pub(super) fn end(&self) {
        drop(self.0.take());
    }
}

/// A part of a collection; it is the same object whenever it is asked for.
pub(super) fn lend(of: &CollectionRef, part: Part, context: &mut Context) -> JsResult<JsValue> {
    settle(context)?;
    let data = HostData::of(context);
    let known = data.loans.0.borrow().iter().find_map(|loan| {
        let is_it = loan.of.is_same(of) && loan.seen.part() == part;
        is_it.then(|| loan.object.clone())
    });
    if let Some(object) = known {
        return Ok(object.into());
    }
    let seen = Seen::now(of, part);
    let object = seen.object(context)?;
    let loan = Loan {
        of: of.clone(),
        object: object.clone(),
        seen,
    };
    data.loans.0.borrow_mut().push(loan);
    Ok(object.into())
}

/// Puts what a script gave in the place of a part.
///
/// # Errors
///
/// As [`settle`].
pub(super) fn replace(
    of: &CollectionRef,
    part: Part,
    given: &JsValue,
    context: &mut Context,
) -> JsResult<()> {
    settle(context)?;
    Seen::read(part, given, context)?.put(of);
    Ok(())
}

/// Makes collections and what was lent of them agree.
///
/// # Errors
///
/// A `TypeError` for something among fields that is no field; that list is
/// the script's own from then on.
pub(super) fn settle(context: &mut Context) -> JsResult<()> {
    let data = HostData::of(context);
    let mut loans = data.loans.0.take();
    let mut result = Ok(());
    loans.retain_mut(|loan| {
        let agreed = result.is_ok().then(|| loan.agree(context)).transpose();
        match agreed {
            Ok(_) => true,
            Err(err) => {
                result = Err(err);
                false
            }
        }
    });
    data.loans.0.replace(loans);
    result
}

impl Loan {
    fn agree(&mut self, context: &mut Context) -> JsResult<()> {
        let value = self.object.clone().into();
        let read = Seen::read(self.seen.part(), &value, context)?;
        if !read.is_same(&self.seen) {
            read.put(&self.of);
            self.seen = read;
        }
        let now = Seen::now(&self.of, self.seen.part());
        if !now.is_same(&self.seen) {
            now.fill(&self.object, context)?;
            self.seen = now;
        }
        Ok(())
    }
}
