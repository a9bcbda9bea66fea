//! [`layout`]: where the boxes of a graph lie and how its edges run. One drawing for SVG, console and notebook.
//!
//! From left to right: a box stands right of all that it needs, so a column is a level. Boxes inside a box are laid
//! out first, as a graph of their own, and the outer box is then as big as they ask for: so boxes hold what is in
//! them and never cross their neighbours. What the boxes mean does not belong here (`drawing`).

mod lanes;
mod order;
mod place;
mod rank;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use lanes::Lanes;

/// Between two columns.
const COLUMN_GAP: f64 = 56.0;
/// Between two boxes of a column.
const ROW_GAP: f64 = 14.0;
/// Between two edges that pass a column, or one and a box.
const LANE_GAP: f64 = 8.0;
/// Between a box and what is in it: left, right and below.
const INSET: f64 = 16.0;
/// Above what is in a box, with room for its label.
const HEAD: f64 = 32.0;

/// What is to be laid out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayoutGraph {
    /// The boxes; a box that holds others comes before them.
    pub nodes: Vec<LayoutNode>,
    /// From place to place in `nodes`: from what is needed to what needs it.
    pub edges: Vec<(usize, usize)>,
}

/// A box.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayoutNode {
    /// How wide it must be at least, in pixels.
    pub width: f64,
    /// How high it must be at least, in pixels.
    pub height: f64,
    /// The box that it lies in: an earlier place in `nodes`; anything else counts as none.
    pub parent: Option<usize>,
    /// Boxes with the same number are kept together where they stand in one column.
    pub group: Option<usize>,
}

/// Where everything is. Shape: `nodes` and `edges` are as those of the graph, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Pixels.
    pub width: f64,
    /// Pixels.
    pub height: f64,
    /// The boxes.
    pub nodes: Vec<Placed>,
    /// The edges.
    pub edges: Vec<Route>,
}

/// Where a box is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Its left side.
    pub x: f64,
    /// Its upper side.
    pub y: f64,
    /// Pixels.
    pub width: f64,
    /// Pixels.
    pub height: f64,
    /// Its column among its siblings, from 0.
    pub layer: usize,
}

/// A place in the drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From above.
    pub y: f64,
}

/// How an edge runs.
///
/// Shape: from the right side of one box to the left side of the other, never back to the left. Empty for an edge
/// between a box and what is in it, or itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Where it bends; between two points of one height it is straight, else a curve that leaves and comes level.
    pub points: Vec<Point>,
}

impl Route {
    /// The edge as path data of SVG.
    pub fn path(&self) -> String {
        let mut text = String::new();
        let Some(first) = self.points.first() else { return text };
        let _ = write!(text, "M{} {}", first.x, first.y);
        for (from, to) in self.points.iter().zip(self.points.iter().skip(1)) {
            let middle = tenth(f64::midpoint(from.x, to.x));
            let _ = if from.y.total_cmp(&to.y).is_eq() {
                write!(text, "H{}", to.x)
            } else {
                write!(text, "C{middle} {} {middle} {} {} {}", from.y, to.y, to.x, to.y)
            };
        }
        text
    }
}

/// Lays a graph out.
///
/// The same graph always gives the same drawing. Edges that close a circle are drawn straight and count for nothing
/// else. Cost: about linear in boxes and edges; edges that would need very many bends are drawn straight.
pub fn layout(graph: &LayoutGraph) -> Layout {
    let families = Families::of(graph);
    // What is no size is none: a length that is not finite would spoil all others.
    let length = |asked: f64| if asked.is_finite() { asked.max(0.0) } else { 0.0 };
    let asked = graph.nodes.iter().map(|node| Size { width: length(node.width), height: length(node.height) });
    let mut sizes: Vec<Size> = asked.collect();
    let mut inside: Vec<Inside> = Vec::new();
    // Inner boxes come behind their outer ones, so all sizes are known when they are asked for.
    for (parent, family) in families.all.iter().enumerate().rev() {
        let arranged = arrange(graph, family, &sizes);
        if let Some(size) = parent.checked_sub(1).and_then(|own| sizes.get_mut(own))
            && !family.members.is_empty()
        {
            size.width = size.width.max(arranged.width + 2.0 * INSET);
            size.height = size.height.max(arranged.height + HEAD + INSET);
        }
        inside.push(arranged);
    }
    inside.reverse();
    put_together(graph, &families, &sizes, &inside)
}

