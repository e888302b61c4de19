//! `JSON.parse`.
//!
//! The one rule: the grammar of the standard and nothing more, straight from
//! the text to values, without recursion; its depth and its time have limits.

use super::{Guard, arg, call_static, is_array, length_of, replace};
use crate::{error::LimitHit, shared::Shared, value};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsStr, JsString, JsValue, js_string,
    object::builtins::JsArray, property::PropertyKey, string::JsStrVariant,
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let json = context.intrinsics().objects().json();
    replace(&json, "parse", parse, shared, context)
}

fn parse(guard: &Guard, _: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arg(args, 0).to_string(context)?;
    let parsed = match text.as_str().variant() {
        JsStrVariant::Latin1(units) => Parser::new(guard, units).document(context)?,
        JsStrVariant::Utf16(units) => Parser::new(guard, units).document(context)?,
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

/// A character of a text, in either of the two forms that the engine keeps.
trait Unit: Copy + Into<u16> {
    fn text(units: &[Self]) -> JsString;
}

impl Unit for u8 {
    fn text(units: &[Self]) -> JsString {
        JsString::from(JsStr::latin1(units))
    }
}

impl Unit for u16 {
    fn text(units: &[Self]) -> JsString {
        JsString::from(units)
    }
}

/// An array or object that is not closed yet.
enum Open {
    Array(Vec<JsValue>),
    Object(JsObject, PropertyKey),
}

struct Parser<'a, U> {
    guard: &'a Guard,
    units: &'a [U],
    at: usize,
    open: Vec<Open>,
}

impl<'a, U: Unit> Parser<'a, U> {
    fn new(guard: &'a Guard, units: &'a [U]) -> Self {
        Self {
            guard,
            units,
            at: 0,
            open: Vec::new(),
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
        Ok(Some(match self.peek() {
            Some('{') => return self.open_object(context),
            Some('[') => return self.open_array(context),
            Some('"') => self.string(context)?.into(),
            Some('t') => self.word("true", true.into())?,
            Some('f') => self.word("false", false.into())?,
            Some('n') => self.word("null", JsValue::null())?,
            Some('-' | '0'..='9') => self.number()?,
            _ => return Err(self.unexpected()),
        }))
    }

    fn open_array(&mut self, context: &mut Context) -> JsResult<Option<JsValue>> {
        self.deeper(context)?;
        if self.skip(']') {
            return Ok(Some(JsArray::from_iter([], context).into()));
        }
        self.open.push(Open::Array(Vec::new()));
        Ok(None)
    }

    fn open_object(&mut self, context: &mut Context) -> JsResult<Option<JsValue>> {
        self.deeper(context)?;
        let object = value::new_object(context);
        if self.skip('}') {
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
        match self.open.pop() {
            Some(Open::Array(mut list)) => {
                list.push(part);
                if self.skip(',') {
                    self.open.push(Open::Array(list));
                    return Ok(None);
                }
                self.expect(']')?;
                Ok(Some(JsArray::from_iter(list, context).into()))
            }
            Some(Open::Object(object, key)) => {
                value::set_own(&object, key, part, context);
                if self.skip(',') {
                    let key = self.key(context)?;
                    self.open.push(Open::Object(object, key));
                    return Ok(None);
                }
                self.expect('}')?;
                Ok(Some(object.into()))
            }
            None => Ok(Some(part)),
        }
    }

    fn key(&mut self, context: &mut Context) -> JsResult<PropertyKey> {
        self.space();
        if self.peek() != Some('"') {
            return Err(self.unexpected());
        }
        let key = self.string(context)?;
        self.expect(':')?;
        Ok(key.into())
    }

    fn unit(&self) -> Option<u16> {
        self.units.get(self.at).map(|unit| (*unit).into())
    }

    /// The next unit as a character; what is none stands for itself nowhere.
    fn peek(&self) -> Option<char> {
        let unit = self.unit()?;
        Some(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    /// Behind space, the character, if it is the next one.
    fn skip(&mut self, wanted: char) -> bool {
        self.space();
        let is_next = self.peek() == Some(wanted);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, wanted: char) -> JsResult<()> {
        match self.skip(wanted) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    fn word(&mut self, word: &str, value: JsValue) -> JsResult<JsValue> {
        for wanted in word.chars() {
            if self.peek() != Some(wanted) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> JsResult<JsValue> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some('-'));
        match self.peek() {
            Some('0') => self.at += 1,
            _ => self.digits()?,
        }
        let mut is_whole = true;
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits()?;
            is_whole = false;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some('+' | '-')));
            self.digits()?;
            is_whole = false;
        }
        Ok(number_of(&self.units[start..self.at], is_whole))
    }

    fn digits(&mut self) -> JsResult<()> {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(())
    }

    fn string(&mut self, context: &mut Context) -> JsResult<JsString> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.unit().map(u32::from).and_then(char::from_u32) {
                Some('"') => {
                    let text = U::text(&self.units[start..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => return self.escaped(start, context),
                Some(c) if c < ' ' => return Err(self.unexpected()),
                None if self.at >= self.units.len() => return Err(self.unexpected()),
                _ => self.at += 1,
            }
        }
    }

    /// The string from `start`, in which the first escape was found.
    fn escaped(&mut self, start: usize, context: &mut Context) -> JsResult<JsString> {
        let read = self.units[start..self.at].iter();
        let mut text: Vec<u16> = read.map(|unit| (*unit).into()).collect();
        while let Some(unit) = self.unit() {
            self.guard.tick(context)?;
            match char::from_u32(unit.into()) {
                Some('"') => {
                    self.at += 1;
                    return Ok(JsString::from(&text[..]));
                }
                Some('\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                Some(c) if c < ' ' => return Err(self.unexpected()),
                _ => {
                    self.at += 1;
                    text.push(unit);
                }
            }
        }
        Err(self.unexpected())
    }

    fn escape(&mut self) -> JsResult<u16> {
        let unit = match self.peek() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.hex(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(unit as u16)
    }

    fn hex(&mut self) -> JsResult<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            self.at += 1;
            match self.peek().and_then(|c| c.to_digit(16)) {
                Some(digit) => unit = unit * 16 + digit,
                None => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        Ok(u16::try_from(unit).unwrap_or_default())
    }

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
            Some(c) => format!("unexpected character {c:?}"),
        };
        JsNativeError::syntax()
            .with_message(format!("{what} in JSON at line {line}, column {column}"))
            .into()
    }
}

fn number_of<U: Unit>(units: &[U], is_whole: bool) -> JsValue {
    let text = units.iter().map(|unit| (*unit).into());
    let text: String = text
        .filter_map(|unit: u16| char::from_u32(unit.into()))
        .collect();
    // The engine keeps small whole numbers apart; -0 is none of them.
    let small = (is_whole && text != "-0").then(|| text.parse::<i32>().ok());
    if let Some(number) = small.flatten() {
        return number.into();
    }
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
