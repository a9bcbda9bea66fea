//! The engine on scripted units: whole bakes, and a stop of the driver at every single event.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flow_core::event::EventKind;
use flow_core::model::{AttemptId, LaunchKey, Reason, TaskStatus, Timestamp};
use flow_core::port::{ActionRef, Clock, EventScope, Store};
use flow_engine::source::MemorySource;
use flow_engine::store::MemoryStore;
use flow_engine::testing::{CountingIds, Fault, FlakyStore, ManualClock, Moment, Script, ScriptedExecutor};
use flow_engine::{BakeRequest, CacheClear, Engine, EngineError, FixedGit, LEASE, Standing};

use crate::grow;
use crate::nested_flows;
use crate::phases;
use crate::retry;
use crate::sim::texts;

/// A flow (with the actions that it calls, see `sim::texts`), what its units do, and how every task must end.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) flow: &'static str,
    pub(crate) scripts: Vec<(&'static str, Vec<Script>)>,
    /// Task to status, in graph order.
    pub(crate) ends: Vec<(&'static str, TaskStatus)>,
    pub(crate) result: TaskStatus,
}

/// The parts that outlive an engine.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) executor: Arc<ScriptedExecutor>,
    ids: Arc<CountingIds>,
}

impl World {
    pub(crate) fn new(case: &Case) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(1_000_000)));
        let executor = Arc::new(ScriptedExecutor::new(clock.clone()));
        for (unit, scripts) in &case.scripts {
            executor.script(unit, scripts.clone());
        }
        World { clock, store: Arc::new(MemoryStore::new()), executor, ids: Arc::new(CountingIds::new()) }
    }

    pub(crate) fn engine(&self, store: Arc<dyn Store>) -> Engine {
        let builder = Engine::builder().store(store).clock(self.clock.clone()).ids(self.ids.clone());
        builder.git(Arc::new(FixedGit(None))).user("ada").build(self.executor.clone())
    }

    pub(crate) async fn create(&self, case: &Case) -> AttemptId {
        let (flow, actions) = texts(case.flow);
        let source = MemorySource::new("/work-folder").flow("main", flow);
        let add = |source: MemorySource, (reference, text): (ActionRef, &str)| {
            let name = reference.to_string();
            source.action(reference, &name, text)
        };
        let source = actions.into_iter().fold(source, add);
        let request = BakeRequest { batch: "main".into(), ..BakeRequest::default() };
        self.engine(self.store.clone()).create_bake(&source, request).await.unwrap().attempt
    }

    /// Every task with its end; checks that no start was made twice.
    pub(crate) async fn ends(&self, attempt: &AttemptId) -> Vec<(String, TaskStatus)> {
        let mut starts = BTreeMap::new();
        for launch in self.executor.launches() {
            *starts.entry(launch.key).or_insert(0) += 1;
        }
        assert!(starts.values().all(|count| *count == 1), "started twice: {starts:?}");
        let tasks = self.store.tasks(attempt).await.unwrap();
        tasks.into_iter().map(|task| (task.id.to_string(), task.status)).collect()
    }
}

