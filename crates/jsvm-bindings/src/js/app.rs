//! `$app`: records, collections, transactions, the store and the logger.
//!
//! The one rule: `$app` is the app of the event in progress, whatever a script
//! put in its place before; PocketBase restores it after every call.

use super::{
    Classes, HostData,
    class::{Class, arg, define_accessor, instance, integer, text, this},
    collection, convert, db, dbx, error, record, select, settings,
};
use crate::{
    app::App,
    collection::{Collection, CollectionRef},
    error::Error,
    lifecycle::Validation,
    output::Level,
    record::{Record, RecordRef},
    settings::check_settings,
    sql::Condition,
    storage::Query,
};
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, object::builtins::JsArray};
use boa_gc::{Finalize, Trace};
use jsvm_core::failure;
use serde_json::{Map, Value};
use std::sync::Arc;

/// An app or a transaction that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct AppObject(pub(crate) App);

/// The logger of an app, with the attributes that every entry gets.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct LoggerObject(App, Map<String, Value>);

/// The prototypes of apps and what they hand out.
pub(crate) struct AppClasses {
    app: JsObject,
    logger: JsObject,
}

/// Adds `$app`.
pub(super) fn install(context: &mut Context) -> JsResult<AppClasses> {
    let global = context.global_object();
    define_accessor(&global, "$app", current, Some(replace), context)?;
    Ok(AppClasses {
        app: {
            let prototype = APP.prototype(None, context)?;
            super::auth::APP.add_to(&prototype, context)?;
            super::collection::APP.add_to(&prototype, context)?;
            super::cron::APP.add_to(&prototype, context)?;
            super::expand::APP.add_to(&prototype, context)?;
            super::settings::APP.add_to(&prototype, context)?;
            super::store::APP.add_to(&prototype, context)?;
            super::root_command::APP.add_to(&prototype, context)?;
            super::mail::APP.add_to(&prototype, context)?;
            super::db::APP.add_to(&prototype, context)?;
            prototype
        },
        logger: LOGGER.prototype(None, context)?,
    })
}

/// Reads `$app`.
fn current(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = HostData::of(context);
    let (replaced, app) = {
        let current = data.app.borrow();
        (current.replaced.clone(), current.app.clone())
    };
    match replaced {
        Some(value) => Ok(value),
        None => Ok(object(&app, context)),
    }
}

/// Writes `$app`; it holds until the call ends.
fn replace(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = HostData::of(context);
    data.app.borrow_mut().replaced = Some(arg(args, 0));
    Ok(JsValue::undefined())
}

/// The object of an app; the current one is made once for each call.
pub(super) fn object(app: &App, context: &mut Context) -> JsValue {
    let data = HostData::of(context);
    let is_current = data.app.borrow().app.is_same(app);
    if is_current && let Some(object) = data.app.borrow().object.clone() {
        return object;
    }
    let prototype = Classes::of(context).app.app.clone();
    let object = instance(&prototype, AppObject(app.clone()), context);
    if is_current {
        data.app.borrow_mut().object = Some(object.clone());
    }
    object
}

/// The collection that an argument names: an object, a name or an id.
pub(super) fn collection_of(
    value: &JsValue,
    app: Option<&App>,
    context: &mut Context,
) -> JsResult<Arc<Collection>> {
    if let Some(collection) = collection::of(value, context)? {
        return Ok(collection.snapshot());
    }
    let app = app
        .cloned()
        .unwrap_or_else(|| HostData::of(context).app.borrow().app.clone());
    let name = text(std::slice::from_ref(value), 0, context)?;
    app.collection(&name)
        .map_err(|err| error::throw(err, context))
}

pub(super) fn app(value: &JsValue) -> JsResult<App> {
    this::<AppObject>(value).map(|object| object.0)
}

/// Runs `work` and throws what it returns as an error.
pub(super) fn run<T>(result: Result<T, Error>, context: &mut Context) -> JsResult<T> {
    result.map_err(|err| error::throw(err, context))
}

