//! The collection of superusers, and the first of them.
//!
//! The one rule: nobody becomes a superuser by anything but the environment of
//! the process or another superuser; no hook sees it happen.

use crate::store::Sqlite;
use jsvm::{DateTime, Error, Query, Record, Rows, SUPERUSERS, random_id, security};
use serde_json::{Value, json};
use std::fmt;

/// Who may do everything: `email:password`.
#[derive(Clone, PartialEq, Eq)]
pub struct Superuser {
    email: String,
    password: String,
}

impl fmt::Debug for Superuser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Superuser")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl Superuser {
    /// Reads `email:password`; the password may hold colons.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if there is no colon or nothing on one side of it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.split_once(':') {
            Some((email, password)) if !email.is_empty() && !password.is_empty() => Ok(Self {
                email: email.to_owned(),
                password: password.to_owned(),
            }),
            _ => Err(Error::host(
                "a superuser is written email:password, such as root@example.com:a-long-secret",
            )),
        }
    }
}

impl Sqlite {
    /// Makes the collection of superusers unless it is there.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the database refuses.
    pub fn prepare_superusers(&self) -> Result<(), Error> {
        let rule = Value::Null;
        self.import(&json!([{
            "id": "pbc_3142635823",
            "name": SUPERUSERS,
            "type": "auth",
            "system": true,
            "listRule": rule, "viewRule": rule, "createRule": rule,
            "updateRule": rule, "deleteRule": rule,
            "authToken": { "duration": 86_400 },
            "fields": [
                { "name": "created", "type": "autodate", "onCreate": true },
                { "name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true },
            ],
        }]))
        .map(drop)
    }

    /// Makes a superuser, or gives the one with that address this password.
    ///
    /// # Errors
    ///
    /// [`Error::Validation`] for an address or a password that is not allowed.
    pub fn put_superuser(&self, superuser: &Superuser) -> Result<(), Error> {
        self.prepare_superusers()?;
        let collection = self.collection(SUPERUSERS).ok_or(Error::NotFound)?;
        let email = superuser.email.as_str();
        let found = self.find(&collection, &Query::equals("email", email).first())?;
        let mut record = match found.into_iter().next() {
            Some(record) if record.validate_password(&superuser.password) => return Ok(()),
            Some(record) => record,
            None => Record::new(collection),
        };
        let now = DateTime::now().to_string();
        if record.is_new() {
            record.set("id", &random_id().into());
            record.set("email", &email.into());
            record.set("created", &now.clone().into());
        }
        record.set("updated", &now.into());
        record.set("verified", &true.into());
        record.set("password", &superuser.password.clone().into());
        record.refresh_token_key();
        self.validate(&record)?;
        // What it looks like does not count: only this text is the password.
        record.set(
            "password",
            &security::hash_password(&superuser.password).into(),
        );
        match record.is_new() {
            true => self.insert(&record),
            false => self.update(&record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_superuser_is_an_address_and_a_password() {
        assert!(Superuser::parse("a@b.c:x:y").is_ok_and(|one| one.password == "x:y"));
        for text in ["", "a@b.c", ":x", "a@b.c:"] {
            assert!(Superuser::parse(text).is_err(), "{text}");
        }
        let shown = format!("{:?}", Superuser::parse("a@b.c:secret").unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn putting_twice_changes_the_password() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).unwrap();
        for password in ["first-secret", "other-secret", "other-secret"] {
            let one = Superuser::parse(&format!("root@example.com:{password}")).unwrap();
            store.put_superuser(&one).unwrap();
            let collection = store.collection(SUPERUSERS).unwrap();
            let found = store.find(&collection, &Query::default()).unwrap();
            assert_eq!(found.len(), 1);
            assert!(found[0].validate_password(password));
            assert!(found[0].new_auth_token().is_ok());
        }
        let short = Superuser::parse("root@example.com:short").unwrap();
        assert!(matches!(
            store.put_superuser(&short),
            Err(Error::Validation(_))
        ));
    }
}
