//! Restarts on scripted units: what is taken over, what runs, what is refused, and a stop of the
//! driver at every single event. Source: BAT-130…135, DEC-24.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flow_core::event::EventKind;
use flow_core::model::{Attempt, AttemptId, Task, TaskStatus};
use flow_core::port::{EventScope, Store};
use flow_engine::source::MemorySource;
use flow_engine::store::MemoryStore;
use flow_engine::testing::{Fault, FlakyStore, Moment, Script};
use flow_engine::{BakeRequest, Engine, EngineError, LEASE, RestartRefusal, RestartRequest, Takeover};
use indexmap::IndexMap;

use crate::bake::{Case, World, drive, expected, stop_after};
use crate::nested_flows;

/// `left` fails once, so `join` waits for a restart; `clean` runs whatever happens.
const DIAMOND: &str = "
kind: batch
params: {rate: '1', depth: '3'}
defaults: {fail_fast: false, cache: {strategy: none}}
tasks:
  - {id: load, image: x, cmd: 'load ${{ params.depth }}'}
  - {id: left, needs: [load], image: x, cmd: 'left ${{ needs.load.outputs.rows }}'}
  - {id: right, needs: [load], image: x, cmd: 'right ${{ params.rate }} ${{ needs.load.outputs.rows }}'}
  - {id: join, needs: [left, right], image: x, cmd: 'join ${{ needs.right.outputs.n }}'}
  - {id: clean, needs: [left], image: x, cmd: clean, enable: '${{ always() }}'}
";

fn diamond() -> Case {
    Case {
        name: "diamond",
        flow: DIAMOND,
        scripts: vec![
            ("load", vec![Script::writes("rows=12")]),
            ("left", vec![Script::exits(3), Script::default()]),
            ("right", vec![Script::writes("n=7")]),
        ],
        ends: ["load", "left", "right", "join", "clean"].map(|id| (id, TaskStatus::Succeeded)).to_vec(),
        result: TaskStatus::Succeeded,
    }
}

/// A bake whose first attempt has run.
struct Ran {
    world: World,
    engine: Engine,
    first: AttemptId,
    bake: String,
}

async fn ran(case: &Case) -> Ran {
    let world = World::new(case);
    let first = world.create(case).await;
    let engine = world.engine(world.store.clone());
    drive(&world, &engine, &first).await.unwrap();
    let bake = world.store.attempt(&first).await.unwrap().unwrap().bake.to_string();
    Ran { world, engine, first, bake }
}

impl Ran {
    async fn restart(&self, request: RestartRequest) -> Result<Attempt, EngineError> {
        self.engine.restart(&self.bake, -1, request).await
    }

    async fn drive(&self, attempt: &Attempt) -> TaskStatus {
        drive(&self.world, &self.engine, &attempt.id).await.unwrap()
    }

    async fn tasks(&self, attempt: &AttemptId) -> IndexMap<String, Task> {
        let tasks = self.world.store.tasks(attempt).await.unwrap();
        tasks.into_iter().map(|task| (task.id.to_string(), task)).collect()
    }

    /// The tasks of an attempt that were taken over, each with the attempt that ran it.
    async fn taken(&self, attempt: &AttemptId) -> Vec<(String, AttemptId)> {
        let tasks = self.tasks(attempt).await;
        tasks.into_iter().filter_map(|(id, task)| Some((id, task.taken_from?))).collect()
    }

    /// What was started since the first attempt.
    fn starts(&self, attempt: &AttemptId) -> Vec<String> {
        let launches = self.world.executor.launches().into_iter().map(|launch| launch.key);
        let own = launches.filter(|key| format!("{key:?}").contains(attempt.as_str()));
        own.filter_map(|key| Some(key.node()?.to_string())).collect()
    }
}

fn changing(name: &str, value: &str) -> RestartRequest {
    RestartRequest { params: IndexMap::from([(name.to_owned(), value.to_owned())]), ..RestartRequest::default() }
}

