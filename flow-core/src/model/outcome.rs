//! [`Outcome`]: how a unit ended.

use serde::{Deserialize, Serialize};

use crate::model::{FullId, TaskStatus};

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Not known, or there never was a process.
    None,
}

/// Why a unit ended, where the exit does not say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// By itself.
    Finished,
    /// It was killed because somebody asked.
    Killed,
    /// It could not be started: program not found, folder missing, and so on.
    NotStarted {
        /// What the system said.
        message: String,
    },
    /// It ran longer than its `life_span`.
    LifeSpan,
    /// It waited longer than its `schedule_timeout`.
    ScheduleTimeout,
    /// The machine or its keeper is gone, and the exit with it.
    Lost,
    /// It wrote output files that cannot be read.
    BadOutputs {
        /// What is wrong with them.
        message: String,
    },
    /// It is a call, and so ended a task that it opened.
    Inside {
        /// The first task of its graph that ended so.
        task: FullId,
    },
    /// An expression of the task could not be evaluated; nothing was started.
    Evaluation {
        /// The diagnostic's message.
        message: String,
        /// Code, file, line and column, as `F0402 .apolo/train.yml:7:12`; empty if it has none.
        place: String,
    },
}

/// How a unit ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// `Succeeded`, `Failed` or `Cancelled`.
    pub status: TaskStatus,
    /// The process's end.
    pub exit: Exit,
    /// Why.
    pub reason: Reason,
}

/// What a task wrote to its output files (EXT-4).
///
/// Shape: the raw text of each file, empty if the task wrote none; there is no shared folder on a
/// cluster, so the executor carries them. `command::parse_output_file` reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFiles {
    /// The file named by `APOLO_FLOW_OUTPUT`.
    pub output: String,
    /// The file named by `APOLO_FLOW_STATE`.
    pub state: String,
}

/// The log of one try, kept beside the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRef {
    /// Its length in bytes.
    pub bytes: u64,
}
