//! From times to what people and programs read.
//!
//! The one rule: ratios are those of medians of the same run; but where several
//! threads take part, those of the quickest batches, because another program
//! on one of the cores doubles such a time or makes a hundred of it.

use crate::{
    harness::{self, Plan, Times},
    rows::{Row, Target},
};
use anyhow::{Context as _, Result};
use serde_json::json;
use std::{fmt, path::Path};

/// A measured row.
pub(crate) struct Measured {
    pub(crate) name: String,
    goja: Option<f64>,
    is_shared: bool,
    target: Option<Target>,
    times: Vec<(&'static str, Times)>,
}

/// Runs a row.
///
/// # Errors
///
/// An entrant fails.
pub(crate) fn measure(row: Row, plan: Plan) -> Result<Measured> {
    let plan = if row.is_single { plan.single() } else { plan };
    let times = harness::run(row.entrants, plan).with_context(|| row.name.clone())?;
    Ok(Measured {
        name: row.name,
        goja: row.goja,
        is_shared: row.is_shared,
        target: row.target,
        times,
    })
}

impl Measured {
    /// How often the first entrant takes as long as another one.
    fn ratio(&self, engine: &str) -> Option<f64> {
        let (_, other) = self.times.iter().find(|(name, _)| *name == engine)?;
        Some(self.typical(self.ours()) / self.typical(other))
    }

    /// What a row is judged by.
    fn typical(&self, times: &Times) -> f64 {
        match self.is_shared {
            true => times.least(),
            false => times.median(),
        }
    }

    fn ours(&self) -> &Times {
        &self.times[0].1
    }

    /// Whether the target is met, if there is one.
    pub(crate) fn is_met(&self) -> Option<bool> {
        Some(match self.target? {
            Target::Ratio(most, engine) => self.ratio(engine)? <= most,
            Target::Extra(most, engine) => {
                let ratio = self.ratio(engine)?;
                self.typical(self.ours()) * (1.0 - 1.0 / ratio) <= most
            }
            Target::Median(most) => self.typical(self.ours()) <= most,
            Target::P99(most) => self.ours().quantile(99) <= most,
        })
    }
}

impl Measured {
    /// A row of a table: ours, the others with how often we take as long.
    pub(crate) fn markdown(&self) -> String {
        let others = self.times.iter().skip(1).map(|(engine, times)| {
            let ratio = self.ratio(engine).unwrap_or_default();
            format!(
                "{engine} {} (**{ratio:.2}**)",
                Nanoseconds(self.typical(times))
            )
        });
        let others: Vec<_> = others.collect();
        format!(
            "| {} | {} ±{:.1} % | {} | {} | {} | {} |\n",
            self.name,
            self.told(),
            self.ours().spread(),
            others.join(", "),
            self.target.map(|it| it.to_string()).unwrap_or_default(),
            self.mark().trim(),
            self.goja.map(|it| it.to_string()).unwrap_or_default(),
        )
    }

    fn mark(&self) -> &'static str {
        match self.is_met() {
            Some(true) => "✓",
            Some(false) => "✗",
            None => " ",
        }
    }

    /// Ours, with what the target is about.
    fn told(&self) -> String {
        let typical = Nanoseconds(self.typical(self.ours()));
        match self.target {
            Some(Target::P99(_)) => {
                let p99 = Nanoseconds(self.ours().quantile(99));
                format!("{typical}, p99 {p99}")
            }
            _ => typical.to_string(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(most, engine) => write!(f, "<= {most} {engine}"),
            Self::Extra(most, engine) => write!(f, "<= {engine} + {}", Nanoseconds(*most)),
            Self::Median(most) => write!(f, "<= {}", Nanoseconds(*most)),
            Self::P99(most) => write!(f, "p99 <= {}", Nanoseconds(*most)),
        }
    }
}

/// One line, or more of them if there are many engines.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:26}", self.mark(), self.name)?;
        for (engine, times) in &self.times {
            let typical = Nanoseconds(self.typical(times)).to_string();
            write!(f, " {engine} {typical:>8} ±{:<4.1}%", times.spread())?;
        }
        for (engine, _) in self.times.iter().skip(1) {
            let ratio = self.ratio(engine).unwrap_or_default();
            write!(f, "  {ratio:.2} of {engine}")?;
        }
        if let Some(target @ Target::P99(_)) = self.target {
            let p99 = Nanoseconds(self.ours().quantile(99));
            write!(f, "  p99 {p99}  target {target}")?;
        } else if let Some(target) = self.target {
            write!(f, "  target {target}")?;
        }
        if let Some(goja) = self.goja {
            write!(f, "  goja {goja}")?;
        }
        Ok(())
    }
}

/// A time in the unit that people would choose.
struct Nanoseconds(f64);

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            ns if ns < 1e4 => return write!(f, "{ns:.0} ns"),
            ns if ns < 1e7 => (ns / 1e3, "us"),
            ns => (ns / 1e6, "ms"),
        };
        let digits = if value < 100.0 { 1 } else { 0 };
        write!(f, "{value:.digits$} {unit}")
    }
}

/// An array with an object for each row and engine.
///
/// # Errors
///
/// The file cannot be written.
pub(crate) fn write_json(path: &Path, results: &[Measured]) -> Result<()> {
    let lines = results.iter().flat_map(|row| {
        row.times.iter().map(|(engine, times)| {
            json!({
                "row": row.name,
                "engine": engine,
                "median_ns": times.median(),
                "min_ns": times.least(),
                "p99_ns": times.quantile(99),
                "samples": times.samples(),
            })
        })
    });
    let lines: serde_json::Value = lines.collect();
    std::fs::write(path, format!("{lines:#}\n")).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_a_unit_that_fits() {
        let told = [61.4, 9999.0, 13_500.0, 288_000.0, 12_345_678.0];
        let told = told.map(|time| Nanoseconds(time).to_string());
        assert_eq!(told, ["61 ns", "9999 ns", "13.5 us", "288 us", "12.3 ms"]);
    }
}
