//! Writes the table into the page about benchmarks.
//!
//! The one rule: it replaces what stands between its two marks and nothing
//! else. What was built and for which machine is told, the date is not.

use crate::report::Measured;
use anyhow::{Context as _, Result};
use std::{fmt::Write as _, fs, path::Path};

const START: &str = "<!-- measured by `cargo xtask bench --write` -->\n";
const END: &str = "<!-- end of what was measured -->\n";

/// Replaces the table of a page.
///
/// # Errors
///
/// The page has no marks, or cannot be written.
pub(crate) fn write(path: &Path, results: &[Measured]) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let page = replaced(&page, &text(results)).context("the page has not both marks")?;
    fs::write(path, page).with_context(|| path.display().to_string())
}

fn replaced(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}{text}{END}{after}"))
}

fn text(results: &[Measured]) -> String {
    let met = results.iter().filter(|row| row.is_met() == Some(true));
    let missed = results.iter().filter(|row| row.is_met() == Some(false));
    let (met, missed) = (met.count(), missed.count());
    let mut text = format!(
        "\n{}\n{met} targets are met, {missed} are not.\n",
        machine()
    );
    let mut group = "";
    for row in results {
        let (own, _) = row.name.split_once('/').unwrap_or((&row.name, ""));
        if own != group {
            group = own;
            let _ = write!(
                text,
                "\n### {group}\n\n| row | ours | beside it | target | | goja |\n\
                 | --- | --- | --- | --- | --- | --- |\n"
            );
        }
        text += &row.markdown();
    }
    text + "\n"
}

/// What it was measured on.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1));
    let model = model.unwrap_or("an unknown processor");
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let system = std::env::consts::OS;
    // `cargo xtask bench` knows what it built.
    let build = std::env::var("JSVM_BENCH_BUILD").unwrap_or_else(|_| "an unknown build".into());
    format!("{count} threads of {model}, {system}, {build}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("# Page\n{START}old\n{END}more\n");
        let new = replaced(&page, "new\n").unwrap();
        assert_eq!(new, format!("# Page\n{START}new\n{END}more\n"));
        assert_eq!(replaced("# Page\n", "new\n"), None);
    }
}
