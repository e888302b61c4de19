//! `anchor`, `big`, `link` and their kin: HTML around a text.
//!
//! The one rule: how long the text will be is known before it is made.

use super::{Body, Guard, arg, builder::Text, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};

const QUOTE: u16 = 0x22;
/// Units that are looked at in the time of one step.
const LOOKED_AT: usize = 256;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let methods: [(&str, Body); 13] = [
        ("anchor", |guard, this, args, context| {
            html(guard, this, Some(("name", args)), "a", context)
        }),
        ("big", |guard, this, _, context| {
            html(guard, this, None, "big", context)
        }),
        ("blink", |guard, this, _, context| {
            html(guard, this, None, "blink", context)
        }),
        ("bold", |guard, this, _, context| {
            html(guard, this, None, "b", context)
        }),
        ("fixed", |guard, this, _, context| {
            html(guard, this, None, "tt", context)
        }),
        ("fontcolor", |guard, this, args, context| {
            html(guard, this, Some(("color", args)), "font", context)
        }),
        ("fontsize", |guard, this, args, context| {
            html(guard, this, Some(("size", args)), "font", context)
        }),
        ("italics", |guard, this, _, context| {
            html(guard, this, None, "i", context)
        }),
        ("link", |guard, this, args, context| {
            html(guard, this, Some(("href", args)), "a", context)
        }),
        ("small", |guard, this, _, context| {
            html(guard, this, None, "small", context)
        }),
        ("strike", |guard, this, _, context| {
            html(guard, this, None, "strike", context)
        }),
        ("sub", |guard, this, _, context| {
            html(guard, this, None, "sub", context)
        }),
        ("sup", |guard, this, _, context| {
            html(guard, this, None, "sup", context)
        }),
    ];
    let string = context.intrinsics().constructors().string().prototype();
    for (name, body) in methods {
        replace(&string, name, body, shared, context)?;
    }
    Ok(())
}

/// `CreateHTML` of the standard.
fn html(
    guard: &Guard,
    this: &JsValue,
    attribute: Option<(&str, &[JsValue])>,
    tag: &str,
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = this.require_object_coercible()?.to_string(context)?;
    let attribute = match attribute {
        Some((name, args)) => Some((name, arg(args, 0).to_string(context)?)),
        None => None,
    };
    let start = match attribute {
        Some((name, value)) => [
            js_string!(format!("<{tag} {name}=\"")),
            guard.quoted(&value, context)?,
            js_string!("\">"),
        ],
        None => [js_string!(format!("<{tag}>")), js_string!(), js_string!()],
    };
    let end = js_string!(format!("</{tag}>"));
    let pieces = [&start[0], &start[1], &start[2], &text, &end];
    let units = pieces.iter().map(|piece| piece.len() as u64).sum();
    guard.text(units, context)?;
    guard.reserve(units * 2, context)?;
    guard.spend(units / LOOKED_AT as u64, context)?;
    Ok(JsString::concat_array(&pieces.map(JsString::as_str)).into())
}

impl Guard {
    /// A text with `&quot;` for each quote.
    fn quoted(&self, text: &JsString, context: &mut Context) -> JsResult<JsString> {
        const ESCAPED: &[u8] = b"&quot;";
        let mut quotes = 0;
        for (at, unit) in text.iter().enumerate() {
            if at % LOOKED_AT == 0 {
                self.spend(1, context)?;
            }
            quotes += u64::from(unit == QUOTE);
        }
        if quotes == 0 {
            return Ok(text.clone());
        }
        let units = text.len() as u64 + quotes * (ESCAPED.len() as u64 - 1);
        self.text(units, context)?;
        self.reserve(units * 2, context)?;
        let mut out = Text::new();
        for (at, unit) in text.iter().enumerate() {
            if at % LOOKED_AT == 0 {
                self.spend(1, context)?;
            }
            match unit {
                QUOTE => out.push_bytes(ESCAPED),
                unit => out.push_units(&[unit]),
            }
        }
        Ok(out.finish())
    }
}
