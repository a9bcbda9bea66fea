//! Tasks on the wire: rows, all about one, and the graph.

use std::collections::BTreeMap;

use flow_core::event::SkipReason;
use flow_core::model::{Exit, FullId, NeedsLevel, StatusItem, Task, TaskStatus, Try, UnitSpec, note};
use flow_engine::{Because, Explanation, Wait};
use indexmap::IndexMap;
use serde::Serialize;
use utoipa::ToSchema;

/// What a value of the environment begins with where it is a reference to a secret (MCH-3).
const SECRET: &str = "secret:";
/// Names of variables whose values are not shown, in lower case.
const SECRET_NAMES: &[&str] =
    &["secret", "token", "password", "passwd", "api_key", "apikey", "credential", "private_key"];

/// A task in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TaskRow {
    /// The full id, dotted.
    pub id: String,
    /// The full id of the call that opened its graph; empty in the graph of the flow itself.
    pub parent: String,
    /// The group whose row it is (EXT-1).
    pub group: Option<String>,
    pub status: &'static str,
    pub note: Option<String>,
    /// When it was first not waiting for its needs any more.
    pub launched_at: Option<String>,
    /// When its last try ran first.
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub tries: u32,
    /// `task`, `call`, `local`, or `rows` where it stands for rows that are not made yet (EXT-2).
    pub kind: &'static str,
}

/// All about one task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskPage {
    pub version: u32,
    pub position: u64,
    pub bake: String,
    pub attempt: u32,
    #[serde(flatten)]
    pub row: TaskRow,
    /// The row of its matrix.
    #[schema(value_type = Object)]
    pub matrix: IndexMap<String, serde_json::Value>,
    pub history: Vec<HistoryView>,
    /// The tries of the attempt that ran it.
    pub runs: Vec<TryView>,
    pub needs: Vec<NeedView>,
    pub outputs: IndexMap<String, String>,
    pub state: IndexMap<String, String>,
    /// What it was last started with; null if it never was.
    pub spec: Option<SpecView>,
    pub cache_key: Option<String>,
    pub cached_from: Option<String>,
    pub taken_from: Option<String>,
    pub why: WhyView,
}

/// A status and when it was reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    pub at: String,
    pub status: &'static str,
}

/// One start of a task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TryView {
    pub number: u32,
    pub status: &'static str,
    pub launched_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub raw_id: Option<String>,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub reason: Option<String>,
    pub log_bytes: u64,
}

/// A task that another one needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NeedView {
    /// The full id.
    pub id: String,
    /// `running` or `completed`.
    pub level: &'static str,
    pub status: &'static str,
    pub outputs: IndexMap<String, String>,
}

/// What a task was started with, evaluated.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpecView {
    pub title: Option<String>,
    pub name: Option<String>,
    pub image: Option<String>,
    pub preset: Option<String>,
    pub entrypoint: Option<String>,
    pub cmd: Option<String>,
    pub workdir: Option<String>,
    pub env: Vec<EnvView>,
    pub volumes: Vec<String>,
    pub tags: Vec<String>,
    pub life_span_seconds: Option<f64>,
    pub schedule_timeout_seconds: Option<f64>,
    pub http_port: Option<i64>,
    pub http_auth: Option<bool>,
    pub pass_config: Option<bool>,
    pub restart: Option<String>,
    pub local: bool,
}

/// A variable of the environment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnvView {
    pub name: String,
    /// Null where it is secret.
    pub value: Option<String>,
    /// The name of the secret, where the value is a reference to one.
    pub secret: Option<String>,
}

/// Why a task ran, was cached, skipped or waits; `because` is one word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyView {
    pub because: &'static str,
    /// The earlier result that was taken, or that is nearest.
    pub from: Option<OriginView>,
    /// What differs from `from`.
    pub changes: Vec<ChangeView>,
    /// What is waited for, or did not succeed.
    pub needs: Vec<WaitView>,
    pub until: Option<String>,
    pub said: Option<String>,
}

/// Where a result was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OriginView {
    pub bake: String,
    pub attempt: u32,
    pub at: String,
}

/// A field that differs; values of secret variables are left out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// A need that is waited for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitView {
    pub id: String,
    pub level: Option<&'static str>,
    pub status: &'static str,
}

impl From<&Task> for TaskRow {
    fn from(task: &Task) -> Self {
        let (first, last) = (task.tries.first(), task.tries.last());
        let ended = task.history.last().filter(|item| item.status.is_finished());
        TaskRow {
            id: task.id.to_string(),
            parent: task.id.prefix().to_string(),
            group: task.node.group.as_ref().map(ToString::to_string),
            status: task.status.word(),
            note: note::note(task),
            launched_at: first.map(|one| one.launched_at.to_string()),
            started_at: last.and_then(|one| one.started_at).map(|at| at.to_string()),
            ended_at: ended.map(|item| item.at.to_string()),
            tries: task.tries.len() as u32,
            kind: kind_of(task),
        }
    }
}

