//! [`RemoteError`]: everything that can keep a remote action from being had.

use std::path::{Path, PathBuf};

use flow_core::port::SourceError;
use thiserror::Error;

/// Why a remote action cannot be had.
#[derive(Debug, Error)]
pub enum RemoteError {
    /// The program `git` could not be started.
    #[error("the program `git` cannot be started: {message}")]
    NoGit {
        /// What the system said.
        message: String,
    },
    /// Git failed; with the network, the address, or rights.
    #[error("git cannot {doing} `{url}`: {message}")]
    Git {
        /// What was tried: `read`.
        doing: &'static str,
        /// The repository.
        url: String,
        /// What git said.
        message: String,
    },
    /// The repository has no such branch or tag.
    #[error("the repository `{repository}` has no branch or tag `{version}`")]
    NoVersion {
        /// `owner/name`.
        repository: String,
        /// The version asked for.
        version: String,
    },
    /// A tag that names another commit than before.
    #[error("the tag of `{action}` has moved: `flow.lock` pins {pinned}, now it is {found}")]
    Moved {
        /// What calls name.
        action: String,
        /// The commit in the lock.
        pinned: String,
        /// The commit that the tag names now.
        found: String,
    },
    /// Nothing may be fetched, and the lock does not say which commit it is.
    #[error("`{action}` is not in `flow.lock`, and with `--locked` nothing is fetched")]
    NotLocked {
        /// What calls name.
        action: String,
    },
    /// Nothing may be fetched, and the commit is not here.
    #[error("commit {commit} of `{action}` is not on this machine, and with `--locked` nothing is fetched")]
    NotHere {
        /// What calls name.
        action: String,
        /// The commit in the lock.
        commit: String,
    },
    /// The repository holds what must not be written here.
    #[error("the repository holds `{path}`, which {why}")]
    Refused {
        /// The path in the repository.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// `flow.lock` is not what this program writes.
    #[error("`{}`: {message}", path.display())]
    BadLock {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        message: String,
    },
    /// No remote action of that name is known.
    #[error("`{action}` is no remote action: expected `gh:owner/name@version`")]
    NoAction {
        /// What was asked for.
        action: String,
    },
    /// The system refused.
    #[error("{doing} `{}`: {message}", path.display())]
    System {
        /// What was tried: `cannot write`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
}

impl RemoteError {
    pub(super) fn system(doing: &'static str, path: &Path, error: &std::io::Error) -> Self {
        RemoteError::System { doing, path: path.to_owned(), message: error.to_string() }
    }

    /// What can be done about it.
    pub fn help(&self) -> Option<String> {
        match self {
            RemoteError::NoGit { .. } => Some("install git".to_owned()),
            RemoteError::Git { .. } => {
                Some("check the address, the network, and that git may read it without a question".to_owned())
            }
            RemoteError::NoVersion { .. } => Some("check the version; a whole commit id is taken, too".to_owned()),
            RemoteError::Moved { action, .. } => {
                Some(format!("if the new commit is to be trusted: `apolo-flow update {action} --allow-moved`"))
            }
            RemoteError::NotLocked { action } | RemoteError::NotHere { action, .. } => {
                Some(format!("fetch it: `apolo-flow update {action}`"))
            }
            RemoteError::BadLock { .. } => Some("mend it, or remove it to pin everything anew".to_owned()),
            RemoteError::Refused { .. } => {
                Some("use another version, or copy the action into the workspace".to_owned())
            }
            RemoteError::NoAction { .. } | RemoteError::System { .. } => None,
        }
    }
}

impl From<RemoteError> for SourceError {
    fn from(error: RemoteError) -> Self {
        SourceError::Remote { message: error.to_string(), help: error.help() }
    }
}
