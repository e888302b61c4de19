//! Texts in texts: `indexOf`, `lastIndexOf`, `includes`, `split`, `replace` and
//! `replaceAll`.
//!
//! The one rule: a search takes time in proportion to the text, whatever is
//! searched for; the engine's takes the product of both. Regular expressions
//! answer for themselves.

use super::{
    Guard, arg,
    builder::Text,
    elements::{method_of, type_error},
    replace,
};
use crate::shared::Shared;
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string,
    object::builtins::{JsArray, JsRegExp},
    string::{JsStr, JsStrVariant},
};

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let string = context.intrinsics().constructors().string().prototype();
    replace(&string, "indexOf", index_of, shared, context)?;
    replace(&string, "lastIndexOf", last_index_of, shared, context)?;
    replace(&string, "includes", includes, shared, context)?;
    replace(&string, "split", split, shared, context)?;
    replace(&string, "replace", replace_first, shared, context)?;
    replace(&string, "replaceAll", replace_all, shared, context)
}

/// Finds one text in another one again and again.
struct Finder<'a> {
    guard: &'a Guard,
    text: &'a JsString,
    wanted: &'a JsString,
    /// Knuth, Morris and Pratt's table, made when it is worth it.
    table: Option<(Vec<u16>, Vec<usize>)>,
}

impl<'a> Finder<'a> {
    fn new(guard: &'a Guard, text: &'a JsString, wanted: &'a JsString) -> Self {
        Self {
            guard,
            text,
            wanted,
            table: None,
        }
    }

    /// `StringIndexOf`
    fn find(&mut self, from: usize, context: &mut Context) -> JsResult<Option<usize>> {
        self.guard.spend(1, context)?;
        let units = self.text.len().saturating_sub(from);
        if units.saturating_mul(self.wanted.len()) <= FEW {
            // The engine would walk to `from` first.
            let rest = self.text.as_str();
            let rest = rest.get(from..).unwrap_or(JsStr::EMPTY);
            let found = match (rest.variant(), self.wanted.variant()) {
                (JsStrVariant::Latin1(rest), JsStrVariant::Latin1(wanted)) => {
                    position_of(rest, wanted)
                }
                _ => rest.index_of(self.wanted.as_str(), 0),
            };
            return Ok(found
                .filter(|_| from <= self.text.len())
                .map(|at| from + at));
        }
        let wanted = self.wanted;
        let (wanted, table) = self
            .table
            .get_or_insert_with(|| (wanted.to_vec(), table_of(&wanted.to_vec())));
        match self.text.as_str().variant() {
            JsStrVariant::Latin1(text) => search(self.guard, text, from, wanted, table, context),
            JsStrVariant::Utf16(text) => search(self.guard, text, from, wanted, table, context),
        }
    }
}

/// Where some bytes stand in others first.
fn position_of(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let Some((first, rest)) = wanted.split_first() else {
        return Some(0);
    };
    let last = bytes.len().checked_sub(wanted.len())?;
    let mut from = 0;
    while let Some(at) = bytes[from..=last].iter().position(|byte| byte == first) {
        let at = from + at;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        if at == last {
            return None;
        }
        from = at + 1;
    }
    None
}

/// For each prefix the length of its longest proper border.
fn table_of(wanted: &[u16]) -> Vec<usize> {
    let mut table = vec![0; wanted.len()];
    let mut border = 0;
    for index in 1..wanted.len() {
        while border > 0 && wanted[index] != wanted[border] {
            border = table[border - 1];
        }
        if wanted[index] == wanted[border] {
            border += 1;
        }
        table[index] = border;
    }
    table
}

/// Comparisons that take less time than a table.
const FEW: usize = 20_000;

/// Units that are compared in the time of one step.
const UNITS: usize = 32;

fn search<T: Copy + Into<u16>>(
    guard: &Guard,
    text: &[T],
    from: usize,
    wanted: &[u16],
    table: &[usize],
    context: &mut Context,
) -> JsResult<Option<usize>> {
    let mut matched = 0;
    for (index, unit) in text.iter().enumerate().skip(from) {
        if index % UNITS == 0 {
            guard.spend(1, context)?;
        }
        let unit = (*unit).into();
        while matched > 0 && wanted[matched] != unit {
            matched = table[matched - 1];
        }
        if wanted[matched] == unit {
            matched += 1;
        }
        if matched == wanted.len() {
            return Ok(Some(index + 1 - matched));
        }
    }
    Ok(None)
}

fn this_text(this: &JsValue, context: &mut Context) -> JsResult<JsString> {
    this.require_object_coercible()?.to_string(context)
}

/// A position within a text, held to `0..=length`.
fn position(value: &JsValue, length: usize, context: &mut Context) -> JsResult<usize> {
    let most = i64::try_from(length).unwrap_or(i64::MAX);
    let at = value.to_integer_or_infinity(context)?.clamp_finite(0, most);
    Ok(usize::try_from(at).unwrap_or(0))
}

