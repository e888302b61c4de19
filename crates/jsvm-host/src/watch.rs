//! Whether the hooks of a project changed, found by looking.
//!
//! The one rule: what counts is the content of files, and only once nothing
//! has changed for a moment; so what editors leave around, a touch, or a file
//! that is half written is no change. It does not ask the system for events:
//! those do not come over network mounts and some container mounts, and
//! looking at ten files takes some ten microseconds. Knows nothing of hooks.

use crate::project::{Project, is_hook};
use std::{
    collections::BTreeMap,
    fs::{self, DirEntry, Metadata},
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

/// How long nothing may have changed before a change counts.
const QUIET: Duration = Duration::from_millis(30);
/// The same if a file is gone or empty: many a program empties or removes a
/// file before it writes it again.
const QUIET_IF_LESS: Duration = Duration::from_millis(300);
/// How often to look.
const PACE: Duration = Duration::from_millis(15);
/// Looking takes at most this part of the time of one core, as a divisor.
const SHARE: u32 = 20;
/// A time of modification tells versions of a file apart only if it is older
/// than this; some file systems count in steps of two seconds.
const COARSE: Duration = Duration::from_secs(3);

/// Looks at the hook files of a project and at modules beside and below them.
///
/// These are `*.pb.js` and `*.pb.ts`, and files that end in `.js`, `.cjs`,
/// `.mjs`, `.ts` or `.json`; hidden files and directories are left out, and so
/// is `node_modules`.
#[derive(Debug)]
pub struct Watch {
    dir: PathBuf,
    /// As they were seen last.
    files: Files,
    /// As they were told last.
    told: Files,
    changed_at: Instant,
    took: Duration,
}

type Files = BTreeMap<PathBuf, File>;

#[derive(Debug, Clone)]
struct File {
    modified: Option<SystemTime>,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content {
    length: u64,
    digest: u64,
}

impl Watch {
    /// Takes the files as they are now for known; make it before they are
    /// loaded.
    pub fn new(project: &Project) -> Self {
        let dir = project.hooks_dir();
        let now = Instant::now();
        let files = look(&dir, &Files::new());
        Self {
            dir,
            told: files.clone(),
            files,
            changed_at: now,
            took: now.elapsed(),
        }
    }

    /// Looks once; whether the files are others than the last time it said so,
    /// or than at the start.
    ///
    /// A change is told once, after nothing has changed for 30 ms, or for
    /// 300 ms if a file is gone or empty. `now` is the time of the look.
    pub fn poll(&mut self, now: Instant) -> bool {
        let started = Instant::now();
        let files = look(&self.dir, &self.files);
        self.took = started.elapsed();
        let is_quiet = have_same_content(&files, &self.files);
        self.files = files;
        if !is_quiet {
            self.changed_at = now;
            return false;
        }
        let quiet = now.saturating_duration_since(self.changed_at);
        if quiet < self.patience() || have_same_content(&self.files, &self.told) {
            return false;
        }
        self.told.clone_from(&self.files);
        true
    }

    /// How long to wait before the next look: 15 ms, or more if there is so
    /// much to look at that it would take over 5 % of a core.
    pub fn pause(&self) -> Duration {
        PACE.max(self.took * SHARE)
    }

    fn patience(&self) -> Duration {
        let length = |files: &Files, path| files.get(path).map_or(0, |file| file.content.length);
        let is_less = |path| length(&self.told, path) > 0 && length(&self.files, path) == 0;
        if self.told.keys().any(is_less) {
            QUIET_IF_LESS
        } else {
            QUIET
        }
    }
}

fn have_same_content(one: &Files, other: &Files) -> bool {
    let paths_and_contents = one.iter().zip(other);
    one.len() == other.len()
        && paths_and_contents
            .into_iter()
            .all(|(one, other)| one.0 == other.0 && one.1.content == other.1.content)
}

/// The files as they are now; content is read only if it may have changed.
fn look(dir: &Path, before: &Files) -> Files {
    let mut files = Files::new();
    let now = SystemTime::now();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        // What cannot be read now may be gone; loading will tell what is wrong.
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            match kind(&entry) {
                Some(Entry::Dir) => dirs.push(entry.path()),
                Some(Entry::File(metadata)) => {
                    let path = entry.path();
                    let file = file(&path, &metadata, before.get(&path), now);
                    files.insert(path, file);
                }
                None => {}
            }
        }
    }
    files
}

enum Entry {
    Dir,
    File(Metadata),
}

/// What to do with an entry of a directory, if anything.
fn kind(entry: &DirEntry) -> Option<Entry> {
    let name = entry.file_name().into_string().ok()?;
    let is_hidden = name.starts_with('.');
    // Links to directories are not followed: they may lead round in circles.
    if entry.file_type().ok()?.is_dir() {
        return (!is_hidden && name != "node_modules").then_some(Entry::Dir);
    }
    let is_module = [".js", ".cjs", ".mjs", ".ts", ".json"]
        .iter()
        .any(|end| name.ends_with(end));
    if !is_hook(&name) && (is_hidden || !is_module) {
        return None;
    }
    let metadata = fs::metadata(entry.path()).ok()?;
    metadata.is_file().then_some(Entry::File(metadata))
}

