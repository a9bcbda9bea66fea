//! [`Store`]: keeps events, texts, records, claims and requests.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::event::{CancelScope, Event, EventKind};
use crate::model::{
    Attempt, AttemptId, Bake, BakeId, CacheEntry, CacheKey, Digest, Epoch, FullId, LiveJob, LiveJobId, OwnerId,
    ProjectId, Subject, Task, TaskStatus, Timestamp,
};
use crate::port::{Unfinished, WorkloadFilter, WorkloadRows, WorkloadWords};

/// An event that is not stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// What one turn writes: all or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// What the events are about.
    pub subject: Subject,
    /// The writer's epoch; 0 while the subject was never claimed.
    pub epoch: Epoch,
    /// The subject's last `seq` as the writer knows it; 0 for a new one.
    pub expected_seq: u64,
    /// The events in order; not empty.
    pub events: Vec<NewEvent>,
    /// Texts that the events name by digest (specs, sources, what cache keys stand for); known ones are
    /// kept once.
    pub texts: Vec<(Digest, Arc<str>)>,
}

/// Where the events went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of the first event; the others follow it one by one.
    pub first_position: u64,
    /// The subject's last `seq` now.
    pub seq: u64,
}

/// Which events somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventScope {
    /// All of the store.
    All,
    /// Those of one subject.
    Subject(Subject),
}

/// Something that was asked of the engine that holds a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Grows within the store.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What.
    pub kind: RequestKind,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Stop it.
    Cancel {
        /// All or one task.
        scope: CancelScope,
    },
}

/// Who holds a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimState {
    /// The last epoch given out; 0 if it was never claimed.
    pub epoch: Epoch,
    /// The holder; `None` if it was given back or never claimed.
    pub owner: Option<OwnerId>,
    /// Until when the claim holds unless renewed.
    pub until: Timestamp,
}

/// Which bakes somebody lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BakeFilter {
    /// Of this project only.
    pub project: Option<ProjectId>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Of this name only.
    pub name: Option<String>,
    /// Of this batch only.
    pub batch: Option<String>,
    /// Made then or later.
    pub since: Option<Timestamp>,
    /// Made then or earlier.
    pub until: Option<Timestamp>,
    /// At most so many, the newest; 0 means all.
    pub limit: u32,
}

/// Which cache entries of a project somebody clears. Source: BAT-105.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheScope {
    /// All.
    Project,
    /// Those of one batch.
    Batch(Arc<str>),
    /// Those of one task of a batch.
    Task(Arc<str>, FullId),
    /// One of them.
    Result(Arc<str>, FullId, CacheKey),
}

/// A cached result, and what it was good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedResult {
    /// The result.
    pub entry: CacheEntry,
    /// How many tasks took it instead of running.
    pub count: u64,
    /// The last of them that were made, at most [`CachedResult::USES`].
    pub uses: Vec<CacheUse>,
}

/// A task that took a cached result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheUse {
    /// Its attempt.
    pub attempt: AttemptId,
    /// The bake of that.
    pub bake: BakeId,
    /// The attempt's number.
    pub number: u32,
}

impl CachedResult {
    /// How many uses are told at most.
    pub const USES: u32 = 5;
}

/// A bake with its last attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct BakeRow {
    /// The bake.
    pub bake: Bake,
    /// Its last attempt.
    pub attempt: Attempt,
    /// Who drives it.
    pub claim: ClaimState,
}

/// Which live jobs somebody lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveFilter {
    /// Of this project only.
    pub project: Option<ProjectId>,
    /// Of this live flow only.
    pub flow: Option<String>,
    /// Of this job of the flow only.
    pub job: Option<Arc<str>>,
    /// With this suffix only.
    pub suffix: Option<String>,
    /// In one of these statuses; empty: in any.
    pub statuses: Vec<TaskStatus>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Made at this moment or later.
    pub since: Option<Timestamp>,
    /// At most so many, the newest; 0 means all.
    pub limit: u32,
}

