//! [`Event`]: the one record of everything that happens. If it is not an event, it did not happen.
//!
//! `docs/events.md` shows each kind to those who read the stream; it is held by a test.
//!
//! State (`sched::state`), read models ([`fold`]), terminal, console and Python all read events.
//! Output bytes travel beside the events, never in them.
//!
//! Version history of the stored form ([`VERSION`]):
//! - 1: the first.
//! - 2: `TakenOver`, and `reuse` of `AttemptCreated` (absent: [`Reuse::Cache`]).
//! - 3: graphs of calls: `inputs` and `edges` of `Expanded` (absent: none), `Progress` and `Ended` of calls, the
//!   reason `inside`; `source` of the texts of `AttemptCreated` (absent: project first, flow last).
//! - 4: `LocalsEnded`, the reason `locals` of `Skipped`, `local` and `late` of nodes; starts of image builds;
//!   `max_rows` of `AttemptCreated` (absent: 10,000).
//! - 5: live jobs: `LiveCreated`, `LiveEnded`, the scope `job` of `CancelAsked`; their other kinds are those of tasks;
//!   `ended` of `RetryAt` (absent of a new try: the one before was lost); `happened_at` of `Progress`, `Ended` and
//!   `ended` (absent: at the event's own time);
//!   `storage` of `AttemptCreated` (absent: mounts are what they say), `host_paths` of specs.

pub mod fold;

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::expr::HostCall;
use crate::model::{
    AttemptId, BakeId, CacheEntry, CacheKey, Digest, Epoch, FullId, GitInfo, LaunchKey, LiveOrder, LogRef, Need,
    NodeRecord, Outcome, OwnerId, ProjectId, RawId, SourceText, Subject, TaskStatus, Timestamp,
};
use crate::value::Value;

/// The version of the stored form that this build writes; it reads all versions up to it.
pub const VERSION: u32 = 5;

