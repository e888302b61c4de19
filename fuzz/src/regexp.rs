//! Patterns and texts, in our matcher and in the engine's.

use crate::engines::{Told, bare, metered};
use arbitrary::{Result, Unstructured};

pub(crate) fn run(data: &[u8]) {
    let Ok(script) = script(data) else { return };
    let ours = metered(&script);
    if ours == Told::Limit {
        return;
    }
    assert_eq!(ours, bare(&script), "\n{script}");
}

/// Short ones, for the engine's matcher has no end.
fn script(data: &[u8]) -> Result<String> {
    const ATOMS: &[&str] = &[
        "a", "b", "c", ".", "\\d", "\\w", "\\b", "\\B", "^", "$", "[ab]", "[^a]", "[a-c]", "(a)",
        "(?:b|a)", "(a|b)*", "(?<n>a)", "\\1", "(?=a)", "(?!b)", "(?<=a)", "(?<!b)", "|", "a*",
        "b+", "c?", "a*?", "b{2}", "a{1,2}", "\\u0061", "()", "\\s", "\\n", "\\S", "[\\s\\S]", "-",
    ];
    const LETTERS: &[&str] = &["a", "b", "c", "A", "B", "1", " ", "\\n", "-", "_", "ä"];
    let mut data = Unstructured::new(data);
    let mut pattern = String::new();
    for _ in 0..data.int_in_range(1..=6)? {
        pattern += data.choose(ATOMS)?;
    }
    let mut text = String::new();
    for _ in 0..data.int_in_range(0..=10)? {
        text += data.choose(LETTERS)?;
    }
    let flags = data.choose(&["", "g", "i", "m", "s", "y", "gi", "u", "d"])?;
    let last = data.int_in_range(0..=4)?;
    let pattern = pattern.replace('\\', "\\\\");
    Ok(format!(
        "let told; try {{ const r = new RegExp('{pattern}', '{flags}'); r.lastIndex = {last};
        const m = r.exec('{text}'); told = JSON.stringify([m, m && m.index, m && m.groups, r.lastIndex,
        '{text}'.replace(r, '<$&>'), '{text}'.split(r), '{text}'.search(r)]) }} catch (err) {{ told = err.name }} told"
    ))
}
