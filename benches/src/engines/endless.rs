//! Scripts that never end, and how late their callers are answered.
//!
//! The one rule: the whole way, from the caller's thread through the pool with
//! its supervisor and back.

use crate::harness::Subject;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use jsvm::{App, Config, Event, HOOKS, NoRecords, Runtime, Silent, Source};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_millis(20);

/// Ten kinds of loop.
const LOOPS: [&str; 10] = [
    "for (;;) {}",
    "while (true) {}",
    "let n = 0; do { n += 1 } while (n > 0)",
    "let text = ''; for (;;) { text += 'a'; if (text.length > 100) text = '' }",
    "const f = (n) => n < 2 ? n : f(n - 1) + f(n - 2); f(80)",
    "for (;;) { try { null.x } catch (err) {} }",
    "const items = [1, 2, 3]; for (;;) items.map((n) => n * 2).filter((n) => n > 2)",
    "for (;;) JSON.parse(JSON.stringify({ a: [1, 2, { b: 'c' }] }))",
    "function* all() { for (;;) yield 1 }; for (const n of all()) {}",
    "const again = () => Promise.resolve().then(again); again()",
];

/// How long after its deadline each one is answered; one after the other.
///
/// # Errors
///
/// One of them ended.
pub(crate) fn latency() -> Result<Subject> {
    let mut config = Config::default();
    config.pool.workers = 1;
    config.limits.timeout = TIMEOUT;
    let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    let runtime = Runtime::builder(app).config(config).build()?;
    let handlers = HOOKS.iter().zip(LOOPS);
    let text = handlers.map(|(hook, body)| format!("{}((e) => {{ {body} }})\n", hook.name));
    let failures = runtime.load(&[Source::new("main.pb.js", text.collect::<String>())])?;
    ensure!(failures.is_empty(), "{}", failures[0].error);
    let mut next = (0..LOOPS.len()).cycle();
    Ok(Box::new(move |count| {
        let runs = (0..count).zip(&mut next);
        let late = runs.map(|(_, run)| late(&runtime, run));
        let late: Duration = late.sum::<Result<_>>()?;
        Ok(u64::try_from(late.as_nanos())?)
    }))
}

fn late(runtime: &Runtime, run: usize) -> Result<Duration> {
    let app = runtime.app();
    let hook = HOOKS.get(run).context("there are more hooks than loops")?;
    let event = Event::new(app.clone());
    let started = Instant::now();
    let result = app.emit(&[hook.name], event, Box::new(|_| Ok(())));
    let time = started.elapsed();
    match result {
        Ok(()) => bail!("this ended: {}", LOOPS[run]),
        Err(err) if err.limit().is_none() => Err(anyhow!("{err}: {}", LOOPS[run])),
        Err(_) => Ok(time.saturating_sub(TIMEOUT)),
    }
}
