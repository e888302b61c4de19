//! `$app.db()`: SQL of scripts, and where its results go.
//!
//! The one rule: a statement ends with the time of its execution, and values
//! are bound, never written into it.

use super::{
    app,
    class::{Class, arg, define_global, function, host, instance, string, text, this},
    convert, dbx, ddl,
    dynamic_model::DynamicModel,
    error, go_context, record, rows, select,
};
use crate::{
    app::App,
    collection::Collection,
    error::Error,
    executor::time_left,
    observer::host_call,
    record::Record,
    sql::{Condition, Outcome, Params, Template, quoted},
};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsSymbol, JsValue, NativeFunction, js_string,
    object::builtins::JsArray, property::PropertyDescriptor,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value};
use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(super) struct DbObject(pub(super) App);

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct QueryObject(App, Rc<RefCell<Template>>, Option<Arc<Collection>>);

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct WrittenObject(u64, i64);

/// The prototypes around SQL.
pub(crate) struct DbClasses {
    db: JsObject,
    query: JsObject,
    written: JsObject,
    pub(super) rows: JsObject,
    pub(super) select: JsObject,
    pub(super) condition: JsObject,
    /// Under which an array keeps what its items are.
    model: JsSymbol,
}

/// Adds `arrayOf` and `$dbx`; returns the prototypes.
pub(super) fn install(context: &mut Context) -> JsResult<DbClasses> {
    let body = NativeFunction::from_fn_ptr(array_of);
    let array_of = function("arrayOf", 1, body, context);
    define_global("arrayOf", array_of.into(), context)?;
    dbx::install(context)?;
    Ok(DbClasses {
        db: {
            let prototype = DB.prototype(None, context)?;
            ddl::DB.add_to(&prototype, context)?;
            prototype
        },
        query: QUERY.prototype(None, context)?,
        written: WRITTEN.prototype(None, context)?,
        rows: rows::ROWS.prototype(None, context)?,
        select: select::SELECT.prototype(None, context)?,
        condition: dbx::CONDITION.prototype(None, context)?,
        model: JsSymbol::new(Some(js_string!("model"))).unwrap_or_else(JsSymbol::iterator),
    })
}