fn kind_of(task: &Task) -> &'static str {
    match task {
        _ if task.opened => "call",
        _ if task.node.late => "rows",
        _ if task.node.local => "local",
        _ => "task",
    }
}

impl From<&StatusItem> for HistoryView {
    fn from(item: &StatusItem) -> Self {
        HistoryView { at: item.at.to_string(), status: item.status.word() }
    }
}

impl From<&Try> for TryView {
    fn from(one: &Try) -> Self {
        let (exit_code, signal) = match one.outcome.as_ref().map(|outcome| outcome.exit) {
            Some(Exit::Code(code)) => (Some(code), None),
            Some(Exit::Signal(signal)) => (None, Some(signal)),
            Some(Exit::None) | None => (None, None),
        };
        let going = if one.started_at.is_some() { TaskStatus::Running } else { TaskStatus::Pending };
        TryView {
            number: one.number,
            status: one.outcome.as_ref().map_or(going, |outcome| outcome.status).word(),
            launched_at: one.launched_at.to_string(),
            started_at: one.started_at.map(|at| at.to_string()),
            ended_at: one.ended_at.map(|at| at.to_string()),
            raw_id: one.raw.as_ref().map(ToString::to_string),
            exit_code,
            signal,
            reason: one.outcome.as_ref().and_then(note::outcome),
            log_bytes: one.log.bytes,
        }
    }
}

impl NeedView {
    /// The needs of a task among the tasks of its attempt.
    pub(crate) fn all(task: &Task, tasks: &[Task]) -> Vec<NeedView> {
        let by_id: BTreeMap<&FullId, &Task> = tasks.iter().map(|task| (&task.id, task)).collect();
        let prefix = task.id.prefix();
        let of = |need: &flow_core::model::Need| {
            let id = prefix.child(&need.id);
            let found = by_id.get(&id);
            NeedView {
                level: level_word(need.level),
                status: found.map_or(TaskStatus::Unknown, |found| found.status).word(),
                outputs: found.map(|found| found.outputs.clone()).unwrap_or_default(),
                id: id.to_string(),
            }
        };
        task.node.needs.iter().map(of).collect()
    }
}

fn level_word(level: NeedsLevel) -> &'static str {
    match level {
        NeedsLevel::Running => "running",
        NeedsLevel::Completed => "completed",
    }
}

impl From<UnitSpec> for SpecView {
    fn from(spec: UnitSpec) -> Self {
        SpecView {
            title: spec.title,
            name: spec.name,
            image: spec.image,
            preset: spec.preset,
            entrypoint: spec.entrypoint,
            cmd: spec.cmd,
            workdir: spec.workdir,
            env: spec.env.into_iter().map(EnvView::from).collect(),
            volumes: spec.volumes,
            tags: spec.tags,
            life_span_seconds: spec.life_span_seconds,
            schedule_timeout_seconds: spec.schedule_timeout_seconds,
            http_port: spec.http_port,
            http_auth: spec.http_auth,
            pass_config: spec.pass_config,
            restart: spec.restart,
            local: spec.local,
        }
    }
}

impl From<(String, String)> for EnvView {
    fn from((name, value): (String, String)) -> Self {
        let secret = value.strip_prefix(SECRET).map(str::to_owned);
        let is_shown = secret.is_none() && !is_secret(&name);
        EnvView { name, value: is_shown.then_some(value), secret }
    }
}

/// Whether a variable of this name is likely to hold a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|word| name.contains(word))
}

impl From<Explanation> for WhyView {
    fn from(explanation: Explanation) -> Self {
        let because = &explanation.because;
        let outcome = explanation.outcome.as_ref().and_then(note::outcome);
        let from = because.origin().map(|origin| OriginView {
            bake: origin.bake.to_string(),
            attempt: origin.number,
            at: origin.at.to_string(),
        });
        WhyView {
            because: because.word(),
            from,
            changes: because.changes().iter().map(ChangeView::from).collect(),
            needs: waits(because),
            until: match because {
                Because::Waits(Wait::Until(at)) => Some(at.to_string()),
                _ => None,
            },
            said: match because {
                Because::Waits(Wait::Executor(said)) => said.clone(),
                _ => outcome,
            },
        }
    }
}

impl From<&flow_engine::Change> for ChangeView {
    fn from(change: &flow_engine::Change) -> Self {
        let hidden = change.field.starts_with("env.") && is_secret(&change.field);
        let shown = |value: &Option<String>| value.clone().filter(|_| !hidden);
        ChangeView { field: change.field.clone(), old: shown(&change.old), new: shown(&change.new) }
    }
}

fn waits(because: &Because) -> Vec<WaitView> {
    let view = |id: &String, level, status: TaskStatus| WaitView { id: id.clone(), level, status: status.word() };
    match because {
        Because::Waits(Wait::Needs(needs)) => {
            needs.iter().map(|(id, level, status)| view(id, Some(level_word(*level)), *status)).collect()
        }
        Because::Skipped(SkipReason::Disabled { needs }) => {
            needs.iter().map(|(id, status)| view(id, None, *status)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
