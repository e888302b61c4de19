//! All rows by group; each file says which question its rows answer.

mod boundary;
mod cold;
mod hook;
mod interrupt;
pub(crate) mod js;
mod meter;
mod metrics;
mod pool;

use crate::harness::Entrant;

/// One line of the table.
pub(crate) struct Row {
    /// A path: the group, then what is measured.
    pub(crate) name: String,
    /// The first one is what the target is about.
    pub(crate) entrants: Vec<Entrant>,
    /// How often goja takes as long as QuickJS here, where that is known.
    pub(crate) goja: Option<f64>,
    pub(crate) target: Option<Target>,
    /// Whether several threads take part, so that it is timed by the wall.
    pub(crate) is_shared: bool,
    /// Whether each operation is a batch of its own; then there are many.
    pub(crate) is_single: bool,
}

/// What the first entrant of a row should keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// Its median is at most so many times that of another one.
    Ratio(f64, &'static str),
    /// Its median is at most so many nanoseconds above that of another one.
    Extra(f64, &'static str),
    /// Its median is at most so many nanoseconds.
    Median(f64),
    /// So are all but one in a hundred of its batches.
    P99(f64),
}

impl Row {
    fn new(name: impl Into<String>, entrants: Vec<Entrant>) -> Self {
        Self {
            name: name.into(),
            entrants,
            goja: None,
            target: None,
            is_shared: false,
            is_single: false,
        }
    }

    /// Whether an argument asks for it, by its path or the start of that.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Every row, in the order of the report.
pub(crate) fn all() -> Vec<Row> {
    let groups = [
        js::rows(),
        hook::rows(),
        boundary::rows(),
        cold::rows(),
        pool::rows(),
        meter::rows(),
        metrics::rows(),
        interrupt::rows(),
    ];
    groups.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_path() {
        let row = Row::new("cold/kept/line", Vec::new());
        for name in ["cold", "cold/kept", "cold/kept/line", "cold/"] {
            assert!(row.is_called(name), "{name}");
        }
        for name in ["col", "kept", "kept/line", "cold/kept/li", "js"] {
            assert!(!row.is_called(name), "{name}");
        }
    }

    #[test]
    fn no_name_is_there_twice() {
        let mut names: Vec<_> = all().into_iter().map(|row| row.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
