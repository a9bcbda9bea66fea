//! Reads a piece of a unit's log from its file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use flow_core::port::Chunk;

use crate::executor::local::layout::CLOSED_LOG_MODE;

/// At most `max` bytes from byte `from` on; `None` if there is no log.
///
/// Whether more can come is looked up before reading: what is added in between is read later.
pub(crate) fn read(path: &Path, from: u64, max: u32) -> io::Result<Option<Chunk>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let is_closed = file.metadata()?.mode() & 0o777 == CLOSED_LOG_MODE;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    (&mut file).take(max.into()).read_to_end(&mut bytes)?;
    let complete = is_closed && from + bytes.len() as u64 >= file.metadata()?.len();
    Ok(Some(Chunk { bytes, complete }))
}
