//! [`Executor`]: runs units somewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{AttemptId, Claim, Exit, LaunchKey, LiveJobId, OutputFiles, RawId, Reason, Timestamp, UnitSpec};
use crate::port::{Channel, Exec, Stdin};

/// One unit to be started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// Which start of which unit.
    pub key: LaunchKey,
    /// What to run.
    pub spec: UnitSpec,
    /// What it takes of the machine while it runs (MCH-1).
    #[serde(default)]
    pub claim: Claim,
    /// Environment that belongs to this start and never to the spec: `APOLO_FLOW_*`.
    pub env: BTreeMap<String, String>,
    /// The workspace folder on this machine; the default working directory where it can be seen.
    pub workspace: String,
    /// Whether an earlier engine may already have started it: look before starting.
    pub resuming: bool,
    /// Where its input comes from.
    #[serde(default)]
    pub stdin: Stdin,
}

/// Which units somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All units of an attempt.
    Attempt(AttemptId),
    /// A live job.
    Live(LiveJobId),
}

/// How far a reader of reports has come; opaque, made by the executor. Default: the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub Arc<str>);

/// News of one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which start.
    pub key: LaunchKey,
    /// When, by the executor's clock.
    pub at: Timestamp,
    /// The executor's id of the unit, if it says it: it may be heard of before its start was answered.
    #[serde(default)]
    pub raw: Option<RawId>,
    /// What.
    pub what: What,
}

/// What happened to a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Waits for room.
    Queued {
        /// For what, in words.
        why: String,
    },
    /// Is being set up.
    Starting {
        /// What is being done, in words.
        stage: String,
    },
    /// At work.
    Running {
        /// Where, in words: a pid, a host.
        address: String,
    },
    /// Stopped by the executor, to go on later.
    Suspended,
    /// Over. Its log is complete.
    Ended {
        /// The process's end.
        exit: Exit,
        /// Why it ended.
        reason: Reason,
        /// What it wrote to its output files.
        files: OutputFiles,
    },
    /// The executor no longer knows.
    Lost {
        /// Whether it is sure that nothing of it runs any more; only then may it be tried again.
        proof_dead: bool,
    },
}

/// A piece of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// How many bytes from the asked offset on are gone: a log has bounds. `bytes` begin behind them.
    pub skipped: u64,
    /// The bytes from there on; may be empty.
    pub bytes: Vec<u8>,
    /// Whether the log ends behind them for good.
    pub complete: bool,
}

/// How long a log was at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogTime {
    /// How many bytes there were.
    pub bytes: u64,
    /// The moment.
    pub at: Timestamp,
}

/// Which units to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    /// All of these tags.
    pub tags: Vec<String>,
}

/// A unit that the executor knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Which start.
    pub key: LaunchKey,
    /// The executor's id.
    pub raw: RawId,
    /// Its tags.
    pub tags: Vec<String>,
    /// The last news.
    pub last: Report,
}

/// What an executor can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Its name, such as `local`.
    pub name: &'static str,
    /// Whether units go on when the engine dies.
    pub survives_engine: bool,
    /// Whether it runs container images.
    pub images: bool,
    /// Whether it mounts volumes.
    pub mounts: bool,
}

/// Why an executor could not do it.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorError {
    /// It cannot be reached now. Retryable.
    #[error("the executor cannot be reached: {message}")]
    Unreachable {
        /// What happened.
        message: String,
    },
    /// It refuses this unit. Final.
    #[error("the unit cannot be started: {message}")]
    Refused {
        /// Why.
        message: String,
    },
    /// It knows no such unit. Final.
    #[error("the executor knows no such unit")]
    UnknownUnit,
    /// It cannot do this at all. Final.
    #[error("this executor cannot {what}")]
    Unsupported {
        /// What was asked, as a verb phrase.
        what: String,
    },
}

impl ExecutorError {
    /// Whether the same call may go through later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, ExecutorError::Unreachable { .. })
    }
}

