//! What a disk keeps of values, so that a restart need not make them again.
//!
//! The one rule: an entry counts only if it is whole, for this key, and of the
//! same maker; anything else is as if it were not there, and is written again.
//! Nothing that goes wrong here is an error for whoever asks. Knows nothing of
//! what the bytes mean.

use sha2::{Digest, Sha256};
use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

/// First in each entry: what it is, and the version of its layout.
const MAGIC: &[u8] = b"jsvm-kept\x00\x01";
const CHECKSUM: usize = 32;

/// What ends the names of entries, and of entries that are being written.
const ENTRY: &str = "kept";
const UNFINISHED: &str = "tmp";

/// An unfinished entry of this age is one that nobody will finish.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// Names an entry.
pub type Key = [u8; 16];

/// A directory of entries, bounded in bytes; several processes may share it.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    maker: [u8; 16],
    max_bytes: u64,
    /// Weight of all entries, as far as this process knows.
    bytes: AtomicU64,
    writes: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    rejected: AtomicU64,
    failed_writes: AtomicU64,
    pruning: Mutex<()>,
}

/// What a store did since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Entries that were found.
    pub hits: u64,
    /// Entries that were not there, or rejected.
    pub misses: u64,
    /// Entries that were damaged, or of another maker.
    pub rejected: u64,
    /// Entries that could not be written.
    pub failed_writes: u64,
    /// Size of all entries in bytes, as far as this process knows.
    pub bytes: u64,
}

impl Store {
    /// Opens a directory, which is made if it is not there.
    ///
    /// `maker` names whoever makes the values, in this version: entries of
    /// another one do not count. Of entries of more than `max_bytes` together,
    /// those that were not used for longest are removed.
    ///
    /// # Errors
    ///
    /// If the directory cannot be made or read, or if others than its owner
    /// may write to it: what is read here decides what runs.
    pub fn open(dir: &Path, maker: [u8; 16], max_bytes: u64) -> io::Result<Self> {
        make_private_dir(dir)?;
        ensure_private(dir)?;
        let store = Self {
            dir: dir.to_owned(),
            maker,
            max_bytes,
            bytes: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            failed_writes: AtomicU64::new(0),
            pruning: Mutex::new(()),
        };
        remove_left_behind(dir)?;
        store.prune();
        Ok(store)
    }

    /// What was kept for `key`, if it is whole; one read of one file.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let path = self.path(key);
        let found = self.read(&path, key);
        let counter = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Relaxed);
        found
    }

    fn read(&self, path: &Path, key: &Key) -> Option<Vec<u8>> {
        let file = File::open(path).ok()?;
        let content = read_up_to(&file, self.max_bytes).ok();
        let value =
            content.and_then(|bytes| value_of(&bytes, &self.maker, key).map(<[u8]>::to_vec));
        if value.is_none() {
            self.rejected.fetch_add(1, Relaxed);
        } else {
            // Only the order of removal is told by it.
            let _ = file.set_modified(SystemTime::now());
        }
        value
    }

    /// Keeps `value` for `key`, in place of what was there.
    ///
    /// It is written beside and put in place at once, so that nobody ever
    /// reads a half of it. A power failure may still damage it: the checksum
    /// tells. What cannot be written is counted, and not kept.
    pub fn put(&self, key: &Key, value: &[u8]) {
        let entry = entry_of(&self.maker, key, value);
        let length = entry.len() as u64;
        if length > self.max_bytes {
            return;
        }
        if self.write(key, &entry).is_err() {
            self.failed_writes.fetch_add(1, Relaxed);
            return;
        }
        let bytes = self.bytes.fetch_add(length, Relaxed) + length;
        if bytes > self.max_bytes {
            self.prune();
        }
    }

    fn write(&self, key: &Key, entry: &[u8]) -> io::Result<()> {
        let number = self.writes.fetch_add(1, Relaxed);
        let name = format!("{}-{}-{number}.{UNFINISHED}", hex(key), process::id());
        let unfinished = self.dir.join(name);
        let result = new_private_file(&unfinished)
            .and_then(|mut file| file.write_all(entry))
            .and_then(|()| fs::rename(&unfinished, self.path(key)));
        if result.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        result
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        StoreStats {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            failed_writes: self.failed_writes.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.dir.join(format!("{}.{ENTRY}", hex(key)))
    }

    /// Counts the entries anew and, if they are too many, removes the oldest
    /// until a tenth of the room is free.
    fn prune(&self) {
        let Ok(_only_one) = self.pruning.try_lock() else {
            return;
        };
        let mut entries = files(&self.dir, ENTRY).unwrap_or_default();
        let mut bytes: u64 = entries.iter().map(|(_, metadata)| metadata.len()).sum();
        if bytes > self.max_bytes {
            let enough = self.max_bytes / 10 * 9;
            entries.sort_by_key(|(_, metadata)| metadata.modified().ok());
            for (path, metadata) in entries {
                if bytes <= enough {
                    break;
                }
                if fs::remove_file(path).is_ok() {
                    bytes -= metadata.len();
                }
            }
        }
        self.bytes.store(bytes, Relaxed);
    }
}

