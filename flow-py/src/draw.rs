//! [`draw`]: a graph of tasks as SVG, for Graphviz, and as places for whoever draws it anew.

use flow_core::model::{FullId, NodeRecord, TaskStatus};
use flow_core::plan::{Piece, TaskGraph};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::convert::{from_json, to_json};

/// A task of a graph: its full id, its record in the graph, its status where one is known.
#[derive(Deserialize)]
struct Given {
    path: FullId,
    node: NodeRecord,
    status: Option<TaskStatus>,
}

/// Draws tasks in graph order; matrices of more than `max_rows` rows are one box each.
///
/// Gives `svg`, `dot`, `width`, `height`, `nodes` (each with its place) and `edges` (each with its path).
#[pyfunction]
pub(crate) fn draw<'py>(
    py: Python<'py>,
    name: &str,
    tasks: &Bound<'py, PyAny>,
    max_rows: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let given: Vec<Given> = serde_json::from_value(to_json(tasks, 0)?)
        .map_err(|error| PyValueError::new_err(format!("no tasks of a graph: {error}")))?;
    let drawing = py.detach(|| {
        let pieces = given.iter().map(|one| Piece { id: &one.path, node: &one.node, status: one.status });
        let graph = TaskGraph::new(name, &pieces.collect::<Vec<_>>(), max_rows);
        let layout = graph.layout();
        let nodes = graph.nodes.iter().zip(&layout.nodes);
        let nodes = nodes.map(|(node, place)| json!({"task": node, "place": place})).collect::<Vec<_>>();
        let edges = graph.edges.iter().zip(&layout.edges);
        let edges = edges.map(|((from, to), route)| json!({"from": from, "to": to, "path": route.path()}));
        json!({
            "svg": graph.svg(),
            "dot": graph.dot(),
            "width": layout.width,
            "height": layout.height,
            "nodes": nodes,
            "edges": edges.collect::<Vec<_>>(),
        })
    });
    from_json(py, &drawing)
}
