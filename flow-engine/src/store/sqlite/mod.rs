//! [`SqliteStore`]: the store in one SQLite file (MCH-5).
//!
//! Several processes may use one file at the same time. Within a process one thread writes
//! (`writer`: what is asked while it is busy becomes one transaction), and reads run beside it on
//! connections of their own (`reader`). `change`, `query`, `removal` and `live` hold the SQL, `migrate` the schema.

mod change;
mod column;
mod connect;
mod fault;
mod live;
mod look;
mod migrate;
mod query;
mod reader;
mod removal;
mod workload;
mod writer;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
use rusqlite::Connection;
use tokio::sync::{Mutex, watch};

use crate::watch::{FileWatch, Patience};

pub use connect::{Durability, FileSystem};
use fault::Fault;
pub use look::StoreLook;
use reader::{Readers, Watcher};
use writer::Writer;

/// How often whoever waits looks at most for what other processes wrote.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often it looks where nothing was heard of the file: another machine may have written to it.
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);

/// A store in one file.
///
/// Durable against the death of every process of ours; against the loss of power only with
/// [`Durability::PowerLoss`]: else a commit is in the system's cache when it is answered. Its methods need a tokio runtime.
#[derive(Debug)]
pub struct SqliteStore {
    // Fields are dropped in this order: the connection that writes closes last and tidies the file up.
    readers: Arc<Readers>,
    watcher: Arc<Mutex<Watcher>>,
    writer: Writer,
    /// Moves after each write, by whichever process; whoever waits looks again.
    changes: Arc<watch::Sender<u64>>,
    file_system: FileSystem,
}

impl SqliteStore {
    /// Opens the store in the file at `path`; folder and file are made if they are missing, for the
    /// owner's eyes only. Blocks.
    ///
    /// Errors: `Newer` if a newer version has written it, `Corrupt` if it is not a store, `Io`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_durable(path, Durability::default())
    }

    /// As [`Self::open`], with commits that outlive more or less. Source: MCH-5.
    pub fn open_durable(path: impl AsRef<Path>, durability: Durability) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let place: Arc<str> = path.display().to_string().into();
        let io = |error: std::io::Error| StoreError::Io { place: place.to_string(), message: error.to_string() };
        let file_system = connect::prepare(path).map_err(io)?;
        let connection =
            connect::open_writer(path, &place, (file_system, durability)).map_err(|fault| fault.at(&place))?;
        let watcher = connect::open_reader(path)
            .and_then(|reader| Watcher::new(reader, watch_of(path, file_system)))
            .map_err(|fault| fault.at(&place))?;
        let changes = Arc::new(watch::Sender::new(0));
        let writer = Writer::start(connection, place.clone(), changes.clone()).map_err(io)?;
        let readers = Arc::new(Readers::new(path.to_owned(), place));
        Ok(SqliteStore { readers, watcher: Arc::new(Mutex::new(watcher)), writer, changes, file_system })
    }

    /// What the file lies on; anything but `Local` deserves a word to the user.
    pub fn file_system(&self) -> FileSystem {
        self.file_system
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.read(query).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(work).await
    }

    /// Returns when `query` finds something.
    async fn wait<Q>(&self, query: Q) -> Result<(), StoreError>
    where
        Q: Fn(&Connection) -> Result<bool, Fault> + Clone + Send + 'static,
    {
        // Subscribed before the first look, so that no write falls between look and wait.
        let mut changes = self.changes.subscribe();
        while !self.read(query.clone()).await? {
            tokio::select! {
                // The sender lives as long as this store, so this never fails.
                _ = changes.changed() => {}
                result = self.look_outside() => result?,
            }
        }
        Ok(())
    }

    /// Returns when another process has written. Of all who wait only one looks; the others wait
    /// for the lock, and are told through `changes`.
    async fn look_outside(&self) -> Result<(), StoreError> {
        let mut watcher = self.watcher.clone().lock_owned().await;
        loop {
            watcher.wait().await;
            let changes = self.changes.clone();
            let look = move || {
                let moved = watcher.look(&changes);
                (watcher, moved)
            };
            let looked = tokio::task::spawn_blocking(look).await;
            let (back, moved) = looked.map_err(|error| self.readers.ended(&error.to_string()))?;
            watcher = back;
            if moved.map_err(|fault| self.readers.told(fault))? {
                return Ok(());
            }
        }
    }
}

