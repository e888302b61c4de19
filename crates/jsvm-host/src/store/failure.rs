//! What SQLite's errors become.
//!
//! The one rule: a value that must be unique is the field's error, anything
//! else is the host's and says what was being done. Knows nothing of HTTP.

use jsvm::{Collection, Error, FieldError};
use rusqlite::{ErrorCode, ffi};
use std::{collections::BTreeMap, fmt::Display, path::Path};

/// The database file could not be opened or set up.
pub(super) fn opening(path: &Path, err: &rusqlite::Error) -> Error {
    Error::host(format!("{}: {err}", path.display()))
}

/// Something was asked of the database, and it did not do it.
///
/// What no client and no script is to blame for is logged here, as they may
/// make anything of the error.
pub(super) fn doing(what: impl Display, err: &rusqlite::Error) -> Error {
    if is_of_the_machine(err) {
        tracing::error!(target: "jsvm::store", error = %err, "the database fails: {what}");
    }
    Error::host(format!("{what}: {err}"))
}

/// The disk, its rights or the file itself.
fn is_of_the_machine(err: &rusqlite::Error) -> bool {
    matches!(
        err.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::CannotOpen
        )
    )
}

/// A row of `collection` could not be written.
pub(super) fn writing(collection: &Collection, err: &rusqlite::Error) -> Error {
    let fields = not_unique(collection, err);
    if fields.is_empty() {
        return doing(format_args!("collection {:?}", collection.name), err);
    }
    Error::Validation(fields)
}

/// The fields that SQLite names in `UNIQUE constraint failed: posts.a, posts.b`.
///
/// An index on an expression has no field to blame and is named by itself.
fn not_unique(collection: &Collection, err: &rusqlite::Error) -> BTreeMap<String, FieldError> {
    let rusqlite::Error::SqliteFailure(code, Some(message)) = err else {
        return BTreeMap::new();
    };
    let is_unique = matches!(
        code.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
    );
    let Some((_, columns)) = message.split_once("failed: ").filter(|_| is_unique) else {
        return BTreeMap::new();
    };
    let prefix = format!("{}.", collection.name);
    let is_named = |name: &str| {
        columns
            .split(", ")
            .filter_map(|column| column.strip_prefix(&prefix))
            .any(|column| column.eq_ignore_ascii_case(name))
    };
    collection
        .fields
        .iter()
        .filter(|field| is_named(&field.name))
        .map(|field| {
            let err = FieldError::new("validation_not_unique", "Value must be unique");
            (field.name.clone(), err)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machines_faults_are_the_operators() {
        for (code, wanted) in [
            (ffi::SQLITE_FULL, true),
            (ffi::SQLITE_IOERR_WRITE, true),
            (ffi::SQLITE_CORRUPT, true),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, false),
            (ffi::SQLITE_BUSY, false),
            (ffi::SQLITE_ERROR, false),
        ] {
            let err = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(is_of_the_machine(&err), wanted, "{code}");
        }
    }
}
