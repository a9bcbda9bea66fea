//! [`MemoryStore`]: a store that forgets everything with the process.

mod removal;
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use flow_core::event::fold::{Rows, fold};
use flow_core::event::{Event, EventKind};
use flow_core::model::{
    Attempt, AttemptId, Bake, BakeId, CacheEntry, CacheKey, Digest, Epoch, FullId, LiveJob, LiveJobId, LiveOrder,
    OwnerId, ProjectId, Subject, Task, Timestamp, in_graph_order,
};
use flow_core::port::{
    Append, Appended, BakeFilter, BakeRow, CacheScope, CachedResult, ClaimState, EventScope, LiveFilter, LiveRow,
    Request, RequestKind, Store, StoreError, Unfinished, WorkloadFilter, WorkloadRows, WorkloadWords,
};
use indexmap::IndexMap;
use tokio::sync::watch;

use super::rule;

/// A store in memory: the same rules as the others, for tests and for bakes that nobody keeps.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Memory>,
    /// Counts the writes; whoever waits looks again when it moves.
    changes: watch::Sender<u64>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Memory> {
        // No write is left half done by a panic: each checks first and then only stores.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, write: impl FnOnce(&mut Memory) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let written = write(&mut self.rows())?;
        self.changes.send_modify(|count| *count += 1);
        Ok(written)
    }

    async fn wait(&self, there: impl Fn(&Memory) -> bool) {
        // Subscribed before the first look, so that no write falls between look and wait.
        let mut changes = self.changes.subscribe();
        while !there(&self.rows()) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// What is kept of one subject.
#[derive(Debug)]
struct SubjectRows {
    /// The positions of its events.
    positions: Vec<u64>,
    claim: ClaimState,
    requests: Vec<Request>,
}

impl Default for SubjectRows {
    fn default() -> Self {
        SubjectRows { positions: Vec::new(), claim: rule::unclaimed(), requests: Vec::new() }
    }
}

type CacheName = (ProjectId, Arc<str>, FullId, CacheKey);

#[derive(Debug, Default)]
struct Memory {
    /// All events by their positions.
    events: BTreeMap<u64, Event>,
    last_position: u64,
    subjects: BTreeMap<Subject, SubjectRows>,
    texts: BTreeMap<Digest, Arc<str>>,
    projects: BTreeMap<String, ProjectId>,
    bakes: IndexMap<BakeId, Bake>,
    attempts: IndexMap<AttemptId, Attempt>,
    tasks: BTreeMap<AttemptId, IndexMap<FullId, Task>>,
    cache: BTreeMap<CacheName, CacheEntry>,
    live_jobs: IndexMap<LiveJobId, LiveJob>,
    last_request: u64,
}

impl Memory {
    fn append(&mut self, append: Append) -> Result<Appended, StoreError> {
        let Append { subject, epoch, expected_seq, events, texts } = append;
        let last_seq = self.subjects.get(&subject).map_or(0, |rows| rows.positions.len() as u64);
        rule::check_append(&subject, (epoch, expected_seq), &self.claim_state(&subject), last_seq)?;
        for event in &events {
            if let EventKind::AttemptCreated(created) = &event.kind {
                let last = self.attempts_of(&created.bake).last().map_or(0, |attempt| attempt.number);
                rule::check_number(created, last)?;
            }
            if let EventKind::LiveCreated(created) = &event.kind {
                rule::check_single(&created.order, self.unfinished(&created.order))?;
            }
        }
        let first_position = self.last_position + 1;
        let events = rule::number(&subject, events, first_position, last_seq);
        for (digest, text) in texts {
            self.texts.entry(digest).or_insert(text);
        }
        for event in &events {
            let Ok(()) = fold(self, event);
        }
        let positions = &mut self.subjects.entry(subject).or_default().positions;
        positions.extend(events.iter().map(|event| event.position));
        let seq = positions.len() as u64;
        self.last_position += events.len() as u64;
        self.events.extend(events.into_iter().map(|event| (event.position, event)));
        Ok(Appended { first_position, seq })
    }

    fn claim_state(&self, subject: &Subject) -> ClaimState {
        self.subjects.get(subject).map_or_else(rule::unclaimed, |rows| rows.claim.clone())
    }

    fn put_claim(&mut self, subject: &Subject, claim: ClaimState) {
        self.subjects.entry(subject.clone()).or_default().claim = claim;
    }

    fn requests<'a>(&'a self, subject: &Subject, after: u64) -> impl Iterator<Item = &'a Request> + use<'a> {
        let all = self.subjects.get(subject).map_or(&[][..], |rows| &rows.requests);
        all.iter().skip_while(move |request| request.id <= after)
    }

    fn events<'a>(&'a self, scope: &EventScope, after: u64) -> Box<dyn Iterator<Item = &'a Event> + 'a> {
        match scope {
            EventScope::All => Box::new(self.events.range(after.saturating_add(1)..).map(|(_, event)| event)),
            EventScope::Subject(subject) => {
                let positions = self.subjects.get(subject).map_or(&[][..], |rows| &rows.positions);
                let first = positions.partition_point(|position| *position <= after);
                Box::new(positions.iter().skip(first).filter_map(move |at| self.events.get(at)))
            }
        }
    }

    fn attempts_of(&self, bake: &BakeId) -> Vec<&Attempt> {
        let mut attempts: Vec<_> = self.attempts.values().filter(|attempt| attempt.bake == *bake).collect();
        attempts.sort_by_key(|attempt| attempt.number);
        attempts
    }

    fn unfinished(&self, order: &LiveOrder) -> Option<LiveJobId> {
        let same = |job: &&LiveJob| {
            let own = &job.order;
            !job.status.is_finished()
                && (&own.project, &own.flow, &own.job) == (&order.project, &order.flow, &order.job)
                && own.suffix == order.suffix
        };
        self.live_jobs.values().find(same).map(|job| job.id.clone())
    }

    fn live_row(&self, job: &LiveJob) -> LiveRow {
        LiveRow { job: job.clone(), claim: self.claim_state(&Subject::Live(job.id.clone())) }
    }

    fn bake_row(&self, bake: &Bake) -> Option<BakeRow> {
        let attempt = self.attempts_of(&bake.id).pop()?.clone();
        let claim = self.claim_state(&Subject::Attempt(attempt.id.clone()));
        Some(BakeRow { bake: bake.clone(), attempt, claim })
    }
}

