//! [`ConfigSource`] and [`GitSource`]: texts and facts of a workspace.

use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::model::{ActionRef, GitInfo, SourceRef};

/// A text with its name for people.
pub type NamedText = (String, Arc<str>);

/// Why a text could not be read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The folder that was given to start from does not exist, or is no folder.
    #[error("`{path}` is not a folder")]
    NotAFolder {
        /// The path as given.
        path: String,
    },
    /// There is no config folder at the start folder or above it (WS-6).
    #[error("no `.apolo` folder in `{start}` or above it")]
    NoWorkspace {
        /// Where the search began.
        start: String,
    },
    /// A remote action cannot be had (MCH-7).
    #[error("{message}")]
    Remote {
        /// What is wrong.
        message: String,
        /// What can be done about it.
        help: Option<String>,
    },
    /// A file is there but cannot be read. Final.
    #[error("cannot read `{path}`: {message}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        message: String,
    },
}

/// The texts of one workspace.
#[async_trait]
pub trait ConfigSource: Send + Sync + std::fmt::Debug {
    /// The text of `source`; `None` if the workspace has none.
    async fn read(&self, source: &SourceRef) -> Result<Option<NamedText>, SourceError>;
    /// The names of all flow files, sorted; the project file is not among them.
    async fn flows(&self) -> Result<Vec<String>, SourceError>;
    /// The workspace folder, absolute.
    fn workspace(&self) -> &str;
    /// Whether a local action from elsewhere may run on this machine (MCH-7).
    ///
    /// By default it may: whoever gives the texts by hand vouches for them.
    async fn may_run_here(&self, _action: &ActionRef) -> Result<bool, SourceError> {
        Ok(true)
    }
}

/// Facts of the repository that a workspace lies in.
#[async_trait]
pub trait GitSource: Send + Sync + std::fmt::Debug {
    /// `None` if the folder is in no repository, has no commit, or git is missing.
    async fn info(&self, workspace: &str) -> Option<GitInfo>;
}
