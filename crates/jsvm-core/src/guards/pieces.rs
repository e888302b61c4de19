//! Functions that turn one long text into another one: cases, normal forms,
//! `encodeURI` and its kin, `escape`, `unescape` and `RegExp.escape`.
//!
//! The one rule: the engine's own function gets the text in pieces, cut only
//! where it makes no difference, and the limits are asked between them.

use super::{Guard, arg, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsResult, JsStr, JsString, JsValue, js_string, string::JsStrVariant};
use std::cell::Cell;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let string = context.intrinsics().constructors().string().prototype();
    replace(&string, "toUpperCase", upper, shared, context)?;
    replace(&string, "toLocaleUpperCase", upper, shared, context)?;
    replace(&string, "toLowerCase", lower, shared, context)?;
    replace(&string, "toLocaleLowerCase", lower, shared, context)?;
    replace(&string, "normalize", normalize, shared, context)?;
    let global = context.global_object();
    replace(&global, "encodeURI", encode, shared, context)?;
    replace(&global, "encodeURIComponent", encode, shared, context)?;
    replace(&global, "decodeURI", decode, shared, context)?;
    replace(&global, "decodeURIComponent", decode, shared, context)?;
    replace(&global, "escape", escape, shared, context)?;
    replace(&global, "unescape", unescape, shared, context)?;
    let regexp = context.intrinsics().constructors().regexp().constructor();
    replace(&regexp, "escape", escape_pattern, shared, context)
}

/// Units of one piece, if it can be cut there.
const PIECE: usize = 8192;

impl Guard {
    /// Calls `work` with one piece after the other; a cut is in front of a unit
    /// of which `may_cut` says yes.
    fn in_pieces(
        &self,
        text: &JsString,
        may_cut: impl Fn(&JsString, usize) -> bool,
        context: &mut Context,
        work: impl Fn(JsString, &mut Context) -> JsResult<JsValue>,
    ) -> JsResult<JsValue> {
        /// Units that are turned in the time of one step.
        const UNITS: usize = 8;
        self.spend((text.len().min(PIECE) / UNITS) as u64, context)?;
        if text.len() <= PIECE {
            return work(text.clone(), context);
        }
        let mut out: Vec<u16> = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let mut end = (start + PIECE).min(text.len());
            while end < text.len() && !may_cut(text, end) {
                end += 1;
            }
            self.spend(((end - start) / UNITS) as u64, context)?;
            let made = work(text.slice(start, end), context)?.to_string(context)?;
            self.text((out.len() + made.len()) as u64, context)?;
            out.extend(made.iter());
            start = end;
        }
        Ok(JsString::from(&out[..]).into())
    }
}

impl Guard {
    /// The other case of a text of nothing but ASCII.
    fn ascii_case(
        &self,
        text: &JsString,
        turn: impl Fn(&mut [u8]),
        context: &mut Context,
    ) -> JsResult<Option<JsString>> {
        /// Units that are turned in the time of one step.
        const UNITS: usize = 64;
        let JsStrVariant::Latin1(units) = text.variant() else {
            return Ok(None);
        };
        if !units.is_ascii() {
            return Ok(None);
        }
        self.spend((units.len() / UNITS) as u64, context)?;
        self.reserve(units.len() as u64 * 2, context)?;
        let mut turned = units.to_vec();
        turn(&mut turned);
        if turned == units {
            return Ok(Some(text.clone()));
        }
        Ok(Some(JsStr::latin1(&turned).into()))
    }
}

fn unit(text: &JsString, at: usize) -> u16 {
    text.code_unit_at(at).unwrap_or(0)
}

fn ascii(text: &JsString, at: usize) -> Option<u8> {
    u8::try_from(unit(text, at)).ok().filter(u8::is_ascii)
}

/// Not within a pair of surrogates.
fn between_characters(text: &JsString, at: usize) -> bool {
    !(0xDC00..0xE000).contains(&unit(text, at))
}

fn upper(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this.require_object_coercible()?.to_string(context)?;
    if let Some(made) = guard.ascii_case(&text, <[u8]>::make_ascii_uppercase, context)? {
        return Ok(made.into());
    }
    guard.in_pieces(&text, between_characters, context, |piece, context| {
        guard.originals[0].call(&piece.into(), args, context)
    })
}

fn lower(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    /// What becomes of it depends on the letters around it.
    const SIGMA: u16 = 0x3A3;
    let text = this.require_object_coercible()?.to_string(context)?;
    if let Some(made) = guard.ascii_case(&text, <[u8]>::make_ascii_lowercase, context)? {
        return Ok(made.into());
    }
    let has_sigma = text.len() > PIECE && text.iter().any(|unit| unit == SIGMA);
    let may_cut = |text: &JsString, at: usize| {
        if has_sigma {
            matches!(ascii(text, at), Some(b' ' | b'\n'))
        } else {
            between_characters(text, at)
        }
    };
    guard.in_pieces(&text, may_cut, context, |piece, context| {
        guard.originals[0].call(&piece.into(), args, context)
    })
}

/// Nothing in front of an ASCII character combines with it.
fn normalize(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this.require_object_coercible()?.to_string(context)?;
    let form = arg(args, 0);
    let form = if form.is_undefined() {
        js_string!("NFC")
    } else {
        form.to_string(context)?
    };
    let may_cut = |text: &JsString, at: usize| ascii(text, at).is_some();
    guard.in_pieces(&text, may_cut, context, |piece, context| {
        guard.originals[0].call(&piece.into(), &[form.clone().into()], context)
    })
}

/// A function of a text alone.
fn of_text(
    guard: &Guard,
    args: &[JsValue],
    may_cut: impl Fn(&JsString, usize) -> bool,
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = arg(args, 0).to_string(context)?;
    guard.in_pieces(&text, may_cut, context, |piece, context| {
        guard.originals[0].call(&JsValue::undefined(), &[piece.into()], context)
    })
}

fn encode(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    of_text(guard, args, between_characters, context)
}

fn escape(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    of_text(guard, args, |_, _| true, context)
}

/// `RegExp.escape`, for which only the first letter or digit is special; a piece
/// behind it gets a start that is neither.
fn escape_pattern(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(text) = arg(args, 0).as_string() else {
        return guard.originals[0].call(this, args, context);
    };
    let is_first = Cell::new(true);
    guard.in_pieces(&text, between_characters, context, |piece, context| {
        if is_first.replace(false) {
            return guard.originals[0].call(this, &[piece.into()], context);
        }
        let start = js_string!("_");
        let piece = JsString::concat(start.as_str(), piece.as_str());
        let made = guard.originals[0].call(this, &[piece.into()], context)?;
        let made = made.to_string(context)?;
        Ok(made.slice(start.len(), made.len()).into())
    })
}

/// Whether one of so many units in front of a place is a percent sign.
fn is_escaped(text: &JsString, at: usize, units: usize) -> bool {
    (at.saturating_sub(units)..at).any(|at| ascii(text, at) == Some(b'%'))
}

/// Not within an escape, nor between those of one character.
fn decode(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let may_cut = |text: &JsString, at: usize| {
        if is_escaped(text, at, 2) {
            return false;
        }
        let is_start = ascii(text, at) == Some(b'%');
        let continues = matches!(
            ascii(text, at + 1),
            Some(b'8' | b'9' | b'A' | b'B' | b'a' | b'b')
        );
        !(is_start && continues)
    };
    of_text(guard, args, may_cut, context)
}

fn unescape(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let may_cut =
        |text: &JsString, at: usize| ascii(text, at) == Some(b'%') || !is_escaped(text, at, 5);
    of_text(guard, args, may_cut, context)
}
