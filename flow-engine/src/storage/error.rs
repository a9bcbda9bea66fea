//! [`StorageError`]: everything that can keep a volume from being moved.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a volume cannot be reached, copied or removed.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The URI is none of storage, or leaves it.
    #[error("`{uri}` is no place in the storage: {message}")]
    BadUri {
        /// The URI as written.
        uri: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// Nobody said where the storage is.
    #[error("this engine has no storage")]
    NoStorage,
    /// One end of a copy lies in the other, so that the copy would copy itself.
    #[error("`{}` and `{}` lie in each other", from.display(), to.display())]
    Overlap {
        /// What was to be copied.
        from: PathBuf,
        /// Where to.
        to: PathBuf,
    },
    /// There is nothing to copy or remove.
    #[error("there is nothing at `{}`", .0.display())]
    Missing(PathBuf),
    /// Something in the trees must not be copied, or stands in the way; nothing was copied.
    #[error("{}", list(.0))]
    Obstacles(Vec<Obstacle>),
    /// Another copy writes the same file at this moment.
    #[error("another copy is writing `{}`", .0.display())]
    Busy(PathBuf),
    /// The system refused.
    #[error("{doing} `{}`: {message}", path.display())]
    System {
        /// What was tried: `cannot read`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
}

/// One thing that keeps a tree from being copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Where it is.
    pub path: PathBuf,
    /// What is wrong with it, and how to mend it.
    pub message: &'static str,
}

impl StorageError {
    pub(super) fn system(doing: &'static str, path: &Path, error: &std::io::Error) -> Self {
        StorageError::System { doing, path: path.to_owned(), message: error.to_string() }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.path.display(), self.message)
    }
}

/// The obstacles, one in a line.
fn list(obstacles: &[Obstacle]) -> String {
    obstacles.iter().map(Obstacle::to_string).collect::<Vec<_>>().join("\n")
}
