//! [`FlakyStore`]: a store that breaks at a chosen event.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use flow_core::event::Event;
use flow_core::model::{
    Attempt, AttemptId, BakeId, CacheEntry, CacheKey, Digest, Epoch, FullId, LiveJobId, OwnerId, ProjectId, Subject,
    Task, Timestamp,
};
use flow_core::port::{
    Append, Appended, BakeFilter, BakeRow, CacheScope, CachedResult, ClaimState, EventScope, LiveFilter, LiveRow,
    Request, RequestKind, Store, StoreError, Unfinished, WorkloadFilter, WorkloadRows, WorkloadWords,
};
use tokio::sync::watch;

/// On which side of an append the store breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before the first append that would bring the store over the limit; that one is not written.
    Before,
    /// After the first append that reaches the limit; that one is written, but not answered.
    After,
}

/// What happens to every write from the moment on. Reads always go through.
#[derive(Clone)]
pub enum Fault {
    /// It fails with `Io`.
    Fail,
    /// It never returns, as if the process had stopped there.
    Hang,
    /// The closure decides: it may end the process, count, fail a few times and then allow.
    Run(Arc<dyn Fn() -> Result<(), StoreError> + Send + Sync>),
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Fail => "Fail",
            Fault::Hang => "Hang",
            Fault::Run(_) => "Run",
        })
    }
}

/// Wraps a store, and breaks when a number of events went through.
///
/// For tests that stop an engine after each single event: bake once for each limit from 0 on,
/// wait for [`FlakyStore::tripped`], drop the engine, and resume on the store inside. With
/// [`Moment::After`] the limit 0 means the first append.
#[derive(Debug)]
pub struct FlakyStore {
    inner: Arc<dyn Store>,
    limit: u64,
    moment: Moment,
    fault: Fault,
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    appended: u64,
    is_tripped: bool,
}

impl FlakyStore {
    /// Breaks after `limit` events, counted over all subjects.
    pub fn new(inner: Arc<dyn Store>, limit: u64, moment: Moment, fault: Fault) -> Self {
        FlakyStore { inner, limit, moment, fault, progress: watch::Sender::new(Progress::default()) }
    }

    /// How many events went through.
    pub fn appended(&self) -> u64 {
        self.progress.borrow().appended
    }

    /// Returns when the store broke.
    pub async fn tripped(&self) {
        let mut progress = self.progress.subscribe();
        // The sender is in `self`, so the wait cannot fail.
        let _ = progress.wait_for(|progress| progress.is_tripped).await;
    }

    fn trip(&self) {
        self.progress.send_modify(|progress| progress.is_tripped = true);
    }

    /// What a write goes through.
    async fn pass(&self) -> Result<(), StoreError> {
        if !self.progress.borrow().is_tripped {
            return Ok(());
        }
        match &self.fault {
            Fault::Fail => Err(StoreError::Io { place: "flaky".to_owned(), message: "broken on purpose".to_owned() }),
            Fault::Hang => std::future::pending().await,
            Fault::Run(decide) => decide(),
        }
    }
}

