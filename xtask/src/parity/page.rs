//! The page: one row for each name, works, partial or not yet.
//!
//! The one rule: a name that exists but that no test's script uses is told as
//! partial, for want of proof.

use std::fmt::Write;

use anyhow::{Result, ensure};

use super::scripts::Scripts;
use super::surface::{Names, Notes};

/// Emits every hook and reads every member of its event, by the tables that
/// they are made from.
const EVENTS_TEST: &str = "crates/jsvm-bindings/tests/it/events.rs";

/// What a script that uses an object's members holds besides them.
const MARKS: &[(&str, &[&str])] = &[
    ("apiError", &["Error("]),
    ("app", &["$app", "e.app", "txApp", "tx."]),
    ("broker", &["subscriptionsBroker"]),
    ("client", &["clientById", "e.client", "onRealtime"]),
    ("collection", &["ollection"]),
    ("cookie", &["ookie"]),
    ("cron", &["cron()"]),
    ("dateTime", &["DateTime"]),
    ("db", &["db()"]),
    ("fieldsList", &["fields"]),
    ("file", &["fileFrom", "UploadedFiles", "file"]),
    ("filesystem", &["newFilesystem", "$filesystem"]),
    ("geoPoint", &["GeoPoint"]),
    ("header", &["header"]),
    ("jsonRaw", &["getRaw", "json"]),
    ("logger", &["logger()"]),
    ("mailClient", &["newMailClient"]),
    ("message", &["MailerMessage", "e.message"]),
    ("query", &["newQuery"]),
    ("record", &["ecord"]),
    ("recordQuery", &["recordQuery", "Query("]),
    ("request", &["request"]),
    (
        "requestEvent",
        &["routerAdd", "routerUse", "Request(", "= e.request"],
    ),
    ("requestInfo", &["requestInfo", "RequestInfo"]),
    ("selectQuery", &["select(", "Query("]),
    ("settings", &["settings()", "Settings"]),
    ("store", &["store()"]),
    ("submsg", &["SubscriptionMessage", "e.message"]),
    ("textField", &["ields"]),
    ("url", &["url"]),
];

/// Kinds of objects that have what records have, and a little more.
const LIKE_RECORDS: &[&str] = &["authOrigin", "externalAuth", "mfa", "otp"];

