//! [`Process`]: starts a unit's process, the leader of a group of its own.
//!
//! No shell, a clean environment, both streams straight to the log. All that std can do by
//! `posix_spawn` and nothing else: the program's path is found here, so that std need not fork. A unit with a
//! terminal begins in a program of ours that enters it, and leads a session instead of a group.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use flow_core::model::Window;
use flow_core::port::Stdin;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, pidfd_open, waitid,
};

use crate::executor::local::layout::{OPEN_LOG_MODE, UnitFiles};
use crate::executor::stat::{members, signal_session, stat};
use crate::executor::supervisor::mask::Mask;
use crate::executor::supervisor::memory::Mark;
use crate::executor::supervisor::pump::Pump;
use crate::executor::supervisor::queue::Grant;
use crate::executor::supervisor::unit::Order;
use crate::executor::terminal::{DEFAULT_TERM, Terminal};

/// Where programs are looked for if the unit's environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How often a session is looked for what is left of it.
const MAX_SESSION_LOOKS: u32 = 8;

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
    /// The way of its output, if that is masked, or comes from a terminal.
    pub(super) pump: Option<Pump>,
    /// Its open input, or our end of its terminal; never blocks.
    pub(super) input: Option<File>,
}

/// What all starts of a supervisor need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means<'a> {
    /// What takes secrets out of the output, if there are any.
    pub(super) mask: Option<&'a Mask>,
    /// The words that lead to `terminal::enter`; empty: no unit gets a terminal.
    pub(super) terminal_program: &'a [OsString],
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
    /// Whether it leads a session, whose processes may be in many groups.
    pub(super) session: bool,
}

impl Process {
    /// Starts what the order says. Errors: why it could not be started, for people. Source: MCH-1.
    pub(super) fn start(order: &Order, files: &UnitFiles, grant: &Grant, means: Means<'_>) -> Result<Started, String> {
        let mut program = Program::of(order, files)?;
        if !grant.gpus.is_empty() {
            let gpus: Vec<String> = grant.gpus.iter().map(ToString::to_string).collect();
            program.environment.insert(GPU_VARIABLE.into(), gpus.join(",").into());
        }
        let log = make_log(files).map_err(|error| format!("cannot make the log: {error}"))?;
        match order.launch.stdin {
            Stdin::Terminal(window) => {
                program.environment.entry("TERM".into()).or_insert_with(|| DEFAULT_TERM.into());
                program.start_on_terminal(window, log, means)
            }
            Stdin::Closed | Stdin::Open => program.start_on_pipes(order.launch.stdin, log, means),
        }
    }

    /// Watches a process that was just started.
    fn watch(child: &Child, session: bool) -> Result<Self, String> {
        let pid = Pid::from_raw(child.id() as i32).ok_or("the system gave no pid")?;
        let known = || -> io::Result<Process> {
            let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
            let ticks = stat(pid.as_raw_nonzero().get())?.ticks;
            Ok(Process { pid, pidfd, mark: Mark { pid: pid.as_raw_nonzero().get(), ticks }, session })
        };
        known().map_err(|error| {
            kill_unknown(pid);
            format!("cannot watch the process: {error}")
        })
    }

    /// Sends a signal to all of it. An error would say that nobody is left, which its end says too.
    pub(super) fn signal(&self, signal: Signal) {
        if kill_process_group(self.pid, signal).is_err() {
            // It has not entered its terminal yet, and leads nothing; it is ours and not waited for.
            let _gone = kill_process(self.pid, signal);
        }
        if self.session {
            signal_session(self.pid, signal);
        }
    }

    /// Kills what is left when the process itself is over, but not waited for yet.
    ///
    /// What is killed starts nothing more, so few looks find all of a session.
    pub(super) fn kill_rest(&self) {
        self.signal(Signal::KILL);
        let looks = if self.session { MAX_SESSION_LOOKS } else { 0 };
        for _ in 0..looks {
            if members(self.pid).is_empty() || !signal_session(self.pid, Signal::KILL) {
                return;
            }
        }
    }
}

/// What is to be run, and where.
struct Program {
    path: PathBuf,
    /// The name that it is called by, and its arguments.
    words: Vec<String>,
    folder: PathBuf,
    environment: BTreeMap<OsString, OsString>,
}

