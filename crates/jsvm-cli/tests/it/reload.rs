//! `serve --watch` and SIGHUP: from a saved file to what clients see.

use crate::program::Server;
use std::{
    fs,
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
