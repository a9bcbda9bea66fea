//! Live jobs: one in full, what a flow's jobs are up to, starting and ending one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use flow_core::diag::Code;
use flow_core::model::{LiveJob, LiveJobId, Stdin};
use flow_engine::{EngineError, LiveFound, RunRequest, Standing};
use indexmap::IndexMap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::control::{Acting, asked, key_of};
use crate::problem::{Answer, Body, Path, Problem};
use crate::server::Shared;
use crate::view::{Asked, JobLine, JobPage, LivePage, SourceView, StartedLive, VERSION};

/// A job of a live flow to be run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartLive {
    /// The live flow; absent: `live`.
    #[serde(default = "live")]
    flow: String,
    job: String,
    /// Params by name; those left out take their defaults.
    #[serde(default)]
    params: IndexMap<String, String>,
    /// Which one of a multi job; absent: a fresh one.
    suffix: Option<String>,
    /// What a multi job is given besides.
    #[serde(default)]
    args: Vec<String>,
}

fn live() -> String {
    "live".to_owned()
}

/// All about one live job.
#[utoipa::path(get, path = "/live/{id}", params(("id" = String, Path, description = "The live job's own id")),
    responses((status = 200, body = LivePage), (status = "default", body = Problem)))]
pub(crate) async fn job(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Answer<LivePage> {
    // Read before the record, so that no change falls between them.
    let position = shared.engine.last_position().await?;
    let found = find(&shared, id).await?;
    let spec = shared.engine.live_spec(found.job()).await.ok();
    Ok(Json(LivePage::new(&found, spec, (position, shared.clock.now()))))
}

async fn find(shared: &Shared, id: String) -> Result<LiveFound, Problem> {
    Ok(shared.engine.live_job(&LiveJobId::new(id)).await?)
}

/// A text that a live job was made from; they count from 0.
#[utoipa::path(get, path = "/live/{id}/sources/{place}", params(("id" = String, Path), ("place" = usize, Path)),
    responses((status = 200, body = SourceView), (status = "default", body = Problem)))]
pub(crate) async fn source(
    State(shared): State<Arc<Shared>>,
    Path((id, place)): Path<(String, usize)>,
) -> Answer<SourceView> {
    let found = find(&shared, id).await?;
    let missing = || Problem::not_found(format!("this live job has no text {place}"));
    let source = found.job().order.sources.get(place).ok_or_else(missing)?;
    let text = shared.engine.text(&source.digest).await?.ok_or_else(missing)?;
    Ok(Json(SourceView { name: source.name.clone(), text: text.to_string() }))
}

/// The jobs of a live flow, each with its newest run.
#[utoipa::path(get, path = "/flows/{flow}/jobs", params(("flow" = String, Path)),
    responses((status = 200, body = JobPage), (status = "default", body = Problem)))]
pub(crate) async fn jobs(State(shared): State<Arc<Shared>>, Path(flow): Path<String>) -> Answer<JobPage> {
    let source = shared.workspace()?;
    shared.known_flow(source, &flow).await?;
    let position = shared.engine.last_position().await?;
    let lines = match shared.engine.list_live(source, &flow).await {
        Err(EngineError::Config(problems)) if problems.diagnostics.iter().any(|one| one.code == Code::WrongKind) => {
            return Err(Problem::conflict(format!("flow `{flow}` is a batch: it has no live jobs")));
        }
        other => other?,
    };
    Ok(Json(JobPage { version: VERSION, position, flow, jobs: lines.iter().map(JobLine::from).collect() }))
}

/// Runs a job of a live flow, or finds the one that runs already. A repeated `Idempotency-Key` starts nothing and
/// answers as the first time.
#[utoipa::path(post, path = "/live", request_body = StartLive,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 plain characters")),
    responses((status = 201, body = StartedLive, description = "It was made"),
        (status = 200, body = StartedLive, description = "It runs already"), (status = "default", body = Problem)))]
pub(crate) async fn start(
    State(shared): State<Arc<Shared>>,
    Acting(engine): Acting,
    headers: HeaderMap,
    Body(wanted): Body<StartLive>,
) -> Result<(StatusCode, Json<StartedLive>), Problem> {
    let source = shared.workspace()?;
    let key = key_of(&headers)?;
    shared.known_flow(source, &wanted.flow).await?;
    // Held until the job is stored, so that two equal wishes for a fresh suffix never start two.
    let done = shared.started_live.lock().await;
    if let Some(started) = key.as_ref().and_then(|key| done.get(key)) {
        return Ok(answer(started));
    }
    let StartLive { flow, job, params, suffix, args } = wanted;
    // Nobody is there to type, and it must not end with this request.
    let request = RunRequest { flow, job, params, suffix, args, stdin: Stdin::Closed, detach: true };
    let run = engine.run_live(source, request).await?;
    // A job whose engine is gone gets another one.
    if run.is_new || run.found.standing == Standing::Stalled {
        drive(&shared, run.found.job())?;
    }
    let started = StartedLive::new(&run.found, run.is_new);
    if let Some(key) = key {
        done.insert(key, started.clone());
    }
    Ok(answer(started))
}

fn answer(started: StartedLive) -> (StatusCode, Json<StartedLive>) {
    let status = if started.is_new { StatusCode::CREATED } else { StatusCode::OK };
    (status, Json(started))
}

fn drive(shared: &Shared, job: &LiveJob) -> Result<(), Problem> {
    Ok(shared.engine.drive_live_in_background(&job.id, &shared.engine_log)?)
}

/// Asks for the end of a live job. Asked again, also after that end, it answers the same.
#[utoipa::path(post, path = "/live/{id}/kill", params(("id" = String, Path)),
    responses((status = 202, body = Asked), (status = "default", body = Problem)))]
pub(crate) async fn kill(
    State(shared): State<Arc<Shared>>,
    Acting(engine): Acting,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    let found = find(&shared, id).await?;
    let job = found.job();
    match &job.cancel {
        // One who asked is enough; a job whose engine is gone is asked on, for nobody has heard it yet.
        Some(mark) if found.standing != Standing::Stalled => return Ok(asked(&mark.by)),
        Some(_) | None => {}
    }
    if !engine.kill_live(job).await? {
        return Err(Problem::conflict(format!("live job `{}` has ended: {}", job.order.job, job.status)));
    }
    if found.standing == Standing::Stalled {
        drive(&shared, job)?;
    }
    Ok(asked(engine.user()))
}

/// Takes up a live job whose engine is gone.
#[utoipa::path(post, path = "/live/{id}/resume", params(("id" = String, Path)),
    responses((status = 200, body = StartedLive), (status = "default", body = Problem)))]
pub(crate) async fn resume(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Answer<StartedLive> {
    let found = find(&shared, id).await?;
    match found.standing {
        Standing::Stalled => drive(&shared, found.job())?,
        Standing::Ended => {
            return Err(Problem::conflict(format!("the live job has ended: {}", found.job().status)));
        }
        Standing::Waiting | Standing::Driven => {
            return Err(Problem::conflict("an engine drives this live job: there is nothing to take up"));
        }
    }
    Ok(Json(StartedLive::new(&found, false)))
}
