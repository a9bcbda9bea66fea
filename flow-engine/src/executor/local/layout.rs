//! [`Layout`]: which file of the local executor lies where, for client and supervisor alike.
//!
//! The folder: `supervisor.{lock,sock,journal,log}`, and for each start of a unit the files
//! `<start>.{log,output,state,cut,times}` (EXT-4, MCH-6), in one folder for each attempt: a folder for each start
//! would double what a start costs the disk. What stands in the files does not belong here.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use flow_core::model::{Digest, FullId, LaunchKey, RawId, UnitOwner};

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

/// The files of one start of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitFiles {
    /// Its output, both streams.
    pub(crate) log: PathBuf,
    /// The file named by `APOLO_FLOW_OUTPUT`; made by the unit, if at all.
    pub(crate) output: PathBuf,
    /// The file named by `APOLO_FLOW_STATE`; made by the unit, if at all.
    pub(crate) state: PathBuf,
    /// What of the log is gone; absent while all is there.
    pub(crate) cut: PathBuf,
    /// When the log was how long; absent where the unit ended before anybody looked.
    pub(crate) times: PathBuf,
}

impl UnitFiles {
    /// Removes what the unit wrote for its readers to find, the log excepted.
    pub(crate) fn remove_outputs(&self) {
        for path in [&self.output, &self.state] {
            let _absent = std::fs::remove_file(path);
        }
    }

    /// Removes those that are there.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for path in [&self.log, &self.output, &self.state, &self.cut, &self.times] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
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
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
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
    pub(crate) fn socket(&self) -> io::Result<SocketPath> {
        let path = self.socket_file();
        if path.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH_BYTES {
            return Ok(SocketPath { path, _folder: None });
        }
        let folder = File::open(&self.dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/supervisor.sock", folder.as_raw_fd()));
        Ok(SocketPath { path, _folder: Some(folder) })
    }

    /// The files of one start of a unit.
    pub(crate) fn unit(&self, key: &LaunchKey) -> UnitFiles {
        let place = place(key);
        let path = |kind: &str| self.dir.join(format!("{place}.{kind}"));
        UnitFiles {
            log: path("log"),
            output: path("output"),
            state: path("state"),
            cut: path("cut"),
            times: path("times"),
        }
    }

    /// The id of one start of a unit: where its files are below [`Self::dir`], the same whoever asks.
    pub(crate) fn raw_id(key: &LaunchKey) -> RawId {
        RawId::new(place(key))
    }
}

/// Where the files of a start are, relative, without what tells them apart. One place for each key.
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
    let letters = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    letters.collect()
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