const APP: Class = Class {
    methods: &[
        ("save", 1, |value, args, context| {
            save(value, args, Validation::Run, context)
        }),
        ("saveNoValidate", 1, |value, args, context| {
            save(value, args, Validation::Skip, context)
        }),
        ("validate", 1, validate),
        ("delete", 1, delete),
        ("saveWithContext", 2, |value, args, context| {
            save(
                value,
                args.get(1..).unwrap_or(&[]),
                Validation::Run,
                context,
            )
        }),
        ("saveNoValidateWithContext", 2, |value, args, context| {
            save(
                value,
                args.get(1..).unwrap_or(&[]),
                Validation::Skip,
                context,
            )
        }),
        ("validateWithContext", 2, |value, args, context| {
            validate(value, args.get(1..).unwrap_or(&[]), context)
        }),
        ("deleteWithContext", 2, |value, args, context| {
            delete(value, args.get(1..).unwrap_or(&[]), context)
        }),
        ("isBootstrapped", 0, |value, _, _| {
            app(value).map(|_| true.into())
        }),
        ("isDev", 0, |value, _, _| app(value).map(|_| false.into())),
        ("findRecordById", 2, |value, args, context| {
            let app = app(value)?;
            let collection = collection_of(&arg(args, 0), Some(&app), context)?;
            let id = text(args, 1, context)?;
            found(app.record(&collection, &id), context)
        }),
        ("findRecordsByIds", 2, find_by_ids),
        ("findRecordsByFilter", 6, find_by_filter),
        ("findFirstRecordByFilter", 3, |value, args, context| {
            let app = app(value)?;
            let collection = collection_of(&arg(args, 0), Some(&app), context)?;
            let query = Query {
                filter: text(args, 1, context)?,
                params: params(args.get(2..).unwrap_or(&[]), context)?,
                ..Query::default()
            };
            found(app.first(&collection, query), context)
        }),
        ("findFirstRecordByData", 3, |value, args, context| {
            let app = app(value)?;
            let collection = collection_of(&arg(args, 0), Some(&app), context)?;
            let field = text(args, 1, context)?;
            let wanted = convert::to_plain(&arg(args, 2), context)?;
            found(
                app.first(&collection, Query::equals(&field, wanted)),
                context,
            )
        }),
        ("findAllRecords", 1, find_all),
        ("countRecords", 1, count),
        ("runInTransaction", 1, run_in_transaction),
        ("isTransactional", 0, |value, _, _| {
            Ok(app(value)?.is_transactional().into())
        }),
        ("logger", 0, |value, _, context| {
            let app = app(value)?;
            Ok(logger(app, Map::new(), context))
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// What is saved and deleted.
enum Model {
    Record(RecordRef),
    Collection(CollectionRef),
    Settings(Value),
}

fn model(args: &[JsValue], context: &mut Context) -> JsResult<Model> {
    let given = arg(args, 0);
    if let Some(given) = settings::of(&given, context)? {
        return Ok(Model::Settings(given));
    }
    match collection::of(&given, context)? {
        Some(collection) => Ok(Model::Collection(collection)),
        None => record::argument(args, 0, context).map(Model::Record),
    }
}

fn validate(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let result = match model(args, context)? {
        Model::Record(record) => app.validate(&record),
        Model::Collection(collection) => app.validate_collection(&collection),
        Model::Settings(given) => check_settings(&given),
    };
    run(result, context)?;
    Ok(JsValue::undefined())
}

fn delete(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let result = match model(args, context)? {
        Model::Record(record) => app.delete(&record),
        Model::Collection(collection) => app.delete_collection(&collection),
        Model::Settings(_) => Err(Error::host("the settings cannot be deleted")),
    };
    run(result, context)?;
    Ok(JsValue::undefined())
}

fn save(
    value: &JsValue,
    args: &[JsValue],
    validation: Validation,
    context: &mut Context,
) -> JsResult<JsValue> {
    let app = app(value)?;
    let result = match model(args, context)? {
        Model::Record(record) => app.save(&record, validation),
        Model::Collection(collection) => app.save_collection(&collection, validation),
        Model::Settings(given) => {
            return settings::save(&app, given, context).map(|()| JsValue::undefined());
        }
    };
    run(result, context)?;
    Ok(JsValue::undefined())
}

/// `findAllRecords(collection, …expressions)`.
fn find_all(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let collection = collection_of(&arg(args, 0), Some(&app), context)?;
    let conditions = dbx::conditions(args.get(1..).unwrap_or(&[]), context)?;
    if conditions.is_empty() {
        return list(app.records(&collection, &Query::default()), context);
    }
    let mut select = select::whole_rows(&collection);
    select.condition = Some(Condition::Several("AND", conditions));
    let asked = db::Asked {
        app: &app,
        template: &select.template(),
        collection: Some(&collection),
    };
    list(Ok(db::records(&asked, &collection, context)?), context)
}

/// `countRecords(collection, …expressions)`.
fn count(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let collection = collection_of(&arg(args, 0), Some(&app), context)?;
    let conditions = dbx::conditions(args.get(1..).unwrap_or(&[]), context)?;
    if conditions.is_empty() {
        let count = run(app.count(&collection, &Query::default()), context)?;
        return Ok(i32::try_from(count).unwrap_or(i32::MAX).into());
    }
    let mut select = select::whole_rows(&collection);
    select.columns = vec!["count(*)".into()];
    select.condition = Some(Condition::Several("AND", conditions));
    db::number(&app, &select.template(), context)
}

fn find_by_ids(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let collection = collection_of(&arg(args, 0), Some(&app), context)?;
    let ids = convert::to_plain(&arg(args, 1), context)?;
    let mut records = Vec::new();
    for id in crate::cast::to_list(&ids) {
        match app.record(&collection, &id) {
            Ok(record) => records.push(record),
            Err(Error::NotFound) => {}
            Err(err) => return Err(error::throw(err, context)),
        }
    }
    list(Ok(records), context)
}

fn find_by_filter(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let collection = collection_of(&arg(args, 0), Some(&app), context)?;
    let query = Query {
        filter: text(args, 1, context)?,
        sort: text(args, 2, context)?,
        limit: record::count(args, 3, context)?,
        offset: record::count(args, 4, context)?,
        params: params(args.get(5..).unwrap_or(&[]), context)?,
        request: None,
    };
    list(app.records(&collection, &query), context)
}

/// Place holder values; PocketBase: several maps are one.
fn params(args: &[JsValue], context: &mut Context) -> JsResult<Map<String, Value>> {
    let mut all = Map::new();
    for value in args {
        all.extend(convert::to_map(value, context)?);
    }
    Ok(all)
}

fn found(result: Result<Record, Error>, context: &mut Context) -> JsResult<JsValue> {
    let found = run(result, context)?;
    Ok(record::new_object(found, context))
}

fn list(result: Result<Vec<Record>, Error>, context: &mut Context) -> JsResult<JsValue> {
    let records: Vec<_> = run(result, context)?
        .into_iter()
        .map(|found| record::new_object(found, context))
        .collect();
    Ok(JsArray::from_iter(records, context).into())
}

/// Calls a function of the script with the transaction.
///
/// PocketBase: what it throws or returns undoes everything, unless it returns
/// nothing.
fn run_in_transaction(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let app = app(value)?;
    let Some(work) = arg(args, 0).as_callable() else {
        let err = Error::host("runInTransaction wants a function");
        return Err(error::throw(err, context));
    };
    let mut thrown = None;
    let result = app.run_in_transaction(|tx| {
        let tx_value = object(tx, context);
        let outcome = work.call(&JsValue::undefined(), &[tx_value], context);
        let (err, value) = match outcome {
            Ok(value) => match not_nothing(&value, "runInTransaction") {
                None => return Ok(()),
                Some(err) => (err, None),
            },
            Err(err) => match failure(err, context) {
                jsvm_core::Failure::Thrown(value) => {
                    (error::from_value(&value, context), Some(value))
                }
                jsvm_core::Failure::Error(err) => (Error::Script(err), None),
            },
        };
        thrown = value;
        Err(err)
    });
    match (result, thrown) {
        (Ok(()), _) => Ok(JsValue::undefined()),
        (Err(_), Some(value)) => Err(boa_engine::JsError::from_opaque(value)),
        (Err(err), None) => Err(error::throw(err, context)),
    }
}

/// The error that a function returned which should return nothing; `to` is
/// what it was given to.
pub(super) fn not_nothing(value: &JsValue, to: &str) -> Option<Error> {
    if value.is_null_or_undefined() {
        return None;
    }
    Some(error::returned(value).unwrap_or_else(|| {
        let text = value.display();
        Error::host(format!(
            "could not convert {text} to error: the function given to {to} must return nothing or an \
             error"
        ))
    }))
}

fn logger(app: App, attributes: Map<String, Value>, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).app.logger.clone();
    instance(&prototype, LoggerObject(app, attributes), context)
}

const LOGGER: Class = Class {
    methods: &[
        ("debug", 1, |value, args, context| {
            log(Level::Debug, value, args, context)
        }),
        ("info", 1, |value, args, context| {
            log(Level::Info, value, args, context)
        }),
        ("warn", 1, |value, args, context| {
            log(Level::Warn, value, args, context)
        }),
        ("error", 1, |value, args, context| {
            log(Level::Error, value, args, context)
        }),
        ("debugContext", 2, |value, args, context| {
            log(Level::Debug, value, args.get(1..).unwrap_or(&[]), context)
        }),
        ("infoContext", 2, |value, args, context| {
            log(Level::Info, value, args.get(1..).unwrap_or(&[]), context)
        }),
        ("warnContext", 2, |value, args, context| {
            log(Level::Warn, value, args.get(1..).unwrap_or(&[]), context)
        }),
        ("errorContext", 2, |value, args, context| {
            log(Level::Error, value, args.get(1..).unwrap_or(&[]), context)
        }),
        ("log", 3, |value, args, context| {
            let level = level(integer(args, 1, context)?);
            log(level, value, args.get(2..).unwrap_or(&[]), context)
        }),
        ("with", 0, |value, args, context| {
            let LoggerObject(app, attributes) = this(value)?;
            let attributes = with_pairs(attributes, args, context)?;
            Ok(logger(app, attributes, context))
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn log(
    level: Level,
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let LoggerObject(app, attributes) = this(value)?;
    let message = text(args, 0, context)?;
    let attributes = with_pairs(attributes, args.get(1..).unwrap_or(&[]), context)?;
    app.output().log(level, &message, &attributes);
    Ok(JsValue::undefined())
}

/// Go's `slog.Level`: 0 is info, and each level is 4 above the one below.
fn level(number: i64) -> Level {
    match number {
        ..0 => Level::Debug,
        0..4 => Level::Info,
        4..8 => Level::Warn,
        _ => Level::Error,
    }
}

/// A value as the log has it: an error is its text, which no property tells.
fn logged(value: &JsValue, context: &mut Context) -> JsResult<Value> {
    match error::text(value, context) {
        Some(text) => Ok(text.into()),
        None => convert::to_plain(value, context),
    }
}

/// Go's `slog`: keys and values take turns; what has no partner is kept under
/// `!BADKEY`.
fn with_pairs(
    mut attributes: Map<String, Value>,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<Map<String, Value>> {
    for pair in args.chunks(2) {
        match pair {
            [key, value] => {
                let key = text(std::slice::from_ref(key), 0, context)?;
                attributes.insert(key, logged(value, context)?);
            }
            [lonely] => {
                attributes.insert("!BADKEY".into(), logged(lonely, context)?);
            }
            _ => {}
        }
    }
    Ok(attributes)
}
