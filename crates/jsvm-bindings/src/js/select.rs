//! A query that a script puts together: `$app.db().select(…).from(…)`.
//!
//! The one rule: each method changes the query and returns it.

use super::{
    class::{Class, arg, instance, integer, string, text, this},
    convert, db, dbx, error, go_context,
};
use crate::{
    app::App,
    collection::Collection,
    error::Error,
    sql::{Condition, Select},
};
use boa_engine::{Context, JsData, JsResult, JsValue};
use boa_gc::{Finalize, Trace};
use std::{cell::RefCell, rc::Rc, sync::Arc};

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct SelectObject(App, Rc<RefCell<Select>>, Option<Arc<Collection>>);

/// A query for these columns; none are all.
pub(super) fn object(app: App, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let select = Select {
        columns: texts(args, context)?,
        ..Select::default()
    };
    Ok(select_object(app, select, None, context))
}

/// A query for the records of a collection.
pub(super) fn of_records(app: App, of: Arc<Collection>, context: &mut Context) -> JsValue {
    let select = whole_rows(&of);
    select_object(app, select, Some(of), context)
}

/// Every column of every row of a collection.
pub(super) fn whole_rows(collection: &Collection) -> Select {
    Select {
        columns: vec![format!("{}.*", collection.name)],
        tables: vec![collection.name.clone()],
        ..Select::default()
    }
}

fn select_object(
    app: App,
    select: Select,
    collection: Option<Arc<Collection>>,
    context: &mut Context,
) -> JsValue {
    let prototype = super::Classes::of(context).db.select.clone();
    let data = SelectObject(app, Rc::new(RefCell::new(select)), collection);
    instance(&prototype, data, context)
}

fn run(
    value: &JsValue,
    args: &[JsValue],
    read: db::Read,
    context: &mut Context,
) -> JsResult<JsValue> {
    let SelectObject(app, select, collection) = this(value)?;
    let template = select.borrow().template();
    let asked = db::Asked {
        app: &app,
        template: &template,
        collection: collection.as_ref(),
    };
    read(&asked, &arg(args, 0), context)
}

fn texts(args: &[JsValue], context: &mut Context) -> JsResult<Vec<String>> {
    (0..args.len())
        .map(|index| text(args, index, context))
        .collect()
}

/// Changes the query behind `value`.
fn change(value: &JsValue, apply: impl FnOnce(&mut Select)) -> JsResult<JsValue> {
    let SelectObject(_, select, _) = this(value)?;
    apply(&mut select.borrow_mut());
    Ok(value.clone())
}

type Names = fn(&mut Select) -> &mut Vec<String>;

fn set_names(
    value: &JsValue,
    args: &[JsValue],
    of: Names,
    context: &mut Context,
) -> JsResult<JsValue> {
    let names = texts(args, context)?;
    change(value, |select| *of(select) = names)
}

fn add_names(
    value: &JsValue,
    args: &[JsValue],
    of: Names,
    context: &mut Context,
) -> JsResult<JsValue> {
    let names = texts(args, context)?;
    change(value, |select| of(select).extend(names))
}

type Place = fn(&mut Select) -> &mut Option<Condition>;

/// Sets the condition of a place, or adds to it with `operator`.
fn put_condition(
    value: &JsValue,
    args: &[JsValue],
    of: Place,
    operator: &'static str,
    context: &mut Context,
) -> JsResult<JsValue> {
    let more = dbx::condition(&arg(args, 0), context)?;
    change(value, |select| {
        let place = of(select);
        *place = match (place.take(), more) {
            (Some(old), Some(new)) if !operator.is_empty() => {
                Some(Condition::Several(operator, vec![old, new]))
            }
            (old, None) if !operator.is_empty() => old,
            (_, new) => new,
        };
    })
}

fn join(
    value: &JsValue,
    word: &'static str,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let table = text(args, 0, context)?;
    let on = dbx::condition(&arg(args, 1), context)?;
    change(value, |select| select.joins.push((word, table, on)))
}

/// The kinds of joins; other text would be SQL.
fn join_word(given: &str, context: &mut Context) -> JsResult<&'static str> {
    const WORDS: &[&str] = &[
        "JOIN",
        "INNER JOIN",
        "LEFT JOIN",
        "LEFT OUTER JOIN",
        "RIGHT JOIN",
        "RIGHT OUTER JOIN",
        "FULL JOIN",
        "FULL OUTER JOIN",
        "CROSS JOIN",
    ];
    let known = WORDS
        .iter()
        .find(|word| word.eq_ignore_ascii_case(given.trim()));
    known.copied().ok_or_else(|| {
        let err = Error::host(format!(
            "{given:?} is no join; the kinds are {}",
            WORDS.join(", ")
        ));
        error::throw(err, context)
    })
}

