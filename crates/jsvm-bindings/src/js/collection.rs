//! `Collection`: what scripts read and change of the schema.
//!
//! The one rule: every part is that of the collection that all holders share;
//! what it is changed to is checked when it is saved, and not before.

use super::{
    Classes,
    app::{app, collection_of, run},
    byte_slice,
    class::{
        Class, arg, constructor, define_global, define_native_accessor, host, instance, string,
        text, this,
    },
    convert, db, error, go_json,
    loan::{self, Part},
    record, request,
};
use crate::{
    collection::{Collection, CollectionRef, Index, RULES},
    error::Error,
    sql::Template,
};
use boa_engine::{
    Context, JsData, JsObject, JsResult, JsValue, NativeFunction, object::builtins::JsArray,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A collection that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct CollectionObject(pub(crate) CollectionRef);

/// Parts of an auth collection that are objects.
const OPTIONS: &[&str] = &[
    "authAlert",
    "authToken",
    "confirmEmailChangeTemplate",
    "emailChangeToken",
    "fileToken",
    "mfa",
    "oauth2",
    "otp",
    "passwordAuth",
    "passwordResetToken",
    "resetPasswordTemplate",
    "verificationTemplate",
    "verificationToken",
];

/// Adds `Collection`; returns its prototype.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = COLLECTION.prototype(None, context)?;
    for name in OPTIONS {
        define_part(&prototype, name, Part::Option(name), context)?;
    }
    for name in RULES {
        define_rule(&prototype, name, context)?;
    }
    define_part(&prototype, "fields", Part::Fields, context)?;
    define_part(&prototype, "indexes", Part::Indexes, context)?;
    let body = NativeFunction::from_fn_ptr(|_, args, context| {
        let given = convert::to_map(&arg(args, 0), context)?;
        let mut made = read(&given, context)?;
        made.complete();
        Ok(object(CollectionRef::new(made), context))
    });
    let function = constructor("Collection", 1, body, &prototype, context)?;
    define_global("Collection", function.into(), context)?;
    Ok(prototype)
}

fn read(given: &Map<String, Value>, context: &mut Context) -> JsResult<Collection> {
    Collection::from_draft(given).map_err(|err| error::throw(err, context))
}

fn define_part(
    prototype: &JsObject,
    name: &'static str,
    part: Part,
    context: &mut Context,
) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |value, _, context| {
        let CollectionObject(collection) = this(value)?;
        loan::lend(&collection, part, context)
    });
    let set = NativeFunction::from_copy_closure(move |value, args, context| {
        let CollectionObject(collection) = this(value)?;
        loan::replace(&collection, part, &arg(args, 0), context)?;
        Ok(JsValue::undefined())
    });
    define_native_accessor(prototype, name, get, Some(set), context)
}

/// PocketBase: a rule is null, or text that is wrapped: equal to a text by
/// `==`, and never by `===`.
fn define_rule(prototype: &JsObject, name: &'static str, context: &mut Context) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |value, _, context| {
        match collection(value)?.snapshot().rule(name) {
            Some(rule) => Ok(string(rule).to_object(context)?.into()),
            None => Ok(JsValue::null()),
        }
    });
    let set = NativeFunction::from_copy_closure(move |value, args, context| {
        let collection = collection(value)?;
        let rule = match arg(args, 0).is_null_or_undefined() {
            true => None,
            false => Some(text(args, 0, context)?),
        };
        collection.change(|it| it.set_rule(name, rule));
        Ok(JsValue::undefined())
    });
    define_native_accessor(prototype, name, get, Some(set), context)
}

/// The collection that a value is, with what the script has changed of it.
pub(super) fn of(value: &JsValue, context: &mut Context) -> JsResult<Option<CollectionRef>> {
    let Some(CollectionObject(collection)) = host(value) else {
        return Ok(None);
    };
    loan::settle(context)?;
    Ok(Some(collection))
}

/// The object of a collection.
pub(super) fn object(collection: CollectionRef, context: &mut Context) -> JsValue {
    let prototype = Classes::of(context).collection.clone();
    instance(&prototype, CollectionObject(collection), context)
}

/// The object of a collection as it is stored.
pub(super) fn stored_object(collection: &Arc<Collection>, context: &mut Context) -> JsValue {
    object(CollectionRef::from(Arc::clone(collection)), context)
}

fn collection(value: &JsValue) -> JsResult<CollectionRef> {
    Ok(this::<CollectionObject>(value)?.0)
}

fn snapshot(value: &JsValue, context: &mut Context) -> JsResult<Arc<Collection>> {
    let collection = collection(value)?;
    loan::settle(context)?;
    Ok(collection.snapshot())
}

