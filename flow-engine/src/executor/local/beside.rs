//! [`beside`]: a command in the environment and the folder of a unit that runs, on pipes or on a terminal.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use flow_core::model::{Exit, LaunchKey};
use flow_core::port::{Channel, ChannelInput, ChannelOutput, Exec, ExecutorError, Heard, Window};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Interest};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::executor::local::channel::{PIECE_BYTES, pid_of, refused, unreachable};
use crate::executor::local::client::Client;
use crate::executor::local::layout::UnitFiles;
use crate::executor::stat::signal_session;
use crate::executor::terminal::{DEFAULT_TERM, Terminal, resize};
use crate::watch::polled;

/// The key that ends the input at a terminal: Ctrl-D.
const END_OF_INPUT: u8 = 4;

/// A command beside a unit.
///
/// Environment and folder are read from the unit's process, so they are what the unit really has, its secrets
/// included. `terminal_program` is that of the executor.
pub(super) async fn beside(
    client: &Client,
    files: &UnitFiles,
    key: &LaunchKey,
    (command, terminal_program): (&Exec, &[OsString]),
) -> Result<Channel, ExecutorError> {
    let pid = pid_of(client, key).await?;
    let unit = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let unit = unit.ok_or(ExecutorError::UnknownUnit)?;
    // It becomes readable when the unit is over.
    let unit = polled(unit, Interest::READABLE).map_err(unreachable)?;
    let surroundings = surroundings(pid, files).ok_or(ExecutorError::UnknownUnit)?;
    match command.terminal {
        None => on_pipes(&command.words, surroundings, unit),
        Some(window) => on_terminal(&command.words, (window, terminal_program), surroundings, unit),
    }
}

/// What a unit runs in.
struct Surroundings {
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

/// Those of a unit's process; `None` if the process is not the unit's any more.
fn surroundings(pid: i32, files: &UnitFiles) -> Option<Surroundings> {
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let text = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let entries = text.split(|&byte| byte == 0).filter_map(|entry| {
        let at = entry.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (entry.get(..at)?.to_vec(), entry.get(at + 1..)?.to_vec());
        Some((OsString::from_vec(name), OsString::from_vec(value)))
    });
    let environment: Vec<_> = entries.collect();
    let is_units = environment
        .iter()
        .any(|(name, value)| name == "APOLO_FLOW_OUTPUT" && value.as_bytes() == files.output.as_os_str().as_bytes());
    is_units.then_some(Surroundings { environment, folder })
}

/// The processes of a command; killed when nobody holds its channel any more.
#[derive(Debug)]
struct Group {
    leader: Pid,
    /// Whether it is a session as well.
    session: bool,
}

impl Group {
    /// That of a command that was just started.
    fn of(child: &Child, session: bool) -> Result<Arc<Self>, ExecutorError> {
        let leader = child.id().and_then(|pid| Pid::from_raw(pid as i32));
        Ok(Arc::new(Group { leader: leader.ok_or_else(|| refused("it has no pid"))?, session }))
    }

