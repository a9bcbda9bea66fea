//! The JSON that `--json` prints: version 1 of our own shapes, converted from the model. For users `docs/json.md`
//! shows each with an example, and a test compares them.
//!
//! Every document is one object with `"version": 1`; a later version only adds keys. Times are
//! ISO 8601 in UTC, statuses are their words, absent facts are null. Shapes:
//! - `bakes`: `{version, bakes: [bake]}`, the newest first
//! - `inspect`: `{version, bake, tasks: [task]}`; the bake holds the attempt
//! - `show`: the task with `{version, bake: id, attempt: number}` before its own keys
//! - `check`: `{version, ok, flows: [{flow, ok, diagnostics: [diagnostic]}]}`
//! - `plan`: `{version, batch, params, tasks: [{id, group, needs, plan, because, from, changes, waits_for, said, image, preset}]}`;
//!   `plan` is `run`, `cached`, `skipped`, `failed` or `later`
//! - `why`: `{version, bake: id, attempt: number, task, status, because, from, changes, needs, until, said}`,
//!   see `WhyView`
//! - `doctor`: `{version, program, ok, findings: [{subject, health, found, mend}]}`; `program` is its version, `health` is
//!   `ok`, `note` or `problem`
//! - `upload`, `download`: `{version, dry_run, volumes: [{volume, remote, local, copied, bytes, unchanged, newer, links}]}`;
//!   with `--dry-run` `written`, a list of names, in place of `copied` and `links`
//! - `clean`: the same with `removed`; `mkvolumes`: the same with `folder`
//! - `update`: `{version, updates: [{action, before, now}]}`, commits
//! - `clear-cache`: `{version, cleared: count}`
//! - `ps`, `status`, `run`: see `live`
//! - `gc`: `{version, dry_run, bakes: [id], unfinished, needed, cached, log_bytes, store_bytes}`
//! - `delete-flow`: a line `{version, flow}` for each removed flow
//! - `events`: a line `{version, event}` for each event in the stored form (`docs/events.md`)
//! - `logs`: a line `{version, task, try, offset, next, text}` for each line of the log; `--offset` of `next` goes on
//!   behind it
//! - `bake`, `restart`, `resume`: the same lines, at the end `{version, bake: id, attempt: number, result}`; `result` is the status,
//!   `detached` or `stalled`. Warnings are not among them.
//!
//! Source: EXT-5.

use flow_core::diag::{Diagnostic, Severity};
use flow_core::event::Event;
use flow_core::model::{Attempt, AttemptId, Bake, Exit, RawId, Task, Timestamp, Try};
use flow_core::text::SourceMap;
use flow_engine::remote::Update;
use flow_engine::storage::{CopyReport, Survey};
use flow_engine::{Checked, FlowVolume, GcReport, Standing};
use indexmap::IndexMap;
use serde::Serialize;

use crate::report::{clean, words};

/// The version of all shapes.
pub(crate) const VERSION: u32 = 1;

/// A document as one line of text.
pub(crate) fn text(document: &impl Serialize) -> String {
    let json = serde_json::to_string(document).expect("our shapes have text keys and finite numbers only");
    clean::json(&json)
}

#[derive(Debug, Serialize)]
pub(crate) struct BakesView<'a> {
    pub version: u32,
    pub bakes: Vec<BakeView<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct InspectView<'a> {
    pub version: u32,
    pub bake: BakeView<'a>,
    pub tasks: Vec<TaskView<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ShowView<'a> {
    pub version: u32,
    pub bake: &'a str,
    pub attempt: u32,
    #[serde(flatten)]
    pub task: TaskView<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct CheckView<'a> {
    pub version: u32,
    pub ok: bool,
    pub flows: Vec<FlowView<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FlowView<'a> {
    pub flow: &'a str,
    pub ok: bool,
    pub diagnostics: Vec<DiagnosticView<'a>>,
}

/// What `doctor --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorView<'a> {
    pub version: u32,
    pub program: &'static str,
    pub ok: bool,
    pub findings: &'a [flow_engine::doctor::Finding],
}

#[derive(Debug, Serialize)]
pub(crate) struct UpdatesView {
    pub version: u32,
    pub updates: Vec<UpdateView>,
}

#[derive(Debug, Serialize)]
pub(crate) struct UpdateView {
    pub action: String,
    pub before: Option<String>,
    pub now: String,
}

