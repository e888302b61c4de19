//! SQL that scripts wrote.
//!
//! The one rule: it reaches the tables of this database and nothing else of
//! the machine, and it ends in time. Which connection it gets is its caller's.

use super::failure;
use jsvm::{Error, Outcome, Statement};
use rusqlite::{
    Connection, Row, Statement as Prepared,
    hooks::{AuthAction, AuthContext, Authorization},
    params_from_iter,
    types::{Value as Sql, ValueRef},
};
use serde_json::{Number, Value};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// Most bytes that the rows of one statement may have.
const MAX_BYTES: usize = 64 << 20;
/// After how many steps of SQLite's machine the clock is read.
const STEPS: i32 = 1000;

thread_local! {
    /// When the statement that runs on this thread has to end.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// While it lives, statements of this thread have a deadline.
pub(super) struct InTime;

impl InTime {
    /// That of the script that asks, or PocketBase's for a query.
    ///
    /// A view may take for ever, and scripts make views.
    pub(super) fn of_caller() -> Self {
        const LONGEST: Duration = Duration::from_secs(30);
        Self::until(Instant::now() + jsvm::time_left().unwrap_or(LONGEST))
    }

    fn until(deadline: Instant) -> Self {
        DEADLINE.set(Some(deadline));
        Self
    }
}

impl Drop for InTime {
    fn drop(&mut self) {
        DEADLINE.set(None);
    }
}

/// Lets a connection do nothing outside of its database from now on, and ends
/// its statements when their time is over.
pub(super) fn confine(connection: &mut Connection) -> rusqlite::Result<()> {
    let is_over = || DEADLINE.get().is_some_and(|at| Instant::now() >= at);
    connection.progress_handler(STEPS, Some(is_over))?;
    connection.authorizer(Some(allowed))
}

/// Other files are out of reach, and so are settings of the connection.
fn allowed(context: AuthContext<'_>) -> Authorization {
    const TO_READ: &[&str] = &[
        "collation_list",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "table_info",
        "table_list",
        "table_xinfo",
    ];
    match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Authorization::Deny,
        AuthAction::Pragma { pragma_name, .. } if !TO_READ.contains(&pragma_name) => {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}

/// Whether a statement only reads.
pub(super) fn is_read_only(connection: &Connection, statement: &Statement) -> Result<bool, Error> {
    let prepared = connection.prepare(&statement.sql);
    prepared
        .map(|prepared| prepared.readonly())
        .map_err(|err| told(&err))
}

/// Runs a statement; outside of a transaction it must not leave one open.
pub(super) fn run(connection: &Connection, statement: &Statement) -> Result<Outcome, Error> {
    let was_open = !connection.is_autocommit();
    let outcome = {
        let _in_time = InTime::until(Instant::now() + statement.timeout);
        steps(connection, statement)
    };
    if connection.is_autocommit() == was_open {
        if !was_open {
            connection
                .execute_batch("ROLLBACK")
                .map_err(|err| told(&err))?;
        }
        return Err(Error::host(
            "SQL must not begin or end a transaction; use runInTransaction",
        ));
    }
    outcome
}

fn told(err: &rusqlite::Error) -> Error {
    failure::doing("SQL", err)
}

fn steps(connection: &Connection, statement: &Statement) -> Result<Outcome, Error> {
    let mut prepared = connection
        .prepare(&statement.sql)
        .map_err(|err| told(&err))?;
    let names = prepared.column_names();
    let columns: Vec<String> = names.map(str::to_owned).collect();
    let rows = rows(&mut prepared, columns.len(), statement)?;
    let mut outcome = Outcome {
        columns,
        rows,
        ..Outcome::default()
    };
    if !prepared.readonly() {
        outcome.affected = connection.changes();
        outcome.last_id = connection.last_insert_rowid();
    }
    Ok(outcome)
}

fn rows(
    prepared: &mut Prepared<'_>,
    columns: usize,
    statement: &Statement,
) -> Result<Vec<Vec<Value>>, Error> {
    let values = params_from_iter(statement.values.iter().map(to_sql));
    let mut found = prepared.query(values).map_err(|err| told(&err))?;
    let (mut list, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.next().map_err(|err| told(&err))? {
        list.push(read(row, columns, &mut bytes).map_err(|err| told(&err))?);
        if bytes > MAX_BYTES {
            let message = "the rows have more than 64 MiB; ask for fewer with LIMIT";
            return Err(Error::host(message));
        }
    }
    Ok(list)
}

fn read(row: &Row<'_>, columns: usize, bytes: &mut usize) -> rusqlite::Result<Vec<Value>> {
    (0..columns)
        .map(|at| {
            let value = row.get_ref(at)?;
            *bytes += size_of::<Value>();
            Ok(match value {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => {
                    Number::from_f64(number).map_or(Value::Null, Value::Number)
                }
                ValueRef::Text(text) | ValueRef::Blob(text) => {
                    *bytes += text.len();
                    String::from_utf8_lossy(text).into_owned().into()
                }
            })
        })
        .collect()
}

fn to_sql(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(flag) => Sql::Integer((*flag).into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Sql::Integer(whole),
            None => Sql::Real(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Sql::Text(text.clone()),
        other => Sql::Text(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::Sqlite;
    use jsvm::{Outcome, Rows, Statement, Storage};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn store() -> (tempfile::TempDir, Sqlite) {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(dir.path()).unwrap();
        let schema = json!([{ "name": "posts", "fields": [{ "name": "title", "type": "text" }] }]);
        store.import(&schema).unwrap();
        (dir, store)
    }

    fn statement(sql: &str, values: &[Value]) -> Statement {
        Statement {
            sql: sql.into(),
            values: values.to_vec(),
            timeout: Duration::from_secs(60),
        }
    }

    fn run(rows: &dyn Rows, sql: &str, values: &[Value]) -> Result<Outcome, String> {
        rows.run_sql(&statement(sql, values))
            .map_err(|err| err.to_string())
    }

    #[test]
    fn rows_are_written_and_read() {
        let (_dir, store) = store();
        let insert = "INSERT INTO posts (id, title) VALUES (?, ?)";
        let done = run(&store, insert, &[json!("a"), json!("x")]).unwrap();
        assert_eq!((done.affected, done.last_id), (1, 1));
        let sql = "SELECT title, 1.5 AS n, NULL AS empty, ? AS flag FROM posts";
        let found = run(&store, sql, &[json!(true)]).unwrap();
        assert_eq!(found.columns, ["title", "n", "empty", "flag"]);
        assert_eq!(
            found.rows,
            [[json!("x"), json!(1.5), Value::Null, json!(1)]]
        );
        let returned = run(&store, "DELETE FROM posts RETURNING id", &[]).unwrap();
        assert_eq!(returned.rows, [[json!("a")]]);
    }

    #[test]
    fn a_transaction_sees_its_own_rows_and_can_be_undone() {
        let (_dir, store) = store();
        let tx = store.begin().unwrap();
        run(&*tx, "INSERT INTO posts (id, title) VALUES ('a', 'x')", &[]).unwrap();
        assert_eq!(
            run(&*tx, "SELECT id FROM posts", &[]).unwrap().rows.len(),
            1
        );
        assert_eq!(
            run(&store, "SELECT id FROM posts", &[]).unwrap().rows.len(),
            0
        );
        tx.rollback();
        assert_eq!(
            run(&store, "SELECT id FROM posts", &[]).unwrap().rows.len(),
            0
        );
    }

    #[test]
    fn nothing_outside_of_the_database_is_in_reach() {
        let (dir, store) = store();
        let out = dir.path().join("out.db").display().to_string();
        for sql in [
            format!("ATTACH DATABASE '{out}' AS other"),
            format!("VACUUM INTO '{out}'"),
            "PRAGMA journal_mode = DELETE".into(),
            "PRAGMA query_only = 0".into(),
            "SELECT load_extension('x')".into(),
            "SELECT readfile('/etc/passwd')".into(),
            "BEGIN".into(),
            "SELECT nonsense FROM nowhere".into(),
            String::new(),
        ] {
            let done = run(&store, &sql, &[]);
            assert!(done.is_err(), "{sql}: {done:?}");
        }
        assert!(!dir.path().join("out.db").exists());
        assert!(run(&store, "PRAGMA table_info(posts)", &[]).is_ok());
        // Neither of them has left the writer in a bad state.
        run(&store, "INSERT INTO posts (id) VALUES ('a')", &[]).unwrap();
    }

    #[test]
    fn a_statement_ends_in_time() {
        let (_dir, store) = store();
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
                       SELECT count(*) FROM n";
        let statement = Statement {
            timeout: Duration::ZERO,
            ..statement(endless, &[])
        };
        let err = store.run_sql(&statement).unwrap_err().to_string();
        assert!(err.contains("interrupted"), "{err}");
        assert!(run(&store, "SELECT 1", &[]).is_ok());
    }
}
