//! [`Cache`]: trees of commits, each in a folder of its own that is named by the commit and never changes.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::remote::error::RemoteError;
use crate::remote::git::{Git, TreeEntry};
use crate::storage::stays_inside;

/// More than any action needs; a bound, so that no repository fills a disk.
const MAX_FILES: usize = 20_000;
const MAX_BYTES: u64 = 512 << 20;

/// The folder of all trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cache {
    pub(super) folder: PathBuf,
}

/// The right to write to the cache and the lock; one process has it at a time.
#[derive(Debug)]
pub(super) struct Guard {
    _file: File,
}

impl Cache {
    /// The tree of a commit, if it is here.
    pub(super) fn find(&self, commit: &str) -> Option<PathBuf> {
        let folder = self.folder.join(commit);
        folder.is_dir().then_some(folder)
    }

    /// Waits until no other process writes. Errors: `System`.
    pub(super) fn guard(&self) -> Result<Guard, RemoteError> {
        make_folder(&self.folder)?;
        let path = self.folder.join(".guard");
        let failed = |error: &std::io::Error| RemoteError::system("cannot lock", &path, error);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|error| failed(&error))?;
        flock(&file, FlockOperation::LockExclusive).map_err(|error| failed(&error.into()))?;
        Ok(Guard { _file: file })
    }

    /// An empty folder to work in; whoever has the guard is alone there.
    pub(super) fn scratch(&self, _guard: &Guard) -> Result<PathBuf, RemoteError> {
        let folder = self.folder.join(".fetch");
        remove(&folder)?;
        Ok(folder)
    }

    /// Writes the tree of a commit that git has brought; whole, or not at all.
    ///
    /// Errors: `Refused` for links that leave it, names that no repository should hold, and too much of it.
    pub(super) fn keep(&self, git: &Git<'_>, commit: &str, _guard: &Guard) -> Result<PathBuf, RemoteError> {
        let entries = git.tree(commit)?;
        check(&entries)?;
        let new = self.folder.join(".new");
        remove(&new)?;
        make_folder(&new)?;
        let written = write(git, &entries, &new);
        let place = self.folder.join(commit);
        let kept = written.and_then(|()| {
            std::fs::rename(&new, &place).map_err(|error| RemoteError::system("cannot write", &place, &error))
        });
        if kept.is_err() {
            // The next one who comes here removes it, if this does not.
            let _ = remove(&new);
        }
        kept.map(|()| place)
    }

    /// Ends the work in the scratch folder.
    pub(super) fn tidy(&self, _guard: &Guard) {
        // It is removed before it is used again.
        let _ = remove(&self.folder.join(".fetch"));
    }
}

/// What is no submodule: those are left out (MCH-7).
fn wanted(entries: &[TreeEntry]) -> impl Iterator<Item = &TreeEntry> {
    entries.iter().filter(|entry| entry.mode != "160000")
}

fn check(entries: &[TreeEntry]) -> Result<(), RemoteError> {
    let all: u64 = entries.iter().map(|entry| entry.bytes).sum();
    if entries.len() > MAX_FILES || all > MAX_BYTES {
        let path = format!("{} files of {all} bytes", entries.len());
        return Err(RemoteError::Refused { path, why: "are more than an action may have (20000 files, 512 MiB)" });
    }
    for entry in wanted(entries) {
        let path = Path::new(OsStr::from_bytes(&entry.path));
        let plain = |part: Component<'_>| match part {
            Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
            Component::CurDir | Component::ParentDir | Component::RootDir | Component::Prefix(_) => false,
        };
        // Components forget doubled slashes and dots, which no repository has.
        let whole = path.components().collect::<PathBuf>().as_os_str() == path.as_os_str();
        if !whole || !path.components().all(plain) {
            return Err(refused(path, "is no plain name"));
        }
        if !["100644", "100755", "100664", "120000"].contains(&entry.mode.as_str()) {
            return Err(refused(path, "is neither file nor link"));
        }
    }
    Ok(())
}

/// Files first, then links: no file is written through a link.
fn write(git: &Git<'_>, entries: &[TreeEntry], folder: &Path) -> Result<(), RemoteError> {
    let (links, files): (Vec<_>, Vec<_>) = wanted(entries).partition(|entry| entry.mode == "120000");
    for (entries, is_link) in [(files, false), (links, true)] {
        let objects: Vec<&str> = entries.iter().map(|entry| entry.object.as_str()).collect();
        git.read(&objects, |at, bytes| {
            let Some(entry) = entries.get(at) else { return Ok(()) };
            let below = Path::new(OsStr::from_bytes(&entry.path));
            let path = folder.join(below);
            path.parent().map_or(Ok(()), make_folder)?;
            let written = if is_link {
                let target = Path::new(OsStr::from_bytes(&bytes));
                if !stays_inside(below, target) {
                    return Err(refused(below, "is a link that may leave the repository"));
                }
                std::os::unix::fs::symlink(target, &path)
            } else {
                let mode = if entry.mode == "100755" { 0o700 } else { 0o600 };
                let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
                file.and_then(|mut file| file.write_all(&bytes))
            };
            written.map_err(|error| RemoteError::system("cannot write", &path, &error))
        })?;
    }
    Ok(())
}

fn refused(path: &Path, why: &'static str) -> RemoteError {
    RemoteError::Refused { path: path.display().to_string(), why }
}

fn make_folder(folder: &Path) -> Result<(), RemoteError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| RemoteError::system("cannot make", folder, &error))
}

fn remove(folder: &Path) -> Result<(), RemoteError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(RemoteError::system("cannot remove", folder, &error)),
        _ => Ok(()),
    }
}
