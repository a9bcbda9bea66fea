//! [`StoreLook`]: what can be told of a store's file without changing it.

use std::path::Path;

use flow_core::port::StoreError;

use super::connect::{FileSystem, open_reader};
use super::migrate::{KNOWN, version};

/// What a store's file shows from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLook {
    /// The schema of the file.
    pub schema: u32,
    /// The schema that this version writes; an older file is brought forward when it is opened.
    pub known: u32,
    /// Bytes of the file, without its write-ahead log.
    pub bytes: u64,
}

impl StoreLook {
    /// Looks at a file; nothing is made, nothing is brought forward. Blocks.
    ///
    /// Errors: `Io` if it cannot be read, `Corrupt` if it is no database.
    pub fn at(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let bytes = std::fs::metadata(path)
            .map_err(|error| StoreError::Io { place: place.clone(), message: error.to_string() })?
            .len();
        let schema = open_reader(path).and_then(|connection| version(&connection)).map_err(|fault| fault.at(&place))?;
        Ok(StoreLook { schema, known: KNOWN, bytes })
    }
}

impl FileSystem {
    /// The one that the nearest folder above a path lies on, so that it can be told before anything is made.
    pub fn below(path: &Path) -> Self {
        path.ancestors().find(|folder| folder.exists()).map_or(FileSystem::Local, FileSystem::of)
    }
}