#[tokio::test]
async fn what_succeeded_is_taken_over_and_the_rest_runs() {
    let case = diamond();
    let ran = ran(&case).await;
    let second = ran.restart(RestartRequest::default()).await.unwrap();
    assert_eq!((second.number, second.from.as_ref()), (2, Some(&ran.first)));
    assert_eq!(ran.drive(&second).await, TaskStatus::Succeeded);
    assert_eq!(ran.world.ends(&second.id).await, expected(&case));
    // `clean` succeeded too, but its need did not (BAT-132).
    let first = || ran.first.clone();
    assert_eq!(ran.taken(&second.id).await, [("load".to_owned(), first()), ("right".to_owned(), first())]);
    assert_eq!(ran.starts(&second.id), ["left", "join", "clean"]);
    let tasks = ran.tasks(&second.id).await;
    assert_eq!(tasks["load"].outputs["rows"], "12");
    let history: Vec<_> = tasks["load"].history.iter().map(|item| item.status).collect();
    assert_eq!((history.as_slice(), tasks["load"].tries.len()), ([TaskStatus::Succeeded].as_slice(), 0));
    let joined = ran.world.executor.launches().into_iter().find(|one| one.spec.cmd.as_deref() == Some("join 7"));
    assert!(joined.is_some(), "outputs that were taken over are seen by those who need them");
}

#[tokio::test]
async fn a_restart_of_a_restart_names_who_ran_it() {
    let mut case = diamond();
    case.scripts.push(("join", vec![Script::exits(1), Script::default()]));
    case.scripts[1].1.insert(1, Script::exits(4));
    let ran = ran(&case).await;
    let second = ran.restart(RestartRequest::default()).await.unwrap();
    assert_eq!(ran.drive(&second).await, TaskStatus::Failed);
    let third = ran.restart(RestartRequest::default()).await.unwrap();
    assert_eq!(ran.drive(&third).await, TaskStatus::Failed);
    assert_eq!((third.number, third.from), (3, Some(second.id)));
    let fourth = ran.restart(RestartRequest::default()).await.unwrap();
    assert_eq!(ran.drive(&fourth).await, TaskStatus::Succeeded);
    let taken = ran.taken(&fourth.id).await;
    let from = |id: &str| taken.iter().find(|(task, _)| task == id).map(|(_, from)| from);
    assert_eq!((from("load"), from("left"), from("join")), (Some(&ran.first), Some(&third.id), None));
    assert_eq!(ran.starts(&fourth.id), ["join"]);
}

#[tokio::test]
async fn a_changed_param_runs_what_it_changes_and_all_behind() {
    let ran = ran(&diamond()).await;
    let second = ran.restart(changing("rate", "2")).await.unwrap();
    assert_eq!(second.params["rate"], "2");
    assert_eq!(second.params["depth"], "3", "the others keep their values");
    ran.drive(&second).await;
    assert_eq!(ran.starts(&second.id), ["left", "right", "join", "clean"]);
    assert_eq!(ran.taken(&second.id).await.len(), 1);
    // `load` is another unit now, so nothing behind it is taken over either.
    let ran = self::ran(&diamond()).await;
    let second = ran.restart(changing("depth", "4")).await.unwrap();
    ran.drive(&second).await;
    assert_eq!(ran.starts(&second.id), ["load", "left", "right", "join", "clean"]);
    let ran = self::ran(&diamond()).await;
    let unknown = ran.restart(changing("dpeth", "4")).await.unwrap_err();
    assert!(matches!(&unknown, EngineError::Config(_)), "{unknown}");
    assert_eq!(ran.engine.inspect(&ran.bake, -1).await.unwrap().attempt.number, 1, "nothing was stored");
}

