//! `Field`, its kinds and `FieldsList`.
//!
//! The one rule: PocketBase: a field is an object with the options of its kind
//! and no others, and a list of fields is an array that also knows names.

use super::{
    Classes, byte_slice,
    class::{
        Class, arg, constructor, define_global, define_native_accessor, host, instance, integer,
        string, text, this,
    },
    convert, go_json, request,
};
use crate::{
    cast,
    collection::{Field, FieldKind, FieldRef, add_field},
};
use boa_engine::{
    Context, JsData, JsNativeError, JsObject, JsResult, JsValue, NativeFunction, js_string,
    object::builtins::JsArray,
};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::{Map, Value, json};

/// A field that a script holds.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
pub(super) struct FieldObject(pub(super) FieldRef);

/// The prototypes of fields, by kind, and of lists.
pub(crate) struct FieldClasses {
    kinds: Vec<(FieldKind, JsObject)>,
    list: JsObject,
}

/// The constructors, with the kind that each of them makes.
const KINDS: &[(&str, FieldKind)] = &[
    ("TextField", FieldKind::Text),
    ("NumberField", FieldKind::Number),
    ("BoolField", FieldKind::Bool),
    ("EmailField", FieldKind::Email),
    ("URLField", FieldKind::Url),
    ("EditorField", FieldKind::Editor),
    ("DateField", FieldKind::Date),
    ("AutodateField", FieldKind::Autodate),
    ("SelectField", FieldKind::Select),
    ("FileField", FieldKind::File),
    ("RelationField", FieldKind::Relation),
    ("JSONField", FieldKind::Json),
    ("PasswordField", FieldKind::Password),
    ("GeoPointField", FieldKind::GeoPoint),
];

/// What an option of a field holds.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    /// A whole number, 0 at first.
    Count,
    /// A number or nothing.
    Number,
    Flag,
    Texts,
}

/// The options besides those that all fields have, by kind.
///
/// PocketBase: the exported fields of `core.TextField` and its kin.
fn options(kind: FieldKind) -> &'static [(&'static str, Holds)] {
    use Holds::{Count, Flag, Number, Text, Texts};
    match kind {
        FieldKind::Text => &[
            ("autogeneratePattern", Text),
            ("max", Count),
            ("min", Count),
            ("pattern", Text),
        ],
        FieldKind::Number => &[("max", Number), ("min", Number), ("onlyInt", Flag)],
        FieldKind::Email | FieldKind::Url => &[("exceptDomains", Texts), ("onlyDomains", Texts)],
        FieldKind::Editor => &[("convertURLs", Flag), ("maxSize", Count)],
        FieldKind::Date => &[("max", Text), ("min", Text)],
        FieldKind::Autodate => &[("onCreate", Flag), ("onUpdate", Flag)],
        FieldKind::Select => &[("maxSelect", Count), ("values", Texts)],
        FieldKind::File => &[
            ("maxSelect", Count),
            ("maxSize", Count),
            ("mimeTypes", Texts),
            ("protected", Flag),
            ("thumbs", Texts),
        ],
        FieldKind::Relation => &[
            ("cascadeDelete", Flag),
            ("collectionId", Text),
            ("maxSelect", Count),
            ("minSelect", Count),
        ],
        FieldKind::Json => &[("maxSize", Count)],
        FieldKind::Password => &[
            ("cost", Count),
            ("max", Count),
            ("min", Count),
            ("pattern", Text),
        ],
        FieldKind::Bool | FieldKind::GeoPoint => &[],
    }
}

