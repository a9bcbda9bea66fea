//! Workloads, bakes and attempts on the wire.

use flow_core::model::{Attempt, AttemptId, Bake, GitInfo, TaskStatus};
use flow_core::port::BakeRow;
use flow_engine::{Estimate, Inspection, Standing};
use indexmap::IndexMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::{TaskRow, VERSION};

/// A bake or a live job in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Workload {
    /// `bake` or `live`.
    pub kind: &'static str,
    pub id: String,
    pub name: Option<String>,
    /// The flow that it was made from.
    pub flow: String,
    /// A task status, or `stalled`.
    pub status: &'static str,
    pub tags: Vec<String>,
    pub by: String,
    pub created_at: String,
    /// When a bake's last attempt was made, when a live job ran first; null for a job that has not run yet.
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    /// The number of a bake's last attempt; null for live jobs.
    pub attempt: Option<u32>,
    pub attempt_id: Option<String>,
    /// A live job's id in its flow; this and all below are null for bakes.
    pub job: Option<String>,
    pub suffix: Option<String>,
    pub title: Option<String>,
    /// Where a person reaches it, where that can be told.
    pub url: Option<String>,
    pub http_port: Option<i64>,
    pub life_span_seconds: Option<f64>,
}

impl From<&flow_engine::Workload> for Workload {
    fn from(found: &flow_engine::Workload) -> Self {
        match found {
            flow_engine::Workload::Live(found) => Workload::from(found.as_ref()),
            flow_engine::Workload::Bake(row, standing) => Workload::of_bake(row, *standing),
        }
    }
}

impl Workload {
    fn of_bake(BakeRow { bake, attempt, claim: _ }: &BakeRow, standing: Standing) -> Self {
        Workload {
            kind: "bake",
            id: bake.id.to_string(),
            name: bake.name.clone(),
            flow: bake.batch.clone(),
            status: standing.word(attempt.status),
            tags: bake.tags.clone(),
            by: bake.by.clone(),
            created_at: bake.created_at.to_string(),
            started_at: Some(attempt.created_at.to_string()),
            ended_at: attempt.ended_at.map(|at| at.to_string()),
            attempt: Some(attempt.number),
            attempt_id: Some(attempt.id.to_string()),
            job: None,
            suffix: None,
            title: None,
            url: None,
            http_port: None,
            life_span_seconds: None,
        }
    }
}

/// A page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkloadPage {
    pub version: u32,
    /// Events after this position are not in it yet.
    pub position: u64,
    /// How many match in all.
    pub total: u64,
    pub page: u32,
    pub per_page: u32,
    pub items: Vec<Workload>,
    /// The flows, users and tags of all workloads, for filters.
    pub flows: Vec<String>,
    pub users: Vec<String>,
    pub tags: Vec<String>,
}

/// A bake with all its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BakePage {
    pub version: u32,
    pub bake: BakeView,
    pub attempts: Vec<AttemptView>,
}

/// What belongs to a bake whatever its attempts are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BakeView {
    pub id: String,
    pub name: Option<String>,
    pub batch: String,
    pub tags: Vec<String>,
    pub created_at: String,
    pub by: String,
    pub workspace: String,
    pub git: Option<GitView>,
}

/// The commit that a bake was made from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GitView {
    pub sha: String,
    pub branch: String,
    pub tags: Vec<String>,
}

/// An attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    pub id: String,
    pub number: u32,
    /// A task status, or `stalled` where its engine is gone.
    pub status: &'static str,
    /// `waiting`, `driven`, `stalled` or `ended`.
    pub standing: &'static str,
    pub created_at: String,
    pub ended_at: Option<String>,
    pub params: IndexMap<String, String>,
    pub executor: String,
    pub cancelled_by: Option<String>,
    /// The attempt whose results it took over.
    pub from: Option<String>,
    pub engine_version: String,
}

/// What is to be expected of an attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EstimatePage {
    pub version: u32,
    /// Null where the batch never succeeded before, or where the attempt has ended.
    pub remaining_seconds: Option<f64>,
    /// Full ids of the tasks that decide how long it takes, each needing the one before.
    pub path: Vec<String>,
}

impl From<Estimate> for EstimatePage {
    fn from(estimate: Estimate) -> Self {
        EstimatePage {
            version: VERSION,
            remaining_seconds: estimate.remaining.map(|span| span.as_secs_f64()),
            path: estimate.path.iter().map(ToString::to_string).collect(),
        }
    }
}

/// An attempt with its tasks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptPage {
    pub version: u32,
    /// Events after this position are not in it yet.
    pub position: u64,
    pub bake: BakeView,
    pub attempt: AttemptView,
    /// How many attempts the bake has.
    pub attempts: u32,
    /// How many tasks have each status; calls are not counted, the tasks below them are.
    pub counts: IndexMap<&'static str, usize>,
    /// In graph order: each call above the tasks below it.
    pub tasks: Vec<TaskRow>,
}

impl From<&Bake> for BakeView {
    fn from(bake: &Bake) -> Self {
        BakeView {
            id: bake.id.to_string(),
            name: bake.name.clone(),
            batch: bake.batch.clone(),
            tags: bake.tags.clone(),
            created_at: bake.created_at.to_string(),
            by: bake.by.clone(),
            workspace: bake.workspace.clone(),
            git: bake.git.as_ref().map(GitView::from),
        }
    }
}

impl From<&GitInfo> for GitView {
    fn from(git: &GitInfo) -> Self {
        GitView { sha: git.sha.clone(), branch: git.branch.clone(), tags: git.tags.clone() }
    }
}

impl AttemptView {
    pub(crate) fn new(attempt: &Attempt, standing: Standing) -> Self {
        AttemptView {
            id: attempt.id.to_string(),
            number: attempt.number,
            status: standing.word(attempt.status),
            standing: standing_word(standing),
            created_at: attempt.created_at.to_string(),
            ended_at: attempt.ended_at.map(|at| at.to_string()),
            params: attempt.params.clone(),
            executor: attempt.executor.clone(),
            cancelled_by: attempt.cancel.as_ref().map(|mark| mark.by.clone()),
            from: attempt.from.as_ref().map(AttemptId::to_string),
            engine_version: attempt.engine_version.clone(),
        }
    }
}

impl AttemptPage {
    pub(crate) fn new(found: &Inspection, position: u64) -> Self {
        AttemptPage {
            version: VERSION,
            position,
            bake: BakeView::from(&found.row.bake),
            attempt: AttemptView::new(&found.attempt, found.standing),
            attempts: found.row.attempt.number,
            counts: counts(found),
            tasks: found.tasks.iter().map(TaskRow::from).collect(),
        }
    }
}

/// How many tasks have each status that occurs.
fn counts(found: &Inspection) -> IndexMap<&'static str, usize> {
    let all = [
        TaskStatus::Running,
        TaskStatus::Failed,
        TaskStatus::Cancelled,
        TaskStatus::Succeeded,
        TaskStatus::Cached,
        TaskStatus::Skipped,
        TaskStatus::Pending,
        TaskStatus::Unknown,
    ];
    let units = || found.tasks.iter().filter(|task| !task.opened && !task.node.late);
    let of = |status: TaskStatus| (status.word(), units().filter(|task| task.status == status).count());
    all.into_iter().map(of).filter(|(_, count)| *count > 0).collect()
}

/// The word of a standing.
pub(crate) fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting => "waiting",
        Standing::Driven => "driven",
        Standing::Stalled => "stalled",
        Standing::Ended => "ended",
    }
}
