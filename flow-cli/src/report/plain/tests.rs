//! Plain lines.

use flow_core::event::{CancelScope, EndedTry, EventKind};
use flow_core::model::{AttemptId, Exit, FullId, LaunchKey, LogRef, Outcome, Reason, TaskStatus};

use super::Plain;
use crate::report::look::Look;
use crate::report::sample::{Story, node};
use crate::report::time::Zone;

fn lines(story: &Story) -> Vec<String> {
    let plain = Plain { look: Look::default(), zone: Zone::of(Some("UTC")), detailed: false };
    plain.lines(&story.board, &story.last)
}

#[test]
fn each_event_has_its_line() {
    let mut story = Story::new(vec![node("a", 0, &[]), node("b", 1, &["a"]), node("c", 2, &["b"])]);
    assert_eq!(lines(&story), [""; 0]);
    story.run("a");
    assert_eq!(lines(&story), ["22:13:24  a  running"]);
    story.end("a", 0, &[("rows", "12"), ("note", "two\nlines")]);
    assert_eq!(
        lines(&story),
        ["22:13:25  a  succeeded  1.0s", "            rows: 12", r"            note: two\nlines"]
    );
    story.run("b");
    story.end("b", 3, &[]);
    assert_eq!(lines(&story), ["22:13:28  b  failed  1.0s  (exit code 3)"]);
    assert!(Plain::stays(&story.last));
    story.skip("c");
    assert_eq!(lines(&story), ["22:13:29  c  skipped  (the bake was winding down)"]);
    story.tell(EventKind::CancelAsked { scope: CancelScope::Attempt, by: "eve\u{1b}[2J".into(), request: None });
    assert_eq!(lines(&story), [r"22:13:30  eve\u{1b}[2J asked to cancel the bake"]);
}

#[test]
fn a_task_that_is_tried_again_says_how_it_ended_and_when_it_comes() {
    let mut story = Story::new(vec![node("a", 0, &[])]);
    story.run("a");
    let outcome = Outcome { status: TaskStatus::Failed, exit: Exit::Code(3), reason: Reason::Finished };
    let key = LaunchKey::task(&AttemptId::new("attempt-1"), &FullId::root().child("a"), 2);
    let at = story.last.at.after(std::time::Duration::from_secs(61));
    let ended = Some(Box::new(EndedTry { outcome, log: LogRef { bytes: 7 }, last: Some(3), happened_at: None }));
    story.tell(EventKind::RetryAt { key: key.clone(), at, ended });
    assert_eq!(lines(&story), ["22:13:25  a  failed (exit code 3): try 2 of 3, next in 1m 00s"]);
    let task = story.board.tasks.values().next().unwrap();
    let now = crate::report::words::note_now(task, story.last.at);
    assert_eq!(now.as_deref(), Some("try 2 of 3, next in 1m 00s (exit code 3)"));
    story.tell(EventKind::RetryAt { key, at, ended: None });
    assert_eq!(lines(&story), ["22:13:26  a  will be started again in 59s"]);
}
