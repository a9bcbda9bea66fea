//! [`copy`]: brings one tree into line with another, only what changed, in parallel, resumable. Source: LIV-41.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::storage::error::{Obstacle, StorageError};
use crate::storage::file::{Copied, copy_file, remove_remains, standing};
use crate::storage::root::make_folders;
use crate::storage::scan::{Entry, FileFacts, Ignore, Kind, PART, scan};

/// How many files are copied at once: more than cores, since a copy mostly waits.
const WORKERS: usize = 8;

/// How far a copy is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyProgress {
    /// Files that are done, copied or not.
    pub files: usize,
    /// All files.
    pub all_files: usize,
    /// Bytes that are done.
    pub bytes: u64,
    /// All bytes.
    pub all_bytes: u64,
}

/// What a copy did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// Files that were written.
    pub copied: usize,
    /// Bytes that were written.
    pub bytes: u64,
    /// Files that were there already, with the same size and time.
    pub unchanged: usize,
    /// Files of the target that are newer than the source's and were left alone, by name.
    pub newer: Vec<PathBuf>,
    /// Links that were made.
    pub links: usize,
}

/// Copies a file, or what a folder holds, to `to`; nothing is ever removed there.
///
/// A file with the source's size and time is not copied; one that is newer is kept. Times and permission bits
/// (not owner, set-user bits or access lists) come along, and the owner may always write. Links are copied as
/// links. A file appears under its name only when it is whole; a copy that was broken off goes on where it stopped.
/// Survives the death of the process, not of the machine. Blocks; `progress` is called from several threads.
/// Errors: all of [`StorageError`] but `BadUri`; with `Obstacles` nothing was copied.
pub fn copy(
    from: &Path,
    to: &Path,
    ignore: Ignore,
    progress: &(dyn Fn(CopyProgress) + Sync),
) -> Result<CopyReport, StorageError> {
    let entries = entries(from, to, ignore)?;
    if let Some(above) = to.parent() {
        make_folders(above)?;
    }
    for entry in &entries {
        if let Kind::Folder { mode } = entry.kind {
            make_folder(&target(to, entry), mode)?;
        }
    }
    let report = Copy::new(from, to, &entries, progress).run()?;
    for entry in &entries {
        if let Kind::Folder { .. } = entry.kind {
            remove_remains(&target(to, entry));
        }
    }
    Ok(report)
}

/// What a copy would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The files and links that would be written, by name; empty for a tree that is one file.
    pub written: Vec<PathBuf>,
    /// The bytes of those files.
    pub bytes: u64,
    /// Files that are there already.
    pub unchanged: usize,
    /// Files of the target that are newer and would be left alone, by name.
    pub newer: Vec<PathBuf>,
}

/// What [`copy`] would do; changes nothing. Blocks. Errors: as [`copy`].
pub fn survey(from: &Path, to: &Path, ignore: Ignore) -> Result<Survey, StorageError> {
    let mut survey = Survey::default();
    for entry in entries(from, to, ignore)? {
        let path = target(to, &entry);
        match &entry.kind {
            Kind::Folder { .. } => {}
            Kind::Link { target } if path.read_link().is_ok_and(|old| old == *target) => {}
            Kind::Link { .. } => survey.written.push(entry.path),
            Kind::File(facts) => match standing(&path, *facts) {
                Some(Copied::Newer) => survey.newer.push(entry.path),
                Some(Copied::Unchanged) => survey.unchanged += 1,
                Some(Copied::Written { .. }) | None => {
                    survey.bytes += facts.len;
                    survey.written.push(entry.path);
                }
            },
        }
    }
    Ok(survey)
}

/// What is to be copied. Errors: what keeps a copy from being begun.
fn entries(from: &Path, to: &Path, ignore: Ignore) -> Result<Vec<Entry>, StorageError> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (from_end, to_end) = (real(from), real(to));
    if from_end.starts_with(&to_end) || to_end.starts_with(&from_end) {
        return Err(StorageError::Overlap { from: from.to_owned(), to: to.to_owned() });
    }
    let entries = scan(from, ignore)?;
    let obstacles: Vec<Obstacle> = entries.iter().filter_map(|entry| obstacle(to, entry)).collect();
    if obstacles.is_empty() { Ok(entries) } else { Err(StorageError::Obstacles(obstacles)) }
}

/// Where an entry goes; the top itself where the tree is one file.
fn target(to: &Path, entry: &Entry) -> PathBuf {
    if entry.path.as_os_str().is_empty() { to.to_owned() } else { to.join(&entry.path) }
}