fn is_kind(value: &JsValue, kind: &str) -> JsResult<JsValue> {
    Ok((collection(value)?.snapshot().kind.as_str() == kind).into())
}

fn set_text(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
    set: fn(&mut Collection, String),
) -> JsResult<JsValue> {
    let collection = collection(value)?;
    let text = text(args, 0, context)?;
    collection.change(|it| set(it, text));
    Ok(JsValue::undefined())
}

fn get_id(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&collection(value)?.snapshot().id))
}

fn plain(value: &JsValue, context: &mut Context) -> JsResult<Value> {
    Ok(snapshot(value, context)?.public_json())
}

fn set_new(value: &JsValue, is_new: bool) -> JsResult<JsValue> {
    collection(value)?.set_new(is_new);
    Ok(JsValue::undefined())
}

fn moment(value: &JsValue, name: &str, context: &mut Context) -> JsResult<JsValue> {
    let collection = collection(value)?.snapshot();
    let text = collection.options.get(name).and_then(Value::as_str);
    Ok(record::date_time(text.unwrap_or(""), context))
}

/// PocketBase: it takes the place of an index of that name.
fn add_index(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    let is_unique = arg(args, 1).to_boolean();
    let columns = text(args, 2, context)?;
    let condition = text(args, 3, context)?;
    let condition = match condition.trim() {
        "" => String::new(),
        condition => format!("WHERE {condition}"),
    };
    let index = Index::new(&name, is_unique, &columns, &condition);
    remove_index(value, args, context)?;
    collection(value)?.change(|it| it.indexes.push(index.on(&it.name)));
    Ok(JsValue::undefined())
}

fn remove_index(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = text(args, 0, context)?;
    loan::settle(context)?;
    collection(value)?.change(|it| it.indexes.retain(|sql| !is_called(sql, &name)));
    Ok(JsValue::undefined())
}

fn is_called(sql: &str, name: &str) -> bool {
    Index::parse(sql).is_some_and(|index| index.name.eq_ignore_ascii_case(name))
}

const COLLECTION: Class = Class {
    methods: &[
        ("isBase", 0, |value, _, _| is_kind(value, "base")),
        ("isAuth", 0, |value, _, _| is_kind(value, "auth")),
        ("isView", 0, |value, _, _| is_kind(value, "view")),
        ("isNew", 0, |value, _, _| {
            Ok(collection(value)?.is_new().into())
        }),
        ("markAsNew", 0, |value, _, _| set_new(value, true)),
        ("markAsNotNew", 0, |value, _, _| set_new(value, false)),
        ("pk", 0, get_id),
        ("lastSavedPK", 0, |value, args, context| {
            match collection(value)?.is_new() {
                true => Ok(string("")),
                false => get_id(value, args, context),
            }
        }),
        ("baseFilesPath", 0, get_id),
        ("tableName", 0, |_, _, _| Ok(string("_collections"))),
        ("addIndex", 4, add_index),
        ("removeIndex", 1, remove_index),
        ("getIndex", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let collection = snapshot(value, context)?;
            let found = collection.indexes.iter().find(|sql| is_called(sql, &name));
            Ok(string(found.map_or("", String::as_str)))
        }),
        ("toJSON", 0, |value, _, context| {
            let plain = plain(value, context)?;
            Ok(value::from_json(&plain, context))
        }),
        ("string", 0, |value, _, context| {
            Ok(string(go_json::encode_plain(&plain(value, context)?)))
        }),
        ("marshalJSON", 0, |value, _, context| {
            let text = go_json::encode_plain(&plain(value, context)?);
            Ok(byte_slice::object(text.into_bytes(), context))
        }),
        ("unmarshalJSON", 1, |value, args, context| {
            let collection = collection(value)?;
            let given: Map<_, _> = request::from_json(&arg(args, 0), context)?;
            load(&collection, given, context)?;
            Ok(JsValue::undefined())
        }),
    ],
    getters: &[
        ("created", |value, _, context| {
            moment(value, "created", context)
        }),
        ("updated", |value, _, context| {
            moment(value, "updated", context)
        }),
    ],
    accessors: &[
        ("id", get_id, |value, args, context| {
            set_text(value, args, context, |it, text| it.id = text)
        }),
        (
            "name",
            |value, _, _| Ok(string(&collection(value)?.snapshot().name)),
            |value, args, context| set_text(value, args, context, |it, text| it.name = text),
        ),
        (
            "type",
            |value, _, _| Ok(string(collection(value)?.snapshot().kind.as_str())),
            |value, args, context| {
                let name = text(args, 0, context)?;
                let given = Map::from_iter([("type".to_owned(), name.into())]);
                let kind = read(&given, context)?.kind;
                collection(value)?.change(|it| it.kind = kind);
                Ok(JsValue::undefined())
            },
        ),
        (
            "system",
            |value, _, _| Ok(collection(value)?.snapshot().system.into()),
            |value, args, _| {
                let is_system = arg(args, 0).to_boolean();
                collection(value)?.change(|it| it.system = is_system);
                Ok(JsValue::undefined())
            },
        ),
        (
            "viewQuery",
            |value, _, _| {
                let collection = collection(value)?.snapshot();
                let query = collection.options.get("viewQuery").and_then(Value::as_str);
                Ok(string(query.unwrap_or("")))
            },
            |value, args, context| {
                set_text(value, args, context, |it, text| {
                    it.options.insert("viewQuery".to_owned(), text.into());
                })
            },
        ),
    ],
};

