//! [`copy_file`]: one file, whole or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use flow_core::model::Digest;
use rustix::fs::{FlockOperation, OFlags, flock};

use crate::storage::error::StorageError;
use crate::storage::scan::{FileFacts, PART};

/// How much is copied between two words of progress.
const STEP: u64 = 8 << 20;
/// How often a part that another copy has just finished is opened anew.
const OPENINGS: usize = 3;

/// What came of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// It was copied; so many bytes were written now.
    Written { bytes: u64 },
    /// It was there.
    Unchanged,
    /// A newer one was there.
    Newer,
}

/// Copies a file unless the target is the same or newer; `told` hears of bytes as they are done.
pub(super) fn copy_file(from: &Path, to: &Path, facts: FileFacts, told: &dyn Fn(u64)) -> Result<Copied, StorageError> {
    if let Some(there) = standing(to, facts) {
        told(facts.len);
        if there == Copied::Unchanged {
            set_mode(to, facts.mode).map_err(|error| StorageError::system("cannot change", to, &error))?;
        }
        return Ok(there);
    }
    let part = part_of(to, facts);
    let (file, done) = open_part(&part, facts.len)?;
    told(done);
    // People know the file by the name that it is to have.
    let named = |error: StorageError| match error {
        StorageError::System { doing, path, message } if path == part => {
            StorageError::System { doing, path: to.to_owned(), message }
        }
        other => other,
    };
    let bytes = fill(from, &part, file, (done, facts), told).map_err(named)?;
    std::fs::rename(&part, to).map_err(|error| StorageError::system("cannot write", to, &error))?;
    Ok(Copied::Written { bytes })
}

/// What is there already and stays; `None` if the file is to be written.
pub(super) fn standing(to: &Path, facts: FileFacts) -> Option<Copied> {
    let there = FileFacts::of(&to.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?);
    if there.len == facts.len && there.modified == facts.modified {
        return Some(Copied::Unchanged);
    }
    (there.modified > facts.modified).then_some(Copied::Newer)
}

/// The unfinished form of a file: its name tells what it is a part of, so that no other text is put behind it.
fn part_of(to: &Path, facts: FileFacts) -> PathBuf {
    let name = to.file_name().unwrap_or_default();
    let (seconds, nanos) = facts.modified;
    let facts = format!("/{}/{seconds}/{nanos}", facts.len);
    let digest = Digest::of(&[name.as_encoded_bytes(), facts.as_bytes()].concat()).to_string();
    let digest = digest.get(..24).unwrap_or(&digest);
    to.with_file_name(format!("{PART}{digest}"))
}

/// Opens the part for us alone; how much of it is done.
fn open_part(part: &Path, len: u64) -> Result<(File, u64), StorageError> {
    let failed = |error: &io::Error| StorageError::system("cannot write", part, error);
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    for _ in 0..OPENINGS {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).custom_flags(no_follow);
        let mut file = options.open(part).map_err(|error| failed(&error))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(StorageError::Busy(part.to_owned()));
        }
        let found = file.metadata().map_err(|error| failed(&error))?;
        // The copy that had the lock may have given the file its name meanwhile.
        if part.symlink_metadata().is_ok_and(|now| now.ino() == found.ino()) {
            let done = if found.len() <= len { found.len() } else { 0 };
            file.set_len(done).and_then(|()| file.seek(SeekFrom::Start(done))).map_err(|error| failed(&error))?;
            return Ok((file, done));
        }
    }
    Err(StorageError::Busy(part.to_owned()))
}

/// Copies what is not done yet. Errors: also a source that changed meanwhile, whose part is then of no use.
fn fill(
    from: &Path,
    part: &Path,
    mut file: File,
    (done, facts): (u64, FileFacts),
    told: &dyn Fn(u64),
) -> Result<u64, StorageError> {
    let reading = |error: io::Error| StorageError::system("cannot read", from, &error);
    let writing = |error: io::Error| StorageError::system("cannot write", part, &error);
    let mut source = File::open(from).map_err(reading)?;
    source.seek(SeekFrom::Start(done)).map_err(reading)?;
    let mut bytes = 0;
    loop {
        let step = io::copy(&mut (&source).take(STEP), &mut file).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::ReadOnlyFilesystem => writing(error),
            _ => StorageError::system("cannot copy", from, &error),
        })?;
        if step == 0 {
            break;
        }
        bytes += step;
        told(step);
    }
    let now = FileFacts::of(&source.metadata().map_err(reading)?);
    if now.len != facts.len || now.modified != facts.modified || done + bytes != facts.len {
        std::fs::remove_file(part).map_err(writing)?;
        let message = "it changed while it was copied; copy again when nobody writes to it".to_owned();
        return Err(StorageError::System { doing: "cannot copy", path: from.to_owned(), message });
    }
    file.flush().map_err(writing)?;
    file.set_permissions(Permissions::from_mode(facts.mode | 0o200)).map_err(writing)?;
    if let Some(modified) = time_of(facts.modified) {
        file.set_modified(modified).map_err(writing)?;
    }
    Ok(bytes)
}

/// Gives a file its permission bits; its owner may always write.
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(mode | 0o200))
}

fn time_of((seconds, nanos): (i64, i64)) -> Option<std::time::SystemTime> {
    let nanos = Duration::from_nanos(u64::try_from(nanos).ok()?);
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let base = if seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
    base?.checked_add(nanos)
}

/// Removes unfinished copies of files that have changed since; what another copy is at is left alone.
pub(super) fn remove_remains(folder: &Path) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PART)) {
        let path = entry.path();
        let is_free =
            File::open(&path).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok());
        if is_free || path.is_symlink() {
            // The next copy into this folder tries again.
            let _ = std::fs::remove_file(&path);
        }
    }
}
