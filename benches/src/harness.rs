//! Runs the entrants of a row in turns and keeps the times of their batches.
//!
//! The one rule: A B C, A B C, over and over, because a machine that slows down
//! must slow everybody down. Each entrant has a thread of its own, so that no
//! heap is shared, and only one of them runs at a time. Knows nothing of
//! engines; what a batch took, an entrant says itself.

use anyhow::{Context as _, Result, anyhow};
use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

/// Runs so many operations and tells how many nanoseconds they took.
pub(crate) type Subject = Box<dyn FnMut(u64) -> Result<u64>>;

/// Sets an entrant up, checks its result, and gives what is timed.
pub(crate) type Start = Box<dyn FnOnce() -> Result<Subject> + Send>;

/// One of those that are compared in a row.
pub(crate) struct Entrant {
    /// What the report calls it.
    pub(crate) engine: &'static str,
    /// Called once, on the entrant's own thread.
    pub(crate) start: Start,
}

impl Entrant {
    /// An entrant by its name.
    pub(crate) fn new(
        engine: &'static str,
        start: impl FnOnce() -> Result<Subject> + Send + 'static,
    ) -> Self {
        Self {
            engine,
            start: Box::new(start),
        }
    }
}

/// How much time is spent on a row.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// How long a batch should take.
    pub(crate) batch: Duration,
    /// How many batches each entrant runs.
    pub(crate) rounds: usize,
    /// Operations of a batch; as many as fit its time if it is `None`.
    pub(crate) operations: Option<u64>,
    /// How many operations are measured one by one, where that is asked for.
    pub(crate) singles: usize,
}

impl Plan {
    /// For numbers that are written down.
    pub(crate) const FULL: Self = Self {
        batch: Duration::from_millis(30),
        rounds: 21,
        operations: None,
        singles: 1000,
    };

    /// The same with one operation in a batch.
    pub(crate) fn single(self) -> Self {
        Self {
            operations: Some(1),
            rounds: self.singles,
            ..self
        }
    }

    /// For a look.
    pub(crate) const QUICK: Self = Self {
        batch: Duration::from_millis(8),
        rounds: 9,
        operations: None,
        singles: 100,
    };
}

/// What an entrant's batches took, in nanoseconds for one operation, sorted.
pub(crate) struct Times(Vec<f64>);

impl Times {
    fn new(mut batches: Vec<f64>) -> Self {
        batches.sort_by(f64::total_cmp);
        Self(batches)
    }

    /// Half of the batches took no longer.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(50)
    }

    /// The quickest batch.
    pub(crate) fn least(&self) -> f64 {
        self.quantile(0)
    }

    /// So many percent of the batches took no longer.
    pub(crate) fn quantile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() - 1) * percent / 100]
    }

    /// Half of the batches are within so many percent around the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.quantile(75) - self.quantile(25)) / 2.0 / self.median() * 100.0
    }

    /// How many batches there were.
    pub(crate) fn samples(&self) -> usize {
        self.0.len()
    }
}

/// Runs the entrants of one row.
///
/// # Errors
///
/// An entrant could not be set up, or its result was wrong.
pub(crate) fn run(entrants: Vec<Entrant>, plan: Plan) -> Result<Vec<(&'static str, Times)>> {
    let mut runners = Vec::new();
    for entrant in entrants {
        runners.push(Runner::start(entrant)?);
    }
    let sizes = runners
        .iter()
        .map(|runner| calibrated(runner, plan))
        .collect::<Result<Vec<_>>>()?;
    let mut times = vec![Vec::with_capacity(plan.rounds); runners.len()];
    for _ in 0..plan.rounds {
        for ((runner, size), times) in runners.iter().zip(&sizes).zip(&mut times) {
            times.push(per_operation(runner.batch(*size)?, *size));
        }
    }
    let engines = runners.iter().map(|runner| runner.engine);
    Ok(engines.zip(times.into_iter().map(Times::new)).collect())
}

