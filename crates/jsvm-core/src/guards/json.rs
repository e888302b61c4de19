//! `JSON.stringify`.
//!
//! The one rule: it is the algorithm of the standard, step by step; only its
//! depth, its length and its time have limits.

use super::{Guard, arg, call_static, is_array, length_of, replace};
use crate::{error::LimitHit, shared::Shared, value};
use boa_engine::{
    Context, JsBigInt, JsNativeError, JsObject, JsResult, JsString, JsValue, JsVariant, js_string,
    property::PropertyKey,
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let json = context.intrinsics().objects().json();
    replace(&json, "stringify", stringify, shared, context)
}

fn stringify(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let mut writer = Writer::new(guard, args, context)?;
    let holder = value::new_object(context);
    holder.create_data_property_or_throw(js_string!(), arg(args, 0), context)?;
    let wrote = writer.property(&holder, js_string!().into(), context)?;
    Ok(if wrote {
        JsString::from(&writer.out[..]).into()
    } else {
        JsValue::undefined()
    })
}

struct Writer<'a> {
    guard: &'a Guard,
    out: Vec<u16>,
    replacer: Option<JsObject>,
    /// The keys that a list as replacer names.
    keys: Option<Vec<PropertyKey>>,
    gap: Vec<u16>,
    indent: Vec<u16>,
    open: Vec<JsObject>,
}

impl<'a> Writer<'a> {
    fn new(guard: &'a Guard, args: &[JsValue], context: &mut Context) -> JsResult<Self> {
        let given = arg(args, 1).as_object();
        let replacer = given.clone().filter(JsObject::is_callable);
        let keys = match given.filter(|given| !given.is_callable()) {
            Some(list) if is_array(&list, context)? => Some(keys_of(guard, &list, context)?),
            _ => None,
        };
        Ok(Self {
            guard,
            out: Vec::new(),
            replacer,
            keys,
            gap: gap_of(&arg(args, 2), context)?,
            indent: Vec::new(),
            open: Vec::new(),
        })
    }

    /// `SerializeJSONProperty`: whether there was anything to write.
    fn property(
        &mut self,
        holder: &JsObject,
        key: PropertyKey,
        context: &mut Context,
    ) -> JsResult<bool> {
        self.guard.tick(context)?;
        let mut value = holder.get(key.clone(), context)?;
        if value.is_object() || value.is_bigint() {
            let method = value
                .to_object(context)?
                .get(js_string!("toJSON"), context)?;
            if let Some(method) = method.as_callable() {
                value = method.call(&value, &[key_value(&key)], context)?;
            }
        }
        if let Some(replacer) = self.replacer.clone() {
            let args = [key_value(&key), value];
            value = replacer.call(&holder.clone().into(), &args, context)?;
        }
        let value = unboxed(value, context)?;
        match value.variant() {
            JsVariant::Null => self.push("null"),
            JsVariant::Boolean(flag) => self.push(if flag { "true" } else { "false" }),
            JsVariant::String(text) => self.quote(&text, context)?,
            JsVariant::Integer32(_) => self.number(&value, context)?,
            JsVariant::Float64(number) if number.is_finite() => self.number(&value, context)?,
            JsVariant::Float64(_) => self.push("null"),
            JsVariant::BigInt(_) => {
                return Err(JsNativeError::typ()
                    .with_message("cannot serialize bigint to JSON")
                    .into());
            }
            JsVariant::Object(object) if !object.is_callable() => self.nested(&object, context)?,
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
        self.open.push(object.clone());
        let outer = self.indent.len();
        self.indent.extend_from_slice(&self.gap);
        let guard = self.guard;
        guard.enter(None, context, |context| {
            if is_array(object, context)? {
                self.array(object, outer, context)
            } else {
                self.object(object, outer, context)
            }
        })?;
        self.indent.truncate(outer);
        self.open.pop();
        Ok(())
    }

    fn array(&mut self, array: &JsObject, outer: usize, context: &mut Context) -> JsResult<()> {
        let length = length_of(array, context)?;
        // Every element takes two units at least.
        self.guard.reserve(length.saturating_mul(4), context)?;
        self.push("[");
        for index in 0..length {
            self.separate(index == 0);
            if !self.property(array, index.into(), context)? {
                self.push("null");
            }
        }
        self.close("]", length == 0, outer);
        Ok(())
    }

    fn object(&mut self, object: &JsObject, outer: usize, context: &mut Context) -> JsResult<()> {
        let keys = match &self.keys {
            Some(keys) => keys.clone(),
            None => enumerable_keys(object, context)?,
        };
        self.push("{");
        let mut is_empty = true;
        for key in keys {
            let start = self.out.len();
            self.separate(is_empty);
            if let Some(name) = key_value(&key).as_string() {
                self.quote(&name, context)?;
            }
            self.push(if self.gap.is_empty() { ":" } else { ": " });
            if self.property(object, key, context)? {
                is_empty = false;
            } else {
                self.out.truncate(start);
            }
        }
        self.close("}", is_empty, outer);
        Ok(())
    }

    fn separate(&mut self, is_first: bool) {
        if !is_first {
            self.push(",");
        }
        self.line_break(self.indent.len());
    }

    fn close(&mut self, bracket: &str, is_empty: bool, outer: usize) {
        if !is_empty {
            self.line_break(outer);
        }
        self.push(bracket);
    }

    fn line_break(&mut self, indent: usize) {
        if !self.gap.is_empty() {
            self.out.push(u16::from(b'\n'));
            self.out.extend_from_slice(&self.indent[..indent]);
        }
    }

    fn push(&mut self, text: &str) {
        self.out.extend(text.encode_utf16());
    }

    fn number(&mut self, value: &JsValue, context: &mut Context) -> JsResult<()> {
        let text = value.to_string(context)?;
        self.out.extend(text.iter());
        Ok(())
    }

    /// `QuoteJSONString`: a surrogate without its partner is escaped.
    fn quote(&mut self, text: &JsString, context: &mut Context) -> JsResult<()> {
        let units = self.out.len() + text.len();
        self.guard.reserve(units as u64 * 2, context)?;
        self.push("\"");
        let units: Vec<u16> = text.iter().collect();
        for decoded in char::decode_utf16(units) {
            match decoded {
                Ok('"') => self.push("\\\""),
                Ok('\\') => self.push("\\\\"),
                Ok('\u{8}') => self.push("\\b"),
                Ok('\u{c}') => self.push("\\f"),
                Ok('\n') => self.push("\\n"),
                Ok('\r') => self.push("\\r"),
                Ok('\t') => self.push("\\t"),
                Ok(c) if c < ' ' => self.push(&format!("\\u{:04x}", u32::from(c))),
                Ok(c) => self.out.extend_from_slice(c.encode_utf16(&mut [0; 2])),
                Err(lone) => self.push(&format!("\\u{:04x}", lone.unpaired_surrogate())),
            }
        }
        self.push("\"");
        Ok(())
    }
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
fn unboxed(value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let Some(object) = value.as_object() else {
        return Ok(value);
    };
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
fn enumerable_keys(object: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    if object.is_ordinary() {
        return Ok(value::own_keys(object));
    }
    let constructor = context.intrinsics().constructors().object().constructor();
    let list = call_static(&constructor, "keys", object, context)?;
    let Some(list) = list.as_object() else {
        return Ok(Vec::new());
    };
    (0..length_of(&list, context)?)
        .map(|index| list.get(index, context)?.to_property_key(context))
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
    let space = unboxed(space.clone(), context)?;
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
