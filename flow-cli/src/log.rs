//! [`OwnLog`]: the program's own log: which command ran when, how it ended, and why not. Source: CLI-5.
//!
//! A few files of bounded size in the data folder, for the owner's eyes. Arguments and variables never
//! get in: they may be secrets. What tasks print does not belong here, nor what a bake does: that is events.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use flow_core::model::Timestamp;
use rustix::fs::{FlockOperation, flock};

use crate::report::clean;

/// The file that is written; older ones have a number behind the name, 1 the newest.
const NAME: &str = "apolo-flow.log";
/// A file of this size, in bytes, is put away.
const LIMIT: u64 = 512 << 10;
/// So many older files are kept.
const KEPT: u32 = 3;
/// The longest text of one line, in letters.
const LONGEST: usize = 2000;

/// The log of one run of the command.
#[derive(Debug)]
pub(crate) struct OwnLog {
    /// The data folder; without one there is no log.
    data: Option<PathBuf>,
    folder: Option<PathBuf>,
    limit: u64,
}

impl OwnLog {
    /// The log in a folder below the data folder. It is written only while there is a data folder: a
    /// command that only looks makes none.
    pub(crate) fn new(data: Option<PathBuf>, folder: Option<PathBuf>) -> Self {
        OwnLog { data, folder, limit: LIMIT }
    }

    /// Adds a line. A log that cannot be written is no reason to fail: nothing else depends on it.
    pub(crate) fn line(&self, at: Timestamp, text: &str) {
        if let (Some(folder), true) = (&self.folder, self.data.as_ref().is_some_and(|data| data.is_dir())) {
            let text = clean::short(&clean::line(text), LONGEST);
            let _ = self.write(folder, &format!("{at} {} {text}\n", std::process::id()));
        }
    }

    fn write(&self, folder: &Path, line: &str) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join(NAME);
        let mut file = open(&path)?;
        if file.metadata()?.len() >= self.limit {
            put_away(folder, &file)?;
            file = open(&path)?;
        }
        // One write: lines of processes that run side by side do not mix.
        file.write_all(line.as_bytes())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Moves the full file behind the older ones, unless another process does so now or has done.
fn put_away(folder: &Path, full: &File) -> io::Result<()> {
    if flock(full, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(());
    }
    let path = |number: u32| folder.join(if number == 0 { NAME.to_owned() } else { format!("{NAME}.{number}") });
    let (ours, now) = (full.metadata()?, std::fs::metadata(path(0))?);
    if (ours.dev(), ours.ino()) != (now.dev(), now.ino()) {
        return Ok(());
    }
    for number in (0..KEPT).rev() {
        match std::fs::rename(path(number), path(number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
