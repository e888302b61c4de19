//! Programs that hooks run.
//!
//! The one rule: a program that is not done in time, or prints too much, is
//! killed with all that it started, and nobody waits for what it left open.

use jsvm::{Command, Error, Finished};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    io::{Read, Write},
    os::unix::process::CommandExt,
    process::{Child, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

const TOO_LONG: &str = "it took too long";

/// What the threads of one program tell.
enum Told {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

pub(super) fn run(command: &Command) -> Result<Finished, Error> {
    let deadline = Instant::now() + command.timeout;
    let mut child = start(command)?;
    let result = outputs(&mut child, command, deadline)
        .and_then(|outputs| Ok((outputs, wait(&mut child, command, deadline)?)));
    if result.is_err() {
        kill(&child);
        // What was killed is gone at once; this only takes note of it.
        let _ = child.wait();
    }
    let ((stdout, stderr), status) = result?;
    Ok(Finished {
        code: status.code(),
        stdout,
        stderr,
    })
}

fn told(command: &Command, err: &dyn std::fmt::Display) -> Error {
    Error::host(format!("exec: {:?}: {err}", command.program))
}

fn start(command: &Command) -> Result<Child, Error> {
    let variables = command.env.iter().flatten();
    let variables = variables.filter_map(|pair| pair.split_once('='));
    let mut program = std::process::Command::new(&command.program);
    program
        .args(&command.args)
        .current_dir(&command.dir)
        // A group of its own, so that its children end with it.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if command.env.is_some() {
        program.env_clear();
        // Go looks for programs in the path of the server.
        if let Some(path) = std::env::var_os("PATH") {
            program.env("PATH", path);
        }
        program.envs(variables);
    }
    program.spawn().map_err(|err| told(command, &err))
}

/// Waits for a program that has closed its outputs, which is no end yet.
fn wait(child: &mut Child, command: &Command, deadline: Instant) -> Result<ExitStatus, Error> {
    loop {
        match child.try_wait().map_err(|err| told(command, &err))? {
            Some(status) => return Ok(status),
            None if Instant::now() >= deadline => return Err(told(command, &TOO_LONG)),
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
}

fn kill(child: &Child) {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = id {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Feeds the program and reads both of its outputs to their ends.
fn outputs(
    child: &mut Child,
    command: &Command,
    deadline: Instant,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (tell, told_by) = mpsc::channel();
    let most = command.max_bytes;
    if let Some(mut stdin) = child.stdin.take() {
        let input = command.stdin.clone();
        // It may stop reading before the end.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    if let Some(stdout) = child.stdout.take() {
        let tell = tell.clone();
        thread::spawn(move || drop(tell.send(Told::Stdout(all(stdout, most)))));
    }
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || drop(tell.send(Told::Stderr(all(stderr, most)))));
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let left = deadline.saturating_duration_since(Instant::now());
        match told_by.recv_timeout(left) {
            Ok(Told::Stdout(bytes)) => stdout = bytes,
            Ok(Told::Stderr(bytes)) => stderr = bytes,
            Err(RecvTimeoutError::Timeout) => return Err(told(command, &TOO_LONG)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if stdout.len() > most || stderr.len() > most {
            let message = format!("it printed more than {most} bytes (raise limits.buffer-size)");
            return Err(told(command, &message));
        }
    }
    Ok((stdout, stderr))
}

/// One byte more than the most tells that there were too many.
fn all(output: impl Read, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    // What was read before an error counts.
    let _ = output.take(most).read_to_end(&mut bytes);
    bytes
}