/// Waits for writes to the file or its log by others on this machine; on a network's file system it only lets time go by.
fn watch_of(path: &Path, file_system: FileSystem) -> FileWatch {
    let log = || PathBuf::from([path.as_os_str(), OsStr::new("-wal")].join(OsStr::new("")));
    let (paths, watched) = match file_system {
        FileSystem::Local => (vec![path.to_owned(), log()], LOOK_AT_LEAST),
        FileSystem::Network | FileSystem::Fuse => (vec![path.to_owned()], LOOK_EVERY),
    };
    FileWatch::new(paths, Patience { watched, blind: LOOK_EVERY })
}

#[async_trait]
impl Store for SqliteStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.write(move |connection| change::append(connection, append)).await
    }

    async fn claim(
        &self,
        subject: &Subject,
        owner: &OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Epoch, StoreError> {
        let (subject, owner) = (subject.clone(), owner.clone());
        self.write(move |connection| change::claim(connection, &subject, &owner, (now, until))).await
    }

    async fn renew(&self, subject: &Subject, epoch: Epoch, until: Timestamp) -> Result<(), StoreError> {
        let subject = subject.clone();
        self.write(move |connection| change::renew(connection, &subject, epoch, until)).await
    }

    async fn release(&self, subject: &Subject, epoch: Epoch) -> Result<(), StoreError> {
        let subject = subject.clone();
        self.write(move |connection| change::release(connection, &subject, epoch)).await
    }

    async fn claim_state(&self, subject: &Subject) -> Result<ClaimState, StoreError> {
        let subject = subject.clone();
        self.read(move |connection| query::claim_state(connection, &subject)).await
    }

    async fn send(&self, subject: &Subject, at: Timestamp, by: &str, kind: RequestKind) -> Result<u64, StoreError> {
        let (subject, by) = (subject.clone(), by.to_owned());
        self.write(move |connection| change::send(connection, &subject, (at, &by), &kind)).await
    }

    async fn requests(&self, subject: &Subject, after: u64) -> Result<Vec<Request>, StoreError> {
        let subject = subject.clone();
        self.read(move |connection| query::requests(connection, &subject, after)).await
    }

    async fn wait_requests(&self, subject: &Subject, after: u64) -> Result<(), StoreError> {
        let subject = subject.clone();
        self.wait(move |connection| query::has_requests(connection, &subject, after)).await
    }

    async fn events(&self, scope: &EventScope, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let scope = scope.clone();
        self.read(move |connection| query::events(connection, &scope, after, limit)).await
    }

    async fn last_position(&self) -> Result<u64, StoreError> {
        self.read(query::last_position).await
    }

    async fn wait_events(&self, scope: &EventScope, after: u64) -> Result<(), StoreError> {
        let scope = scope.clone();
        self.wait(move |connection| query::has_events(connection, &scope, after)).await
    }

    async fn text(&self, digest: &Digest) -> Result<Option<Arc<str>>, StoreError> {
        let digest = digest.clone();
        self.read(move |connection| query::text(connection, &digest)).await
    }

    async fn project(&self, key: &str, fresh: ProjectId) -> Result<ProjectId, StoreError> {
        let key = key.to_owned();
        self.write(move |connection| change::project(connection, &key, &fresh)).await
    }

    async fn bakes(&self, filter: &BakeFilter) -> Result<Vec<BakeRow>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| query::bakes(connection, &filter)).await
    }

    async fn bake(&self, id: &BakeId) -> Result<Option<BakeRow>, StoreError> {
        let id = id.clone();
        self.read(move |connection| query::bake(connection, &id)).await
    }

    async fn attempts(&self, bake: &BakeId) -> Result<Vec<Attempt>, StoreError> {
        let bake = bake.clone();
        self.read(move |connection| query::attempts(connection, &bake)).await
    }

    async fn attempt(&self, id: &AttemptId) -> Result<Option<Attempt>, StoreError> {
        let id = id.clone();
        self.read(move |connection| query::attempt(connection, &id)).await
    }

    async fn tasks(&self, attempt: &AttemptId) -> Result<Vec<Task>, StoreError> {
        let attempt = attempt.clone();
        self.read(move |connection| query::tasks(connection, &attempt)).await
    }

    async fn task(&self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, StoreError> {
        let (attempt, id) = (attempt.clone(), id.clone());
        self.read(move |connection| query::task(connection, &attempt, &id)).await
    }

    async fn cache_entry(
        &self,
        project: &ProjectId,
        batch: &str,
        task: &FullId,
        key: &CacheKey,
    ) -> Result<Option<CacheEntry>, StoreError> {
        let (project, batch, task, key) = (project.clone(), batch.to_owned(), task.clone(), key.clone());
        self.read(move |connection| query::cache_entry(connection, (&project, &batch), &task, &key)).await
    }

    async fn clear_cache(&self, project: &ProjectId, scope: &CacheScope) -> Result<u64, StoreError> {
        let (project, scope) = (project.clone(), scope.clone());
        self.write(move |connection| change::clear_cache(connection, &project, &scope)).await
    }

    async fn remove_bake(&self, bake: &BakeId) -> Result<bool, StoreError> {
        let bake = bake.clone();
        self.write(move |connection| removal::remove_bake(connection, &bake)).await
    }

    async fn remove_live_job(&self, id: &LiveJobId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |connection| removal::remove_live_job(connection, &id)).await
    }

    async fn cached_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.read(move |connection| removal::cached_before(connection, before)).await
    }

    async fn remove_cached(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |connection| removal::remove_cached(connection, before)).await
    }

    async fn projects(&self) -> Result<Vec<(String, ProjectId)>, StoreError> {
        self.read(removal::projects).await
    }

    async fn remove_project(&self, project: &ProjectId) -> Result<bool, StoreError> {
        let project = project.clone();
        self.write(move |connection| removal::remove_project(connection, &project)).await
    }

    async fn give_room_back(&self) -> Result<u64, StoreError> {
        self.write(removal::sweep_texts).await?;
        let path = self.readers.path().to_owned();
        // On a connection of its own: this cannot be done inside a transaction.
        self.read(move |_| removal::give_room_back(&path)).await
    }

    async fn cached_tasks(&self, project: &ProjectId, batch: &str) -> Result<Vec<FullId>, StoreError> {
        let (project, batch) = (project.clone(), batch.to_owned());
        self.read(move |connection| query::cached_tasks(connection, &project, &batch)).await
    }

    async fn live_jobs(&self, filter: &LiveFilter) -> Result<Vec<LiveRow>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| live::live_jobs(connection, &filter)).await
    }

    async fn live_job(&self, id: &LiveJobId) -> Result<Option<LiveRow>, StoreError> {
        let id = id.clone();
        self.read(move |connection| live::live_job(connection, &id)).await
    }

    async fn workloads(&self, filter: &WorkloadFilter) -> Result<WorkloadRows, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| workload::workloads(connection, &filter)).await
    }

    async fn workload_words(&self) -> Result<WorkloadWords, StoreError> {
        self.read(workload::words).await
    }

    async fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.read(workload::unfinished).await
    }

    async fn cached_results(&self, project: &ProjectId, batch: Option<&str>) -> Result<Vec<CachedResult>, StoreError> {
        let (project, batch) = (project.clone(), batch.map(str::to_owned));
        self.read(move |connection| query::cached_results(connection, &project, batch.as_deref())).await
    }
}

#[cfg(test)]
mod tests;
