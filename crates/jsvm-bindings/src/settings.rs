//! The settings of an application, in PocketBase's shape.
//!
//! The one rule: every key is there, with PocketBase's default for what the
//! host does not say. Knows nothing of what a setting does.

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
