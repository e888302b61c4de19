//! `jsvm top`: what the hooks of a running server do and cost.
//!
//! The one rule: it knows only what the server's `/metrics` says; percentiles
//! are estimates from buckets, over all time since the server started.

mod scrape;

use self::scrape::{Hook, Scrape};
use crate::args::TopArgs;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn top(args: &TopArgs) -> Result<ExitCode> {
    let url = address(&args.url);
    let mut stdout = std::io::stdout();
    if args.json {
        writeln!(stdout, "{}", in_json(&fetch(&url)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !stdout.is_terminal() {
        write!(stdout, "{}", table(&fetch(&url)?, None))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut before: Option<(Instant, Scrape)> = None;
    loop {
        let now = Instant::now();
        let scrape = fetch(&url)?;
        let since = before
            .as_ref()
            .map(|(then, scrape)| (now.duration_since(*then), scrape));
        // Home, the table with each line cleared to its end, then the rest.
        let text = table(&scrape, since).replace('\n', "\x1b[K\n");
        write!(stdout, "\x1b[H{text}\x1b[J")?;
        stdout.flush()?;
        before = Some((now, scrape));
        thread::sleep(args.interval);
    }
}

/// Where the numbers of a server are; `http://` may be left out.
fn address(server: &str) -> String {
    let scheme = if server.contains("://") {
        ""
    } else {
        "http://"
    };
    format!("{scheme}{}/metrics", server.trim_end_matches('/'))
}

fn fetch(url: &str) -> Result<Scrape> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let mut answer = agent.get(url).call().with_context(|| {
        format!("{url} does not answer (is jsvm serve running, with [metrics] prometheus on?)")
    })?;
    let text = answer.body_mut().read_to_string().context(url.to_owned())?;
    let scrape = Scrape::read(&text);
    anyhow::ensure!(scrape.is_ours, "{url} is not the page of a jsvm server");
    Ok(scrape)
}

fn in_json(scrape: &Scrape) -> Value {
    let hooks = scrape.hooks.iter().map(|(name, hook)| {
        json!({
            "hook": name,
            "calls": hook.calls(),
            "errors": hook.errors,
            "timeouts": hook.timeouts,
            "p50_ms": hook.run(0.5).map(to_the_nanosecond),
            "p95_ms": hook.run(0.95).map(to_the_nanosecond),
            "p99_ms": hook.run(0.99).map(to_the_nanosecond),
            "queue_p95_ms": hook.wait(0.95).map(to_the_nanosecond),
            "mem_alloc_bytes": hook.allocated,
            "mem_peak_bytes": hook.peak,
        })
    });
    json!({
        "workers": scrape.workers,
        "busy": scrape.busy,
        "queued": scrape.queued,
        "hooks": hooks.collect::<Vec<_>>(),
    })
}

fn to_the_nanosecond(milliseconds: f64) -> f64 {
    (milliseconds * 1e6).round() / 1e6
}

fn table(scrape: &Scrape, since: Option<(Duration, &Scrape)>) -> String {
    let Scrape {
        workers,
        busy,
        queued,
        ..
    } = scrape;
    let mut text = format!("workers {workers}, busy {busy}, queued {queued}\n\n");
    let head = [
        "calls",
        "per s",
        "errors",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "queue ms",
        "bytes each",
        "peak",
    ];
    line(&mut text, "hook", &head.map(str::to_owned));
    let mut hooks: Vec<_> = scrape.hooks.iter().collect();
    hooks.sort_by_key(|(_, hook)| std::cmp::Reverse(hook.calls()));
    for (name, hook) in hooks {
        let rate = since.map(|(time, before)| rate(hook, before.hooks.get(name), time));
        line(&mut text, name, &cells(hook, rate));
    }
    text
}

fn cells(hook: &Hook, rate: Option<f64>) -> [String; 9] {
    let number = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
    };
    let count =
        |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let each = hook.allocated.map(|bytes| bytes / hook.calls().max(1));
    [
        hook.calls().to_string(),
        number(rate, 1),
        hook.errors.to_string(),
        number(hook.run(0.5), 3),
        number(hook.run(0.95), 3),
        number(hook.run(0.99), 3),
        number(hook.wait(0.95), 3),
        count(each),
        count(hook.peak),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
fn rate(hook: &Hook, before: Option<&Hook>, time: Duration) -> f64 {
    // A server that was started again counts from 0.
    let calls = hook.calls().saturating_sub(before.map_or(0, Hook::calls));
    calls as f64 / time.as_secs_f64()
}

fn line(text: &mut String, name: &str, cells: &[String; 9]) {
    // Names come from hook files: no control characters on a terminal.
    let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    // Writing to a string does not fail.
    let _ = write!(text, "{name:40}");
    for cell in cells {
        let _ = write!(text, " {cell:>10}");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_hook_the_busiest_first() {
        let before = Scrape::read(scrape::tests::PAGE);
        let mut scrape = Scrape::read(scrape::tests::PAGE);
        let rare = scrape.hooks.entry("odd\x1b[31m".into()).or_default();
        rare.errors = 1;
        let text = table(&scrape, Some((Duration::from_secs(2), &before)));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "workers 4, busy 1, queued 2");
        let words: Vec<_> = lines[3].split_whitespace().collect();
        let wanted = [
            "onRecordCreate",
            "4",
            "0.0",
            "1",
            "2.500",
            "9.250",
            "9.850",
            "0.950",
            "32",
            "48",
        ];
        assert_eq!(words, wanted);
        assert!(lines[4].starts_with("odd[31m "), "{text}");
    }

    #[test]
    fn json_has_null_for_what_is_not_known() {
        let mut scrape = Scrape::read(scrape::tests::PAGE);
        scrape.hooks.insert("quiet".into(), Hook::default());
        let told = in_json(&scrape);
        assert_eq!(told["hooks"][0]["calls"], 4);
        assert_eq!(told["hooks"][0]["p50_ms"], 2.5);
        assert_eq!(told["hooks"][1]["p50_ms"], Value::Null);
        assert_eq!(told["hooks"][1]["mem_alloc_bytes"], Value::Null);
    }
}
