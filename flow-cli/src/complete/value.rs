//! [`Values`]: which values an argument may have, looked up in the files and in the store. Source: CLI-43.
//!
//! An argument is known by its name, so that a new command whose arguments are called like those of the
//! others is completed like them.

use flow_core::ast::Field;
use flow_core::model::Task;
use flow_core::port::{BakeFilter, LiveFilter};

use crate::complete::flow::{Files, Kind};
use crate::complete::line::Typed;
use crate::complete::shell::Candidate;

/// The word for all of them.
const ALL: &str = "ALL";

/// The newest bakes that are offered.
const BAKES: u32 = 100;

/// The live flow that commands mean unless they say another.
const LIVE: &str = "live";

/// What an argument stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Flows of a kind; and the word for all where the command knows it.
    Flows { kind: Kind, all: bool },
    /// Names and ids of bakes; `BAKE/TASK` and live jobs too where the command takes them.
    Bakes { with_tasks: bool },
    /// Tasks of the bake, or batch, before it; suffixes of a live job too where the command takes one.
    Tasks { or_suffixes: bool },
    /// Jobs of the live flow.
    Jobs { all: bool },
    /// Suffixes of the multi job before it: of all its runs, or only of those that have not ended.
    Suffixes { ended: bool },
    /// Names of params, then the value that is there already.
    Params,
    /// Volumes that are on this machine too.
    Volumes,
    /// Images that can be built.
    Images,
    /// Sections of the reference.
    Sections,
}

/// What an argument of a command stands for; `None` where clap knows better or nobody does.
pub(super) fn of(command: &str, arg: &str) -> Option<Values> {
    Some(match (command, arg) {
        ("check", "flows") => Values::Flows { kind: Kind::Any, all: false },
        (_, "batch") => Values::Flows { kind: Kind::Batch, all: command == "clear-cache" },
        (_, "flow") => Values::Flows { kind: Kind::Live, all: false },
        (_, "bake") => Values::Bakes { with_tasks: command == "logs" },
        (_, "task") => Values::Tasks { or_suffixes: command == "logs" },
        (_, "job") => Values::Jobs { all: command == "kill" },
        (_, "suffix") => Values::Suffixes { ended: command == "status" },
        (_, "param") => Values::Params,
        (_, "volume") => Values::Volumes,
        (_, "image") => Values::Images,
        ("reference", "section") => Values::Sections,
        _ => return None,
    })
}

impl Values {
    /// All values, in order; `index` counts those of one occurrence of the argument.
    pub(super) async fn find(self, typed: &Typed, index: usize, current: &str) -> Vec<Candidate> {
        let files = typed.session().source().ok().map(Files::new);
        let live = typed.value("flow").unwrap_or_else(|| LIVE.to_owned());
        match (self, files) {
            (Values::Bakes { with_tasks: true }, files) => match (current.split_once('/'), files) {
                (Some((bake, _)), _) => below(bake, tasks(typed, bake).await),
                (None, Some(files)) => [bakes(typed).await, files.jobs(&live).await].concat(),
                (None, None) => bakes(typed).await,
            },
            (Values::Bakes { with_tasks: false }, _) => bakes(typed).await,
            (Values::Tasks { or_suffixes }, _) => match tasks_before(typed).await {
                none if or_suffixes && none.is_empty() => suffixes(typed, &live, true).await,
                found => found,
            },
            (Values::Suffixes { ended }, _) => suffixes(typed, &live, ended).await,
            (Values::Sections, _) => crate::cmd::reference::names().map(bare).collect(),
            (_, None) => Vec::new(),
            (Values::Flows { kind, all }, Some(files)) => with_all(files.flows(kind).await, all),
            (Values::Jobs { all }, Some(files)) => with_all(files.jobs(&live).await, all),
            (Values::Params, Some(files)) => params(&files, typed, &live, index).await,
            (Values::Volumes, Some(files)) => with_all(files.volumes(&live).await, true),
            (Values::Images, Some(files)) => with_all(files.images(&live).await, true),
        }
    }
}

fn bare(value: &str) -> Candidate {
    Candidate { value: value.to_owned(), about: None }
}

fn with_all(mut found: Vec<Candidate>, all: bool) -> Vec<Candidate> {
    if all {
        found.push(bare(ALL));
    }
    found
}

