//! What this machine has: room for tasks, and programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{Access, access};

use super::Finding;
use crate::config::{Environment, Settings};

/// Systems that other executors will drive, by the program that shows they are there.
const OTHERS: [(&str, &str); 3] = [("docker", "docker"), ("kubernetes", "kubectl"), ("slurm", "sbatch")];

/// Where programs are looked for if no variable says so.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The executors: what the local one can give to tasks, and what there would be besides.
pub(super) fn executors(settings: &Settings, environment: Environment<'_>) -> Vec<Finding> {
    let room = settings.machine.room();
    let found =
        format!("{} CPUs, {} memory, {} GPUs for tasks", room.milli_cpus / 1000, size(room.memory_bytes), room.gpus);
    let mut findings = vec![Finding::ok("executor local", found)];
    findings.push(match program("bash", environment) {
        Some(path) => Finding::ok("bash", path.display().to_string()),
        None => Finding::note("bash", "not found, so no task with `bash:` can run", "install it (Debian: bash)"),
    });
    for (subject, name) in OTHERS {
        if let Some(path) = program(name, environment) {
            let found = format!("{}, not driven by this version", path.display());
            findings.push(Finding::ok(subject, found));
        }
    }
    findings
}

/// Programs that flows or commands use.
pub(super) fn programs(environment: Environment<'_>) -> Vec<Finding> {
    [
        ("git", "--version", "`git` in expressions is empty without it (Debian: apt-get install git)"),
        ("python3", "--version", "tasks with `python:` need it (Debian: apt-get install python3)"),
        ("dot", "-V", "graphs as PDF need it (Debian: apt-get install graphviz)"),
    ]
    .into_iter()
    .map(|(name, flag, mend)| match program(name, environment) {
        Some(path) => Finding::ok(name, version(&path, flag)),
        None => Finding::note(name, "not found", mend),
    })
    .collect()
}

/// A program in the folders of PATH.
fn program(name: &str, environment: Environment<'_>) -> Option<PathBuf> {
    let path = environment("PATH").unwrap_or_else(|| PATH.to_owned());
    let candidates = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name));
    candidates.into_iter().find(|path| path.is_file() && access(path, Access::EXEC_OK).is_ok())
}

/// The path, and the first line of what the program says about itself, on whichever stream.
fn version(path: &Path, flag: &str) -> String {
    let said = Command::new(path).arg(flag).stdin(Stdio::null()).output();
    let said = said.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    match said.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("{line} ({})", path.display()),
        None => path.display().to_string(),
    }
}

/// Bytes for people, in the next smaller unit.
pub(super) fn size(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.iter().find(|(_, bits)| bytes >> bits > 0) {
        Some((unit, bits)) => format!("{:.1} {unit}", bytes as f64 / (1_u64 << bits) as f64),
        None => format!("{bytes} B"),
    }
}
