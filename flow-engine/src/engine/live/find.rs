//! Finding and listing live jobs. Source: LIV-10…13, LIV-30, LIV-33.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flow_core::model::{LiveJob, LiveJobId, ProjectId, TaskStatus, Timestamp};
use flow_core::plan::is_multi;
use flow_core::port::{ConfigSource, LiveFilter};

use crate::EngineError;
use crate::engine::Engine;
use crate::engine::live::LiveFound;

/// How long a job that has ended is found by its name (LIV-11).
const REMEMBERED: Duration = Duration::from_hours(7 * 24);
/// The statuses of a job that has not ended.
pub(super) const UNFINISHED: [TaskStatus; 2] = [TaskStatus::Pending, TaskStatus::Running];

/// One line of a listing: a job of the flow, with the newest run of it (of a suffix) if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveListing {
    /// The job's id in the flow.
    pub job: Arc<str>,
    /// The suffix of a multi job.
    pub suffix: Option<String>,
    /// Its newest run, one that has not ended first; `None` if there was none in the last seven days.
    pub found: Option<LiveFound>,
}

/// A job with its suffix, for people.
pub(super) fn name(job: &LiveJob) -> String {
    match &job.order.suffix {
        Some(suffix) => format!("{} {suffix}", job.order.job),
        None => job.order.job.to_string(),
    }
}

impl Engine {
    /// A live job by its id. Errors: `UnknownLiveJob`.
    pub async fn live_job(&self, id: &LiveJobId) -> Result<LiveFound, EngineError> {
        let row = self.inner.store.live_job(id).await?;
        let row = row.ok_or_else(|| EngineError::UnknownLiveJob { job: id.to_string(), known: Vec::new() })?;
        Ok(self.found(row))
    }

    /// Live jobs, newest first.
    pub async fn live_jobs(&self, filter: &LiveFilter) -> Result<Vec<LiveFound>, EngineError> {
        let rows = self.inner.store.live_jobs(filter).await?;
        Ok(rows.into_iter().map(|row| self.found(row)).collect())
    }

    /// The project that the flows of a workspace belong to, for filters.
    ///
    /// Errors: `Config` where the project file is wrong.
    pub async fn project(&self, source: &dyn ConfigSource) -> Result<ProjectId, EngineError> {
        self.project_of(source).await
    }

    /// A job by what people call it: its id in the flow and, for a multi job, its suffix; or the live job's own id.
    ///
    /// One that has not ended comes first, else the newest of the last seven days (LIV-11).
    /// Errors: `UnknownLiveJob`, `NotRunning`, `SuffixMissing`, `SuffixUnwanted`.
    pub async fn find_live(
        &self,
        source: &dyn ConfigSource,
        (flow, job): (&str, &str),
        suffix: Option<&str>,
    ) -> Result<LiveFound, EngineError> {
        if let Some(row) = self.inner.store.live_job(&LiveJobId::new(job)).await? {
            return Ok(self.found(row));
        }
        let project = self.project_of(source).await?;
        let known = self.recent(&project, (flow, Some(job))).await?;
        let suffixes: BTreeSet<&str> = known.iter().filter_map(|one| one.job().order.suffix.as_deref()).collect();
        let flow_jobs = if known.is_empty() { self.jobs_of(source, flow).await? } else { Vec::new() };
        let multi = match flow_jobs.iter().find(|(id, _)| id.as_ref() == job) {
            Some((_, multi)) => *multi,
            None if known.is_empty() => {
                let known = flow_jobs.into_iter().map(|(id, _)| id.to_string()).collect();
                return Err(EngineError::UnknownLiveJob { job: job.to_owned(), known });
            }
            None => !suffixes.is_empty(),
        };
        if multi && suffix.is_none() {
            let known = suffixes.into_iter().map(str::to_owned).collect();
            return Err(EngineError::SuffixMissing { job: job.to_owned(), known });
        }
        if !multi && suffix.is_some() {
            return Err(EngineError::SuffixUnwanted { job: job.to_owned() });
        }
        let found = known.iter().find(|one| one.job().order.suffix.as_deref() == suffix).cloned();
        let called = || suffix.map_or_else(|| job.to_owned(), |suffix| format!("{job} {suffix}"));
        found.ok_or_else(|| EngineError::NotRunning { job: called() })
    }

