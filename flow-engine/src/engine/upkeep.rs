//! Upkeep: what is old is removed with its logs, a whole flow on demand. Nothing that is at work, nothing that is
//! still needed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flow_core::model::{Attempt, AttemptId, BakeId, LaunchKey, ProjectId, Timestamp};
use flow_core::port::{BakeFilter, BakeRow, ExecutorError, LiveFilter, LiveRow};

use crate::EngineError;
use crate::engine::Engine;

/// What is to be removed: what all that is given allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GcRequest {
    /// Bakes and live jobs that ended longer ago, and cached results that were made longer ago.
    pub older_than: Option<Duration>,
    /// All bakes and all live jobs but so many of each, the newest.
    pub keep: Option<u32>,
    /// Whether cached results stay, however old they are.
    pub keep_cache: bool,
    /// Whether it is only said what would be done.
    pub dry_run: bool,
}

/// What was removed, or would be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GcReport {
    /// The bakes, oldest first.
    pub bakes: Vec<BakeRow>,
    /// The live jobs, oldest first.
    pub live_jobs: Vec<LiveRow>,
    /// How many more bakes are old enough and stay: they have not ended.
    pub unfinished: u64,
    /// How many more are old enough and stay: bakes that stay took results over from them.
    pub needed: u64,
    /// How many cached results.
    pub cached: u64,
    /// Bytes of logs.
    pub log_bytes: u64,
    /// Bytes that the store gave back.
    pub store_bytes: u64,
}

/// All that belongs to a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowContents {
    /// Its id in the files.
    pub flow: String,
    /// Its bakes, newest first.
    pub bakes: Vec<BakeRow>,
    /// Its live jobs, newest first.
    pub live_jobs: Vec<LiveRow>,
    project: ProjectId,
}

impl Engine {
    /// Removes old bakes and live jobs with their logs, and old cached results; gives their room back.
    ///
    /// What has not ended stays, and a bake that bakes which stay took results over from. Whoever is stopped in
    /// the middle has removed some wholly; the same call again does the rest.
    /// Errors: `Store`, `Executor`.
    pub async fn gc(&self, request: &GcRequest) -> Result<GcReport, EngineError> {
        let now = self.inner.clock.now();
        let rows = self.inner.store.bakes(&BakeFilter::default()).await?;
        let keep = request.keep.map_or(0, |keep| keep as usize);
        let is_old = |row: &BakeRow| match (request.older_than, row.attempt.ended_at) {
            (None, _) => true,
            (Some(age), Some(ended)) => now.since(ended) > age,
            (Some(age), None) => now.since(row.attempt.created_at) > age,
        };
        let (old, mut kept): (Vec<_>, Vec<_>) =
            rows.into_iter().enumerate().partition(|(place, row)| *place >= keep && is_old(row));
        let (ended, open): (Vec<_>, Vec<_>) =
            old.into_iter().partition(|(_, row)| row.attempt.status.is_finished() && row.claim.owner.is_none());
        let mut report = GcReport { unfinished: open.len() as u64, ..GcReport::default() };
        kept.extend(open);
        let kept = kept.into_iter().map(|(_, row)| row).collect();
        let ended = ended.into_iter().map(|(_, row)| row).collect();
        (report.bakes, report.needed) = self.not_needed(ended, kept).await?;
        report.bakes.reverse();
        for row in &report.bakes {
            report.log_bytes += self.remove_bake(&row.bake.id, request.dry_run).await?;
        }
        report.live_jobs = self.old_live_jobs(request, now).await?;
        for row in &report.live_jobs {
            report.log_bytes += self.remove_live(row, request.dry_run).await?;
        }
        if let Some(age) = request.older_than.filter(|_| !request.keep_cache) {
            let before = now.before(age);
            let store = &self.inner.store;
            report.cached =
                if request.dry_run { store.cached_before(before).await? } else { store.remove_cached(before).await? };
        }
        if !request.dry_run {
            report.store_bytes = self.inner.store.give_room_back().await?;
        }
        Ok(report)
    }

    /// The live jobs that are old enough and have ended, oldest first.
    async fn old_live_jobs(&self, request: &GcRequest, now: Timestamp) -> Result<Vec<LiveRow>, EngineError> {
        let rows = self.inner.store.live_jobs(&LiveFilter::default()).await?;
        let is_old = |row: &LiveRow| match (request.older_than, row.job.ended_at) {
            (None, Some(_)) => true,
            (Some(age), Some(ended)) => now.since(ended) > age,
            (_, None) => false,
        };
        let is_over = |row: &LiveRow| row.job.status.is_finished() && row.claim.owner.is_none();
        let keep = request.keep.map_or(0, |keep| keep as usize);
        let mut old: Vec<_> = rows.into_iter().skip(keep).filter(|row| is_old(row) && is_over(row)).collect();
        old.reverse();
        Ok(old)
    }

    /// Removes a live job that has ended: first what the executor keeps of it. How many bytes its logs had.
    async fn remove_live(&self, row: &LiveRow, dry_run: bool) -> Result<u64, EngineError> {
        let tries = &row.job.tries;
        if !dry_run {
            let keys: Vec<_> = tries.iter().map(|one| LaunchKey::live(&row.job.id, one.number)).collect();
            self.remove_all(&keys).await?;
            self.inner.store.remove_live_job(&row.job.id).await?;
        }
        Ok(tries.iter().map(|one| one.log.bytes).sum())
    }

