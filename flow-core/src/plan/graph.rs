//! The graph of a plan: cycles, and levels for drawing. Source: CTX-76, DEC-1.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diag::{Code, Diagnostic};
use crate::model::NodeRecord;
use crate::plan::entry::place_of;
use crate::plan::need::Edges;
use crate::resolve::TaskDefinition;
use crate::text::Span;

/// The level of each node: 0 for those without needs, else one more than the highest of its needs.
///
/// Shape: as long as `nodes`, in their order. Needs that are not among the nodes count as none.
/// Cost: linear in nodes and edges.
pub fn levels(nodes: &[NodeRecord]) -> Vec<u32> {
    let index = index(nodes);
    let mut levels = vec![0_u32; nodes.len()];
    // The components of an acyclic graph are its nodes, needed ones first.
    for component in tarjan_scc(&graph(nodes, &index)) {
        for at in component {
            let needs = nodes.get(at.index()).into_iter().flat_map(|node| &node.needs);
            let below = needs.filter_map(|need| levels.get(*index.get(&need.id)?)).max();
            let level = below.map_or(0, |below| below + 1);
            if let Some(slot) = levels.get_mut(at.index()) {
                *slot = level;
            }
        }
    }
    levels
}

fn index(nodes: &[NodeRecord]) -> IndexMap<Arc<str>, usize> {
    nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect()
}

/// An edge goes from the task that waits to the task that it needs.
fn graph(nodes: &[NodeRecord], index: &IndexMap<Arc<str>, usize>) -> DiGraph<(), ()> {
    let edges = nodes.iter().map(|node| node.needs.len()).sum();
    let mut graph = DiGraph::with_capacity(nodes.len(), edges);
    for _ in nodes {
        graph.add_node(());
    }
    for (at, node) in nodes.iter().enumerate() {
        for target in node.needs.iter().filter_map(|need| index.get(&need.id)) {
            graph.add_edge(NodeIndex::new(at), NodeIndex::new(*target), ());
        }
    }
    graph
}

/// Finds circles, one report for each set of entries that needs itself: the path of ids, and the
/// place of each of its needs (DEC-1).
pub(crate) fn cycles(nodes: &[NodeRecord], edges: &[Edges], tasks: &[TaskDefinition]) -> Vec<Diagnostic> {
    let index = index(nodes);
    let graph = graph(nodes, &index);
    let mut reported: BTreeSet<Vec<u32>> = BTreeSet::new();
    let mut faults = Vec::new();
    for component in tarjan_scc(&graph) {
        let members: BTreeSet<usize> = component.iter().map(|at| at.index()).collect();
        let Some(path) = circle(&graph, &members) else { continue };
        let mut entries: Vec<u32> = path.iter().filter_map(|at| nodes.get(*at)).map(|node| node.entry).collect();
        entries.sort_unstable();
        entries.dedup();
        if reported.insert(entries) {
            faults.push(describe(&path, nodes, edges, tasks));
        }
    }
    faults
}

/// A shortest circle through the first member that lies on one; `None` if there is none.
fn circle(graph: &DiGraph<(), ()>, members: &BTreeSet<usize>) -> Option<Vec<usize>> {
    let start = *members.first()?;
    let mut before: IndexMap<usize, usize> = IndexMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in graph.neighbors(NodeIndex::new(at)).map(NodeIndex::index) {
            if next == start {
                return Some(walk_back(start, at, &before));
            }
            if members.contains(&next) && !before.contains_key(&next) {
                before.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

fn walk_back(start: usize, last: usize, before: &IndexMap<usize, usize>) -> Vec<usize> {
    let mut path = vec![last];
    let mut at = last;
    while at != start {
        let Some(previous) = before.get(&at) else { break };
        at = *previous;
        path.push(at);
    }
    path.reverse();
    path
}

fn describe(path: &[usize], nodes: &[NodeRecord], edges: &[Edges], tasks: &[TaskDefinition]) -> Diagnostic {
    let ring: Vec<&NodeRecord> = path.iter().chain(path.first()).filter_map(|at| nodes.get(*at)).collect();
    let words: Vec<_> = ring.iter().map(|node| format!("`{}`", node.id)).collect();
    let fault = Diagnostic::error(Code::Cycle, format!("tasks need each other in a circle: {}", words.join(" → ")));
    let steps = path.iter().zip(ring.iter().skip(1));
    let labels = steps.filter_map(|(at, next)| Some((need_place(*at, next, nodes, edges, tasks)?, next)));
    let labelled = labels.fold(fault, |fault, ((span, text), _)| fault.at(span, text));
    labelled.help("drop one of these needs")
}

/// Where a node's need of `next` stands, with what to say there.
fn need_place(
    at: usize,
    next: &NodeRecord,
    nodes: &[NodeRecord],
    edges: &[Edges],
    tasks: &[TaskDefinition],
) -> Option<(Span, String)> {
    let node = nodes.get(at)?;
    let own = edges.get(at)?;
    let found = own.needs.iter().position(|need| need.id == next.id)?;
    if let Some(span) = own.places.get(found).copied().flatten() {
        return Some((span, format!("`{}` needs `{}`", node.id, next.id)));
    }
    let span = place_of(tasks.get(node.entry as usize)?);
    Some((span, format!("`{}` has no `needs`, so it needs the entry before: `{}`", node.id, next.id)))
}
