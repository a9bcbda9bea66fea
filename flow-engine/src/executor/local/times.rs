//! [`add`] and [`read`]: when a log was how long, as the file beside the log has it.
//!
//! The supervisor, which looks at the lengths of logs each second anyway, notes those that have grown. So a line is
//! told to about a second, units write to their logs as before, and one that ends before the first look costs no file.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use flow_core::model::Timestamp;
use flow_core::port::LogTime;

/// One note: the length in bytes, then the time in milliseconds since the Unix epoch, both little-endian.
const NOTE_BYTES: usize = 16;

/// Notes that a log is `bytes` long now.
pub(crate) fn add(path: &Path, bytes: u64, at: Timestamp) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let mut note = [0; NOTE_BYTES];
    let (length, time) = note.split_at_mut(NOTE_BYTES / 2);
    length.copy_from_slice(&bytes.to_le_bytes());
    time.copy_from_slice(&at.unix_millis.to_le_bytes());
    file.write_all(&note)
}

/// The notes about the bytes between `from` and `to`: the first at which the log was longer than `from`, and all
/// until one at which it was at least as long as `to`.
///
/// Shape: ascending; empty where there are none yet. Cost: looks at a few notes to find the first.
pub(crate) fn read(path: &Path, from: u64, to: u64) -> io::Result<Vec<LogTime>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    // A note that is being written is not counted.
    let count = file.metadata()?.len() / NOTE_BYTES as u64;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if note(&file, middle)?.bytes > from { high = middle } else { low = middle + 1 }
    }
    let mut found = Vec::new();
    for at in low..count {
        let one = note(&file, at)?;
        found.push(one);
        if one.bytes >= to {
            break;
        }
    }
    Ok(found)
}

fn note(file: &File, number: u64) -> io::Result<LogTime> {
    let mut note = [0; NOTE_BYTES];
    file.read_exact_at(&mut note, number * NOTE_BYTES as u64)?;
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let (length, time) = note.split_at(NOTE_BYTES / 2);
    Ok(LogTime { bytes: number(length), at: Timestamp::from_unix_millis(number(time)) })
}

#[cfg(test)]
mod tests;
