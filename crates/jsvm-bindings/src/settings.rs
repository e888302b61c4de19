//! The settings of an application, in PocketBase's shape.
//!
//! The one rule: every key is there, with PocketBase's default for what the
//! host does not say. Knows nothing of what a setting does.

use crate::{app::App, chain::Action, error::Error, event::Event, output::Level, sql::Statement};
use serde_json::{Value, json};

/// PocketBase's settings of a new application.
pub fn default_settings() -> Value {
    let bucket = json!({
        "enabled": false, "bucket": "", "region": "", "endpoint": "", "accessKey": "",
        "secret": "", "forcePathStyle": false,
    });
    json!({
        "smtp": {
            "enabled": false, "port": 587, "host": "smtp.example.com", "username": "",
            "password": "", "authMethod": "", "tls": false, "localName": "",
        },
        "backups": { "cron": "", "cronMaxKeep": 3, "s3": bucket },
        "s3": bucket,
        "meta": {
            "appName": "Acme", "appURL": "http://localhost:8090", "senderName": "Support",
            "senderAddress": "support@example.com", "hideControls": false,
        },
        "rateLimits": { "enabled": false, "rules": [] },
        "trustedProxy": { "headers": [], "useLeftmostIP": false },
        "batch": { "enabled": false, "maxRequests": 50, "timeout": 3, "maxBodySize": 0 },
        "logs": { "maxDays": 5, "minLevel": 0, "logIP": true, "logAuthId": false },
        "superuserIPs": [],
    })
}

/// Whether names and kinds of values are those of PocketBase's settings.
///
/// # Errors
///
/// [`Error::Host`] naming the setting that is not.
pub fn check_settings(given: &Value) -> Result<(), Error> {
    check(given, &default_settings(), "settings").map_err(Error::Host)
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

impl App {
    /// Changes the settings that are given and keeps them in the database, in
    /// the table `_params`, as PocketBase does.
    ///
    /// They hold from the end of the transaction on, around which the handlers
    /// of `onSettingsReload` run.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for what is no setting, or if the host has no database.
    pub fn save_settings(&self, given: Value) -> Result<(), Error> {
        check_settings(&given)?;
        let mut settings = (*self.settings()).clone();
        merge(&mut settings, given);
        params::put(self, &settings)?;
        self.after(Box::new(move |app, err| {
            if err.is_none() {
                reload(app, settings);
            }
        }));
        Ok(())
    }

    /// Takes the settings that are kept in the database, if there are any.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if they cannot be read; PocketBase can encrypt them.
    pub fn load_settings(&self) -> Result<(), Error> {
        if let Some(kept) = params::get(self)? {
            self.set_settings(kept);
        }
        Ok(())
    }
}

fn reload(app: &App, settings: Value) {
    let action: Action = Box::new(move |event| {
        event.app().set_settings(settings);
        Ok(())
    });
    let event = Event::new(app.clone());
    if let Err(err) = app.emit(&["onSettingsReload"], event, action) {
        app.log(Level::Error, &format!("onSettingsReload: {err}"));
    }
}

/// The row of the table.
mod params {
    use super::{App, Error, Statement, Value};
    use crate::datetime::DateTime;
    use std::time::Duration;

    pub(super) fn put(app: &App, settings: &Value) -> Result<(), Error> {
        run(
            app,
            "CREATE TABLE IF NOT EXISTS _params (id TEXT PRIMARY KEY NOT NULL, value JSON, \
             created TEXT DEFAULT '' NOT NULL, updated TEXT DEFAULT '' NOT NULL)",
            Vec::new(),
        )?;
        let (text, now) = (settings.to_string(), DateTime::now().to_string());
        run(
            app,
            "INSERT INTO _params (id, value, created, updated) VALUES ('settings', ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET value = excluded.value, updated = excluded.updated",
            vec![text.into(), now.clone().into(), now.into()],
        )
        .map(drop)
    }

    pub(super) fn get(app: &App) -> Result<Option<Value>, Error> {
        let tables = "SELECT 1 FROM sqlite_master WHERE name = '_params'";
        if run(app, tables, Vec::new())?.is_empty() {
            return Ok(None);
        }
        let row = run(
            app,
            "SELECT value FROM _params WHERE id = 'settings'",
            Vec::new(),
        )?;
        let Some(kept) = row
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
        else {
            return Ok(None);
        };
        let text = crate::cast::to_text(&kept);
        match serde_json::from_str(&text) {
            Ok(Value::Object(kept)) => Ok(Some(known(kept).into())),
            _ => Err(Error::host(
                "the settings in the table _params are no JSON object; if PocketBase encrypted \
                 them, write what is needed into [settings]",
            )),
        }
    }

    /// Only what is a setting of this version.
    fn known(mut kept: serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
        let defaults = super::default_settings();
        kept.retain(|name, value| {
            let default = defaults.get(name);
            default.is_some_and(|default| super::check(value, default, name).is_ok())
        });
        kept
    }

    fn run(app: &App, sql: &str, values: Vec<Value>) -> Result<Vec<Vec<Value>>, Error> {
        /// One row; another process may be writing.
        const PATIENCE: Duration = Duration::from_secs(10);
        let outcome = app.rows().run_sql(&Statement {
            sql: sql.into(),
            values,
            timeout: PATIENCE,
        })?;
        Ok(outcome.rows)
    }
}

/// Puts what is given over what there is, key by key.
pub(crate) fn merge(into: &mut Value, given: Value) {
    match (into, given) {
        (Value::Object(known), Value::Object(given)) => {
            for (key, value) in given {
                merge(known.entry(key).or_insert(Value::Null), value);
            }
        }
        (known, given) => *known = given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_stays() {
        let mut settings = default_settings();
        merge(
            &mut settings,
            json!({ "meta": { "appName": "Shop" }, "superuserIPs": ["::1"] }),
        );
        assert_eq!(settings["meta"]["appName"], "Shop");
        assert_eq!(settings["meta"]["senderName"], "Support");
        assert_eq!(settings["superuserIPs"], json!(["::1"]));
    }
}
