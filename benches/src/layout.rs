//! Laying out graphs that look like pipelines, in CPU time of this process.

use flow_core::plan::{LayoutGraph, LayoutNode, layout};

use crate::Failure;
use crate::measure::{median, own_cpu};

/// Boxes, and how often they are laid out.
const SIZES: [(usize, usize); 3] = [(300, 21), (1_000, 21), (10_000, 5)];

/// How far back a need may lie.
const REACH: usize = 60;

/// The next number of a fixed sequence: the same graph in every run.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Each box needs one to three of the 60 before it: about twice as many edges as boxes.
fn pipeline(boxes: usize) -> LayoutGraph {
    let mut state = 1;
    let mut graph = LayoutGraph::default();
    for at in 0..boxes {
        let width = (60 + next(&mut state) % 120) as f64;
        graph.nodes.push(LayoutNode { width, height: 32.0, ..LayoutNode::default() });
        for _ in 0..(1 + next(&mut state) % 3).min(at) {
            graph.edges.push((at - 1 - next(&mut state) % REACH.min(at), at));
        }
    }
    graph
}

/// One box, so many in a column, one box: a matrix that is drawn row by row.
fn fan(rows: usize) -> LayoutGraph {
    let node = LayoutNode { width: 120.0, height: 32.0, ..LayoutNode::default() };
    let edges = (1..=rows).flat_map(|row| [(0, row), (row, rows + 1)]).collect();
    LayoutGraph { nodes: vec![node; rows + 2], edges }
}

/// Prints the figures.
pub(crate) fn report() -> Result<(), Failure> {
    for (boxes, runs) in SIZES {
        measure("pipeline", &pipeline(boxes), runs)?;
    }
    measure("fan", &fan(1_000), 21)
}

fn measure(name: &str, graph: &LayoutGraph, runs: usize) -> Result<(), Failure> {
    let mut spent = Vec::new();
    for _ in 0..runs {
        let begun = own_cpu();
        let drawn = layout(graph);
        spent.push(own_cpu() - begun);
        if drawn.nodes.len() != graph.nodes.len() {
            return Err("a box is missing".into());
        }
    }
    let (boxes, edges, millis) = (graph.nodes.len(), graph.edges.len(), median(spent) * 1e3);
    println!("layout of a {name}, {boxes} boxes, {edges} edges: {millis:.1} ms CPU (median of {runs})");
    Ok(())
}
