//! A project in a directory of its own, and the built server that serves it.
//!
//! The one rule: whatever happens, the server is stopped and the directory
//! removed. Knows nothing of what is measured.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::bench::client::Client;
use crate::workspace::Workspace;

/// One collection, `posts`, with a text `title`; anybody may do anything.
const SCHEMA: &str = r#"[{
    "id": "pbc_posts", "name": "posts", "type": "base",
    "listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": "",
    "fields": [
        { "id": "f_id", "name": "id", "type": "text", "primaryKey": true, "system": true,
          "required": true, "min": 15, "max": 15, "pattern": "^[a-z0-9]+$",
          "autogeneratePattern": "[a-z0-9]{15}" },
        { "id": "f_title", "name": "title", "type": "text" }
    ]
}]"#;

/// Builds the server as it is released, and tells where it is.
///
/// # Errors
///
/// It does not build.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let arguments = ["build", "--release", "--locked", "-p", "jsvm-cli"];
    let status = workspace.cargo(&arguments).status()?;
    ensure!(status.success(), "cargo build: {status}");
    Ok(workspace.target().join("release/jsvm"))
}

/// A project that is served.
pub(crate) struct Site {
    dir: PathBuf,
    child: Child,
    host: String,
}

impl Site {
    /// Serves a project with one hook file, and `config` as its `jsvm.toml`.
    ///
    /// # Errors
    ///
    /// The server does not start.
    pub(crate) fn start(
        program: &Path,
        name: &str,
        config: &str,
        hooks: &[(&str, &str)],
        flags: &[&str],
    ) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("jsvm-bench-{}-{name}", process::id()));
        fs::create_dir_all(dir.join("pb_hooks"))?;
        fs::write(dir.join("pb_schema.json"), SCHEMA)?;
        fs::write(dir.join("jsvm.toml"), config)?;
        for (file, text) in hooks {
            fs::write(dir.join("pb_hooks").join(file), text)?;
        }
        let mut child = Command::new(program)
            .arg("serve")
            .arg(&dir)
            .args(["--http", "127.0.0.1:0"])
            .args(flags)
            // What a refusal logs is no part of what is measured.
            .env("JSVM_LOG", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let host = read_host(&mut child).context("the server does not start");
        let mut site = Self {
            dir,
            child,
            host: String::new(),
        };
        site.host = host?;
        Ok(site)
    }

    /// A new connection.
    ///
    /// # Errors
    ///
    /// The server is gone.
    pub(crate) fn connect(&self) -> Result<Client> {
        Client::connect(&self.host)
    }

    /// The directory of the hook files.
    pub(crate) fn hooks(&self) -> PathBuf {
        self.dir.join("pb_hooks")
    }
}

fn read_host(child: &mut Child) -> Result<String> {
    let stdout = child.stdout.take().context("standard output is piped")?;
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let host = lines
        .find_map(|line| line.strip_prefix("serving http://").map(str::to_owned))
        .context("it does not say where it serves")?;
    // Somebody must read on, or the server would stop at a full pipe.
    thread::spawn(move || lines.for_each(drop));
    Ok(host)
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}
