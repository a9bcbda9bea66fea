//! [`Process`]: starts a unit's process, the leader of a group of its own.
//!
//! No shell, a clean environment, both streams straight to the log. All that std can do by
//! `posix_spawn` and nothing else: the program's path is found here, so that std need not fork.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flow_core::port::Stdin;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid};

use crate::executor::local::layout::{OPEN_LOG_MODE, UnitFiles};

use crate::executor::supervisor::mask::Mask;
use crate::executor::supervisor::memory::Mark;
use crate::executor::supervisor::pump::Pump;
use crate::executor::supervisor::queue::Grant;
use crate::executor::supervisor::remains;
use crate::executor::supervisor::unit::Order;

/// Where programs are looked for if the unit's environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The variable that names the output file; also how a process of a unit is known again.
pub(super) const OUTPUT_VARIABLE: &str = "APOLO_FLOW_OUTPUT";
/// The variable that names the GPUs that a unit may use.
const GPU_VARIABLE: &str = "CUDA_VISIBLE_DEVICES";
/// The variable that names the state file.
pub(super) const STATE_VARIABLE: &str = "APOLO_FLOW_STATE";

/// A process and the ends of its streams that are ours.
#[derive(Debug)]
pub(super) struct Started {
    /// The process.
    pub(super) process: Process,
    /// The way of its output, if that is masked.
    pub(super) pump: Option<Pump>,
    /// Its open input; never blocks.
    pub(super) input: Option<File>,
}

/// A started process, not yet waited for.
#[derive(Debug)]
pub(super) struct Process {
    /// Its pid, which is the group's id and cannot be another's before it is waited for.
    pub(super) pid: Pid,
    /// Becomes readable when it ends.
    pub(super) pidfd: OwnedFd,
    /// How to know it again.
    pub(super) mark: Mark,
}

impl Process {
    /// Starts what the order says. Errors: why it could not be started, for people. Source: MCH-1.
    pub(super) fn start(
        order: &Order,
        files: &UnitFiles,
        grant: &Grant,
        mask: Option<&Mask>,
    ) -> Result<Started, String> {
        let mut command = command(order, files)?;
        if !grant.gpus.is_empty() {
            let gpus: Vec<String> = grant.gpus.iter().map(ToString::to_string).collect();
            command.env(GPU_VARIABLE, gpus.join(","));
        }
        let log = make_log(files).map_err(|error| format!("cannot make the log: {error}"))?;
        let (output, pump) = match mask {
            None => (log.into(), None),
            Some(mask) => {
                let pump = Pump::new(mask.clone(), log).map_err(|error| format!("cannot make a pipe: {error}"))?;
                (pump.1, Some(pump.0))
            }
        };
        let second = output.try_clone().map_err(|error| format!("cannot make the log: {error}"))?;
        let (stdin, input) = input(order)?;
        command.stdin(stdin).stdout(output).stderr(second);
        let child = command
            .spawn()
            .map_err(|error| format!("cannot start `{}`: {error}", command.get_program().to_string_lossy()))?;
        let pid = Pid::from_raw(child.id() as i32).ok_or("the system gave no pid")?;
        let known = || -> io::Result<Process> {
            let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
            let ticks = remains::stat(pid.as_raw_nonzero().get())?.ticks;
            Ok(Process { pid, pidfd, mark: Mark { pid: pid.as_raw_nonzero().get(), ticks } })
        };
        known().map(|process| Started { process, pump, input }).map_err(|error| {
            kill_unknown(pid);
            format!("cannot watch the process: {error}")
        })
    }
}

/// The unit's input, and our end of it.
fn input(order: &Order) -> Result<(Stdio, Option<File>), String> {
    match order.launch.stdin {
        Stdin::Closed => Ok((Stdio::null(), None)),
        Stdin::Open => {
            let pipe = || -> io::Result<(OwnedFd, File)> {
                let (theirs, ours) = pipe_with(PipeFlags::CLOEXEC)?;
                fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
                Ok((theirs, ours.into()))
            };
            let (theirs, ours) = pipe().map_err(|error| format!("cannot make a pipe: {error}"))?;
            Ok((theirs.into(), Some(ours)))
        }
        Stdin::Terminal(_) => Err("this version cannot give a unit a terminal".to_owned()),
    }
}

