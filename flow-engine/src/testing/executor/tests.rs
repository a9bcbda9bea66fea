use flow_core::model::{AttemptId, Claim, FullId, LiveJobId, UnitSpec};

use super::*;
use crate::testing::ManualClock;

fn executor() -> (Arc<ManualClock>, ScriptedExecutor) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(0)));
    (clock.clone(), ScriptedExecutor::new(clock))
}

fn attempt() -> AttemptId {
    AttemptId::new("attempt")
}

fn launch(node: &str, number: u32) -> Launch {
    Launch {
        key: LaunchKey::task(&attempt(), &FullId::root().child(node), number),
        spec: UnitSpec { tags: vec![format!("task:{node}")], ..UnitSpec::default() },
        claim: Claim::default(),
        env: BTreeMap::new(),
        workspace: "/".to_owned(),
        resuming: false,
        stdin: flow_core::port::Stdin::Closed,
    }
}

async fn news(executor: &ScriptedExecutor, after: &Cursor) -> (Vec<String>, Cursor) {
    let (reports, cursor) = executor.reports(&Scope::Attempt(attempt()), after).await.unwrap();
    let tell = |report: &Report| {
        let what = match &report.what {
            What::Ended { exit, .. } => format!("ended {exit:?}"),
            What::Lost { .. } => "lost".to_owned(),
            What::Running { .. } => "running".to_owned(),
            What::Queued { .. } | What::Starting { .. } | What::Suspended => "before".to_owned(),
        };
        format!("{} {what} at {}", unit_name(&report.key), report.at.unix_millis)
    };
    (reports.iter().map(tell).collect(), cursor)
}

#[tokio::test]
async fn tries_follow_their_scripts_and_the_last_stays() {
    let (_, executor) = executor();
    executor.script("a", [Script::exits(3), Script::lost(true), Script::refused("no"), Script::exits(0)]);
    let mut ends = Vec::new();
    for number in 1..=5 {
        let taken = executor.start(&[launch("a", number)]).await;
        if taken[0].is_err() {
            ends.push("refused".to_owned());
        }
    }
    ends.extend(news(&executor, &Cursor::default()).await.0);
    let expected = ["refused", "a ended Code(3) at 0", "a lost at 0", "a ended Code(0) at 0", "a ended Code(0) at 0"];
    assert_eq!(ends, expected);
    assert_eq!(executor.started().len(), 4);
}

#[tokio::test]
async fn a_key_is_started_once_and_belongs_to_its_spec() {
    let (_, executor) = executor();
    let again = launch("a", 1);
    let taken = executor.start(&[again.clone(), again.clone()]).await;
    assert_eq!(taken[0], taken[1]);
    assert_eq!(executor.launches(), std::slice::from_ref(&again));
    let other = Launch { spec: UnitSpec::default(), ..again };
    assert!(matches!(executor.start(&[other]).await[0], Err(ExecutorError::Refused { .. })));
}

#[tokio::test]
async fn a_unit_that_lasts_ends_by_the_clock() {
    let (clock, executor) = executor();
    executor.script("a", [Script::lasting(Duration::from_millis(500))]);
    executor.start(&[launch("a", 1)]).await.remove(0).unwrap();
    let (first, cursor) = news(&executor, &Cursor::default()).await;
    assert_eq!(first, ["a running at 0"]);
    let due = Timestamp::from_unix_millis(500);
    let drive = async {
        clock.slept_for(due).await;
        clock.set(due.after(Duration::from_millis(7)));
    };
    let ((second, _), ()) = tokio::join!(news(&executor, &cursor), drive);
    assert_eq!(second, ["a ended Code(0) at 500"]);
}

#[tokio::test]
async fn held_units_end_when_told_and_die_when_killed() {
    let (_, executor) = executor();
    for unit in ["a", "b"] {
        executor.script(unit, [Script { log: b"one ".to_vec(), ..Script::held() }]);
    }
    executor.start(&[launch("a", 1), launch("b", 1)]).await;
    executor.runs("b").await;
    let (_, cursor) = news(&executor, &Cursor::default()).await;
    assert_eq!(executor.running(), ["a", "b"]);
    assert!(executor.print("a", b"two"));
    let key = launch("a", 1).key;
    assert!(!executor.logs(&key, 0, 100).await.unwrap().complete);
    assert!(executor.remove(&key).await.is_err(), "it still runs");
    assert!(executor.end("a", 5));
    assert!(!executor.end("a", 6), "it has ended");
    executor.kill(&launch("b", 1).key, Duration::ZERO).await.unwrap();
    executor.kill(&launch("never", 1).key, Duration::ZERO).await.unwrap();
    assert_eq!(news(&executor, &cursor).await.0, ["a ended Code(5) at 0", "b ended Signal(15) at 0"]);
    let chunk = executor.logs(&key, 4, 2).await.unwrap();
    assert_eq!((chunk.bytes.as_slice(), chunk.complete), (&b"tw"[..], false));
    let chunk = executor.logs(&key, 6, 9).await.unwrap();
    assert_eq!((chunk.bytes.as_slice(), chunk.complete), (&b"o"[..], true));
    assert_eq!(executor.kills().len(), 2);
}

#[tokio::test]
async fn removed_units_leave_nothing_and_others_are_found_by_tag() {
    let (_, executor) = executor();
    executor.start(&[launch("a", 1), launch("b", 1)]).await;
    let tagged = Selector { tags: vec!["task:b".to_owned()] };
    assert_eq!(executor.find(&Selector::default()).await.unwrap().len(), 2);
    assert_eq!(executor.find(&tagged).await.unwrap()[0].key, launch("b", 1).key);
    for _ in 0..2 {
        executor.remove(&launch("b", 1).key).await.unwrap();
    }
    assert!(executor.find(&tagged).await.unwrap().is_empty());
    assert_eq!(executor.logs(&launch("b", 1).key, 0, 9).await, Err(ExecutorError::UnknownUnit));
    assert_eq!(news(&executor, &Cursor::default()).await.0, ["a ended Code(0) at 0"]);
}

#[tokio::test]
async fn news_of_other_scopes_are_not_told_and_a_dropped_wait_loses_nothing() {
    let (_, executor) = executor();
    let job = Launch {
        key: LaunchKey { owner: UnitOwner::Live { job: LiveJobId::new("jupyter") }, r#try: 1 },
        ..launch("x", 1)
    };
    executor.start(&[job]).await.remove(0).unwrap();
    let start = Cursor::default();
    tokio::select! {
        biased;
        told = news(&executor, &start) => panic!("{told:?}"),
        () = tokio::task::yield_now() => {}
    }
    executor.start(&[launch("a", 1)]).await.remove(0).unwrap();
    assert_eq!(news(&executor, &Cursor::default()).await.0, ["a ended Code(0) at 0"]);
    let live = executor.reports(&Scope::Live(LiveJobId::new("jupyter")), &Cursor::default()).await.unwrap();
    assert_eq!(live.0.len(), 1);
    let foreign = executor.reports(&Scope::Attempt(attempt()), &Cursor("x".into())).await;
    assert!(matches!(foreign, Err(ExecutorError::Refused { .. })));
}
