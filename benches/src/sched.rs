//! Scheduling alone: chains of tasks on the scripted executor and the store in memory, in CPU time of this process;
//! and tasks that are all in the cache, on both stores.

use std::fmt::Write as _;
use std::sync::Arc;

use flow_core::model::{TaskStatus, Timestamp};
use flow_core::port::Store;
use flow_engine::source::MemorySource;
use flow_engine::store::{MemoryStore, SqliteStore};
use flow_engine::sys::SystemClock;
use flow_engine::testing::{ManualClock, ScriptedExecutor};
use flow_engine::{BakeRequest, Engine};

use crate::Failure;
use crate::measure::{median, own_cpu};

/// How many tasks a chain has; a thousand tasks are a hundred chains.
const CHAIN: usize = 10;
/// How many run at once.
const PARALLEL: usize = 100;

/// Sizes, and how often each is run.
const SIZES: [(usize, usize); 3] = [(1_000, 7), (10_000, 5), (100_000, 1)];

fn flow(tasks: usize) -> String {
    let mut text = format!("kind: batch\ndefaults: {{max_parallel: {PARALLEL}}}\ntasks:\n");
    for task in 0..tasks {
        let needs = if task % CHAIN == 0 { String::new() } else { format!("t{}", task - 1) };
        let _ = writeln!(text, "  - {{id: t{task}, needs: [{needs}], image: any, cmd: work {task}}}");
    }
    text
}

/// Bakes the flow; CPU seconds of the drive alone. Every task must end with this status.
async fn drive(engine: &Engine, store: &dyn Store, tasks: usize, status: TaskStatus) -> Result<f64, Failure> {
    let source = MemorySource::new("/bench").flow("chains", flow(tasks));
    let created = engine.create_bake(&source, BakeRequest { batch: "chains".into(), ..BakeRequest::default() }).await?;
    let begun = own_cpu();
    let result = engine.drive(&created.attempt).await?;
    let spent = own_cpu() - begun;
    let ended = store.tasks(&created.attempt).await?.into_iter().filter(|task| task.status == status).count();
    if result != TaskStatus::Succeeded || ended != tasks {
        return Err(format!("{ended} of {tasks} tasks ended {status}; the bake ended {result}").into());
    }
    Ok(spent)
}

fn engine(store: Arc<dyn Store>) -> Engine {
    let clock = Arc::new(ManualClock::new(Timestamp::from_unix_millis(1_000_000)));
    let executor = Arc::new(ScriptedExecutor::new(clock.clone()));
    Engine::builder().store(store).clock(clock).build(executor)
}

/// Prints the figures.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn report() -> Result<(), Failure> {
    let mut figures = Vec::new();
    for (tasks, runs) in SIZES {
        let mut spent = Vec::new();
        for _ in 0..runs {
            let store = Arc::new(MemoryStore::new());
            spent.push(drive(&engine(store.clone()), store.as_ref(), tasks, TaskStatus::Succeeded).await?);
        }
        let cpu = median(spent);
        println!(
            "schedule {tasks} tasks in chains of {CHAIN}: {:.0} per CPU second (median of {runs})",
            tasks as f64 / cpu
        );
        figures.push((tasks as f64, cpu));
    }
    for pair in figures.windows(2) {
        if let [(few, short), (many, long)] = pair {
            println!("  exponent from {few} to {many}: {:.2}", (long / short).ln() / (many / few).ln());
        }
    }
    cached("in memory", Arc::new(MemoryStore::new())).await?;
    let folder = tempfile::tempdir()?;
    cached("in SQLite", Arc::new(SqliteStore::open(folder.path().join("flow.db"))?)).await
}

/// Bakes tasks that are scripted, on the threads that the Python package gives an engine, and prints the CPU seconds
/// of making and driving the bake.
#[tokio::main(worker_threads = 2)]
pub(crate) async fn run_scripted(count: &str) -> Result<(), Failure> {
    let source = MemorySource::new("/bench").flow("chains", flow(count.parse()?));
    let executor = Arc::new(ScriptedExecutor::new(Arc::new(SystemClock)));
    let engine = Engine::builder().build(executor);
    let begun = own_cpu();
    let created = engine.create_bake(&source, BakeRequest { batch: "chains".into(), ..BakeRequest::default() }).await?;
    let result = engine.drive(&created.attempt).await?;
    let spent = own_cpu() - begun;
    if result != TaskStatus::Succeeded {
        return Err(format!("the bake ended {result}").into());
    }
    println!("{spent}");
    Ok(())
}

async fn cached(name: &str, store: Arc<dyn Store>) -> Result<(), Failure> {
    const TASKS: usize = 1_000;
    let engine = engine(store.clone());
    let ran = drive(&engine, store.as_ref(), TASKS, TaskStatus::Succeeded).await?;
    let mut spent = Vec::new();
    for _ in 0..5 {
        spent.push(drive(&engine, store.as_ref(), TASKS, TaskStatus::Cached).await?);
    }
    let spent = median(spent);
    println!("{TASKS} cached tasks {name}: {:.0} ms CPU, {:.2} of running them scripted", spent * 1e3, spent / ran);
    Ok(())
}
