//! [`Journal`]: what the supervisor must not forget when it dies, as lines of JSON.
//!
//! Never in it: environment, command lines, output. It is not synced to the disk: it must survive
//! the death of a process, not of the machine, after which no unit runs anyway. What the lines mean
//! together is told by `memory`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use flow_core::model::{Exit, LaunchKey, RawId, Reason, Timestamp};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// A supervisor began; what it started belongs to this boot of the machine.
    Opened {
        /// The kernel's boot id.
        boot: String,
    },
    /// A unit was accepted.
    Taken {
        /// Which.
        key: LaunchKey,
        /// Its tags.
        tags: Vec<String>,
        /// When.
        at: Timestamp,
        /// Whether it has secrets, so that what it writes is not to be read before it was masked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        secret: bool,
    },
    /// A unit's process began.
    Started {
        /// Which.
        raw: RawId,
        /// The process and its group.
        pid: i32,
        /// When it started, in clock ticks since boot: tells it from a later one of the same pid.
        ticks: u64,
        /// When.
        at: Timestamp,
    },
    /// A unit ended.
    Ended {
        /// Which.
        raw: RawId,
        /// When.
        at: Timestamp,
        /// How its process ended.
        exit: Exit,
        /// Why.
        reason: Reason,
        /// Whether it left output files.
        files: bool,
    },
    /// A supervisor died and the unit's end with it.
    Lost {
        /// Which.
        raw: RawId,
        /// When that was found.
        at: Timestamp,
        /// Whether nothing of it runs any more.
        proof_dead: bool,
    },
    /// A unit was forgotten, with all its files.
    Removed {
        /// Which.
        raw: RawId,
    },
}

/// An append-only file of [`Line`]s, written in groups.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    buffer: Vec<u8>,
    /// Whether the system refused the last write, maybe in the middle of a line.
    torn: bool,
}

impl Journal {
    /// The whole lines of the journal at `path`; none if there is no file. A torn last line, which
    /// was never answered for, is left out.
    pub(super) fn read(path: &Path) -> io::Result<Vec<Line>> {
        let text = match std::fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        Ok(text.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Replaces the journal at `path` by one that holds `lines`, in one step, and opens it.
    pub(super) fn replace(path: &Path, lines: &[Line]) -> io::Result<Self> {
        let fresh = path.with_extension("journal.new");
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
        let mut journal = Journal { file, buffer: Vec::new(), torn: false };
        for line in lines {
            journal.note(line);
        }
        journal.commit()?;
        std::fs::rename(&fresh, path)?;
        Ok(journal)
    }

    /// Notes a line; it stands only after [`Self::commit`].
    pub(super) fn note(&mut self, line: &Line) {
        serde_json::to_writer(&mut self.buffer, line).expect("lines hold only what JSON can say");
        self.buffer.push(b'\n');
    }

    /// Writes all noted lines by one call. Errors: the system refused; the lines stay noted.
    pub(super) fn commit(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.torn) {
            // What stands of the torn line must not swallow the first of the new ones.
            self.buffer.insert(0, b'\n');
        }
        let result = self.file.write_all(&self.buffer);
        match result {
            Ok(()) => self.buffer.clear(),
            Err(_) => self.torn = true,
        }
        result
    }

    /// Drops the lines noted since the last commit that went through.
    pub(super) fn forget_noted(&mut self) {
        self.buffer.clear();
    }
}
