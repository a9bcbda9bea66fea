//! Changes stay small whatever their events hold.

use flow_core::event::{Event, EventKind, Stage};
use flow_core::model::{AttemptId, FullId, LaunchKey, Subject, Timestamp};

use super::Change;

fn change(task: &str, why: &str) -> Change {
    let attempt = AttemptId::new("attempt-1");
    let key = LaunchKey::task(&attempt, &FullId::root().child(task), 1);
    let kind = EventKind::Progress { key, stage: Stage::Queued, why: Some(why.to_owned()), happened_at: None };
    let event =
        Event { position: u64::MAX, seq: 1, at: Timestamp::default(), subject: Subject::Attempt(attempt), kind };
    Change::new(&event, Some(("bake-1", 1)))
}

#[test]
fn a_message_is_below_a_kilobyte() {
    let worst = "\u{1}".repeat(5000);
    for (task, why) in [("a", worst.as_str()), (&"x".repeat(200), &"é".repeat(900)), (&worst, &worst)] {
        let text = serde_json::to_string(&change(task, why)).unwrap();
        // Control characters are six bytes each in JSON.
        assert!(text.len() < 2048, "{} bytes", text.len());
    }
    let plain = serde_json::to_string(&change("train.fit-0.1", &"waits for room ".repeat(100))).unwrap();
    assert!(plain.len() < 1024, "{} bytes", plain.len());
}

#[test]
fn a_very_long_id_asks_for_a_reload() {
    assert_eq!(change(&"x".repeat(201), "").task, None);
    assert!(change(&"x".repeat(201), "").reload);
    assert_eq!(change("a", "").task.as_deref(), Some("a"));
    assert!(!change("a", "").reload);
}
