//! Cached results: what there is, what it was good for, and forgetting it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flow_engine::CacheClear;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Answer, Body, Problem, Query, within};
use crate::server::Shared;
use crate::view::{CachePage, CacheView, Cleared, VERSION};

/// The results that are told where nothing is said.
const LIMIT: usize = 100;
/// The most results that are told.
const MOST: usize = 1000;

/// Which cached results.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Of this flow only.
    flow: Option<String>,
    /// Of this task of it only, by its full id.
    task: Option<String>,
    /// At most so many, the newest.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Which cached results are forgotten: all of the project, those of a flow, those of a task of it, or one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearCache {
    flow: Option<String>,
    task: Option<String>,
    /// One result of that task; absent: all of it.
    key: Option<String>,
}

/// The cached results of the workspace's project, the newest first.
#[utoipa::path(get, path = "/cache", params(Wanted),
    responses((status = 200, body = CachePage), (status = "default", body = Problem)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, Query(wanted): Query<Wanted>) -> Answer<CachePage> {
    let limit = within("limit", wanted.limit, (1, MOST), LIMIT)?;
    let source = shared.workspace()?;
    let _permit = shared.heavy().await;
    let mut found = shared.engine.cached_results(source, wanted.flow.as_deref()).await?;
    found.retain(|one| wanted.task.as_ref().is_none_or(|task| one.entry.task.to_string() == *task));
    let total = found.len();
    let mut entries = Vec::new();
    for one in found.iter().take(limit) {
        let from = shared.engine.attempt(&one.entry.attempt).await?;
        entries.push(CacheView::new(one, from.as_ref()));
    }
    Ok(Json(CachePage { version: VERSION, total, entries }))
}

/// Forgets cached results; what bakes show of the past stays.
#[utoipa::path(post, path = "/cache/clear", request_body = ClearCache,
    responses((status = 200, body = Cleared), (status = "default", body = Problem)))]
pub(crate) async fn clear_cache(State(shared): State<Arc<Shared>>, Body(wanted): Body<ClearCache>) -> Answer<Cleared> {
    let what = match (wanted.flow, wanted.task, wanted.key) {
        (None, None, None) => CacheClear::All,
        (Some(flow), None, None) => CacheClear::Batch(flow),
        (Some(flow), Some(task), None) => CacheClear::Task(flow, task),
        (Some(flow), Some(task), Some(key)) => CacheClear::Result(flow, task, key),
        (None, Some(_), _) | (_, None, Some(_)) => {
            let detail = "a `task` needs the `flow` that it is in, a `key` needs the `task`";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
    };
    let cleared = shared.engine.clear_cache(shared.workspace()?, &what).await?;
    Ok(Json(Cleared { version: VERSION, cleared }))
}
