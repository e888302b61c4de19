//! What a `CREATE INDEX` statement says.
//!
//! The one rule: only the name, the table and whether it is unique are looked
//! at; columns and condition are kept as they were written.

use super::Collection;

/// A `CREATE INDEX` statement in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Whether each value may be there once.
    pub is_unique: bool,
    /// The name, without quotes.
    pub name: String,
    /// The table, without quotes.
    pub table: String,
    /// What is between the parentheses.
    pub columns: String,
    /// What follows them: empty, or a `WHERE`.
    rest: String,
}

impl Index {
    /// An index for a table that [`on`](Self::on) is told.
    pub(crate) fn new(name: &str, is_unique: bool, columns: &str, rest: &str) -> Self {
        Self {
            is_unique,
            name: name.to_owned(),
            table: String::new(),
            columns: columns.trim().to_owned(),
            rest: rest.trim().to_owned(),
        }
    }

    /// Reads a statement; `None` if it is no `CREATE INDEX`.
    pub fn parse(sql: &str) -> Option<Self> {
        let rest = keyword(sql, "CREATE")?;
        let unique = keyword(rest, "UNIQUE");
        let rest = keyword(unique.unwrap_or(rest), "INDEX")?;
        let there = keyword(rest, "IF").and_then(|it| keyword(keyword(it, "NOT")?, "EXISTS"));
        let (name, rest) = identifier(there.unwrap_or(rest))?;
        // The schema may stand before the name.
        let (name, rest) = match rest.strip_prefix('.') {
            Some(rest) => identifier(rest)?,
            None => (name, rest),
        };
        let (table, rest) = identifier(keyword(rest, "ON")?)?;
        let rest = rest.trim_start().strip_prefix('(')?;
        let end = closing(rest)?;
        Some(Self {
            is_unique: unique.is_some(),
            name,
            table,
            columns: rest[..end].trim().to_owned(),
            rest: rest[end + 1..].trim().trim_end_matches(';').to_owned(),
        })
    }

    /// The statement for a table.
    pub(crate) fn on(&self, table: &str) -> String {
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
        let (name, table) = (quoted(&self.name), quoted(table));
        let sql = format!(
            "CREATE {unique}INDEX {name} ON {table} ({}) {}",
            self.columns, self.rest
        );
        sql.trim_end().to_owned()
    }
}

impl Collection {
    /// Whether an index allows each value of the field once.
    pub fn has_unique_index(&self, field: &str) -> bool {
        let mut indexes = self.indexes.iter().filter_map(|sql| Index::parse(sql));
        indexes.any(|index| {
            let column = index.columns.trim_matches(['`', '"', '[', ']']);
            index.is_unique && column.eq_ignore_ascii_case(field)
        })
    }
}

/// What follows a keyword; `None` if it is not there.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let (start, rest) = text.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    (start.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

/// A name in any of SQLite's quotes or none, and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let close = match first {
        '[' => ']',
        '`' | '"' | '\'' => first,
        _ => {
            let is_name = |next: char| next.is_alphanumeric() || next == '_' || next == '$';
            let end = text.find(|next| !is_name(next)).unwrap_or(text.len());
            return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
        }
    };
    let mut name = String::new();
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, next)) = rest.next() {
        if next != close {
            name.push(next);
        } else if close != ']' && rest.peek().is_some_and(|(_, next)| *next == close) {
            name.push(close);
            rest.next();
        } else {
            return Some((name, &text[at + next.len_utf8()..]));
        }
    }
    None
}

/// Where the parenthesis that is open is closed.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, next) in text.char_indices() {
        match (quote, next) {
            (Some(open), _) if open == next => quote = None,
            (Some(_), _) => {}
            (None, '`' | '"' | '\'') => quote = Some(next),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => return Some(at),
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_come_apart_and_together() {
        for (sql, wanted) in [
            ("create index a on b (c)", "CREATE INDEX `a` ON `new` (c)"),
            (
                "CREATE UNIQUE INDEX IF NOT EXISTS `a b` ON [x y] (`c`, lower(\"d)\")) WHERE c != '';",
                "CREATE UNIQUE INDEX `a b` ON `new` (`c`, lower(\"d)\")) WHERE c != ''",
            ),
            (
                "CREATE INDEX main.\"q\"\"\"ON t(a)",
                "CREATE INDEX `q\"` ON `new` (a)",
            ),
        ] {
            assert_eq!(Index::parse(sql).unwrap().on("new"), wanted);
        }
        for sql in [
            "",
            "DROP INDEX a",
            "CREATE INDEX a",
            "CREATE INDEX a ON b (c",
            "CREATE INDEXa ON b (c)",
        ] {
            assert_eq!(Index::parse(sql), None, "{sql}");
        }
    }
}