fn unite(
    value: &JsValue,
    word: &'static str,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(other) = db::template(&arg(args, 0)) else {
        let err = Error::host("union wants a query: write select(…).build()");
        return Err(error::throw(err, context));
    };
    change(value, |select| select.unions.push((word, other)))
}

/// What a query offers.
pub(super) const SELECT: Class = Class {
    methods: &[
        ("select", 0, |value, args, context| {
            set_names(value, args, |select| &mut select.columns, context)
        }),
        ("andSelect", 0, |value, args, context| {
            add_names(value, args, |select| &mut select.columns, context)
        }),
        ("from", 0, |value, args, context| {
            set_names(value, args, |select| &mut select.tables, context)
        }),
        ("groupBy", 0, |value, args, context| {
            set_names(value, args, |select| &mut select.groups, context)
        }),
        ("andGroupBy", 0, |value, args, context| {
            add_names(value, args, |select| &mut select.groups, context)
        }),
        ("orderBy", 0, |value, args, context| {
            set_names(value, args, |select| &mut select.orders, context)
        }),
        ("andOrderBy", 0, |value, args, context| {
            add_names(value, args, |select| &mut select.orders, context)
        }),
        ("where", 1, |value, args, context| {
            put_condition(value, args, |select| &mut select.condition, "", context)
        }),
        ("andWhere", 1, |value, args, context| {
            put_condition(value, args, |select| &mut select.condition, "AND", context)
        }),
        ("orWhere", 1, |value, args, context| {
            put_condition(value, args, |select| &mut select.condition, "OR", context)
        }),
        ("having", 1, |value, args, context| {
            put_condition(value, args, |select| &mut select.having, "", context)
        }),
        ("andHaving", 1, |value, args, context| {
            put_condition(value, args, |select| &mut select.having, "AND", context)
        }),
        ("orHaving", 1, |value, args, context| {
            put_condition(value, args, |select| &mut select.having, "OR", context)
        }),
        ("innerJoin", 2, |value, args, context| {
            join(value, "INNER JOIN", args, context)
        }),
        ("leftJoin", 2, |value, args, context| {
            join(value, "LEFT JOIN", args, context)
        }),
        ("rightJoin", 2, |value, args, context| {
            join(value, "RIGHT JOIN", args, context)
        }),
        ("distinct", 1, |value, args, _| {
            let is_distinct = arg(args, 0).to_boolean();
            change(value, |select| select.is_distinct = is_distinct)
        }),
        ("limit", 1, |value, args, context| {
            let limit = integer(args, 0, context)?;
            change(value, |select| select.limit = Some(limit))
        }),
        ("offset", 1, |value, args, context| {
            let offset = integer(args, 0, context)?;
            change(value, |select| select.offset = Some(offset))
        }),
        ("bind", 1, |value, args, context| {
            let params = convert::to_map(&arg(args, 0), context)?;
            change(value, |select| select.params = params)
        }),
        ("andBind", 1, |value, args, context| {
            let params = convert::to_map(&arg(args, 0), context)?;
            change(value, |select| select.params.extend(params))
        }),
        ("one", 1, |value, args, context| {
            run(value, args, db::one, context)
        }),
        ("all", 1, |value, args, context| {
            run(value, args, db::all, context)
        }),
        ("column", 1, |value, args, context| {
            run(value, args, db::column, context)
        }),
        ("rows", 0, |value, args, context| {
            run(value, args, db::all_rows, context)
        }),
        ("build", 0, |value, _, context| {
            let SelectObject(app, select, collection) = this(value)?;
            let template = select.borrow().template();
            Ok(db::query_of(app, template, collection, context))
        }),
        ("union", 1, |value, args, context| {
            unite(value, "UNION", args, context)
        }),
        ("unionAll", 1, |value, args, context| {
            unite(value, "UNION ALL", args, context)
        }),
        ("join", 3, |value, args, context| {
            let word = join_word(&text(args, 0, context)?, context)?;
            join(value, word, args.get(1..).unwrap_or(&[]), context)
        }),
        ("selectOption", 1, |value, args, context| {
            let option = text(args, 0, context)?;
            change(value, |select| select.option = option)
        }),
        ("preFragment", 1, |value, args, context| {
            let fragment = text(args, 0, context)?;
            change(value, |select| select.fragments[0] = fragment)
        }),
        ("postFragment", 1, |value, args, context| {
            let fragment = text(args, 0, context)?;
            change(value, |select| select.fragments[1] = fragment)
        }),
        ("withContext", 1, |value, _, _| Ok(value.clone())),
        ("context", 0, |_, _, context| {
            Ok(go_context::background(context))
        }),
        ("sql", 0, |value, _, _| {
            let SelectObject(_, select, _) = this(value)?;
            let sql = select.borrow().template().sql;
            Ok(string(sql))
        }),
    ],
    getters: &[],
    accessors: &[],
};
