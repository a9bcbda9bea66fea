//! [`StorageRoot`]: the folder below which all volumes of this machine lie. Source: MCH-1, MCH-2.

use std::path::{Component, Path, PathBuf};

use crate::storage::StorageError;

/// The folder below which all volumes of this machine lie.
///
/// | URI | folder below the root |
/// |---|---|
/// | `storage:a/b` | `a/b` |
/// | `storage:/project/a` | `.projects/project/a` |
/// | `storage://cluster/org/project/a` | `.clusters/cluster/org/project/a` |
/// | `disk:name` | `.disks/name` |
///
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
    /// Errors: `BadUri` for another scheme, the storage as a whole, an empty or `..` part, a part that begins with
    /// the names kept for the other forms, and a link on the way.
    pub fn path_of(&self, uri: &str) -> Result<PathBuf, StorageError> {
        let bad = |message: &str| StorageError::BadUri { uri: uri.to_owned(), message: message.to_owned() };
        let (scheme, rest) = uri.split_once(':').ok_or_else(|| bad("it has no scheme; begin it with `storage:`"))?;
        let (below, path) = match (scheme, rest.strip_prefix("//"), rest.strip_prefix('/')) {
            ("storage", Some(path), _) => (Some(".clusters"), path),
            ("storage", None, Some(path)) => (Some(".projects"), path),
            ("storage", None, None) => (None, rest),
            ("disk", None, None) => (Some(".disks"), rest),
            ("disk", ..) => return Err(bad("a disk of this machine is written `disk:name`")),
            _ => return Err(bad("only `storage:` and `disk:` are kept on this machine")),
        };
        let path = decoded(path.trim_end_matches('/')).ok_or_else(|| bad("its `%` codes are no text"))?;
        let mut folder = self.folder.clone();
        folder.extend(below);
        for (at, part) in path.split('/').enumerate() {
            if part.is_empty() || part == "." || part == ".." || part.contains('\0') {
                return Err(bad("each part between slashes must be a name"));
            }
            if below.is_none() && at == 0 && [".clusters", ".projects", ".disks"].contains(&part) {
                return Err(bad("that folder is kept for URIs with a project or cluster"));
            }
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

/// A path with its `%20` and the like as they are meant.
fn decoded(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Whether a link at `at` (relative to a tree's top) stays inside the tree.
pub(super) fn stays_inside(at: &Path, target: &Path) -> bool {
    let above = at.parent().map_or(0, |parent| parent.components().count());
    let mut depth = i64::try_from(above).unwrap_or(i64::MAX);
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
        if depth < 0 {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests;
