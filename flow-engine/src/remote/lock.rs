//! [`Lock`]: `flow.lock` in the config folder: which commit each remote action is, and what it may do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use flow_core::model::ActionRef;
use serde::Deserialize;

use crate::remote::error::RemoteError;

/// The version of the file that this program writes and reads.
const VERSION: u32 = 1;
/// What the file begins with.
const HEAD: &str =
    "# Which commit each remote action is; made by apolo-flow. Keep it beside the flows, under version control.\n";

/// What a version was when it was pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum VersionKind {
    /// It moves by its nature.
    Branch,
    /// It is not to move.
    Tag,
    /// The id of a commit.
    Commit,
}

/// One remote action.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    pub(super) kind: VersionKind,
    /// In hexadecimal digits.
    pub(super) commit: String,
    /// The answer to whether a local action may run on this machine; absent: nobody was asked.
    #[serde(default)]
    pub(super) allow_local: bool,
}

/// All of them, by what calls name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lock {
    pub(super) pins: BTreeMap<String, Pin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    actions: BTreeMap<String, Pin>,
}

impl VersionKind {
    fn word(self) -> &'static str {
        match self {
            VersionKind::Branch => "branch",
            VersionKind::Tag => "tag",
            VersionKind::Commit => "commit",
        }
    }
}

impl Lock {
    /// Reads the file; one that is not there is empty. Errors: `BadLock`, `System`.
    pub(super) fn read(path: &Path) -> Result<Self, RemoteError> {
        let bad = |message: String| RemoteError::BadLock { path: path.to_owned(), message };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lock::default()),
            Err(error) => return Err(RemoteError::system("cannot read", path, &error)),
        };
        let file: File = toml::from_str(&text).map_err(|error| bad(error.to_string().trim_end().to_owned()))?;
        if file.version != VERSION {
            return Err(bad(format!("its version is {}, this program reads {VERSION}", file.version)));
        }
        for (action, pin) in &file.actions {
            if !matches!(ActionRef::parse(action), Ok(ActionRef::GitHub { .. })) {
                return Err(bad(format!("`{action}` is no remote action")));
            }
            if !is_commit(&pin.commit) {
                return Err(bad(format!("`{}` is no commit", pin.commit)));
            }
        }
        Ok(Lock { pins: file.actions })
    }

    /// Writes the file, whole or not at all. Errors: `System`.
    pub(super) fn write(&self, path: &Path) -> Result<(), RemoteError> {
        let mut text = format!("{HEAD}version = {VERSION}\n");
        for (action, pin) in &self.pins {
            // Names were read by `ActionRef::parse`, so nothing in them needs an escape.
            let (kind, commit) = (pin.kind.word(), &pin.commit);
            let allow = if pin.allow_local { "allow_local = true\n" } else { "" };
            // Writing to a `String` does not fail.
            let _ = write!(text, "\n[actions.\"{action}\"]\nkind = \"{kind}\"\ncommit = \"{commit}\"\n{allow}");
        }
        let new = path.with_extension(format!("lock.{}", std::process::id()));
        let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
        written.map_err(|error| RemoteError::system("cannot write", path, &error))
    }
}

/// Whether a text is the whole id of a commit.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
