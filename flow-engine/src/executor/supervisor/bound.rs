//! How large logs may be, and how full the disk: [`bound`] and [`free_bytes`].
//!
//! A unit writes to its log itself, so nobody stands in between who could count. The supervisor looks at the sizes
//! from time to time, and takes the middle out of a log that has become too long: a hole is punched into the file,
//! which goes on growing behind it. Offsets stay what they were, and nothing is copied.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate, statvfs};

use crate::executor::local::cut::Cut;
use crate::executor::local::layout::UnitFiles;

/// Holes begin and end at multiples of this, so that all of them goes back to the disk.
const BLOCK_BYTES: u64 = 4096;

/// Takes the middle out of a log that holds more than `max` bytes: half of `max` stays at its head, a quarter at
/// its end.
///
/// The cut is noted before it is made, so that no reader takes a hole for output.
/// Errors: the file system knows no holes, or failed.
pub(super) fn bound(files: &UnitFiles, max: u64) -> io::Result<()> {
    let size = match std::fs::metadata(&files.log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?.len(),
    };
    if size <= max {
        return Ok(());
    }
    let gone = Cut::read(&files.cut)?.map_or(0, |cut| cut.to - cut.from);
    if size - gone <= max {
        return Ok(());
    }
    let whole_blocks = |bytes: u64| bytes - bytes % BLOCK_BYTES;
    let (from, to) = (whole_blocks(max / 2), whole_blocks(size - max / 4));
    let log = OpenOptions::new().write(true).open(&files.log)?;
    Cut { from, to }.write(&files.cut)?;
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(&log, flags, from, to - from).map_err(|error| {
        // Nothing is gone: readers must see all of it.
        let _back = std::fs::remove_file(&files.cut);
        error.into()
    })
}

/// How many bytes the disk of a folder has for us; `None` if it cannot be told.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let stat = statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests;
