//! The engine is killed at every event, and the next one finishes the bake as if nothing had been.
//!
//! The engine that dies is a process of its own: this test binary, started again with
//! [`CHILD`] in its environment. It sends itself SIGKILL right after, or right before, a chosen
//! event is stored, so nothing can be tidied up. Tasks are real processes and go on meanwhile.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing step is a failing test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use flow_core::model::{AttemptId, TaskStatus};
use flow_engine::executor::local::{Limits, LocalConfig, LocalExecutor, Machine};
use flow_engine::source::MemorySource;
use flow_engine::store::SqliteStore;
use flow_engine::testing::{Fault, FlakyStore, Moment};
use flow_engine::{BakeRequest, Engine, Standing};

/// Names the scratch folder, the attempt, the moment and the event, separated by `;`.
const CHILD: &str = "APOLO_FLOW_TEST_CRASH";

/// Twenty tasks in three levels; each notes its start, tells one output and takes a moment.
const FLOW: &str = "
kind: batch
defaults: {max_parallel: 8, cache: {strategy: none}}
tasks:
  - id: first
    image: any
    bash: echo start >> starts/first; echo ::set-output name=n::1
  - id: middle_${{ matrix.i }}
    needs: [first]
    image: any
    strategy: {matrix: {i: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]}}
    env: {N: '${{ needs.first.outputs.n }}'}
    bash: echo start >> starts/middle_${{ matrix.i }}; sleep 0.02; echo ::set-output name=n::$((N + ${{ matrix.i }}))
  - id: last
    image: any
    env: {SUM: '${{ needs.middle_1.outputs.n }} ${{ needs.middle_18.outputs.n }}'}
    bash: echo start >> starts/last; echo \"sum=$SUM\" >> $APOLO_FLOW_OUTPUT
";

fn executor(folder: &Path) -> Arc<LocalExecutor> {
    let program = env!("CARGO_BIN_EXE_apolo-flow");
    let config = LocalConfig {
        dir: folder.join("local"),
        self_program: vec![program.into(), "__supervisor".into()],
        machine: Machine { cpus: Some(8), ..Machine::default() },
        limits: Limits::default(),
        environment: std::env::vars_os().collect(),
    };
    Arc::new(LocalExecutor::new(config).unwrap())
}

fn engine(folder: &Path) -> Engine {
    let store = SqliteStore::open(folder.join("flow.db")).unwrap();
    Engine::builder().store(Arc::new(store)).user("test").build(executor(folder))
}

/// The engine that is killed. Without its variable it is not wanted.
#[tokio::test]
async fn child() {
    let Ok(wish) = std::env::var(CHILD) else { return };
    let parts: Vec<&str> = wish.split(';').collect();
    let folder = PathBuf::from(parts[0]);
    let moment = if parts[2] == "before" { Moment::Before } else { Moment::After };
    let die = Fault::Run(Arc::new(|| {
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
        Ok(())
    }));
    let store = Arc::new(SqliteStore::open(folder.join("flow.db")).unwrap());
    let store = FlakyStore::new(store, parts[3].parse().unwrap(), moment, die);
    let engine = Engine::builder().store(Arc::new(store)).user("test").build(executor(&folder));
    engine.drive(&AttemptId::new(parts[1])).await.unwrap();
}

/// Runs one bake whose engine dies at the given event; `false` if it ended before that.
async fn dies_and_resumes(folder: &Path, moment: &str, event: u64) -> bool {
    let workspace = folder.join(format!("{moment}-{event}"));
    std::fs::create_dir_all(workspace.join("starts")).unwrap();
    let engine = engine(folder);
    let source = MemorySource::new(workspace.display().to_string()).flow("twenty", FLOW);
    let request = BakeRequest { batch: "twenty".into(), ..BakeRequest::default() };
    let created = engine.create_bake(&source, request).await.unwrap();
    let wish = format!("{};{};{moment};{event}", folder.display(), created.attempt);
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["child", "--exact"]).env(CHILD, wish).output().unwrap();
    let died = !output.status.success();
    let seen = engine.inspect(created.bake.as_str(), -1).await.unwrap();
    if died {
        assert_eq!(output.status.code(), None, "killed, not failed: {}", String::from_utf8_lossy(&output.stdout));
        let standing = seen.standing;
        match standing {
            Standing::Stalled | Standing::Waiting => {}
            // The last event was stored before the engine died.
            Standing::Ended => assert_eq!(moment, "after"),
            Standing::Driven => panic!("{moment} event {event}: nobody drives it"),
        }
        assert_eq!(engine.drive(&created.attempt).await.unwrap(), TaskStatus::Succeeded);
    }
    let seen = engine.inspect(created.bake.as_str(), -1).await.unwrap();
    check(&seen, &workspace, &format!("{moment} event {event}"));
    std::fs::remove_dir_all(workspace).unwrap();
    died
}

/// Every task succeeded, its outputs are there, and it was started exactly once.
fn check(seen: &flow_engine::Inspection, workspace: &Path, what: &str) {
    assert_eq!(seen.attempt.status, TaskStatus::Succeeded, "{what}");
    assert_eq!(seen.tasks.len(), 20, "{what}");
    let mut outputs = BTreeMap::new();
    for task in &seen.tasks {
        assert_eq!(task.status, TaskStatus::Succeeded, "{what}: {}", task.id);
        let starts = std::fs::read_to_string(workspace.join("starts").join(task.id.to_string())).unwrap();
        assert_eq!(starts.lines().count(), 1, "{what}: {} was started again", task.id);
        outputs.insert(task.id.to_string(), task.outputs.clone());
    }
    assert_eq!(outputs["middle_18"]["n"], "19", "{what}");
    assert_eq!(outputs["last"]["sum"], "2 19", "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bake_survives_the_death_of_its_engine_at_every_event() {
    let folder = tempfile::tempdir().unwrap();
    for moment in ["before", "after"] {
        let mut event = 1;
        while dies_and_resumes(folder.path(), moment, event).await {
            event += 1;
        }
        assert!(event > 60, "only {event} events: the flow is too small to show anything");
    }
    executor(folder.path()).stop_supervisor().await.unwrap();
}
