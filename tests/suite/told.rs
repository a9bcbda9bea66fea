//! What an executor tells late: who a unit is, when it began and when it ended.

use flow_core::event::{Event, EventKind};
use flow_core::model::{AttemptId, Epoch, Exit, LaunchKey, RawId, Reason, Subject, TaskStatus, Timestamp, Try};
use flow_core::port::{Append, NewEvent, Report, Store, What};
use flow_core::sched::{Fact, Told};
use flow_engine::store::MemoryStore;

use crate::sim::{Sim, end_of, id};

const ONE: &str = "kind: batch\ndefaults: {cache: {strategy: none}}\ntasks:\n  - {id: a, image: x}\n";

fn millis(number: u64) -> Timestamp {
    Timestamp::from_unix_millis(number)
}

fn running(key: &LaunchKey, at: u64, raw: Option<&str>) -> Fact {
    let what = What::Running { address: "pid 7".to_owned() };
    Fact::Report(Report { key: key.clone(), at: millis(at), raw: raw.map(RawId::new), what })
}

fn ended(key: &LaunchKey, at: u64, raw: Option<&str>) -> Fact {
    let mut fact = end_of(key.clone(), Exit::Code(0), Reason::Finished, &[]);
    if let Fact::Ended { told, .. } = &mut fact {
        *told = Told { raw: raw.map(RawId::new), at: Some(millis(at)) };
    }
    fact
}

fn words(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.word()).collect()
}

/// The last start of the task, as a store keeps it.
async fn record(sim: &Sim) -> Try {
    let store = MemoryStore::new();
    let events = sim.events.iter().map(|event| NewEvent { at: event.at, kind: event.kind.clone() }).collect();
    let attempt = AttemptId::new("attempt-1");
    let subject = Subject::Attempt(attempt.clone());
    store
        .append(Append { subject, epoch: Epoch(0), expected_seq: 0, events, texts: Vec::new() })
        .await
        .expect("appended");
    let task = store.task(&attempt, &id("a")).await.expect("read").expect("the task");
    assert_eq!(task.status, TaskStatus::Succeeded);
    task.tries.last().expect("a start").clone()
}

/// A bake whose start was not answered yet.
fn unanswered() -> (Sim, LaunchKey, usize) {
    let mut sim = Sim::new(ONE);
    sim.eager = false;
    let sim = sim.begin();
    let key = sim.key("a");
    let first = sim.events.len();
    (sim, key, first)
}

#[tokio::test]
async fn what_ends_before_its_start_was_answered_has_its_id() {
    let (mut sim, key, first) = unanswered();
    sim.fact(ended(&key, sim.now, Some("raw-7")));
    assert_eq!(words(&sim.events[first..]), ["launched", "progress", "ended", "attempt_ended"]);
    assert_eq!(record(&sim).await.raw, Some(RawId::new("raw-7")));
    let count = sim.events.len();
    sim.fact(crate::sim::taken(&key));
    assert_eq!(sim.events.len(), count, "the answer says nothing new");
}

#[tokio::test]
async fn what_runs_before_its_start_was_answered_is_launched_once() {
    let (mut sim, key, first) = unanswered();
    sim.fact(running(&key, sim.now, Some("raw-7")));
    sim.fact(crate::sim::taken(&key));
    assert_eq!(words(&sim.events[first..]), ["launched", "progress"]);
    // Who is to be stopped is stopped all the same, since the answer changes nothing any more.
    let (mut sim, key, _) = unanswered();
    sim.cancel_all();
    sim.killed.clear();
    sim.fact(running(&key, sim.now, Some("raw-7")));
    assert_eq!(sim.kills(), ["a"]);
}

#[tokio::test]
async fn what_happened_without_an_engine_has_its_own_times() {
    let (mut sim, key, _) = unanswered();
    sim.fact(crate::sim::taken(&key));
    let began = sim.now;
    sim.now += 3_600_000;
    sim.fact(running(&key, began + 5_000, None));
    sim.fact(ended(&key, began + 65_000, None));
    let record = record(&sim).await;
    assert_eq!((record.started_at, record.ended_at), (Some(millis(began + 5_000)), Some(millis(began + 65_000))));
    // The events themselves are in the order of their writing.
    assert!(sim.events.is_sorted_by_key(|event| event.at));
    assert_eq!(sim.loaded(), sim.state);
}

#[tokio::test]
async fn clocks_that_are_wrong_turn_no_time_back() {
    let (mut sim, key, _) = unanswered();
    sim.fact(crate::sim::taken(&key));
    let began = sim.now;
    sim.now += 60_000;
    // A clock that is slow, and one that is fast.
    sim.fact(running(&key, began - 9_000, None));
    sim.fact(ended(&key, sim.now + 9_000, None));
    let record = record(&sim).await;
    assert_eq!((record.started_at, record.ended_at), (Some(millis(began)), Some(millis(sim.now))));
}

#[test]
fn what_is_told_at_once_bears_the_time_of_its_event() {
    let (mut sim, key, first) = unanswered();
    sim.fact(crate::sim::taken(&key));
    let at = sim.now;
    sim.now += 500;
    sim.fact(running(&key, at, None));
    sim.fact(ended(&key, at, None));
    let late = |event: &Event| {
        let kind = &event.kind;
        matches!(kind, EventKind::Progress { happened_at: Some(_), .. } | EventKind::Ended { happened_at: Some(_), .. })
    };
    assert!(!sim.events[first..].iter().any(late));
}
