//! One hostile script in one process of its own.
//!
//! The one rule: whatever the process does, there is an answer, and no process
//! is left behind. This module does not know which answer is right.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::judge::{Answer, Outcome};

/// Address space of a process in KiB: a memory bomb that passes every limit of
/// ours meets this one, and aborts.
const ADDRESS_SPACE: u64 = 4 * 1024 * 1024;
/// How long past the deadline a process is let run before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked at whether a process has ended.
const LOOK: Duration = Duration::from_millis(2);
/// Exit codes of `jsvm run`: a value, a script's error, a limit.
const ANSWERS: &[i32] = &[0, 1, 3];
/// The exit code of `jsvm run` for what is no script at all.
const REFUSED: i32 = 2;

/// How scripts are run.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    /// The built `jsvm`.
    pub(crate) program: PathBuf,
}

impl Runner {
    /// Runs a script to its end, or kills its process.
    ///
    /// # Errors
    ///
    /// The process could not be started or waited for.
    pub(crate) fn run(&self, script: &Path, timeout: Duration) -> Result<Answer> {
        let mut child = self.start(script, timeout)?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let status = wait(&mut child, timeout + PATIENCE)?;
        let (stdout, stderr) = (joined(stdout), joined(stderr));
        Ok(match status {
            None => Answer {
                outcome: Outcome::Hang,
                took: timeout + PATIENCE,
            },
            Some(status) => answer(status, &stdout, &stderr),
        })
    }

    fn start(&self, script: &Path, timeout: Duration) -> Result<Child> {
        let limit = format!("ulimit -v {ADDRESS_SPACE} && exec \"$@\"");
        Command::new("sh")
            .args(["-c", &limit, "sh"])
            .arg(&self.program)
            .args(["run", "--json", "--timeout"])
            .arg(format!("{}ms", timeout.as_millis()))
            .arg(script)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{}", self.program.display()))
    }
}

/// Reads a pipe to its end beside the process, which must not wait for us.
fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is all there is to judge by.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn joined(reader: JoinHandle<Vec<u8>>) -> Vec<u8> {
    reader.join().unwrap_or_default()
}

/// Waits for the process; `None` if it had to be killed.
fn wait(child: &mut Child, patience: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(LOOK);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn answer(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Answer {
    let stderr = String::from_utf8_lossy(stderr);
    match status.code() {
        Some(code) if ANSWERS.contains(&code) => match serde_json::from_slice(stdout) {
            Ok(told) => from_json(&told),
            Err(err) => at_once(Outcome::Abort(format!("the answer is no JSON: {err}"))),
        },
        Some(REFUSED) => at_once(Outcome::Error {
            kind: "refused".into(),
            message: stderr.trim().into(),
        }),
        _ => at_once(Outcome::Abort(how_it_ended(status, &stderr))),
    }
}

fn at_once(outcome: Outcome) -> Answer {
    Answer {
        outcome,
        took: Duration::ZERO,
    }
}

fn how_it_ended(status: ExitStatus, stderr: &str) -> String {
    let last = stderr.lines().last().unwrap_or_default();
    match status.signal() {
        Some(signal) => format!("signal {signal}: {last}"),
        None => format!("{status}: {last}"),
    }
}

/// Reads what `jsvm run --json` prints.
fn from_json(told: &Value) -> Answer {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let outcome = match told["status"].as_str() {
        Some("ok") => Outcome::Value,
        Some("limit") => Outcome::Limit(text(&told["limit"])),
        Some("error") => Outcome::Error {
            kind: text(&told["error"]["kind"]),
            message: text(&told["error"]["message"]),
        },
        _ => Outcome::Abort(format!("an unknown answer: {told}")),
    };
    let millis = told["duration_ms"].as_f64().unwrap_or_default();
    Answer {
        outcome,
        took: Duration::from_secs_f64(millis.max(0.0) / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: i32, stdout: &str, stderr: &str) -> Answer {
        answer(
            ExitStatus::from_raw(code << 8),
            stdout.as_bytes(),
            stderr.as_bytes(),
        )
    }

    #[test]
    fn answers_are_read_from_json() {
        let value = told(0, r#"{"status":"ok","duration_ms":1.5}"#, "");
        assert_eq!(value.outcome, Outcome::Value);
        assert_eq!(value.took, Duration::from_micros(1500));
        let limit = told(
            3,
            r#"{"status":"limit","limit":"memory","duration_ms":7}"#,
            "",
        );
        assert_eq!(limit.outcome, Outcome::Limit("memory".into()));
        let json = r#"{"status":"error","error":{"kind":"TypeError","message":"no"}}"#;
        let expected = Outcome::Error {
            kind: "TypeError".into(),
            message: "no".into(),
        };
        assert_eq!(told(1, json, "").outcome, expected);
    }

    #[test]
    fn a_process_without_an_answer_aborted() {
        let signal = answer(ExitStatus::from_raw(6), b"", b"fatal: stack overflow");
        let expected = Outcome::Abort("signal 6: fatal: stack overflow".into());
        assert_eq!(signal.outcome, expected);
        for (code, stdout) in [(101, ""), (0, ""), (0, "{}")] {
            let outcome = told(code, stdout, "").outcome;
            assert!(matches!(outcome, Outcome::Abort(_)), "{code} {stdout:?}");
        }
    }

    #[test]
    fn a_source_that_cannot_be_read_is_an_error() {
        let outcome = told(2, "", "error: x.js is not UTF-8 (byte 3)\n").outcome;
        assert!(matches!(outcome, Outcome::Error { .. }));
    }

    #[test]
    fn a_process_that_does_not_end_is_killed() {
        let mut child = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap();
        assert!(wait(&mut child, Duration::ZERO).unwrap().is_none());
        assert!(child.try_wait().unwrap().is_some());
    }
}
