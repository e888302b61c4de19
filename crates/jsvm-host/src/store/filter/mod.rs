//! PocketBase's filter and sort expressions, as SQL.
//!
//! The one rule: values are bound and names come from the schema; no text of
//! an expression ever becomes SQL. Knows nothing of connections.

mod compare;
mod compile;
mod lexer;
mod macros;
mod parser;
mod path;
mod request;

use jsvm::{Collection, Error};
use rusqlite::types::Value as Sql;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Where expressions are looked up.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Every collection, for relations.
    pub(super) collections: &'a [Arc<Collection>],
    /// The collection that is asked.
    pub(super) collection: &'a Collection,
    /// Its table, quoted; a record that is not stored yet has another one.
    pub(super) table: &'a str,
    /// What `@request.*` stands for.
    pub(super) request: Option<&'a Value>,
}

/// Who wrote an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// The application: a rule or a script.
    Application,
    /// A client, who must not learn of hidden fields.
    Client,
}

impl Author {
    /// How long an expression may be, in bytes.
    fn max_length(self) -> usize {
        match self {
            Self::Application => 100_000,
            Self::Client => 3500,
        }
    }

    /// How many fields may be sorted by.
    fn max_sorts(self) -> usize {
        match self {
            Self::Application => 100,
            Self::Client => 8,
        }
    }
}

/// A filter as its author wrote it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// The expression; empty is every record.
    pub(super) text: &'a str,
    /// Values for its place holders.
    pub(super) params: Option<&'a Map<String, Value>>,
    /// Who wrote it.
    pub(super) author: Author,
}

impl<'a> Source<'a> {
    /// An expression of the application without place holders.
    pub(super) fn rule(text: &'a str) -> Self {
        Self {
            text,
            params: None,
            author: Author::Application,
        }
    }
}

/// The alias of the table that is asked.
pub(super) const BASE: &str = "t";

/// Parts of a `SELECT` over the table [`BASE`].
#[derive(Debug, Default)]
pub(super) struct Clauses {
    /// `LEFT JOIN …`, with a space before each.
    pub(super) joins: String,
    /// What follows `WHERE`; empty is every row.
    pub(super) condition: String,
    /// What follows `ORDER BY`; empty is no order.
    pub(super) order: String,
    /// The values of `?1`, `?2` and so on.
    pub(super) params: Vec<Sql>,
}

impl Clauses {
    /// Binds one more value; returns its place holder.
    pub(super) fn bind(&mut self, value: impl Into<Sql>) -> String {
        self.params.push(value.into());
        format!("?{}", self.params.len())
    }
}

/// Turns filters, all of which must hold, and a sort into SQL.
///
/// # Errors
///
/// [`Error::Host`] that says what is wrong and where; a client that asks for
/// what only superusers may gets an [`Error::Api`].
pub(super) fn compile(
    context: Context<'_>,
    filters: &[Source<'_>],
    sort: (&str, Author),
) -> Result<Clauses, Error> {
    let mut compiler = compile::Compiler::new(context);
    for source in filters {
        // Only an empty text is no filter; blanks and comments are an error.
        if !source.text.is_empty() {
            compiler.filter(source)?;
        }
    }
    if !sort.0.is_empty() {
        compiler.sort(sort.0, sort.1)?;
    }
    Ok(compiler.finish())
}

fn invalid(message: impl std::fmt::Display) -> Error {
    Error::host(format!("invalid filter: {message}"))
}

#[cfg(test)]
mod tests;
