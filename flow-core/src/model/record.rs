//! The records that people list and inspect: read models, folded from events by `event::fold`.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::model::{
    AttemptId, BakeId, Digest, FullId, LogRef, Outcome, ProjectId, RawId, Reason, SourceRef, TaskStatus, Timestamp,
};
use crate::value::Value;

/// How far a needed task must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedsLevel {
    /// It runs, or has ended.
    Running,
    /// It has ended.
    Completed,
}

/// An edge of the graph, seen from the task that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The needed node's id in the same graph.
    pub id: Arc<str>,
    /// How far it must have come.
    pub level: NeedsLevel,
}

/// One node of a graph as it was planned; recorded, never computed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Its id in its graph.
    pub id: Arc<str>,
    /// The place of its entry in `tasks`, from 0.
    pub entry: u32,
    /// Its matrix row (variable to value, `ORDINAL` included); empty without a matrix.
    pub matrix: IndexMap<Arc<str>, Value>,
    /// The group whose row it is (EXT-1), if the entry's id does not use `matrix`.
    pub group: Option<Arc<str>>,
    /// Its edges in the order of writing; groups are opened to their rows.
    pub needs: Vec<Need>,
    /// The ids by which the task sees its needs, as written: single tasks and groups.
    pub names: Vec<Arc<str>>,
    /// Whether it is a local action: it runs on the user's machine, before all else (BAT-20).
    #[serde(default, skip_serializing_if = "is_false")]
    pub local: bool,
    /// Whether it stands for the rows of a matrix that are made when its needs are complete (EXT-2); it runs
    /// nothing itself, and has ended once the rows are there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub late: bool,
}

/// Whether a mark that is mostly absent is absent.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
pub(crate) fn is_false(mark: &bool) -> bool {
    !mark
}

impl NodeRecord {
    /// The task that a post task ends: `X` of `post-X`; `None` for all others.
    ///
    /// Ids that users write have no dash, and the rows of a group `post` have a group. Source: BAT-4, DEC-17.
    pub fn main(&self) -> Option<&str> {
        self.id.strip_prefix("post-").filter(|_| self.group.is_none())
    }
}

/// What decides «cached»: equal evaluated unit, needs and state give an equal key.
///
/// Source: CTX-82, DEC-29.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheKey(pub Digest);

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Facts of the workspace's repository. Source: CTX-2, DEC-20.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitInfo {
    /// Commit hash.
    pub sha: String,
    /// Branch; `HEAD` when detached.
    pub branch: String,
    /// Tags at the commit; may be empty.
    pub tags: Vec<String>,
}

/// A text that a bake was made from; the text itself is stored once by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// Its name for people, such as `.apolo/train.yml`.
    pub name: String,
    /// Which text it is; absent in attempts of events before version 3.
    #[serde(default)]
    pub source: Option<SourceRef>,
    /// Where the store keeps the text.
    pub digest: Digest,
}

/// One run of a batch. Source: STO-4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bake {
    /// Its id.
    pub id: BakeId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// The batch's name (file stem).
    pub batch: String,
    /// A name given by the user; not unique (DEC-31).
    pub name: Option<String>,
    /// Tags given by the user.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who started it: the user's name on this machine.
    pub by: String,
    /// Commit, branch and tags, if the workspace is a repository.
    pub git: Option<GitInfo>,
    /// The workspace folder, absolute.
    pub workspace: String,
}

/// One try at a bake. Source: STO-6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Its bake.
    pub bake: BakeId,
    /// From 1.
    pub number: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its result so far.
    pub status: TaskStatus,
    /// Evaluated params: name to text.
    pub params: IndexMap<String, String>,
    /// The executor's name, such as `local`.
    pub executor: String,
    /// The texts it runs from.
    pub sources: Vec<SourceText>,
    /// The attempt whose results it took over.
    pub from: Option<AttemptId>,
    /// The version of the engine that made it.
    pub engine_version: String,
    /// Who asked for a cancel, and when.
    pub cancel: Option<CancelMark>,
    /// The images that were built for it, in the order of the builds. Source: STO-10.
    #[serde(default)]
    pub images: Vec<BuiltImage>,
}

/// The build of an image for an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltImage {
    /// The image's reference.
    pub image: Arc<str>,
    /// How far it is: pending, running, or how it ended.
    pub status: TaskStatus,
    /// When the build was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended, once it has.
    pub reason: Option<Reason>,
}

/// That somebody asked for a cancel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelMark {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A status and when it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusItem {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub status: TaskStatus,
}

/// One start of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// From 1.
    pub number: u32,
    /// When the engine decided to start it.
    pub launched_at: Timestamp,
    /// When it ran first.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The executor's id.
    pub raw: Option<RawId>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Its log.
    pub log: LogRef,
}

/// A try that follows another one (EXT-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextTry {
    /// Its number.
    pub number: u32,
    /// The number that the last try will have if the others end likewise; absent if there is no bound.
    pub last: Option<u32>,
    /// When it is started.
    pub at: Timestamp,
}

/// A task of an attempt.
///
/// Shape: one exists for each node of the graph as soon as the graph is known; `history` is empty
/// and `status` pending until the task is started, skipped or taken from the cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its attempt.
    pub attempt: AttemptId,
    /// Its full id.
    pub id: FullId,
    /// What the graph says of it: needs, matrix row, group.
    pub node: NodeRecord,
    /// Whether it is a call whose graph is known: its tasks stand below it, and it has no start of its own.
    #[serde(default)]
    pub opened: bool,
    /// The last status.
    pub status: TaskStatus,
    /// All statuses in order.
    pub history: Vec<StatusItem>,
    /// What it waits for or is doing, in words; absent when there is nothing to say.
    pub note: Option<String>,
    /// Each start; a call has none.
    pub tries: Vec<Try>,
    /// The last time that another try was decided on; absent where the first one is to tell all.
    #[serde(default)]
    pub next_try: Option<NextTry>,
    /// How it ended, where no try tells it: of a call, or of a task that waited for its next try.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Name to text; empty until the end.
    pub outputs: IndexMap<String, String>,
    /// Saved state; empty until the end.
    pub state: IndexMap<String, String>,
    /// The digest of what was last started; the store keeps the text.
    pub spec: Option<Digest>,
    /// Where a cached result came from.
    pub cached_from: Option<AttemptId>,
    /// The attempt that ran it, where a restart took its result over (DEC-24).
    pub taken_from: Option<AttemptId>,
    /// The key under which its result is or would be cached.
    pub cache_key: Option<CacheKey>,
}

impl NextTry {
    /// Which try it is, for people: `try 2 of 3`.
    pub fn place(&self) -> String {
        let of = self.last.map(|last| format!(" of {last}")).unwrap_or_default();
        format!("try {}{of}", self.number)
    }
}

impl Task {
    /// The try that is waited for; `None` once it has been started, or will not be.
    pub fn waits_for_try(&self) -> Option<&NextTry> {
        let is_started = |next: &&NextTry| self.tries.last().is_some_and(|last| last.number >= next.number);
        self.next_try.as_ref().filter(|next| !self.status.is_finished() && !is_started(next))
    }
}

/// A result kept for later bakes. Source: STO-9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// The project.
    pub project: ProjectId,
    /// The batch's name.
    pub batch: Arc<str>,
    /// The task.
    pub task: FullId,
    /// The key.
    pub key: CacheKey,
    /// When the task ended.
    pub created_at: Timestamp,
    /// The attempt that ran it.
    pub attempt: AttemptId,
    /// Its outputs.
    pub outputs: IndexMap<String, String>,
    /// Its state.
    pub state: IndexMap<String, String>,
}
