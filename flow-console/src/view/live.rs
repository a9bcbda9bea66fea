//! Live jobs on the wire; names and values are those of `apolo-flow status --json` and `ps --json`.

use std::time::Duration;

use flow_core::model::{Exit, LiveJob, TaskStatus, Timestamp, UnitSpec, note};
use flow_engine::{LiveFound, LiveListing};
use indexmap::IndexMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::bake::standing_word;
use crate::view::{GitView, HistoryView, SpecView, TryView, VERSION, Workload};

/// All about one live job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LivePage {
    pub version: u32,
    /// Events after this position are not in it yet.
    pub position: u64,
    /// The server's time: ages are told as of it.
    pub now: String,
    pub id: String,
    /// Its id in the flow.
    pub job: String,
    pub suffix: Option<String>,
    pub flow: String,
    /// A task status, or `stalled` where its engine is gone.
    pub status: &'static str,
    /// `waiting`, `driven`, `stalled` or `ended`.
    pub standing: &'static str,
    pub name: String,
    pub title: String,
    pub tags: Vec<String>,
    pub params: IndexMap<String, String>,
    pub executor: String,
    pub preset: Option<String>,
    pub by: String,
    pub workspace: String,
    pub git: Option<GitView>,
    pub created_at: String,
    /// When it ran first.
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub note: Option<String>,
    /// Where a person reaches it, where that can be told.
    pub url: Option<String>,
    pub http_port: Option<i64>,
    /// `LOCAL:REMOTE` ports.
    pub port_forward: Vec<String>,
    /// `never`, `on-failure` or `always`.
    pub restart: &'static str,
    pub life_span_seconds: Option<f64>,
    /// What is left of its life span at `now`; null where nothing bounds it, or where it has ended.
    pub life_left_seconds: Option<f64>,
    /// How long it is there at `now`, or was there.
    pub age_seconds: f64,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub reason: Option<String>,
    pub cancelled_by: Option<String>,
    pub cancelled_at: Option<String>,
    /// Starts after the first.
    pub restarts: usize,
    /// Each start, the newest last.
    pub tries: Vec<TryView>,
    pub history: Vec<HistoryView>,
    /// What it is started with; null if the store has lost it.
    pub spec: Option<SpecView>,
    /// The names of the texts that it was made from; each can be read by its place, from 0.
    pub sources: Vec<String>,
}

/// What a live flow's jobs are up to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    pub version: u32,
    /// Events after this position are not in it yet.
    pub position: u64,
    pub flow: String,
    /// Sorted: each job once, a multi job once for each suffix.
    pub jobs: Vec<JobLine>,
}

/// A job of a live flow and its newest run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobLine {
    /// Its id in the flow.
    pub job: String,
    pub suffix: Option<String>,
    /// The status of `run`; `unknown` without one.
    pub status: &'static str,
    /// One that has not ended comes first; null if there was none in the last seven days.
    pub run: Option<Workload>,
}

/// A live job that was started, or that runs already.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StartedLive {
    pub version: u32,
    pub id: String,
    /// Its id in the flow.
    pub job: String,
    pub suffix: Option<String>,
    pub status: &'static str,
    /// Whether this request made it.
    pub is_new: bool,
}

impl LivePage {
    pub(crate) fn new(found: &LiveFound, spec: Option<UnitSpec>, (position, now): (u64, Timestamp)) -> Self {
        let job = found.job();
        let order = &job.order;
        let (exit_code, signal) = exit_parts(job);
        LivePage {
            version: VERSION,
            position,
            now: now.to_string(),
            id: job.id.to_string(),
            job: order.job.to_string(),
            suffix: order.suffix.clone(),
            flow: order.flow.clone(),
            status: found.word(),
            standing: standing_word(found.standing),
            name: order.name.clone(),
            title: order.title.clone(),
            tags: order.tags.clone(),
            params: order.params.clone(),
            executor: order.executor.clone(),
            preset: order.preset.clone(),
            by: order.by.clone(),
            workspace: order.workspace.clone(),
            git: order.git.as_ref().map(GitView::from),
            created_at: job.created_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            ended_at: job.ended_at.map(|at| at.to_string()),
            note: job.note.clone(),
            url: order.url.clone(),
            http_port: order.http_port,
            port_forward: order.port_forward.clone(),
            restart: order.restart.word(),
            life_span_seconds: order.life_span_seconds,
            life_left_seconds: life_left(job, now),
            age_seconds: job.ended_at.unwrap_or(now).since(job.created_at).as_secs_f64(),
            exit_code,
            signal,
            reason: job.outcome.as_ref().and_then(note::outcome),
            cancelled_by: job.cancel.as_ref().map(|mark| mark.by.clone()),
            cancelled_at: job.cancel.as_ref().map(|mark| mark.at.to_string()),
            restarts: job.tries.len().saturating_sub(1),
            tries: job.tries.iter().map(TryView::from).collect(),
            history: job.history.iter().map(HistoryView::from).collect(),
            spec: spec.map(SpecView::from),
            sources: order.sources.iter().map(|source| source.name.clone()).collect(),
        }
    }
}

/// What is left of a job's life span, which begins when it runs first.
fn life_left(job: &LiveJob, now: Timestamp) -> Option<f64> {
    let life = job.order.life_span_seconds.filter(|_| job.ended_at.is_none())?;
    let life = Duration::try_from_secs_f64(life).ok()?;
    let lived = job.started_at.map_or(Duration::ZERO, |started| now.since(started));
    Some(life.saturating_sub(lived).as_secs_f64())
}

/// The exit code and the signal of the last start that has ended.
fn exit_parts(job: &LiveJob) -> (Option<i32>, Option<i32>) {
    match job.outcome.as_ref().map(|outcome| outcome.exit) {
        Some(Exit::Code(code)) => (Some(code), None),
        Some(Exit::Signal(signal)) => (None, Some(signal)),
        Some(Exit::None) | None => (None, None),
    }
}

impl From<&LiveFound> for Workload {
    fn from(found: &LiveFound) -> Self {
        let job = found.job();
        let order = &job.order;
        Workload {
            kind: "live",
            id: job.id.to_string(),
            name: Some(order.name.clone()),
            flow: order.flow.clone(),
            status: found.word(),
            tags: order.tags.clone(),
            by: order.by.clone(),
            created_at: job.created_at.to_string(),
            started_at: job.started_at.map(|at| at.to_string()),
            ended_at: job.ended_at.map(|at| at.to_string()),
            attempt: None,
            attempt_id: None,
            job: Some(order.job.to_string()),
            suffix: order.suffix.clone(),
            title: Some(order.title.clone()),
            url: order.url.clone(),
            http_port: order.http_port,
            life_span_seconds: order.life_span_seconds,
        }
    }
}

impl From<&LiveListing> for JobLine {
    fn from(line: &LiveListing) -> Self {
        JobLine {
            job: line.job.to_string(),
            suffix: line.suffix.clone(),
            status: line.found.as_ref().map_or(TaskStatus::Unknown.word(), LiveFound::word),
            run: line.found.as_ref().map(Workload::from),
        }
    }
}

impl StartedLive {
    pub(crate) fn new(found: &LiveFound, is_new: bool) -> Self {
        let job = found.job();
        StartedLive {
            version: VERSION,
            id: job.id.to_string(),
            job: job.order.job.to_string(),
            suffix: job.order.suffix.clone(),
            status: found.word(),
            is_new,
        }
    }
}