/// Width and height.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    width: f64,
    height: f64,
}

/// The boxes of one outer box, or of the whole drawing, with the edges between them.
#[derive(Debug, Default)]
struct Family {
    /// Places in the graph.
    members: Vec<usize>,
    /// Places in `members`, and the place of the edge in the graph.
    edges: Vec<(usize, usize, usize)>,
}

/// All families: the first is the whole drawing, that of box `n` is at `n + 1`.
#[derive(Debug)]
struct Families {
    all: Vec<Family>,
    /// The place of each box in its family.
    rank: Vec<usize>,
}

impl Families {
    fn of(graph: &LayoutGraph) -> Self {
        let mut all: Vec<Family> = (0..=graph.nodes.len()).map(|_| Family::default()).collect();
        let mut rank = Vec::with_capacity(graph.nodes.len());
        let mut depth: Vec<usize> = Vec::with_capacity(graph.nodes.len());
        for at in 0..graph.nodes.len() {
            let outer = parent(graph, at);
            depth.push(outer.and_then(|outer| depth.get(outer)).map_or(0, |depth| depth + 1));
            if let Some(family) = all.get_mut(slot(outer)) {
                rank.push(family.members.len());
                family.members.push(at);
            }
        }
        for (place, (from, to)) in graph.edges.iter().enumerate() {
            let Some((from, to)) = siblings(graph, &depth, *from, *to) else { continue };
            if let (Some(a), Some(b)) = (rank.get(from), rank.get(to))
                && let Some(family) = all.get_mut(slot(parent(graph, from)))
            {
                family.edges.push((*a, *b, place));
            }
        }
        Families { all, rank }
    }
}

/// The place of a family among all.
fn slot(parent: Option<usize>) -> usize {
    parent.map_or(0, |parent| parent + 1)
}

/// The box around a box.
fn parent(graph: &LayoutGraph, at: usize) -> Option<usize> {
    graph.nodes.get(at).and_then(|node| node.parent).filter(|parent| *parent < at)
}

/// The boxes of one family that an edge goes between; `None` if one lies in the other or they are the same.
fn siblings(graph: &LayoutGraph, depth: &[usize], mut from: usize, mut to: usize) -> Option<(usize, usize)> {
    let deep = |at: usize| depth.get(at).copied();
    while deep(from)? > deep(to)? {
        from = parent(graph, from)?;
    }
    while deep(to)? > deep(from)? {
        to = parent(graph, to)?;
    }
    while from != to && parent(graph, from) != parent(graph, to) {
        (from, to) = (parent(graph, from)?, parent(graph, to)?);
    }
    (from != to).then_some((from, to))
}

/// What one family looks like, from its own upper left corner.
#[derive(Debug, Default)]
struct Inside {
    width: f64,
    height: f64,
    /// As the members.
    places: Vec<(Point, usize)>,
    /// The place of the edge in the graph, and its points.
    routes: Vec<(usize, Vec<Point>)>,
}

