//! [`TaskStatus`]: the word everyone sees.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a task, and the result of an attempt.
///
/// Source: STO-11, BAT-69.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not running yet.
    #[default]
    Pending,
    /// At work.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Stopped from outside.
    Cancelled,
    /// Never started: not enabled.
    Skipped,
    /// Never started: an earlier result was taken over.
    Cached,
    /// Not known.
    Unknown,
}

impl TaskStatus {
    /// The word: `succeeded`.
    pub fn word(self) -> &'static str {
        match self {
            TaskStatus::Pending => "pending",
            TaskStatus::Running => "running",
            TaskStatus::Succeeded => "succeeded",
            TaskStatus::Failed => "failed",
            TaskStatus::Cancelled => "cancelled",
            TaskStatus::Skipped => "skipped",
            TaskStatus::Cached => "cached",
            TaskStatus::Unknown => "unknown",
        }
    }

    /// Whether it is final.
    pub fn is_finished(self) -> bool {
        match self {
            TaskStatus::Pending | TaskStatus::Running | TaskStatus::Unknown => false,
            TaskStatus::Succeeded
            | TaskStatus::Failed
            | TaskStatus::Cancelled
            | TaskStatus::Skipped
            | TaskStatus::Cached => true,
        }
    }

    /// As `needs.x.result` shows it: a cached task has succeeded.
    pub fn as_result(self) -> Self {
        if self == TaskStatus::Cached { TaskStatus::Succeeded } else { self }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