/// One thing that happened.
///
/// Shape: `position` counts the whole store in commit order, with gaps allowed; `seq` counts the
/// subject's own events from 1 without gaps. `at` never runs backwards within a subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the store.
    pub position: u64,
    /// Place in the subject.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// An attempt was made; always the first.
    AttemptCreated(Box<AttemptCreated>),
    /// An engine took the subject over; ends the rights of the one before.
    Claimed {
        /// The new epoch.
        epoch: Epoch,
        /// The engine process.
        owner: OwnerId,
    },
    /// A graph, or more of it, is known. The graph of a call opens with it; the call itself then ends with
    /// `Ended`, and `Progress` says when all its tasks are running or over, under the key of a first try.
    Expanded {
        /// The prefix of the graph: root, or the call's full id.
        prefix: FullId,
        /// The evaluated inputs of the call, if it opens with this.
        #[serde(default)]
        inputs: IndexMap<Arc<str>, Value>,
        /// Its nodes in graph order; those that come later go behind the others of their entry.
        nodes: Vec<NodeRecord>,
        /// Nodes that were known before and now have these needs, all of which are known.
        #[serde(default)]
        edges: IndexMap<Arc<str>, Vec<Need>>,
    },
    /// A question that an expression asked was answered.
    Answered {
        /// The task.
        node: FullId,
        /// The question.
        call: HostCall,
        /// The answer.
        value: Value,
    },
    /// The local phase is over, in a flow with local actions; all else comes after it (BAT-19, BAT-20).
    LocalsEnded {
        /// Succeeded; or why nothing else is started: a local action failed, or somebody cancelled.
        result: TaskStatus,
    },
    /// A unit is about to be started. Written before the start, so that none is lost.
    Launching {
        /// Which start.
        key: LaunchKey,
        /// The digest of its spec; the store keeps the text.
        spec: Digest,
        /// The key under which its result will be cached; absent where it will not be.
        cache: Option<CacheKey>,
    },
    /// The executor took it.
    Launched {
        /// Which start.
        key: LaunchKey,
        /// The executor's id.
        raw: RawId,
    },
    /// The executor said how far it is.
    Progress {
        /// Which start.
        key: LaunchKey,
        /// How far.
        stage: Stage,
        /// Why, in words, where there is something to say.
        why: Option<String>,
        /// Since when, by the executor's clock, if it was told late: no engine was there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        happened_at: Option<Timestamp>,
    },
    /// A unit ended, or could not be started.
    Ended {
        /// Which start.
        key: LaunchKey,
        /// How.
        outcome: Outcome,
        /// Name to text.
        outputs: IndexMap<String, String>,
        /// Name to text.
        state: IndexMap<String, String>,
        /// Its log.
        log: LogRef,
        /// Present if the result is to be kept in the cache under this key.
        cache: Option<CacheKey>,
        /// When, by the executor's clock, if it was told late: no engine was there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        happened_at: Option<Timestamp>,
    },
    /// It will be started again.
    RetryAt {
        /// The next start.
        key: LaunchKey,
        /// When.
        at: Timestamp,
        /// Present if it is a new try, and not the same start made again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<Box<EndedTry>>,
    },
    /// A task will not be started.
    Skipped {
        /// The task.
        node: FullId,
        /// Why.
        because: SkipReason,
    },
    /// A task takes an earlier result over.
    CacheHit {
        /// The task.
        node: FullId,
        /// The result.
        entry: Box<CacheEntry>,
    },
    /// A task takes its result from the attempt that this one restarts (DEC-24).
    TakenOver {
        /// The task.
        node: FullId,
        /// The attempt that ran it, which may be an earlier one than the restarted.
        from: AttemptId,
        /// Name to text.
        outputs: IndexMap<String, String>,
        /// Name to text.
        state: IndexMap<String, String>,
        /// The key of the result; absent where the cache is off.
        cache: Option<CacheKey>,
    },
    /// Somebody asked for a cancel.
    CancelAsked {
        /// Of what.
        scope: CancelScope,
        /// Who.
        by: String,
        /// The request it came by; absent where the engine itself was interrupted.
        request: Option<u64>,
    },
    /// The attempt is over; always the last.
    AttemptEnded {
        /// Its result (DEC-4).
        result: TaskStatus,
    },
    /// A live job was made; always the first of its subject.
    LiveCreated(Box<LiveCreated>),
    /// A live job is over and is not started again; always the last of its subject.
    LiveEnded {
        /// Its result: that of its last start.
        result: TaskStatus,
    },
}

impl EventKind {
    /// Its name, as the stored form has it: `cache_hit`.
    pub fn word(&self) -> &'static str {
        match self {
            EventKind::AttemptCreated(_) => "attempt_created",
            EventKind::Claimed { .. } => "claimed",
            EventKind::Expanded { .. } => "expanded",
            EventKind::Answered { .. } => "answered",
            EventKind::LocalsEnded { .. } => "locals_ended",
            EventKind::Launching { .. } => "launching",
            EventKind::Launched { .. } => "launched",
            EventKind::Progress { .. } => "progress",
            EventKind::Ended { .. } => "ended",
            EventKind::RetryAt { .. } => "retry_at",
            EventKind::Skipped { .. } => "skipped",
            EventKind::CacheHit { .. } => "cache_hit",
            EventKind::TakenOver { .. } => "taken_over",
            EventKind::CancelAsked { .. } => "cancel_asked",
            EventKind::AttemptEnded { .. } => "attempt_ended",
            EventKind::LiveCreated(_) => "live_created",
            EventKind::LiveEnded { .. } => "live_ended",
        }
    }

    /// The image whose build it is about, if it is about one.
    pub fn image(&self) -> Option<&Arc<str>> {
        match self {
            EventKind::Launching { key, .. }
            | EventKind::Launched { key, .. }
            | EventKind::Progress { key, .. }
            | EventKind::Ended { key, .. }
            | EventKind::RetryAt { key, .. } => key.image(),
            _ => None,
        }
    }

    /// The task whose history it changes, if it is about one.
    pub fn task(&self) -> Option<&FullId> {
        match self {
            EventKind::Launching { key, .. }
            | EventKind::Launched { key, .. }
            | EventKind::Progress { key, .. }
            | EventKind::Ended { key, .. }
            | EventKind::RetryAt { key, .. } => key.node(),
            EventKind::Skipped { node, .. }
            | EventKind::CacheHit { node, .. }
            | EventKind::TakenOver { node, .. }
            | EventKind::Answered { node, .. } => Some(node),
            EventKind::AttemptCreated(_)
            | EventKind::Claimed { .. }
            | EventKind::Expanded { .. }
            | EventKind::LocalsEnded { .. }
            | EventKind::CancelAsked { .. }
            | EventKind::AttemptEnded { .. }
            | EventKind::LiveCreated(_)
            | EventKind::LiveEnded { .. } => None,
        }
    }
}