/// Adds `Field`, its kinds and `FieldsList`.
pub(super) fn install(context: &mut Context) -> JsResult<FieldClasses> {
    let field = FIELD.prototype(None, context)?;
    define_option(&field, "help", Holds::Text, context)?;
    define_option(&field, "presentable", Holds::Flag, context)?;
    let body = NativeFunction::from_fn_ptr(|_, args, context| {
        let given = convert::to_map(&arg(args, 0), context)?;
        let kind = given.get("type").and_then(Value::as_str).unwrap_or("");
        match FieldKind::from_name(kind) {
            Some(kind) => Ok(made(kind, &given, context)),
            // PocketBase: it is an empty object then, and fails where it is used.
            None => Err(JsNativeError::typ()
                .with_message(format!("new Field: {kind:?} is no type of field"))
                .into()),
        }
    });
    let function = constructor("Field", 1, body, &field, context)?;
    define_global("Field", function.into(), context)?;
    let mut kinds = Vec::with_capacity(KINDS.len());
    for (name, kind) in KINDS {
        let prototype = Class::default().prototype(Some(field.clone()), context)?;
        for (option, holds) in options(*kind) {
            define_option(&prototype, option, *holds, context)?;
        }
        let body = NativeFunction::from_copy_closure(move |_, args, context| {
            let given = convert::to_map(&arg(args, 0), context)?;
            Ok(made(*kind, &given, context))
        });
        let function = constructor(name, 1, body, &prototype, context)?;
        define_global(name, function.into(), context)?;
        kinds.push((*kind, prototype));
    }
    let arrays = context.intrinsics().constructors().array().prototype();
    let list = LIST.prototype(Some(arrays), context)?;
    let body = NativeFunction::from_fn_ptr(|_, args, context| {
        let given = arg(args, 0);
        let fields = match given.as_object() {
            Some(object) => self::list(&object, context)?,
            None => Vec::new(),
        };
        Ok(array(&fields, context).into())
    });
    let function = constructor("FieldsList", 1, body, &list, context)?;
    define_global("FieldsList", function.into(), context)?;
    Ok(FieldClasses { kinds, list })
}

fn define_option(
    prototype: &JsObject,
    name: &'static str,
    holds: Holds,
    context: &mut Context,
) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |value, _, context| {
        let FieldObject(field) = this(value)?;
        let plain = field.lock().options.get(name).cloned();
        let plain = match (holds, plain) {
            (_, Some(plain)) if !plain.is_null() => plain,
            (Holds::Text, _) => json!(""),
            (Holds::Count, _) => json!(0),
            (Holds::Number, _) => Value::Null,
            (Holds::Flag, _) => json!(false),
            (Holds::Texts, _) => json!([]),
        };
        Ok(value::from_json(&plain, context))
    });
    let set = NativeFunction::from_copy_closure(move |value, args, context| {
        let FieldObject(field) = this(value)?;
        let given = convert::to_plain(&arg(args, 0), context)?;
        let plain = match holds {
            Holds::Text => cast::to_text(&given).into(),
            Holds::Count => integer(args, 0, context)?.into(),
            Holds::Number if given.is_null() => Value::Null,
            Holds::Number => cast::number(cast::to_number(&given)),
            Holds::Flag => cast::to_bool(&given).into(),
            Holds::Texts => cast::to_list(&given).into(),
        };
        field.lock().options.insert(name.to_owned(), plain);
        Ok(JsValue::undefined())
    });
    define_native_accessor(prototype, name, get, Some(set), context)
}

fn made(kind: FieldKind, given: &Map<String, Value>, context: &mut Context) -> JsValue {
    object(FieldRef::new(Field::of_kind(kind, given)), context)
}

/// The object of a field.
pub(super) fn object(field: FieldRef, context: &mut Context) -> JsValue {
    let classes = Classes::of(context);
    let kind = field.lock().kind;
    let found = classes.field.kinds.iter().find(|(it, _)| *it == kind);
    let (_, prototype) = found.expect("every kind has a constructor");
    instance(prototype, FieldObject(field), context)
}

/// The array of a list of fields.
pub(super) fn array(fields: &[FieldRef], context: &mut Context) -> JsObject {
    let items: Vec<_> = fields
        .iter()
        .map(|field| object(field.clone(), context))
        .collect();
    let array: JsObject = JsArray::from_iter(items, context).into();
    array.set_prototype(Some(Classes::of(context).field.list.clone()));
    array
}

/// The fields that are in an array; objects of the script become such.
///
/// # Errors
///
/// A `TypeError` for what is no field.
pub(super) fn list(array: &JsObject, context: &mut Context) -> JsResult<Vec<FieldRef>> {
    let length = if array.is_array() {
        value::array_length(array)
    } else {
        0
    };
    let mut fields = Vec::new();
    for index in 0..length {
        let item = value::own_value(array, &index.into()).unwrap_or_default();
        fields.push(of(&item, context)?);
    }
    Ok(fields)
}