/// Puts what JSON says over what a collection is.
pub(super) fn load(
    collection: &CollectionRef,
    given: Map<String, Value>,
    context: &mut Context,
) -> JsResult<()> {
    loan::settle(context)?;
    let changed = collection.snapshot().with(given);
    let changed = changed.map_err(|err| error::throw(err, context))?;
    collection.change(|it| *it = changed);
    Ok(())
}

/// What `$app` has for collections.
pub(super) const APP: Class = Class {
    methods: &[
        ("findCollectionByNameOrId", 1, find_collection),
        ("findCachedCollectionByNameOrId", 1, find_collection),
        ("findAllCollections", 0, |value, args, context| {
            let kinds: Vec<_> = (0..args.len())
                .map(|index| text(args, index, context))
                .collect::<JsResult<_>>()?;
            let is_wanted = |kind| kinds.is_empty() || kinds.iter().any(|it| it == kind);
            let list: Vec<_> = app(value)?
                .collections()
                .iter()
                .filter(|collection| is_wanted(collection.kind.as_str()))
                .map(|collection| stored_object(collection, context))
                .collect();
            Ok(JsArray::from_iter(list, context).into())
        }),
        ("importCollections", 2, |value, args, context| {
            let list = convert::to_plain(&arg(args, 0), context)?;
            import(value, &list, args, context)
        }),
        (
            "importCollectionsByMarshaledJSON",
            2,
            |value, args, context| {
                let list: Value = request::from_json(&arg(args, 0), context)?;
                import(value, &list, args, context)
            },
        ),
        ("isCollectionNameUnique", 1, |value, args, context| {
            let name = text(args, 0, context)?;
            let ids: Vec<_> = (1..args.len())
                .map(|index| text(args, index, context))
                .collect::<JsResult<_>>()?;
            let is_it =
                |it: &Arc<Collection>| it.name.eq_ignore_ascii_case(&name) && !ids.contains(&it.id);
            let is_taken = app(value)?.collections().iter().any(is_it);
            Ok((!name.is_empty() && !is_taken).into())
        }),
        ("truncateCollection", 1, |value, args, context| {
            let app = app(value)?;
            let collection = collection_of(&arg(args, 0), Some(&app), context)?;
            run(app.truncate(&collection), context)?;
            Ok(JsValue::undefined())
        }),
        ("reloadCachedCollections", 0, |value, _, _| {
            // There is nothing that could be old.
            app(value).map(|_| JsValue::undefined())
        }),
        ("tableColumns", 1, |value, args, context| {
            let mut template = Template::new("SELECT name FROM pragma_table_info(");
            let name = text(args, 0, context)?;
            let holder = template.bind(name.into());
            template.sql.push_str(&format!("{holder})"));
            db::first_column(&app(value)?, &template, context)
        }),
        ("hasTable", 1, |value, args, context| {
            let mut template = Template::new(
                "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND lower(name) = ",
            );
            let name = text(args, 0, context)?.to_lowercase();
            let holder = template.bind(name.into());
            template.sql.push_str(&holder);
            let count = db::number(&app(value)?, &template, context)?;
            Ok((count.as_number() != Some(0.0)).into())
        }),
    ],
    getters: &[],
    accessors: &[],
};

/// The list of collections that is the first argument.
fn import(
    value: &JsValue,
    list: &Value,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(list) = list.as_array() else {
        let err = Error::host("the collections to import must be a list");
        return Err(error::throw(err, context));
    };
    let delete_missing = arg(args, 1).to_boolean();
    run(
        app(value)?.import_collections(list, delete_missing),
        context,
    )?;
    Ok(JsValue::undefined())
}

fn find_collection(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let app = app(value)?;
    let name = text(args, 0, context)?;
    let collection = run(app.collection(&name), context)?;
    Ok(stored_object(&collection, context))
}