/// Lays out one family: columns, then the order in each, then heights, then edges.
fn arrange(graph: &LayoutGraph, family: &Family, sizes: &[Size]) -> Inside {
    if family.members.is_empty() {
        return Inside::default();
    }
    let ends: Vec<(usize, usize)> = family.edges.iter().map(|(from, to, _)| (*from, *to)).collect();
    let ranks = rank::ranks(family.members.len(), &ends);
    let own: Vec<Size> = family.members.iter().filter_map(|at| sizes.get(*at).copied()).collect();
    let groups = family.members.iter().map(|at| graph.nodes.get(*at).and_then(|node| node.group)).collect();
    let mut lanes = Lanes::new(&ranks, &ends, &own, groups);
    order::order(&mut lanes);
    let centers = place::centers(&lanes);
    let columns = columns(&lanes);
    let width = columns.last().map_or(0.0, |last| last.right);
    let mut inside = Inside { width, height: 0.0, places: Vec::new(), routes: Vec::new() };
    for ((size, layer), center) in own.iter().zip(&ranks).zip(&centers) {
        let x = columns.get(*layer).map_or(0.0, |column| column.left);
        inside.places.push((Point { x, y: tenth(center - size.height / 2.0) }, *layer));
    }
    let lower = lanes.items.iter().zip(&centers).map(|(item, center)| center + item.height / 2.0);
    inside.height = lower.fold(0.0, f64::max);
    for (number, (_, _, place)) in family.edges.iter().enumerate() {
        inside.routes.push((*place, route(&lanes, number, &columns, &centers)));
    }
    inside
}

/// The sides of a column.
#[derive(Clone, Copy, Debug)]
struct Column {
    left: f64,
    right: f64,
}

fn columns(lanes: &Lanes) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(lanes.layers.len());
    for layer in &lanes.layers {
        let left = columns.last().map_or(0.0, |before| before.right + COLUMN_GAP);
        let widths = layer.iter().filter_map(|at| lanes.items.get(*at)).map(|item| item.width);
        columns.push(Column { left, right: left + widths.fold(0.0, f64::max) });
    }
    columns
}

/// From the right side of a box, level through each column that it passes, to the left side of the other.
fn route(lanes: &Lanes, edge: usize, columns: &[Column], centers: &[f64]) -> Vec<Point> {
    let Some(stops) = lanes.routes.get(edge) else { return Vec::new() };
    let mut points: Vec<Point> = Vec::with_capacity(2 * stops.len());
    for (number, at) in stops.iter().enumerate() {
        let (Some(item), Some(center)) = (lanes.items.get(*at), centers.get(*at)) else { continue };
        let Some(column) = columns.get(item.layer) else { continue };
        let y = tenth(*center);
        if number > 0 {
            points.push(Point { x: tenth(column.left), y });
        } else {
            points.push(Point { x: tenth(column.left + item.width), y });
        }
        let is_narrow = number > 0 || item.width < column.right - column.left;
        if number + 1 < stops.len() && is_narrow && column.right > column.left {
            points.push(Point { x: tenth(column.right), y });
        }
    }
    points
}

/// Moves every family to where its box is.
fn put_together(graph: &LayoutGraph, families: &Families, sizes: &[Size], inside: &[Inside]) -> Layout {
    let whole = inside.first().map_or((0.0, 0.0), |all| (tenth(all.width), tenth(all.height)));
    let mut layout = Layout { width: whole.0, height: whole.1, ..Layout::default() };
    layout.edges = graph.edges.iter().map(|_| Route::default()).collect();
    for (at, (size, rank)) in sizes.iter().zip(&families.rank).enumerate() {
        let outer = parent(graph, at);
        let corner = corner(&layout, outer);
        let place = inside.get(slot(outer)).and_then(|family| family.places.get(*rank));
        let (place, layer) = place.copied().unwrap_or_default();
        let (x, y) = (tenth(corner.x + place.x), tenth(corner.y + place.y));
        layout.nodes.push(Placed { x, y, width: tenth(size.width), height: tenth(size.height), layer });
    }
    for (number, family) in inside.iter().enumerate() {
        let corner = corner(&layout, number.checked_sub(1));
        for (place, points) in &family.routes {
            let moved = points.iter().map(|p| Point { x: tenth(p.x + corner.x), y: tenth(p.y + corner.y) });
            if let Some(route) = layout.edges.get_mut(*place) {
                route.points = moved.collect();
            }
        }
    }
    layout
}

/// Where the inside of a box begins.
fn corner(layout: &Layout, outer: Option<usize>) -> Point {
    let outer = outer.and_then(|outer| layout.nodes.get(outer));
    outer.map_or(Point::default(), |outer| Point { x: outer.x + INSET, y: outer.y + HEAD })
}

/// A tenth of a pixel is as fine as anybody sees, and short to write.
fn tenth(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}