/// A live job and who drives it.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRow {
    /// The job.
    pub job: LiveJob,
    /// Who drives it.
    pub claim: ClaimState,
}

/// Why a store could not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another writer was there first: the state must be loaded again. Retryable after that.
    #[error("the events of `{subject}` have moved on: expected {expected}, found {found}")]
    Conflict {
        /// The subject.
        subject: String,
        /// The `seq` that the writer expected.
        expected: u64,
        /// The `seq` that is stored.
        found: u64,
    },
    /// A newer claim exists: this writer has lost its rights. Final.
    #[error("`{subject}` was taken over by another engine")]
    StaleEpoch {
        /// The subject.
        subject: String,
    },
    /// Another engine holds the claim. Retryable later.
    #[error("`{subject}` is held by another engine ({owner})")]
    Held {
        /// The subject.
        subject: String,
        /// The holder.
        owner: OwnerId,
        /// Until when, unless renewed.
        until: Timestamp,
    },
    /// The live job runs already, with the same suffix if it is a multi job. Final.
    #[error("live job `{job}` is there already: `{id}`")]
    Unfinished {
        /// The job in the flow.
        job: String,
        /// The one that has not ended.
        id: LiveJobId,
    },
    /// The disk or the database failed. Retryable.
    #[error("the store at `{place}` failed: {message}")]
    Io {
        /// The file or the server.
        place: String,
        /// What it said.
        message: String,
    },
    /// What is stored cannot be read. Final.
    #[error("the store at `{place}` holds something unreadable: {message}")]
    Corrupt {
        /// The file or the server.
        place: String,
        /// What was found.
        message: String,
    },
    /// The store was written by a newer version. Final.
    #[error("the store at `{place}` has schema {found}, this version knows {known}: use a newer apolo-flow")]
    Newer {
        /// The file or the server.
        place: String,
        /// Its schema.
        found: u32,
        /// The newest schema that this version knows.
        known: u32,
    },
}

impl StoreError {
    /// Whether the same call may go through later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Io { .. } | StoreError::Held { .. })
    }
}