/// Ends a process that we cannot keep; it is ours and not waited for, so its pid is its own.
fn kill_unknown(pid: Pid) {
    if kill_process_group(pid, Signal::KILL).is_ok() {
        // Nothing can be done with the exit of a process that is told as not started.
        let _exit = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
    }
}

/// The command, with program, folder and environment.
fn command(order: &Order, files: &UnitFiles) -> Result<Command, String> {
    let spec = &order.launch.spec;
    let mut words = flow_core::model::words::split(spec.entrypoint.as_deref().unwrap_or_default())?;
    words.extend(flow_core::model::words::split(spec.cmd.as_deref().unwrap_or_default())?);
    let (name, arguments) = words.split_first().ok_or("there is no `cmd` to run")?;
    let workspace = Path::new(&order.launch.workspace);
    let folder = spec.workdir.as_ref().map_or_else(|| workspace.to_owned(), |workdir| workspace.join(workdir));
    if !folder.is_dir() {
        return Err(format!("the working folder `{}` does not exist", folder.display()));
    }
    let environment = environment(order, files);
    let path = environment.get(OsStr::new("PATH")).map_or(OsStr::new(DEFAULT_PATH), OsString::as_os_str);
    let program = find_program(name, path, &folder)?;
    let mut command = Command::new(program);
    command.arg0(name).args(arguments).current_dir(folder).process_group(0);
    command.env_clear().envs(environment);
    Ok(command)
}

/// The unit's whole environment: the client's part, then the spec's, then the start's own.
fn environment(order: &Order, files: &UnitFiles) -> BTreeMap<OsString, OsString> {
    let text = |(name, value): (&String, &String)| (name.into(), value.into());
    let mut environment: BTreeMap<OsString, OsString> =
        order.environment.iter().chain(&order.launch.spec.env).map(text).collect();
    environment.extend(order.secrets.iter().map(|(name, secret)| (name.into(), secret.expose().into())));
    environment.extend(order.launch.env.iter().map(text));
    environment.insert(OUTPUT_VARIABLE.into(), files.output.clone().into());
    environment.insert(STATE_VARIABLE.into(), files.state.clone().into());
    environment
}

/// The program's path, absolute: in the working folder if the name has a slash, else along `path`.
fn find_program(name: &str, path: &OsStr, folder: &Path) -> Result<PathBuf, String> {
    if name.contains('/') {
        let program = folder.join(name);
        return match is_executable(&program) {
            Some(true) => Ok(program),
            Some(false) => Err(format!("`{name}` is not an executable file")),
            None => Err(format!("the program `{name}` does not exist")),
        };
    }
    let places = std::env::split_paths(path).map(|place| folder.join(place).join(name));
    let mut seen = None;
    for program in places {
        match is_executable(&program) {
            Some(true) if !name.is_empty() => return Ok(program),
            Some(_) => seen = seen.or(Some(program)),
            None => {}
        }
    }
    Err(match seen {
        Some(program) if program.is_file() => format!("`{}` is not an executable file", program.display()),
        _ => format!("the program `{name}` was not found along `PATH`"),
    })
}

/// Whether it is a file with a right to execute; `None` if there is nothing.
fn is_executable(program: &Path) -> Option<bool> {
    let metadata = std::fs::metadata(program).ok()?;
    Some(metadata.is_file() && metadata.mode() & 0o111 != 0)
}

/// Makes the log, new and empty: whoever writes adds to its end.
///
/// Files that are there belong to nothing we know: they go.
fn make_log(files: &UnitFiles) -> io::Result<File> {
    let make = || OpenOptions::new().create_new(true).append(true).mode(OPEN_LOG_MODE).open(&files.log);
    match make() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let above = files.log.parent().ok_or(error)?;
            DirBuilder::new().mode(0o700).recursive(true).create(above)?;
            make()
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            files.remove()?;
            make()
        }
        other => other,
    }
}
