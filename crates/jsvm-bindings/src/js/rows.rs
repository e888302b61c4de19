//! `query.rows()`: the rows of a result, one after the other.
//!
//! The one rule: the statement has run when its rows are asked for; walking
//! them reads memory only.

use super::{
    class::{Class, arg, instance, string, this},
    db, error,
};
use crate::{error::Error, sql::Outcome};
use boa_engine::{Context, JsData, JsResult, JsValue, js_string, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::Value;
use std::{cell::RefCell, rc::Rc};

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct RowsObject(Rc<RefCell<Walk>>);

struct Walk {
    columns: Rc<[String]>,
    rows: std::vec::IntoIter<Vec<Value>>,
    current: Option<Vec<Value>>,
}

/// The object of a result.
pub(super) fn object(outcome: Outcome, context: &mut Context) -> JsValue {
    let walk = Walk {
        columns: outcome.columns.into(),
        rows: outcome.rows.into_iter(),
        current: None,
    };
    let prototype = super::Classes::of(context).db.rows.clone();
    instance(&prototype, RowsObject(Rc::new(RefCell::new(walk))), context)
}

fn columns(value: &JsValue) -> JsResult<Rc<[String]>> {
    Ok(Rc::clone(&this::<RowsObject>(value)?.0.borrow().columns))
}

/// The row that `next()` came to.
fn current(value: &JsValue, context: &mut Context) -> JsResult<Vec<(String, Value)>> {
    let RowsObject(walk) = this(value)?;
    let walk = walk.borrow();
    let Some(row) = &walk.current else {
        let err = Error::host("sql: Scan called without calling Next");
        return Err(error::throw(err, context));
    };
    Ok(walk
        .columns
        .iter()
        .cloned()
        .zip(row.iter().cloned())
        .collect())
}

/// What rows offer.
pub(super) const ROWS: Class = Class {
    methods: &[
        ("next", 0, |value, _, _| {
            let RowsObject(walk) = this(value)?;
            let mut walk = walk.borrow_mut();
            walk.current = walk.rows.next();
            Ok(walk.current.is_some().into())
        }),
        ("scanStruct", 1, |value, args, context| {
            let row = current(value, context)?.into_iter().collect();
            db::put(&arg(args, 0), &row, None, context)?;
            Ok(JsValue::undefined())
        }),
        ("scanMap", 1, |value, args, context| {
            let row = current(value, context)?;
            let target = arg(args, 0);
            let Some(object) = target.as_object().filter(|object| object.is_ordinary()) else {
                let err = Error::host("scanMap wants an object");
                return Err(error::throw(err, context));
            };
            for (name, plain) in row {
                let item = value::from_json(&plain, context);
                object.set(js_string!(name.as_str()), item, true, context)?;
            }
            Ok(JsValue::undefined())
        }),
        ("columns", 0, |value, _, context| {
            let names: Vec<_> = columns(value)?.iter().map(string).collect();
            Ok(JsArray::from_iter(names, context).into())
        }),
        ("err", 0, |_, _, _| Ok(JsValue::null())),
        ("close", 0, |value, _, _| {
            let RowsObject(walk) = this(value)?;
            let mut walk = walk.borrow_mut();
            walk.rows = Vec::new().into_iter();
            walk.current = None;
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[],
    accessors: &[],
};
