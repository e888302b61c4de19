//! `[settings]`: what `$app.settings()` tells scripts.
//!
//! The one rule: names and kinds of values are PocketBase's; a name that it
//! does not know is an error.

use jsvm_bindings::check_settings;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// Reads the settings that differ from PocketBase's.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    let given = Map::deserialize(from)?;
    check_settings(&Value::Object(given.clone())).map_err(de::Error::custom)?;
    Ok(given)
}