#[async_trait]
impl Store for FlakyStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let count = append.events.len() as u64;
        if self.moment == Moment::Before && self.appended() + count > self.limit {
            self.trip();
        }
        self.pass().await?;
        let appended = self.inner.append(append).await?;
        self.progress.send_modify(|progress| progress.appended += count);
        if self.moment == Moment::After && !self.progress.borrow().is_tripped && self.appended() >= self.limit {
            self.trip();
            self.pass().await?;
        }
        Ok(appended)
    }

    async fn claim(
        &self,
        subject: &Subject,
        owner: &OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Epoch, StoreError> {
        self.pass().await?;
        self.inner.claim(subject, owner, now, until).await
    }

    async fn renew(&self, subject: &Subject, epoch: Epoch, until: Timestamp) -> Result<(), StoreError> {
        self.pass().await?;
        self.inner.renew(subject, epoch, until).await
    }

    async fn release(&self, subject: &Subject, epoch: Epoch) -> Result<(), StoreError> {
        self.pass().await?;
        self.inner.release(subject, epoch).await
    }

    async fn claim_state(&self, subject: &Subject) -> Result<ClaimState, StoreError> {
        self.inner.claim_state(subject).await
    }

    async fn send(&self, subject: &Subject, at: Timestamp, by: &str, kind: RequestKind) -> Result<u64, StoreError> {
        self.pass().await?;
        self.inner.send(subject, at, by, kind).await
    }

    async fn requests(&self, subject: &Subject, after: u64) -> Result<Vec<Request>, StoreError> {
        self.inner.requests(subject, after).await
    }

    async fn wait_requests(&self, subject: &Subject, after: u64) -> Result<(), StoreError> {
        self.inner.wait_requests(subject, after).await
    }

    async fn events(&self, scope: &EventScope, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.inner.events(scope, after, limit).await
    }

    async fn last_position(&self) -> Result<u64, StoreError> {
        self.inner.last_position().await
    }

    async fn wait_events(&self, scope: &EventScope, after: u64) -> Result<(), StoreError> {
        self.inner.wait_events(scope, after).await
    }

    async fn text(&self, digest: &Digest) -> Result<Option<Arc<str>>, StoreError> {
        self.inner.text(digest).await
    }

    async fn project(&self, key: &str, fresh: ProjectId) -> Result<ProjectId, StoreError> {
        self.pass().await?;
        self.inner.project(key, fresh).await
    }

    async fn bakes(&self, filter: &BakeFilter) -> Result<Vec<BakeRow>, StoreError> {
        self.inner.bakes(filter).await
    }

    async fn bake(&self, id: &BakeId) -> Result<Option<BakeRow>, StoreError> {
        self.inner.bake(id).await
    }

    async fn attempts(&self, bake: &BakeId) -> Result<Vec<Attempt>, StoreError> {
        self.inner.attempts(bake).await
    }

    async fn attempt(&self, id: &AttemptId) -> Result<Option<Attempt>, StoreError> {
        self.inner.attempt(id).await
    }

    async fn tasks(&self, attempt: &AttemptId) -> Result<Vec<Task>, StoreError> {
        self.inner.tasks(attempt).await
    }

    async fn task(&self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, StoreError> {
        self.inner.task(attempt, id).await
    }

    async fn cache_entry(
        &self,
        project: &ProjectId,
        batch: &str,
        task: &FullId,
        key: &CacheKey,
    ) -> Result<Option<CacheEntry>, StoreError> {
        self.inner.cache_entry(project, batch, task, key).await
    }

    async fn clear_cache(&self, project: &ProjectId, scope: &CacheScope) -> Result<u64, StoreError> {
        self.pass().await?;
        self.inner.clear_cache(project, scope).await
    }

    async fn remove_bake(&self, bake: &BakeId) -> Result<bool, StoreError> {
        self.pass().await?;
        self.inner.remove_bake(bake).await
    }

    async fn remove_live_job(&self, id: &LiveJobId) -> Result<bool, StoreError> {
        self.pass().await?;
        self.inner.remove_live_job(id).await
    }

    async fn cached_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.inner.cached_before(before).await
    }

    async fn remove_cached(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.pass().await?;
        self.inner.remove_cached(before).await
    }

    async fn projects(&self) -> Result<Vec<(String, ProjectId)>, StoreError> {
        self.inner.projects().await
    }

    async fn remove_project(&self, project: &ProjectId) -> Result<bool, StoreError> {
        self.pass().await?;
        self.inner.remove_project(project).await
    }

    async fn give_room_back(&self) -> Result<u64, StoreError> {
        self.pass().await?;
        self.inner.give_room_back().await
    }

    async fn cached_tasks(&self, project: &ProjectId, batch: &str) -> Result<Vec<FullId>, StoreError> {
        self.inner.cached_tasks(project, batch).await
    }

    async fn live_jobs(&self, filter: &LiveFilter) -> Result<Vec<LiveRow>, StoreError> {
        self.inner.live_jobs(filter).await
    }

    async fn live_job(&self, id: &LiveJobId) -> Result<Option<LiveRow>, StoreError> {
        self.inner.live_job(id).await
    }

    async fn workloads(&self, filter: &WorkloadFilter) -> Result<WorkloadRows, StoreError> {
        self.inner.workloads(filter).await
    }

    async fn workload_words(&self) -> Result<WorkloadWords, StoreError> {
        self.inner.workload_words().await
    }

    async fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.inner.unfinished().await
    }

    async fn cached_results(&self, project: &ProjectId, batch: Option<&str>) -> Result<Vec<CachedResult>, StoreError> {
        self.inner.cached_results(project, batch).await
    }
}
