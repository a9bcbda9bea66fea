//! What the expressions of a task came to, beside their lines: evaluated again from what the store keeps.
#![expect(clippy::unwrap_used, reason = "a test may fail by a panic")]

use flow_core::model::{AttemptId, FullId, TaskStatus};
use flow_core::port::Store;
use flow_engine::BakeRequest;
use flow_engine::source::MemorySource;
use flow_engine::testing::Script;

use crate::bake::{Case, World, drive};

const FLOW: &str = "
kind: batch
params: {rate: '1', deep: '3'}
defaults:
  env: {RATE: '${{ params.rate }}'}
tasks:
  - {id: load, image: x, cmd: load}
  - id: fit
    image: x
    needs: [load]
    strategy: {matrix: {depth: [4, 6]}}
    cmd: 'fit ${{ matrix.depth }} ${{ needs.load.outputs.rows }} ${{ upper(params.rate) }}'
  - {id: late, image: x, needs: [fit], enable: '${{ failure() }}', cmd: 'late ${{ params.deep }}'}
";

async fn baked() -> (World, AttemptId) {
    let scripts = vec![("load", vec![Script::writes("rows=12")])];
    let world =
        World::new(&Case { name: "expressions", flow: FLOW, scripts, ends: Vec::new(), result: TaskStatus::Succeeded });
    let source = MemorySource::new("/work-folder").flow("main", FLOW);
    let engine = world.engine(world.store.clone());
    let request = BakeRequest { batch: "main".into(), ..BakeRequest::default() };
    let attempt = engine.create_bake(&source, request).await.unwrap().attempt;
    drive(&world, &engine, &attempt).await.unwrap();
    (world, attempt)
}

/// Each expression of a task as `line: expression = value (type)`, the entry's name before it.
async fn told(world: &World, attempt: &AttemptId, task: &[&str]) -> Vec<String> {
    let attempt = world.store.attempt(attempt).await.unwrap().unwrap();
    let id = task.iter().fold(FullId::root(), |id, part| id.child(part));
    let found = world.engine(world.store.clone()).expressions(&attempt, &id).await.unwrap();
    let line = |one: &flow_engine::Expression| {
        assert!(one.line_text.contains(&one.text), "{one:?}");
        let name = one.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        format!("{} {name}{} = {} ({})", one.line, one.text, one.value.text(), one.value.type_name())
    };
    found.iter().map(line).collect()
}

#[tokio::test]
async fn a_task_that_ran_tells_the_values_that_it_ran_with() {
    let (world, attempt) = baked().await;
    assert_eq!(
        told(&world, &attempt, &["fit-6"]).await,
        [
            "5 RATE: params.rate = 1 (str)",
            "12 matrix.depth = 6 (int)",
            "12 needs.load.outputs.rows = 12 (str)",
            "12 upper(params.rate) = 1 (str)",
        ]
    );
}

#[tokio::test]
async fn a_skipped_task_tells_why_it_is_not_enabled() {
    let (world, attempt) = baked().await;
    assert_eq!(
        told(&world, &attempt, &["late"]).await,
        ["5 RATE: params.rate = 1 (str)", "13 failure() = False (bool)", "13 params.deep = 3 (str)",]
    );
}

#[tokio::test]
async fn a_task_that_is_not_there_tells_nothing() {
    let (world, attempt) = baked().await;
    assert!(told(&world, &attempt, &["nobody"]).await.is_empty());
}