fn index_of(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this_text(this, context)?;
    let wanted = arg(args, 0).to_string(context)?;
    let from = position(&arg(args, 1), text.len(), context)?;
    let found = Finder::new(guard, &text, &wanted).find(from, context)?;
    Ok(found.map_or_else(|| JsValue::from(-1), Into::into))
}

fn last_index_of(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this_text(this, context)?;
    let wanted = arg(args, 0).to_string(context)?;
    let number = arg(args, 1).to_number(context)?;
    let from = if number.is_nan() {
        text.len()
    } else {
        position(&number.into(), text.len(), context)?
    };
    let Some(last) = text.len().checked_sub(wanted.len()) else {
        return Ok(JsValue::from(-1));
    };
    let end = from.min(last) + wanted.len();
    let found = guard.find_last(&text.slice(0, end), &wanted, context)?;
    Ok(found.map_or_else(|| JsValue::from(-1), Into::into))
}

impl Guard {
    /// Where the last of the matches starts.
    fn find_last(
        &self,
        text: &JsString,
        wanted: &JsString,
        context: &mut Context,
    ) -> JsResult<Option<usize>> {
        let last = text.len() - wanted.len();
        if last.saturating_mul(wanted.len()) <= FEW {
            let is_match =
                |at: &usize| text.as_str().get(*at..at + wanted.len()) == Some(wanted.as_str());
            return Ok((0..=last).rev().find(is_match));
        }
        // It is the first one with both backwards.
        self.spend((text.len() / UNITS) as u64, context)?;
        let (text, wanted) = (backwards(text), backwards(wanted));
        let found = Finder::new(self, &text, &wanted).find(0, context)?;
        Ok(found.map(|at| last - at))
    }
}

fn backwards(text: &JsString) -> JsString {
    let mut units = text.to_vec();
    units.reverse();
    JsString::from(&units[..])
}

fn includes(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this_text(this, context)?;
    let wanted = arg(args, 0);
    if is_regexp(&wanted, context)? {
        return Err(type_error(
            "the argument of includes must not be a regular expression",
        ));
    }
    let wanted = wanted.to_string(context)?;
    let from = position(&arg(args, 1), text.len(), context)?;
    let found = Finder::new(guard, &text, &wanted).find(from, context)?;
    Ok(found.is_some().into())
}

/// `IsRegExp`
fn is_regexp(value: &JsValue, context: &mut Context) -> JsResult<bool> {
    let Some(object) = value.as_object() else {
        return Ok(false);
    };
    let told = object.get(JsSymbol::r#match(), context)?;
    if !told.is_undefined() {
        return Ok(told.to_boolean());
    }
    Ok(JsRegExp::from_object(object).is_ok())
}

/// What an object as separator or pattern does itself, if it does.
fn own_way(
    this: &JsValue,
    pattern: &JsValue,
    key: JsSymbol,
    second: &JsValue,
    context: &mut Context,
) -> JsResult<Option<JsValue>> {
    if !pattern.is_object() {
        return Ok(None);
    }
    let Some(method) = method_of(pattern, key, context)? else {
        return Ok(None);
    };
    let args = [this.clone(), second.clone()];
    method.call(pattern, &args, context).map(Some)
}

fn split(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this.require_object_coercible()?;
    let (separator, limit) = (arg(args, 0), arg(args, 1));
    if let Some(told) = own_way(this, &separator, JsSymbol::split(), &limit, context)? {
        return Ok(told);
    }
    let text = this.to_string(context)?;
    let limit = if limit.is_undefined() {
        u32::MAX
    } else {
        limit.to_u32(context)?
    } as usize;
    let wanted = separator.to_string(context)?;
    let parts = if limit == 0 {
        Vec::new()
    } else if separator.is_undefined() || (text.is_empty() && !wanted.is_empty()) {
        vec![text.into()]
    } else if wanted.is_empty() {
        guard.units(&text, limit, context)?
    } else {
        guard.parts(&text, &wanted, limit, context)?
    };
    Ok(JsArray::from_iter(parts, context).into())
}

impl Guard {
    /// Each unit of a text as a text.
    fn units(
        &self,
        text: &JsString,
        limit: usize,
        context: &mut Context,
    ) -> JsResult<Vec<JsValue>> {
        let count = text.len().min(limit);
        self.elements(count as u64, context)?;
        let mut parts = Vec::new();
        for unit in text.iter().take(count) {
            self.spend(1, context)?;
            parts.push(JsString::from(&[unit][..]).into());
        }
        Ok(parts)
    }

    /// The parts of a text between its separators.
    fn parts(
        &self,
        text: &JsString,
        wanted: &JsString,
        limit: usize,
        context: &mut Context,
    ) -> JsResult<Vec<JsValue>> {
        let mut finder = Finder::new(self, text, wanted);
        let mut parts = Vec::new();
        let mut start = 0;
        while let Some(at) = finder.find(start, context)? {
            parts.push(text.slice(start, at).into());
            self.elements(parts.len() as u64, context)?;
            if parts.len() >= limit {
                return Ok(parts);
            }
            start = at + wanted.len();
        }
        parts.push(text.slice(start, text.len()).into());
        Ok(parts)
    }
}

/// What goes in the place of a match.
enum Replacement {
    Function(JsObject),
    Template(JsString),
}

/// A replacement in progress.
struct Replacing<'a> {
    guard: &'a Guard,
    text: &'a JsString,
    wanted: &'a JsString,
    by: Replacement,
    out: Text,
}