/// The field that a value is, or stands for.
fn of(value: &JsValue, context: &mut Context) -> JsResult<FieldRef> {
    if let Some(FieldObject(field)) = host(value) {
        return Ok(field);
    }
    let given = convert::to_plain(value, context)?;
    let kind = given.get("type").and_then(Value::as_str).unwrap_or("");
    match (FieldKind::from_name(kind), &given) {
        (Some(kind), Value::Object(given)) => Ok(FieldRef::new(Field::of_kind(kind, given))),
        _ => {
            let message = "a list of fields holds something that is no field; make it with \
                           new TextField({...}) or another kind";
            Err(JsNativeError::typ().with_message(message).into())
        }
    }
}

/// Makes an array hold these fields and no others.
pub(super) fn fill(array: &JsObject, fields: &[FieldRef], context: &mut Context) -> JsResult<()> {
    let is_same = |index: u32, field: &FieldRef| {
        let item = value::own_value(array, &index.into()).unwrap_or_default();
        host::<FieldObject>(&item).is_some_and(|it| it.0.is_same(field))
    };
    array.set(js_string!("length"), fields.len(), true, context)?;
    for (index, field) in (0..).zip(fields) {
        if !is_same(index, field) {
            let item = object(field.clone(), context);
            array.create_data_property_or_throw(index, item, context)?;
        }
    }
    Ok(())
}

fn field(value: &JsValue) -> JsResult<FieldRef> {
    Ok(this::<FieldObject>(value)?.0)
}

fn set_text(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
    set: fn(&mut Field, String),
) -> JsResult<JsValue> {
    let field = field(value)?;
    let text = text(args, 0, context)?;
    set(&mut field.lock(), text);
    Ok(JsValue::undefined())
}

fn set_flag(value: &JsValue, args: &[JsValue], set: fn(&mut Field, bool)) -> JsResult<JsValue> {
    let field = field(value)?;
    set(&mut field.lock(), arg(args, 0).to_boolean());
    Ok(JsValue::undefined())
}

fn get_id(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&field(value)?.lock().id))
}

fn get_name(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(string(&field(value)?.lock().name))
}

fn get_hidden(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(field(value)?.lock().hidden.into())
}

fn get_system(value: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(field(value)?.lock().system.into())
}

fn set_id(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    set_text(value, args, context, |field, text| field.id = text)
}

fn set_name(value: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    set_text(value, args, context, |field, text| field.name = text)
}

fn set_hidden(value: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    set_flag(value, args, |field, flag| field.hidden = flag)
}

fn set_system(value: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    set_flag(value, args, |field, flag| field.system = flag)
}

const FIELD: Class = Class {
    methods: &[
        ("type", 0, |value, _, _| {
            Ok(string(field(value)?.lock().kind.as_str()))
        }),
        ("getName", 0, get_name),
        ("getId", 0, get_id),
        ("getHidden", 0, get_hidden),
        ("getSystem", 0, get_system),
        ("setName", 1, set_name),
        ("setId", 1, set_id),
        ("setHidden", 1, set_hidden),
        ("setSystem", 1, set_system),
        ("isMultiple", 0, |value, _, _| {
            Ok(field(value)?.lock().is_multiple().into())
        }),
        ("toJSON", 0, |value, _, context| {
            let plain = field(value)?.lock().to_json();
            Ok(value::from_json(&plain, context))
        }),
    ],
    getters: &[],
    accessors: &[
        ("id", get_id, set_id),
        ("name", get_name, set_name),
        ("hidden", get_hidden, set_hidden),
        ("system", get_system, set_system),
        (
            "required",
            |value, _, _| Ok(field(value)?.lock().required.into()),
            |value, args, _| set_flag(value, args, |field, flag| field.required = flag),
        ),
        (
            "primaryKey",
            |value, _, _| Ok(field(value)?.lock().primary_key.into()),
            |value, args, _| set_flag(value, args, |field, flag| field.primary_key = flag),
        ),
    ],
};

/// The array that `this` is, with its fields.
fn own(value: &JsValue, context: &mut Context) -> JsResult<(JsObject, Vec<FieldRef>)> {
    let Some(array) = value.as_object().filter(|it| it.is_array()) else {
        let message = "this method was called on something that is no list of fields";
        return Err(JsNativeError::typ().with_message(message).into());
    };
    let fields = list(&array, context)?;
    Ok((array, fields))
}

/// Puts fields into the list; lists and texts of JSON stand for their items.
fn add_all(
    value: &JsValue,
    at: Option<usize>,
    given: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (array, mut fields) = own(value, context)?;
    for (offset, item) in given.iter().enumerate() {
        let field = of(item, context)?;
        add_field(&mut fields, at.map(|at| at + offset), &field);
    }
    fill(&array, &fields, context)?;
    Ok(JsValue::undefined())
}

