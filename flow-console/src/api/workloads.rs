//! The list of workloads: filtered, sorted and paged by the store, so that a page costs its rows only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use flow_core::port::{WorkloadFilter, WorkloadKind, WorkloadSort, WorkloadWords};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Answer, Problem, Query, within};
use crate::server::Shared;
use crate::view::{VERSION, Workload, WorkloadPage};

/// The rows of a page where nothing is said.
const PER_PAGE: u32 = 50;
/// The most rows of a page.
const MOST: u32 = 500;
/// The last page that can be asked for.
const PAGES: u32 = 1_000_000;

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
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    #[param(minimum = 1, maximum = 500)]
    per_page: Option<u32>,
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
    let page = within("page", wanted.page, (1, PAGES), 1)?;
    let per_page = within("per_page", wanted.per_page, (1, MOST), PER_PAGE)?;
    // Read before the rows, so that no change falls between them.
    let position = shared.engine.last_position().await?;
    let list = shared.engine.workloads(filter(wanted, (page, per_page))).await?;
    let WorkloadWords { flows, users, tags } = shared.engine.workload_words().await?;
    let items = list.found.iter().map(Workload::from).collect();
    let total = list.total;
    Ok(Json(WorkloadPage { version: VERSION, position, total, page, per_page, items, flows, users, tags }))
}

fn filter(wanted: Wanted, (page, per_page): (u32, u32)) -> WorkloadFilter {
    let Wanted { kind, status, flow, tag, user, text, sort, order, page: _, per_page: _ } = wanted;
    let statuses = status.iter().flat_map(|list| list.split(',')).map(str::to_owned).collect();
    WorkloadFilter {
        kind: kind.map(|kind| match kind {
            Kind::Bake => WorkloadKind::Bake,
            Kind::Live => WorkloadKind::Live,
        }),
        statuses,
        flow,
        tag,
        user,
        text,
        sort: match sort {
            Sort::Started => WorkloadSort::Started,
            Sort::Flow => WorkloadSort::Flow,
            Sort::Status => WorkloadSort::Status,
            Sort::User => WorkloadSort::User,
            Sort::Name => WorkloadSort::Name,
            Sort::Duration => WorkloadSort::Duration,
        },
        ascending: order == Order::Ascending,
        skip: u64::from(page - 1) * u64::from(per_page),
        limit: per_page,
        ..WorkloadFilter::default()
    }
}
