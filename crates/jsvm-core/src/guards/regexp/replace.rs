//! `Symbol.replace`.
//!
//! The one rule: all matches are found before the first is replaced, and the
//! length of the result is asked for before it grows.

use super::{
    Guard, advance,
    exec::{Found, capture, groups},
    flags_of, last_index, receiver, set_last_index,
};
use crate::{
    error::LimitHit,
    guards::{arg, length_of},
};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, js_string, value::IntegerOrInfinity,
};

/// The pieces of a result that is being made.
struct Pieces {
    pieces: Vec<JsString>,
    length: u64,
}

/// A match as replacing sees it.
struct Replaced {
    matched: JsString,
    position: usize,
    captures: Vec<JsValue>,
    groups: JsValue,
}

pub(super) fn replace(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = receiver(this, "[Symbol.replace]")?;
    let text = arg(args, 0).to_string(context)?;
    let mut with = arg(args, 1);
    let function = with.as_callable();
    if function.is_none() {
        with = with.to_string(context)?.into();
    }
    let all = guard.all(&this, &text, context)?;
    let template = with.as_string().unwrap_or_default();
    let is_plain = !template.contains(b'$');
    let mut out = Pieces {
        pieces: Vec::new(),
        length: 0,
    };
    let mut next = 0;
    for found in all {
        guard.tick(context)?;
        let replaced = match found {
            // Of a plain text, nothing but the place is of interest.
            Found::Ours(found, _) if function.is_none() && is_plain => {
                let range = found.range();
                guard.add(
                    &mut out,
                    text.get_expect(next..range.start.max(next)),
                    context,
                )?;
                guard.add(&mut out, template.clone(), context)?;
                next = range.end.max(next);
                continue;
            }
            found => guard.replaced(found, &text, context)?,
        };
        let (position, length) = (replaced.position, replaced.matched.len());
        let is_next = position >= next;
        if is_next {
            guard.add(&mut out, text.get_expect(next..position), context)?;
        }
        match &function {
            Some(function) => {
                let piece = call(function, replaced, &text, context)?;
                if is_next {
                    guard.add(&mut out, piece, context)?;
                }
            }
            None => {
                let mut pieces = Pieces {
                    pieces: Vec::new(),
                    length: out.length,
                };
                guard.substitute(&template, replaced, &text, &mut pieces, context)?;
                if is_next {
                    out.pieces.append(&mut pieces.pieces);
                    out.length = pieces.length;
                }
            }
        }
        if is_next {
            next = position + length;
        }
    }
    if next < text.len() {
        guard.add(&mut out, text.get_expect(next..text.len()), context)?;
    }
    let pieces: Vec<_> = out.pieces.iter().map(JsString::as_str).collect();
    Ok(JsString::concat_array(&pieces).into())
}

/// Calls the function that a match is replaced by.
fn call(
    function: &JsObject,
    replaced: Replaced,
    text: &JsString,
    context: &mut Context,
) -> JsResult<JsString> {
    let mut args = vec![replaced.matched.into()];
    args.extend(replaced.captures);
    args.push((replaced.position as u64).into());
    args.push(text.clone().into());
    if !replaced.groups.is_undefined() {
        args.push(replaced.groups);
    }
    function
        .call(&JsValue::undefined(), &args, context)?
        .to_string(context)
}

impl Guard {
    /// All matches, or the first if the flags say so.
    fn all(
        &self,
        object: &JsObject,
        text: &JsString,
        context: &mut Context,
    ) -> JsResult<Vec<Found>> {
        let flags = flags_of(object, context)?;
        if !flags.contains(b'g') {
            return Ok(self
                .regexp_exec(object, text, context)?
                .into_iter()
                .collect());
        }
        let is_unicode = flags.contains(b'u') || flags.contains(b'v');
        set_last_index(object, 0, context)?;
        let mut all = Vec::new();
        while let Some(found) = self.regexp_exec(object, text, context)? {
            self.tick(context)?;
            let is_empty = match &found {
                Found::Ours(found, _) => found.range().is_empty(),
                Found::Theirs(_) => found.matched(text, context)?.is_empty(),
            };
            all.push(found);
            if is_empty {
                let next = advance(text, last_index(object, context)?, is_unicode);
                set_last_index(object, next, context)?;
            }
        }
        Ok(all)
    }

    fn add(&self, out: &mut Pieces, piece: JsString, context: &mut Context) -> JsResult<()> {
        if piece.is_empty() {
            return Ok(());
        }
        out.length += piece.len() as u64;
        let limit = self.shared.execution().limits().string_length;
        if out.length > limit {
            return Err(self.shared.end(LimitHit::StringLength(limit), context));
        }
        out.pieces.push(piece);
        Ok(())
    }