fn replace_first(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this.require_object_coercible()?;
    let (pattern, by) = (arg(args, 0), arg(args, 1));
    if let Some(told) = own_way(this, &pattern, JsSymbol::replace(), &by, context)? {
        return Ok(told);
    }
    let text = this.to_string(context)?;
    let wanted = pattern.to_string(context)?;
    let by = Replacement::new(&by, context)?;
    let Some(at) = Finder::new(guard, &text, &wanted).find(0, context)? else {
        return Ok(text.into());
    };
    let mut replacing = Replacing::new(guard, &text, &wanted, by);
    replacing.keep(0, at, context)?;
    replacing.replace(at, context)?;
    replacing.finish(at + wanted.len(), context)
}

fn replace_all(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = this.require_object_coercible()?;
    let (pattern, by) = (arg(args, 0), arg(args, 1));
    if is_regexp(&pattern, context)? {
        let flags = pattern
            .to_object(context)?
            .get(js_string!("flags"), context)?;
        let flags = flags.require_object_coercible()?.to_string(context)?;
        if !flags.contains(b'g') {
            return Err(type_error(
                "replaceAll needs a regular expression with flag g",
            ));
        }
    }
    if let Some(told) = own_way(this, &pattern, JsSymbol::replace(), &by, context)? {
        return Ok(told);
    }
    let text = this.to_string(context)?;
    let wanted = pattern.to_string(context)?;
    let by = Replacement::new(&by, context)?;
    let mut finder = Finder::new(guard, &text, &wanted);
    // All matches are found before a function sees one.
    let mut matches = Vec::new();
    let mut from = 0;
    while let Some(at) = finder.find(from, context)? {
        matches.push(at);
        from = at + wanted.len().max(1);
    }
    let mut replacing = Replacing::new(guard, &text, &wanted, by);
    let mut kept = 0;
    for at in matches {
        replacing.keep(kept, at, context)?;
        replacing.replace(at, context)?;
        kept = at + wanted.len();
    }
    replacing.finish(kept, context)
}

impl Replacement {
    fn new(given: &JsValue, context: &mut Context) -> JsResult<Self> {
        match given.as_callable() {
            Some(function) => Ok(Self::Function(function)),
            None => given.to_string(context).map(Self::Template),
        }
    }
}

impl<'a> Replacing<'a> {
    fn new(guard: &'a Guard, text: &'a JsString, wanted: &'a JsString, by: Replacement) -> Self {
        Self {
            guard,
            text,
            wanted,
            by,
            out: Text::new(),
        }
    }

    fn keep(&mut self, start: usize, end: usize, context: &mut Context) -> JsResult<()> {
        let kept = self.text.as_str().get(start..end);
        self.push(kept.unwrap_or(JsStr::EMPTY), context)
    }

    fn push(&mut self, text: JsStr<'_>, context: &mut Context) -> JsResult<()> {
        let units = self.out.len() + text.len();
        self.guard.text(units as u64, context)?;
        self.guard.spend((text.len() / UNITS) as u64, context)?;
        self.out.push(text);
        Ok(())
    }

    fn replace(&mut self, at: usize, context: &mut Context) -> JsResult<()> {
        self.guard.spend(1, context)?;
        let template = match &self.by {
            Replacement::Template(template) => template.clone(),
            Replacement::Function(function) => {
                let args = [
                    self.wanted.clone().into(),
                    at.into(),
                    self.text.clone().into(),
                ];
                let told = function.call(&JsValue::undefined(), &args, context)?;
                let told = told.to_string(context)?;
                return self.push(told.as_str(), context);
            }
        };
        if template.contains(b'$') {
            self.substitute(&template, at, context)
        } else {
            self.push(template.as_str(), context)
        }
    }

    /// `GetSubstitution` without captures: `$$`, `$&`, `` $` `` and `$'`.
    fn substitute(
        &mut self,
        template: &JsString,
        at: usize,
        context: &mut Context,
    ) -> JsResult<()> {
        const DOLLAR: u16 = b'$' as u16;
        let end = at + self.wanted.len();
        let mut units = template.iter().peekable();
        while let Some(unit) = units.next() {
            let meant = match units.peek() {
                Some(next) if unit == DOLLAR => u8::try_from(*next).unwrap_or(0),
                _ => 0,
            };
            match meant {
                b'$' => self.push(js_string!("$").as_str(), context)?,
                b'&' => self.keep(at, end, context)?,
                b'`' => self.keep(0, at, context)?,
                b'\'' => self.keep(end, self.text.len(), context)?,
                _ => {
                    self.out.push_units(&[unit]);
                    continue;
                }
            }
            units.next();
        }
        Ok(())
    }

    fn finish(mut self, kept: usize, context: &mut Context) -> JsResult<JsValue> {
        self.keep(kept, self.text.len(), context)?;
        Ok(self.out.finish().into())
    }
}