fn file(path: &Path, metadata: &Metadata, before: Option<&File>, now: SystemTime) -> File {
    let (length, modified) = (metadata.len(), metadata.modified().ok());
    let age = modified.and_then(|time| now.duration_since(time).ok());
    let is_told_by_time = age.is_some_and(|age| age > COARSE);
    let digest = match before {
        Some(file)
            if is_told_by_time && file.modified == modified && file.content.length == length =>
        {
            file.content.digest
        }
        _ => digest(path),
    };
    File {
        modified,
        content: Content { length, digest },
    }
}

fn digest(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(&fs::read(path).unwrap_or_default());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    struct Site {
        dir: TempDir,
        watch: Watch,
        now: Instant,
    }

    impl Site {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("pb_hooks")).unwrap();
            let project = Project::open(dir.path()).unwrap();
            fs::write(project.hooks_dir().join("a.pb.js"), "old").unwrap();
            Self {
                dir,
                watch: Watch::new(&project),
                now: Instant::now(),
            }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join("pb_hooks").join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).unwrap();
        }

        /// Looks after some time has passed.
        fn poll_after(&mut self, time: Duration) -> bool {
            self.now += time;
            self.watch.poll(self.now)
        }

        /// Whether a change is told within a second, and then no more.
        fn is_told(&mut self) -> bool {
            let told = (0..100).filter(|_| self.poll_after(PACE)).count();
            assert!(told <= 1, "told {told} times");
            told == 1
        }
    }

    #[test]
    fn a_change_is_told_once_after_a_quiet_moment() {
        let mut site = Site::new();
        assert!(!site.is_told());
        site.write("a.pb.js", "new");
        assert!(!site.poll_after(PACE));
        assert!(!site.poll_after(QUIET - Duration::from_millis(1)));
        assert!(site.poll_after(Duration::from_millis(1)));
        assert!(!site.is_told());
        site.write("a.pb.js", "old");
        assert!(site.is_told(), "the same length as before");
    }

    #[test]
    fn while_a_file_is_written_nothing_is_told() {
        let mut site = Site::new();
        for length in 1..50 {
            site.write("a.pb.js", &"x".repeat(length));
            assert!(!site.poll_after(2 * QUIET));
        }
        assert!(site.is_told());
    }

    #[test]
    fn a_file_that_is_emptied_or_replaced_gets_more_time() {
        let mut site = Site::new();
        site.write("a.pb.js", "");
        assert!(!site.poll_after(PACE));
        assert!(!site.poll_after(QUIET_IF_LESS - Duration::from_millis(1)));
        site.write("a.pb.js", "new");
        assert!(!site.poll_after(PACE));
        assert!(site.poll_after(QUIET));

        fs::remove_file(site.path("a.pb.js")).unwrap();
        assert!(!site.poll_after(PACE));
        assert!(!site.poll_after(2 * QUIET));
        site.write("new.tmp", "newer");
        fs::rename(site.path("new.tmp"), site.path("a.pb.js")).unwrap();
        assert!(site.is_told());

        fs::remove_file(site.path("a.pb.js")).unwrap();
        assert!(site.is_told(), "in the end, it is gone");
    }

    #[test]
    fn what_is_no_hook_and_no_module_is_not_told() {
        let mut site = Site::new();
        for dir in [".git", "node_modules", "node_modules/x"] {
            fs::create_dir(site.path(dir)).unwrap();
        }
        for name in [
            "a.pb.js~",
            ".a.pb.js.swp",
            "#a.pb.js#",
            ".#a.pb.js",
            "4913",
            "a.pb.js.tmp",
            "notes.md",
            ".hidden.js",
            ".git/index.js",
            "node_modules/x/index.js",
        ] {
            site.write(name, "x");
            assert!(!site.is_told(), "{name}");
        }
        let touched = fs::File::options().append(true).open(site.path("a.pb.js"));
        touched.unwrap().set_modified(SystemTime::now()).unwrap();
        assert!(!site.is_told());
    }

    #[test]
    fn hooks_and_modules_are_told() {
        let mut site = Site::new();
        fs::create_dir_all(site.path("lib/deep")).unwrap();
        for name in [
            "b.pb.js",
            "c.pb.ts",
            ".d.pb.js",
            "util.js",
            "lib/deep/x.json",
        ] {
            site.write(name, "x");
            assert!(site.is_told(), "{name}");
            site.write(name, "y");
            assert!(site.is_told(), "{name}");
        }
    }

    #[test]
    fn old_files_are_told_apart_by_their_times() {
        let mut site = Site::new();
        let at = |site: &Site, age: u64| {
            let file = fs::File::options().append(true).open(site.path("a.pb.js"));
            let time = SystemTime::now() - Duration::from_secs(age);
            file.unwrap().set_modified(time).unwrap();
        };
        at(&site, 100);
        assert!(!site.is_told());
        site.write("a.pb.js", "new");
        at(&site, 50);
        assert!(site.is_told());
    }

    #[test]
    fn a_directory_may_come_later() {
        let dir = tempfile::tempdir().unwrap();
        let project = Project::open(dir.path()).unwrap();
        let mut site = Site {
            watch: Watch::new(&project),
            dir,
            now: Instant::now(),
        };
        assert!(!site.is_told());
        fs::create_dir(project.hooks_dir()).unwrap();
        assert!(!site.is_told());
        site.write("a.pb.js", "new");
        assert!(site.is_told());
    }

    #[test]
    fn much_to_look_at_is_looked_at_less_often() {
        let mut site = Site::new();
        site.watch.took = Duration::from_millis(10);
        assert_eq!(site.watch.pause(), Duration::from_millis(200));
        site.watch.took = Duration::ZERO;
        assert_eq!(site.watch.pause(), PACE);
    }
}