    fn replaced(&self, found: Found, text: &JsString, context: &mut Context) -> JsResult<Replaced> {
        let object = match found {
            Found::Ours(found, regexp) => {
                let captures = (1..=regexp.groups()).map(|group| capture(&found, group, text));
                return Ok(Replaced {
                    matched: text.get_expect(found.range()),
                    position: found.range().start,
                    captures: captures.collect(),
                    groups: groups(&found, &regexp, context, |group, _| {
                        capture(&found, group, text)
                    })?,
                });
            }
            Found::Theirs(object) => object,
        };
        let length = length_of(&object, context)?;
        let matched = object.get(0, context)?.to_string(context)?;
        let position = object
            .get(js_string!("index"), context)?
            .to_integer_or_infinity(context)?;
        let position = match position {
            IntegerOrInfinity::Integer(index) => {
                usize::try_from(index.max(0)).unwrap_or(usize::MAX)
            }
            IntegerOrInfinity::PositiveInfinity => usize::MAX,
            IntegerOrInfinity::NegativeInfinity => 0,
        };
        let mut captures = Vec::new();
        for group in 1..length {
            self.tick(context)?;
            let value = object.get(group, context)?;
            captures.push(if value.is_undefined() {
                value
            } else {
                value.to_string(context)?.into()
            });
        }
        Ok(Replaced {
            matched,
            position: position.min(text.len()),
            captures,
            groups: object.get(js_string!("groups"), context)?,
        })
    }

    /// `GetSubstitution` of the standard.
    fn substitute(
        &self,
        template: &JsString,
        replaced: Replaced,
        text: &JsString,
        out: &mut Pieces,
        context: &mut Context,
    ) -> JsResult<()> {
        let groups = match replaced.groups.is_undefined() {
            true => None,
            false => Some(replaced.groups.to_object(context)?),
        };
        let behind = (replaced.position + replaced.matched.len()).min(text.len());
        let unit = |at: usize| {
            template
                .code_unit_at(at)
                .and_then(|unit| u8::try_from(unit).ok())
        };
        let (mut at, mut plain) = (0, 0);
        while at < template.len() {
            let next = unit(at + 1);
            let (length, piece) = match (unit(at), next) {
                (Some(b'$'), Some(b'$')) => (2, js_string!("$")),
                (Some(b'$'), Some(b'&')) => (2, replaced.matched.clone()),
                (Some(b'$'), Some(b'`')) => (2, text.get_expect(0..replaced.position)),
                (Some(b'$'), Some(b'\'')) => (2, text.get_expect(behind..text.len())),
                (Some(b'$'), Some(b'0'..=b'9')) => {
                    match numbered(next, unit(at + 2), &replaced.captures) {
                        Some((length, value)) => (length, string_of(value)),
                        None => {
                            at += 1;
                            continue;
                        }
                    }
                }
                (Some(b'$'), Some(b'<')) if groups.is_some() => {
                    let rest = (at + 2..template.len()).find(|&end| unit(end) == Some(b'>'));
                    let (Some(end), Some(groups)) = (rest, &groups) else {
                        at += 1;
                        continue;
                    };
                    let value = groups.get(template.get_expect(at + 2..end), context)?;
                    let piece = if value.is_undefined() {
                        js_string!()
                    } else {
                        value.to_string(context)?
                    };
                    (end + 1 - at, piece)
                }
                _ => {
                    at += 1;
                    continue;
                }
            };
            self.add(out, template.get_expect(plain..at), context)?;
            self.add(out, piece, context)?;
            at += length;
            plain = at;
        }
        self.add(out, template.get_expect(plain..template.len()), context)
    }
}

/// The group that one or two digits name, and how long the reference is.
fn numbered(
    first: Option<u8>,
    second: Option<u8>,
    captures: &[JsValue],
) -> Option<(usize, &JsValue)> {
    let digit = |unit: Option<u8>| {
        unit.filter(u8::is_ascii_digit)
            .map(|unit| usize::from(unit - b'0'))
    };
    let first = digit(first)?;
    let group = |number: usize| number.checked_sub(1).and_then(|index| captures.get(index));
    let two = digit(second).and_then(|second| group(10 * first + second));
    two.map(|value| (3, value))
        .or_else(|| group(first).map(|value| (2, value)))
}

fn string_of(value: &JsValue) -> JsString {
    value.as_string().unwrap_or_default()
}
