//! `JSON.stringify`.
//!
//! The one rule: it is the algorithm of the standard, step by step; only its
//! depth, its length and its time have limits.

use super::{
    Guard, arg,
    builder::Text,
    call_static,
    elements::dense_element,
    is_array,
    json_shapes::{Shapes, field_text},
    length_of, replace,
};
use crate::{error::LimitHit, shared::Shared, value};
use boa_engine::{
    Context, JsBigInt, JsNativeError, JsObject, JsResult, JsString, JsValue, JsVariant, js_string,
    property::PropertyKey,
};
use std::rc::Rc;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let json = context.intrinsics().objects().json();
    Shapes::install(context);
    replace(&json, "stringify", stringify, shared, context)
}

fn stringify(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut writer = Writer::new(guard, args, context)?;
    let value = arg(args, 0);
    let key = PropertyKey::from(js_string!());
    let wrote = match writer.replacer {
        None => writer.value(value, None, &key, context)?,
        Some(_) => {
            let holder = value::new_object(context);
            holder.create_data_property_or_throw(key.clone(), value, context)?;
            writer.property(&holder, &key, context)?
        }
    };
    Ok(if wrote {
        writer.out.finish().into()
    } else {
        JsValue::undefined()
    })
}

struct Writer<'a> {
    guard: &'a Guard,
    shapes: Rc<Shapes>,
    prototypes: Prototypes,
    out: Text,
    /// Units that memory was asked for already.
    asked: usize,
    replacer: Option<JsObject>,
    /// The keys that a list as replacer names.
    keys: Option<Rc<[PropertyKey]>>,
    gap: Vec<u16>,
    indent: Vec<u16>,
    open: Vec<JsObject>,
}

impl<'a> Writer<'a> {
    fn new(guard: &'a Guard, args: &[JsValue], context: &mut Context) -> JsResult<Self> {
        let given = arg(args, 1).as_object();
        let replacer = given.clone().filter(JsObject::is_callable);
        let keys = match given.filter(|given| !given.is_callable()) {
            Some(list) if is_array(&list, context)? => Some(keys_of(guard, &list, context)?.into()),
            _ => None,
        };
        Ok(Self {
            guard,
            shapes: Shapes::of(context).ok_or_else(|| super::missing("JSON"))?,
            prototypes: Prototypes::of(context),
            out: Text::new(),
            asked: 0,
            replacer,
            keys,
            gap: gap_of(&arg(args, 2), context)?,
            indent: Vec::new(),
            open: Vec::new(),
        })
    }

    fn property(
        &mut self,
        holder: &JsObject,
        key: &PropertyKey,
        context: &mut Context,
    ) -> JsResult<bool> {
        let value = match value::own_value(holder, key) {
            Some(value) if holder.is_ordinary() || holder.is_array() => value,
            _ => {
                self.prototypes.is_checked = false;
                holder.get(key.clone(), context)?
            }
        };
        self.value(value, Some(holder), key, context)
    }

