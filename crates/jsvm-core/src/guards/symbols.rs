//! `Symbol.for` and `Symbol.keyFor`.
//!
//! The one rule: a registered symbol lives as long as its VM. The engine keeps
//! its own registry for the whole process, where nothing is ever freed.

use super::{Guard, arg, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsNativeError, JsResult, JsString, JsSymbol, JsValue};
use std::collections::HashMap;

/// Units of a key that are hashed in the time of one step.
const HASHED: usize = 256;

/// The symbols that scripts of one VM have registered.
#[derive(Default)]
pub(crate) struct Registry {
    symbols: HashMap<JsString, JsSymbol>,
    keys: HashMap<JsSymbol, JsString>,
}

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let symbol = context.intrinsics().constructors().symbol().constructor();
    replace(&symbol, "for", symbol_for, shared, context)?;
    replace(&symbol, "keyFor", key_for, shared, context)
}

fn symbol_for(
    guard: &Guard,
    _: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let key = arg(args, 0).to_string(context)?;
    guard.spend((key.len() / HASHED) as u64, context)?;
    let mut registry = guard.shared.symbols();
    if let Some(known) = registry.symbols.get(&key) {
        return Ok(known.clone().into());
    }
    let made = JsSymbol::new(Some(key.clone()))
        .ok_or_else(|| JsNativeError::range().with_message("there are too many symbols"))?;
    registry.symbols.insert(key.clone(), made.clone());
    registry.keys.insert(made.clone(), key);
    Ok(made.into())
}

fn key_for(guard: &Guard, _: &JsValue, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let Some(symbol) = arg(args, 0).as_symbol() else {
        return Err(JsNativeError::typ()
            .with_message("Symbol.keyFor: sym is not a symbol")
            .into());
    };
    let registry = guard.shared.symbols();
    Ok(registry
        .keys
        .get(&symbol)
        .cloned()
        .map_or_else(JsValue::undefined, JsValue::from))
}
