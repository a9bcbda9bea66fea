//! Pictures.

use super::{Screen, picture};
use crate::io::{Output, Size};
use crate::report::look::Look;
use crate::report::sample::{Story, group_rows, node};
use crate::report::table::width;

const SIZE: Size = Size { width: 80, height: 24 };

fn text(story: &Story, size: Size) -> String {
    let look = Look { unicode: true, ..Look::default() };
    let lines = picture(&story.board, story.last.at, look, size);
    assert!(lines.len() < size.height && lines.iter().all(|line| width(line) < size.width), "{lines:#?}");
    lines.join("\n")
}

#[test]
fn every_task_has_its_line() {
    let mut story = Story::new(vec![node("load", 0, &[]), node("train", 1, &["load"]), node("report", 2, &["train"])]);
    story.run("load");
    story.end("load", 0, &[("rows", "12")]);
    story.run("train");
    let expected = "✓ load    succeeded  1.0s     rows=12
▸ train   running    0.0s
· report  pending
━━━━━━━━────────────────  1/3  6.0s  1 succeeded, 1 running, 1 pending";
    assert_eq!(text(&story, SIZE), expected);
    let narrow = text(&story, Size { width: 40, height: 24 });
    assert!(narrow.ends_with("  1/3  6.0s  1"), "{narrow}");
}

#[test]
fn a_matrix_is_one_line() {
    let mut story = Story::new(group_rows("fit", 4, 0, &[]));
    story.run("fit-0");
    story.end("fit-0", 0, &[]);
    story.run("fit-1");
    story.run("fit-2");
    story.end("fit-2", 1, &[]);
    let text = text(&story, Size { width: 120, height: 24 });
    let first = text.lines().next().unwrap();
    assert_eq!(first, "✗ fit ×4  ━━━━━━━━━━━━────────────  1 succeeded, 1 failed, 1 running, 1 pending  fit-1 3.0s");
}

#[test]
fn a_thousand_tasks_stay_calm() {
    let nodes = (0..1000).map(|at| node(&format!("task-{at}"), at, &[])).collect();
    let mut story = Story::new(nodes);
    for at in 0..500 {
        story.run(&format!("task-{at}"));
        story.end(&format!("task-{at}"), i32::from(at == 400), &[]);
    }
    story.run("task-777");
    let text = text(&story, Size { width: 100, height: 12 });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 11);
    // What failed and what runs is seen first, the rest is counted.
    assert!(lines[0].starts_with("✗ task-400  failed") && lines[1].starts_with("▸ task-777  running"), "{text}");
    assert_eq!(lines[9], "  991 more tasks: 499 succeeded, 492 pending");
    assert!(lines[10].contains("  500/1000  ") && lines[10].contains("1 failed"), "{text}");
}

#[test]
fn pictures_replace_each_other_and_lines_stay() {
    let (mut screen, written) = (Screen::default(), crate::report::sample::Written::default());
    let mut output = Output::pipe(written.clone());
    let draw = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    screen.draw(&mut output, draw(&["one", "two"]));
    assert_eq!(written.take(), "one\ntwo\n");
    screen.draw(&mut output, draw(&["one", "two"]));
    assert_eq!(written.take(), "");
    screen.keep(&mut output, &draw(&["stays"]));
    assert_eq!(written.take(), "\r\u{1b}[2A\u{1b}[Jstays\none\ntwo\n");
    screen.clear(&mut output);
    assert_eq!(written.take(), "\r\u{1b}[2A\u{1b}[J");
}