fn entry_of(maker: &[u8; 16], key: &Key, value: &[u8]) -> Vec<u8> {
    let mut entry = [MAGIC, maker, key, value].concat();
    let checksum = Sha256::digest(&entry);
    entry.extend_from_slice(&checksum);
    entry
}

fn value_of<'a>(entry: &'a [u8], maker: &[u8; 16], key: &Key) -> Option<&'a [u8]> {
    let (content, checksum) = entry.split_last_chunk::<CHECKSUM>()?;
    if Sha256::digest(content).as_slice() != checksum {
        return None;
    }
    let rest = content.strip_prefix(MAGIC)?;
    rest.strip_prefix(maker)?.strip_prefix(key)
}

fn read_up_to(file: &File, most: u64) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files with an ending.
fn files(dir: &Path, ending: &str) -> io::Result<Vec<(PathBuf, Metadata)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        // One that is gone by now was removed by another process.
        if path.extension().is_some_and(|found| found == ending)
            && let Ok(metadata) = fs::symlink_metadata(&path)
        {
            files.push((path, metadata));
        }
    }
    Ok(files)
}

fn remove_left_behind(dir: &Path) -> io::Result<()> {
    for (path, metadata) in files(dir, UNFINISHED)? {
        let age = metadata
            .modified()
            .ok()
            .and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            // Another process may have removed it already.
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

fn hex(key: &Key) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(unix)]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(dir)
}

