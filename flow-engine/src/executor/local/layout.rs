//! [`Layout`]: which file of the local executor lies where, for client and supervisor alike.
//!
//! The folder: `supervisor.{lock,sock,journal,log}`, and one folder for each start of a unit, with
//! the files `log`, `output` and `state` (EXT-4). What stands in the files does not belong here.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use flow_core::model::{Digest, FullId, LaunchKey, RawId, UnitOwner};

/// A unit's output, both streams.
pub(crate) const LOG_FILE: &str = "log";
/// The file named by `APOLO_FLOW_OUTPUT`.
pub(crate) const OUTPUT_FILE: &str = "output";
/// The file named by `APOLO_FLOW_STATE`.
pub(crate) const STATE_FILE: &str = "state";
/// The mode of a log that is still written.
pub(crate) const OPEN_LOG_MODE: u32 = 0o600;
/// The mode of a log to which nothing will be added: how a reader knows, without asking.
pub(crate) const CLOSED_LOG_MODE: u32 = 0o400;

/// The longest path that a Unix socket takes on Linux, in bytes.
const MAX_SOCKET_PATH_BYTES: usize = 107;
/// The longest name made from ids; longer ones are cut and told apart by a digest.
const MAX_NAME_BYTES: usize = 160;
/// How much of a cut name is kept.
const KEPT_NAME_BYTES: usize = 100;

/// Where the files of one local executor are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    dir: PathBuf,
}

/// A path to the socket that is short enough, and the open folder that it may lead through.
#[derive(Debug)]
pub(crate) struct SocketPath {
    /// The path; good as long as this value lives.
    pub(crate) path: PathBuf,
    _folder: Option<File>,
}

impl Layout {
    /// The layout of a folder. Errors: the current folder is needed and cannot be told.
    pub(crate) fn new(dir: &Path) -> std::io::Result<Self> {
        Ok(Layout { dir: std::path::absolute(dir)? })
    }

    /// The folder itself, absolute.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file whose lock makes a supervisor the only one.
    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("supervisor.lock")
    }

    /// What the supervisor must not forget.
    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.join("supervisor.journal")
    }

    /// What the supervisor complains of.
    pub(crate) fn complaints(&self) -> PathBuf {
        self.dir.join("supervisor.log")
    }

    /// The path of the socket, to remove it.
    pub(crate) fn socket_file(&self) -> PathBuf {
        self.dir.join("supervisor.sock")
    }

    /// A path to the socket, to bind or connect.
    ///
    /// A path longer than the system takes is led through the open folder, so the socket never
    /// lies anywhere but in this folder, which is its owner's alone (MCH-5).
    pub(crate) fn socket(&self) -> std::io::Result<SocketPath> {
        let path = self.socket_file();
        if path.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH_BYTES {
            return Ok(SocketPath { path, _folder: None });
        }
        let folder = File::open(&self.dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/supervisor.sock", folder.as_raw_fd()));
        Ok(SocketPath { path, _folder: Some(folder) })
    }

    /// The folder of one start of a unit.
    pub(crate) fn unit(&self, key: &LaunchKey) -> PathBuf {
        self.dir.join(place(key))
    }

    /// The id of one start of a unit: its folder below [`Self::dir`], the same whoever asks.
    pub(crate) fn raw_id(key: &LaunchKey) -> RawId {
        RawId::new(place(key))
    }
}

/// The folder of a start, relative. Different keys have different folders.
fn place(key: &LaunchKey) -> String {
    let number = key.r#try;
    match &key.owner {
        UnitOwner::Task { attempt, node } => {
            format!("units/{}/{}.{number}", bounded(escape(attempt.as_str())), bounded(node_name(node)))
        }
        UnitOwner::Live { job } => format!("live/{}.{number}", bounded(escape(job.as_str()))),
        UnitOwner::Build { attempt, image } => {
            format!("builds/{}/{}.{number}", bounded(escape(attempt.as_str())), bounded(escape(image)))
        }
    }
}

/// The escaped parts, joined with dots; the root, which has none, is `%%`.
fn node_name(node: &FullId) -> String {
    if node.0.is_empty() {
        return "%%".to_owned();
    }
    let parts: Vec<String> = node.0.iter().map(|part| escape(part)).collect();
    parts.join(".")
}

/// A text as a part of a file name: letters, digits, `_` and `-` stay, other bytes become `%XX`.
///
/// Dots go too, so that parts can be joined by dots, and no name begins with one.
fn escape(text: &str) -> String {
    if text.is_empty() {
        return "%".to_owned();
    }
    text.bytes().fold(String::with_capacity(text.len()), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            name.push(char::from(byte));
        } else {
            name += &format!("%{byte:02X}");
        }
        name
    })
}

/// The name, cut if no file system would take it. `%%` marks a cut and never stands in a whole name.
fn bounded(name: String) -> String {
    if name.len() <= MAX_NAME_BYTES {
        return name;
    }
    let kept: String = name.chars().take(KEPT_NAME_BYTES).collect();
    let digest: String = Digest::of(name.as_bytes()).0.chars().take(32).collect();
    format!("{kept}%%{digest}")
}

#[cfg(test)]
mod tests;