impl From<Update> for UpdateView {
    fn from(update: Update) -> Self {
        UpdateView { action: update.action, before: update.before, now: update.now }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct VolumesView {
    pub version: u32,
    pub dry_run: bool,
    pub volumes: Vec<VolumeView>,
}

/// A volume, and what was done with it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct VolumeView {
    pub volume: String,
    pub remote: String,
    pub local: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl VolumeView {
    pub(crate) fn of(volume: &FlowVolume) -> Self {
        let (id, local) = (volume.id.to_string(), volume.local.display().to_string());
        VolumeView { volume: id, remote: volume.remote.clone(), local, ..VolumeView::default() }
    }

    pub(crate) fn copied(volume: &FlowVolume, report: &CopyReport) -> Self {
        VolumeView {
            copied: Some(report.copied),
            bytes: Some(report.bytes),
            unchanged: Some(report.unchanged),
            newer: Some(names(&report.newer)),
            links: Some(report.links),
            ..VolumeView::of(volume)
        }
    }

    pub(crate) fn surveyed(volume: &FlowVolume, survey: &Survey) -> Self {
        VolumeView {
            written: Some(names(&survey.written)),
            bytes: Some(survey.bytes),
            unchanged: Some(survey.unchanged),
            newer: Some(names(&survey.newer)),
            ..VolumeView::of(volume)
        }
    }
}

fn names(paths: &[std::path::PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

#[derive(Debug, Serialize)]
pub(crate) struct ClearedView {
    pub version: u32,
    pub cleared: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct EventView<'a> {
    pub version: u32,
    pub event: &'a Event,
}

#[derive(Debug, Serialize)]
pub(crate) struct GcView<'a> {
    pub version: u32,
    pub dry_run: bool,
    pub bakes: Vec<&'a str>,
    pub live_jobs: Vec<&'a str>,
    pub unfinished: u64,
    pub needed: u64,
    pub cached: u64,
    pub log_bytes: u64,
    pub store_bytes: u64,
}

impl<'a> GcView<'a> {
    pub(crate) fn new(report: &'a GcReport, dry_run: bool) -> Self {
        GcView {
            version: VERSION,
            dry_run,
            bakes: report.bakes.iter().map(|row| row.bake.id.as_str()).collect(),
            live_jobs: report.live_jobs.iter().map(|row| row.job.id.as_str()).collect(),
            unfinished: report.unfinished,
            needed: report.needed,
            cached: report.cached,
            log_bytes: report.log_bytes,
            store_bytes: report.store_bytes,
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct DeletedView<'a> {
    pub version: u32,
    pub flow: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct LogLineView<'a> {
    pub version: u32,
    pub task: &'a str,
    pub r#try: u32,
    pub offset: u64,
    pub next: u64,
    pub text: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct ResultView<'a> {
    pub version: u32,
    pub bake: &'a str,
    pub attempt: u32,
    pub result: &'a str,
}

/// A bake with one of its attempts.
#[derive(Debug, Serialize)]
pub(crate) struct BakeView<'a> {
    pub id: &'a str,
    pub name: Option<&'a str>,
    pub batch: &'a str,
    pub tags: &'a [String],
    pub created_at: String,
    pub by: &'a str,
    pub workspace: &'a str,
    pub git: Option<GitView<'a>>,
    pub attempt: AttemptView<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct GitView<'a> {
    pub sha: &'a str,
    pub branch: &'a str,
    pub tags: &'a [String],
}

#[derive(Debug, Serialize)]
pub(crate) struct AttemptView<'a> {
    pub id: &'a str,
    pub number: u32,
    pub status: &'static str,
    /// `waiting`, `driven`, `stalled` or `ended`.
    pub standing: &'static str,
    pub created_at: String,
    pub ended_at: Option<String>,
    pub params: &'a IndexMap<String, String>,
    pub executor: &'a str,
    pub cancelled_by: Option<&'a str>,
    /// The id of the attempt whose results it took over.
    pub from: Option<&'a str>,
    pub engine_version: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct TaskView<'a> {
    pub id: String,
    pub group: Option<&'a str>,
    pub status: &'static str,
    pub note: Option<String>,
    pub needs: Vec<&'a str>,
    pub history: Vec<StatusView>,
    pub tries: Vec<TryView<'a>>,
    /// The last time that another try was decided on.
    pub next_try: Option<NextTryView>,
    pub outputs: &'a IndexMap<String, String>,
    pub state: &'a IndexMap<String, String>,
    pub cached_from: Option<&'a str>,
    pub taken_from: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct StatusView {
    pub at: String,
    pub status: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct NextTryView {
    pub number: u32,
    /// The number that the last try will have if the others end likewise; null if there is no bound.
    pub last: Option<u32>,
    pub at: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct TryView<'a> {
    pub number: u32,
    pub launched_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub raw_id: Option<&'a str>,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub reason: Option<String>,
    pub log_bytes: u64,
}

/// Line and column count from 1, columns in code points.
#[derive(Debug, Serialize)]
pub(crate) struct DiagnosticView<'a> {
    pub code: &'static str,
    pub name: &'static str,
    pub severity: &'static str,
    pub message: &'a str,
    pub help: Option<&'a str>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

pub(crate) fn time(at: Timestamp) -> String {
    at.to_string()
}

impl<'a> BakeView<'a> {
    pub(crate) fn new(bake: &'a Bake, attempt: &'a Attempt, standing: Standing) -> Self {
        let git = bake.git.as_ref();
        BakeView {
            id: bake.id.as_str(),
            name: bake.name.as_deref(),
            batch: &bake.batch,
            tags: &bake.tags,
            created_at: time(bake.created_at),
            by: &bake.by,
            workspace: &bake.workspace,
            git: git.map(|git| GitView { sha: &git.sha, branch: &git.branch, tags: &git.tags }),
            attempt: AttemptView::new(attempt, standing),
        }
    }
}

impl<'a> AttemptView<'a> {
    fn new(attempt: &'a Attempt, standing: Standing) -> Self {
        AttemptView {
            id: attempt.id.as_str(),
            number: attempt.number,
            status: attempt.status.word(),
            standing: match standing {
                Standing::Waiting => "waiting",
                Standing::Driven => "driven",
                Standing::Stalled => "stalled",
                Standing::Ended => "ended",
            },
            created_at: time(attempt.created_at),
            ended_at: attempt.ended_at.map(time),
            params: &attempt.params,
            executor: &attempt.executor,
            cancelled_by: attempt.cancel.as_ref().map(|mark| mark.by.as_str()),
            from: attempt.from.as_ref().map(AttemptId::as_str),
            engine_version: &attempt.engine_version,
        }
    }
}

impl<'a> From<&'a Checked> for FlowView<'a> {
    fn from(checked: &'a Checked) -> Self {
        let Checked { flow, plan: _, diagnostics, sources } = checked;
        FlowView {
            flow,
            ok: !diagnostics.has_errors(),
            diagnostics: diagnostics.iter().map(|one| DiagnosticView::new(one, sources)).collect(),
        }
    }
}

impl<'a> From<&'a Task> for TaskView<'a> {
    fn from(task: &'a Task) -> Self {
        let history = task.history.iter();
        TaskView {
            id: task.id.to_string(),
            group: task.node.group.as_deref(),
            status: task.status.word(),
            note: words::note(task),
            needs: task.node.needs.iter().map(|need| &*need.id).collect(),
            history: history.map(|item| StatusView { at: time(item.at), status: item.status.word() }).collect(),
            tries: task.tries.iter().map(TryView::from).collect(),
            next_try: task.next_try.as_ref().map(|next| NextTryView {
                number: next.number,
                last: next.last,
                at: time(next.at),
            }),
            outputs: &task.outputs,
            state: &task.state,
            cached_from: task.cached_from.as_ref().map(AttemptId::as_str),
            taken_from: task.taken_from.as_ref().map(AttemptId::as_str),
        }
    }
}

impl<'a> From<&'a Try> for TryView<'a> {
    fn from(one: &'a Try) -> Self {
        let (exit_code, signal) = match one.outcome.as_ref().map(|outcome| outcome.exit) {
            Some(Exit::Code(code)) => (Some(code), None),
            Some(Exit::Signal(signal)) => (None, Some(signal)),
            Some(Exit::None) | None => (None, None),
        };
        TryView {
            number: one.number,
            launched_at: time(one.launched_at),
            started_at: one.started_at.map(time),
            ended_at: one.ended_at.map(time),
            raw_id: one.raw.as_ref().map(RawId::as_str),
            exit_code,
            signal,
            reason: one.outcome.as_ref().and_then(words::outcome),
            log_bytes: one.log.bytes,
        }
    }
}

impl<'a> DiagnosticView<'a> {
    pub(crate) fn new(diagnostic: &'a Diagnostic, sources: &SourceMap) -> Self {
        let span = diagnostic.span();
        let place = span.and_then(|span| sources.position(span));
        let file = span.and_then(|span| sources.get(span.file));
        DiagnosticView {
            code: diagnostic.code.number(),
            name: diagnostic.code.name(),
            severity: match diagnostic.severity {
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            file: file.map(|file| file.name.to_string()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
        }
    }
}