/// What `$app` offers of it; PocketBase's other connections are the same here.
pub(super) const APP: Class = Class {
    methods: &[
        ("db", 0, db),
        ("concurrentDB", 0, db),
        ("nonconcurrentDB", 0, db),
        ("recordQuery", 1, |value, args, context| {
            let app = app::app(value)?;
            let collection = app::collection_of(&arg(args, 0), Some(&app), context)?;
            Ok(select::of_records(app, collection, context))
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn db(value: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app::app(value)?;
    let prototype = super::Classes::of(context).db.db.clone();
    Ok(instance(&prototype, DbObject(app), context))
}

const DB: Class = Class {
    methods: &[
        ("newQuery", 1, |value, args, context| {
            let DbObject(app) = this(value)?;
            let sql = text(args, 0, context)?;
            Ok(query(app, Template::new(sql), context))
        }),
        ("select", 0, |value, args, context| {
            let DbObject(app) = this(value)?;
            select::object(app, args, context)
        }),
        ("insert", 2, |value, args, context| {
            let DbObject(app) = this(value)?;
            let (table, columns) = written(args, context)?;
            Ok(query(app, insert(&table, &columns), context))
        }),
        ("upsert", 2, |value, args, context| {
            let DbObject(app) = this(value)?;
            let (table, columns) = written(args, context)?;
            let unique = (2..args.len()).map(|index| Ok(quoted(&text(args, index, context)?)));
            let unique = unique.collect::<JsResult<Vec<_>>>()?;
            Ok(query(app, upsert(&table, &columns, &unique), context))
        }),
        ("update", 3, |value, args, context| {
            let DbObject(app) = this(value)?;
            let (table, columns) = written(args, context)?;
            let condition = dbx::condition(&arg(args, 2), context)?;
            Ok(query(
                app,
                update(&table, &columns, condition.as_ref()),
                context,
            ))
        }),
        ("delete", 2, |value, args, context| {
            let DbObject(app) = this(value)?;
            let table = text(args, 0, context)?;
            let condition = dbx::condition(&arg(args, 1), context)?;
            let mut template = Template::default();
            let tail = tail(condition.as_ref(), &mut template);
            template.sql = format!("DELETE FROM {}{tail}", quoted(&table));
            Ok(query(app, template, context))
        }),
        ("quote", 1, |_, args, context| {
            let plain = text(args, 0, context)?;
            Ok(string(format!("'{}'", plain.replace('\'', "''"))))
        }),
        ("quoteSimpleTableName", 1, |_, args, context| {
            Ok(string(quoted(&text(args, 0, context)?)))
        }),
        ("quoteSimpleColumnName", 1, |_, args, context| {
            Ok(string(quoted(&text(args, 0, context)?)))
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn written(args: &[JsValue], context: &mut Context) -> JsResult<(String, Params)> {
    Ok((
        text(args, 0, context)?,
        convert::to_map(&arg(args, 1), context)?,
    ))
}

fn insert(table: &str, columns: &Params) -> Template {
    let mut template = Template::default();
    let table = quoted(table);
    let names: Vec<_> = columns.keys().map(|name| quoted(name)).collect();
    let values: Vec<_> = columns
        .values()
        .map(|value| template.bind(value.clone()))
        .collect();
    template.sql = match columns.is_empty() {
        true => format!("INSERT INTO {table} DEFAULT VALUES"),
        false => {
            let (names, values) = (names.join(", "), values.join(", "));
            format!("INSERT INTO {table} ({names}) VALUES ({values})")
        }
    };
    template
}

/// As [`insert`]; a row with the same unique columns gets the values instead.
fn upsert(table: &str, columns: &Params, unique: &[String]) -> Template {
    let mut template = insert(table, columns);
    let sets: Vec<_> = columns
        .keys()
        .map(|name| format!("{0}=excluded.{0}", quoted(name)))
        .collect();
    let unique = match unique {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    template.sql += &match sets.is_empty() {
        true => format!(" ON CONFLICT{unique} DO NOTHING"),
        false => format!(" ON CONFLICT{unique} DO UPDATE SET {}", sets.join(", ")),
    };
    template
}

fn update(table: &str, columns: &Params, condition: Option<&Condition>) -> Template {
    let mut template = Template::default();
    let sets: Vec<_> = columns
        .iter()
        .map(|(name, value)| format!("{}={}", quoted(name), template.bind(value.clone())))
        .collect();
    let tail = tail(condition, &mut template);
    template.sql = format!("UPDATE {} SET {}{tail}", quoted(table), sets.join(", "));
    template
}

fn tail(condition: Option<&Condition>, template: &mut Template) -> String {
    match condition.map(|condition| condition.write(template)) {
        Some(text) if !text.is_empty() => format!(" WHERE {text}"),
        _ => String::new(),
    }
}

pub(super) fn query(app: App, template: Template, context: &mut Context) -> JsValue {
    query_of(app, template, None, context)
}

/// As [`query`]; records without a collection are of this one.
pub(super) fn query_of(
    app: App,
    template: Template,
    collection: Option<Arc<Collection>>,
    context: &mut Context,
) -> JsValue {
    let prototype = super::Classes::of(context).db.query.clone();
    let data = QueryObject(app, Rc::new(RefCell::new(template)), collection);
    instance(&prototype, data, context)
}

/// The statement behind a value, if it is one.
pub(super) fn template(value: &JsValue) -> Option<Template> {
    let QueryObject(_, template, _) = host(value)?;
    Some(template.borrow().clone())
}

/// What a statement or a query is run for.
pub(super) struct Asked<'a> {
    pub(super) app: &'a App,
    pub(super) template: &'a Template,
    /// What its rows are records of, if they are.
    pub(super) collection: Option<&'a Arc<Collection>>,
}

const QUERY: Class = Class {
    methods: &[
        ("bind", 1, |value, args, context| {
            let QueryObject(_, template, _) = this(value)?;
            let params = convert::to_map(&arg(args, 0), context)?;
            template.borrow_mut().params.extend(params);
            Ok(value.clone())
        }),
        ("execute", 0, |value, _, context| {
            let QueryObject(app, template, _) = this(value)?;
            let done = run(&app, &template.borrow(), context)?;
            let prototype = super::Classes::of(context).db.written.clone();
            Ok(instance(
                &prototype,
                WrittenObject(done.affected, done.last_id),
                context,
            ))
        }),
        ("one", 1, |value, args, context| {
            asked(value, args, one, context)
        }),
        ("all", 1, |value, args, context| {
            asked(value, args, all, context)
        }),
        ("column", 1, |value, args, context| {
            asked(value, args, column, context)
        }),
        ("rows", 0, |value, args, context| {
            asked(value, args, all_rows, context)
        }),
        // A statement is prepared when it runs, and nobody cancels a context.
        ("prepare", 0, |value, _, _| Ok(value.clone())),
        ("close", 0, |_, _, _| Ok(JsValue::undefined())),
        ("withContext", 1, |value, _, _| Ok(value.clone())),
        ("context", 0, |_, _, context| {
            Ok(go_context::background(context))
        }),
        ("sql", 0, |value, _, _| {
            let QueryObject(_, template, _) = this(value)?;
            let sql = string(&template.borrow().sql);
            Ok(sql)
        }),
        ("params", 0, |value, _, context| {
            let QueryObject(_, template, _) = this(value)?;
            let params = Value::Object(template.borrow().params.clone());
            Ok(value::from_json(&params, context))
        }),
    ],
    getters: &[("lastError", |_, _, _| Ok(JsValue::null()))],
    accessors: &[],
};

pub(super) type Read = fn(&Asked<'_>, &JsValue, &mut Context) -> JsResult<JsValue>;

fn asked(
    value: &JsValue,
    args: &[JsValue],
    read: Read,
    context: &mut Context,
) -> JsResult<JsValue> {
    let QueryObject(app, template, collection) = this(value)?;
    let template = template.borrow().clone();
    let asked = Asked {
        app: &app,
        template: &template,
        collection: collection.as_ref(),
    };
    read(&asked, &arg(args, 0), context)
}

const WRITTEN: Class = Class {
    methods: &[
        ("rowsAffected", 0, |value, _, _| {
            let WrittenObject(affected, _) = this(value)?;
            Ok(i32::try_from(affected).unwrap_or(i32::MAX).into())
        }),
        ("lastInsertId", 0, |value, _, _| {
            let WrittenObject(_, id) = this(value)?;
            #[expect(clippy::cast_precision_loss, reason = "numbers of rows are small")]
            let id = id as f64;
            Ok(id.into())
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn run(app: &App, template: &Template, context: &mut Context) -> JsResult<Outcome> {
    /// While files are loaded there is no executor, and little time.
    const WHILE_LOADING: Duration = Duration::from_secs(5);
    let timeout = time_left().unwrap_or(WHILE_LOADING);
    let outcome = template
        .finish(timeout)
        .and_then(|statement| host_call("db.run", || app.rows().run_sql(&statement)));
    outcome.map_err(|err| error::throw(err, context))
}

fn named_rows(outcome: Outcome) -> impl Iterator<Item = Map<String, Value>> {
    let Outcome { columns, rows, .. } = outcome;
    rows.into_iter()
        .map(move |row| columns.iter().cloned().zip(row).collect())
}

/// Puts the first row into the target; PocketBase: no row is an error.
pub(super) fn one(asked: &Asked<'_>, target: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let outcome = run(asked.app, asked.template, context)?;
    let first = named_rows(outcome).next();
    let row = first.ok_or_else(|| error::throw(Error::NotFound, context))?;
    put(target, &row, asked.collection, context)?;
    Ok(JsValue::undefined())
}

/// Adds an item for each row to an array that `arrayOf` made.
pub(super) fn all(asked: &Asked<'_>, target: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let (array, model) = typed_array(target, context)?;
    let outcome = run(asked.app, asked.template, context)?;
    for row in named_rows(outcome) {
        let item = new_item(&model, context)?;
        put(&item, &row, asked.collection, context)?;
        array.push(item, context)?;
    }
    Ok(JsValue::undefined())
}

/// Adds the first column of each row to an array that `arrayOf` made.
pub(super) fn column(
    asked: &Asked<'_>,
    target: &JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    let (array, _) = typed_array(target, context)?;
    let outcome = run(asked.app, asked.template, context)?;
    for value in outcome.rows.iter().filter_map(|row| row.first()) {
        let value = value::from_json(value, context);
        array.push(value, context)?;
    }
    Ok(JsValue::undefined())
}

/// The rows, to be walked one after the other.
pub(super) fn all_rows(asked: &Asked<'_>, _: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let outcome = run(asked.app, asked.template, context)?;
    Ok(rows::object(outcome, context))
}

/// The first column of the first row of a query that always has one.
pub(super) fn number(app: &App, template: &Template, context: &mut Context) -> JsResult<JsValue> {
    let outcome = run(app, template, context)?;
    let found = outcome.rows.first().and_then(|row| row.first());
    Ok(found.map_or_else(JsValue::null, |found| value::from_json(found, context)))
}

/// The first column of all rows of a query.
pub(super) fn first_column(
    app: &App,
    template: &Template,
    context: &mut Context,
) -> JsResult<JsValue> {
    let outcome = run(app, template, context)?;
    let firsts = outcome
        .rows
        .into_iter()
        .filter_map(|row| row.into_iter().next());
    Ok(value::from_json(&firsts.collect(), context))
}

/// The records that a query finds.
pub(super) fn records(
    asked: &Asked<'_>,
    collection: &Arc<Collection>,
    context: &mut Context,
) -> JsResult<Vec<Record>> {
    let outcome = run(asked.app, asked.template, context)?;
    let stored = |row| Record::stored(Arc::clone(collection), &row);
    Ok(named_rows(outcome).map(stored).collect())
}

/// Puts a row into a model or a record; one without a collection is of the
/// query's.
pub(super) fn put(
    target: &JsValue,
    row: &Map<String, Value>,
    of: Option<&Arc<Collection>>,
    context: &mut Context,
) -> JsResult<()> {
    if let (Some(model), Some(object)) = (host::<DynamicModel>(target), target.as_object()) {
        let done = model.assign(&object, row, context);
        return done.map_err(|err| error::throw(err, context));
    }
    if let Some(shared) = record::of(target) {
        let own = Arc::clone(shared.lock().collection());
        let collection = of.filter(|_| own.id.is_empty()).unwrap_or(&own);
        *shared.lock() = Record::stored(Arc::clone(collection), row);
        return Ok(());
    }
    let err = Error::host("the result needs a DynamicModel or a Record to go to");
    Err(error::throw(err, context))
}

/// A new item of the same kind as the model.
fn new_item(model: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    if let (Some(shape), Some(object)) = (host::<DynamicModel>(model), model.as_object()) {
        return shape.another(&object, context);
    }
    match record::of(model) {
        Some(shared) => {
            let collection = Arc::clone(shared.lock().collection());
            Ok(record::new_object(Record::new(collection), context))
        }
        None => Ok(model.clone()),
    }
}

/// `arrayOf(model)`: an array that knows what its items are.
fn array_of(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let array: JsObject = JsArray::new(context)?.into();
    let symbol = super::Classes::of(context).db.model.clone();
    let property = PropertyDescriptor::builder()
        .value(arg(args, 0))
        .enumerable(false)
        .writable(false)
        .configurable(false);
    array.define_property_or_throw(symbol, property, context)?;
    Ok(array.into())
}

fn typed_array(target: &JsValue, context: &mut Context) -> JsResult<(JsArray, JsValue)> {
    let symbol = super::Classes::of(context).db.model.clone();
    let found = target.as_object().and_then(|object| {
        let model = value::own_value(&object, &symbol.into())?;
        Some((JsArray::from_object(object).ok()?, model))
    });
    found.ok_or_else(|| {
        let err = Error::host("the result needs an array made by arrayOf(model) to go to");
        error::throw(err, context)
    })
}
