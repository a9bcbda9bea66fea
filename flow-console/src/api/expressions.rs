//! What the expressions of a task came to.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::problem::{Answer, Path, Problem};
use crate::server::Shared;
use crate::view::{ExpressionPage, LineView, VERSION};

/// The lines of a task's texts that hold expressions, each expression with its value; secrets are not shown.
#[utoipa::path(get, path = "/bakes/{bake}/attempts/{number}/tasks/{task}/expressions",
    params(("bake" = String, Path), ("number" = i64, Path), ("task" = String, Path, description = "The full id, dotted")),
    responses((status = 200, body = ExpressionPage), (status = "default", body = Problem)))]
pub(crate) async fn expressions(
    State(shared): State<Arc<Shared>>,
    Path((bake, number, id)): Path<(String, i64, String)>,
) -> Answer<ExpressionPage> {
    let _permit = shared.heavy().await;
    let found = shared.engine.inspect(&bake, number).await?;
    let Some(task) = found.tasks.iter().find(|task| task.id.to_string() == id) else {
        return Err(Problem::not_found(format!("no task `{id}` in this attempt")));
    };
    let expressions = shared.engine.expressions(&found.attempt, &task.id).await?;
    Ok(Json(ExpressionPage { version: VERSION, lines: LineView::all(expressions) }))
}
