//! The routes of `/api/v1`, and their description. Reads and events go through the engine only.

mod bakes;
mod cache;
mod control;
mod events;
mod expressions;
mod flows;
mod live;
mod logs;
mod workloads;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use utoipa::OpenApi;

use crate::api::control::Acting;
use crate::gate::{Role, Visitor};
use crate::problem::{Answer, PROBLEM, Problem};
use crate::server::Shared;
use crate::view::{About, Change, VERSION};

/// The API's description, OpenAPI 3.1.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Apolo Flow console",
        description = "Version 1. A later version only adds keys. Times are ISO 8601 in UTC, statuses are their words. \
                       Every refusal is `application/problem+json` and says why.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/api/v1")),
    paths(
        about,
        workloads::list,
        bakes::bake,
        bakes::attempt,
        bakes::graph,
        bakes::estimate,
        bakes::task,
        expressions::expressions,
        bakes::source,
        logs::read,
        logs::search::search,
        logs::search::first_error,
        logs::download,
        events::page,
        events::stream,
        live::job,
        live::jobs,
        live::source,
        live::start,
        live::kill,
        live::resume,
        logs::live_read,
        logs::search::live_search,
        logs::search::live_first_error,
        logs::live_download,
        events::live_page,
        flows::list,
        flows::flow,
        control::start,
        control::restart,
        control::resume,
        control::cancel,
        control::cancel_task,
        cache::list,
        cache::clear_cache
    ),
    components(schemas(Change)),
    modifiers(&Credentials, &Refusals)
)]
struct Description;

/// That each refusal is of its own media type: the macros know one type for all bodies.
struct Refusals;

impl utoipa::Modify for Refusals {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::RefOr;
        let operations = openapi.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.post]);
        for operation in operations.flatten() {
            let Some(RefOr::T(refusal)) = operation.responses.responses.get_mut("default") else { continue };
            if let Some(content) = refusal.content.shift_remove("application/json") {
                refusal.content.insert(PROBLEM.to_owned(), content);
            }
        }
    }
}

/// How to come in.
struct Credentials;

impl utoipa::Modify for Credentials {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
        let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_default().add_security_scheme("token", token);
        openapi.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    }
}

/// The API's description as JSON, OpenAPI 3.1.
pub fn openapi() -> String {
    Description::openapi().to_pretty_json().expect("a description holds texts and numbers only")
}

/// All routes.
pub(crate) fn router() -> Router<Arc<Shared>> {
    let attempt = "/bakes/{bake}/attempts/{number}";
    let below = |rest: &str| format!("{attempt}{rest}");
    Router::new()
        .route("/openapi.json", get(async || ([("content-type", "application/json")], openapi())))
        .route("/about", get(about))
        .route("/workloads", get(workloads::list))
        .route("/events", get(events::stream))
        .route("/bakes", post(control::start))
        .route("/bakes/{bake}", get(bakes::bake))
        .route("/bakes/{bake}/restart", post(control::restart))
        .route("/bakes/{bake}/resume", post(control::resume))
        .route("/bakes/{bake}/cancel", post(control::cancel))
        .route(attempt, get(bakes::attempt))
        .route(&below("/graph"), get(bakes::graph))
        .route(&below("/estimate"), get(bakes::estimate))
        .route(&below("/events"), get(events::page))
        .route(&below("/sources/{place}"), get(bakes::source))
        .route(&below("/tasks/{task}"), get(bakes::task))
        .route(&below("/tasks/{task}/expressions"), get(expressions::expressions))
        .route(&below("/tasks/{task}/cancel"), post(control::cancel_task))
        .route(&below("/tasks/{task}/log"), get(logs::read))
        .route(&below("/tasks/{task}/log/search"), get(logs::search::search))
        .route(&below("/tasks/{task}/log/first-error"), get(logs::search::first_error))
        .route(&below("/tasks/{task}/log/download"), get(logs::download))
        .route("/live", post(live::start))
        .route("/live/{id}", get(live::job))
        .route("/live/{id}/kill", post(live::kill))
        .route("/live/{id}/resume", post(live::resume))
        .route("/live/{id}/events", get(events::live_page))
        .route("/live/{id}/sources/{place}", get(live::source))
        .route("/live/{id}/log", get(logs::live_read))
        .route("/live/{id}/log/search", get(logs::search::live_search))
        .route("/live/{id}/log/first-error", get(logs::search::live_first_error))
        .route("/live/{id}/log/download", get(logs::live_download))
        .route("/flows/{flow}/jobs", get(live::jobs))
        .route("/flows", get(flows::list))
        .route("/flows/{flow}", get(flows::flow))
        .route("/cache", get(cache::list))
        .route("/cache/clear", post(cache::clear_cache))
        .fallback(async || Problem::not_found("the API has no such address; `/api/v1/openapi.json` lists all"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not know that method")
        })
}

/// What the console is, and what the asker may do.
#[utoipa::path(get, path = "/about", responses((status = 200, body = About), (status = "default", body = Problem)))]
async fn about(
    State(shared): State<Arc<Shared>>,
    Extension(visitor): Extension<Visitor>,
    Acting(engine): Acting,
) -> Answer<About> {
    Ok(Json(About {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION"),
        role: if shared.gate.read_only { Role::Viewer } else { visitor.role }.word(),
        read_only: shared.gate.read_only,
        user: engine.user().to_owned(),
        workspace: shared.source.as_ref().map(|source| source.workspace().to_owned()),
        position: shared.engine.last_position().await?,
        now: shared.clock.now().to_string(),
    }))
}