/// Names first, each once and for the newest, then ids.
async fn bakes(typed: &Typed) -> Vec<Candidate> {
    let Ok(engine) = typed.session().engine_to_read() else { return Vec::new() };
    let filter = BakeFilter { limit: BAKES, ..BakeFilter::default() };
    let rows = engine.bakes(&filter).await.unwrap_or_default();
    let mut found: Vec<Candidate> = Vec::new();
    for (row, standing) in &rows {
        let about = Some(format!("{}, {}", row.bake.batch, standing.word(row.attempt.status)));
        let name = row.bake.name.iter().map(String::as_str);
        let new = name.filter(|name| found.iter().all(|one| one.value != *name)).map(str::to_owned).next();
        found.extend(new.map(|value| Candidate { value, about }));
    }
    let ids = rows.iter().map(|(row, standing)| Candidate {
        value: row.bake.id.to_string(),
        about: Some(format!("{}, {}", row.bake.batch, standing.word(row.attempt.status))),
    });
    found.extend(ids);
    found
}

/// The tasks of what was typed before: of a bake, or of the newest bake of a batch.
async fn tasks_before(typed: &Typed) -> Vec<Candidate> {
    if let Some(bake) = typed.value("bake") {
        return tasks(typed, &bake).await;
    }
    let (Some(batch), Ok(engine)) = (typed.value("batch"), typed.session().engine_to_read()) else {
        return Vec::new();
    };
    let filter = BakeFilter { limit: BAKES, ..BakeFilter::default() };
    let rows = engine.bakes(&filter).await.unwrap_or_default();
    match rows.iter().find(|(row, _)| row.bake.batch == batch) {
        Some((row, _)) => tasks(typed, row.bake.id.as_str()).await,
        None => Vec::new(),
    }
}

async fn tasks(typed: &Typed, bake: &str) -> Vec<Candidate> {
    let number = typed.value("attempt").and_then(|number| number.parse().ok()).unwrap_or(-1);
    let Ok(engine) = typed.session().engine_to_read() else { return Vec::new() };
    let Ok(found) = engine.inspect(bake, number).await else { return Vec::new() };
    let candidate = |task: &Task| Candidate { value: task.id.to_string(), about: Some(task.status.word().to_owned()) };
    found.tasks.iter().map(candidate).collect()
}

/// The suffixes of the job that was typed before, each once, the newest first.
async fn suffixes(typed: &Typed, flow: &str, ended: bool) -> Vec<Candidate> {
    let (Some(job), Ok(engine)) =
        (typed.value("job").or_else(|| typed.value("bake")), typed.session().engine_to_read())
    else {
        return Vec::new();
    };
    let Ok(source) = typed.session().source() else { return Vec::new() };
    let Ok(project) = engine.project(&source).await else { return Vec::new() };
    let filter = LiveFilter {
        project: Some(project),
        flow: Some(flow.to_owned()),
        job: Some(job.into()),
        ..LiveFilter::default()
    };
    let mut found: Vec<Candidate> = Vec::new();
    for run in engine.live_jobs(&filter).await.unwrap_or_default() {
        let Some(suffix) = &run.job().order.suffix else { continue };
        let wanted = ended || !run.job().status.is_finished();
        if wanted && found.iter().all(|one| one.value != *suffix) {
            found.push(Candidate { value: suffix.clone(), about: Some(run.word().to_owned()) });
        }
    }
    found
}

/// Tasks as `logs` takes them.
fn below(bake: &str, tasks: Vec<Candidate>) -> Vec<Candidate> {
    tasks.into_iter().map(|task| Candidate { value: format!("{bake}/{}", task.value), ..task }).collect()
}

/// Names with their descriptions; as the value, the default.
async fn params(files: &Files, typed: &Typed, live: &str, index: usize) -> Vec<Candidate> {
    let declared = match (typed.value("batch"), typed.value("job"), typed.value("bake")) {
        (Some(batch), _, _) => files.params(&batch, None).await,
        (_, Some(job), _) => files.params(live, Some(&job)).await,
        (_, _, Some(bake)) => match batch_of(typed, &bake).await {
            Some(batch) => files.params(&batch, None).await,
            None => return Vec::new(),
        },
        (None, None, None) => return Vec::new(),
    };
    if index == 0 {
        let named = declared.iter().map(|(name, param)| (name.to_string(), param.descr.clone()));
        return named.map(|(value, about)| Candidate { value, about }).collect();
    }
    match typed.previous().and_then(|name| declared.get(name)).map(|param| &param.default) {
        Some(Field::Literal(default)) => vec![bare(&default.value)],
        Some(Field::Absent | Field::Null(_) | Field::Expr(_)) | None => Vec::new(),
    }
}

async fn batch_of(typed: &Typed, bake: &str) -> Option<String> {
    let engine = typed.session().engine_to_read().ok()?;
    engine.find_bake(bake).await.ok().map(|row| row.bake.batch)
}