/// What stands where an entry is to be and may not be replaced.
fn obstacle(to: &Path, entry: &Entry) -> Option<Obstacle> {
    let path = target(to, entry);
    let is_top = entry.path.as_os_str().is_empty();
    let found = if is_top { path.metadata() } else { path.symlink_metadata() }.ok()?;
    let message = match entry.kind {
        Kind::Folder { .. } if found.is_symlink() => "is a link where a folder is to be; remove it",
        Kind::Folder { .. } if !found.is_dir() => "is a file where a folder is to be; remove it",
        Kind::File(_) | Kind::Link { .. } if found.is_dir() => "is a folder where a file is to be; remove it",
        _ => return None,
    };
    Some(Obstacle { path, message })
}

/// Makes a folder, or gives the one that is there its permissions; its owner can always work in it.
fn make_folder(path: &Path, mode: u32) -> Result<(), StorageError> {
    let failed = |error: io::Error| StorageError::system("cannot make", path, &error);
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        _ => {}
    }
    let permissions = std::fs::Permissions::from_mode(mode | 0o700);
    std::fs::set_permissions(path, permissions).map_err(failed)
}

/// Makes a link, in one step where another stands.
fn make_link(path: &Path, link: &Path) -> Result<(), StorageError> {
    let failed = |error: io::Error| StorageError::system("cannot make", path, &error);
    if path.read_link().is_ok_and(|old| old == link) {
        return Ok(());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let new = path.with_file_name(format!("{PART}link-{name}"));
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    std::os::unix::fs::symlink(link, &new).map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}

/// One copy under way.
struct Copy<'a> {
    from: &'a Path,
    to: &'a Path,
    files: Vec<(&'a Entry, FileFacts)>,
    links: Vec<(&'a Entry, &'a Path)>,
    next: AtomicUsize,
    broken: AtomicBool,
    done_files: AtomicUsize,
    done_bytes: AtomicU64,
    all_bytes: u64,
    progress: &'a (dyn Fn(CopyProgress) + Sync),
}

impl<'a> Copy<'a> {
    fn new(
        from: &'a Path,
        to: &'a Path,
        entries: &'a [Entry],
        progress: &'a (dyn Fn(CopyProgress) + Sync),
    ) -> Copy<'a> {
        let (mut files, mut links) = (Vec::new(), Vec::new());
        for entry in entries {
            match &entry.kind {
                Kind::File(facts) => files.push((entry, *facts)),
                Kind::Link { target } => links.push((entry, target.as_path())),
                Kind::Folder { .. } => {}
            }
        }
        let all_bytes = files.iter().map(|(_, facts)| facts.len).sum();
        let (next, broken) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (done_files, done_bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
        Copy { from, to, files, links, next, broken, done_files, done_bytes, all_bytes, progress }
    }

    fn run(&self) -> Result<CopyReport, StorageError> {
        self.tell();
        let outcome = Mutex::new(Ok(CopyReport::default()));
        std::thread::scope(|threads| {
            for _ in 0..WORKERS.min(self.files.len()) {
                threads.spawn(|| self.work(&outcome));
            }
        });
        // A worker that panicked has been told by the scope; what the others did is whole.
        let mut report = outcome.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)?;
        report.newer.sort();
        for (entry, link) in &self.links {
            make_link(&target(self.to, entry), link)?;
            report.links += 1;
        }
        Ok(report)
    }

    /// Copies files until there is none left, or one could not be copied.
    fn work(&self, outcome: &Mutex<Result<CopyReport, StorageError>>) {
        while !self.broken.load(Ordering::Relaxed) {
            let Some((entry, facts)) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) else { return };
            let from =
                if entry.path.as_os_str().is_empty() { self.from.to_owned() } else { self.from.join(&entry.path) };
            let told = |bytes: u64| {
                self.done_bytes.fetch_add(bytes, Ordering::Relaxed);
                self.tell();
            };
            let copied = copy_file(&from, &target(self.to, entry), *facts, &told);
            self.done_files.fetch_add(1, Ordering::Relaxed);
            self.tell();
            let mut outcome = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match (&mut *outcome, copied) {
                (Ok(report), Ok(Copied::Written { bytes })) => {
                    report.copied += 1;
                    report.bytes += bytes;
                }
                (Ok(report), Ok(Copied::Unchanged)) => report.unchanged += 1,
                (Ok(report), Ok(Copied::Newer)) => report.newer.push(entry.path.clone()),
                (Ok(_), Err(error)) => {
                    self.broken.store(true, Ordering::Relaxed);
                    *outcome = Err(error);
                }
                (Err(_), _) => {}
            }
        }
    }

    fn tell(&self) {
        (self.progress)(CopyProgress {
            files: self.done_files.load(Ordering::Relaxed),
            all_files: self.files.len(),
            bytes: self.done_bytes.load(Ordering::Relaxed),
            all_bytes: self.all_bytes,
        });
    }
}

#[cfg(test)]
mod tests;
