//! `JSON.parse`.
//!
//! The one rule: the grammar of the standard and nothing more, straight from
//! the text to values, without recursion; its depth and its time have limits.

use super::{
    Guard, arg, call_static,
    elements::data_property,
    is_array, length_of, replace,
    texts::{Texts, Unit},
};
use crate::{error::LimitHit, shared::Shared, value};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue, js_string,
    object::builtins::JsArray, property::PropertyKey, string::JsStrVariant,
};
use std::cell::{RefCell, RefMut};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let json = context.intrinsics().objects().json();
    Texts::install(context);
    replace(&json, "parse", parse, shared, context)
}

fn parse(guard: &Guard, _: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arg(args, 0).to_string(context)?;
    let texts = Texts::of(context).ok_or_else(|| super::missing("JSON"))?;
    let parsed = match text.as_str().variant() {
        JsStrVariant::Latin1(units) => Parser::new(guard, &texts, units).document(context)?,
        JsStrVariant::Utf16(units) => Parser::new(guard, &texts, units).document(context)?,
    };
    let Some(reviver) = arg(args, 1).as_callable() else {
        return Ok(parsed);
    };
    let root = value::new_object(context);
    value::set_own(&root, js_string!(), parsed, context);
    let mut revival = Revival {
        guard,
        reviver,
        depth: 0,
    };
    revival.property(&root, js_string!().into(), context)
}

/// An array or object that is not closed yet.
enum Open {
    /// Where its elements start.
    Array(usize),
    Object(JsObject, PropertyKey),
}

struct Parser<'a, U> {
    guard: &'a Guard,
    texts: RefMut<'a, Texts>,
    units: &'a [U],
    at: usize,
    open: Vec<Open>,
    /// The elements of all arrays that are open, the innermost last.
    elements: Vec<JsValue>,
}

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;
const SPACE: u16 = b' ' as u16;

impl<'a, U: Unit> Parser<'a, U> {
    fn new(guard: &'a Guard, texts: &'a RefCell<Texts>, units: &'a [U]) -> Self {
        Self {
            guard,
            texts: texts.borrow_mut(),
            units,
            at: 0,
            open: Vec::new(),
            elements: Vec::new(),
        }
    }

    fn document(mut self, context: &mut Context) -> JsResult<JsValue> {
        let mut value = None;
        loop {
            self.guard.tick(context)?;
            let done = match value.take() {
                None => self.start(context)?,
                Some(done) => self.put(done, context)?,
            };
            if let Some(done) = done {
                if self.open.is_empty() {
                    self.space();
                    return match self.peek() {
                        None => Ok(done),
                        Some(_) => Err(self.unexpected()),
                    };
                }
                value = Some(done);
            }
        }
    }

