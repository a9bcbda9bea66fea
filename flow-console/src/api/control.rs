//! What an operator may do; each refusal says why, each wish is recorded with who had it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use flow_core::model::AttemptId;
use flow_engine::{BakeRequest, Engine, RestartRequest, Standing, Takeover};
use indexmap::IndexMap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::gate::Visitor;
use crate::problem::{Answer, Body, Path, Problem};
use crate::server::Shared;
use crate::view::{Asked, Started, VERSION};

/// The longest idempotency key.
const KEY: usize = 200;

/// The engine as whoever sent the request: what it is asked is recorded under their name.
#[derive(Debug)]
pub(crate) struct Acting(pub(crate) Engine);

impl FromRequestParts<Arc<Shared>> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>();
        // The gate has let somebody in before any route is asked.
        let visitor =
            visitor.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "nobody is known to have sent this"))?;
        Ok(Acting(shared.engine.asked_by(&format!("console: {}", visitor.name))))
    }
}

/// A batch to be baked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartBake {
    flow: String,
    /// Params by name; those left out take their defaults.
    #[serde(default)]
    params: IndexMap<String, String>,
    name: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// How a bake is restarted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestartBake {
    /// The attempt to go on from; absent: the last.
    attempt: Option<u32>,
    /// Whether results that did well are taken over (the default), or every task runs.
    #[serde(default = "yes")]
    from_failed: bool,
    /// Params that are to change.
    #[serde(default)]
    params: IndexMap<String, String>,
}

fn yes() -> bool {
    true
}

/// Starts a bake. A repeated `Idempotency-Key` starts nothing and answers as the first time.
#[utoipa::path(post, path = "/bakes", request_body = StartBake,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200, pattern = "^[!-~]([ -~]*[!-~])?$")),
    responses((status = 201, body = Started), (status = "default", body = Problem)))]
pub(crate) async fn start(
    State(shared): State<Arc<Shared>>,
    Acting(engine): Acting,
    headers: HeaderMap,
    Body(wanted): Body<StartBake>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let source = shared.workspace()?;
    let key = key_of(&headers)?;
    // Held until the bake is stored, so that two equal wishes never start two.
    let done = shared.started.lock().await;
    if let Some(started) = key.as_ref().and_then(|key| done.get(key)) {
        return Ok((StatusCode::CREATED, Json(started)));
    }
    let StartBake { flow, params, name, tags } = wanted;
    let request = BakeRequest { batch: flow, params, name, tags };
    let created = engine.create_bake(source, request).await?;
    drive(&shared, &created.attempt)?;
    let started = Started { version: VERSION, bake: created.bake.to_string(), attempt: 1 };
    if let Some(key) = key {
        done.insert(key, started.clone());
    }
    Ok((StatusCode::CREATED, Json(started)))
}

pub(super) fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| !text.is_empty() && text.len() <= KEY);
    let text =
        text.ok_or_else(|| Problem::bad_request(format!("`Idempotency-Key` has from 1 to {KEY} plain characters")))?;
    Ok(Some(text.to_owned()))
}

fn drive(shared: &Shared, attempt: &AttemptId) -> Result<(), Problem> {
    Ok(shared.engine.drive_in_background(attempt, &shared.engine_log)?)
}

/// Restarts a bake: a new attempt from the same texts.
#[utoipa::path(post, path = "/bakes/{bake}/restart", request_body = RestartBake, params(("bake" = String, Path)),
    responses((status = 201, body = Started), (status = "default", body = Problem)))]
pub(crate) async fn restart(
    State(shared): State<Arc<Shared>>,
    Acting(engine): Acting,
    Path(bake): Path<String>,
    Body(wanted): Body<RestartBake>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let number = wanted.attempt.map_or(-1, i64::from);
    let takeover = if wanted.from_failed { Takeover::Succeeded } else { Takeover::Nothing };
    let request = RestartRequest { takeover, params: wanted.params };
    let attempt = engine.restart(&bake, number, request).await?;
    drive(&shared, &attempt.id)?;
    let started = Started { version: VERSION, bake: attempt.bake.to_string(), attempt: attempt.number };
    Ok((StatusCode::CREATED, Json(started)))
}

/// Takes up a bake whose engine is gone.
#[utoipa::path(post, path = "/bakes/{bake}/resume", params(("bake" = String, Path)),
    responses((status = 200, body = Started), (status = "default", body = Problem)))]
pub(crate) async fn resume(State(shared): State<Arc<Shared>>, Path(bake): Path<String>) -> Answer<Started> {
    let found = shared.engine.find_bake(&bake).await?;
    let attempt = &found.attempt;
    match shared.engine.standing_of(attempt).await? {
        Standing::Stalled => drive(&shared, &attempt.id)?,
        Standing::Ended => return Err(Problem::conflict(format!("the bake has ended: {}", attempt.status))),
        Standing::Waiting | Standing::Driven => {
            return Err(Problem::conflict("an engine drives this bake: there is nothing to take up"));
        }
    }
    Ok(Json(Started { version: VERSION, bake: found.bake.id.to_string(), attempt: attempt.number }))
}

/// Asks for the end of a bake's last attempt.
#[utoipa::path(post, path = "/bakes/{bake}/cancel", params(("bake" = String, Path)),
    responses((status = 202, body = Asked), (status = "default", body = Problem)))]
pub(crate) async fn cancel(
    State(shared): State<Arc<Shared>>,
    Acting(engine): Acting,
    Path(bake): Path<String>,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    let found = shared.engine.find_bake(&bake).await?;
    engine.cancel(&found.attempt, None).await?;
    Ok(asked(engine.user()))
}

/// Asks for the end of one task, or of a call with all below it.
#[utoipa::path(post, path = "/bakes/{bake}/attempts/{number}/tasks/{task}/cancel",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path)),
    responses((status = 202, body = Asked), (status = "default", body = Problem)))]
pub(crate) async fn cancel_task(
    State(shared): State<Arc<Shared>>,
    Acting(engine): Acting,
    Path((bake, number, id)): Path<(String, i64, String)>,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    let attempt = shared.attempt(&bake, number).await?;
    let task = shared.engine.task(&attempt, &id).await?;
    if task.status.is_finished() {
        return Err(Problem::conflict(format!("task `{id}` has ended: {}", task.status)));
    }
    engine.cancel(&attempt, Some(&id)).await?;
    Ok(asked(engine.user()))
}

pub(super) fn asked(by: &str) -> (StatusCode, Json<Asked>) {
    (StatusCode::ACCEPTED, Json(Asked { version: VERSION, by: by.to_owned() }))
}
