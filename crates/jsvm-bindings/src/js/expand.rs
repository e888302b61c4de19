//! `$app.expandRecord` and what records tell of it.
//!
//! The one rule: scripts see the expanded records themselves, not copies.

use super::{
    app::app,
    class::{Class, arg, text},
    collection, convert, error, member,
    record::{self, record},
};
use crate::{
    collection::Collection,
    error::Error,
    expand::{Expand, Expanded, Paths},
    record::RecordRef,
};
use boa_engine::{Context, JsResult, JsString, JsValue};
use jsvm_core::{failure, value};
use std::{collections::BTreeMap, sync::Arc};

/// What `$app` has for relations.
pub(super) const APP: Class = Class {
    methods: &[
        ("expandRecord", 3, |value, args, context| {
            let one = record::argument(args, 0, context)?;
            expand(value, &[one], args, context)
        }),
        ("expandRecords", 3, |value, args, context| {
            let Some(records) = member::records(&arg(args, 0)) else {
                let err = Error::host("the first argument is no list of records");
                return Err(error::throw(err, context));
            };
            expand(value, &records, args, context)
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// Expands the relations that the second argument names; returns the errors by
/// their paths. PocketBase: each path by itself.
fn expand(
    value: &JsValue,
    records: &[RecordRef],
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let app = app(value)?;
    let paths = convert::to_plain(&arg(args, 1), context)?;
    let fetch = arg(args, 2);
    let mut failed = BTreeMap::new();
    let mut thrown = None;
    for path in whole(crate::cast::to_list(&paths)) {
        let parsed = Paths::parse(&path);
        let errors = match fetch.as_callable() {
            None => app.expand(records, &parsed, &mut |collection, ids| {
                app.fetch_all(collection, ids)
            }),
            Some(fetch) => app.expand(records, &parsed, &mut |collection, ids| {
                let found = ask(&fetch, collection, ids, context);
                found.map_err(|err| match failure(err, context) {
                    jsvm_core::Failure::Thrown(value) => error::from_value(&value, context),
                    jsvm_core::Failure::Error(err) => {
                        thrown.get_or_insert(Error::Script(err.clone()));
                        Error::Script(err)
                    }
                })
            }),
        };
        if let Some(err) = thrown {
            return Err(error::throw(err, context));
        }
        if let Some((_, err)) = errors.into_iter().next() {
            failed.insert(path, err);
        }
    }
    let told = value::new_object(context);
    for (path, err) in failed {
        let err = error::to_value(err, context);
        value::set_own(&told, JsString::from(path), err, context);
    }
    Ok(told.into())
}

/// PocketBase: a path that another one goes on from is a part of that.
fn whole(paths: Vec<String>) -> Vec<String> {
    let goes_on = |path: &str| {
        let behind = |other: &&String| {
            let rest = other.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        paths.iter().any(|other| behind(&other))
    };
    paths
        .iter()
        .filter(|path| !goes_on(path))
        .cloned()
        .collect()
}

/// The records that a function of the script finds.
fn ask(
    fetch: &boa_engine::JsObject,
    collection: &Arc<Collection>,
    ids: &[String],
    context: &mut Context,
) -> JsResult<Vec<RecordRef>> {
    let collection = collection::stored_object(collection, context);
    let ids = value::from_json(&ids.into(), context);
    let found = fetch.call(&JsValue::undefined(), &[collection, ids], context)?;
    if found.is_null_or_undefined() {
        return Ok(Vec::new());
    }
    member::records(&found).ok_or_else(|| {
        let err = Error::host("the function given to expandRecord must return a list of records");
        error::throw(err, context)
    })
}

/// What records have for it.
pub(super) const RECORD: Class = Class {
    methods: &[
        ("expand", 0, |value, _, context| {
            let expand = record(value)?.lock().expand().clone();
            let told = value::new_object(context);
            for (name, one) in expand.iter() {
                let one = object(one, context);
                value::set_own(&told, JsString::from(name), one, context);
            }
            Ok(told.into())
        }),
        ("setExpand", 1, |value, args, context| {
            let expand = read(&arg(args, 0), context)?;
            let set = record(value)?.set_expand(expand);
            done(set, context)
        }),
        ("mergeExpand", 1, |value, args, context| {
            let more = read(&arg(args, 0), context)?;
            let merged = record(value)?.merge_expand(more);
            done(merged, context)
        }),
        ("expandedOne", 1, |value, args, context| {
            let found = expanded(value, args, context)?;
            let one = match found {
                Some(Expanded::One(one)) => Some(one),
                Some(Expanded::Many(many)) => many.into_iter().next(),
                _ => None,
            };
            Ok(one.map_or_else(JsValue::null, |one| record::object(one, context)))
        }),
        ("expandedAll", 1, |value, args, context| {
            let found = expanded(value, args, context)?;
            Ok(match found {
                Some(Expanded::One(one)) => record::array(&[one], context),
                Some(Expanded::Many(many)) => record::array(&many, context),
                _ => JsValue::null(),
            })
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn done(result: Result<(), Error>, context: &mut Context) -> JsResult<JsValue> {
    match result {
        Ok(()) => Ok(JsValue::undefined()),
        Err(err) => Err(error::throw(err, context)),
    }
}

fn expanded(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<Option<Expanded>> {
    let name = text(args, 0, context)?;
    Ok(record(value)?.lock().expand().get(&name).cloned())
}

fn object(expanded: &Expanded, context: &mut Context) -> JsValue {
    match expanded {
        Expanded::One(one) => record::object(one.clone(), context),
        Expanded::Many(many) => record::array(many, context),
        Expanded::Other(plain) => value::from_json(plain, context),
    }
}

/// What a script gave as expansions.
fn read(given: &JsValue, context: &mut Context) -> JsResult<Expand> {
    let Some(given) = given.as_object() else {
        return Ok(Expand::default());
    };
    let mut all = Vec::new();
    for key in value::own_keys(&given) {
        let Some(name) = value::key_text(&key) else {
            continue;
        };
        let one = given.get(key, context)?;
        let expanded = match (record::of(&one), member::records(&one)) {
            (Some(record), _) => Expanded::One(record),
            (None, Some(records)) => Expanded::Many(records),
            (None, None) => Expanded::Other(convert::to_plain(&one, context)?),
        };
        all.push((name, expanded));
    }
    Ok(all.into_iter().collect())
}
