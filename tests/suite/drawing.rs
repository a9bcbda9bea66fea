//! Graphs of tasks as people look at them: as a graph, as SVG, and in the language of Graphviz.

use std::sync::Arc;

use flow_core::model::{FullId, Need, NeedsLevel, NodeRecord, TaskStatus};
use flow_core::plan::{DRAWN_ROWS, Piece, TaskGraph};
use flow_core::value::Value;
use indexmap::IndexMap;

/// A task of a drawing: its full id with parts behind slashes, its entry, its needs, its status.
struct Sketch {
    id: FullId,
    node: NodeRecord,
    status: Option<TaskStatus>,
}

fn sketch(id: &str, entry: u32, needs: &[&str], status: Option<TaskStatus>) -> Sketch {
    let id = FullId(id.split('/').map(Arc::from).collect());
    let needs = needs.iter().map(|id| Need { id: (*id).into(), level: NeedsLevel::Completed });
    let node = NodeRecord {
        id: id.local().into(),
        entry,
        matrix: IndexMap::new(),
        group: None,
        needs: needs.collect(),
        names: Vec::new(),
        local: false,
        late: false,
    };
    Sketch { id, node, status }
}

fn row(id: &str, entry: u32, needs: &[&str], status: TaskStatus) -> Sketch {
    let mut row = sketch(id, entry, needs, Some(status));
    row.node.matrix.insert("n".into(), Value::from(id));
    row.node.group = Some("grid".into());
    row
}

fn graph(name: &str, sketches: &[Sketch], max_rows: usize) -> TaskGraph {
    let pieces = sketches.iter().map(|one| Piece { id: &one.id, node: &one.node, status: one.status });
    TaskGraph::new(name, &pieces.collect::<Vec<_>>(), max_rows)
}

/// OBS-8.7: a → act(t1 → t2) → b.
fn with_a_call(status: Option<TaskStatus>) -> Vec<Sketch> {
    vec![
        sketch("a", 0, &[], status),
        sketch("act", 1, &["a"], status),
        sketch("act/t1", 0, &[], status),
        sketch("act/t2", 1, &["t1"], status),
        sketch("b", 2, &["act"], status),
    ]
}

/// One matrix of three rows between two tasks.
fn with_rows() -> Vec<Sketch> {
    vec![
        sketch("start", 0, &[], Some(TaskStatus::Succeeded)),
        row("grid-1", 1, &["start"], TaskStatus::Succeeded),
        row("grid-2", 1, &["start"], TaskStatus::Failed),
        row("grid-3", 1, &["start"], TaskStatus::Running),
        sketch("end", 2, &["grid-1", "grid-2", "grid-3"], Some(TaskStatus::Pending)),
    ]
}

