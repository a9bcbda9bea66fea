//! [`write`]: a graph of tasks in the language of Graphviz. Source: CLI-24, OBS-8.7.

use std::fmt::Write as _;

use crate::model::TaskStatus;
use crate::plan::drawing::{TaskGraph, TaskNode};

/// Words of the language; as names they stand in quotes.
const WORDS: [&str; 6] = ["node", "edge", "graph", "digraph", "subgraph", "strict"];

/// A strict digraph named after the batch: a call is a cluster, and an edge to or from it is tied to the first task
/// inside.
pub(super) fn write(graph: &TaskGraph) -> String {
    let mut inside: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    let mut top = Vec::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        match node.parent.and_then(|parent| inside.get_mut(parent)) {
            Some(inside) => inside.push(at),
            None => top.push(at),
        }
    }
    let writer = Writer { graph, inside };
    let mut text = format!("strict digraph {} {{\n", name(&graph.name));
    text.push_str("    compound=true;\n    node [style=filled];\n");
    writer.nodes(&mut text, &top);
    for (from, to) in &graph.edges {
        writer.edge(&mut text, *from, *to);
    }
    text.push_str("}\n");
    text
}

struct Writer<'a> {
    graph: &'a TaskGraph,
    /// What each call holds.
    inside: Vec<Vec<usize>>,
}

impl Writer<'_> {
    /// Writes boxes and clusters; what is left to do stands on a stack, so no depth is too deep.
    fn nodes(&self, text: &mut String, top: &[usize]) {
        let mut open: Vec<(usize, Step)> = top.iter().rev().map(|at| (*at, Step::Begin)).collect();
        let mut depth = 1;
        while let Some((at, step)) = open.pop() {
            let Some(node) = self.graph.nodes.get(at) else { continue };
            let own = self.inside.get(at).map_or([].as_slice(), Vec::as_slice);
            if matches!(step, Step::End) {
                depth -= 1;
                let _ = writeln!(text, "{}}}", indent(depth));
            } else if own.is_empty() {
                let _ = writeln!(text, "{}{} [{}];", indent(depth), name(&node.id), look(node));
            } else {
                let (id, space) = (name(&format!("cluster_{}", node.id)), indent(depth));
                let _ = writeln!(text, "{space}subgraph {id} {{\n{space}    graph [{}];", look(node));
                depth += 1;
                open.push((at, Step::End));
                open.extend(own.iter().rev().map(|at| (*at, Step::Begin)));
            }
        }
    }

    fn edge(&self, text: &mut String, from: usize, to: usize) {
        let (Some((tail, tail_node)), Some((head, head_node))) = (self.first(from), self.first(to)) else { return };
        let mut ends = Vec::new();
        if head != to {
            ends.extend(
                self.graph.nodes.get(to).map(|node| format!("lhead={}", name(&format!("cluster_{}", node.id)))),
            );
        }
        if tail != from {
            ends.extend(
                self.graph.nodes.get(from).map(|node| format!("ltail={}", name(&format!("cluster_{}", node.id)))),
            );
        }
        let ends = if ends.is_empty() { String::new() } else { format!(" [{}]", ends.join(" ")) };
        let _ = writeln!(text, "    {} -> {}{ends};", name(&tail_node.id), name(&head_node.id));
    }

    /// A task itself, of a call the first task in it.
    fn first(&self, mut at: usize) -> Option<(usize, &TaskNode)> {
        while let Some(next) = self.inside.get(at).and_then(|inside| inside.first()) {
            at = *next;
        }
        self.graph.nodes.get(at).map(|node| (at, node))
    }
}

/// What of a cluster is written next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End,
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

fn look(node: &TaskNode) -> String {
    let color = node.status.map(|status| format!(" color={}", color(status))).unwrap_or_default();
    format!("label={}{color}", name(&node.label))
}

fn color(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Pending => "skyblue",
        TaskStatus::Running => "steelblue",
        TaskStatus::Succeeded => "limegreen",
        TaskStatus::Cancelled => "orange",
        TaskStatus::Skipped => "magenta",
        TaskStatus::Cached => "yellowgreen",
        TaskStatus::Failed => "orangered",
        TaskStatus::Unknown => "crimson",
    }
}

/// A name as the language takes it: bare where it may be, else in quotes.
fn name(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push('\u{fffd}'),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
