//! [`TaskGraph`]: the tasks of an attempt or of a plan as a graph that people look at.
//!
//! [`TaskGraph::layout`] says where everything is, [`TaskGraph::svg`] draws it, [`TaskGraph::dot`] writes it for
//! Graphviz. The layout itself does not belong here (`layout`).

mod dot;
mod svg;

use std::collections::BTreeMap;

use indexmap::IndexSet;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::model::{Counts, FullId, NodeRecord, Task, TaskStatus};
use crate::plan::group::groups;
use crate::plan::layout::{Layout, LayoutGraph, LayoutNode, layout};

/// The width of a character in pixels, generously.
const CHARACTER: f64 = 7.4;
/// The mark before a label and the room around both.
const AROUND: f64 = 44.0;
/// The height of a box with one line.
const LINE: f64 = 34.0;
/// What a second line adds.
const SECOND_LINE: f64 = 16.0;
/// Longer labels are cut in the middle; the full id stands in the tooltip.
const MAX_LABEL: usize = 40;

/// So many rows of one matrix are drawn each by itself where nobody asked for more.
pub const DRAWN_ROWS: usize = 12;

/// A graph of tasks; calls hold the tasks that they opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaskGraph {
    /// The batch's name.
    pub name: String,
    /// The tasks in graph order: a call comes before what it holds.
    pub nodes: Vec<TaskNode>,
    /// From place to place in `nodes`: from what is needed to what needs it. Shape: no two are equal.
    pub edges: Vec<(usize, usize)>,
}

/// A task, a call, or the rows of a matrix that are drawn as one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaskNode {
    /// The dotted full id; of rows that are drawn as one, that of their group.
    pub id: String,
    /// What stands in its box.
    pub label: String,
    /// The call that holds it, a place in `nodes`.
    pub parent: Option<usize>,
    /// The matrix whose row it is: a number that its other rows have too.
    pub group: Option<usize>,
    /// Its status; `None` where nothing is known, as in a plan.
    pub status: Option<TaskStatus>,
    /// How many rows of a matrix it stands for; 0 for a task alone.
    pub count: usize,
    /// How many of these rows have each status, where they are known.
    pub rows: Counts,
}

/// What a graph is made of.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The full id.
    pub id: &'a FullId,
    /// Its place in its graph.
    pub node: &'a NodeRecord,
    /// Its status, where one is known.
    pub status: Option<TaskStatus>,
}

impl TaskGraph {
    /// The graph of an attempt's tasks, given in graph order. Matrices of more than `max_rows` rows are one box each.
    pub fn of_tasks(name: &str, tasks: &[Task], max_rows: usize) -> Self {
        let pieces = tasks.iter().map(|task| Piece { id: &task.id, node: &task.node, status: Some(task.status) });
        Self::new(name, &pieces.collect::<Vec<_>>(), max_rows)
    }

    /// The graph of a plan: without statuses, and calls are closed.
    pub fn of_nodes(name: &str, nodes: &[NodeRecord], max_rows: usize) -> Self {
        let ids: Vec<FullId> = nodes.iter().map(|node| FullId::root().child(&node.id)).collect();
        let pieces = ids.iter().zip(nodes).map(|(id, node)| Piece { id, node, status: None });
        Self::new(name, &pieces.collect::<Vec<_>>(), max_rows)
    }

    /// The graph of pieces in graph order: a call before what it opened.
    pub fn new(name: &str, pieces: &[Piece<'_>], max_rows: usize) -> Self {
        let mut drawing = Drawing::default();
        name.clone_into(&mut drawing.graph.name);
        let parts = parts(pieces, max_rows.max(1));
        for (piece, part) in pieces.iter().zip(&parts) {
            drawing.add(piece, part);
        }
        drawing.link(pieces);
        drawing.graph
    }

    /// Where everything is.
    pub fn layout(&self) -> Layout {
        let nodes = self.nodes.iter().map(|node| LayoutNode {
            width: AROUND + CHARACTER * node.label().width().max(node.rows_text().width()) as f64,
            height: if node.rows.total() > 0 { LINE + SECOND_LINE } else { LINE },
            parent: node.parent,
            group: node.group,
        });
        layout(&LayoutGraph { nodes: nodes.collect(), edges: self.edges.clone() })
    }

    /// The drawing as one SVG element that needs nothing else: light and dark, a colour and a mark for each status.
    pub fn svg(&self) -> String {
        svg::draw(self, &self.layout())
    }

    /// The graph in the language of Graphviz. Source: CLI-24, OBS-8.7.
    pub fn dot(&self) -> String {
        dot::write(self)
    }
}

impl TaskNode {
    /// The label as it fits a box.
    fn label(&self) -> String {
        let letters: Vec<char> = self.label.chars().collect();
        if letters.len() <= MAX_LABEL {
            return self.label.clone();
        }
        let half = MAX_LABEL / 2;
        let end = letters.iter().skip(letters.len() - half + 1);
        letters.iter().take(half).chain(std::iter::once(&'…')).chain(end).collect()
    }

