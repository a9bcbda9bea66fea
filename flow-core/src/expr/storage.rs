//! [`HostStorage`]: the storage as a folder of this machine: which URI lies where. Texts only; no disk is looked at.
//!
//! Source: MCH-1, MCH-2.

use crate::expr::convert::Misfit;
use crate::expr::path;
use crate::expr::uri::{VolumeParts, split_reference, split_volume};
use crate::value::Value;

/// The folder below which all volumes of this machine lie, for executors that mount nothing.
///
/// | URI | folder below the root |
/// |---|---|
/// | `storage:a/b` | `a/b` |
/// | `storage:/project/a` | `.projects/project/a` |
/// | `storage://cluster/org/project/a` | `.clusters/cluster/org/project/a` |
/// | `disk:name` | `.disks/name` |
///
/// Invariant: no URI names a place outside the root, nor the root itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostStorage<'a> {
    /// The root, absolute.
    pub root: &'a str,
}

/// The folders that are kept for URIs with a project or cluster, and for disks.
const KEPT: [&str; 3] = [".clusters", ".projects", ".disks"];

impl HostStorage<'_> {
    /// The folder, or file, that a URI names.
    ///
    /// Errors: as [`below_root`].
    pub fn folder(&self, uri: &str) -> Result<String, Misfit> {
        let parts = below_root(uri).map_err(|why| Misfit::new(format!("`{uri}` is no place in the storage: {why}")))?;
        Ok(format!("{}/{}", self.root.trim_end_matches('/'), parts.join("/")))
    }

    /// Where a unit finds what it mounts by `uri:mount[:mode]`: the canonical mount, and the host's folder.
    ///
    /// Errors: as [`split_reference`] and [`below_root`].
    pub fn mounted(&self, reference: &str) -> Result<(String, String), Misfit> {
        let parts = split_reference(reference)?;
        Ok((path::normal(parts.mount), self.folder(parts.uri)?))
    }
}

/// The object that `parse_volume` gives where no platform completes the URI: as written, no local paths.
///
/// `storage`: present where nothing is mounted; its folder then stands for the mount.
/// Errors: as [`split_volume`], and as [`below_root`] with a storage.
pub fn parse_volume(text: &str, storage: Option<HostStorage<'_>>) -> Result<Value, Misfit> {
    let parts = split_volume(text)?;
    let host = storage.map(|storage| storage.folder(parts.uri)).transpose()?;
    let shown = VolumeParts { id: "<volume>", remote: parts.uri, mount: parts.mount, read_only: parts.read_only };
    Ok(shown.object_at(None, host.as_deref()))
}

/// The names from the storage's root down to what a URI names.
///
/// Shape: not empty; each is a plain name. Errors, in words: another scheme, the storage as a whole, an empty, `.` or
/// `..` part, a name that is kept for the other forms.
pub fn below_root(uri: &str) -> Result<Vec<String>, &'static str> {
    let (scheme, rest) = uri.split_once(':').ok_or("it has no scheme; begin it with `storage:`")?;
    let (above, path) = match (scheme, rest.strip_prefix("//"), rest.strip_prefix('/')) {
        ("storage", Some(path), _) => (Some(".clusters"), path),
        ("storage", None, Some(path)) => (Some(".projects"), path),
        ("storage", None, None) => (None, rest),
        ("disk", None, None) => (Some(".disks"), rest),
        ("disk", ..) => return Err("a disk of this machine is written `disk:name`"),
        _ => return Err("only `storage:` and `disk:` are kept on this machine"),
    };
    let path = decoded(path.trim_end_matches('/')).ok_or("its `%` codes are no text")?;
    let mut parts: Vec<String> = above.map(str::to_owned).into_iter().collect();
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." || part.contains('\0') {
            return Err("each part between slashes must be a name");
        }
        if parts.is_empty() && KEPT.contains(&part) {
            return Err("that folder is kept for URIs with a project or cluster");
        }
        parts.push(part.to_owned());
    }
    Ok(parts)
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
