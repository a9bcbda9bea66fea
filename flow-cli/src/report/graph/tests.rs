//! Drawn graphs.

use super::draw;
use crate::report::look::Look;
use crate::report::sample::{group_rows, matrix_row, node};
use flow_core::model::{NeedsLevel, NodeRecord};

fn picture(nodes: &[NodeRecord]) -> String {
    let lines = draw(nodes, Look { unicode: true, ..Look::default() }, 60);
    lines.join("\n") + "\n"
}

#[test]
fn a_chain_is_straight() {
    let nodes = [node("a", 0, &[]), node("b", 1, &["a"]), node("c", 2, &["b"])];
    assert_eq!(picture(&nodes), "● a\n● b\n● c\n");
}

#[test]
fn a_diamond_parts_and_joins() {
    let nodes = [node("a", 0, &[]), node("b", 1, &["a"]), node("c", 2, &["a"]), node("d", 3, &["b", "c", "a"])];
    // `a` is needed by `d` only through the others, so there is no line for it.
    assert_eq!(picture(&nodes), "● a\n├─╮\n│ ● b\n● │ c\n├─╯\n● d\n");
}

#[test]
fn a_matrix_is_one_row() {
    let mut nodes = vec![node("prepare", 0, &[])];
    nodes.extend(group_rows("train", 6, 1, &["prepare"]));
    let all: Vec<String> = (0..6).map(|at| format!("train-{at}")).collect();
    nodes.push(node("report", 2, &all.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(picture(&nodes), "● prepare\n● train ×6\n● report\n");
    let rows = [matrix_row(None, "fit-a-x", 0, &[]), matrix_row(None, "fit-b-x", 0, &[])];
    assert_eq!(picture(&rows), "● fit-* ×2\n");
}

#[test]
fn roots_stand_side_by_side() {
    let nodes = [node("a", 0, &[]), node("b", 1, &[]), node("c", 2, &["a", "b"]), node("d", 3, &[])];
    assert_eq!(picture(&nodes), "● a\n│ ● b\n│ │ ● d\n├─╯\n● c\n");
}

#[test]
fn a_level_of_running_is_said() {
    let mut serve = node("client", 1, &["server"]);
    serve.needs.iter_mut().for_each(|need| need.level = NeedsLevel::Running);
    assert_eq!(picture(&[node("server", 0, &[]), serve]), "● server\n● client  once server runs\n");
}

#[test]
fn large_graphs_are_listed_by_level() {
    let mut nodes = vec![node("first", 0, &[])];
    nodes.extend((0..1000).map(|at| node(&format!("task-{at}"), at + 1, &["first"])));
    let text = picture(&nodes);
    assert_eq!(text.lines().count(), 2);
    assert!(
        text.starts_with("  1  first\n  2  task-0, task-1, ") && text.lines().all(|line| line.chars().count() <= 60)
    );
}

#[test]
fn names_are_clean_and_ascii_is_enough() {
    let nodes = [node("a\u{1b}[2J", 0, &[]), node("b", 1, &["a\u{1b}[2J"]), node("c", 2, &["a\u{1b}[2J"])];
    let text = draw(&nodes, Look::default(), 60).join("\n");
    assert!(text.is_ascii() && !text.contains('\u{1b}'), "{text}");
    assert_eq!(text.lines().next(), Some(r"o a\u{1b}[2J"));
}
