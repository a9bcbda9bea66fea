//! [`rings`]: what names itself, over however many steps.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// The sets of nodes that reach themselves; `edges` holds the nodes that each node names.
///
/// Shape: each set in ascending order, the sets by their first node.
pub(crate) fn rings(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    for _ in edges {
        graph.add_node(());
    }
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(*to), ());
        }
    }
    let is_ring = |set: &Vec<NodeIndex>| match set.as_slice() {
        [one] => graph.contains_edge(*one, *one),
        _ => true,
    };
    let sets = tarjan_scc(&graph).into_iter().filter(is_ring);
    let mut rings: Vec<Vec<usize>> = sets.map(|set| set.into_iter().map(NodeIndex::index).collect()).collect();
    for ring in &mut rings {
        ring.sort_unstable();
    }
    rings.sort();
    rings
}
