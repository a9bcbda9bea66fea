//! The list of workloads: filtered, sorted and paged here, so that a page costs its rows only.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use flow_core::model::Timestamp;
use flow_core::port::{BakeFilter, BakeRow, LiveFilter};
use flow_engine::{LiveFound, Standing};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Answer, Problem, Query};
use crate::server::Shared;
use crate::view::{VERSION, Workload, WorkloadPage};

/// The rows of a page where nothing is said.
const PER_PAGE: usize = 50;
/// The most rows of a page.
const MOST: usize = 500;

/// Which workloads, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `bake` or `live`.
    #[param(inline)]
    kind: Option<Kind>,
    /// Statuses, separated by commas.
    status: Option<String>,
    flow: Option<String>,
    tag: Option<String>,
    user: Option<String>,
    /// A text that the id, name, flow, tags or user holds.
    text: Option<String>,
    #[serde(default)]
    #[param(inline)]
    sort: Sort,
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// From 1.
    #[param(minimum = 1)]
    page: Option<usize>,
    #[param(minimum = 1, maximum = 500)]
    per_page: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Bake,
    Live,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    Started,
    Flow,
    Status,
    User,
    Name,
    Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    Descending,
    Ascending,
}

/// Live jobs and bakes.
#[utoipa::path(get, path = "/workloads", params(Wanted),
    responses((status = 200, body = WorkloadPage), (status = "default", body = Problem)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>, Query(wanted): Query<Wanted>) -> Answer<WorkloadPage> {
    let page = wanted.page.unwrap_or(1);
    let per_page = wanted.per_page.unwrap_or(PER_PAGE);
    if page == 0 || per_page == 0 || per_page > MOST {
        return Err(Problem::bad_request(format!("`page` counts from 1, and `per_page` is from 1 to {MOST}")));
    }
    // Read before the rows, so that no change falls between them.
    let position = shared.engine.last_position().await?;
    let rows = shared.engine.bakes(&BakeFilter::default()).await?;
    let jobs = shared.engine.live_jobs(&LiveFilter::default()).await?;
    let now = shared.clock.now();
    let bakes = rows.iter().map(|(row, standing)| workload(row, *standing, now));
    let mut all: Vec<(Workload, Duration)> = bakes.chain(jobs.iter().map(|found| live(found, now))).collect();
    all.sort_by(|(a, _), (b, _)| b.created_at.cmp(&a.created_at));
    let distinct = |of: fn(&Workload) -> Vec<String>| -> Vec<String> {
        all.iter().flat_map(|(one, _)| of(one)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let flows = distinct(|one| vec![one.flow.clone()]);
    let users = distinct(|one| vec![one.by.clone()]);
    let tags = distinct(|one| one.tags.clone());
    let mut found: Vec<_> = all.into_iter().filter(|(one, _)| is_wanted(one, &wanted)).collect();
    sort(&mut found, &wanted);
    let total = found.len();
    let behind = found.into_iter().map(|(one, _)| one).skip((page - 1).saturating_mul(per_page));
    let items = behind.take(per_page).collect();
    Ok(Json(WorkloadPage { version: VERSION, position, total, page, per_page, items, flows, users, tags }))
}

/// A bake as a workload, with how long its last attempt takes or took.
fn workload(row: &BakeRow, standing: Standing, now: Timestamp) -> (Workload, Duration) {
    let BakeRow { bake, attempt, claim: _ } = row;
    let span = attempt.ended_at.unwrap_or(now).since(attempt.created_at);
    let workload = Workload {
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
    };
    (workload, span)
}

/// A live job as a workload, with how long it is or was there.
fn live(found: &LiveFound, now: Timestamp) -> (Workload, Duration) {
    let job = found.job();
    (Workload::from(found), job.ended_at.unwrap_or(now).since(job.created_at))
}

fn is_wanted(one: &Workload, wanted: &Wanted) -> bool {
    let is = |asked: &Option<String>, own: &str| asked.as_ref().is_none_or(|asked| asked == own);
    let kind = match wanted.kind {
        None => true,
        Some(Kind::Bake) => one.kind == "bake",
        Some(Kind::Live) => one.kind == "live",
    };
    let status = wanted.status.as_ref().is_none_or(|list| list.split(',').any(|word| word == one.status));
    let tag = wanted.tag.as_ref().is_none_or(|tag| one.tags.contains(tag));
    kind && status && tag && is(&wanted.flow, &one.flow) && is(&wanted.user, &one.by) && holds(one, wanted)
}

fn holds(one: &Workload, wanted: &Wanted) -> bool {
    let Some(text) = wanted.text.as_ref().map(|text| text.to_lowercase()) else { return true };
    let own =
        [&one.id, &one.flow, &one.by].into_iter().chain(&one.name).chain(&one.job).chain(&one.suffix).chain(&one.tags);
    own.into_iter().any(|own| own.to_lowercase().contains(&text))
}

/// When it began; a job that has not run yet, when it was made.
fn started(one: &Workload) -> &String {
    one.started_at.as_ref().unwrap_or(&one.created_at)
}

/// Sorts; those that are equal stay the newest first.
fn sort(found: &mut [(Workload, Duration)], wanted: &Wanted) {
    let by = |(a, a_span): &(Workload, Duration), (b, b_span): &(Workload, Duration)| match wanted.sort {
        // ISO 8601 sorts as the times do.
        Sort::Started => started(a).cmp(started(b)),
        Sort::Flow => a.flow.cmp(&b.flow),
        Sort::Status => a.status.cmp(b.status),
        Sort::User => a.by.cmp(&b.by),
        Sort::Name => a.name.cmp(&b.name),
        Sort::Duration => a_span.cmp(b_span),
    };
    match wanted.order {
        Order::Ascending => found.sort_by(by),
        Order::Descending => found.sort_by(|a, b| by(b, a)),
    }
}
