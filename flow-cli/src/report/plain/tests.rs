//! Plain lines.

use flow_core::event::{CancelScope, EventKind};

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
