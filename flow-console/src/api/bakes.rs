//! Bakes, attempts, graphs and tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use flow_core::model::{Attempt, FullId, Task, UnitSpec};
use flow_core::plan::DRAWN_ROWS;
use flow_engine::Inspection;
use indexmap::IndexMap;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::{Answer, Path, Problem, Query, within};
use crate::server::Shared;
use crate::view::{
    AttemptPage, AttemptView, BakePage, BakeView, EstimatePage, GraphPage, GraphView, HistoryView, NeedView,
    SourceView, SpecView, TaskPage, TaskRow, TryView, VERSION, WhyView,
};

/// A bake with all its attempts.
#[utoipa::path(get, path = "/bakes/{bake}", params(("bake" = String, Path, description = "An id, or a name: then its newest bake")),
    responses((status = 200, body = BakePage), (status = "default", body = Problem)))]
pub(crate) async fn bake(State(shared): State<Arc<Shared>>, Path(bake): Path<String>) -> Answer<BakePage> {
    let row = shared.engine.find_bake(&bake).await?;
    let mut attempts = Vec::new();
    for attempt in shared.engine.attempts(&row.bake.id).await? {
        attempts.push(AttemptView::new(&attempt, shared.engine.standing_of(&attempt).await?));
    }
    Ok(Json(BakePage { version: VERSION, bake: BakeView::from(&row.bake), attempts }))
}

/// An attempt with its tasks; number -1 is the last.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}",
    params(("bake" = String, Path), ("number" = i64, Path, description = "From 1; -1 is the last")),
    responses((status = 200, body = AttemptPage), (status = "default", body = Problem)))]
pub(crate) async fn attempt(
    State(shared): State<Arc<Shared>>,
    Path((bake, number)): Path<(String, i64)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let attempt = shared.attempt(&bake, number).await?;
    let key = format!("attempt {}", attempt.id);
    let make = async |position| Ok(AttemptPage::new(&inspect(&shared, &attempt).await?, position));
    shared.rendered.page(&shared, (key, &headers), make).await
}

async fn inspect(shared: &Shared, attempt: &Attempt) -> Result<Inspection, Problem> {
    Ok(shared.engine.inspect(attempt.bake.as_str(), attempt.number.into()).await?)
}

/// The most rows of a matrix that are drawn as a box each (EXT-2: a matrix has no more).
const ROWS: usize = 10_000;

/// How a graph is drawn.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Drawn {
    /// Matrices of more rows are one box each; absent: 12.
    #[param(minimum = 1, maximum = 10_000)]
    rows: Option<usize>,
    /// Full ids of calls that are drawn closed, separated by commas.
    #[serde(default)]
    closed: String,
}

/// The graph of an attempt, as far as it is known.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/graph", params(("bake" = String, Path), ("number" = i64, Path), Drawn),
    responses((status = 200, body = GraphPage), (status = "default", body = Problem)))]
pub(crate) async fn graph(
    State(shared): State<Arc<Shared>>,
    Path((bake, number)): Path<(String, i64)>,
    Query(drawn): Query<Drawn>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let rows = within("rows", drawn.rows, (1, ROWS), DRAWN_ROWS)?;
    let attempt = shared.attempt(&bake, number).await?;
    let closed: BTreeSet<&str> = drawn.closed.split(',').filter(|id| !id.is_empty()).collect();
    let key = format!("graph {} {rows} {closed:?}", attempt.id);
    let make = async |position| {
        let mut found = inspect(&shared, &attempt).await?;
        if !closed.is_empty() {
            found.tasks.retain(|task| !is_below(&task.id, &closed));
        }
        let graph = GraphView::from(&found.graph(rows));
        Ok(GraphPage { version: VERSION, position, graph })
    };
    shared.rendered.page(&shared, (key, &headers), make).await
}

/// Whether a task stands in one of these calls.
fn is_below(id: &FullId, calls: &BTreeSet<&str>) -> bool {
    let mut prefix = id.prefix();
    while !prefix.0.is_empty() {
        if calls.contains(prefix.to_string().as_str()) {
            return true;
        }
        prefix = prefix.prefix();
    }
    false
}

