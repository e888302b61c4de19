//! `serve --watch` and SIGHUP: from a saved file to what clients see.

use crate::program::{Server, serve_until};
use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
    thread,
};
use tempfile::TempDir;

/// A project with ten hook files; the route of the last is `/told`.
struct Site {
    dir: TempDir,
}

impl Site {
    fn new(told: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let site = Self { dir };
        fs::create_dir(site.hooks()).unwrap();
        for number in 0..9 {
            let text = format!("routerAdd('GET', '/{number}', (e) => e.string(200, 'same'))");
            site.write(&format!("{number}.pb.js"), &text);
        }
        site.tell(told);
        site
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn hooks(&self) -> PathBuf {
        self.dir.path().join("pb_hooks")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.hooks().join(name), text).unwrap();
    }

    fn tell(&self, told: &str) {
        self.write("told.pb.js", &route(told));
    }
}

fn route(told: &str) -> String {
    format!("routerAdd('GET', '/told', (e) => e.string(200, '{told}'))")
}

fn wait_until_told(server: &Server, told: &str) {
    while server.get("/told").1 != told {
        thread::yield_now();
    }
}

#[test]
fn what_is_saved_is_served() {
    let site = Site::new("old");
    let server = Server::start(site.path(), &["--watch"]);
    assert_eq!(server.get("/told").1, "old");
    site.tell("new");
    wait_until_told(&server, "new");
    // As editors save: another file first, then that one in place of the old.
    site.write("told.pb.js.tmp", &route("renamed"));
    let path = |name: &str| site.hooks().join(name);
    fs::rename(path("told.pb.js.tmp"), path("told.pb.js")).unwrap();
    wait_until_told(&server, "renamed");
    assert_eq!(server.get("/5").1, "same");
    fs::remove_file(path("5.pb.js")).unwrap();
    while server.get("/5").0 != 404 {
        thread::yield_now();
    }
    assert_eq!(server.get("/told").1, "renamed");
}

#[test]
fn a_broken_file_leaves_the_last_good_hooks_and_is_told_with_its_frame() {
    let site = Site::new("good");
    let server = Server::start(site.path(), &["--watch"]);
    site.write("5.pb.js", "const a = 1\nconst = 2");
    let told = server.errors_until("the hooks stay as they were");
    let told = told.join("\n");
    for part in [
        "failed to load pb_hooks/5.pb.js",
        "2 | const = 2",
        "  |       ^",
        "1 of 10 hook files failed to load",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(server.get("/told").1, "good");
    assert_eq!(server.get("/5").1, "same");
    // Two routes that match the same requests are no set of hooks either.
    site.write("5.pb.js", "routerAdd('GET', '/told', (e) => e.next())");
    let told = server.errors_until("the hooks stay as they were");
    assert!(told.join("\n").contains("told.pb.js:1:"), "{told:?}");
    assert_eq!(server.get("/5").1, "same");
    site.write("5.pb.js", "");
    site.tell("better");
    wait_until_told(&server, "better");
    assert_eq!(server.get("/5").0, 404);
}

#[test]
fn traps_in_what_was_saved_are_told() {
    let site = Site::new("good");
    let server = Server::start(site.path(), &["--watch"]);
    let text = "const answer = 'x'; routerAdd('GET', '/5', (e) => e.string(200, answer))";
    site.write("5.pb.js", text);
    let told = server.errors_until("warning: ");
    assert!(
        told.last()
            .unwrap()
            .contains("cannot see the variable `answer`"),
        "{told:?}"
    );
}

#[test]
fn hooks_hear_of_a_reload_as_of_a_restart() {
    let site = Site::new("old");
    let hooks = "onBootstrap((e) => {
            const store = $app.store()
            store.set('starts', (store.get('starts') ?? 0) + 1)
            e.next()
        })
        onTerminate((e) => { $app.store().set('restart', e.isRestart); e.next() })
        routerAdd('GET', '/heard', (e) => {
            const store = $app.store()
            return e.string(200, `${store.get('starts')} ${store.get('restart') ?? ''}`)
        })";
    site.write("0.pb.js", hooks);
    let server = Server::start(site.path(), &["--watch"]);
    assert_eq!(server.get("/heard").1, "1 ");
    site.tell("new");
    wait_until_told(&server, "new");
    while server.get("/heard").1 != "2 true" {
        thread::yield_now();
    }
}

/// A number below `end`, another one each time.
fn random(end: u64) -> u64 {
    RandomState::new().build_hasher().finish() % end
}

/// How many programs a directory keeps.
fn count(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_str().unwrap().ends_with(".kept"))
        .count() as u64
}

/// Kills as many servers as `JSVM_KILLS` says, each while it writes what it
/// keeps of new hooks: one half when it starts, one half when it loads again.
#[test]
fn a_kill_at_any_moment_leaves_what_starts_again() {
    let kills = std::env::var("JSVM_KILLS").map_or(12, |kills| kills.parse().unwrap());
    let site = Site::new("0");
    fs::write(site.path().join("jsvm.toml"), "[cache]\ndir = \"kept\"").unwrap();
    let kept = site.path().join("kept");
    for round in 1..=kills {
        let watching = (round % 2 == 0).then(|| Server::start(site.path(), &["--watch"]));
        // Each of the ten files and each of their handlers is a program.
        let moment = count(&kept) + random(20) + 1;
        for number in 0..9 {
            let text = route(&format!("{round}.{number}")).replace("/told", &format!("/{number}"));
            site.write(&format!("{number}.pb.js"), &text);
        }
        site.tell(&round.to_string());
        let is_time = || count(&kept) >= moment;
        match watching {
            None => serve_until(site.path(), is_time),
            Some(server) => {
                while !is_time() {
                    thread::yield_now();
                }
                server.signal("-KILL");
                server.wait();
            }
        }
    }
    // What a power failure may do to what was written last.
    let entries = fs::read_dir(&kept).unwrap();
    for entry in entries.step_by(3) {
        fs::write(entry.unwrap().path(), [0; 100]).unwrap();
    }
    let server = Server::start(site.path(), &[]);
    assert_eq!(server.get("/told"), (200, kills.to_string()));
    assert_eq!(server.get("/8"), (200, format!("{kills}.8")));
}

#[test]
fn without_watching_a_signal_reloads() {
    let site = Site::new("old");
    let server = Server::start(site.path(), &[]);
    site.tell("new");
    assert_eq!(server.get("/told").1, "old");
    server.signal("-HUP");
    wait_until_told(&server, "new");
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
}
