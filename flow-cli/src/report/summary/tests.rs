//! The last lines.

use flow_core::event::EventKind;
use flow_core::model::TaskStatus;

use super::{failure, failures, quoted, result};
use crate::report::look::Look;
use crate::report::sample::{Story, node};

#[test]
fn the_result_counts_and_failures_say_what_to_type() {
    let mut story = Story::new(vec![node("a", 0, &[]), node("b c", 1, &["a"]), node("d", 2, &["b c"])]);
    story.run("a");
    story.end("a", 0, &[]);
    story.run("b c");
    story.end("b c", 3, &[]);
    story.skip("d");
    story.tell(EventKind::AttemptEnded { result: TaskStatus::Failed });
    let look = Look::default();
    assert_eq!(result(&story.board, look), "train failed in 9.0s: 1 succeeded, 1 failed, 1 skipped");
    let failed = failures(&story.board);
    assert_eq!(failed.len(), 1);
    let lines = failure("bake-1", failed[0], &["boom".to_owned()], look);
    assert_eq!(lines, ["b c failed: exit code 3", "  | boom", "  apolo-flow logs bake-1 'b c'"]);
}

#[test]
fn arguments_are_quoted_where_a_shell_needs_it() {
    for (text, expected) in
        [("a-1", "a-1"), ("train.eval", "train.eval"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''")]
    {
        assert_eq!(quoted(text), expected);
    }
}
