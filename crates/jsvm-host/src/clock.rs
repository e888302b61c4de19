//! Cron jobs on time.
//!
//! The one rule: a minute is looked at once, at its start, and what was missed
//! is not made up for. Which jobs are due is told by their schedules, what they
//! do by the app.

use jsvm::{App, CronJob, Level};
use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::task::JoinHandle;

const MINUTE: u64 = 60;

/// Runs every job of an app that is due, at second 00 of each minute in UTC.
///
/// The first minute is the next one. Each job has a blocking task of its own,
/// so runs may overlap; what a job throws is logged. A minute that passes
/// while the machine sleeps or the clock is put forward is left out, and one
/// that comes again because the clock is put back runs again.
///
/// Dropping it stops it; jobs that run then go on.
#[derive(Debug)]
pub struct Clock {
    ticks: JoinHandle<()>,
}

impl Clock {
    /// Starts with the next minute.
    ///
    /// # Panics
    ///
    /// If there is no tokio runtime around the call.
    pub fn start(app: App) -> Self {
        app.set_runs_crons(true);
        Self {
            ticks: tokio::spawn(tick(app)),
        }
    }

    /// Starts no more jobs; those that run go on.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.ticks.abort();
    }
}

async fn tick(app: App) {
    let mut last = minute_of(since_epoch());
    loop {
        tokio::time::sleep(until_next_minute(since_epoch())).await;
        let now = minute_of(since_epoch());
        // A timer may be early by the difference between two clocks.
        if now == last {
            continue;
        }
        last = now;
        if !app.runs_crons() {
            continue;
        }
        let due = due(&app.crons(), now);
        for id in due {
            let app = app.clone();
            // The task ends by itself; there is nothing to wait for.
            drop(tokio::task::spawn_blocking(move || run_job(&app, &id)));
        }
    }
}

/// The ids of the jobs that are due in a minute, counted from 1970.
fn due(crons: &BTreeMap<String, CronJob>, unix_minute: i64) -> Vec<String> {
    let seconds = unix_minute.saturating_mul(MINUTE.cast_signed());
    crons
        .values()
        .filter(|job| job.schedule.is_due_at(seconds))
        .map(|job| job.id.clone())
        .collect()
}

/// Runs a job now; what it throws is logged.
pub(crate) fn run_job(app: &App, id: &str) {
    if let Err(err) = app.run_cron(id) {
        let message = format!("[cronAdd] failed to execute cron job {id}: {err}");
        app.log(Level::Error, &message);
    }
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn minute_of(now: Duration) -> i64 {
    i64::try_from(now.as_secs() / MINUTE).unwrap_or(i64::MAX)
}

fn until_next_minute(now: Duration) -> Duration {
    let passed = Duration::new(now.as_secs() % MINUTE, now.subsec_nanos());
    Duration::from_secs(MINUTE) - passed
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsvm::{NoRecords, Output, Runtime, Source};
    use serde_json::{Map, Value};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl Output for Lines {
        fn print(&self, _: Level, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }

        fn log(&self, level: Level, message: &str, _: &Map<String, Value>) {
            self.0.lock().unwrap().push(format!("{level:?} {message}"));
        }
    }

    fn with_jobs(hooks: &str) -> (Runtime, Lines) {
        let lines = Lines::default();
        let app = App::new(Arc::new(NoRecords), Arc::new(lines.clone()));
        let runtime = Runtime::builder(app).build().unwrap();
        let failures = runtime.load(&[Source::new("main.pb.js", hooks)]).unwrap();
        assert!(failures.is_empty(), "{failures:?}");
        (runtime, lines)
    }

    #[test]
    fn jobs_are_due_by_their_schedules() {
        let (runtime, _) = with_jobs(
            "cronAdd('always', '* * * * *', () => {})
             cronAdd('hourly', '@hourly', () => {})
             cronAdd('leap', '5 0 29 2 *', () => {})",
        );
        // 2024-02-29 00:00 and 2023-03-01 00:00, in minutes.
        let (leap, other) = (28_486_080, 27_960_480);
        for (minute, wanted) in [
            (leap, &["always", "hourly"][..]),
            (leap + 5, &["always", "leap"]),
            (leap + 6, &["always"]),
            (other + 5, &["always"]),
            (0, &["always", "hourly"]),
        ] {
            assert_eq!(due(&runtime.app().crons(), minute), wanted, "{minute}");
        }
    }

    #[test]
    fn what_a_job_throws_is_logged() {
        let (runtime, lines) = with_jobs(
            "cronAdd('good', '* * * * *', () => { console.log('ran') })
             cronAdd('bad', '* * * * *', () => { throw new BadRequestError('nothing to do') })",
        );
        for id in ["good", "bad"] {
            run_job(runtime.app(), id);
        }
        let lines = lines.0.lock().unwrap();
        let wanted = "Error [cronAdd] failed to execute cron job bad: Nothing to do.";
        assert_eq!(*lines, ["ran", wanted]);
    }

    #[test]
    fn the_next_minute_is_never_now() {
        for (now, wanted) in [
            (Duration::ZERO, Duration::from_secs(60)),
            (Duration::from_secs(3599), Duration::from_secs(1)),
            (Duration::from_millis(60_250), Duration::from_millis(59_750)),
            (Duration::new(119, 999_999_999), Duration::from_nanos(1)),
        ] {
            assert_eq!(until_next_minute(now), wanted, "{now:?}");
            assert_eq!(minute_of(now + wanted), minute_of(now) + 1);
        }
    }
}
