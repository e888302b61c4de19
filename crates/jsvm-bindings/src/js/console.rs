//! `console`, as PocketBase's.
//!
//! The one rule: every line goes to the host's `Output`, unformatted.

use super::{
    HostData,
    class::{Class, arg},
};
use crate::{
    executor::Executor,
    output::{Level, Origin},
};
use boa_engine::{Context, JsResult, JsValue, js_string, property::Attribute};
use jsvm_core::value;

/// Adds `console` to the global object.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let console = object(context)?;
    context.register_global_property(js_string!("console"), console, Attribute::all())
}

/// A `console` of its own.
pub(super) fn object(context: &mut Context) -> JsResult<JsValue> {
    Ok(CONSOLE.prototype(None, context)?.into())
}

const CONSOLE: Class = Class {
    methods: &[
        ("log", 1, |_, args, context| {
            print(Level::Info, args, context)
        }),
        ("info", 1, |_, args, context| {
            print(Level::Info, args, context)
        }),
        ("debug", 1, |_, args, context| {
            print(Level::Debug, args, context)
        }),
        ("warn", 1, |_, args, context| {
            print(Level::Warn, args, context)
        }),
        ("error", 1, |_, args, context| {
            print(Level::Error, args, context)
        }),
    ],
    getters: &[],
    accessors: &[],
};

fn print(level: Level, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let line = format(args, context)?;
    let app = HostData::of(context).env.app.clone();
    let mut origin = || Origin {
        hook: Executor::current().and_then(|executor| executor.running()),
        position: jsvm_core::position(context),
    };
    app.output().print_from(level, &line, &mut origin);
    Ok(JsValue::undefined())
}

/// PocketBase: the first argument is a format if it is a string; what is left
/// over is joined by spaces.
pub(super) fn format(args: &[JsValue], context: &mut Context) -> JsResult<String> {
    let mut rest = args;
    let mut line = String::new();
    if let Some(format) = arg(args, 0).as_string() {
        rest = &args[1..];
        let format = format.to_std_string_lossy();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek(), rest.first()) {
                ('%', Some('%'), Some(_)) => {
                    chars.next();
                    line.push('%');
                }
                ('%', Some(verb @ ('s' | 'd' | 'j')), Some(value)) => {
                    line.push_str(&verb_text(*verb, value, context)?);
                    chars.next();
                    rest = &rest[1..];
                }
                _ => line.push(c),
            }
        }
    }
    for (index, value) in rest.iter().enumerate() {
        if index > 0 || rest.len() < args.len() {
            line.push(' ');
        }
        line.push_str(&string_of(value, context)?);
    }
    Ok(line)
}

fn verb_text(verb: char, value: &JsValue, context: &mut Context) -> JsResult<String> {
    match verb {
        // As JSON.stringify, which gives no text for these.
        'j' if value.is_undefined() || value.is_callable() || value.is_symbol() => {
            Ok("undefined".to_owned())
        }
        'j' => Ok(super::convert::to_plain(value, context)?.to_string()),
        'd' => {
            let number = value.to_number(context)?;
            string_of(&number.into(), context)
        }
        _ => string_of(value, context),
    }
}

/// `String(value)`; symbols have no other text.
fn string_of(value: &JsValue, context: &mut Context) -> JsResult<String> {
    if value.is_symbol() {
        return Ok(value::display(value, context));
    }
    Ok(value.to_string(context)?.to_std_string_lossy())
}
