//! Layouts of random graphs: boxes do not overlap, edges go forward, boxes hold what is in them, and the same graph
//! gives the same drawing.

use flow_core::plan::{Layout, LayoutGraph, LayoutNode, Placed, layout};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq};
use proptest::test_runner::TestCaseError;

use crate::chance::cases;

/// Pixels that rounding may cost.
const SLACK: f64 = 0.31;

/// A graph without circles: edges go from a box to a later one.
fn graphs() -> impl Strategy<Value = LayoutGraph> {
    let node = (10.0..200.0, 10.0..60.0, option::weighted(0.4, any::<prop::sample::Index>()), option::of(0..3_usize));
    let edge = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    (vec(node, 1..60), vec(edge, 0..120)).prop_map(|(nodes, edges)| {
        let count = nodes.len();
        let nodes = nodes.into_iter().enumerate();
        let nodes = nodes.map(|(at, (width, height, parent, group))| LayoutNode {
            width,
            height,
            // Half of the boxes are never outer ones, so that families get big.
            parent: parent.filter(|_| at > 0).map(|index| index.index(at) / 2),
            group,
        });
        let ends = edges.iter().map(|(a, b)| (a.index(count), b.index(count)));
        let edges = ends.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b)));
        LayoutGraph { nodes: nodes.collect(), edges: edges.collect() }
    })
}

fn at<T>(list: &[T], place: usize) -> &T {
    list.get(place).expect("a place of the list")
}

fn overlap(a: &Placed, b: &Placed) -> bool {
    let apart = |a: f64, length: f64, b: f64| a + length <= b + SLACK;
    let aside = apart(a.x, a.width, b.x) || apart(b.x, b.width, a.x);
    let above = apart(a.y, a.height, b.y) || apart(b.y, b.height, a.y);
    !aside && !above
}

fn holds(outer: &Placed, inner: &Placed) -> bool {
    inner.x >= outer.x - SLACK
        && inner.y >= outer.y - SLACK
        && inner.x + inner.width <= outer.x + outer.width + SLACK
        && inner.y + inner.height <= outer.y + outer.height + SLACK
}

fn boxes_are_apart(graph: &LayoutGraph, drawn: &Layout) -> Result<(), TestCaseError> {
    let whole = Placed { width: drawn.width, height: drawn.height, ..Placed::default() };
    for (number, (node, place)) in graph.nodes.iter().zip(&drawn.nodes).enumerate() {
        let outer = node.parent.map_or(&whole, |parent| at(&drawn.nodes, parent));
        prop_assert!(holds(outer, place), "{place:?} sticks out of {outer:?}");
        prop_assert!(place.width >= node.width - SLACK && place.height >= node.height - SLACK);
        for (other, next) in graph.nodes.iter().zip(&drawn.nodes).skip(number + 1) {
            prop_assert!(other.parent != node.parent || !overlap(place, next), "{place:?} overlaps {next:?}");
        }
    }
    Ok(())
}

/// The outermost boxes of two that differ; `None` where one lies in the other.
fn apart(graph: &LayoutGraph, from: usize, to: usize) -> Option<(usize, usize)> {
    let path = |inner: usize| {
        let mut path: Vec<usize> =
            std::iter::successors(Some(inner), |inner| at(&graph.nodes, *inner).parent).collect();
        path.reverse();
        path
    };
    path(from).into_iter().zip(path(to)).find(|(a, b)| a != b)
}

fn edges_go_forward(graph: &LayoutGraph, drawn: &Layout) -> Result<(), TestCaseError> {
    prop_assert_eq!(graph.edges.len(), drawn.edges.len());
    for ((from, to), route) in graph.edges.iter().zip(&drawn.edges) {
        let Some((from, to)) = apart(graph, *from, *to) else {
            prop_assert!(route.points.is_empty());
            continue;
        };
        // Boxes that hold others may be tied in a circle, where not every edge can go forward.
        if at(&drawn.nodes, from).layer >= at(&drawn.nodes, to).layer {
            prop_assert!(graph.nodes.iter().any(|node| node.parent.is_some()));
            continue;
        }
        let (from, to) = (at(&drawn.nodes, from), at(&drawn.nodes, to));
        prop_assert!(from.x + from.width < to.x);
        let (first, last) = (at(&route.points, 0), at(&route.points, route.points.len() - 1));
        prop_assert!((first.x - from.x - from.width).abs() < SLACK && (last.x - to.x).abs() < SLACK);
        prop_assert!(first.y > from.y && first.y < from.y + from.height);
        prop_assert!(last.y > to.y && last.y < to.y + to.height);
        prop_assert!(route.points.is_sorted_by(|a, b| a.x <= b.x), "an edge goes back: {:?}", route.points);
    }
    Ok(())
}