fn is_wanted(bake: &Bake, filter: &BakeFilter) -> bool {
    filter.project.as_ref().is_none_or(|project| *project == bake.project)
        && filter.name.as_ref().is_none_or(|name| bake.name.as_ref() == Some(name))
        && filter.batch.as_ref().is_none_or(|batch| bake.batch == *batch)
        && filter.since.is_none_or(|since| bake.created_at >= since)
        && filter.until.is_none_or(|until| bake.created_at <= until)
        && filter.tags.iter().all(|tag| bake.tags.contains(tag))
}

fn is_wanted_job(job: &LiveJob, filter: &LiveFilter) -> bool {
    let order = &job.order;
    filter.project.as_ref().is_none_or(|project| *project == order.project)
        && filter.flow.as_ref().is_none_or(|flow| *flow == order.flow)
        && filter.job.as_ref().is_none_or(|id| *id == order.job)
        && filter.suffix.as_ref().is_none_or(|suffix| order.suffix.as_ref() == Some(suffix))
        && (filter.statuses.is_empty() || filter.statuses.contains(&job.status))
        && filter.tags.iter().all(|tag| order.tags.contains(tag))
        && filter.since.is_none_or(|since| job.created_at >= since)
}

fn covers(scope: &CacheScope, (batch, task, key): (&Arc<str>, &FullId, &CacheKey)) -> bool {
    match scope {
        CacheScope::Project => true,
        CacheScope::Batch(wanted) => wanted == batch,
        CacheScope::Task(wanted, id) => wanted == batch && id == task,
        CacheScope::Result(wanted, id, one) => wanted == batch && id == task && one == key,
    }
}

impl Rows for Memory {
    type Error = Infallible;

    fn put_bake(&mut self, bake: &Bake) -> Result<(), Infallible> {
        self.bakes.insert(bake.id.clone(), bake.clone());
        Ok(())
    }

    fn bake_of(&mut self, attempt: &Attempt) -> Result<Option<Bake>, Infallible> {
        Ok(self.bakes.get(&attempt.bake).cloned())
    }

    fn attempt(&mut self, id: &AttemptId) -> Result<Option<Attempt>, Infallible> {
        Ok(self.attempts.get(id).cloned())
    }

    fn put_attempt(&mut self, attempt: &Attempt) -> Result<(), Infallible> {
        self.attempts.insert(attempt.id.clone(), attempt.clone());
        Ok(())
    }