#[expect(clippy::too_many_lines, reason = "a table of flows")]
fn cases() -> Vec<Case> {
    use TaskStatus::{Failed, Skipped, Succeeded};
    vec![
        Case {
            name: "a chain with outputs",
            flow: "
kind: batch
tasks:
  - {id: a, image: x, cmd: make}
  - {id: b, image: x, cmd: 'use ${{ needs.a.outputs.path }}'}
  - {id: c, image: x, cmd: 'end ${{ needs.b.result }}'}
",
            scripts: vec![("a", vec![Script::prints("::set-output name=path::p1\n")])],
            ends: vec![("a", Succeeded), ("b", Succeeded), ("c", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "a group and its reader (EXT-1)",
            flow: "
kind: batch
tasks:
  - {id: train, image: x, cmd: 'fit ${{ matrix.k }}', strategy: {matrix: {k: [a, b, c]}}}
  - {id: pick, needs: [train], image: x, env: {ALL: '${{ to_json(needs.train.rows) }}'}, cmd: pick}
",
            scripts: vec![("train-b", vec![Script::writes("score=2")])],
            ends: vec![("train-a", Succeeded), ("train-b", Succeeded), ("train-c", Succeeded), ("pick", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "fail-fast skips, always() runs (BAT-72)",
            flow: "
kind: batch
tasks:
  - {id: a, image: x, cmd: fail}
  - {id: b, needs: [a], image: x, cmd: never}
  - {id: c, needs: [a], image: x, cmd: clean, enable: '${{ always() }}'}
",
            scripts: vec![("a", vec![Script::exits(3)])],
            ends: vec![("a", Failed), ("b", Skipped), ("c", Succeeded)],
            result: Failed,
        },
        Case {
            name: "a lost task is tried again (EXT-3)",
            flow: "
kind: batch
tasks:
  - {id: a, image: x, cmd: work}
  - {id: b, image: x, cmd: after}
",
            scripts: vec![("a", vec![Script::lost(true), Script::writes("n=1")])],
            ends: vec![("a", Succeeded), ("b", Succeeded)],
            result: Succeeded,
        },
        Case {
            name: "an expression that cannot be evaluated (DEC-25)",
            flow: "
kind: batch
tasks:
  - {id: a, image: x, cmd: 'say ${{ from_json(\"[\") }}'}
  - {id: b, needs: [a], image: x, cmd: clean, enable: '${{ always() }}'}
",
            scripts: vec![],
            ends: vec![("a", Failed), ("b", Succeeded)],
            result: Failed,
        },
        Case {
            name: "a unit that is refused",
            flow: "kind: batch\ntasks: [{id: a, image: x, cmd: nosuch}, {id: b, image: x, cmd: never}]\n",
            scripts: vec![("a", vec![Script::refused("program not found")])],
            ends: vec![("a", Failed), ("b", Skipped)],
            result: Failed,
        },
    ]
}

/// The typical flows of a bake, each of which is stopped after each of its events: twelve, and all others beside them.
const TYPICAL: [&str; 12] = [
    "a chain with outputs",
    "a group and its reader (EXT-1)",
    "fail-fast skips, always() runs (BAT-72)",
    "a lost task is tried again (EXT-3)",
    "an expression that cannot be evaluated (DEC-25)",
    "actions in actions",
    "a stateful action with a post task, and a failure inside",
    "a matrix of calls, empty actions, an output that is missing",
    "local actions come first (BAT-19)",
    "one image for two tasks (OBS-5.29)",
    "rows from a result (EXT-2)",
    "a task fails twice and succeeds (EXT-3)",
];

#[test]
fn the_typical_flows_are_all_there() {
    let known: Vec<&str> = all_cases().map(|case| case.name).collect();
    assert!(TYPICAL.iter().all(|name| known.contains(name)), "{known:#?}");
}

fn all_cases() -> impl Iterator<Item = Case> {
    cases().into_iter().chain(nested_flows::cases()).chain(phases::cases()).chain(grow::cases()).chain(retry::cases())
}

pub(crate) fn expected(case: &Case) -> Vec<(String, TaskStatus)> {
    case.ends.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect()
}

/// Drives to the end; timers of retries are let run out as soon as somebody waits for them.
pub(crate) async fn drive(world: &World, engine: &Engine, attempt: &AttemptId) -> Result<TaskStatus, EngineError> {
    patiently(world, engine.drive(attempt)).await
}

/// Carries work out; whenever all wait for a moment, it comes.
async fn patiently<T>(world: &World, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = idle() => {
                // Nothing is left to do but to wait: go to the next moment that somebody waits for.
                if let Some(moment) = world.clock.next_wake() {
                    world.clock.set(moment.max(world.clock.now()));
                }
            }
        }
    }
}

/// Lets all other work of this thread go first, many times over.
async fn idle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn typical_flows_end_as_the_rules_say() {
    for case in all_cases() {
        let world = World::new(&case);
        let attempt = world.create(&case).await;
        let result = drive(&world, &world.engine(world.store.clone()), &attempt).await.unwrap();
        assert_eq!(world.ends(&attempt).await, expected(&case), "{}", case.name);
        assert_eq!(result, case.result, "{}", case.name);
    }
}

/// Stops the engine when `limit` events are stored; whether it came that far.
pub(crate) async fn stop_after(world: &World, attempt: &AttemptId, limit: u64) -> bool {
    let flaky = Arc::new(FlakyStore::new(world.store.clone(), limit, Moment::Before, Fault::Hang));
    let engine = world.engine(flaky.clone());
    tokio::select! {
        _ = drive(world, &engine, attempt) => false,
        () = flaky.tripped() => true,
    }
}

#[tokio::test]
async fn a_stop_after_any_event_changes_nothing() {
    for case in all_cases() {
        let mut limit = 0;
        loop {
            let world = World::new(&case);
            let attempt = world.create(&case).await;
            if !stop_after(&world, &attempt, limit).await {
                break;
            }
            let engine = world.engine(world.store.clone());
            // The claim of the engine that stopped holds until its lease ends.
            world.clock.advance(LEASE + Duration::from_millis(1));
            let result = drive(&world, &engine, &attempt).await.unwrap();
            assert_eq!(world.ends(&attempt).await, expected(&case), "{} after event {limit}", case.name);
            assert_eq!(result, case.result, "{} after event {limit}", case.name);
            limit += 1;
        }
        assert!(limit > 5, "{}: only {limit} events", case.name);
    }
}

#[tokio::test]
async fn a_second_engine_is_refused_until_the_lease_ends() {
    let case = &cases()[0];
    let world = World::new(case);
    world.executor.script("a", [Script::held()]);
    let attempt = world.create(case).await;
    let (first, second) = (world.engine(world.store.clone()), world.engine(world.store.clone()));
    let mut driving = std::pin::pin!(first.drive(&attempt));
    tokio::select! {
        result = &mut driving => panic!("ended: {result:?}"),
        () = world.executor.runs("a") => {}
    }
    let refused = second.drive(&attempt).await.unwrap_err();
    assert!(matches!(&refused, EngineError::Store(flow_core::port::StoreError::Held { .. })), "{refused}");
    let row = world.store.attempt(&attempt).await.unwrap().unwrap();
    assert_eq!(second.standing_of(&row).await.unwrap(), Standing::Driven);
    // Nobody renews the lease while the first engine is not polled.
    world.clock.advance(LEASE + Duration::from_millis(1));
    assert_eq!(second.standing_of(&row).await.unwrap(), Standing::Stalled);
}

#[tokio::test]
async fn a_cancel_from_outside_stops_running_tasks_and_lets_always_run() {
    let case = Case {
        name: "cancel",
        flow: "
kind: batch
tasks:
  - {id: long, image: x, cmd: work}
  - {id: next, image: x, cmd: never}
  - {id: tidy, needs: [long], image: x, cmd: clean, enable: '${{ always() }}'}
",
        scripts: vec![("long", vec![Script::held()])],
        ends: vec![("long", TaskStatus::Cancelled), ("next", TaskStatus::Skipped), ("tidy", TaskStatus::Succeeded)],
        result: TaskStatus::Cancelled,
    };
    let world = World::new(&case);
    let attempt = world.create(&case).await;
    let engine = world.engine(world.store.clone());
    let row = world.store.attempt(&attempt).await.unwrap().unwrap();
    let asking = async {
        world.executor.runs("long").await;
        engine.cancel(&row, None).await.unwrap();
    };
    let (result, ()) = tokio::join!(engine.drive(&attempt), asking);
    assert_eq!(result.unwrap(), case.result);
    assert_eq!(world.ends(&attempt).await, expected(&case));
    let row = world.store.attempt(&attempt).await.unwrap().unwrap();
    assert_eq!(row.cancel.unwrap().by, "ada");
    assert!(matches!(
        engine.cancel(&world.store.attempt(&attempt).await.unwrap().unwrap(), None).await,
        Err(EngineError::Finished { .. })
    ));
}

#[tokio::test]
async fn a_stop_after_any_event_of_a_cancelled_bake_changes_nothing() {
    // The cancel is asked for whenever the task is at work, also by whoever comes after the stop: it counts once.
    let case = Case {
        name: "a cancel",
        flow: "
kind: batch
tasks:
  - {id: long, image: x, cmd: work, retry: {on: [failed, lost]}}
  - {id: next, image: x, cmd: never}
  - {id: tidy, needs: [long], image: x, cmd: clean, enable: '${{ always() }}'}
",
        scripts: vec![("long", vec![Script::held()])],
        ends: vec![("long", TaskStatus::Cancelled), ("next", TaskStatus::Skipped), ("tidy", TaskStatus::Succeeded)],
        result: TaskStatus::Cancelled,
    };
    for limit in 0.. {
        let world = World::new(&case);
        let attempt = world.create(&case).await;
        let engine = world.engine(world.store.clone());
        let asking = async {
            world.executor.runs("long").await;
            let row = world.store.attempt(&attempt).await.unwrap().unwrap();
            // It may have ended meanwhile.
            let _ = engine.cancel(&row, None).await;
            std::future::pending::<()>().await;
        };
        let stopped = tokio::select! {
            stopped = stop_after(&world, &attempt, limit) => stopped,
            () = asking => unreachable!("it waits for good"),
        };
        if !stopped {
            assert!(limit > 8, "only {limit} events");
            return;
        }
        world.clock.advance(LEASE + Duration::from_millis(1));
        let asking = async {
            world.executor.runs("long").await;
            let row = world.store.attempt(&attempt).await.unwrap().unwrap();
            let _ = engine.cancel(&row, None).await;
            std::future::pending::<()>().await;
        };
        let result = tokio::select! {
            result = drive(&world, &engine, &attempt) => result.unwrap(),
            () = asking => unreachable!("it waits for good"),
        };
        assert_eq!((world.ends(&attempt).await, result), (expected(&case), case.result), "after event {limit}");
    }
}

/// Of any 20 starts in a row, how many are of the first bake: the least and the most.
fn share(order: &[bool]) -> (usize, usize) {
    let counts: Vec<usize> =
        order.windows(20).map(|window| window.iter().filter(|is_first| **is_first).count()).collect();
    (counts.iter().copied().min().unwrap_or(0), counts.iter().copied().max().unwrap_or(0))
}

#[tokio::test]
async fn two_equal_bakes_go_on_side_by_side() {
    // Each gets 40 to 60 % of any 20 starts. On the real supervisor: `fair` among the tests of the program.
    let case = Case {
        name: "wide",
        flow: "
kind: batch
defaults: {max_parallel: 2, cache: {strategy: none}}
tasks: [{id: r, image: x, strategy: {matrix: {n: '${{ range(60) }}'}}}]
",
        scripts: Vec::new(),
        ends: Vec::new(),
        result: TaskStatus::Succeeded,
    };
    let world = World::new(&case);
    for row in 0..60 {
        let lasting = || Script::lasting(Duration::from_secs(1));
        world.executor.script(&format!("r-{row}"), [lasting(), lasting()]);
    }
    let (one, two) = (world.create(&case).await, world.create(&case).await);
    let (first, second) = (world.engine(world.store.clone()), world.engine(world.store.clone()));
    let both = Box::pin(async { tokio::join!(first.drive(&one), second.drive(&two)) });
    let (result, other) = patiently(&world, both).await;
    assert_eq!((result.unwrap(), other.unwrap()), (TaskStatus::Succeeded, TaskStatus::Succeeded));
    let of_first =
        |launch: &flow_core::port::Launch| launch.key == LaunchKey::task(&one, launch.key.node().unwrap(), 1);
    let order: Vec<bool> = world.executor.launches().iter().map(of_first).collect();
    assert_eq!(order.len(), 120);
    let (least, most) = share(&order);
    let shown: String = order.iter().map(|first| if *first { '1' } else { '2' }).collect();
    assert!(least >= 8 && most <= 12, "{least} to {most} of 20: {shown}");
}

#[tokio::test]
async fn a_cancel_of_one_task_leaves_the_others_alone() {
    let case = Case {
        name: "cancel one",
        flow: "
kind: batch
defaults: {fail_fast: false}
tasks:
  - {id: left, needs: [], image: x, cmd: work}
  - {id: right, needs: [], image: x, cmd: work}
",
        scripts: vec![("left", vec![Script::held()]), ("right", vec![Script::held()])],
        ends: vec![("left", TaskStatus::Cancelled), ("right", TaskStatus::Succeeded)],
        result: TaskStatus::Cancelled,
    };
    let world = World::new(&case);
    let attempt = world.create(&case).await;
    let engine = world.engine(world.store.clone());
    let row = world.store.attempt(&attempt).await.unwrap().unwrap();
    let asking = async {
        world.executor.runs("left").await;
        world.executor.runs("right").await;
        engine.cancel(&row, Some("left")).await.unwrap();
        while world.executor.kills().is_empty() {
            tokio::task::yield_now().await;
        }
        world.executor.end("right", 0);
    };
    let (result, ()) = tokio::join!(engine.drive(&attempt), asking);
    assert_eq!(result.unwrap(), case.result);
    assert_eq!(world.ends(&attempt).await, expected(&case));
}

#[tokio::test]
async fn a_second_bake_comes_from_the_cache_and_a_change_misses() {
    // CTX-82, BAT-103: outputs are those of the first run; only what changed runs again.
    let case = &cases()[0];
    let world = World::new(case);
    let first = world.create(case).await;
    let engine = world.engine(world.store.clone());
    engine.drive(&first).await.unwrap();
    let again = world.create(case).await;
    assert_eq!(engine.drive(&again).await.unwrap(), TaskStatus::Succeeded);
    let tasks = world.store.tasks(&again).await.unwrap();
    assert!(tasks.iter().all(|task| task.status == TaskStatus::Cached), "{tasks:?}");
    assert_eq!(tasks[0].outputs["path"], "p1");
    assert_eq!(tasks[0].cached_from.as_ref(), Some(&first));
    let source = MemorySource::new("/work-folder").flow("main", case.flow.replace("use ", "use again "));
    let request = BakeRequest { batch: "main".into(), ..BakeRequest::default() };
    let changed = engine.create_bake(&source, request).await.unwrap().attempt;
    engine.drive(&changed).await.unwrap();
    let statuses: Vec<_> = world.store.tasks(&changed).await.unwrap().iter().map(|task| task.status).collect();
    assert_eq!(statuses, [TaskStatus::Cached, TaskStatus::Succeeded, TaskStatus::Cached]);
}

#[tokio::test]
async fn a_cleared_cache_is_empty_only_where_it_was_cleared() {
    // BAT-105.
    let case = &cases()[0];
    let world = World::new(case);
    let engine = world.engine(world.store.clone());
    let source = MemorySource::new("/work-folder").flow("main", case.flow);
    let statuses = async || {
        let attempt = world.create(case).await;
        engine.drive(&attempt).await.unwrap();
        world.store.tasks(&attempt).await.unwrap().iter().map(|task| task.status).collect::<Vec<_>>()
    };
    let (ran, hit) = (TaskStatus::Succeeded, TaskStatus::Cached);
    assert_eq!(statuses().await, [ran; 3]);
    let task = |batch: &str, task: &str| CacheClear::Task(batch.to_owned(), task.to_owned());
    for (clear, count, then) in [
        (task("main", "b"), 1, [hit, ran, hit]),
        (task("main", "nosuch"), 0, [hit; 3]),
        (CacheClear::Batch("other".to_owned()), 0, [hit; 3]),
        (CacheClear::Batch("main".to_owned()), 3, [ran; 3]),
        (CacheClear::All, 3, [ran; 3]),
    ] {
        assert_eq!(engine.clear_cache(&source, &clear).await.unwrap(), count, "{clear:?}");
        assert_eq!(statuses().await, then, "{clear:?}");
    }
    let elsewhere = MemorySource::new("/other-folder").flow("main", case.flow);
    assert_eq!(engine.clear_cache(&elsewhere, &CacheClear::All).await.unwrap(), 0, "another project");
}

#[tokio::test]
async fn a_failing_store_delays_and_loses_nothing() {
    let case = &cases()[0];
    let world = World::new(case);
    let attempt = world.create(case).await;
    let failures = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = failures.clone();
    let fault = Fault::Run(Arc::new(move || {
        // Fails three times, then is well again.
        if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3 {
            let (place, message) = ("test".to_owned(), "disk full".to_owned());
            return Err(flow_core::port::StoreError::Io { place, message });
        }
        Ok(())
    }));
    let flaky = Arc::new(FlakyStore::new(world.store.clone(), 4, Moment::Before, fault));
    assert_eq!(drive(&world, &world.engine(flaky), &attempt).await.unwrap(), case.result);
    assert_eq!(world.ends(&attempt).await, expected(case));
    assert!(failures.load(std::sync::atomic::Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn events_tell_the_whole_story_in_order() {
    let case = &cases()[3];
    let world = World::new(case);
    let attempt = world.create(case).await;
    drive(&world, &world.engine(world.store.clone()), &attempt).await.unwrap();
    let events = world.store.events(&EventScope::All, 0, 1000).await.unwrap();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(events.is_sorted_by_key(|event| event.at));
    assert!(matches!(events[0].kind, EventKind::AttemptCreated(_)));
    assert!(matches!(events[1].kind, EventKind::Claimed { .. }));
    assert!(matches!(events.last().unwrap().kind, EventKind::AttemptEnded { result: TaskStatus::Succeeded }));
    let retried = events.iter().filter(|event| matches!(event.kind, EventKind::RetryAt { .. })).count();
    assert_eq!(retried, 1, "one loss, one retry");
    let tasks = world.store.tasks(&attempt).await.unwrap();
    let tried = tasks.iter().find(|task| task.tries.len() > 1).unwrap();
    let reasons = tried.tries.iter().map(|one| one.outcome.as_ref().map(|outcome| outcome.reason.clone()));
    assert_eq!(reasons.collect::<Vec<_>>(), [Some(Reason::Lost), Some(Reason::Finished)], "no try stays at work");
    assert!(tried.tries.iter().all(|one| one.ended_at.is_some()));
}
