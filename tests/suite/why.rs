//! Why tasks ran, were cached, skipped or failed, and what they wait for. Source: EXT-6.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use flow_core::event::SkipReason;
use flow_core::model::{AttemptId, Exit, NeedsLevel, Reason, TaskStatus};
use flow_core::port::Store;
use flow_engine::source::MemorySource;
use flow_engine::testing::Script;
use flow_engine::{BakeRequest, Because, CacheClear, Explanation, RestartRequest, Start, Takeover, Wait};
use indexmap::IndexMap;

use crate::bake::{Case, World, drive};

const FLOW: &str = "
kind: batch
params: {rate: '1'}
tasks:
  - {id: load, image: x, cmd: load}
  - id: fit
    image: x
    entrypoint: python
    cmd: 'fit ${{ params.rate }}'
    workdir: /w
    env: {A: one, B: two}
    life_span: 1h
    needs: [load]
  - {id: plain, image: x, needs: [], cache: {strategy: none}}
";

fn case() -> Case {
    Case {
        name: "why",
        flow: FLOW,
        scripts: vec![("load", vec![Script::writes("rows=12"), Script::writes("rows=13")])],
        ends: Vec::new(),
        result: TaskStatus::Succeeded,
    }
}

async fn bake(world: &World, flow: &str, params: &[(&str, &str)]) -> AttemptId {
    let source = MemorySource::new("/work-folder").flow("main", flow);
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let engine = world.engine(world.store.clone());
    let request = BakeRequest { batch: "main".into(), params, ..BakeRequest::default() };
    let attempt = engine.create_bake(&source, request).await.unwrap().attempt;
    drive(world, &engine, &attempt).await.unwrap();
    attempt
}

async fn why(world: &World, attempt: &AttemptId, task: &str) -> Explanation {
    let engine = world.engine(world.store.clone());
    let attempt = world.store.attempt(attempt).await.unwrap().unwrap();
    let task = engine.task(&attempt, task).await.unwrap();
    engine.why(&attempt, &task).await.unwrap()
}

/// The differences that are told of `fit`, as `field: old -> new`.
async fn changes(world: &World, attempt: &AttemptId) -> Vec<String> {
    let Because::Started(Start::Changed(_, changes)) = why(world, attempt, "fit").await.because else {
        panic!("{:?}", why(world, attempt, "fit").await)
    };
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    changes.into_iter().map(|one| format!("{}: {} -> {}", one.field, text(one.old), text(one.new))).collect()
}

#[tokio::test]
async fn a_miss_names_exactly_what_was_changed() {
    for (old, new, told) in [
        ("image: x\n    entry", "image: z\n    entry", "image: x -> z"),
        ("entrypoint: python", "entrypoint: sh", "entrypoint: python -> sh"),
        ("'fit $", "'train $", "cmd: fit 1 -> train 1"),
        ("workdir: /w", "workdir: /v", "workdir: /w -> /v"),
        ("A: one", "A: eins", "env.A: one -> eins"),
        ("A: one, ", "", "env.A: one -> -"),
        ("B: two", "B: two, C: three", "env.C: - -> three"),
        ("    life_span: 1h", "    life_span: 2h", "life_span: 3600.0 -> 7200.0"),
        ("    needs: [load]", "    needs: [load]\n    enable: always()", "always: false -> true"),
    ] {
        let world = World::new(&case());
        bake(&world, FLOW, &[]).await;
        let changed = FLOW.replace(old, new);
        assert_ne!(changed, FLOW, "{old}");
        let attempt = bake(&world, &changed, &[]).await;
        assert_eq!(changes(&world, &attempt).await, [told], "{new}");
    }
}