    /// All jobs of a live flow, sorted: each once, a multi job once for each suffix (LIV-30).
    ///
    /// A job that has left the flow is listed as long as runs of it are found.
    /// Errors: `Config` where the flow or the project file is wrong.
    pub async fn list_live(&self, source: &dyn ConfigSource, flow: &str) -> Result<Vec<LiveListing>, EngineError> {
        let project = self.project_of(source).await?;
        let mut lines: Vec<LiveListing> = Vec::new();
        for found in self.recent(&project, (flow, None)).await? {
            let (job, suffix) = (found.job().order.job.clone(), found.job().order.suffix.clone());
            if !lines.iter().any(|line| (&line.job, &line.suffix) == (&job, &suffix)) {
                lines.push(LiveListing { job, suffix, found: Some(found) });
            }
        }
        for (job, _) in self.jobs_of(source, flow).await? {
            if !lines.iter().any(|line| line.job == job) {
                lines.push(LiveListing { job, suffix: None, found: None });
            }
        }
        lines.sort_by(|one, other| (&one.job, &one.suffix).cmp(&(&other.job, &other.suffix)));
        Ok(lines)
    }

    /// All jobs of a live flow that have not ended, newest first (LIV-33).
    pub async fn unfinished_live(&self, source: &dyn ConfigSource, flow: &str) -> Result<Vec<LiveFound>, EngineError> {
        let project = self.project_of(source).await?;
        let statuses = UNFINISHED.to_vec();
        let filter =
            LiveFilter { project: Some(project), flow: Some(flow.to_owned()), statuses, ..LiveFilter::default() };
        self.live_jobs(&filter).await
    }

    /// The one that has not ended of a job and suffix.
    pub(super) async fn unfinished(
        &self,
        project: &ProjectId,
        (flow, job): (&str, &str),
        suffix: Option<&str>,
    ) -> Result<Option<LiveFound>, EngineError> {
        let filter = LiveFilter {
            project: Some(project.clone()),
            flow: Some(flow.to_owned()),
            job: Some(job.into()),
            suffix: suffix.map(str::to_owned),
            statuses: UNFINISHED.to_vec(),
            limit: 1,
            ..LiveFilter::default()
        };
        Ok(self.live_jobs(&filter).await?.pop())
    }

    /// Those that have not ended, then those made in the last seven days, each newest first.
    async fn recent(
        &self,
        project: &ProjectId,
        (flow, job): (&str, Option<&str>),
    ) -> Result<Vec<LiveFound>, EngineError> {
        let of_flow = LiveFilter {
            project: Some(project.clone()),
            flow: Some(flow.to_owned()),
            job: job.map(Arc::from),
            ..LiveFilter::default()
        };
        let mut recent = self.live_jobs(&LiveFilter { statuses: UNFINISHED.to_vec(), ..of_flow.clone() }).await?;
        let week = u64::try_from(REMEMBERED.as_millis()).unwrap_or(u64::MAX);
        let since = Timestamp::from_unix_millis(self.inner.clock.now().unix_millis.saturating_sub(week));
        let others = self.live_jobs(&LiveFilter { since: Some(since), ..of_flow }).await?;
        recent.extend(others.into_iter().filter(|one| one.job().status.is_finished()));
        Ok(recent)
    }

    /// The jobs of a live flow, each with whether it is a multi job. Errors: `Config`.
    async fn jobs_of(&self, source: &dyn ConfigSource, flow: &str) -> Result<Vec<(Arc<str>, bool)>, EngineError> {
        let ready = self.checker().ready_live(source, flow).await?;
        let multi = |id: &Arc<str>| (id.clone(), is_multi(&ready.flow, id) == Some(true));
        Ok(ready.flow.jobs.keys().map(multi).collect())
    }
}
