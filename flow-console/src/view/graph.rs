//! Graphs on the wire: boxes and edges with the places that the core gave them, so that browsers only draw.

use flow_core::model::TaskStatus;
use flow_core::plan::{Layout, Placed, Route, TaskGraph, TaskNode};
use indexmap::IndexMap;
use serde::Serialize;
use utoipa::ToSchema;

/// A graph. Units: pixels.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct GraphView {
    pub width: f64,
    pub height: f64,
    /// A call stands before what it holds.
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<GraphEdge>,
}

/// A task, a call that holds tasks, or the rows of a matrix that are drawn as one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphNode {
    /// The full id; of rows that are drawn as one, that of their group.
    pub id: String,
    pub label: String,
    /// The call that holds it: a place in `nodes`.
    pub parent: Option<usize>,
    pub status: Option<&'static str>,
    /// How many rows of a matrix it stands for; 0 for a task alone.
    pub count: usize,
    /// How many of these rows have each status.
    pub rows: IndexMap<&'static str, usize>,
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// From what is needed to what needs it: places in `nodes`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphEdge {
    pub from: usize,
    pub to: usize,
    /// Path data of SVG; empty between a call and what is in it.
    pub path: String,
}

/// The graph of an attempt, as far as it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphPage {
    pub version: u32,
    /// Events after this position are not in it yet.
    pub position: u64,
    #[serde(flatten)]
    pub graph: GraphView,
}

impl From<&TaskGraph> for GraphView {
    fn from(graph: &TaskGraph) -> Self {
        let Layout { width, height, nodes, edges } = graph.layout();
        let edge =
            |((from, to), route): (&(usize, usize), &Route)| GraphEdge { from: *from, to: *to, path: route.path() };
        GraphView {
            width,
            height,
            nodes: graph.nodes.iter().zip(&nodes).map(|(node, placed)| GraphNode::new(node, *placed)).collect(),
            edges: graph.edges.iter().zip(&edges).map(edge).collect(),
        }
    }
}

impl GraphNode {
    fn new(node: &TaskNode, placed: Placed) -> Self {
        let Placed { x, y, width, height, layer: _ } = placed;
        GraphNode {
            id: node.id.clone(),
            label: node.label.clone(),
            parent: node.parent,
            status: node.status.map(TaskStatus::word),
            count: node.count,
            rows: node.rows.present().map(|(status, count)| (status.word(), count)).collect(),
            x,
            y,
            width,
            height,
        }
    }
}
