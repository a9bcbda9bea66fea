//! Journals, as they may be found after a death.

use flow_core::model::{AttemptId, Exit, FullId, LaunchKey, Reason, Timestamp};

use super::{End, Mark, Memory};
use crate::executor::local::layout::Layout;
use crate::executor::supervisor::journal::{Journal, Line};

fn key(node: &str) -> LaunchKey {
    LaunchKey::task(&AttemptId::new("attempt-1"), &FullId::root().child(node), 1)
}

fn taken(node: &str) -> Line {
    Line::Taken { key: key(node), tags: vec!["t".into()], at: Timestamp::from_unix_millis(1), secret: false }
}

fn started(node: &str, pid: i32) -> Line {
    Line::Started { raw: Layout::raw_id(&key(node)), pid, ticks: 9, at: Timestamp::from_unix_millis(2) }
}

fn ended(node: &str) -> Line {
    let (exit, reason) = (Exit::Code(3), Reason::Finished);
    Line::Ended { raw: Layout::raw_id(&key(node)), at: Timestamp::from_unix_millis(3), exit, reason, files: true }
}

fn sample() -> Vec<Line> {
    vec![
        Line::Opened { boot: "one".into() },
        taken("a"),
        taken("b"),
        started("b", 7),
        taken("c"),
        started("c", 8),
        ended("c"),
        Line::Removed { raw: Layout::raw_id(&key("c")) },
        started("c", 99),
        started("a", 6),
        ended("a"),
        taken("d"),
    ]
}

#[test]
fn lines_are_put_together() {
    let memory = Memory::of(sample());
    let names: Vec<_> = memory.entries.iter().map(|entry| entry.key.clone()).collect();
    assert_eq!(names, [key("a"), key("b"), key("d")], "the forgotten one is absent, even if news came late");
    assert_eq!(memory.boot, "one");
    let [a, b, d] = &memory.entries[..] else { panic!("three") };
    let end = End::Ended { exit: Exit::Code(3), reason: Reason::Finished, files: true };
    assert_eq!(a.end, Some((end, Timestamp::from_unix_millis(3))));
    assert_eq!(b.started.map(|(mark, _)| mark), Some(Mark { pid: 7, ticks: 9 }));
    assert_eq!((&b.end, &d.started), (&None, &None));
}

#[test]
fn the_short_form_says_the_same() {
    let memory = Memory::of(sample());
    let again = Memory::of(memory.lines("two"));
    assert_eq!(again.entries, memory.entries);
    assert_eq!(again.boot, "two");
}

#[test]
fn a_line_that_stands_twice_counts_once() {
    let lines = vec![taken("a"), taken("a"), ended("a"), ended("a")];
    assert_eq!(Memory::of(lines).entries.len(), 1);
}

#[test]
fn a_torn_end_is_left_out() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let path = scratch.path().join("supervisor.journal");
    assert_eq!(Journal::read(&path).expect("absent is empty"), []);
    let mut journal = Journal::replace(&path, &[taken("a")]).expect("written");
    journal.note(&ended("a"));
    journal.commit().expect("written");
    let whole = std::fs::read(&path).expect("read");
    for cut in 0..whole.len() {
        std::fs::write(&path, whole.get(..cut).expect("inside")).expect("cut");
        let lines = Journal::read(&path).expect("read");
        assert!(lines.len() < 2 || cut + 1 == whole.len(), "{cut}: {lines:?}");
    }
    std::fs::write(&path, &whole).expect("whole");
    assert_eq!(Journal::read(&path).expect("read"), [taken("a"), ended("a")]);
}
