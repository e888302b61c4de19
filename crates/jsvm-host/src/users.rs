//! The collection of users that PocketBase starts with.
//!
//! The one rule: data that has collections of its own is left alone.

use crate::store::Sqlite;
use jsvm::{Error, Rows};
use serde_json::json;

impl Sqlite {
    /// Makes PocketBase's collection `users` in data without any but those of
    /// the system.
    ///
    /// Migrations that were written for PocketBase expect it under that name,
    /// or under its id, `_pb_users_auth_`.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the database refuses.
    pub fn prepare_users(&self) -> Result<(), Error> {
        if self.collections().iter().any(|it| !it.system) {
            return Ok(());
        }
        let own = "id = @request.auth.id";
        let images = [
            "image/jpeg",
            "image/png",
            "image/svg+xml",
            "image/gif",
            "image/webp",
        ];
        self.import(&json!([{
            "id": "_pb_users_auth_",
            "name": "users",
            "type": "auth",
            "listRule": own, "viewRule": own, "createRule": "",
            "updateRule": own, "deleteRule": own,
            "fields": [
                { "name": "name", "type": "text", "max": 255 },
                { "name": "avatar", "type": "file", "maxSelect": 1, "mimeTypes": images },
                { "name": "created", "type": "autodate", "onCreate": true },
                { "name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true },
            ],
        }]))
        .map(drop)
    }
}
