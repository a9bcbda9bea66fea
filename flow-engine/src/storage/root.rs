//! [`StorageRoot`]: the folder below which all volumes of this machine lie. Source: MCH-1, MCH-2.

use std::path::{Component, Path, PathBuf};

use flow_core::expr::storage::below_root;

use crate::storage::StorageError;

/// The folder below which all volumes of this machine lie.
///
/// What lies where is said by [`HostStorage`](flow_core::expr::storage::HostStorage).
/// Invariant: no URI leads outside the root, neither by `..` nor by a link that somebody put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageRoot {
    folder: PathBuf,
}

impl StorageRoot {
    /// The root at an absolute folder; it is made when the first volume is.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        StorageRoot { folder: folder.into() }
    }

    /// The root's own folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder, or file, that a URI names; it need not exist.
    ///
    /// Errors: `BadUri` for what [`below_root`] refuses, and for a link on the way.
    pub fn path_of(&self, uri: &str) -> Result<PathBuf, StorageError> {
        let bad = |message: &str| StorageError::BadUri { uri: uri.to_owned(), message: message.to_owned() };
        let mut folder = self.folder.clone();
        for part in below_root(uri).map_err(bad)? {
            folder.push(part);
            if folder.is_symlink() {
                return Err(bad("a link stands on the way; volumes are plain folders"));
            }
        }
        Ok(folder)
    }

    /// Makes the folder of a volume, with all above it; only this user may look inside.
    ///
    /// Errors: as [`StorageRoot::path_of`], and `System`.
    pub fn make(&self, uri: &str) -> Result<PathBuf, StorageError> {
        let folder = self.path_of(uri)?;
        make_folders(&folder)?;
        Ok(folder)
    }

    /// Removes all that lies at a URI. Whether there was something.
    ///
    /// Links inside are removed, not followed. Errors: as [`StorageRoot::path_of`], and `System`.
    pub fn remove(&self, uri: &str) -> Result<bool, StorageError> {
        let path = self.path_of(uri)?;
        let removed = match path.symlink_metadata() {
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(&path),
            Ok(_) => std::fs::remove_file(&path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => Err(error),
        };
        removed.map(|()| true).map_err(|error| StorageError::system("cannot remove", &path, &error))
    }

    /// The path below the root, for people.
    pub fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.folder).unwrap_or(path)
    }
}

/// Makes a folder and those above it, owner-only as all that is ours (MCH-5).
pub(super) fn make_folders(folder: &Path) -> Result<(), StorageError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder).map_err(|error| StorageError::system("cannot make", folder, &error))
}

/// Whether a link at `at` (relative to a tree's top) stays inside the tree, whatever links stand on its way.
///
/// `..` may only begin the target: behind a name it would count from where that name leads to, which may be a link.
/// With that, each link goes up within its own real folders and then only down, over links that stay inside as well.
pub(crate) fn stays_inside(at: &Path, target: &Path) -> bool {
    let mut left = at.parent().map_or(0, |parent| parent.components().count());
    let mut is_going_down = false;
    for part in target.components() {
        match part {
            Component::Normal(_) => is_going_down = true,
            Component::ParentDir if is_going_down || left == 0 => return false,
            Component::ParentDir => left -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests;
