//! `[settings]`: what `$app.settings()` tells scripts.
//!
//! The one rule: names and kinds of values are PocketBase's; a name that it
//! does not know is an error.

use jsvm_bindings::default_settings;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// Reads the settings that differ from PocketBase's.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Map<String, Value>, D::Error> {
    let given = Map::deserialize(from)?;
    check(
        &Value::Object(given.clone()),
        &default_settings(),
        "settings",
    )
    .map_err(de::Error::custom)?;
    Ok(given)
}

fn check(given: &Value, known: &Value, path: &str) -> Result<(), String> {
    let (Value::Object(given), Value::Object(known)) = (given, known) else {
        let is_same = std::mem::discriminant(given) == std::mem::discriminant(known);
        return match is_same {
            true => Ok(()),
            false => Err(format!("{path} is of another kind, write it like {known}")),
        };
    };
    for (name, given) in given {
        let path = format!("{path}.{name}");
        let known = known
            .get(name)
            .ok_or_else(|| format!("there is no {path} among PocketBase's settings"))?;
        check(given, known, &path)?;
    }
    Ok(())
}