    fn task(&mut self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, Infallible> {
        Ok(self.tasks.get(attempt).and_then(|tasks| tasks.get(id)).cloned())
    }

    fn put_task(&mut self, task: &Task) -> Result<(), Infallible> {
        self.tasks.entry(task.attempt.clone()).or_default().insert(task.id.clone(), task.clone());
        Ok(())
    }

    fn put_cache_entry(&mut self, entry: &CacheEntry) -> Result<(), Infallible> {
        let name = (entry.project.clone(), entry.batch.clone(), entry.task.clone(), entry.key.clone());
        if self.cache.get(&name).is_none_or(|last| last.created_at <= entry.created_at) {
            self.cache.insert(name, entry.clone());
        }
        Ok(())
    }

    fn live_job(&mut self, id: &LiveJobId) -> Result<Option<LiveJob>, Infallible> {
        Ok(self.live_jobs.get(id).cloned())
    }

    fn put_live_job(&mut self, job: &LiveJob) -> Result<(), Infallible> {
        self.live_jobs.insert(job.id.clone(), job.clone());
        Ok(())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.change(|rows| rows.append(append))
    }

    async fn claim(
        &self,
        subject: &Subject,
        owner: &OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Epoch, StoreError> {
        self.change(|rows| {
            let claim = rule::take(subject, owner, (now, until), &rows.claim_state(subject))?;
            let epoch = claim.epoch;
            rows.put_claim(subject, claim);
            Ok(epoch)
        })
    }

    async fn renew(&self, subject: &Subject, epoch: Epoch, until: Timestamp) -> Result<(), StoreError> {
        self.change(|rows| {
            let claim = rule::renew(subject, epoch, until, &rows.claim_state(subject))?;
            rows.put_claim(subject, claim);
            Ok(())
        })
    }

    async fn release(&self, subject: &Subject, epoch: Epoch) -> Result<(), StoreError> {
        self.change(|rows| {
            if let Some(claim) = rule::release(epoch, &rows.claim_state(subject)) {
                rows.put_claim(subject, claim);
            }
            Ok(())
        })
    }

    async fn claim_state(&self, subject: &Subject) -> Result<ClaimState, StoreError> {
        Ok(self.rows().claim_state(subject))
    }

    async fn send(&self, subject: &Subject, at: Timestamp, by: &str, kind: RequestKind) -> Result<u64, StoreError> {
        self.change(|rows| {
            rows.last_request += 1;
            let request = Request { id: rows.last_request, at, by: by.to_owned(), kind };
            rows.subjects.entry(subject.clone()).or_default().requests.push(request);
            Ok(rows.last_request)
        })
    }

    async fn requests(&self, subject: &Subject, after: u64) -> Result<Vec<Request>, StoreError> {
        Ok(self.rows().requests(subject, after).cloned().collect())
    }

    async fn wait_requests(&self, subject: &Subject, after: u64) -> Result<(), StoreError> {
        self.wait(|rows| rows.requests(subject, after).next().is_some()).await;
        Ok(())
    }

    async fn events(&self, scope: &EventScope, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        Ok(self.rows().events(scope, after).take(limit as usize).cloned().collect())
    }

    async fn last_position(&self) -> Result<u64, StoreError> {
        Ok(self.rows().last_position)
    }

    async fn wait_events(&self, scope: &EventScope, after: u64) -> Result<(), StoreError> {
        self.wait(|rows| rows.events(scope, after).next().is_some()).await;
        Ok(())
    }

    async fn text(&self, digest: &Digest) -> Result<Option<Arc<str>>, StoreError> {
        Ok(self.rows().texts.get(digest).cloned())
    }

    async fn project(&self, key: &str, fresh: ProjectId) -> Result<ProjectId, StoreError> {
        self.change(|rows| Ok(rows.projects.entry(key.to_owned()).or_insert(fresh).clone()))
    }

    async fn bakes(&self, filter: &BakeFilter) -> Result<Vec<BakeRow>, StoreError> {
        let rows = self.rows();
        let mut wanted: Vec<_> = rows.bakes.values().filter(|bake| is_wanted(bake, filter)).collect();
        // Stable: of those made in the same millisecond the one that came last stands last, then first.
        wanted.sort_by_key(|bake| bake.created_at);
        let limit = if filter.limit == 0 { usize::MAX } else { filter.limit as usize };
        Ok(wanted.into_iter().rev().filter_map(|bake| rows.bake_row(bake)).take(limit).collect())
    }

    async fn bake(&self, id: &BakeId) -> Result<Option<BakeRow>, StoreError> {
        let rows = self.rows();
        Ok(rows.bakes.get(id).and_then(|bake| rows.bake_row(bake)))
    }

    async fn attempts(&self, bake: &BakeId) -> Result<Vec<Attempt>, StoreError> {
        Ok(self.rows().attempts_of(bake).into_iter().cloned().collect())
    }

    async fn attempt(&self, id: &AttemptId) -> Result<Option<Attempt>, StoreError> {
        Ok(self.rows().attempts.get(id).cloned())
    }

    async fn tasks(&self, attempt: &AttemptId) -> Result<Vec<Task>, StoreError> {
        let rows = self.rows();
        let tasks = rows.tasks.get(attempt).map(|tasks| tasks.values().cloned().collect());
        Ok(in_graph_order(tasks.unwrap_or_default()))
    }

    async fn task(&self, attempt: &AttemptId, id: &FullId) -> Result<Option<Task>, StoreError> {
        Ok(self.rows().tasks.get(attempt).and_then(|tasks| tasks.get(id)).cloned())
    }

    async fn cache_entry(
        &self,
        project: &ProjectId,
        batch: &str,
        task: &FullId,
        key: &CacheKey,
    ) -> Result<Option<CacheEntry>, StoreError> {
        let name = (project.clone(), Arc::from(batch), task.clone(), key.clone());
        Ok(self.rows().cache.get(&name).cloned())
    }

    async fn clear_cache(&self, project: &ProjectId, scope: &CacheScope) -> Result<u64, StoreError> {
        self.change(|rows| {
            let before = rows.cache.len();
            rows.cache.retain(|(owner, batch, task, key), _| owner != project || !covers(scope, (batch, task, key)));
            Ok((before - rows.cache.len()) as u64)
        })
    }

    async fn remove_bake(&self, bake: &BakeId) -> Result<bool, StoreError> {
        self.change(|rows| Ok(rows.remove_bake(bake)))
    }

    async fn remove_live_job(&self, id: &LiveJobId) -> Result<bool, StoreError> {
        self.change(|rows| {
            let is_over = rows.live_jobs.get(id).is_some_and(|job| job.status.is_finished());
            if is_over {
                rows.live_jobs.shift_remove(id);
                rows.forget(&Subject::Live(id.clone()));
            }
            Ok(is_over)
        })
    }

    async fn cached_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        Ok(self.rows().cache.values().filter(|entry| entry.created_at < before).count() as u64)
    }

    async fn remove_cached(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.change(|rows| {
            let count = rows.cache.len();
            rows.cache.retain(|_, entry| entry.created_at >= before);
            Ok((count - rows.cache.len()) as u64)
        })
    }

    async fn projects(&self) -> Result<Vec<(String, ProjectId)>, StoreError> {
        Ok(self.rows().projects.iter().map(|(key, id)| (key.clone(), id.clone())).collect())
    }

    async fn remove_project(&self, project: &ProjectId) -> Result<bool, StoreError> {
        self.change(|rows| Ok(rows.remove_project(project)))
    }

    async fn give_room_back(&self) -> Result<u64, StoreError> {
        self.change(Memory::sweep_texts)
    }

    async fn cached_tasks(&self, project: &ProjectId, batch: &str) -> Result<Vec<FullId>, StoreError> {
        let rows = self.rows();
        let own = rows.cache.keys().filter(|(owner, of, ..)| owner == project && of.as_ref() == batch);
        let tasks: BTreeSet<FullId> = own.map(|(_, _, task, _)| task.clone()).collect();
        Ok(tasks.into_iter().collect())
    }

    async fn live_jobs(&self, filter: &LiveFilter) -> Result<Vec<LiveRow>, StoreError> {
        let rows = self.rows();
        let mut wanted: Vec<_> = rows.live_jobs.values().filter(|job| is_wanted_job(job, filter)).collect();
        // Stable: as for bakes.
        wanted.sort_by_key(|job| job.created_at);
        let limit = if filter.limit == 0 { usize::MAX } else { filter.limit as usize };
        Ok(wanted.into_iter().rev().take(limit).map(|job| rows.live_row(job)).collect())
    }

    async fn live_job(&self, id: &LiveJobId) -> Result<Option<LiveRow>, StoreError> {
        let rows = self.rows();
        Ok(rows.live_jobs.get(id).map(|job| rows.live_row(job)))
    }

    async fn workloads(&self, filter: &WorkloadFilter) -> Result<WorkloadRows, StoreError> {
        Ok(self.rows().workloads(filter))
    }

    async fn workload_words(&self) -> Result<WorkloadWords, StoreError> {
        Ok(self.rows().workload_words())
    }

    async fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        Ok(self.rows().unfinished_workloads())
    }

    async fn cached_results(&self, project: &ProjectId, batch: Option<&str>) -> Result<Vec<CachedResult>, StoreError> {
        Ok(self.rows().cached_results(project, batch))
    }
}