#[test]
fn layouts_keep_their_promises() {
    proptest::proptest!(cases(64), |(graph in graphs())| {
        let drawn = layout(&graph);
        boxes_are_apart(&graph, &drawn)?;
        edges_go_forward(&graph, &drawn)?;
        prop_assert_eq!(&layout(&graph), &drawn, "the same graph is drawn in another way");
        let stored = serde_json::to_string(&drawn).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Layout>(&stored).unwrap(), &drawn);
    });
}

/// Without inner boxes nothing can be tied in a circle, so every edge goes forward.
#[test]
fn columns_are_the_longest_ways() {
    proptest::proptest!(cases(64), |(graph in graphs())| {
        let mut graph = graph;
        graph.nodes.iter_mut().for_each(|node| node.parent = None);
        let drawn = layout(&graph);
        let mut longest = vec![0; graph.nodes.len()];
        let mut edges = graph.edges.clone();
        edges.sort_unstable();
        for (from, to) in &edges {
            longest[*to] = longest[*to].max(longest[*from] + 1);
        }
        let layers: Vec<usize> = drawn.nodes.iter().map(|place| place.layer).collect();
        prop_assert_eq!(layers, longest);
    });
}

/// Any graph at all is drawn: circles, parents and ends that do not exist, sizes that are none.
#[test]
fn nonsense_is_drawn_too() {
    proptest::proptest!(cases(64), |(
        nodes in vec((any::<f64>(), any::<f64>(), option::of(0..40_usize)), 0..30),
        edges in vec((0..40_usize, 0..40_usize), 0..80)
    )| {
        let nodes = nodes.into_iter().map(|(width, height, parent)| LayoutNode {
            width: if width.abs() < 1e9 { width } else { f64::NAN },
            height: if height.abs() < 1e9 { height } else { f64::INFINITY },
            parent,
            group: None,
        });
        let graph = LayoutGraph { nodes: nodes.collect(), edges };
        let drawn = layout(&graph);
        prop_assert_eq!(drawn.nodes.len(), graph.nodes.len());
        prop_assert_eq!(drawn.edges.len(), graph.edges.len());
        let finite = |place: &Placed| [place.x, place.y, place.width, place.height].iter().all(|one| one.is_finite());
        prop_assert!(drawn.nodes.iter().all(finite));
    });
}

/// Two chains that the order of writing crosses are drawn without a crossing.
#[test]
fn crossings_are_taken_out() {
    let node = LayoutNode { width: 50.0, height: 20.0, ..LayoutNode::default() };
    let graph = LayoutGraph { nodes: vec![node; 6], edges: vec![(0, 3), (1, 2), (2, 5), (3, 4)] };
    let drawn = layout(&graph);
    for chain in [[0, 3, 4], [1, 2, 5]] {
        let heights: Vec<f64> = chain.iter().map(|at| drawn.nodes[*at].y).collect();
        assert_eq!(heights, vec![heights[0]; 3], "a chain runs level");
    }
    assert!(drawn.edges.iter().all(|route| route.path().contains('H') && !route.path().contains('C')));
}

/// An edge that passes a column goes around the box that stands there, also where it leaves the trunk it shares.
#[test]
fn long_edges_pass_between_boxes() {
    let node = LayoutNode { width: 50.0, height: 20.0, ..LayoutNode::default() };
    let graph = LayoutGraph { nodes: vec![node; 4], edges: vec![(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)] };
    let drawn = layout(&graph);
    for (route, passed) in [(3, vec![1]), (4, vec![1, 2])] {
        for at in passed {
            let place = &drawn.nodes[at];
            let points = drawn.edges[route].points.iter();
            let inside = points.filter(|point| point.x >= place.x && point.x <= place.x + place.width);
            let heights: Vec<f64> = inside.map(|point| point.y).collect();
            assert!(!heights.is_empty());
            assert!(heights.iter().all(|y| *y < place.y || *y > place.y + place.height), "{heights:?} {place:?}");
        }
    }
}