impl Program {
    /// What the order says.
    fn of(order: &Order, files: &UnitFiles) -> Result<Self, String> {
        let spec = &order.launch.spec;
        let mut words = flow_core::model::words::split(spec.entrypoint.as_deref().unwrap_or_default())?;
        words.extend(flow_core::model::words::split(spec.cmd.as_deref().unwrap_or_default())?);
        let name = words.first().ok_or("there is no `cmd` to run")?;
        let workspace = Path::new(&order.launch.workspace);
        let folder = spec.workdir.as_ref().map_or_else(|| workspace.to_owned(), |workdir| workspace.join(workdir));
        if !folder.is_dir() {
            return Err(format!("the working folder `{}` does not exist", folder.display()));
        }
        let environment = environment(order, files);
        let path = environment.get(OsStr::new("PATH")).map_or(OsStr::new(DEFAULT_PATH), OsString::as_os_str);
        let path = find_program(name, path, &folder)?;
        Ok(Program { path, words, folder, environment })
    }

    /// The name that it is called by.
    fn name(&self) -> &str {
        self.words.first().map(String::as_str).unwrap_or_default()
    }

    /// Starts it as the leader of a group, its output to the log or to a mask.
    fn start_on_pipes(&self, stdin: Stdin, log: File, means: Means<'_>) -> Result<Started, String> {
        let (output, pump) = match means.mask {
            None => (log.into(), None),
            Some(mask) => {
                let pump = Pump::new(mask.clone(), log).map_err(|error| format!("cannot make a pipe: {error}"))?;
                (pump.1, Some(pump.0))
            }
        };
        let second = output.try_clone().map_err(|error| format!("cannot make the log: {error}"))?;
        let (stdin, input) = input(stdin)?;
        let mut command = Command::new(&self.path);
        command.arg0(self.name()).process_group(0).stdin(stdin).stdout(output).stderr(second);
        let process = Process::watch(&self.spawn(command)?, false)?;
        Ok(Started { process, pump, input })
    }

    /// Starts it on a terminal, from which its output is taken to the log.
    fn start_on_terminal(&self, window: Window, log: File, means: Means<'_>) -> Result<Started, String> {
        if means.terminal_program.is_empty() {
            return Err("this supervisor cannot give a unit a terminal".to_owned());
        }
        let failed = |error: io::Error| format!("cannot make a terminal: {error}");
        let terminal = Terminal::open(window).map_err(failed)?;
        let command = terminal.command(means.terminal_program, &self.path, OsStr::new(self.name())).map_err(failed)?;
        let input = File::from(terminal.outside.try_clone().map_err(failed)?);
        let pump = Pump::of_terminal(terminal, means.mask.cloned(), log);
        let process = Process::watch(&self.spawn(command)?, true)?;
        Ok(Started { process, pump: Some(pump), input: Some(input) })
    }

    /// Starts a command with its arguments, folder and environment.
    fn spawn(&self, mut command: Command) -> Result<Child, String> {
        command.args(self.words.iter().skip(1)).current_dir(&self.folder);
        command.env_clear().envs(&self.environment);
        command.spawn().map_err(|error| format!("cannot start `{}`: {error}", self.path.display()))
    }
}

/// The unit's input, and our end of it.
fn input(stdin: Stdin) -> Result<(Stdio, Option<File>), String> {
    if stdin == Stdin::Closed {
        return Ok((Stdio::null(), None));
    }
    let pipe = || -> io::Result<(OwnedFd, File)> {
        let (theirs, ours) = pipe_with(PipeFlags::CLOEXEC)?;
        fcntl_setfl(&ours, fcntl_getfl(&ours)? | OFlags::NONBLOCK)?;
        Ok((theirs, ours.into()))
    };
    let (theirs, ours) = pipe().map_err(|error| format!("cannot make a pipe: {error}"))?;
    Ok((theirs.into(), Some(ours)))
}

/// Ends a process that we cannot keep; it is ours and not waited for, so its pid is its own.
fn kill_unknown(pid: Pid) {
    if kill_process_group(pid, Signal::KILL).is_ok() {
        // Nothing can be done with the exit of a process that is told as not started.
        let _exit = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
    }
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