    /// The bakes that no bake which stays took results over from, and how many others there are.
    async fn not_needed(&self, old: Vec<BakeRow>, kept: Vec<BakeRow>) -> Result<(Vec<BakeRow>, u64), EngineError> {
        let mut owners: BTreeMap<AttemptId, BakeId> = BTreeMap::new();
        for row in &old {
            let attempts = self.inner.store.attempts(&row.bake.id).await?;
            owners.extend(attempts.into_iter().map(|attempt| (attempt.id, attempt.bake)));
        }
        let mut needed: BTreeSet<BakeId> = BTreeSet::new();
        let mut open: Vec<BakeId> = kept.into_iter().map(|row| row.bake.id).collect();
        // What a needed one took over is needed too.
        while !owners.is_empty()
            && let Some(bake) = open.pop()
        {
            for attempt in self.inner.store.attempts(&bake).await? {
                for task in self.inner.store.tasks(&attempt.id).await? {
                    let taken = task.cached_from.iter().chain(&task.taken_from);
                    let fresh = taken.filter_map(|from| owners.get(from)).filter(|owner| **owner != bake);
                    open.extend(fresh.filter(|owner| needed.insert((*owner).clone())).cloned());
                }
            }
        }
        let (stay, go): (Vec<_>, Vec<_>) = old.into_iter().partition(|row| needed.contains(&row.bake.id));
        Ok((go, stay.len() as u64))
    }

    /// Removes a bake: first what the executor keeps of it, then the records, so that nothing is left that nobody
    /// knows of. How many bytes its logs had.
    async fn remove_bake(&self, bake: &BakeId, dry_run: bool) -> Result<u64, EngineError> {
        let mut bytes = 0;
        for attempt in self.inner.store.attempts(bake).await? {
            bytes += self.remove_units(&attempt, dry_run).await?;
        }
        if !dry_run {
            self.inner.store.remove_bake(bake).await?;
        }
        Ok(bytes)
    }

    async fn remove_units(&self, attempt: &Attempt, dry_run: bool) -> Result<u64, EngineError> {
        let mut bytes = 0;
        let mut keys: Vec<LaunchKey> =
            attempt.images.iter().map(|built| LaunchKey::build(&attempt.id, &built.image)).collect();
        for task in self.inner.store.tasks(&attempt.id).await? {
            bytes += task.tries.iter().map(|one| one.log.bytes).sum::<u64>();
            // Also those without an id of the executor: a very quick task has none, and has a log all the same.
            keys.extend(task.tries.iter().map(|one| LaunchKey::task(&attempt.id, &task.id, one.number)));
        }
        if !dry_run {
            self.remove_all(&keys).await?;
        }
        Ok(bytes)
    }

    async fn remove_all(&self, keys: &[LaunchKey]) -> Result<(), EngineError> {
        for key in keys {
            match self.inner.executor.remove(key).await {
                Ok(()) | Err(ExecutorError::UnknownUnit) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// All that belongs to a flow, named by its id in the files.
    ///
    /// Errors: `UnknownFlow` with those that there are; `FlowBusy` while something of it has not ended.
    pub async fn flow_contents(&self, flow: &str) -> Result<FlowContents, EngineError> {
        let projects = self.inner.store.projects().await?;
        let Some((_, project)) = projects.iter().find(|(key, _)| key == flow) else {
            let known = projects.into_iter().map(|(key, _)| key).collect();
            return Err(EngineError::UnknownFlow { flow: flow.to_owned(), known });
        };
        let bakes = BakeFilter { project: Some(project.clone()), ..BakeFilter::default() };
        let live = LiveFilter { project: Some(project.clone()), ..LiveFilter::default() };
        let contents = FlowContents {
            flow: flow.to_owned(),
            bakes: self.inner.store.bakes(&bakes).await?,
            live_jobs: self.inner.store.live_jobs(&live).await?,
            project: project.clone(),
        };
        let bake = contents.bakes.iter().find(|row| !row.attempt.status.is_finished());
        let job = contents.live_jobs.iter().find(|row| !row.job.status.is_finished());
        let busy = bake.map(|row| format!("bake `{}`", row.bake.id));
        match busy.or_else(|| job.map(|row| format!("live job `{}`", row.job.order.job))) {
            Some(what) => Err(EngineError::FlowBusy { flow: flow.to_owned(), what }),
            None => Ok(contents),
        }
    }

    /// Removes a flow: its bakes, live jobs, logs, cached results, and its own record. Source: CLI-32.
    ///
    /// Whoever is stopped in the middle has removed some of it; the same call again does the rest.
    /// Errors: `FlowBusy` if something was started meanwhile; `Store`, `Executor`.
    pub async fn delete_flow(&self, contents: &FlowContents) -> Result<(), EngineError> {
        let FlowContents { flow, bakes, live_jobs, project } = contents;
        for row in bakes {
            self.remove_bake(&row.bake.id, false).await?;
        }
        for row in live_jobs {
            self.remove_live(row, false).await?;
        }
        if !self.inner.store.remove_project(project).await? {
            return Err(EngineError::FlowBusy { flow: flow.clone(), what: "something new".to_owned() });
        }
        self.inner.store.give_room_back().await?;
        Ok(())
    }
}