/// Everything an attempt starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptCreated {
    /// The version of the stored form.
    pub version: u32,
    /// The project in the store.
    pub project: ProjectId,
    /// The project's id in the files.
    pub project_name: String,
    /// The bake.
    pub bake: BakeId,
    /// From 1.
    pub number: u32,
    /// The batch's name (file stem).
    pub batch: String,
    /// A name given by the user.
    pub name: Option<String>,
    /// Tags given by the user.
    pub tags: Vec<String>,
    /// Evaluated params.
    pub params: IndexMap<String, String>,
    /// The executor's name.
    pub executor: String,
    /// The texts: the project file first if there is one, then the batch file, then what is called.
    pub sources: Vec<SourceText>,
    /// The workspace folder, absolute.
    pub workspace: String,
    /// Commit, branch and tags.
    pub git: Option<GitInfo>,
    /// Who started it.
    pub by: String,
    /// The attempt whose results are taken over.
    pub from: Option<AttemptId>,
    /// Which results of other bakes it may use.
    #[serde(default)]
    pub reuse: Reuse,
    /// How many rows a matrix may have; absent: 10,000 (EXT-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u32>,
    /// The storage's folder on this machine, where the executor mounts nothing (MCH-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// The engine's version.
    pub engine_version: String,
}

/// Everything a live job starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveCreated {
    /// The version of the stored form.
    pub version: u32,
    /// What it is started with.
    #[serde(flatten)]
    pub order: LiveOrder,
}

/// The end of a try that another one follows (EXT-3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndedTry {
    /// How it ended.
    pub outcome: Outcome,
    /// Its log.
    pub log: LogRef,
    /// The number that the last try will have if the others end likewise; absent if there is no bound.
    pub last: Option<u32>,
    /// When, by the executor's clock, if it was told late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<Timestamp>,
}

/// Which results of other bakes an attempt may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    /// Those in the cache.
    #[default]
    Cache,
    /// None: every task runs; what it gives is kept in the cache as ever (DEC-24).
    Nothing,
}

/// How far a started unit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for room.
    Queued,
    /// Room is there; it is being set up.
    Starting,
    /// At work.
    Running,
    /// Stopped by the executor, to go on later.
    Suspended,
}

/// Why a task was not started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Its `enable` is false.
    Disabled {
        /// The needs that did not succeed, with their results; empty if `enable` was written out.
        needs: Vec<(String, TaskStatus)>,
    },
    /// The bake winds down after a failure or a cancel.
    WindingDown,
    /// It was cancelled before it started, alone or with the call around it.
    Cancelled,
    /// The local phase did not end well, so nothing else was begun (BAT-19).
    Locals,
}

/// What is to be cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelScope {
    /// The whole attempt.
    Attempt,
    /// One task, or a call with all below it.
    Task(FullId),
    /// The live job.
    Job,
}