    /// `SerializeJSONProperty`: whether there was anything to write.
    fn value(
        &mut self,
        mut value: JsValue,
        holder: Option<&JsObject>,
        key: &PropertyKey,
        context: &mut Context,
    ) -> JsResult<bool> {
        self.guard.tick(context)?;
        if value.is_object() || value.is_bigint() {
            value = self.told(value, key, context)?;
        }
        if let (Some(replacer), Some(holder)) = (self.replacer.clone(), holder) {
            self.prototypes.is_checked = false;
            let args = [key_value(key), value];
            value = replacer.call(&holder.clone().into(), &args, context)?;
        }
        match value.variant() {
            JsVariant::Null => self.out.push_bytes(b"null"),
            JsVariant::Boolean(true) => self.out.push_bytes(b"true"),
            JsVariant::Boolean(false) => self.out.push_bytes(b"false"),
            JsVariant::String(text) => self.quote(&text, context)?,
            JsVariant::Integer32(number) => self.out.push_integer(number),
            JsVariant::Float64(number) => self.number(number),
            JsVariant::BigInt(_) => return Err(no_bigint()),
            JsVariant::Object(object) => return self.object(&object, context),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What `toJSON` tells of a value, if there is one.
    fn told(
        &mut self,
        value: JsValue,
        key: &PropertyKey,
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let object = value.as_object();
        if let Some(object) = &object
            && self.prototypes.say_nothing()
            && self.is_plain(object)
        {
            return Ok(value);
        }
        self.prototypes.is_checked = false;
        let object = object.map_or_else(|| value.to_object(context), Ok)?;
        let method = object.get(js_string!("toJSON"), context)?;
        match method.as_callable() {
            Some(method) => method.call(&value, &[key_value(key)], context),
            None => Ok(value),
        }
    }

    /// Whether an object is a plain one, or an array, without `toJSON` of its
    /// own.
    fn is_plain(&self, object: &JsObject) -> bool {
        if object.is_array() {
            let borrowed = object.borrow();
            let shape = borrowed.shape();
            return shape.prototype().as_ref() == Some(&self.prototypes.array)
                && !borrowed.properties().contains_key(&self.prototypes.key);
        }
        object.is_ordinary() && self.shapes.names(object, &self.prototypes.object).is_some()
    }

    /// An object, which may stand for a primitive value.
    fn object(&mut self, object: &JsObject, context: &mut Context) -> JsResult<bool> {
        if object.is_callable() {
            return Ok(false);
        }
        if !object.is_ordinary() && !object.is_array() {
            let value = unboxed(object, context)?;
            if !value.is_object() {
                self.prototypes.is_checked = false;
                return self.primitive(&value, context);
            }
        }
        self.nested(object, context)?;
        Ok(true)
    }

    fn primitive(&mut self, value: &JsValue, context: &mut Context) -> JsResult<bool> {
        match value.variant() {
            JsVariant::Boolean(true) => self.out.push_bytes(b"true"),
            JsVariant::Boolean(false) => self.out.push_bytes(b"false"),
            JsVariant::String(text) => self.quote(&text, context)?,
            JsVariant::Integer32(number) => self.out.push_integer(number),
            JsVariant::Float64(number) => self.number(number),
            JsVariant::BigInt(_) => return Err(no_bigint()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn nested(&mut self, object: &JsObject, context: &mut Context) -> JsResult<()> {
        if self.open.iter().any(|open| JsObject::equals(open, object)) {
            return Err(JsNativeError::typ()
                .with_message("cyclic object value")
                .into());
        }
        let limit = self.guard.shared.execution().limits().json_nesting;
        if self.open.len() >= limit {
            return Err(self.guard.shared.end(LimitHit::JsonNesting(limit), context));
        }
        if !object.is_ordinary() && !object.is_array() {
            // A proxy runs script.
            self.prototypes.is_checked = false;
        }
        self.open.push(object.clone());
        let outer = self.indent.len();
        self.indent.extend_from_slice(&self.gap);
        let guard = self.guard;
        guard.enter(None, context, |context| {
            if is_array(object, context)? {
                self.array(object, outer, context)
            } else {
                self.fields(object, outer, context)
            }
        })?;
        self.indent.truncate(outer);
        self.open.pop();
        Ok(())
    }

    fn array(&mut self, array: &JsObject, outer: usize, context: &mut Context) -> JsResult<()> {
        let length = match array.is_array() {
            true => value::array_length(array).into(),
            false => length_of(array, context)?,
        };
        // Every element takes two units at least.
        self.room(usize::try_from(length).unwrap_or(usize::MAX), context)?;
        self.out.push_byte(b'[');
        for index in 0..length {
            self.separate(index == 0);
            let wrote = match dense_element(array, index) {
                Some(value) => self.value(value, Some(array), &index.into(), context)?,
                None => self.property(array, &index.into(), context)?,
            };
            if !wrote {
                self.out.push_bytes(b"null");
            }
        }
        self.close(b']', length == 0, outer);
        Ok(())
    }

    fn fields(&mut self, object: &JsObject, outer: usize, context: &mut Context) -> JsResult<()> {
        let names = match &self.keys {
            None if object.is_ordinary() => self.shapes.names(object, &self.prototypes.object),
            _ => None,
        };
        self.out.push_byte(b'{');
        let mut is_empty = true;
        if let Some(names) = names {
            for field in &names.fields {
                is_empty &= !self.field(object, &field.key, &field.text, is_empty, context)?;
            }
        } else {
            let keys = match &self.keys {
                Some(keys) => Rc::clone(keys),
                None => enumerable_keys(self.guard, object, context)?.into(),
            };
            for key in keys.iter() {
                let name = key_value(key).as_string().unwrap_or_default();
                is_empty &= !self.field(object, key, &field_text(&name), is_empty, context)?;
            }
        }
        self.close(b'}', is_empty, outer);
        Ok(())
    }

    /// One field; whether there was anything to write.
    fn field(
        &mut self,
        object: &JsObject,
        key: &PropertyKey,
        text: &JsString,
        is_first: bool,
        context: &mut Context,
    ) -> JsResult<bool> {
        let start = self.out.len();
        self.separate(is_first);
        self.room(text.len(), context)?;
        self.out.push(text.as_str());
        if !self.gap.is_empty() {
            self.out.push_byte(b' ');
        }
        let wrote = self.property(object, key, context)?;
        if !wrote {
            self.out.truncate(start);
        }
        Ok(wrote)
    }

    fn separate(&mut self, is_first: bool) {
        if !is_first {
            self.out.push_byte(b',');
        }
        self.line_break(self.indent.len());
    }

    fn close(&mut self, bracket: u8, is_empty: bool, outer: usize) {
        if !is_empty {
            self.line_break(outer);
        }
        self.out.push_byte(bracket);
    }

    fn line_break(&mut self, indent: usize) {
        if !self.gap.is_empty() {
            self.out.push_byte(b'\n');
            self.out.push_units(&self.indent[..indent]);
        }
    }

    fn number(&mut self, number: f64) {
        if number.is_finite() {
            self.out.push(JsString::from(number).as_str());
        } else {
            self.out.push_bytes(b"null");
        }
    }

    fn quote(&mut self, text: &JsString, context: &mut Context) -> JsResult<()> {
        self.room(text.len(), context)?;
        self.out.quote(text.as_str());
        Ok(())
    }

    /// Asks for memory for so many units more, and for as many again, because
    /// the text may have to grow.
    fn room(&mut self, units: usize, context: &mut Context) -> JsResult<()> {
        let units = self.out.len().saturating_add(units);
        if units > self.asked {
            self.guard
                .reserve((units as u64).saturating_mul(4), context)?;
            self.asked = units.saturating_mul(2);
        }
        Ok(())
    }
}

/// The prototypes of plain objects and arrays, which nearly never have a
/// `toJSON`.
struct Prototypes {
    object: JsObject,
    array: JsObject,
    key: PropertyKey,
    /// Whether they were looked at since a script ran.
    is_checked: bool,
}

impl Prototypes {
    fn of(context: &Context) -> Self {
        let constructors = context.intrinsics().constructors();
        Self {
            object: constructors.object().prototype(),
            array: constructors.array().prototype(),
            key: js_string!("toJSON").into(),
            is_checked: false,
        }
    }

    /// Whether objects that inherit from them have no `toJSON`.
    fn say_nothing(&mut self) -> bool {
        if !self.is_checked {
            self.is_checked = [&self.object, &self.array]
                .iter()
                .all(|prototype| !prototype.borrow().properties().contains_key(&self.key))
                && self.array.prototype().as_ref() == Some(&self.object)
                && self.object.prototype().is_none();
        }
        self.is_checked
    }
}

fn no_bigint() -> boa_engine::JsError {
    JsNativeError::typ()
        .with_message("cannot serialize bigint to JSON")
        .into()
}

/// A property key as scripts see it.
pub(super) fn key_value(key: &PropertyKey) -> JsValue {
    match key {
        PropertyKey::String(text) => text.clone().into(),
        other => value::key_text(other)
            .map_or_else(JsValue::undefined, |text| JsString::from(text).into()),
    }
}

/// Objects around primitive values count as those.
fn unboxed(object: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let value = JsValue::from(object.clone());
    if object.is::<f64>() {
        return Ok(value.to_number(context)?.into());
    }
    if object.is::<JsString>() {
        return Ok(value.to_string(context)?.into());
    }
    let flag = object.downcast_ref::<bool>().map(|flag| *flag);
    if let Some(flag) = flag {
        return Ok(flag.into());
    }
    let number = object
        .downcast_ref::<JsBigInt>()
        .map(|number| number.clone());
    Ok(number.map_or(value, Into::into))
}

/// `EnumerableOwnProperties`, which asks proxies.
fn enumerable_keys(
    guard: &Guard,
    object: &JsObject,
    context: &mut Context,
) -> JsResult<Vec<PropertyKey>> {
    if object.is_ordinary() {
        return Ok(value::own_keys(object));
    }
    guard.list(&object.clone().into(), context)?;
    let constructor = context.intrinsics().constructors().object().constructor();
    let list = call_static(&constructor, "keys", object, context)?;
    let Some(list) = list.as_object() else {
        return Ok(Vec::new());
    };
    (0..length_of(&list, context)?)
        .map(|index| {
            guard.tick(context)?;
            list.get(index, context)?.to_property_key(context)
        })
        .collect()
}

/// The names in a replacer that is a list, each once.
fn keys_of(guard: &Guard, list: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    let mut keys: Vec<PropertyKey> = Vec::new();
    for index in 0..length_of(list, context)? {
        guard.tick(context)?;
        let item = list.get(index, context)?;
        let is_name = item.is_string()
            || item.is_number()
            || item
                .as_object()
                .is_some_and(|object| object.is::<f64>() || object.is::<JsString>());
        if is_name {
            let key = PropertyKey::from(item.to_string(context)?);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// Ten spaces or units at most.
fn gap_of(space: &JsValue, context: &mut Context) -> JsResult<Vec<u16>> {
    const LONGEST: usize = 10;
    let space = match space.as_object() {
        Some(object) => unboxed(&object, context)?,
        None => space.clone(),
    };
    if let Some(number) = space.as_number() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and NaN is 0"
        )]
        let count = number as usize;
        return Ok(vec![u16::from(b' '); count.min(LONGEST)]);
    }
    let text = space
        .as_string()
        .map(|text| text.iter().take(LONGEST).collect());
    Ok(text.unwrap_or_default())
}
