//! `cargo xtask bench load`: what a hook adds to a request, and what becomes of
//! a server that is asked for more than it can do.
//!
//! The one rule: requests are sent when they are due, whatever became of those
//! before, and an answer's time counts from there; else a slow server would be
//! asked less. Both sides count: each title that a client was told to be stored
//! is in the database once, and each that was refused is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bench::client::Client;
use crate::bench::site::{self, Site};
use crate::workspace::Workspace;

const RECORDS: &str = "/api/collections/posts/records";

/// A hook that looks at a field and changes it.
const LIGHT: &str = "onRecordCreate((e) => {
    const title = e.record.getString('title')
    if (title === '') throw new BadRequestError('a title is needed')
    e.record.set('title', title.trim())
    e.next()
})";

/// A hook that works for some milliseconds.
const HEAVY: &str = "onRecordCreate((e) => {
    let sum = 0
    for (let i = 0; i < 20000; i++) sum += i % 7
    if (sum === 0) throw new Error('never')
    e.next()
})";

/// How long an accepted request may wait in the queue, and may run.
const QUEUE_WAIT: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_millis(250);

/// What a hook may add to the time that 99 of 100 requests stay below.
const MOST_ADDED: Duration = Duration::from_millis(5);

/// Requests a second while a hook is measured.
const RATE: u32 = 100;
/// Connections of a rush; enough that requests are sent when they are due.
const CONNECTIONS: usize = 256;

/// How long each part takes.
struct Plan {
    paired: Duration,
    rush: Duration,
}

/// Runs the benchmark, with `--quick` for a tenth of the time.
///
/// # Errors
///
/// A bound is not kept, or a request was lost or answered twice.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let plan = match arguments {
        [] => Plan {
            paired: Duration::from_secs(30),
            rush: Duration::from_secs(10),
        },
        [flag] if flag == "--quick" => Plan {
            paired: Duration::from_secs(5),
            rush: Duration::from_secs(3),
        },
        other => anyhow::bail!("unknown arguments: {}", other.join(" ")),
    };
    let program = site::build(workspace)?;
    let paired = paired(&program, plan.paired)?;
    let rush = rush(&program, plan.rush)?;
    ensure!(
        paired <= MOST_ADDED,
        "the hook adds {} to p99",
        show(paired)
    );
    let bound = QUEUE_WAIT + TIMEOUT;
    ensure!(
        rush <= bound,
        "the p99 of accepted requests is {}, and not below {}",
        show(rush),
        show(bound)
    );
    Ok(())
}

/// What makes the bound: the queue has room for all, but nobody waits for long.
fn bounded() -> String {
    let [wait, timeout] = [QUEUE_WAIT, TIMEOUT].map(|time| time.as_millis());
    format!("[pool]\nqueue-wait = \"{wait}ms\"\n[limits]\ntimeout = \"{timeout}ms\"\n")
}

/// Two servers, asked in turn; returns what the hook adds to p99.
fn paired(program: &Path, time: Duration) -> Result<Duration> {
    let bare = Site::start(program, "bare", "", &[], &[])?;
    let hooked = Site::start(program, "hooked", "", &[("main.pb.js", LIGHT)], &[])?;
    for site in [&bare, &hooked] {
        // The first requests pay for the start.
        Load::new(site, "warm", RATE, Duration::from_secs(1)).send(4)?;
    }
    let mut first = Load::new(&bare, "paired", RATE, time);
    let mut second = Load::new(&hooked, "paired", RATE, time);
    first.start = Instant::now() + Duration::from_millis(50);
    second.start = first.start + Duration::from_secs(1) / RATE / 2;
    let (bare_sent, hooked_sent) = thread::scope(|scope| {
        let other = scope.spawn(|| second.send(8));
        let sent = first.send(8);
        (sent, other.join().expect("a sender does not panic"))
    });
    let (mut bare_sent, mut hooked_sent) = (bare_sent?, hooked_sent?);
    let seconds = time.as_secs();
    println!("\n{RATE} creates a second for {seconds} s to each of two servers, in turn");
    print_head();
    let without = print_line("without a hook", &mut bare_sent);
    let with = print_line("with a hook", &mut hooked_sent);
    let added = [0, 1].map(|index| show_difference(with[index], without[index]));
    println!("{:<25}{:>12}{:>12}", "the hook adds", added[0], added[1]);
    check_ids(&bare, &bare_sent)?;
    check_ids(&hooked, &hooked_sent)?;
    Ok(with[1].saturating_sub(without[1]))
}

