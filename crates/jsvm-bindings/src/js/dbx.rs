//! `$dbx`: conditions for queries.
//!
//! The one rule: what a script gives as a value is bound. Text is only taken
//! for SQL where PocketBase takes it for SQL: in `exp`.

use super::{
    class::{Class, arg, define_global, host, instance, string, text, this},
    convert, error,
};
use crate::{
    error::Error,
    sql::{Condition, Like, LikeSides, Template},
};
use boa_engine::{Context, JsData, JsResult, JsValue, js_string};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::Value;

/// A condition that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct ConditionObject(Condition);

/// Adds `$dbx`.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let namespace = value::new_object(context);
    DBX.add_to(&namespace, context)?;
    define_global("$dbx", namespace.into(), context)
}

/// The condition that an argument is; nothing is none.
pub(super) fn condition(value: &JsValue, context: &mut Context) -> JsResult<Option<Condition>> {
    if value.is_null_or_undefined() {
        return Ok(None);
    }
    if let Some(ConditionObject(condition)) = host(value) {
        return Ok(Some(condition));
    }
    let err = Error::host("the condition is not one that $dbx made; use $dbx.exp(…) for text");
    Err(error::throw(err, context))
}

fn object(condition: Condition, context: &mut Context) -> JsResult<JsValue> {
    let prototype = super::Classes::of(context).db.condition.clone();
    Ok(instance(&prototype, ConditionObject(condition), context))
}

/// Every argument, those that are nothing left out.
pub(super) fn conditions(args: &[JsValue], context: &mut Context) -> JsResult<Vec<Condition>> {
    let mut list = Vec::new();
    for value in args {
        list.extend(condition(value, context)?);
    }
    Ok(list)
}

fn values(args: &[JsValue], context: &mut Context) -> JsResult<Vec<Value>> {
    args.get(1..)
        .unwrap_or(&[])
        .iter()
        .map(|value| convert::to_plain(value, context))
        .collect()
}

const DBX: Class = Class {
    methods: &[
        ("exp", 2, |_, args, context| {
            let sql = text(args, 0, context)?;
            let params = convert::to_map(&arg(args, 1), context)?;
            object(Condition::Text(sql, params), context)
        }),
        ("hashExp", 1, |_, args, context| {
            let columns = convert::to_map(&arg(args, 0), context)?;
            object(Condition::Equal(columns), context)
        }),
        ("not", 1, |_, args, context| {
            let inner = condition(&arg(args, 0), context)?;
            let inner = inner.unwrap_or(Condition::Several("AND", Vec::new()));
            object(Condition::Not(Box::new(inner)), context)
        }),
        ("and", 0, |_, args, context| several("AND", args, context)),
        ("or", 0, |_, args, context| several("OR", args, context)),
        ("in", 1, |_, args, context| is_in(args, false, context)),
        ("notIn", 1, |_, args, context| is_in(args, true, context)),
        ("like", 1, |_, args, context| {
            like(args, "LIKE", "AND", context)
        }),
        ("orLike", 1, |_, args, context| {
            like(args, "LIKE", "OR", context)
        }),
        ("notLike", 1, |_, args, context| {
            like(args, "NOT LIKE", "AND", context)
        }),
        ("orNotLike", 1, |_, args, context| {
            like(args, "NOT LIKE", "OR", context)
        }),
        ("exists", 1, |_, args, context| exists(args, false, context)),
        ("notExists", 1, |_, args, context| {
            exists(args, true, context)
        }),
        ("between", 3, |_, args, context| {
            between(args, false, context)
        }),
        ("notBetween", 3, |_, args, context| {
            between(args, true, context)
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn several(operator: &'static str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let parts = conditions(args, context)?;
    object(Condition::Several(operator, parts), context)
}

fn is_in(args: &[JsValue], negated: bool, context: &mut Context) -> JsResult<JsValue> {
    let column = text(args, 0, context)?;
    let values = values(args, context)?;
    object(Condition::In(column, values, negated), context)
}

fn like(
    args: &[JsValue],
    operator: &'static str,
    joined: &'static str,
    context: &mut Context,
) -> JsResult<JsValue> {
    let like = Like {
        column: text(args, 0, context)?,
        values: values(args, context)?,
        operator,
        joined,
        sides: LikeSides {
            left: true,
            right: true,
        },
        escapes: Vec::new(),
    };
    object(Condition::Like(like), context)
}

fn exists(args: &[JsValue], negated: bool, context: &mut Context) -> JsResult<JsValue> {
    let inner = condition(&arg(args, 0), context)?;
    let inner = inner.unwrap_or(Condition::Several("AND", Vec::new()));
    object(Condition::Exists(Box::new(inner), negated), context)
}

fn between(args: &[JsValue], negated: bool, context: &mut Context) -> JsResult<JsValue> {
    let column = text(args, 0, context)?;
    let first = convert::to_plain(&arg(args, 1), context)?;
    let last = convert::to_plain(&arg(args, 2), context)?;
    object(Condition::Between(column, [first, last], negated), context)
}

/// What a condition offers.
pub(super) const CONDITION: Class = Class {
    methods: &[
        ("build", 2, build),
        ("escape", 2, |value, args, context| {
            let ConditionObject(condition) = this(value)?;
            let texts = (0..args.len()).map(|index| text(args, index, context));
            let texts = texts.collect::<JsResult<Vec<_>>>()?;
            let pairs = texts.chunks_exact(2);
            let escapes = pairs
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect();
            match condition {
                Condition::Like(like) => object(Condition::Like(Like { escapes, ..like }), context),
                other => object(other, context),
            }
        }),
        ("match", 2, |value, args, context| {
            let ConditionObject(condition) = this(value)?;
            let sides = LikeSides {
                left: arg(args, 0).to_boolean(),
                right: arg(args, 1).to_boolean(),
            };
            match condition {
                Condition::Like(like) => object(Condition::Like(Like { sides, ..like }), context),
                other => object(other, context),
            }
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// The text with names for its values, which go into `params`.
fn build(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let ConditionObject(condition) = this(value)?;
    let mut template = Template::default();
    let target = arg(args, 1);
    template.params = convert::to_map(&target, context)?;
    let sql = condition.write(&mut template);
    if let Some(params) = target.as_object().filter(|object| object.is_ordinary()) {
        for (name, plain) in &template.params {
            let item = value::from_json(plain, context);
            params.set(js_string!(name.as_str()), item, true, context)?;
        }
    }
    Ok(string(sql))
}