    /// Reads a value; `None` if it is one that has parts.
    fn start(&mut self, context: &mut Context) -> JsResult<Option<JsValue>> {
        self.space();
        Ok(Some(match self.byte() {
            b'{' => return self.open_object(context),
            b'[' => return self.open_array(context),
            b'"' => self.string(context)?.into(),
            b't' => self.word("true", true.into())?,
            b'f' => self.word("false", false.into())?,
            b'n' => self.word("null", JsValue::null())?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.unexpected()),
        }))
    }

    fn open_array(&mut self, context: &mut Context) -> JsResult<Option<JsValue>> {
        self.deeper(context)?;
        if self.skip(b']') {
            return Ok(Some(JsArray::from_iter([], context).into()));
        }
        self.open.push(Open::Array(self.elements.len()));
        Ok(None)
    }

    fn open_object(&mut self, context: &mut Context) -> JsResult<Option<JsValue>> {
        self.deeper(context)?;
        let object = value::new_object(context);
        if self.skip(b'}') {
            return Ok(Some(object.into()));
        }
        let key = self.key(context)?;
        self.open.push(Open::Object(object, key));
        Ok(None)
    }

    fn deeper(&mut self, context: &mut Context) -> JsResult<()> {
        self.at += 1;
        let limit = self.guard.shared.execution().limits().json_nesting;
        if self.open.len() >= limit {
            return Err(self.guard.shared.end(LimitHit::JsonNesting(limit), context));
        }
        Ok(())
    }

    /// Puts a value into what is open; returns that if it ends here.
    fn put(&mut self, part: JsValue, context: &mut Context) -> JsResult<Option<JsValue>> {
        match self.open.last_mut() {
            Some(Open::Array(start)) => {
                let start = *start;
                self.elements.push(part);
                if self.skip(b',') {
                    return Ok(None);
                }
                self.expect(b']')?;
                let array = JsArray::from_iter(self.elements.drain(start..), context);
                self.open.pop();
                Ok(Some(array.into()))
            }
            Some(Open::Object(object, key)) => {
                // A plain new object takes any property.
                object.insert_property(key.clone(), data_property(part));
                if self.skip(b',') {
                    let next = self.key(context)?;
                    if let Some(Open::Object(_, key)) = self.open.last_mut() {
                        *key = next;
                    }
                    return Ok(None);
                }
                self.expect(b'}')?;
                match self.open.pop() {
                    Some(Open::Object(object, _)) => Ok(Some(object.into())),
                    _ => Ok(None),
                }
            }
            None => Ok(Some(part)),
        }
    }

    fn key(&mut self, context: &mut Context) -> JsResult<PropertyKey> {
        self.space();
        if self.byte() != b'"' {
            return Err(self.unexpected());
        }
        let start = self.at + 1;
        let key = match self.plain_string(context)? {
            Some(end) => self.texts.key(&self.units[start..end]),
            None => self.escaped(start, context)?.into(),
        };
        self.expect(b':')?;
        Ok(key)
    }

    fn peek(&self) -> Option<u16> {
        self.units.get(self.at).map(|unit| (*unit).into())
    }

    /// The next unit if it is of ASCII; 0 stands for all else.
    fn byte(&self) -> u8 {
        match self.units.get(self.at).map(|unit| (*unit).into()) {
            Some(unit @ 0..=0x7F) => unit.to_le_bytes()[0],
            _ => 0,
        }
    }

    fn space(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Behind space, the character, if it is the next one.
    fn skip(&mut self, wanted: u8) -> bool {
        self.space();
        let is_next = self.byte() == wanted;
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, wanted: u8) -> JsResult<()> {
        match self.skip(wanted) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    fn word(&mut self, word: &str, value: JsValue) -> JsResult<JsValue> {
        for wanted in word.bytes() {
            if self.byte() != wanted {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> JsResult<JsValue> {
        let start = self.at;
        self.at += usize::from(self.byte() == b'-');
        match self.byte() {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        let mut is_whole = true;
        if self.byte() == b'.' {
            self.at += 1;
            self.digits()?;
            is_whole = false;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), b'+' | b'-'));
            self.digits()?;
            is_whole = false;
        }
        let units = &self.units[start..self.at];
        let small = is_whole.then(|| small_number(units)).flatten();
        Ok(small.map_or_else(|| number_of(units), Into::into))
    }

    fn digits(&mut self) -> JsResult<()> {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(())
    }

    fn string(&mut self, context: &mut Context) -> JsResult<JsString> {
        let start = self.at + 1;
        match self.plain_string(context)? {
            Some(end) => Ok(self.texts.value(&self.units[start..end])),
            None => self.escaped(start, context),
        }
    }

    /// Reads a string to its end, which it returns, or to its first escape.
    fn plain_string(&mut self, context: &mut Context) -> JsResult<Option<usize>> {
        let start = self.at + 1;
        let ends = |unit: &U| matches!((*unit).into(), QUOTE | BACKSLASH | 0..SPACE);
        let length = self.units[start..].iter().position(ends);
        self.at = length.map_or(self.units.len(), |length| start + length);
        self.guard
            .spend(((self.at - start) / UNITS) as u64, context)?;
        match self.byte() {
            b'"' => {
                self.at += 1;
                Ok(Some(self.at - 1))
            }
            b'\\' => Ok(None),
            _ => Err(self.unexpected()),
        }
    }

    /// The string from `start`, in which the first escape was found.
    fn escaped(&mut self, start: usize, context: &mut Context) -> JsResult<JsString> {
        let read = self.units[start..self.at].iter();
        let mut text: Vec<u16> = read.map(|unit| (*unit).into()).collect();
        while let Some(unit) = self.peek() {
            self.guard.tick(context)?;
            match unit {
                QUOTE => {
                    self.at += 1;
                    return Ok(JsString::from(&text[..]));
                }
                BACKSLASH => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                0..SPACE => return Err(self.unexpected()),
                _ => {
                    self.at += 1;
                    text.push(unit);
                }
            }
        }
        Err(self.unexpected())
    }

    fn escape(&mut self) -> JsResult<u16> {
        let unit = match self.byte() {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x8,
            b'f' => 0xC,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.hex(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(unit.into())
    }

    fn hex(&mut self) -> JsResult<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            self.at += 1;
            match char::from(self.byte()).to_digit(16) {
                Some(digit) => unit = unit * 16 + digit,
                None => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        Ok(u16::try_from(unit).unwrap_or_default())
    }

    #[cold]
    fn unexpected(&self) -> boa_engine::JsError {
        let before = &self.units[..self.at.min(self.units.len())];
        let is_break = |unit: &U| (*unit).into() == u16::from(b'\n');
        let line = 1 + before.iter().copied().filter(is_break).count();
        let column = 1 + before
            .iter()
            .rev()
            .take_while(|unit| !is_break(unit))
            .count();
        let what = match self.peek() {
            None => "unexpected end".to_owned(),
            Some(unit) => {
                // What is no character by itself stands for nothing.
                let found = char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER);
                format!("unexpected character {found:?}")
            }
        };
        JsNativeError::syntax()
            .with_message(format!("{what} in JSON at line {line}, column {column}"))
            .into()
    }
}

/// Units that are looked at in the time of one step.
const UNITS: usize = 256;

/// A whole number of few digits; the engine keeps these apart. -0 is none of
/// them.
fn small_number<U: Unit>(units: &[U]) -> Option<i32> {
    const DIGITS: usize = 9;
    let is_negative = units.first().map(|unit| (*unit).into()) == Some(u16::from(b'-'));
    let digits = &units[usize::from(is_negative)..];
    if digits.len() > DIGITS {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| {
        10 * number + i32::from((*digit).into()) - i32::from(b'0')
    });
    match (is_negative, number) {
        (true, 0) => None,
        (true, number) => Some(-number),
        (false, number) => Some(number),
    }
}

fn number_of<U: Unit>(units: &[U]) -> JsValue {
    let text = units.iter().map(|unit| (*unit).into());
    let text: String = text
        .filter_map(|unit: u16| char::from_u32(unit.into()))
        .collect();
    text.parse::<f64>().unwrap_or(f64::NAN).into()
}

/// `InternalizeJSONProperty` of the standard.
struct Revival<'a> {
    guard: &'a Guard,
    reviver: JsObject,
    depth: usize,
}

impl Revival<'_> {
    fn property(
        &mut self,
        holder: &JsObject,
        key: PropertyKey,
        context: &mut Context,
    ) -> JsResult<JsValue> {
        self.guard.tick(context)?;
        let value = holder.get(key.clone(), context)?;
        if let Some(object) = value.as_object() {
            self.depth += 1;
            let limit = self.guard.shared.execution().limits().json_nesting;
            if self.depth > limit {
                return Err(self.guard.shared.end(LimitHit::JsonNesting(limit), context));
            }
            self.parts(&object, context)?;
            self.depth -= 1;
        }
        let name = super::json::key_value(&key);
        let holder = holder.clone().into();
        self.reviver.call(&holder, &[name, value], context)
    }

    fn parts(&mut self, object: &JsObject, context: &mut Context) -> JsResult<()> {
        if is_array(object, context)? {
            for index in 0..length_of(object, context)? {
                self.part(object, index.into(), context)?;
            }
            return Ok(());
        }
        let constructor = context.intrinsics().constructors().object().constructor();
        let keys = call_static(&constructor, "keys", object, context)?;
        let Some(keys) = keys.as_object() else {
            return Ok(());
        };
        for index in 0..length_of(&keys, context)? {
            let key = keys.get(index, context)?.to_property_key(context)?;
            self.part(object, key, context)?;
        }
        Ok(())
    }

    /// A part that cannot be changed stays as it is.
    fn part(&mut self, object: &JsObject, key: PropertyKey, context: &mut Context) -> JsResult<()> {
        let value = self.property(object, key.clone(), context)?;
        if value.is_undefined() {
            delete(object, key, context)?;
        } else {
            object.create_data_property(key, value, context)?;
        }
        Ok(())
    }
}

/// `[[Delete]]` without a complaint.
fn delete(object: &JsObject, key: PropertyKey, context: &mut Context) -> JsResult<()> {
    let original = context
        .get_data::<Shared>()
        .and_then(|shared| shared.original("deleteProperty"));
    let function = original.ok_or_else(|| super::missing("deleteProperty"))?;
    let args = [object.clone().into(), key.into()];
    function
        .call(&JsValue::undefined(), &args, context)
        .map(drop)
}
