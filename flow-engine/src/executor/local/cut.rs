//! [`Cut`]: which part of a log is gone, as the file beside the log has it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The part of a log that was taken out, in bytes from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cut {
    /// The first that is gone.
    pub(crate) from: u64,
    /// The first that is there again.
    pub(crate) to: u64,
}

impl Cut {
    /// What the file says; `None` if there is none. One that cannot be understood is none of ours.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
            Ok(text) => Ok(serde_json::from_slice(&text).ok().filter(|cut: &Cut| cut.from < cut.to)),
        }
    }

    /// Replaces what the file says, in one step.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension("cut.new");
        std::fs::write(&fresh, serde_json::to_vec(self)?)?;
        std::fs::rename(fresh, path)
    }
}
