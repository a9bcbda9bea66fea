//! [`EngineError`]: everything that can keep the engine from doing what it was asked.

use flow_core::diag::Diagnostics;
use flow_core::port::{ExecutorError, SourceError, StoreError};
use flow_core::text::SourceMap;
use thiserror::Error;

use crate::engine::RestartRefusal;
use crate::remote::RemoteError;
use crate::storage::StorageError;

/// Why the engine could not do it.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The user's files, or what was asked of them, have errors; nothing was started.
    #[error("{} problem(s) in the files", .0.diagnostics.len())]
    Config(Box<ConfigProblems>),
    /// The workspace cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The store failed, or another engine holds the subject.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The executor failed.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// No bake has this id or name.
    #[error("no bake `{0}`")]
    UnknownBake(String),
    /// The bake has no such attempt.
    #[error("bake `{bake}` has no attempt {number}")]
    UnknownAttempt {
        /// The bake.
        bake: String,
        /// The number asked for.
        number: i64,
    },
    /// The flow has no such job, and the store no live job of that name or id.
    #[error("no live job `{job}`")]
    UnknownLiveJob {
        /// The name or id asked for.
        job: String,
        /// The jobs of the flow.
        known: Vec<String>,
    },
    /// A multi job was named without saying which.
    #[error("`{job}` is a multi job: which one?")]
    SuffixMissing {
        /// The job.
        job: String,
        /// The suffixes that are known.
        known: Vec<String>,
    },
    /// A suffix was given for a job that has none.
    #[error("`{job}` is no multi job, so it takes no suffix")]
    SuffixUnwanted {
        /// The job.
        job: String,
    },
    /// The job is there and was not started, or too long ago.
    #[error("live job `{job}` is not running")]
    NotRunning {
        /// The job, with its suffix.
        job: String,
    },
    /// A port of this machine cannot be listened on.
    #[error("port {port} of this machine cannot be forwarded: {message}")]
    PortTaken {
        /// The port.
        port: u16,
        /// What the system said.
        message: String,
    },
    /// The attempt has no such task.
    #[error("no task `{task}` in this attempt")]
    UnknownTask {
        /// The id asked for.
        task: String,
        /// All ids of the attempt.
        known: Vec<String>,
    },
    /// The attempt is over, so there is nothing to stop or to take up again.
    #[error("attempt {number} of `{bake}` has ended: {status}")]
    Finished {
        /// The bake.
        bake: String,
        /// The attempt's number.
        number: u32,
        /// Its result.
        status: flow_core::model::TaskStatus,
    },
    /// The attempt cannot be restarted.
    #[error("cannot restart attempt #{number} of `{bake}`: {refusal}")]
    NotRestarted {
        /// The bake.
        bake: String,
        /// The attempt that stands against it.
        number: u32,
        /// Why.
        refusal: RestartRefusal,
    },
    /// Nothing was ever made of a flow with this id.
    #[error("nothing is kept of a flow `{flow}`")]
    UnknownFlow {
        /// The id asked for.
        flow: String,
        /// The ids of which something is kept.
        known: Vec<String>,
    },
    /// The flow cannot be removed: something of it is at work.
    #[error("flow `{flow}` is not removed: {what} has not ended")]
    FlowBusy {
        /// The flow.
        flow: String,
        /// What is at work.
        what: String,
    },
    /// What the store holds of an attempt cannot be run by this version.
    #[error("attempt `{attempt}` cannot be run by this version: {message}")]
    Unrunnable {
        /// The attempt.
        attempt: String,
        /// Why.
        message: String,
    },
    /// A background engine could not be started.
    #[error("the background engine cannot be started: {message}")]
    Spawn {
        /// What the system said.
        message: String,
    },
    /// The flow has no such volume.
    #[error("unknown volume `{volume}`")]
    UnknownVolume {
        /// The id asked for.
        volume: String,
        /// All ids of the flow.
        known: Vec<String>,
    },
    /// Only volumes with a local part can be moved (LIV-40).
    #[error("volume `{volume}` has no `local` part")]
    NoLocalPart {
        /// Its id.
        volume: String,
    },
    /// The storage failed, or what is to be copied must not be.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A remote action cannot be had.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// A setting of `engine.toml` or of the environment is wrong.
    #[error("{place}: {message}")]
    Settings {
        /// The file and place, or the variable.
        place: String,
        /// What is wrong and what was expected.
        message: String,
    },
}

/// Diagnostics with the texts that they point into.
#[derive(Debug)]
pub struct ConfigProblems {
    /// What is wrong, sorted by place.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub sources: SourceMap,
}

impl EngineError {
    /// Wraps diagnostics.
    pub fn config(diagnostics: Diagnostics, sources: SourceMap) -> Self {
        EngineError::Config(Box::new(ConfigProblems { diagnostics: diagnostics.sorted(), sources }))
    }
}