#[test]
fn a_call_is_a_cluster_and_its_edges_are_tied_to_the_first_task_inside() {
    insta::assert_snapshot!(graph("nested", &with_a_call(None), 12).dot(), @r#"
    strict digraph nested {
        compound=true;
        node [style=filled];
        a [label=a];
        subgraph cluster_act {
            graph [label=act];
            "act.t1" [label=t1];
            "act.t2" [label=t2];
        }
        b [label=b];
        a -> "act.t1" [lhead=cluster_act];
        "act.t1" -> "act.t2";
        "act.t1" -> b [ltail=cluster_act];
    }
    "#);
}

/// CLI-24: each status has its colour.
#[test]
fn statuses_have_the_colours_of_the_reference() {
    let all = [
        (TaskStatus::Pending, "skyblue"),
        (TaskStatus::Running, "steelblue"),
        (TaskStatus::Succeeded, "limegreen"),
        (TaskStatus::Cancelled, "orange"),
        (TaskStatus::Skipped, "magenta"),
        (TaskStatus::Cached, "yellowgreen"),
        (TaskStatus::Failed, "orangered"),
        (TaskStatus::Unknown, "crimson"),
    ];
    for (status, color) in all {
        let dot = graph("b", &with_a_call(Some(status)), 12).dot();
        assert!(dot.contains(&format!("a [label=a color={color}];")), "{dot}");
        assert!(dot.contains(&format!("graph [label=act color={color}];")), "{dot}");
    }
}

#[test]
fn names_that_are_no_names_of_the_language_stand_in_quotes() {
    let dot = graph("my \"batch\"\n\\", &[sketch("Node", 0, &[], None), sketch("x-0.1", 1, &["Node"], None)], 12).dot();
    assert!(dot.starts_with("strict digraph \"my \\\"batch\\\"\u{fffd}\\\\\" {\n"), "{dot}");
    assert!(dot.contains("\"Node\" -> \"x-0.1\";"), "{dot}");
}

#[test]
fn many_rows_are_one_box_that_counts_them() {
    let folded = graph("b", &with_rows(), 2);
    let labels: Vec<&str> = folded.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(labels, ["start", "grid ×3", "end"]);
    assert_eq!(folded.edges, [(0, 1), (1, 2)]);
    assert_eq!((folded.nodes[1].count, folded.nodes[1].status), (3, Some(TaskStatus::Failed)));
    assert!(folded.svg().contains("1 succeeded, 1 failed, 1 running"));
    let open = graph("b", &with_rows(), DRAWN_ROWS);
    assert_eq!(open.nodes.len(), 5);
    assert!(open.nodes[1].group.is_some() && open.nodes[1].group == open.nodes[3].group);
    assert_eq!(open.edges.len(), 6);
}

/// What rows have opened is in their box, and so is not drawn.
#[test]
fn rows_that_are_calls_are_closed_where_they_are_one_box() {
    let mut sketches = with_rows();
    sketches.insert(2, sketch("grid-1/inner", 0, &[], Some(TaskStatus::Succeeded)));
    sketches.insert(3, sketch("grid-1/inner/most", 0, &[], Some(TaskStatus::Succeeded)));
    assert_eq!(graph("b", &sketches, 2).nodes.len(), 3);
    let open = graph("b", &sketches, 12);
    assert_eq!(open.nodes[3].parent, Some(2));
}

/// EXT-2: the node that stands for the rows of a matrix gives way to them.
#[test]
fn a_matrix_from_results_is_one_box_before_and_its_rows_after() {
    let late = || {
        let mut late = sketch("grid", 1, &["start"], Some(TaskStatus::Pending));
        late.node.late = true;
        late
    };
    let before = [sketch("start", 0, &[], None), late(), sketch("end", 2, &["grid"], None)];
    let drawn = graph("b", &before, 2);
    assert_eq!((drawn.nodes.len(), drawn.edges.as_slice()), (3, [(0, 1), (1, 2)].as_slice()));
    let mut after = with_rows();
    after.insert(1, late());
    for rows in [2, 12] {
        let drawn = graph("b", &after, rows);
        assert_eq!(drawn, graph("b", &with_rows(), rows), "the node that stood for the rows is not drawn");
    }
}

/// The picture has a box and a mark for each task, and nothing that a reader of XML would take for markup.
#[test]
fn hostile_texts_are_only_texts() {
    let long = "x".repeat(10_000);
    let hostile = [
        "<text><script>alert(1)<img src=x onerror=alert(1)>",
        "]]>&amp;&#0;<!--",
        "\" onload=\"alert(1)",
        "\u{1b}[31m\u{1b}]0;title\u{7}\u{0}\u{9b}2J",
        "\u{202e}txet\u{2066}\u{200f}",
        long.as_str(),
    ];
    for text in hostile {
        let svg = graph(text, &[sketch(text, 0, &[], Some(TaskStatus::Failed))], 12).svg();
        let bad = |letter: char| letter.is_control() && letter != '\n' || ('\u{202a}'..='\u{202e}').contains(&letter);
        assert!(!svg.contains(bad), "{svg}");
        assert_eq!(svg.matches("<script").count() + svg.matches("<img").count(), 0, "{svg}");
        assert_eq!(svg.matches("<text").count(), 1, "{svg}");
        assert!(!svg.contains(" onload=\""), "{svg}");
        // Once for the graph, twice for the box.
        assert!(svg.matches('x').count() < 35_000);
    }
}

#[test]
fn each_status_has_a_mark_of_its_own() {
    let marks = |status| {
        let svg = graph("b", &[sketch("a", 0, &[], Some(status))], 12).svg();
        let (_, mark) = svg.split_once("translate(17 17)\" d=\"").unwrap();
        mark.split_once('"').unwrap().0.to_owned()
    };
    let all = [
        TaskStatus::Pending,
        TaskStatus::Running,
        TaskStatus::Succeeded,
        TaskStatus::Failed,
        TaskStatus::Cancelled,
        TaskStatus::Skipped,
        TaskStatus::Cached,
        TaskStatus::Unknown,
    ];
    let found: std::collections::BTreeSet<String> = all.into_iter().map(marks).collect();
    assert_eq!(found.len(), all.len());
}

#[test]
fn the_picture_of_a_small_graph() {
    insta::assert_snapshot!(graph("nested", &with_a_call(Some(TaskStatus::Succeeded)), 12).svg());
}