#[cfg(unix)]
fn ensure_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(dir)?.permissions().mode();
    if mode & 0o022 == 0 {
        return Ok(());
    }
    let message = "others may write to it, and so decide what runs; take that right from them";
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(not(unix))]
fn ensure_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A file that was not there before, for its owner only.
fn new_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const MAKER: [u8; 16] = *b"maker, version 1";
    const KEY: Key = [7; 16];
    const VALUE: &[u8] = b"some bytes";

    fn open(dir: &TempDir) -> Store {
        Store::open(dir.path(), MAKER, 100_000).unwrap()
    }

    fn entry(dir: &TempDir) -> PathBuf {
        open(dir).path(&KEY)
    }

    #[test]
    fn what_is_kept_is_found_by_the_next_process() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        assert_eq!(store.get(&KEY), None);
        store.put(&KEY, VALUE);
        store.put(&[8; 16], b"");
        assert_eq!(store.get(&KEY).as_deref(), Some(VALUE));
        let next = open(&dir);
        assert_eq!(next.get(&KEY).as_deref(), Some(VALUE));
        assert_eq!(next.get(&[8; 16]).as_deref(), Some(&b""[..]));
        assert_eq!(next.stats().bytes, store.stats().bytes);
        let (one, other) = (store.stats(), next.stats());
        assert_eq!(
            (one.hits, one.misses, other.hits, other.misses),
            (1, 1, 2, 0)
        );
    }

    #[test]
    fn what_is_damaged_is_not_there_until_it_is_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        store.put(&KEY, VALUE);
        let whole = fs::read(entry(&dir)).unwrap();
        let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
        let longer = [&whole[..], &b"x"[..]].concat();
        let flipped = (0..whole.len()).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        });
        for damaged in cut.chain(flipped).chain([longer]) {
            fs::write(entry(&dir), &damaged).unwrap();
            assert_eq!(store.get(&KEY), None, "{damaged:?}");
        }
        assert_eq!(store.stats().rejected, 2 * whole.len() as u64 + 1);
        store.put(&KEY, VALUE);
        assert_eq!(store.get(&KEY).as_deref(), Some(VALUE));
    }

    #[test]
    fn entries_of_another_maker_or_key_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let other = Store::open(dir.path(), [1; 16], 100_000).unwrap();
        other.put(&KEY, b"of another maker");
        let store = open(&dir);
        assert_eq!(store.get(&KEY), None);
        store.put(&KEY, VALUE);
        fs::copy(entry(&dir), store.path(&[8; 16])).unwrap();
        assert_eq!(store.get(&[8; 16]), None);
        assert_eq!(
            (store.get(&KEY).as_deref(), other.get(&KEY)),
            (Some(VALUE), None)
        );
    }

    #[test]
    fn what_was_left_behind_is_removed_and_what_is_being_written_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["old.tmp", "new.tmp", "notes.txt"] {
            fs::write(path(name), b"half").unwrap();
        }
        let old = File::options().append(true).open(path("old.tmp")).unwrap();
        old.set_modified(SystemTime::now() - 2 * LEFT_BEHIND)
            .unwrap();
        open(&dir).put(&KEY, VALUE);
        let mut names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let entry = format!("{}.kept", "07".repeat(16));
        assert_eq!(names, [entry.as_str(), "new.tmp", "notes.txt"]);
    }

    #[test]
    fn the_oldest_entries_are_removed_when_there_are_too_many() {
        let dir = tempfile::tempdir().unwrap();
        let size = entry_of(&MAKER, &KEY, VALUE).len() as u64;
        let store = Store::open(dir.path(), MAKER, 10 * size).unwrap();
        let age = |number: u8, seconds: u64| {
            let file = File::options().append(true).open(store.path(&[number; 16]));
            let time = SystemTime::now() - Duration::from_secs(seconds);
            file.unwrap().set_modified(time).unwrap();
        };
        for number in 0..10 {
            store.put(&[number; 16], VALUE);
            age(number, 1000 - u64::from(number));
        }
        assert!(store.get(&[0; 16]).is_some(), "used just now");
        store.put(&[10; 16], VALUE);
        let kept: Vec<_> = (0..=10)
            .filter(|number| store.path(&[*number; 16]).exists())
            .collect();
        assert_eq!(kept, [0, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(store.stats().bytes, 9 * size);
        store.put(&[11; 16], &[0; 10_000]);
        assert!(!store.path(&[11; 16]).exists(), "larger than the bound");
    }

    #[test]
    fn what_cannot_be_written_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir);
        fs::create_dir(store.path(&KEY)).unwrap();
        store.put(&KEY, VALUE);
        assert_eq!(store.get(&KEY), None);
        assert_eq!(store.stats().failed_writes, 1);
        assert_eq!(files(dir.path(), UNFINISHED).unwrap().len(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("made/here");
        Store::open(&below, MAKER, 1000).unwrap();
        let mode = |mode| fs::set_permissions(&below, fs::Permissions::from_mode(mode));
        for shared in [0o770, 0o702] {
            mode(shared).unwrap();
            let err = Store::open(&below, MAKER, 1000).unwrap_err();
            assert_eq!(err.kind(), io::ErrorKind::PermissionDenied);
        }
        mode(0o755).unwrap();
        assert!(Store::open(&below, MAKER, 1000).is_ok());
        fs::write(dir.path().join("file"), "x").unwrap();
        assert!(Store::open(&dir.path().join("file"), MAKER, 1000).is_err());
    }
}
