//! [`scan`]: what a tree holds, and what in it must not be copied.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::storage::error::{Obstacle, StorageError};
use crate::storage::root::stays_inside;

/// The file with the rules of what is left out, as `.gitignore` has them.
const RULES: &str = ".apoloignore";
/// How the names of unfinished copies begin.
pub(super) const PART: &str = ".apolo-part-";

/// Whether a tree's own rules say what is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignore {
    /// `.apoloignore` files count, each for its folder and what is below.
    Rules,
    /// All is copied.
    Nothing,
}

/// One thing in a tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// From the tree's top; empty for the top itself.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Folder { mode: u32 },
    File(FileFacts),
    Link { target: PathBuf },
}

/// What decides whether a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileFacts {
    pub(super) len: u64,
    /// Seconds and nanoseconds.
    pub(super) modified: (i64, i64),
    pub(super) mode: u32,
}

impl FileFacts {
    pub(super) fn of(metadata: &Metadata) -> Self {
        FileFacts {
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            mode: metadata.permissions().mode() & 0o777,
        }
    }
}

/// All that a tree holds, folders before what is in them, by name.
///
/// Errors: `Missing`; `Obstacles` with every link that is absolute or leaves the tree, and everything that is
/// no file, folder or link; `System`.
pub(super) fn scan(top: &Path, ignore: Ignore) -> Result<Vec<Entry>, StorageError> {
    if let Err(error) = top.metadata() {
        return Err(match error.kind() {
            std::io::ErrorKind::NotFound => StorageError::Missing(top.to_owned()),
            _ => StorageError::system("cannot read", top, &error),
        });
    }
    let mut walk = WalkBuilder::new(top);
    walk.standard_filters(false).follow_links(false).sort_by_file_name(std::cmp::Ord::cmp);
    if ignore == Ignore::Rules {
        walk.add_custom_ignore_filename(RULES);
    }
    let (mut entries, mut obstacles) = (Vec::new(), Vec::new());
    for found in walk.build() {
        let found = found.map_err(|error| unreadable(top, &error))?;
        if found.file_name().to_string_lossy().starts_with(PART) {
            continue;
        }
        match entry(top, found.path())? {
            Ok(entry) => entries.push(entry),
            Err(obstacle) => obstacles.push(obstacle),
        }
    }
    if obstacles.is_empty() { Ok(entries) } else { Err(StorageError::Obstacles(obstacles)) }
}

fn entry(top: &Path, path: &Path) -> Result<Result<Entry, Obstacle>, StorageError> {
    let failed = |error: &std::io::Error| StorageError::system("cannot read", path, error);
    let relative = path.strip_prefix(top).unwrap_or(path).to_owned();
    // The top may be a link that the user made on purpose; inside, links are what is copied.
    let metadata = if relative.as_os_str().is_empty() { path.metadata() } else { path.symlink_metadata() };
    let metadata = metadata.map_err(|error| failed(&error))?;
    let obstacle = |message| Ok(Err(Obstacle { path: path.to_owned(), message }));
    let kind = if metadata.is_dir() {
        Kind::Folder { mode: metadata.permissions().mode() & 0o777 }
    } else if metadata.is_file() {
        Kind::File(FileFacts::of(&metadata))
    } else if metadata.is_symlink() {
        let target = path.read_link().map_err(|error| failed(&error))?;
        if !stays_inside(&relative, &target) {
            return obstacle(
                "is a link that may leave the volume; let it be relative with `..` only at its beginning, or name it in `.apoloignore`",
            );
        }
        Kind::Link { target }
    } else {
        return obstacle("is neither file, folder nor link; name it in `.apoloignore`");
    };
    Ok(Ok(Entry { path: relative, kind }))
}

fn unreadable(top: &Path, error: &ignore::Error) -> StorageError {
    StorageError::System { doing: "cannot read all of", path: top.to_owned(), message: error.to_string() }
}