/// Keeps everything.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Appends events and folds them into the records, all or nothing.
    ///
    /// Durable against the death of every process when it returns. Of one job of a live flow only one is
    /// unfinished at a time, with one suffix if it is a multi job: the second of two `LiveCreated` is refused.
    /// Errors: `StaleEpoch`, `Conflict`, `Unfinished`, `Io`; after an error nothing was written.
    async fn append(&self, append: Append) -> Result<Appended, StoreError>;

    /// Takes the subject over: the epoch is one more than the last.
    ///
    /// Errors: `Held` while another owner's claim is good at `now`.
    async fn claim(
        &self,
        subject: &Subject,
        owner: &OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Epoch, StoreError>;

    /// Moves the end of an own claim. Errors: `StaleEpoch`.
    async fn renew(&self, subject: &Subject, epoch: Epoch, until: Timestamp) -> Result<(), StoreError>;

    /// Gives an own claim back; a stale one changes nothing.
    async fn release(&self, subject: &Subject, epoch: Epoch) -> Result<(), StoreError>;

    /// Who holds the subject.
    async fn claim_state(&self, subject: &Subject) -> Result<ClaimState, StoreError>;

    /// Asks something of whoever drives the subject, now or later; returns the request's id.
    async fn send(&self, subject: &Subject, at: Timestamp, by: &str, kind: RequestKind) -> Result<u64, StoreError>;

    /// The requests of a subject with an id above `after`, in order; returns at once.
    async fn requests(&self, subject: &Subject, after: u64) -> Result<Vec<Request>, StoreError>;

    /// Returns when `requests` would not be empty, also if another process sent it. Cancel-safe.
    async fn wait_requests(&self, subject: &Subject, after: u64) -> Result<(), StoreError>;

    /// The events of a scope with a position above `after`, in order, at most `limit`; at once.
    async fn events(&self, scope: &EventScope, after: u64, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// The position of the last event of the whole store; 0 where there is none.
    async fn last_position(&self) -> Result<u64, StoreError>;

    /// Returns when `events` would not be empty, also if another process wrote them. Cancel-safe.
    async fn wait_events(&self, scope: &EventScope, after: u64) -> Result<(), StoreError>;

    /// A text by its digest.
    async fn text(&self, digest: &Digest) -> Result<Option<Arc<str>>, StoreError>;

    /// The project of a key, made if it is new. The key is the project's id in the files.
    async fn project(&self, key: &str, fresh: ProjectId) -> Result<ProjectId, StoreError>;

    /// Bakes with their last attempts, newest first.
    async fn bakes(&self, filter: &BakeFilter) -> Result<Vec<BakeRow>, StoreError>;

    /// One bake.
    async fn bake(&self, id: &BakeId) -> Result<Option<BakeRow>, StoreError>;

    /// The attempts of a bake, by number.
    async fn attempts(&self, bake: &BakeId) -> Result<Vec<Attempt>, StoreError>;

    /// One attempt.
    async fn attempt(&self, id: &AttemptId) -> Result<Option<Attempt>, StoreError>;

    /// The tasks of an attempt in graph order, as `in_graph_order` of the model has it.
    async fn tasks(&self, attempt: &AttemptId) -> Result<Vec<Task>, StoreError>;

    /// One task.
    async fn task(&self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, StoreError>;

    /// The newest entry of a key.
    async fn cache_entry(
        &self,
        project: &ProjectId,
        batch: &str,
        task: &FullId,
        key: &CacheKey,
    ) -> Result<Option<CacheEntry>, StoreError>;

    /// Forgets cache entries of a project, and says how many; results of attempts stay as they are.
    async fn clear_cache(&self, project: &ProjectId, scope: &CacheScope) -> Result<u64, StoreError>;

    /// The tasks of a batch that have cache entries, each once, by id.
    async fn cached_tasks(&self, project: &ProjectId, batch: &str) -> Result<Vec<FullId>, StoreError>;

    /// Forgets a bake with its attempts, tasks, events, claims and requests; cached results that it gave stay.
    /// `false`, and nothing is done, if there is none, or an attempt of it has not ended.
    async fn remove_bake(&self, bake: &BakeId) -> Result<bool, StoreError>;

    /// Forgets a live job with its events; `false` if there is none, or it has not ended.
    async fn remove_live_job(&self, id: &LiveJobId) -> Result<bool, StoreError>;

    /// How many cached results of all projects were made before a time.
    async fn cached_before(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Forgets them, and says how many.
    async fn remove_cached(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// All projects by their keys.
    async fn projects(&self) -> Result<Vec<(String, ProjectId)>, StoreError>;

    /// Forgets a project and its cached results; `false` while it has bakes or live jobs.
    async fn remove_project(&self, project: &ProjectId) -> Result<bool, StoreError>;

    /// Forgets texts that nothing names any more, and gives the room of all that was forgotten back, as far as that
    /// is possible without stopping anybody; how many bytes that were.
    async fn give_room_back(&self) -> Result<u64, StoreError>;

    /// Live jobs, newest first.
    async fn live_jobs(&self, filter: &LiveFilter) -> Result<Vec<LiveRow>, StoreError>;

    /// One live job.
    async fn live_job(&self, id: &LiveJobId) -> Result<Option<LiveRow>, StoreError>;

    /// Live jobs and bakes side by side, filtered, sorted and counted here: a page costs its rows.
    async fn workloads(&self, filter: &WorkloadFilter) -> Result<WorkloadRows, StoreError>;

    /// What all workloads can be told apart by.
    async fn workload_words(&self) -> Result<WorkloadWords, StoreError>;

    /// All last attempts and live jobs that have not ended, in the order in which their bakes and they were made.
    async fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError>;

    /// The cached results of a project, of all batches or of one, the newest first; with what used them.
    async fn cached_results(&self, project: &ProjectId, batch: Option<&str>) -> Result<Vec<CachedResult>, StoreError>;
}
