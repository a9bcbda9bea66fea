//! The channels of units on this machine: their own streams, a command beside them, their ports.
//!
//! Main functions: [`attached`], [`beside`], [`connected`]. A unit's output is read from its log, so it is masked and
//! bounded as the log is; its input goes through the supervisor, which holds the other end of the pipe.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow_core::model::{Exit, LaunchKey};
use flow_core::port::{Channel, ChannelInput, ChannelOutput, Exec, ExecutorError, Heard, What, Window};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::executor::local::client::Client;
use crate::executor::local::layout::UnitFiles;
use crate::executor::local::log;
use crate::executor::local::protocol::{Request, Response};

/// How much is moved at once, in bytes.
const PIECE_BYTES: usize = 32 << 10;
/// How long nothing new is waited for before it is looked again.
const PAUSE: Duration = Duration::from_millis(50);

fn unreachable(error: impl std::fmt::Display) -> ExecutorError {
    ExecutorError::Unreachable { message: error.to_string() }
}

fn refused(message: impl Into<String>) -> ExecutorError {
    ExecutorError::Refused { message: message.into() }
}

/// The last news of a unit. Errors: `UnknownUnit`.
async fn last(client: &Client, key: &LaunchKey) -> Result<What, ExecutorError> {
    match client.call(&Request::Last { key: key.clone() }).await? {
        Response::Last { report } => report.map(|report| report.what).ok_or(ExecutorError::UnknownUnit),
        Response::Failed { error } => Err(error),
        other => Err(unreachable(format!("the supervisor's answer does not fit: {other:?}"))),
    }
}

/// The pid of a unit that runs. Errors: `UnknownUnit`.
async fn pid_of(client: &Client, key: &LaunchKey) -> Result<i32, ExecutorError> {
    let What::Running { address } = last(client, key).await? else { return Err(ExecutorError::UnknownUnit) };
    let digits = address.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let digits = digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().map_err(|_| ExecutorError::UnknownUnit)
}

/// A unit's own streams, its output from byte `from` of the log on.
pub(super) async fn attached(
    client: Arc<Client>,
    files: UnitFiles,
    key: &LaunchKey,
    from: u64,
) -> Result<Channel, ExecutorError> {
    last(&client, key).await?;
    let input = Box::new(UnitInput { client: Arc::clone(&client), key: key.clone() });
    let output = Box::new(UnitOutput { client, files, key: key.clone(), offset: from, end: None });
    Ok(Channel { input, output })
}

#[derive(Debug)]
struct UnitInput {
    client: Arc<Client>,
    key: LaunchKey,
}

