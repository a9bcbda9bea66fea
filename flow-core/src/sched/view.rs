//! What the planner sees of a node: its needs with their results.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::model::{FullId, NeedsLevel};
use crate::plan::{self, Evaluated, Needed, NodeView, RowResult, TaskResult};
use crate::resolve::ResolvedFlow;
use crate::sched::graph::Graph;
use crate::sched::node::Node;
use crate::sched::state::AttemptState;

/// The planner's view of a node.
pub(super) fn view<'a>(state: &'a AttemptState, node: &'a Node, winding_down: bool) -> NodeView<'a> {
    let graph = state.graph_of(node);
    NodeView {
        id: &node.id,
        node: &node.record,
        calls: graph.map_or(&[], |graph| &graph.calls),
        inputs: &state.inputs,
        needs: needs(state, node),
        state: graph.and_then(|graph| saved(state, graph, node)).unwrap_or_default(),
        answers: &node.answers,
        winding_down: winding_down || graph.is_some_and(|graph| graph.cancelled),
    }
}

/// The expressions of a task that have a value, as it sees them: once its needs are over, those that it runs with.
pub fn evaluated(flow: &ResolvedFlow, state: &AttemptState, id: &FullId) -> Vec<Evaluated> {
    let node = state.place(id).and_then(|at| state.nodes.get(at));
    node.map(|node| plan::evaluated(flow, &view(state, node, false))).unwrap_or_default()
}

/// What the main task of a post task has saved (BAT-110).
fn saved(state: &AttemptState, graph: &Graph, node: &Node) -> Option<IndexMap<String, String>> {
    let main = state.place(&graph.prefix.child(node.record.main()?))?;
    state.nodes.get(main).map(|main| main.saved.clone())
}

/// The needs of level completed, under the names that the task has for them (CTX-70, EXT-1).
fn needs(state: &AttemptState, node: &Node) -> IndexMap<Arc<str>, Needed> {
    let edges = node.record.needs.iter().zip(&node.needs).filter_map(|(need, at)| Some((need, state.nodes.get(*at)?)));
    let edges: BTreeMap<&str, (NeedsLevel, &Node)> =
        edges.map(|(need, needed)| (need.id.as_ref(), (need.level, needed))).collect();
    let mut seen = IndexMap::new();
    for name in &node.record.names {
        let needed = match edges.get(name.as_ref()) {
            Some((NeedsLevel::Running, _)) => None,
            // Rows that were never made: what stands for them was skipped, or could not be evaluated.
            Some((NeedsLevel::Completed, needed)) if needed.record.group.is_none() || needed.record.late => {
                Some(Needed::Task(result(needed)))
            }
            Some(_) | None => group(node, name, &edges),
        };
        seen.extend(needed.map(|needed| (name.clone(), needed)));
    }
    seen
}

/// The rows of a needed group in their order; a group without rows is there too.
fn group(node: &Node, name: &Arc<str>, edges: &BTreeMap<&str, (NeedsLevel, &Node)>) -> Option<Needed> {
    let mut rows = Vec::new();
    for need in &node.record.needs {
        let Some((level, needed)) = edges.get(need.id.as_ref()) else { continue };
        if needed.record.group.as_ref() != Some(name) {
            continue;
        }
        if *level == NeedsLevel::Running {
            return None;
        }
        let record = &needed.record;
        rows.push(RowResult { id: record.id.clone(), matrix: record.matrix.clone(), result: result(needed) });
    }
    Some(Needed::Group(rows))
}

pub(super) fn result(node: &Node) -> TaskResult {
    TaskResult { status: node.status, outputs: node.outputs.clone() }
}
