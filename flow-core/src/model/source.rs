//! [`SourceRef`]: which text of a flow is meant: the project's, the flow's own, or that of an action.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that a flow is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceRef {
    /// The project file (WS-14).
    Project,
    /// The file of a flow, by its name (WS-11).
    Flow(Arc<str>),
    /// The file of an action or a module (CTX-60).
    Action(ActionRef),
}

/// Where the file of an action or a module is. Source: CTX-60.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionRef {
    /// A path from the workspace; without an ending `.yml` and `.yaml` are tried, too.
    Workspace(Arc<str>),
    /// `action.yml` or `action.yaml` at the root of a repository.
    GitHub {
        /// `owner/name`.
        repository: Arc<str>,
        /// A branch or a tag.
        version: Arc<str>,
    },
}

/// Why a text names no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ActionRefError {
    /// Nothing stands before a colon.
    #[error("has no scheme")]
    NoScheme,
    /// A scheme that the language does not have.
    #[error("has an unknown scheme")]
    UnknownScheme,
    /// Nothing stands behind the colon.
    #[error("names no file")]
    NoPath,
    /// Not `owner/name@version`, or not safe to give to git (MCH-7).
    #[error("is no `owner/name@version`")]
    NoRepository,
}

impl ActionRef {
    /// Reads what a call names, such as `ws:tools/report.yml`.
    pub fn parse(text: &str) -> Result<Self, ActionRefError> {
        let (scheme, rest) = text.split_once(':').ok_or(ActionRefError::NoScheme)?;
        match scheme {
            "ws" | "workspace" => {
                (!rest.is_empty()).then(|| ActionRef::Workspace(rest.into())).ok_or(ActionRefError::NoPath)
            }
            "gh" | "github" => repository(rest).ok_or(ActionRefError::NoRepository),
            _ => Err(ActionRefError::UnknownScheme),
        }
    }
}

fn repository(text: &str) -> Option<ActionRef> {
    let (repository, version) = text.split_once('@')?;
    let (owner, name) = repository.split_once('/')?;
    let plain = |part: &str| {
        let safe = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        !part.is_empty() && !part.starts_with(['-', '.']) && part.chars().all(safe)
    };
    let is_version = version.split('/').all(plain);
    (plain(owner) && plain(name) && is_version)
        .then(|| ActionRef::GitHub { repository: repository.into(), version: version.into() })
}

impl std::fmt::Display for ActionRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ActionRef::Workspace(path) => write!(f, "ws:{path}"),
            ActionRef::GitHub { repository, version } => write!(f, "gh:{repository}@{version}"),
        }
    }
}