    fn kill(&self) {
        let _gone = kill_process_group(self.leader, Signal::KILL);
        if self.session {
            signal_session(self.leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn not_started(program: &str) -> impl FnOnce(io::Error) -> ExecutorError {
    let program = program.to_owned();
    move |error| refused(format!("cannot start `{program}`: {error}"))
}

fn on_pipes(words: &[String], surroundings: Surroundings, unit: AsyncFd<OwnedFd>) -> Result<Channel, ExecutorError> {
    let (program, arguments) = words.split_first().ok_or_else(|| refused("there is no command to run"))?;
    let mut process = Command::new(program);
    process.args(arguments).env_clear().envs(surroundings.environment).current_dir(surroundings.folder);
    process.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process.spawn().map_err(not_started(program))?;
    let group = Group::of(&child, false)?;
    let input = Box::new(CommandInput { pipe: child.stdin.take(), _group: Arc::clone(&group) });
    let (out, err) = (child.stdout.take(), child.stderr.take());
    Ok(Channel { input, output: Box::new(CommandOutput { child, out, err, unit, group, end: None }) })
}

#[derive(Debug)]
struct CommandInput {
    pipe: Option<ChildStdin>,
    _group: Arc<Group>,
}

#[async_trait]
impl ChannelInput for CommandInput {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        let Some(pipe) = &mut self.pipe else { return Err(refused("its input is closed")) };
        pipe.write_all(bytes).await.map_err(|error| refused(error.to_string()))
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        self.pipe = None;
        Ok(())
    }

    async fn resize(&mut self, _: Window) -> Result<(), ExecutorError> {
        Ok(())
    }
}

#[derive(Debug)]
struct CommandOutput {
    child: Child,
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    unit: AsyncFd<OwnedFd>,
    group: Arc<Group>,
    end: Option<Exit>,
}

#[async_trait]
impl ChannelOutput for CommandOutput {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        if let Some(exit) = self.end {
            return Ok(Heard::Ended(exit));
        }
        let (mut out, mut err) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
        while self.out.is_some() || self.err.is_some() {
            tokio::select! {
                count = piece(&mut self.out, &mut out) => match count? {
                    0 => self.out = None,
                    count => return Ok(Heard::Output(out.drain(..count).collect())),
                },
                count = piece(&mut self.err, &mut err) => match count? {
                    0 => self.err = None,
                    count => return Ok(Heard::Error(err.drain(..count).collect())),
                },
                _ = self.unit.readable() => {
                    self.group.kill();
                    // Its last words are not waited for: what left the group may hold the pipes for ever.
                    (self.out, self.err) = (None, None);
                }
            }
        }
        let exit = exit_of(self.child.wait().await.map_err(unreachable)?);
        self.end = Some(exit);
        Ok(Heard::Ended(exit))
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    status.code().map(Exit::Code).or(status.signal().map(Exit::Signal)).unwrap_or(Exit::None)
}

/// Reads a piece of a stream; waits for ever of one that is over.
async fn piece(stream: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8]) -> Result<usize, ExecutorError> {
    match stream {
        Some(stream) => stream.read(into).await.map_err(unreachable),
        None => std::future::pending().await,
    }
}

fn on_terminal(
    words: &[String],
    (window, entry): (Window, &[OsString]),
    surroundings: Surroundings,
    unit: AsyncFd<OwnedFd>,
) -> Result<Channel, ExecutorError> {
    if entry.is_empty() {
        return Err(ExecutorError::Unsupported { what: "give a command a terminal".to_owned() });
    }
    let (program, arguments) = words.split_first().ok_or_else(|| refused("there is no command to run"))?;
    let terminal = Terminal::open(window).map_err(not_started(program))?;
    let command = terminal.command(entry, Path::new(program), OsStr::new(program)).map_err(not_started(program))?;
    let mut process = Command::from(command);
    process.args(arguments).env_clear().env("TERM", DEFAULT_TERM).envs(surroundings.environment);
    let child = process.current_dir(surroundings.folder).spawn().map_err(not_started(program))?;
    let group = Group::of(&child, true)?;
    // What is left of `process` holds the other end open.
    drop((process, terminal.inside));
    let outside = Arc::new(polled(terminal.outside, Interest::READABLE | Interest::WRITABLE).map_err(unreachable)?);
    let input = Box::new(TerminalInput { outside: Arc::clone(&outside), _group: Arc::clone(&group) });
    let output = TerminalOutput { child, outside, unit, group, status: None, over: false, killed: false };
    Ok(Channel { input, output: Box::new(output) })
}

#[derive(Debug)]
struct TerminalInput {
    outside: Arc<AsyncFd<OwnedFd>>,
    _group: Arc<Group>,
}

#[async_trait]
impl ChannelInput for TerminalInput {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        let mut left = bytes;
        while !left.is_empty() {
            let write = |fd: &OwnedFd| rustix::io::write(fd, left).map_err(io::Error::from);
            let count = self.outside.async_io(Interest::WRITABLE, write).await;
            let count = count.map_err(|error| refused(error.to_string()))?;
            left = left.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        self.write(&[END_OF_INPUT]).await
    }

    async fn resize(&mut self, window: Window) -> Result<(), ExecutorError> {
        // Lines break elsewhere, and no more.
        let _unchanged = resize(self.outside.get_ref(), window);
        Ok(())
    }
}

#[derive(Debug)]
struct TerminalOutput {
    child: Child,
    outside: Arc<AsyncFd<OwnedFd>>,
    unit: AsyncFd<OwnedFd>,
    group: Arc<Group>,
    /// How the command ended, while the rest of its output is read.
    status: Option<Exit>,
    /// Whether no output is left.
    over: bool,
    /// Whether it was killed, since the unit is over.
    killed: bool,
}

impl TerminalOutput {
    /// The next piece of output; none when nobody has the terminal any more. Cancel-safe.
    async fn piece(outside: &AsyncFd<OwnedFd>) -> Vec<u8> {
        let read = outside.async_io(Interest::READABLE, read_some).await;
        // The system tells by an error that the other end is closed.
        read.unwrap_or_default()
    }
}

/// Reads what there is of a terminal. Errors: there is nothing yet, or nobody has it any more.
fn read_some(terminal: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; PIECE_BYTES];
    let count = rustix::io::read(terminal, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

#[async_trait]
impl ChannelOutput for TerminalOutput {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        loop {
            if let Some(exit) = self.status {
                // Of a command that is over only what it has said already: what it started may hold the terminal.
                return match read_some(self.outside.get_ref()) {
                    Ok(bytes) if !bytes.is_empty() => Ok(Heard::Output(bytes)),
                    _ => Ok(Heard::Ended(exit)),
                };
            }
            tokio::select! {
                bytes = Self::piece(&self.outside), if !self.over => {
                    if !bytes.is_empty() {
                        return Ok(Heard::Output(bytes));
                    }
                    self.over = true;
                },
                status = self.child.wait() => self.status = Some(exit_of(status.map_err(unreachable)?)),
                _ = self.unit.readable(), if !self.killed => {
                    self.group.kill();
                    self.killed = true;
                }
            }
        }
    }
}
