//! Flows before any run: what they offer, their graph, and what is wrong with them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use flow_core::plan::{DRAWN_ROWS, Plan, TaskGraph};
use flow_core::port::ConfigSource;
use flow_engine::{Checked, Outline, OutlineKind};
use indexmap::IndexMap;

use crate::problem::{Answer, Path, Problem};
use crate::server::Shared;
use crate::view::{
    DiagnosticView, FlowList, FlowPage, FlowRow, GraphView, ImageView, JobView, ParamView, SourceView, VERSION,
    VolumeView,
};

/// All flows of the workspace.
#[utoipa::path(get, path = "/flows", responses((status = 200, body = FlowList), (status = "default", body = Problem)))]
pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Answer<FlowList> {
    let Some(source) = &shared.source else {
        return Ok(Json(FlowList { version: VERSION, workspace: None, flows: Vec::new() }));
    };
    let _permit = shared.heavy().await;
    let mut flows = Vec::new();
    for name in source.flows().await.map_err(flow_engine::EngineError::from)? {
        let (checked, outline) = look(&shared, source.as_ref(), &name).await?;
        flows.push(FlowRow::new(&name, outline.as_ref(), &checked.diagnostics));
    }
    Ok(Json(FlowList { version: VERSION, workspace: Some(source.workspace().to_owned()), flows }))
}

async fn look(shared: &Shared, source: &dyn ConfigSource, name: &str) -> Result<(Checked, Option<Outline>), Problem> {
    let checked = shared.engine.checker().check(source, name, &IndexMap::new()).await?;
    Ok((checked, shared.engine.checker().outline(source, name).await?))
}

/// All about a flow before it runs: params, graph, problems, sources.
#[utoipa::path(get, path = "/flows/{flow}", params(("flow" = String, Path)),
    responses((status = 200, body = FlowPage), (status = "default", body = Problem)))]
pub(crate) async fn flow(State(shared): State<Arc<Shared>>, Path(name): Path<String>) -> Answer<FlowPage> {
    let source = shared.workspace()?;
    shared.known_flow(source, &name).await?;
    let _permit = shared.heavy().await;
    let (checked, outline) = look(&shared, source, &name).await?;
    let row = FlowRow::new(&name, outline.as_ref(), &checked.diagnostics);
    let (params, jobs) = match outline.as_ref().map(|outline| outline.kind.clone()) {
        Some(OutlineKind::Batch(params)) => (params, Vec::new()),
        Some(OutlineKind::Live(jobs)) => (Vec::new(), jobs),
        None => (Vec::new(), Vec::new()),
    };
    let (volumes, images) = outline.map(|outline| (outline.volumes, outline.images)).unwrap_or_default();
    let drawn = |plan: &Plan| TaskGraph::of_nodes(&name, &plan.nodes, DRAWN_ROWS);
    let graph = checked.plan.as_ref().map(drawn);
    Ok(Json(FlowPage {
        version: VERSION,
        row,
        params: params.into_iter().map(ParamView::from).collect(),
        jobs: jobs.into_iter().map(JobView::from).collect(),
        volumes: volumes.into_iter().map(VolumeView::from).collect(),
        images: images.into_iter().map(ImageView::from).collect(),
        graph: graph.as_ref().map(GraphView::from),
        diagnostics: DiagnosticView::all(&checked.diagnostics, &checked.sources),
        sources: SourceView::all(&checked.sources),
    }))
}