/// Runs units somewhere.
#[async_trait]
pub trait Executor: Send + Sync + std::fmt::Debug {
    /// Takes units for starting, and returns as soon as it cannot forget them any more.
    ///
    /// Shape: one result for each launch, in order. Idempotent by key: a key that was taken before
    /// gives the same raw id and starts nothing. Units start in the order of taking, as room allows.
    async fn start(&self, batch: &[Launch]) -> Vec<Result<RawId, ExecutorError>>;

    /// News of all units of a scope since `after`; waits until there is some, or a while.
    ///
    /// Shape: may be empty; in order for each unit; from the default cursor it tells the last news
    /// of every unit that was not removed. News may be repeated, never lost. Cancel-safe.
    async fn reports(&self, scope: &Scope, after: &Cursor) -> Result<(Vec<Report>, Cursor), ExecutorError>;

    /// At most `max` bytes of a unit's output from byte `from` on; returns at once.
    async fn logs(&self, key: &LaunchKey, from: u64, max: u32) -> Result<Chunk, ExecutorError>;

    /// When the bytes of a unit's output from `from` to `to` were written, about to the second; returns at once.
    ///
    /// Shape: ascending; the first moment at which there were more than `from` bytes, and all until there were `to`.
    /// Bytes behind the last one were written since. `None`: this executor keeps no times.
    async fn log_times(&self, _key: &LaunchKey, _from: u64, _to: u64) -> Result<Option<Vec<LogTime>>, ExecutorError> {
        Ok(None)
    }

    /// Ends a unit: politely, after `grace` by force. Its end is told by `reports`.
    ///
    /// Idempotent; a unit that was never taken, or has ended, is no error.
    async fn kill(&self, key: &LaunchKey, grace: Duration) -> Result<(), ExecutorError>;

    /// The units with all these tags that the executor still knows, oldest first.
    async fn find(&self, tags: &Selector) -> Result<Vec<Found>, ExecutorError>;

    /// Forgets an ended unit and leaves nothing behind, its log included. Idempotent.
    async fn remove(&self, key: &LaunchKey) -> Result<(), ExecutorError>;

    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// Whether units listen on the ports of this very machine, so that a person reaches them without a forward.
    fn shares_host(&self) -> bool {
        false
    }

    /// The most that one unit can claim; `None` where that is not known, or presets are names of its own.
    fn room(&self) -> Option<Claim> {
        None
    }

    /// Whether it can give a unit a terminal of its own; where not, one that is asked for gets a pipe.
    fn gives_terminals(&self) -> bool {
        false
    }

    /// Opens a unit's own streams: its output from byte `from` of its log on, then as it comes, and its input.
    ///
    /// Any number may be open at once: all hear everything, what they write is mixed. Of a unit that has ended it
    /// gives the rest of the log and the end. A start that was not taken yet is waited for by the caller.
    /// Errors: `UnknownUnit`, `Unsupported`. Writing to a unit whose input is closed is refused.
    async fn attach(&self, key: &LaunchKey, from: u64) -> Result<Channel, ExecutorError> {
        let _ = (key, from);
        Err(unsupported("attach to a unit"))
    }

    /// Runs a command beside a unit: in its environment, folder and bounds, as a process of its own.
    ///
    /// It ends when it ends, when the unit does, or when its channel goes. Its output is in no log.
    /// Errors: `UnknownUnit` also where the unit does not run, `Refused` with why it could not be started,
    /// `Unsupported`.
    async fn exec(&self, key: &LaunchKey, command: &Exec) -> Result<Channel, ExecutorError> {
        let _ = (key, command);
        Err(unsupported("run a command beside a unit"))
    }

    /// Opens a connection to a TCP port that a unit listens on.
    ///
    /// Errors: `UnknownUnit` also where the unit does not run, `Refused` where nobody listens there,
    /// `Unsupported`.
    async fn connect(&self, key: &LaunchKey, port: u16) -> Result<Channel, ExecutorError> {
        let _ = (key, port);
        Err(unsupported("connect to a port of a unit"))
    }
}

fn unsupported(what: &str) -> ExecutorError {
    ExecutorError::Unsupported { what: what.to_owned() }
}