#[tokio::test]
async fn a_miss_is_compared_with_the_nearest_result() {
    let world = World::new(&case());
    let first = bake(&world, FLOW, &[]).await;
    assert_eq!(why(&world, &first, "fit").await.because, Because::Started(Start::First));
    assert_eq!(why(&world, &first, "plain").await.because, Because::Started(Start::CacheOff));
    bake(&world, &FLOW.replace("image: x\n", "image: z\n").replace("A: one", "A: uno"), &[("rate", "2")]).await;
    let third = bake(&world, FLOW, &[("rate", "3")]).await;
    assert_eq!(changes(&world, &third).await, ["cmd: fit 1 -> fit 3"], "the first is nearer than the last");
    let Because::Cached(origin) = why(&world, &third, "load").await.because else { panic!("not cached") };
    let made = world.store.attempt(&first).await.unwrap().unwrap();
    assert_eq!((origin.bake, origin.number), (made.bake, 1));
    // What a needed task gave is an input too.
    let engine = world.engine(world.store.clone());
    let source = MemorySource::new("/work-folder").flow("main", FLOW);
    let clear = CacheClear::Task("main".to_owned(), "load".to_owned());
    assert_eq!(engine.clear_cache(&source, &clear).await.unwrap(), 1);
    let fourth = bake(&world, FLOW, &[]).await;
    assert!(matches!(why(&world, &fourth, "load").await.because, Because::Started(Start::Gone(_))));
    assert_eq!(changes(&world, &fourth).await, ["needs.load.outputs.rows: 12 -> 13"]);
}

#[tokio::test]
async fn restarts_say_what_was_taken_over_and_what_was_not_read() {
    let mut case = case();
    case.scripts.push(("fit", vec![Script::exits(3), Script::default()]));
    let world = World::new(&case);
    let first = bake(&world, FLOW, &[]).await;
    let failed = why(&world, &first, "fit").await;
    let outcome = failed.outcome.unwrap();
    assert_eq!((outcome.status, outcome.exit, outcome.reason), (TaskStatus::Failed, Exit::Code(3), Reason::Finished));
    let engine = world.engine(world.store.clone());
    let name = world.store.attempt(&first).await.unwrap().unwrap().bake.to_string();
    for takeover in [Takeover::Succeeded, Takeover::Nothing] {
        let request = RestartRequest { takeover, params: IndexMap::new() };
        let attempt = engine.restart(&name, 1, request).await.unwrap();
        drive(&world, &engine, &attempt.id).await.unwrap();
        match why(&world, &attempt.id, "load").await.because {
            Because::TakenOver(origin) if takeover == Takeover::Succeeded => assert_eq!(origin.number, 1),
            Because::Started(Start::CacheNotRead) if takeover == Takeover::Nothing => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn skipped_and_broken_tasks_say_why() {
    let flow = "
kind: batch
defaults: {fail_fast: false}
tasks:
  - {id: a, image: x, needs: []}
  - {id: b, image: x, needs: [a]}
  - {id: c, image: x, needs: [], enable: '${{ False }}'}
  - {id: d, image: x, needs: [c], cmd: '${{ from_json(\"[\") }}'}
";
    let case = Case { flow: "", scripts: vec![("a", vec![Script::exits(1)])], ..case() };
    let world = World::new(&case);
    let attempt = bake(&world, flow, &[]).await;
    let skipped = |needs| Because::Skipped(SkipReason::Disabled { needs });
    assert_eq!(why(&world, &attempt, "b").await.because, skipped(vec![("a".to_owned(), TaskStatus::Failed)]));
    assert_eq!(why(&world, &attempt, "c").await.because, skipped(Vec::new()));
    let flow = flow.replace("needs: [c], cmd", "needs: [], cmd");
    let attempt = bake(&world, &flow, &[]).await;
    let broken = why(&world, &attempt, "d").await;
    assert_eq!(broken.because, Because::NotEvaluated);
    let Reason::Evaluation { place, .. } = broken.outcome.unwrap().reason else { panic!("another reason") };
    assert!(place.contains("main.yml:8:"), "{place}");
}

#[tokio::test]
async fn waiting_tasks_say_what_for() {
    let flow = "
kind: batch
defaults: {max_parallel: 1}
tasks:
  - {id: a, image: x, needs: []}
  - {id: b, image: x, needs: [a]}
  - {id: c, image: x, needs: []}
";
    let case = Case { flow, scripts: vec![("a", vec![Script::held()])], ..case() };
    let world = World::new(&case);
    let attempt = world.create(&case).await;
    let engine = world.engine(world.store.clone());
    tokio::select! {
        result = engine.drive(&attempt) => panic!("{result:?}"),
        () = async {
            world.executor.runs("a").await;
            while world.store.tasks(&attempt).await.unwrap().iter().all(|task| task.status != TaskStatus::Running) {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let needs = vec![("a".to_owned(), NeedsLevel::Completed, TaskStatus::Running)];
    assert_eq!(why(&world, &attempt, "b").await.because, Because::Waits(Wait::Needs(needs)));
    assert_eq!(why(&world, &attempt, "c").await.because, Because::Waits(Wait::Turn));
}