/// Puts the fields of a text of JSON, one or a list, into the list.
fn add_json(
    value: &JsValue,
    at: Option<usize>,
    given: &JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    let plain: Value = request::from_json(given, context)?;
    let items = match plain {
        Value::Array(items) => items,
        one => vec![one],
    };
    let items: Vec<_> = items
        .iter()
        .map(|item| value::from_json(item, context))
        .collect();
    add_all(value, at, &items, context)
}

fn remove(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
    key: fn(&Field) -> &String,
) -> JsResult<JsValue> {
    let (array, mut fields) = own(value, context)?;
    let wanted = text(args, 0, context)?;
    fields.retain(|field| *key(&field.lock()) != wanted);
    fill(&array, &fields, context)?;
    Ok(JsValue::undefined())
}

fn find(
    value: &JsValue,
    args: &[JsValue],
    context: &mut Context,
    key: fn(&Field) -> &String,
) -> JsResult<JsValue> {
    let (array, fields) = own(value, context)?;
    let wanted = text(args, 0, context)?;
    let found = fields
        .iter()
        .position(|field| *key(&field.lock()) == wanted);
    let found = found.and_then(|at| value::own_value(&array, &u32::try_from(at).ok()?.into()));
    Ok(found.unwrap_or_else(JsValue::null))
}

fn index(args: &[JsValue], context: &mut Context) -> JsResult<Option<usize>> {
    Ok(usize::try_from(integer(args, 0, context)?).ok())
}

fn json_of(value: &JsValue, context: &mut Context) -> JsResult<String> {
    let (_, fields) = own(value, context)?;
    let plain: Vec<_> = fields.iter().map(|field| field.lock().to_json()).collect();
    Ok(go_json::encode_plain(&plain.into()))
}

const LIST: Class = Class {
    methods: &[
        ("add", 1, |value, args, context| {
            add_all(value, None, args, context)
        }),
        ("addAt", 2, |value, args, context| {
            let at = index(args, context)?;
            add_all(value, at, args.get(1..).unwrap_or(&[]), context)
        }),
        ("addMarshaledJSON", 1, |value, args, context| {
            add_json(value, None, &arg(args, 0), context)
        }),
        ("addMarshaledJSONAt", 2, |value, args, context| {
            let at = index(args, context)?;
            add_json(value, at, &arg(args, 1), context)
        }),
        ("removeById", 1, |value, args, context| {
            remove(value, args, context, |field| &field.id)
        }),
        ("removeByName", 1, |value, args, context| {
            remove(value, args, context, |field| &field.name)
        }),
        ("getById", 1, |value, args, context| {
            find(value, args, context, |field| &field.id)
        }),
        ("getByName", 1, |value, args, context| {
            find(value, args, context, |field| &field.name)
        }),
        ("fieldNames", 0, |value, _, context| {
            let (_, fields) = own(value, context)?;
            let names: Vec<_> = fields
                .iter()
                .map(|field| field.lock().name.clone())
                .collect();
            Ok(value::from_json(&names.into(), context))
        }),
        ("asMap", 0, |value, _, context| {
            let (array, fields) = own(value, context)?;
            let map = value::new_object(context);
            for (at, field) in (0_u32..).zip(&fields) {
                let name = js_string!(field.lock().name.as_str());
                let item = value::own_value(&array, &at.into()).unwrap_or_default();
                value::set_own(&map, name, item, context);
            }
            Ok(map.into())
        }),
        ("clone", 0, |value, _, context| {
            let (_, fields) = own(value, context)?;
            let copy = |field: &FieldRef| FieldRef::new(field.lock().clone());
            let fields: Vec<_> = fields.iter().map(copy).collect();
            Ok(array(&fields, context).into())
        }),
        ("unmarshalJSON", 1, |value, args, context| {
            let (array, _) = own(value, context)?;
            fill(&array, &[], context)?;
            add_json(value, None, &arg(args, 0), context)
        }),
        ("string", 0, |value, _, context| {
            Ok(string(json_of(value, context)?))
        }),
        ("marshalJSON", 0, |value, _, context| {
            let text = json_of(value, context)?;
            Ok(byte_slice::object(text.into_bytes(), context))
        }),
    ],
    getters: &[],
    accessors: &[],
};
