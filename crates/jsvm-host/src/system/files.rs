//! Files of the machine.
//!
//! The one rule: only regular files are read and written, so that nothing is
//! waited for. Errors read as Go's, with the operation and the path.

use jsvm::{Error, FileChange, FileInfo};
use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Component, Path, PathBuf},
    time::UNIX_EPOCH,
};

/// Most entries of one directory.
const MAX_ENTRIES: usize = 100_000;

/// Go: `open /a: no such file or directory`.
fn told(operation: &str, path: &str) -> impl Fn(io::Error) -> Error {
    move |err| match err.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            Error::NoFile(format!("{operation} {path}: no such file or directory"))
        }
        ErrorKind::PermissionDenied => {
            Error::host(format!("{operation} {path}: permission denied"))
        }
        ErrorKind::AlreadyExists => Error::host(format!("{operation} {path}: file exists")),
        ErrorKind::DirectoryNotEmpty => {
            Error::host(format!("{operation} {path}: directory not empty"))
        }
        _ => Error::host(format!("{operation} {path}: {err}")),
    }
}

/// Follows links as far as the path is there; what is not has none.
pub(super) fn resolve(path: &str) -> Result<String, Error> {
    let mut there = PathBuf::from("/");
    let mut parts = Path::new(path).components();
    while let Some(part) = parts.next() {
        match part {
            Component::ParentDir => drop(there.pop()),
            Component::Normal(name) => match fs::canonicalize(there.join(name)) {
                Ok(found) => there = found,
                Err(err) if err.kind() == ErrorKind::NotFound => {
                    there.push(name);
                    // A link to nowhere could be made to lead anywhere.
                    if there.is_symlink() {
                        return Err(told("open", path)(err));
                    }
                    return rest(there, parts, path);
                }
                Err(err) => return Err(told("open", path)(err)),
            },
            _ => {}
        }
    }
    Ok(there.to_string_lossy().into_owned())
}

fn rest<'a>(
    mut there: PathBuf,
    parts: impl Iterator<Item = Component<'a>>,
    path: &str,
) -> Result<String, Error> {
    for part in parts {
        match part {
            Component::Normal(name) => there.push(name),
            Component::CurDir => {}
            _ => return Err(told("open", path)(ErrorKind::NotFound.into())),
        }
    }
    Ok(there.to_string_lossy().into_owned())
}

/// Asked before it is opened: opening a pipe would wait.
fn regular(path: &str) -> Result<Metadata, Error> {
    let found = fs::metadata(path).map_err(told("open", path))?;
    match found.is_file() {
        true => Ok(found),
        false if found.is_dir() => Err(Error::host(format!("read {path}: is a directory"))),
        false => Err(Error::host(format!("open {path}: it is no regular file"))),
    }
}

pub(super) fn read(path: &str, max_bytes: usize) -> Result<Vec<u8>, Error> {
    regular(path)?;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(told("open", path))?;
    let most = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(told("read", path))?;
    match bytes.len() > max_bytes {
        true => Err(Error::host(format!(
            "read {path}: it is longer than {max_bytes} bytes (raise limits.buffer-size)"
        ))),
        false => Ok(bytes),
    }
}

pub(super) fn write(path: &str, bytes: &[u8], mode: u32) -> Result<(), Error> {
    if Path::new(path).exists() {
        regular(path)?;
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(mode);
    let mut file = file.open(path).map_err(told("open", path))?;
    file.write_all(bytes).map_err(told("write", path))
}

pub(super) fn stat(path: &str) -> Result<FileInfo, Error> {
    let found = fs::symlink_metadata(path).map_err(told("stat", path))?;
    Ok(info(path, &found))
}

fn info(path: &str, found: &Metadata) -> FileInfo {
    let name = Path::new(path).file_name();
    let modified = found.modified().ok();
    let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    FileInfo {
        name: name.map_or_else(|| "/".into(), |name| name.to_string_lossy().into_owned()),
        size: found.len(),
        mode: found.permissions().mode() & 0o777,
        modified: modified.map_or(0, |at| i64::try_from(at.as_millis()).unwrap_or(i64::MAX)),
        is_dir: found.is_dir(),
    }
}

pub(super) fn list(path: &str) -> Result<Vec<FileInfo>, Error> {
    let entries = fs::read_dir(path).map_err(told("open", path))?;
    let mut list = Vec::new();
    for entry in entries.take(MAX_ENTRIES + 1) {
        let entry = entry.map_err(told("read", path))?;
        // What is gone by now is not there.
        if let Ok(found) = entry.metadata() {
            list.push(info(&entry.file_name().to_string_lossy(), &found));
        }
    }
    if list.len() > MAX_ENTRIES {
        return Err(Error::host(format!(
            "read {path}: it has more than {MAX_ENTRIES} entries"
        )));
    }
    list.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(list)
}

pub(super) fn change(path: &str, change: &FileChange) -> Result<(), Error> {
    let (operation, done) = match change {
        FileChange::MakeDir(mode) => ("mkdir", fs::DirBuilder::new().mode(*mode).create(path)),
        FileChange::MakeDirs(mode) => {
            let mut builder = fs::DirBuilder::new();
            ("mkdir", builder.recursive(true).mode(*mode).create(path))
        }
        FileChange::Remove => ("remove", remove(path)),
        FileChange::RemoveAll => ("remove", remove_all(path)),
        FileChange::Rename(to) => ("rename", fs::rename(path, to)),
        FileChange::Truncate(size) => {
            regular(path)?;
            let file = OpenOptions::new().write(true).open(path);
            ("truncate", file.and_then(|file| file.set_len(*size)))
        }
        _ => return Err(Error::host(format!("{path}: this is not known here"))),
    };
    done.map_err(told(operation, path))
}

fn remove(path: &str) -> io::Result<()> {
    match fs::symlink_metadata(path)?.is_dir() {
        true => fs::remove_dir(path),
        false => fs::remove_file(path),
    }
}

/// Links are removed and never followed, which the standard library sees to.
fn remove_all(path: &str) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(()),
        Err(err) => Err(err),
    }
}
