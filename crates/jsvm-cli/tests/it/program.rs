//! Starting the program, talking to it, stopping it.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, mpsc},
    thread,
};

fn jsvm(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jsvm"));
    command.args(args);
    command
}

/// Runs the program to its end with this standard input.
pub(crate) fn jsvm_with(args: &[&str], input: &str) -> Output {
    jsvm_in(&[], args, input)
}

/// The same with these variables in its environment.
pub(crate) fn jsvm_in(variables: &[(&str, &str)], args: &[&str], input: &str) -> Output {
    let mut child = jsvm(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// Serves `dir`, and kills the server once `is_time` says so, wherever it is.
pub(crate) fn serve_until(dir: &Path, is_time: impl Fn() -> bool) {
    let args = ["serve", dir.to_str().unwrap(), "--http", "127.0.0.1:0"];
    let mut child = jsvm(&args).stdout(Stdio::null()).spawn().unwrap();
    while !is_time() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A server that is up; it is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    url: String,
    errors: Mutex<mpsc::Receiver<String>>,
}

impl Server {
    /// Serves `dir` on a free port, and returns once it says where.
    pub(crate) fn start(dir: &Path, flags: &[&str]) -> Self {
        Self::start_with(dir, flags, &[])
    }

    /// As [`start`](Self::start), with these variables in its environment.
    pub(crate) fn start_with(dir: &Path, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let dir = dir.to_str().unwrap();
        let args = [&["serve", dir, "--http", "127.0.0.1:0"], flags].concat();
        let mut child = jsvm(&args)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (error, errors) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("{line}");
                let _ = error.send(line);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("serving ").map(str::to_owned))
            .unwrap();
        // Somebody must read on, or the program would stop at a full pipe.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self {
            child,
            url,
            errors: Mutex::new(errors),
        }
    }

    /// The lines on standard error since the last time, up to one that starts
    /// so; waits for that one.
    pub(crate) fn errors_until(&self, start: &str) -> Vec<String> {
        let errors = self.errors.lock().unwrap();
        let mut lines = Vec::new();
        loop {
            lines.push(errors.recv().unwrap());
            if lines.last().unwrap().starts_with(start) {
                return lines;
            }
        }
    }

    /// The lines on standard error since the last time, up to the end of the
    /// program; waits for that.
    pub(crate) fn rest_of_errors(&self) -> Vec<String> {
        self.errors.lock().unwrap().iter().collect()
    }

    /// Status, headers as lines, and body of an answer; `None` if there is none.
    pub(crate) fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(u16, String)> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("Content-Type", "application/json");
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut response = agent.run(request.body(text).unwrap()).ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some((response.status().as_u16(), text))
    }

    /// Where it serves.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.try_send("GET", path, None).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, text) = self.try_send("POST", path, Some(body)).unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Sends a signal by its name, as `kill` knows it.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end of the program and returns its exit code.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
