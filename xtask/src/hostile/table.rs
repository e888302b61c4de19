//! The table of what hostile scripts came to, a line for each group.
//!
//! The one rule: what failed is listed by name, with what it came to instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::judge::{Answer, Expected, Outcome, Verdict};

/// One script that was run.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) expected: Expected,
    pub(crate) answer: Answer,
    pub(crate) verdict: Verdict,
}

impl Row {
    /// The columns that count it.
    fn columns(&self) -> Vec<String> {
        let came_to = match &self.answer.outcome {
            Outcome::Value => "ok".to_owned(),
            Outcome::Error { .. } => "error".to_owned(),
            Outcome::Limit(kind) => kind.clone(),
            Outcome::Hang => "HANG".to_owned(),
            Outcome::Abort(_) => "ABORT".to_owned(),
        };
        let fault = match self.verdict {
            Verdict::Right => None,
            Verdict::Early => Some("early".to_owned()),
            Verdict::Late => Some("LATE".to_owned()),
            Verdict::Wrong if came_to == "HANG" || came_to == "ABORT" => None,
            Verdict::Wrong => Some("WRONG".to_owned()),
        };
        ["all".to_owned(), came_to]
            .into_iter()
            .chain(fault)
            .collect()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, expected, .. } = self;
        let Answer { outcome, took } = &self.answer;
        write!(f, "{:?}: {name}: expected {expected:?}, ", self.verdict)?;
        let told = format!("{outcome:?}");
        let told: String = told.chars().take(200).collect();
        write!(f, "came to {told} after {took:.0?}")
    }
}

/// Columns that every table has, in their order; limits stand between.
const FIRST: &[&str] = &["all", "ok", "early", "error"];
const LAST: &[&str] = &["LATE", "HANG", "ABORT", "WRONG"];

/// Counts by group and column.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    counts: BTreeMap<&'a str, BTreeMap<String, usize>>,
    /// Those that are not simply right, by name.
    notable: Vec<&'a Row>,
}

impl<'a> Table<'a> {
    /// Counts the rows.
    pub(crate) fn of(rows: &'a [Row]) -> Self {
        let mut counts: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for row in rows {
            for column in row.columns() {
                for group in [row.group.as_str(), "total"] {
                    let of_group = counts.entry(group).or_default();
                    *of_group.entry(column.clone()).or_default() += 1;
                }
            }
        }
        let mut notable: Vec<_> = rows
            .iter()
            .filter(|row| row.verdict != Verdict::Right)
            .collect();
        notable.sort_by(|a, b| a.name.cmp(&b.name));
        Self { counts, notable }
    }

    /// How many scripts failed.
    pub(crate) fn failures(&self) -> usize {
        let is_fault = |row: &&&Row| row.verdict != Verdict::Early;
        self.notable.iter().filter(is_fault).count()
    }

    fn columns(&self) -> Vec<String> {
        let seen: BTreeSet<&String> = self.counts.values().flat_map(BTreeMap::keys).collect();
        let limits = seen
            .into_iter()
            .filter(|name| !FIRST.contains(&name.as_str()) && !LAST.contains(&name.as_str()))
            .cloned();
        let fixed = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        fixed(FIRST)
            .into_iter()
            .chain(limits)
            .chain(fixed(LAST))
            .collect()
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, group: &str, columns: &[String]) -> fmt::Result {
        write!(f, "{group:<12}")?;
        for column in columns {
            let count = self
                .counts
                .get(group)
                .and_then(|of_group| of_group.get(column));
            write!(
                f,
                "{:>width$}",
                count.unwrap_or(&0),
                width = column.len() + 2
            )?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns();
        write!(f, "{:<12}", "group")?;
        for column in &columns {
            write!(f, "  {column}")?;
        }
        writeln!(f)?;
        for group in self.counts.keys().filter(|group| **group != "total") {
            self.line(f, group, &columns)?;
        }
        self.line(f, "total", &columns)?;
        for row in &self.notable {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn row(name: &str, outcome: Outcome, verdict: Verdict) -> Row {
        Row {
            group: name.split('/').next().unwrap().into(),
            name: name.into(),
            expected: Expected::Interrupt,
            answer: Answer {
                outcome,
                took: Duration::from_millis(500),
            },
            verdict,
        }
    }

    #[test]
    fn groups_are_counted_and_faults_are_listed() {
        let limit = || Outcome::Limit("timeout".into());
        let rows = [
            row("loops/a", limit(), Verdict::Right),
            row("loops/b", limit(), Verdict::Late),
            row("async/c", Outcome::Hang, Verdict::Wrong),
            row("async/d", Outcome::Value, Verdict::Wrong),
            row("async/e", Outcome::Value, Verdict::Early),
        ];
        let table = Table::of(&rows);
        let expected = "\
group         all  ok  early  error  timeout  LATE  HANG  ABORT  WRONG
async           3   2      1      0        0     0     1      0      1
loops           2   0      0      0        2     1     0      0      0
total           5   2      1      0        2     1     1      0      1
Wrong: async/c: expected Interrupt, came to Hang after 500ms
Wrong: async/d: expected Interrupt, came to Value after 500ms
Early: async/e: expected Interrupt, came to Value after 500ms
Late: loops/b: expected Interrupt, came to Limit(\"timeout\") after 500ms
";
        assert_eq!(table.to_string(), expected);
        assert_eq!(table.failures(), 3);
        assert_eq!(Table::of(&rows[..1]).failures(), 0);
    }
}
