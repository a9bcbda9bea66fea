//! A fan of short processes and one join: through the engine with durable state, and bare.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use flow_core::model::TaskStatus;
use flow_engine::executor::local::{Limits, LocalConfig, LocalExecutor, Machine};
use flow_engine::executor::supervisor::{SupervisorConfig, run as supervise};
use flow_engine::source::MemorySource;
use flow_engine::store::SqliteStore;
use flow_engine::{BakeRequest, Engine};
use rustix::process::{WaitOptions, wait};

use crate::Failure;
use crate::measure::{Cost, median, run as measure};

/// Processes in the fan.
const COUNT: &str = "1000";
/// How many of them at once.
const PARALLEL: &str = "4";
/// Pairs of runs.
const PAIRS: usize = 5;

fn flow(count: usize, parallel: &str) -> String {
    let mut text = format!("kind: batch\ndefaults: {{max_parallel: {parallel}, cache: {{strategy: none}}}}\ntasks:\n");
    let mut needs = String::new();
    for task in 0..count {
        let _ = writeln!(text, "  - {{id: t{task}, needs: [], image: any, cmd: /bin/true}}");
        let _ = write!(needs, "t{task}, ");
    }
    let _ = writeln!(text, "  - {{id: join, needs: [{needs}], image: any, cmd: /bin/true}}");
    text
}

fn executor(folder: &Path, cpus: Option<u32>) -> Result<LocalExecutor, Failure> {
    let own = std::env::current_exe()?;
    let self_program = vec![own.into(), "__supervisor".into()];
    let environment = std::env::vars_os().collect();
    let machine = Machine { cpus, ..Machine::default() };
    Ok(LocalExecutor::new(LocalConfig {
        dir: folder.to_owned(),
        self_program,
        machine,
        limits: Limits::default(),
        environment,
    })?)
}

/// The engine's side, in a process of its own.
#[tokio::main]
pub(crate) async fn run(count: &str, parallel: &str) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let units = folder.path().join("local");
    let store = Arc::new(SqliteStore::open(folder.path().join("flow.db"))?);
    let engine = Engine::builder().store(store).build(Arc::new(executor(&units, Some(parallel.parse()?))?));
    let workspace = folder.path().join("bench");
    std::fs::create_dir(&workspace)?;
    let source = MemorySource::new(workspace.display().to_string()).flow("fan", flow(count.parse()?, parallel));
    let request = BakeRequest { batch: "fan".into(), ..BakeRequest::default() };
    let created = engine.create_bake(&source, request).await?;
    let result = engine.drive(&created.attempt).await?;
    executor(&units, None)?.stop_supervisor().await?;
    if result == TaskStatus::Succeeded { Ok(()) } else { Err(format!("the fan ended {result}").into()) }
}

/// The floor's side: spawn and wait, nothing kept.
pub(crate) fn run_floor(count: &str, parallel: &str) -> Result<(), Failure> {
    let (count, parallel): (usize, usize) = (count.parse()?, parallel.parse()?);
    let spawn = || Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut running = 0;
    for _ in 0..count {
        if running == parallel {
            wait(WaitOptions::empty())?;
            running -= 1;
        }
        spawn()?;
        running += 1;
    }
    while running > 0 {
        wait(WaitOptions::empty())?;
        running -= 1;
    }
    spawn()?.wait()?;
    Ok(())
}

/// The supervisor that the engine's side starts.
pub(crate) fn run_supervisor(folder: &str, cpus: &str) -> Result<(), Failure> {
    let machine = Machine { cpus: Some(cpus.parse()?), ..Machine::default() };
    let config = SupervisorConfig { machine, ..SupervisorConfig::new(folder) };
    supervise(&config).map_err(Into::into)
}

/// Ends the supervisor of a folder, once its last unit is over.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn stop_supervisor(folder: &Path) -> Result<(), Failure> {
    let executor = executor(folder, None)?;
    let mut tries = 0;
    while let Err(error) = executor.stop_supervisor().await {
        tries += 1;
        if tries > 100 {
            return Err(error.into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Prints the figures.
pub(crate) fn report() -> Result<(), Failure> {
    let own = std::env::current_exe()?;
    let mut pairs: Vec<(Cost, Cost)> = Vec::new();
    for _ in 0..PAIRS {
        let engine = measure(Command::new(&own).args(["run-fan", COUNT, PARALLEL]))?;
        let floor = measure(Command::new(&own).args(["run-floor", COUNT, PARALLEL]))?;
        pairs.push((engine, floor));
    }
    let figure = |pick: fn(&(Cost, Cost)) -> f64| median(pairs.iter().map(pick));
    println!("{COUNT} x /bin/true and a join, {PARALLEL} at once, median of {PAIRS} pairs:");
    println!(
        "  engine, SQLite, supervisor: {:.2} s CPU, {:.2} s wall",
        figure(|(a, _)| a.cpu),
        figure(|(a, _)| a.wall)
    );
    println!(
        "  bare spawn and wait:        {:.2} s CPU, {:.2} s wall",
        figure(|(_, b)| b.cpu),
        figure(|(_, b)| b.wall)
    );
    let (cpu, wall) = (figure(|(a, b)| a.cpu / b.cpu), figure(|(a, b)| a.wall / b.wall));
    println!("  ratio engine / bare:        {cpu:.2} CPU, {wall:.2} wall");
    Ok(())
}