/// How much longer an attempt will take, and which tasks decide that: learnt from earlier successes.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/estimate", params(("bake" = String, Path), ("number" = i64, Path)),
    responses((status = 200, body = EstimatePage), (status = "default", body = Problem)))]
pub(crate) async fn estimate(
    State(shared): State<Arc<Shared>>,
    Path((bake, number)): Path<(String, i64)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let attempt = shared.attempt(&bake, number).await?;
    let key = format!("estimate {}", attempt.id);
    let make = async |_| estimated(&shared, &inspect(&shared, &attempt).await?).await;
    shared.rendered.page(&shared, (key, &headers), make).await
}

async fn estimated(shared: &Shared, found: &Inspection) -> Result<EstimatePage, Problem> {
    let expectation = if let Some(known) = shared.expectations.get(&found.attempt.id) {
        known
    } else {
        let learnt = Arc::new(shared.engine.expectation(found).await?);
        shared.expectations.insert(found.attempt.id.clone(), learnt)
    };
    Ok(EstimatePage::from(shared.engine.estimate(&expectation, found)))
}

/// All about one task.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/tasks/{task}",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path, description = "The full id, dotted")),
    responses((status = 200, body = TaskPage), (status = "default", body = Problem)))]
pub(crate) async fn task(
    State(shared): State<Arc<Shared>>,
    Path((bake, number, id)): Path<(String, i64, String)>,
) -> Answer<TaskPage> {
    let attempt = shared.attempt(&bake, number).await?;
    let position = shared.engine.last_position().await?;
    let task = shared.engine.task(&attempt, &id).await?;
    Ok(Json(task_page(&shared, &attempt, &task, position).await?))
}

async fn task_page(shared: &Shared, attempt: &Attempt, task: &Task, position: u64) -> Result<TaskPage, Problem> {
    let as_run = shared.engine.as_run(task).await?;
    let spec: Option<UnitSpec> = shared.engine.spec(&as_run).await?;
    let why = shared.engine.why(attempt, task).await?;
    let needed = shared.engine.needed(task).await?;
    let matrix: IndexMap<String, serde_json::Value> = task
        .node
        .matrix
        .iter()
        .map(|(name, value)| (name.to_string(), serde_json::to_value(value).unwrap_or_default()))
        .collect();
    Ok(TaskPage {
        version: VERSION,
        position,
        bake: attempt.bake.to_string(),
        attempt: attempt.number,
        row: TaskRow::from(task),
        matrix,
        history: task.history.iter().map(HistoryView::from).collect(),
        runs: as_run.tries.iter().map(TryView::from).collect(),
        needs: NeedView::all(task, &needed),
        outputs: task.outputs.clone(),
        state: task.state.clone(),
        spec: spec.map(SpecView::from),
        cache_key: task.cache_key.as_ref().map(ToString::to_string),
        cached_from: task.cached_from.as_ref().map(ToString::to_string),
        taken_from: task.taken_from.as_ref().map(ToString::to_string),
        why: WhyView::from(why),
    })
}

/// A text that an attempt was made from; they count from 0: the project file, the flow, then what is called.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/sources/{place}",
    params(("bake" = String, Path), ("number" = i64, Path), ("place" = usize, Path)),
    responses((status = 200, body = SourceView), (status = "default", body = Problem)))]
pub(crate) async fn source(
    State(shared): State<Arc<Shared>>,
    Path((bake, number, place)): Path<(String, i64, usize)>,
) -> Answer<SourceView> {
    let attempt = shared.attempt(&bake, number).await?;
    let missing = || Problem::not_found(format!("this attempt has no text {place}"));
    let source = attempt.sources.get(place).ok_or_else(missing)?;
    let text = shared.engine.text(&source.digest).await?.ok_or_else(missing)?;
    Ok(Json(SourceView { name: source.name.clone(), text: text.to_string() }))
}