/// Runs so many operations of one entrant, for who counts instructions.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn run_once(entrant: Entrant, operations: u64) -> Result<()> {
    Runner::start(entrant)?.batch(operations).map(drop)
}

#[expect(clippy::cast_precision_loss, reason = "times and counts below 2^53")]
fn per_operation(nanoseconds: u64, operations: u64) -> f64 {
    nanoseconds as f64 / operations as f64
}

/// Warms up, and finds how many operations fill a batch.
fn calibrated(runner: &Runner, plan: Plan) -> Result<u64> {
    if let Some(operations) = plan.operations {
        runner.batch(operations)?;
        return Ok(operations);
    }
    let mut size = 1;
    loop {
        let started = Instant::now();
        runner.batch(size)?;
        let took = started.elapsed();
        if took * 2 >= plan.batch {
            let (took, wanted) = (took.as_nanos(), plan.batch.as_nanos());
            let fitting = u128::from(size) * wanted / took.max(1);
            return Ok(u64::try_from(fitting).unwrap_or(u64::MAX).max(1));
        }
        size *= 2;
    }
}

/// An entrant on its thread, waiting for a batch to run.
struct Runner {
    engine: &'static str,
    batches: Sender<u64>,
    times: Receiver<Result<u64>>,
}

impl Runner {
    fn start(entrant: Entrant) -> Result<Self> {
        let Entrant { engine, start } = entrant;
        let (batches, sizes) = channel();
        let (send, times) = channel();
        thread::Builder::new()
            .name(engine.to_owned())
            .stack_size(jsvm_core::STACK_SIZE)
            .spawn(move || {
                let mut subject = match start() {
                    Ok(subject) => subject,
                    Err(err) => return drop(send.send(Err(err))),
                };
                // The first answer says that it is ready.
                let mut answer = Ok(0);
                while send.send(answer).is_ok() {
                    let Ok(size) = sizes.recv() else { break };
                    answer = subject(size);
                }
            })?;
        let runner = Self {
            engine,
            batches,
            times,
        };
        runner.answer().map(|_| runner)
    }

    fn batch(&self, size: u64) -> Result<u64> {
        self.batches
            .send(size)
            .map_err(|_| anyhow!("{} is gone", self.engine))?;
        self.answer()
    }

    fn answer(&self) -> Result<u64> {
        let answer = self.times.recv();
        answer
            .with_context(|| format!("{} panicked", self.engine))?
            .with_context(|| self.engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn entrants_take_turns() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let entrants = ["a", "b"].map(|name| {
            let order = Arc::clone(&order);
            Entrant::new(name, move || {
                Ok(Box::new(move |size| {
                    order.lock().unwrap().push((name, size));
                    Ok(size * 7)
                }))
            })
        });
        let plan = Plan {
            operations: Some(3),
            rounds: 2,
            ..Plan::QUICK
        };
        let times = run(entrants.into(), plan).unwrap();
        assert_eq!(times[1].0, "b");
        assert_eq!(times[1].1.median(), 7.0);
        let turns = [("a", 3), ("b", 3)].repeat(3);
        assert_eq!(*order.lock().unwrap(), turns);
    }

    #[test]
    fn an_entrant_that_cannot_start_is_an_error() {
        let wrong = Entrant::new("a", || Err(anyhow!("2 is not 3")));
        let err = run(vec![wrong], Plan::QUICK).err().unwrap();
        assert_eq!(format!("{err:#}"), "a: 2 is not 3");
    }

    #[test]
    fn times_are_told_by_their_rank() {
        let times = Times::new((1..=101).rev().map(f64::from).collect());
        assert_eq!(times.least(), 1.0);
        assert_eq!(times.median(), 51.0);
        assert_eq!(times.quantile(99), 100.0);
        assert_eq!(times.spread().round(), 49.0);
    }
}