/// One server, asked for twice of what it can do; returns the p99 of what it
/// accepted.
fn rush(program: &Path, time: Duration) -> Result<Duration> {
    let site = Site::start(program, "rush", &bounded(), &[("main.pb.js", HEAVY)], &[])?;
    let rate = saturating_rate(&site, time / 2)?;
    println!(
        "\nit can do {rate} heavier creates a second; asked for twice as many, of which \
         none waits for longer than {} ms:",
        QUEUE_WAIT.as_millis()
    );
    print_head();
    let sent = Load::new(&site, "rush", 2 * rate, time).send(CONNECTIONS)?;
    let (mut accepted, rest): (Vec<_>, Vec<_>) = sent
        .iter()
        .cloned()
        .partition(|sent| sent.status == Some(200));
    let (mut refused, other): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|sent| sent.status == Some(503));
    let accepted = print_line("accepted (200)", &mut accepted);
    print_line("refused (503)", &mut refused);
    let other: BTreeSet<_> = other.iter().map(|sent| sent.status).collect();
    ensure!(other.is_empty(), "other answers: {other:?}");
    ensure!(
        !refused.is_empty(),
        "nothing was refused: it was not asked for too much"
    );
    check_ids(&site, &sent)?;
    Ok(accepted[1])
}

/// How many creates a second are done for those who wait for each answer.
fn saturating_rate(site: &Site, time: Duration) -> Result<u32> {
    const WAITING: usize = 8;
    let start = Instant::now();
    let (number, done) = (AtomicU32::new(0), AtomicU32::new(0));
    let worked: Result<Vec<()>> = in_threads(WAITING, |_| {
        let mut client = site.connect()?;
        while start.elapsed() < time {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let status = create(&mut client, &format!("full-{number}"))?;
            // A machine that is held up may let one wait for too long even so.
            ensure!(matches!(status, 200 | 503), "status {status}");
            done.fetch_add(u32::from(status == 200), Ordering::Relaxed);
        }
        Ok(())
    });
    worked?;
    let milliseconds = u32::try_from(start.elapsed().as_millis())?;
    Ok(done.into_inner() * 1000 / milliseconds)
}

/// What `work` returns in each of some threads, or the first error.
fn in_threads<T: Send>(threads: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..threads)
            .map(|index| scope.spawn(move || work(index)))
            .collect();
        let done = threads.into_iter().map(|thread| thread.join());
        done.map(|done| done.expect("a sender does not panic"))
            .collect()
    })
}

/// Requests that are due at even distances.
struct Load<'a> {
    site: &'a Site,
    name: &'a str,
    /// Requests a second.
    rate: u32,
    count: u32,
    start: Instant,
}

/// A request and what became of it.
#[derive(Debug, Clone)]
struct Sent {
    title: String,
    /// `None` if there was no answer.
    status: Option<u16>,
    /// From when it was due to its answer.
    time: Duration,
}

impl<'a> Load<'a> {
    fn new(site: &'a Site, name: &'a str, rate: u32, time: Duration) -> Self {
        let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        Self {
            site,
            name,
            rate,
            count: rate.saturating_mul(seconds),
            // By then all are connected.
            start: Instant::now() + Duration::from_millis(50),
        }
    }

    /// Sends all of them, spread over connections.
    fn send(&self, connections: usize) -> Result<Vec<Sent>> {
        let sent = in_threads(connections, |first| {
            let mut client = self.site.connect()?;
            let numbers = (0..self.count).skip(first).step_by(connections);
            let sent = numbers.map(|number| self.send_one(&mut client, number));
            Ok(sent.collect::<Vec<_>>())
        })?;
        Ok(sent.into_iter().flatten().collect())
    }

