//! Values that scripts keep for other handlers: in `$app.store()`, and with a
//! request by `e.set()`.
//!
//! The one rule: an object that a script got from there stands for what is in
//! it: what the script changes in it is put back before anybody else can look,
//! unless the value was replaced meanwhile. PocketBase: maps of Go.

use super::{HostData, convert, error, member};
use crate::{app::App, error::Error, event::Member, exchange::Exchange};
use boa_engine::{Context, JsObject, JsResult, JsString, JsValue};
use jsvm_core::value;
use serde_json::Value;
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// Where values are kept.
#[derive(Clone)]
pub(super) enum Shelf {
    /// As long as the process runs.
    App(App),
    /// As long as a request.
    Request(Arc<Exchange>),
}

impl Shelf {
    fn get(&self, key: &str) -> Option<Member> {
        match self {
            Self::App(app) => app.store().get(key).cloned(),
            Self::Request(exchange) => exchange.values().get(key).cloned(),
        }
    }

    /// Puts a value there.
    ///
    /// # Errors
    ///
    /// If the store is full.
    pub(super) fn insert(&self, key: &str, kept: Member, context: &mut Context) -> JsResult<()> {
        match self {
            Self::Request(exchange) => {
                exchange.values().insert(key.to_owned(), kept);
                Ok(())
            }
            Self::App(app) => {
                let most = HostData::of(context).env.limits.in_force().memory;
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let inserted = app.store().insert_within(most, key, kept);
                inserted.map_err(|err| error::throw(err, context))
            }
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::App(_), Self::App(_)) => true,
            (Self::Request(a), Self::Request(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// What a script gave to be kept: records and collections as they are, alone
/// or in a list, anything else as plain data.
///
/// # Errors
///
/// An error of the host for a function, which belongs to one VM.
pub(super) fn kept(given: &JsValue, context: &mut Context) -> JsResult<Member> {
    if given.as_callable().is_some() {
        let err = Error::host(
            "a function belongs to the handler that made it; store what it returns, or put it \
             into a module",
        );
        return Err(error::throw(err, context));
    }
    member::data(given, context)
}

/// Objects that the execution in progress got.
#[derive(Default)]
pub(crate) struct Lent(RefCell<Vec<Loan>>);

struct Loan {
    shelf: Shelf,
    key: String,
    object: JsValue,
    /// What was kept for it when it was last looked at.
    plain: Value,
}

impl Lent {
    /// What was lent is the script's own from now on.
    pub(super) fn end(&self) {
        // Taken out first: what is dropped may be large.
        drop(self.0.take());
    }
}

/// Puts back what the script changed in objects that it got.
///
/// # Errors
///
/// A `RangeError` for what is nested too deeply, and an error if the store is
/// full.
pub(super) fn put_back(context: &mut Context) -> JsResult<()> {
    let data = HostData::of(context);
    if data.lent.0.borrow().is_empty() {
        return Ok(());
    }
    let loans = data.lent.0.take();
    let mut still = Vec::with_capacity(loans.len());
    let mut result = Ok(());
    for mut loan in loans {
        if result.is_err() || !loan.is_kept() {
            continue;
        }
        result = loan.put_back(context);
        still.push(loan);
    }
    data.lent.0.borrow_mut().extend(still);
    result
}

impl Loan {
    /// Whether it is still what it was made of.
    fn is_kept(&self) -> bool {
        let now = self.shelf.get(&self.key);
        now.as_ref().and_then(Member::as_value) == Some(&self.plain)
    }

    fn put_back(&mut self, context: &mut Context) -> JsResult<()> {
        let now = convert::to_plain(&self.object, context)?;
        if now != self.plain {
            let kept = Member::Value(now.clone());
            self.shelf.insert(&self.key, kept, context)?;
            self.plain = now;
        }
        Ok(())
    }
}

/// What is kept under a key; objects and lists stay what they are there.
pub(super) fn get(shelf: &Shelf, key: &str, context: &mut Context) -> JsResult<JsValue> {
    put_back(context)?;
    let Some(found) = shelf.get(key) else {
        return Ok(JsValue::null());
    };
    Ok(lend(shelf, key, found, context))
}

/// All that is kept, by key.
pub(super) fn get_all(shelf: &Shelf, context: &mut Context) -> JsResult<Vec<(String, JsValue)>> {
    put_back(context)?;
    let all: BTreeMap<String, Member> = match shelf {
        Shelf::App(app) => app.store().to_map(),
        Shelf::Request(exchange) => exchange.values().clone(),
    };
    let lent = all.into_iter().map(|(key, found)| {
        let object = lend(shelf, &key, found, context);
        (key, object)
    });
    Ok(lent.collect())
}

fn lend(shelf: &Shelf, key: &str, found: Member, context: &mut Context) -> JsValue {
    let plain = match found {
        Member::Value(plain) if plain.is_object() || plain.is_array() => plain,
        other => return member::object(&other, context),
    };
    let data = HostData::of(context);
    let is_it = |loan: &Loan| loan.key == key && loan.shelf.is_same(shelf) && loan.plain == plain;
    let known = data
        .lent
        .0
        .borrow()
        .iter()
        .find(|it| is_it(it))
        .map(|it| it.object.clone());
    known.unwrap_or_else(|| {
        let object = value::from_json(&plain, context);
        data.lent.0.borrow_mut().push(Loan {
            shelf: shelf.clone(),
            key: key.to_owned(),
            object: object.clone(),
            plain,
        });
        object
    })
}

/// Puts all that an object of a script has there.
///
/// # Errors
///
/// As [`kept`] and [`Shelf::insert`].
pub(super) fn insert_all(shelf: &Shelf, all: &JsObject, context: &mut Context) -> JsResult<()> {
    for key in value::own_keys(all) {
        let given = all.get(key.clone(), context)?;
        let given = kept(&given, context)?;
        shelf.insert(&key.to_string(), given, context)?;
    }
    Ok(())
}

/// All that is kept as one object.
pub(super) fn map(all: Vec<(String, JsValue)>, context: &mut Context) -> JsResult<JsValue> {
    let object = JsObject::with_object_proto(context.intrinsics());
    for (key, value) in all {
        object.create_data_property_or_throw(JsString::from(key), value, context)?;
    }
    Ok(object.into())
}
