//! Reads a piece of a unit's log from its file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use flow_core::port::Chunk;

use crate::executor::local::cut::Cut;
use crate::executor::local::layout::{CLOSED_LOG_MODE, UnitFiles};

/// At most `max` bytes from byte `from` on, behind what was cut; `None` if there is no log.
///
/// Whether more can come is looked up before reading: what is added in between is read later. A part that is cut
/// while it is read is not taken for output: the cut is noted before it is made.
pub(crate) fn read(files: &UnitFiles, from: u64, max: u32) -> io::Result<Option<Chunk>> {
    loop {
        let cut = Cut::read(&files.cut)?;
        let chunk = read_around(files, cut.as_ref(), from, max)?;
        if Cut::read(&files.cut)? == cut {
            return Ok(chunk);
        }
    }
}

fn read_around(files: &UnitFiles, cut: Option<&Cut>, from: u64, max: u32) -> io::Result<Option<Chunk>> {
    let mut file = match File::open(&files.log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let is_closed = file.metadata()?.mode() & 0o777 == CLOSED_LOG_MODE;
    let (skipped, most) = match cut {
        Some(cut) if from < cut.from => (0, u64::from(max).min(cut.from - from)),
        Some(cut) if from < cut.to => (cut.to - from, max.into()),
        Some(_) | None => (0, max.into()),
    };
    let mut bytes = Vec::new();
    // No file system can be asked for any place that a number may name.
    if from.saturating_add(skipped) >= file.metadata()?.len() {
        return Ok(Some(Chunk { skipped, bytes, complete: is_closed }));
    }
    file.seek(SeekFrom::Start(from + skipped))?;
    (&mut file).take(most).read_to_end(&mut bytes)?;
    let complete = is_closed && from + skipped + bytes.len() as u64 >= file.metadata()?.len();
    Ok(Some(Chunk { skipped, bytes, complete }))
}