#[tokio::test]
async fn without_from_failed_all_runs_and_no_cache_is_read() {
    let mut case = diamond();
    let flow = DIAMOND.replace(", cache: {strategy: none}", "");
    case.flow = flow.leak();
    let ran = ran(&case).await;
    let request = RestartRequest { takeover: Takeover::Nothing, ..RestartRequest::default() };
    let second = ran.restart(request.clone()).await.unwrap();
    assert_eq!(second.from, None);
    assert_eq!(ran.drive(&second).await, TaskStatus::Succeeded);
    assert_eq!(ran.starts(&second.id), ["load", "left", "right", "join", "clean"]);
    // What it gave is in the cache all the same, and a bake that succeeded may run again in full.
    let third = ran.world.create(&case).await;
    drive(&ran.world, &ran.engine, &third).await.unwrap();
    let tasks = ran.tasks(&third).await;
    assert!(tasks.values().all(|task| task.cached_from.as_ref() == Some(&second.id)), "{tasks:#?}");
    let again = ran.restart(request).await.unwrap();
    assert_eq!((again.number, ran.drive(&again).await), (3, TaskStatus::Succeeded));
}

#[tokio::test]
async fn cached_tasks_are_taken_over_too() {
    let flow = "kind: batch\ntasks:\n  - {id: a, image: x}\n  - {id: b, image: x, cache: {strategy: none}}\n";
    let case = Case {
        name: "cached",
        flow,
        scripts: vec![("b", vec![Script::exits(1), Script::exits(1), Script::default()])],
        ends: vec![("a", TaskStatus::Succeeded), ("b", TaskStatus::Succeeded)],
        result: TaskStatus::Succeeded,
    };
    let ran = ran(&case).await;
    let other = ran.world.create(&case).await;
    drive(&ran.world, &ran.engine, &other).await.unwrap();
    assert_eq!(ran.tasks(&other).await["a"].status, TaskStatus::Cached);
    let bake = ran.world.store.attempt(&other).await.unwrap().unwrap().bake;
    let second = ran.engine.restart(bake.as_str(), -1, RestartRequest::default()).await.unwrap();
    ran.drive(&second).await;
    assert_eq!(ran.world.ends(&second.id).await, expected(&case));
    assert_eq!(ran.taken(&second.id).await, [("a".to_owned(), ran.first.clone())], "the attempt that ran it");
}