    /// `3 succeeded, 1 running`; empty for a single task.
    fn rows_text(&self) -> String {
        let words: Vec<String> = self.rows.present().map(|(status, count)| format!("{count} {status}")).collect();
        words.join(", ")
    }
}

/// How a piece is drawn.
#[derive(Clone, Debug)]
enum Part {
    /// As a box of its own; maybe as a row of the matrix of this number.
    Own(Option<usize>),
    /// In one box with the other rows of its matrix.
    Row { id: FullId, count: usize },
    /// Not at all: it stands for rows that are there.
    Hidden,
}

fn parts(pieces: &[Piece<'_>], max_rows: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = pieces.iter().map(|_| Part::Own(None)).collect();
    let found = groups(pieces.iter().map(|piece| (piece.id.prefix(), piece.node)));
    for (number, group) in found.into_iter().enumerate().filter(|(_, group)| group.members.len() > 1) {
        let is_late = |at: &usize| pieces.get(*at).is_some_and(|piece| piece.node.late);
        let count = group.members.iter().filter(|at| !is_late(at)).count();
        for at in &group.members {
            let Some(slot) = parts.get_mut(*at) else { continue };
            *slot = match () {
                () if is_late(at) && count > 0 => Part::Hidden,
                () if count > max_rows => Part::Row { id: group.name.clone(), count },
                () => Part::Own(Some(number)),
            };
        }
    }
    parts
}

/// A graph that is being made.
#[derive(Debug, Default)]
struct Drawing {
    graph: TaskGraph,
    /// Where each full id is drawn; `None` where it is not.
    places: BTreeMap<FullId, Option<usize>>,
}

impl Drawing {
    fn add(&mut self, piece: &Piece<'_>, part: &Part) {
        let outer = piece.id.prefix();
        let parent = self.places.get(&outer).copied();
        // What rows that are drawn as one have opened is not drawn, and what is in that is not either.
        let is_inside = parent.is_some_and(|place| place.is_none_or(|at| self.is_rows(at)));
        let place = match part {
            _ if is_inside => None,
            // Who needs it needs the box of its rows, if they have one.
            Part::Hidden => self.places.get(piece.id).copied().flatten(),
            Part::Own(group) => Some(self.push(TaskNode {
                id: piece.id.to_string(),
                label: piece.id.local().to_owned(),
                parent: parent.flatten(),
                group: *group,
                status: piece.status,
                ..TaskNode::default()
            })),
            Part::Row { id, count } => Some(self.add_row(id, *count, piece, parent.flatten())),
        };
        self.places.insert(piece.id.clone(), place);
    }

    /// Whether a box stands for rows.
    fn is_rows(&self, at: usize) -> bool {
        self.graph.nodes.get(at).is_some_and(|node| node.count > 0)
    }

    fn add_row(&mut self, id: &FullId, count: usize, piece: &Piece<'_>, parent: Option<usize>) -> usize {
        let at = self.places.get(id).copied().flatten().unwrap_or_else(|| {
            let label = format!("{} ×{count}", id.local());
            self.push(TaskNode { id: id.to_string(), label, parent, count, ..TaskNode::default() })
        });
        self.places.insert(id.clone(), Some(at));
        if let (Some(node), Some(status)) = (self.graph.nodes.get_mut(at), piece.status) {
            node.rows.add(status);
            node.status = Some(node.rows.overall());
        }
        at
    }

    fn push(&mut self, node: TaskNode) -> usize {
        self.graph.nodes.push(node);
        self.graph.nodes.len() - 1
    }

    /// Draws the edges, each pair once.
    fn link(&mut self, pieces: &[Piece<'_>]) {
        let mut edges: IndexSet<(usize, usize)> = IndexSet::new();
        for piece in pieces {
            let Some(to) = self.places.get(piece.id).copied().flatten() else { continue };
            let outer = piece.id.prefix();
            let needs = piece.node.needs.iter().filter_map(|need| self.places.get(&outer.child(&need.id)).copied()?);
            edges.extend(needs.filter(|from| *from != to).map(|from| (from, to)));
        }
        self.graph.edges = edges.into_iter().collect();
    }
}
