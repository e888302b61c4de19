//! `cargo xtask bench reload`: how long from a saved hook file to an answer of
//! the new hook?
//!
//! The one rule: time starts before the file is written and ends with the first
//! answer of the new hook, as a person sees it.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::bench::site::{self, Site};
use crate::workspace::Workspace;

const FILES: usize = 10;
const SAVES: usize = 30;
/// What a save may take.
const BOUND: Duration = Duration::from_millis(100);

/// Runs the benchmark.
///
/// # Errors
///
/// A save was not served in time.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    ensure!(
        arguments.is_empty(),
        "unknown arguments: {}",
        arguments.join(" ")
    );
    let program = site::build(workspace)?;
    let names: Vec<_> = (0..FILES).map(|number| format!("{number}.pb.js")).collect();
    let texts: Vec<_> = (0..FILES).map(|number| hooks(number, "start")).collect();
    let files: Vec<_> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let site = Site::start(&program, "reload", "", &files, &["--watch"])?;
    let mut times = (0..SAVES)
        .map(|save| time_of(&site, save))
        .collect::<Result<Vec<_>>>()?;
    times.sort();
    let (median, longest) = (times[SAVES / 2], times[SAVES - 1]);
    println!(
        "{SAVES} saves in a directory of {FILES} files: median {median:.1?}, longest {longest:.1?}"
    );
    ensure!(longest <= BOUND, "a save took {longest:.1?} to be served");
    Ok(())
}

/// Saves a file, and waits until it is served.
fn time_of(site: &Site, save: usize) -> Result<Duration> {
    let mut client = site.connect()?;
    let (number, told) = (save % FILES, format!("save-{save}"));
    let text = hooks(number, &told);
    // Anywhere between two looks of the server.
    thread::sleep(Duration::from_millis(40 + (save as u64 * 7) % 15));
    let start = Instant::now();
    fs::write(site.hooks().join(format!("{number}.pb.js")), text)?;
    while client.send("GET", &format!("/told/{number}"), "")?.body != told {
        ensure!(start.elapsed() < 50 * BOUND, "a save is not served at all");
        thread::sleep(Duration::from_micros(500));
    }
    Ok(start.elapsed())
}

/// A file of some size: hooks, a cron job and a route that tells its version.
fn hooks(number: usize, told: &str) -> String {
    let mut text = format!(
        "routerAdd('GET', '/told/{number}', (e) => e.string(200, '{told}'))
cronAdd('job{number}', '0 3 * * *', () => {{ console.log('{number}') }})\n"
    );
    for hook in ["onRecordCreate", "onRecordUpdate", "onRecordValidate"] {
        text += &format!(
            "{hook}((e) => {{
    const title = e.record.getString('title')
    for (const word of title.split(' ')) {{
        if (word.length > 100) throw new BadRequestError('a word is too long')
    }}
    e.next()
}}, 'posts')\n"
        );
    }
    text
}