    fn send_one(&self, client: &mut Client, number: u32) -> Sent {
        let due = self.start + Duration::from_secs(1) * number / self.rate;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let title = format!("{}-{number}", self.name);
        let status = create(client, &title).ok();
        let time = due.elapsed();
        if status.is_none()
            && let Ok(other) = self.site.connect()
        {
            *client = other;
        }
        Sent {
            title,
            status,
            time,
        }
    }
}

/// Creates a record and returns the status; a 200 must tell the same title.
fn create(client: &mut Client, title: &str) -> Result<u16> {
    let answer = client.send("POST", RECORDS, &format!("{{\"title\":\"{title}\"}}"))?;
    let is_told = answer.body.contains(&format!("\"title\":\"{title}\""));
    ensure!(
        answer.status != 200 || is_told,
        "{title} got the answer of another request: {}",
        answer.body
    );
    Ok(answer.status)
}

fn print_head() {
    println!(
        "{:<16}{:>9}{:>12}{:>12}{:>12}",
        "", "answers", "p50", "p99", "max"
    );
}

/// Prints a line and returns p50 and p99.
fn print_line(name: &str, sent: &mut [Sent]) -> [Duration; 2] {
    sent.sort_by_key(|sent| sent.time);
    let [p50, p99, max] = [500, 990, 1000].map(|part| percentile(sent, part));
    let [a, b, c] = [p50, p99, max].map(show);
    println!("{name:<16}{:>9}{a:>12}{b:>12}{c:>12}", sent.len());
    [p50, p99]
}

/// The time that so many of a thousand stay below; zero for none.
fn percentile(sorted: &[Sent], per_mille: usize) -> Duration {
    let index = (sorted.len() * per_mille).div_ceil(1000).max(1) - 1;
    sorted.get(index).map_or(Duration::ZERO, |sent| sent.time)
}

fn show(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn show_difference(more: Duration, less: Duration) -> String {
    let milliseconds = (more.as_secs_f64() - less.as_secs_f64()) * 1e3;
    format!("{milliseconds:+.2} ms")
}

/// What was told to be stored is stored once, and what was refused is not.
fn check_ids(site: &Site, sent: &[Sent]) -> Result<()> {
    let stored = stored_titles(site)?;
    let mut titles = BTreeSet::new();
    for Sent { title, status, .. } in sent {
        ensure!(titles.insert(title), "{title} was answered twice");
        let stored = stored.get(title).copied().unwrap_or(0);
        let wanted = usize::from(*status == Some(200));
        ensure!(status.is_some(), "{title} was not answered");
        ensure!(
            stored == wanted,
            "{title} was answered with {status:?} and is stored {stored} times"
        );
    }
    Ok(())
}

/// How often each title is in the database.
fn stored_titles(site: &Site) -> Result<BTreeMap<String, usize>> {
    let mut client = site.connect()?;
    let mut titles = BTreeMap::new();
    for page in 1.. {
        let path = format!("{RECORDS}?perPage=1000&skipTotal=1&fields=title&sort=id&page={page}");
        let answer = client.send("GET", &path, "")?;
        ensure!(answer.status == 200, "{}", answer.body);
        let (_, items) = answer.body.split_once("\"items\":").context("no items")?;
        let mut found = 0;
        // Titles are ours: letters, digits and dashes.
        for part in items.split("\"title\":\"").skip(1) {
            let title = part.split('"').next().unwrap_or_default();
            *titles.entry(title.to_owned()).or_insert(0) += 1;
            found += 1;
        }
        if found == 0 {
            break;
        }
    }
    Ok(titles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let sent: Vec<_> = (1..=200)
            .map(|number| Sent {
                title: String::new(),
                status: Some(200),
                time: Duration::from_millis(number),
            })
            .collect();
        let at = |part| percentile(&sent, part).as_millis();
        assert_eq!((at(500), at(990), at(1000)), (100, 198, 200));
        assert_eq!(percentile(&sent[..1], 500), Duration::from_millis(1));
        assert_eq!(percentile(&[], 990), Duration::ZERO);
    }
}
