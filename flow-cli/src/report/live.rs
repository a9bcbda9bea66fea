//! Live jobs for people and as JSON.
//!
//! JSON: `status` and `run --json`: `{version, id, job, suffix, flow, status, standing, name, title, tags, params,
//! executor, preset, by, workspace, git, created_at, started_at, ended_at, note, url, http_port, port_forward, restart,
//! life_span_seconds, exit_code, signal, reason, cancelled_by, tries}`; `status` is `stalled` where the engine is
//! gone. `ps`: `{version, jobs: [job]}`, where a job that was never run has `id: null` and the status `unknown`.

use flow_core::model::{Exit as UnitExit, LiveJob, Outcome, Reason, TaskStatus, words as shell};
use flow_engine::{LiveFound, LiveListing, Standing};
use indexmap::IndexMap;
use serde::Serialize;

use crate::exit::Exit;
use crate::report::json::{GitView, TryView, VERSION, time};
use crate::report::look::Look;
use crate::report::time::{Zone, span};
use crate::report::{clean, words};

/// What is added to a signal's number to make an exit code, as shells do.
const SIGNALLED: i32 = 128;

/// A job's id in its flow, with the suffix.
pub(crate) fn name_of(job: &str, suffix: Option<&str>) -> String {
    suffix.map_or_else(|| job.to_owned(), |suffix| format!("{job} {suffix}"))
}

/// A live job's id in its flow, with the suffix.
pub(crate) fn name(job: &LiveJob) -> String {
    name_of(&job.order.job, job.order.suffix.as_deref())
}

/// The command line that attaches to a job again.
pub(crate) fn run_line(job: &LiveJob) -> String {
    let mut line = vec!["apolo-flow".to_owned(), "run".to_owned(), job.order.job.to_string()];
    if let Some(suffix) = &job.order.suffix {
        line.extend(["-s".to_owned(), suffix.clone()]);
    }
    if job.order.flow != "live" {
        line.extend(["--flow".to_owned(), job.order.flow.clone()]);
    }
    clean::line(&shell::join(&line))
}

/// Where it serves; empty if it does not, or nobody knows.
pub(crate) fn port(job: &LiveJob) -> String {
    let port = || job.order.http_port.map(|port| format!("port {port}"));
    job.order.url.clone().or_else(port).unwrap_or_default()
}

/// How it ended: `failed (exit code 3)`.
pub(crate) fn how(job: &LiveJob, look: Look) -> String {
    let word = job.status.word();
    let why = job.outcome.as_ref().and_then(words::outcome).map(|why| format!(" ({})", clean::line(&why)));
    format!("{}{}", look.status(word, word), why.unwrap_or_default())
}

/// The exit code that tells how an attached job ended: its own where it has one (DEC-27).
pub(crate) fn exit_of(job: &LiveJob) -> Exit {
    let of_unit = |outcome: &Outcome| match (outcome.exit, &outcome.reason) {
        (_, Reason::Killed) => Exit::Cancelled,
        (UnitExit::Code(0), _) => Exit::Well,
        (UnitExit::Code(code), _) => u8::try_from(code).map_or(Exit::Failed, Exit::Own),
        (UnitExit::Signal(signal), _) => u8::try_from(SIGNALLED + signal).map_or(Exit::Failed, Exit::Own),
        (UnitExit::None, _) => Exit::Failed,
    };
    match (job.status, &job.outcome) {
        (TaskStatus::Cancelled, _) => Exit::Cancelled,
        (_, Some(outcome)) => of_unit(outcome),
        (_, None) => Exit::Failed,
    }
}

/// All about a job, a line for each thing.
pub(crate) fn lines(found: &LiveFound, look: Look, zone: &Zone) -> Vec<String> {
    let (job, word) = (found.job(), found.word());
    let order = &job.order;
    let when = |at: Option<flow_core::model::Timestamp>| at.map(|at| zone.full(at));
    let params: Vec<String> = order.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let took = job.started_at.zip(job.ended_at).map(|(start, end)| span(end.since(start)));
    let life = order.life_span_seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let facts = [
        ("id", Some(job.id.to_string())),
        ("name", some(&order.name)),
        ("title", some(&order.title)),
        ("note", job.note.clone()),
        ("why", job.outcome.as_ref().filter(|_| job.note.is_none()).and_then(words::outcome)),
        ("url", order.url.clone()),
        ("ports", some(&order.port_forward.join(", "))),
        ("params", some(&params.join(", "))),
        ("tags", some(&order.tags.join(", "))),
        ("created", when(Some(job.created_at))),
        ("started", when(job.started_at)),
        ("ended", when(job.ended_at)),
        ("took", took),
        ("starts", some(&job.tries.len().to_string()).filter(|_| job.tries.len() > 1)),
        ("restart", some(order.restart.word()).filter(|word| word != "never")),
        ("life span", life.map(span)),
        ("preset", order.preset.clone()),
        ("started by", some(&order.by)),
        ("killed by", job.cancel.as_ref().map(|mark| mark.by.clone())),
    ];
    let first = format!("{} {}", look.strong(&clean::line(&name(job))), look.status(word, word));
    let rest = facts.into_iter().filter_map(|(label, text)| {
        text.map(|text| format!("  {} {}", look.faint(&format!("{label:<11}")), clean::line(&text)))
    });
    let gone = (found.standing == Standing::Stalled)
        .then(|| format!("  its engine is gone; `{}` takes it up again", run_line(job)));
    std::iter::once(first).chain(rest).chain(gone).collect()
}

