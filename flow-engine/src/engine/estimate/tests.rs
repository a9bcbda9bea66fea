//! What is expected of scripted bakes, by a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use flow_core::model::{AttemptId, TaskStatus, Timestamp};

use crate::engine::{BakeRequest, Engine};
use crate::source::MemorySource;
use crate::testing::{CountingIds, ManualClock, Script, ScriptedExecutor};
use crate::{Estimate, FixedGit};

const FLOW: &str = "kind: batch
defaults:
  cache: {strategy: none}
tasks:
  - {id: load, image: i, cmd: a}
  - {id: short, needs: [load], image: i, cmd: b}
  - {id: long, needs: [load], image: i, cmd: c}
  - {id: report, needs: [short, long], image: i, cmd: d}
";

struct Bench {
    engine: Engine,
    executor: Arc<ScriptedExecutor>,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(1_000_000)));
        let executor = Arc::new(ScriptedExecutor::new(clock.clone()));
        let builder = Engine::builder().clock(clock.clone()).ids(Arc::new(CountingIds::default()));
        let engine = builder.git(Arc::new(FixedGit(None))).build(executor.clone());
        Bench { engine, executor, clock }
    }

    async fn create(&self) -> AttemptId {
        for task in ["load", "short", "long", "report"] {
            self.executor.script(task, [Script::held()]);
        }
        let source = MemorySource::new("/w").flow("train", FLOW);
        let request = BakeRequest { batch: "train".into(), ..BakeRequest::default() };
        self.engine.create_bake(&source, request).await.unwrap().attempt
    }

    /// Waits until a task runs, lets the time pass, and ends it.
    async fn pass(&self, attempt: &AttemptId, task: &str, seconds: u64) {
        let attempt = self.engine.attempt(attempt).await.unwrap().unwrap();
        let mut follow = self.engine.follow(&attempt, 0);
        while self.engine.task(&attempt, task).await.map(|task| task.status).ok() != Some(TaskStatus::Running) {
            follow.next().await.unwrap();
        }
        self.clock.advance(Duration::from_secs(seconds));
        self.executor.end(task, 0);
        while !self.engine.task(&attempt, task).await.unwrap().status.is_finished() {
            follow.next().await.unwrap();
        }
    }

    async fn bake(&self) {
        let attempt = self.create().await;
        let (engine, id) = (self.engine.clone(), attempt.clone());
        let driven = tokio::spawn(async move { engine.drive(&id).await.unwrap() });
        for (task, seconds) in [("load", 10), ("short", 5), ("long", 35), ("report", 10)] {
            self.pass(&attempt, task, seconds).await;
        }
        assert_eq!(driven.await.unwrap(), TaskStatus::Succeeded);
    }

    async fn estimate(&self, attempt: &AttemptId) -> Estimate {
        let attempt = self.engine.attempt(attempt).await.unwrap().unwrap();
        let found = self.engine.inspect(attempt.bake.as_str(), attempt.number.into()).await.unwrap();
        let expectation = self.engine.expectation(&found).await.unwrap();
        self.engine.estimate(&expectation, &found)
    }
}

#[tokio::test]
async fn after_three_equal_bakes_the_fourth_is_foretold() {
    let bench = Bench::new();
    for _ in 0..3 {
        bench.bake().await;
    }
    let attempt = bench.create().await;
    let (engine, id) = (bench.engine.clone(), attempt.clone());
    let driven = tokio::spawn(async move { engine.drive(&id).await.unwrap() });
    for (task, seconds, left) in [("load", 10, 50.0), ("short", 5, 45.0), ("long", 35, 10.0)] {
        bench.pass(&attempt, task, seconds).await;
        let estimate = bench.estimate(&attempt).await;
        let remaining = estimate.remaining.unwrap().as_secs_f64();
        assert!((remaining - left).abs() <= left * 0.2, "after {task}: {remaining} s, {left} are left");
        let path: Vec<_> = estimate.path.iter().map(ToString::to_string).collect();
        assert_eq!(path, ["load", "long", "report"]);
    }
    bench.pass(&attempt, "report", 10).await;
    driven.await.unwrap();
    assert_eq!(bench.estimate(&attempt).await.remaining, None, "it has ended");
}

#[tokio::test]
async fn nothing_is_foretold_without_a_success_before() {
    let bench = Bench::new();
    let attempt = bench.create().await;
    assert_eq!(bench.estimate(&attempt).await, Estimate::default());
}