#[async_trait]
impl ChannelInput for UnitInput {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        let mut left = bytes;
        while !left.is_empty() {
            let piece = left.get(..PIECE_BYTES.min(left.len())).unwrap_or_default();
            let request = Request::Input { key: self.key.clone(), bytes: piece.to_vec() };
            match self.client.call(&request).await? {
                Response::Written { count: 0 } => tokio::time::sleep(PAUSE).await,
                Response::Written { count } => left = left.get(count as usize..).unwrap_or_default(),
                Response::Failed { error } => return Err(error),
                other => return Err(unreachable(format!("the supervisor's answer does not fit: {other:?}"))),
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        match self.client.call(&Request::CloseInput { key: self.key.clone() }).await? {
            Response::Failed { error } => Err(error),
            _ => Ok(()),
        }
    }

    async fn resize(&mut self, _: Window) -> Result<(), ExecutorError> {
        Ok(())
    }
}

#[derive(Debug)]
struct UnitOutput {
    client: Arc<Client>,
    files: UnitFiles,
    key: LaunchKey,
    offset: u64,
    end: Option<Exit>,
}

#[async_trait]
impl ChannelOutput for UnitOutput {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        loop {
            if let Some(exit) = self.end {
                return Ok(Heard::Ended(exit));
            }
            // Asked before reading: what an ended unit has written is all there is.
            let end = match last(&self.client, &self.key).await? {
                What::Ended { exit, .. } => Some(exit),
                What::Lost { .. } => Some(Exit::None),
                _ => None,
            };
            let (files, from) = (self.files.clone(), self.offset);
            let read = tokio::task::spawn_blocking(move || log::read(&files, from, PIECE_BYTES as u32)).await;
            let chunk = read.map_err(unreachable)?.map_err(unreachable)?.unwrap_or_default();
            self.offset += chunk.skipped + chunk.bytes.len() as u64;
            if !chunk.bytes.is_empty() {
                return Ok(Heard::Output(chunk.bytes));
            }
            self.end = end;
            if end.is_none() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// A command in the environment and the folder of a unit that runs.
///
/// Both are read from the unit's process, so they are what the unit really has, its secrets included.
pub(super) async fn beside(
    client: &Client,
    files: &UnitFiles,
    key: &LaunchKey,
    command: &Exec,
) -> Result<Channel, ExecutorError> {
    if command.terminal.is_some() {
        return Err(ExecutorError::Unsupported { what: "give a command a terminal".to_owned() });
    }
    let pid = pid_of(client, key).await?;
    let unit = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let unit = unit.ok_or(ExecutorError::UnknownUnit)?;
    let (environment, folder) = surroundings(pid, files).ok_or(ExecutorError::UnknownUnit)?;
    let (program, arguments) = command.words.split_first().ok_or_else(|| refused("there is no command to run"))?;
    let mut process = Command::new(program);
    process.args(arguments).env_clear().envs(environment).current_dir(folder).process_group(0);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process.spawn().map_err(|error| refused(format!("cannot start `{program}`: {error}")))?;
    let group = child.id().and_then(|pid| Pid::from_raw(pid as i32)).map(|pid| Arc::new(Group(pid)));
    let input = Box::new(CommandInput { pipe: child.stdin.take(), _group: group.clone() });
    let (out, err) = (child.stdout.take(), child.stderr.take());
    Ok(Channel { input, output: Box::new(CommandOutput { child, out, err, unit, group, end: None }) })
}

/// The environment and the folder of a unit's process; `None` if the process is not the unit's any more.
fn surroundings(pid: i32, files: &UnitFiles) -> Option<(Vec<(OsString, OsString)>, PathBuf)> {
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let text = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let entries = text.split(|&byte| byte == 0).filter_map(|entry| {
        let at = entry.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (entry.get(..at)?.to_vec(), entry.get(at + 1..)?.to_vec());
        Some((OsString::from_vec(name), OsString::from_vec(value)))
    });
    let entries: Vec<_> = entries.collect();
    let is_units = entries
        .iter()
        .any(|(name, value)| name == "APOLO_FLOW_OUTPUT" && value.as_bytes() == files.output.as_os_str().as_bytes());
    is_units.then_some((entries, folder))
}

/// The processes of a command; killed when nobody holds its channel any more.
#[derive(Debug)]
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        let _gone = kill_process_group(self.0, Signal::KILL);
    }
}

#[derive(Debug)]
struct CommandInput {
    pipe: Option<ChildStdin>,
    _group: Option<Arc<Group>>,
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
    unit: OwnedFd,
    group: Option<Arc<Group>>,
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
                () = is_over(&self.unit) => {
                    if let Some(group) = &self.group {
                        let _gone = kill_process_group(group.0, Signal::KILL);
                    }
                    // Its last words are not waited for: what left the group may hold the pipes for ever.
                    (self.out, self.err) = (None, None);
                }
            }
        }
        let status = self.child.wait().await.map_err(unreachable)?;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        let exit = status.code().map(Exit::Code).or(signal.map(Exit::Signal)).unwrap_or(Exit::None);
        self.end = Some(exit);
        Ok(Heard::Ended(exit))
    }
}

/// Waits until a process is over.
async fn is_over(process: &OwnedFd) {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    while !poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&now)).is_ok_and(|count| count > 0) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads a piece of a stream; waits for ever of one that is over.
async fn piece(stream: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8]) -> Result<usize, ExecutorError> {
    match stream {
        Some(stream) => stream.read(into).await.map_err(unreachable),
        None => std::future::pending().await,
    }
}

/// A connection to a port of this machine, for a unit that runs.
pub(super) async fn connected(client: &Client, key: &LaunchKey, port: u16) -> Result<Channel, ExecutorError> {
    pid_of(client, key).await?;
    let stream = match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(stream) => stream,
        // Some programs listen on the newer address only.
        Err(error) => TcpStream::connect(("::1", port))
            .await
            .map_err(|_| refused(format!("nobody listens on port {port} of this machine: {error}")))?,
    };
    let (read, write) = stream.into_split();
    Ok(Channel { input: Box::new(PortInput(write)), output: Box::new(PortOutput(read)) })
}

#[derive(Debug)]
struct PortInput(OwnedWriteHalf);

#[async_trait]
impl ChannelInput for PortInput {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), ExecutorError> {
        self.0.write_all(bytes).await.map_err(unreachable)
    }

    async fn close(&mut self) -> Result<(), ExecutorError> {
        // One that is closed already, from whichever side, is no error.
        let _closed = self.0.shutdown().await;
        Ok(())
    }

    async fn resize(&mut self, _: Window) -> Result<(), ExecutorError> {
        Ok(())
    }
}

#[derive(Debug)]
struct PortOutput(OwnedReadHalf);

#[async_trait]
impl ChannelOutput for PortOutput {
    async fn next(&mut self) -> Result<Heard, ExecutorError> {
        let mut bytes = vec![0; PIECE_BYTES];
        match self.0.read(&mut bytes).await {
            Ok(0) | Err(_) => Ok(Heard::Ended(Exit::None)),
            Ok(count) => {
                bytes.truncate(count);
                Ok(Heard::Output(bytes))
            }
        }
    }
}