/// All about a job, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct StatusView<'a> {
    version: u32,
    id: &'a str,
    job: &'a str,
    suffix: Option<&'a str>,
    flow: &'a str,
    status: &'static str,
    /// `waiting`, `driven`, `stalled` or `ended`.
    standing: &'static str,
    name: &'a str,
    title: &'a str,
    tags: &'a [String],
    params: &'a IndexMap<String, String>,
    executor: &'a str,
    preset: Option<&'a str>,
    by: &'a str,
    workspace: &'a str,
    git: Option<GitView<'a>>,
    created_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    note: Option<&'a str>,
    url: Option<&'a str>,
    http_port: Option<i64>,
    port_forward: &'a [String],
    restart: &'static str,
    life_span_seconds: Option<f64>,
    exit_code: Option<i32>,
    signal: Option<i32>,
    reason: Option<String>,
    cancelled_by: Option<&'a str>,
    tries: Vec<TryView<'a>>,
}

impl<'a> StatusView<'a> {
    pub(crate) fn new(found: &'a LiveFound) -> Self {
        let job = found.job();
        let order = &job.order;
        let (exit_code, signal) = exit_parts(job);
        StatusView {
            version: VERSION,
            id: job.id.as_str(),
            job: &order.job,
            suffix: order.suffix.as_deref(),
            flow: &order.flow,
            status: found.word(),
            standing: standing(found.standing),
            name: &order.name,
            title: &order.title,
            tags: &order.tags,
            params: &order.params,
            executor: &order.executor,
            preset: order.preset.as_deref(),
            by: &order.by,
            workspace: &order.workspace,
            git: order.git.as_ref().map(|git| GitView { sha: &git.sha, branch: &git.branch, tags: &git.tags }),
            created_at: time(job.created_at),
            started_at: job.started_at.map(time),
            ended_at: job.ended_at.map(time),
            note: job.note.as_deref(),
            url: order.url.as_deref(),
            http_port: order.http_port,
            port_forward: &order.port_forward,
            restart: order.restart.word(),
            life_span_seconds: order.life_span_seconds,
            exit_code,
            signal,
            reason: job.outcome.as_ref().and_then(words::outcome),
            cancelled_by: job.cancel.as_ref().map(|mark| mark.by.as_str()),
            tries: job.tries.iter().map(TryView::from).collect(),
        }
    }
}

/// The exit code and the signal of the last start that has ended.
fn exit_parts(job: &LiveJob) -> (Option<i32>, Option<i32>) {
    match job.outcome.as_ref().map(|outcome| outcome.exit) {
        Some(UnitExit::Code(code)) => (Some(code), None),
        Some(UnitExit::Signal(signal)) => (None, Some(signal)),
        Some(UnitExit::None) | None => (None, None),
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Waiting => "waiting",
        Standing::Driven => "driven",
        Standing::Stalled => "stalled",
        Standing::Ended => "ended",
    }
}

/// What `ps --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct ListView<'a> {
    version: u32,
    jobs: Vec<LineView<'a>>,
}

/// One line of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum LineView<'a> {
    Run(Box<StatusView<'a>>),
    Never { id: Option<&'a str>, job: &'a str, suffix: Option<&'a str>, status: &'static str },
}

impl<'a> ListView<'a> {
    pub(crate) fn new(lines: impl Iterator<Item = (&'a LiveListing, Option<StatusView<'a>>)>) -> Self {
        let lines = lines.map(|(line, run)| match run {
            Some(run) => LineView::Run(Box::new(run)),
            None => LineView::Never {
                id: None,
                job: &line.job,
                suffix: line.suffix.as_deref(),
                status: TaskStatus::Unknown.word(),
            },
        });
        ListView { version: VERSION, jobs: lines.collect() }
    }
}

#[cfg(test)]
mod tests;
