//! `Symbol.split`.
//!
//! The one rule: where nobody can see the splitter, the next match is looked
//! for at once; else it is asked in each place, as the standard says.

use super::{
    Guard, Pattern, advance, exec::Found, flags_of, intrinsics, last_index, receiver,
    set_last_index, species,
};
use crate::{
    error::LimitHit,
    guards::{arg, length_of},
    regexp::Regexp,
};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, js_string, object::builtins::JsArray,
};
use std::rc::Rc;

/// The parts so far.
struct Parts {
    items: Vec<JsValue>,
    limit: usize,
}

impl Parts {
    /// Whether there is room for more.
    fn push(&mut self, item: JsValue) -> bool {
        self.items.push(item);
        self.items.len() < self.limit
    }
}

pub(super) fn split(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let this = receiver(this, "[Symbol.split]")?;
    let text = arg(args, 0).to_string(context)?;
    let class = species(&this, context)?;
    let flags = flags_of(&this, context)?;
    let new_flags = if flags.contains(b'y') {
        flags.clone()
    } else {
        js_string!(&flags, js_string!("y").as_str())
    };
    let given = [this.clone().into(), new_flags.into()];
    let splitter = class.construct(&given, Some(&class), context)?;
    let limit = match arg(args, 1) {
        limit if limit.is_undefined() => u32::MAX,
        limit => limit.to_u32(context)?,
    };
    let mut parts = Parts {
        items: Vec::new(),
        limit: limit as usize,
    };
    if limit > 0 {
        let is_hidden = JsObject::equals(&class, &intrinsics(context)?.constructor);
        let hidden = if is_hidden {
            guard.hidden(&splitter, &flags, context)?
        } else {
            None
        };
        match hidden {
            _ if text.is_empty() => {
                if guard.regexp_exec(&splitter, &text, context)?.is_none() {
                    parts.push(text.into());
                }
            }
            Some(regexp) => guard.split_at_once(&regexp, &text, &mut parts, context)?,
            None => {
                let is_unicode = flags.contains(b'u') || flags.contains(b'v');
                guard.split_by_places(&splitter, &text, is_unicode, &mut parts, context)?;
            }
        }
    }
    Ok(JsArray::from_iter(parts.items, context).into())
}

impl Guard {
    /// The pattern to search with, if the splitter is none but ours.
    fn hidden(
        &self,
        splitter: &JsObject,
        flags: &JsString,
        context: &mut Context,
    ) -> JsResult<Option<Rc<Regexp>>> {
        let exec = splitter.get(js_string!("exec"), context)?;
        let ours = &intrinsics(context)?.exec;
        let is_ours = exec
            .as_object()
            .is_some_and(|exec| JsObject::equals(&exec, ours));
        let source = splitter
            .downcast_ref::<Pattern>()
            .map(|pattern| pattern.source.clone());
        let Some(source) = source.filter(|_| is_ours) else {
            return Ok(None);
        };
        let units = flags.iter().filter(|&unit| unit != u16::from(b'y'));
        let flags = JsString::from(&units.collect::<Vec<_>>()[..]);
        self.pattern(source, flags, context)
            .map(|pattern| Some(pattern.regexp))
    }

    fn split_at_once(
        &self,
        regexp: &Rc<Regexp>,
        text: &JsString,
        parts: &mut Parts,
        context: &mut Context,
    ) -> JsResult<()> {
        let is_unicode = regexp.flags().is_unicode();
        let (mut last, mut from) = (0, 0);
        while from < text.len() {
            self.tick(context)?;
            let Some(found) = self.find(regexp, text, from, context)? else {
                break;
            };
            let range = found.range();
            if range.start >= text.len() {
                break;
            }
            if range.end == last {
                from = usize::try_from(advance(text, range.start as u64, is_unicode))
                    .unwrap_or(usize::MAX);
                continue;
            }
            let mut has_room = parts.push(text.get_expect(last..range.start).into());
            last = range.end;
            for group in 1..=regexp.groups() {
                has_room = has_room && parts.push(super::exec::capture(&found, group, text));
            }
            if !has_room {
                return Ok(());
            }
            from = last;
        }
        parts.push(text.get_expect(last..text.len()).into());
        Ok(())
    }

    fn split_by_places(
        &self,
        splitter: &JsObject,
        text: &JsString,
        is_unicode: bool,
        parts: &mut Parts,
        context: &mut Context,
    ) -> JsResult<()> {
        let size = text.len() as u64;
        let (mut last, mut at) = (0_u64, 0_u64);
        while at < size {
            self.tick(context)?;
            set_last_index(splitter, at, context)?;
            let Some(found) = self.regexp_exec(splitter, text, context)? else {
                at = advance(text, at, is_unicode);
                continue;
            };
            let end = last_index(splitter, context)?.min(size);
            if end == last {
                at = advance(text, at, is_unicode);
                continue;
            }
            if !parts.push(part(text, last, at).into()) {
                return Ok(());
            }
            last = end;
            if !self.captures(found, text, parts, context)? {
                return Ok(());
            }
            at = last;
        }
        parts.push(part(text, last, size).into());
        Ok(())
    }

    /// Adds what the groups of a match took; whether there is room for more.
    fn captures(
        &self,
        found: Found,
        text: &JsString,
        parts: &mut Parts,
        context: &mut Context,
    ) -> JsResult<bool> {
        let object = found.into_object(text, context)?;
        let limit = self.shared.execution().limits().array_length;
        for group in 1..length_of(&object, context)? {
            self.tick(context)?;
            if parts.items.len() as u64 >= limit {
                return Err(self.shared.end(LimitHit::ArrayLength(limit), context));
            }
            if !parts.push(object.get(group, context)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn part(text: &JsString, from: u64, to: u64) -> JsString {
    // A splitter of the script may go back; an empty part is then the least.
    let at = |index: u64| usize::try_from(index).unwrap_or(usize::MAX).min(text.len());
    text.get_expect(at(from)..at(to).max(at(from)))
}
