//! The command as people meet it: `--version`, and one cold task from nothing to its end.

use std::process::Command;

use crate::Failure;
use crate::measure::{median, run};

/// How often the command is started for one figure of `--version`.
const STARTS: usize = 100;
/// How often a cold task is run.
const TASKS: usize = 7;

/// The command, built beside this bench.
pub(crate) fn program() -> Result<std::path::PathBuf, Failure> {
    let program = std::env::current_exe()?.with_file_name("apolo-flow");
    if program.is_file() { Ok(program) } else { Err(format!("build it first: {}", program.display()).into()) }
}

/// Prints the figures.
pub(crate) fn report() -> Result<(), Failure> {
    let program = program()?;
    let mut walls = Vec::new();
    for _ in 0..STARTS {
        walls.push(run(Command::new(&program).arg("--version"))?.wall);
    }
    println!("apolo-flow --version: {:.2} ms wall (median of {STARTS})", median(walls) * 1e3);
    let mut walls = Vec::new();
    for _ in 0..TASKS {
        walls.push(cold_task(&program)?);
    }
    println!(
        "one cold task, no store and no supervisor before: {:.0} ms wall (median of {TASKS})",
        median(walls) * 1e3
    );
    Ok(())
}

/// A bake of one task in a fresh data folder; seconds on the wall.
fn cold_task(program: &std::path::Path) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join(".apolo");
    std::fs::create_dir(&config)?;
    std::fs::write(config.join("one.yml"), "kind: batch\ntasks: [{id: only, image: any, cmd: /bin/true}]\n")?;
    let mut bake = Command::new(program);
    bake.args(["bake", "one", "--local-executor"]).current_dir(folder.path());
    bake.env("XDG_DATA_HOME", folder.path()).stderr(std::process::Stdio::null());
    let begun = std::time::Instant::now();
    let status = bake.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).status()?;
    let wall = begun.elapsed().as_secs_f64();
    crate::fan::stop_supervisor(&folder.path().join("apolo-flow/local"))?;
    if status.success() { Ok(wall) } else { Err(format!("the bake ended with {status}").into()) }
}