/// What is told of one name.
#[derive(Debug, PartialEq, Eq)]
enum State<'a> {
    /// The test that uses it.
    Works(&'a str),
    Partial(&'a str),
    NotYet(&'a str),
}

struct Row<'a> {
    name: String,
    state: State<'a>,
}

/// The whole page.
///
/// # Errors
///
/// A note is about nothing, or about the wrong thing.
pub(crate) fn write(
    names: &Names,
    found: &Names,
    notes: &Notes,
    scripts: &Scripts,
) -> Result<String> {
    let judge = Judge {
        names,
        found,
        notes,
        scripts,
    };
    let sections = [
        ("Hooks", judge.plain("hooks")),
        ("Globals", judge.plain("globals")),
        ("Namespaces", judge.namespaces()),
        ("Events", judge.events()),
        ("Objects", judge.objects()),
    ];
    for key in notes.keys().filter(|key| !key.ends_with(".*")) {
        let is_told = sections
            .iter()
            .any(|(_, rows)| rows.iter().any(|row| row.name == key));
        ensure!(is_told, "notes.toml: there is no `{key}`");
    }
    let mut page = INTRODUCTION.to_owned();
    for (title, rows) in &sections {
        writeln!(page, "| {title} | {} |", counts(rows))?;
    }
    for (title, rows) in &sections {
        write!(
            page,
            "\n## {title}\n\n| name | state | test, or what is missing |\n| --- | --- | --- |\n"
        )?;
        for row in rows {
            let (state, what) = match row.state {
                State::Works(test) => ("works", file(test)),
                State::Partial(why) => ("partial", why.to_owned()),
                State::NotYet(why) => ("not yet", why.to_owned()),
            };
            writeln!(page, "| `{}` | {state} | {what} |", row.name)?;
        }
    }
    Ok(page)
}

const INTRODUCTION: &str = "\
# Parity with PocketBase

Every name that hook files of PocketBase 0.39 can use, and what it comes to here.
`cargo xtask parity` writes this page: a name *works* if a script finds it in the reference host and a script of a test uses it; *partial* says what is missing; *not yet* means that it is undefined.
Members that all request events share are told once, as `requestEvent`, and what external logins, one-time passwords and their kin have in common with records is told as `record`.

| section | works | partial | not yet |
| --- | --- | --- | --- |
";

fn counts(rows: &[Row<'_>]) -> String {
    let count = |is: fn(&State<'_>) -> bool| rows.iter().filter(|row| is(&row.state)).count();
    format!(
        "{} | {} | {}",
        count(|it| matches!(it, State::Works(_))),
        count(|it| matches!(it, State::Partial(_))),
        count(|it| matches!(it, State::NotYet(_))),
    )
}

/// A link to a file, named without its folders that say little.
fn file(path: &str) -> String {
    let short = path
        .trim_start_matches("crates/")
        .replace("/tests/it/", " ");
    format!("[{short}](../../{path})")
}

struct Judge<'a> {
    names: &'a Names,
    found: &'a Names,
    notes: &'a Notes,
    scripts: &'a Scripts,
}

impl<'a> Judge<'a> {
    /// Names without an owner.
    fn plain(&self, section: &str) -> Vec<Row<'a>> {
        let names = self.names.owners(section).remove("").unwrap_or_default();
        let rows = names.into_iter().map(|name| {
            let test = match section {
                "hooks" => Some(EVENTS_TEST),
                _ => self.scripts.using(&[], "", name),
            };
            self.row(section, "", name, name.to_owned(), test)
        });
        rows.collect()
    }

    fn namespaces(&self) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        for (owner, names) in self.names.owners("namespaces") {
            for name in names {
                let test = self.scripts.using(&[], &format!("{owner}."), name);
                rows.push(self.row("namespaces", owner, name, format!("{owner}.{name}"), test));
            }
        }
        rows
    }

    /// The members of events that not all events for requests have.
    fn events(&self) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        for (owner, names) in self.names.owners("events") {
            let own = names
                .into_iter()
                .filter(|name| !self.names.has("objects", "requestEvent", name));
            for name in own {
                let key = format!("{owner}.{name}");
                rows.push(self.row("events", owner, name, key, Some(EVENTS_TEST)));
            }
        }
        rows
    }

    fn objects(&self) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        for (owner, names) in self.names.owners("objects") {
            let marks = MARKS.iter().find(|(name, _)| *name == owner);
            let marks = marks.map_or(&[] as &[&str], |(_, marks)| marks);
            let is_own = |name: &&str| {
                let is_hook = owner == "app" && self.names.has("hooks", "", name);
                let is_record =
                    LIKE_RECORDS.contains(&owner) && self.names.has("objects", "record", name);
                let is_index = name.starts_with(|it: char| it.is_ascii_digit());
                !is_hook && !is_record && !is_index
            };
            for name in names.into_iter().filter(is_own) {
                let test = self.scripts.using(marks, ".", name);
                rows.push(self.row("objects", owner, name, format!("{owner}.{name}"), test));
            }
        }
        rows
    }

    fn row(
        &self,
        section: &str,
        owner: &str,
        name: &str,
        key: String,
        test: Option<&'a str>,
    ) -> Row<'a> {
        let is_there = self.found.has(section, owner, name);
        let state = match (is_there, self.notes.partial(&key), test) {
            (false, _, _) => State::NotYet(self.notes.missing(owner, &key).unwrap_or("")),
            (true, Some(why), _) => State::Partial(why),
            (true, None, Some(test)) => State::Works(test),
            (true, None, None) => State::Partial("no test uses it"),
        };
        Row { name: key, state }
    }
}