#[tokio::test]
async fn restarts_are_refused() {
    // BAT-130.
    let case = diamond();
    let world = World::new(&case);
    let first = world.create(&case).await;
    let engine = world.engine(world.store.clone());
    let bake = world.store.attempt(&first).await.unwrap().unwrap().bake.to_string();
    let refusal = async |number: i64, takeover| {
        let request = RestartRequest { takeover, ..RestartRequest::default() };
        match engine.restart(&bake, number, request).await {
            Err(EngineError::NotRestarted { refusal, number, .. }) => Some((refusal, number)),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    };
    assert_eq!(refusal(1, Takeover::Nothing).await, Some((RestartRefusal::NotEnded, 1)));
    drive(&world, &engine, &first).await.unwrap();
    assert_eq!(refusal(-1, Takeover::Succeeded).await, None);
    assert_eq!(refusal(1, Takeover::Succeeded).await, Some((RestartRefusal::NotEnded, 2)), "the last one counts");
    let second = engine.inspect(&bake, -1).await.unwrap().attempt;
    drive(&world, &engine, &second.id).await.unwrap();
    assert_eq!(refusal(2, Takeover::Succeeded).await, Some((RestartRefusal::Succeeded, 2)));
    for number in 3..=99 {
        assert_eq!(refusal(1, Takeover::Nothing).await, None, "{number}");
        let last = engine.inspect(&bake, -1).await.unwrap().attempt;
        engine.cancel(&last, None).await.unwrap();
        drive(&world, &engine, &last.id).await.unwrap();
    }
    assert_eq!(refusal(1, Takeover::Succeeded).await, Some((RestartRefusal::TooMany, 99)));
    assert!(matches!(
        engine.restart(&bake, 100, RestartRequest::default()).await,
        Err(EngineError::UnknownAttempt { .. })
    ));
}

#[tokio::test]
async fn a_bake_keeps_its_texts_and_its_name() {
    let case = diamond();
    let world = World::new(&case);
    let source = MemorySource::new("/work-folder").flow("main", case.flow);
    let (name, tags) = (Some("nightly".to_owned()), vec!["t".to_owned()]);
    let request = BakeRequest { batch: "main".into(), name, tags, ..BakeRequest::default() };
    let engine = world.engine(world.store.clone());
    let created = engine.create_bake(&source, request).await.unwrap();
    drive(&world, &engine, &created.attempt).await.unwrap();
    // The engine has no source at all now: only what is stored counts (BAT-131).
    let second = engine.restart("nightly", 1, RestartRequest::default()).await.unwrap();
    let row = world.store.bake(&created.bake).await.unwrap().unwrap();
    assert_eq!(
        (row.bake.name.as_deref(), row.bake.tags.len(), row.attempt.id),
        (Some("nightly"), 1, second.id.clone())
    );
    let base = world.store.attempt(&created.attempt).await.unwrap().unwrap();
    assert_eq!((second.sources, second.bake), (base.sources, base.bake));
    assert_eq!(engine.inspect("nightly", -1).await.unwrap().restarts, Some(1));
}

/// Everything that a restart must leave behind, wherever it was interrupted.
async fn outcome(world: &World, attempt: &AttemptId) -> BTreeMap<String, (TaskStatus, bool, IndexMap<String, String>)> {
    let tasks = world.store.tasks(attempt).await.unwrap();
    tasks
        .into_iter()
        .map(|task| (task.id.to_string(), (task.status, task.taken_from.is_some(), task.outputs)))
        .collect()
}

#[tokio::test]
async fn a_stop_after_any_event_of_a_restart_changes_nothing() {
    let cases = [
        (diamond(), RestartRequest::default()),
        (diamond(), changing("rate", "2")),
        (nested_flows::failing_inside(), RestartRequest::default()),
        (nested_flows::failing_inside(), changing("rate", "2")),
    ];
    for (case, request) in cases {
        let straight = {
            let ran = ran(&case).await;
            let second = ran.restart(request.clone()).await.unwrap();
            ran.drive(&second).await;
            outcome(&ran.world, &second.id).await
        };
        let mut limit = 0;
        loop {
            let ran = ran(&case).await;
            let second = ran.restart(request.clone()).await.unwrap();
            if !stop_after(&ran.world, &second.id, limit).await {
                break;
            }
            ran.world.clock.advance(LEASE + Duration::from_millis(1));
            let engine = ran.world.engine(ran.world.store.clone());
            assert_eq!(drive(&ran.world, &engine, &second.id).await.unwrap(), case.result, "after event {limit}");
            let ends = ran.world.ends(&second.id).await;
            // Of a call that cannot be compared as a whole the tasks are known, too.
            let wanted = expected(&case);
            assert!(wanted.iter().all(|end| ends.contains(end)), "after event {limit}: {ends:?}");
            assert_eq!(outcome(&ran.world, &second.id).await, straight, "after event {limit}");
            limit += 1;
        }
        assert!(limit > 10, "only {limit} events");
    }
}

#[tokio::test]
async fn what_is_taken_over_is_recorded_with_the_graph() {
    let ran = ran(&diamond()).await;
    let second = ran.restart(RestartRequest::default()).await.unwrap();
    let store: Arc<MemoryStore> = ran.world.store.clone();
    let flaky = Arc::new(FlakyStore::new(store, 2, Moment::After, Fault::Hang));
    let engine = ran.world.engine(flaky.clone());
    tokio::select! {
        result = drive(&ran.world, &engine, &second.id) => panic!("{result:?}"),
        () = flaky.tripped() => {}
    }
    let scope = EventScope::Subject(flow_core::model::Subject::Attempt(second.id.clone()));
    let events = ran.world.store.events(&scope, 0, 100).await.unwrap();
    let taken = events.iter().filter(|event| matches!(event.kind, EventKind::TakenOver { .. })).count();
    assert_eq!(taken, 2, "no engine decides it anew");
}
